//! Entities that are one thing: sensors, switches, numbers, choices, buttons, texts, events, versions.

use super::class;
use super::entity::Entity;
use crate::device::dialect::draft::Draft;
use crate::device::dialect::entry::Entry;

/// The longest time that a state may last, in seconds.
const LONGEST_DELAY: f64 = 30_000_000.0;

/// A number, a word of a few, or a text.
pub(super) fn sensor(draft: &mut Draft, entity: &Entity) -> Result<(), String> {
    let told = entity.must_tell("state_topic", "value_template")?;
    let options = &entity.options;
    let words = options.list("options");
    let class = options.text("device_class").unwrap_or_default();
    let unit = options.shown("unit_of_measurement");
    let counts = options.text("state_class");
    let is_number = unit.is_some() || counts.is_some() || options.has("suggested_display_precision");
    let entry = match class::sensor(&class) {
        _ if !words.is_empty() => {
            entity.entry("sensor").quantity("value").words(words.iter().map(String::as_str)).read(told.way())
        }
        Some((kind, quantity)) => {
            let entry = entity.entry(kind).measures(quantity, unit.as_deref());
            // What may be set back is no total.
            let entry = match counts.as_deref() {
                Some("total" | "measurement") if quantity == "energy" => entry.kind("number"),
                _ => entry,
            };
            entry.read(told.number())
        }
        None if is_number && !class::is_words(&class) => {
            let entry = entity.entry("sensor").measures("value", unit.as_deref());
            let entry =
                if counts.as_deref() == Some("total_increasing") { entry.kind("total") } else { entry };
            entry.read(told.number())
        }
        None => entity.entry("sensor").quantity("value").kind("text").read(told.way()),
    };
    draft.entries.push(entry);
    Ok(())
}

/// Yes or no.
pub(super) fn binary_sensor(draft: &mut Draft, entity: &Entity) -> Result<(), String> {
    let told = entity.must_tell("state_topic", "value_template")?;
    let options = &entity.options;
    let (on, off) = (options.word("payload_on", "ON"), options.word("payload_off", "OFF"));
    let (kind, quantity) = class::binary(&options.text("device_class").unwrap_or_default());
    let entry = entity.entry(kind).quantity(quantity).read(told.truth(&on, &off)?);
    // Who never says that it is over says how long it lasts.
    let delay = options.number("off_delay").filter(|delay| (0.1..LONGEST_DELAY).contains(delay));
    draft.entries.push(match delay {
        Some(seconds) => entry.ends(seconds),
        None => entry,
    });
    Ok(())
}

/// On and off.
pub(super) fn switch(draft: &mut Draft, entity: &Entity) -> Result<(), String> {
    let told = entity.told("state_topic", "value_template")?;
    let options = &entity.options;
    let (on, off) = (options.word("payload_on", "ON"), options.word("payload_off", "OFF"));
    let asked = entity.asked("command_topic", "command_template", told.is_some())?;
    let asked = asked.ok_or("has no command_topic")?;
    let mut entry = entity.entry("relay");
    if let Some(told) = told {
        let (on, off) = (options.word("state_on", &on), options.word("state_off", &off));
        entry = entry.read(told.truth(&on, &off)?);
    }
    draft.entries.push(entry.write(asked.on_off(&on, &off)?));
    Ok(())
}

/// A number that can be set.
pub(super) fn number(draft: &mut Draft, entity: &Entity) -> Result<(), String> {
    let told = entity.told("state_topic", "value_template")?;
    let options = &entity.options;
    let asked = entity.asked("command_topic", "command_template", told.is_some())?;
    let asked = asked.ok_or("has no command_topic")?;
    let unit = options.shown("unit_of_measurement");
    let is_warmth = options.text("device_class").as_deref() == Some("temperature");
    let entry = match is_warmth {
        true => entity.entry("set-point").measures("set-point", unit.as_deref()),
        false => entity.entry("set-point").measures("value", unit.as_deref()),
    };
    let (low, high) = (options.number("min").unwrap_or(1.0), options.number("max").unwrap_or(100.0));
    let mut entry = entry.range(low, high).step(options.number("step").unwrap_or(1.0));
    if let Some(told) = told {
        entry = entry.read(match options.text("payload_reset") {
            Some(word) => told.way().map([(word.as_str(), toml_edit::Value::from("null"))]),
            None => told.number(),
        });
    }
    draft.entries.push(entry.write(asked.number(&[])?));
    Ok(())
}

