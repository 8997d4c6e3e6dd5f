//! What a board is told and asked.

use super::{END, Front, START, enclosed, front, halves, whole};

const ANALOG: u8 = 0xe0;
const REPORT_CHANNEL: u8 = 0xc0;
const REPORT_PORT: u8 = 0xd0;
const MODE: u8 = 0xf4;
const DIGITAL: u8 = 0xf5;
const VERSION: u8 = 0xf9;
const RESET: u8 = 0xff;
const CHANNELS: u8 = 0x69;
const STATE: u8 = 0x6d;
const EXTENDED_ANALOG: u8 = 0x6f;
const FIRMWARE: u8 = 0x79;
const SAMPLING: u8 = 0x7a;
/// The last pin that the short message for PWM and servos can name.
const LAST_SHORT: u8 = 15;

/// One thing that a board is told or asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// Which version of the protocol it speaks.
    Version,
    /// Which sketch it is.
    Firmware,
    /// Which pins are which analog channels.
    Channels,
    /// How a pin is used, and what was written to it.
    State(u8),
    /// A pin is used so from now on.
    Mode(u8, u8),
    /// A pin is switched.
    Digital(u8, bool),
    /// A pin is set to a number: PWM, a servo.
    Analog(u8, u16),
    /// Whether a channel is told.
    ReportChannel(u8, bool),
    /// Whether a port is told.
    ReportPort(u8, bool),
    /// How often it samples, in milliseconds.
    Sampling(u16),
    /// It forgets everything.
    Reset,
}

impl Request {
    /// Its bytes.
    pub fn bytes(self) -> Vec<u8> {
        match self {
            Self::Version => vec![VERSION],
            Self::Firmware => enclosed(FIRMWARE, &[]),
            Self::Channels => enclosed(CHANNELS, &[]),
            Self::State(pin) => enclosed(STATE, &[pin & 0x7f]),
            Self::Mode(pin, mode) => vec![MODE, pin & 0x7f, mode & 0x7f],
            Self::Digital(pin, is_high) => vec![DIGITAL, pin & 0x7f, u8::from(is_high)],
            Self::Analog(pin @ 0..=LAST_SHORT, value) => {
                [vec![ANALOG | pin], halves(u64::from(value & 0x3fff), 2)].concat()
            }
            Self::Analog(pin, value) => {
                enclosed(EXTENDED_ANALOG, &[vec![pin & 0x7f], halves(u64::from(value & 0x3fff), 2)].concat())
            }
            Self::ReportChannel(channel, is_on) => vec![REPORT_CHANNEL | channel & 0x0f, u8::from(is_on)],
            Self::ReportPort(port, is_on) => vec![REPORT_PORT | port & 0x0f, u8::from(is_on)],
            Self::Sampling(millis) => enclosed(SAMPLING, &halves(u64::from(millis & 0x3fff), 2)),
            Self::Reset => vec![RESET],
        }
    }

    /// What stands at the front of bytes that a board hears, and how many bytes that are: a request, or nothing that is one.
    /// Nothing at all if the rest of it is to come.
    pub fn first(heard: &[u8]) -> Option<(usize, Option<Self>)> {
        let length = |command| match command {
            0xc0..=0xdf => Some(2),
            0xe0..=0xef | MODE | DIGITAL => Some(3),
            VERSION | RESET => Some(1),
            _ => None,
        };
        match front(heard, length) {
            Front::Part => None,
            Front::Whole(length) => Some((length, Self::parse(&heard[..length]))),
            Front::Cut(bytes) | Front::Noise(bytes) => Some((bytes, None)),
            Front::TooLong => Some((heard.len(), None)),
        }
    }

    fn parse(wire: &[u8]) -> Option<Self> {
        let number = |bytes: &[u8]| u16::try_from(whole(bytes)?).ok();
        match *wire {
            [VERSION] => Some(Self::Version),
            [RESET] => Some(Self::Reset),
            [START, FIRMWARE, END] => Some(Self::Firmware),
            [START, CHANNELS, END] => Some(Self::Channels),
            [START, STATE, pin, END] => Some(Self::State(pin)),
            [START, EXTENDED_ANALOG, pin, ref value @ .., END] => Some(Self::Analog(pin, number(value)?)),
            [START, SAMPLING, low, high, END] => Some(Self::Sampling(number(&[low, high])?)),
            [MODE, pin, mode] => Some(Self::Mode(pin, mode)),
            [DIGITAL, pin, value] => Some(Self::Digital(pin, value != 0)),
            [command @ 0xe0..=0xef, low, high] => Some(Self::Analog(command - ANALOG, number(&[low, high])?)),
            [command @ 0xc0..=0xcf, is_on] => Some(Self::ReportChannel(command - REPORT_CHANNEL, is_on != 0)),
            [command @ 0xd0..=0xdf, is_on] => Some(Self::ReportPort(command - REPORT_PORT, is_on != 0)),
            _ => None,
        }
    }
}
