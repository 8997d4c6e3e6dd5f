//! The last value of every property: what is kept, what is only listed, what is remembered from before a restart.

use std::sync::Arc;
use std::time::SystemTime;

use super::attendance::Away;
use super::counts::Fault;
use super::presence::Presence;
use super::state::{Entry, State};
use super::teach::Manners;
use super::{Now, Update};
use crate::device::listed_keys;
use crate::device::vocabulary::is_impossible;
use crate::talk::dialect::HANDSHAKE_OK;
use crate::talk::{Message, Payload, Topic};

/// The most properties kept; what comes beyond is told but not kept, and counted.
const MAX_ENTRIES: usize = 20_000;
/// The most bytes of topics and payloads kept; the same holds beyond it.
const MAX_KEPT: usize = 32 << 20;

/// A last value as it is kept over a restart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// What was said, with its complete topic.
    pub message: Message,
    /// When it was said, or until when at the latest.
    pub at: SystemTime,
    /// Known from a broker's memory only: it was said at an unknown time before.
    pub memory: bool,
}

impl Entry {
    /// Minds how its property speaks.
    pub(super) fn mind(&mut self, manners: Manners) {
        self.is_occasional = manners.is_occasional;
        self.rhythm.promise(manners.interval);
    }

    fn says(&self, payload: &Payload) -> bool {
        self.update.as_ref().is_some_and(|known| known.message.payload == *payload)
    }
}

impl State {
    /// Whether the device itself says something else now.
    pub(super) fn is_live_otherwise(&self, message: &Message) -> bool {
        let known = self.entries.get(&message.topic);
        known.is_some_and(|known| known.presence == Presence::Online && !known.says(&message.payload))
    }

    pub(super) fn keep(&mut self, now: Now, link: &Arc<str>, base: Option<&Topic>, update: &Arc<Update>) {
        let topic = &update.message.topic;
        if !update.memory {
            let readings = update.message.payload.readings().iter();
            let strange = readings.filter(|reading| is_impossible(topic.as_str(), reading)).count();
            self.count(link, Fault::OutOfRange, strange as u64);
        }
        if update.memory && self.entries.get(topic).is_some_and(|entry| entry.says(&update.message.payload)) {
            // Known with an older time, which is nearer to when it was said.
            return self.recall(now, topic);
        }
        let before = self.entries.get(topic).map(|entry| entry.update.as_deref().map_or(0, Update::weight));
        let kept = self.kept - before.unwrap_or(0) + update.weight();
        if before.is_none() && self.entries.len() >= MAX_ENTRIES || kept > MAX_KEPT {
            if self.untold != update.seq {
                // One message is dropped once, whatever all was not done with it.
                self.count(link, Fault::Dropped, 1);
            }
            // Better nothing than an old value that is shown as live.
            self.drop_entry(topic);
            return;
        }
        self.kept = kept;
        let is_new = self.entries.get(topic).is_none_or(|entry| entry.update.is_none());
        let manners = is_new.then(|| self.manners(base, topic));
        let entry = self.entries.entry(topic.clone()).or_default();
        if let Some(manners) = manners {
            entry.mind(manners);
        }
        if entry.base.is_none() {
            entry.base = base.cloned();
        }
        entry.update = Some(update.clone());
        if update.memory {
            // Whoever said something else was heard by the broker and not by us.
            if matches!(entry.presence, Presence::Stale | Presence::Silent | Presence::Asleep) {
                entry.presence = Presence::Unknown;
            }
            return self.recall(now, topic);
        }
        if !entry.is_occasional {
            entry.rhythm.hear(now.mono);
        }
        if entry.presence != Presence::Online {
            entry.presence = Presence::Online;
            self.tell_presence(now, topic, Presence::Online);
        }
    }

