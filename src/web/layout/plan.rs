//! An arrangement as plain values, and how a list is put into its order.
//!
//! Devices are named by their base topics, tiles as series of the history are: `nodes/bridge/0/relay/i2c0-3b#state`. What
//! is named may be away; what is not named comes after what is, in its usual order.

use std::collections::{BTreeMap, HashMap};

use crate::history::name::Name;

/// How a dashboard is arranged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Layout {
    /// Tiles that stand in front of all others, in this order.
    pub favourites: Vec<String>,
    /// Devices and tiles that are not shown.
    pub hidden: Vec<String>,
    /// Tiles that need one more press.
    pub locked: Vec<String>,
    /// The order of devices that are in no room.
    pub devices: Vec<String>,
    /// The rooms, in their order.
    pub rooms: Vec<Room>,
    /// The order of the tiles of a device, by its base.
    pub order: BTreeMap<String, Vec<String>>,
    /// What people call devices and tiles.
    pub names: BTreeMap<String, String>,
}

/// A room.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Room {
    /// What it is called; no two rooms are called the same.
    pub name: String,
    /// Its devices, in their order.
    pub devices: Vec<String>,
}

impl Layout {
    /// The room of a device, by its place among the rooms.
    pub fn room_of(&self, base: &str) -> Option<usize> {
        self.rooms.iter().position(|room| room.devices.iter().any(|device| device == base))
    }

    /// Whether a device or a tile is not shown.
    pub fn hides(&self, thing: &str) -> bool {
        self.hidden.iter().any(|hidden| hidden == thing)
    }

    /// Whether a tile stands in front of all others.
    pub fn favours(&self, tile: &str) -> bool {
        self.favourites.iter().any(|favourite| favourite == tile)
    }

    /// Whether a tile needs one more press.
    pub fn locks(&self, tile: &str) -> bool {
        self.locked.iter().any(|locked| locked == tile)
    }
}

/// The name of a tile in the file.
pub fn tile_name(topic: &str, key: &str) -> String {
    Name { topic: topic.into(), quantity: key.into() }.to_string()
}

/// `items` in the order of `wanted`; what is not named there follows as it came.
pub fn in_order<T>(mut items: Vec<T>, wanted: &[String], name: impl Fn(&T) -> String) -> Vec<T> {
    let places: HashMap<&str, usize> =
        wanted.iter().enumerate().map(|(place, name)| (name.as_str(), place)).collect();
    items.sort_by_key(|item| places.get(name(item).as_str()).copied().unwrap_or(usize::MAX));
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_comes_first_and_the_rest_as_it_came() {
        let check = |items: &str, wanted: &str, expect: &str| {
            let list = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(in_order(list(items), &list(wanted), Clone::clone).join(" "), expect);
        };
        check("a b c", "", "a b c");
        check("a b c", "c", "c a b");
        check("a b c", "c a", "c a b");
        check("a b c", "gone c away a", "c a b");
        check("c b a", "b", "b c a");
    }
}
