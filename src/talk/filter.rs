//! Topic filters with the wildcards of MQTT: `+` is one level, `#` is everything from here on.
//!
//! As in MQTT 3.1.1 §4.7, a filter that begins with a wildcard does not match topics that begin with `$`.

use std::fmt;
use std::sync::Arc;

use super::topic::{MAX_BYTES, MAX_LEVELS};

/// A pattern such as `thermometer/#` or `relay/+`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TopicFilter(Arc<str>);

/// Why a text is no filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// Nothing at all.
    #[error("the filter is empty; `#` matches everything")]
    Empty,
    /// Too many bytes or levels.
    #[error("the filter is longer than {MAX_BYTES} bytes or {MAX_LEVELS} levels")]
    TooLong,
    /// `#` that is not the whole last level, or `+` that is not a whole level.
    #[error("`#` must be the whole last level and `+` a whole level")]
    Wildcard,
    /// A control character.
    #[error("the filter has a control character")]
    Control,
}

impl TopicFilter {
    /// Checks `text`.
    pub fn new(text: &str) -> Result<Self, FilterError> {
        if text.is_empty() {
            return Err(FilterError::Empty);
        }
        if text.len() > MAX_BYTES || text.split('/').count() > MAX_LEVELS {
            return Err(FilterError::TooLong);
        }
        if text.chars().any(char::is_control) {
            return Err(FilterError::Control);
        }
        let last = text.split('/').count() - 1;
        for (at, level) in text.split('/').enumerate() {
            if (level.contains('+') && level != "+") || (level.contains('#') && (level != "#" || at != last))
            {
                return Err(FilterError::Wildcard);
            }
        }
        Ok(Self(text.into()))
    }

    /// The text as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `topic` is meant.
    pub fn matches(&self, topic: &str) -> bool {
        if topic.starts_with('$') && self.0.starts_with(['+', '#']) {
            return false;
        }
        let mut levels = topic.split('/');
        for pattern in self.0.split('/') {
            match (pattern, levels.next()) {
                ("#", _) => return true,
                ("+", Some(_)) => {}
                (pattern, Some(level)) if pattern == level => {}
                _ => return false,
            }
        }
        levels.next().is_none()
    }
}

impl fmt::Display for TopicFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_match_as_in_mqtt() {
        let check = |filter: &str, topic: &str, expect: bool| {
            let filter = TopicFilter::new(filter).expect(filter);
            assert_eq!(filter.matches(topic), expect, "{filter} {topic}");
        };
        check("thermometer/#", "thermometer/i2c0-48", true);
        check("thermometer/#", "thermometer", true);
        check("+/i2c0-48", "thermometer/i2c0-48", true);
        check("+", "a/b", false);
        check("a/+", "a", false);
        check("a/+", "a/", true);
        check("#", "$hub/link/usb", false);
        check("+/link/usb", "$hub/link/usb", false);
        check("$hub/#", "$hub/link/usb", true);
        check("a/b", "a/b/c", false);
    }

    #[test]
    fn misplaced_wildcards_are_named() {
        for text in ["a/#/b", "a#", "+a", "a/b+/c", "##"] {
            assert_eq!(TopicFilter::new(text), Err(FilterError::Wildcard), "{text}");
        }
        assert_eq!(TopicFilter::new(""), Err(FilterError::Empty));
    }
}
