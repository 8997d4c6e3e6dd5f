//! Modbus on the wire: requests as they stand on a serial bus (RTU), and what the bytes that come back are.
//!
//! Nothing here waits: who owns the bus sends [`Request::bytes`], collects what comes and asks [`Request::answer`] what
//! it is. On TCP the body goes without unit and checksum. Source: MODBUS Application Protocol V1.1b3 and MODBUS over
//! Serial Line V1.02.

use super::Why;
use super::checksum::{CRC16_MODBUS, Written};

/// The four tables of Modbus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// Bits that are written.
    Coil,
    /// Bits that are read only.
    Discrete,
    /// Words that are written.
    Holding,
    /// Words that are read only.
    Input,
}

/// What is asked of a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The unit.
    pub unit: u8,
    /// The function and what it needs, without unit and checksum: the same on TCP.
    pub body: Box<[u8]>,
}

/// What has come in so far, as an answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Not yet all of it.
    Part,
    /// The unit has answered; what it says, without unit, function, length and checksum.
    Said(Box<[u8]>),
    /// It refuses, with the code of an exception.
    Refused(u8),
    /// That is no answer to this request.
    Wrong(Why),
}

impl Table {
    /// The function that reads it.
    pub fn reads(self) -> u8 {
        match self {
            Self::Coil => 1,
            Self::Discrete => 2,
            Self::Holding => 3,
            Self::Input => 4,
        }
    }

    /// The table that a function reads.
    pub fn of(function: u8) -> Option<Self> {
        [Self::Coil, Self::Discrete, Self::Holding, Self::Input]
            .into_iter()
            .find(|table| table.reads() == function)
    }

    /// Whether it keeps bits.
    pub fn is_bits(self) -> bool {
        matches!(self, Self::Coil | Self::Discrete)
    }
}

/// What the code of an exception means, for people.
pub fn refusal(code: u8) -> &'static str {
    match code {
        1 => "the device does not know this function",
        2 => "the device has no such register",
        3 => "the device does not take this value",
        4 => "the device failed to do it",
        5 => "the device has begun and takes longer",
        6 => "the device is busy",
        8 => "the device found its memory damaged",
        10 => "the gateway has no way to this unit",
        11 => "the unit does not answer the gateway",
        _ => "the device refuses for a reason of its own",
    }
}

/// Whether the code of an exception is a gateway's, about a unit that it does not reach.
pub fn is_out_of_reach(code: u8) -> bool {
    matches!(code, 10 | 11)
}

/// Whether the code of an exception means that the same question may be answered later.
pub fn is_for_now(code: u8) -> bool {
    matches!(code, 5 | 6)
}

impl Request {
    /// Reads `count` registers or coils from `at` on.
    pub fn read(unit: u8, table: Table, at: u16, count: u16) -> Self {
        let ([high, low], [many, few]) = (at.to_be_bytes(), count.to_be_bytes());
        Self { unit, body: [table.reads(), high, low, many, few].into() }
    }

