//! Any device, played by its definition: it says what it says in the examples, and obeys what a command there sends.
//!
//! Pure: words in, words out. A command is understood by trying which one the definition would put into those words; the
//! answer is what the device said in an example, with the new value where the definition reads it. Every answer is read
//! back before it is given, so a device is never played that the definition itself would not understand.

pub(super) mod wishes;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::cannot_play::CannotPlay;
use crate::device::catalog::Catalog;
use crate::device::profile::captures::Captures;
use crate::device::profile::pointer::Pointer;
use crate::device::profile::{Absence, Confirm, Given, Profile, Property, Read, Topics, Word, level};
use crate::device::translate::{Attempt, End, Finding, Outcome, Translator, explain};
use crate::talk::model::{Reading, Value};
use crate::talk::{Payload, Topic};

/// Something the device says, or was told: topic and payload.
pub type Words = (String, String);

/// A played device.
#[derive(Debug)]
pub struct Played {
    profile: Arc<Profile>,
    variant: usize,
    translator: Translator,
    captures: Captures,
    base: Topic,
    spoken: Vec<Spoken>,
    /// What was set, and what can be set and was in an example.
    state: BTreeMap<(String, String), Value>,
}

/// What it says in an example.
#[derive(Debug)]
struct Spoken {
    words: Words,
    word: Option<Word>,
    /// Ids and quantities.
    about: Vec<(String, String)>,
}

/// What became of words that the device heard.
#[derive(Debug, PartialEq)]
pub enum Obeyed {
    /// They are nothing to it.
    Nothing,
    /// It does as it was told, and says this about it.
    Done(String, Vec<Words>),
}

impl Played {
    /// The device of `profile` that is known as `id`, its topics arranged in one of the profile's ways.
    pub fn new(profile: Arc<Profile>, id: &str, variant: usize) -> Result<Self, CannotPlay> {
        if profile.recognised.native.is_some() {
            return Err(CannotPlay::Native);
        }
        let mut spoken = Vec::new();
        let mut known = Captures::default();
        let mut is_any = false;
        for example in &profile.examples {
            let Given::Message { topic, payload } = &example.given else { continue };
            is_any = true;
            if let Some((words, captures)) = addressed(&profile, topic, payload, id, variant) {
                // The other captures are one of several parts of the device: it listens for all of them.
                if let (None, Some(id)) = (known.get("id"), captures.get("id")) {
                    let _ = known.put(&"id".into(), id);
                }
                spoken.push(Spoken { words, word: example.word, about: Vec::new() });
            }
        }
        if !is_any {
            return Err(if is_on_line(&profile) { CannotPlay::OnLine } else { CannotPlay::Silent });
        }
        let mut translator = Translator::new(Arc::new(Catalog::new([profile.clone()])));
        let mut state = BTreeMap::new();
        let mut base = None;
        for one in &mut spoken {
            let payload = Payload::from_wire(one.words.1.as_bytes());
            for meaning in translator.hear(&one.words.0, &payload) {
                base.get_or_insert(meaning.base);
            }
            for (about, value) in read(&profile, &one.words.0, &payload) {
                if property(&profile, &about.0, &about.1).is_some_and(|property| property.write.is_some()) {
                    state.entry(about.clone()).or_insert(value);
                }
                one.about.push(about);
            }
        }
        let base = base.ok_or(CannotPlay::NotUnderstood)?;
        Ok(Self { profile, variant, translator, captures: known, base, spoken, state })
    }

    /// The base topic under which a hub knows the device.
    pub fn base(&self) -> &Topic {
        &self.base
    }

    /// Where it has to listen.
    pub fn filters(&self) -> Vec<String> {
        let of_property = |property: &Property| -> Vec<String> {
            let writes = property.write.iter().flat_map(|write| {
                let asks = match &write.confirm {
                    Confirm::Ask(asks) => asks.as_slice(),
                    Confirm::State | Confirm::Echo | Confirm::Nothing => &[],
                };
                write.sends.iter().chain(&write.timed).chain(asks)
            });
            let topics = writes.chain(&property.ask).filter_map(|send| send.topics.as_ref());
            topics.filter_map(|topics| Some(topics.0.get(self.variant)?.filter(&self.captures))).collect()
        };
        let mut filters: Vec<String> = self.profile.properties.iter().flat_map(of_property).collect();
        filters.sort();
        filters.dedup();
        filters
    }

