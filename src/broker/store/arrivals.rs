//! What the messages of one connection say that no hook of `mqtt5` tells: that one comes again, and the properties of
//! version 5.
//!
//! The bytes on their way to `mqtt5` are followed packet by packet ([`Ear`]); of each message of quality 1 or 2 the head
//! is read and kept until its hook takes it. `mqtt5` reads ahead a little, and may refuse a message without a word, so
//! only the last few are kept. Sources: MQTT 3.1.1 §3.3, MQTT 5.0 §3.3.2.3.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::super::packet::{property_length, split_length};
use super::message::Properties;

/// A head with so many bytes of others behind it has been taken or never will be: `mqtt5` reads ahead 4 KiB.
const READ_AHEAD: usize = 8 * 1024;

/// What was read of messages that `mqtt5` has not told about yet; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Arrivals {
    waiting: Arc<Mutex<VecDeque<(usize, Arrival)>>>,
}

/// What was read of one message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrival {
    /// Its number.
    packet: u16,
    /// Whether its client says that it sends it again.
    pub is_again: bool,
    /// How long it is worth anything, in seconds.
    pub expiry: Option<u32>,
    /// What else version 5 says beside.
    pub properties: Properties,
}

/// Follows what a client sends.
#[derive(Debug, Default)]
pub struct Ear {
    arrivals: Arrivals,
    is_v5: bool,
    /// Bytes of a known packet that are still to come.
    left: usize,
    /// The beginning of a packet that is not known yet.
    held: Vec<u8>,
}

impl Arrivals {
    /// What was read of the message that has this number; nothing if it says nothing beside.
    pub fn take(&self, packet: u16) -> Arrival {
        let mut waiting = self.lock();
        let Some(index) = waiting.iter().position(|(_, arrival)| arrival.packet == packet) else {
            return Arrival::default();
        };
        // They are told in order: those before it never will be.
        waiting.drain(..index);
        waiting.pop_front().map(|(_, arrival)| arrival).unwrap_or_default()
    }

