//! Properties drawn out of what was heard: what each is, where it is read, and how often it speaks.

use std::time::Duration;

use super::arrange::{Arranged, NUMBER, Stream, numbered};
use super::class::{Class, Words, distinct, plain, presence, seen};
use super::commands;
use super::leaves::{Leaf, leaves, pointer};
use super::naming::{self, Meaning};
use super::write;
use crate::device::vocabulary;

/// The most properties of one definition.
const MOST: usize = 64;

/// What a definition is made of.
#[derive(Debug, Default)]
pub(super) struct Drawn {
    pub properties: Vec<Drawing>,
    pub availability: Vec<Presence>,
    /// What is no property: the time, names.
    pub left: Vec<String>,
    /// Commands that belong to nothing.
    pub strange: Vec<String>,
    /// Whether there was more than one definition should hold.
    pub is_cut: bool,
}

/// One property.
#[derive(Debug)]
pub(super) struct Drawing {
    pub kind: String,
    pub address: String,
    pub quantity: String,
    /// Only if the quantity does not say it.
    pub shape: Option<&'static str>,
    pub unit: Option<&'static str>,
    pub words: Vec<String>,
    pub range: Option<(f64, f64)>,
    pub interval: Option<Duration>,
    pub name: String,
    /// Which of the streams it is read from.
    pub stream: usize,
    pub pointer: String,
    pub class: Class,
    pub scale: Option<&'static str>,
    /// What tells it apart from others of the same kind.
    context: String,
    /// A `write`, as it stands in the file.
    pub write: Option<String>,
    /// What was seen, for people.
    pub seen: String,
    pub decide: Vec<String>,
}

/// How the device says that it is there.
#[derive(Debug)]
pub(super) struct Presence {
    pub stream: usize,
    pub pointer: String,
    pub words: (&'static str, &'static str),
}

/// One way to a value and everything that was found there.
struct Way {
    keys: Vec<String>,
    values: Vec<String>,
}

/// Draws everything.
pub(super) fn draw(arranged: &Arranged) -> Drawn {
    let mut drawn = Drawn::default();
    for (number, stream) in arranged.streams.iter().enumerate() {
        let ways = ways(stream, &mut drawn.left);
        for way in &ways {
            if let Some(words) = is_presence(stream, way, ways.len()) {
                drawn.availability.push(Presence { stream: number, pointer: pointer(&way.keys), words });
            } else if let Some(property) = property(stream, number, way) {
                drawn.properties.push(property);
            }
        }
    }
    drawn.is_cut = drawn.properties.len() > MOST;
    drawn.properties.truncate(MOST);
    tell_apart(&mut drawn.properties);
    commands::draw(arranged, &mut drawn);
    drawn
}

fn ways(stream: &Stream, left: &mut Vec<String>) -> Vec<Way> {
    let mut ways: Vec<Way> = Vec::new();
    let mut apart = Vec::new();
    for heard in &stream.heard {
        for Leaf { keys, json } in leaves(heard.payload.as_str(), &mut apart) {
            match ways.iter_mut().find(|way| way.keys == keys) {
                Some(way) => way.values.push(json),
                None => ways.push(Way { keys, values: vec![json] }),
            }
        }
    }
    let topic = stream.topic();
    left.extend(apart.into_iter().map(|way| format!("{topic} {way}").trim_start().to_owned()));
    let paths: Vec<Vec<String>> = ways.iter().map(|way| way.keys.clone()).collect();
    let kinds: Vec<String> = ways.iter().map(|way| format!("{:?}", class(way))).collect();
    // A topic captures one number already.
    let is_numbered = stream.levels.iter().any(|level| level.contains(NUMBER));
    let is_column = stream.parts.as_ref().is_some_and(|parts| !parts.contains("is ="));
    let chosen = if is_numbered || is_column { paths } else { numbered(&paths, &kinds) };
    let mut all: Vec<Way> = Vec::new();
    for (keys, way) in chosen.into_iter().zip(ways) {
        match all.iter_mut().find(|known| known.keys == keys) {
            Some(known) => known.values.extend(way.values),
            None => all.push(Way { keys, values: way.values }),
        }
    }
    all
}

