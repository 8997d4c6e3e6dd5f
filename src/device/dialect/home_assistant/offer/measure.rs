//! Classes of sensors, with the units that Home Assistant takes for each: a sensor with another unit has no class.
//!
//! Source: the documentation of Home Assistant's sensor integration. Classes are left out that came after announcements
//! of whole devices did (2024.11): an older Home Assistant would refuse the component.

use super::quantity::Quantity;
use crate::device::kind_of;
use crate::device::profile::Shape;

const DEGREES: &[&str] = &["°C", "°F", "K"];
const PERCENT: &[&str] = &["%"];
const DUST: &[&str] = &["µg/m³"];
const SPEED: &[&str] = &["m/s", "km/h", "mph", "kn"];
const ENERGY: &[&str] = &["kWh", "Wh", "MWh", "MJ"];
const TIME: &[&str] = &["s", "ms", "min", "h", "d"];

/// Quantity, class, units.
const CLASSES: &[(&str, &str, &[&str])] = &[
    ("temperature", "temperature", DEGREES),
    ("dew-point", "temperature", DEGREES),
    ("set-point", "temperature", DEGREES),
    ("relative-humidity", "humidity", PERCENT),
    ("moisture", "moisture", PERCENT),
    ("pressure", "pressure", &["kPa", "hPa", "Pa", "bar", "psi"]),
    ("illuminance", "illuminance", &["lx"]),
    ("tvoc", "volatile_organic_compounds_parts", &["ppb", "ppm"]),
    ("pm1", "pm1", DUST),
    ("pm2-5", "pm25", DUST),
    ("pm10", "pm10", DUST),
    ("noise", "sound_pressure", &["dB"]),
    ("wind-speed", "wind_speed", SPEED),
    ("gust-speed", "wind_speed", SPEED),
    ("speed", "speed", SPEED),
    ("rain", "precipitation", &["mm"]),
    ("voltage", "voltage", &["V", "mV"]),
    ("current", "current", &["A", "mA"]),
    ("power", "power", &["W", "kW"]),
    ("apparent-power", "apparent_power", &["VA"]),
    ("reactive-power", "reactive_power", &["var"]),
    ("frequency", "frequency", &["Hz"]),
    ("yield", "energy", ENERGY),
    ("energy", "energy", ENERGY),
    ("energy-import", "energy", ENERGY),
    ("energy-export", "energy", ENERGY),
    ("energy-today", "energy", ENERGY),
    ("energy-yesterday", "energy", ENERGY),
    ("gas", "gas", &["m³"]),
    ("water", "water", &["m³", "L"]),
    ("flow", "volume_flow_rate", &["L/min", "m³/h"]),
    ("distance", "distance", &["m", "cm", "mm", "km"]),
    ("weight", "weight", &["kg", "g"]),
    ("rssi", "signal_strength", &["dBm"]),
    ("uptime", "duration", TIME),
    ("duration", "duration", TIME),
];

/// Types of things that are on or off, and their classes.
const TRUTHS: &[(&str, &str)] = &[
    ("door-sensor", "door"),
    ("flood-detector", "moisture"),
    ("motion-sensor", "motion"),
    ("smoke-detector", "smoke"),
];

/// A unit as Home Assistant writes it.
pub fn unit(unit: &str) -> &str {
    match unit {
        "℃" => "°C",
        "lux" => "lx",
        "l" => "L",
        "l/min" => "L/min",
        other => other,
    }
}

/// The class of a sensor, if it has one with its unit.
pub fn class(id: &str, quantity: &Quantity) -> Option<&'static str> {
    let kind = kind_of(id);
    let unit = quantity.unit.as_deref().map(unit);
    match (&*quantity.key, kind, unit) {
        ("level", "battery", Some("%")) => return Some("battery"),
        ("concentration", "co2-sensor" | "co2-meter", Some("ppm")) => return Some("carbon_dioxide"),
        ("power-factor", _, None) => return Some("power_factor"),
        _ => {}
    }
    let (_, class, units) = CLASSES.iter().find(|(key, ..)| *key == &*quantity.key)?;
    units.contains(&unit?).then_some(*class)
}

/// How a number is counted over time.
pub fn state_class(quantity: &Quantity, class: Option<&str>) -> Option<&'static str> {
    match (&quantity.sort, class, &*quantity.key) {
        (Shape::Total | Shape::Event, ..) | (_, _, "energy-today") => Some("total_increasing"),
        // A class that only counts takes no `measurement`; what may be set back is a total.
        (Shape::Number, Some("energy"), "energy-yesterday") => None,
        (Shape::Number, Some("energy" | "gas" | "water"), _) => Some("total"),
        (Shape::Number, ..) => Some("measurement"),
        (Shape::Switch | Shape::Truth | Shape::Choice(_) | Shape::Text | Shape::Button | Shape::Json, ..) => {
            None
        }
    }
}

/// The class of what is on or off.
pub fn truth(id: &str, quantity: &Quantity) -> Option<&'static str> {
    let kind = kind_of(id);
    match (kind, &*quantity.key) {
        ("battery", "alarm") => Some("battery"),
        ("device", "online") => Some("connectivity"),
        _ => {
            let known = TRUTHS.iter().find(|(known, _)| *known == kind).map(|(_, class)| *class);
            known.or_else(|| (&*quantity.key == "alarm").then_some("problem"))
        }
    }
}
