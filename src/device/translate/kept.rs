//! The last values of a device, told property by property; and what others say for it before it has answered.
//!
//! Some gateways say the wished value as soon as they have passed a command on (`optimistic` in a definition). Such a word
//! is no word of the device: it is held back and the device is asked, and only what is said after that counts. A device
//! that does not answer is shown as it was.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::{Device, Found, MOST_DEVICES, MOST_PROPERTIES, Sending, Translator, extract, order};
use crate::device::profile::captures::Captures;
use crate::device::profile::{Profile, Property};
use crate::talk::model::Value;
use crate::talk::{Message, Payload, Topic};

/// The most commands for one property whose end is not known.
const MOST_DOUBTS: usize = 8;

/// One `TYPE/ADDRESS` of a device.
#[derive(Debug, Default)]
pub(super) struct Slot {
    pub captures: Captures,
    /// What it has, in the order of the file.
    pub quantities: Vec<Kept>,
    /// What was ordered and not yet said by the device itself.
    pub doubts: Vec<Doubt>,
}

/// The last value of a quantity.
#[derive(Debug)]
pub(super) struct Kept {
    pub quantity: Box<str>,
    pub json: Box<str>,
    /// Whether the device has said it, and not only a broker's memory.
    pub is_live: bool,
}

/// A command behind which somebody else speaks first.
#[derive(Debug)]
pub(super) struct Doubt {
    quantity: Box<str>,
    wished: Value,
    /// Whether the first word behind it was said.
    is_said: bool,
}

/// What is told of a device, and what it is asked.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub messages: Vec<Message>,
    pub asks: Vec<Sending>,
    /// What is true for a time only: id, quantity, for how long.
    pub ends: Vec<(Box<str>, Box<str>, Duration)>,
}

impl Translator {
    /// Keeps what was read, and tells each property as a whole; nothing if the device belongs to another profile.
    pub(super) fn keep(
        &mut self,
        profile: &Arc<Profile>,
        variant: usize,
        base: &Topic,
        captures: Captures,
        (found, is_live): (Vec<Found>, bool),
    ) -> Option<Told> {
        if self.devices.len() >= MOST_DEVICES && !self.devices.contains_key(base) {
            return None;
        }
        let device = self.devices.entry(base.clone()).or_insert_with(|| Device {
            profile: profile.clone(),
            variant,
            captures,
            values: BTreeMap::new(),
            said: Vec::new(),
        });
        if device.profile.id != profile.id {
            return None;
        }
        let (mut changed, mut held): (Vec<Box<str>>, Vec<Box<str>>) = (Vec::new(), Vec::new());
        let mut ends = Vec::new();
        for Found { id, captures, quantity, json } in found {
            if device.values.len() >= MOST_PROPERTIES && !device.values.contains_key(&id) {
                continue;
            }
            let slot = device.values.entry(id.clone()).or_default();
            slot.captures = captures;
            if !slot.doubts.is_empty() && (!is_live || slot.holds_back(&quantity, &json)) {
                // What a broker remembers answers no command.
                if is_live && !held.contains(&id) {
                    held.push(id);
                }
                continue;
            }
            // What is only remembered says so, and is not over by itself.
            if is_live
                && json == "true"
                && let Some(after) = lasting(profile, &id, &quantity)
            {
                ends.push((id.clone(), quantity.clone(), after));
            }
            match slot.quantities.iter_mut().find(|known| known.quantity == quantity) {
                Some(known) if known.is_live && !is_live => continue,
                Some(known) => (known.json, known.is_live) = (json.into(), is_live),
                None => slot.quantities.push(Kept { quantity, json: json.into(), is_live }),
            }
            if !changed.contains(&id) {
                changed.push(id);
            }
        }
        // What it was before would look like an answer if it is what is wished.
        let is_mute = |id: &str| device.values.get(id).is_some_and(Slot::would_mislead);
        held.extend(changed.extract_if(.., |id| held.contains(id) || is_mute(id)).collect::<Vec<_>>());
        let messages = changed.iter().filter_map(|id| device.values.get(id)?.message(id)).collect();
        held.dedup();
        Some(Told { messages, asks: held.iter().flat_map(|id| device.asks(id)).collect(), ends })
    }

    /// What was true for a time is so no more, if nothing else was said since; what the device says then, below its base.
    pub fn ended(&mut self, base: &Topic, id: &str, quantity: &str) -> Option<Message> {
        let slot = self.devices.get_mut(base)?.values.get_mut(id)?;
        let kept =
            slot.quantities.iter_mut().find(|kept| *kept.quantity == *quantity && &*kept.json == "true")?;
        kept.json = "false".into();
        slot.message(id)
    }

