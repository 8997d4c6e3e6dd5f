//! Telnet with the com port option: bytes as they are, and beside them the speed of a port of another machine.
//!
//! Sources: RFC 854 (Telnet), RFC 856 (binary transmission), RFC 2217 (com port control). Only what a port needs is agreed
//! to; every other wish of the server is declined. Pure: bytes in, bytes out.

use super::port::Speed;
use crate::device::profile::serial::Parity;

const IAC: u8 = 255;
const DONT: u8 = 254;
const DO: u8 = 253;
const WONT: u8 = 252;
const WILL: u8 = 251;
const SB: u8 = 250;
const SE: u8 = 240;

const BINARY: u8 = 0;
const SUPPRESS_GO_AHEAD: u8 = 3;
const COM_PORT: u8 = 44;

const SET_BAUDRATE: u8 = 1;
const SET_DATASIZE: u8 = 2;
const SET_PARITY: u8 = 3;
const SET_STOPSIZE: u8 = 4;
const SET_CONTROL: u8 = 5;
/// What the server adds to the number of a wish in its answer.
const ANSWERS: u8 = 100;
const NO_FLOW_CONTROL: u8 = 1;

/// More bytes than any word about an option has.
const LONGEST: usize = 64;

/// One side of a Telnet connection.
#[derive(Debug)]
pub struct Telnet {
    speed: Speed,
    state: State,
    /// A word about an option, as far as it has come.
    word: Vec<u8>,
    /// What was declined or asked already, so that nobody asks for ever.
    answered: Vec<(u8, u8)>,
    /// What the server has not done as it was told.
    objection: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Text,
    /// Behind an IAC.
    Command,
    /// Behind a verb.
    Option(u8),
    /// Within a word about an option.
    Word,
    /// Behind an IAC within a word.
    WordCommand,
}

impl Telnet {
    /// For a port that is to be used at this speed, with what is said first.
    pub fn open(speed: Speed) -> (Self, Vec<u8>) {
        let telnet =
            Self { speed, state: State::Text, word: Vec::new(), answered: Vec::new(), objection: None };
        let mut said = Vec::new();
        for option in [BINARY, SUPPRESS_GO_AHEAD] {
            said.extend([IAC, WILL, option, IAC, DO, option]);
        }
        said.extend([IAC, WILL, COM_PORT]);
        (telnet, said)
    }

    /// Bytes as they are sent: one that looks like a command is doubled.
    pub fn encode(bytes: &[u8]) -> Vec<u8> {
        let mut said = Vec::with_capacity(bytes.len() + 8);
        for byte in bytes {
            said.push(*byte);
            if *byte == IAC {
                said.push(IAC);
            }
        }
        said
    }

    /// Takes what came: the bytes of the port stay, at the front of `bytes`; gives how many, and adds to `reply` what is to
    /// be answered.
    pub fn decode(&mut self, bytes: &mut [u8], reply: &mut Vec<u8>) -> usize {
        let mut kept = 0;
        for at in 0..bytes.len() {
            let byte = bytes[at];
            let data = self.take(byte, reply);
            if data {
                bytes[kept] = byte;
                kept += 1;
            }
        }
        kept
    }

    /// What the server has not done as it was told.
    pub fn objection(&self) -> Option<&str> {
        self.objection.as_deref()
    }

    /// Takes one byte; whether it is one of the port's.
    fn take(&mut self, byte: u8, reply: &mut Vec<u8>) -> bool {
        let (state, is_data) = match (self.state, byte) {
            (State::Text, IAC) => (State::Command, false),
            (State::Text, _) => (State::Text, true),
            (State::Command, IAC) => (State::Text, true),
            (State::Command, SB) => {
                self.word.clear();
                (State::Word, false)
            }
            (State::Command, WILL | WONT | DO | DONT) => (State::Option(byte), false),
            (State::Command, _) => (State::Text, false),
            (State::Option(verb), option) => {
                self.agree(verb, option, reply);
                (State::Text, false)
            }
            (State::Word, IAC) => (State::WordCommand, false),
            (State::Word, _) => {
                self.remember(byte);
                (State::Word, false)
            }
            (State::WordCommand, SE) => {
                self.hear_word();
                (State::Text, false)
            }
            (State::WordCommand, _) => {
                self.remember(byte);
                (State::Word, false)
            }
        };
        self.state = state;
        is_data
    }

    fn remember(&mut self, byte: u8) {
        if self.word.len() < LONGEST {
            self.word.push(byte);
        }
    }

    fn agree(&mut self, verb: u8, option: u8, reply: &mut Vec<u8>) {
        let is_ours = matches!(option, BINARY | SUPPRESS_GO_AHEAD | COM_PORT);
        match (verb, is_ours) {
            (DO, true) if option == COM_PORT => self.set(reply),
            (DONT, true) if option == COM_PORT => {
                let what =
                    "the server does not let the speed of its port be set; use tcp:// and set it there";
                self.objection = Some(what.to_owned());
            }
            // Asked for at the beginning already.
            (_, true) | (WONT | DONT, false) => {}
            (DO, false) => self.answer(WONT, option, reply),
            (WILL, false) => self.answer(DONT, option, reply),
            (_, false) => {}
        }
    }

