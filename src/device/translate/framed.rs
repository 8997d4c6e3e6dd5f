//! What comes on a serial line: lines as they are, and frames.

use std::sync::Arc;

use super::kept::Told;
use super::{Meaning, NAMELESS, Translator, captured, extract, holds, identify, order};
use crate::device::frame::Frame;
use crate::device::profile::Profile;
use crate::device::profile::captures::Captures;
use crate::device::profile::pointer::Pointer;
use crate::talk::{Payload, Topic};

impl Translator {
    /// What a line of a serial port means to every profile that takes lines as they are.
    pub fn hear_line(&mut self, line: &str) -> Vec<Meaning> {
        let payload = Payload::from_wire(line.as_bytes());
        let takes_lines = |number: &usize| self.catalog.profile(*number).frame.is_none();
        let numbers: Vec<usize> = (0..self.catalog.len()).filter(takes_lines).collect();
        numbers.into_iter().filter_map(|number| self.understand_frame(number, payload.as_str())).collect()
    }

    /// What a frame of a serial port means to the profile with this id, whose framer it came from.
    pub fn hear_frame(&mut self, profile: &str, frame: &Frame) -> Vec<Meaning> {
        match (&frame.topic, self.catalog.find(profile)) {
            (None, Some(number)) => self.understand_frame(number, &frame.json).into_iter().collect(),
            (Some(topic), Some(_)) => {
                Payload::parse(&frame.json).map(|payload| self.hear(topic, &payload)).unwrap_or_default()
            }
            (_, None) => Vec::new(),
        }
    }

    /// Makes a device known that is on this line, as this unit where there are several, before it has said anything;
    /// nothing if only the device itself can tell which one it is.
    pub fn plug(&mut self, profile: &Arc<Profile>, unit: Option<u8>) -> Option<Topic> {
        let mut captures = Captures::default();
        if let Some(unit) = unit {
            captures.put(&order::UNIT.into(), &unit.to_string())?;
        }
        self.name_by_place(profile, &mut captures)?;
        let base = identify(profile, &mut captures, "{}", self.place.as_deref())?;
        self.introduce(&base, profile, captures);
        Some(base)
    }

    /// A device that tells no id is known by its place on the bus, or by its link alone.
    fn name_by_place(&self, profile: &Profile, captures: &mut Captures) -> Option<()> {
        let known = &profile.recognised;
        let is_told = !known.id.is_empty() || captures.get("id").is_some();
        let is_named = known.id_else.as_deref().is_some_and(|name| name != NAMELESS);
        if is_told || is_named {
            return Some(());
        }
        let unit = captures.get(order::UNIT);
        let id = match (&self.place, unit) {
            (Some(place), Some(unit)) => format!("{place}-{unit}"),
            (Some(place), None) => place.to_string(),
            (None, unit) => unit.unwrap_or(NAMELESS).to_owned(),
        };
        captures.put(&"id".into(), &id)
    }

    fn understand_frame(&mut self, number: usize, json: &str) -> Option<Meaning> {
        let profile = self.catalog.profile(number).clone();
        if !profile.recognised.when.iter().all(|when| holds(when, json)) {
            return None;
        }
        let mut captures = captured(&profile.recognised, &Captures::default(), json)?.into_owned();
        let unit = profile.registers.as_ref().and_then(|_| Pointer::new("/unit").ok());
        if let Some(unit) = unit.and_then(|unit| unit.get(json)) {
            captures.put(&order::UNIT.into(), unit)?;
        }
        let (mut found, mut odd) = (Vec::new(), Vec::new());
        for property in &profile.properties {
            for read in property.reads.iter().filter(|read| read.topics.is_none()) {
                extract::read(property, read, &captures, json, &mut found, &mut odd);
            }
        }
        self.name_by_place(&profile, &mut captures)?;
        let base = identify(&profile, &mut captures, json, self.place.as_deref())?;
        if found.is_empty() && (odd.is_empty() || !self.devices.contains_key(&base)) {
            return None;
        }
        let Told { messages, asks, ends } = self.keep(&profile, 0, &base, captures, (found, true))?;
        let (word, bridge) = (None, None);
        Some(Meaning { base, profile: profile.id.clone(), messages, word, bridge, odd, asks, ends })
    }
}
