//! From what the hub tells to what is recorded: numbers each time, truths and words when they change, and a gap where
//! nobody knows any more.
//!
//! Values that a broker remembers were said at an unknown time and are not recorded. A number that comes more often
//! than it is recorded is held, and recorded when its time has come and no other followed.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::series::{Key, Kind};
use super::settings::Settings;
use super::store::Recorded;
use crate::hub::{Presence, Update};
use crate::talk::model::{Reading, Scenario, Value};

/// The longest word that is recorded; longer ones are texts for people.
const LONGEST_WORD: usize = 64;
/// A quantity that says more words than this within a run says texts.
const MOST_WORDS: usize = 200;
/// The most quantities that are not recorded and known by name.
const MOST_LEFT_OUT: usize = 1_000;
/// What the hub says about the presence of a topic.
const PRESENCE: &str = "$hub/presence/";

/// What is followed, and what each of it said last.
pub struct Tracker {
    settings: Settings,
    topics: HashMap<Box<str>, Followed>,
    /// How many more series there may be.
    room: usize,
    /// Quantities that are not recorded, because there are too many or because they say texts.
    left_out: HashSet<(Box<str>, Box<str>)>,
}

/// A topic.
struct Followed {
    every_ms: i64,
    quantities: Vec<Quantity>,
}

/// A quantity of a topic.
struct Quantity {
    key: Key,
    last: Last,
    at: i64,
    /// A number that came too early.
    held: Option<(i64, f64)>,
    words: Words,
}

/// What was recorded last.
#[derive(Clone, Debug, PartialEq)]
enum Last {
    /// Nothing in this run, or a gap.
    Nothing,
    Number,
    Truth(bool),
    Word(Box<str>),
}

/// Different words that were said.
enum Words {
    Some(Vec<Box<str>>),
    TooMany,
}

impl Tracker {
    /// Nothing was heard yet.
    pub fn new(settings: Settings) -> Self {
        let room = settings.series;
        Self { settings, topics: HashMap::new(), room, left_out: HashSet::new() }
    }

    /// What is recorded and kept.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Quantities that are not recorded, because there are too many or because they say texts.
    pub fn left_out(&self) -> usize {
        self.left_out.len()
    }

