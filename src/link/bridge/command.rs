//! One command → one line that bc-bridge acts on, or the reason why it would not.

use super::{
    Device,
    catalog::{self, Class, Kind},
    is_node, json, value,
};
use crate::{device::Refusal, talk::dialect};

/// A level of a topic is kept in 32 bytes, its NUL included.
const MAX_LEVEL: usize = 31;
/// A command's line with its end; it is read as one terminal line.
const MAX_LINE: usize = 4095;
/// The radio base of the workroom reads shorter lines.
const MAX_NODE_LINE: usize = 1023;
/// Tokens of one line; more overwrite the firmware's memory.
const MAX_TOKENS: usize = 20;

/// What a command asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb<'a> {
    Set,
    Get,
    Config(&'a str),
}

/// See [`Device::translate`]; the topic is relative.
pub fn translate(device: &Device, topic: &str, payload: &str) -> Result<String, Refusal> {
    let levels: Vec<&str> = topic.split('/').collect();
    check_levels(&levels)?;
    let body = json::minify(payload);
    let members = json::members(&body)
        .ok_or_else(|| Refusal::new("payload", "the payload must be an object such as {\"state\": true}"))?;
    if is_node(topic) {
        return node_line(device, topic, &levels, &body);
    }
    if topic == dialect::HANDSHAKE {
        return Err(Refusal::new(
            "handshake",
            "the hub greets the device itself, and a second greeting is an error",
        ));
    }
    if topic == "-/-/config/list" {
        empty(&members)?;
        return line(topic, &body, MAX_LINE);
    }
    let (property, verb) = split(&levels)?;
    match catalog::kind(property[0]) {
        Some(kind) => check(kind, property[1], verb, &members)?,
        None if device.own.contains(property.join("/").as_str()) => {}
        None => return Err(unknown_type(property[0])),
    }
    let line = match verb {
        // The documented verb is `set`; the parser of every released bc-bridge knows only `update`.
        Verb::Config("set") => {
            line(&format!("{}/{}/config/update", property[0], property[1]), &body, MAX_LINE)?
        }
        Verb::Set | Verb::Get | Verb::Config(_) => line(topic, &body, MAX_LINE)?,
    };
    match json::count(&line) {
        0..=MAX_TOKENS => Ok(line),
        count => Err(Refusal::new(
            "too-many",
            format!("the message has {count} tokens and the device takes {MAX_TOKENS}: send fewer keys"),
        )),
    }
}

fn unknown_type(name: &str) -> Refusal {
    let names = catalog::names();
    Refusal::new("type", format!("the device has never named a {name:.31}; a bridge has {names}"))
}

fn check_levels(levels: &[&str]) -> Result<(), Refusal> {
    for level in levels {
        if level.is_empty() {
            return Err(Refusal::new(
                "levels",
                "the topic has an empty level, which the device would remove",
            ));
        }
        if level.len() > MAX_LEVEL {
            let reason = format!("the level {level:.40} is longer than {MAX_LEVEL} characters");
            return Err(Refusal::new("levels", reason));
        }
        // The device compares the raw text, so an escaped level would match nothing.
        if !level.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\') {
            return Err(Refusal::new("levels", "the topic has characters that no device has in its topics"));
        }
    }
    Ok(())
}

