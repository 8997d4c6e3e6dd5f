//! What a device has, from its exposes: lights, switches, fans, covers, locks and climate of several pieces, and single
//! pieces by their names.

use toml_edit::Value as Toml;

use super::super::draft::Draft;
use super::super::entry::{Entry, Way};
use super::exposes::{Expose, Speech};
use super::names;

/// The brightest that a light is told to be, where nothing else is announced.
const BRIGHTEST: f64 = 254.0;
/// Words of a cover and what they mean; a cover says the first two as states, too.
const COVER: [(&str, &str); 3] = [("OPEN", "open"), ("CLOSE", "closed"), ("STOP", "stopped")];

/// Draws one expose.
pub(super) fn draw(draft: &mut Draft, expose: &Expose, speech: &Speech, is_on_battery: bool) {
    let role = match expose.kind.as_str() {
        "light" => light,
        "switch" => switch,
        "fan" => fan,
        "cover" => cover,
        "lock" => lock,
        "climate" => climate,
        _ => return single(draft, expose, speech, is_on_battery),
    };
    let mut drawn: Option<String> = None;
    for feature in &expose.features {
        // Pieces of an endpoint may leave it out.
        let feature =
            Expose { endpoint: feature.endpoint.clone().or(expose.endpoint.clone()), ..feature.clone() };
        if let Some(why) = feature.unusable() {
            draft.skip(feature.called(), why);
            continue;
        }
        match role(&feature, speech) {
            // A light says its color in one form or the other, under one key.
            Some(_) if is_color(&feature) && drawn.replace(feature.property.clone()).is_some() => {}
            Some(entry) => put(draft, &feature, entry),
            None => single(draft, &feature, speech, is_on_battery),
        }
    }
}

/// What a group can do by one of its members; what another member has brought already stays.
pub(super) fn of_group(draft: &mut Draft, exposes: &[Expose], speech: &Speech) {
    let mut speech = speech.clone();
    speech.never_asked();
    let switchable = exposes
        .iter()
        .filter(|one| matches!(one.kind.as_str(), "light" | "switch" | "cover" | "lock" | "fan"));
    for expose in switchable {
        if draft.entries.iter().any(|known| known.is_of(kind_of(&expose.kind))) {
            continue;
        }
        // A group has no endpoints: it is told what each of its members takes.
        let plain = |one: &Expose| Expose { endpoint: None, property: one.name.clone(), ..one.clone() };
        let is_common = |one: &&Expose| {
            matches!(one.name.as_str(), "state" | "brightness" | "color_temp" | "position" | "tilt")
        };
        let features = expose.features.iter().filter(is_common).map(plain).collect();
        draw(draft, &Expose { endpoint: None, features, ..expose.clone() }, &speech, false);
    }
}

fn is_color(piece: &Expose) -> bool {
    matches!(piece.name.as_str(), "color_xy" | "color_hs")
}

fn kind_of(kind: &str) -> &str {
    if kind == "switch" { "relay" } else { kind }
}

fn put(draft: &mut Draft, expose: &Expose, entry: Entry) {
    expose.note_presets(draft);
    draft.entries.push(entry);
}

fn light(piece: &Expose, speech: &Speech) -> Option<Entry> {
    let entry = || Entry::new("light", piece.channel());
    match (piece.name.as_str(), piece.kind.as_str()) {
        ("state", "binary") => Some(piece.truth(entry(), speech)),
        ("brightness", "numeric") => {
            let most =
                piece.value_max.filter(|most| *most >= 1.0 && *most <= 65_535.0 && most.fract() == 0.0);
            Some(piece.percent(entry().quantity("brightness"), speech, most.unwrap_or(BRIGHTEST)))
        }
        ("color_temp", "numeric") => {
            let entry = entry().quantity("color-temperature").kind("number");
            Some(piece.number(united(entry, piece), speech))
        }
        (_, "composite") if is_color(piece) => {
            Some(piece.any(entry().quantity("color").kind("json"), speech).called(&piece.name))
        }
        _ => None,
    }
}

fn switch(piece: &Expose, speech: &Speech) -> Option<Entry> {
    let is_state = piece.name == "state" && piece.kind == "binary";
    is_state.then(|| piece.truth(Entry::new("relay", piece.channel()), speech))
}

fn fan(piece: &Expose, speech: &Speech) -> Option<Entry> {
    let entry = || Entry::new("fan", piece.channel());
    match (piece.name.as_str(), piece.kind.as_str()) {
        ("state", "binary") => Some(piece.truth(entry(), speech)),
        ("mode", "enum") => Some(piece.choice(entry().quantity("mode"), speech)),
        _ => None,
    }
}

fn cover(piece: &Expose, speech: &Speech) -> Option<Entry> {
    let entry = || Entry::new("cover", piece.channel());
    match (piece.name.as_str(), piece.kind.as_str()) {
        ("state", "enum") => {
            let words = piece.words();
            let known = || COVER.iter().filter(|(word, _)| words.iter().any(|one| one == word));
            let read = piece.read(speech).map(known().map(|(word, means)| (*word, Toml::from(*means))));
            let sent: Vec<(&str, String)> =
                known().map(|(word, means)| (*means, piece.sent(&(*word).into()))).collect();
            let entry = entry().quantity("action").words(known().map(|(_, means)| *means));
            let map = sent.iter().map(|(means, sent)| (*means, Toml::from(sent.as_str())));
            Some(piece.ways(entry, speech, read, |way| way.map(map)))
        }
        ("position", "numeric") => Some(piece.number(entry().quantity("position"), speech)),
        ("tilt", "numeric") => {
            Some(piece.number(united(entry().quantity("tilt").kind("number"), piece), speech))
        }
        _ => None,
    }
}