fn class(way: &Way) -> Option<Class> {
    Class::of(way.values.iter().map(String::as_str))
}

/// Words for here and gone, where such words are usual.
fn is_presence(stream: &Stream, way: &Way, ways: usize) -> Option<(&'static str, &'static str)> {
    let said: Vec<String> = way.values.iter().map(|value| plain(value)).collect();
    let last = stream.levels.last().map(|level| level.to_lowercase()).unwrap_or_default();
    let is_named =
        ["online", "available", "availability", "connected", "lwt", "alive"].contains(&last.as_str());
    let is_alone = way.keys.is_empty() || way.keys == ["state"] && ways == 1;
    presence(&said, is_named).filter(|_| is_alone)
}

fn property(stream: &Stream, number: usize, way: &Way) -> Option<Drawing> {
    let texts: Vec<String> =
        way.values.iter().filter(|value| *value != "null").map(|value| plain(value)).collect();
    let keys: Vec<&str> = way.keys.iter().rev().map(String::as_str).collect();
    let levels = stream.levels.iter().rev().map(String::as_str).filter(|level| *level != "{id}");
    let names: Vec<&str> = keys.iter().copied().chain(levels).collect();
    let class = bit(class(way)?, &names, &texts);
    let (known, is_sure, at) = meant(&names, keys.len(), class);
    let own = |name: &&str| !naming::is_generic(&name.replace(NUMBER, ""));
    let main = at.map(|at| names[at]).or_else(|| names.iter().copied().find(own)).or(names.first().copied());
    let main = main.unwrap_or("value").replace(NUMBER, "");
    let others: Vec<&str> = names
        .iter()
        .enumerate()
        .filter(|(one, name)| Some(*one) != at && own(name))
        .map(|(_, name)| *name)
        .collect();
    let context =
        others.iter().rev().map(|name| naming::slug(&name.replace(NUMBER, ""))).collect::<Vec<_>>().join("-");
    let is_numbered = names.iter().any(|name| name.contains(NUMBER));
    let mut drawing = Drawing {
        kind: known.map_or("device", |known| known.kind).to_owned(),
        address: if is_numbered { NUMBER } else { "-" }.to_owned(),
        quantity: known.map_or_else(|| naming::slug(&main), |known| known.quantity.to_owned()),
        shape: None,
        unit: known.map(|known| known.unit).filter(|unit| !unit.is_empty()),
        words: Vec::new(),
        range: None,
        interval: interval(stream),
        name: naming::title(&main),
        stream: number,
        pointer: pointer(&way.keys),
        class,
        scale: None,
        context,
        write: None,
        seen: seen(class, &texts),
        decide: Vec::new(),
    };
    match known {
        Some(known) if !is_sure => {
            drawing.decide.push(format!("is this really a {} of a {}?", known.quantity, known.kind));
        }
        Some(_) => {}
        None => unknown(&mut drawing, &main, &texts),
    }
    if stream.parts.is_some() && main.bytes().all(|byte| byte.is_ascii_digit()) && !main.is_empty() {
        // A column has no name but its place.
        drawing.address = format!("column-{main}");
        drawing.quantity = if drawing.class == Class::Number { "value" } else { "text" }.to_owned();
        drawing.name = format!("Column {main}");
    }
    fit(&mut drawing, &texts);
    Some(drawing)
}

/// 0 and 1 are a truth where the name says so.
fn bit(class: Class, names: &[&str], texts: &[String]) -> Class {
    let bits = Class::Truth(Some(("1", "0")));
    let is_bit = class == Class::Number && texts.iter().all(|text| text == "0" || text == "1");
    let is_named = names.iter().any(|name| naming::exactly(&name.replace(NUMBER, ""), bits).is_some());
    if is_bit && is_named { bits } else { class }
}

