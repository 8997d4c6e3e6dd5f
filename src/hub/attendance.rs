//! Who is there: devices speak, fall silent, fall asleep, leave and come back, and their properties follow.
//!
//! A property that is late is stale while its device speaks. A device is silent when everything of it that has a rhythm
//! is late, and it has said nothing else since. What a device says of itself, that it sleeps or leaves, counts at once;
//! its next word brings it back.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::SystemTime;

use super::link::Phase;
use super::links::Link;
use super::presence::Presence;
use super::snapshot::PresenceFact;
use super::state::{Device, Entry, State};
use super::{LinkHandle, Now, iso};
use crate::device::Refusal;
use crate::device::profile::Absence;
use crate::talk::Topic;

/// That a device hears nothing, though its link is up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Away {
    how: Absence,
    since: SystemTime,
}

impl Away {
    /// How properties are that were heard of, or are heard of now from a broker's memory.
    pub(super) fn presence(self) -> Presence {
        self.how.into()
    }
}

impl LinkHandle {
    /// A device of this link has gone though the link has not; its next word brings it back.
    pub fn device_offline(&self, now: Now, base: &Topic, reason: &str) {
        self.device_away(now, base, Absence::Offline, reason);
    }

    /// A device of this link hears nothing though the link does; its next word brings it back.
    pub fn device_away(&self, now: Now, base: &Topic, how: Absence, reason: &str) {
        self.hub().lock().device_away(now, &self.name().into(), base, how, reason);
    }
}

impl State {
    /// Looks for properties that are late, and for devices that have fallen silent with them.
    pub(super) fn find_late(&mut self, now: Now) {
        if now.mono < self.grace {
            return;
        }
        let mut late: Vec<Topic> = Vec::new();
        let mut bases: HashSet<Topic> = HashSet::new();
        for (topic, entry) in &self.entries {
            let is_late = entry.presence == Presence::Online && entry.rhythm.is_overdue(now.mono);
            if is_late {
                late.push(topic.clone());
            }
            if is_late || entry.presence == Presence::Stale {
                bases.extend(entry.base.clone());
            }
        }
        if late.is_empty() && bases.is_empty() {
            return;
        }
        let silent = self.fallen_silent(now, &bases);
        late.sort();
        for topic in late {
            let entry = self.entries.get_mut(&topic);
            let of_device =
                |entry: &&mut Entry| !entry.base.as_ref().is_some_and(|base| silent.contains(base));
            if let Some(entry) = entry.filter(of_device) {
                entry.presence = Presence::Stale;
                self.tell_presence(now, &topic, Presence::Stale);
            }
        }
        if !silent.is_empty() {
            for base in sorted(&silent) {
                self.set_device(now, &base, Presence::Silent, None);
            }
            self.judge(now, &silent, fell_silent);
        }
    }

    /// Those of these devices that have a rhythm, and nothing of them is heard any more.
    fn fallen_silent(&self, now: Now, bases: &HashSet<Topic>) -> HashSet<Topic> {
        let (mut quiet, mut heard) = (HashSet::new(), HashSet::new());
        for entry in self.entries.values() {
            let Some(base) = entry.base.as_ref().filter(|base| bases.contains(*base)) else { continue };
            let Some(device) = self.devices.get(base).filter(|device| device.presence == Presence::Online)
            else {
                continue;
            };
            let is_judged = matches!(entry.presence, Presence::Online | Presence::Stale);
            let Some((due, patience)) = entry.rhythm.due().zip(entry.rhythm.patience()).filter(|_| is_judged)
            else {
                continue;
            };
            // What was late already when the device spoke last tells nothing about the device.
            let is_quiet = |last| last <= due && now.mono.saturating_duration_since(last) > patience;
            if now.mono <= due {
                heard.insert(base);
            } else if device.heard.is_none_or(is_quiet) {
                quiet.insert(base);
            }
        }
        quiet.difference(&heard).map(|base| (*base).clone()).collect()
    }

    /// Judges the properties of devices anew, and tells each that is otherwise now.
    fn judge(&mut self, now: Now, bases: &HashSet<Topic>, follow: impl Fn(&Entry) -> Presence) {
        let mut changed: Vec<Topic> = Vec::new();
        for (topic, entry) in &mut self.entries {
            if !entry.base.as_ref().is_some_and(|base| bases.contains(base)) {
                continue;
            }
            let presence = follow(entry);
            if std::mem::replace(&mut entry.presence, presence) != presence
                && !std::mem::replace(&mut entry.is_judged, true)
            {
                changed.push(topic.clone());
            }
        }
        changed.sort();
        self.judged.extend(changed);
        self.tell_judged(now);
    }

