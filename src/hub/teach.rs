//! What definitions teach the hub: the catalog for its links, and what is known of a device whose words are translated.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::presence::Presence;
use super::state::{Entry, State};
use super::{Hub, LinkHandle, Now};
use crate::device::catalog::Catalog;
use crate::device::is_occasional;
use crate::device::profile::Profile;
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
    /// Gives all links other definitions; those that run go on with them.
    pub fn teach(&self, catalog: Arc<Catalog>) {
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

    /// A device of this link says that it is there, and nothing else.
    pub fn device_online(&self, now: Now, base: &Topic) {
        self.hub().lock().device_online(now, self.name(), base);
    }
}

impl State {
    /// A definition tells about a device: what it calls its properties, how they are shown, how often they speak.
    pub(super) fn teach(&mut self, now: Now, base: &Topic, profile: Arc<Profile>) {
        let Some(device) = self.devices.get_mut(base) else { return };
        if device.profile.as_ref().is_some_and(|known| Arc::ptr_eq(known, &profile)) {
            return;
        }
        device.profile = Some(profile.clone());
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
        let silent: Vec<Topic> =
            profile.silent().filter_map(|(id, _)| Topic::new(&format!("{base}/{id}")).ok()).collect();
        for topic in silent {
            if !self.entries.contains_key(&topic) {
                let entry =
                    Entry { base: Some(base.clone()), presence: Presence::Online, ..Entry::default() };
                self.entries.insert(topic.clone(), entry);
                self.tell_presence(now, &topic, Presence::Online);
            }
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