/// What the names mean, whether that is sure, and which of them says it: the inner ones first.
fn meant(names: &[&str], keys: usize, class: Class) -> (Option<Meaning>, bool, Option<usize>) {
    for (at, name) in names.iter().enumerate() {
        let name = name.replace(NUMBER, "");
        if let Some(known) = naming::exactly(&name, class) {
            let is_short = name.len() < 2 || name.eq_ignore_ascii_case("light");
            return (Some(known), !is_short, Some(at));
        }
        if let Some(known) = naming::partly(&name, class) {
            return (Some(known), false, Some(at));
        }
        // The name of an outer part says nothing about an inner one that has a name of its own.
        if at < keys && !naming::is_generic(&name) {
            break;
        }
    }
    if matches!(class, Class::Truth(_))
        && names.iter().all(|name| naming::is_generic(&name.replace(NUMBER, "")))
    {
        return (Some(Meaning { kind: "relay", quantity: "state", unit: "" }), false, None);
    }
    (None, false, None)
}

fn unknown(drawing: &mut Drawing, name: &str, texts: &[String]) {
    if drawing.quantity.is_empty() {
        drawing.quantity = "value".to_owned();
    }
    drawing.shape = Some(match drawing.class {
        Class::Number => "number",
        Class::Truth(_) => "truth",
        Class::Word => "choice",
        Class::Text => "text",
    });
    if drawing.class == Class::Word {
        drawing.words = distinct(texts).into_iter().map(str::to_owned).collect();
    }
    let name = naming::title(name);
    drawing.decide.push(match drawing.class {
        Class::Number => {
            format!("what is \"{name}\"? Give it a type and a quantity, such as power-meter/- and power, and a unit")
        }
        Class::Truth(_) => format!("what is \"{name}\"? A relay, a door-sensor, a motion-sensor, …"),
        Class::Word => format!("what is \"{name}\"? Are these all of its words?"),
        Class::Text => format!("is \"{name}\" worth a property? Otherwise take it out"),
    });
}

/// Unit, range and scale that fit what was seen.
fn fit(drawing: &mut Drawing, texts: &[String]) {
    let numbers: Vec<f64> = texts.iter().filter_map(|text| text.parse().ok()).collect();
    let low = numbers.iter().copied().fold(f64::INFINITY, f64::min);
    let high = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if drawing.class != Class::Number || !low.is_finite() || !high.is_finite() {
        return;
    }
    match drawing.quantity.as_str() {
        "brightness" if high > 100.0 => {
            drawing.scale = Some("100/255");
            drawing.decide.push(format!("seen up to {high}: is 255 the most? It is scaled to percent"));
            return;
        }
        "level" if drawing.kind == "battery" && high > 100.0 => {
            "voltage".clone_into(&mut drawing.quantity);
            drawing.unit = Some("mV");
        }
        "level"
            if drawing.kind == "battery" && high <= 5.0 && texts.iter().any(|text| text.contains('.')) =>
        {
            "voltage".clone_into(&mut drawing.quantity);
        }
        "voltage" if drawing.kind == "battery" && high > 100.0 => drawing.unit = Some("mV"),
        "pressure" => {
            let (unit, is_sure) = match high {
                300.0..=1_200.0 => ("hPa", true),
                80.0..=120.0 => ("kPa", true),
                30_000.0..=120_000.0 => ("Pa", true),
                _ => ("bar", false),
            };
            drawing.unit = Some(unit);
            if !is_sure {
                drawing.decide.push("which unit has this pressure: kPa, hPa, Pa, bar or psi?".to_owned());
            }
        }
        "distance" | "weight" | "wind-speed" | "gust-speed" | "flow" | "water" | "gas" => {
            let units = vocabulary::quantity(&drawing.quantity).map(|known| known.units.join(", "));
            drawing.decide.push(format!("which unit has it: {}?", units.unwrap_or_default()));
        }
        _ => {}
    }
    implausible(drawing, low, high);
    drawing.range = range(drawing, low, high);
}

/// Values that the quantity cannot have.
fn implausible(drawing: &mut Drawing, low: f64, high: f64) {
    let limits = match drawing.quantity.as_str() {
        "temperature" | "dew-point" => Some((-60.0, 150.0)),
        other => vocabulary::quantity(other).and_then(|known| known.limits),
    };
    if let Some((least, most)) = limits.filter(|(least, most)| low < *least || high > *most) {
        let told =
            format!("seen {low} … {high}, outside {least} … {most}: is it in tenths? Then add scale = 0.1");
        drawing.decide.push(told);
    }
}

