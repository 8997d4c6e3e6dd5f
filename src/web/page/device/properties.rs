//! What a device has, in a table: topic, quantity, value, how old it is, how often it comes, and what may be asked of it.

use crate::device::profile::{Confirm, Profile};
use crate::device::{Access, Kind, property};
use crate::history::name::Name;
use crate::hub::{EntryView, Snapshot};
use crate::talk::model::Value;
use crate::web::address::encoded;
use crate::web::page::note::Stamp;
use crate::web::page::show::visible;
use crate::web::page::view::{DeviceView, TileView, in_words};
use crate::web::rights::tile_address;
use crate::web::text::{Text, fill};

use super::about::{interval, presence_words};

/// One quantity.
pub struct Line {
    /// The complete topic, for addresses.
    pub topic: String,
    /// The id below the base.
    pub id: String,
    /// The quantity.
    pub key: String,
    /// What people call it.
    pub name: String,
    /// The last value with its unit.
    pub value: String,
    /// When that was said.
    pub at: Option<Stamp>,
    /// `data-presence`, and in words.
    pub presence: (&'static str, &'static str),
    /// The usual pause between two words.
    pub usual: String,
    /// What it may be.
    pub range: String,
    /// Whether it can be set, and how that is confirmed.
    pub settable: &'static str,
    /// The address of its history.
    pub history: String,
    /// The address of its messages.
    pub messages: String,
    /// The address of the pieces to copy.
    pub snippets: String,
    /// The address of the tile by itself, and of the ways to put it elsewhere.
    pub alone: String,
}

/// A line for each tile.
pub fn lines(text: &'static Text, snapshot: &Snapshot, device: &DeviceView) -> Vec<Line> {
    let known = snapshot.devices.iter().find(|known| known.base.as_str() == device.base);
    let profile = known.and_then(|known| known.profile.as_deref());
    let tiles = device.controls.iter().chain(&device.readings).flat_map(TileView::leaves);
    let entry = |tile: &TileView| snapshot.entries.iter().find(|entry| entry.topic.as_str() == tile.topic);
    tiles.filter_map(|tile| Some(line(text, snapshot, &device.base, tile, entry(tile)?, profile))).collect()
}

fn line(
    text: &'static Text,
    snapshot: &Snapshot,
    base: &str,
    tile: &TileView,
    entry: &EntryView,
    profile: Option<&Profile>,
) -> Line {
    let d = &text.device;
    let id = entry.id();
    let said = entry.update.as_ref();
    let readings = said.map(|update| update.message.payload.readings());
    let reading = readings.and_then(|all| all.iter().find(|reading| *reading.key == *tile.key));
    let (value, unit) =
        reading.map_or((&Value::Null, None), |reading| (&reading.value, reading.unit.as_deref()));
    let taught = profile.and_then(|profile| profile.describe(id, &tile.key));
    let known = taught.unwrap_or_else(|| property(&tile.topic, &tile.key, value, unit));
    let shown = match value {
        Value::Null => "–".to_owned(),
        value => in_words(&text.live, value),
    };
    let unit = known.unit.as_deref().map(visible).unwrap_or_default();
    let name = Name { topic: tile.topic.as_str().into(), quantity: tile.key.as_str().into() };
    let series = encoded(&name.to_string());
    Line {
        topic: tile.topic.clone(),
        id: visible(id),
        key: visible(&tile.key),
        name: tile.name.clone(),
        value: if unit.is_empty() { shown } else { format!("{shown} {unit}") },
        at: said.filter(|update| !update.memory).map(|update| Stamp::new(update.at, snapshot.at)),
        presence: (entry.presence.word(), presence_words(text, entry.presence)),
        usual: entry.usual.map(interval).unwrap_or_default(),
        range: range(text, &known),
        settable: match known.access {
            Access::Read => d.only_read,
            Access::ReadWrite => confirmation(text, profile, id, &tile.key),
        },
        history: format!("/history?series={series}"),
        messages: format!("/messages?topic={}", encoded(&tile.topic)),
        alone: tile_address(&tile.topic),
        snippets: format!("/device?base={}&property={series}#snippets", encoded(base)),
    }
}

/// What a value may be.
fn range(text: &Text, known: &crate::device::Property) -> String {
    let step = known.step.map(|step| fill(text.device.step, &[("n", &step.to_string())]));
    let ends = match (&known.kind, known.range) {
        (Kind::Choice(words), _) => visible(&words.join(", ")),
        (Kind::Switch, _) => "true, false".to_owned(),
        (_, Some(range)) => format!("{} … {}", range.min, range.max).replace('-', "−"),
        (_, None) => String::new(),
    };
    match step {
        Some(step) if !ends.is_empty() => format!("{ends}; {step}"),
        Some(_) | None => ends,
    }
}

/// How a command to it is confirmed, in words.
fn confirmation(text: &'static Text, profile: Option<&Profile>, id: &str, key: &str) -> &'static str {
    let d = &text.device;
    let mut taught = profile.into_iter().flat_map(|profile| profile.taught(id));
    let write = taught.find(|taught| *taught.quantity == *key).and_then(|taught| taught.write.as_ref());
    match write.map(|write| &write.confirm) {
        Some(Confirm::State) | None => d.confirmed_by_state,
        Some(Confirm::Ask(_)) => d.confirmed_by_asking,
        Some(Confirm::Echo) => d.confirmed_by_echo,
        Some(Confirm::Nothing) => d.never_confirmed,
    }
}