/// Type and address, and what is asked.
fn split<'a>(levels: &'a [&'a str]) -> Result<(&'a [&'a str], Verb<'a>), Refusal> {
    match levels {
        [_, _, "set"] => Ok((&levels[..2], Verb::Set)),
        [_, _, "get"] => Ok((&levels[..2], Verb::Get)),
        [_, _, "config", verb @ ("set" | "update" | "get" | "list" | "scan")] => {
            Ok((&levels[..2], Verb::Config(verb)))
        }
        [_, _, _] => Err(Refusal::new("action", "the device knows the actions set and get")),
        [_, _, "config", _] => Err(Refusal::new(
            "action",
            "the device knows config/set, config/get, config/list and config/scan",
        )),
        _ => Err(Refusal::new(
            "levels",
            "a command is TYPE/ADDRESS/set, TYPE/ADDRESS/get or TYPE/ADDRESS/config/set",
        )),
    }
}

fn check(kind: &Kind, address: &str, verb: Verb<'_>, members: &[(&str, &str)]) -> Result<(), Refusal> {
    if !kind.addresses.contains(&address) {
        let places = kind.addresses.join(", ");
        let reason = format!("no {} lives at {address}; it can be at {places}", kind.name);
        return Err(Refusal::new("address", reason));
    }
    match (verb, kind.class) {
        (Verb::Set, Class::Relay) => value::relay(members),
        (Verb::Set, Class::Led) => value::led(members),
        (Verb::Set, Class::Display) => value::display(members),
        (Verb::Set | Verb::Get, Class::Bus) => value::bus(members, verb == Verb::Get),
        (Verb::Set, Class::Sensor) => {
            Err(Refusal::new("action", format!("a {} measures; it has get and config/set", kind.name)))
        }
        (Verb::Get, Class::Display) => Err(Refusal::new("action", "a display tells nothing; it has set")),
        (Verb::Config("scan"), Class::Bus) => empty(members),
        (Verb::Config("scan"), _) => Err(Refusal::new("action", "only i2c/0 and i2c/1 can be scanned")),
        (Verb::Config(_), Class::Bus) => Err(Refusal::new("action", "a bus has set, get and config/scan")),
        (Verb::Config("set" | "update"), _) => value::interval(kind.name == "co2-sensor", members),
        // The device does not look into the payload of a question.
        (Verb::Get, Class::Sensor | Class::Relay | Class::Led) | (Verb::Config(_), _) => Ok(()),
    }
}

fn empty(members: &[(&str, &str)]) -> Result<(), Refusal> {
    match members {
        [] => Ok(()),
        _ => Err(Refusal::new("payload", "the payload of this request must be {}")),
    }
}

/// `base/relay/-/set`: firmware of the workroom has its own rules for payloads, so only the frame is checked.
fn node_line(device: &Device, topic: &str, levels: &[&str], body: &str) -> Result<String, Refusal> {
    if !device.names_nodes {
        let reason = format!("this device has no nodes: leave out {}/", levels[0]);
        return Err(Refusal::new("levels", reason));
    }
    split(&levels[1..])?;
    line(topic, body, MAX_NODE_LINE)
}

/// Both parts hold no control characters: the topic was checked, the body is minified JSON.
fn line(topic: &str, body: &str, max: usize) -> Result<String, Refusal> {
    let line = format!("[\"{topic}\",{body}]");
    if line.len() > max {
        let reason = format!("the line has {} bytes and the device reads {max}", line.len());
        return Err(Refusal::new("too-long", reason));
    }
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::talk::{Message, Payload};

    fn translate(device: &Device, topic: &str, payload: &str) -> Result<String, Refusal> {
        device.translate(topic, &Payload::parse(payload).expect(payload))
    }

    fn passes(topic: &str, payload: &str, expect: &str) {
        assert_eq!(translate(&Device::default(), topic, payload).expect(topic), expect);
    }

    fn refused(topic: &str, payload: &str, code: &str) {
        match translate(&Device::default(), topic, payload) {
            Ok(line) => panic!("sent {line}"),
            Err(refused) => assert_eq!(refused.code, code, "{topic} {payload}: {refused}"),
        }
    }

    #[test]
    fn what_the_device_understands_is_sent_on_one_line() {
        passes("relay/i2c0-3b/set", "{\r\n  \"state\": true\n}", r#"["relay/i2c0-3b/set",{"state":true}]"#);
        passes("relay/i2c0-3f/get", "{}", r#"["relay/i2c0-3f/get",{}]"#);
        passes("led/-/set", r#"{"state": "1-dot"}"#, r#"["led/-/set",{"state":"1-dot"}]"#);
        passes("thermometer/i2c0-48/get", "{}", r#"["thermometer/i2c0-48/get",{}]"#);
        passes("-/-/config/list", "{ }", r#"["-/-/config/list",{}]"#);
        passes("i2c/0/config/scan", "{}", r#"["i2c/0/config/scan",{}]"#);
        passes(
            "display-oled/i2c0-3c/set",
            r#"{"line-2": "a  b"}"#,
            r#"["display-oled/i2c0-3c/set",{"line-2":"a  b"}]"#,
        );
    }

    #[test]
    fn config_set_becomes_the_verb_that_is_implemented() {
        let update = r#"["thermometer/i2c0-48/config/update",{"publish-interval":30}]"#;
        passes("thermometer/i2c0-48/config/set", r#"{"publish-interval": 30}"#, update);
        passes("thermometer/i2c0-48/config/update", r#"{"publish-interval": 30}"#, update);
        passes("thermometer/i2c0-48/config/get", "{}", r#"["thermometer/i2c0-48/config/get",{}]"#);
    }

    #[test]
    fn topics_the_parser_drops_are_refused() {
        refused("relay/set", "{}", "levels");
        refused("relay/i2c0-3b/config/set/now", "{}", "levels");
        refused("relay//set", "{}", "levels");
        refused(&format!("relay/{}/set", "x".repeat(32)), "{}", "levels");
        refused("rel\u{430}y/i2c0-3b/set", r#"{"state": true}"#, "levels");
        refused("relay/i2c0-3b/toggle", "{}", "action");
        refused("relay/i2c0-3b/config/erase", "{}", "action");
        refused("relay/i2c0-48/set", r#"{"state": true}"#, "address");
        refused("relay/i2c1-3b/set", r#"{"state": true}"#, "address");
        refused("relay/i2c0-3B/set", r#"{"state": true}"#, "address");
        refused("thermometer/i2c0-48/set", "{}", "action");
        refused("display-oled/i2c0-3c/get", "{}", "action");
        refused("relay/i2c0-3b/config/scan", "{}", "action");
        refused("motor/i2c0-20/set", "{}", "type");
        refused("base/relay/-/set", r#"{"state": true}"#, "levels");
        refused("clown.talk/-/config/set", "{}", "handshake");
        refused("$config/clown-talk/create", "{}", "action");
        refused("$eeprom/alias/list", "{}", "action");
    }

    #[test]
    fn payloads_the_parser_drops_are_refused() {
        refused("relay/i2c0-3b/set", "true", "payload");
        refused("relay/i2c0-3b/get", "null", "payload");
        refused("-/-/config/list", r#"{"a": 1}"#, "payload");
        refused("i2c/1/config/scan", r#"{"a": 1}"#, "payload");
        let keys: Vec<String> = (0..12).map(|n| format!("\"k{n}\":{n}")).collect();
        refused("relay/i2c0-3b/get", &format!("{{{}}}", keys.join(",")), "too-many");
        refused("relay/i2c0-3b/get", &format!("{{\"k\":\"{}\"}}", "x".repeat(4096)), "too-long");
    }

    #[test]
    fn nodes_and_own_types_are_spoken_to_once_they_were_heard() {
        let mut device = Device::default();
        for line in [r#"["remote/thermometer/i2c0-49", {}]"#, r#"["fan/-", {"speed": 1}]"#] {
            device.hear(Message::parse(line).expect(line), None);
        }
        let check = |topic: &str, payload: &str, expect: &str| {
            assert_eq!(translate(&device, topic, payload).expect(topic), expect);
        };
        check("base/relay/-/set", r#"{"state": true}"#, r#"["base/relay/-/set",{"state":true}]"#);
        check(
            "base/led-strip/-/config/set",
            r#"{"count": 144}"#,
            r#"["base/led-strip/-/config/set",{"count":144}]"#,
        );
        check("fan/-/set", r#"{"speed": 2}"#, r#"["fan/-/set",{"speed":2}]"#);
        assert_eq!(translate(&device, "fan/1/set", "{}").expect_err("never heard").code, "type");
    }

    #[test]
    fn no_text_of_a_payload_becomes_a_second_line() {
        let payload = "{\"line-1\":\n\"a\"\r\n}";
        let line = translate(&Device::default(), "display-oled/i2c0-3c/set", payload).expect("sent");
        assert!(!line.contains(['\r', '\n']), "{line}");
        refused("display-oled/i2c0-3c/set", r#"{"line-1": "a\r\n[\"relay\"]"}"#, "value");
    }
}
