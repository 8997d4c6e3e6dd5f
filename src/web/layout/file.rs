//! The file of an arrangement: TOML that a person can read, edit and compare, one thing per line.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

use super::change::{LONGEST, MOST, check_name};
use super::plan::{Layout, Room};
use crate::sheet::{Advice, Entry, Problems, Section, Sheet, found, open, quoted};

const ADVICE: Advice = Advice {
    missing: "load the page again",
    denied: "let the hub's user read it",
    other: "restore it from a backup, or remove it",
    most: 1 << 20,
    too_long: "at most 1 MiB is read",
};

/// What is allowed in a list.
const THINGS: &str =
    r#"names of devices and tiles, such as "nodes/bridge/0" or "nodes/bridge/0/relay/0#state""#;

/// Reads a file.
pub(super) fn read(path: &Path) -> Result<Layout, Problems> {
    parse(path, open(path, &ADVICE)?)
}

/// Reads the text of a file.
pub(super) fn parse(path: &Path, text: String) -> Result<Layout, Problems> {
    let sheet = Sheet::new(path, text);
    let document = sheet.parse()?;
    let root = Section::root(&sheet, document.as_table());
    let layout = Layout {
        favourites: list(&root, "favourites"),
        hidden: list(&root, "hidden"),
        locked: list(&root, "locked"),
        devices: list(&root, "devices"),
        rooms: root.sections("room").into_iter().map(room).collect(),
        order: root.entries("order").iter().map(|entry| order(&sheet, entry)).collect(),
        names: root.entries("names").iter().filter_map(|entry| name(&sheet, entry)).collect(),
    };
    if layout.rooms.len() > MOST {
        root.fault("room", format!("{} rooms", layout.rooms.len()), format!("at most {MOST}"), None);
    }
    let mut seen = BTreeSet::new();
    for room in &layout.rooms {
        if !room.name.is_empty() && !seen.insert(room.name.to_lowercase()) {
            let found = format!("{} is there twice", quoted(&room.name));
            root.fault(
                "room",
                found,
                "every room once".into(),
                Some("put the devices of both into one".into()),
            );
        }
    }
    let mut seen = BTreeSet::new();
    let all = layout.rooms.iter().flat_map(|room| &room.devices);
    for base in all.filter(|base| !seen.insert(base.as_str())) {
        root.fault("room", format!("{} is in two rooms", quoted(base)), "every device in one".into(), None);
    }
    root.finish();
    drop(document);
    sheet.close()?;
    Ok(layout)
}

fn room(section: Section<'_>) -> Room {
    let name: String = section.must("name").unwrap_or_default();
    match check_name(&name) {
        Err(why) if !section.is_faulty() => {
            section.fault("name", why.to_string(), format!("a name of 1 to {LONGEST} characters"), None);
        }
        Ok(()) | Err(_) => {}
    }
    let room = Room { name, devices: list(&section, "devices") };
    section.finish();
    room
}

/// A list of things, empty if it is not there.
fn list(section: &Section<'_>, key: &'static str) -> Vec<String> {
    if !section.has(key) {
        return Vec::new();
    }
    let list: Vec<String> = section.list(key).unwrap_or_default();
    if list.len() > MOST {
        section.fault(key, format!("{} entries", list.len()), format!("at most {MOST}"), None);
    }
    let mut seen = BTreeSet::new();
    if let Some(twice) = list.iter().find(|thing| !seen.insert(thing.as_str())) {
        section.fault(key, format!("{} is there twice", quoted(twice)), "everything once".into(), None);
    }
    list
}

fn order(sheet: &Sheet, entry: &Entry<'_>) -> (String, Vec<String>) {
    let list = entry.item.as_array().and_then(|list| {
        list.iter().map(|tile| tile.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
    });
    if list.is_none() {
        sheet.problem(entry.span.clone(), &entry.path, found(entry.item), THINGS.into(), None);
    }
    (entry.name.to_owned(), list.unwrap_or_default())
}

fn name(sheet: &Sheet, entry: &Entry<'_>) -> Option<(String, String)> {
    let told = |found: String, hint| {
        let allowed = format!("a name of 1 to {LONGEST} characters in quotes");
        sheet.problem(entry.span.clone(), &entry.path, found, allowed, hint);
    };
    let Some(text) = entry.item.as_str() else {
        let hint = entry
            .item
            .is_table()
            .then(|| format!("write {} = \"…\", with quotes around both", quoted(entry.name)));
        told(found(entry.item), hint);
        return None;
    };
    if let Err(why) = check_name(text) {
        told(why.to_string(), None);
    }
    Some((entry.name.to_owned(), text.to_owned()))
}

/// The file of whoever it is.
pub(super) fn text(whose: &str, layout: &Layout) -> String {
    let mut text = match whose {
        super::EVERYONE => "# What everyone without a file of their own sees on the dashboard.".to_owned(),
        account => format!("# What {account} sees on the dashboard."),
    };
    text += "\n# The page Arrange writes this file, without comments of yours. Edit it as you like; the hub reads it again.\n\n";
    let lists = [
        ("favourites", &layout.favourites),
        ("hidden", &layout.hidden),
        ("locked", &layout.locked),
        ("devices", &layout.devices),
    ];
    for (key, list) in lists {
        write_list(&mut text, key, list);
    }
    for room in &layout.rooms {
        text += "\n[[room]]\n";
        // Writing to a String cannot fail.
        let _ = writeln!(text, "name = {}", quoted(&room.name));
        write_list(&mut text, "devices", &room.devices);
    }
    if !layout.order.is_empty() {
        text += "\n[order]\n";
        for (base, tiles) in &layout.order {
            write_list(&mut text, &quoted(base), tiles);
        }
    }
    if !layout.names.is_empty() {
        text += "\n[names]\n";
        write_names(&mut text, &layout.names);
    }
    text
}

fn write_list(text: &mut String, key: &str, list: &[String]) {
    if list.is_empty() {
        let _ = writeln!(text, "{key} = []");
        return;
    }
    let _ = writeln!(text, "{key} = [");
    for thing in list {
        let _ = writeln!(text, "  {},", quoted(thing));
    }
    text.push_str("]\n");
}

fn write_names(text: &mut String, names: &BTreeMap<String, String>) {
    for (thing, name) in names {
        let _ = writeln!(text, "{} = {}", quoted(thing), quoted(name));
    }
}
