//! What Home Assistant calls a class of device, and what that is here.
//!
//! Source of the classes: the documentation of Home Assistant's sensor and binary sensor integrations.

/// Classes of sensors: type and quantity.
const SENSORS: &[(&str, &str, &str)] = &[
    ("apparent_power", "power-meter", "apparent-power"),
    ("aqi", "air-quality-sensor", "air-quality"),
    ("atmospheric_pressure", "barometer", "pressure"),
    ("battery", "battery", "level"),
    ("carbon_dioxide", "co2-sensor", "concentration"),
    ("conductivity", "soil-sensor", "conductivity"),
    ("current", "power-meter", "current"),
    ("distance", "distance", "distance"),
    ("duration", "sensor", "duration"),
    ("energy", "power-meter", "energy"),
    ("frequency", "power-meter", "frequency"),
    ("gas", "gas-meter", "gas"),
    ("humidity", "hygrometer", "relative-humidity"),
    ("illuminance", "lux-meter", "illuminance"),
    ("moisture", "soil-sensor", "moisture"),
    ("pm1", "particulate-sensor", "pm1"),
    ("pm10", "particulate-sensor", "pm10"),
    ("pm25", "particulate-sensor", "pm2-5"),
    ("pm4", "particulate-sensor", "pm4"),
    ("power", "power-meter", "power"),
    ("power_factor", "power-meter", "power-factor"),
    ("precipitation", "rain-gauge", "rain"),
    ("pressure", "barometer", "pressure"),
    ("reactive_power", "power-meter", "reactive-power"),
    ("signal_strength", "signal", "rssi"),
    ("sound_pressure", "microphone", "noise"),
    ("speed", "sensor", "speed"),
    ("temperature", "thermometer", "temperature"),
    ("temperature_delta", "sensor", "value"),
    ("volatile_organic_compounds_parts", "voc-sensor", "tvoc"),
    ("voltage", "power-meter", "voltage"),
    ("volume_flow_rate", "water-meter", "flow"),
    ("water", "water-meter", "water"),
    ("weight", "scale", "weight"),
    ("wind_direction", "wind-meter", "wind-direction"),
    ("wind_speed", "wind-meter", "wind-speed"),
];

/// Classes of sensors whose values are words.
const WORDS: [&str; 3] = ["date", "enum", "timestamp"];

/// Classes of binary sensors: type and quantity.
const BINARY: &[(&str, &str, &str)] = &[
    ("battery", "battery", "alarm"),
    ("carbon_monoxide", "smoke-detector", "alarm"),
    ("door", "door-sensor", "state"),
    ("garage_door", "door-sensor", "state"),
    ("gas", "smoke-detector", "alarm"),
    ("moisture", "flood-detector", "alarm"),
    ("motion", "motion-sensor", "state"),
    ("occupancy", "motion-sensor", "state"),
    ("opening", "door-sensor", "state"),
    ("presence", "motion-sensor", "state"),
    ("problem", "sensor", "alarm"),
    ("safety", "sensor", "alarm"),
    ("smoke", "smoke-detector", "alarm"),
    ("tamper", "sensor", "alarm"),
    ("window", "door-sensor", "state"),
];

/// Type and quantity of a class of sensors.
pub(super) fn sensor(class: &str) -> Option<(&'static str, &'static str)> {
    SENSORS.iter().find(|(known, ..)| *known == class).map(|(_, kind, quantity)| (*kind, *quantity))
}

/// Whether the values of a class are words.
pub(super) fn is_words(class: &str) -> bool {
    WORDS.contains(&class)
}

/// Type and quantity of a class of binary sensors; an input with a state for others.
pub(super) fn binary(class: &str) -> (&'static str, &'static str) {
    let found = BINARY.iter().find(|(known, ..)| *known == class);
    found.map_or(("input", "state"), |(_, kind, quantity)| (kind, quantity))
}