    fn answer(&mut self, verb: u8, option: u8, reply: &mut Vec<u8>) {
        if !self.answered.contains(&(verb, option)) {
            self.answered.push((verb, option));
            reply.extend([IAC, verb, option]);
        }
    }

    /// Tells the server the speed of its port.
    fn set(&mut self, reply: &mut Vec<u8>) {
        if self.answered.contains(&(DO, COM_PORT)) {
            return;
        }
        self.answered.push((DO, COM_PORT));
        for (what, value) in self.wishes() {
            reply.extend([IAC, SB, COM_PORT, what]);
            reply.extend(Self::encode(&value));
            reply.extend([IAC, SE]);
        }
    }

    fn wishes(&self) -> Vec<(u8, Vec<u8>)> {
        let Speed { baud, settings } = self.speed;
        let parity = match settings.parity {
            Parity::None => 1,
            Parity::Odd => 2,
            Parity::Even => 3,
        };
        vec![
            (SET_BAUDRATE, baud.to_be_bytes().to_vec()),
            (SET_DATASIZE, vec![settings.data]),
            (SET_PARITY, vec![parity]),
            (SET_STOPSIZE, vec![settings.stop]),
            (SET_CONTROL, vec![NO_FLOW_CONTROL]),
        ]
    }

    fn hear_word(&mut self) {
        let [COM_PORT, answer, value @ ..] = self.word.as_slice() else { return };
        let Some(what) = answer.checked_sub(ANSWERS) else { return };
        let wished = self.wishes().into_iter().find(|(wish, _)| *wish == what);
        // Flow control is told for other reasons, too.
        let Some((_, wished)) = wished.filter(|(_, wished)| what != SET_CONTROL && wished != value) else {
            return;
        };
        let number = |bytes: &[u8]| bytes.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        let name = match what {
            SET_BAUDRATE => "speed",
            SET_DATASIZE => "data bits",
            SET_PARITY => "parity",
            _ => "stop bits",
        };
        let (wished, told) = (number(&wished), number(value));
        self.objection = Some(format!(
            "the server does not set the {name} of its port: it was told {wished} and has {told}"
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened() -> Telnet {
        Telnet::open(Speed::of(9_600)).0
    }

    fn decode(telnet: &mut Telnet, bytes: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let (mut bytes, mut reply) = (bytes.to_vec(), Vec::new());
        let kept = telnet.decode(&mut bytes, &mut reply);
        bytes.truncate(kept);
        (bytes, reply)
    }

    #[test]
    fn bytes_of_the_port_come_through_however_they_are_cut() {
        let sent = Telnet::encode(b"a\xff\x00\r\n\xff");
        assert_eq!(sent, b"a\xff\xff\x00\r\n\xff\xff");
        for cut in 0..=sent.len() {
            let mut telnet = opened();
            let (front, back) = sent.split_at(cut);
            let said = [decode(&mut telnet, front).0, decode(&mut telnet, back).0].concat();
            assert_eq!(said, b"a\xff\x00\r\n\xff", "cut at {cut}");
        }
    }

    #[test]
    fn the_speed_is_set_once_when_the_server_agrees() {
        let mut telnet = opened();
        let (said, reply) = decode(&mut telnet, &[b'x', IAC, DO, COM_PORT, b'y']);
        assert_eq!(said, b"xy");
        assert_eq!(reply[..10], [IAC, SB, COM_PORT, SET_BAUDRATE, 0, 0, 0x25, 0x80, IAC, SE]);
        assert!(decode(&mut telnet, &[IAC, DO, COM_PORT]).1.is_empty(), "no echo without end");
        let told = [IAC, SB, COM_PORT, 101, 0, 0, 0x25, 0x80, IAC, SE];
        assert!(decode(&mut telnet, &told).0.is_empty());
        assert_eq!(telnet.objection(), None);
        decode(&mut telnet, &[IAC, SB, COM_PORT, 101, 0, 0, 0x12, 0xc0, IAC, SE]);
        assert!(telnet.objection().is_some_and(|why| why.contains("9600") && why.contains("4800")));
    }

    #[test]
    fn other_wishes_are_declined_once_and_no_word_is_too_long() {
        let mut telnet = opened();
        assert_eq!(decode(&mut telnet, &[IAC, DO, 24, IAC, WILL, 1]).1, [IAC, WONT, 24, IAC, DONT, 1]);
        assert!(decode(&mut telnet, &[IAC, DO, 24, IAC, WILL, 1]).1.is_empty());
        let endless = [&[IAC, SB][..], &[7; 10_000], &[IAC, SE], b"ok"].concat();
        assert_eq!(decode(&mut telnet, &endless).0, b"ok");
        assert!(telnet.word.len() <= LONGEST);
        decode(&mut telnet, &[IAC, DONT, COM_PORT]);
        assert!(telnet.objection().is_some());
    }
}