/// Both ends of a gauge on which everything seen finds room.
fn range(drawing: &Drawing, low: f64, high: f64) -> Option<(f64, f64)> {
    let known = vocabulary::quantity(&drawing.quantity);
    if known.is_some_and(|known| known.sort != vocabulary::Sort::Number) {
        return None;
    }
    let (least, most) = match (drawing.quantity.as_str(), drawing.unit) {
        ("temperature" | "dew-point", Some("℃")) => (-20.0, 60.0),
        ("pressure", Some("hPa")) => (950.0, 1_050.0),
        ("rssi", _) => (-100.0, 0.0),
        ("uptime" | "latitude" | "longitude", _) => return None,
        _ => match known.and_then(|known| known.limits) {
            Some(limits) => limits,
            None if low == high && low == 0.0 => return None,
            None => (if low < 0.0 { -round_up(-low) } else { 0.0 }, round_up(high)),
        },
    };
    let ends =
        (if low < least { -round_up(-low) } else { least }, if high > most { round_up(high) } else { most });
    (ends.0 < ends.1 && ends.1.abs() < 1e12 && ends.0.abs() < 1e12).then_some(ends)
}

/// The next of 1, 2, 5, 10, 20, … with some room.
fn round_up(value: f64) -> f64 {
    if value <= 0.0 {
        return 0.0;
    }
    let ten = 10f64.powf((value * 1.2).log10().floor());
    let factor = [1.0, 2.0, 5.0, 10.0].into_iter().find(|factor| factor * ten >= value * 1.2).unwrap_or(10.0);
    // 0.30000000000000004 is for nobody to read.
    (factor * ten * 1e6).round() / 1e6
}

/// How often a stream speaks, if it does so of its own accord.
fn interval(stream: &Stream) -> Option<Duration> {
    const ROUND: [u64; 16] = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 21_600, 86_400];
    let mut gaps: Vec<Duration> = Vec::new();
    let mut last: Vec<(&str, Duration)> = Vec::new();
    for heard in stream.heard.iter().filter(|heard| !heard.retained) {
        match last.iter_mut().find(|(topic, _)| *topic == heard.topic) {
            Some((_, at)) => gaps.push(heard.at.saturating_sub(std::mem::replace(at, heard.at))),
            None => last.push((&heard.topic, heard.at)),
        }
    }
    gaps.sort();
    let (usual, long) = (*gaps.get(gaps.len() / 2)?, *gaps.get(gaps.len() * 9 / 10)?);
    let is_regular = gaps.len() >= 2 && usual >= Duration::from_millis(300) && long <= usual * 3;
    let nearest = ROUND.into_iter().map(Duration::from_secs).min_by_key(|round| round.abs_diff(usual));
    nearest.filter(|_| is_regular)
}

/// Gives properties that would have the same name an address each.
fn tell_apart(properties: &mut [Drawing]) {
    let names: Vec<(String, String, String)> =
        properties.iter().map(|one| (one.kind.clone(), one.address.clone(), one.quantity.clone())).collect();
    let is_same =
        |one: usize| names.iter().enumerate().any(|(other, name)| other != one && *name == names[one]);
    for (at, property) in properties.iter_mut().enumerate() {
        if is_same(at) && !property.context.is_empty() {
            property.address = match property.address.as_str() {
                "-" => property.context.clone(),
                address => format!("{}-{address}", property.context),
            };
        }
    }
    let mut taken: Vec<(String, String, String)> = Vec::new();
    for property in properties {
        let own = |address: &str| (property.kind.clone(), address.to_owned(), property.quantity.clone());
        let mut name = own(&property.address);
        let mut number = 2;
        while taken.contains(&name) {
            let stem = if property.address == "-" { String::new() } else { format!("{}-", property.address) };
            name = own(&format!("{stem}{number}"));
            number += 1;
        }
        property.address.clone_from(&name.1);
        taken.push(name);
    }
}

/// `map` of a read, if words stand for true and false.
pub(super) fn map(words: Words) -> Option<String> {
    let (on, off) = words.filter(|(on, _)| *on != "true")?;
    Some(format!("{{ {} = true, {} = false }}", write::key(on), write::key(off)))
}
