//! Blocks: several lines between two marks that belong together, as meters send them.
//!
//! A checksum over the block covers everything from its start up to and with its end mark; behind the mark it is
//! written. Without one, each line may have its own; a block with neither is taken only if every line looks right.

use std::collections::HashSet;

use super::checksum::{Sum, Written};
use super::lines::{LineSum, bare, text};
use super::{Frame, Heard, Step, Why, damage, find};
use crate::talk::Payload;

/// How blocks look.
#[derive(Debug)]
pub struct Block {
    /// What blocks begin with, one of these.
    pub starts: Vec<Box<[u8]>>,
    /// What ends a block.
    pub end: Box<[u8]>,
    /// What stands behind the end and belongs to the block.
    pub behind: Behind,
    /// How the block proves that it is whole, and how that is written behind its end.
    pub sum: Option<(Sum, Written)>,
    /// How each line does.
    pub line_sum: Option<LineSum>,
    /// How lines look.
    pub shape: Shape,
    /// Messages of another sort that may come in between, and end with a line: what they begin with.
    pub skip: Option<u8>,
    /// The longest block, in bytes.
    pub longest: usize,
}

/// What stands behind the end of a block and belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behind {
    /// So many bytes.
    Bytes(usize),
    /// The rest of the line.
    Line,
}

/// How the lines of a block look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `1-0:1.7.0(00.244*kW)`: a name and values in brackets; a line without a name goes on with the one before.
    Brackets,
    /// A name, a separator, and one value or several.
    Columns(Box<str>),
}

/// Names and what each says.
type Pairs<'a> = Vec<(&'a str, Vec<&'a str>)>;

impl Block {
    pub(super) fn step(&self, buffer: &[u8]) -> Option<Step> {
        let Some(at) = self.start(buffer) else {
            let keep = self.starts.iter().map(|start| start.len() - 1).max().unwrap_or(0);
            let noise = buffer.len().saturating_sub(keep);
            return (noise > 0).then(|| Step::noise(noise));
        };
        if at > 0 {
            return Some(Step::noise(at));
        }
        let Some((marked, whole)) = self.end(buffer) else {
            let is_too_long = buffer.len() > self.longest;
            let taken = self.start(&buffer[1..]).map_or(buffer.len(), |at| at + 1);
            let heard = vec![damage(Why::TooLong, taken)];
            return is_too_long.then_some(Step { taken, heard, is_lost: false });
        };
        let mut step = Step { taken: whole, heard: self.read(&buffer[..whole], marked), is_lost: false };
        let is_damaged = !step.heard.iter().any(|heard| matches!(heard, Heard::Frame(_)));
        if is_damaged {
            // What stands behind the end may be the beginning of the next block already.
            step.taken = marked;
        }
        Some(step)
    }

    /// Where the first block begins.
    fn start(&self, buffer: &[u8]) -> Option<usize> {
        self.starts.iter().filter_map(|start| find(buffer, start)).min()
    }

    /// Where the end mark and where the whole block ends.
    pub(super) fn end(&self, buffer: &[u8]) -> Option<(usize, usize)> {
        let mut at = 1;
        while at < buffer.len() {
            if self.skip == Some(buffer[at]) {
                at += find(&buffer[at..], b"\n")? + 1;
            } else if buffer[at..].starts_with(&self.end) {
                let marked = at + self.end.len();
                let behind = match self.behind {
                    Behind::Bytes(count) => count,
                    Behind::Line => find(&buffer[marked..], b"\n")? + 1,
                };
                let whole = marked + behind;
                return (whole <= buffer.len()).then_some((marked, whole));
            } else {
                at += 1;
            }
        }
        None
    }

    /// What everything up to an end says: the last block that begins there and is right, and damage in front of it.
    fn read(&self, bytes: &[u8], marked: usize) -> Vec<Heard> {
        let mut why = Why::Cut;
        let mut to = bytes.len();
        while let Some(from) = self.last_start(&bytes[..to.min(marked)]) {
            match self.block(&bytes[from..], marked - from) {
                Ok(mut heard) => {
                    if from > 0 {
                        heard.insert(0, damage(Why::Cut, from));
                    }
                    return heard;
                }
                Err(wrong) => why = wrong,
            }
            // Without a checksum nothing tells a lost end from a start within a line.
            if self.sum.is_none() {
                break;
            }
            to = from;
        }
        vec![damage(why, bytes.len())]
    }