    /// That it is there, as it says so itself.
    pub fn here(&self) -> Option<Words> {
        self.spoken.iter().find(|one| one.word == Some(Word::Online)).map(|one| one.words.clone())
    }

    /// That it is gone: its will.
    pub fn gone(&self) -> Option<Words> {
        self.spoken
            .iter()
            .find(|one| matches!(one.word, Some(Word::Away(Absence::Offline | Absence::Lost))))
            .map(|one| one.words.clone())
    }

    /// Everything it says of its own accord, once, as things are now.
    pub fn round(&self) -> Vec<Words> {
        let spoken = self.spoken.iter().filter(|one| one.word.is_none());
        spoken.filter_map(|one| self.said(one)).collect()
    }

    /// The message of an example with what was set in its place; nothing if it cannot say that.
    fn said(&self, one: &Spoken) -> Option<Words> {
        let (topic, payload) = &one.words;
        let payload = Payload::from_wire(payload.as_bytes());
        let mut json = payload.as_str().to_owned();
        let mut places: Vec<(std::ops::Range<usize>, String)> = Vec::new();
        for (about, finding, property) in findings(&self.profile, topic, &payload) {
            let (Some(wanted), Some(span)) = (self.state.get(&about), finding.span) else { continue };
            let raw = &payload.as_str()[span.clone()];
            if let Some(raw) = property.reads.get(finding.read).and_then(|read| back(read, wanted, raw)) {
                places.push((span, raw));
            }
        }
        places.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
        for (span, raw) in places {
            json.replace_range(span, &raw);
        }
        // What was text is text again.
        let said = match payload.is_json() {
            true => json,
            false => serde_json::from_str::<String>(&json).ok()?,
        };
        let heard = read(&self.profile, topic, &Payload::from_wire(said.as_bytes()));
        let is_so =
            heard.iter().all(|(about, value)| self.state.get(about).is_none_or(|wanted| wanted.means(value)));
        (is_so && heard.len() == one.about.len()).then(|| (topic.clone(), said))
    }

    /// Everything it can say about a property.
    fn about(&self, id: &str) -> Vec<Words> {
        let about = self.spoken.iter().filter(|one| one.about.iter().any(|(of, _)| of == id));
        let mut said: Vec<Words> = Vec::new();
        for words in about.filter_map(|one| self.said(one)) {
            // One word for each topic is enough.
            if !said.iter().any(|(topic, _)| *topic == words.0) {
                said.push(words);
            }
        }
        said
    }

    /// Takes what somebody sent to it.
    pub fn hear(&mut self, topic: &str, payload: &[u8]) -> Obeyed {
        let Ok(payload) = std::str::from_utf8(payload) else { return Obeyed::Nothing };
        for (id, quantity, value) in wishes::wishes(&self.profile, &self.ids(), payload) {
            if self.sends(&id, &quantity, &value, topic, payload) {
                self.state.insert((id.clone(), quantity.clone()), value.clone());
                return Obeyed::Done(format!("{id} {quantity} = {value}"), self.about(&id));
            }
        }
        for (id, _) in self.ids() {
            let is_it = |words: &Words| words.0 == topic && words.1 == payload;
            if self.asks(&id).iter().any(is_it) {
                return Obeyed::Done(format!("{id} is asked for"), self.about(&id));
            }
        }
        Obeyed::Nothing
    }

