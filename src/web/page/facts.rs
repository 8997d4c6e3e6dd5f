//! From the hub's snapshot to what the dashboard shows: devices in order, each with its controls and readings.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::absence::AbsenceView;
use super::group::grouped;
use super::lock::Lock;
use super::note::Step;
use super::show::visible;
use super::taught::About;
use super::view::{DeviceView, Facts, LinkView, TileView, device_name, in_words};
use crate::device::profile::{Profile, Property as Taught, Shape, Words};
use crate::device::vocabulary::{Sort, possible, quantity, usual_icon};
use crate::device::{Property, kind_of, listed_keys, property, rank};
use crate::hub::{self, EntryView, Presence, Snapshot, Standing};
use crate::talk::model::{Reading, Value};
use crate::web::text::{Live, Text};

/// The most quantities of one message that get a tile; no device we know has more than eight.
const MAX_KEYS: usize = 32;

/// The devices of a snapshot with their tiles; a device that nothing is known of is left out, and an ignored one.
pub fn devices(text: &'static Text, snapshot: &Snapshot) -> Vec<DeviceView> {
    let ignored = snapshot.devices.iter().filter(|device| device.standing == Standing::Ignored);
    let ignored: BTreeSet<&str> = ignored.map(|device| device.base.as_str()).collect();
    devices_of(text, snapshot, |base| !ignored.contains(base))
}

/// Those devices that are wanted, by their bases.
pub fn devices_of(
    text: &'static Text,
    snapshot: &Snapshot,
    is_wanted: impl Fn(&str) -> bool,
) -> Vec<DeviceView> {
    let mut by_base: BTreeMap<&str, Vec<&EntryView>> = BTreeMap::new();
    for entry in snapshot.entries.iter().filter(|entry| is_wanted(base_of(entry))) {
        by_base.entry(base_of(entry)).or_default().push(entry);
    }
    by_base.into_iter().map(|(base, entries)| device(text, snapshot, base, entries)).collect()
}

/// A device that is known and has said nothing yet.
pub fn bare_device(text: &'static Text, snapshot: &Snapshot, base: &str) -> Option<DeviceView> {
    let is_known = snapshot.devices.iter().any(|device| device.base.as_str() == base);
    is_known.then(|| device(text, snapshot, base, Vec::new()))
}

/// Links that none of the devices shows.
pub fn lonely_links<'a>(
    text: &'static Text,
    snapshot: &Snapshot,
    devices: impl Iterator<Item = &'a DeviceView>,
) -> Vec<LinkView> {
    let shown: BTreeSet<&str> =
        devices.filter_map(|device| device.link.as_ref()).map(|link| link.name.as_str()).collect();
    let links = snapshot.links.iter().map(|link| link_view(&text.live, link));
    links.filter(|link| !shown.contains(link.name.as_str())).collect()
}

fn device(text: &'static Text, snapshot: &Snapshot, base: &str, mut entries: Vec<&EntryView>) -> DeviceView {
    entries.sort_by_key(|entry| (rank(entry.id()), entry.id()));
    let known = snapshot.devices.iter().find(|device| device.base.as_str() == base);
    let profile = known.and_then(|device| device.profile.as_deref());
    let given = known.and_then(|device| device.name.as_deref());
    let is_new = known.is_some_and(|device| device.standing == Standing::New);
    let tiles = entries.iter().flat_map(|entry| tiles(text, snapshot, entry, profile));
    let tiles = tiles.map(|tile| if is_new { tile.locked(Lock::NotAccepted) } else { tile });
    let (controls, readings): (Vec<_>, Vec<_>) = tiles.partition(TileView::is_control);
    let link = known.and_then(|device| snapshot.links.iter().find(|link| link.name == device.link));
    DeviceView {
        base: base.to_owned(),
        given: given.unwrap_or_default().to_owned(),
        name: given.map_or_else(|| called(text, base, profile), visible),
        icon: pictured(profile, &controls, &readings),
        is_new,
        link: link.map(|link| link_view(&text.live, link)),
        absence: AbsenceView::new(&text.live, known, snapshot.at),
        about: profile.map(About::new),
        controls,
        readings,
    }
}

/// A translated device looks like the first thing that it can do; what brings many things of its own is a chip.
fn pictured(profile: Option<&Profile>, controls: &[TileView], readings: &[TileView]) -> &'static str {
    let is_one_thing = profile.is_some_and(|profile| profile.recognised.native.is_none());
    let first = controls.first().or(readings.first()).filter(|_| is_one_thing);
    first.map_or("chip", |tile| tile.icon)
}

/// A translated device is called as its maker writes itself, any other as its base says.
fn called(text: &'static Text, base: &str, profile: Option<&Profile>) -> String {
    let id = base.rsplit('/').next().filter(|id| *id != "-");
    match profile.filter(|profile| profile.recognised.native.is_none()) {
        Some(profile) => visible(&format!("{} {}", profile.vendor, id.unwrap_or(&profile.name))),
        None => device_name(text, base),
    }
}

/// A device without a link of its own is everything in front of `TYPE/ADDRESS`.
fn base_of(entry: &EntryView) -> &str {
    let topic = entry.topic.as_str();
    let above = || topic.rmatch_indices('/').nth(1).map_or("", |(at, _)| &topic[..at]);
    entry.base.as_ref().map_or_else(above, |base| base.as_str())
}

