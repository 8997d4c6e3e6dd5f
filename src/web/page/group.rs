//! Tiles that belong together: how far a cover is open beside its buttons, a room's temperature beside the set-point.
//!
//! A group is one frame with a name; what is in it stays tiles of its own, each with its own command, its own note and its own
//! silence. They belong together if a definition tells them under one `cover/…` or `thermostat/…`.

use super::instrument::Widget;
use super::note::Note;
use super::view::TileView;
use crate::device::kind_of;
use crate::web::text::Text;

/// The tiles of one topic, those of a cover and of a thermostat as one.
pub fn grouped(text: &Text, id: &str, mut tiles: Vec<TileView>) -> Vec<TileView> {
    let (kind, main) = match kind_of(id) {
        "cover" => ("cover", ["position", "action"]),
        "thermostat" => ("thermostat", ["temperature", "set-point"]),
        _ => return tiles,
    };
    if !tiles.iter().any(|tile| main.contains(&tile.key.as_str())) {
        return tiles;
    }
    let rank = |tile: &TileView| main.iter().position(|key| *key == tile.key).unwrap_or(main.len());
    tiles.sort_by_key(rank);
    let usual = || text.names.of(kind).unwrap_or(kind).to_owned();
    let given = tiles.first().filter(|tile| tile.is_given).map(|tile| tile.name.clone());
    let name = given.unwrap_or_else(usual);
    for tile in &mut tiles {
        // Under one name there would be two things called alike.
        if tile.name == name {
            tile.name = text.names.of(&tile.key).map_or_else(|| tile.key.clone(), str::to_owned);
        }
    }
    let Some(first) = tiles.first() else { return tiles };
    let note = Note { mark: "online", words: String::new(), at: None };
    let icon = first.icon;
    let (topic, id) = (first.topic.clone(), first.id.clone());
    vec![TileView {
        topic,
        key: String::new(),
        id,
        name,
        is_given: false,
        icon,
        kind,
        presence: first.presence,
        regular: first.regular,
        step: "",
        possible: None,
        strange: false,
        lock: None,
        note,
        widget: Widget::Group(tiles),
    }]
}

impl TileView {
    /// The tiles of this group; of any other tile itself.
    pub fn leaves(&self) -> &[TileView] {
        match &self.widget {
            Widget::Group(tiles) => tiles,
            _ => std::slice::from_ref(self),
        }
    }

    /// The tiles of this group; of any other tile itself.
    pub fn into_leaves(self) -> Vec<TileView> {
        match self.widget {
            Widget::Group(tiles) => tiles,
            _ => vec![self],
        }
    }

    /// Whether nothing can be pressed on it.
    pub fn is_shut(&self) -> bool {
        self.lock.is_some_and(super::lock::Lock::is_shut)
    }

    /// Shows it as locked, if it could be pressed. What shuts it counts more than what asks for a second press.
    pub fn locked(mut self, lock: super::lock::Lock) -> Self {
        if let Widget::Group(tiles) = self.widget {
            self.widget = Widget::Group(tiles.into_iter().map(|tile| tile.locked(lock)).collect());
            return self;
        }
        if self.is_control() && !self.is_shut() {
            self.lock = Some(lock);
        }
        self
    }
}
