//! The text of a definition.

use std::fmt::Write;

use super::About;
use super::arrange::Arranged;
use super::class::Class;
use super::property::{Drawing, Drawn, map};
use crate::sheet::show_duration;

/// A text in quotes.
pub(super) fn text(text: &str) -> String {
    toml_edit::Value::from(text).to_string()
}

/// A key, in quotes if it needs them.
pub(super) fn key(name: &str) -> String {
    toml_edit::Key::new(name).to_string()
}

/// A line that is a comment, whatever a stranger put into it.
fn comment(out: &mut String, text: &str) {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let _ = writeln!(out, "# {plain}");
}

/// Everything but the examples.
pub(super) fn definition(about: &About, arranged: &Arranged, drawn: &Drawn) -> String {
    let mut out = String::new();
    comment(&mut out, &format!("Proposed from what was {}.", about.source));
    comment(&mut out, "What a person has to decide is marked DECIDE; take the mark out when it is decided.");
    comment(&mut out, "Before you give it away: do the examples hold names, places or passwords?");
    let decide = |out: &mut String, text: &str| comment(out, &format!("DECIDE: {text}"));
    out.push('\n');
    if about.name.is_none() || about.vendor.is_none() {
        decide(&mut out, "what is it called, and who makes it? It will appear as nodes/<vendor>/<id>");
    }
    let _ = writeln!(out, "name = {}", text(about.name.as_deref().unwrap_or("New device")));
    let _ = writeln!(out, "vendor = {}", text(about.vendor.as_deref().unwrap_or("Unknown")));
    let devices = arranged.devices();
    let some: Vec<&str> = devices.iter().take(5).map(String::as_str).collect();
    let more = if devices.len() > some.len() { ", …" } else { "" };
    out.push('\n');
    if let Some(level) = arranged.supposed {
        let told = format!(
            "is level {} of the topics ({}{more}) the device's own name? Otherwise learn again with --id NAME",
            level + 1,
            some.join(", ")
        );
        decide(&mut out, &told);
    }
    if let Some(told) = recognised(arranged, drawn) {
        decide(&mut out, "other devices may use such topics, too; this is how one of these is recognised");
        let _ = writeln!(out, "match = {told}");
    }
    if arranged.streams.iter().any(|stream| stream.levels.is_empty()) {
        if let Some(baud) = about.baud {
            let _ = writeln!(out, "[serial]\nbaud = {baud}\n");
        }
        let _ = writeln!(out, "[frame]\nkind = \"lines\"");
    }
    remarks(&mut out, arranged, drawn);
    for property in &drawn.properties {
        out.push('\n');
        one(&mut out, arranged, property);
    }
    for presence in &drawn.availability {
        let (online, offline) = presence.words;
        let word = |word: &str| if matches!(word, "true" | "false") { word.to_owned() } else { text(word) };
        let _ = writeln!(out, "\n[[availability]]");
        let _ = writeln!(out, "topic = {}", text(&arranged.streams[presence.stream].topic()));
        if !presence.pointer.is_empty() {
            let _ = writeln!(out, "value = {}", text(&presence.pointer));
        }
        let _ = writeln!(out, "online = {}\noffline = {}", word(online), word(offline));
    }
    out
}

