//! The dialect of bc-bridge, both ways: what its parser really accepts, and what it says.
//!
//! bc-bridge drops what it does not understand without a word. [`Device::translate`] therefore refuses, with a reason,
//! every command that would vanish, and makes one line of the rest; [`Device::hear`] tells messages from everything
//! else that comes up the line. Payload text is never rebuilt: going out it loses white space between tokens, coming
//! in it loses nothing.
//!
//! Firmware that names its nodes first (`base/relay/-`, the workroom of 2017) and types that only this device knows
//! are spoken to once they were heard. Source: the behaviour of bc-bridge v1.1.1, `bc_talk.c` and `task*.c`.

mod catalog;
mod command;
pub(super) mod json;
mod value;

use std::{borrow::Cow, collections::HashSet};

use crate::{
    device::Refusal,
    talk::{Message, Payload, Topic, dialect, model::Scenario},
};

/// What one device has shown of itself since it was opened.
#[derive(Debug, Default)]
pub struct Device {
    /// It puts the name of a node first.
    names_nodes: bool,
    /// Properties of types that bc-bridge does not know.
    own: HashSet<Box<str>>,
    /// What it said of its firmware.
    facts: Option<Facts>,
}

/// The answer to the handshake.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Facts {
    /// What it calls itself, `bridge` for one.
    pub device: Option<String>,
    /// The version of its firmware, since 2016-09.
    pub firmware_release: Option<String>,
    /// When its firmware was built.
    pub firmware_datetime: Option<String>,
}

/// The listed actuators that have a state and say it when they are asked: relays and the LED.
pub fn with_state(list: &Payload) -> Vec<String> {
    #[derive(serde::Deserialize)]
    struct Actuators {
        #[serde(default)]
        actuators: Vec<String>,
    }
    let Some(Actuators { actuators }) = list.get() else { return Vec::new() };
    let has_state = |id: &String| {
        let kind = id.split_once('/').and_then(|(name, address)| Some((catalog::kind(name)?, address)));
        kind.is_some_and(|(kind, address)| {
            matches!(kind.class, catalog::Class::Relay | catalog::Class::Led)
                && kind.addresses.contains(&address)
        })
    };
    actuators.into_iter().filter(has_state).collect()
}

/// What a message from the device is.
#[derive(Debug, PartialEq)]
pub enum Heard {
    /// Something for the hub, its topic relative to the link's base and in today's dialect.
    Message(Message),
    /// The answer to the handshake, for the hub as well.
    Handshake(Message),
    /// The list of devices, for the hub as well.
    List(Message),
    /// The device asks somebody to act. Nobody obeys.
    Command,
    /// The radio dongle's protocol, which is not this link's.
    Foreign,
}

/// Most properties of foreign types that are remembered, so that a device gone mad costs no memory.
const MAX_OWN: usize = 256;

impl Device {
    /// Sorts a message; `base` is the link's own base topic, which some firmware echoes.
    pub fn hear(&mut self, message: Message, base: Option<&Topic>) -> Heard {
        let Some(message) = relative(message, base) else { return Heard::Foreign };
        let topic = message.topic.as_str();
        match Scenario::of(topic) {
            Scenario::Action | Scenario::Request => return Heard::Command,
            Scenario::Ok if topic == dialect::HANDSHAKE_OK => {
                self.facts = message.payload.get();
                return Heard::Handshake(message);
            }
            Scenario::Ok if matches!(topic, "-/-/config/ok" | "-/-/config/list/ok") => {
                return Heard::List(message);
            }
            Scenario::Data if !catalog::knows(topic) => self.remember(topic),
            Scenario::Data | Scenario::Notification | Scenario::Ok | Scenario::Error => {}
        }
        Heard::Message(message)
    }

    /// What the device said of its firmware, once it did.
    pub fn facts(&self) -> Option<&Facts> {
        self.facts.as_ref()
    }

    fn remember(&mut self, property: &str) {
        if is_node(property) {
            self.names_nodes = true;
        } else if self.own.len() < MAX_OWN && !self.own.contains(property) {
            self.own.insert(property.into());
        }
    }

    /// One line for the device, without its end, or why it would not act on it.
    pub fn translate(&self, topic: &str, payload: &Payload) -> Result<String, Refusal> {
        command::translate(self, topic, payload.as_str())
    }
}

impl Facts {
    /// One phrase for people, for example `bridge, firmware 1.1.1 of 2016-12-26T17:58:02Z`.
    pub fn to_phrase(&self) -> String {
        let mut phrase = self.device.clone().unwrap_or_else(|| "device".to_owned());
        if let Some(release) = &self.firmware_release {
            phrase.push_str(&format!(", firmware {release}"));
        }
        if let Some(datetime) = &self.firmware_datetime {
            phrase.push_str(if self.firmware_release.is_some() { " of " } else { ", firmware of " });
            phrase.push_str(datetime);
        }
        crate::talk::printable(&phrase)
    }
}

/// Lines of old firmware that lack a bracket, completed; `None` for every other line.
pub fn repair(line: &[u8]) -> Option<Message> {
    let line = std::str::from_utf8(line).ok()?;
    if line.starts_with(r#"["$config/clown-talk", {"#) {
        // bc-bridge before 2016-09-12 forgot the `}` of this one reply.
        return Message::parse(&format!("{}}}]", line.strip_suffix(']')?)).ok();
    }
    // The prototype of 2016-08 named channels in the key, `{"0/temperature": …}`, and forgot the last `]`.
    let key = line.strip_prefix("[\"")?.split_once("\", {\"")?.1.as_bytes();
    let is_prototype = key.first().is_some_and(u8::is_ascii_digit) && key.get(1) == Some(&b'/');
    is_prototype.then(|| Message::parse(&format!("{line}]")).ok())?
}

