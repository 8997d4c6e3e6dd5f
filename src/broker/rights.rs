//! What nobody may do, whatever the account: names that would match others, topics that are the broker's or the hub's.
//!
//! Pure checks. What an account may do beyond that is decided by its [`Right`](super::Right).

use super::Limits;

/// The first level of topics by which hubs know each other.
pub const HUBS: &str = "clown-hub";

/// Something a client wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act<'a> {
    /// Publish on a topic.
    Publish(&'a str),
    /// Hear what matches a filter, without a shared subscription's prefix.
    Subscribe(&'a str),
}

impl<'a> Act<'a> {
    /// The topic or filter it is about.
    pub fn topic(self) -> &'a str {
        match self {
            Self::Publish(topic) | Self::Subscribe(topic) => topic,
        }
    }
}

/// Whether a client may bear this id, or somebody log in under this name. One that is a pattern would match others
/// where rights are written as patterns.
pub fn is_name(name: &str) -> bool {
    !name.starts_with('$') && !name.contains(['#', '+', '/']) && !name.chars().any(char::is_control)
}

/// Whether `topic` is nobody else's; `own` is the id of this hub, whose topics are its own.
pub fn may_publish(topic: &str, own: &str) -> bool {
    let is_own = || {
        let rest = topic.strip_prefix(HUBS).and_then(|rest| rest.strip_prefix('/'));
        rest.and_then(|rest| rest.strip_prefix(own))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    !topic.starts_with('$') && !is_own()
}

/// The filter of a subscription without the prefix of a shared one; none if there is something wrong with that.
pub fn bare(filter: &str) -> Option<&str> {
    let (group, bare) = match filter.strip_prefix("$share/") {
        Some(rest) => rest.split_once('/')?,
        None => ("", filter),
    };
    (!bare.is_empty() && filter.starts_with("$share/") != group.is_empty()).then_some(bare)
}

/// Whether a filter means topics with `$` that nobody hears: all but `$SYS`.
pub fn is_hidden(filter: &str) -> bool {
    filter.starts_with('$') && filter != "$SYS" && !filter.starts_with("$SYS/")
}

/// Whether a topic or filter is short and flat enough.
pub fn fits(topic: &str, limits: &Limits) -> bool {
    topic.len() <= limits.topic && memchr::memchr_iter(b'/', topic.as_bytes()).count() < limits.levels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_pattern() {
        for good in ["ada", "mosq-Zz12", "Šárka", "a b", "__proto__", "a|b", ""] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["#", "+", "a/b", "a#", "+a", "$SYS", "a\nb", "\u{7f}", "\u{85}"] {
            assert!(!is_name(bad), "{bad:?}");
        }
    }

    #[test]
    fn the_brokers_and_the_hubs_topics_are_not_for_others() {
        let check = |topic: &str, may: bool| {
            assert_eq!(may_publish(topic, "0a1b2c3d"), may, "{topic}");
        };
        check("nodes/bridge/0/relay/i2c0-3b/set", true);
        check("clown-hub/ffffffff/home", true);
        check("clown-hub/0a1b2c3d4/home", true);
        check("/$SYS", true);
        check("__proto__", true);
        check("clown-hub/0a1b2c3d/broker", false);
        check("clown-hub/0a1b2c3d", false);
        check("$SYS/broker/uptime", false);
        check("$share/a/b", false);
        check("$foo", false);
    }

    #[test]
    fn topics_have_a_length_and_a_depth() {
        let limits = Limits { topic: 10, levels: 3, ..Limits::default() };
        let check = |topic: &str, fits: bool| {
            assert_eq!(super::fits(topic, &limits), fits, "{topic}");
        };
        check("aaaaaaaaa", true);
        check("aaaaaaaaaa", true);
        check("aaaaaaaaaaa", false);
        check("a/b", true);
        check("a/b/c", true);
        check("a/b/c/d", false);
        check("///", false);
    }

    #[test]
    fn a_shared_filter_is_seen_through() {
        let check = |given: &str, expect: Option<&str>| {
            assert_eq!(bare(given).filter(|bare| !is_hidden(bare)), expect, "{given}")
        };
        check("#", Some("#"));
        check("$share/group/a/#", Some("a/#"));
        check("$share/group", None);
        check("$share/group/", None);
        check("$share//a", None);
        check("$share/group/$hub/#", None);
        check("$SYS/#", Some("$SYS/#"));
        check("$SYSTEM", None);
        check("$hub/#", None);
        check("", None);
    }
}
