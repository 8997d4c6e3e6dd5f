//! Any device on a serial line, played by its definition: lines, telegrams, frames, a unit of Modbus, a board.
//!
//! Pure: bytes in, bytes out, time as an argument; [`play`](super::plugged::play) plugs it in. What it says are the bytes of
//! the examples, what it understands are the bytes that the definition itself would write; it misbehaves as it is told.

mod board;
mod happening;
mod recorded;
mod registers;
mod speaker;
mod spoken;
mod talker;
mod timed;
mod unit;
mod words;

use std::sync::Arc;
use std::time::Duration;

use super::Faults;
use super::cannot_play::CannotPlay;
use super::loose_wire::LooseWire;
use super::played::is_on_line;
use super::plugged::Plugged;
use crate::device::frame::Format;
use crate::device::profile::Profile;
use board::Board;
pub use happening::Happening;
use speaker::Speaker;
use talker::Talker;
use unit::Unit;

/// What is heard ends where nothing follows for so long.
const SILENCE: Duration = Duration::from_millis(50);

/// How a device plays.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// What it is known by, where that can be chosen: the unit of a Modbus device, or the id in its topics.
    pub id: Option<String>,
    /// Which of the definition's ways to arrange topics.
    pub variant: usize,
    /// Its rhythm, in place of the definition's.
    pub every: Option<Duration>,
    /// How it misbehaves.
    pub faults: Faults,
    /// Share of its words that break off, 0 to 1.
    pub halves: f64,
    /// The same seed misbehaves in the same way.
    pub seed: u64,
}

/// What became of what it heard, for whoever watches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It was only asked.
    Nothing,
    /// It was told something and does it.
    Obeyed(String),
    /// It was told something and does not.
    Ignored(String),
}

/// What stands at the front of what was heard, and what comes of it.
#[derive(Debug)]
struct Reply {
    taken: usize,
    answer: Answer,
    said: Vec<Vec<u8>>,
}

/// A played device.
#[derive(Debug)]
pub struct Wired<T> {
    device: Device,
    wire: LooseWire,
    /// How many bytes end each of its lines.
    end: usize,
    heard: Vec<u8>,
    heard_at: Duration,
    tell: T,
}

#[derive(Debug)]
enum Device {
    Speaker(Box<Speaker>),
    Talker(Box<Talker>),
    Unit(Box<Unit>),
    Board(Box<Board>),
}

impl<T: FnMut(Answer)> Wired<T> {
    /// The device of `profile`; what becomes of commands is told to `tell`.
    pub fn new(profile: &Arc<Profile>, setup: Setup, tell: T) -> Result<Self, CannotPlay> {
        if profile.recognised.native.is_some() {
            return Err(CannotPlay::Native);
        }
        let Setup { id, variant, every, faults, halves, seed } = setup;
        let is_talk = matches!(profile.frame.as_deref(), Some(Format::Lines(lines)) if lines.is_talk);
        let device = match (&profile.registers, profile.frame.as_deref()) {
            (Some(registers), _) => {
                let unit = id.map(|id| id.parse::<u8>().ok().filter(|unit| (1..=247).contains(unit)));
                let unit = unit.map(|unit| unit.ok_or(CannotPlay::NoUnit)).transpose()?;
                Device::Unit(Box::new(Unit::new(profile, registers, unit, every)?))
            }
            (None, _) if is_talk => {
                Device::Talker(Box::new(Talker::new(profile, id.as_deref(), variant, every)?))
            }
            (None, _) if id.is_some() && is_on_line(profile) => return Err(CannotPlay::NoId),
            (None, Some(Format::Firmata(firmata))) => {
                Device::Board(Box::new(Board::new(profile, firmata, every)))
            }
            (None, _) if is_on_line(profile) => {
                Device::Speaker(Box::new(Speaker::new(profile.clone(), every)?))
            }
            (None, _) if &*profile.id == "hardwario/tower" => return Err(CannotPlay::Dongle),
            (None, _) => return Err(CannotPlay::AtBroker),
        };
        let end = match (profile.frame.as_deref(), &device) {
            (Some(Format::Binary(_) | Format::Block(_) | Format::Sml | Format::Firmata(_)), _)
            | (_, Device::Unit(_)) => 0,
            (Some(Format::Lines(lines)), _) => lines.end.len(),
            (None, _) => 1,
        };
        let wire = LooseWire::new(faults, halves, seed);
        Ok(Self { device, wire, end, heard: Vec::new(), heard_at: Duration::ZERO, tell })
    }