    /// Hears an update; `by` is how many milliseconds its time is to be moved. Calls `record` with what it comes to.
    pub fn hear(&mut self, update: &Update, by: i64, record: &mut impl FnMut(&Key, i64, Recorded<'_>)) {
        let topic = update.message.topic.as_str();
        let at = millis(update.at).saturating_add(by);
        if let Some(about) = topic.strip_prefix(PRESENCE) {
            if is_gone(update) {
                self.lose(about, at, record);
            }
            return;
        }
        let below = update.base.as_ref().and_then(|base| update.message.topic.below(base));
        let is_data = Scenario::of(below.unwrap_or(topic)) == Scenario::Data;
        if update.memory || update.is_own() || !is_data {
            return;
        }
        if !self.topics.contains_key(topic) {
            if !self.settings.records(topic, update.base.is_some()) {
                return;
            }
            let every_ms = in_millis(self.settings.every(topic));
            self.topics.insert(topic.into(), Followed { every_ms, quantities: Vec::new() });
        }
        let Some(followed) = self.topics.get_mut(topic) else { return };
        let every_ms = followed.every_ms;
        for reading in update.message.payload.readings() {
            let room = &mut self.room;
            let is_recorded = match followed.quantity(topic, reading, room) {
                Some(quantity) => quantity.hear(reading, at, every_ms, record),
                None => Kind::of_value(&reading.value).is_none(),
            };
            if !is_recorded && self.left_out.len() < MOST_LEFT_OUT {
                self.left_out.insert((topic.into(), reading.key.clone()));
            }
        }
    }

    /// Records numbers that were held and that no other followed.
    pub fn settle(&mut self, now: i64, record: &mut impl FnMut(&Key, i64, Recorded<'_>)) {
        for followed in self.topics.values_mut() {
            for quantity in &mut followed.quantities {
                let is_due = now.saturating_sub(quantity.at) >= followed.every_ms;
                if let Some((at, number)) = quantity.held.take_if(|_| is_due) {
                    quantity.at = at;
                    record(&quantity.key, at, Recorded::Number(number));
                }
            }
        }
    }

    /// The wall clock was set: everything that was heard was heard so much later.
    pub fn shift(&mut self, by: i64) {
        for quantity in self.topics.values_mut().flat_map(|followed| &mut followed.quantities) {
            quantity.at = quantity.at.saturating_add(by);
            if let Some((at, _)) = &mut quantity.held {
                *at = at.saturating_add(by);
            }
        }
    }

    /// Nobody knows any more what this topic, or everything below it, is.
    fn lose(&mut self, about: &str, at: i64, record: &mut impl FnMut(&Key, i64, Recorded<'_>)) {
        let is_meant = |topic: &str| {
            topic.strip_prefix(about).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let meant = self.topics.iter_mut().filter(|(topic, _)| is_meant(topic));
        for quantity in meant.flat_map(|(_, followed)| &mut followed.quantities) {
            quantity.lose(at, record);
        }
    }
}

impl Followed {
    /// The series of a reading; nothing if it cannot be recorded, or if there is no room for another one.
    fn quantity(&mut self, topic: &str, reading: &Reading, room: &mut usize) -> Option<&mut Quantity> {
        let kind = Kind::of_value(&reading.value);
        let known = self.quantities.iter().position(|quantity| quantity.key.quantity == reading.key);
        if let Some(at) = known {
            let quantity = self.quantities.get_mut(at)?;
            // A null has no kind and no unit; anything else that differs begins another series.
            if let Some(kind) = kind
                && (quantity.key.kind != kind || quantity.key.unit != reading.unit)
            {
                quantity.key.kind = kind;
                quantity.key.unit.clone_from(&reading.unit);
                (quantity.last, quantity.held) = (Last::Nothing, None);
            }
            return Some(quantity);
        }
        let kind = kind?;
        *room = room.checked_sub(1)?;
        let key =
            Key { topic: topic.into(), quantity: reading.key.clone(), kind, unit: reading.unit.clone() };
        let words = Words::Some(Vec::new());
        self.quantities.push(Quantity { key, last: Last::Nothing, at: i64::MIN, held: None, words });
        self.quantities.last_mut()
    }
}

impl Quantity {
    /// Whether it is recorded; it may turn out to say texts.
    fn hear(
        &mut self,
        reading: &Reading,
        at: i64,
        every_ms: i64,
        record: &mut impl FnMut(&Key, i64, Recorded<'_>),
    ) -> bool {
        match &reading.value {
            Value::Number { value, .. } => {
                let is_early =
                    self.last == Last::Number && at >= self.at && at.saturating_sub(self.at) < every_ms;
                if is_early {
                    self.held = Some((at, *value));
                } else {
                    (self.last, self.at, self.held) = (Last::Number, at, None);
                    record(&self.key, at, Recorded::Number(*value));
                }
            }
            Value::Bool(truth) if self.last != Last::Truth(*truth) => {
                (self.last, self.at) = (Last::Truth(*truth), at);
                record(&self.key, at, Recorded::Truth(*truth));
            }
            Value::Text(word) => return self.hear_word(word, at, record),
            Value::Null => self.lose(at, record),
            Value::Bool(_) | Value::Other(_) => {}
        }
        true
    }

    fn hear_word(&mut self, word: &str, at: i64, record: &mut impl FnMut(&Key, i64, Recorded<'_>)) -> bool {
        let Words::Some(said) = &mut self.words else { return false };
        if matches!(&self.last, Last::Word(last) if **last == *word) {
            return true;
        }
        if !said.iter().any(|known| **known == *word) {
            said.push(word.into());
        }
        if said.len() > MOST_WORDS || word.len() > LONGEST_WORD {
            self.words = Words::TooMany;
            self.lose(at, record);
            return false;
        }
        (self.last, self.at) = (Last::Word(word.into()), at);
        record(&self.key, at, Recorded::Word(word));
        true
    }

    /// From here on nobody knows.
    fn lose(&mut self, at: i64, record: &mut impl FnMut(&Key, i64, Recorded<'_>)) {
        if let Some((at, number)) = self.held.take() {
            record(&self.key, at, Recorded::Number(number));
        }
        if self.last != Last::Nothing {
            self.last = Last::Nothing;
            record(&self.key, at, Recorded::Unknown);
        }
    }
}

impl Kind {
    /// What a value is; nothing if it is nothing that can be recorded.
    fn of_value(value: &Value) -> Option<Self> {
        match value {
            Value::Number { .. } => Some(Self::Number),
            Value::Bool(_) => Some(Self::Truth),
            Value::Text(_) => Some(Self::Word),
            Value::Null | Value::Other(_) => None,
        }
    }
}

/// Whether this says of something that nobody knows any more what it is. What sleeps is as it was.
fn is_gone(update: &Update) -> bool {
    #[derive(serde::Deserialize)]
    struct Fact {
        presence: Presence,
    }
    let told: Option<Fact> = update.message.payload.get();
    told.is_some_and(|told| !matches!(told.presence, Presence::Online | Presence::Asleep))
}

/// Milliseconds since 1970.
pub fn millis(at: SystemTime) -> i64 {
    match at.duration_since(UNIX_EPOCH) {
        Ok(since) => in_millis(since),
        Err(before) => -in_millis(before.duration()),
    }
}

/// A length of time in milliseconds.
pub fn in_millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
