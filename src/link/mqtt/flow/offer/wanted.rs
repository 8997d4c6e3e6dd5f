//! What is to be offered now: the hub's devices that go out on this link, each as one announcement, and whether it is
//! there.
//!
//! Devices of this link, and of other links at the same broker, are not: Home Assistant sees them there already, and two
//! hubs would offer each other's devices for ever. Nor are devices that nobody has accepted, and those whose link is gone.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::super::routes::Routes;
use super::names::Names;
use crate::device::dialect::home_assistant::offer::quantity::quantities;
use crate::device::dialect::home_assistant::offer::{Announcement, Offer, Part};
use crate::device::profile::Profile;
use crate::hub::{DeviceView, EntryView, Presence, Snapshot, Standing};
use crate::talk::model::{Reading, Scenario, Value};
use crate::talk::{Payload, Topic};

/// What is known at one moment, for one link.
pub struct Wanted<'a> {
    /// What is true.
    pub snapshot: &'a Snapshot,
    /// What goes out.
    pub routes: &'a Routes,
    /// Under which names.
    pub names: &'a Names,
    /// The link.
    pub link: &'a str,
    /// Other links of this hub at the same broker.
    pub neighbours: &'a HashSet<String>,
}

/// What a property said at last: each key, and whether with a unit. When that changes, what is offered may.
pub type Said = Vec<(Box<str>, bool)>;

/// The shape of what a property says.
fn shape(readings: &[Reading]) -> Said {
    readings.iter().map(|one| (one.key.clone(), one.unit.is_some())).collect()
}

/// Whether a property still says things of this shape.
pub fn is_shape(said: &Said, readings: &[Reading]) -> bool {
    let is_same = |((key, has_unit), one): (&(Box<str>, bool), &Reading)| {
        *key == one.key && *has_unit == one.unit.is_some()
    };
    said.len() == readings.len() && said.iter().zip(readings).all(is_same)
}

/// A number that tells two texts apart.
pub fn mark(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

impl<'a> Wanted<'a> {
    /// The devices, with the broker's names of their bases.
    pub fn devices(&self) -> Vec<(&'a DeviceView, Topic)> {
        let is_wanted = |device: &&DeviceView| {
            let is_elsewhere = *device.link != *self.link && !self.neighbours.contains(&*device.link);
            let is_accepted = matches!(device.standing, Standing::Known | Standing::Accepted);
            let is_carried = self.snapshot.links.iter().any(|link| {
                link.name == device.link && link.base.as_ref().is_none_or(|base| *base == device.base)
            });
            is_elsewhere && is_accepted && is_carried
        };
        let wanted = self.snapshot.devices.iter().filter(is_wanted);
        wanted.filter_map(|device| Some((device, self.routes.base_out(&device.base)?))).collect()
    }

    /// The properties of each device, and what each of them said at last.
    pub fn entries(&self) -> (HashMap<&'a Topic, Vec<&'a EntryView>>, HashMap<Topic, Said>) {
        let mut entries: HashMap<&Topic, Vec<&EntryView>> = HashMap::new();
        let mut said = HashMap::new();
        for entry in &self.snapshot.entries {
            let Some(base) = &entry.base else { continue };
            said.insert(entry.topic.clone(), shape(readings(entry)));
            entries.entry(base).or_default().push(entry);
        }
        (entries, said)
    }

    /// What a device is announced as.
    pub fn announce(
        &self,
        device: &DeviceView,
        remote: &Topic,
        entries: &[&EntryView],
        gone: &BTreeMap<String, &'static str>,
    ) -> Option<Announcement> {
        let profile = device.profile.as_deref();
        let parts: Vec<Part> = entries.iter().filter_map(|entry| self.part(profile, entry)).collect();
        let announced = profile.and_then(|profile| profile.announced.as_ref());
        let own_name = device.name.as_deref().or(announced.map(|announced| &*announced.name));
        let usual = usual_name(profile, &device.base);
        let version = entries.iter().find_map(|entry| version(entry));
        let (id, presence) = (self.names.id(&device.base), self.names.presence(remote));
        let offer = Offer {
            id: &id,
            name: own_name.unwrap_or(&usual),
            maker: profile.map(|profile| &*profile.vendor),
            model: profile.map(|profile| &*profile.name),
            version,
            area: announced.and_then(|announced| announced.area.as_deref()),
            via: Some(&self.names.hub),
            availability: vec![self.names.birth(), &presence],
        };
        offer.announce(&parts, gone)
    }

    fn part(&self, profile: Option<&Profile>, entry: &EntryView) -> Option<Part> {
        let (_, state) = self.routes.out_of_hub(entry.topic.as_str())?;
        if Scenario::of(entry.id()) != Scenario::Data {
            return None;
        }
        let set = Topic::new(&format!("{}/set", entry.topic)).ok()?;
        let command = self.routes.taken_from(&set).map(|topic| topic.to_string());
        let quantities = quantities(profile, entry.id(), readings(entry));
        Some(Part { id: entry.id().into(), state: state.to_string(), command, quantities })
    }
}

fn readings(entry: &EntryView) -> &[Reading] {
    entry.update.as_ref().map_or(&[], |update| update.message.payload.readings())
}

/// `Generation A nodes/bridge/0`: what nobody gave a name has its family and its base.
fn usual_name(profile: Option<&Profile>, base: &Topic) -> String {
    profile.map_or_else(|| base.to_string(), |profile| format!("{} {base}", profile.name))
}

/// The version of a device's firmware, if it says that.
fn version<'a>(entry: &&'a EntryView) -> Option<&'a str> {
    let is_device = entry.id().split('/').next() == Some("device");
    let said = readings(entry).iter().filter(|one| is_device && matches!(&*one.key, "version" | "firmware"));
    said.max_by_key(|one| one.key.len() == "version".len()).and_then(|one| match &one.value {
        Value::Text(text) => Some(&**text),
        Value::Number { .. } | Value::Bool(_) | Value::Null | Value::Other(_) => None,
    })
}

/// Whether what a device says may be believed now.
fn is_available(presence: Presence) -> bool {
    match presence {
        // What it said before it fell asleep stays true.
        Presence::Online | Presence::Stale | Presence::Asleep => true,
        Presence::Unknown | Presence::Remembered | Presence::Silent | Presence::Offline | Presence::Lost => {
            false
        }
    }
}

/// What is said about whether a device is there.
pub fn presence(device: Option<&DeviceView>) -> Payload {
    #[derive(serde::Serialize)]
    struct PresenceText<'a> {
        state: &'static str,
        presence: Presence,
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<&'a str>,
    }
    let known = device.map_or(Presence::Unknown, |device| device.presence);
    Payload::of(&PresenceText {
        state: if is_available(known) { "online" } else { "offline" },
        presence: known,
        reason: device.and_then(|device| device.reason.as_deref()),
    })
}
