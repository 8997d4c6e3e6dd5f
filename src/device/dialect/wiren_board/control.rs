//! A control: its type, unit, ends and whether it can be set.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};
use toml_edit::Value as Toml;

use crate::device::dialect::draft::Draft;
use crate::device::dialect::entry::{Entry, Way};
use crate::device::dialect::measured::measured;
use crate::device::dialect::told;
use crate::talk::Payload;

/// What is known of a control.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Control {
    /// Its type; a control without one is not announced yet.
    pub kind: Option<String>,
    /// Where it stands among the others.
    pub order: i64,
    title: Option<String>,
    units: Option<String>,
    min: Option<f64>,
    max: Option<f64>,
    precision: Option<f64>,
    readonly: Option<bool>,
    /// Values and their names.
    names: BTreeMap<String, String>,
}

/// Types of numbers, their units and what they are about.
const NUMBERS: &[(&str, &str)] = &[
    ("temperature", "°C"),
    ("rel_humidity", "%"),
    ("atmospheric_pressure", "mbar"),
    ("wind_speed", "m/s"),
    ("power", "W"),
    ("power_consumption", "kWh"),
    ("voltage", "V"),
    ("water_flow", "m³/h"),
    ("water_consumption", "m³"),
    ("resistance", "Ohm"),
    ("concentration", "ppm"),
    ("heat_power", "Gcal/h"),
    ("heat_energy", "Gcal"),
    ("current", "A"),
    ("pressure", "bar"),
    ("lux", "lx"),
    ("sound_level", "dB"),
    ("rainfall", "mm/h"),
    ("value", ""),
    ("range", ""),
];

impl Control {
    /// The whole object; nothing takes the control away. An error tells what of it cannot be read, which costs no more
    /// than that.
    pub fn whole(&mut self, payload: &Payload) -> Result<(), String> {
        let Some(told) = told::<Map<String, Json>>(payload)? else {
            *self = Self::default();
            return Ok(());
        };
        *self = Self::default();
        let mut wrong = Vec::new();
        for (part, value) in &told {
            wrong.extend(self.take(part, value).err());
        }
        // An object without a type is a value of the plain kind.
        self.kind.get_or_insert_with(|| "value".to_owned());
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
    }

    /// One part, under a topic of its own.
    pub fn part(&mut self, part: &str, payload: &Payload) -> Result<(), String> {
        let text = String::from_utf8_lossy(payload.wire()).trim().to_owned();
        if text.is_empty() {
            if part == "type" {
                self.kind = None;
            }
            return Ok(());
        }
        // A part that came before the type waits for it.
        let taken = self.take(part, &Json::String(text));
        if self.kind.is_none() {
            self.kind = Some("value".to_owned());
        }
        taken
    }

    fn take(&mut self, part: &str, value: &Json) -> Result<(), String> {
        let wrong = |wanted: &str| {
            let found: String = value.to_string().chars().take(40).collect();
            format!("{part}: {found} is no {wanted}")
        };
        let told =
            || value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()).filter(|n| n.is_finite());
        let number = || match value.is_null() {
            true => Ok(None),
            false => told().map(Some).ok_or_else(|| wrong("number")),
        };
        let text = || match value {
            Json::Null => Ok(None),
            Json::String(text) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
            _ => Err(wrong("text")),
        };
        match part {
            "type" => self.kind = text()?,
            "units" => self.units = text()?,
            "min" => self.min = number()?,
            "max" => self.max = number()?,
            "precision" => self.precision = number()?,
            "order" => self.order = number()?.unwrap_or_default() as i64,
            "readonly" => {
                self.readonly = match value.as_bool() {
                    Some(truth) => Some(truth),
                    None => number().map_err(|_| wrong("truth"))?.map(|told| told != 0.0),
                };
            }
            "title" | "name" => self.title = titled(value),
            "enum" => {
                // Under a topic of its own it is a text, which is JSON.
                let inside = value.as_str().and_then(|text| serde_json::from_str::<Json>(text).ok());
                let names = inside.as_ref().unwrap_or(value).as_object().ok_or_else(|| wrong("object"))?;
                let named = |(value, title): (&String, &Json)| Some((value.clone(), titled(title)?));
                self.names = names.iter().filter_map(named).collect();
            }
            // The conventions grow; what is not known changes nothing of what is.
            _ => {}
        }
        Ok(())
    }

    /// Adds it; `topic` is where its value is said.
    pub fn draw(&self, draft: &mut Draft, topic: &str, name: &str) {
        let kind = self.kind.as_deref().unwrap_or_default();
        let set = || Way::at(&format!("{topic}/on"));
        let read = || Way::at(topic);
        let entry = |kind: &str| Entry::new(kind, name);
        // What shows a state is set unless it says otherwise; what measures is not.
        let is_set = |usual: bool| !self.readonly.unwrap_or(!usual);
        let (drawn, write) = match kind {
            "switch" if is_set(true) => {
                (entry("relay").read(read().truth("1", "0")), Some(set().on_off("1", "0")))
            }
            "switch" => (entry("input").read(read().truth("1", "0")), None),
            "wo-switch" | "pushbutton" => (entry("button"), Some(set().literal("1").confirm("nothing"))),
            "alarm" => (entry("input").quantity("alarm").read(read().truth("1", "0")), None),
            "text" => (entry("sensor").quantity("text").read(read()), is_set(false).then(set)),
            // Three numbers, as they stand: `255;0;128`.
            "rgb" => (entry("light").quantity("color").read(read()), is_set(true).then(set)),
            _ if !self.names.is_empty() => self.choice(name, read(), set(), is_set(false)),
            _ => match NUMBERS.iter().find(|(known, _)| *known == kind) {
                Some((_, unit)) => (self.number(name, unit).read(read()), is_set(kind == "range").then(set)),
                None => return draft.skip(name, format!("the type `{kind:.40}` is not known")),
            },
        };
        let drawn = drawn.name(self.title.as_deref().unwrap_or(name)).called(name);
        // Why the value may be the last good one stands beside it.
        let error = drawn.beside("error").read(Way::at(&format!("{topic}/meta/error")));
        draft.entries.push(match write {
            Some(write) => drawn.write(write),
            None => drawn,
        });
        draft.entries.push(error);
    }

    fn number(&self, name: &str, usual: &str) -> Entry {
        let unit = self.units.as_deref().unwrap_or(usual);
        let unit = (!unit.is_empty()).then_some(unit);
        let (kind, quantity) = measured(name, unit);
        let mut entry =
            Entry::new(kind, name).measures(quantity, unit).step(self.precision.unwrap_or_default());
        if let (Some(low), Some(high)) = (self.min, self.max) {
            entry = entry.range(low, high);
        }
        entry
    }

    /// A number that stands for a word.
    fn choice(&self, name: &str, read: Way, set: Way, is_set: bool) -> (Entry, Option<Way>) {
        let pairs = || self.names.iter().map(|(value, word)| (value.as_str(), Toml::from(word.as_str())));
        let back = self.names.iter().map(|(value, word)| (word.as_str(), Toml::from(value.as_str())));
        let entry =
            Entry::new("select", name).quantity("mode").words(self.names.values().map(String::as_str));
        (entry.read(read.map(pairs())), is_set.then(|| set.map(back)))
    }
}

/// A title: a text, or one for each language, of which the English one is taken.
pub(super) fn titled(title: &Json) -> Option<String> {
    let told = match title {
        Json::Object(languages) => languages.get("en").or_else(|| languages.values().next())?.as_str(),
        other => other.as_str(),
    };
    told.map(str::trim).filter(|title| !title.is_empty()).map(str::to_owned)
}
