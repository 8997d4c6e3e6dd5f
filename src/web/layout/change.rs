//! One small change of an arrangement, as a form or a hand on a handle asks for it.

use super::plan::Layout;
use super::rooms::{move_room, place_of, rename_room, room};

/// The most entries of a list, names and rooms.
pub(super) const MOST: usize = 1_000;
/// The longest name, in characters.
pub(super) const LONGEST: usize = 100;

/// Which side of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// In front of it.
    Before,
    /// Behind it.
    After,
}

/// A place in a list: beside something that is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beside {
    /// On which side.
    pub side: Side,
    /// Of what.
    pub of: String,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A device goes beside another one, into its room.
    Device(String, Beside),
    /// A device goes to the end of a room, which is made if it is not there; to those without a room if none is named.
    IntoRoom(String, Option<String>),
    /// A tile goes beside another one of the same device.
    Tile(String, Beside),
    /// A favourite goes beside another one.
    Favourite(String, Beside),
    /// A room goes beside another one.
    Room(String, Beside),
    /// A new room.
    AddRoom(String),
    /// A room is called otherwise.
    RenameRoom(String, String),
    /// A room is no more; its devices are in none.
    RemoveRoom(String),
    /// A tile is a favourite, or none any more.
    Star(String, bool),
    /// A device or a tile is hidden, or shown again.
    Hide(String, bool),
    /// A tile is locked, or is not any more.
    Lock(String, bool),
    /// A device or a tile is called so; as it came, if the name is empty.
    Name(String, String),
}

/// What the dashboard has to show now, in its usual order: devices, each with its tiles.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Present(pub Vec<(String, Vec<String>)>);

/// Why a change is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// Nothing of that name is there.
    #[error("{0} is not on the dashboard any more; load the page again")]
    Gone(String),
    /// A name without a letter.
    #[error("a name has at least one character")]
    Empty,
    /// A name that fits nowhere.
    #[error("a name has at most {LONGEST} characters")]
    Long,
    /// A name that deceives the eye.
    #[error("a name has no characters that cannot be seen")]
    Invisible,
    /// A second room of that name.
    #[error("there is a room {0} already")]
    Taken(String),
    /// More than anybody reads.
    #[error("at most {MOST} entries are kept; remove some first")]
    TooMany,
}

/// Whether something may be called so.
pub(super) fn check_name(name: &str) -> Result<(), ChangeError> {
    if name.trim().is_empty() {
        return Err(ChangeError::Empty);
    }
    if name.chars().count() > LONGEST {
        return Err(ChangeError::Long);
    }
    if crate::talk::printable(name) != name {
        return Err(ChangeError::Invisible);
    }
    Ok(())
}

impl Present {
    fn device_of(&self, tile: &str) -> Result<&(String, Vec<String>), ChangeError> {
        let mut devices = self.0.iter();
        devices.find(|(_, tiles)| tiles.iter().any(|one| one == tile)).ok_or_else(|| gone(tile))
    }

    fn has(&self, thing: &str) -> bool {
        self.0.iter().any(|(base, tiles)| base == thing || tiles.iter().any(|tile| tile == thing))
    }
}

impl Change {
    /// Changes an arrangement of what is there now.
    pub(super) fn apply(&self, layout: &mut Layout, present: &Present) -> Result<(), ChangeError> {
        match self {
            Self::Device(base, beside) => device(layout, present, base, beside)?,
            Self::IntoRoom(base, room) => into_room(layout, present, base, room.as_deref())?,
            Self::Tile(tile, beside) => {
                let (base, tiles) = present.device_of(tile)?;
                let order = layout.order.entry(base.clone()).or_default();
                complete(order, tiles.iter());
                put(order, tile, beside)?;
            }
            Self::Favourite(tile, beside) if layout.favours(tile) => {
                put(&mut layout.favourites, tile, beside)?
            }
            Self::Favourite(tile, _) => return Err(gone(tile)),
            Self::Room(name, beside) => move_room(&mut layout.rooms, name, beside)?,
            Self::AddRoom(name) => drop(room(layout, name, true)?),
            Self::RenameRoom(old, new) => rename_room(layout, old, new)?,
            Self::RemoveRoom(name) => {
                let at = place_of(&layout.rooms, name)?;
                layout.rooms.remove(at);
            }
            Self::Star(tile, is) => mark(&mut layout.favourites, tile, *is, present)?,
            Self::Hide(thing, is) => mark(&mut layout.hidden, thing, *is, present)?,
            Self::Lock(tile, is) => mark(&mut layout.locked, tile, *is, present)?,
            Self::Name(thing, name) => call(layout, present, thing, name)?,
        }
        let lists = [&layout.favourites, &layout.hidden, &layout.locked, &layout.devices];
        let rooms = layout.rooms.iter().map(|room| &room.devices).chain(layout.order.values());
        let is_long = lists.into_iter().chain(rooms).any(|list| list.len() > MOST);
        if is_long || layout.names.len() > MOST || layout.rooms.len() > MOST || layout.order.len() > MOST {
            return Err(ChangeError::TooMany);
        }
        Ok(())
    }
}

