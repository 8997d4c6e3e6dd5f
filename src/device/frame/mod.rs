//! Frames: where in a stream of bytes a device's words begin and end, whether they arrived whole, and what they say.
//!
//! A [`Framer`] belongs to one port. Bytes come in as they were cut by the line; frames come out as JSON, so that the
//! pointers of a definition find their way in them as in any other payload. What is damaged is told with its reason and
//! its size and never shown; after it the next whole frame is found again. Nothing here does I/O or knows the time:
//! whoever reads the port says when it was silent.

pub mod binary;
pub mod block;
pub mod checksum;
pub mod fields;
pub mod firmata;
pub mod hex;
pub mod lines;
pub mod modbus;
pub mod registers;
mod sign;
pub mod sml;

use std::fmt;
use std::sync::Arc;

use binary::Binary;
use block::Block;
use firmata::Firmata;
use lines::Lines;

/// Bytes that are looked at in one go.
const PIECE: usize = 1 << 10;

/// How a device's words stand on the line.
#[derive(Debug)]
pub enum Format {
    /// One line after the other.
    Lines(Lines),
    /// Several lines between two marks.
    Block(Block),
    /// Bytes in fixed places.
    Binary(Binary),
    /// The Smart Message Language of meters.
    Sml,
    /// Messages of a board whose pins are set and read.
    Firmata(Firmata),
}

/// One whole frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The topic it was said under; only lines of Clown.Talk's form have one.
    pub topic: Option<Box<str>>,
    /// What it says, as JSON.
    pub json: Box<str>,
    /// The bytes it came in.
    pub wire: Box<[u8]>,
}

/// Bytes that are no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damage {
    /// What is wrong with them.
    pub why: Why,
    /// How many there are.
    pub bytes: usize,
}

/// What is wrong with bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Why {
    /// They are the rest of a frame that had begun before anybody listened.
    Began,
    /// Then came silence, or the beginning of another frame.
    Cut,
    /// The checksum is another one.
    Checksum,
    /// They go on for longer than any frame of this device.
    TooLong,
    /// They are no text.
    NotText,
    /// They do not look like a frame of this device.
    Shape,
    /// They lie between frames.
    Noise,
}

/// What comes out of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A whole frame.
    Frame(Frame),
    /// Bytes that are none.
    Damage(Damage),
}

/// Takes bytes, gives frames.
#[derive(Debug)]
pub struct Framer {
    format: Arc<Format>,
    buffer: Vec<u8>,
    step: Pace,
    /// Bytes at the front of the buffer that were told as damaged already.
    told: usize,
    /// Bytes between frames that are not told yet.
    noise: usize,
}

/// Whether the next byte begins a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pace {
    /// It does.
    In,
    /// Nobody knows: the port was just opened.
    Began,
    /// It does not; what went wrong is told.
    Lost,
}

/// What a format found at the front of the buffer.
#[derive(Debug, Default)]
struct Step {
    /// Bytes that are done with, at least one.
    taken: usize,
    heard: Vec<Heard>,
    /// Whether the rest of something too long is still to come.
    is_lost: bool,
}

impl Framer {
    /// For a port that was just opened, perhaps in the middle of a frame.
    pub fn new(format: Arc<Format>) -> Self {
        Self { format, buffer: Vec::new(), step: Pace::Began, told: 0, noise: 0 }
    }

    /// For bytes that begin with a frame.
    pub fn in_step(format: Arc<Format>) -> Self {
        Self { step: Pace::In, ..Self::new(format) }
    }

    /// Takes bytes as they come and tells what they are.
    pub fn feed(&mut self, bytes: &[u8], mut each: impl FnMut(Heard)) {
        for piece in bytes.chunks(PIECE) {
            self.buffer.extend_from_slice(piece);
            self.work(false, &mut each);
        }
    }

