//! Everything under the hub's lock: properties, devices, links, commands under way, and the ring everyone listens to.
//!
//! Each change is told in the same breath as it is made, so a snapshot and the stream after it never contradict.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use tokio::sync::{broadcast, mpsc};

use super::command::{CommandEvent, Pending};
use super::link::{Counts, Fault, LinkInfo, LinkState, Outgoing, Phase};
use super::presence::{Presence, Rhythm};
use super::snapshot::{DeviceView, EntryView, LinkView, Snapshot};
use super::{HubConfig, Now, Update};
use crate::device::is_occasional;
use crate::talk::model::Scenario;
use crate::talk::{Message, Payload, Topic};

/// The most properties kept; what comes beyond is told but not kept, and counted.
const MAX_ENTRIES: usize = 20_000;
/// The most bytes of topics and payloads kept; the same holds beyond it.
const MAX_KEPT: usize = 32 << 20;

pub(super) struct State {
    pub(super) config: HubConfig,
    pub(super) seq: u64,
    ring: Option<broadcast::Sender<Arc<Update>>>,
    pub(super) entries: HashMap<Topic, Entry>,
    /// What their last words weigh together.
    kept: usize,
    pub(super) devices: HashMap<Topic, Device>,
    pub(super) links: HashMap<Arc<str>, Link>,
    /// By the complete topic of the property they want to change.
    pub(super) pending: HashMap<Topic, Vec<Pending>>,
    pub(super) commands: u64,
    pub(super) ticked: Now,
    /// After a sleep of the whole process nobody is called late before this moment.
    pub(super) grace: Instant,
    hub: Arc<str>,
}

#[derive(Default)]
pub(super) struct Entry {
    pub(super) base: Option<Topic>,
    pub(super) update: Option<Arc<Update>>,
    pub(super) rhythm: Rhythm,
    pub(super) presence: Presence,
    pub(super) failed: Option<Arc<CommandEvent>>,
}

pub(super) struct Device {
    pub(super) link: Arc<str>,
    /// The properties it listed; `None` until it did.
    pub(super) listed: Option<Vec<Topic>>,
    pub(super) presence: Presence,
    pub(super) last: Option<SystemTime>,
}