pub(super) fn gone(what: &str) -> ChangeError {
    ChangeError::Gone(crate::talk::printable(what))
}

/// Adds what is there and not named yet, in its usual order.
fn complete<'a>(list: &mut Vec<String>, present: impl Iterator<Item = &'a String>) {
    for thing in present {
        if !list.contains(thing) {
            list.push(thing.clone());
        }
    }
}

fn put(list: &mut Vec<String>, what: &str, beside: &Beside) -> Result<(), ChangeError> {
    if what == beside.of {
        return Ok(());
    }
    let mut rest: Vec<String> = list.iter().filter(|one| *one != what).cloned().collect();
    let at = rest.iter().position(|one| *one == beside.of).ok_or_else(|| gone(&beside.of))?;
    rest.insert(at + usize::from(beside.side == Side::After), what.to_owned());
    *list = rest;
    Ok(())
}

fn device(layout: &mut Layout, present: &Present, base: &str, beside: &Beside) -> Result<(), ChangeError> {
    if !present.has(base) {
        return Err(gone(base));
    }
    let (from, to) = (layout.room_of(base), layout.room_of(&beside.of));
    if let Some(from) = from.filter(|from| Some(*from) != to) {
        layout.rooms[from].devices.retain(|device| device != base);
    }
    match to {
        Some(room) => {
            layout.devices.retain(|device| device != base);
            put(&mut layout.rooms[room].devices, base, beside)
        }
        None => {
            let free: Vec<&String> = present
                .0
                .iter()
                .map(|(base, _)| base)
                .filter(|base| layout.room_of(base).is_none())
                .collect();
            complete(&mut layout.devices, free.into_iter());
            put(&mut layout.devices, base, beside)
        }
    }
}

fn into_room(
    layout: &mut Layout,
    present: &Present,
    base: &str,
    name: Option<&str>,
) -> Result<(), ChangeError> {
    if !present.has(base) && layout.room_of(base).is_none() {
        return Err(gone(base));
    }
    let to = name.map(|name| room(layout, name, false)).transpose()?;
    let from = layout.room_of(base);
    if from == to {
        return Ok(());
    }
    if let Some(from) = from {
        layout.rooms[from].devices.retain(|device| device != base);
    }
    layout.devices.retain(|device| device != base);
    if let Some(to) = to {
        layout.rooms[to].devices.push(base.to_owned());
    }
    Ok(())
}

/// Something belongs to a list, or does not. Only what is there can be added; anything can be taken out.
fn mark(list: &mut Vec<String>, thing: &str, is: bool, present: &Present) -> Result<(), ChangeError> {
    if !is {
        list.retain(|one| one != thing);
    } else if !present.has(thing) {
        return Err(gone(thing));
    } else if !list.iter().any(|one| one == thing) {
        list.push(thing.to_owned());
    }
    Ok(())
}

fn call(layout: &mut Layout, present: &Present, thing: &str, name: &str) -> Result<(), ChangeError> {
    let name = name.trim();
    if name.is_empty() {
        layout.names.remove(thing);
        return Ok(());
    }
    if !present.has(thing) {
        return Err(gone(thing));
    }
    check_name(name)?;
    layout.names.insert(thing.to_owned(), name.to_owned());
    Ok(())
}