    /// The request that these bytes are, as they stand on a serial bus.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let (said, check) = bytes.split_at_checked(bytes.len().checked_sub(2)?)?;
        let (unit, body) = said.split_first()?;
        let is_whole = CRC16_MODBUS.holds(said, check, Written::Little) && !body.is_empty();
        is_whole.then(|| Self { unit: *unit, body: body.into() })
    }

    /// The request as it stands on a serial bus.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = [&[self.unit], &*self.body].concat();
        bytes.extend(CRC16_MODBUS.sent(&bytes, Written::Little));
        bytes
    }

    /// What bytes that came after it are. An adapter may say in front of them what was sent, or a click of the bus.
    pub fn answer(&self, heard: &[u8]) -> Answer {
        let (mut is_part, mut why) = (heard.is_empty(), Why::Shape);
        for at in 0..heard.len() {
            match self.whole(&heard[at..]) {
                answer @ (Answer::Said(_) | Answer::Refused(_)) => return answer,
                Answer::Part => is_part = true,
                Answer::Wrong(Why::Checksum) => why = Why::Checksum,
                Answer::Wrong(_) => {}
            }
        }
        if is_part { Answer::Part } else { Answer::Wrong(why) }
    }

    /// The request as it stands on TCP, with a number by which its answer is known.
    pub fn tcp_bytes(&self, number: u16) -> Vec<u8> {
        let length = u16::try_from(self.body.len() + 1).unwrap_or(u16::MAX);
        let [number, length] = [number, length].map(u16::to_be_bytes);
        [&number[..], &[0, 0], &length[..], &[self.unit], &*self.body].concat()
    }

    /// What bytes that came after it on TCP are. Answers to others, that came too late, are passed over.
    pub fn tcp_answer(&self, number: u16, heard: &[u8]) -> Answer {
        let mut rest = heard;
        while let Some(head) = rest.get(..6) {
            let length = usize::from(u16::from_be_bytes([head[4], head[5]]));
            if head[2..4] != [0, 0] || !(2..=254).contains(&length) {
                return Answer::Wrong(Why::Shape);
            }
            let Some(said) = rest.get(6..6 + length) else { return Answer::Part };
            if head[..2] == number.to_be_bytes() {
                // TCP proves its bytes itself.
                let checked = [said, &CRC16_MODBUS.sent(said, Written::Little)].concat();
                return match self.whole(&checked) {
                    Answer::Part => Answer::Wrong(Why::Shape),
                    answer => answer,
                };
            }
            rest = &rest[6 + length..];
        }
        Answer::Part
    }

    /// What bytes are that begin with an answer and end with it.
    fn whole(&self, heard: &[u8]) -> Answer {
        let function = self.body.first().copied().unwrap_or_default();
        let is_ours = heard.first() == Some(&self.unit);
        let Some(told) = heard.get(1).filter(|told| *told & 0x7f == function && is_ours) else {
            let is_begun = is_ours && heard.len() == 1;
            return if is_begun { Answer::Part } else { Answer::Wrong(Why::Shape) };
        };
        let is_refusal = told & 0x80 != 0;
        let length = match (self.range(), heard.get(2)) {
            _ if is_refusal => 5,
            (None, _) => 8,
            (Some(_), None) => return Answer::Part,
            (Some((table, _, count)), Some(told)) => {
                let bytes = if table.is_bits() { count.div_ceil(8) } else { count.saturating_mul(2) };
                if u16::from(*told) != bytes {
                    return Answer::Wrong(Why::Shape);
                }
                5 + usize::from(bytes)
            }
        };
        if heard.len() < length {
            return Answer::Part;
        }
        let (said, check) = heard.split_at(length - 2);
        if heard.len() > length {
            return Answer::Wrong(Why::Shape);
        }
        if !CRC16_MODBUS.holds(said, check, Written::Little) {
            return Answer::Wrong(Why::Checksum);
        }
        match (is_refusal, self.range()) {
            (true, _) => Answer::Refused(said[2]),
            (false, Some(_)) => Answer::Said(said[3..].into()),
            // What was written is told again, with the first four bytes at least.
            (false, None) if self.body.get(1..5) == Some(&said[2..]) => Answer::Said(said[2..].into()),
            (false, None) => Answer::Wrong(Why::Shape),
        }
    }

    /// How many bytes its answer has on a serial bus.
    pub fn answer_length(&self) -> usize {
        match self.range() {
            Some((table, _, count)) if table.is_bits() => 5 + usize::from(count.div_ceil(8)),
            Some((_, _, count)) => 5 + 2 * usize::from(count),
            None => 8,
        }
    }

    /// Which registers it reads.
    pub fn range(&self) -> Option<(Table, u16, u16)> {
        let [function, high, low, many, few] = *self.body else { return None };
        let table = Table::of(function)?;
        Some((table, u16::from_be_bytes([high, low]), u16::from_be_bytes([many, few])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(digits: &str) -> Request {
        Request::parse(&crate::device::frame::hex::read(digits).expect(digits)).expect(digits)
    }

    #[test]
    fn requests_are_written_as_the_specification_writes_them() {
        assert_eq!(Request::read(1, Table::Input, 0, 2).bytes(), [1, 4, 0, 0, 0, 2, 0x71, 0xcb]);
        assert_eq!(request("01 05 00 00 FF 00 8C 3A").body[..], [5, 0, 0, 0xff, 0]);
        for broken in ["01 05 00 00 FF 00 8C 3B", "01 05", "", "C0 C1"] {
            let bytes = crate::device::frame::hex::read(broken).expect(broken);
            assert_eq!(Request::parse(&bytes), None, "{broken}");
        }
    }

    #[test]
    fn on_tcp_an_answer_is_known_by_its_number() {
        let request = Request::read(1, Table::Input, 0, 2);
        assert_eq!(request.tcp_bytes(0x1234), [0x12, 0x34, 0, 0, 0, 6, 1, 4, 0, 0, 0, 2]);
        let told = |number: u8| vec![0, number, 0, 0, 0, 7, 1, 4, 4, 0x43, 0x66, 0x33, 0x34];
        let said = || Answer::Said([0x43, 0x66, 0x33, 0x34].into());
        assert_eq!(request.tcp_answer(7, &told(7)), said());
        assert_eq!(request.tcp_answer(7, &[told(6), told(7)].concat()), said(), "a late one in front");
        assert_eq!(request.tcp_answer(7, &told(6)), Answer::Part);
        assert_eq!(request.tcp_answer(7, &[0, 7, 0, 0, 0, 3, 1, 0x84, 2]), Answer::Refused(2));
        for length in 0..13 {
            assert_eq!(request.tcp_answer(7, &told(7)[..length]), Answer::Part, "{length}");
        }
        for wrong in [[0, 7, 0, 1, 0, 7], [0, 7, 0, 0, 0, 1], [0, 7, 0, 0, 1, 0]] {
            assert_eq!(request.tcp_answer(7, &wrong), Answer::Wrong(Why::Shape), "{wrong:?}");
        }
        assert_eq!(request.tcp_answer(7, &[0, 7, 0, 0, 0, 5, 1, 4, 2, 0, 0]), Answer::Wrong(Why::Shape));
    }

    #[test]
    fn an_answer_is_what_the_request_asked_for() {
        let check = |asked: &str, heard: &str, answer: Answer| {
            let bytes = crate::device::frame::hex::read(heard).expect(heard);
            assert_eq!(request(asked).answer(&bytes), answer, "{asked}: {heard}");
        };
        let (asked, told) = ("01 04 00 00 00 02 71 CB", "01 04 04 43 66 33 34 1B 38");
        let said = || Answer::Said([0x43, 0x66, 0x33, 0x34].into());
        check(asked, told, said());
        // What an adapter echoes, and what a bus says when its driver is switched.
        check(asked, &format!("{asked} {told}"), said());
        check(asked, &format!("00 FF {told}"), said());
        check(asked, &format!("{told} 00"), Answer::Wrong(Why::Shape));
        check(asked, "01 04 04 43 66 33 35 1B 38", Answer::Wrong(Why::Checksum));
        check(asked, "02 04 04 43 66 33 34 1B 38", Answer::Wrong(Why::Shape));
        check(asked, "01 04 02 43 66 33 34", Answer::Wrong(Why::Shape));
        check(asked, "01 84 02 C2 C1", Answer::Refused(2));
        let written = "01 05 00 00 FF 00 8C 3A";
        check(written, written, Answer::Said([0, 0, 0xff, 0].into()));
        check(written, "01 05 00 01 FF 00 DD FA", Answer::Wrong(Why::Shape));
        for length in 0..told.len() / 3 {
            check(asked, &told[..length * 3], Answer::Part);
        }
    }
}
