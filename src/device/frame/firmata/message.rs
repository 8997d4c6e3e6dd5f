//! What a board says.

use super::{END, START, enclosed, halves, whole};

const DIGITAL: u8 = 0x90;
const ANALOG: u8 = 0xe0;
const VERSION: u8 = 0xf9;
const CHANNELS: u8 = 0x6a;
const PIN: u8 = 0x6e;
const TEXT: u8 = 0x71;
const FIRMWARE: u8 = 0x79;
/// A pin without an analog input.
const NO_CHANNEL: u8 = 0x7f;

/// One message of a board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// The version of the protocol: when it starts, and when it is asked.
    Version(u8, u8),
    /// The name and the version of the sketch: likewise.
    Firmware {
        /// Major and minor.
        version: (u8, u8),
        /// `StandardFirmata.ino`.
        name: String,
    },
    /// The eight inputs of a port. Of a pin that is no input it says nothing, though the bit is there.
    Digital {
        /// Pins from eight times this number on.
        port: u8,
        /// The lowest bit is the first pin.
        bits: u8,
    },
    /// What was measured.
    Analog {
        /// A0 is 0.
        channel: u8,
        /// As many bits as the converter has, up to 14.
        value: u16,
    },
    /// How a pin is used, and what was written to it last.
    Pin {
        /// Its number.
        number: u8,
        /// Its mode, as it is numbered on the wire.
        mode: u8,
        /// What was written; of an input whether its resistor is on.
        state: u64,
    },
    /// A text for people, mostly a mistake.
    Text(String),
    /// Which analog channel each pin is, from pin 0 on.
    Channels(Vec<Option<u8>>),
    /// Something else; the number of its feature.
    Other(u8),
}

/// How long a message is that begins so; nothing if a board says none such.
pub(super) fn length(command: u8) -> Option<usize> {
    match command {
        0x90..=0x9f | 0xe0..=0xef | VERSION => Some(3),
        _ => None,
    }
}

impl Message {
    /// The message that these bytes are, from the first to the last one; nothing if they say what cannot be.
    pub fn parse(wire: &[u8]) -> Option<Self> {
        match *wire {
            [VERSION, major, minor] => Some(Self::Version(major, minor)),
            // The second byte has one bit, that of the eighth pin.
            [command @ 0x90..=0x9f, low, high @ 0..=1] => {
                Some(Self::Digital { port: command - DIGITAL, bits: low | high << 7 })
            }
            [command @ 0xe0..=0xef, low, high] => {
                let value = u16::from(low) | u16::from(high) << 7;
                Some(Self::Analog { channel: command - ANALOG, value })
            }
            [START, feature, ref content @ .., END] => Self::enclosed(feature, content),
            _ => None,
        }
    }

    fn enclosed(feature: u8, content: &[u8]) -> Option<Self> {
        match (feature, content) {
            (PIN, [number, mode, state @ ..]) if !state.is_empty() => {
                let state = whole(state)?;
                // An output is switched or not.
                (*mode != 1 || state <= 1).then_some(Self::Pin { number: *number, mode: *mode, state })
            }
            (FIRMWARE, [major, minor, name @ ..]) => {
                Some(Self::Firmware { version: (*major, *minor), name: text(name)? })
            }
            (TEXT, content) => text(content).map(Self::Text),
            (CHANNELS, content) => {
                let channel = |byte: &u8| Some(*byte).filter(|byte| *byte != NO_CHANNEL);
                let is_whole = content.iter().all(|byte| *byte <= 0x0f || *byte == NO_CHANNEL);
                is_whole.then(|| Self::Channels(content.iter().map(channel).collect()))
            }
            (PIN | FIRMWARE, _) => None,
            (feature, _) => Some(Self::Other(feature)),
        }
    }

    /// Its bytes.
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Version(major, minor) => vec![VERSION, major & 0x7f, minor & 0x7f],
            Self::Firmware { version: (major, minor), name } => {
                enclosed(FIRMWARE, &[&[major & 0x7f, minor & 0x7f], &*spelled(name)].concat())
            }
            Self::Digital { port, bits } => vec![DIGITAL | port & 0x0f, bits & 0x7f, bits >> 7],
            Self::Analog { channel, value } => {
                [vec![ANALOG | channel & 0x0f], halves(u64::from(value & 0x3fff), 2)].concat()
            }
            Self::Pin { number, mode, state } => {
                enclosed(PIN, &[&[number & 0x7f, mode & 0x7f], &*halves(*state, 1)].concat())
            }
            Self::Text(text) => enclosed(TEXT, &spelled(text)),
            Self::Channels(channels) => {
                let channels: Vec<u8> =
                    channels.iter().map(|channel| channel.unwrap_or(NO_CHANNEL)).collect();
                enclosed(CHANNELS, &channels)
            }
            Self::Other(feature) => enclosed(feature & 0x7f, &[]),
        }
    }
}

/// Characters of two halves each; nothing if they are none.
fn text(content: &[u8]) -> Option<String> {
    let (pairs, rest) = content.as_chunks::<2>();
    let is_text = rest.is_empty() && pairs.iter().all(|[_, high]| *high <= 1);
    let bytes: Vec<u8> = pairs.iter().map(|[low, high]| low | (high & 1) << 7).collect();
    is_text.then(|| String::from_utf8_lossy(&bytes).into_owned())
}

fn spelled(text: &str) -> Vec<u8> {
    text.bytes().flat_map(|byte| [byte & 0x7f, byte >> 7]).collect()
}
