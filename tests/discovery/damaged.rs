//! Announcements that are damaged: each is refused once with its reason, leaves what was announced before, and costs no
//! other.

use serde_json::{Value, json};

use crate::captured::messages;
use crate::rig::Ears;

const LIST: &str = "zigbee2mqtt/bridge/devices";
const BULB: &str = "nodes/ikea/0x000b57fffec6a5b2";

fn listed() -> Vec<Value> {
    let list = messages("13-zigbee2mqtt-bridge-devices.mqtt").remove(0).1;
    serde_json::from_str(&list).expect("JSON")
}

/// Says each of these twice; every reason comes once, and contains what stands beside it.
fn refuses(ears: &mut Ears, topic: &str, cases: &[(&str, &str)]) {
    for (payload, why) in cases {
        ears.refused.clear();
        ears.hears(topic, payload);
        ears.hears(topic, payload);
        assert_eq!(ears.refused.len(), 1, "{payload}: {:?}", ears.refused);
        assert!(ears.refused[0].contains(why), "{payload}: {:?}", ears.refused);
        assert!(ears.refused[0].contains(topic.trim_end_matches("/config")), "{payload}: {:?}", ears.refused);
    }
    ears.refused.clear();
}

#[test]
fn a_damaged_list_of_a_bridge_is_refused_once_and_leaves_the_earlier_one() {
    let mut ears = Ears::new();
    let whole = Value::from(listed()).to_string();
    refuses(&mut ears, LIST, &[("{", "is no JSON"), ("7", "says something else")]);
    ears.hears(LIST, &whole);
    let devices = ears.devices();
    assert!(devices.len() > 2 && ears.refused.is_empty(), "{:?}", ears.refused);
    let cut = &whole[..whole.len() - 40];
    let cases = [
        (cut, "is no JSON: EOF while parsing"),
        (r#"{"devices": []}"#, "says something else: invalid type: map, expected a sequence"),
        ("null", "invalid type: null"),
        ("\u{0}", "is no JSON"),
        ("[1, \"x\"]", "has no entry that can be read: entry 1 is no object; entry 2 is no object"),
    ];
    refuses(&mut ears, LIST, &cases);
    assert_eq!(ears.devices(), devices, "the earlier list is in force");
    ears.hears(LIST, &whole);
    refuses(&mut ears, LIST, &[(cut, "is no JSON")]);
    ears.hears(LIST, "[]");
    assert_eq!(ears.devices(), [""; 0]);
}

#[test]
fn a_damaged_entry_costs_only_itself_and_is_named() {
    let mut ears = Ears::new();
    let mut list = listed();
    ears.hears(LIST, &Value::from(list.clone()).to_string());
    let devices = ears.devices();
    let bulb = list.iter().position(|one| one["ieee_address"] == "0x000b57fffec6a5b2").expect("a bulb");
    list[bulb]["friendly_name"] = json!(["bulb"]);
    list.push(json!(null));
    list.push(json!({ "ieee_address": "0x12", "friendly_name": "short" }));
    ears.hears(LIST, &Value::from(list.clone()).to_string());
    assert_eq!(ears.devices(), devices, "a device whose entry is damaged stays as it was");
    let [why] = ears.refused.as_slice() else { panic!("{:?}", ears.refused) };
    for part in [
        format!("entry {} (0x000b57fffec6a5b2) has no friendly_name", bulb + 1),
        format!("entry {} is no object", list.len() - 1),
        format!("entry {} (short) has the ieee_address `0x12`", list.len()),
    ] {
        assert!(why.contains(&part), "{why}");
    }
    assert!(!ears.properties(BULB).is_empty());
}

#[test]
fn a_damaged_field_of_a_device_is_listed_with_it() {
    let mut ears = Ears::new();
    let mut list = listed();
    let bulb = list.iter_mut().find(|one| one["ieee_address"] == "0x000b57fffec6a5b2").expect("a bulb");
    bulb["disabled"] = json!("perhaps");
    bulb["definition"]["exposes"] = json!({ "type": "light" });
    ears.hears(LIST, &Value::from(list).to_string());
    let unknown = ears.unknown(BULB);
    assert!(unknown.iter().any(|one| one.starts_with("disabled: invalid type")), "{unknown:?}");
    assert!(unknown.iter().any(|one| one.starts_with("exposes: invalid type")), "{unknown:?}");
}

#[test]
fn a_bridge_of_somebody_else_is_none_of_ours() {
    let mut ears = Ears::new();
    for payload in ["{", "[1]", r#"[{"id": 7}]"#] {
        ears.hears("attic/bridge/devices", payload);
    }
    assert!(ears.refused.is_empty(), "{:?}", ears.refused);
    refuses(&mut ears, "attic/bridge/devices", &[(r#"[{"ieee_address":"0x00"#, "is no JSON")]);
}

#[test]
fn a_damaged_announcement_of_tasmota_leaves_the_earlier_one() {
    let mut ears = Ears::new();
    let (topic, config) = messages("07-tasmota-discovery.mqtt").remove(0);
    ears.hears(&topic, &config);
    let devices = ears.devices();
    assert_eq!(devices.len(), 1);
    let cases = [
        ("{", "is no JSON: EOF"),
        (r#"{"t": 7}"#, "says something else: invalid type: integer `7`, expected a string"),
        ("[]", "says something else"),
    ];
    refuses(&mut ears, &topic, &cases);
    refuses(
        &mut ears,
        &topic.replace("/config", "/sensors"),
        &[("[]", "says something else"), ("x", "is no JSON")],
    );
    assert_eq!(ears.devices(), devices);
}

#[test]
fn a_damaged_description_of_homie_leaves_the_earlier_one_and_a_damaged_property_costs_itself() {
    let mut ears = Ears::new();
    let mut capture = messages("17-homie5-car.mqtt").into_iter();
    let (topic, whole) = capture.find(|(topic, _)| topic.ends_with("/$description")).expect("a description");
    ears.hears(&topic, &whole);
    let devices = ears.devices();
    refuses(
        &mut ears,
        &topic,
        &[("{", "is no JSON: EOF"), ("[]", "says something else"), ("car", "is no JSON")],
    );
    assert_eq!(ears.devices(), devices);
    let mut car: Value = serde_json::from_str(&whole).expect("JSON");
    let nodes = car["nodes"].as_object_mut().expect("nodes");
    let (node, known) = nodes.iter_mut().next().expect("a node");
    known["properties"]["odd"] = json!({ "datatype": 7 });
    known["properties"]["far"] = json!({ "datatype": "float", "format": "near:far" });
    let node = node.clone();
    nodes.insert("bent".into(), json!("node"));
    ears.hears(&topic, &car.to_string());
    assert_eq!(ears.devices(), devices);
    let base = devices[0].split(' ').next().expect("a base").to_owned();
    let unknown = ears.unknown(&base).join("\n");
    for part in [
        "bent: invalid type",
        &format!("{node}/odd: invalid type"),
        &format!("{node}/far format: `near:far`"),
    ] {
        assert!(unknown.contains(part), "{unknown}");
    }
    assert!(
        ears.properties(&base).iter().any(|one| one.contains(&format!("{node}-far"))),
        "it is there without ends"
    );
}

#[test]
fn a_damaged_attribute_of_homie_is_named() {
    let mut ears = Ears::new();
    for (topic, payload) in [
        ("homie/lamp/$homie", "4.0.0"),
        ("homie/lamp/$nodes", "led"),
        ("homie/lamp/led/$properties", "power"),
        ("homie/lamp/led/power/$datatype", "boolean"),
        ("homie/lamp/led/power/$settable", "yes"),
        ("homie/lamp/$state", "ready"),
    ] {
        ears.hears(topic, payload);
    }
    assert_eq!(ears.unknown("nodes/homie/lamp"), ["led/power/$settable: says `yes`, neither true nor false"]);
    let long = "x".repeat(5_000);
    refuses(&mut ears, "homie/lamp/$name", &[(long.as_str(), "5000 bytes long; 4096 at most")]);
}

#[test]
fn damaged_meta_of_wiren_board_leaves_the_earlier_one() {
    let mut ears = Ears::new();
    let topic = "/devices/wb/controls/t/meta";
    ears.hears(topic, r#"{"type": "temperature", "max": 50, "readonly": true}"#);
    let before = ears.properties("nodes/wiren-board/wb");
    assert_eq!(before, ["thermometer/t temperature °C", "thermometer/t error"]);
    refuses(&mut ears, topic, &[("{", "is no JSON: EOF"), ("7", "says something else"), ("x", "is no JSON")]);
    assert_eq!(ears.properties("nodes/wiren-board/wb"), before);
    refuses(
        &mut ears,
        topic,
        &[(r#"{"type": "temperature", "max": "high"}"#, r#"max: "high" is no number"#)],
    );
    assert_eq!(ears.properties("nodes/wiren-board/wb"), before, "the rest of it counts");
    refuses(&mut ears, "/devices/wb/controls/t/meta/min", &[("low", r#"min: "low" is no number"#)]);
    refuses(&mut ears, "/devices/wb/meta", &[("[", "is no JSON")]);
}

#[test]
fn a_damaged_announcement_to_home_assistant_is_told_once() {
    let mut ears = Ears::new();
    let topic = "homeassistant/sensor/d1/x/config";
    ears.hears(topic, r#"{"stat_t": "s", "dev": {"ids": "d1", "mf": "Acme"}}"#);
    for (payload, why) in [("{", "sensor/d1/x: is no JSON: EOF"), ("[]", "sensor/d1/x: is no JSON object")] {
        ears.refused.clear();
        ears.hears(topic, payload);
        ears.hears(topic, payload);
        assert!(matches!(ears.refused.as_slice(), [one] if one.contains(why)), "{:?}", ears.refused);
    }
    assert_eq!(ears.properties("nodes/acme/d1"), ["sensor/x value"]);
    let device =
        r#"{"dev": {"ids": "d2", "mf": "Acme"}, "cmps": {"a": 7, "b": {"p": "sensor", "stat_t": "b"}}}"#;
    ears.hears("homeassistant/device/d2/config", device);
    assert_eq!(ears.unknown("nodes/acme/d2"), ["a: is no object"]);
    ears.hears("homeassistant/sensor/d3/config", r#"{"stat_t": "s", "dev": "Acme"}"#);
    assert_eq!(ears.unknown("nodes/homeassistant/d3"), ["d3 device: is no object"]);
    // What is understood by nobody here is told once as well.
    ears.refused.clear();
    for _ in 0..3 {
        ears.hears("homeassistant/camera/d4/config", r#"{"t": "s"}"#);
    }
    assert_eq!(ears.refused.len(), 1, "{:?}", ears.refused);
}
