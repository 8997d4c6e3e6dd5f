//! What the page shows: every device and tile with its place, its neighbours, and what can be changed about it.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::visible;
use crate::web::layout::{Layout, Seen, in_order};
use crate::web::page::arranged::{call, into_rooms, name_of, sorted};
use crate::web::page::lock::Lock;
use crate::web::page::view::{DeviceView, TileView};
use crate::web::text::{Text, fill};

/// The whole arrangement.
pub struct Plan {
    /// Whether it is the account's own.
    pub is_own: bool,
    /// Where it is kept.
    pub file: String,
    /// Why the file does not count.
    pub problems: Vec<String>,
    /// Favourites that can be switched, and those that can only be read.
    pub favourites: [Vec<Thing>; 2],
    /// The rooms.
    pub rooms: Vec<RoomRow>,
    /// Devices in no room.
    pub others: Vec<DeviceRow>,
    /// What is hidden, wherever it belongs.
    pub hidden: Vec<Thing>,
    /// The names of the rooms, to choose from.
    pub choices: Vec<String>,
    /// Whether there is a device at all.
    pub is_empty: bool,
}

/// A room.
pub struct RoomRow {
    /// The room as a thing that has a place.
    pub thing: Thing,
    /// Its devices.
    pub devices: Vec<DeviceRow>,
}

/// A device.
pub struct DeviceRow {
    /// The device as a thing that has a place.
    pub thing: Thing,
    /// The name of its room; empty if it is in none.
    pub room: String,
    /// What is unfolded for it.
    pub more: String,
    /// Tiles that can be switched, and those that can only be read.
    pub tiles: [Vec<Thing>; 2],
    /// Whether its parts are unfolded.
    pub is_open: bool,
}

/// Something that has a place in a list.
#[derive(Clone, Debug, Default)]
pub struct Thing {
    /// How forms call it.
    pub what: String,
    /// Its place on the page.
    pub anchor: String,
    /// How people call it.
    pub name: String,
    /// The name that was given to it here; empty if none was.
    pub given: String,
    /// What an empty name means.
    pub name_hint: String,
    /// The topic beneath.
    pub id: String,
    /// Its picture.
    pub icon: &'static str,
    /// Whether it is not shown.
    pub is_hidden: bool,
    /// Whether it is a favourite.
    pub is_favourite: bool,
    /// Whether it is locked.
    pub is_locked: bool,
    /// Whether it can be switched, and so be locked.
    pub can_lock: bool,
    /// What stands in front of it in its list.
    pub before: Option<String>,
    /// What stands behind it.
    pub after: Option<String>,
}

impl Plan {
    /// The devices that can be arranged, as they are.
    pub fn new(text: &'static Text, devices: Vec<DeviceView>, seen: &Seen, open: &str) -> Self {
        let layout = &*seen.layout;
        let mut known: Vec<_> = devices.into_iter().filter(|device| !device.is_new).collect();
        let mut maker = Maker { text, layout, open, usual: usual(&known) };
        call(layout, &mut known);
        let favourites = maker.favourites(&known);
        let hidden = maker.hidden(&known);
        let is_empty = known.is_empty();
        let (rooms, others) = into_rooms(layout, known);
        let rooms = rooms.into_iter().zip(&layout.rooms).map(|(view, room)| RoomRow {
            thing: maker.room(&room.name),
            devices: maker.devices(view.devices, &room.name),
        });
        let mut rooms: Vec<RoomRow> = rooms.collect();
        let others = maker.devices(others, "");
        neighbours(&mut rooms.iter_mut().map(|room| &mut room.thing).collect::<Vec<_>>());
        let problems = seen.problems.iter().flat_map(|problems| &problems.0);
        Self {
            is_own: seen.is_own,
            file: visible(&seen.file.display().to_string()),
            problems: problems.map(|problem| visible(&problem.to_string())).collect(),
            favourites,
            rooms,
            others,
            hidden,
            choices: layout.rooms.iter().map(|room| room.name.clone()).collect(),
            is_empty,
        }
    }

    /// Whether there is no favourite.
    pub fn has_no_favourites(&self) -> bool {
        self.favourites.iter().all(Vec::is_empty)
    }
}

/// The place of something on the page.
pub fn anchor(list: &str, what: &str) -> String {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    let list = if ["favourite", "room", "hidden"].contains(&list) { list } else { "thing" };
    format!("{list}-{:016x}", hasher.finish())
}

/// The names of things before anybody gave them another.
fn usual(devices: &[DeviceView]) -> HashMap<String, String> {
    let mut names = HashMap::new();
    for device in devices {
        names.insert(device.base.clone(), device.name.clone());
        for tile in device.controls.iter().chain(&device.readings) {
            names.insert(name_of(tile), tile.name.clone());
        }
    }
    names
}