    /// A value is known from a broker's memory: not heard now, though its device may be heard otherwise.
    fn recall(&mut self, now: Now, topic: &Topic) {
        let Some(entry) = self.entries.get_mut(topic) else { return };
        let device = entry.base.as_ref().and_then(|base| self.devices.get(base));
        let away = device.and_then(|device| device.away).map(Away::presence);
        let presence = match entry.presence {
            Presence::Unknown | Presence::Offline | Presence::Lost => match away {
                // What is remembered of a device that sleeps was not heard before it fell asleep.
                None | Some(Presence::Asleep) => Presence::Remembered,
                Some(gone) => gone,
            },
            known @ (Presence::Remembered
            | Presence::Online
            | Presence::Stale
            | Presence::Silent
            | Presence::Asleep) => known,
        };
        if entry.presence != presence {
            entry.presence = presence;
            self.tell_presence(now, topic, presence);
        }
    }

    /// Takes a property out; returns the base of its device.
    pub(super) fn drop_entry(&mut self, topic: &Topic) -> Option<Topic> {
        let entry = self.entries.remove(topic)?;
        self.kept -= entry.update.as_deref().map_or(0, Update::weight);
        entry.base
    }

    /// A device answers a request: some answers tell what it is and what it has.
    pub(super) fn answered(&mut self, now: Now, base: Option<&Topic>, update: &Update) {
        #[derive(serde::Deserialize)]
        struct Introduction {
            device: Option<String>,
        }
        let relative = base.and_then(|base| update.message.topic.below(base));
        let Some(base) = base.filter(|_| relative == Some(HANDSHAKE_OK)) else {
            return self.list(now, base, update);
        };
        if let Some(Introduction { device: Some(word) }) = update.message.payload.get() {
            self.introduce(now, base, Some(&word));
        }
    }

    /// A device list names properties that have not spoken yet: they are shown as unknown.
    fn list(&mut self, now: Now, base: Option<&Topic>, update: &Update) {
        #[derive(serde::Deserialize)]
        struct List {
            #[serde(default)]
            sensors: Vec<String>,
            #[serde(default)]
            actuators: Vec<String>,
        }
        let topic = update.message.topic.as_str();
        let Some(base) =
            base.filter(|_| topic.ends_with("/-/-/config/ok") || topic.ends_with("/-/-/config/list/ok"))
        else {
            return;
        };
        let Some(List { sensors, actuators }) = update.message.payload.get() else { return };
        let ids = sensors.iter().chain(&actuators).filter_map(|id| Topic::new(id).ok());
        let listed: Vec<Topic> = ids.map(|id| base.join(&id)).collect();
        for topic in &listed {
            if listed_keys(topic.as_str()).next().is_some()
                && !self.entries.contains_key(topic)
                && self.entries.len() < MAX_ENTRIES
            {
                let entry = Entry { base: Some(base.clone()), ..Entry::default() };
                self.entries.insert(topic.clone(), entry);
                self.tell_presence(now, topic, Presence::Unknown);
            }
        }
        if let Some(device) = self.devices.get_mut(base) {
            device.listed = Some(listed);
        }
    }

    pub(super) fn remembered(&self) -> Vec<Kept> {
        let kept = self.entries.values().filter_map(|entry| entry.update.as_ref());
        kept.map(|update| Kept { message: update.message.clone(), at: update.at, memory: update.memory })
            .collect()
    }

    pub(super) fn restore(&mut self, now: Now, kept: Kept) {
        let Kept { message, at, memory } = kept;
        if self.entries.len() >= MAX_ENTRIES || self.entries.contains_key(&message.topic) {
            return;
        }
        let topic = message.topic.clone();
        let base = self.base_of(&topic);
        let at = Now { wall: at, ..now };
        let update = Update { memory, ..Update::new(at, "remembered".into(), base.clone(), message) };
        let update = self.say(update);
        self.kept += update.weight();
        let manners = self.manners(base.as_ref(), &topic);
        let mut entry =
            Entry { base, update: Some(update), presence: Presence::Remembered, ..Entry::default() };
        entry.mind(manners);
        self.entries.insert(topic, entry);
    }
}