    fn last_start(&self, bytes: &[u8]) -> Option<usize> {
        self.starts.iter().filter_map(|start| memchr::memmem::rfind(bytes, start)).max()
    }

    fn block(&self, bytes: &[u8], marked: usize) -> Result<Vec<Heard>, Why> {
        let said = self.without_skipped(&bytes[..marked]);
        if let Some((sum, written)) = self.sum {
            let behind = &bytes[marked..];
            let told = if self.behind == Behind::Line { behind.trim_ascii() } else { behind };
            if !sum.holds(&said, told, written) {
                return Err(Why::Checksum);
            }
        }
        let start = self.starts.iter().find(|start| said.starts_with(start)).ok_or(Why::Shape)?;
        // A start that names the first line is a part of that line.
        let from = if start.trim_ascii().len() > 1 { 0 } else { start.len() };
        let inside = said.get(from..said.len() - self.end.len()).ok_or(Why::Shape)?;
        let mut heard = Vec::new();
        let mut kept = Vec::new();
        for line in inside.split(|byte| *byte == b'\n' || self.line_sum.is_some() && *byte == b'\r') {
            let line = bare(line);
            if line.is_empty() {
                continue;
            }
            match self.line_sum.map_or(Some(line), |sum| sum.strip(line)) {
                Some(line) => kept.push(line),
                None => heard.push(damage(Why::Checksum, line.len())),
            }
        }
        let json = self.json(&kept)?;
        if json != "{}" {
            heard.push(Heard::Frame(Frame { topic: None, json: json.into(), wire: bytes.into() }));
        }
        Ok(heard)
    }

    pub(super) fn without_skipped(&self, bytes: &[u8]) -> Vec<u8> {
        let Some(skip) = self.skip else { return bytes.to_vec() };
        let mut said = Vec::with_capacity(bytes.len());
        let mut rest = bytes;
        while let Some(at) = memchr::memchr(skip, rest) {
            said.extend_from_slice(&rest[..at]);
            let end = find(&rest[at..], b"\n").map_or(rest.len(), |end| at + end + 1);
            rest = &rest[end..];
        }
        said.extend_from_slice(rest);
        said
    }

    fn json(&self, lines: &[&[u8]]) -> Result<String, Why> {
        let is_proved = self.sum.is_some() || self.line_sum.is_some();
        let mut pairs: Pairs<'_> = Vec::new();
        for (number, line) in lines.iter().enumerate() {
            let read = text(line).and_then(|line| self.shape.read(line, &mut pairs).ok_or(Why::Shape));
            // The first line of a telegram is the name of the meter.
            let is_name = number == 0 && self.shape == Shape::Brackets;
            match read {
                Ok(()) => {}
                Err(_) if is_proved || is_name => {}
                Err(why) => return Err(why),
            }
        }
        let mut names = HashSet::new();
        if !is_proved && !pairs.iter().all(|(name, _)| names.insert(*name)) {
            return Err(Why::Shape);
        }
        let json = |text: &str| Payload::of(text).as_str().to_owned();
        let member = |(name, values): &(&str, Vec<&str>)| {
            let values: Vec<String> = values.iter().map(|value| json(value)).collect();
            match values.as_slice() {
                [value] => format!("{}: {value}", json(name)),
                values => format!("{}: [{}]", json(name), values.join(", ")),
            }
        };
        Ok(format!("{{{}}}", pairs.iter().map(member).collect::<Vec<_>>().join(", ")))
    }
}

impl Shape {
    /// Adds what a line says; nothing if it does not look like one.
    fn read<'a>(&self, line: &'a str, pairs: &mut Pairs<'a>) -> Option<()> {
        match self {
            Self::Columns(separator) => {
                let (name, values) = line.split_once(&**separator)?;
                pairs.push((name, values.split(&**separator).map(str::trim).collect()));
            }
            Self::Brackets => {
                let (name, rest) = line.split_at(line.find('(')?);
                let inside = rest.strip_prefix('(')?.strip_suffix(')')?;
                let values: Vec<&str> = inside.split(")(").collect();
                if values.iter().any(|value| value.contains(['(', ')'])) {
                    return None;
                }
                match name {
                    "" => pairs.last_mut()?.1.extend(values),
                    name => pairs.push((name, values)),
                }
            }
        }
        Some(())
    }
}
