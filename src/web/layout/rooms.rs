//! Rooms made, moved and called otherwise.

use super::change::{Beside, ChangeError, Side, check_name, gone};
use super::plan::{Layout, Room};

/// The place of a room, which is made if it is not there.
pub(super) fn room(layout: &mut Layout, name: &str, is_new: bool) -> Result<usize, ChangeError> {
    let name = name.trim();
    match place_of(&layout.rooms, name) {
        Ok(_) if is_new => Err(ChangeError::Taken(name.to_owned())),
        Ok(at) => Ok(at),
        Err(_) => {
            check_name(name)?;
            layout.rooms.push(Room { name: name.to_owned(), devices: Vec::new() });
            Ok(layout.rooms.len() - 1)
        }
    }
}

/// Where a room is. Capitals do not make another one.
pub(super) fn place_of(rooms: &[Room], name: &str) -> Result<usize, ChangeError> {
    let wanted = name.to_lowercase();
    rooms.iter().position(|room| room.name.to_lowercase() == wanted).ok_or_else(|| gone(name))
}

pub(super) fn move_room(rooms: &mut Vec<Room>, name: &str, beside: &Beside) -> Result<(), ChangeError> {
    let (from, to) = (place_of(rooms, name)?, place_of(rooms, &beside.of)?);
    if from == to {
        return Ok(());
    }
    let room = rooms.remove(from);
    let to = to - usize::from(from < to) + usize::from(beside.side == Side::After);
    rooms.insert(to, room);
    Ok(())
}

pub(super) fn rename_room(layout: &mut Layout, old: &str, new: &str) -> Result<(), ChangeError> {
    let (at, new) = (place_of(&layout.rooms, old)?, new.trim());
    check_name(new)?;
    match place_of(&layout.rooms, new) {
        Ok(other) if other != at => Err(ChangeError::Taken(new.to_owned())),
        Ok(_) | Err(_) => {
            layout.rooms[at].name = new.to_owned();
            Ok(())
        }
    }
}
