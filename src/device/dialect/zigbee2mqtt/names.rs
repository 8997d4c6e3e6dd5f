//! What the names of exposes mean in the words of Clown.Model.
//!
//! Source of the names: <https://www.zigbee2mqtt.io/guide/usage/exposes.html> and the modules of
//! zigbee-herdsman-converters that define them.

/// What a number is about: type, quantity, and the address where the device has several of that type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct About {
    pub kind: &'static str,
    pub quantity: &'static str,
    pub part: Option<&'static str>,
}

const fn about(kind: &'static str, quantity: &'static str) -> About {
    About { kind, quantity, part: None }
}

const fn part(kind: &'static str, quantity: &'static str, part: &'static str) -> About {
    About { kind, quantity, part: Some(part) }
}

/// Numbers that devices tell.
const NUMBERS: &[(&str, About)] = &[
    ("ac_frequency", about("power-meter", "frequency")),
    ("aqi", about("air-quality-sensor", "air-quality")),
    ("battery", about("battery", "level")),
    ("battery_voltage", about("battery", "voltage")),
    ("co2", about("co2-sensor", "concentration")),
    ("consumed_energy", about("power-meter", "energy")),
    ("cpu_temperature", part("thermometer", "temperature", "cpu")),
    ("current", about("power-meter", "current")),
    ("current_phase_b", part("power-meter", "current", "phase-b")),
    ("current_phase_c", part("power-meter", "current", "phase-c")),
    ("device_temperature", part("thermometer", "temperature", "device")),
    ("dew_point", about("climate", "dew-point")),
    ("distance", about("distance", "distance")),
    ("energy", about("power-meter", "energy")),
    ("external_temperature", part("thermometer", "temperature", "external")),
    ("flow", about("water-meter", "flow")),
    ("humidity", about("hygrometer", "relative-humidity")),
    ("illuminance", about("lux-meter", "illuminance")),
    ("illuminance_lux", about("lux-meter", "illuminance")),
    ("linkquality", part("signal", "link-quality", "zigbee")),
    ("noise", about("microphone", "noise")),
    ("pm1", about("particulate-sensor", "pm1")),
    ("pm10", about("particulate-sensor", "pm10")),
    ("pm25", about("particulate-sensor", "pm2-5")),
    ("power", about("power-meter", "power")),
    ("power_apparent", about("power-meter", "apparent-power")),
    ("power_factor", about("power-meter", "power-factor")),
    ("power_phase_b", part("power-meter", "power", "phase-b")),
    ("power_phase_c", part("power-meter", "power", "phase-c")),
    ("power_reactive", about("power-meter", "reactive-power")),
    ("pressure", about("barometer", "pressure")),
    ("produced_energy", about("power-meter", "energy-export")),
    ("rain_intensity", about("rain-gauge", "raw")),
    ("soil_moisture", about("soil-sensor", "moisture")),
    ("soil_temperature", about("soil-sensor", "temperature")),
    ("temperature", about("thermometer", "temperature")),
    ("uv_index", about("lux-meter", "uv-index")),
    ("voc", about("voc-sensor", "tvoc")),
    ("voltage", about("power-meter", "voltage")),
    ("voltage_phase_b", part("power-meter", "voltage", "phase-b")),
    ("voltage_phase_c", part("power-meter", "voltage", "phase-c")),
    ("water_consumed", about("water-meter", "water")),
    ("wind_direction", about("wind-meter", "wind-direction")),
    ("wind_speed", about("wind-meter", "wind-speed")),
];

/// What devices tell as yes or no.
const TRUTHS: &[(&str, About)] = &[
    ("battery_low", about("battery", "alarm")),
    ("carbon_monoxide", part("sensor", "alarm", "carbon-monoxide")),
    ("contact", about("door-sensor", "state")),
    ("gas", part("sensor", "alarm", "gas")),
    ("motion", about("motion-sensor", "state")),
    ("moving", part("motion-sensor", "state", "moving")),
    ("occupancy", about("motion-sensor", "state")),
    ("presence", part("motion-sensor", "state", "presence")),
    ("smoke", about("smoke-detector", "alarm")),
    ("sos", part("sensor", "alarm", "sos")),
    ("tamper", part("sensor", "alarm", "tamper")),
    ("vibration", part("motion-sensor", "state", "vibration")),
    ("water_leak", about("flood-detector", "alarm")),
];

/// What a number of this name is about.
pub(super) fn number(name: &str) -> Option<About> {
    find(NUMBERS, name)
}

/// What yes and no of this name are about.
pub(super) fn truth(name: &str) -> Option<About> {
    find(TRUTHS, name)
}

fn find(table: &[(&str, About)], name: &str) -> Option<About> {
    table.binary_search_by_key(&name, |(known, _)| known).ok().map(|at| table[at].1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::vocabulary::quantity;

    #[test]
    fn every_name_is_found_and_means_a_known_quantity() {
        for table in [NUMBERS, TRUTHS] {
            assert!(table.is_sorted_by_key(|(name, _)| *name), "names are looked up");
            for (name, about) in table {
                assert_eq!(find(table, name), Some(*about));
                assert!(quantity(about.quantity).is_some(), "{name}: {}", about.quantity);
            }
        }
    }
}