    /// Whether a command would be put into these words; a state with a timer, too.
    fn sends(&self, id: &str, quantity: &str, value: &Value, topic: &str, payload: &str) -> bool {
        let json = wishes::json(value);
        let asks = self.asks(id);
        let seconds = wishes::seconds(payload).map(|number| format!(", \"for\": {number}"));
        std::iter::once(String::new()).chain(seconds).any(|timer| {
            let wish = Payload::parse(&format!("{{{}: {json}{timer}}}", Payload::of(quantity).as_str()));
            let order =
                wish.ok().and_then(|wish| self.translator.command(&self.base, &format!("{id}/set"), &wish));
            order.and_then(Result::ok).is_some_and(|order| {
                order.sends.iter().any(|sending| {
                    let is_it = sending.topic.as_deref() == Some(topic) && sending.payload == payload;
                    is_it && !asks.iter().any(|ask| ask.0 == topic && ask.1 == payload)
                })
            })
        })
    }

    /// What asks for a property.
    fn asks(&self, id: &str) -> Vec<Words> {
        let order = self.translator.command(&self.base, &format!("{id}/get"), &Payload::empty());
        let sends = order.and_then(Result::ok).map(|order| order.sends).unwrap_or_default();
        sends.into_iter().filter_map(|sending| Some((sending.topic?, sending.payload))).collect()
    }

    /// Every property that the examples name, with its quantity.
    fn ids(&self) -> Vec<(String, String)> {
        let said = self.spoken.iter().flat_map(|one| one.about.iter().cloned());
        let commanded = self.profile.examples.iter().filter_map(|example| match &example.given {
            Given::Command { id, payload, .. } => Some((id.to_string(), Payload::parse(payload).ok()?)),
            Given::Message { .. } | Given::Line(_) | Given::Bytes(_) | Given::Answer { .. } => None,
        });
        let commanded = commanded.flat_map(|(id, payload)| {
            let keys: Vec<_> =
                payload.readings().iter().map(|reading| (id.clone(), reading.key.to_string())).collect();
            keys
        });
        let mut ids: Vec<_> = said.chain(commanded).collect();
        ids.sort();
        ids.dedup();
        ids
    }
}

/// Whether a device of this profile is on a serial line.
pub(super) fn is_on_line(profile: &Profile) -> bool {
    let is_line = |given: &Given| matches!(given, Given::Line(_) | Given::Bytes(_) | Given::Answer { .. });
    profile.serial.is_some()
        || profile.frame.is_some()
        || profile.registers.is_some()
        || profile.examples.iter().any(|example| is_line(&example.given))
}

/// A message of an example as the device `id` says it, and what is captured of it then.
fn addressed(
    profile: &Profile,
    topic: &str,
    payload: &str,
    id: &str,
    variant: usize,
) -> Option<(Words, Captures)> {
    let (topics, captures) = shown(profile, topic)?;
    let mut other = Captures::default();
    let name = "id".into();
    match (captures.get("id"), profile.recognised.id.as_slice()) {
        (Some(_), _) => {
            for (name, text) in captures.iter() {
                other.put(&name.into(), if name == "id" { id } else { text })?;
            }
            let topic = topics.0.get(variant)?.fill(&other).ok()?;
            Some(((topic, payload.to_owned()), other))
        }
        (None, [pointer]) => {
            let json = Payload::from_wire(payload.as_bytes());
            let raw = pointer.get(json.as_str())?.trim_matches('"').to_owned();
            other = captures;
            other.put(&name, id)?;
            let topic = topics.0.get(variant)?.fill(&other).ok()?;
            Some(((topic, payload.replace(&raw, id)), other))
        }
        // What stands in several places is said as it was recorded, by the device that it was recorded of.
        (None, _) if told_id(profile, &captures, payload).as_deref() == Some(id) => {
            other = captures;
            other.put(&name, id)?;
            Some(((topic.to_owned(), payload.to_owned()), other))
        }
        (None, _) => None,
    }
}

