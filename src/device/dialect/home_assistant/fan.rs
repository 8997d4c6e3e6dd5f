//! Fans: whether they run, how fast, in which way.

use toml_edit::Value as Toml;

use super::entity::{Asked, Entity};
use crate::device::dialect::draft::Draft;

/// A fan.
pub(super) fn fan(draft: &mut Draft, entity: &Entity) -> Result<(), String> {
    let options = &entity.options;
    let told = entity.told("state_topic", "state_value_template")?;
    let asked = entity.asked("command_topic", "command_template", told.is_some())?;
    let asked = asked.ok_or("has no command_topic")?;
    let (on, off) = (options.word("payload_on", "ON"), options.word("payload_off", "OFF"));
    let mut state = entity.entry("fan");
    if let Some(told) = told {
        state = state.read(told.truth(&on, &off)?);
    }
    draft.entries.push(state.write(asked.on_off(&on, &off)?));
    let parts: [(&str, Part); 4] = [
        ("percentage", speed),
        ("preset_mode", preset),
        ("oscillation", oscillation),
        ("direction", direction),
    ];
    for (what, part) in parts {
        if let Err(why) = part(draft, entity) {
            draft.skip(format!("{} {what}", entity.called()), why);
        }
    }
    Ok(())
}

type Part = fn(&mut Draft, &Entity) -> Result<(), String>;

/// How fast, in percent of its range: `speed_range_min` is the slowest speed, one below is off.
fn speed(draft: &mut Draft, entity: &Entity) -> Result<(), String> {
    let number = |key: &str, usual: f64| entity.options.number(key).unwrap_or(usual);
    let (low, high) = (number("speed_range_min", 1.0), number("speed_range_max", 100.0));
    let is_range = low >= 1.0 && high > low && low.fract() == 0.0 && high.fract() == 0.0 && high <= 65_535.0;
    if !is_range {
        return Err(format!("has no range of speeds: {low} to {high}"));
    }
    let steps = high - low + 1.0;
    let told = entity.told("percentage_state_topic", "percentage_value_template")?;
    // A coarse speed does not come back as it was set.
    let is_told = told.is_some() && steps >= 100.0;
    let asked = entity.asked("percentage_command_topic", "percentage_command_template", is_told)?;
    let Some(asked) = asked else { return Ok(()) };
    let is_percent = low == 1.0 && (steps - 100.0).abs() < f64::EPSILON;
    let mut entry = entity.entry("fan").quantity("level").range(0.0, 100.0).step(1.0);
    if let Some(told) = told {
        let way = match is_percent {
            true => told.number(),
            false if told.pointer().is_none() => {
                return Err("its percentage_value_template calculates; so its range is not known".into());
            }
            false => {
                let way = told.number().scale(&format!("100/{steps}")).decimals(0);
                if low > 1.0 { way.offset(-(low - 1.0) * 100.0 / steps) } else { way }
            }
        };
        // Its word for a speed that is not known.
        let reset = entity.options.word("payload_reset_percentage", "None");
        let known = [reset.as_str(), "None", "nan", "NaN"].into_iter().map(|word| (word, Toml::from("null")));
        entry = entry.read(way.map(known));
    }
    draft.entries.push(entry.write(match is_percent {
        true => asked.number(&["percentage"])?,
        // The slowest speed that is at least so fast: a little is never off.
        false => {
            let first = low - 1.0;
            asked.made(&format!(
                "{{% set value = ((value | float) * {steps} / 100 + {first} + 0.49) | round | int %}}"
            ))?
        }
    }));
    Ok(())
}

fn preset(draft: &mut Draft, entity: &Entity) -> Result<(), String> {
    let words = entity.options.list("preset_modes");
    words_of(
        draft,
        entity,
        "preset_mode",
        "mode",
        &words.iter().map(|word| (&**word, &**word)).collect::<Vec<_>>(),
    )
}

fn direction(draft: &mut Draft, entity: &Entity) -> Result<(), String> {
    let forward = entity.options.word("payload_direction_forward", "forward");
    let reverse = entity.options.word("payload_direction_reverse", "reverse");
    words_of(draft, entity, "direction", "direction", &[("forward", &forward), ("reverse", &reverse)])
}

/// One word of a few, each with what is sent for it.
fn words_of(
    draft: &mut Draft,
    entity: &Entity,
    option: &str,
    quantity: &str,
    words: &[(&str, &str)],
) -> Result<(), String> {
    let key = |end: &str| format!("{option}_{end}");
    let told = entity.told(&key("state_topic"), &key("value_template"))?;
    let asked = entity.asked(&key("command_topic"), &key("command_template"), told.is_some())?;
    let Some(asked) = asked else { return Ok(()) };
    if words.is_empty() {
        return Err(format!("has no {option}s"));
    }
    let mut entry = entity.entry("fan").quantity(quantity).words(words.iter().map(|(word, _)| *word));
    if let Some(told) = told {
        entry = entry.read(told.way().map(words.iter().map(|(word, said)| (*said, Toml::from(*word)))));
    }
    draft.entries.push(entry.write(asked.words(words.iter().copied())?));
    Ok(())
}

fn oscillation(draft: &mut Draft, entity: &Entity) -> Result<(), String> {
    let told = entity.told("oscillation_state_topic", "oscillation_value_template")?;
    let asked: Option<Asked> =
        entity.asked("oscillation_command_topic", "oscillation_command_template", told.is_some())?;
    let Some(asked) = asked else { return Ok(()) };
    let on = entity.options.word("payload_oscillation_on", "oscillate_on");
    let off = entity.options.word("payload_oscillation_off", "oscillate_off");
    let mut entry = entity.entry_at("relay", &format!("{}-oscillation", entity.address));
    if let Some(told) = told {
        entry = entry.read(told.truth(&on, &off)?);
    }
    draft.entries.push(entry.write(asked.on_off(&on, &off)?));
    Ok(())
}
