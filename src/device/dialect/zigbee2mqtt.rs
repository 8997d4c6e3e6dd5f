//! Zigbee2MQTT: a bridge lists its devices under `<base>/bridge/devices` and its groups under `<base>/bridge/groups`.
//!
//! A device says what it has under `<base>/<friendly name>`, takes `…/set` and tells what it is asked for with `…/get`.
//! What it has is listed as *exposes*: pieces with the name of a key, words or a range, and what may be done with it.
//! Everything else below `<base>/bridge` is about the bridge and of no device. A device that two bridges list is there
//! once; one that has not been asked yet what it has, or was put out of service, is there and says so.
//!
//! Source: <https://www.zigbee2mqtt.io/guide/usage/mqtt_topics_and_messages.html> and `…/exposes.html`, and
//! tests/data/dialects.

mod composed;
mod exposes;
mod listed;
mod names;

use std::collections::{BTreeMap, BTreeSet};

use super::draft::{Draft, Presence};
use super::entry::{Entry, Way};
use super::heard::Heard;
use super::{Announcer, MOST_DEVICES, too_many};
use crate::device::profile::AvailabilityMode;
use crate::talk::Payload;
use exposes::{Expose, Speech};
use listed::{Group, List, Listed};

/// Where a bridge lists its devices and its groups, below its base.
const DEVICES: &str = "/bridge/devices";
const GROUPS: &str = "/bridge/groups";
/// The most bridges of one link.
const MOST_BRIDGES: usize = 64;
/// Where its devices are documented.
const DOCS: &str = "https://www.zigbee2mqtt.io/devices/";

/// Bridges by their bases.
#[derive(Debug, Default)]
pub struct Zigbee2Mqtt(BTreeMap<Box<str>, Bridge>);

/// What one bridge lists.
#[derive(Debug, Default)]
struct Bridge {
    /// By their addresses.
    devices: BTreeMap<Box<str>, Listed>,
    /// By the keys under which they are drawn.
    groups: BTreeMap<Box<str>, Group>,
}

impl Announcer for Zigbee2Mqtt {
    fn hear(&mut self, topic: &str, payload: &Payload, heard: &mut Heard) -> bool {
        let (base, is_groups) = match (topic.strip_suffix(DEVICES), topic.strip_suffix(GROUPS)) {
            (Some(base), _) => (base, false),
            (None, Some(base)) => (base, true),
            (None, None) => return false,
        };
        // Others have bridges with devices, too.
        let is_known = self.0.contains_key(base) || listed::is_list(base, payload);
        if !is_known || !self.has_room(base) {
            return is_known;
        }
        let outcome = match is_groups {
            true => self.groups(base, payload, heard),
            false => self.devices(base, payload, heard),
        };
        self.drop_empty(base);
        heard.judge(topic, outcome);
        true
    }

    fn draft(&self, key: &str) -> Option<Draft> {
        if let Some((base, group)) = self.0.iter().find_map(|(base, one)| Some((base, one.groups.get(key)?)))
        {
            return self.group(base, group);
        }
        let listed = self.0.iter().filter_map(|(base, bridge)| Some((base, bridge.devices.get(key)?)));
        // Of two bridges that list one device, the one that it works with.
        let (base, device) = listed.min_by_key(|(base, device)| (!device.works(), *base))?;
        Some(device.draft(base))
    }
}

impl Zigbee2Mqtt {
    /// Takes a list of devices; an error tells what of it cannot be read. A device whose entry is damaged stays as it was
    /// listed before.
    fn devices(&mut self, base: &str, payload: &Payload, heard: &mut Heard) -> Result<(), String> {
        let List { entries, damaged } = Listed::all(payload)?;
        let others: usize =
            self.0.iter().filter(|(known, _)| ***known != *base).map(|(_, one)| one.devices.len()).sum();
        let bridge = self.0.entry(base.into()).or_default();
        let mut now: BTreeMap<Box<str>, Listed> = BTreeMap::new();
        let room = MOST_DEVICES.saturating_sub(others);
        let is_too_long = entries.len() > room;
        for device in entries.into_iter().take(room) {
            now.entry(device.ieee.as_str().into()).or_insert(device);
        }
        let is_kept = |ieee: &str, device: &Listed| damaged.iter().any(|one| one.is_of(ieee, &device.name));
        let kept = take(&mut bridge.devices, |ieee, device| !now.contains_key(ieee) && is_kept(ieee, device));
        let gone = bridge.devices.keys().filter(|ieee| !now.contains_key(*ieee));
        let changed = now.iter().filter(|(ieee, device)| bridge.devices.get(*ieee) != Some(device));
        let before = heard.touched.len();
        heard.touched.extend(gone.chain(changed.map(|(ieee, _)| ieee)).cloned());
        if heard.touched.len() > before {
            // What a group can do is what its members can.
            heard.touched.extend(bridge.groups.keys().cloned());
        }
        now.extend(kept);
        bridge.devices = now;
        if is_too_long {
            return Err(too_many());
        }
        listed::told(&damaged)
    }

