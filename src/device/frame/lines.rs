//! Lines: text up to a line end, checked if the device sends a checksum, divided into columns or pairs.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use crate::device::expression::Expression;
use serde_json::value::RawValue;

use super::checksum::{Sum, Written};
use super::{Frame, Heard, Pace, Step, Why, damage, find, hex};
use crate::device::profile::Parts;
use crate::talk::Payload;

/// How lines look.
#[derive(Debug)]
pub struct Lines {
    /// What ends a line; a carriage return in front of it is never part of the line.
    pub end: Box<str>,
    /// What every line begins with; it is not part of what the line says.
    pub start: Box<str>,
    /// How a line is divided; without it, it is one text, or JSON if it is JSON.
    pub parts: Option<Parts>,
    /// Whether a line is `[topic, payload]`.
    pub is_talk: bool,
    /// How many parts a whole line has.
    pub columns: RangeInclusive<usize>,
    /// What a whole line looks like.
    pub pattern: Option<Expression>,
    /// Lines that say nothing, such as those of a log.
    pub ignore: Option<Expression>,
    /// How a line proves that it is whole.
    pub sum: Option<LineSum>,
    /// The longest line, in bytes.
    pub longest: usize,
}

/// A checksum at the end of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineSum {
    /// Hexadecimal digits behind a mark, as NMEA 0183 has them; they cover what stands in front of the mark.
    Marked {
        /// `*`.
        mark: u8,
        /// Its kind.
        sum: Sum,
    },
    /// One character behind a separator, as Teleinfo has it: 6 bits of the sum, plus 0x20.
    Teleinfo {
        /// Whether it covers the separator, too, as in the standard mode.
        with_separator: bool,
    },
    /// Two hexadecimal digits, as VE.Direct HEX has them: the first digit of the line, the bytes behind it and this one
    /// together are 0x55.
    VeDirectHex,
}

/// What all bytes of VE.Direct HEX together are.
pub(super) const VE_DIRECT_HEX: u32 = 0x55;

impl Lines {
    pub(super) fn step(&self, buffer: &[u8], pace: Pace) -> Option<Step> {
        let Some(at) = find(buffer, self.end.as_bytes()) else {
            let is_too_long = buffer.len() > self.longest;
            let heard = vec![damage(Why::TooLong, buffer.len())];
            return is_too_long.then_some(Step { taken: buffer.len(), heard, is_lost: true });
        };
        let taken = at + self.end.len();
        let heard = match pace {
            Pace::Lost => Vec::new(),
            // A line whose beginning nobody heard may look whole, with half a number in it.
            Pace::Began if self.sum.is_none() && self.start.is_empty() && !self.is_talk => {
                let began = damage(Why::Began, taken);
                if at > 0 { vec![began] } else { Vec::new() }
            }
            Pace::Began | Pace::In => self.read(&buffer[..at]),
        };
        Some(Step { taken, heard, is_lost: false })
    }

    /// What one line says; nothing if it is empty or one of those that are ignored.
    fn read(&self, line: &[u8]) -> Vec<Heard> {
        let line = bare(line);
        if line.is_empty() {
            return Vec::new();
        }
        let why = match self.frame(line) {
            _ if line.len() > self.longest => Why::TooLong,
            Ok(frame) => return frame.map(Heard::Frame).into_iter().collect(),
            Err(why) => why,
        };
        let mut heard = vec![damage(why, line.len())];
        // Where a line end was lost, the next line may still be whole; only a checksum can prove it.
        if self.sum.is_some() && !self.start.is_empty() {
            let start = self.start.as_bytes();
            let later = memchr::memmem::find_iter(&line[1..], start).map(|at| at + 1);
            heard.extend(later.filter_map(|at| self.frame(&line[at..]).ok().flatten()).map(Heard::Frame));
        }
        heard
    }

