//! Lights: the default schema with a topic for each thing, and the JSON schema with one object for all; that of templates
//! is in `scripted`.

use super::color::FORMS;
use super::entity::{Entity, truth};
use super::scripted::scripted;
use crate::device::dialect::draft::Draft;
use crate::device::dialect::entry::{Entry, Way};

/// The usual warmest and coldest white, in mireds.
const MIREDS: (f64, f64) = (153.0, 500.0);
/// The one way to give a light a colour that is not understood: it makes it white, as bright as is said.
const WHITE: &str = "white light of its own is not set here";

/// A light of any schema.
pub(super) fn light(draft: &mut Draft, entity: &Entity) -> Result<(), String> {
    match entity.options.text("schema").as_deref() {
        None | Some("default" | "basic") => plain(draft, entity),
        Some("json") => json(draft, entity),
        Some("template") => scripted(draft, entity),
        Some(other) => Err(format!("is a light of the schema {other:.20}")),
    }
}

fn plain(draft: &mut Draft, entity: &Entity) -> Result<(), String> {
    let options = &entity.options;
    let template =
        if options.has("state_value_template") { "state_value_template" } else { "value_template" };
    let told = entity.told("state_topic", template)?;
    let (on, off) = (options.word("payload_on", "ON"), options.word("payload_off", "OFF"));
    let asked = entity.asked("command_topic", "command_template", told.is_some())?;
    let asked = asked.ok_or("has no command_topic")?;
    let mut state = entity.entry("light");
    if let Some(told) = &told {
        state = state.read(told.truth(&on, &off)?);
    }
    // Some are switched on by their brightness alone.
    if options.text("on_command_type").as_deref() == Some("brightness") {
        let why = "it is switched on by its brightness; set that";
        draft.skip(format!("{} on_command_type", entity.called()), why);
    } else {
        state = state.write(asked.on_off(&on, &off)?);
    }
    if told.is_some() || options.text("on_command_type").as_deref() != Some("brightness") {
        draft.entries.push(state);
    }
    also(draft, entity, "brightness", brightness)?;
    also(draft, entity, "color_temp", color_temperature)?;
    also(draft, entity, "effect", effect)?;
    for form in &FORMS {
        match form.plain(entity) {
            Ok(entry) => draft.entries.extend(entry),
            Err(why) => draft.skip(format!("{} {}", entity.called(), form.word), why),
        }
    }
    if options.has("white_command_topic") {
        draft.skip(format!("{} white", entity.called()), WHITE);
    }
    Ok(())
}

/// One more thing of a light, if it has that. What is wrong with it does not cost the rest.
fn also(
    draft: &mut Draft,
    entity: &Entity,
    what: &str,
    draw: fn(&Entity) -> Result<Option<Entry>, String>,
) -> Result<(), String> {
    match draw(entity) {
        Ok(entry) => draft.entries.extend(entry),
        Err(why) => draft.skip(format!("{} {what}", entity.called()), why),
    }
    Ok(())
}

fn scale(entity: &Entity) -> f64 {
    entity.options.number("brightness_scale").filter(|scale| *scale >= 1.0).unwrap_or(255.0)
}

/// What a whole percent is of a scale: read with it, and whether each of them comes back as it was set.
pub(super) fn percent(way: Way, scale: f64) -> Way {
    if (scale - 100.0).abs() < f64::EPSILON { way } else { way.scale(&format!("100/{scale}")).decimals(0) }
}

fn brightness(entity: &Entity) -> Result<Option<Entry>, String> {
    let told = entity.told("brightness_state_topic", "brightness_value_template")?;
    let scale = scale(entity);
    // A coarse scale does not come back as it was set.
    let is_told = told.is_some() && scale >= 100.0;
    let asked = entity.asked("brightness_command_topic", "brightness_command_template", is_told)?;
    let Some(asked) = asked else { return Ok(None) };
    let mut entry = entity.entry("light").quantity("brightness").range(0.0, 100.0).step(1.0);
    if let Some(told) = told {
        if told.pointer().is_none() {
            return Err("its brightness_value_template calculates; so its scale is not known".into());
        }
        entry = entry.read(percent(told.way(), scale));
    }
    Ok(Some(entry.write(asked.scaled(&[], 100.0 / scale, 0.0)?)))
}

