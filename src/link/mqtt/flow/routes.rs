//! `topics` of an MQTT link: what is taken from the broker, what is given to it, and under which names.
//!
//! A [`Route`] is written as in `mosquitto.conf`, `FILTER DIRECTION [QOS] [LOCAL-PREFIX REMOTE-PREFIX]`: the hub calls a
//! topic `LOCAL-PREFIX` + what the filter means, the broker calls it `REMOTE-PREFIX` + the same. The first route that
//! fits counts. [`Routes`] subscribes only to filters that no other filter covers, so that a message comes once.

use std::fmt;
use std::str::FromStr;

use super::filters::{covers, overlaps};
use crate::talk::{FilterError, Topic, TopicFilter};

/// An example that shows every part; told with each fault.
const EXAMPLE: &str = r#"nodes/# both 0 "" house/"#;

/// Which way the messages of a route go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the broker to the hub.
    In,
    /// From the hub to the broker.
    Out,
    /// Both.
    Both,
}

/// One line of `topics`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    filter: String,
    direction: Direction,
    qos: u8,
    local_prefix: String,
    remote_prefix: String,
    local: TopicFilter,
    remote: TopicFilter,
}

/// Why a text is no route.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// Nothing is written.
    #[error("the topic is empty; write for example `{EXAMPLE}`")]
    Empty,
    /// A quotation mark without its partner.
    #[error("a quotation mark is not closed; write for example `{EXAMPLE}`")]
    Quote,
    /// The filter stands alone.
    #[error("`{0}` has no direction: add `in`, `out` or `both`, for example `{EXAMPLE}`")]
    NoDirection(String),
    /// The second word is something else.
    #[error("`{0}` is no direction: write `in`, `out` or `both`, for example `{EXAMPLE}`")]
    Direction(String),
    /// A number that is no quality of service.
    #[error("`{0}` is no quality of service: write 0, 1 or 2, for example `{EXAMPLE}`")]
    Qos(String),
    /// One prefix without the other.
    #[error(
        "the prefix `{0}` stands alone: write the local one and the remote one, `\"\"` for none, for example `{EXAMPLE}`"
    )]
    OnePrefix(String),
    /// More words than a route has.
    #[error("`{0}` is one word too many; write for example `{EXAMPLE}`")]
    TooMany(String),
    /// A prefix that cannot stand in front.
    #[error("the prefix `{0}` must end with `/` and have no wildcards, for example `{EXAMPLE}`")]
    Prefix(String),
    /// The filter, with a prefix in front of it.
    #[error("`{filter}`: {error}, for example `{EXAMPLE}`")]
    Filter {
        /// The filter.
        filter: String,
        /// What is wrong with it.
        error: FilterError,
    },
    /// A shared subscription.
    #[error(
        "`{0}` is a shared subscription: every message belongs into the hub, subscribe without `$share/…/`"
    )]
    Shared(String),
    /// What comes in would take a name that the hub keeps to itself.
    #[error(
        "`{0}` would come in under `$`, which the hub keeps for itself: give it a local prefix, for example `$SYS/# in 0 broker/ \"\"`"
    )]
    LocalReserved(String),
    /// What goes out would take a name that brokers keep to themselves.
    #[error(
        "`{0}` would go out under `$`, which brokers keep for themselves: give it a remote prefix, for example `$hub/# out 0 \"\" hub/`"
    )]
    RemoteReserved(String),
}

impl FromStr for Route {
    type Err = RouteError;

    fn from_str(text: &str) -> Result<Self, RouteError> {
        let mut words = words(text)?.into_iter();
        let filter = words.next().filter(|filter| !filter.is_empty()).ok_or(RouteError::Empty)?;
        let direction = match words.next() {
            None => return Err(RouteError::NoDirection(filter)),
            Some(word) => direction(&word)?,
        };
        let mut words = words.peekable();
        let qos = words.next_if(|word| is_number(word)).map(|word| qos(&word)).transpose()?.unwrap_or(0);
        let (local_prefix, remote_prefix) = match (words.next(), words.next()) {
            (None, _) => (String::new(), String::new()),
            (Some(alone), None) => return Err(RouteError::OnePrefix(alone)),
            (Some(local), Some(remote)) => (local, remote),
        };
        if let Some(word) = words.next() {
            return Err(RouteError::TooMany(word));
        }
        Self::new(filter, direction, qos, local_prefix, remote_prefix)
    }
}