    /// The line was silent for longer than it ever is within a frame: what waits for its end is damaged.
    pub fn silence(&mut self, mut each: impl FnMut(Heard)) {
        self.work(true, &mut each);
        let rest = self.buffer.len().saturating_sub(self.told);
        self.buffer.clear();
        self.told = 0;
        self.flush(&mut each);
        if rest > 0 && self.step != Pace::Lost {
            each(Heard::Damage(Damage { why: Why::Cut, bytes: rest }));
        }
        self.step = Pace::In;
    }

    /// Bytes that wait for the rest of their frame.
    pub fn pending(&self) -> usize {
        self.buffer.len()
    }

    fn work(&mut self, is_silent: bool, each: &mut impl FnMut(Heard)) {
        let format = self.format.clone();
        let mut at = 0;
        while let Some(step) = self.look(&format, at, is_silent) {
            at += step.taken;
            self.step = if step.is_lost { Pace::Lost } else { Pace::In };
            let mut told = self.told.saturating_sub(step.taken);
            for heard in step.heard {
                match heard {
                    Heard::Damage(Damage { why: Why::Noise, bytes }) => {
                        self.noise += bytes.saturating_sub(self.told);
                    }
                    // A part of what was told as damaged is no damage of its own.
                    Heard::Damage(_) if self.told > 0 => {}
                    Heard::Damage(damage) => {
                        told = told.max(damage.bytes.saturating_sub(step.taken));
                        self.flush(each);
                        each(heard);
                    }
                    Heard::Frame(_) => {
                        self.flush(each);
                        each(heard);
                    }
                }
            }
            self.told = told;
        }
        self.buffer.drain(..at);
    }

    fn look(&self, format: &Format, at: usize, is_silent: bool) -> Option<Step> {
        let buffer = self.buffer.get(at..).filter(|buffer| !buffer.is_empty())?;
        match format {
            Format::Lines(lines) => lines.step(buffer, self.step),
            Format::Block(block) => block.step(buffer),
            Format::Binary(binary) => binary.step(buffer, is_silent),
            Format::Sml => sml::step(buffer),
            Format::Firmata(firmata) => firmata.step(buffer, self.step),
        }
    }

    fn flush(&mut self, each: &mut impl FnMut(Heard)) {
        if self.noise > 0 {
            each(Heard::Damage(Damage { why: Why::Noise, bytes: self.noise }));
            self.noise = 0;
        }
    }
}

impl Step {
    fn noise(bytes: usize) -> Self {
        Self { taken: bytes, heard: vec![damage(Why::Noise, bytes)], is_lost: false }
    }
}

fn damage(why: Why, bytes: usize) -> Heard {
    Heard::Damage(Damage { why, bytes })
}

impl Format {
    /// Whether a frame that comes out of it was proven by a checksum.
    pub fn is_proven(&self) -> bool {
        match self {
            Self::Lines(lines) => lines.sum.is_some(),
            Self::Block(block) => block.sum.is_some() || block.line_sum.is_some(),
            Self::Binary(binary) => binary.check.is_some(),
            Self::Sml => true,
            Self::Firmata(_) => false,
        }
    }

    /// What ends a line that is written to such a device, if its definition says nothing else.
    pub fn line_end(&self) -> &str {
        match self {
            Self::Lines(lines) => &lines.end,
            Self::Block(_) | Self::Binary(_) | Self::Sml | Self::Firmata(_) => "\n",
        }
    }
}

impl Why {
    /// Every reason, with the word that counters and definitions use.
    pub const WORDS: [(&str, Why); 7] = [
        ("began", Why::Began),
        ("cut", Why::Cut),
        ("checksum", Why::Checksum),
        ("too-long", Why::TooLong),
        ("not-text", Why::NotText),
        ("shape", Why::Shape),
        ("noise", Why::Noise),
    ];
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = Self::WORDS.iter().find(|(_, why)| why == self).map_or("", |(word, _)| *word);
        f.write_str(word)
    }
}

/// Where `needle` first stands in `bytes`.
fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, needle)
}