/// Both ends of the white tones: mireds, or kelvins where its sender counts in them.
pub(super) fn tones(entity: &Entity) -> (f64, f64) {
    let number = |key: &str, usual: f64| entity.options.number(key).filter(|n| *n > 0.0).unwrap_or(usual);
    match entity.options.is("color_temp_kelvin") {
        Some(true) => (number("min_kelvin", 2_000.0), number("max_kelvin", 6_535.0)),
        _ => (number("min_mireds", MIREDS.0), number("max_mireds", MIREDS.1)),
    }
}

fn tone(entity: &Entity) -> Entry {
    let (low, high) = tones(entity);
    entity.entry("light").quantity("color-temperature").kind("number").range(low, high).step(1.0)
}

fn color_temperature(entity: &Entity) -> Result<Option<Entry>, String> {
    let told = entity.told("color_temp_state_topic", "color_temp_value_template")?;
    let asked = entity.asked("color_temp_command_topic", "color_temp_command_template", told.is_some())?;
    let Some(asked) = asked else { return Ok(None) };
    let mut entry = tone(entity);
    if let Some(told) = told {
        entry = entry.read(told.number());
    }
    Ok(Some(entry.write(asked.number(&[])?)))
}

fn effect(entity: &Entity) -> Result<Option<Entry>, String> {
    let words = entity.options.list("effect_list");
    let told = entity.told("effect_state_topic", "effect_value_template")?;
    let asked = entity.asked("effect_command_topic", "effect_command_template", told.is_some())?;
    let Some(asked) = asked else { return Ok(None) };
    if words.is_empty() {
        return Err("has no effect_list".into());
    }
    let words = || words.iter().map(String::as_str);
    let mut entry = entity.entry("light").quantity("effect").words(words());
    if let Some(told) = told {
        entry = entry.read(told.way());
    }
    Ok(Some(entry.write(asked.words(words().map(|word| (word, word)))?)))
}

/// One object for all.
fn json(draft: &mut Draft, entity: &Entity) -> Result<(), String> {
    let options = &entity.options;
    let told = entity.told("state_topic", "-")?;
    let asked = entity.asked("command_topic", "-", told.is_some())?.ok_or("has no command_topic")?;
    let below = |pointer: &str| told.as_ref().and_then(|told| told.below(pointer));
    let entry = |quantity: &str| entity.entry("light").quantity(quantity);
    let mut state = entry("state").write(asked.on_off(r#"{"state": "ON"}"#, r#"{"state": "OFF"}"#)?);
    if let Some(way) = below("/state") {
        state = state.read(truth(way, "ON", "OFF")?);
    }
    draft.entries.push(state);
    let modes = options.list("supported_color_modes");
    let has = |mode: &str| modes.iter().any(|known| known == mode);
    let is_dim = modes.iter().any(|mode| !matches!(&**mode, "onoff" | "unknown"));
    if options.is("brightness") == Some(true) || is_dim {
        let scale = scale(entity);
        let is_told = told.is_some() && scale >= 100.0;
        let asked = entity.asked("command_topic", "-", is_told)?.ok_or("has no command_topic")?;
        let number = format!("{{{{ (value | float / {}) | round | int }}}}", 100.0 / scale);
        let write = asked.payload(&format!(r#"{{"state": "ON", "brightness": {number}}}"#));
        let mut dimmer = entry("brightness").range(0.0, 100.0).step(1.0).write(write);
        if let Some(way) = below("/brightness") {
            dimmer = dimmer.read(percent(way, scale));
        }
        draft.entries.push(dimmer);
    }
    if has("color_temp") {
        let write = asked.payload(r#"{"state": "ON", "color_temp": {{ value }}}"#);
        let tone = tone(entity).write(write);
        draft.entries.push(below("/color_temp").into_iter().fold(tone, Entry::read));
    }
    for form in FORMS.iter().filter(|form| has(form.word)) {
        let payload = |text: &str, is_confirmed: bool| {
            let asked = entity.asked("command_topic", "-", told.is_some() && is_confirmed)?;
            Ok(asked.ok_or("has no command_topic")?.payload(text))
        };
        draft.entries.push(form.in_object(entity, below(""), payload)?);
    }
    let effects = options.list("effect_list");
    if !effects.is_empty() {
        let words = effects.iter().map(String::as_str);
        let effect = entry("effect")
            .words(words)
            .write(asked.payload(r#"{"state": "ON", "effect": {{ value | tojson }}}"#));
        draft.entries.push(below("/effect").into_iter().fold(effect, Entry::read));
    }
    if has("white") {
        draft.skip(format!("{} white", entity.called()), WHITE);
    }
    Ok(())
}
