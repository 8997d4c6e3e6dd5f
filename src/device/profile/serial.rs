//! What a definition says of the serial port its device is on: how it is opened, how the device is recognised there
//! and how often it is asked.

use std::time::Duration;

use crate::device::expression::Expression;

use super::pointer::Pointer;
use super::{Profile, Send};
use crate::device::frame::checksum::{Sum, Written};
use crate::device::frame::firmata::Pin;

/// The serial port of a device.
#[derive(Debug)]
pub struct Serial {
    /// Speeds it may have, the usual one first.
    pub baud: Vec<u32>,
    /// How a character is sent.
    pub settings: Settings,
    /// The adapters it comes with.
    pub usb: Vec<Usb>,
    /// What asks an unknown port politely whether such a device is there.
    pub probe: Vec<Send>,
    /// What it answers then.
    pub answer: Option<Answer>,
    /// What its first line says after it was switched on.
    pub first_line: Option<Expression>,
    /// What it is asked for its values, by turns.
    pub ask: Vec<Send>,
    /// How often.
    pub interval: Duration,
    /// What ends a line that is written to it; the end of its own lines if nothing is said.
    pub line_end: Option<Box<str>>,
}

/// What becomes of words on a serial line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// A line, with the end that the device needs.
    Line,
    /// They are hexadecimal digits; these bytes are sent, with what belongs behind them.
    Hex(Tail),
    /// A register of Modbus is written, or read if there is no value.
    Register(Pointer),
    /// A pin of a board that speaks Firmata is set, or asked for if there is no value.
    Pin(Pin),
}

/// What is sent behind bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tail {
    /// A checksum: its kind, the first byte it covers, and how it is written.
    pub sum: Option<(Sum, usize, Written)>,
    /// An end mark.
    pub end: Box<[u8]>,
}

/// How a character is sent: `8N1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// 5 to 8 bits.
    pub data: u8,
    /// What proves a character.
    pub parity: Parity,
    /// 1 or 2 bits.
    pub stop: u8,
}

/// What proves a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parity {
    /// Nothing.
    None,
    /// An even number of bits.
    Even,
    /// An odd number of bits.
    Odd,
}

/// An adapter on USB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usb {
    /// Who made it.
    pub vendor: u16,
    /// What it is.
    pub product: u16,
}

/// What a device answers to its probe.
#[derive(Debug)]
pub enum Answer {
    /// A line that looks like this.
    Text(Expression),
    /// These bytes, anywhere.
    Bytes(Box<[u8]>),
}

impl Default for Settings {
    /// `8N1`, as nearly everything is today.
    fn default() -> Self {
        Self { data: 8, parity: Parity::None, stop: 1 }
    }
}

impl Settings {
    /// Reads `8N1`.
    pub fn parse(text: &str) -> Option<Self> {
        let [data, parity, stop] = text.as_bytes() else { return None };
        let parity = match parity {
            b'N' => Parity::None,
            b'E' => Parity::Even,
            b'O' => Parity::Odd,
            _ => return None,
        };
        let (data, stop) = (data.wrapping_sub(b'0'), stop.wrapping_sub(b'0'));
        ((5..=8).contains(&data) && (1..=2).contains(&stop)).then_some(Self { data, parity, stop })
    }
}

impl std::fmt::Display for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parity = match self.parity {
            Parity::None => 'N',
            Parity::Even => 'E',
            Parity::Odd => 'O',
        };
        write!(f, "{}{parity}{}", self.data, self.stop)
    }
}

impl Usb {
    /// Reads `1a86:7523`.
    pub fn parse(text: &str) -> Option<Self> {
        let (vendor, product) = text.split_once(':')?;
        let is_id = |text: &str| text.len() == 4 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
        let id = |text: &str| u16::from_str_radix(text, 16).ok().filter(|_| is_id(text));
        Some(Self { vendor: id(vendor)?, product: id(product)? })
    }
}

impl std::fmt::Display for Usb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04x}:{:04x}", self.vendor, self.product)
    }
}

impl Profile {
    /// What ends a line that is written to such a device.
    pub fn line_end(&self) -> &str {
        let told = self.serial.as_ref().and_then(|serial| serial.line_end.as_deref());
        told.unwrap_or_else(|| self.frame.as_ref().map_or("\n", |frame| frame.line_end()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_and_adapters_are_read_and_shown_alike() {
        for text in ["8N1", "7E1", "8E1", "7O2"] {
            assert_eq!(Settings::parse(text).map(|settings| settings.to_string()).as_deref(), Some(text));
        }
        for text in ["9N1", "8X1", "8N3", "8N", "8n1", ""] {
            assert_eq!(Settings::parse(text), None, "{text}");
        }
        assert_eq!(Usb::parse("1A86:7523").map(|usb| usb.to_string()).as_deref(), Some("1a86:7523"));
        for text in ["1a86", "1a86:752", "xxxx:7523", "+a86:7523", "1a86:7523:1"] {
            assert_eq!(Usb::parse(text), None, "{text}");
        }
    }
}
