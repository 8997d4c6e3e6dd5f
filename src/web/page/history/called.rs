//! How series are called: as their tiles are on the dashboard of whoever asks, and by their topics where no device has them any more.

use std::collections::HashMap;

use crate::device::vocabulary::{Sort, quantity};
use crate::history::name::Name;
use crate::hub::Snapshot;
use crate::web::layout::Layout;
use crate::web::page::arranged;
use crate::web::page::facts;
use crate::web::page::show::visible;
use crate::web::page::view::device_name;
use crate::web::text::Text;

/// How one series is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    /// The name of its device.
    pub device: String,
    /// Its own name, `Temperature`.
    pub name: String,
    /// The topic within the device, `thermometer/0`.
    pub id: String,
    /// Its picture.
    pub icon: &'static str,
}

impl Called {
    /// All of it.
    pub fn whole(&self) -> String {
        if self.device.is_empty() { self.name.clone() } else { format!("{}, {}", self.name, self.device) }
    }
}

/// The names of everything that has a tile.
pub struct Names {
    text: &'static Text,
    tiles: HashMap<Name, Called>,
}

impl Names {
    /// Of the devices that the hub knows now.
    pub fn new(text: &'static Text, snapshot: &Snapshot, layout: &Layout) -> Self {
        let mut tiles = HashMap::new();
        let mut devices = facts::devices(text, snapshot);
        arranged::call(layout, &mut devices);
        for device in devices {
            for tile in device.controls.into_iter().chain(device.readings) {
                let name = Name { topic: tile.topic.into(), quantity: tile.key.into() };
                let (device, icon) = (device.name.clone(), tile.icon);
                tiles.insert(name, Called { device, name: tile.name, id: tile.id, icon });
            }
        }
        Self { text, tiles }
    }

    /// How a series is called.
    pub fn of(&self, name: &Name) -> Called {
        self.tiles.get(name).cloned().unwrap_or_else(|| self.by_topic(name))
    }

    fn by_topic(&self, name: &Name) -> Called {
        let topic = &*name.topic;
        let (base, id) = match topic.rmatch_indices('/').nth(1) {
            Some((at, _)) => (&topic[..at], &topic[at + 1..]),
            None => ("", topic),
        };
        let word = match &*name.quantity {
            "" => id.rsplit('/').next().unwrap_or_default(),
            "state" => id.split('/').next().unwrap_or_default(),
            quantity => quantity,
        };
        let said = self.text.names.of(word).map_or_else(|| visible(word), str::to_owned);
        let device = if base.is_empty() { String::new() } else { device_name(self.text, base) };
        Called { device, name: said, id: visible(id), icon: "clock" }
    }
}

/// Whether a number is a count of something, so that what was added in a time means more than its height.
pub fn is_counter(name: &Name) -> bool {
    quantity(&name.quantity).is_some_and(|known| matches!(known.sort, Sort::Total | Sort::Event))
}
