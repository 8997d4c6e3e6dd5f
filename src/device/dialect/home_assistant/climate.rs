//! What heats and cools: how warm it is, how warm it is to be, and its modes.

use super::entity::Entity;
use crate::device::dialect::draft::Draft;
use crate::device::dialect::entry::Entry;

/// Modes, where none are announced.
const MODES: [&str; 6] = ["auto", "off", "cool", "heat", "dry", "fan_only"];
/// What it may do.
const ACTIONS: [&str; 8] = ["off", "heating", "cooling", "drying", "idle", "fan", "preheating", "defrosting"];
const FAN: [&str; 4] = ["auto", "low", "medium", "high"];
const SWING: [&str; 2] = ["on", "off"];

/// One choice: its quantity, its options, its words, the usual ones, and those that are always there.
struct Choice {
    quantity: &'static str,
    state: (&'static str, &'static str),
    command: (&'static str, &'static str),
    words: &'static str,
    usual: &'static [&'static str],
    always: Option<&'static str>,
}

const CHOICES: [Choice; 4] = [
    Choice {
        quantity: "mode",
        state: ("mode_state_topic", "mode_state_template"),
        command: ("mode_command_topic", "mode_command_template"),
        words: "modes",
        usual: &MODES,
        always: None,
    },
    Choice {
        quantity: "fan-mode",
        state: ("fan_mode_state_topic", "fan_mode_state_template"),
        command: ("fan_mode_command_topic", "fan_mode_command_template"),
        words: "fan_modes",
        usual: &FAN,
        always: None,
    },
    Choice {
        quantity: "swing-mode",
        state: ("swing_mode_state_topic", "swing_mode_state_template"),
        command: ("swing_mode_command_topic", "swing_mode_command_template"),
        words: "swing_modes",
        usual: &SWING,
        always: None,
    },
    Choice {
        quantity: "preset-mode",
        state: ("preset_mode_state_topic", "preset_mode_value_template"),
        command: ("preset_mode_command_topic", "preset_mode_command_template"),
        words: "preset_modes",
        usual: &[],
        always: Some("none"),
    },
];

/// Temperatures that can be set: quantity, what they are told under, what they are asked under.
const SET_POINTS: [(&str, &str); 3] = [
    ("set-point", "temperature"),
    ("set-point-high", "temperature_high"),
    ("set-point-low", "temperature_low"),
];

/// A thermostat or air conditioner.
pub(super) fn climate(draft: &mut Draft, entity: &Entity) -> Result<(), String> {
    let before = draft.entries.len();
    let mut parts: Vec<(&str, Result<Option<Entry>, String>)> =
        vec![("current_temperature", measured(entity, "temperature", "current_temperature"))];
    parts.extend(SET_POINTS.iter().map(|(quantity, stem)| (*stem, set_point(entity, quantity, stem))));
    parts.extend(CHOICES.iter().map(|one| (one.words, choice(entity, one))));
    parts.push(("action", action(entity)));
    parts.push(("current_humidity", measured(entity, "relative-humidity", "current_humidity")));
    parts.push(("target_humidity", humidity(entity)));
    parts.push(("power_command_topic", power(entity)));
    for (what, entry) in parts {
        match entry {
            Ok(entry) => draft.entries.extend(entry),
            Err(why) => draft.skip(format!("{} {what}", entity.called()), why),
        }
    }
    if draft.entries.len() == before { Err("tells nothing and takes nothing".into()) } else { Ok(()) }
}

fn entry(entity: &Entity, quantity: &str) -> Entry {
    entity.entry("thermostat").quantity(quantity)
}

/// The unit of its temperatures.
fn unit(entity: &Entity) -> &'static str {
    match entity.options.text("temperature_unit").as_deref() {
        Some("F" | "°F") => "°F",
        _ => "°C",
    }
}

fn measured(entity: &Entity, quantity: &str, stem: &str) -> Result<Option<Entry>, String> {
    let told = entity.told(&format!("{stem}_topic"), &format!("{stem}_template"))?;
    let unit = if quantity == "temperature" { unit(entity) } else { "%" };
    Ok(told.map(|told| entity.entry("thermostat").measures(quantity, Some(unit)).read(told.number())))
}

fn set_point(entity: &Entity, quantity: &str, stem: &str) -> Result<Option<Entry>, String> {
    let told = entity.told(&format!("{stem}_state_topic"), &format!("{stem}_state_template"))?;
    let (topic, template) = (format!("{stem}_command_topic"), format!("{stem}_command_template"));
    let asked = entity.asked(&topic, &template, told.is_some())?;
    if told.is_none() && asked.is_none() {
        return Ok(None);
    }
    let number = |key: &str| entity.options.number(key);
    let (low, high) = if unit(entity) == "°F" { (45.0, 95.0) } else { (7.0, 35.0) };
    let mut entry = entry(entity, quantity)
        .kind("number")
        .unit(unit(entity))
        .range(number("min_temp").unwrap_or(low), number("max_temp").unwrap_or(high))
        .step(number("temp_step").unwrap_or(1.0));
    if let Some(told) = told {
        entry = entry.read(told.number());
    }
    if let Some(asked) = asked {
        entry = entry.write(asked.number(&[])?);
    }
    Ok(Some(entry))
}

fn choice(entity: &Entity, one: &Choice) -> Result<Option<Entry>, String> {
    let told = entity.told(one.state.0, one.state.1)?;
    let asked = entity.asked(one.command.0, one.command.1, told.is_some())?;
    if told.is_none() && asked.is_none() {
        return Ok(None);
    }
    let mut words = entity.options.list(one.words);
    if words.is_empty() {
        words = one.usual.iter().map(|word| (*word).to_owned()).collect();
    }
    words.extend(one.always.filter(|word| !words.iter().any(|known| known == word)).map(str::to_owned));
    let words = || words.iter().map(String::as_str);
    let mut entry = entry(entity, one.quantity).words(words());
    if let Some(told) = told {
        entry = entry.read(told.way());
    }
    if let Some(asked) = asked {
        entry = entry.write(asked.words(words().map(|word| (word, word)))?);
    }
    Ok(Some(entry))
}

fn action(entity: &Entity) -> Result<Option<Entry>, String> {
    let told = entity.told("action_topic", "action_template")?;
    Ok(told.map(|told| entry(entity, "action").words(ACTIONS).read(told.way())))
}

fn humidity(entity: &Entity) -> Result<Option<Entry>, String> {
    let told = entity.told("target_humidity_state_topic", "target_humidity_state_template")?;
    let (topic, template) = ("target_humidity_command_topic", "target_humidity_command_template");
    let asked = entity.asked(topic, template, told.is_some())?;
    let Some(asked) = asked else { return Ok(None) };
    let number = |key: &str, usual: f64| entity.options.number(key).unwrap_or(usual);
    let mut entry = entry(entity, "set-humidity")
        .kind("number")
        .unit("%")
        .range(number("min_humidity", 30.0), number("max_humidity", 99.0));
    if let Some(told) = told {
        entry = entry.read(told.number());
    }
    Ok(Some(entry.write(asked.number(&[])?)))
}

/// What switches it on and off beside its modes, and tells nothing.
fn power(entity: &Entity) -> Result<Option<Entry>, String> {
    let asked = entity.asked("power_command_topic", "power_command_template", false)?;
    let Some(asked) = asked else { return Ok(None) };
    let (on, off) = (entity.options.word("payload_on", "ON"), entity.options.word("payload_off", "OFF"));
    Ok(Some(entry(entity, "state").kind("switch").write(asked.on_off(&on, &off)?)))
}
