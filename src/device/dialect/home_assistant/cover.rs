//! Covers: where they stand, what they do, how far their slats are turned.

use toml_edit::Value as Toml;

use super::entity::Entity;
use crate::device::dialect::draft::Draft;

/// A cover.
pub(super) fn cover(draft: &mut Draft, entity: &Entity) -> Result<(), String> {
    let before = draft.entries.len();
    position(draft, entity)?;
    action(draft, entity)?;
    if let Err(why) = tilt(draft, entity) {
        draft.skip(format!("{} tilt", entity.called()), why);
    }
    if draft.entries.len() == before {
        return Err("has neither a command_topic nor a state".into());
    }
    Ok(())
}

/// Both ends of what a device counts as percents here: a factor as a fraction, and an offset.
struct Ends {
    closed: f64,
    open: f64,
}

impl Ends {
    fn of(entity: &Entity, closed: &str, open: &str) -> Result<Self, String> {
        let number = |key: &str, usual: f64| entity.options.number(key).unwrap_or(usual);
        let ends = Self { closed: number(closed, 0.0), open: number(open, 100.0) };
        if (ends.open - ends.closed).abs() < 1.0 {
            Err(format!("its {closed} and {open} are the same"))
        } else {
            Ok(ends)
        }
    }

    fn is_percent(&self) -> bool {
        self.closed == 0.0 && (self.open - 100.0).abs() < f64::EPSILON
    }

    fn range(&self) -> f64 {
        self.open - self.closed
    }
}

fn position(draft: &mut Draft, entity: &Entity) -> Result<(), String> {
    let template =
        if entity.options.has("position_template") { "position_template" } else { "value_template" };
    let told = entity.told("position_topic", template)?;
    let asked = entity.asked("set_position_topic", "set_position_template", told.is_some())?;
    if told.is_none() && asked.is_none() {
        return Ok(());
    }
    scaled(draft, entity, "-", (told, asked), Ends::of(entity, "position_closed", "position_open")?)
}

fn tilt(draft: &mut Draft, entity: &Entity) -> Result<(), String> {
    let told = entity.told("tilt_status_topic", "tilt_status_template")?;
    let asked = entity.asked("tilt_command_topic", "tilt_command_template", told.is_some())?;
    if told.is_none() && asked.is_none() {
        return Ok(());
    }
    let range = entity.options.has("tilt_min") || entity.options.has("tilt_max");
    let (closed, open) =
        if range { ("tilt_min", "tilt_max") } else { ("tilt_closed_value", "tilt_opened_value") };
    scaled(draft, entity, "tilt", (told, asked), Ends::of(entity, closed, open)?)
}

/// Percents of a way.
fn scaled(
    draft: &mut Draft,
    entity: &Entity,
    part: &str,
    (told, asked): (Option<super::entity::Told>, Option<super::entity::Asked>),
    ends: Ends,
) -> Result<(), String> {
    let address = if part == "-" { entity.address.clone() } else { format!("{}-{part}", entity.address) };
    let mut entry = entity.entry_at("cover", &address).range(0.0, 100.0).step(1.0);
    if let Some(told) = told {
        let way = told.way();
        entry = entry.read(match ends.is_percent() {
            true => way,
            false if told.pointer().is_none() => {
                return Err("calculates a position that is no percent".into());
            }
            false => {
                let way = way.scale(&format!("100/{}", ends.range())).decimals(0);
                if ends.closed == 0.0 { way } else { way.offset(-ends.closed * 100.0 / ends.range()) }
            }
        });
    }
    if let Some(asked) = asked {
        const NAMES: [&str; 2] = ["position", "tilt_position"];
        entry = entry.write(match ends.is_percent() {
            true => asked.number(&NAMES)?,
            false => asked.scaled(&NAMES, 100.0 / ends.range(), -ends.closed * 100.0 / ends.range())?,
        });
    }
    draft.entries.push(entry);
    Ok(())
}

fn action(draft: &mut Draft, entity: &Entity) -> Result<(), String> {
    let options = &entity.options;
    let told = entity.told("state_topic", "value_template")?;
    let asked = entity.asked("command_topic", "command_template", told.is_some())?;
    let words = [
        ("opening", "state_opening", "opening"),
        ("open", "state_open", "open"),
        ("closing", "state_closing", "closing"),
        ("closed", "state_closed", "closed"),
        ("stopped", "state_stopped", "stopped"),
    ];
    if told.is_none() && asked.is_none() {
        return Ok(());
    }
    let mut entry = entity.entry("cover").quantity("action").words(words.map(|(word, ..)| word));
    if let Some(told) = told {
        let mut map: Vec<(String, Toml)> = Vec::new();
        for (word, key, usual) in words {
            let said = options.word(key, usual);
            if !map.iter().any(|(known, _)| *known == said) {
                map.push((said, Toml::from(word)));
            }
        }
        map.push(("None".into(), Toml::from("null")));
        entry = entry.read(told.way().map(map.iter().map(|(said, word)| (said.as_str(), word.clone()))));
    }
    if let Some(asked) = asked {
        let moves = [
            ("opening", "payload_open", "OPEN"),
            ("closing", "payload_close", "CLOSE"),
            ("stopped", "payload_stop", "STOP"),
        ];
        // `null` is a cover that cannot do that.
        let can = moves.into_iter().filter(|(_, key, _)| !options.is_null(key));
        let can: Vec<(&str, String)> =
            can.map(|(word, key, usual)| (word, options.word(key, usual))).collect();
        entry = entry.write(asked.words(can.iter().map(|(word, sent)| (*word, sent.as_str())))?);
    }
    draft.entries.push(entry);
    Ok(())
}
