//! The devices bc-bridge v1.1.1 knows: types, the addresses each can have, and what can be asked of it.

/// What kind of answer a type gives to `set` and `get`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Measures; `get` only.
    Sensor,
    /// `{"state": true}`.
    Relay,
    /// `{"state": "1-dot"}`.
    Led,
    /// Lines of text; `set` only.
    Display,
    /// The raw bus.
    Bus,
}

/// One type of device.
#[derive(Debug)]
pub struct Kind {
    /// The first level of its topics.
    pub name: &'static str,
    /// What can be asked of it.
    pub class: Class,
    /// All addresses it can have.
    pub addresses: &'static [&'static str],
}

const KINDS: [Kind; 9] = [
    Kind {
        name: "thermometer",
        class: Class::Sensor,
        addresses: &["i2c0-48", "i2c0-49", "i2c1-48", "i2c1-49"],
    },
    Kind {
        name: "lux-meter",
        class: Class::Sensor,
        addresses: &["i2c0-44", "i2c0-45", "i2c1-44", "i2c1-45"],
    },
    Kind { name: "barometer", class: Class::Sensor, addresses: &["i2c0-60", "i2c1-60"] },
    Kind {
        name: "humidity-sensor",
        class: Class::Sensor,
        addresses: &["i2c0-5f", "i2c0-40", "i2c0-41", "i2c1-5f", "i2c1-40", "i2c1-41"],
    },
    Kind { name: "co2-sensor", class: Class::Sensor, addresses: &["i2c0-38"] },
    Kind { name: "relay", class: Class::Relay, addresses: &["i2c0-3b", "i2c0-3f"] },
    Kind { name: "led", class: Class::Led, addresses: &["-"] },
    Kind { name: "display-oled", class: Class::Display, addresses: &["i2c0-3c", "i2c1-3c"] },
    Kind { name: "i2c", class: Class::Bus, addresses: &["0", "1"] },
];

/// The type of that name.
pub fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}

/// Whether a data topic is of a known type.
pub fn knows(topic: &str) -> bool {
    topic.split_once('/').is_some_and(|(name, address)| kind(name).is_some() && !address.contains('/'))
}

/// All names, for a refusal.
pub fn names() -> String {
    KINDS.map(|kind| kind.name).join(", ")
}
