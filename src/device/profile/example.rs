//! What a device was heard to say or is to be told, and what comes of it: the proof of a definition.

use super::Word;
use super::captures::Captures;
use crate::device::frame::Why;
use crate::talk::model::Value;

/// What a device was heard to say, or is to be told.
#[derive(Debug)]
pub struct Example {
    /// Who recorded it.
    pub source: Box<str>,
    /// What happens.
    pub given: Given,
    /// What comes of it: values of properties.
    pub gives: Vec<Gives>,
    /// What is sent because of it.
    pub sends: Vec<Sent>,
    /// What refuses the command.
    pub refused: Option<Refused>,
    /// How the device says that it is.
    pub word: Option<Word>,
    /// What is wrong with it, if it is no whole frame.
    pub damage: Option<Why>,
    /// Line and column in the file.
    pub place: (usize, usize),
}

/// What happens in an example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// A message comes in.
    Message {
        /// Its topic.
        topic: Box<str>,
        /// Its payload, any text.
        payload: Box<str>,
    },
    /// A line comes in on a serial port; its end is left away.
    Line(Box<str>),
    /// Bytes come in on a serial port.
    Bytes(Box<[u8]>),
    /// Bytes come in behind a request of Modbus.
    Answer {
        /// What was asked, as it stands on a serial bus.
        request: Box<[u8]>,
        /// What came.
        bytes: Box<[u8]>,
    },
    /// A property is to be set: its id, and the payload of `…/set`.
    Command {
        /// What the device is known by.
        device: Captures,
        /// `relay/0`.
        id: Box<str>,
        /// `{"state": true}`.
        payload: Box<str>,
    },
}

/// One value that comes of an example.
#[derive(Clone, Debug, PartialEq)]
pub struct Gives {
    /// `relay/0`.
    pub id: Box<str>,
    /// `state`; the only quantity of the property if it is not said.
    pub quantity: Option<Box<str>>,
    /// The value, with its digits.
    pub value: Value,
    /// Its unit, if it is said.
    pub unit: Option<Box<str>>,
}

/// One thing that is sent in an example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Where; nothing on a serial line.
    pub topic: Option<Box<str>>,
    /// What.
    pub payload: Box<str>,
}

/// What refuses the command of an example, and the reason that has to come of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The topic of the message.
    pub topic: Box<str>,
    /// Its payload, any text.
    pub payload: Box<str>,
    /// The reason.
    pub reason: Box<str>,
}
