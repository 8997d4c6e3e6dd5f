//! What a number is about when its sender tells a name and a unit at most.

/// A unit, a word that has to stand in the name if there is one, and what it is then: type and quantity.
const KNOWN: &[(&str, &str, &str, &str)] = &[
    ("°C", "", "thermometer", "temperature"),
    ("℃", "", "thermometer", "temperature"),
    ("°F", "", "thermometer", "temperature"),
    ("K", "temp", "thermometer", "temperature"),
    ("%", "hum", "hygrometer", "relative-humidity"),
    ("%", "batt", "battery", "level"),
    ("%", "moist", "soil-sensor", "moisture"),
    ("%", "soil", "soil-sensor", "moisture"),
    ("%", "position", "cover", "position"),
    ("%", "bright", "light", "brightness"),
    ("%", "intens", "light", "brightness"),
    ("%", "dim", "light", "brightness"),
    ("%", "", "sensor", "level"),
    ("hPa", "", "barometer", "pressure"),
    ("kPa", "", "barometer", "pressure"),
    ("Pa", "", "barometer", "pressure"),
    ("mbar", "", "barometer", "pressure"),
    ("bar", "", "sensor", "pressure"),
    ("psi", "", "sensor", "pressure"),
    ("lx", "", "lux-meter", "illuminance"),
    ("lux", "", "lux-meter", "illuminance"),
    ("ppm", "", "co2-sensor", "concentration"),
    ("ppb", "", "voc-sensor", "tvoc"),
    ("µg/m³", "10", "particulate-sensor", "pm10"),
    ("µg/m³", "2", "particulate-sensor", "pm2-5"),
    ("µg/m³", "1", "particulate-sensor", "pm1"),
    ("dB", "", "microphone", "noise"),
    ("dBm", "", "signal", "rssi"),
    ("W", "", "power-meter", "power"),
    ("kW", "", "power-meter", "power"),
    ("VA", "", "power-meter", "apparent-power"),
    ("var", "", "power-meter", "reactive-power"),
    ("V", "batt", "battery", "voltage"),
    ("V", "", "power-meter", "voltage"),
    ("mV", "batt", "battery", "voltage"),
    ("mV", "", "adc", "voltage"),
    ("A", "", "power-meter", "current"),
    ("mA", "", "power-meter", "current"),
    ("Hz", "", "power-meter", "frequency"),
    ("kWh", "", "power-meter", "energy"),
    ("Wh", "", "power-meter", "energy"),
    ("MWh", "", "power-meter", "energy"),
    ("m³", "gas", "gas-meter", "gas"),
    ("m³", "", "water-meter", "water"),
    ("l/min", "", "water-meter", "flow"),
    ("m³/h", "", "water-meter", "flow"),
    ("m/s", "", "wind-meter", "wind-speed"),
    ("km/h", "", "wind-meter", "wind-speed"),
    ("mm", "rain", "rain-gauge", "rain"),
    ("kg", "", "scale", "weight"),
    ("g", "", "scale", "weight"),
    ("cm", "", "distance", "distance"),
    ("m", "", "distance", "distance"),
    ("mm", "", "distance", "distance"),
    ("µS/cm", "", "soil-sensor", "conductivity"),
];

/// Type and quantity of a number of this name in this unit; a plain value if nothing fits.
pub fn measured(name: &str, unit: Option<&str>) -> (&'static str, &'static str) {
    let plain = name.to_lowercase();
    let fits = |(of_unit, word, ..): &&(&str, &str, &str, &str)| {
        Some(*of_unit) == unit && (word.is_empty() || plain.contains(word))
    };
    KNOWN.iter().find(fits).map_or(("sensor", "value"), |(_, _, kind, quantity)| (kind, quantity))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::vocabulary::quantity;

    #[test]
    fn units_and_names_tell_what_is_measured() {
        assert_eq!(measured("Engine temperature", Some("°C")), ("thermometer", "temperature"));
        assert_eq!(measured("Humidity", Some("%")), ("hygrometer", "relative-humidity"));
        assert_eq!(measured("battery", Some("%")), ("battery", "level"));
        assert_eq!(measured("load", Some("%")), ("sensor", "level"));
        assert_eq!(measured("flux", Some("bananas")), ("sensor", "value"));
        assert_eq!(measured("count", None), ("sensor", "value"));
        for (unit, _, _, name) in KNOWN {
            assert!(quantity(name).is_some(), "{unit}: {name}");
        }
    }
}
