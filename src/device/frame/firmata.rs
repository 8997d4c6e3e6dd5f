//! Firmata: what a board says whose pins a program on the computer sets and reads, as sketches like StandardFirmata do.
//!
//! The stream looks like MIDI: a byte from 80 on begins a message, everything behind it has seven bits. No message has a
//! checksum, so only what cannot be is found out: a message that breaks off, bits that no message has, a pin that the
//! definition does not know. Source: firmata/protocol, protocol.md, version 2.5.1.

mod message;
mod pin;
mod request;

use std::time::Duration;

use super::{Frame, Heard, Pace, Step, Why, damage};
use crate::talk::Payload;
pub use message::Message;
pub use pin::{Mode, Pin};
pub use request::Request;

/// A byte from here on begins a message.
const COMMAND: u8 = 0x80;
/// What stands around a message of any length.
const START: u8 = 0xf0;
const END: u8 = 0xf7;
/// The longest message; what the largest boards can do takes about a thousand bytes.
const LONGEST: usize = 4 << 10;

/// What a board is used for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Firmata {
    /// Its pins, as far as the definition knows them.
    pub pins: Vec<Pin>,
    /// How often it samples its analog inputs; as it likes if nothing is said.
    pub sampling: Option<Duration>,
}

/// What stands at the front of bytes.
enum Front {
    /// A message of so many bytes.
    Whole(usize),
    /// The rest is still to come.
    Part,
    /// So many bytes of a message that broke off.
    Cut(usize),
    /// A message goes on for longer than any does.
    TooLong,
    /// So many bytes that are between messages.
    Noise(usize),
}

impl Firmata {
    pub(super) fn step(&self, buffer: &[u8], pace: Pace) -> Option<Step> {
        let failed = |why, taken, is_lost| Some(Step { taken, heard: vec![damage(why, taken)], is_lost });
        let length = match front(buffer, message::length) {
            Front::Part => return None,
            // Seven bits at the beginning belong to what nobody heard begin.
            Front::Noise(bytes) if pace == Pace::Began && buffer[0] < COMMAND => {
                return failed(Why::Began, bytes, false);
            }
            Front::Noise(bytes) if pace == Pace::Lost && buffer[0] < COMMAND => {
                return Some(Step { taken: bytes, heard: Vec::new(), is_lost: true });
            }
            Front::Noise(bytes) => return Some(Step::noise(bytes)),
            Front::Cut(bytes) => return failed(Why::Cut, bytes, false),
            Front::TooLong => return failed(Why::TooLong, buffer.len(), true),
            Front::Whole(length) => length,
        };
        let wire = &buffer[..length];
        let json = Message::parse(wire).and_then(|message| self.json(&message, |_| true));
        let Some(json) = json else { return failed(Why::Shape, length, false) };
        let frame = Frame { topic: None, json: json.into(), wire: wire.into() };
        Some(Step { taken: length, heard: vec![Heard::Frame(frame)], is_lost: false })
    }

    /// What a message says of the pins that are `trusted`; nothing if it is about none that the definition knows.
    pub fn json(&self, message: &Message, trusted: impl Fn(&Pin) -> bool) -> Option<String> {
        let text = |text: &str| Payload::of(text).as_str().to_owned();
        let mut pins = self.pins.iter().filter(|pin| trusted(pin));
        Some(match message {
            Message::Version(major, minor) => format!("{{\"protocol\": \"{major}.{minor}\"}}"),
            Message::Firmware { version: (major, minor), name } => {
                format!("{{\"firmware\": {{\"name\": {}, \"version\": \"{major}.{minor}\"}}}}", text(name))
            }
            Message::Digital { port, bits } => {
                let of_port = pins.filter(|pin| pin.port() == Some(*port));
                let is_high = |pin: &Pin| bits >> (pin.number % 8) & 1 == 1;
                let mut members: Vec<String> =
                    of_port.map(|pin| format!("\"{}\": {}", pin.number, is_high(pin))).collect();
                members.sort_unstable();
                members.dedup();
                (!members.is_empty()).then(|| format!("{{\"digital\": {{{}}}}}", members.join(", ")))?
            }
            Message::Analog { channel, value } => {
                pins.find(|pin| pin.mode == Mode::Analog && pin.number == *channel)?;
                format!("{{\"analog\": {{\"{channel}\": {value}}}}}")
            }
            Message::Pin { number, mode, state } => {
                // The number of an analog input's pin is known to the board alone.
                let known = |pin: &Pin| pin.number == *number || pin.mode == Mode::Analog;
                pins.find(|pin| known(pin))?;
                let value = match Mode::of(*mode) {
                    Some(Mode::Output) => (*state == 1).to_string(),
                    Some(_) | None => state.to_string(),
                };
                let word = Mode::of(*mode).map_or_else(|| format!("mode-{mode}"), |mode| mode.word().into());
                format!("{{\"pin\": {{\"{number}\": {{\"{word}\": {value}}}}}}}")
            }
            Message::Text(said) => format!("{{\"text\": {}}}", text(said)),
            Message::Channels(channels) => {
                let pins = channels.iter().enumerate();
                let of_pin = pins.filter_map(|(pin, channel)| Some(format!("\"{}\": {pin}", (*channel)?)));
                format!("{{\"channels\": {{{}}}}}", of_pin.collect::<Vec<_>>().join(", "))
            }
            Message::Other(feature) => format!("{{\"feature\": {feature}}}"),
        })
    }
}

/// What stands at the front of bytes, if messages are as long as `length` says; none is for one that does not exist.
fn front(buffer: &[u8], length: impl Fn(u8) -> Option<usize>) -> Front {
    let Some(first) = buffer.first() else { return Front::Part };
    let next = || buffer.iter().skip(1).position(|byte| *byte >= COMMAND).map(|at| at + 1);
    if *first < COMMAND {
        return Front::Noise(next().unwrap_or(buffer.len()));
    }
    if *first == START {
        return match next() {
            Some(at) if buffer[at] == END => Front::Whole(at + 1),
            Some(at) => Front::Cut(at),
            None if buffer.len() > LONGEST => Front::TooLong,
            None => Front::Part,
        };
    }
    match (length(*first), next()) {
        (None, _) => Front::Noise(1),
        (Some(length), Some(at)) if at < length => Front::Cut(at),
        (Some(length), _) if buffer.len() < length => Front::Part,
        (Some(length), _) => Front::Whole(length),
    }
}

/// A number as bytes of seven bits, the lowest first; at least so many.
fn halves(mut number: u64, least: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number > 0 || bytes.len() < least {
        bytes.push(u8::try_from(number & 0x7f).unwrap_or_default());
        number >>= 7;
    }
    bytes
}

/// The number that bytes of seven bits are; nothing if it is larger than any.
fn whole(bytes: &[u8]) -> Option<u64> {
    let add = |sum: u64, byte: &u8| sum.checked_mul(128).map(|sum| sum | u64::from(*byte));
    bytes.iter().rev().try_fold(0, add)
}

/// A message between the marks.
fn enclosed(feature: u8, content: &[u8]) -> Vec<u8> {
    [&[START, feature], content, &[END]].concat()
}

#[cfg(test)]
mod tests;
