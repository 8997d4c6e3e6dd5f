//! How devices stand on the dashboard of one account: under which names, in which order, in which rooms.

use super::lock::Lock;
use super::show::visible;
use super::view::{DeviceView, TileView};
use crate::web::layout::{Layout, Present, Seen, in_order, tile_name};
use crate::web::text::{Text, fill};

/// Everything a dashboard shows, in its order.
pub struct Arranged {
    /// Another one for another arrangement.
    pub revision: String,
    /// Favourites that can be switched.
    pub controls: Vec<TileView>,
    /// Favourites that can only be read.
    pub readings: Vec<TileView>,
    /// The rooms.
    pub rooms: Vec<RoomView>,
    /// Devices in no room.
    pub others: Vec<DeviceView>,
    /// Devices that announced themselves and that nobody has decided about.
    pub newcomers: Vec<DeviceView>,
    /// How many devices and tiles are not shown, in words; empty if all are.
    pub hidden: String,
    /// Why the file of the arrangement does not count, one mistake per entry.
    pub problems: Vec<String>,
}

/// A room with its devices; one without any is there, too, so that a device that comes finds it.
pub struct RoomView {
    /// Its place on the page.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Its devices.
    pub devices: Vec<DeviceView>,
}

impl Arranged {
    /// These devices as an account sees them.
    pub fn new(text: &Text, mut devices: Vec<DeviceView>, seen: &Seen) -> Self {
        let layout = &*seen.layout;
        call(layout, &mut devices);
        let (newcomers, mut known): (Vec<_>, Vec<_>) = devices.into_iter().partition(|device| device.is_new);
        let mut hidden = 0;
        let mut favourites = Vec::new();
        known.retain_mut(|device| {
            for tiles in [&mut device.controls, &mut device.readings] {
                let all = sorted(layout, &device.base, std::mem::take(tiles));
                let (gone, shown): (Vec<_>, Vec<_>) =
                    all.into_iter().partition(|tile| layout.hides(&name_of(tile)));
                hidden += gone.len();
                let (stars, rest) = shown.into_iter().partition(|tile| layout.favours(&name_of(tile)));
                favourites.extend(of_device(&device.name, stars));
                *tiles = rest;
            }
            let is_hidden = layout.hides(&device.base);
            hidden += usize::from(is_hidden);
            let is_bare = device.controls.is_empty() && device.readings.is_empty();
            !(is_hidden || is_bare)
        });
        let favourites = in_order(favourites, &layout.favourites, name_of);
        let (controls, readings) = favourites.into_iter().partition(TileView::is_control);
        let (rooms, others) = into_rooms(layout, known);
        let problems = seen.problems.iter().flat_map(|problems| &problems.0);
        Self {
            revision: seen.revision(),
            controls,
            readings,
            rooms,
            others,
            newcomers,
            hidden: if hidden == 0 {
                String::new()
            } else {
                fill(text.arrange.hidden_count, &[("n", &hidden.to_string())])
            },
            problems: problems.map(|problem| visible(&problem.to_string())).collect(),
        }
    }

    /// Whether any tile stands in front of the others.
    pub fn has_favourites(&self) -> bool {
        !self.controls.is_empty() || !self.readings.is_empty()
    }

    /// Whether there is more than one part, so that each needs a heading.
    pub fn has_parts(&self) -> bool {
        self.has_favourites() || self.rooms.iter().any(|room| !room.devices.is_empty())
    }

    /// Whether nothing is shown.
    pub fn is_empty(&self) -> bool {
        self.newcomers.is_empty() && self.others.is_empty() && !self.has_parts()
    }

    /// The devices that have a section of their own.
    pub fn devices(&self) -> impl Iterator<Item = &DeviceView> {
        self.rooms.iter().flat_map(|room| &room.devices).chain(&self.others).chain(&self.newcomers)
    }

    /// Every tile.
    pub fn tiles(&self) -> impl Iterator<Item = &TileView> {
        let tiles = self.devices().flat_map(|device| device.controls.iter().chain(&device.readings));
        self.controls.iter().chain(&self.readings).chain(tiles)
    }
}

/// Gives devices and tiles the names that people gave them, and locks to tiles that have one.
pub fn call(layout: &Layout, devices: &mut [DeviceView]) {
    for device in devices {
        if let Some(name) = layout.names.get(&device.base) {
            device.name = visible(name);
        }
        for tile in device.controls.iter_mut().chain(&mut device.readings) {
            let thing = name_of(tile);
            if let Some(name) = layout.names.get(&thing) {
                tile.name = visible(name);
            }
        }
        let keep =
            |tile: TileView| if layout.locks(&name_of(&tile)) { tile.locked(Lock::Kept) } else { tile };
        device.controls = std::mem::take(&mut device.controls).into_iter().map(keep).collect();
    }
}

/// What can be arranged: all but devices that nobody has decided about.
pub fn present(devices: &[DeviceView]) -> Present {
    let known = devices.iter().filter(|device| !device.is_new);
    let tiles = |device: &DeviceView| device.controls.iter().chain(&device.readings).map(name_of).collect();
    Present(known.map(|device| (device.base.clone(), tiles(device))).collect())
}

/// The name of a tile in the file.
pub fn name_of(tile: &TileView) -> String {
    tile_name(&tile.topic, &tile.key)
}

/// The tiles of a device in their order.
pub fn sorted(layout: &Layout, base: &str, tiles: Vec<TileView>) -> Vec<TileView> {
    match layout.order.get(base) {
        Some(order) => in_order(tiles, order, name_of),
        None => tiles,
    }
}

/// Devices in their rooms, and those in none.
pub fn into_rooms(layout: &Layout, devices: Vec<DeviceView>) -> (Vec<RoomView>, Vec<DeviceView>) {
    let mut rooms: Vec<Vec<DeviceView>> = layout.rooms.iter().map(|_| Vec::new()).collect();
    let mut others = Vec::new();
    for device in devices {
        match layout.room_of(&device.base).and_then(|room| rooms.get_mut(room)) {
            Some(room) => room.push(device),
            None => others.push(device),
        }
    }
    let base = |device: &DeviceView| device.base.clone();
    let rooms = layout.rooms.iter().zip(rooms).enumerate().map(|(at, (room, devices))| RoomView {
        id: format!("room-{}", at + 1),
        name: visible(&room.name),
        devices: in_order(devices, &room.devices, base),
    });
    (rooms.collect(), in_order(others, &layout.devices, base))
}

/// Away from its device a tile says whose it is.
fn of_device(device: &str, tiles: Vec<TileView>) -> impl Iterator<Item = TileView> {
    tiles.into_iter().map(move |tile| TileView { id: format!("{device} · {}", tile.id), ..tile })
}
