//! Clown.Model: what a relative topic asks or tells ([`Scenario`]) and what a payload says ([`Reading`]).
//!
//! A dimensioned quantity is `[number, "unit"]`, everything else a bare value. Readings are taken when a payload is
//! checked; the text itself stays the truth. Source: "Clown.Talk & Clown.Model", the four scenarios.

use std::fmt;

use serde::Deserializer as _;
use serde::de::{self, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::payload::{Check, DUPLICATE, Key, NUL, Seen};

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
        let Some((before, last)) = topic.rsplit_once('/') else { return Self::Notification };
        // Most topics are data: their last level is an address.
        if !matches!(last, "set" | "get" | "update" | "list" | "scan" | "ok" | "error") {
            return Self::Data;
        }
        let (above, before) = before.rsplit_once('/').unwrap_or(("", before));
        match (last, before) {
            ("set" | "get" | "update" | "list" | "scan", "config") => Self::Request,
            ("set" | "get", _) if !above.is_empty() => Self::Action,
            ("ok", "config" | "list" | "scan") => Self::Ok,
            ("error", "config" | "list" | "scan") => Self::Error,
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

/// The most readings taken from one payload; what comes beyond is in the text only.
pub const MAX_READINGS: usize = 256;
/// Keys compared one by one before a set is made.
const FEW_KEYS: usize = 16;

/// Walks an object, checks all of it, and takes its readings.
pub(super) struct Readings;

impl<'de> Visitor<'de> for Readings {
    type Value = Vec<Reading>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Vec<Reading>, A::Error> {
        let mut readings: Vec<Reading> = Vec::new();
        let mut seen = Seen::default();
        while let Some(Key(key)) = entries.next_key()? {
            if key.contains('\0') {
                return Err(de::Error::custom(NUL));
            }
            let twice = if readings.len() < FEW_KEYS {
                readings.iter().any(|reading| *reading.key == *key)
            } else {
                if readings.len() == FEW_KEYS {
                    for reading in &readings {
                        seen.insert(reading.key.to_string().into());
                    }
                }
                !seen.insert(key.clone())
            };
            if twice {
                return Err(de::Error::custom(format_args!("{DUPLICATE}{key:?}")));
            }
            let (value, unit) = quantity(entries.next_value::<&'de RawValue>()?.get())?;
            if readings.len() < MAX_READINGS {
                readings.push(Reading { key: key.into(), value, unit });
            }
        }
        Ok(readings)
    }
}

/// The one reading of a bare value that was checked.
pub(super) fn bare(json: &str) -> Vec<Reading> {
    let read: Result<_, serde_json::Error> = quantity(json);
    read.map(|(value, unit)| vec![Reading { key: "".into(), value, unit }]).unwrap_or_default()
}

/// `[24.50, "℃"]` or a bare value, whose syntax was checked, but not its meaning.
fn quantity<E: de::Error>(json: &str) -> Result<(Value, Option<Box<str>>), E> {
    match json.as_bytes().first() {
        Some(b'[') => {
            if let Ok((number, unit)) = serde_json::from_str::<(&RawValue, Key<'_>)>(json)
                && matches!(number.get().as_bytes().first(), Some(b'-' | b'0'..=b'9' | b'n'))
                && !unit.0.contains('\0')
            {
                return Ok((scalar(number.get())?, Some(unit.0.into())));
            }
            checked(json)
        }
        Some(b'{') => checked(json),
        _ => scalar(json).map(|value| (value, None)),
    }
}

fn checked<E: de::Error>(json: &str) -> Result<(Value, Option<Box<str>>), E> {
    serde_json::Deserializer::from_str(json).deserialize_any(Check).map_err(de::Error::custom)?;
    Ok((Value::Other(json.into()), None))
}

fn scalar<E: de::Error>(json: &str) -> Result<Value, E> {
    Ok(match json.as_bytes().first() {
        Some(b't') => Value::Bool(true),
        Some(b'f') => Value::Bool(false),
        Some(b'n') => Value::Null,
        Some(b'"') => Value::Text(text(json)?),
        _ => match json.parse::<f64>() {
            Ok(value) if value.is_finite() => Value::Number { text: json.into(), value },
            _ => return Err(de::Error::custom("number out of range")),
        },
    })
}

fn text<E: de::Error>(json: &str) -> Result<Box<str>, E> {
    let inside = json.get(1..json.len() - 1).unwrap_or_default();
    if !inside.contains('\\') {
        // Without escapes the text stands as it is; control characters are no JSON.
        return Ok(inside.into());
    }
    let Key(text) = serde_json::from_str(json).map_err(de::Error::custom)?;
    if text.contains('\0') { Err(de::Error::custom(NUL)) } else { Ok(text.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::talk::Payload;

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
        let shown: Vec<String> = payload
            .expect("valid")
            .readings()
            .iter()
            .map(|r| format!("{}={} {}", r.key, r.value, r.unit.as_deref().unwrap_or("-")))
            .collect();
        assert_eq!(shown, ["altitude=583.0 m", "state=null -", "n=5 -", "mode=on\n -", "l=[1,2,3] -"]);
    }

    #[test]
    fn units_are_equal_raw_and_escaped() {
        let of = |text: &str| Payload::parse(text).expect(text).readings().to_vec();
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
