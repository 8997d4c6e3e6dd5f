//! What can be said to a played device: its probe, its questions, and every command that its definition writes.
//!
//! What has few values is written down once and compared to the byte. A command with a number or a text in it is understood
//! by trying which value the definition would write so.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::recorded::About;
use crate::device::profile::captures::Captures;
use crate::device::profile::{Confirm, Form, Given, Profile, Property, Shape, Write};
use crate::device::prove;
use crate::device::translate::{Translator, written};
use crate::link::simulator::played::wishes;
use crate::talk::model::Value;
use crate::talk::{Payload, Topic};

/// The longest command of bytes that is looked for.
const LONGEST: usize = 64;
/// What is heard without a line end is let go at this size.
const UNENDED: usize = 1_024;

/// What words mean to the device.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Means {
    /// Is it there?
    Probe,
    /// One of the definition's questions for its values, and how many there are.
    Poll { turn: usize, of: usize },
    /// The question for one property.
    Get { base: String, id: String },
    /// What stands in front of the rest of a command.
    Part,
    /// Be so, perhaps for a while.
    Set { about: About, value: Value, seconds: Option<Duration> },
}

/// Everything that can be said to a device.
#[derive(Debug)]
pub(super) struct Vocabulary {
    profile: Arc<Profile>,
    translator: Translator,
    /// What can be set.
    settable: Vec<About>,
    fixed: Vec<(Box<[u8]>, Means)>,
}

impl Vocabulary {
    /// What can be said to the devices that `translator` knows, and that spoke of themselves.
    pub fn new(profile: Arc<Profile>, translator: Translator, spoken: BTreeSet<About>) -> Self {
        let mut known = spoken;
        known.extend(profile.examples.iter().flat_map(|example| commanded(&profile, &example.given)));
        let mut all = Self { profile, translator, settable: Vec::new(), fixed: Vec::new() };
        let profile = all.profile.clone();
        let serial = profile.serial.as_ref();
        // What cannot be written was told with the definition's own mistakes.
        let asks = serial.into_iter().flat_map(|serial| &serial.probe).map(|send| (send, Means::Probe));
        for (send, means) in asks {
            all.fixed.extend(written(&profile, send).ok().map(|bytes| (bytes, means)));
        }
        let polls = serial.map(|serial| serial.ask.as_slice()).unwrap_or_default();
        for (turn, send) in polls.iter().enumerate() {
            let means = Means::Poll { turn, of: polls.len() };
            all.fixed.extend(written(&profile, send).ok().map(|bytes| (bytes, means)));
        }
        let ids: BTreeSet<(&str, &str)> = known.iter().map(|about| (&*about.base, &*about.id)).collect();
        for (base, id) in ids {
            for bytes in all.asks(base, id) {
                all.fixed.push((bytes, Means::Get { base: base.to_owned(), id: id.to_owned() }));
            }
        }
        for about in known {
            let Some((property, _)) = all.write(&about) else { continue };
            let values = match &property.kind {
                Shape::Switch | Shape::Truth => vec![Value::Bool(true), Value::Bool(false)],
                Shape::Button => vec![Value::Bool(true)],
                Shape::Choice(words) => words.iter().cloned().map(Value::Text).collect(),
                Shape::Text | Shape::Json | Shape::Number | Shape::Total | Shape::Event => Vec::new(),
            };
            for value in values {
                let mut parts = all.command(&about, &value, "");
                let last = parts.pop().map(|bytes| {
                    (bytes, Means::Set { about: about.clone(), value: value.clone(), seconds: None })
                });
                all.fixed.extend(parts.into_iter().map(|bytes| (bytes, Means::Part)).chain(last));
            }
            all.settable.push(about);
        }
        all
    }

    /// Whether nothing can be said to it.
    pub fn is_empty(&self) -> bool {
        self.fixed.is_empty() && self.settable.is_empty()
    }

    /// How many bytes at the front of what was heard belong together, and what they mean, if anything; nothing if the rest
    /// is to come.
    pub fn understand(&self, heard: &[u8], is_silent: bool) -> Option<(usize, Vec<Means>)> {
        if heard.is_empty() {
            return None;
        }
        let longest = self.fixed.iter().filter(|(bytes, _)| heard.starts_with(bytes)).map(|(bytes, _)| bytes);
        if let Some(bytes) = longest.max_by_key(|bytes| bytes.len()) {
            let means = self.fixed.iter().filter(|(other, _)| other == bytes).map(|(_, means)| means.clone());
            return Some((bytes.len(), means.collect()));
        }
        if self.takes_bytes() {
            let lengths = 1..=heard.len().min(LONGEST);
            let found = lengths.rev().find_map(|length| Some((length, self.tried(&heard[..length])?)));
            if let Some((length, means)) = found {
                return Some((length, vec![means]));
            }
        }
        let end = memchr::memchr2(b'\n', *self.profile.line_end().as_bytes().last()?, heard);
        match end.map(|end| end + 1) {
            Some(length) if !self.takes_bytes() || is_silent => {
                let line = heard[..length].trim_ascii();
                let is_it = |bytes: &[u8]| bytes.trim_ascii() == line && !line.is_empty();
                let same =
                    self.fixed.iter().filter(|(bytes, _)| is_it(bytes)).map(|(_, means)| means.clone());
                let mut means: Vec<Means> = same.collect();
                if means.is_empty() {
                    means.extend(self.tried(line));
                }
                Some((length, means))
            }
            _ if is_silent && self.takes_bytes() || heard.len() > UNENDED => Some((heard.len(), Vec::new())),
            _ => None,
        }
    }

