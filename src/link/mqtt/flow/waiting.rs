//! What goes out and has not gone yet: a short breath for an outage or a slow broker, never a backlog.
//!
//! At most [`MESSAGES`] messages of [`BYTES`] bytes together wait, each for at most [`WITHIN`]; the oldest goes first.
//! Commands and what is published by hand never wait here.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::super::client::{Client, Full, Publish};

/// The most messages that wait.
pub const MESSAGES: usize = 1_000;
/// The most bytes of topics and payloads that wait.
pub const BYTES: usize = 1 << 20;
/// The longest that one waits.
pub const WITHIN: Duration = Duration::from_secs(10);

/// Messages in the order in which they go.
#[derive(Debug, Default)]
pub struct Waiting {
    queue: VecDeque<(Instant, Publish)>,
    bytes: usize,
}

/// What became of the messages that were first in line.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Gone {
    /// Handed over.
    pub sent: Vec<Publish>,
    /// Too large for this broker, or with a topic that cannot be sent.
    pub unfit: u64,
}

impl Waiting {
    /// Puts a message at the end; returns how many older ones had to go for it, or 1 if it is too large itself.
    #[must_use = "what was dropped is counted"]
    pub fn push(&mut self, now: Instant, publish: Publish) -> u64 {
        let bytes = weight(&publish);
        if bytes > BYTES {
            return 1;
        }
        let mut dropped = 0;
        while self.queue.len() >= MESSAGES || self.bytes + bytes > BYTES {
            self.pop();
            dropped += 1;
        }
        self.bytes += bytes;
        self.queue.push_back((now, publish));
        dropped
    }

    /// Drops what has waited for too long; returns how many that were.
    #[must_use = "what was dropped is counted"]
    pub fn expire(&mut self, now: Instant) -> u64 {
        let mut dropped = 0;
        while self.queue.front().is_some_and(|(at, _)| now.saturating_duration_since(*at) >= WITHIN) {
            self.pop();
            dropped += 1;
        }
        dropped
    }

    /// Hands over as much as the client takes.
    pub fn hand_over(&mut self, client: &Client) -> Gone {
        let mut gone = Gone::default();
        while let Some((_, publish)) = self.queue.front() {
            match client.publish(publish.clone()) {
                Ok(_) => gone.sent.extend(self.pop()),
                Err(Full::Queue) => break,
                Err(Full::Packet { .. } | Full::Topic) => {
                    self.pop();
                    gone.unfit += 1;
                }
            }
        }
        gone
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    fn pop(&mut self) -> Option<Publish> {
        let (_, publish) = self.queue.pop_front()?;
        self.bytes -= weight(&publish);
        Some(publish)
    }
}

fn weight(publish: &Publish) -> usize {
    publish.topic.len() + publish.payload.len()
}

#[cfg(test)]
mod tests {
    use super::super::super::Version;
    use super::*;

    fn publish(number: usize, bytes: usize) -> Publish {
        let topic = format!("n/{number:04}");
        Publish { payload: vec![b'x'; bytes - topic.len()].into(), topic, ..Publish::default() }
    }

    #[test]
    fn the_oldest_goes_when_too_many_wait() {
        let now = Instant::now();
        let mut waiting = Waiting::default();
        let dropped: u64 = (0..MESSAGES).map(|number| waiting.push(now, publish(number, 10))).sum();
        assert_eq!(dropped, 0);
        assert_eq!(waiting.push(now, publish(MESSAGES, 10)), 1);
        assert_eq!(waiting.queue.front().expect("first").1.topic, "n/0001");
    }

    #[test]
    fn bytes_are_bounded_too() {
        let now = Instant::now();
        let mut waiting = Waiting::default();
        for number in 0..4 {
            assert_eq!(waiting.push(now, publish(number, BYTES / 4)), 0);
        }
        assert_eq!(waiting.push(now, publish(4, BYTES / 4 + 1)), 2);
        assert_eq!(waiting.push(now, publish(5, BYTES)), 3);
        assert_eq!(waiting.push(now, publish(6, BYTES + 1)), 1, "too large itself; the others stay");
        assert_eq!(waiting.bytes, BYTES);
    }

    #[test]
    fn nothing_is_sent_late() {
        let now = Instant::now();
        let mut waiting = Waiting::default();
        assert_eq!(waiting.push(now, publish(0, 10)), 0);
        assert_eq!(waiting.push(now + WITHIN / 2, publish(1, 10)), 0);
        assert_eq!(waiting.expire(now + WITHIN), 1);
        let client = Client::keeping(Version::V4);
        assert_eq!(waiting.hand_over(&client).sent, [publish(1, 10)]);
        assert!(waiting.is_empty());
        assert_eq!(client.kept(), [publish(1, 10)]);
    }
}
