//! Everything under the hub's lock: properties, devices, links, commands under way, and the ring everyone listens to.
//!
//! Each change is told in the same breath as it is made, so a snapshot and the stream after it never contradict.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use tokio::sync::broadcast;

use super::attendance::Away;
use super::claim::Held;
use super::command::{CommandEvent, Pending};
use super::counts::Fault;
use super::links::Link;
use super::presence::{Presence, Rhythm};
use super::ring::Ring;
use super::snapshot::{DeviceView, EntryView, LinkView, Snapshot};
use super::standing::{Decision, Standing};
use super::{HubConfig, Now, Update};
use crate::device::catalog::Catalog;
use crate::device::profile::Profile;
use crate::talk::model::Scenario;
use crate::talk::{Message, Payload, Topic};

pub(super) struct State {
    pub(super) config: HubConfig,
    pub(super) seq: u64,
    /// The last update that was too large to be told.
    pub(super) untold: u64,
    ring: Ring,
    pub(super) entries: HashMap<Topic, Entry>,
    /// What their last words weigh together.
    pub(super) kept: usize,
    pub(super) devices: HashMap<Topic, Device>,
    pub(super) links: HashMap<Arc<str>, Link>,
    /// What links fall from, if that is known.
    pub(super) blame: Option<Arc<str>>,
    /// The definitions in force.
    pub(super) catalog: Arc<Catalog>,
    /// What is told to newcomers, too, under the hub's own topics.
    pub(super) facts: BTreeMap<Topic, Payload>,
    /// By the topic they lie below.
    pub(super) claims: HashMap<Topic, Vec<Held>>,
    /// What people decided about devices that announced themselves, and dialects whose devices are accepted at once.
    pub(super) decisions: HashMap<Topic, Decision>,
    pub(super) trusted: Vec<Arc<str>>,
    /// By the complete topic of the property they want to change.
    pub(super) pending: HashMap<Topic, Vec<Pending>>,
    pub(super) commands: u64,
    /// Properties whose presence was judged and not told yet.
    pub(super) judged: VecDeque<Topic>,
    pub(super) ticked: Now,
    /// After a sleep of the whole process nobody is called late before this moment.
    pub(super) grace: Instant,
    pub(super) hub: Arc<str>,
}

#[derive(Default)]
pub(super) struct Entry {
    pub(super) base: Option<Topic>,
    pub(super) update: Option<Arc<Update>>,
    pub(super) rhythm: Rhythm,
    /// Whether it speaks when something happens and not by the clock.
    pub(super) is_occasional: bool,
    pub(super) presence: Presence,
    /// Whether it waits in [`State::judged`].
    pub(super) is_judged: bool,
    pub(super) failed: Option<Arc<CommandEvent>>,
}

pub(super) struct Device {
    pub(super) link: Arc<str>,
    /// What a definition teaches about it.
    pub(super) profile: Option<Arc<Profile>>,
    /// What people call it.
    pub(super) name: Option<Arc<str>>,
    /// The properties it listed; `None` until it did.
    pub(super) listed: Option<Vec<Topic>>,
    pub(super) presence: Presence,
    /// Since when it is so.
    pub(super) since: Option<SystemTime>,
    /// Why it is not there, or does not listen.
    pub(super) reason: Option<Arc<str>>,
    /// That it is away itself, though its link may be up.
    pub(super) away: Option<Away>,
    /// When it was heard last.
    pub(super) last: Option<SystemTime>,
    pub(super) heard: Option<Instant>,
}

/// A message on its way in, with everything that can be prepared outside the lock.
pub(super) struct Heard {
    full: Topic,
    message: Message,
    scenario: Scenario,
}

impl Heard {
    pub(super) fn new(message: Message, base: Option<&Topic>) -> Self {
        let full = base.map_or_else(|| message.topic.clone(), |base| base.join(&message.topic));
        let scenario = Scenario::of(message.topic.as_str());
        Self { full, message, scenario }
    }
}

impl State {
    pub(super) fn new(config: HubConfig, now: Now) -> Self {
        Self {
            config,
            seq: 0,
            untold: 0,
            ring: Ring::new(config.ring),
            entries: HashMap::new(),
            kept: 0,
            devices: HashMap::new(),
            links: HashMap::new(),
            blame: None,
            catalog: Arc::default(),
            facts: BTreeMap::new(),
            decisions: HashMap::new(),
            trusted: Vec::new(),
            claims: HashMap::new(),
            pending: HashMap::new(),
            commands: 0,
            judged: VecDeque::new(),
            ticked: now,
            grace: now.mono,
            hub: "hub".into(),
        }
    }

    pub(super) fn publish(&mut self, now: Now, link: &Arc<str>, heard: Heard) {
        let Heard { full, message, scenario } = heard;
        let Some(known) = self.links.get_mut(link) else { return };
        // Below a base, too: clients of that base hear the relative topic, and `$hub/…` is the hub's own word there.
        let is_own = |topic: &Topic| topic.levels().next() == Some("$hub");
        let spoofed = is_own(&full) || is_own(&message.topic);
        if scenario.is_command() || spoofed {
            known.counts.add(Fault::ForeignCommand, 1);
            return;
        }
        known.counts.received += 1;
        let base = known.info.base.clone();
        let message = Message::new(full, message.payload);
        let update = self.say(Update::new(now, link.clone(), base.clone(), message));
        match scenario {
            Scenario::Data => self.keep(now, link, base.as_ref(), &update),
            Scenario::Ok => self.answered(now, base.as_ref(), &update),
            _ => {}
        }
        if let Some(base) = &base {
            self.device_spoke(now, base);
        }
        if !self.pending.is_empty() {
            self.settle(now, scenario, &update);
        }
    }

