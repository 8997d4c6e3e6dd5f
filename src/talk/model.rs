//! Clown.Model: what a relative topic asks or tells ([`Scenario`]) and what a payload says ([`Reading`]).
//!
//! A dimensioned quantity is `[number, "unit"]`, everything else a bare value. Readings are taken from the text each
//! time; the text itself stays the truth. Source: "Clown.Talk & Clown.Model", the four scenarios.

use std::fmt;

use serde::Deserializer as _;
use serde::de::{self, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::Payload;
use super::payload::Key;

/// What a message is about, judged by its relative topic alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// `boot`: something happened.
    Notification,
    /// `TYPE/ADDRESS`: a value or a state.
    Data,
    /// `TYPE/ADDRESS/set` or `…/get`: act.
    Action,
    /// `TYPE/ADDRESS/config/set`, `…/get`, `…/update`, `…/list`, `…/scan`: answer me.
    Request,
    /// `TYPE/ADDRESS/config/ok`: the answer.
    Ok,
    /// `TYPE/ADDRESS/config/error`: the refusal.
    Error,
}

impl Scenario {
    /// Reads the levels of a topic relative to its base.
    pub fn of(topic: &str) -> Self {
        let mut levels = topic.rsplit('/');
        let last = levels.next().unwrap_or_default();
        let before = levels.next();
        match (last, before) {
            (_, None) => Self::Notification,
            ("set" | "get", Some("config")) | ("update" | "list" | "scan", Some("config")) => Self::Request,
            ("set" | "get", Some(_)) if levels.next().is_some() => Self::Action,
            ("ok", Some("config" | "list" | "scan")) => Self::Ok,
            ("error", Some("config" | "list" | "scan")) => Self::Error,
            _ => Self::Data,
        }
    }

    /// Whether it asks a device to do something; such a message coming *from* a device is never obeyed.
    pub fn is_command(self) -> bool {
        matches!(self, Self::Action | Self::Request)
    }
}

/// The part of a relative topic that names the property: `relay/i2c0-3b` of `relay/i2c0-3b/config/set`.
pub fn property_of(topic: &str) -> &str {
    match Scenario::of(topic) {
        Scenario::Notification | Scenario::Data => topic,
        Scenario::Action => topic.rsplit_once('/').map_or(topic, |(property, _)| property),
        Scenario::Request | Scenario::Ok | Scenario::Error => {
            topic.rfind("/config/").map_or(topic, |at| &topic[..at])
        }
    }
}

/// One value of a message.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The quantity, for example `temperature`; empty where the payload is a bare value.
    pub key: Box<str>,
    /// The value.
    pub value: Value,
    /// The unit of a dimensioned quantity, for example `℃`.
    pub unit: Option<Box<str>>,
}

/// A value by meaning.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number: the digits as sent, and the nearest float.
    Number {
        /// The digits as sent, `24.50`.
        text: Box<str>,
        /// The nearest float.
        value: f64,
    },
    /// A truth value.
    Bool(bool),
    /// A text.
    Text(Box<str>),
    /// The device does not know.
    Null,
    /// An array or object that is no quantity, as JSON text.
    Other(Box<str>),
}

impl Value {
    /// Whether both mean the same: `1.0` and `1` do, `null` never does, not even twice.
    pub fn means(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Number { value: a, .. }, Self::Number { value: b, .. }) => a == b,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::Other(a), Self::Other(b)) => a == b,
            _ => false,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number { text, .. } | Self::Text(text) | Self::Other(text) => f.pad(text),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Null => f.write_str("null"),
        }
    }
}

/// The readings of a payload, in its own order. A bare value gives one reading with an empty key.
pub fn readings(payload: &Payload) -> Vec<Reading> {
    if !payload.is_object() {
        let (value, unit) = quantity(payload.as_str());
        return vec![Reading { key: "".into(), value, unit }];
    }
    // The payload was checked on its way in, so this cannot fail.
    serde_json::Deserializer::from_str(payload.as_str()).deserialize_map(Object).unwrap_or_default()
}

struct Object;

