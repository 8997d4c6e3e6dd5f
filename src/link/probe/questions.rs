//! What definitions ask an unknown port, and what answers it.

use std::sync::Arc;

use super::taught::{By, Device, meant};
use crate::device::catalog::Catalog;
use crate::device::frame::modbus::{Answer as Told, Request};
use crate::device::profile::Profile;
use crate::device::profile::serial::Answer;
use crate::device::translate::written;
use crate::link::line::Speed;
use crate::link::wired::Speaks;

/// The number of the one question on Modbus TCP.
const NUMBER: u16 = 1;

/// What one definition asks.
pub struct Question {
    /// The definition.
    pub profile: Arc<Profile>,
    /// How it is asked.
    pub speed: Speed,
    /// What is written.
    pub bytes: Vec<u8>,
    /// On Modbus, what is asked, and whether over TCP.
    request: Option<(Request, bool)>,
}

/// All questions, in the order of their definitions. A unit of Modbus is asked only when it was named, because nothing
/// is known of who else hears it.
pub fn of(catalog: &Catalog, only: &[Speaks], is_tcp: bool) -> Vec<Question> {
    let mut all: Vec<Question> = meant(catalog, only).filter_map(polite).collect();
    for named in only {
        let Some(number) = catalog.find(&named.definition) else { continue };
        all.extend(unit(catalog.profile(number), named.unit, is_tcp));
    }
    all
}

fn speeds(profile: &Profile) -> impl Iterator<Item = Speed> + '_ {
    let serial = profile.serial.iter();
    serial.flat_map(|serial| serial.baud.iter().map(|baud| Speed { baud: *baud, settings: serial.settings }))
}

/// What a definition asks by `probe`.
fn polite(profile: &Arc<Profile>) -> Option<Question> {
    let serial =
        profile.serial.as_ref().filter(|serial| !serial.probe.is_empty() && serial.answer.is_some())?;
    let words = serial.probe.iter().map(|send| written(profile, send).ok());
    let bytes = words.collect::<Option<Vec<_>>>()?.concat();
    let speed = speeds(profile).next()?;
    Some(Question { profile: profile.clone(), speed, bytes, request: None })
}

/// The first thing that a unit of Modbus is asked for, at each speed it may have.
fn unit(profile: &Arc<Profile>, unit: Option<u8>, is_tcp: bool) -> Vec<Question> {
    let Some(registers) = &profile.registers else { return Vec::new() };
    let Some(request) = registers.requests(unit.unwrap_or(registers.unit)).into_iter().next() else {
        return Vec::new();
    };
    let bytes = if is_tcp { request.tcp_bytes(NUMBER) } else { request.bytes() };
    let question = |speed| Question {
        profile: profile.clone(),
        speed,
        bytes: bytes.clone(),
        request: Some((request.clone(), is_tcp)),
    };
    let all = speeds(profile).map(question);
    if is_tcp { all.take(1).collect() } else { all.collect() }
}

impl Question {
    /// Whether what was heard is the answer.
    pub fn is_answered(&self, heard: &[u8]) -> bool {
        if let Some((request, is_tcp)) = &self.request {
            let told = if *is_tcp { request.tcp_answer(NUMBER, heard) } else { request.answer(heard) };
            // A refusal is a word, too: somebody with this number is there.
            return matches!(told, Told::Said(_) | Told::Refused(_));
        }
        match self.profile.serial.as_ref().and_then(|serial| serial.answer.as_ref()) {
            Some(Answer::Bytes(bytes)) => memchr::memmem::find(heard, bytes).is_some(),
            Some(Answer::Text(pattern)) => {
                let text = String::from_utf8_lossy(heard);
                text.split(['\r', '\n']).any(|line| pattern.is_match(line.trim()))
            }
            None => false,
        }
    }

    /// Who has answered.
    pub fn device(&self) -> Device {
        Device::new(&self.profile, self.speed, By::Answer)
    }
}