pub(super) struct Link {
    pub(super) info: LinkInfo,
    pub(super) state: LinkState,
    pub(super) since: SystemTime,
    pub(super) counts: Counts,
    pub(super) told: Counts,
    pub(super) outbox: mpsc::Sender<Outgoing>,
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
            ring: Some(broadcast::Sender::new(config.ring)),
            entries: HashMap::new(),
            kept: 0,
            devices: HashMap::new(),
            links: HashMap::new(),
            pending: HashMap::new(),
            commands: 0,
            ticked: now,
            grace: now.mono,
            hub: "hub".into(),
        }
    }

    pub(super) fn attach(&mut self, now: Now, info: LinkInfo, outbox: mpsc::Sender<Outgoing>) {
        // A link that was cut off while it was up said no good-bye.
        if let Some(before) = self.links.get(&info.name)
            && before.state.phase == Phase::Up
        {
            self.link_lost(now, &info.name, before.info.base.clone().as_ref(), "the link was started again");
        }
        if let Some(base) = &info.base {
            let device = self.devices.entry(base.clone()).or_insert_with(|| Device::new(info.name.clone()));
            device.link = info.name.clone();
            for (topic, entry) in &mut self.entries {
                if topic.below(base).is_some() {
                    entry.base = Some(base.clone());
                }
            }
        }
        let state = LinkState::not_up(Phase::Connecting, "connecting", "being opened", "");
        let name = info.name.clone();
        let link =
            Link { info, state, since: now.wall, counts: Counts::default(), told: Counts::default(), outbox };
        self.links.insert(name.clone(), link);
        self.tell_link(now, &name);
    }

    pub(super) fn detach(&mut self, now: Now, name: &str) {
        let state = LinkState::not_up(Phase::Down, "removed", "removed from the configuration", "");
        self.link_state(now, name, state);
        self.links.remove(name);
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
        let update = self.say(now, link.clone(), base.clone(), Message::new(full, message.payload), None);
        match scenario {
            Scenario::Data => self.keep(now, link, base.as_ref(), &update),
            Scenario::Ok => self.list(now, base.as_ref(), &update),
            _ => {}
        }
        if let Some(base) = &base {
            self.device_spoke(now, base);
        }
        if !self.pending.is_empty() {
            self.settle(now, scenario, &update);
        }
    }

    /// Makes an update, tells it, returns it.
    pub(super) fn say(
        &mut self,
        now: Now,
        from: Arc<str>,
        base: Option<Topic>,
        message: Message,
        event: Option<Arc<CommandEvent>>,
    ) -> Arc<Update> {
        self.seq += 1;
        let update = Arc::new(Update { seq: self.seq, at: now.wall, from, base, message, event });
        if let Some(ring) = &self.ring {
            // No listener is no error: the value is kept for those who come later.
            let _ = ring.send(update.clone());
        }
        update
    }

    pub(super) fn tell(&mut self, now: Now, topic: &Topic, payload: &impl serde::Serialize) {
        self.tell_payload(now, topic, Payload::of(payload));
    }

    pub(super) fn tell_payload(&mut self, now: Now, topic: &Topic, payload: Payload) {
        let message = Message::new(topic.clone(), payload);
        self.say(now, self.hub.clone(), None, message, None);
    }

    pub(super) fn tell_event(&mut self, now: Now, event: Arc<CommandEvent>) {
        let Ok(topic) = Topic::new("$hub/command") else { return };
        let message = Message::new(topic, event.to_payload(event.topic.as_str()));
        self.say(now, self.hub.clone(), event.base.clone(), message, Some(event));
    }

    fn keep(&mut self, now: Now, link: &Arc<str>, base: Option<&Topic>, update: &Arc<Update>) {
        let topic = &update.message.topic;
        let before = self.entries.get(topic).map(|entry| entry.update.as_deref().map_or(0, Update::weight));
        let kept = self.kept - before.unwrap_or(0) + update.weight();
        if before.is_none() && self.entries.len() >= MAX_ENTRIES || kept > MAX_KEPT {
            self.count(link, Fault::Dropped, 1);
            // Better nothing than an old value that is shown as live.
            self.entries.remove(topic);
            self.kept -= before.unwrap_or(0);
            return;
        }
        self.kept = kept;
        let entry = self.entries.entry(topic.clone()).or_default();
        if entry.base.is_none() {
            entry.base = base.cloned();
        }
        entry.update = Some(update.clone());
        // A switch or a counter speaks when something happens: that it was regular for a while promises nothing.
        if !is_occasional(topic.as_str()) {
            entry.rhythm.hear(now.mono);
        }
        if entry.presence != Presence::Online {
            entry.presence = Presence::Online;
            self.tell_presence(now, topic, Presence::Online);
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
            if crate::device::listed_keys(topic.as_str()).next().is_some()
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

    pub(super) fn link_state(&mut self, now: Now, name: &str, state: LinkState) {
        let Some(link) = self.links.get_mut(name) else { return };
        if link.state == state {
            return;
        }
        let was_up = link.state.phase == Phase::Up;
        let (is_up, base, reason) = (state.phase == Phase::Up, link.info.base.clone(), state.reason.clone());
        // Whether `unplugged` or by now `missing`: it is gone since the moment it went.
        if was_up != is_up {
            link.since = now.wall;
        }
        link.state = state;
        self.tell_link(now, name);
        if was_up && !is_up {
            self.link_lost(now, name, base.as_ref(), &reason);
        }
    }

    pub(super) fn count(&mut self, name: &str, fault: Fault, n: u64) {
        if let Some(link) = self.links.get_mut(name) {
            link.counts.add(fault, n);
        }
    }

    /// Tells the state and the counts of a link.
    pub(super) fn tell_link(&mut self, now: Now, name: &str) {
        let Some(link) = self.links.get_mut(name) else { return };
        link.told = link.counts;
        let (payload, base) = (link.view().to_payload(), link.info.base.clone());
        let Ok(topic) = Topic::new(&format!("$hub/link/{name}")) else { return };
        self.say(now, self.hub.clone(), base, Message::new(topic, payload), None);
    }

    pub(super) fn listen(&self) -> broadcast::Receiver<Arc<Update>> {
        self.ring.as_ref().map_or_else(|| broadcast::Sender::new(1).subscribe(), broadcast::Sender::subscribe)
    }

    pub(super) fn close(&mut self) {
        self.ring = None;
    }

    pub(super) fn bases(&self) -> Vec<(Topic, Arc<str>)> {
        self.devices.iter().map(|(base, device)| (base.clone(), device.link.clone())).collect()
    }

    pub(super) fn remembered(&self) -> Vec<(Message, SystemTime)> {
        let kept = self.entries.values().filter_map(|entry| entry.update.as_ref());
        kept.map(|update| (update.message.clone(), update.at)).collect()
    }

    pub(super) fn restore(&mut self, now: Now, message: Message, at: SystemTime) {
        if self.entries.len() >= MAX_ENTRIES || self.entries.contains_key(&message.topic) {
            return;
        }
        let topic = message.topic.clone();
        let base = self
            .devices
            .keys()
            .filter(|base| topic.below(base).is_some())
            .max_by_key(|base| base.as_str().len());
        let base = base.cloned();
        let at = Now { wall: at, ..now };
        let update = self.say(at, "remembered".into(), base.clone(), message, None);
        self.kept += update.weight();
        let entry = Entry { base, update: Some(update), presence: Presence::Remembered, ..Entry::default() };
        self.entries.insert(topic, entry);
    }

    pub(super) fn snapshot(&self, now: Now) -> Snapshot {
        let mut entries: Vec<EntryView> =
            self.entries.iter().map(|(topic, entry)| self.entry(topic, entry)).collect();
        entries.sort_by(|a, b| a.topic.cmp(&b.topic));
        let mut devices: Vec<DeviceView> =
            self.devices.iter().map(|(base, device)| device.view(base)).collect();
        devices.sort_by(|a, b| a.base.cmp(&b.base));
        let mut links: Vec<LinkView> = self.links.values().map(Link::view).collect();
        links.sort_by(|a, b| a.name.cmp(&b.name));
        Snapshot { seq: self.seq, at: now.wall, entries, devices, links }
    }

    fn entry(&self, topic: &Topic, entry: &Entry) -> EntryView {
        let pending = self.pending.get(topic).and_then(|all| all.last());
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
        Self { link, listed: None, presence: Presence::Unknown, last: None }
    }

    fn view(&self, base: &Topic) -> DeviceView {
        DeviceView { base: base.clone(), link: self.link.clone(), presence: self.presence, last: self.last }
    }
}

impl Link {
    fn view(&self) -> LinkView {
        LinkView {
            name: self.info.name.clone(),
            kind: self.info.kind,
            base: self.info.base.clone(),
            state: self.state.clone(),
            since: self.since,
            counts: self.counts,
        }
    }
}
