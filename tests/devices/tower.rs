//! Every recorded message of the HARDWARIO TOWER system through its definition: what nodes say by MQTT and on the
//! dongle's line, what they are told, and what is the gateway's own business.

use std::fs;
use std::sync::Arc;

use clown_hub::device::builtin;
use clown_hub::device::catalog::Catalog;
use clown_hub::device::profile::captures::Captures;
use clown_hub::device::translate::Translator;
use clown_hub::talk::{Payload, Topic};
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Record {
    generation: String,
    direction: String,
    topic: String,
    payload: Box<RawValue>,
}

fn records() -> Vec<Record> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/clown-talk.jsonl");
    let text = fs::read_to_string(path).expect("the recorded messages");
    let records = text.lines().map(|line| serde_json::from_str::<Record>(line).expect("a record"));
    let records: Vec<Record> = records.filter(|record| record.generation == "tower").collect();
    assert_eq!(records.len(), 98);
    records
}

/// The node and what stands behind it, `836d1983718a` and `relay/-/state`; nothing for the gateway's own words.
fn parts(topic: &str) -> Option<(&str, &str)> {
    let (node, rest) = topic.strip_prefix("node/").unwrap_or(topic).split_once('/')?;
    let is_node =
        topic.starts_with("node/") || node.len() == 12 && node.bytes().all(|b| b.is_ascii_hexdigit());
    is_node.then_some((node, rest))
}