    /// Takes a list of groups, as [`Self::devices`] does.
    fn groups(&mut self, base: &str, payload: &Payload, heard: &mut Heard) -> Result<(), String> {
        let List { entries, damaged } = Group::all(base, payload)?;
        let bridge = self.0.entry(base.into()).or_default();
        let mut now: BTreeMap<Box<str>, Group> = entries.into_iter().take(MOST_DEVICES).collect();
        let is_kept = |key: &str, group: &Group| damaged.iter().any(|one| one.is_of(key, &group.name));
        let kept = take(&mut bridge.groups, |key, group| !now.contains_key(key) && is_kept(key, group));
        let gone = bridge.groups.keys().filter(|key| !now.contains_key(*key));
        let changed = now.iter().filter(|(key, group)| bridge.groups.get(*key) != Some(group));
        let touched: BTreeSet<Box<str>> = gone.chain(changed.map(|(key, _)| key)).cloned().collect();
        heard.touched.extend(touched);
        now.extend(kept);
        bridge.groups = now;
        listed::told(&damaged)
    }

    fn has_room(&self, base: &str) -> bool {
        self.0.len() < MOST_BRIDGES || self.0.contains_key(base)
    }

    fn drop_empty(&mut self, base: &str) {
        if self.0.get(base).is_some_and(|bridge| bridge.devices.is_empty() && bridge.groups.is_empty()) {
            self.0.remove(base);
        }
    }

    /// A group can do what its members can; nothing if it has none that could do anything.
    fn group(&self, base: &str, group: &Group) -> Option<Draft> {
        let bridge = self.0.get(base)?;
        let mut draft = Draft {
            id: group.id(base),
            vendor: "Zigbee2MQTT".into(),
            family: "Group".into(),
            name: group.name.clone(),
            ..Draft::default()
        };
        let speech = Speech::new(base, &group.name);
        for ieee in &group.members {
            let Some(member) = bridge.devices.get(ieee.as_str()).filter(|member| member.works()) else {
                continue;
            };
            let (exposes, _) = member.exposes();
            composed::of_group(&mut draft, &exposes, &speech);
        }
        draft.quirks.push(
            "Nobody answers for a group: it is shown as Zigbee2MQTT told it last, and whether its members have done \
             what they were told is seen on them."
                .into(),
        );
        present(&mut draft, base, &group.name);
        (!draft.entries.is_empty()).then_some(draft)
    }
}

/// Takes what is meant out of a map.
fn take<T>(from: &mut BTreeMap<Box<str>, T>, meant: impl Fn(&str, &T) -> bool) -> Vec<(Box<str>, T)> {
    let keys: Vec<Box<str>> =
        from.iter().filter(|(key, one)| meant(key, one)).map(|(key, _)| key.clone()).collect();
    keys.iter().filter_map(|key| from.remove_entry(key)).collect()
}

impl Listed {
    /// The device as this bridge lists it.
    fn draft(&self, base: &str) -> Draft {
        let vendor = if self.vendor.trim().is_empty() { "Zigbee2MQTT" } else { self.vendor.trim() };
        let family = [&self.description, &self.model].into_iter().find(|text| !text.trim().is_empty());
        let mut draft = Draft {
            id: self.ieee.clone(),
            vendor: vendor.into(),
            family: family.map_or("Unknown device", |text| text.trim()).into(),
            name: self.name.clone(),
            model: (!self.model.is_empty()).then(|| self.model.clone()),
            docs: self
                .is_documented
                .then(|| format!("{DOCS}{}.html", self.model.replace(['/', ' ', ':', '|'], "_"))),
            identifiers: vec![self.ieee.clone()],
            ..Draft::default()
        };
        let mut speech = Speech::new(base, &self.name);
        if let Some(why) = self.odd() {
            draft.quirks.push(why.into());
            draft.skip(self.name.as_str(), why);
        }
        if self.is_disabled {
            speech.only_read();
        }
        let (exposes, broken) = self.exposes();
        draft.unknown.extend(broken);
        for expose in &exposes {
            composed::draw(&mut draft, expose, &speech, self.is_on_battery);
        }
        // It is told with every message, whatever is listed.
        if !exposes.iter().any(Expose::is_link_quality) {
            let read = Way::at(&speech.state).value("/linkquality");
            draft.entries.push(Entry::new("signal", "zigbee").measures("link-quality", None).read(read));
        }
        present(&mut draft, base, &self.name);
        draft
    }
}

/// A device is there if it says so and its bridge is there.
fn present(draft: &mut Draft, base: &str, name: &str) {
    let word = |topic: String, bridge: Option<String>| Presence {
        topic,
        value: "/state".into(),
        online: vec!["online".into()],
        offline: vec!["offline".into()],
        bridge,
        ..Presence::default()
    };
    draft.mode = AvailabilityMode::All;
    draft.availability = vec![
        word(format!("{base}/{name}/availability"), None),
        word(format!("{base}/bridge/state"), Some(base.to_owned())),
    ];
}
