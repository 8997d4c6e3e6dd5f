//! What was handed to the MQTT library and how far it is, in the order it was handed.
//!
//! The library numbers packets itself and tells only the numbers. As it works in order, the next number it tells belongs
//! to the oldest of ours. The memory of everything that waits or is unacknowledged is bounded here.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use rumqttc::Outgoing;

/// Messages that may wait for the connection; the flow keeps more, this is only the way out of the door.
pub const MESSAGES: usize = 256;
/// Bytes that may wait or be unacknowledged; one message alone always may.
pub const BYTES: usize = 1 << 20;

/// Messages and subscriptions under way on one connection.
#[derive(Debug, Default)]
pub struct Handed {
    last_ticket: u64,
    waiting: VecDeque<Message>,
    in_flight: HashMap<u16, Message>,
    asking: VecDeque<String>,
    /// The library may use a number again before the broker has answered.
    asked: HashMap<u16, VecDeque<String>>,
    bytes: usize,
}

#[derive(Debug)]
struct Message {
    ticket: u64,
    bytes: usize,
    at: Instant,
}

impl Handed {
    /// Whether a message of so many bytes can be handed over now.
    pub fn has_room(&self, bytes: usize) -> bool {
        self.waiting.len() < MESSAGES && (self.bytes == 0 || self.bytes + bytes <= BYTES)
    }

    /// A message was handed over; its ticket.
    pub fn message(&mut self, bytes: usize) -> u64 {
        self.last_ticket += 1;
        self.bytes += bytes;
        self.waiting.push_back(Message { ticket: self.last_ticket, bytes, at: Instant::now() });
        self.last_ticket
    }

    /// How long the oldest message has been waiting for the connection.
    pub fn delay(&self) -> Duration {
        self.waiting.front().map_or(Duration::ZERO, |message| message.at.elapsed())
    }

    /// The library wrote something.
    pub fn wrote(&mut self, outgoing: &Outgoing) {
        match outgoing {
            Outgoing::Publish(number) => self.written(*number),
            Outgoing::Subscribe(number) => self.asked(*number),
            // Held back or an answer of the library's own: no message of ours left the door.
            Outgoing::AwaitAck(_)
            | Outgoing::Unsubscribe(_)
            | Outgoing::PubAck(_)
            | Outgoing::PubRec(_)
            | Outgoing::PubRel(_)
            | Outgoing::PubComp(_)
            | Outgoing::PingReq
            | Outgoing::PingResp
            | Outgoing::Disconnect => {}
        }
    }

    /// The oldest message was written; a number of 0 means that nobody will acknowledge it.
    pub fn written(&mut self, number: u16) {
        let Some(message) = self.waiting.pop_front() else { return };
        if number == 0 {
            self.bytes -= message.bytes;
        } else if let Some(lost) = self.in_flight.insert(number, message) {
            // The library never uses a number twice at a time; if it did, the older one is forgotten, not kept for ever.
            self.bytes -= lost.bytes;
        }
    }

    /// The broker has answered for the message with this number; its ticket.
    pub fn answered(&mut self, number: u16) -> Option<u64> {
        let message = self.in_flight.remove(&number)?;
        self.bytes -= message.bytes;
        Some(message.ticket)
    }

    /// A subscription was handed over.
    pub fn subscription(&mut self, filter: &str) {
        self.asking.push_back(filter.to_owned());
    }

    /// The oldest subscription was written under this number.
    fn asked(&mut self, number: u16) {
        if let Some(filter) = self.asking.pop_front() {
            self.asked.entry(number).or_default().push_back(filter);
        }
    }

    /// The broker has answered the subscription with this number; its filter.
    pub fn subscribed(&mut self, number: u16) -> Option<String> {
        self.asked.get_mut(&number)?.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_find_back_to_tickets() {
        let mut handed = Handed::default();
        let tickets: Vec<u64> = (0..3).map(|_| handed.message(10)).collect();
        handed.written(0);
        handed.written(7);
        handed.written(8);
        assert_eq!(handed.answered(8), Some(tickets[2]));
        assert_eq!(handed.answered(8), None);
        assert_eq!(handed.answered(7), Some(tickets[1]));
        assert_eq!((handed.bytes, handed.delay()), (0, Duration::ZERO));
        handed.message(10);
        assert!(handed.delay() > Duration::ZERO);
    }

    #[test]
    fn what_waits_is_bounded_and_one_message_always_fits() {
        let mut handed = Handed::default();
        assert!(handed.has_room(BYTES * 2));
        handed.message(BYTES * 2);
        assert!(!handed.has_room(1));
        handed.written(1);
        assert!(!handed.has_room(1), "it is still unacknowledged");
        handed.answered(1);
        for _ in 0..MESSAGES {
            assert!(handed.has_room(1));
            handed.message(1);
        }
        assert!(!handed.has_room(1));
    }

    #[test]
    fn subscriptions_find_back_to_filters() {
        let mut handed = Handed::default();
        handed.subscription("a/#");
        handed.subscription("b/#");
        handed.subscription("c/#");
        handed.asked(1);
        handed.asked(2);
        handed.asked(2);
        assert_eq!(handed.subscribed(2).as_deref(), Some("b/#"));
        assert_eq!(handed.subscribed(1).as_deref(), Some("a/#"));
        assert_eq!(handed.subscribed(1), None);
        assert_eq!(handed.subscribed(2).as_deref(), Some("c/#"), "the number was used again");
    }
}
