//! The examples of a profile, run both ways: what was recorded must come out, and nothing else.
//!
//! Each example is run for itself by a translator that has heard nothing, so none depends on another.

mod native;

use std::sync::Arc;

use super::catalog::Catalog;
use super::frame::modbus::{Answer, Request};
use super::frame::{Frame, Framer, Heard, Why, hex};
use super::profile::captures::Captures;
use super::profile::{Example, Given, Profile, Property, Sent, Word, level};
use super::translate::{Meaning, Refusing, Sending, Translator};
use crate::talk::model::{Reading, Value};
use crate::talk::{Payload, Topic};

/// Where an example and what comes of it differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Line and column of the example.
    pub place: (usize, usize),
    /// What it is about: `relay/0 state`, or `sends`.
    pub about: String,
    /// What the example says.
    pub expected: String,
    /// What comes.
    pub found: String,
}

/// Runs all examples of a profile.
pub fn prove(profile: &Arc<Profile>) -> Vec<Difference> {
    let catalog = Arc::new(Catalog::new([profile.clone()]));
    profile.examples.iter().flat_map(|example| one(profile, &catalog, example)).collect()
}

/// The properties that no example gives a value of, by id and quantity.
pub fn unproven(profile: &Profile) -> Vec<String> {
    let is_given = |property: &&Property| {
        profile.examples.iter().any(|example| {
            example
                .gives
                .iter()
                .any(|gives| is_about(profile, property, &gives.id, gives.quantity.as_deref()))
                || property.reads.is_empty() && is_commanded(profile, property, &example.given)
        })
    };
    let missing = profile.properties.iter().filter(|property| !is_given(property));
    missing.map(|property| format!("{} {}", property.id, property.quantity)).collect()
}

/// Whether a value under `id` is one of this property; without a quantity it is the first one with that id.
fn is_about(profile: &Profile, property: &Property, id: &str, quantity: Option<&str>) -> bool {
    let has_id = |property: &Property| property.id.captures(id, &Captures::default()).is_some();
    match quantity {
        Some(quantity) => *property.quantity == *quantity && has_id(property),
        None => {
            profile.properties.iter().find(|one| has_id(one)).is_some_and(|one| std::ptr::eq(one, property))
        }
    }
}

fn is_commanded(profile: &Profile, property: &Property, given: &Given) -> bool {
    match given {
        Given::Command { id, payload, .. } => Payload::parse(payload).is_ok_and(|payload| {
            payload.readings().iter().any(|reading| is_about(profile, property, id, Some(&reading.key)))
        }),
        Given::Message { .. } | Given::Line(_) | Given::Bytes(_) | Given::Answer { .. } => false,
    }
}

fn one(profile: &Arc<Profile>, catalog: &Arc<Catalog>, example: &Example) -> Vec<Difference> {
    let mut translator = Translator::new(catalog.clone());
    match &example.given {
        Given::Message { topic, payload } if profile.recognised.native.is_some() => {
            heard(example, &native::meanings(profile, topic, payload))
        }
        Given::Message { topic, payload } => {
            // Whether it is there is only told of a device that was heard before, and where a message is named that
            // shows it, so is everything else.
            if example.word.is_some() || !shows(profile, topic) {
                known_by_its_word(profile, topic, &mut translator);
            }
            let meanings = translator.hear(topic, &Payload::from_wire(payload.as_bytes()));
            heard(example, &meanings)
        }
        Given::Line(line) => match &profile.frame {
            None => heard(example, &translator.hear_line(line)),
            Some(frame) => {
                let bytes = format!("{line}{}", frame.line_end());
                arrived(profile, &mut translator, example, bytes.as_bytes())
            }
        },
        Given::Bytes(bytes) => arrived(profile, &mut translator, example, bytes),
        Given::Answer { request, bytes } => answered(profile, &mut translator, example, request, bytes),
        Given::Command { device, id, payload } => {
            let told = Payload::parse(payload).map_err(|error| error.to_string());
            let order = told.and_then(|payload| {
                let base = base(profile, device).ok_or("device has no `id`")?;
                translator.introduce(&base, profile, device.clone());
                let order = translator.command(&base, &format!("{id}/set"), &payload);
                order.ok_or("the device is not known")?.map_err(|refusal| refusal.reason.into_owned())
            });
            match order {
                Ok(order) => {
                    let mut differences = sent(example, &order.sends);
                    differences.extend(refused(example, &order.refusing));
                    differences
                }
                Err(why) => vec![difference(example, id, told_sends(&example.sends), why)],
            }
        }
    }
}

