//! Translation by profiles: what a foreign device says becomes Clown.Talk, a Clown.Talk command its own words.
//!
//! A [`Translator`] belongs to one link. It knows the devices it has heard: their captures, which fill the topics of
//! commands, and the last value of each quantity, because a device that tells only what changed has not lost the rest.
//! Nothing here waits or does I/O. What cannot be understood is an [`Odd`] fact with its reason, never a wrong value.

mod announced;
mod explain;
mod extract;
mod framed;
mod kept;
mod order;
mod refused;
#[cfg(test)]
mod tests;
mod unfold;
mod written;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use super::catalog::{Catalog, Memory, Role};
use super::dialect::Dialects;
use super::profile::captures::Captures;
use super::profile::template::Words;
use super::profile::{Availability, Condition, Profile, Recognised, Word, level};
use super::roster::{News, Roster};
use crate::talk::model::Value;
use crate::talk::{Message, Payload, Topic};

pub use explain::{Attempt, End, Finding, Outcome, Step, explain, known_as};
use kept::{Slot, Told};
pub use order::{Order, Sending, expect};
pub use refused::Refusing;
use unfold::Understood;
pub use written::written;

/// The most devices of one link.
const MOST_DEVICES: usize = 4_096;
/// The longest message that is looked through, in bytes; longer ones are lists and pictures, no readings.
const LONGEST_SAID: usize = 128 << 10;
/// The most properties of one device.
const MOST_PROPERTIES: usize = 1_024;

/// What definitions call a device that tells no id.
const NAMELESS: &str = "-";

/// Translates for one link.
#[derive(Debug)]
pub struct Translator {
    catalog: Arc<Catalog>,
    memory: Memory,
    devices: HashMap<Topic, Device>,
    dialects: Dialects,
    roster: Roster,
    /// What devices are called that tell no id.
    place: Option<Box<str>>,
}

/// What one message means.
#[derive(Debug, PartialEq)]
pub struct Meaning {
    /// The device's base, `nodes/shelly/plug-1`.
    pub base: Topic,
    /// The id of the profile that knows it.
    pub profile: Box<str>,
    /// What it says, relative to the base.
    pub messages: Vec<Message>,
    /// That it is there, or away.
    pub word: Option<Word>,
    /// The gateway that carries it, if that is what is away.
    pub bridge: Option<Box<str>>,
    /// What was not understood.
    pub odd: Vec<Odd>,
    /// What is sent so that the device says how it is: what was said may be nothing but a gateway's hope.
    pub asks: Vec<Sending>,
    /// What is true for a time only, if nothing else is said: its id, its quantity, and for how long.
    pub ends: Vec<(Box<str>, Box<str>, Duration)>,
}

/// Something that was said and not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{property}`: {why}, found {found}")]
pub struct Odd {
    /// The property, as the file names it.
    pub property: Box<str>,
    /// What stood there, cut.
    pub found: Box<str>,
    /// Why that is nothing.
    pub why: Box<str>,
}

#[derive(Debug)]
struct Device {
    profile: Arc<Profile>,
    variant: usize,
    captures: Captures,
    values: BTreeMap<Box<str>, Slot>,
    /// What each word about availability said last, in the order of the profile.
    said: Vec<Option<Word>>,
}

/// One value that was read.
#[derive(Debug)]
struct Found {
    id: Box<str>,
    captures: Captures,
    quantity: Box<str>,
    json: String,
}

impl Translator {
    /// That has heard nothing.
    pub fn new(catalog: Arc<Catalog>) -> Self {
        Self {
            catalog,
            memory: Memory::default(),
            devices: HashMap::new(),
            dialects: Dialects::default(),
            roster: Roster::default(),
            place: None,
        }
    }

    /// The same for a line with this name, by which devices are known there that tell no id of their own.
    pub fn at_place(self, place: &str) -> Self {
        Self { place: Some(level(place).into()), ..self }
    }

    /// Goes on with other profiles: a device whose profile is still there stays known by its captures, and what it
    /// said is told anew when it says it again.
    pub fn renew(&mut self, catalog: Arc<Catalog>) -> Vec<News> {
        self.memory = Memory::default();
        self.devices.retain(|_, device| {
            if device.profile.announced.is_some() {
                return true;
            }
            let Some(number) = catalog.find(&device.profile.id) else { return false };
            device.profile = catalog.profile(number).clone();
            device.values.values_mut().for_each(|slot| slot.quantities.clear());
            device.variant < device.profile.variants.len()
        });
        self.catalog = catalog;
        let news = self.roster.renew(&self.catalog);
        self.follow(&news);
        news
    }

