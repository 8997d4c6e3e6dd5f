//! What definitions teach the hub: the catalog for its links, and what is known of a device whose words are translated.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::presence::Presence;
use super::state::{Entry, State};
use super::{Hub, LinkHandle, Now};
use crate::device::catalog::Catalog;
use crate::device::is_occasional;
use crate::device::profile::{Absence, Profile};
use crate::talk::Topic;

/// How a property speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Manners {
    /// When something happens and not by the clock: that it was regular for a while promises nothing.
    pub(super) is_occasional: bool,
    /// How often, if its definition says so.
    pub(super) interval: Option<Duration>,
}

impl Hub {
    /// Puts other definitions in force, for the links and for what is known of their devices.
    pub fn teach(&self, now: Now, catalog: Arc<Catalog>) {
        self.lock().renew(now, &catalog);
        self.shared.catalog.send_replace(catalog);
    }

    /// The definitions in force.
    pub fn catalog(&self) -> watch::Receiver<Arc<Catalog>> {
        self.shared.catalog.subscribe()
    }
}

impl LinkHandle {
    /// The definitions in force, and those that take their place.
    pub fn catalog(&self) -> watch::Receiver<Arc<Catalog>> {
        self.hub().catalog()
    }

    /// A device of this link is there no more, and nothing of it is known: its announcement was taken back.
    pub fn device_gone(&self, now: Now, base: &Topic) {
        self.hub().lock().device_gone(now, &self.name().into(), base);
    }

    /// What a device of this link has before it has said anything, by its definition: there, and unknown.
    pub fn expect(&self, now: Now, base: &Topic, profile: &Profile) {
        let fixed = profile.properties.iter().filter(|known| known.id.names().next().is_none());
        let topics = fixed.filter_map(|known| Topic::new(&format!("{base}/{}", known.id.as_str())).ok());
        self.hub().lock().expect_to_speak(now, base, topics.collect(), Presence::Unknown);
    }

    /// A device of this link says that it is there, and nothing else.
    pub fn device_online(&self, now: Now, base: &Topic) {
        self.hub().lock().device_online(now, self.name(), base);
    }
}

impl State {
    /// Other definitions are in force: what is known of each device is theirs.
    fn renew(&mut self, now: Now, catalog: &Arc<Catalog>) {
        self.catalog = catalog.clone();
        let bases: Vec<Topic> = self.devices.keys().cloned().collect();
        for base in bases {
            let Some(profile) = self.devices.get(&base).and_then(|device| device.profile.clone()) else {
                self.introduce(now, &base, None);
                continue;
            };
            if profile.announced.is_some() {
                // What it announced is its link's to judge.
                continue;
            }
            let is_native = profile.recognised.native.is_some();
            match catalog.find(&profile.id).map(|number| catalog.profile(number).clone()) {
                Some(renewed) if renewed.recognised.native.is_some() == is_native => {
                    self.teach(now, &base, renewed);
                }
                Some(_) | None if is_native => self.unteach(&base),
                Some(_) | None => {
                    let Some(device) = self.devices.get(&base) else { continue };
                    let link = device.link.clone();
                    self.unteach(&base);
                    self.device_away(now, &link, &base, Absence::Offline, "its definition is gone");
                }
            }
        }
    }

    fn unteach(&mut self, base: &Topic) {
        if let Some(device) = self.devices.get_mut(base) {
            device.profile = None;
        }
    }

    /// A device whose own language is Clown.Talk is known by the `word` it introduces itself with, or until then by its
    /// base: `nodes/bridge/0`.
    pub(super) fn introduce(&mut self, now: Now, base: &Topic, word: Option<&str>) {
        let Some(device) = self.devices.get(base) else { return };
        if device.profile.as_ref().is_some_and(|profile| profile.recognised.native.is_none()) {
            return;
        }
        let Some(word) = word.or_else(|| base.as_str().rsplit('/').nth(1)) else { return };
        if let Some(profile) = self.catalog.native(word).cloned() {
            self.teach(now, base, profile);
        }
    }

