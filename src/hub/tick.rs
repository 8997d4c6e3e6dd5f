//! What time does to the state: devices fall silent, links are lost, commands end without an answer.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use super::command::{Pending, Step};
use super::presence::Presence;
use super::state::{Entry, State};
use super::{Now, snapshot};
use crate::device::Refusal;
use crate::talk::Topic;

/// A pause between two ticks that means the whole process slept (a suspended laptop, `SIGSTOP`).
const SLEPT: Duration = Duration::from_secs(5);
/// How long after such a pause nobody is called late.
const GRACE: Duration = Duration::from_secs(5);

impl State {
    pub(super) fn tick(&mut self, now: Now) {
        let since = now.mono.saturating_duration_since(self.ticked.mono);
        if since > SLEPT {
            self.grace = now.mono + GRACE;
            self.entries.values_mut().for_each(|entry| entry.rhythm.pause(now.mono));
        }
        self.tell_judged(now);
        if now.mono >= self.grace {
            self.end_late_commands(now);
        }
        // Presence and counts are told once a second however often time passes.
        if since < Duration::from_secs(1) {
            return;
        }
        self.ticked = now;
        self.find_silent(now);
        let changed = |link: &&super::state::Link| link.told != link.counts;
        let names: Vec<Arc<str>> =
            self.links.values().filter(changed).map(|link| link.info.name.clone()).collect();
        for name in names {
            self.tell_link(now, &name);
        }
    }

    fn find_silent(&mut self, now: Now) {
        if now.mono < self.grace {
            return;
        }
        let late = |entry: &Entry| {
            entry.presence == Presence::Online && entry.rhythm.overdue(now.mono) == Some(true)
        };
        let silent: Vec<Topic> =
            self.entries.iter().filter(|(_, entry)| late(entry)).map(|(topic, _)| topic.clone()).collect();
        let mut bases: HashSet<Topic> = HashSet::new();
        for topic in silent {
            if let Some(entry) = self.entries.get_mut(&topic) {
                entry.presence = Presence::Silent;
                bases.extend(entry.base.clone());
            }
            self.tell_presence(now, &topic, Presence::Silent);
        }
        if !bases.is_empty() {
            self.devices_fell_silent(now, bases);
        }
    }

    /// A device is silent when every property with a rhythm is; then those without one are silent too.
    fn devices_fell_silent(&mut self, now: Now, mut bases: HashSet<Topic>) {
        for entry in self.entries.values() {
            if entry.presence == Presence::Online
                && entry.rhythm.usual().is_some()
                && let Some(base) = &entry.base
            {
                bases.remove(base);
            }
        }
        for base in sorted(&bases) {
            self.set_device(now, &base, Presence::Silent);
        }
        self.judge(now, &bases, Presence::Silent, |entry| entry.presence == Presence::Online);
    }

    /// Judges those properties of devices that are meant, and tells each.
    fn judge(&mut self, now: Now, bases: &HashSet<Topic>, presence: Presence, meant: fn(&Entry) -> bool) {
        let of_devices = |entry: &Entry| entry.base.as_ref().is_some_and(|base| bases.contains(base));
        let mut changed: Vec<Topic> = Vec::new();
        for (topic, entry) in &mut self.entries {
            if of_devices(entry) && meant(entry) {
                entry.presence = presence;
                if !std::mem::replace(&mut entry.is_judged, true) {
                    changed.push(topic.clone());
                }
            }
        }
        changed.sort();
        self.judged.extend(changed);
        self.tell_judged(now);
    }

    /// Tells some of what was judged. Thousands at once would push out of the ring what others have not heard.
    fn tell_judged(&mut self, now: Now) {
        for _ in 0..self.config.ring / 4 {
            let Some(topic) = self.judged.pop_front() else { return };
            if let Some(entry) = self.entries.get_mut(&topic) {
                entry.is_judged = false;
                let presence = entry.presence;
                self.tell_presence(now, &topic, presence);
            }
        }
    }

