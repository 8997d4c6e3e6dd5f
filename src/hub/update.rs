//! The one thing that travels: a message with its place in the order of everything.

use std::sync::Arc;
use std::time::SystemTime;

use time::OffsetDateTime;

use super::Now;
use super::command::CommandEvent;
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
    /// Set on `$hub/command`: the step it tells.
    pub event: Option<Arc<CommandEvent>>,
    /// A broker's memory: said at an unknown time, at the latest `at`.
    pub memory: bool,
    /// The hubs it has passed through, by their ids (`a,b`); nothing for most.
    pub via: Option<Arc<str>>,
}

impl Update {
    /// Something just heard or made; its number is given when it is told.
    pub(super) fn new(now: Now, from: Arc<str>, base: Option<Topic>, message: Message) -> Self {
        Self { seq: 0, at: now.wall, from, base, message, event: None, memory: false, via: None }
    }

    /// The bytes it takes to keep, near enough.
    pub(super) fn weight(&self) -> usize {
        self.message.topic.as_str().len()
            + self.message.payload.held()
            + self.message.payload.readings().len() * 64
    }

    /// Whether the hub says this about itself (`$hub/…`).
    pub fn is_own(&self) -> bool {
        self.message.topic.as_str().starts_with("$hub/")
    }
}

/// `2026-11-20T22:10:00.123Z`, the form of every time the hub tells (RFC 3339, always three digits of a second).
pub fn iso(at: SystemTime) -> String {
    let at = OffsetDateTime::from(at);
    let (date, time) = (at.date(), at.time());
    let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
    let (hour, minute, second, milli) = time.as_hms_milli();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn times_are_told_to_the_millisecond() {
        let at = SystemTime::UNIX_EPOCH + Duration::from_micros(1_479_679_800_123_456);
        assert_eq!(iso(at), "2016-11-20T22:10:00.123Z");
        assert_eq!(iso(SystemTime::UNIX_EPOCH), "1970-01-01T00:00:00.000Z");
    }
}