    /// A device was given a command: where somebody else says that it is done before the device does, that is not
    /// believed.
    pub fn ordered(&mut self, base: &Topic, topic: &str, payload: &Payload) {
        let Some((id, "set")) = topic.rsplit_once('/') else { return };
        let Some(device) = self.devices.get_mut(base) else { return };
        let profile = device.profile.clone();
        for reading in payload.readings() {
            let is_it = |property: &&Property| *property.quantity == *reading.key;
            let Some(property) = profile.taught(id).find(is_it).filter(|one| is_optimistic(one)) else {
                continue;
            };
            if !device.values.contains_key(id) {
                let captures = order::captures(device, property, id);
                device.values.insert(id.into(), Slot { captures, ..Slot::default() });
            }
            let Some(slot) = device.values.get_mut(id) else { continue };
            if slot.doubts.len() >= MOST_DOUBTS {
                slot.doubts.remove(0);
            }
            let (quantity, wished) = (reading.key.clone(), reading.value.clone());
            slot.doubts.push(Doubt { quantity, wished, is_said: false });
        }
    }
}

/// How long a truth lasts whose end nobody tells.
fn lasting(profile: &Profile, id: &str, quantity: &str) -> Option<Duration> {
    // Most have none: their ids are not looked at.
    let mut few = profile.properties.iter().filter(|property| property.ends.is_some()).peekable();
    few.peek()?;
    profile.taught(id).find(|property| *property.quantity == *quantity)?.ends
}

fn is_optimistic(property: &Property) -> bool {
    property.write.as_ref().is_some_and(|write| write.optimistic)
}

impl Device {
    /// What makes it say how its doubted quantities are.
    fn asks(&self, id: &str) -> Vec<Sending> {
        let Some(slot) = self.values.get(id) else { return Vec::new() };
        let is_doubted =
            |property: &&Property| slot.doubts.iter().any(|doubt| doubt.quantity == property.quantity);
        let mut asks = Vec::new();
        for property in self.profile.taught(id).filter(is_doubted) {
            let sending = |send| order::sending(self, send, &slot.captures, None).ok();
            asks.extend(order::asks(property).iter().filter_map(sending));
        }
        asks
    }
}

impl Slot {
    /// Whether a word about a quantity may be no word of the device: the first one behind each command, unless it says
    /// what was said before.
    fn holds_back(&mut self, quantity: &str, json: &str) -> bool {
        let kept = self.kept(quantity).map(str::to_owned);
        let is_open = |doubt: &&mut Doubt| *doubt.quantity == *quantity && !doubt.is_said;
        let mut open: Vec<&mut Doubt> = self.doubts.iter_mut().filter(is_open).collect();
        if open.is_empty() {
            // All that was wished has been repeated: this is the device.
            self.doubts.retain(|doubt| *doubt.quantity != *quantity);
            return false;
        }
        let said = value(json);
        let wished = open.iter().position(|doubt| doubt.wished.means(&said));
        if wished.is_none() && kept.as_deref() == Some(json) {
            return false;
        }
        if let Some(doubt) = open.get_mut(wished.unwrap_or(0)) {
            doubt.is_said = true;
        }
        true
    }

    /// What was wished of a quantity last was refused: whatever is said of it now is the device's word.
    pub fn believe(&mut self, quantity: &str, wished: &Value) {
        let is_it = |doubt: &Doubt| *doubt.quantity == *quantity && doubt.wished.means(wished);
        if let Some(at) = self.doubts.iter().rposition(is_it) {
            self.doubts.remove(at);
        }
    }

    /// Whether it was already what is wished, and has not said so since.
    fn would_mislead(&self) -> bool {
        let is_so =
            |doubt: &Doubt| self.kept(&doubt.quantity).is_some_and(|json| doubt.wished.means(&value(json)));
        self.doubts.iter().any(is_so)
    }

    fn kept(&self, quantity: &str) -> Option<&str> {
        self.quantities.iter().find(|kept| *kept.quantity == *quantity).map(|kept| &*kept.json)
    }

    fn message(&self, id: &str) -> Option<Message> {
        let members: Vec<String> = self
            .quantities
            .iter()
            .map(|kept| format!("{}: {}", Payload::of(&*kept.quantity).as_str(), kept.json))
            .collect();
        let payload = Payload::parse(&format!("{{{}}}", members.join(", "))).ok()?;
        Some(Message::new(Topic::new(id).ok()?, payload))
    }
}

/// A value without its unit: `[85, "%"]` is 85.
fn value(json: &str) -> Value {
    match Payload::parse(&format!("{{\"value\": {json}}}"))
        .ok()
        .and_then(|one| one.readings().first().cloned())
    {
        Some(reading) => reading.value,
        None => extract::value(json),
    }
}