    /// Whether any of its commands is bytes and no line.
    fn takes_bytes(&self) -> bool {
        let writes = self.profile.properties.iter().filter_map(|property| property.write.as_ref());
        let serial = self.profile.serial.iter().flat_map(|serial| serial.probe.iter().chain(&serial.ask));
        let mut sends = writes.flat_map(|write| &write.sends).chain(serial);
        sends.any(|send| matches!(send.form, Form::Hex(_)))
    }

    /// The command that would be written so.
    fn tried(&self, heard: &[u8]) -> Option<Means> {
        let text = match std::str::from_utf8(heard) {
            Ok(text) if !self.takes_bytes() => text.to_owned(),
            Ok(_) | Err(_) => numbers(heard),
        };
        self.settable.iter().find_map(|about| {
            let ids = [(about.id.clone(), about.quantity.clone())];
            let timers = || {
                wishes::seconds(&text).filter(|_| self.write(about).is_some_and(|(_, w)| w.timed.is_some()))
            };
            wishes::wishes(&self.profile, &ids, &text).into_iter().find_map(|(_, _, value)| {
                std::iter::once(None).chain(timers().map(Some)).find_map(|seconds| {
                    let timer = seconds.as_ref().map(|seconds| format!(", \"for\": {seconds}"));
                    let parts = self.command(about, &value, timer.as_deref().unwrap_or_default());
                    let is_it =
                        parts.last().is_some_and(|bytes| **bytes == *heard || bytes.trim_ascii() == heard);
                    let seconds =
                        seconds.and_then(|text| Duration::try_from_secs_f64(text.parse().ok()?).ok());
                    is_it.then(|| Means::Set { about: about.clone(), value: value.clone(), seconds })
                })
            })
        })
    }

    /// What is written for a command, without what asks for the outcome.
    fn command(&self, about: &About, value: &Value, timer: &str) -> Vec<Box<[u8]>> {
        let json = wishes::json(value);
        let told = format!("{{{}: {json}{timer}}}", Payload::of(&*about.quantity).as_str());
        let order =
            Topic::new(&about.base).ok().zip(Payload::parse(&told).ok()).and_then(|(base, payload)| {
                self.translator.command(&base, &format!("{}/set", about.id), &payload)?.ok()
            });
        let asks = match self.write(about).map(|(_, write)| &write.confirm) {
            Some(Confirm::Ask(asks)) => asks.len(),
            Some(Confirm::State | Confirm::Echo | Confirm::Nothing) | None => 0,
        };
        let sends = order.map(|order| order.sends).unwrap_or_default();
        let count = sends.len().saturating_sub(asks);
        sends.into_iter().take(count).filter_map(|sending| sending.bytes).collect()
    }

    /// What is written to ask for a property.
    fn asks(&self, base: &str, id: &str) -> Vec<Box<[u8]>> {
        let order = Topic::new(base)
            .ok()
            .and_then(|base| self.translator.command(&base, &format!("{id}/get"), &Payload::empty())?.ok());
        order.into_iter().flat_map(|order| order.sends).filter_map(|sending| sending.bytes).collect()
    }

    fn write(&self, about: &About) -> Option<(&Property, &Write)> {
        let mut known = self.profile.taught(&about.id);
        let property = known.find(|property| *property.quantity == *about.quantity)?;
        Some((property, property.write.as_ref()?))
    }
}

/// What an example's command is about.
fn commanded(profile: &Profile, given: &Given) -> Vec<About> {
    let Given::Command { device, id, payload } = given else { return Vec::new() };
    let of = |device: &Captures| prove::base(profile, device).map(|base| base.to_string());
    let (Some(base), Ok(payload)) = (of(device), Payload::parse(payload)) else { return Vec::new() };
    let about =
        |quantity: &str| About { base: base.clone(), id: id.to_string(), quantity: quantity.to_owned() };
    payload.readings().iter().map(|reading| about(&reading.key)).collect()
}

/// The numbers that may stand in bytes: of one byte and of two, in both orders.
fn numbers(bytes: &[u8]) -> String {
    let pairs = bytes.windows(2).filter_map(|pair| <[u8; 2]>::try_from(pair).ok());
    let pairs = pairs.flat_map(|pair| [u16::from_be_bytes(pair), u16::from_le_bytes(pair)]);
    let numbers = bytes.iter().map(|byte| u16::from(*byte)).chain(pairs);
    numbers.map(|number| number.to_string()).collect::<Vec<_>>().join(" ")
}
