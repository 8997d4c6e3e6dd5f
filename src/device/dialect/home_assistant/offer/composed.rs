//! What is one thing in Home Assistant and several quantities here: lights, covers, thermostats.

use serde_json::{Map, Value, json};

use super::quantity::Quantity;
use super::single::{object, path, set, wish};
use super::{Component, Part};
use crate::device::kind_of;
use crate::device::profile::Shape;

/// Modes of a thermostat that Home Assistant knows.
const MODES: [&str; 7] = ["auto", "off", "cool", "heat", "heat_cool", "dry", "fan_only"];
/// What a thermostat may do.
const ACTIONS: [&str; 8] = ["off", "heating", "cooling", "drying", "idle", "fan", "preheating", "defrosting"];
/// Further choices of a thermostat: quantity, and the beginning and end of the names of its options.
const CHOICES: [(&str, &str, &str); 3] = [
    ("fan-mode", "fan_mode", "state_template"),
    ("swing-mode", "swing_mode", "state_template"),
    ("preset-mode", "preset_mode", "value_template"),
];

/// The component for several of the quantities in `rest`, which are taken out of it.
pub(super) fn component<'a>(part: &'a Part, rest: &mut Vec<&'a Quantity>) -> Option<Component> {
    let command = part.command.as_deref()?;
    let whole = Whole { part, command, options: Map::new() };
    match kind_of(&part.id) {
        "light" | "led-strip" => whole.light(rest),
        "cover" => whole.cover(rest),
        "thermostat" | "climate" => whole.climate(rest),
        _ => None,
    }
}

struct Whole<'a> {
    part: &'a Part,
    command: &'a str,
    options: Map<String, Value>,
}

/// Takes a quantity out, if it is there and fits.
fn take<'a>(
    rest: &mut Vec<&'a Quantity>,
    key: &str,
    fits: impl Fn(&Quantity) -> bool,
) -> Option<&'a Quantity> {
    let at = rest.iter().position(|one| &*one.key == key && one.is_told && fits(one))?;
    Some(rest.remove(at))
}

fn is_number(quantity: &Quantity) -> bool {
    quantity.sort == Shape::Number
}

fn words(quantity: &Quantity) -> &[Box<str>] {
    match &quantity.sort {
        Shape::Choice(words) => words,
        _ => &[],
    }
}

impl<'a> Whole<'a> {
    fn put(&mut self, key: &str, value: impl Into<Value>) {
        self.options.insert(key.to_owned(), value.into());
    }

    /// Where a quantity is told: under `topic`, by `template`.
    fn told(&mut self, topic: &str, template: &str, quantity: &Quantity) {
        let (state, text) = (self.part.state.clone(), self.part.template(quantity));
        self.put(topic, state);
        self.put(template, text);
    }

    /// Where a quantity is set: under `<stem>_command_topic`, by `<stem>_command_template`.
    fn asked(&mut self, stem: &str, quantity: &Quantity, value: &str) {
        self.put(&format!("{stem}_command_topic"), self.command);
        self.put(&format!("{stem}_command_template"), wish(&quantity.key, value));
    }

    fn end(self, platform: &'static str, name: Option<&Quantity>) -> Component {
        let mut component = self.part.component(platform, None, self.options);
        if let Some(name) = name.and_then(|quantity| quantity.name.as_deref()) {
            name.clone_into(&mut component.name);
        }
        component
    }

    fn light(mut self, rest: &mut Vec<&'a Quantity>) -> Option<Component> {
        let state = take(rest, "state", |one| one.sort == Shape::Switch && one.is_set)?;
        // The word for on is the same where it is told and where it is commanded.
        let guard = if self.part.quantities.len() > 1 { " | is_defined" } else { "" };
        let said = wish("state", &format!("{{{{ {}{guard} | tojson }}}}", path(state)));
        self.told("state_topic", "state_value_template", state);
        self.options.extend(object(json!({
            "command_topic": self.command,
            "state_value_template": said,
            "payload_on": set("state", &Value::Bool(true)),
            "payload_off": set("state", &Value::Bool(false)),
            "optimistic": false,
        })));
        let is_percent = |one: &Quantity| is_number(one) && one.is_set && one.range == Some((0.0, 100.0));
        if let Some(brightness) = take(rest, "brightness", is_percent) {
            self.told("brightness_state_topic", "brightness_value_template", brightness);
            self.asked("brightness", brightness, "{{ value }}");
            self.put("brightness_scale", 100);
        }
        if let Some(effect) = take(rest, "effect", |one| one.is_set && !words(one).is_empty()) {
            self.told("effect_state_topic", "effect_value_template", effect);
            self.asked("effect", effect, "{{ value | tojson }}");
            self.put("effect_list", json!(words(effect)));
        }
        Some(self.end("light", Some(state)))
    }

