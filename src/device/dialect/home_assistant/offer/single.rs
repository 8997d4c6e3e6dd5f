//! One component for one quantity: what is offered of everything that is not one thing with others.

use serde_json::{Map, Value, json};

use super::quantity::Quantity;
use super::{Component, Part, measure};
use crate::device::kind_of;
use crate::device::profile::Shape;

/// Missed intervals after which a value is not believed any more, as everywhere in the hub, and the least patience in
/// seconds.
const MISSED: f64 = 3.0;
const PATIENCE_S: f64 = 5.0;
/// What may be set where nobody said.
const UNBOUNDED: (f64, f64) = (-1_000_000.0, 1_000_000.0);

/// The component, if there is a counterpart.
pub(super) fn component(part: &Part, quantity: &Quantity) -> Option<Component> {
    let command = part.command.as_ref().filter(|_| quantity.is_set);
    let (platform, mut options) = match (&quantity.sort, command) {
        (Shape::Button, Some(command)) => ("button", press(quantity, command)),
        (Shape::Button, None) | (Shape::Json, _) => return None,
        (Shape::Switch | Shape::Truth, Some(command)) => ("switch", switch(quantity, command)),
        (Shape::Number | Shape::Total | Shape::Event, Some(command)) => {
            ("number", number(&part.id, quantity, command))
        }
        (Shape::Choice(words), Some(command)) => {
            ("select", written(quantity, command, json!({ "options": words })))
        }
        (Shape::Text, Some(command)) => ("text", written(quantity, command, json!({}))),
        // What says nothing and takes nothing here is nothing here.
        _ if !quantity.is_told => return None,
        (Shape::Switch | Shape::Truth, None) => ("binary_sensor", truth(&part.id, quantity)),
        (Shape::Number | Shape::Total | Shape::Event, None) => ("sensor", measured(&part.id, quantity)),
        (Shape::Choice(words), None) => {
            ("sensor", object(json!({ "device_class": "enum", "options": words })))
        }
        (Shape::Text, None) => ("sensor", Map::new()),
    };
    if quantity.is_told && quantity.sort != Shape::Button {
        options.insert("state_topic".into(), part.state.clone().into());
        options.insert("value_template".into(), part.template(quantity).into());
        let is_sensor = matches!(platform, "sensor" | "binary_sensor");
        if let Some(seconds) = expires(quantity).filter(|_| is_sensor) {
            options.insert("expire_after".into(), seconds.into());
        }
    }
    if matches!(kind_of(&part.id), "signal" | "device" | "battery") && command.is_none() {
        options.insert("entity_category".into(), "diagnostic".into());
    }
    Some(part.component(platform, Some(quantity), options))
}

/// After how many seconds without a word a value is not believed any more, if it promised to come.
fn expires(quantity: &Quantity) -> Option<u64> {
    let seconds = quantity.interval?.as_secs_f64();
    // An interval is never so long that this is not exact.
    Some((seconds * MISSED).max(PATIENCE_S).ceil() as u64)
}

fn switch(quantity: &Quantity, command: &str) -> Map<String, Value> {
    let mut options = json!({
        "command_topic": command,
        "payload_on": set(&quantity.key, &Value::Bool(true)),
        "payload_off": set(&quantity.key, &Value::Bool(false)),
        "optimistic": !quantity.is_told,
    });
    if quantity.is_told {
        // Truth is written as Python does by a template.
        options["state_on"] = "True".into();
        options["state_off"] = "False".into();
    }
    object(options)
}

fn truth(id: &str, quantity: &Quantity) -> Map<String, Value> {
    let mut options = object(json!({ "payload_on": "True", "payload_off": "False" }));
    if let Some(class) = measure::truth(id, quantity) {
        options.insert("device_class".into(), class.into());
    }
    options
}

fn measured(id: &str, quantity: &Quantity) -> Map<String, Value> {
    let mut options = united(id, quantity);
    let class = options.get("device_class").and_then(Value::as_str).map(str::to_owned);
    if let Some(counts) = measure::state_class(quantity, class.as_deref()) {
        options.insert("state_class".into(), counts.into());
    }
    options
}

/// Class and unit of a number.
fn united(id: &str, quantity: &Quantity) -> Map<String, Value> {
    let class = measure::class(id, quantity).map(Value::from);
    let unit = quantity.unit.as_deref().filter(|unit| !unit.is_empty());
    let unit = unit.map(|unit| Value::from(measure::unit(unit)));
    let known = [("device_class", class), ("unit_of_measurement", unit)];
    known.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
}

fn number(id: &str, quantity: &Quantity, command: &str) -> Map<String, Value> {
    let (low, high) = quantity.range.filter(|(low, high)| low < high).unwrap_or(UNBOUNDED);
    let step =
        quantity.step.filter(|step| *step >= 0.001).unwrap_or(if high - low > 50.0 { 1.0 } else { 0.1 });
    let mut options = united(id, quantity);
    let mode = if quantity.range.is_some() { "auto" } else { "box" };
    let more = json!({
        "command_topic": command,
        "command_template": wish(&quantity.key, "{{ value }}"),
        "min": low,
        "max": high,
        "step": step,
        "mode": mode,
        "optimistic": !quantity.is_told,
    });
    options.extend(object(more));
    options
}

/// A word or a text that can be set.
fn written(quantity: &Quantity, command: &str, more: Value) -> Map<String, Value> {
    let mut options = object(more);
    options.insert("command_topic".into(), command.into());
    options.insert("command_template".into(), wish(&quantity.key, "{{ value | tojson }}").into());
    options
}

fn press(quantity: &Quantity, command: &str) -> Map<String, Value> {
    object(json!({ "command_topic": command, "payload_press": set(&quantity.key, &Value::Bool(true)) }))
}

/// The payload that asks for `value`: `{"state": true}`.
pub(super) fn set(key: &str, value: &Value) -> String {
    wish(key, &value.to_string())
}

/// The payload that asks for what `template` writes.
pub(super) fn wish(key: &str, template: &str) -> String {
    if key.is_empty() { template.to_owned() } else { format!("{{{}: {template}}}", Value::from(key)) }
}

pub(super) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

impl Part {
    /// The template that points at a quantity.
    pub(super) fn template(&self, quantity: &Quantity) -> String {
        // A message need not hold all quantities of a property; without this one it says nothing.
        let guard = if self.quantities.len() > 1 { " | is_defined" } else { "" };
        format!("{{{{ {}{guard} }}}}", path(quantity))
    }
}

/// Where a quantity stands.
pub(super) fn path(quantity: &Quantity) -> String {
    let key = &*quantity.key;
    let is_word = key.starts_with(|c: char| c.is_ascii_alphabetic())
        && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let place = match (key, &quantity.sort) {
        ("", Shape::Text) => return "value".to_owned(),
        ("", _) => "value_json".to_owned(),
        _ if is_word => format!("value_json.{key}"),
        _ => format!("value_json['{key}']"),
    };
    if quantity.is_paired { place + "[0]" } else { place }
}
