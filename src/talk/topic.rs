//! Topics: levels separated by `/`, as in MQTT, without wildcards.
//!
//! A [`Topic`] is checked once where it enters and then cheap to clone. It can hold no control characters, so no topic
//! can ever become a second line on a serial port.

use std::fmt;
use std::sync::Arc;

/// The longest topic, in bytes; MQTT allows the same.
pub const MAX_BYTES: usize = 65_535;
/// The most levels a topic may have; no known device uses more than ten.
pub const MAX_LEVELS: usize = 64;

/// A valid topic without wildcards, for example `nodes/bridge/0/relay/i2c0-3b`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Topic(Arc<str>);

/// Why a text is no topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TopicError {
    /// Nothing, or only separators.
    #[error("the topic is empty")]
    Empty,
    /// Longer than [`MAX_BYTES`].
    #[error("the topic is longer than {MAX_BYTES} bytes")]
    TooLong,
    /// More than [`MAX_LEVELS`] levels.
    #[error("the topic has more than {MAX_LEVELS} levels")]
    TooDeep,
    /// `+` or `#` as a level.
    #[error("the topic has a wildcard; wildcards are for subscriptions")]
    Wildcard,
    /// A control character, a line break or NUL.
    #[error("the topic has a control character")]
    Control,
}

impl Topic {
    /// Checks `text`. A leading `/` is valid (the tower gateway's own topics have one).
    pub fn new(text: &str) -> Result<Self, TopicError> {
        check(text)?;
        Ok(Self(text.into()))
    }

    /// The text as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `self/below`: what a device said, under the base topic of its link.
    pub fn join(&self, below: &Topic) -> Topic {
        let mut text = String::with_capacity(self.0.len() + 1 + below.0.len());
        text.push_str(&self.0);
        if !below.0.starts_with('/') {
            text.push('/');
        }
        text.push_str(&below.0);
        Topic(text.into())
    }

    /// The part below `base`, if `self` lies below it.
    pub fn below(&self, base: &Topic) -> Option<&str> {
        self.0.strip_prefix(base.as_str())?.strip_prefix('/').filter(|rest| !rest.is_empty())
    }

    /// The levels from left to right.
    pub fn levels(&self) -> std::str::Split<'_, char> {
        self.0.split('/')
    }

    /// Whether a level is empty, as in `a//b` or `a/`; such topics are never commands.
    pub fn has_empty_level(&self) -> bool {
        self.levels().any(str::is_empty)
    }
}

fn check(text: &str) -> Result<(), TopicError> {
    if text.len() > MAX_BYTES {
        return Err(TopicError::TooLong);
    }
    let (mut levels, mut any) = (1, false);
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'/' => levels += 1,
            0..0x20 | 0x7f => return Err(TopicError::Control),
            b'+' | b'#' if is_whole_level(bytes, at) => return Err(TopicError::Wildcard),
            _ => any = true,
        }
    }
    match (any, levels > MAX_LEVELS) {
        (false, _) => Err(TopicError::Empty),
        (true, true) => Err(TopicError::TooDeep),
        (true, false) => Ok(()),
    }
}

fn is_whole_level(bytes: &[u8], at: usize) -> bool {
    (at == 0 || bytes[at - 1] == b'/') && bytes.get(at + 1).is_none_or(|next| *next == b'/')
}

/// `text` with everything invisible or direction-changing escaped, so that what is shown is what is there.
pub fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            ' ' => shown.push(c),
            _ if is_deceptive(c) => shown.extend(c.escape_unicode()),
            _ => shown.push(c),
        }
    }
    shown
}

fn is_deceptive(c: char) -> bool {
    c.is_control()
        || c.is_whitespace()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

/// Lets maps keyed by `Topic` be asked with a `&str`.
impl std::borrow::Borrow<str> for Topic {
    fn borrow(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_topics_are_topics() {
        let check = |text: &str, expect: Result<(), TopicError>| {
            assert_eq!(Topic::new(text).map(|_| ()), expect, "{text:.40}");
        };
        check("relay/i2c0-3b/set", Ok(()));
        check("/info", Ok(()));
        check("status/switch:0", Ok(()));
        check("a+b/c#", Ok(()));
        check("", Err(TopicError::Empty));
        check("//", Err(TopicError::Empty));
        check("relay/+/set", Err(TopicError::Wildcard));
        check("#", Err(TopicError::Wildcard));
        check("a\nb", Err(TopicError::Control));
        check("a\0", Err(TopicError::Control));
        check(&"x".repeat(65_535), Ok(()));
        check(&"x".repeat(65_536), Err(TopicError::TooLong));
        check(&"a/".repeat(30_000), Err(TopicError::TooDeep));
    }

    #[test]
    fn a_base_goes_in_front_and_comes_off_again() {
        let base = Topic::new("nodes/bridge/0").expect("valid");
        let full = base.join(&Topic::new("relay/i2c0-3b").expect("valid"));
        assert_eq!(full.as_str(), "nodes/bridge/0/relay/i2c0-3b");
        assert_eq!(full.below(&base), Some("relay/i2c0-3b"));
        assert_eq!(Topic::new("nodes/bridge/01/x").expect("valid").below(&base), None);
        assert_eq!(base.below(&base), None);
    }

    #[test]
    fn what_cannot_be_seen_is_shown_escaped() {
        assert_eq!(printable("rel\u{202e}ay\u{200b} x\u{1b}[0m"), "rel\\u{202e}ay\\u{200b} x\\u{1b}[0m");
    }
}