    /// Tells some of what was judged. Thousands at once would push out of the ring what others have not heard.
    pub(super) fn tell_judged(&mut self, now: Now) {
        for _ in 0..self.config.ring / 4 {
            let Some(topic) = self.judged.pop_front() else { return };
            if let Some(entry) = self.entries.get_mut(&topic) {
                entry.is_judged = false;
                let presence = entry.presence;
                self.tell_presence(now, &topic, presence);
            }
        }
    }

    /// A device was heard.
    pub(super) fn device_spoke(&mut self, now: Now, base: &Topic) {
        let Some(device) = self.devices.get_mut(base) else { return };
        (device.last, device.heard) = (Some(now.wall), Some(now.mono));
        if device.presence == Presence::Online {
            return;
        }
        device.away = None;
        self.set_device(now, base, Presence::Online, None);
        let own = self.entries.values_mut().filter(|entry| entry.base.as_ref() == Some(base));
        for entry in own.filter(|entry| entry.presence == Presence::Asleep) {
            // It begins to be late when it wakes.
            entry.rhythm.pause(now.mono);
        }
        self.judge(now, &HashSet::from([base.clone()]), came_back);
    }

    /// A broker remembers something of a device.
    pub(super) fn device_remembered(&mut self, now: Now, base: &Topic) {
        let Some(device) = self.devices.get(base) else { return };
        let is_unheard = matches!(device.presence, Presence::Unknown | Presence::Offline | Presence::Lost);
        if is_unheard && device.away.is_none() {
            self.set_device(now, base, Presence::Remembered, None);
        }
    }

    /// The link went down: its devices are offline at once and what was asked of them is refused.
    pub(super) fn link_lost(&mut self, now: Now, name: &str, reason: &str) {
        let own = self.devices.iter_mut().filter(|(_, device)| *device.link == *name);
        let mut bases = Vec::new();
        for (base, device) in own {
            device.away = None;
            bases.push(base.clone());
        }
        bases.sort();
        self.devices_left(now, &bases, Absence::Offline, reason, went_down);
        self.refuse_lost(now, reason, |pending| *pending.link == *name);
    }

    /// A device hears nothing, though its link does.
    pub(super) fn device_away(
        &mut self,
        now: Now,
        link: &Arc<str>,
        base: &Topic,
        how: Absence,
        reason: &str,
    ) {
        let Some(device) = self.devices.get_mut(base).filter(|device| device.link == *link) else { return };
        if device.away.is_none_or(|away| away.how != how) {
            device.away = Some(Away { how, since: now.wall });
        }
        self.devices_left(now, std::slice::from_ref(base), how, reason, |entry| went_away(entry, how));
        self.refuse_lost(now, reason, |pending| pending.event.base.as_ref() == Some(base));
    }

    /// Devices went away: what they said is not said any more.
    fn devices_left(
        &mut self,
        now: Now,
        bases: &[Topic],
        how: Absence,
        reason: &str,
        follow: impl Fn(&Entry) -> Presence,
    ) {
        let reason: Arc<str> = reason.into();
        for base in bases {
            self.set_device(now, base, how.into(), Some(reason.clone()));
        }
        let bases: HashSet<Topic> = bases.iter().cloned().collect();
        for entry in self.entries.values_mut() {
            if entry.base.as_ref().is_some_and(|base| bases.contains(base)) {
                entry.rhythm.pause(now.mono);
            }
        }
        self.judge(now, &bases, follow);
    }

    fn set_device(&mut self, now: Now, base: &Topic, presence: Presence, reason: Option<Arc<str>>) {
        let Some(device) = self.devices.get_mut(base) else { return };
        if device.presence == presence && device.reason == reason {
            return;
        }
        if device.presence != presence {
            device.since = Some(now.wall);
        }
        (device.presence, device.reason) = (presence, reason);
        self.tell_presence(now, base, presence);
    }

