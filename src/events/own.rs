//! A switch or a choice that changed and nobody asked for it here: by hand, by itself, by another hub.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::event::{Event, Kind, short};
use crate::device::profile::Profile;
use crate::device::{Access, Kind as Shown, property};
use crate::hub::{CommandEvent, EntryView, Step, Update};
use crate::talk::model::{Reading, Value, property_of};

/// How long after its command a value may come late.
const LATE: Duration = Duration::from_secs(10);
/// How long after it what the command did not name may change along.
const ALONG: Duration = Duration::from_secs(2);
/// The most values that are remembered.
const MOST: usize = 20_000;

/// What switches and choices said last, and what was wished of them.
#[derive(Debug, Default)]
pub struct Own {
    /// By topic and key.
    last: HashMap<(Box<str>, Box<str>), Box<str>>,
    /// By topic: the last command that may have done it.
    wishes: HashMap<Box<str>, (Arc<CommandEvent>, Instant)>,
}

impl Own {
    /// What is known at the beginning is no change.
    pub fn know(&mut self, entry: &EntryView) {
        let Some(update) = &entry.update else { return };
        for reading in update.message.payload.readings() {
            if let Some(word) = word(&reading.value) {
                self.remember(update.message.topic.as_str(), reading, word);
            }
        }
    }

    fn remember(&mut self, topic: &str, reading: &Reading, word: &str) -> Option<Box<str>> {
        let key = (topic.into(), reading.key.clone());
        if self.last.len() >= MOST && !self.last.contains_key(&key) {
            return None;
        }
        self.last.insert(key, short(word))
    }

    /// A command goes on its way, or has ended.
    pub fn wish(&mut self, event: &Arc<CommandEvent>, now: Instant) {
        let Some(base) = &event.base else { return };
        let Some(below) = event.topic.below(base) else { return };
        let topic = format!("{base}/{}", property_of(below)).into_boxed_str();
        // What was refused changes nothing; the one before it may still.
        if event.step != Step::Refused {
            self.wishes.retain(|_, (_, at)| now.saturating_duration_since(*at) < 2 * LATE);
            self.wishes.insert(topic, (event.clone(), now));
        }
    }

    /// The changes in what a device said that nobody asked for.
    pub fn hear(
        &mut self,
        update: &Update,
        now: Instant,
        profile: impl Fn() -> Option<Arc<Profile>>,
    ) -> Vec<Event> {
        let topic = update.message.topic.as_str();
        let Some(base) = update.base.as_ref().filter(|_| property_of(topic) == topic) else {
            return Vec::new();
        };
        let mut events = Vec::new();
        for reading in update.message.payload.readings() {
            let Some(word) = word(&reading.value) else { continue };
            let before = self.remember(topic, reading, word);
            let Some(before) = before.filter(|before| **before != *short(word)) else { continue };
            let below = update.message.topic.below(base).unwrap_or(topic);
            if update.memory || self.is_wished(topic, reading, now) || !is_switch(below, reading, &profile) {
                continue;
            }
            events.push(Event {
                device: Some(base.as_str().into()),
                before: Some(before),
                from: None,
                by: None,
                ..Event::new(Kind::Change, "changed").about(topic).payload(&said(reading, word))
            });
        }
        events
    }

    fn is_wished(&self, topic: &str, reading: &Reading, now: Instant) -> bool {
        let Some((event, at)) = self.wishes.get(topic) else { return false };
        let since = now.saturating_duration_since(*at);
        let named = event.payload.readings().iter().find(|wish| wish.key == reading.key);
        match named {
            Some(wish) => (!event.step.is_final() || since < LATE) && wish.value.means(&reading.value),
            None => !event.step.is_final() || since < ALONG,
        }
    }
}

/// `state: on`, or the bare word.
fn said(reading: &Reading, word: &str) -> String {
    if reading.key.is_empty() { word.to_owned() } else { format!("{}: {word}", reading.key) }
}

/// Values of switches and choices are words.
fn word(value: &Value) -> Option<&str> {
    match value {
        Value::Bool(true) => Some("true"),
        Value::Bool(false) => Some("false"),
        Value::Text(text) => Some(text),
        Value::Number { .. } | Value::Null | Value::Other(_) => None,
    }
}

fn is_switch(below: &str, reading: &Reading, profile: impl Fn() -> Option<Arc<Profile>>) -> bool {
    let is = |kind: &Shown| matches!(kind, Shown::Switch | Shown::Choice(_));
    let known = property(below, &reading.key, &reading.value, None);
    if is(&known.kind) {
        return true;
    }
    let profile = profile();
    let taught = profile.as_ref().and_then(|profile| profile.describe(below, &reading.key));
    taught.is_some_and(|taught| is(&taught.kind) && taught.access == Access::ReadWrite)
}