impl Route {
    fn new(
        filter: String,
        direction: Direction,
        qos: u8,
        local_prefix: String,
        remote_prefix: String,
    ) -> Result<Self, RouteError> {
        let local = prefixed(&local_prefix, &filter)?;
        let remote = prefixed(&remote_prefix, &filter)?;
        if remote.as_str().starts_with("$share/") || remote.as_str().starts_with("$queue/") {
            return Err(RouteError::Shared(remote.to_string()));
        }
        if direction != Direction::Out && local.as_str().starts_with('$') {
            return Err(RouteError::LocalReserved(local.to_string()));
        }
        if direction != Direction::In && remote.as_str().starts_with('$') {
            return Err(RouteError::RemoteReserved(remote.to_string()));
        }
        Ok(Self { filter, direction, qos, local_prefix, remote_prefix, local, remote })
    }

    /// Whether it takes messages from the broker.
    pub fn takes(&self) -> bool {
        self.direction != Direction::Out
    }

    /// Whether it gives messages to the broker.
    pub fn gives(&self) -> bool {
        self.direction != Direction::In
    }

    /// The quality of service of both.
    pub fn qos(&self) -> u8 {
        self.qos
    }

    /// The hub's name for what the broker calls `remote`, by the prefixes alone.
    pub fn to_local(&self, remote: &str) -> Option<Topic> {
        let rest = remote.strip_prefix(&self.remote_prefix)?;
        Topic::new(&format!("{}{rest}", self.local_prefix)).ok().filter(|_| !rest.is_empty())
    }

    /// The broker's name for what the hub calls `local`, by the prefixes alone.
    pub fn to_remote(&self, local: &str) -> Option<Topic> {
        let rest = local.strip_prefix(&self.local_prefix)?;
        Topic::new(&format!("{}{rest}", self.remote_prefix)).ok().filter(|_| !rest.is_empty())
    }
}

/// As it is written in the configuration, without what is the default.
impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = |word: &str| match word.is_empty() || word.contains(' ') {
            true => format!("\"{word}\""),
            false => word.to_owned(),
        };
        let direction = match self.direction {
            Direction::In => "in",
            Direction::Out => "out",
            Direction::Both => "both",
        };
        let has_prefix = !self.local_prefix.is_empty() || !self.remote_prefix.is_empty();
        write!(f, "{} {direction}", quoted(&self.filter))?;
        if self.qos != 0 || has_prefix {
            write!(f, " {}", self.qos)?;
        }
        if has_prefix {
            write!(f, " {} {}", quoted(&self.local_prefix), quoted(&self.remote_prefix))?;
        }
        Ok(())
    }
}

/// Words divided by blanks; a word in quotation marks may hold blanks or nothing at all.
fn words(text: &str) -> Result<Vec<String>, RouteError> {
    let mut words = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (word, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').ok_or(RouteError::Quote)?,
            None => rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len())),
        };
        words.push(word.to_owned());
        rest = after.trim_start();
    }
    Ok(words)
}

fn direction(word: &str) -> Result<Direction, RouteError> {
    match word {
        "in" => Ok(Direction::In),
        "out" => Ok(Direction::Out),
        "both" => Ok(Direction::Both),
        _ => Err(RouteError::Direction(word.to_owned())),
    }
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

fn qos(word: &str) -> Result<u8, RouteError> {
    word.parse().ok().filter(|qos| *qos <= 2).ok_or_else(|| RouteError::Qos(word.to_owned()))
}

fn prefixed(prefix: &str, filter: &str) -> Result<TopicFilter, RouteError> {
    if !prefix.is_empty() && (!prefix.ends_with('/') || prefix.contains(['+', '#'])) {
        return Err(RouteError::Prefix(prefix.to_owned()));
    }
    let text = format!("{prefix}{filter}");
    TopicFilter::new(&text).map_err(|error| RouteError::Filter { filter: text, error })
}

/// All routes of a link, in the order in which they are written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Routes {
    routes: Vec<Route>,
    subscriptions: Vec<(TopicFilter, u8)>,
}

