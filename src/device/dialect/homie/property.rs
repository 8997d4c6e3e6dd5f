//! A property of Homie as one of ours: by its datatype, format and unit.

use crate::device::dialect::draft::Draft;
use crate::device::dialect::entry::{Entry, Way};
use crate::device::dialect::measured::measured;

/// What the convention tells about a property.
#[derive(Clone, Debug, Default)]
pub(super) struct Told<'a> {
    /// Its node.
    pub node: &'a str,
    /// Its id.
    pub id: &'a str,
    /// Its name for people.
    pub name: &'a str,
    /// `integer`, `float`, `boolean`, `string`, `enum`, `color`, `datetime`, `duration`, `json`, `percent`.
    pub datatype: &'a str,
    /// `0:100:1`, `low,high`, `rgb`.
    pub format: &'a str,
    /// Its unit.
    pub unit: &'a str,
    /// Whether it can be set.
    pub is_settable: bool,
    /// Whether it has a value that lasts; otherwise it tells that something happens.
    pub lasts: bool,
}

impl Told<'_> {
    /// Adds it.
    pub fn draw(&self, draft: &mut Draft, key: &str) {
        let topic = format!("{key}/{}/{}", self.node, self.id);
        let name = if self.name.is_empty() { self.id } else { self.name };
        let called = format!("{}/{}", self.node, self.id);
        let Some(entry) = self.shaped(name) else {
            let why = format!("the datatype `{:.40}` is not known", self.datatype);
            return draft.skip(called, why);
        };
        if let Some(why) = self.odd_format() {
            draft.skip(format!("{called} format"), why);
        }
        let entry = entry.name(name).called(&called).read(Way::at(&topic));
        draft.entries.push(match self.is_settable {
            true => entry.write(Way::at(&format!("{topic}/set"))),
            false => entry,
        });
    }

    fn shaped(&self, name: &str) -> Option<Entry> {
        let address = format!("{}-{}", self.node, self.id);
        let entry = |kind: &str| Entry::new(kind, &address);
        if !self.lasts && !matches!(self.datatype, "integer" | "float" | "percent") {
            return Some(entry("button").quantity("event").kind("text"));
        }
        Some(match self.datatype {
            "integer" | "float" | "percent" => self.number(&address, name),
            "boolean" if self.is_settable => entry("relay"),
            "boolean" => entry("input"),
            "enum" => {
                let words: Vec<&str> = self.format.split(',').filter(|word| !word.is_empty()).collect();
                match words.is_empty() {
                    true => entry("sensor").quantity("text"),
                    false => entry("select").quantity("mode").words(words),
                }
            }
            "" | "string" | "datetime" | "duration" => entry("sensor").quantity("text"),
            // Its numbers look like those of red, green and blue.
            "color" if self.format.trim() == "hsv" => entry("light").quantity("color-hsv").kind("text"),
            "color" => entry("light").quantity("color"),
            "json" => entry("sensor").quantity("data"),
            _ => return None,
        })
    }

    /// Why its ends and step cannot be read.
    fn odd_format(&self) -> Option<String> {
        let is_number = matches!(self.datatype, "integer" | "float" | "percent");
        let mut ends = self.format.split(':').map(str::trim).filter(|end| !end.is_empty());
        let is_odd = is_number && !ends.all(|end| end.parse::<f64>().is_ok_and(f64::is_finite));
        is_odd.then(|| format!("`{:.40}` is not `min:max:step` in numbers", self.format))
    }

    fn number(&self, address: &str, name: &str) -> Entry {
        let unit = match (self.unit, self.datatype) {
            ("", "percent") => Some("%"),
            ("", _) => None,
            (unit, _) => Some(unit),
        };
        let (kind, quantity) = measured(&format!("{} {name}", self.id), unit);
        let mut ends = self.format.split(':').map(|end| end.trim().parse::<f64>().ok());
        let (low, high, step) = (ends.next().flatten(), ends.next().flatten(), ends.next().flatten());
        let mut entry = Entry::new(kind, address).measures(quantity, unit);
        if let (Some(low), Some(high)) = (low, high) {
            entry = entry.range(low, high);
        }
        entry.step(step.unwrap_or_default())
    }
}

/// A warning of version 5, told as an error of the device.
pub(super) fn warning(draft: &mut Draft, key: &str, alert: &str) {
    let entry = Entry::new("device", &format!("alert-{alert}")).quantity("error").name(alert);
    draft.entries.push(entry.read(Way::at(&format!("{key}/$alert/{alert}"))));
}
