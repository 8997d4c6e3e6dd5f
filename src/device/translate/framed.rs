//! What comes on a serial line: lines as they are, and frames.

use super::kept::Told;
use super::{Meaning, Translator, captured, extract, holds, identify, order};
use crate::device::frame::Frame;
use crate::device::profile::captures::Captures;
use crate::device::profile::pointer::Pointer;
use crate::talk::Payload;

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

    fn understand_frame(&mut self, number: usize, json: &str) -> Option<Meaning> {
        let profile = self.catalog.profile(number).clone();
        if !profile.recognised.when.iter().all(|when| holds(when, json)) {
            return None;
        }
        let mut captures = captured(&profile.recognised, &Captures::default(), json)?.into_owned();
        let unit = Pointer::new("/unit").ok().filter(|_| profile.registers.is_some());
        if let Some(unit) = unit.and_then(|unit| unit.get(json)) {
            captures.put(&order::UNIT.into(), unit)?;
        }
        let (mut found, mut odd) = (Vec::new(), Vec::new());
        for property in &profile.properties {
            for read in property.reads.iter().filter(|read| read.topics.is_none()) {
                extract::read(property, read, &captures, json, &mut found, &mut odd);
            }
        }
        if profile.recognised.id.is_empty() {
            // A device that tells no id is known by its place on the bus, or by its link alone.
            let known = captures.get("id").or_else(|| captures.get(order::UNIT)).unwrap_or("-");
            captures.put(&"id".into(), known.to_owned().as_str())?;
        }
        let base = identify(&profile, &mut captures, json)?;
        if found.is_empty() && (odd.is_empty() || !self.devices.contains_key(&base)) {
            return None;
        }
        let Told { messages, asks } = self.keep(&profile, 0, &base, captures, (found, true))?;
        let (online, bridge) = (None, None);
        Some(Meaning { base, profile: profile.id.clone(), messages, online, bridge, odd, asks })
    }
}