    fn frame(&self, line: &[u8]) -> Result<Option<Frame>, Why> {
        // Others may speak on the line in between, even in bytes.
        if self.ignore.as_ref().is_some_and(|ignore| ignore.is_match(&String::from_utf8_lossy(line))) {
            return Ok(None);
        }
        let said = line.strip_prefix(self.start.as_bytes()).ok_or(Why::Shape)?;
        let said = match self.sum {
            // One line in 256 that ran into the next has the right sum by chance.
            Some(_) if !self.start.is_empty() && find(said, self.start.as_bytes()).is_some() => {
                return Err(Why::Checksum);
            }
            Some(sum) => sum.strip(said).ok_or(Why::Checksum)?,
            None => said,
        };
        let text = text(said)?;
        if self.pattern.as_ref().is_some_and(|pattern| !pattern.is_match(text)) {
            return Err(Why::Shape);
        }
        let (topic, json) = self.said(text).ok_or(Why::Shape)?;
        Ok(Some(Frame { topic, json, wire: line.into() }))
    }

    fn said(&self, text: &str) -> Option<(Option<Box<str>>, Box<str>)> {
        if self.is_talk {
            return talk(text).map(|(topic, json)| (Some(topic), json));
        }
        let Some(parts) = &self.parts else {
            return Some((None, Payload::from_wire(text.as_bytes()).as_str().into()));
        };
        let columns = parts.split(text);
        let mut names = HashSet::new();
        // A name that stands twice is the sign of two lines that ran into each other.
        let is_once = columns.iter().all(|part| part.name.is_none_or(|name| names.insert(name)));
        let is_whole = is_once && self.columns.contains(&columns.len());
        is_whole.then(|| (None, parts.divide(text).into()))
    }
}

impl LineSum {
    /// The line without its checksum, if that is right.
    pub(super) fn strip(self, line: &[u8]) -> Option<&[u8]> {
        match self {
            Self::Marked { mark, sum } => {
                let at = memchr::memrchr(mark, line)?;
                sum.holds(&line[..at], &line[at + 1..], Written::Hex).then_some(&line[..at])
            }
            Self::Teleinfo { with_separator } => {
                let [said @ .., separator, told] = line else { return None };
                let covered = if with_separator { &line[..line.len() - 1] } else { said };
                let is_right = matches!(separator, b' ' | b'\t')
                    && (Sum::Sum8.of(covered) & 0x3f) + 0x20 == u32::from(*told);
                is_right.then_some(said)
            }
            Self::VeDirectHex => {
                let said = line.get(..line.len().checked_sub(2)?)?;
                (ve_direct_sum(line)? & 0xff == VE_DIRECT_HEX).then_some(said)
            }
        }
    }
}

/// All bytes of a line of VE.Direct HEX, of which the first has one digit; nothing if it does not look like one.
pub(super) fn ve_direct_sum(line: &[u8]) -> Option<u32> {
    let (first, rest) = std::str::from_utf8(line).ok()?.split_at_checked(1)?;
    let bytes = hex::read(rest).filter(|bytes| bytes.len() * 2 == rest.len())?;
    Some(Sum::Sum16.of(&bytes) + first.chars().next()?.to_digit(16)?)
}

/// A line without the carriage return behind and what some adapters say in front of their first word.
pub(super) fn bare(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let begin = line.iter().position(|byte| *byte != 0).unwrap_or(line.len());
    &line[begin..]
}

/// Bytes as text.
pub(super) fn text(bytes: &[u8]) -> Result<&str, Why> {
    let text = std::str::from_utf8(bytes).map_err(|_| Why::NotText)?;
    match text.chars().any(|c| c.is_control() && c != '\t') {
        true => Err(Why::NotText),
        false => Ok(text),
    }
}

/// `["topic", payload]`; a third part is left to those who know it.
fn talk(text: &str) -> Option<(Box<str>, Box<str>)> {
    let parts: Vec<&RawValue> = serde_json::from_str(text).ok()?;
    let (topic, payload) = match parts.as_slice() {
        [topic, payload] | [topic, payload, _] => (topic, payload),
        _ => return None,
    };
    let topic: String = serde_json::from_str(topic.get()).ok()?;
    let payload = Payload::parse(payload.get()).ok()?;
    Some((topic.into(), payload.as_str().into()))
}