    /// What a message means; nothing if no profile knows it.
    pub fn hear(&mut self, topic: &str, payload: &Payload) -> Vec<Meaning> {
        self.take(topic, payload, true)
    }

    /// What a message means that a broker remembers: it fills gaps, and never undoes what the device itself has said.
    pub fn recall(&mut self, topic: &str, payload: &Payload) -> Vec<Meaning> {
        self.take(topic, payload, false)
    }

    /// The connection is gone: what a broker remembers next may be newer than what was said before.
    pub fn lost(&mut self) {
        let slots = self.devices.values_mut().flat_map(|device| device.values.values_mut());
        slots.flat_map(|slot| &mut slot.quantities).for_each(|kept| kept.is_live = false);
    }

    /// Whether a message is of a device that might be known and too long to be looked through.
    pub fn is_too_long(&mut self, topic: &str, payload: &Payload) -> bool {
        payload.as_str().len() > LONGEST_SAID && !self.memory.hits(&self.catalog, topic).is_empty()
    }

    fn take(&mut self, topic: &str, payload: &Payload, is_live: bool) -> Vec<Meaning> {
        if payload.as_str().len() > LONGEST_SAID {
            return Vec::new();
        }
        let announced = self.roster.hits(topic);
        if !announced.is_empty() {
            let nothing = Captures::default();
            let understand = |(profile, roles): (Arc<Profile>, Vec<Role>)| {
                let hits = roles.into_iter().map(|role| (role, &nothing));
                self.understand(&profile, 0, hits, (payload, is_live))
            };
            return announced.into_iter().filter_map(understand).collect();
        }
        let hits = self.memory.hits(&self.catalog, topic);
        let mut meanings: Vec<Meaning> = Vec::new();
        let mut from = 0;
        while from < hits.len() {
            let (profile, variant) = (hits[from].profile, hits[from].variant);
            let is_done = hits[..from].iter().any(|hit| hit.profile == profile && hit.variant == variant);
            if !is_done {
                let of_it =
                    hits[from..].iter().filter(|hit| hit.profile == profile && hit.variant == variant);
                let of_it = of_it.map(|hit| (hit.role, &hit.captures));
                let profile = self.catalog.profile(profile).clone();
                if let Some(meaning) = self.understand(&profile, variant, of_it, (payload, is_live))
                    && !meanings.iter().any(|other| other.base == meaning.base)
                {
                    meanings.push(meaning);
                }
            }
            from += 1;
        }
        meanings
    }

    fn understand<'a>(
        &mut self,
        profile: &Arc<Profile>,
        variant: usize,
        hits: impl Iterator<Item = (Role, &'a Captures)>,
        (payload, is_live): (&Payload, bool),
    ) -> Option<Meaning> {
        let json = payload.as_str();
        let (mut words, mut known) = (Vec::new(), None::<Captures>);
        let is_recognised = profile.recognised.topics.is_empty();
        let mut said = Understood { is_recognised, ..Understood::default() };
        for (role, of_topic) in hits {
            if known.as_ref().is_some_and(|known| known.get("id") != of_topic.get("id")) {
                // `{id*}/temperature` would find a device `ht/sensor` in what `{id*}/sensor/temperature` says more exactly.
                continue;
            }
            let captures = captured(&profile.recognised, of_topic, json)?;
            match role {
                Role::Read(property, read) => {
                    let property = &profile.properties[property];
                    let read = &property.reads[read];
                    extract::read(property, read, &captures, json, &mut said.found, &mut said.odd);
                }
                Role::Availability(at) => {
                    words.extend(word(&profile.availability[at], json).map(|word| (at, word)));
                }
                Role::Recognises => {
                    said.is_recognised |= profile.recognised.when.iter().all(|when| holds(when, json))
                }
                Role::Unfolds(at) => said.unfold(profile, variant, &profile.unfolds[at], &captures, json),
            }
            known.get_or_insert_with(|| captures.into_owned());
        }
        let Understood { found, odd, is_recognised } = said;
        let mut captures = known?;
        let base = identify(profile, &mut captures, json, self.place.as_deref())?;
        let is_known = self.devices.get(&base).is_some_and(|device| device.profile.id == profile.id);
        // What says nothing of itself is no device yet: many things have a `…/status`.
        let shows_itself = is_recognised && !(found.is_empty() && profile.recognised.topics.is_empty());
        if !is_known && !shows_itself {
            return None;
        }
        let Told { messages, asks, ends } = self.keep(profile, variant, &base, captures, (found, is_live))?;
        let (word, bridge) = self.judge(&base, &words);
        Some(Meaning { base, profile: profile.id.clone(), messages, word, bridge, odd, asks, ends })
    }

