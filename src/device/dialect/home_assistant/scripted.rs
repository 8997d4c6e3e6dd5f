//! Lights of the template schema: what is read and what is sent is made by templates.
//!
//! The sender's template for *on* is written out with what is set, such as `brightness`, and without all the rest, which
//! it asks for with `is defined`.

use super::color::FORMS;
use super::entity::{Entity, truth};
use super::light::{percent, tones};
use super::template;
use crate::device::dialect::draft::Draft;
use crate::device::dialect::entry::{Entry, Way};

/// What such a template may use; what is not set is not defined.
const NAMES: [&str; 10] =
    ["brightness", "color_temp", "red", "green", "blue", "hue", "sat", "effect", "flash", "transition"];
/// How bright it is at most.
const BRIGHTEST: f64 = 255.0;

/// A thing of such a light beside its state.
struct Part {
    /// What it is called in the sender's template.
    name: &'static str,
    entry: Entry,
    /// Its value, as the template has it.
    value: &'static str,
    /// How it is read.
    read: fn(Way) -> Way,
}

/// A light of the template schema.
pub(super) fn scripted(draft: &mut Draft, entity: &Entity) -> Result<(), String> {
    let options = &entity.options;
    let on = options.text("command_on_template").ok_or("has no command_on_template")?;
    let off = options.text("command_off_template").ok_or("has no command_off_template")?;
    let told = entity.told("state_topic", "state_template")?.filter(|_| options.has("state_template"));
    let asked = entity.asked("command_topic", "-", told.is_some())?.ok_or("has no command_topic")?;
    let mut state = entity.entry("light");
    if let Some(told) = &told {
        state = state.read(truth(told.way(), "on", "off")?);
    }
    let lit = template::said(Some(&with(&on, &[("state", "'on'")])), "on")?;
    let dark = template::said(Some(&with(&off, &[("state", "'off'")])), "off")?;
    draft.entries.push(state.write(asked.on_off(&lit, &dark)?));
    for part in parts(entity) {
        let name = part.name;
        if let Err(why) = draw(draft, entity, &on, part) {
            draft.skip(format!("{} {name}", entity.called()), why);
        }
    }
    if ["red_template", "green_template", "blue_template"].iter().any(|key| options.has(key)) {
        let colors =
            [("state", "'on'"), ("red", "c[0] | int"), ("green", "c[1] | int"), ("blue", "c[2] | int")];
        let payload = format!("{}{}", FORMS[0].parted(), with(&on, &colors));
        let asked = entity.asked("command_topic", "-", false)?.ok_or("has no command_topic")?;
        draft.entries.push(entity.entry("light").quantity("color").write(asked.payload(&payload)));
        let why = "it can be set and is not shown, because it is told in three parts";
        draft.skip(format!("{} color", entity.called()), why);
    }
    Ok(())
}

fn parts(entity: &Entity) -> Vec<Part> {
    let options = &entity.options;
    let light = |quantity: &str| entity.entry("light").quantity(quantity);
    let mut parts = Vec::new();
    if options.has("brightness_template") {
        parts.push(Part {
            name: "brightness",
            entry: light("brightness").range(0.0, 100.0).step(1.0),
            // A template that multiplies may have no list.
            value: "((value | float) / (100 / 255)) | round | int",
            read: |way| percent(way, BRIGHTEST),
        });
    }
    if options.has("color_temp_template") {
        let (low, high) = tones(entity);
        let entry = light("color-temperature").kind("number").range(low, high).step(1.0);
        parts.push(Part { name: "color_temp", entry, value: "value | int", read: |way| way });
    }
    let effects = options.list("effect_list");
    if options.has("effect_template") && !effects.is_empty() {
        let entry = light("effect").words(effects.iter().map(String::as_str));
        parts.push(Part { name: "effect", entry, value: "value", read: |way| way });
    }
    parts
}

fn draw(draft: &mut Draft, entity: &Entity, on: &str, part: Part) -> Result<(), String> {
    let told = entity.must_tell("state_topic", &format!("{}_template", part.name))?;
    let asked = entity.asked("command_topic", "-", true)?.ok_or("has no command_topic")?;
    let text = with(on, &[("state", "'on'"), (part.name, part.value)]);
    let entry = part.entry.read((part.read)(told.way()));
    draft.entries.push(entry.write(asked.payload(&text)));
    Ok(())
}

/// A template with these variables, and without the others that it may ask for.
fn with(text: &str, set: &[(&str, &str)]) -> String {
    let is_set = |name: &str| set.iter().any(|(known, _)| *known == name);
    let others = NAMES.iter().filter(|name| text.contains(**name) && !is_set(name));
    // What a text does not have is not defined.
    let (names, values): (Vec<&str>, Vec<&str>) =
        set.iter().copied().chain(others.map(|name| (*name, "value.nothing"))).unzip();
    match (names.as_slice(), values.as_slice()) {
        ([name], [value]) => format!("{{% set {name} = {value} %}}{text}"),
        _ => format!("{{% set {} = [{}] %}}{text}", names.join(", "), values.join(", ")),
    }
}