    /// Whether it is the same one.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.waiting, &other.waiting)
    }

    fn put(&self, size: usize, arrival: Arrival) {
        let mut waiting = self.lock();
        // A number that comes anew says that the one before was refused.
        waiting.retain(|(_, other)| other.packet != arrival.packet);
        if arrival != (Arrival { packet: arrival.packet, ..Arrival::default() }) {
            waiting.push_back((size, arrival));
        }
        let mut behind: usize = waiting.iter().map(|(size, _)| size).sum();
        while let Some((size, _)) = waiting.front()
            && behind - size > READ_AHEAD
        {
            behind -= size;
            waiting.pop_front();
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(usize, Arrival)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ear {
    /// Where it puts what it hears.
    pub fn arrivals(&self) -> &Arrivals {
        &self.arrivals
    }

    /// Hears the next bytes of the client.
    pub fn hear(&mut self, bytes: &[u8]) {
        let mut held = std::mem::take(&mut self.held);
        let mut rest = bytes;
        if !held.is_empty() {
            held.extend_from_slice(bytes);
            rest = &held;
        }
        loop {
            let skip = self.left.min(rest.len());
            (self.left, rest) = (self.left - skip, &rest[skip..]);
            if rest.is_empty() {
                return;
            }
            match self.look(rest) {
                Some(total) => self.left = total,
                None => return self.held = rest.to_vec(),
            }
        }
    }

    /// How many bytes a packet has; none as long as more of them are needed.
    fn look(&mut self, bytes: &[u8]) -> Option<usize> {
        let Some((length, rest)) = split_length(&bytes[1..]) else {
            // A length that never ends: `mqtt5` ends the connection.
            return (bytes.len() > 4).then_some(usize::MAX);
        };
        let total = bytes.len() - rest.len() + length;
        let (body, is_whole) = (&rest[..length.min(rest.len())], rest.len() >= length);
        match bytes[0] >> 4 {
            // The name of the protocol (2 + 4), then its version.
            1 => match body.get(6) {
                Some(version) => self.is_v5 = *version == 5,
                None if is_whole => {}
                None => return None,
            },
            3 if bytes[0] & 0b0110 != 0 => match head(bytes[0], body, self.is_v5) {
                Some((arrival, payload)) => self.arrivals.put(body.len() - payload.len(), arrival),
                None if is_whole => {}
                None => return None,
            },
            _ => {}
        }
        Some(total)
    }
}

/// The head of a message of quality 1 or 2, and what follows it; none if it is not there yet, or makes no sense.
fn head(first: u8, body: &[u8], is_v5: bool) -> Option<(Arrival, &[u8])> {
    let (length, rest) = number(body)?;
    let (packet, mut rest) = number(rest.get(length.into()..)?)?;
    let mut arrival = Arrival { packet, is_again: first & 0b1000 != 0, ..Arrival::default() };
    if is_v5 {
        let (length, after) = split_length(rest)?;
        let mut properties = after.get(..length)?;
        rest = &after[length..];
        while !properties.is_empty() {
            let (property, after) = properties.split_at_checked(property_length(properties)?)?;
            arrival.note(property[0], &property[1..])?;
            properties = after;
        }
    }
    Some((arrival, rest))
}

impl Arrival {
    fn note(&mut self, identifier: u8, value: &[u8]) -> Option<()> {
        let Self { expiry, properties, .. } = self;
        match identifier {
            0x01 => properties.is_text = Some(value.first()? == &1),
            0x02 => *expiry = Some(u32::from_be_bytes(value.try_into().ok()?)),
            0x03 => properties.content_type = Some(text(value)?.0),
            0x08 => properties.response_topic = Some(text(value)?.0),
            0x09 => properties.correlation = Some(value.get(2..)?.to_vec()),
            0x26 => {
                let (key, rest) = text(value)?;
                properties.user.push((key, text(rest)?.0));
            }
            // The alias of the topic, which is between the client and the broker.
            _ => {}
        }
        Some(())
    }
}

fn text(bytes: &[u8]) -> Option<(String, &[u8])> {
    let (length, rest) = number(bytes)?;
    let (text, rest) = rest.split_at_checked(length.into())?;
    Some((String::from_utf8(text.to_vec()).ok()?, rest))
}

fn number(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let (number, rest) = bytes.split_at_checked(2)?;
    Some((u16::from_be_bytes(number.try_into().ok()?), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELLO: &[u8] = b"\x10\x0e\0\x04MQTT\x05\x02\0\x3c\0\0\x01a";

    fn publish(first: u8, packet: u16, properties: &[u8], payload: &[u8]) -> Vec<u8> {
        let mut body = b"\0\x03a/b".to_vec();
        body.extend(packet.to_be_bytes());
        body.push(u8::try_from(properties.len()).unwrap());
        body.extend_from_slice(properties);
        body.extend_from_slice(payload);
        [&[first, body.len() as u8 & 0x7f | 0x80, (body.len() >> 7) as u8], &body[..]].concat()
    }

    #[test]
    fn heads_are_read_wherever_the_bytes_are_cut() {
        let stream = [
            HELLO,
            &publish(0x32, 1, b"\x02\0\0\0\x09\x01\x01\x03\0\x01t\x08\0\x01r\x09\0\x02\0\xff", &[b'x'; 300]),
            b"\xc0\0\x30\x05\0\x01a\0x",
            &publish(0x3d, 2, b"\x26\0\x01k\0\x01v\x26\0\x01k\0\0\x23\0\x01", b""),
            &publish(0x32, 3, b"", &[0x32; 200]),
        ]
        .concat();
        let one = Properties {
            is_text: Some(true),
            content_type: Some("t".into()),
            response_topic: Some("r".into()),
            correlation: Some(b"\0\xff".to_vec()),
            user: Vec::new(),
        };
        let user = vec![("k".into(), "v".into()), ("k".into(), String::new())];
        let two = Properties { user, ..Properties::default() };
        for cut in 1..stream.len() {
            let mut ear = Ear::default();
            stream.chunks(cut).for_each(|bytes| ear.hear(bytes));
            let arrivals = ear.arrivals();
            let expect = Arrival { packet: 1, is_again: false, expiry: Some(9), properties: one.clone() };
            assert_eq!(arrivals.take(1), expect, "cut by {cut}");
            let expect = Arrival { packet: 2, is_again: true, expiry: None, properties: two.clone() };
            assert_eq!(arrivals.take(2), expect, "cut by {cut}");
            assert_eq!(arrivals.take(3), Arrival::default());
            assert!(arrivals.lock().is_empty());
        }
    }

    #[test]
    fn a_message_of_version_3_may_only_come_again() {
        let mut ear = Ear::default();
        ear.hear(b"\x10\x0d\0\x04MQTT\x04\x02\0\x3c\0\x01a\x3a\x07\0\x01a\0\x07\x02\x02");
        assert_eq!(ear.arrivals().take(7), Arrival { packet: 7, is_again: true, ..Arrival::default() });
    }

    #[test]
    fn what_was_refused_does_not_stay_and_is_not_taken_for_another() {
        let mut ear = Ear::default();
        ear.hear(HELLO);
        for packet in 1..2_000 {
            ear.hear(&publish(0x32, packet, b"\x02\0\0\0\x09", &[0; 500]));
        }
        assert!(ear.arrivals().lock().len() < 700);
        ear.hear(&publish(0x32, 1_998, b"", b""));
        assert_eq!(ear.arrivals().take(1_998), Arrival::default());
        assert_eq!(ear.arrivals().take(1_999).expiry, Some(9));
        assert!(ear.arrivals().lock().is_empty());
    }

    #[test]
    fn no_bytes_break_it() {
        let mut random = fastrand::Rng::with_seed(7);
        for _ in 0..50_000 {
            let mut ear = Ear { is_v5: random.bool(), ..Ear::default() };
            for _ in 0..4 {
                let mut bytes: Vec<u8> = (0..random.usize(1..30)).map(|_| random.u8(..)).collect();
                bytes[0] = [0x32, 0x34, 0x10, bytes[0]][random.usize(..4)];
                ear.hear(&bytes);
            }
        }
    }
}