    /// Gives an update its number, tells it, returns it.
    pub(super) fn say(&mut self, mut update: Update) -> Arc<Update> {
        self.seq += 1;
        update.seq = self.seq;
        let update = Arc::new(update);
        if !self.ring.tell(&update) {
            self.say_too_large(&update);
        }
        update
    }

    /// In the place of an update that is too large to be told beside what slow readers still hold.
    fn say_too_large(&mut self, update: &Update) {
        #[derive(serde::Serialize)]
        struct TooLarge<'a> {
            topic: &'a str,
            bytes: usize,
            from: &'a str,
        }
        self.untold = update.seq;
        self.count(&update.from, Fault::Dropped, 1);
        let Message { topic, payload, .. } = &update.message;
        let told = TooLarge { topic: topic.as_str(), bytes: payload.wire().len(), from: &update.from };
        let Ok(topic) = Topic::new("$hub/too-large") else { return };
        let message = Message::new(topic, Payload::of(&told));
        let (seq, at, from, base) = (update.seq, update.at, self.hub.clone(), update.base.clone());
        let marker = Update { seq, at, from, base, message, event: None, memory: false, via: None };
        // A few words always find room.
        self.ring.tell(&Arc::new(marker));
    }

    pub(super) fn tell(&mut self, now: Now, topic: &Topic, payload: &impl serde::Serialize) {
        self.tell_payload(now, topic, Payload::of(payload));
    }

    pub(super) fn establish(&mut self, now: Now, topic: &Topic, fact: &impl serde::Serialize) {
        let fact = Payload::of(fact);
        self.facts.insert(topic.clone(), fact.clone());
        self.tell_payload(now, topic, fact);
    }

    pub(super) fn withdraw(&mut self, topic: &Topic) {
        self.facts.remove(topic);
    }

    pub(super) fn tell_payload(&mut self, now: Now, topic: &Topic, payload: Payload) {
        let message = Message::new(topic.clone(), payload);
        self.say(Update::new(now, self.hub.clone(), None, message));
    }

    pub(super) fn tell_event(&mut self, now: Now, event: Arc<CommandEvent>) {
        let Ok(topic) = Topic::new("$hub/command") else { return };
        let message = Message::new(topic, event.to_payload(event.topic.as_str()));
        let update = Update::new(now, self.hub.clone(), event.base.clone(), message);
        self.say(Update { event: Some(event), ..update });
    }

    pub(super) fn listen(&self) -> broadcast::Receiver<Arc<Update>> {
        self.ring.listen()
    }

    pub(super) fn close(&mut self) {
        self.ring.close();
    }

    pub(super) fn bases(&self) -> Vec<(Topic, Arc<str>)> {
        self.devices.iter().map(|(base, device)| (base.clone(), device.link.clone())).collect()
    }

    pub(super) fn snapshot(&self, now: Now) -> Snapshot {
        let mut entries: Vec<EntryView> =
            self.entries.iter().map(|(topic, entry)| self.entry(topic, entry)).collect();
        entries.sort_by(|a, b| a.topic.cmp(&b.topic));
        let mut devices: Vec<DeviceView> = self
            .devices
            .iter()
            .map(|(base, device)| device.view(base, self.standing(base, device)))
            .collect();
        devices.sort_by(|a, b| a.base.cmp(&b.base));
        let mut links: Vec<LinkView> = self.links.values().map(|link| link.view(now)).collect();
        links.sort_by(|a, b| a.name.cmp(&b.name));
        let facts = self.facts.iter().map(|(topic, fact)| (topic.clone(), fact.clone())).collect();
        Snapshot { seq: self.seq, at: now.wall, entries, devices, links, facts }
    }

    fn entry(&self, topic: &Topic, entry: &Entry) -> EntryView {
        // What is published by hand to the same topic is no wish of the property.
        let is_wish = |pending: &&Pending| pending.event.delivery.is_none();
        let pending = self.pending.get(topic).and_then(|all| all.iter().rev().find(is_wish));
        EntryView {
            topic: topic.clone(),
            base: entry.base.clone(),
            update: entry.update.clone(),
            presence: entry.presence,
            usual: entry.rhythm.usual(),
            pending: pending.map(|pending| Arc::new(pending.event.clone())),
            failed: entry.failed.clone(),
        }
    }
}

impl Device {
    pub(super) fn new(link: Arc<str>) -> Self {
        Self {
            link,
            profile: None,
            name: None,
            listed: None,
            presence: Presence::Unknown,
            since: None,
            reason: None,
            away: None,
            last: None,
            heard: None,
        }
    }

    /// What people call it: as its own definition says, else as its link does.
    pub(super) fn called(&self) -> Option<Arc<str>> {
        let own = self.profile.as_ref().and_then(|profile| profile.called.as_deref());
        own.map(Into::into).or_else(|| self.name.clone())
    }

    pub(super) fn view(&self, base: &Topic, standing: Standing) -> DeviceView {
        DeviceView {
            base: base.clone(),
            link: self.link.clone(),
            profile: self.profile.clone(),
            standing,
            name: self.called(),
            presence: self.presence,
            since: self.since,
            reason: self.reason.clone(),
            last: self.last,
        }
    }
}
