//! What a series is called in addresses, files and commands: `topic#quantity`, or the topic alone for a bare value.
//!
//! A `#` that a topic itself has is written `%23`, and a `%` before `23` or `25` as `%25`, so that every name leads
//! back to exactly one series. Several series of the file may bear one name: their units differ.

use std::fmt;
use std::str::FromStr;

use super::series::Key;
use crate::talk::{FilterError, Topic, TopicError, TopicFilter};

/// The longest quantity, in bytes; no known device needs more than fifty.
pub const MOST_QUANTITY: usize = 1_024;

/// The name of a series: `nodes/bridge/0/thermometer/i2c0-48#temperature`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name {
    /// The complete topic.
    pub topic: Box<str>,
    /// The quantity; empty where the payload is a bare value.
    pub quantity: Box<str>,
}

/// Which series are meant: the topic may have the wildcards of MQTT, and without a quantity all of them are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    topic: Which,
    quantity: Option<Box<str>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Which {
    One(Topic),
    All(TopicFilter),
}

/// Why a text is no name of a series.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The part before `#`.
    #[error("{0:?} is no name of a series: {1}; write TOPIC#QUANTITY, or TOPIC for a bare value")]
    Topic(String, TopicError),
    /// The part before `#`, with wildcards.
    #[error(
        "{0:?} means no series: {1}; write TOPIC#QUANTITY, where + is one level of the topic and # all further ones"
    )]
    Filter(String, FilterError),
    /// Nothing after `#`.
    #[error("{0:?} names no quantity after the `#`; write TOPIC#QUANTITY, or TOPIC for a bare value")]
    NoQuantity(String),
    /// Far too much after `#`.
    #[error("the quantity has {0} bytes; at most {MOST_QUANTITY} are possible")]
    Long(usize),
}

impl Name {
    /// The name of a series.
    pub fn of(key: &Key) -> Self {
        Self { topic: key.topic.clone(), quantity: key.quantity.clone() }
    }

    /// Whether the series bears this name.
    pub fn is_of(&self, key: &Key) -> bool {
        self.topic == key.topic && self.quantity == key.quantity
    }
}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let (topic, quantity) = match text.split_once('#') {
            Some((topic, quantity)) => (topic, checked(text, quantity)?),
            None => (text, ""),
        };
        let topic = plain(topic);
        // A wildcard is found by what stands around it, so the topic is looked at as a whole.
        Topic::new(&topic).map_err(|error| NameError::Topic(shortened(text), error))?;
        Ok(Self { topic: topic.into(), quantity: quantity.into() })
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_topic(f, &self.topic)?;
        if self.quantity.is_empty() { Ok(()) } else { write!(f, "#{}", self.quantity) }
    }
}

impl Pattern {
    /// Whether the series is meant.
    pub fn means(&self, key: &Key) -> bool {
        let is_topic = match &self.topic {
            Which::One(topic) => topic.as_str() == &*key.topic,
            Which::All(filter) => filter.matches(&key.topic),
        };
        is_topic && self.quantity.as_ref().is_none_or(|quantity| *quantity == key.quantity)
    }
}

impl FromStr for Pattern {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        // The `#` of a quantity stands behind a level, the wildcard is a level of its own.
        let is_wildcard = |at: usize| at == 0 || text.as_bytes().get(at - 1) == Some(&b'/');
        let hash = text.match_indices('#').map(|(at, _)| at).find(|at| !is_wildcard(*at));
        let (filter, quantity) = match hash.and_then(|at| Some((text.get(..at)?, text.get(at + 1..)?))) {
            Some((filter, quantity)) => (filter, Some(checked(text, quantity)?.into())),
            None => (text, None),
        };
        let topic = match Topic::new(&plain(filter)) {
            Ok(topic) => Which::One(topic),
            Err(_) => Which::All(
                TopicFilter::new(filter).map_err(|error| NameError::Filter(shortened(text), error))?,
            ),
        };
        Ok(Self { topic, quantity })
    }
}

fn checked<'a>(text: &str, quantity: &'a str) -> Result<&'a str, NameError> {
    match quantity.len() {
        0 => Err(NameError::NoQuantity(shortened(text))),
        length if length > MOST_QUANTITY => Err(NameError::Long(length)),
        _ => Ok(quantity),
    }
}

