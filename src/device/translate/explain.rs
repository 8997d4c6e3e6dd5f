//! Why a message means what it means, step by step, or why it means nothing: for whoever writes a definition.
//!
//! The end of each way is what translation itself gives; the steps before it are shown beside it.

use serde::Serialize;

use super::{captured, extract, holds, word};
use crate::device::profile::captures::Captures;
use crate::device::profile::number::{Digits, number};
use crate::device::profile::pattern::{Mismatch, Pattern};
use crate::device::profile::pointer::Pointer;
use crate::device::profile::template::Words;
use crate::device::profile::{Absence, Condition, Profile, Property, Read, Topics, Unfold, Word};
use crate::talk::Payload;

/// One way in which a definition could have understood a message.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Attempt {
    /// The property with its quantity, `relay/{n} state`; or `match`, `availability`.
    pub about: String,
    /// Line and column of the property; `(0, 0)` for others.
    pub place: (usize, usize),
    /// The pattern of the topic; the one that came nearest if there are several.
    pub topic: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The topic is another one.
    Topic(Mismatch),
    /// The payload has not what the definition asks for.
    When {
        /// Where.
        at: String,
        /// What may stand there; anything if empty.
        wanted: Vec<String>,
        /// What stands there.
        found: Option<String>,
    },
    /// There is nothing where the value should be.
    Pointer {
        /// Where it should be.
        pointer: String,
        /// How far the way leads.
        reached: String,
        /// What is there.
        there: String,
    },
    /// Values were found.
    Found(Vec<Finding>),
    /// It is no value, but known: the device shows itself, or says that it is there or gone.
    Known(String),
}

/// One value on its way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// What was captured of the topic and on the way to the value.
    pub captures: Vec<(String, String)>,
    /// What was done, in order.
    pub steps: Vec<Step>,
    /// What came of it.
    pub end: End,
    /// Where the value stands in the payload as JSON, if nothing was divided.
    #[serde(skip)]
    pub span: Option<std::ops::Range<usize>>,
    /// The value as JSON as it stands there.
    #[serde(skip)]
    pub raw: String,
    /// Which of the property's reads it was.
    #[serde(skip)]
    pub read: usize,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What was done: `value /output`, `map`, `scale × 0.1`.
    pub what: String,
    /// What it gave.
    pub gives: String,
}

/// The end of the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// A value as JSON, of a property.
    Value {
        /// `relay/0`.
        id: String,
        /// `[12.4, "W"]`.
        json: String,
    },
    /// The message is not about this.
    Nothing(String),
    /// It was not understood.
    Odd(String),
}

/// Everything that `profile` makes of a message under `topic`, or of a line without one.
pub fn explain(profile: &Profile, topic: Option<&str>, payload: &Payload) -> Vec<Attempt> {
    let json = payload.as_str();
    let said = Said { topic, json, all: json };
    let mut attempts = reads(profile, said);
    let Some(topic) = topic else {
        let unmet = profile.recognised.when.iter().find(|when| !holds(when, json));
        attempts.extend(unmet.map(|when| other("match", (None, self::unmet(when, json)))));
        return attempts;
    };
    for unfold in &profile.unfolds {
        let (pattern, outcome) = matching(&unfold.topics, topic, |_| {
            let unmet =
                unfold.when.iter().find(|when| !holds(when, json)).map(|when| self::unmet(when, json));
            unmet.or_else(|| missing(&unfold.value, json)).unwrap_or_else(|| Outcome::Known(HOLDS.into()))
        });
        let is_held = outcome == Outcome::Known(HOLDS.into());
        attempts.push(other("unfold", (pattern, outcome)));
        if is_held {
            for (under, part) in parts(unfold, topic, json) {
                attempts.push(other("part", (None, Outcome::Known(format!("{under} {}", cut(part))))));
                let said = Said { topic: Some(&under), json: part, all: json };
                let inside = reads(profile, said).into_iter().chain(shows(profile, &under, part));
                attempts.extend(inside.filter(|one| !matches!(one.outcome, Outcome::Topic(_))));
            }
        }
    }
    attempts.extend(shows(profile, topic, json));
    attempts.extend(refusals(profile, topic, json));
    for availability in &profile.availability {
        let said = matching(&availability.topics, topic, |_| match word(availability, json) {
            Some(word) => Outcome::Known(known_as(word).into()),
            None => missing(&availability.value, json).unwrap_or_else(|| {
                let found = availability.value.get(json).unwrap_or_default();
                Outcome::Known(format!("{} is no word of its availability", cut(found)))
            }),
        });
        attempts.push(other("availability", said));
    }
    attempts
}

/// What a word about availability means, as a sentence.
pub fn known_as(word: Word) -> &'static str {
    match word {
        Word::Online => "the device is there",
        Word::Away(Absence::Asleep) => "the device sleeps",
        Word::Away(Absence::Offline) => "the device is gone",
        Word::Away(Absence::Lost) => "the connection of the device broke off",
    }
}