    /// `$hub/presence/<topic>` of a property or of a device's base.
    pub(super) fn tell_presence(&mut self, now: Now, topic: &Topic, presence: Presence) {
        let entry = self.entries.get(topic);
        // When a broker's memory was said is known to nobody.
        let said = entry.and_then(|entry| entry.update.as_ref()).filter(|update| !update.memory);
        let device = self.devices.get(topic);
        let name = device.and_then(Device::called);
        let fact = PresenceFact {
            last: said.map(|update| update.at).or_else(|| device.and_then(|device| device.last)),
            since: device.and_then(|device| device.since),
            usual: entry.and_then(|entry| entry.rhythm.usual()),
            reason: device.and_then(|device| device.reason.as_deref()),
            name: name.as_deref(),
            ..PresenceFact::new(presence)
        };
        let fact = fact.to_payload();
        if let Ok(about) = Topic::new(&format!("$hub/presence/{topic}")) {
            self.tell_payload(now, &about, fact);
        }
    }
}

impl Device {
    /// Whether a command reaches it now; it is never kept for later.
    pub(super) fn is_reached(&self, base: &Topic, link: &Link) -> Result<(), Refusal> {
        const NOT: &str = "the command was NOT delivered";
        let reason = self.reason.as_deref().unwrap_or("gone");
        match (link.state.phase, self.away) {
            (Phase::Up, None) => Ok(()),
            (Phase::Connecting | Phase::Waiting | Phase::Down, _) => {
                let (since, why) = (iso(link.since), &link.state.reason);
                Err(Refusal::new("offline", format!("`{base}` is offline since {since} ({why}); {NOT}")))
            }
            (Phase::Up, Some(Away { how: Absence::Offline, since })) => {
                let since = iso(since);
                Err(Refusal::new("offline", format!("`{base}` is offline since {since} ({reason}); {NOT}")))
            }
            (Phase::Up, Some(Away { how: Absence::Lost, since })) => {
                let since = iso(since);
                Err(Refusal::new("offline", format!("`{base}` is lost since {since} ({reason}); {NOT}")))
            }
            (Phase::Up, Some(Away { how: Absence::Asleep, since })) => {
                let since = iso(since);
                let last = self.last.map_or("it was not heard yet".to_owned(), |last| {
                    format!("it was last heard at {}", iso(last))
                });
                let again = "ask again when it is awake";
                let told = format!("`{base}` sleeps since {since} ({reason}) and {last}; {NOT}, {again}");
                Err(Refusal::new("asleep", told))
            }
        }
    }
}

/// A property whose device has fallen silent.
fn fell_silent(entry: &Entry) -> Presence {
    match entry.presence {
        Presence::Online | Presence::Stale | Presence::Silent => Presence::Silent,
        known @ (Presence::Unknown
        | Presence::Remembered
        | Presence::Asleep
        | Presence::Offline
        | Presence::Lost) => known,
    }
}

/// A property whose device is heard again, by another word than its own.
fn came_back(entry: &Entry) -> Presence {
    match entry.presence {
        // What speaks only on occasion is present again with its device; the others speak for themselves.
        Presence::Silent if entry.rhythm.usual().is_none() => Presence::Online,
        Presence::Silent => Presence::Stale,
        // It was live when the device fell asleep.
        Presence::Asleep => Presence::Online,
        // What never speaks is there with its device.
        Presence::Offline | Presence::Lost if entry.update.is_none() => Presence::Online,
        known @ (Presence::Unknown
        | Presence::Remembered
        | Presence::Online
        | Presence::Stale
        | Presence::Offline
        | Presence::Lost) => known,
    }
}

/// A property whose link went down. What is remembered from before stays so: it was not live.
fn went_down(entry: &Entry) -> Presence {
    match entry.presence {
        Presence::Online
        | Presence::Stale
        | Presence::Silent
        | Presence::Asleep
        | Presence::Offline
        | Presence::Lost => Presence::Offline,
        known @ (Presence::Unknown | Presence::Remembered) => known,
    }
}

/// A property whose device is away. In a sleep what was live stays true, and what was not is only remembered.
fn went_away(entry: &Entry, how: Absence) -> Presence {
    match (how, entry.presence) {
        (_, Presence::Unknown) => Presence::Unknown,
        (Absence::Offline, _) => Presence::Offline,
        (Absence::Lost, _) => Presence::Lost,
        (Absence::Asleep, Presence::Remembered | Presence::Offline | Presence::Lost) => Presence::Remembered,
        (Absence::Asleep, Presence::Online | Presence::Stale | Presence::Silent | Presence::Asleep) => {
            Presence::Asleep
        }
    }
}

fn sorted(bases: &HashSet<Topic>) -> Vec<Topic> {
    let mut bases: Vec<Topic> = bases.iter().cloned().collect();
    bases.sort();
    bases
}