    /// A definition tells about a device: what it calls its properties, how they are shown, how often they speak.
    pub(super) fn teach(&mut self, now: Now, base: &Topic, profile: Arc<Profile>) {
        let Some(device) = self.devices.get_mut(base) else { return };
        if device.profile.as_ref().is_some_and(|known| Arc::ptr_eq(known, &profile)) {
            return;
        }
        let was_announced = device.profile.as_ref().is_some_and(|known| known.announced.is_some());
        let before = device.called();
        let is_another = device.profile.replace(profile.clone()).is_some();
        let (presence, is_renamed) = (device.presence, device.called() != before);
        if !was_announced {
            self.tell_standing(now, base, None);
        }
        if is_another {
            self.leave_out(now, base, &profile);
        }
        if is_renamed {
            self.tell_presence(now, base, presence);
        }
        let of_device: Vec<Topic> = self
            .entries
            .iter()
            .filter(|(_, entry)| entry.base.as_ref() == Some(base))
            .map(|(topic, _)| topic.clone())
            .collect();
        for topic in of_device {
            let manners = self.manners(Some(base), &topic);
            if let Some(entry) = self.entries.get_mut(&topic) {
                entry.mind(manners);
            }
        }
        // What never speaks is there as soon as its device is.
        let topic = |id: &str| Topic::new(&format!("{base}/{id}")).ok();
        let silent: Vec<Topic> = profile.silent().filter_map(|(id, _)| topic(id)).collect();
        self.expect_to_speak(now, base, silent, Presence::Online);
        // What was announced is there before it has said anything.
        let announced = profile.announced.iter().flat_map(|_| &profile.properties);
        let announced: Vec<Topic> = announced.filter_map(|known| topic(known.id.as_str())).collect();
        self.expect_to_speak(now, base, announced, Presence::Unknown);
    }

    /// Properties of a device that have not spoken.
    fn expect_to_speak(&mut self, now: Now, base: &Topic, topics: Vec<Topic>, presence: Presence) {
        for topic in topics {
            if !self.entries.contains_key(&topic) {
                let entry = Entry { base: Some(base.clone()), presence, ..Entry::default() };
                self.entries.insert(topic.clone(), entry);
                self.tell_presence(now, &topic, presence);
            }
        }
    }

    fn device_gone(&mut self, now: Now, link: &Arc<str>, base: &Topic) {
        if self.devices.get(base).is_none_or(|device| device.link != *link) {
            return;
        }
        self.device_away(now, link, base, Absence::Offline, "it is announced no more");
        let of_device = self.entries.iter().filter(|(_, entry)| entry.base.as_ref() == Some(base));
        let of_device: Vec<Topic> = of_device.map(|(topic, _)| topic.clone()).collect();
        for topic in of_device {
            self.drop_entry(&topic);
            self.tell_presence(now, &topic, Presence::Unknown);
        }
        self.devices.remove(base);
        self.tell_presence(now, base, Presence::Unknown);
    }

    /// What a device had by its earlier definition and has no more.
    fn leave_out(&mut self, now: Now, base: &Topic, profile: &Profile) {
        if profile.recognised.native.is_some() {
            return;
        }
        let is_gone = |topic: &Topic| topic.below(base).is_some_and(|id| profile.keys(id).next().is_none());
        let of_device = self.entries.iter().filter(|(_, entry)| entry.base.as_ref() == Some(base));
        let gone: Vec<Topic> =
            of_device.map(|(topic, _)| topic).filter(|topic| is_gone(topic)).cloned().collect();
        for topic in gone {
            self.drop_entry(&topic);
            self.tell_presence(now, &topic, Presence::Unknown);
        }
    }

    /// How a property speaks, by its definition or else by its type.
    pub(super) fn manners(&self, base: Option<&Topic>, topic: &Topic) -> Manners {
        let profile = base.and_then(|base| self.devices.get(base)?.profile.as_ref());
        let taught = profile.zip(base.and_then(|base| topic.below(base)));
        let Some((profile, id)) = taught else {
            return Manners { is_occasional: is_occasional(topic.as_str()), interval: None };
        };
        let interval = profile.keys(id).filter_map(|key| profile.describe(id, key)?.interval).min();
        Manners { is_occasional: profile.is_occasional(id), interval }
    }

    fn device_online(&mut self, now: Now, link: &str, base: &Topic) {
        let is_its = self.devices.get(base).is_some_and(|device| *device.link == *link);
        if is_its {
            self.device_spoke(now, base);
        }
    }
}