/// What a node's value has to become by the tables of the documentation.
fn expected(node: &str, rest: &str, json: &str) -> Vec<String> {
    let one = |id: &str, members: String| vec![format!("nodes/hardwario/{node} {id} {{{members}}}")];
    let levels: Vec<&str> = rest.split('/').collect();
    let [kind, channel, quantity] = levels.as_slice() else {
        assert_eq!(rest, "info");
        let info: serde_json::Value = serde_json::from_str(json).expect("JSON");
        let mut members = format!(r#""firmware": {}, "version": {}"#, info["firmware"], info["version"]);
        if info["mode"] == 3 {
            members.push_str(r#", "mode": "sleeping""#);
        }
        return one("device/-", members);
    };
    let id = format!("{kind}/{channel}");
    let unit = |quantity: &str, number: &str, unit: &str| format!(r#""{quantity}": [{number}, "{unit}"]"#);
    match *quantity {
        "temperature" => one(&id, unit(quantity, json, "℃")),
        "relative-humidity" => one(&id, unit(quantity, json, "%")),
        "illuminance" => one(&id, unit(quantity, json, "lux")),
        "altitude" => one(&id, unit(quantity, json, "m")),
        "concentration" => one(&id, unit(quantity, json, "ppm")),
        "voltage" => one(&id, unit(quantity, json, "V")),
        "hold-duration" => one(&id, unit("duration", json, "ms")),
        // Pascal to kilopascal: the point moves by three places, no digit is lost.
        "pressure" => {
            let (whole, decimals) = json.split_once('.').expect("a decimal number");
            let (thousands, rest) = whole.split_at(whole.len() - 3);
            one(&id, unit(quantity, &format!("{thousands}.{rest}{decimals}"), "kPa"))
        }
        "acceleration" => {
            let axes = json.trim_matches(['[', ']']).split(',').zip(["x", "y", "z"]);
            axes.map(|(g, axis)| {
                let members = unit("acceleration", g.trim(), "g");
                format!("nodes/hardwario/{node} accelerometer/{axis} {{{members}}}")
            })
            .collect()
        }
        "event-count" | "state" | "alarm" | "data" => one(&id, format!(r#""{quantity}": {json}"#)),
        other => panic!("{other} of {rest} is in no table"),
    }
}

fn hear(translator: &mut Translator, topic: &str, json: &str) -> Vec<String> {
    let meanings = translator.hear(topic, &Payload::from_wire(json.as_bytes()));
    let mut told = Vec::new();
    for meaning in meanings {
        assert!(meaning.odd.is_empty(), "{topic} {json}: {:?}", meaning.odd);
        let messages = meaning.messages.iter();
        told.extend(
            messages.map(|message| format!("{} {} {}", meaning.base, message.topic, message.payload)),
        );
    }
    told
}

#[test]
fn what_nodes_say_gets_its_unit_and_keeps_its_digits() {
    let mut heard = 0;
    for record in records().iter().filter(|record| record.direction == "from-device") {
        let Some((node, rest)) = parts(&record.topic) else { continue };
        let expected = expected(node, rest, record.payload.get());
        // With the whole catalog of the hub: no other definition may claim a node.
        let mut both = vec![record.topic.as_str()];
        let by_mqtt = format!("node/{node}/{rest}");
        if by_mqtt != record.topic {
            both.push(&by_mqtt);
        }
        for topic in both {
            let mut translator = Translator::new(builtin::catalog());
            assert_eq!(hear(&mut translator, topic, record.payload.get()), expected, "{topic}");
            heard += 1;
        }
    }
    assert_eq!(heard, 73);
}

#[test]
fn what_the_gateway_says_is_not_taken_for_a_nodes_word() {
    let mut heard = 0;
    for record in records().iter().filter(|record| record.direction == "from-device") {
        if parts(&record.topic).is_none() {
            let mut translator = Translator::new(builtin::catalog());
            let told = hear(&mut translator, &record.topic, record.payload.get());
            assert_eq!(told, [""; 0], "{}", record.topic);
            heard += 1;
        }
    }
    assert_eq!(heard, 17);
}

/// The Clown.Talk command for a recorded one: id, payload of `…/set` or nothing for `…/get`.
fn asked(rest: &str, json: &str) -> (String, Option<String>) {
    let levels: Vec<&str> = rest.split('/').collect();
    let [kind, channel, quantity, verb] = levels.as_slice() else { panic!("{rest}") };
    let id = format!("{kind}/{channel}");
    let payload = match (*quantity, *verb) {
        (_, "get") => return (id, None),
        ("screen", "clear") => r#"{"clear": true}"#.to_owned(),
        ("pulse", "set") => {
            assert_eq!(json, r#"{"duration": 200, "direction": true}"#);
            r#"{"state": true, "for": 0.2}"#.to_owned()
        }
        (quantity, "set") => format!(r#"{{"{quantity}": {json}}}"#),
        _ => panic!("{rest}"),
    };
    (id, Some(payload))
}

#[test]
fn every_recorded_command_to_a_node_can_be_given() {
    let number = builtin::catalog().find("hardwario/tower").expect("the definition");
    let profile = builtin::catalog().profile(number).clone();
    let mut given = 0;
    for record in records().iter().filter(|record| record.direction == "to-device") {
        let Some((node, rest)) = parts(&record.topic) else { continue };
        let base = Topic::new(&format!("nodes/hardwario/{node}")).expect("valid");
        let mut device = Captures::default();
        device.put(&"id".into(), node).expect("new");
        let mut translator = Translator::new(Arc::new(Catalog::new([profile.clone()])));
        translator.introduce(&base, &profile, device);
        let (id, payload) = asked(rest, record.payload.get());
        let verb = if payload.is_some() { "set" } else { "get" };
        let payload = Payload::parse(payload.as_deref().unwrap_or("{}")).expect("JSON");
        let order = translator.command(&base, &format!("{id}/{verb}"), &payload).expect("known");
        let order = order.unwrap_or_else(|refusal| panic!("{}: {refusal}", record.topic));
        let sent: Vec<(&str, &str)> =
            order.sends.iter().map(|send| (send.topic.as_deref().unwrap_or(""), &*send.payload)).collect();
        assert_eq!(sent, [(record.topic.as_str(), record.payload.get())]);
        given += 1;
    }
    assert_eq!(given, 28);
}
