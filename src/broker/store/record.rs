//! The records of the journal: a head in JSON, the payload byte for byte, and a checksum around both.
//!
//! A record is `[length of the rest: u32][checksum: u32][length of the head: u32][head][payload]`, little endian. The
//! checksum (CRC-32, ISO 3309) starts from the generation of the journal, so that what an older generation left behind
//! in the same file does not count. Reading ends at the first record that is not whole.

use std::borrow::Cow;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::message::{Kept, Properties};

/// Something that was promised and is not in the database yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// A message for sessions, acknowledged to its publisher.
    Publish(Publish),
    /// A topic retains this from now on, or nothing.
    Retained {
        /// The topic.
        topic: String,
        /// The last message of the journal before it.
        after: u64,
        /// What is retained.
        kept: Option<Kept>,
    },
    /// A message of quality 2 that a restart passed on: when its publisher sends it again it is not new.
    Handed(Handed),
    /// A message was sent to a client under a number.
    Sent(Step),
    /// A client has received a message of quality 2, and may forget its number from now on.
    Received(Step),
    /// A client has confirmed a message.
    Done(Step),
}

/// What happened to a message at one client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The client it is for.
    pub client: String,
    /// Its number there.
    pub packet: u16,
    /// The checksum of topic and payload.
    pub sum: u32,
    /// Which message of the journal it is; none for one that came before.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub id: Option<u64>,
    /// Whether the older generation of the journal has it, too.
    #[serde(skip_serializing_if = "is_false", default)]
    pub is_again: bool,
}

/// A message on its way to the queues of sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publish {
    /// Counts up, never again the same.
    pub id: u64,
    /// The client that sent it.
    pub publisher: String,
    /// Its number at the publisher.
    pub packet: Option<u16>,
    /// Whether equal words have been passed on since, so that what is found of them in a queue may not be this.
    pub is_ambiguous: bool,
    /// Whether its topic has been retained or cleared since, by it or by another one.
    pub is_retained: bool,
    /// What it says.
    pub kept: Kept,
}

/// How a message that comes again is recognised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handed {
    /// The client that sent it.
    pub publisher: String,
    /// Its number there.
    pub packet: u16,
    /// The checksum of topic and payload.
    pub sum: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Head<'a> {
    Publish {
        id: u64,
        publisher: Cow<'a, str>,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        packet: Option<u16>,
        #[serde(skip_serializing_if = "is_false", default)]
        is_ambiguous: bool,
        #[serde(skip_serializing_if = "is_false", default)]
        is_retained: bool,
        #[serde(flatten)]
        about: About<'a>,
    },
    Retained {
        after: u64,
        #[serde(flatten)]
        about: About<'a>,
    },
    Cleared {
        after: u64,
        topic: Cow<'a, str>,
    },
    Handed(Handed),
    Sent(Step),
    Received(Step),
    Done(Step),
}

/// A message without its payload.
#[derive(Serialize, Deserialize)]
struct About<'a> {
    topic: Cow<'a, str>,
    qos: u8,
    retain: bool,
    at: u64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    expiry: Option<u32>,
    #[serde(skip_serializing_if = "is_none", default)]
    properties: Cow<'a, Properties>,
}

fn is_false(value: &bool) -> bool {
    !value
}

fn is_none(properties: &Properties) -> bool {
    *properties == Properties::default()
}

impl<'a> About<'a> {
    fn of(kept: &'a Kept) -> Self {
        let Kept { topic, qos, retain, at, expiry, properties, .. } = kept;
        let (topic, properties) = (Cow::Borrowed(topic.as_str()), Cow::Borrowed(properties));
        Self { topic, qos: *qos, retain: *retain, at: *at, expiry: *expiry, properties }
    }

    fn with(self, payload: &[u8]) -> Kept {
        let Self { topic, qos, retain, at, expiry, properties } = self;
        let (topic, properties) = (topic.into_owned(), properties.into_owned());
        Kept { topic, payload: Bytes::copy_from_slice(payload), qos, retain, at, expiry, properties }
    }
}

