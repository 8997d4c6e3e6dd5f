//! The one thing that travels: a message with its place in the order of everything.

use std::sync::Arc;
use std::time::SystemTime;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::command::CommandEvent;
use crate::talk::model::Reading;
use crate::talk::{Message, Topic};

/// One message as the hub told it.
#[derive(Debug)]
pub struct Update {
    /// Its number; the next update has the next number.
    pub seq: u64,
    /// When it was heard.
    pub at: SystemTime,
    /// The link it came from, or `hub`.
    pub from: Arc<str>,
    /// The base it lies under, if its link has one.
    pub base: Option<Topic>,
    /// The message with its complete topic.
    pub message: Message,
    /// What its payload says.
    pub readings: Vec<Reading>,
    /// Set on `$hub/command`: the step it tells.
    pub event: Option<Arc<CommandEvent>>,
}

impl Update {
    /// Whether the hub says this about itself (`$hub/…`).
    pub fn is_own(&self) -> bool {
        self.message.topic.as_str().starts_with("$hub/")
    }
}

/// `2026-11-20T22:10:00.123Z`, the form of every time the hub tells.
pub fn iso(at: SystemTime) -> String {
    let at = OffsetDateTime::from(at);
    let at = at.replace_millisecond(at.millisecond()).unwrap_or(at);
    at.format(&Rfc3339).unwrap_or_else(|_| "1970-01-01T00:00:00Z".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn times_are_told_to_the_millisecond() {
        let at = SystemTime::UNIX_EPOCH + Duration::from_micros(1_479_679_800_123_456);
        assert_eq!(iso(at), "2016-11-20T22:10:00.123Z");
    }
}
