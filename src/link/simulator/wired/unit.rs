//! A unit of Modbus RTU: it keeps coils and registers as its definition has them, filled from the answers of the examples.
//!
//! It answers as the standard says: a write tells itself again, what is not there is an exception, other units' requests and
//! damaged ones are nothing to it, and to unit 0 it listens without a word. Examples of the same registers take turns; what
//! somebody wrote stays. Sources: MODBUS Application Protocol V1.1b3 and MODBUS over Serial Line V1.02.

use std::sync::Arc;
use std::time::Duration;

use super::registers::{Kept, NO_VALUE, Place};
use super::timed::Timed;
use super::{Answer, Reply};
use crate::device::frame::checksum::{CRC16_MODBUS, Written};
use crate::device::frame::hex;
use crate::device::frame::modbus::{Request, Table};
use crate::device::frame::registers::Registers;
use crate::device::profile::Profile;
use crate::link::simulator::cannot_play::CannotPlay;

/// It does not know the function.
const NO_FUNCTION: u8 = 1;
/// It failed, because it was told to refuse.
const FAILED: u8 = 4;
/// Everybody on the bus.
const EVERYBODY: u8 = 0;
/// The longest request, in bytes.
const LONGEST: usize = 256;

/// A played unit.
#[derive(Debug)]
pub(super) struct Unit {
    number: u8,
    timed: Timed,
    kept: Kept,
    /// Coils that fall back by themselves, and when.
    ends: Vec<(Duration, Place, u16)>,
    every: Duration,
    due: Duration,
}

impl Unit {
    /// The device of `profile`, which is this unit.
    pub fn new(
        profile: &Arc<Profile>,
        registers: &Registers,
        unit: Option<u8>,
        every: Option<Duration>,
    ) -> Result<Self, CannotPlay> {
        let kept = Kept::new(profile, registers);
        if kept.is_empty() {
            return Err(CannotPlay::Wordless);
        }
        let asked = profile.serial.as_ref().map(|serial| serial.interval);
        Ok(Self {
            number: unit.unwrap_or(registers.unit),
            timed: Timed::new(profile.clone(), unit.unwrap_or(registers.unit)),
            kept,
            ends: Vec::new(),
            every: every.or(asked).unwrap_or(super::speaker::USUALLY),
            due: Duration::ZERO,
        })
    }

    /// Which unit it is.
    pub fn number(&self) -> u8 {
        self.number
    }

    /// How many answers of the examples it has.
    pub fn count(&self) -> usize {
        self.kept.count()
    }

    /// How often the next of them is what it measures.
    pub fn rhythm(&self) -> Duration {
        self.every
    }

    /// What changes by itself.
    pub fn tick(&mut self, at: Duration) {
        for (_, place, value) in self.ends.extract_if(.., |(end, ..)| *end <= at) {
            self.kept.fall(place, value);
        }
        if self.due > at || self.kept.count() == 0 {
            return;
        }
        // Beats that were missed (the machine slept) are not made up for.
        self.due = at + self.every;
        self.kept.turn();
    }

    /// When something changes next.
    pub fn next_due(&self) -> Option<Duration> {
        let beat = (self.kept.count() > 0).then_some(self.due);
        beat.into_iter().chain(self.ends.iter().map(|(end, ..)| *end)).min()
    }

    /// Takes what stands at the front of what was heard; nothing if the rest of it is to come.
    pub fn hear(&mut self, at: Duration, heard: &[u8], is_silent: bool, refuses: bool) -> Option<Reply> {
        for from in 0..heard.len() {
            let rest = &heard[from..];
            let Some(length) = length(rest).filter(|length| *length <= rest.len()) else { continue };
            if let Some(request) = Request::parse(&rest[..length]) {
                return Some(self.answer(at, &request, from + length, refuses));
            }
        }
        if !is_silent && heard.len() <= LONGEST {
            return None;
        }
        // What ends with silence is a request all the same, if its checksum holds.
        Some(match Request::parse(heard) {
            Some(request) => self.answer(at, &request, heard.len(), refuses),
            None => {
                let answer = Answer::Ignored(format!("{} (no whole request)", hex::shown(heard)));
                Reply { taken: heard.len(), answer, said: Vec::new() }
            }
        })
    }

