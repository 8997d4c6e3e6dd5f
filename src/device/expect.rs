//! What a command asks of a property, and which words of the device confirm it.
//!
//! A command that a known device cannot understand is refused here, with the reason, because the device itself would
//! drop it in silence. Nothing is assumed done: only [`Expect`] met by the device's own message is a confirmation.

use std::borrow::Cow;

use super::property::{LED_STATES, kind_of};
use crate::talk::Payload;
use crate::talk::model::{Scenario, Value, property_of};

/// What the device must say for a command to be confirmed.
#[derive(Clone, Debug, PartialEq)]
pub enum Expect {
    /// A data message whose quantity `key` means `value`.
    Reading {
        /// The quantity.
        key: Box<str>,
        /// The wished value.
        value: Value,
    },
    /// Any data message of the property, the answer to `get`.
    Word,
    /// `…/config/ok`, or `…/config/error` as a refusal.
    Answer,
    /// No word of a device: a broker's acknowledgement of what was published by hand.
    Receipt,
    /// What the link that carries it takes for an answer.
    Link,
    /// Nothing: this device never answers such a command.
    Nothing,
}

/// Why a command is not carried out.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, thiserror::Error)]
#[error("{reason}")]
pub struct Refusal {
    /// A kebab-case word that never changes, for programs.
    pub code: &'static str,
    /// What is wrong and what to do, for people.
    pub reason: Cow<'static, str>,
}

impl Refusal {
    /// A refusal from its two parts.
    pub fn new(code: &'static str, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { code, reason: reason.into() }
    }
}

const SENSORS: &[&str] = &["thermometer", "lux-meter", "barometer", "humidity-sensor", "co2-sensor", "pir"];

/// Reads the command `topic` (relative to its base) with `payload`.
pub fn expect(topic: &str, payload: &Payload) -> Result<Expect, Refusal> {
    let id = property_of(topic);
    let verb = topic.rsplit('/').next().unwrap_or_default();
    match (Scenario::of(topic), verb) {
        (Scenario::Request, _) => object(topic, payload).map(|()| Expect::Answer),
        (Scenario::Action, "get") => Ok(Expect::Word),
        (Scenario::Action, _) => set(id, payload),
        (Scenario::Data | Scenario::Notification | Scenario::Ok | Scenario::Error, _) => Err(Refusal::new(
            "not-a-command",
            format!("`{topic}` is what a device says; a command ends with /set, /get or /config/…"),
        )),
    }
}

fn object(topic: &str, payload: &Payload) -> Result<(), Refusal> {
    if payload.is_object() {
        return Ok(());
    }
    Err(Refusal::new("bad-payload", format!("`{topic}` needs an object such as {{}} as its payload")))
}

fn set(id: &str, payload: &Payload) -> Result<Expect, Refusal> {
    let kind = kind_of(id);
    if SENSORS.contains(&kind) {
        return Err(Refusal::new("read-only", format!("a {kind} cannot be set; ask it with `{id}/get`")));
    }
    match kind {
        "relay" | "light" => state(id, payload, "true or false", |value| matches!(value, Value::Bool(_))),
        "led" if id.ends_with("led/-") => state(
            id,
            payload,
            "off, on, 1-dot, 2-dot or 3-dot",
            |value| matches!(value, Value::Text(word) if LED_STATES.contains(&&**word)),
        ),
        "display-oled" | "led-strip" => object(id, payload).map(|()| Expect::Nothing),
        "i2c" => object(id, payload).map(|()| Expect::Word),
        _ => Ok(wish(payload)),
    }
}

/// `{"state": …}` and nothing before it: the bridge looks at the first key only.
fn state(id: &str, payload: &Payload, allowed: &str, valid: fn(&Value) -> bool) -> Result<Expect, Refusal> {
    let wrong = |found: &str| {
        let reason = format!("`{id}/set` needs {{\"state\": …}} with {allowed}, found {found}");
        Refusal::new("bad-payload", reason)
    };
    if !payload.is_object() {
        return Err(wrong(excerpt(payload.as_str())));
    }
    let mut readings = payload.readings().iter().cloned();
    match (readings.next(), readings.next()) {
        (Some(only), None) if &*only.key == "state" => match only.value {
            value if only.unit.is_none() && valid(&value) => Ok(Expect::Reading { key: only.key, value }),
            value => Err(wrong(&format!("{value:.40}"))),
        },
        _ => Err(wrong(excerpt(payload.as_str()))),
    }
}

fn excerpt(text: &str) -> &str {
    text.char_indices().nth(60).map_or(text, |(end, _)| &text[..end])
}

/// The wish of a command to a type that is not in the table.
fn wish(payload: &Payload) -> Expect {
    let mut readings = payload.readings().iter().cloned();
    match (readings.next(), readings.next()) {
        (Some(only), None) if !matches!(only.value, Value::Other(_) | Value::Null) => {
            Expect::Reading { key: only.key, value: only.value }
        }
        _ => Expect::Word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(topic: &str, payload: &str, code: Result<Expect, &str>) {
        let found = expect(topic, &Payload::parse(payload).expect(payload)).map_err(|refusal| refusal.code);
        assert_eq!(found, code, "{topic} {payload}");
    }

    #[test]
    fn a_relay_takes_truth_values_only() {
        let on = Expect::Reading { key: "state".into(), value: Value::Bool(true) };
        check("relay/i2c0-3b/set", r#"{"state": true}"#, Ok(on.clone()));
        check("relay/i2c0-3b/set", r#"{"st\u0061te": true}"#, Ok(on));
        for wrong in ["1", "0", "1.0", "\"on\"", "\"true\"", "null", "[]", "{}"] {
            check("relay/i2c0-3b/set", &format!("{{\"state\": {wrong}}}"), Err("bad-payload"));
        }
        check("relay/i2c0-3b/set", "{}", Err("bad-payload"));
        check("relay/i2c0-3b/set", "true", Err("bad-payload"));
        check("relay/i2c0-3b/set", r#"{"__proto__": 1, "state": true}"#, Err("bad-payload"));
    }

    #[test]
    fn each_kind_of_command_has_its_confirmation() {
        let dot = Expect::Reading { key: "state".into(), value: Value::Text("1-dot".into()) };
        check("led/-/set", r#"{"state": "1-dot"}"#, Ok(dot));
        check("led/-/set", r#"{"state": "4-dot"}"#, Err("bad-payload"));
        check("thermometer/i2c0-48/get", "{}", Ok(Expect::Word));
        check("thermometer/i2c0-48/set", "{}", Err("read-only"));
        check("thermometer/i2c0-48/config/set", r#"{"publish-interval": 30}"#, Ok(Expect::Answer));
        check("-/-/config/list", "{}", Ok(Expect::Answer));
        check("-/-/config/list", "1", Err("bad-payload"));
        check("display-oled/i2c0-3c/set", r#"{"line-0": "hi"}"#, Ok(Expect::Nothing));
        check(
            "836d1983718a/relay/0:0/state/set",
            "true",
            Ok(Expect::Reading { key: "".into(), value: Value::Bool(true) }),
        );
        check("relay/i2c0-3b", r#"{"state": true}"#, Err("not-a-command"));
        check("boot", "{}", Err("not-a-command"));
    }
}