/// Whether a message under this topic may show that a device is there.
fn shows(profile: &Profile, topic: &str) -> bool {
    let topics = &profile.recognised.topics;
    let mut patterns = topics.iter().flat_map(|topics| &topics.0);
    topics.is_empty() || patterns.any(|pattern| pattern.captures(topic, &Captures::default()).is_some())
}

fn known_by_its_word(profile: &Arc<Profile>, topic: &str, translator: &mut Translator) {
    let availability = profile.availability.iter().map(|availability| &availability.topics);
    let reads = profile.properties.iter().flat_map(|property| &property.reads);
    let unfolds = profile.unfolds.iter().map(|unfold| &unfold.topics);
    let topics = availability.chain(reads.filter_map(|read| read.topics.as_ref())).chain(unfolds);
    let mut patterns = topics.flat_map(|topics| &topics.0);
    let device = patterns.find_map(|pattern| pattern.captures(topic, &Captures::default()));
    if let Some(device) = device
        && let Some(base) = base(profile, &device)
    {
        translator.introduce(&base, profile, device);
    }
}

/// What bytes of a serial port mean, from their first byte on.
fn arrived(
    profile: &Profile,
    translator: &mut Translator,
    example: &Example,
    bytes: &[u8],
) -> Vec<Difference> {
    let Some(frame) = &profile.frame else {
        let expected = "a [frame], which says where words end".into();
        return vec![difference(example, "frame", expected, "none".into())];
    };
    let (mut meanings, mut damage) = (Vec::new(), None);
    let mut each = |heard| match heard {
        Heard::Frame(frame) => meanings.extend(translator.hear_frame(&profile.id, &frame)),
        Heard::Damage(found) => damage = damage.or(Some(found.why)),
    };
    let mut framer = Framer::in_step(frame.clone());
    framer.feed(bytes, &mut each);
    framer.silence(&mut each);
    let mut differences = heard(example, &meanings);
    differences.extend(damaged(example, damage));
    differences
}

fn damaged(example: &Example, damage: Option<Why>) -> Option<Difference> {
    let told = |why: Option<Why>| why.map_or("nothing damaged".to_owned(), |why| why.to_string());
    (damage != example.damage).then(|| difference(example, "damage", told(example.damage), told(damage)))
}

/// What bytes mean that came behind a request.
fn answered(
    profile: &Profile,
    translator: &mut Translator,
    example: &Example,
    request: &[u8],
    bytes: &[u8],
) -> Vec<Difference> {
    let Some(registers) = &profile.registers else {
        let expected = "a [modbus], which says what is kept where".into();
        return vec![difference(example, "request", expected, "none".into())];
    };
    let Some(request) = Request::parse(request) else {
        let expected = "a whole request with its checksum".into();
        return vec![difference(example, "request", expected, hex::shown(request))];
    };
    let (mut meanings, mut damage) = (Vec::new(), None);
    match request.answer(bytes) {
        Answer::Said(content) => {
            let json = registers.json(&request, &content);
            let frame = json.map(|json| Frame { topic: None, json: json.into(), wire: bytes.into() });
            meanings.extend(frame.iter().flat_map(|frame| translator.hear_frame(&profile.id, frame)));
        }
        // A refusal says nothing about the device.
        Answer::Refused(_) => {}
        Answer::Part => damage = Some(Why::Cut),
        Answer::Wrong(why) => damage = Some(why),
    }
    let mut differences = heard(example, &meanings);
    differences.extend(damaged(example, damage));
    differences
}

/// The base of the device that an example's command is for.
pub fn base(profile: &Profile, device: &Captures) -> Option<Topic> {
    Topic::new(&format!("nodes/{}/{}", profile.vendor_level(), level(device.get("id")?))).ok()
}