fn lock(piece: &Expose, speech: &Speech) -> Option<Entry> {
    let is_state = piece.name == "state" && piece.kind == "binary";
    is_state.then(|| piece.truth(Entry::new("lock", piece.channel()), speech))
}

fn climate(piece: &Expose, speech: &Speech) -> Option<Entry> {
    let entry = || Entry::new("thermostat", piece.channel());
    let measured =
        |entry: Entry, quantity: &str| entry.measures(quantity, piece.unit.as_deref().or(Some("°C")));
    match (piece.name.as_str(), piece.kind.as_str()) {
        ("local_temperature", "numeric") => Some(piece.number(measured(entry(), "temperature"), speech)),
        ("occupied_heating_setpoint" | "current_heating_setpoint", "numeric") => {
            Some(piece.number(measured(entry(), "set-point"), speech))
        }
        (
            "occupied_cooling_setpoint" | "unoccupied_heating_setpoint" | "unoccupied_cooling_setpoint",
            "numeric",
        ) => {
            let other = Entry::new("set-point", &piece.address()).name(piece.called());
            Some(piece.number(measured(other, "set-point"), speech))
        }
        ("system_mode", "enum") => Some(piece.choice(entry().quantity("mode"), speech)),
        ("running_state", "enum") => Some(piece.choice(entry().quantity("action"), speech)),
        ("fan_mode", "enum") => {
            Some(piece.choice(Entry::new("fan", piece.channel()).quantity("mode"), speech))
        }
        _ => None,
    }
}

/// A piece that stands for itself.
fn single(draft: &mut Draft, piece: &Expose, speech: &Speech, is_on_battery: bool) {
    if let Some(why) = piece.unusable() {
        return draft.skip(piece.called(), why);
    }
    if !piece.is_told(speech) && !piece.is_set(speech) {
        return;
    }
    let entry = match piece.kind.as_str() {
        "binary" => truth(piece, speech),
        "numeric" => number(piece, speech, is_on_battery),
        "enum" => word(piece, speech),
        "text" => piece.text(named("sensor", piece).quantity("text"), speech),
        "list" | "composite" => piece.any(named("sensor", piece).quantity("data"), speech),
        other => return draft.skip(piece.called(), format!("`{other:.40}` is no kind of value known here")),
    };
    put(draft, piece, entry);
}

/// By its own name, wherever several of its kind may be.
fn named(kind: &str, piece: &Expose) -> Entry {
    Entry::new(kind, &piece.address()).name(piece.called())
}

fn placed(about: names::About, piece: &Expose) -> Entry {
    let address = match (about.part, piece.channel()) {
        (Some(part), "-") => part.to_owned(),
        (Some(part), channel) => format!("{part}-{channel}"),
        (None, channel) => channel.to_owned(),
    };
    Entry::new(about.kind, &address).name(piece.called())
}

fn truth(piece: &Expose, speech: &Speech) -> Entry {
    match names::truth(&piece.name).filter(|_| !piece.is_set(speech)) {
        // A contact that touches is a closed door.
        Some(about) if piece.name == "contact" => piece.truth_as(placed(about, piece), speech, [false, true]),
        Some(about) => piece.truth(placed(about, piece).quantity(about.quantity), speech),
        None => {
            let kind = if piece.is_set(speech) { "relay" } else { "input" };
            piece.truth(named(kind, piece).quantity("state"), speech)
        }
    }
}

fn number(piece: &Expose, speech: &Speech, is_on_battery: bool) -> Entry {
    let unit = piece.unit.as_deref();
    if piece.is_set(speech) {
        let is_degrees = matches!(unit, Some("°C" | "°F"));
        let quantity = if is_degrees { "set-point" } else { "value" };
        return piece.number(named("set-point", piece).measures(quantity, unit), speech);
    }
    let about = names::number(&piece.name);
    let about = match about {
        Some(about) if piece.name == "voltage" && (is_on_battery || unit == Some("mV")) => {
            Some(names::About { kind: "battery", ..about })
        }
        about => about,
    };
    let Some(about) = about else {
        return piece.number(named("sensor", piece).measures("value", unit), speech);
    };
    // Its unit is a word for having none.
    let unit = unit.filter(|unit| *unit != "lqi");
    piece.number(placed(about, piece).measures(about.quantity, unit), speech)
}

fn word(piece: &Expose, speech: &Speech) -> Entry {
    if piece.name == "action" {
        let read = piece.read(speech);
        // Behind a press it says the empty word, which is none.
        let read = read.regex("^.+$");
        let channel = if piece.endpoint.is_some() { piece.channel() } else { "-" };
        return piece.ways(Entry::new("button", channel).quantity("event"), speech, read, |way: Way| way);
    }
    if !piece.is_told(speech) && piece.values.len() == 1 {
        return piece.press(named("button", piece), speech);
    }
    let kind = if piece.is_set(speech) { "select" } else { "sensor" };
    piece.choice(named(kind, piece).quantity("mode"), speech)
}

fn united(entry: Entry, piece: &Expose) -> Entry {
    match piece.unit.as_deref().map(str::trim).filter(|unit| !unit.is_empty()) {
        Some(unit) => entry.unit(unit),
        None => entry,
    }
}