impl<'de> Visitor<'de> for Object {
    type Value = Vec<Reading>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Vec<Reading>, A::Error> {
        let mut readings = Vec::new();
        while let Some((Key(key), raw)) = entries.next_entry::<Key<'de>, &'de RawValue>()? {
            let (value, unit) = quantity(raw.get());
            readings.push(Reading { key: key.into(), value, unit });
        }
        Ok(readings)
    }
}

/// `[24.50, "℃"]` or a bare value.
fn quantity(json: &str) -> (Value, Option<Box<str>>) {
    if json.starts_with('[')
        && let Ok((number, Key(unit))) = serde_json::from_str::<(&RawValue, Key<'_>)>(json)
        && let value @ (Value::Number { .. } | Value::Null) = scalar(number.get())
    {
        return (value, Some(unit.into()));
    }
    (scalar(json), None)
}

fn scalar(json: &str) -> Value {
    match json.as_bytes().first() {
        Some(b'-' | b'0'..=b'9') => json
            .parse()
            .map_or_else(|_| Value::Other(json.into()), |value| Value::Number { text: json.into(), value }),
        Some(b't') => Value::Bool(true),
        Some(b'f') => Value::Bool(false),
        Some(b'n') => Value::Null,
        Some(b'"') => {
            let deserialized = serde_json::Deserializer::from_str(json).deserialize_str(Plain);
            deserialized.map_or_else(|_| Value::Other(json.into()), Value::Text)
        }
        _ => Value::Other(json.into()),
    }
}

struct Plain;

impl Visitor<'_> for Plain {
    type Value = Box<str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Box<str>, E> {
        Ok(text.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_scenarios_are_told_apart() {
        use Scenario::*;
        for (topic, expect, property) in [
            ("boot", Notification, "boot"),
            ("thermometer/i2c0-48", Data, "thermometer/i2c0-48"),
            ("remote/thermometer/i2c0-49", Data, "remote/thermometer/i2c0-49"),
            ("relay/i2c0-3b/set", Action, "relay/i2c0-3b"),
            ("836d1983718a/relay/0:0/state/set", Action, "836d1983718a/relay/0:0/state"),
            ("thermometer/i2c0-48/get", Action, "thermometer/i2c0-48"),
            ("thermometer/i2c0-48/config/set", Request, "thermometer/i2c0-48"),
            ("-/-/config/list", Request, "-/-"),
            ("i2c/0/config/scan", Request, "i2c/0"),
            ("-/-/config/ok", Ok, "-/-"),
            ("-/-/config/list/ok", Ok, "-/-"),
            ("i2c/0/config/scan/ok", Ok, "i2c/0"),
            ("relay/i2c0-3b/config/error", Error, "relay/i2c0-3b"),
            ("relay/set", Data, "relay/set"),
        ] {
            assert_eq!(Scenario::of(topic), expect, "{topic}");
            assert_eq!(property_of(topic), property, "{topic}");
        }
    }

    #[test]
    fn quantities_keep_their_digits() {
        let payload = Payload::parse(
            r#"{"altitude": [583.0, "m"], "state": null, "n": 5, "mode": "on\n", "l": [1,2,3]}"#,
        );
        let shown: Vec<String> = readings(&payload.expect("valid"))
            .iter()
            .map(|r| format!("{}={} {}", r.key, r.value, r.unit.as_deref().unwrap_or("-")))
            .collect();
        assert_eq!(shown, ["altitude=583.0 m", "state=null -", "n=5 -", "mode=on\n -", "l=[1,2,3] -"]);
    }

    #[test]
    fn units_are_equal_raw_and_escaped() {
        let of = |text: &str| readings(&Payload::parse(text).expect(text));
        assert_eq!(of(r#"{"temperature": [1.5, "\u2103"]}"#), of(r#"{"temperature": [1.5, "℃"]}"#));
        assert_eq!(of("22.25")[0].value, Value::Number { text: "22.25".into(), value: 22.25 });
    }

    #[test]
    fn null_is_never_a_match() {
        assert!(!Value::Null.means(&Value::Null));
        assert!(Value::Bool(true).means(&Value::Bool(true)));
        assert!(!Value::Bool(true).means(&Value::Text("true".into())));
    }
}