const NO_REASON: &str = "it refuses no command";
const HOLDS: &str = "the message holds what belongs under other topics";

/// What is read: a message, or a part of it that is read like one.
#[derive(Clone, Copy)]
struct Said<'a> {
    topic: Option<&'a str>,
    json: &'a str,
    /// The whole message.
    all: &'a str,
}

fn other(about: &str, (topic, outcome): (Option<String>, Outcome)) -> Attempt {
    Attempt { about: about.to_owned(), place: (0, 0), topic, outcome }
}

/// Every property in its turn.
fn reads(profile: &Profile, said: Said<'_>) -> Vec<Attempt> {
    let mut attempts = Vec::new();
    for property in &profile.properties {
        for (number, read) in property.reads.iter().enumerate() {
            let about = format!("{} {}", property.id, property.quantity);
            let (pattern, outcome) = match (&read.topics, said.topic) {
                // What a frame says of itself may be captured from it, as translation does.
                (None, None) => match captured(&profile.recognised, &Captures::default(), said.json) {
                    Some(captures) => (None, self::read(property, number, read, &captures, said)),
                    None => continue,
                },
                (Some(topics), Some(topic)) => {
                    matching(topics, topic, |captures| self::read(property, number, read, captures, said))
                }
                (None, Some(_)) | (Some(_), None) => continue,
            };
            attempts.push(Attempt { about, place: property.place, topic: pattern, outcome });
        }
    }
    attempts
}

/// What shows that such a device is there.
fn shows(profile: &Profile, topic: &str, json: &str) -> Vec<Attempt> {
    let shown = |topics: &Topics| {
        matching(topics, topic, |_| {
            let missing = profile.recognised.when.iter().find(|when| !holds(when, json));
            missing.map_or_else(|| Outcome::Known("the device shows itself".into()), |when| unmet(when, json))
        })
    };
    profile.recognised.topics.iter().map(|topics| other("match", shown(topics))).collect()
}

/// What would refuse a command.
fn refusals(profile: &Profile, topic: &str, json: &str) -> Vec<Attempt> {
    let mut attempts = Vec::new();
    for property in &profile.properties {
        for by in property.write.iter().flat_map(|write| &write.refused_by) {
            let refused = |captures: &Captures| {
                if let Some(when) = by.when.iter().find(|when| !holds(when, json)) {
                    return unmet(when, json);
                }
                let Some(found) = by.value.get(json) else {
                    return missing(&by.value, json).unwrap_or_else(|| Outcome::Known(NO_REASON.into()));
                };
                match by.reason(&extract::text(found), captures, json) {
                    Some(reason) => Outcome::Known(format!("a command would be refused: {}", cut(&reason))),
                    None => Outcome::Known(NO_REASON.into()),
                }
            };
            let about = format!("{} refused_by", property.id);
            let of_topic = by.topics.iter().map(|topics| matching(topics, topic, refused));
            let place = property.place;
            attempts.extend(of_topic.map(|(topic, outcome)| Attempt {
                about: about.clone(),
                place,
                topic,
                outcome,
            }));
        }
    }
    attempts
}

/// What is held under which topic.
fn parts<'a>(unfold: &Unfold, topic: &str, json: &'a str) -> Vec<(String, &'a str)> {
    let none = Captures::default();
    let arranged = unfold.topics.0.iter().zip(&unfold.under.0);
    let held = arranged.filter_map(|(pattern, under)| Some((pattern.captures(topic, &none)?, under)));
    let Some((captures, under)) = held.into_iter().next() else { return Vec::new() };
    let found = unfold.value.find(json, &captures).into_iter();
    found.filter_map(|(captures, part)| Some((under.fill(&captures).ok()?, part))).collect()
}

/// The first arrangement of a topic that matches, or the one that comes nearest.
fn matching(topics: &Topics, topic: &str, then: impl Fn(&Captures) -> Outcome) -> (Option<String>, Outcome) {
    let patterns: &[Pattern] = &topics.0;
    for pattern in patterns {
        if let Some(captures) = pattern.captures(topic, &Captures::default()) {
            return (Some(pattern.as_str().to_owned()), then(&captures));
        }
    }
    let nearest = patterns
        .iter()
        .filter_map(|pattern| Some((pattern, pattern.mismatch(topic)?)))
        .max_by_key(|(_, mismatch)| mismatch.level);
    match nearest {
        Some((pattern, mismatch)) => (Some(pattern.as_str().to_owned()), Outcome::Topic(mismatch)),
        // What stands twice in it differs.
        None => {
            let pattern = patterns.first().map(|pattern| pattern.as_str().to_owned());
            (pattern, Outcome::Topic(Mismatch { level: 0, wanted: None, found: None }))
        }
    }
}