impl Record {
    /// Head and payload, to be [framed](frame) when it is written.
    pub fn to_body(&self) -> Vec<u8> {
        let (head, payload) = match self {
            Self::Publish(Publish { id, publisher, packet, is_ambiguous, is_retained, kept }) => {
                let (publisher, about) = (Cow::Borrowed(publisher.as_str()), About::of(kept));
                let (id, packet, is_ambiguous, is_retained) = (*id, *packet, *is_ambiguous, *is_retained);
                (Head::Publish { id, publisher, packet, is_ambiguous, is_retained, about }, &kept.payload[..])
            }
            Self::Retained { after, kept: Some(kept), .. } => {
                (Head::Retained { after: *after, about: About::of(kept) }, &kept.payload[..])
            }
            Self::Retained { topic, after, kept: None } => {
                (Head::Cleared { after: *after, topic: Cow::Borrowed(topic) }, &[][..])
            }
            Self::Handed(handed) => (Head::Handed(handed.clone()), &[][..]),
            Self::Sent(step) => (Head::Sent(step.clone()), &[][..]),
            Self::Received(step) => (Head::Received(step.clone()), &[][..]),
            Self::Done(step) => (Head::Done(step.clone()), &[][..]),
        };
        // Strings and numbers: nothing of it can fail to be JSON.
        let head = serde_json::to_vec(&head).unwrap_or_default();
        let mut body = Vec::with_capacity(4 + head.len() + payload.len());
        body.extend_from_slice(&length(head.len()));
        body.extend_from_slice(&head);
        body.extend_from_slice(payload);
        body
    }

    /// The same, said by a generation of the journal that begins with it.
    pub fn again(mut self) -> Self {
        match &mut self {
            Self::Sent(step) | Self::Received(step) | Self::Done(step) => step.is_again = true,
            Self::Publish(_) | Self::Retained { .. } | Self::Handed(_) => {}
        }
        self
    }

    /// Whether it is only said again.
    pub fn is_again(&self) -> bool {
        match self {
            Self::Sent(step) | Self::Received(step) | Self::Done(step) => step.is_again,
            Self::Publish(_) | Self::Retained { .. } | Self::Handed(_) => false,
        }
    }

    fn from_body(body: &[u8]) -> Option<Self> {
        let (head, rest) = body.split_at_checked(4)?;
        let head = usize::try_from(u32::from_le_bytes(head.try_into().ok()?)).ok()?;
        let (head, payload) = rest.split_at_checked(head)?;
        Some(match serde_json::from_slice(head).ok()? {
            Head::Publish { id, publisher, packet, is_ambiguous, is_retained, about } => {
                let (publisher, kept) = (publisher.into_owned(), about.with(payload));
                Self::Publish(Publish { id, publisher, packet, is_ambiguous, is_retained, kept })
            }
            Head::Retained { after, about } => {
                let kept = about.with(payload);
                Self::Retained { topic: kept.topic.clone(), after, kept: Some(kept) }
            }
            Head::Cleared { after, topic } => Self::Retained { topic: topic.into_owned(), after, kept: None },
            Head::Handed(handed) => Self::Handed(handed),
            Head::Sent(step) => Self::Sent(step),
            Head::Received(step) => Self::Received(step),
            Head::Done(step) => Self::Done(step),
        })
    }
}

impl Handed {
    /// The checksum by which a message is recognised.
    pub fn sum_of(topic: &[u8], payload: &[u8]) -> u32 {
        checksum(checksum(0, topic), payload)
    }
}

/// Appends a body as a whole record of a generation.
pub fn frame(out: &mut Vec<u8>, generation: u64, body: &[u8]) {
    out.extend_from_slice(&length(body.len()));
    out.extend_from_slice(&sum(generation, body).to_le_bytes());
    out.extend_from_slice(body);
}

/// The records of a generation, as far as they are whole.
pub fn read(mut bytes: &[u8], generation: u64) -> Vec<Record> {
    let mut records = Vec::new();
    while let Some((record, rest)) = next(bytes, generation) {
        records.push(record);
        bytes = rest;
    }
    records
}