/// The message below the link's base and in today's dialect; `None` if it is of another protocol.
fn relative(mut message: Message, base: Option<&Topic>) -> Option<Message> {
    if let Some(rest) = base.and_then(|base| message.topic.below(base)) {
        message.topic = Topic::new(rest).ok()?;
    }
    let topic = message.topic.as_str();
    if let Cow::Owned(modern) = dialect::modern(topic) {
        message.topic = Topic::new(&modern).ok()?;
    }
    (!is_foreign(message.topic.as_str())).then_some(message)
}

/// The radio dongle's topics: its own begin with `/` or `$`, those of its nodes with twelve hex digits.
fn is_foreign(topic: &str) -> bool {
    let bytes = topic.as_bytes();
    matches!(bytes.first(), Some(b'/' | b'$'))
        || bytes.get(12) == Some(&b'/') && bytes[..12].iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_node(topic: &str) -> bool {
    topic.starts_with("base/") || topic.starts_with("remote/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> Message {
        Message::parse(text).expect(text)
    }

    /// What a line from the device turns into: the message for the hub, or the kind of line it is.
    fn check(line: &str, expect: &str) {
        let base = Topic::new("nodes/bridge/0").expect("valid");
        let said = match Device::default().hear(message(line), Some(&base)) {
            Heard::Message(message) => message.to_text(),
            Heard::Handshake(message) => format!("handshake {message}"),
            Heard::List(message) => format!("list {message}"),
            Heard::Command => "command".to_owned(),
            Heard::Foreign => "foreign".to_owned(),
        };
        assert_eq!(said, expect, "{line}");
    }

    #[test]
    fn messages_of_all_dialects_become_todays() {
        let same = r#"["thermometer/i2c0-48", {"temperature": [24.50, "\u2103"]}]"#;
        check(same, same);
        check(r#"["remote/thermometer/i2c0-49", {"a": 1}]"#, r#"["remote/thermometer/i2c0-49", {"a": 1}]"#);
        check(
            r#"["nodes/bridge/0/relay/i2c0-3b", {"state": true}]"#,
            r#"["relay/i2c0-3b", {"state": true}]"#,
        );
        check(
            r#"["luxmeter/i2c0-44", {"illuminance": [600, "lux"]}]"#,
            r#"["lux-meter/i2c0-44", {"illuminance": [600, "lux"]}]"#,
        );
        check(
            r#"["$config/devices/thermometer/i2c0-48", {"publish-interval": 5}]"#,
            r#"["thermometer/i2c0-48/config/ok", {"publish-interval": 5}]"#,
        );
        check(
            r#"["$config/clown.talk/-", {"ack": false}]"#,
            r#"handshake ["clown.talk/-/config/ok", {"ack": false}]"#,
        );
        check(
            r#"["-/-/config/list/ok", {"sensors": []}]"#,
            r#"list ["-/-/config/list/ok", {"sensors": []}]"#,
        );
        check(r#"["$config/devices/-/-", {"sensors": []}]"#, r#"list ["-/-/config/ok", {"sensors": []}]"#);
    }

    #[test]
    fn commands_and_other_protocols_are_told_apart() {
        check(r#"["relay/i2c0-3b/set", {"state": true}]"#, "command");
        check(r#"["base/relay/-/get", {}]"#, "command");
        check(r#"["nodes/bridge/0/relay/i2c0-3b/set", {"state": true}]"#, "command");
        check(r#"["$config/devices/-/-/list", {}]"#, "command");
        check(r#"["/info", {"id": "x"}]"#, "foreign");
        check(r#"["836d1983718a/thermometer/0:0/temperature", 22.25]"#, "foreign");
        check(r#"["$hub/link/x", {}]"#, "foreign");
    }

    #[test]
    fn the_known_faults_of_old_firmware_are_repaired_and_no_others() {
        let old = br#"["$config/clown-talk", {"ack": false, "device": "bridge"]"#;
        assert_eq!(repair(old).expect("repaired").payload.as_str(), r#"{"ack": false, "device": "bridge"}"#);
        let prototype = br#"["thermometer", {"0/temperature": [23.12, "\u2103"]}"#;
        assert_eq!(repair(prototype).expect("repaired").topic.as_str(), "thermometer");
        assert_eq!(repair(br#"["clown.talk/-/config/ok", {"ack": false, "device": "bridge"]"#), None);
        assert_eq!(repair(br#"["lux-meter/i2c0-44", {"illuminance": [600.1, "lux"]}"#), None);
        assert_eq!(repair(b"[\"t\", {\"0/x"), None);
    }

    #[test]
    fn firmware_facts_are_kept() {
        let mut device = Device::default();
        let line = r#"["clown.talk/-/config/ok", {"ack": false, "device": "bridge", "capabilities": 1, "firmware-datetime": "2016-12-26T17:58:02Z", "firmware-release": "1.1.1"}]"#;
        device.hear(message(line), None);
        let phrase = device.facts().expect("facts").to_phrase();
        assert_eq!(phrase, "bridge, firmware 1.1.1 of 2016-12-26T17:58:02Z");
    }
}
