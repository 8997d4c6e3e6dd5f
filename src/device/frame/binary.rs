//! Binary frames: a header, so many bytes, a checksum, values in fixed places.

use super::checksum::{Sum, Written};
use super::fields::{self, Field, Order, place};
use super::{Frame, Heard, Step, Why, damage, find};
use crate::talk::Payload;

/// How binary frames look.
#[derive(Debug)]
pub struct Binary {
    /// What frames begin with, one of these.
    pub headers: Vec<Box<[u8]>>,
    /// Where they end.
    pub length: Length,
    /// What they end with; part of the frame.
    pub end: Box<[u8]>,
    /// How they prove that they are whole.
    pub check: Option<Check>,
    /// How bytes are written that would look like a mark.
    pub escape: Option<Escape>,
    /// What they say.
    pub fields: Vec<Field>,
    /// The longest frame, in bytes.
    pub longest: usize,
}

/// Where a frame ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// After so many bytes, all counted.
    Fixed(usize),
    /// After as many bytes as a whole number in the frame says.
    Field {
        /// Its first byte.
        at: usize,
        /// How many bytes it takes.
        size: usize,
        /// In which order they stand.
        order: Order,
        /// Bytes of the frame that it does not count.
        extra: usize,
    },
    /// At the end mark.
    End,
}

/// A checksum in a frame; negative places count from its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Check {
    /// Its kind.
    pub sum: Sum,
    /// The first byte it covers.
    pub from: isize,
    /// The byte behind the last one it covers.
    pub to: isize,
    /// Where it stands.
    pub at: isize,
    /// How it is written.
    pub written: Written,
}

/// How bytes are written that would look like a mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Escape {
    /// What stands in front of such a byte.
    pub byte: u8,
    /// Bytes that stand for others behind it.
    pub map: Vec<(u8, u8)>,
    /// What every other byte behind it is exclusive-or'ed with.
    pub xor: u8,
}

/// What stands at the front of the buffer.
enum Front {
    /// A frame of so many bytes.
    Whole(usize),
    /// The rest is still to come.
    Part,
    /// No frame.
    Wrong(Why, usize),
}

impl Binary {
    pub(super) fn step(&self, buffer: &[u8], is_silent: bool) -> Option<Step> {
        let at = self.header(buffer);
        if at > 0 {
            return Some(Step::noise(at));
        }
        let failed = |why, bytes| Some(Step { taken: 1, heard: vec![damage(why, bytes)], is_lost: false });
        let length = match self.front(buffer) {
            Front::Part if is_silent => return failed(Why::Cut, buffer.len()),
            Front::Part if buffer.len() > self.longest => return failed(Why::TooLong, buffer.len()),
            Front::Part => return None,
            Front::Wrong(why, bytes) => return failed(why, bytes),
            Front::Whole(length) => length,
        };
        let raw = &buffer[..length];
        let plain = self.plain(raw);
        let frame = plain.as_deref().unwrap_or(raw);
        if self.check.is_some_and(|check| !check.holds(frame)) {
            return failed(Why::Checksum, length);
        }
        let frame = Frame { topic: None, json: self.json(frame).into(), wire: raw.into() };
        Some(Step { taken: length, heard: vec![Heard::Frame(frame)], is_lost: false })
    }

    /// Where the first header begins, or what may become one.
    fn header(&self, buffer: &[u8]) -> usize {
        let begins = |at: usize| {
            let rest = &buffer[at..];
            self.headers.iter().any(|header| match rest.len() < header.len() {
                true => header.starts_with(rest),
                false => rest.starts_with(header),
            })
        };
        (0..buffer.len()).find(|at| begins(*at)).unwrap_or(buffer.len())
    }

    fn front(&self, buffer: &[u8]) -> Front {
        let Some(header) = self.headers.iter().find(|header| buffer.starts_with(header)) else {
            return Front::Part;
        };
        let length = match self.length {
            Length::Fixed(length) => length,
            Length::Field { at, size, order, extra } => {
                let Some(bytes) = buffer.get(at..at + size) else { return Front::Part };
                let told = usize::try_from(fields::whole(&order.arranged(bytes))).unwrap_or(usize::MAX);
                let length = told.saturating_add(extra);
                if length > self.longest || length < at + size + self.end.len() {
                    return Front::Wrong(Why::Shape, header.len());
                }
                length
            }
            Length::End => return self.marked(buffer, header),
        };
        match buffer.get(..length) {
            None => Front::Part,
            Some(frame) if frame.ends_with(&self.end) => Front::Whole(length),
            Some(_) => Front::Wrong(Why::Shape, length),
        }
    }

    /// A frame up to its end mark, which counts only where it is not escaped.
    fn marked(&self, buffer: &[u8], header: &[u8]) -> Front {
        let mut at = header.len();
        while at < buffer.len() {
            if let Some(escape) = &self.escape {
                if buffer[at] == escape.byte {
                    at += 2;
                    continue;
                }
                let is_end = buffer[at..].starts_with(&self.end);
                let is_header = self.headers.iter().any(|header| buffer[at..].starts_with(header));
                // An unescaped header is the next frame: the end of this one was lost.
                if is_header && !is_end {
                    return Front::Wrong(Why::Cut, at);
                }
                if is_end && at == header.len() {
                    return Front::Wrong(Why::Noise, at);
                }
            }
            let rest = &buffer[at..];
            if rest.starts_with(&self.end) {
                return Front::Whole(at + self.end.len());
            }
            at += match self.escape {
                Some(_) => 1,
                None => find(rest, &self.end).unwrap_or(rest.len()).max(1),
            };
        }
        Front::Part
    }

    /// The frame without escapes; nothing if it knows none.
    fn plain(&self, raw: &[u8]) -> Option<Vec<u8>> {
        let escape = self.escape.as_ref()?;
        let mut plain = Vec::with_capacity(raw.len());
        let mut bytes = raw.iter();
        while let Some(byte) = bytes.next() {
            match bytes.as_slice().first() {
                Some(next) if *byte == escape.byte => {
                    let mapped = escape.map.iter().find(|(written, _)| written == next);
                    plain.push(mapped.map_or(next ^ escape.xor, |(_, meant)| *meant));
                    bytes.next();
                }
                _ => plain.push(*byte),
            }
        }
        Some(plain)
    }

    fn json(&self, frame: &[u8]) -> String {
        let member = |field: &Field| {
            let value = field.json(frame)?;
            Some(format!("{}: {value}", Payload::of(&*field.name).as_str()))
        };
        format!("{{{}}}", self.fields.iter().filter_map(member).collect::<Vec<_>>().join(", "))
    }
}

impl Check {
    fn holds(self, frame: &[u8]) -> bool {
        let check = || {
            let length = frame.len();
            let (from, to) = (place(self.from, length)?, place(self.to, length)?);
            let at = place(self.at, length)?;
            let told = frame.get(at..at.checked_add(self.sum.length(self.written))?)?;
            Some(self.sum.holds(frame.get(from..to)?, told, self.written))
        };
        check().unwrap_or(false)
    }
}