/// How a device is recognised whose topics anybody could use: the fields that every message of it has.
fn recognised(arranged: &Arranged, drawn: &Drawn) -> Option<String> {
    const ENOUGH: usize = 3;
    let is_plain = |level: &String| !level.contains('{');
    let precise =
        |number: usize| arranged.streams[number].levels.iter().filter(|level| is_plain(level)).count();
    let most = drawn.properties.iter().map(|property| precise(property.stream)).max()?;
    if most > 1 || arranged.streams.iter().any(|stream| stream.levels.is_empty()) {
        return None;
    }
    let stream = drawn.properties.iter().find(|property| precise(property.stream) == most)?.stream;
    let always = |property: &&Drawing| {
        let is_there = |heard: &super::arrange::Heard| {
            let way = crate::device::profile::pointer::Pointer::new(&property.pointer);
            way.is_ok_and(|way| way.get(heard.payload.as_str()).is_some())
        };
        property.stream == stream
            && !property.pointer.is_empty()
            && !property.pointer.contains('{')
            && arranged.streams[stream].heard.iter().all(is_there)
    };
    let fields: Vec<String> = drawn
        .properties
        .iter()
        .filter(always)
        .take(ENOUGH)
        .map(|property| format!("{} = []", text(&property.pointer)))
        .collect();
    let topic = text(&arranged.streams[stream].topic());
    (!fields.is_empty()).then(|| format!("{{ topic = {topic}, when = {{ {} }} }}", fields.join(", ")))
}

/// What was heard and is no property.
fn remarks(out: &mut String, arranged: &Arranged, drawn: &Drawn) {
    const MOST: usize = 20;
    let mut list = |title: &str, all: &[String]| {
        if all.is_empty() {
            return;
        }
        out.push('\n');
        comment(out, title);
        for one in all.iter().take(MOST) {
            comment(out, &format!("  {one}"));
        }
        if all.len() > MOST {
            comment(out, &format!("  and {} more", all.len() - MOST));
        }
    };
    list("Left out, because it tells the time, or who speaks, or is a long list:", &drawn.left);
    list("Told to the device; nothing it says seems to answer:", &drawn.strange);
    let is_serial = arranged.streams.iter().any(|stream| stream.levels.is_empty());
    list(if is_serial { "Lines of another form:" } else { "Topics that name no device:" }, &arranged.lone);
    if drawn.is_cut {
        comment(out, "There was more; watch fewer topics, or write the rest by hand.");
    }
}

fn one(out: &mut String, arranged: &Arranged, property: &Drawing) {
    for told in &property.decide {
        comment(out, &format!("DECIDE: {told}"));
    }
    let _ = writeln!(out, "[[property]]");
    let _ = writeln!(out, "id = {}", text(&format!("{}/{}", property.kind, property.address)));
    let usual = crate::device::vocabulary::usual_quantity(&property.kind);
    if usual != Some(property.quantity.as_str()) {
        let _ = writeln!(out, "quantity = {}", text(&property.quantity));
    }
    if let Some(shape) = property.shape {
        let _ = writeln!(out, "kind = {}", text(shape));
    }
    if !property.name.is_empty() {
        let _ = writeln!(out, "name = {}", text(&property.name));
    }
    if let Some(unit) = property.unit {
        let _ = writeln!(out, "unit = {}", text(unit));
    }
    if let Some((low, high)) = property.range {
        let _ = writeln!(out, "range = [{low}, {high}]");
    }
    if !property.words.is_empty() {
        let words: Vec<String> = property.words.iter().map(|word| text(word)).collect();
        let _ = writeln!(out, "words = [{}]", words.join(", "));
    }
    if let Some(interval) = property.interval {
        let _ = writeln!(out, "interval = {}", text(&show_duration(interval)));
    }
    let stream = &arranged.streams[property.stream];
    let mut read: Vec<String> = stream.parts.iter().cloned().collect();
    if !stream.levels.is_empty() {
        read.push(format!("topic = {}", text(&stream.topic())));
    }
    if !property.pointer.is_empty() {
        read.push(format!("value = {}", text(&property.pointer)));
    }
    match property.class {
        Class::Truth(words) => read.extend(map(words).map(|map| format!("map = {map}"))),
        Class::Number => {
            read.extend(property.scale.map(|scale| format!("scale = {}, decimals = 0", text(scale))))
        }
        Class::Word | Class::Text => {}
    }
    let _ = writeln!(out, "read = {{ {} }}", read.join(", "));
    if let Some(write) = &property.write {
        let _ = writeln!(out, "write = {write}");
    }
    comment(out, &format!("seen: {}", property.seen));
}
