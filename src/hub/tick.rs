//! What time does to the state: devices fall silent, links are lost, commands end without an answer.

use std::sync::Arc;
use std::time::Duration;

use super::command::Step;
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
        let mut bases: Vec<Topic> = Vec::new();
        for topic in silent {
            if let Some(entry) = self.entries.get_mut(&topic) {
                entry.presence = Presence::Silent;
                bases.extend(entry.base.clone());
            }
            self.tell_presence(now, &topic, Presence::Silent);
        }
        bases.sort();
        bases.dedup();
        for base in bases {
            self.device_fell_silent(now, &base);
        }
    }

    /// A device is silent when every property with a rhythm is; then those without one are silent too.
    fn device_fell_silent(&mut self, now: Now, base: &Topic) {
        let of_device = |entry: &&mut Entry| entry.base.as_ref() == Some(base);
        let rhythmic =
            self.entries.values_mut().filter(of_device).filter(|entry| entry.rhythm.usual().is_some());
        if rhythmic.map(|entry| entry.presence).any(|presence| presence == Presence::Online) {
            return;
        }
        self.set_device(now, base, Presence::Silent);
        self.set_entries(now, base, Presence::Silent, |entry| entry.presence == Presence::Online);
    }

    /// Judges those properties of a device that are meant, and tells each.
    fn set_entries(&mut self, now: Now, base: &Topic, presence: Presence, meant: fn(&Entry) -> bool) {
        let of_device = |entry: &Entry| entry.base.as_ref() == Some(base) && meant(entry);
        let mut changed: Vec<Topic> = Vec::new();
        for (topic, entry) in self.entries.iter_mut().filter(|(_, entry)| of_device(entry)) {
            entry.presence = presence;
            changed.push(topic.clone());
        }
        changed.sort();
        for topic in changed {
            self.tell_presence(now, &topic, presence);
        }
    }

    pub(super) fn device_spoke(&mut self, now: Now, base: &Topic) {
        let Some(device) = self.devices.get_mut(base) else { return };
        device.last = Some(now.wall);
        if device.presence == Presence::Online {
            return;
        }
        let was = device.presence;
        self.set_device(now, base, Presence::Online);
        if was == Presence::Silent {
            // What speaks only on occasion is present again with its device.
            self.set_entries(now, base, Presence::Online, |entry| {
                entry.presence == Presence::Silent && entry.rhythm.usual().is_none()
            });
        }
    }

    /// The link went down: its device is offline at once and what was asked of it is refused.
    pub(super) fn link_lost(&mut self, now: Now, name: &str, base: Option<&Topic>, reason: &str) {
        if let Some(base) = base {
            self.set_device(now, base, Presence::Offline);
            for entry in self.entries.values_mut().filter(|entry| entry.base.as_ref() == Some(base)) {
                entry.rhythm.pause(now.mono);
            }
            self.set_entries(now, base, Presence::Offline, |entry| {
                matches!(entry.presence, Presence::Online | Presence::Silent)
            });
        }
        let lost: Vec<_> = self.take_pending(|pending| &*pending.link == name);
        for pending in lost {
            let known = if pending.event.step == Step::Accepted {
                "it was not sent"
            } else {
                "nobody knows whether it was done"
            };
            let refusal = Refusal::new("vanished", format!("the device went away ({reason}); {known}"));
            self.finish(now, pending, Step::Refused, Some(refusal));
        }
    }

    fn set_device(&mut self, now: Now, base: &Topic, presence: Presence) {
        match self.devices.get_mut(base) {
            Some(device) if device.presence != presence => device.presence = presence,
            _ => return,
        }
        self.tell_presence(now, base, presence);
    }

    /// `$hub/presence/<topic>` of a property or of a device's base.
    pub(super) fn tell_presence(&mut self, now: Now, topic: &Topic, presence: Presence) {
        let entry = self.entries.get(topic);
        let heard = entry.and_then(|entry| entry.update.as_ref()).map(|update| update.at);
        let last = heard.or_else(|| self.devices.get(topic).and_then(|device| device.last));
        let usual = entry.and_then(|entry| entry.rhythm.usual());
        if let Ok(about) = Topic::new(&format!("$hub/presence/{topic}")) {
            self.tell_payload(now, &about, snapshot::presence(presence, last, usual));
        }
    }
}
