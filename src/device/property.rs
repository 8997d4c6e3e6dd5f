//! Properties of devices: kind, unit, range and access, by type and quantity.
//!
//! Source of types, keys and units: the device table of bc-bridge v1.1.1. Ranges are what a gauge shows, not limits: a
//! value outside is shown as it is.

use std::borrow::Cow;
use std::time::Duration;

use crate::talk::model::Value;

/// How a property is shown and used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A number; with a [`Range`] it is a gauge.
    Number,
    /// On or off.
    Switch,
    /// One word of a few.
    Choice(Vec<Cow<'static, str>>),
    /// Anything readable.
    Text,
    /// A count of things that happened.
    Event,
    /// Something that can be pressed and has no state.
    Button,
}

/// Whether a property can be commanded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// It can be read.
    Read,
    /// It can be read and set.
    ReadWrite,
}

/// Both ends of a gauge, in the unit of the property.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// The left end.
    pub min: f64,
    /// The right end.
    pub max: f64,
}

/// What is known of one quantity of one `TYPE/ADDRESS`.
#[derive(Clone, Debug, PartialEq)]
pub struct Property {
    /// How it is shown.
    pub kind: Kind,
    /// The unit as the device sends it, if it does.
    pub unit: Option<Box<str>>,
    /// Both ends of a gauge.
    pub range: Option<Range>,
    /// Whether it can be set.
    pub access: Access,
    /// The step between numbers that can be set.
    pub step: Option<f64>,
    /// How often it usually speaks, if somebody wrote that down.
    pub interval: Option<Duration>,
    /// Its name for people, if somebody gave it one.
    pub name: Option<Box<str>>,
    /// Its picture, if somebody chose one.
    pub icon: Option<&'static str>,
}

impl Property {
    /// What is known of most: how it is shown, its unit, its range and whether it can be set.
    fn plain(kind: Kind, unit: Option<Box<str>>, range: Option<Range>, access: Access) -> Self {
        Self { kind, unit, range, access, step: None, interval: None, name: None, icon: None }
    }
}

/// The states of the bridge's LED.
pub const LED_STATES: &[&str] = &["off", "on", "1-dot", "2-dot", "3-dot"];

#[derive(Clone, Copy)]
enum Shown {
    Number,
    Switch,
    Choice(&'static [&'static str]),
    Event,
}

impl Shown {
    fn kind(self) -> Kind {
        match self {
            Self::Number => Kind::Number,
            Self::Switch => Kind::Switch,
            Self::Choice(words) => Kind::Choice(words.iter().map(|word| Cow::Borrowed(*word)).collect()),
            Self::Event => Kind::Event,
        }
    }
}

struct Known {
    kind: &'static str,
    key: &'static str,
    shown: Shown,
    unit: Option<&'static str>,
    range: Option<(f64, f64)>,
    access: Access,
}

const fn sensor(
    kind: &'static str,
    key: &'static str,
    unit: &'static str,
    range: Option<(f64, f64)>,
) -> Known {
    Known { kind, key, shown: Shown::Number, unit: Some(unit), range, access: Access::Read }
}

const fn other(kind: &'static str, key: &'static str, shown: Shown, access: Access) -> Known {
    Known { kind, key, shown, unit: None, range: None, access }
}

/// In the order a dashboard shows them.
const KNOWN: &[Known] = &[
    sensor("thermometer", "temperature", "℃", Some((-20.0, 60.0))),
    sensor("humidity-sensor", "relative-humidity", "%", Some((0.0, 100.0))),
    sensor("co2-sensor", "concentration", "ppm", Some((0.0, 2000.0))),
    sensor("lux-meter", "illuminance", "lux", Some((0.0, 2000.0))),
    sensor("barometer", "pressure", "kPa", Some((85.0, 110.0))),
    sensor("barometer", "altitude", "m", None),
    other("relay", "state", Shown::Switch, Access::ReadWrite),
    other("light", "state", Shown::Switch, Access::ReadWrite),
    other("led", "state", Shown::Choice(LED_STATES), Access::ReadWrite),
    other("pir", "event-count", Shown::Event, Access::Read),
    other("push-button", "event-count", Shown::Event, Access::Read),
];

