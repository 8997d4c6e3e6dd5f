//! What a quantity can be at all: limits of physics, or of what the quantity means. They are no matter of taste: a value
//! outside of them was not measured, whatever a device says.
//!
//! It is told and kept as it was said, digit by digit, and marked: a humidity of 100.3 % is a sensor that is calibrated so,
//! one of 255 % a battery that says that it does not know.

use crate::device::kind_of;
use crate::talk::model::{Reading, Value};

/// Both ends of what can be; an end that is not there is infinite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Possible {
    /// The lowest value.
    pub low: f64,
    /// The highest value.
    pub high: f64,
}

/// A quantity, the type it has to be of or nothing for all, the unit or nothing for all, and both ends.
type Row = (&'static str, &'static str, &'static str, f64, f64);

const NONE: f64 = f64::INFINITY;

const KNOWN: &[Row] = &[
    ("temperature", "", "℃", -273.15, NONE),
    ("temperature", "", "°C", -273.15, NONE),
    ("temperature", "", "°F", -459.67, NONE),
    ("temperature", "", "K", 0.0, NONE),
    ("dew-point", "", "℃", -273.15, NONE),
    ("dew-point", "", "°C", -273.15, NONE),
    ("dew-point", "", "°F", -459.67, NONE),
    ("dew-point", "", "K", 0.0, NONE),
    ("set-point", "", "℃", -273.15, NONE),
    ("set-point", "", "°C", -273.15, NONE),
    ("set-point", "", "°F", -459.67, NONE),
    ("set-point", "", "K", 0.0, NONE),
    ("relative-humidity", "", "%", 0.0, 100.0),
    ("moisture", "", "%", 0.0, 100.0),
    ("brightness", "", "%", 0.0, 100.0),
    ("position", "", "%", 0.0, 100.0),
    // Others have levels of more than all, such as a load.
    ("level", "battery", "%", 0.0, 100.0),
    // In the air; what is measured against the air may be less.
    ("pressure", "barometer", "", 0.0, NONE),
    ("illuminance", "", "", 0.0, NONE),
    ("concentration", "", "ppm", 0.0, 1e6),
    ("concentration", "", "ppb", 0.0, 1e9),
    ("tvoc", "", "ppm", 0.0, 1e6),
    ("tvoc", "", "ppb", 0.0, 1e9),
    ("pm1", "", "", 0.0, NONE),
    ("pm2-5", "", "", 0.0, NONE),
    ("pm4", "", "", 0.0, NONE),
    ("pm10", "", "", 0.0, NONE),
    ("particles", "", "", 0.0, NONE),
    ("uv-index", "", "", 0.0, NONE),
    ("wind-speed", "", "", 0.0, NONE),
    ("gust-speed", "", "", 0.0, NONE),
    ("wind-direction", "", "°", 0.0, 360.0),
    ("rain", "", "", 0.0, NONE),
    ("frequency", "", "", 0.0, NONE),
    ("power-factor", "", "", -1.0, 1.0),
    ("distance", "", "", 0.0, NONE),
    ("latitude", "", "°", -90.0, 90.0),
    ("longitude", "", "°", -180.0, 180.0),
    ("satellites", "", "", 0.0, NONE),
    ("conductivity", "", "", 0.0, NONE),
    ("uptime", "", "", 0.0, NONE),
    ("duration", "", "", 0.0, NONE),
];

/// What the quantity `key` of `id` (`battery/-`, with or without a base) can be in a unit; nothing if that is not limited.
pub fn possible(id: &str, key: &str, unit: Option<&str>) -> Option<Possible> {
    let unit = unit.unwrap_or_default();
    let mut rows = KNOWN.iter().filter(|(quantity, ..)| *quantity == key).peekable();
    rows.peek()?;
    let kind = kind_of(id);
    let row = rows
        .find(|(_, of, known, ..)| (of.is_empty() || *of == kind) && (known.is_empty() || *known == unit));
    row.map(|(.., low, high)| Possible { low: *low, high: *high })
}

/// Whether a reading of `id` says what cannot be.
pub fn is_impossible(id: &str, reading: &Reading) -> bool {
    let Value::Number { value, .. } = reading.value else { return false };
    possible(id, &reading.key, reading.unit.as_deref()).is_some_and(|possible| !possible.has(value))
}

impl Possible {
    /// Whether a value lies between both ends.
    pub fn has(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::vocabulary::quantity;
    use crate::talk::Payload;

    #[test]
    fn what_cannot_be_is_found_at_the_limits_of_each_unit() {
        for (id, payload, is_so) in [
            ("thermometer/-", r#"{"temperature": [-273.15, "°C"]}"#, false),
            ("thermometer/-", r#"{"temperature": [-273.16, "℃"]}"#, true),
            ("thermometer/-", r#"{"temperature": [-300, "°F"]}"#, false),
            ("thermometer/-", r#"{"temperature": [-0.1, "K"]}"#, true),
            ("thermometer/-", r#"{"temperature": -300}"#, false),
            ("thermometer/-", r#"{"temperature": [null, "°C"]}"#, false),
            ("nodes/a/b/hygrometer/-", r#"{"relative-humidity": [104.7, "%"]}"#, true),
            ("hygrometer/-", r#"{"relative-humidity": [100.3, "%"]}"#, true),
            ("hygrometer/-", r#"{"relative-humidity": [100, "%"]}"#, false),
            ("battery/-", r#"{"level": [255, "%"]}"#, true),
            ("sensor/load", r#"{"level": [255, "%"]}"#, false),
            ("barometer/-", r#"{"pressure": [-1, "hPa"]}"#, true),
            ("sensor/tyre", r#"{"pressure": [-1, "bar"]}"#, false),
            ("power-meter/-", r#"{"power": [-4000, "W"]}"#, false),
            ("power-meter/-", r#"{"power-factor": -1.01}"#, true),
            ("gps/-", r#"{"latitude": [90.5, "°"]}"#, true),
        ] {
            let payload = Payload::parse(payload).expect(payload);
            assert_eq!(is_impossible(id, &payload.readings()[0]), is_so, "{id} {payload}");
        }
    }

    #[test]
    fn limits_are_those_of_known_quantities_and_units() {
        for (name, _, unit, low, high) in KNOWN {
            let known = quantity(name).unwrap_or_else(|| panic!("{name} is no quantity"));
            assert!(unit.is_empty() || known.units.contains(unit), "{name} in {unit}");
            assert!(low < high);
        }
    }
}
