//! What a Tasmota device measures: `{"sn": {"DS18B20": {"Id": "…", "Temperature": 18.1}, "TempUnit": "C"}}`.
//!
//! The shape of a telemetry message shows every sensor with its quantities; units of temperature and pressure stand
//! beside them.

use serde_json::{Map, Value};

use crate::device::dialect::draft::Draft;
use crate::device::dialect::entry::{Entry, Way};

/// What Tasmota calls a quantity, its type here, its quantity and its unit.
const KNOWN: &[(&str, &str, &str, Option<&str>)] = &[
    ("Temperature", "thermometer", "temperature", Some("°C")),
    ("DewPoint", "thermometer", "dew-point", Some("°C")),
    ("Humidity", "hygrometer", "relative-humidity", Some("%")),
    ("Pressure", "barometer", "pressure", Some("hPa")),
    ("SeaPressure", "barometer", "pressure", Some("hPa")),
    ("CarbonDioxide", "co2-sensor", "concentration", Some("ppm")),
    ("eCO2", "co2-sensor", "concentration", Some("ppm")),
    ("TVOC", "voc-sensor", "tvoc", Some("ppb")),
    ("Illuminance", "lux-meter", "illuminance", Some("lux")),
    ("PM1", "particulate-sensor", "pm1", Some("µg/m³")),
    ("PM2.5", "particulate-sensor", "pm2-5", Some("µg/m³")),
    ("PM10", "particulate-sensor", "pm10", Some("µg/m³")),
    ("Distance", "distance", "distance", Some("cm")),
    ("Noise", "microphone", "noise", None),
    ("AirQuality", "air-quality-sensor", "air-quality", None),
    ("Moisture", "soil-sensor", "moisture", Some("%")),
    ("Weight", "scale", "weight", Some("kg")),
    ("UvIndex", "lux-meter", "uv-index", None),
    ("Power", "power-meter", "power", Some("W")),
    ("ApparentPower", "power-meter", "apparent-power", Some("VA")),
    ("ReactivePower", "power-meter", "reactive-power", Some("var")),
    ("Factor", "power-meter", "power-factor", None),
    ("Voltage", "power-meter", "voltage", Some("V")),
    ("Current", "power-meter", "current", Some("A")),
    ("Frequency", "power-meter", "frequency", Some("Hz")),
    ("Total", "power-meter", "energy", Some("kWh")),
    ("Today", "power-meter", "energy-today", Some("kWh")),
    ("Yesterday", "power-meter", "energy-yesterday", Some("kWh")),
];

/// What stands beside measurements and is none.
const BESIDE: &[&str] = &["Time", "TempUnit", "PressureUnit", "SpeedUnit", "Id", "TotalStartTime", "Period"];

/// Adds everything that `json` shows, read from `topic`, asked for by `command`.
pub(super) fn draw(draft: &mut Draft, json: &str, topic: &str, command: &str) {
    let Ok(Value::Object(mut all)) = serde_json::from_str(json) else {
        return draft.skip("sensors", "it is no JSON object");
    };
    let Some(Value::Object(sensors)) = all.remove("sn") else {
        return draft.skip("sensors", "it has no object `sn`");
    };
    let unit = |key: &str| sensors.get(key).and_then(Value::as_str).map(str::to_owned);
    let units = Units { temperature: unit("TempUnit"), pressure: unit("PressureUnit") };
    for (name, value) in &sensors {
        match value {
            Value::Object(parts) => sensor(draft, name, parts, &units, (topic, command)),
            // Switches are told by the configuration.
            _ if BESIDE.contains(&&**name) || name.starts_with("Switch") => {}
            other => draft.skip(name.as_str(), format!("a sensor is an object, found {other:.40}")),
        }
    }
}

struct Units {
    temperature: Option<String>,
    pressure: Option<String>,
}

impl Units {
    fn of<'a>(&'a self, quantity: &str, usual: Option<&'a str>) -> Option<&'a str> {
        match quantity {
            "temperature" | "dew-point" if self.temperature.as_deref() == Some("F") => Some("°F"),
            "pressure" => match self.pressure.as_deref() {
                // Millimetres and inches of mercury are no quantity's unit here; they are told as they are.
                Some(unit) => Some(unit),
                None => usual,
            },
            _ => usual,
        }
    }
}

fn sensor(draft: &mut Draft, name: &str, parts: &Map<String, Value>, units: &Units, at: (&str, &str)) {
    for (part, value) in parts.iter().filter(|(part, _)| !BESIDE.contains(&&***part)) {
        let pointer = format!("/{}/{}", escaped(name), escaped(part));
        match value {
            Value::Number(_) => one(draft, name, part, &pointer, None, units, at),
            // One value for each phase.
            Value::Array(phases) if phases.iter().all(Value::is_number) => {
                for phase in 0..phases.len() {
                    let pointer = format!("{pointer}/{phase}");
                    one(draft, name, part, &pointer, Some(phase + 1), units, at);
                }
            }
            Value::String(_) | Value::Bool(_) => {
                let kind = if value.is_boolean() { "truth" } else { "text" };
                let entry = Entry::new("sensor", &format!("{name}-{part}")).quantity("value").kind(kind);
                let (topic, command) = at;
                let read = Way::at(topic).value(&pointer);
                draft.entries.push(entry.read(read).ask(Way::at(command).literal("10")));
            }
            other => draft.skip(format!("{name} {part}"), format!("it is no number, found {other:.40}")),
        }
    }
}

fn one(
    draft: &mut Draft,
    name: &str,
    part: &str,
    pointer: &str,
    phase: Option<usize>,
    units: &Units,
    (topic, command): (&str, &str),
) {
    let plain = part.trim_end_matches(|digit: char| digit.is_ascii_digit());
    let known = |part: &str| KNOWN.iter().find(|(known, ..)| *known == part);
    let (found, number) = match known(part) {
        Some(known) => (Some(known), ""),
        None => (known(plain), &part[plain.len()..]),
    };
    // The meter of the device itself needs no other name than its phase.
    let mut address = if name == "ENERGY" { String::new() } else { name.to_owned() };
    for more in [number.to_owned(), phase.map(|phase| phase.to_string()).unwrap_or_default()] {
        if !more.is_empty() {
            address = if address.is_empty() { more } else { format!("{address}-{more}") };
        }
    }
    let entry = match found {
        Some((_, kind, quantity, unit)) => {
            Entry::new(kind, &address).measures(quantity, units.of(quantity, *unit))
        }
        None => Entry::new("sensor", &format!("{address}-{part}")).name(part).measures("value", None),
    };
    let read = Way::at(topic).value(pointer);
    draft
        .entries
        .push(entry.called(&format!("{name} {part}")).read(read).ask(Way::at(command).literal("10")));
}

/// A name as a step of a pointer.
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