/// One word of a few that can be set.
pub(super) fn select(draft: &mut Draft, entity: &Entity) -> Result<(), String> {
    let words = entity.options.list("options");
    if words.is_empty() {
        return Err("has no options".into());
    }
    let told = entity.told("state_topic", "value_template")?;
    let asked = entity.asked("command_topic", "command_template", told.is_some())?;
    let asked = asked.ok_or("has no command_topic")?;
    let words = || words.iter().map(String::as_str);
    let mut entry = entity.entry("select").words(words());
    if let Some(told) = told {
        entry = entry.read(told.way());
    }
    draft.entries.push(entry.write(asked.words(words().map(|word| (word, word)))?));
    Ok(())
}

/// Something to be pressed.
pub(super) fn button(draft: &mut Draft, entity: &Entity) -> Result<(), String> {
    let asked = entity.asked("command_topic", "command_template", false)?.ok_or("has no command_topic")?;
    let press = asked.literal(&entity.options.word("payload_press", "PRESS"))?;
    draft.entries.push(entity.entry("button").write(press));
    Ok(())
}

/// A text that can be set.
pub(super) fn text(draft: &mut Draft, entity: &Entity) -> Result<(), String> {
    let is_secret = entity.options.text("mode").as_deref() == Some("password");
    let told = entity.told("state_topic", "value_template")?.filter(|_| !is_secret);
    let asked = entity.asked("command_topic", "command_template", told.is_some())?;
    let asked = asked.ok_or("has no command_topic")?;
    let mut entry = entity.entry("text").quantity("text");
    if let Some(told) = told {
        entry = entry.read(told.way());
    } else if is_secret {
        draft.skip(format!("{} state_topic", entity.called()), "a password is not shown");
    }
    draft.entries.push(entry.write(asked.text()?));
    Ok(())
}

/// What happens: `{"event_type": "press"}`.
pub(super) fn event(draft: &mut Draft, entity: &Entity) -> Result<(), String> {
    let told = entity.must_tell("state_topic", "value_template")?;
    let read =
        told.below("/event_type").ok_or("its value_template has to point at an object with event_type")?;
    let is_button =
        entity.options.text("device_class").is_none_or(|class| matches!(&*class, "button" | "doorbell"));
    let kind = if is_button { "button" } else { "sensor" };
    draft.entries.push(entity.entry(kind).quantity("event").read(read));
    Ok(())
}

/// Which version there is, as a text or in JSON. It is never installed from here.
pub(super) fn update(draft: &mut Draft, entity: &Entity) -> Result<(), String> {
    let told = entity.must_tell("state_topic", "value_template")?;
    let versions = |quantity: &str| -> Entry {
        let entry = entity.entry("device").quantity(quantity);
        if quantity == "version" { entry } else { entry.kind("text") }
    };
    let mut installed = versions("version");
    let mut latest = versions("latest-version");
    let mut has_latest = false;
    match (told.below("/installed_version"), told.below("/latest_version")) {
        (Some(in_json), Some(latest_in_json)) => {
            // Either is told: an object with versions, or the version alone.
            installed = installed.read(in_json).read(told.way().regex(r"^(?<value>[^{].*)$"));
            latest = latest.read(latest_in_json);
            has_latest = true;
        }
        _ => installed = installed.read(told.way()),
    }
    if let Some(other) = entity.told("latest_version_topic", "latest_version_template")? {
        latest = latest.read(other.way());
        has_latest = true;
    }
    draft.entries.push(installed);
    if has_latest {
        draft.entries.push(latest);
    }
    if entity.options.has("command_topic") {
        draft.skip(format!("{} command_topic", entity.called()), "firmware is not installed from here");
    }
    Ok(())
}
