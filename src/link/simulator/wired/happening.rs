//! What happens to a device on a line while it is played, as it is written to the program.

use std::time::Duration;

use crate::device::frame::hex;
use crate::link::simulator::tower::{Fault, line_fault, seconds};

/// What happens to it while it is played.
#[derive(Clone, Debug, PartialEq)]
pub enum Happening {
    /// It is pulled out, and plugged in again after a while.
    Unplug(Duration),
    /// One fault changes.
    Fault(Fault),
    /// It ignores commands, or no longer.
    Refuse(bool),
    /// It says these bytes.
    Say(Vec<u8>),
}

impl Happening {
    /// What is written to the program while it runs, and what to write instead if it means nothing.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        let rest = rest.trim();
        match (word, rest) {
            ("unplug", rest) => seconds(rest).map(Self::Unplug),
            ("refuse", "on") => Ok(Self::Refuse(true)),
            ("refuse", "off") => Ok(Self::Refuse(false)),
            ("refuse", rest) => Err(format!("{rest:?} is neither on nor off")),
            ("say", rest) if !rest.is_empty() => Ok(Self::Say(format!("{rest}\n").into_bytes())),
            ("say-hex", rest) => {
                let bytes = hex::read(rest).filter(|bytes| !bytes.is_empty());
                bytes.map(Self::Say).ok_or_else(|| format!("{rest:?} is no row of bytes, such as AA C0 D4"))
            }
            _ => line_fault(word, rest)?.map(Self::Fault).ok_or_else(|| {
                format!(
                    "{text:?} means nothing here; say unplug SECONDS, silence on|off, refuse on|off, garbage SHARE, \
                     halves SHARE, loss SHARE, delay-ms MS, say LINE, or say-hex BYTES"
                )
            }),
        }
    }
}