    pub(super) fn device_spoke(&mut self, now: Now, base: &Topic) {
        let Some(device) = self.devices.get_mut(base) else { return };
        device.last = Some(now.wall);
        if device.presence == Presence::Online {
            return;
        }
        let was = device.presence;
        device.left = None;
        self.set_device(now, base, Presence::Online);
        if was == Presence::Silent {
            // What speaks only on occasion is present again with its device.
            self.judge(now, &HashSet::from([base.clone()]), Presence::Online, |entry| {
                entry.presence == Presence::Silent && entry.rhythm.usual().is_none()
            });
        }
    }

    /// A broker remembers something of a device.
    pub(super) fn device_remembered(&mut self, now: Now, base: &Topic) {
        let Some(device) = self.devices.get(base) else { return };
        if matches!(device.presence, Presence::Unknown | Presence::Offline) && device.left.is_none() {
            self.set_device(now, base, Presence::Remembered);
        }
    }

    /// The link went down: its devices are offline at once and what was asked of them is refused.
    pub(super) fn link_lost(&mut self, now: Now, name: &str, reason: &str) {
        let own = self.devices.iter_mut().filter(|(_, device)| *device.link == *name);
        let mut bases = Vec::new();
        for (base, device) in own {
            device.left = None;
            bases.push(base.clone());
        }
        bases.sort();
        // What is remembered from before stays so: it was not live.
        let was_live = |entry: &Entry| matches!(entry.presence, Presence::Online | Presence::Silent);
        self.devices_lost(now, &bases, reason, was_live);
        self.refuse_lost(now, reason, |pending| *pending.link == *name);
    }

    /// Devices went away: what they said is not said any more.
    pub(super) fn devices_lost(
        &mut self,
        now: Now,
        bases: &[Topic],
        reason: &str,
        meant: fn(&Entry) -> bool,
    ) {
        let reason: Arc<str> = reason.into();
        for base in bases {
            if let Some(device) = self.devices.get_mut(base) {
                device.reason = Some(reason.clone());
            }
            self.set_device(now, base, Presence::Offline);
        }
        let bases: HashSet<Topic> = bases.iter().cloned().collect();
        for entry in self.entries.values_mut() {
            if entry.base.as_ref().is_some_and(|base| bases.contains(base)) {
                entry.rhythm.pause(now.mono);
            }
        }
        self.judge(now, &bases, Presence::Offline, meant);
    }

    /// What was asked of those who went away is refused.
    pub(super) fn refuse_lost(&mut self, now: Now, reason: &str, lost: impl FnMut(&Pending) -> bool) {
        for pending in self.take_pending(lost) {
            let known = if pending.event.step == Step::Accepted {
                "it was not sent"
            } else {
                "nobody knows whether it was done"
            };
            let who = if pending.event.delivery.is_some() { "link" } else { "device" };
            let refusal = Refusal::new("vanished", format!("the {who} went away ({reason}); {known}"));
            self.finish(now, pending, Step::Refused, Some(refusal));
        }
    }

    fn set_device(&mut self, now: Now, base: &Topic, presence: Presence) {
        match self.devices.get_mut(base) {
            Some(device) if device.presence != presence => {
                device.presence = presence;
                if presence != Presence::Offline {
                    device.reason = None;
                }
            }
            _ => return,
        }
        self.tell_presence(now, base, presence);
    }

    /// `$hub/presence/<topic>` of a property or of a device's base.
    pub(super) fn tell_presence(&mut self, now: Now, topic: &Topic, presence: Presence) {
        let entry = self.entries.get(topic);
        // When a broker's memory was said is known to nobody.
        let said = entry.and_then(|entry| entry.update.as_ref()).filter(|update| !update.memory);
        let heard = said.map(|update| update.at);
        let device = self.devices.get(topic);
        let last = heard.or_else(|| device.and_then(|device| device.last));
        let (reason, name) = device.map_or((None, None), |known| (known.reason.clone(), known.called()));
        let usual = entry.and_then(|entry| entry.rhythm.usual());
        if let Ok(about) = Topic::new(&format!("$hub/presence/{topic}")) {
            let fact = snapshot::presence(presence, last, usual, reason.as_deref(), name.as_deref());
            self.tell_payload(now, &about, fact);
        }
    }
}

fn sorted(bases: &HashSet<Topic>) -> Vec<Topic> {
    let mut bases: Vec<Topic> = bases.iter().cloned().collect();
    bases.sort();
    bases
}