/// The type level of an id: `relay` of `relay/i2c0-3b`.
pub fn kind_of(id: &str) -> &str {
    let mut levels = id.rsplit('/');
    levels.next();
    levels.next().unwrap_or(id)
}

/// Describes the quantity `key` of `id`, whose present value is `value` in `unit`.
pub fn property(id: &str, key: &str, value: &Value, unit: Option<&str>) -> Property {
    let kind = kind_of(id);
    match KNOWN.iter().find(|known| known.kind == kind && known.key == key) {
        Some(known) => {
            let range = known.range.filter(|_| unit.is_none() || unit == known.unit);
            let range = range.map(|(min, max)| Range { min, max });
            Property::plain(known.shown.kind(), unit.or(known.unit).map(Into::into), range, known.access)
        }
        None => guess(key, value, unit),
    }
}

/// The quantities that a type is known to have, for a device that is listed but has not spoken yet.
pub fn listed_keys(id: &str) -> impl Iterator<Item = &'static str> {
    let kind = kind_of(id).to_owned();
    KNOWN.iter().filter(move |known| known.kind == kind).map(|known| known.key)
}

/// Whether `id` speaks when something happens and not by the clock: switches, choices, counters of events.
pub fn is_occasional(id: &str) -> bool {
    let kind = kind_of(id);
    let happens = |known: &Known| matches!(known.shown, Shown::Switch | Shown::Choice(_) | Shown::Event);
    KNOWN.iter().any(|known| known.kind == kind && happens(known))
}

/// Where a dashboard shows `id`: known types in the order of the table, then the others.
pub fn rank(id: &str) -> usize {
    let kind = kind_of(id);
    KNOWN.iter().position(|known| known.kind == kind).unwrap_or(KNOWN.len())
}

fn guess(key: &str, value: &Value, unit: Option<&str>) -> Property {
    let kind = match value {
        Value::Number { .. } if key.ends_with("-count") => Kind::Event,
        Value::Number { .. } => Kind::Number,
        Value::Null if unit.is_some() => Kind::Number,
        // A truth value of an unknown type is shown as a word: whether it can be set is not known.
        Value::Bool(_) | Value::Text(_) | Value::Null | Value::Other(_) => Kind::Text,
    };
    let range = (unit == Some("%")).then_some(Range { min: 0.0, max: 100.0 });
    Property::plain(kind, unit.map(Into::into), range, Access::Read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_and_unknown_quantities_get_a_kind() {
        let number = Value::Number { text: "1".into(), value: 1.0 };
        let check = |id: &str, key: &str, value: &Value, unit: Option<&str>, kind: Kind, access: Access| {
            let found = property(id, key, value, unit);
            assert_eq!((found.kind, found.access), (kind, access), "{id} {key}");
        };
        check("thermometer/i2c0-48", "temperature", &number, Some("℃"), Kind::Number, Access::Read);
        check("remote/thermometer/i2c0-49", "temperature", &number, Some("℃"), Kind::Number, Access::Read);
        check("relay/i2c0-3b", "state", &Value::Null, None, Kind::Switch, Access::ReadWrite);
        let led = Kind::Choice(LED_STATES.iter().map(|word| Cow::Borrowed(*word)).collect());
        check("led/-", "state", &Value::Text("on".into()), None, led, Access::ReadWrite);
        check("pir/-", "event-count", &number, None, Kind::Event, Access::Read);
        check("well/0", "depth", &number, Some("m"), Kind::Number, Access::Read);
        check("door/0", "open", &Value::Bool(true), None, Kind::Text, Access::Read);
    }

    #[test]
    fn a_foreign_unit_gets_no_foreign_range() {
        let value = Value::Number { text: "70".into(), value: 70.0 };
        assert_eq!(property("thermometer/0", "temperature", &value, Some("°F")).range, None);
        assert!(property("thermometer/0", "temperature", &value, Some("℃")).range.is_some());
    }
}