    fn cover(mut self, rest: &mut Vec<&'a Quantity>) -> Option<Component> {
        let is_percent = |one: &Quantity| is_number(one) && one.is_set && one.range == Some((0.0, 100.0));
        let position = take(rest, "position", is_percent);
        let moves = |one: &Quantity| one.is_set && word(one, &["open", "opening"]).is_some();
        let action = take(rest, "action", moves);
        if let Some(position) = position {
            self.told("position_topic", "position_template", position);
            self.put("set_position_topic", self.command);
            self.put("set_position_template", wish("position", "{{ position }}"));
        }
        if let Some(action) = action {
            self.told("state_topic", "value_template", action);
            self.put("command_topic", self.command);
            let payloads = [
                ("payload_open", word(action, &["open", "opening"])),
                ("payload_close", word(action, &["closed", "closing"])),
                ("payload_stop", word(action, &["stopped"])),
            ];
            for (key, word) in payloads {
                // `null` is a cover that cannot do that.
                self.put(key, word.map_or(Value::Null, |word| set("action", &word.into()).into()));
            }
        }
        if position.is_none() && action.is_none() {
            return None;
        }
        self.put("optimistic", false);
        Some(self.end("cover", position.or(action)))
    }

    fn climate(mut self, rest: &mut Vec<&'a Quantity>) -> Option<Component> {
        let is_known = |one: &Quantity, known: &[&str]| {
            !words(one).is_empty() && words(one).iter().all(|word| known.contains(&&**word))
        };
        let has_mode =
            rest.iter().any(|one| &*one.key == "mode" && one.is_told && one.is_set && is_known(one, &MODES));
        if !has_mode {
            return None;
        }
        let wished = take(rest, "set-point", |one| is_number(one) && one.is_set)?;
        let mode = take(rest, "mode", |_| true)?;
        self.told("mode_state_topic", "mode_state_template", mode);
        self.asked("mode", mode, "{{ value | tojson }}");
        self.put("modes", json!(words(mode)));
        self.told("temperature_state_topic", "temperature_state_template", wished);
        self.asked("temperature", wished, "{{ value }}");
        if let Some((low, high)) = wished.range {
            self.put("min_temp", low);
            self.put("max_temp", high);
        }
        self.put("temp_step", wished.step.unwrap_or(0.5));
        self.put("temperature_unit", if wished.unit.as_deref() == Some("°F") { "F" } else { "C" });
        if let Some(measured) = take(rest, "temperature", is_number) {
            self.told("current_temperature_topic", "current_temperature_template", measured);
        }
        if let Some(action) = take(rest, "action", |one| is_known(one, &ACTIONS)) {
            self.told("action_topic", "action_template", action);
        }
        for (key, stem, template) in CHOICES {
            let Some(choice) = take(rest, key, |one| one.is_set && !words(one).is_empty()) else { continue };
            self.told(&format!("{stem}_state_topic"), &format!("{stem}_{template}"), choice);
            self.asked(stem, choice, "{{ value | tojson }}");
            // No preset is always there.
            let known = words(choice).iter().filter(|word| key != "preset-mode" || &***word != "none");
            self.put(&format!("{stem}s"), known.map(|word| Value::from(&**word)).collect::<Value>());
        }
        self.put("optimistic", false);
        Some(self.end("climate", None))
    }
}

/// The first of these words that a choice can be set to.
fn word<'a>(quantity: &Quantity, wanted: &[&'a str]) -> Option<&'a str> {
    wanted.iter().copied().find(|word| quantity.set.iter().any(|known| **known == **word))
}