    /// What it does, in one sentence.
    pub fn manner(&self) -> String {
        let seconds = |every: Duration| format!("every {} s", every.as_secs_f64());
        let words = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        match &self.device {
            Device::Unit(unit) => {
                let (number, count) = (unit.number(), words(unit.count(), "recorded answer"));
                let turns = seconds(unit.rhythm());
                format!("is unit {number} and answers requests from {count}, the next one {turns}")
            }
            Device::Board(board) => {
                let count = words(board.count(), "recorded report");
                let turns = seconds(board.rhythm());
                format!("is a board with Firmata; its inputs measure {count}, the next one {turns}")
            }
            Device::Talker(talker) => {
                format!("says {} {}", words(talker.count(), "recorded message"), seconds(talker.rhythm()))
            }
            Device::Speaker(speaker) => match (speaker.count(), speaker.rhythm()) {
                (0, _) => "obeys commands and never says a word".to_owned(),
                (count, None) => format!("answers with {} when it is asked", words(count, "recorded word")),
                (count, Some(every)) => format!("says {} {}", words(count, "recorded word"), seconds(every)),
            },
        }
    }

    fn say(&mut self, at: Duration, said: Vec<Vec<u8>>) {
        let end = self.end;
        said.into_iter().for_each(|bytes| self.wire.say(at, bytes, end));
    }

    /// Understands as much as there is of what was heard.
    fn understand(&mut self, at: Duration, is_silent: bool) {
        let refuses = self.wire.faults.refuse.is_some();
        while !self.heard.is_empty() {
            let reply = match &mut self.device {
                Device::Speaker(speaker) => speaker.hear(at, &self.heard, is_silent, refuses),
                Device::Talker(talker) => talker.hear(&self.heard, refuses),
                Device::Board(board) => board.hear(&self.heard, refuses),
                Device::Unit(unit) => {
                    unit.tick(at);
                    unit.hear(at, &self.heard, is_silent, refuses)
                }
            };
            let Some(Reply { taken, answer, said }) = reply else { break };
            self.heard.drain(..taken);
            self.say(at, said);
            if answer != Answer::Nothing {
                (self.tell)(answer);
            }
        }
        // A line that never ends is none.
        if self.heard.len() > MOST_HEARD {
            self.heard.clear();
        }
    }

    /// Whether silence would tell something about what was heard.
    fn waits_for_silence(&self) -> bool {
        !self.heard.is_empty() && !matches!(self.device, Device::Talker(_) | Device::Board(_))
    }
}

/// At most so many bytes wait for their end.
const MOST_HEARD: usize = 4 << 10;

impl<T: FnMut(Answer)> Plugged for Wired<T> {
    type Happening = Happening;

    const WAITS_FOR_THE_FIRST: bool = false;

    fn power(&mut self, _: Duration) {
        self.closed();
    }

    fn opened(&mut self, at: Duration) {
        let said = match &mut self.device {
            Device::Speaker(speaker) => speaker.start(at),
            Device::Talker(talker) => talker.start(at),
            Device::Board(board) => board.start(at),
            Device::Unit(_) => Vec::new(),
        };
        self.say(at, said);
    }

    fn closed(&mut self) {
        self.heard.clear();
        self.wire.cut();
    }

    fn hear(&mut self, at: Duration, bytes: &[u8]) {
        self.heard.extend_from_slice(bytes);
        self.heard_at = at;
        self.understand(at, false);
    }

    fn take(&mut self, at: Duration) -> Vec<Vec<u8>> {
        if self.waits_for_silence() && at >= self.heard_at + SILENCE {
            self.understand(at, true);
            // What waits for a line end waits on, without looking for it again and again.
            self.heard_at = Duration::MAX - SILENCE;
        }
        let said = match &mut self.device {
            Device::Speaker(speaker) => speaker.tick(at),
            Device::Talker(talker) => talker.tick(at),
            Device::Board(board) => board.tick(at),
            Device::Unit(unit) => {
                unit.tick(at);
                Vec::new()
            }
        };
        self.say(at, said);
        self.wire.take(at)
    }

    fn next_due(&self) -> Option<Duration> {
        let own = match &self.device {
            Device::Speaker(speaker) => speaker.next_due(),
            Device::Talker(talker) => talker.next_due(),
            Device::Board(board) => board.next_due(),
            Device::Unit(unit) => unit.next_due(),
        };
        let silence = self.waits_for_silence().then(|| self.heard_at + SILENCE);
        own.into_iter().chain(silence).chain(self.wire.next_due()).min()
    }

    fn happen(&mut self, at: Duration, happening: Happening) -> Option<Duration> {
        match happening {
            Happening::Unplug(away) => return Some(away),
            Happening::Fault(fault) => self.wire.change(fault),
            Happening::Refuse(refuses) => {
                self.wire.faults.refuse = refuses.then(|| "told to refuse".to_owned());
            }
            Happening::Say(bytes) => self.wire.say_as_is(at, bytes),
        }
        None
    }
}

#[cfg(test)]
mod tests;
