//! Zigbee2MQTT at a real Mosquitto and at the hub's own broker, with a real hub: a bridge lists its devices, they are there,
//! obey, and leave with their bridge. The bridge is played from the recorded list.

mod common;

// Each test binary uses its own part.
#[path = "discovery/captured.rs"]
mod captured;
#[path = "discovery/plugs.rs"]
mod plugs;
#[path = "taught/shelf.rs"]
mod shelf;

use captured::messages;
use plugs::plugs;
use serde_json::{Value, json};
use shelf::{At, Shelf};

const PLUG: &str = "nodes/xiaomi/0x0017880104e45524";

/// The bridge lists its devices, and the plug says that it is there and off.
async fn bridge_arrives(shelf: &mut Shelf) {
    let list = messages("13-zigbee2mqtt-bridge-devices.mqtt").remove(0).1;
    shelf.device_says("zigbee2mqtt/bridge/state", r#"{"state":"online"}"#, true).await;
    shelf.device_says("zigbee2mqtt/power_plug/availability", r#"{"state":"online"}"#, true).await;
    shelf.device_says("zigbee2mqtt/bridge/devices", &list, true).await;
    shelf
        .script
        .wait_for("the plug to be known", |heard| heard.topic == format!("$hub/presence/{PLUG}/relay/-"))
        .await;
    shelf.device_says("zigbee2mqtt/power_plug", r#"{"state":"OFF","power":0.50}"#, false).await;
    let relay = shelf.script.wait_topic(&format!("{PLUG}/relay/-")).await;
    assert_eq!(relay.payload, json!({ "state": false }));
}

#[tokio::test]
async fn a_plug_that_does_not_answer_is_never_shown_as_switched() {
    for at in At::ALL {
        let mut shelf = Shelf::new(at, &[]).await;
        bridge_arrives(&mut shelf).await;
        let mut plug = shelf.door.subscribe(&["-t", "zigbee2mqtt/power_plug/+", "-v"]).await;
        shelf.script.command(&format!("{PLUG}/relay/-/set"), json!({ "state": true }), "dead").await;
        plug.hears(r#"power_plug/set {"state": "ON"}"#).await;
        plug.hears(r#"power_plug/get {"state": ""}"#).await;
        // What Zigbee2MQTT says of its own accord.
        shelf.device_says("zigbee2mqtt/power_plug", r#"{"state":"ON","power":0.50}"#, false).await;
        plug.hears(r#"power_plug/get {"state": ""}"#).await;
        assert_eq!(shelf.script.outcome("dead").await["step"], "unanswered");
        let mut late = shelf::script(&shelf.hub).await;
        let relay = late.wait_topic(&format!("{PLUG}/relay/-")).await;
        assert_eq!(relay.payload, json!({ "state": false }), "as it was");

        shelf.script.command(&format!("{PLUG}/relay/-/set"), json!({ "state": true }), "alive").await;
        plug.hears("power_plug/set").await;
        plug.hears("power_plug/get").await;
        shelf.device_says("zigbee2mqtt/power_plug", r#"{"state":"ON","power":0.50}"#, false).await;
        plug.hears("power_plug/get").await;
        shelf.device_says("zigbee2mqtt/power_plug", r#"{"state":"ON","power":40.1}"#, false).await;
        assert_eq!(shelf.script.outcome("alive").await["step"], "confirmed");
    }
}

#[tokio::test]
async fn devices_go_with_their_bridge_and_when_they_are_listed_no_more() {
    let mut shelf = Shelf::new(At::Mosquitto, &[]).await;
    bridge_arrives(&mut shelf).await;
    shelf.device_says("zigbee2mqtt/bridge/state", r#"{"state":"offline"}"#, true).await;
    let gone = |heard: &common::Heard| shelf::is_present(heard, PLUG, "offline");
    let told = shelf.script.wait_for("the plug to be offline", gone).await;
    assert!(told.payload.to_string().contains("zigbee2mqtt has gone, which carries it"), "{told:?}");
    shelf.script.command(&format!("{PLUG}/relay/-/set"), json!({ "state": true }), "c1").await;
    assert_eq!(shelf.script.outcome("c1").await["code"], "offline");
    shelf.device_says("zigbee2mqtt/bridge/state", r#"{"state":"online"}"#, true).await;
    shelf.script.wait_for("the plug to be back", |heard| shelf::is_present(heard, PLUG, "online")).await;
    shelf.device_says("zigbee2mqtt/bridge/devices", "[]", true).await;
    shelf.script.wait_for("the plug to be gone", |heard| shelf::is_present(heard, PLUG, "unknown")).await;
    shelf.script.command(&format!("{PLUG}/relay/-/set"), json!({ "state": true }), "c2").await;
    assert_eq!(shelf.script.outcome("c2").await["code"], "no-such-device");
}

#[tokio::test]
async fn a_command_that_the_bridge_could_not_pass_on_is_refused_with_its_words() {
    for at in At::ALL {
        let mut shelf = Shelf::new(at, &[]).await;
        bridge_arrives(&mut shelf).await;
        let mut plug = shelf.door.subscribe(&["-t", "zigbee2mqtt/power_plug/+", "-v"]).await;
        let set = format!("{PLUG}/relay/-/set");
        let fails = |name: &str, key: &str| {
            let message =
                format!("z2m: Publish 'set' '{key}' to '{name}' failed: 'Error: ZCL command timed out'");
            json!({ "level": "error", "message": message, "namespace": "z2m" }).to_string()
        };
        shelf.script.command(&set, json!({ "state": true }), "c1").await;
        plug.hears(r#"power_plug/set {"state": "ON"}"#).await;
        // Another device, another key, and what is no failure.
        for other in [fails("power_plug_2", "state"), fails("power_plug", "power_outage_memory")] {
            shelf.device_says("zigbee2mqtt/bridge/logging", &other, false).await;
        }
        let fine = r#"{"level":"info","message":"z2m: MQTT publish: topic 'zigbee2mqtt/power_plug'"}"#;
        shelf.device_says("zigbee2mqtt/bridge/logging", fine, false).await;
        shelf.device_says("zigbee2mqtt/bridge/logging", &fails("power_plug", "state"), false).await;
        let end = shelf.script.outcome("c1").await;
        assert_eq!((&end["step"], &end["code"]), (&json!("refused"), &json!("device")), "{end}");
        let why = "\"Publish 'set' 'state' to 'power_plug' failed: 'Error: ZCL command timed out'\"";
        assert!(end["reason"].to_string().replace("\\\"", "\"").contains(why), "{end}");
        assert!(end["after"].as_f64().is_none_or(|after| after < 4.0), "{end}");

        // As versions before 1.17 say it.
        shelf.script.command(&set, json!({ "state": true }), "c2").await;
        plug.hears("power_plug/set").await;
        let legacy = r#"{"type":"zigbee_publish_error","message":"Publish 'set' 'state' to 'power_plug' failed: 'Error: x'","meta":{"friendly_name":"power_plug"}}"#;
        shelf.device_says("zigbee2mqtt/bridge/log", legacy, false).await;
        assert_eq!(shelf.script.outcome("c2").await["step"], "refused");

        // What the plug says by itself is no hope of the bridge any more.
        shelf.device_says("zigbee2mqtt/power_plug", r#"{"state":"ON","power":40.1}"#, false).await;
        let on = |heard: &common::Heard| {
            heard.topic == format!("{PLUG}/relay/-") && heard.payload == json!({ "state": true })
        };
        shelf.script.wait_for("the plug to be on", on).await;
    }
}

#[tokio::test]
async fn a_bridge_opens_for_new_devices_and_says_why_it_does_not() {
    const BRIDGE: &str = "nodes/zigbee2mqtt/zigbee2mqtt/relay/permit-join";
    for at in At::ALL {
        let mut shelf = Shelf::new(at, &[]).await;
        let info = |is_open: bool| {
            let coordinator = json!({ "ieee_address": "0x12345678", "type": "zStack30x" });
            json!({ "version": "2.1.0", "coordinator": coordinator, "permit_join": is_open }).to_string()
        };
        shelf.device_says("zigbee2mqtt/bridge/info", &info(false), true).await;
        assert_eq!(shelf.script.wait_topic(BRIDGE).await.payload, json!({ "state": false }));
        let mut bridge = shelf.door.subscribe(&["-t", "zigbee2mqtt/bridge/request/+", "-v"]).await;
        let set = format!("{BRIDGE}/set");
        shelf.script.command(&set, json!({ "state": true }), "refused").await;
        bridge.hears(r#"permit_join {"time": 254}"#).await;
        let (topic, answers) =
            ("zigbee2mqtt/bridge/response/permit_join", messages("14-zigbee2mqtt-runtime.mqtt"));
        let refusal = answers.iter().find(|(at, said)| at == topic && said.contains("error"));
        shelf.device_says(topic, &refusal.expect("it was recorded").1, false).await;
        let end = shelf.script.outcome("refused").await;
        assert_eq!((&end["step"], &end["code"]), (&json!("refused"), &json!("device")), "{end}");
        assert!(end["reason"].to_string().contains("Failed to connect to adapter"), "{end}");

        shelf.script.command(&set, json!({ "state": true, "for": 60 }), "open").await;
        bridge.hears(r#"permit_join {"time": 60}"#).await;
        shelf.device_says("zigbee2mqtt/bridge/info", &info(true), true).await;
        assert_eq!(shelf.script.outcome("open").await["step"], "confirmed");
    }
}

/// Over 1 MiB in one message, as a bridge with hundreds of devices says it.
fn long_list(devices: usize) -> String {
    let mut list = plugs(devices);
    list.iter_mut().for_each(|plug| plug["description"] = json!("x".repeat(1_000)));
    Value::from(list).to_string()
}

#[tokio::test]
async fn five_hundred_devices_come_in_one_message_and_other_large_ones_are_named() {
    let mut shelf = Shelf::new(At::Mosquitto, &[]).await;
    let list = long_list(500);
    assert!(list.len() > 1 << 20, "{}", list.len());
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("list");
    std::fs::write(&file, &list).expect("writable");
    let file = file.display().to_string();
    shelf.door.publish(&["-t", "zigbee2mqtt/bridge/devices", "-r", "-f", &file]).await;
    let last = "nodes/xiaomi/0x00158d00000001f3/relay/-";
    let is_known = |heard: &common::Heard| heard.topic == format!("$hub/presence/{last}");
    shelf.script.wait_for("the last of them", is_known).await;
    shelf.device_says("zigbee2mqtt/room 499/plug", r#"{"state":"ON"}"#, false).await;
    assert_eq!(shelf.script.wait_topic(last).await.payload, json!({ "state": true }));
    shelf.door.publish(&["-t", "camera/still", "-f", &file]).await;
    let left_out = |heard: &common::Heard| {
        heard.topic == "$hub/link/home" && heard.payload["reason"].to_string().contains("camera/still")
    };
    shelf.script.wait_for("the picture to be named", left_out).await;
}