fn read(property: &Property, number: usize, read: &Read, captures: &Captures, said: Said<'_>) -> Outcome {
    let json = said.json;
    if let Some(when) = read.when.iter().find(|when| !holds(when, json)) {
        return unmet(when, json);
    }
    let divided = read.parts.as_ref().map(|parts| parts.divide(&extract::text(json)));
    let inside = divided.as_deref().unwrap_or(json);
    if let Some(nothing) = missing(&read.value, inside) {
        return nothing;
    }
    let found = read.value.find(inside, captures).into_iter().map(|(captures, raw)| {
        let mut steps: Vec<Step> = divided.iter().map(|divided| step("parts", divided)).collect();
        steps.push(step(&format!("value {}", shown_pointer(&read.value)), raw));
        let end = end(property, read, &captures, raw, inside);
        more(read, &captures, raw, inside, &mut steps);
        let span = divided.is_none().then(|| {
            let start = raw.as_ptr().addr() - said.all.as_ptr().addr();
            start..start + raw.len()
        });
        let captures = captures.iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
        Finding { captures, steps, end, span, raw: raw.to_owned(), read: number }
    });
    Outcome::Found(found.collect())
}

fn end(property: &Property, read: &Read, captures: &Captures, raw: &str, json: &str) -> End {
    let Some(id) = extract::address(property, captures) else {
        return End::Nothing(format!("nothing was captured for the id {}", property.id));
    };
    match extract::value_of(property, read, captures, raw, json) {
        Ok(Some(json)) => End::Value { id: id.into(), json },
        Ok(None) => End::Nothing("the regular expression finds nothing".into()),
        Err(why) => End::Odd(why),
    }
}

/// The steps between the raw value and its end.
fn more(read: &Read, captures: &Captures, raw: &str, json: &str, steps: &mut Vec<Step>) {
    let mut said = extract::text(raw).into_owned();
    if let Some(regex) = &read.regex {
        let Some(found) = regex.captures(&said) else { return };
        let value = found.name("value").or_else(|| found.get(0)).map(|found| found.as_str().to_owned());
        said = value.unwrap_or_default();
        steps.push(step(&format!("regex {}", regex.as_str()), &said));
    }
    if let Some(template) = &read.template {
        let words = Words::of(captures).with("value", &said).with_payload(json);
        said = match template.render(&words) {
            Ok(text) => text.trim().to_owned(),
            Err(why) => return steps.push(step("template", &why)),
        };
        steps.push(step("template", &said));
    }
    if !read.map.is_empty() {
        if let Some((_, value)) = read.map.iter().find(|(word, _)| **word == *said) {
            steps.push(step("map", &value.to_string()));
        }
        return;
    }
    let Some(plain) = number(&said, read.digits) else { return };
    if read.digits != Digits::Decimal {
        steps.push(step("digits", &plain));
    }
    if let Some(scaled) = read.scale.apply(&plain).filter(|_| !read.scale.is_one()) {
        steps.push(step(&format!("scale {}", read.scale), &scaled));
    }
}

fn step(what: &str, gives: &str) -> Step {
    Step { what: what.to_owned(), gives: cut(gives) }
}

fn unmet(when: &Condition, json: &str) -> Outcome {
    Outcome::When {
        at: when.at.to_string(),
        wanted: when.is.iter().map(ToString::to_string).collect(),
        found: when.at.get(json).map(cut),
    }
}

/// How far a way leads that finds nothing.
fn missing(pointer: &Pointer, json: &str) -> Option<Outcome> {
    if pointer.get(json).is_some() {
        return None;
    }
    let mut reached = ("", json);
    for (at, _) in pointer.as_str().match_indices('/').skip(1) {
        let prefix = &pointer.as_str()[..at];
        match Pointer::new(prefix).ok().and_then(|pointer| pointer.get(json)) {
            Some(found) => reached = (prefix, found),
            None => break,
        }
    }
    Some(Outcome::Pointer {
        pointer: pointer.to_string(),
        reached: reached.0.to_owned(),
        there: contents(reached.1),
    })
}

/// What stands in a JSON value, for people.
fn contents(json: &str) -> String {
    const NAMED: usize = 12;
    match serde_json::from_str::<serde_json::Value>(json) {
        Ok(serde_json::Value::Object(members)) if members.is_empty() => "an empty object".into(),
        Ok(serde_json::Value::Object(members)) => {
            let names: Vec<&str> = members.keys().take(NAMED).map(String::as_str).collect();
            let more = if members.len() > NAMED { ", …" } else { "" };
            format!("{}{more}", names.join(", "))
        }
        Ok(serde_json::Value::Array(items)) => format!("a list of {}", items.len()),
        Ok(_) | Err(_) => cut(json),
    }
}

fn shown_pointer(pointer: &Pointer) -> &str {
    if pointer.as_str().is_empty() { "(all)" } else { pointer.as_str() }
}

fn cut(text: &str) -> String {
    const MOST: usize = 200;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