fn difference(example: &Example, about: &str, expected: String, found: String) -> Difference {
    Difference { place: example.place, about: about.to_owned(), expected, found }
}

fn heard(example: &Example, meanings: &[Meaning]) -> Vec<Difference> {
    let mut differences = Vec::new();
    let mut came: Vec<(&str, &Reading)> = Vec::new();
    for meaning in meanings {
        for message in &meaning.messages {
            came.extend(message.payload.readings().iter().map(|reading| (message.topic.as_str(), reading)));
        }
        for odd in &meaning.odd {
            differences.push(difference(example, &odd.property, "nothing odd".into(), odd.to_string()));
        }
    }
    for wanted in &example.gives {
        let of_it = |(id, reading): &(&str, &Reading)| {
            **id == *wanted.id && wanted.quantity.as_deref().is_none_or(|quantity| *quantity == *reading.key)
        };
        let about = format!("{} {}", wanted.id, wanted.quantity.as_deref().unwrap_or_default());
        let expected = shown(&wanted.value, wanted.unit.as_deref());
        let Some(at) = came.iter().position(of_it) else {
            differences.push(difference(example, about.trim(), expected, "nothing".into()));
            continue;
        };
        let (_, reading) = came.remove(at);
        let is_unit = wanted.unit.is_none() || wanted.unit == reading.unit;
        if !is_same(&wanted.value, &reading.value) || !is_unit {
            let unit = reading.unit.as_deref().filter(|_| wanted.unit.is_some());
            differences.push(difference(example, about.trim(), expected, shown(&reading.value, unit)));
        }
    }
    for (id, reading) in came {
        let about = format!("{id} {}", reading.key);
        let found = shown(&reading.value, reading.unit.as_deref());
        differences.push(difference(example, &about, "nothing".into(), found));
    }
    let word = meanings.iter().find_map(|meaning| meaning.word);
    if word != example.word {
        let told = |word: Option<Word>| word.map_or("nothing", Word::word).to_owned();
        differences.push(difference(example, "presence", told(example.word), told(word)));
    }
    differences
}

/// Digit by digit; what is neither number nor text stands as JSON in quotes.
fn is_same(wanted: &Value, found: &Value) -> bool {
    match (wanted, found) {
        (Value::Text(wanted), Value::Other(json)) => wanted == json,
        _ => wanted == found,
    }
}

fn shown(value: &Value, unit: Option<&str>) -> String {
    match (value, unit) {
        (Value::Text(text), _) => Payload::of(&**text).as_str().to_owned(),
        (_, Some(unit)) => format!("[{value}, \"{unit}\"]"),
        (_, None) => value.to_string(),
    }
}

fn sent(example: &Example, sends: &[Sending]) -> Vec<Difference> {
    let came: Vec<Sent> = sends
        .iter()
        .map(|sending| Sent {
            topic: sending.topic.as_deref().map(Into::into),
            payload: sending.payload.as_str().into(),
        })
        .collect();
    if came == example.sends {
        return Vec::new();
    }
    vec![difference(example, "sends", told_sends(&example.sends), told_sends(&came))]
}

/// A command of an example is refused by what refuses it, with that reason.
fn refused(example: &Example, refusing: &[Refusing]) -> Option<Difference> {
    let wanted = example.refused.as_ref()?;
    let payload = Payload::from_wire(wanted.payload.as_bytes());
    let reason = refusing.iter().find_map(|one| one.reason(&wanted.topic, &payload));
    let is_it = reason.as_deref() == Some(&*wanted.reason);
    let found = reason.unwrap_or_else(|| "nothing that refuses it".into());
    (!is_it).then(|| difference(example, "refused", wanted.reason.to_string(), found))
}

fn told_sends(sends: &[Sent]) -> String {
    let told = |sent: &Sent| match &sent.topic {
        Some(topic) => format!("{topic} {}", sent.payload),
        None => sent.payload.to_string(),
    };
    if sends.is_empty() { "nothing".into() } else { sends.iter().map(told).collect::<Vec<_>>().join(", ") }
}