/// An error tells the beginning.
fn shortened(text: &str) -> String {
    text.chars().take(100).collect()
}

/// Whether a `%` before this text is a mark.
fn is_marked(rest: &str) -> bool {
    rest.starts_with("23") || rest.starts_with("25")
}

fn write_topic(f: &mut fmt::Formatter<'_>, topic: &str) -> fmt::Result {
    let mut rest = topic;
    while let Some(at) = rest.find(['#', '%']) {
        let (before, from) = rest.split_at(at);
        rest = &from[1..];
        let mark = match from.as_bytes()[0] {
            b'#' => "%23",
            _ if is_marked(rest) => "%25",
            _ => "%",
        };
        write!(f, "{before}{mark}")?;
    }
    f.write_str(rest)
}

/// The topic that [`write_topic`] has written.
fn plain(text: &str) -> String {
    let mut topic = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, from)) = rest.split_once('%') {
        topic.push_str(before);
        match is_marked(from) {
            true => {
                topic.push(if from.starts_with("23") { '#' } else { '%' });
                rest = &from[2..];
            }
            false => {
                topic.push('%');
                rest = from;
            }
        }
    }
    topic + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::series::Kind;

    #[test]
    fn every_series_has_a_name_that_leads_back_to_it() {
        let check = |topic: &str, quantity: &str, text: &str| {
            let name = Name { topic: topic.into(), quantity: quantity.into() };
            assert_eq!(name.to_string(), text);
            assert_eq!(text.parse(), Ok(name), "{text}");
        };
        check(
            "nodes/bridge/0/thermometer/i2c0-48",
            "temperature",
            "nodes/bridge/0/thermometer/i2c0-48#temperature",
        );
        check("plug/power", "", "plug/power");
        check("a", "b#c", "a#b#c");
        check("a/c#", "t", "a/c%23#t");
        check("battery %", "", "battery %");
        check("%25#%%23%2", "%23", "%2525%23%%2523%2#%23");
        check("světlo", "jas ☀", "světlo#jas ☀");
    }

    #[test]
    fn random_names_lead_back() {
        let mut random = fastrand::Rng::with_seed(7);
        let mut any = |from: &[char]| -> String {
            (0..random.usize(1..9)).filter_map(|_| from.get(random.usize(0..from.len()))).collect()
        };
        for _ in 0..20_000 {
            let topic = any(&['a', '%', '2', '3', '5', '#', '/']);
            let name =
                Name { topic: topic.as_str().into(), quantity: any(&['q', '#', '%', '2', '3']).into() };
            if Topic::new(&topic).is_ok() {
                assert_eq!(name.to_string().parse(), Ok(name));
            }
        }
    }

    #[test]
    fn other_texts_are_refused_with_what_to_write() {
        let check = |text: &str, expect: &str| {
            let error = text.parse::<Name>().unwrap_err().to_string();
            assert!(error.contains(expect), "{text}: {error}");
        };
        check("", "the topic is empty");
        check("#temperature", "the topic is empty");
        check("a#", "names no quantity");
        check("nodes/+/t#x", "wildcard");
        check("a\nb#x", "control character");
        check(&format!("a#{}", "x".repeat(2_000)), "2000 bytes");
    }

    #[test]
    fn a_pattern_means_series_by_topic_and_quantity() {
        let key = |topic: &str, quantity: &str| Key {
            topic: topic.into(),
            quantity: quantity.into(),
            kind: Kind::Number,
            unit: None,
        };
        let check = |text: &str, expect: [bool; 4]| {
            let pattern: Pattern = text.parse().expect(text);
            let keys = [key("a/b", "t"), key("a/b", ""), key("a/c/d", "t"), key("x#", "t")];
            assert_eq!(keys.each_ref().map(|key| pattern.means(key)), expect, "{text}");
        };
        check("a/b#t", [true, false, false, false]);
        check("a/b", [true, true, false, false]);
        check("a/+", [true, true, false, false]);
        check("#", [true; 4]);
        check("##t", [true, false, true, true]);
        check("a/#", [true, true, true, false]);
        check("a/##t", [true, false, true, false]);
        check("x%23#t", [false, false, false, true]);
        for text in ["", "a#", "a/##", "a/#/b"] {
            assert!(text.parse::<Pattern>().is_err(), "{text}");
        }
    }
}
