//! Pictures: the words that a definition may use for them, and the one that suits a property whose definition uses none.
//!
//! How they are drawn is the business of the pages, which have a drawing for each word.

use super::usual_quantity;
use crate::device::{Kind, kind_of};

/// Pictures that may be shown beside a property.
pub const ICONS: &[&str] = &[
    "alarm",
    "battery",
    "blinds",
    "bolt",
    "bulb",
    "button",
    "camera",
    "chip",
    "clock",
    "cloud",
    "door",
    "droplet",
    "dust",
    "eye",
    "fan",
    "flame",
    "gauge",
    "heater",
    "knob",
    "leaf",
    "lock",
    "meter",
    "microphone",
    "mountain",
    "move",
    "note",
    "pin",
    "plant",
    "plug",
    "power",
    "radio",
    "rain",
    "ruler",
    "scale",
    "screen",
    "signal",
    "snow",
    "speaker",
    "strip",
    "sun",
    "tap",
    "thermometer",
    "valve",
    "wind",
    "window",
];

/// The picture for a quantity of `id`: that of its type where the type is about this quantity, so that the voltage of
/// a battery is a battery; else that of the quantity, of the type, or of what can be done with it.
pub fn usual_icon(id: &str, quantity: &str, kind: &Kind) -> &'static str {
    let device = kind_of(id);
    let of_device = || of_type(device);
    let main = usual_quantity(device).filter(|about| *about == quantity).and_then(|_| of_device());
    main.or_else(|| of_quantity(quantity)).or_else(of_device).unwrap_or(match kind {
        Kind::Switch => "power",
        Kind::Choice(_) => "knob",
        Kind::Button | Kind::Event => "button",
        Kind::Number => "gauge",
        Kind::Text => "note",
    })
}

fn of_type(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "accelerometer" | "tilt-sensor" => "move",
        "adc" | "gpio" | "i2c" | "buffer" | "device" => "chip",
        "air-quality-sensor" => "leaf",
        "barometer" => "gauge",
        "battery" => "battery",
        "button" | "push-button" | "input" => "button",
        "buzzer" => "speaker",
        "climate" | "thermostat" => "heater",
        "co2-meter" | "co2-sensor" | "voc-sensor" | "voc-lp-sensor" => "cloud",
        "cover" => "blinds",
        "display-oled" | "lcd" => "screen",
        "distance" => "ruler",
        "door-sensor" => "door",
        "encoder" | "select" => "knob",
        "fan" => "fan",
        "flood-detector" | "humidity-sensor" | "hygrometer" => "droplet",
        "gas-meter" => "flame",
        "gps" => "pin",
        "led" | "light" => "bulb",
        "led-strip" => "strip",
        "load" => "plug",
        "lock" => "lock",
        "lux-meter" | "solar-charger" => "sun",
        "microphone" => "microphone",
        "motion-sensor" | "pir" => "eye",
        "particulate-sensor" => "dust",
        "power-meter" => "bolt",
        "rain-gauge" => "rain",
        "relay" => "power",
        "remote" => "radio",
        "scale" => "scale",
        "set-point" | "thermometer" => "thermometer",
        "signal" => "signal",
        "smoke-detector" => "alarm",
        "soil-sensor" => "plant",
        "valve" => "valve",
        "water-meter" => "tap",
        "wind-meter" => "wind",
        _ => return None,
    })
}

/// What says nothing by itself, such as `state` or `value`, has none.
fn of_quantity(quantity: &str) -> Option<&'static str> {
    Some(match quantity {
        "alarm" => "alarm",
        "temperature" | "set-point" | "thermometer" => "thermometer",
        "relative-humidity" | "moisture" | "dew-point" => "droplet",
        "pressure" | "tariff" => "gauge",
        "altitude" => "mountain",
        "illuminance" | "uv-index" => "sun",
        "concentration" | "tvoc" => "cloud",
        "pm1" | "pm2-5" | "pm4" | "pm10" | "particles" => "dust",
        "air-quality" => "leaf",
        "noise" => "microphone",
        "wind-speed" | "gust-speed" | "wind-direction" => "wind",
        "rain" => "rain",
        "voltage" | "current" | "power" | "apparent-power" | "reactive-power" | "power-factor" => "bolt",
        "frequency" => "bolt",
        "energy" | "energy-import" | "energy-export" | "energy-today" | "energy-yesterday" => "meter",
        "yield" => "sun",
        "gas" => "flame",
        "water" | "flow" => "tap",
        "distance" => "ruler",
        "weight" => "scale",
        "acceleration" | "speed" | "angle" => "move",
        "latitude" | "longitude" | "satellites" | "fix" => "pin",
        "conductivity" => "plant",
        "rssi" | "link-quality" => "signal",
        "uptime" | "duration" => "clock",
        "firmware" | "version" => "chip",
        "error" => "alarm",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::vocabulary::{QUANTITIES, TYPES};

    #[test]
    fn every_word_of_the_vocabulary_has_a_picture() {
        assert!(ICONS.is_sorted(), "pictures are looked up by people, too");
        for (kind, _) in TYPES {
            assert!(of_type(kind).is_some_and(|icon| ICONS.contains(&icon)), "{kind}");
        }
        for quantity in QUANTITIES {
            let icon = usual_icon("gadget/0", quantity.name, &Kind::Text);
            assert!(ICONS.contains(&icon), "{}: {icon}", quantity.name);
        }
    }

    #[test]
    fn picture_is_of_the_type_where_it_is_about_the_quantity() {
        let check = |id: &str, quantity: &str, kind: Kind, expect: &str| {
            assert_eq!(usual_icon(id, quantity, &kind), expect, "{id} {quantity}");
        };
        check("relay/0", "state", Kind::Switch, "power");
        check("relay/0", "power", Kind::Number, "bolt");
        check("battery/-", "voltage", Kind::Number, "battery");
        check("soil-sensor/0", "temperature", Kind::Number, "thermometer");
        check("light/0", "brightness", Kind::Number, "bulb");
        check("wallbox/0", "state", Kind::Switch, "power");
        check("wallbox/0", "phase", Kind::Choice(Vec::new()), "knob");
    }
}