fn next(bytes: &[u8], generation: u64) -> Option<(Record, &[u8])> {
    let (len, rest) = bytes.split_at_checked(4)?;
    let (expected, rest) = rest.split_at_checked(4)?;
    let len = usize::try_from(u32::from_le_bytes(len.try_into().ok()?)).ok()?;
    let (body, rest) = rest.split_at_checked(len)?;
    let is_whole = sum(generation, body).to_le_bytes() == expected;
    is_whole.then(|| Record::from_body(body)).flatten().map(|record| (record, rest))
}

fn sum(generation: u64, body: &[u8]) -> u32 {
    checksum(checksum(0, &generation.to_le_bytes()), body)
}

/// A packet has at most 256 MiB (MQTT 5.0 §1.5.5), so its length fits.
fn length(len: usize) -> [u8; 4] {
    u32::try_from(len).unwrap_or(u32::MAX).to_le_bytes()
}

/// CRC-32 of `bytes`, going on from `start`.
pub fn checksum(start: u32, bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!start, |sum, byte| TABLE[((sum ^ u32::from(*byte)) & 0xff) as usize] ^ (sum >> 8))
}

const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut sum = index as u32;
        let mut bit = 0;
        while bit < 8 {
            sum = if sum & 1 == 1 { 0xedb8_8320 ^ (sum >> 1) } else { sum >> 1 };
            bit += 1;
        }
        table[index] = sum;
        index += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    fn records() -> Vec<Record> {
        let kept = Kept {
            topic: "a/\"č".into(),
            payload: Bytes::from_static(b"{\n\0\xff"),
            qos: 1,
            retain: true,
            at: 1_800_000_000,
            expiry: Some(9),
            properties: Properties { content_type: Some("c".into()), ..Properties::default() },
        };
        let plain = Kept { expiry: None, properties: Properties::default(), ..kept.clone() };
        vec![
            Record::Publish(Publish {
                id: 7,
                publisher: "p".into(),
                packet: Some(2),
                is_ambiguous: true,
                is_retained: true,
                kept,
            }),
            Record::Publish(Publish {
                id: 8,
                publisher: String::new(),
                packet: None,
                is_ambiguous: false,
                is_retained: false,
                kept: plain.clone(),
            }),
            Record::Retained { topic: plain.topic.clone(), after: 8, kept: Some(plain) },
            Record::Retained { topic: "gone".into(), after: 9, kept: None },
            Record::Handed(Handed { publisher: "p".into(), packet: 2, sum: Handed::sum_of(b"a", b"b") }),
            Record::Sent(Step { client: "c".into(), packet: 3, sum: 4, id: Some(7), is_again: true }),
            Record::Received(Step { client: "c".into(), packet: 3, sum: 4, id: None, is_again: false }),
            Record::Done(Step { client: "c".into(), packet: 3, sum: 4, id: None, is_again: false }),
        ]
    }

    fn bytes(generation: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        records().iter().for_each(|record| frame(&mut bytes, generation, &record.to_body()));
        bytes
    }

    #[test]
    fn the_checksum_is_the_one_of_the_standard() {
        assert_eq!(checksum(0, b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn records_come_back_and_those_of_other_generations_do_not() {
        assert_eq!(read(&bytes(3), 3), records());
        assert_eq!(read(&bytes(3), 4), []);
        let mut mixed = bytes(4);
        mixed.extend(bytes(3));
        assert_eq!(read(&mixed, 4), records());
    }

    #[test]
    fn damage_ends_the_reading_and_nothing_before_it() {
        let whole = bytes(1);
        for cut in 0..whole.len() {
            let read = read(&whole[..cut], 1);
            assert_eq!(read, records()[..read.len()], "cut at {cut}");
        }
        for at in 0..whole.len() {
            let mut flipped = whole.clone();
            flipped[at] ^= 1 << (at % 8);
            let read = read(&flipped, 1);
            assert!(read.len() < records().len(), "a flipped bit at {at} was not seen");
            assert_eq!(read, records()[..read.len()], "flipped at {at}");
        }
    }
}
