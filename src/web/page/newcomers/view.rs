//! Devices that announced themselves as ready values: new ones with all that is known of them, the others by name.

use std::collections::BTreeMap;

use super::aside::SetAsides;
use super::raw::{Raw, raw};
use crate::hub::{self, Decision, Hub, Now, Snapshot, Standing};
use crate::talk::{Topic, printable};
use crate::web::address::encoded;
use crate::web::messages::Record;
use crate::web::page::facts;
use crate::web::page::instrument::Widget;
use crate::web::page::note::Stamp;
use crate::web::page::show::visible;
use crate::web::page::view::{self, TileView};
use crate::web::text::{Text, fill};

/// New devices on one page: a phone has to lay them out.
const SHOWN: usize = 30;

/// Everything on the page.
pub struct Newcomers {
    /// New ones, by base, from [`Self::from`] on.
    pub new: Vec<Newcomer>,
    /// How many are new, in words.
    pub count: String,
    /// How many are new.
    pub total: usize,
    /// Dialects of new ones, each with what its button says.
    pub dialects: Vec<(&'static str, String)>,
    /// The address of those before.
    pub earlier: Option<String>,
    /// The address of those after.
    pub later: Option<String>,
    /// Devices about which somebody has decided.
    pub decided: Vec<Group>,
    /// Announcements that do not count.
    pub aside: Option<SetAsides>,
    /// Where this page begins.
    pub from: usize,
}

/// Devices about which the same was decided.
pub struct Group {
    /// `ignored` or `accepted`.
    pub word: &'static str,
    /// With how many there are.
    pub heading: String,
    /// The devices.
    pub devices: Vec<Decided>,
}

/// A new device.
pub struct Newcomer {
    /// The base topic.
    pub base: String,
    /// What people call it.
    pub name: String,
    /// Its picture.
    pub icon: &'static str,
    /// `Tasmota Sonoff Basic`.
    pub family: String,
    /// In which dialect, and on which link.
    pub way: String,
    /// The room that it says it is in.
    pub room: Option<String>,
    /// `data-presence`.
    pub presence: &'static str,
    /// What it says.
    pub readings: Vec<Said>,
    /// What was not understood, with the reason.
    pub unknown: Vec<(String, String)>,
    /// How many of those, in words.
    pub unknown_count: String,
    /// Its last words as they came.
    pub raw: Vec<Raw>,
    /// The guessed definition.
    pub text: String,
    /// What is in the query of addresses about it.
    pub query: String,
    /// The address of everything at the broker that names it.
    pub search: String,
}

/// One reading.
pub struct Said {
    /// The full topic.
    pub topic: String,
    /// The key in it.
    pub key: String,
    /// What people call it.
    pub name: String,
    /// What it says.
    pub value: String,
    /// The unit.
    pub unit: String,
    /// `data-presence`.
    pub presence: &'static str,
    /// When it said so.
    pub at: Option<Stamp>,
    /// Whether it can be set when the device is accepted.
    pub is_control: bool,
}

/// A device about which somebody has decided.
pub struct Decided {
    /// The base topic.
    pub base: String,
    /// What people call it; its base if it is away.
    pub name: String,
    /// What it is; empty if it is away.
    pub family: String,
    /// Whether it can be taken back here; what the configuration accepts cannot.
    pub can_be_undone: bool,
}

impl Newcomers {
    /// From the `from`th new device on.
    pub fn new(text: &'static Text, hub: &Hub, record: &Record, from: usize) -> Self {
        let (snapshot, decisions) = (&hub.snapshot(Now::now()), hub.decisions());
        let of =
            |standing: Standing| snapshot.devices.iter().filter(move |device| device.standing == standing);
        let count = of(Standing::New).count();
        let from = if from < count { from } else { 0 };
        let wanted: Vec<&hub::DeviceView> = of(Standing::New).skip(from).take(SHOWN).collect();
        let mut dialects: BTreeMap<&'static str, usize> = BTreeMap::new();
        for announced in of(Standing::New).filter_map(announced) {
            *dialects.entry(announced.dialect).or_default() += 1;
        }
        let n = &text.newcomers;
        let many = |words: &str, n: usize| fill(words, &[("n", &n.to_string())]);
        let page = |from: usize| format!("/new?from={from}");
        let at_once =
            |word: &str, number: usize| fill(n.accept_all, &[("dialect", word), ("n", &number.to_string())]);
        let lists = [(Decision::Ignored, n.ignored_list), (Decision::Accepted, n.accepted_list)];
        let groups = lists.map(|(decision, heading)| {
            let devices = decided(snapshot, &decisions, decision);
            Group { word: Standing::from(decision).word(), heading: many(heading, devices.len()), devices }
        });
        Self {
            new: newcomers(text, snapshot, record, &wanted),
            count: if count > SHOWN { many(n.count, count) } else { String::new() },
            total: count,
            dialects: dialects.into_iter().map(|(word, number)| (word, at_once(word, number))).collect(),
            earlier: (from > 0).then(|| page(from.saturating_sub(SHOWN))),
            later: (from + SHOWN < count).then(|| page(from + SHOWN)),
            aside: SetAsides::new(text, &hub.set_aside()),
            decided: groups.into_iter().filter(|group| !group.devices.is_empty()).collect(),
            from,
        }
    }
}

fn announced(device: &hub::DeviceView) -> Option<&crate::device::profile::Announced> {
    device.profile.as_deref().and_then(|profile| profile.announced.as_ref())
}

fn newcomers(
    text: &'static Text,
    snapshot: &Snapshot,
    record: &Record,
    wanted: &[&hub::DeviceView],
) -> Vec<Newcomer> {
    let is_wanted = |base: &str| wanted.iter().any(|device| device.base.as_str() == base);
    let mut tiles: BTreeMap<String, view::DeviceView> = facts::devices_of(text, snapshot, is_wanted)
        .into_iter()
        .map(|view| (view.base.clone(), view))
        .collect();
    let views = wanted.iter().filter_map(|device| {
        let view = tiles.remove(device.base.as_str());
        Newcomer::new(text, snapshot, record, device, view)
    });
    views.collect()
}

impl Newcomer {
    fn new(
        text: &'static Text,
        snapshot: &Snapshot,
        record: &Record,
        device: &hub::DeviceView,
        view: Option<view::DeviceView>,
    ) -> Option<Self> {
        let (n, profile) = (&text.newcomers, device.profile.as_deref()?);
        let announced = profile.announced.as_ref()?;
        let icon = view.as_ref().map_or("chip", |view| view.icon);
        let (controls, readings) = view.map(|view| (view.controls, view.readings)).unwrap_or_default();
        let leaves = |tiles: Vec<TileView>| tiles.into_iter().flat_map(TileView::into_leaves);
        let said = leaves(readings).map(|tile| Said::new(tile, false));
        let said = said.chain(leaves(controls).map(|tile| {
            let is_control = tile.is_control();
            Said::new(tile, is_control)
        }));
        let unknown = announced.unknown.iter().map(|one| (visible(&one.what), visible(&one.why)));
        let unknown: Vec<_> = unknown.collect();
        let way = [("dialect", announced.dialect), ("link", &*visible(&device.link))];
        let base = device.base.as_str();
        let id = base.rsplit('/').next().unwrap_or(base);
        Some(Self {
            base: base.to_owned(),
            name: visible(&announced.name),
            icon,
            family: visible(&format!("{} {}", profile.vendor, profile.name)),
            way: fill(n.way, &way),
            room: announced.area.as_deref().map(visible),
            presence: device.presence.word(),
            readings: said.collect(),
            unknown_count: fill(n.unknown, &[("n", &unknown.len().to_string())]),
            unknown,
            raw: raw(record, profile, snapshot.at),
            text: legible(&announced.text),
            query: format!("base={}", encoded(base)),
            search: format!("/messages?search={}", encoded(id)),
        })
    }
}

/// A text of lines with everything invisible or direction-changing in it written out.
pub fn legible(text: &str) -> String {
    text.lines().map(printable).collect::<Vec<_>>().join("\n")
}

impl Said {
    fn new(tile: TileView, is_control: bool) -> Self {
        let words = tile.words().unwrap_or_else(|| "–".to_owned());
        let (value, unit) = match tile.widget {
            Widget::Gauge(gauge) => (gauge.figure.text, gauge.figure.unit),
            Widget::Plain(figure) => (figure.text, figure.unit),
            Widget::Setting(setting) => (setting.figure.text, setting.figure.unit),
            Widget::Slider(slider) => (slider.figure.text, slider.figure.unit),
            Widget::Stepper(stepper) => (stepper.figure.text, stepper.figure.unit),
            Widget::Words(words) => (words, String::new()),
            Widget::Switch(_)
            | Widget::Choice(_)
            | Widget::Button
            | Widget::Position(_)
            | Widget::Moves(_)
            | Widget::Color(_)
            | Widget::Group(_) => (words, String::new()),
        };
        Self {
            topic: tile.topic,
            key: tile.key,
            name: tile.name,
            value,
            unit,
            presence: tile.presence,
            at: tile.note.at,
            is_control,
        }
    }
}

/// The devices about which this was decided, also those that are away.
fn decided(snapshot: &Snapshot, decisions: &[(Topic, Decision)], decision: Decision) -> Vec<Decided> {
    let by_person: BTreeMap<&Topic, Decision> =
        decisions.iter().map(|(base, decision)| (base, *decision)).collect();
    let standing = Standing::from(decision);
    let here = snapshot.devices.iter().filter(|device| device.standing == standing);
    let here = here.filter_map(|device| {
        let (profile, announced) = (device.profile.as_deref()?, announced(device)?);
        Some(Decided {
            base: device.base.to_string(),
            name: visible(&announced.name),
            family: visible(&format!("{} {}", profile.vendor, profile.name)),
            can_be_undone: by_person.contains_key(&device.base),
        })
    });
    let is_here = |base: &Topic| {
        snapshot.devices.iter().any(|device| device.base == *base && announced(device).is_some())
    };
    let away = by_person.iter().filter(|(base, said)| **said == decision && !is_here(base));
    let away = away.map(|(base, _)| Decided {
        base: base.to_string(),
        name: visible(base.as_str()),
        family: String::new(),
        can_be_undone: true,
    });
    here.chain(away).collect()
}