/// The id that a payload tells, or that is made of what its topic captures, as a level of a topic.
fn told_id(profile: &Profile, captures: &Captures, payload: &str) -> Option<String> {
    if let Some(made) = &profile.recognised.id_as {
        return made.fill(captures).ok().map(|id| level(&id));
    }
    let json = Payload::from_wire(payload.as_bytes());
    let part = |pointer: &Pointer| Some(pointer.get(json.as_str())?.trim_matches('"').to_owned());
    let parts: Vec<String> = profile.recognised.id.iter().map(part).collect::<Option<_>>()?;
    (!parts.is_empty()).then(|| level(&parts.join("-")))
}

/// What shows which device speaks there, in whatever arrangement, and what it captures.
fn shown<'a>(profile: &'a Profile, topic: &str) -> Option<(&'a Topics, Captures)> {
    let reads = profile.properties.iter().flat_map(|property| &property.reads);
    let mut topics = reads
        .filter_map(|read| read.topics.as_ref())
        .chain(profile.availability.iter().map(|one| &one.topics))
        .chain(&profile.recognised.topics)
        .chain(profile.unfolds.iter().map(|unfold| &unfold.topics));
    topics.find_map(|topics| {
        let mut patterns = topics.0.iter();
        let captures = patterns.find_map(|pattern| pattern.captures(topic, &Captures::default()))?;
        Some((topics, captures))
    })
}

fn property<'a>(profile: &'a Profile, id: &str, quantity: &str) -> Option<&'a Property> {
    profile.properties.iter().find(|property| {
        *property.quantity == *quantity && property.id.captures(id, &Captures::default()).is_some()
    })
}

/// Every value in a message, with its property.
fn findings<'a>(
    profile: &'a Profile,
    topic: &str,
    payload: &Payload,
) -> Vec<((String, String), Finding, &'a Property)> {
    let mut all = Vec::new();
    for Attempt { place, outcome, .. } in explain(profile, Some(topic), payload) {
        let Some(property) = profile.properties.iter().find(|property| property.place == place) else {
            continue;
        };
        let Outcome::Found(findings) = outcome else { continue };
        for finding in findings {
            if let End::Value { id, .. } = &finding.end {
                all.push(((id.clone(), property.quantity.to_string()), finding, property));
            }
        }
    }
    all
}

/// What a message says of which property and quantity.
fn read(profile: &Profile, topic: &str, payload: &Payload) -> Vec<((String, String), Value)> {
    let value = |finding: &Finding| {
        let End::Value { json, .. } = &finding.end else { return None };
        let object = Payload::parse(&format!("{{\"v\": {json}}}")).ok()?;
        object.readings().first().map(|Reading { value, .. }| value.clone())
    };
    let found = findings(profile, topic, payload).into_iter();
    found.filter_map(|(about, finding, _)| Some((about, value(&finding)?))).collect()
}

/// A value in the device's own words, in the place of `raw`; nothing if that cannot be calculated back.
fn back(read: &Read, value: &Value, raw: &str) -> Option<String> {
    if read.regex.is_some() || read.parts.is_some() {
        return None;
    }
    let word = word(read, value)?;
    let is_text = raw.starts_with('"') || matches!(value, Value::Text(_)) && read.map.is_empty();
    Some(if is_text { Payload::of(&*word).as_str().to_owned() } else { word })
}

/// A value in the device's own words; nothing if that cannot be calculated back.
pub(super) fn word(read: &Read, value: &Value) -> Option<String> {
    if read.template.is_some() {
        return None;
    }
    if !read.map.is_empty() {
        return read.map.iter().find(|(_, meaning)| meaning.means(value)).map(|(word, _)| word.to_string());
    }
    match value {
        Value::Number { text, .. } => read.scale.undo(text),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Text(text) => Some(text.to_string()),
        Value::Null | Value::Other(_) => None,
    }
}

/// `plug-1` of a device that nobody named: what stands for `{id}` in the first example, or what its payload tells.
pub fn usual_id(profile: &Profile) -> Option<String> {
    profile.examples.iter().find_map(|example| {
        let Given::Message { topic, payload } = &example.given else { return None };
        let captures = shown(profile, topic)?.1;
        captures.get("id").map(level).or_else(|| told_id(profile, &captures, payload))
    })
}

#[cfg(test)]
mod tests;