/// Tells each thing of a list what stands in front of and behind it.
fn neighbours(list: &mut [&mut Thing]) {
    let names: Vec<String> = list.iter().map(|thing| thing.what.clone()).collect();
    for (at, thing) in list.iter_mut().enumerate() {
        thing.before = at.checked_sub(1).and_then(|at| names.get(at)).cloned();
        thing.after = names.get(at + 1).cloned();
    }
}

/// What the rows are made with.
struct Maker<'a> {
    text: &'static Text,
    layout: &'a Layout,
    open: &'a str,
    usual: HashMap<String, String>,
}

impl Maker<'_> {
    fn thing(&self, what: &str, list: &str, name: &str, id: String, icon: &'static str) -> Thing {
        let usual = self.usual.get(what).map(String::as_str).unwrap_or_default();
        Thing {
            what: what.to_owned(),
            anchor: anchor(list, what),
            name: name.to_owned(),
            given: self.layout.names.get(what).cloned().unwrap_or_default(),
            name_hint: fill(self.text.arrange.name_hint, &[("name", usual)]),
            id,
            icon,
            is_hidden: self.layout.hides(what),
            ..Thing::default()
        }
    }

    fn room(&self, name: &str) -> Thing {
        Thing {
            what: name.to_owned(),
            anchor: anchor("room", name),
            name: visible(name),
            given: name.to_owned(),
            ..Thing::default()
        }
    }

    fn devices(&mut self, devices: Vec<DeviceView>, room: &str) -> Vec<DeviceRow> {
        let mut rows: Vec<DeviceRow> = devices.into_iter().map(|device| self.device(device, room)).collect();
        neighbours(&mut rows.iter_mut().map(|row| &mut row.thing).collect::<Vec<_>>());
        rows
    }

    fn device(&self, device: DeviceView, room: &str) -> DeviceRow {
        let DeviceView { base, name, icon, controls, readings, .. } = device;
        let tiles = [controls, readings].map(|tiles| {
            let tiles = sorted(self.layout, &base, tiles);
            let mut rows: Vec<Thing> = tiles.iter().map(|tile| self.tile(tile, "tile")).collect();
            neighbours(&mut rows.iter_mut().collect::<Vec<_>>());
            rows
        });
        let count = tiles.iter().map(Vec::len).sum::<usize>();
        let is_open = base == self.open || tiles.iter().flatten().any(|tile| tile.what == self.open);
        DeviceRow {
            thing: self.thing(&base, "device", &name, visible(&base), icon),
            room: room.to_owned(),
            more: fill(self.text.arrange.device_more, &[("n", &count.to_string())]),
            tiles,
            is_open,
        }
    }

    fn tile(&self, tile: &TileView, list: &str) -> Thing {
        let what = name_of(tile);
        Thing {
            is_favourite: self.layout.favours(&what),
            is_locked: tile.leaves().iter().any(|leaf| leaf.lock == Some(Lock::Kept)),
            can_lock: tile.is_control(),
            ..self.thing(&what, list, &tile.name, tile.id.clone(), tile.icon)
        }
    }

    fn hidden(&self, devices: &[DeviceView]) -> Vec<Thing> {
        let mut all = Vec::new();
        for device in devices {
            if self.layout.hides(&device.base) {
                all.push(self.thing(
                    &device.base,
                    "hidden",
                    &device.name,
                    visible(&device.base),
                    device.icon,
                ));
            }
            let tiles = device.controls.iter().chain(&device.readings).map(|tile| self.tile(tile, "hidden"));
            let of_device = |thing: Thing| Thing { id: format!("{} · {}", device.name, thing.id), ..thing };
            all.extend(tiles.filter(|thing| thing.is_hidden).map(of_device));
        }
        all
    }

    fn favourites(&self, devices: &[DeviceView]) -> [Vec<Thing>; 2] {
        let mut all = Vec::new();
        for device in devices {
            for tile in device.controls.iter().chain(&device.readings) {
                let thing = self.tile(tile, "favourite");
                if thing.is_favourite {
                    all.push(Thing { id: format!("{} · {}", device.name, thing.id), ..thing });
                }
            }
        }
        let all = in_order(all, &self.layout.favourites, |thing| thing.what.clone());
        let (controls, readings): (Vec<_>, Vec<_>) = all.into_iter().partition(|thing| thing.can_lock);
        [controls, readings].map(|mut list| {
            neighbours(&mut list.iter_mut().collect::<Vec<_>>());
            list
        })
    }
}
