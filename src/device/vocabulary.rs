//! The words of Clown.Model that pages, history and rules rely on: quantities with their units, and types with the
//! quantity that each is about.
//!
//! A definition uses these words, so that a thermometer is a thermometer whoever made it. Another word is taken where
//! the file says what kind of thing it means. Words, `℃` and `lux` among them, are those of bc-bridge v1.1.1 as far as
//! it had them.

mod icon;
mod possible;

pub use icon::{ICONS, usual_icon};
pub use possible::{Possible, is_impossible, possible};

/// What a quantity is, where nothing else is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// A number with one of the units.
    Number,
    /// A number that only counts upwards.
    Total,
    /// On or off, yes or no.
    Truth,
    /// One word of a few.
    Choice,
    /// Any text.
    Text,
    /// A count of things that happened.
    Event,
    /// Anything that JSON can say.
    Any,
}

/// A quantity by its name.
#[derive(Debug)]
pub struct Quantity {
    /// Its name, the key in a payload.
    pub name: &'static str,
    /// What it is.
    pub sort: Sort,
    /// Units it may have, the usual one first; empty if it has none.
    pub units: &'static [&'static str],
    /// What it always lies between, in the usual unit.
    pub limits: Option<(f64, f64)>,
}

const fn number(name: &'static str, units: &'static [&'static str]) -> Quantity {
    Quantity { name, sort: Sort::Number, units, limits: None }
}

const fn within(name: &'static str, units: &'static [&'static str], low: f64, high: f64) -> Quantity {
    Quantity { name, sort: Sort::Number, units, limits: Some((low, high)) }
}

const fn total(name: &'static str, units: &'static [&'static str]) -> Quantity {
    Quantity { name, sort: Sort::Total, units, limits: None }
}

const fn of(name: &'static str, sort: Sort) -> Quantity {
    Quantity { name, sort, units: &[], limits: None }
}

const DEGREES: &[&str] = &["℃", "°C", "°F", "K"];
const PERCENT: &[&str] = &["%"];
const ENERGY: &[&str] = &["kWh", "Wh", "MWh", "MJ"];
const LENGTH: &[&str] = &["m", "cm", "mm", "km"];
const DUST: &[&str] = &["µg/m³"];
const VOLUME: &[&str] = &["m³", "l"];
const SPEED: &[&str] = &["m/s", "km/h", "mph", "kn"];

/// Every quantity, by subject.
pub const QUANTITIES: &[Quantity] = &[
    // Switching and choosing.
    of("state", Sort::Truth),
    of("mode", Sort::Choice),
    of("action", Sort::Choice),
    of("effect", Sort::Choice),
    of("alarm", Sort::Truth),
    of("online", Sort::Truth),
    of("press", Sort::Event),
    of("event-count", Sort::Event),
    of("hold-count", Sort::Event),
    of("event", Sort::Text),
    of("text", Sort::Text),
    of("code", Sort::Text),
    of("color", Sort::Text),
    of("color-hs", Sort::Text),
    of("color-rgbw", Sort::Text),
    of("color-rgbww", Sort::Text),
    of("color-xy", Sort::Text),
    of("compound", Sort::Any),
    of("thermometer", Sort::Any),
    of("data", Sort::Any),
    of("clear", Sort::Event),
    of("line-0", Sort::Text),
    of("line-1", Sort::Text),
    of("line-2", Sort::Text),
    of("line-3", Sort::Text),
    of("line-4", Sort::Text),
    of("line-5", Sort::Text),
    of("line-6", Sort::Text),
    of("line-7", Sort::Text),
    within("brightness", PERCENT, 0.0, 100.0),
    within("position", PERCENT, 0.0, 100.0),
    within("level", PERCENT, 0.0, 100.0),
    number("value", &[]),
    number("count", &[]),
    number("increment", &[]),
    // The air.
    number("temperature", DEGREES),
    number("set-point", DEGREES),
    number("dew-point", DEGREES),
    within("relative-humidity", PERCENT, 0.0, 100.0),
    within("moisture", PERCENT, 0.0, 100.0),
    number("pressure", &["kPa", "hPa", "Pa", "bar", "psi"]),
    number("altitude", LENGTH),
    number("illuminance", &["lux"]),
    number("concentration", &["ppm", "ppb"]),
    number("tvoc", &["ppb", "ppm"]),
    number("pm1", DUST),
    number("pm2-5", DUST),
    number("pm4", DUST),
    number("pm10", DUST),
    number("particles", &["1/dl", "1/l"]),
    number("air-quality", &[]),
    number("noise", &["dB"]),
    number("uv-index", &[]),
    number("wind-speed", SPEED),
    number("gust-speed", SPEED),
    within("wind-direction", &["°"], 0.0, 360.0),
    total("rain", &["mm"]),
    // Electricity, gas, water.
    number("voltage", &["V", "mV"]),
    number("current", &["A", "mA"]),
    number("power", &["W", "kW"]),
    number("apparent-power", &["VA"]),
    number("reactive-power", &["var"]),
    within("power-factor", &[], -1.0, 1.0),
    number("frequency", &["Hz"]),
    number("yield", ENERGY),
    total("energy", ENERGY),
    total("energy-import", ENERGY),
    total("energy-export", ENERGY),
    number("energy-today", ENERGY),
    number("energy-yesterday", ENERGY),
    total("gas", VOLUME),
    total("water", VOLUME),
    number("tariff", &[]),
    number("flow", &["l/min", "m³/h"]),
    // Bodies and places.
    number("distance", LENGTH),
    number("weight", &["kg", "g"]),
    number("acceleration", &["g", "m/s²"]),
    number("speed", SPEED),
    number("angle", &["°"]),
    within("latitude", &["°"], -90.0, 90.0),
    within("longitude", &["°"], -180.0, 180.0),
    number("satellites", &[]),
    number("fix", &[]),
    number("conductivity", &["µS/cm", "mS/cm"]),
    number("raw", &[]),
    // The device itself.
    number("rssi", &["dBm"]),
    within("link-quality", &[], 0.0, 255.0),
    number("uptime", &["s", "min", "h", "d"]),
    number("duration", &["s", "ms", "min"]),
    of("firmware", Sort::Text),
    of("version", Sort::Text),
    of("error", Sort::Text),
    // What a bus carries.
    of("address", Sort::Text),
    of("write", Sort::Text),
    of("read", Sort::Text),
    number("read-length", &[]),
];

/// Types and the quantity that each is about.
pub const TYPES: &[(&str, &str)] = &[
    ("accelerometer", "acceleration"),
    ("adc", "voltage"),
    ("air-quality-sensor", "air-quality"),
    ("barometer", "pressure"),
    ("battery", "voltage"),
    ("buffer", "data"),
    ("button", "press"),
    ("buzzer", "state"),
    ("climate", "temperature"),
    ("co2-meter", "concentration"),
    ("co2-sensor", "concentration"),
    ("cover", "position"),
    ("device", "online"),
    ("display-oled", "text"),
    ("distance", "distance"),
    ("door-sensor", "state"),
    ("encoder", "increment"),
    ("fan", "state"),
    ("flood-detector", "alarm"),
    ("gas-meter", "gas"),
    ("gpio", "state"),
    ("gps", "latitude"),
    ("humidity-sensor", "relative-humidity"),
    ("hygrometer", "relative-humidity"),
    ("i2c", "read"),
    ("input", "state"),
    ("lcd", "text"),
    ("led", "state"),
    ("led-strip", "brightness"),
    ("light", "state"),
    ("load", "state"),
    ("lock", "state"),
    ("lux-meter", "illuminance"),
    ("microphone", "noise"),
    ("motion-sensor", "state"),
    ("particulate-sensor", "pm2-5"),
    ("pir", "event-count"),
    ("power-meter", "power"),
    ("push-button", "event-count"),
    ("rain-gauge", "rain"),
    ("relay", "state"),
    ("remote", "code"),
    ("scale", "weight"),
    ("select", "mode"),
    ("set-point", "set-point"),
    ("signal", "rssi"),
    ("smoke-detector", "alarm"),
    ("soil-sensor", "moisture"),
    ("solar-charger", "power"),
    ("thermometer", "temperature"),
    ("thermostat", "temperature"),
    ("tilt-sensor", "state"),
    ("valve", "state"),
    ("voc-lp-sensor", "tvoc"),
    ("voc-sensor", "tvoc"),
    ("water-meter", "water"),
    ("wind-meter", "wind-speed"),
];

/// The quantity of that name.
pub fn quantity(name: &str) -> Option<&'static Quantity> {
    QUANTITIES.iter().find(|quantity| quantity.name == name)
}

/// What a type is about.
pub fn usual_quantity(kind: &str) -> Option<&'static str> {
    TYPES.iter().find(|(name, _)| *name == kind).map(|(_, quantity)| *quantity)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::kind_of;

    #[test]
    fn every_type_is_about_a_known_quantity() {
        for (kind, about) in TYPES {
            assert!(quantity(about).is_some(), "{kind}: {about}");
        }
        assert!(TYPES.is_sorted(), "types are looked up by people, too");
        assert_eq!(usual_quantity(kind_of("relay/0")), Some("state"));
    }
}