impl Routes {
    /// Of these routes.
    pub fn new(routes: Vec<Route>) -> Self {
        let mut subscriptions: Vec<(TopicFilter, u8)> = Vec::new();
        for route in routes.iter().filter(|route| route.takes()) {
            let wanted = route.remote.as_str();
            if let Some(wider) = subscriptions.iter_mut().find(|(known, _)| covers(known.as_str(), wanted)) {
                wider.1 = wider.1.max(route.qos);
                continue;
            }
            let narrower = |(known, _): &(TopicFilter, u8)| covers(wanted, known.as_str());
            let qos = subscriptions.extract_if(.., |known| narrower(known)).map(|(_, qos)| qos);
            let qos = qos.fold(route.qos, u8::max);
            subscriptions.push((route.remote.clone(), qos));
        }
        Self { routes, subscriptions }
    }

    /// What to subscribe to, none of it covered by another.
    pub fn subscriptions(&self) -> impl Iterator<Item = (&str, u8)> {
        self.subscriptions.iter().map(|(filter, qos)| (filter.as_str(), *qos))
    }

    /// How often a broker may send what is published under `remote`: filters that overlap in part bring it twice.
    pub fn copies(&self, remote: &str) -> usize {
        self.subscriptions.iter().filter(|(filter, _)| filter.matches(remote)).count()
    }

    /// Whether anything is taken from the broker.
    pub fn takes(&self) -> bool {
        !self.subscriptions.is_empty()
    }

    /// Whether anything is given to the broker.
    pub fn gives(&self) -> bool {
        self.routes.iter().any(Route::gives)
    }

    /// The route that takes `remote` in.
    pub fn into_hub(&self, remote: &str) -> Option<&Route> {
        self.routes.iter().find(|route| route.takes() && route.remote.matches(remote))
    }

    /// The route that gives `local` to the broker, and the broker's name for it.
    pub fn out_of_hub(&self, local: &str) -> Option<(&Route, Topic)> {
        let route = self.routes.iter().find(|route| route.gives() && route.local.matches(local))?;
        Some((route, route.to_remote(local)?))
    }

    /// What the hub calls a topic that it gives to the broker as `remote`; nothing if it gives none so.
    pub fn given_as(&self, remote: &str) -> Option<Topic> {
        let named = self.routes.iter().filter(|route| route.gives() && route.remote.matches(remote));
        let mut locals = named.filter_map(|route| route.to_local(remote));
        locals.find(|local| self.out_of_hub(local.as_str()).is_some_and(|(_, name)| name.as_str() == remote))
    }

    /// The broker's name for a topic that is meant for a device or a person at the broker, whichever way its route goes;
    /// what no route knows has the same name on both sides.
    pub fn named(&self, local: &Topic, base: Option<&Topic>) -> Topic {
        let whole = self.routes.iter().filter(|route| route.local.matches(local.as_str()));
        let below = base.map(|base| format!("{base}/#"));
        let near = self
            .routes
            .iter()
            .filter(|route| below.as_ref().is_some_and(|below| overlaps(route.local.as_str(), below)));
        let named = whole.chain(near).find_map(|route| route.to_remote(local.as_str()));
        named.unwrap_or_else(|| local.clone())
    }

    /// The broker's name for the base of a device whose words go out.
    pub fn base_out(&self, base: &Topic) -> Option<Topic> {
        let below = format!("{base}/#");
        let mut routes = self.routes.iter().filter(|route| route.gives());
        routes.find(|route| overlaps(route.local.as_str(), &below))?.to_remote(base.as_str())
    }

    /// The broker's name for the base of a device whose commands come in.
    pub fn base_taken(&self, base: &Topic) -> Option<Topic> {
        let below = format!("{base}/#");
        let mut routes = self.routes.iter().filter(|route| route.takes());
        routes.find(|route| overlaps(route.local.as_str(), &below))?.to_remote(base.as_str())
    }

    /// The broker's name of a topic that is taken in as `local`.
    pub fn taken_from(&self, local: &Topic) -> Option<Topic> {
        let taking = self.routes.iter().filter(|route| route.takes() && route.local.matches(local.as_str()));
        taking.filter_map(|route| route.to_remote(local.as_str())).find(|remote| {
            let back = self.into_hub(remote.as_str()).and_then(|route| route.to_local(remote.as_str()));
            back.as_ref() == Some(local)
        })
    }

    /// The hub's name for the base of a device that the broker calls `remote`.
    pub fn base_in(&self, remote: &str) -> Option<Topic> {
        let below = format!("{remote}/#");
        let mut routes = self.routes.iter().filter(|route| route.takes());
        routes.find(|route| overlaps(route.remote.as_str(), &below))?.to_local(remote)
    }
}

#[cfg(test)]
mod tests;