/// How a link is.
pub fn link_view(live: &'static Live, link: &hub::LinkView) -> LinkView {
    let state = &link.state;
    let phase = match state.phase {
        hub::Phase::Up => "up",
        hub::Phase::Connecting => "connecting",
        hub::Phase::Waiting => "waiting",
        hub::Phase::Down => "down",
    };
    let console = link.has_console.then(|| super::console::address(&link.name));
    LinkView { console, ..LinkView::new(live, &link.name, phase, state, link.counts.dropped) }
}

fn tiles(
    text: &'static Text,
    snapshot: &Snapshot,
    entry: &EntryView,
    profile: Option<&Profile>,
) -> Vec<TileView> {
    let topic = entry.topic.as_str();
    let id = topic.strip_prefix(base_of(entry)).map_or(topic, |id| id.trim_start_matches('/'));
    let unheard = |key: &str| Reading { key: key.into(), value: Value::Null, unit: None };
    let mut said: Vec<Reading> = match &entry.update {
        Some(update) => update.message.payload.readings().iter().take(MAX_KEYS).cloned().collect(),
        None => match profile {
            Some(profile) => profile.keys(id).map(unheard).collect(),
            None => listed_keys(topic).map(unheard).collect(),
        },
    };
    let heard = said.len();
    let missing = profile.into_iter().flat_map(|profile| missing(profile, id, &said)).map(unheard);
    said.extend(missing.collect::<Vec<_>>());
    let tile = |(at, reading): (usize, Reading)| {
        let is_heard = at < heard;
        let known = profile.and_then(|profile| profile.taught(id).find(|it| *it.quantity == *reading.key));
        let taught = profile.and_then(|profile| profile.describe(id, &reading.key));
        let seen = || property(topic, &reading.key, &reading.value, reading.unit.as_deref());
        let property: Property = taught.unwrap_or_else(seen);
        let facts = Facts {
            topic: topic.to_owned(),
            id: id.to_owned(),
            kind: property.kind.clone(),
            range: property.range,
            access: property.access,
            grain: property.step,
            icon: property.icon.unwrap_or_else(|| usual_icon(id, &reading.key, &property.kind)),
            given: property.name.map(Into::into),
            unit: property.unit.map_or_else(String::new, Into::into),
            presence: if is_heard || !speaks(known) { entry.presence } else { Presence::Unknown },
            regular: entry.usual.is_some(),
            at: entry.update.as_ref().filter(|update| is_heard && !update.memory).map(|update| update.at),
            step: step(&text.live, entry, &reading.key),
            is_total: is_total(known, &reading.key),
            speaks: speaks(known),
            takes: known.and_then(taken),
            possible: possible(id, &reading.key, reading.unit.as_deref()),
            key: reading.key.into(),
            said: reading.value,
        };
        TileView::new(text, &facts, snapshot.at)
    };
    grouped(text, id, said.into_iter().enumerate().map(tile).collect())
}

/// What can be set and was not said: it never is, or it belongs to a cover or a thermostat, which has buttons all the same.
fn missing<'a>(profile: &'a Profile, id: &str, said: &[Reading]) -> Vec<&'a str> {
    let is_whole = matches!(kind_of(id), "cover" | "thermostat");
    let is_set = |taught: &&Taught| taught.write.is_some() && (taught.reads.is_empty() || is_whole);
    let is_said = |key: &str| said.iter().any(|reading| &*reading.key == key);
    let keys = profile.taught(id).filter(is_set).map(|taught| &*taught.quantity);
    keys.filter(|key| !is_said(key)).collect()
}

/// Whether it ever says how it is; what no definition knows has spoken.
fn speaks(known: Option<&Taught>) -> bool {
    known.is_none_or(|taught| !taught.reads.is_empty())
}

/// Whether it only counts upwards.
fn is_total(known: Option<&Taught>, key: &str) -> bool {
    match known {
        Some(taught) => taught.kind == Shape::Total,
        None => quantity(key).is_some_and(|quantity| quantity.sort == Sort::Total),
    }
}

/// The words that a definition has something to send for.
fn taken(known: &Taught) -> Option<Vec<String>> {
    let first = known.write.as_ref()?.sends.first()?;
    let Words::Map(map) = &first.words else { return None };
    let word = |(value, _): &(Value, Box<str>)| match value {
        Value::Text(word) => Some(word.to_string()),
        Value::Bool(_) | Value::Number { .. } | Value::Null | Value::Other(_) => None,
    };
    Some(map.iter().filter_map(word).collect())
}

/// Where the command to this quantity stands: one under way, else one that failed.
fn step(live: &Live, entry: &EntryView, key: &str) -> Option<Step> {
    let event = entry.pending.as_ref().or(entry.failed.as_ref())?;
    let wish = event.payload.readings().iter().find(|reading| &*reading.key == key)?;
    match event.step {
        hub::Step::Accepted | hub::Step::Sent => {
            Some(Step::Pending { wish: in_words(live, &wish.value), by: event.by.account.to_string() })
        }
        hub::Step::Refused => {
            let refusal = event.refusal.as_ref();
            let reason = refusal.map(|refusal| refusal.reason.clone().into_owned()).unwrap_or_default();
            Some(Step::Refused { code: refusal.map_or("", |refusal| refusal.code), reason })
        }
        hub::Step::Unanswered => Some(Step::Unanswered { after_ms: millis(event.after) }),
        hub::Step::Confirmed | hub::Step::Unconfirmable => None,
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