    /// Makes a device known that has not spoken.
    pub fn introduce(&mut self, base: &Topic, profile: &Arc<Profile>, captures: Captures) {
        let (profile, values) = (profile.clone(), BTreeMap::new());
        let device = Device { profile, variant: 0, captures, values, said: Vec::new() };
        self.devices.entry(base.clone()).or_insert(device);
    }

    /// What a command to a device of ours means in its own words; `topic` is relative to the base.
    pub fn command(
        &self,
        base: &Topic,
        topic: &str,
        payload: &Payload,
    ) -> Option<Result<Order, super::Refusal>> {
        let device = self.devices.get(base)?;
        Some(order::order(device, topic, payload))
    }

    /// Whether a device was understood here.
    pub fn knows(&self, base: &Topic) -> bool {
        self.devices.contains_key(base)
    }

    /// The devices that are known.
    pub fn devices(&self) -> impl ExactSizeIterator<Item = &Topic> {
        self.devices.keys()
    }

    /// The profile of a device.
    pub fn profile(&self, base: &Topic) -> Option<&Arc<Profile>> {
        self.devices.get(base).map(|device| &device.profile)
    }
}

/// What was captured, with what a profile captures from the payload; nothing if that contradicts.
fn captured<'a>(known: &Recognised, captures: &'a Captures, json: &str) -> Option<Cow<'a, Captures>> {
    if known.capture.is_empty() {
        return Some(Cow::Borrowed(captures));
    }
    let mut captures = captures.clone();
    for (name, pointer) in &known.capture {
        if let Some(found) = pointer.get(json) {
            captures.put(name, &extract::text(found))?;
        }
    }
    Some(Cow::Owned(captures))
}

/// Which device it is: its base, and its id among the captures; nothing if it does not say.
fn identify(profile: &Profile, captures: &mut Captures, json: &str, place: Option<&str>) -> Option<Topic> {
    let known = &profile.recognised;
    // What tells no id is known by where it is.
    let id_else = match known.id_else.as_deref() {
        Some(NAMELESS) => place.or(Some(NAMELESS)),
        id_else => id_else,
    };
    if captures.get("id").is_none() {
        let parts = known.id.iter().map(|at| at.get(json).map(extract::text).filter(|part| !part.is_empty()));
        let told = parts.collect::<Option<Vec<_>>>().filter(|parts| !parts.is_empty());
        let made = || known.id_as.as_ref().and_then(|pattern| pattern.fill(captures).ok());
        let id = told.map(|parts| parts.join("-")).or_else(made);
        captures.put(&"id".into(), id.as_deref().or(id_else)?)?;
    }
    let id = captures.get("id")?;
    let is_else = id_else == Some(id);
    if !is_else && known.id_looks.as_ref().is_some_and(|looks| !looks.is_match(id)) {
        return None;
    }
    Topic::new(&format!("nodes/{}/{}", profile.vendor_level(), level(id))).ok()
}

/// Whether a payload has what a condition asks for.
fn holds(condition: &Condition, json: &str) -> bool {
    let Some(found) = condition.at.get(json) else { return false };
    condition.is.is_empty() || condition.is.iter().any(|wanted| says(found, wanted))
}

/// Whether JSON says a word of a file: `true` and `"true"` are the same word, `1` and `1.0` the same number.
fn says(json: &str, wanted: &Value) -> bool {
    wanted.means(&extract::value(json)) || *extract::text(json) == *wanted.to_string()
}

fn word(availability: &Availability, json: &str) -> Option<Word> {
    // A word alone is no place to look in: `online` as well as `{"state": "online"}`.
    let is_alone = !json.starts_with(['{', '[']);
    let found = availability.value.get(json).or_else(|| is_alone.then_some(json))?;
    let made = match &availability.template {
        // What a template cannot make a word of is no word.
        Some(template) => {
            let context = Words::default().with("value", &extract::text(found)).with_payload(json);
            Some(Payload::from_wire(template.render(&context).ok()?.trim().as_bytes()))
        }
        None => None,
    };
    let found = made.as_ref().map_or(found, Payload::as_str);
    availability.meaning(|words| words.iter().any(|word| says(found, word)))
}