    fn answer(&mut self, at: Duration, request: &Request, taken: usize, refuses: bool) -> Reply {
        let is_ours = request.unit == self.number;
        if !is_ours && request.unit != EVERYBODY {
            let answer = Answer::Ignored(format!("{} (to unit {})", hex::shown(&request.body), request.unit));
            return Reply { taken, answer, said: Vec::new() };
        }
        let is_write = request.range().is_none();
        let done = if is_write && refuses { Err(FAILED) } else { self.obey(at, &request.body) };
        let shown = || hex::shown(&request.body);
        let answer = match (&done, is_write) {
            (Ok((_, told)), true) => Answer::Obeyed(told.clone()),
            (Ok(_), false) => Answer::Nothing,
            (Err(code), _) => Answer::Ignored(format!("{} (exception {code})", shown())),
        };
        let body = match done {
            Ok((body, _)) => body,
            Err(code) => vec![request.body.first().copied().unwrap_or_default() | 0x80, code],
        };
        let mut said = [&[self.number], &*body].concat();
        said.extend(CRC16_MODBUS.sent(&said, Written::Little));
        // Nobody answers when everybody is spoken to.
        Reply { taken, answer, said: if is_ours { vec![said] } else { Vec::new() } }
    }

    /// Carries out what a body asks for: its answer and what that did, or the code of an exception.
    fn obey(&mut self, at: Duration, body: &[u8]) -> Result<(Vec<u8>, String), u8> {
        match *body {
            [function @ 1..=4, high, low, many, few] => {
                let (first, count) = (u16::from_be_bytes([high, low]), u16::from_be_bytes([many, few]));
                let table = Table::of(function).ok_or(NO_FUNCTION)?;
                self.kept.read(table, first, count).map(|bytes| (bytes, String::new()))
            }
            [5, high, low, value, more] => {
                let (place, value) = ((Table::Coil, u16::from_be_bytes([high, low])), [value, more]);
                if let Some((coil, is_on, seconds)) = self.timed.meant(body) {
                    self.write(coil, u16::from(is_on))?;
                    self.ends.push((at + seconds, coil, u16::from(!is_on)));
                    let told = format!("coil {} = {is_on} for {} s", coil.1, seconds.as_secs_f64());
                    return Ok((body.to_vec(), told));
                }
                let bit = match value {
                    [0xff, 0] => 1,
                    [0, 0] => 0,
                    _ => return Err(NO_VALUE),
                };
                self.write(place, bit)?;
                Ok((body.to_vec(), format!("coil {} = {}", place.1, bit == 1)))
            }
            [6, high, low, value, more] => {
                let (address, value) = (u16::from_be_bytes([high, low]), u16::from_be_bytes([value, more]));
                self.write((Table::Holding, address), value)?;
                Ok((body.to_vec(), format!("register {address} = {value}")))
            }
            [function @ (15 | 16), high, low, many, few, length, ref content @ ..] => {
                let (first, count) = (u16::from_be_bytes([high, low]), u16::from_be_bytes([many, few]));
                {
                    let done = self.kept.write_all(function, first, count, length, content)?;
                    let written =
                        |place: &Place| place.0 == Table::Coil && place.1.wrapping_sub(first) < count;
                    self.ends.retain(|(_, place, _)| function == 16 || !written(place));
                    Ok(done)
                }
            }
            [1..=6 | 15 | 16, ..] => Err(NO_VALUE),
            _ => Err(NO_FUNCTION),
        }
    }

    fn write(&mut self, place: Place, value: u16) -> Result<(), u8> {
        self.kept.write(place, value)?;
        self.ends.retain(|(_, other, _)| *other != place);
        Ok(())
    }
}

/// How long the request is that begins here; nothing if that is not known yet, or at all.
fn length(heard: &[u8]) -> Option<usize> {
    match heard.get(1)? {
        1..=6 => Some(8),
        15 | 16 => Some(9 + usize::from(*heard.get(6)?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
