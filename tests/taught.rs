//! A running hub and its definitions: devices that speak their own language at a broker appear in Clown.Model form, are
//! commanded, and follow their files. Everything here runs at a real Mosquitto and at the hub's own broker.

mod common;

#[path = "taught/files.rs"]
mod files;
#[path = "taught/hubs.rs"]
mod hubs;
#[path = "taught/shelf.rs"]
mod shelf;

use common::TalkClient;
use serde_json::json;
use shelf::{At, PASSWORD, Shelf};

const PLUG: &str = "nodes/tasmota/kitchen";

/// What a Tasmota plug says when it has connected.
async fn plug_arrives(shelf: &Shelf) {
    shelf.device_says("tele/kitchen/LWT", "Online", true).await;
    shelf.device_says("stat/kitchen/POWER", "OFF", false).await;
}

#[tokio::test]
async fn a_device_that_the_binary_knows_is_there_with_its_first_word() {
    for at in At::ALL {
        let mut shelf = Shelf::new(at, &[]).await;
        plug_arrives(&shelf).await;
        let raw = shelf.script.wait_topic("stat/kitchen/POWER").await;
        assert_eq!(raw.payload, "OFF", "what it really said stays visible");
        let said = shelf.script.wait_topic(&format!("{PLUG}/relay/-")).await;
        assert_eq!(said.payload, json!({ "state": false }));
        shelf.device_says("tele/kitchen/LWT", "Offline", true).await;
        shelf
            .script
            .wait_for("the plug to be offline", |heard| shelf::is_present(heard, PLUG, "offline"))
            .await;
    }
}

#[tokio::test]
async fn a_command_reaches_it_in_its_own_words_and_is_confirmed_by_its_own() {
    for at in At::ALL {
        let mut shelf = Shelf::new(at, &[]).await;
        let mut device = shelf.door.subscribe(&["-t", "cmnd/kitchen/#", "-v"]).await;
        plug_arrives(&shelf).await;
        shelf.script.wait_topic(&format!("{PLUG}/relay/-")).await;
        shelf.script.command(&format!("{PLUG}/relay/-/set"), json!({ "state": true }), "c1").await;
        assert_eq!(device.line().await, "cmnd/kitchen/POWER ON");
        shelf.device_says("stat/kitchen/POWER", "ON", false).await;
        assert_eq!(shelf.script.outcome("c1").await["step"], "confirmed");
        // What it cannot be told is refused at once.
        shelf.script.command(&format!("{PLUG}/relay/9/set"), json!({ "state": true }), "c2").await;
        let refused = shelf.script.outcome("c2").await;
        assert_eq!((&refused["step"], &refused["code"]), (&json!("refused"), &json!("no-such-device")));
    }
}

#[tokio::test]
async fn it_has_an_endpoint_of_its_own() {
    let mut shelf = Shelf::new(At::Mosquitto, &[]).await;
    plug_arrives(&shelf).await;
    shelf.script.wait_topic(&format!("{PLUG}/relay/-")).await;
    let mut own = TalkClient::of(&shelf.hub)
        .path("/auth/clown-talk-server_nodes_tasmota_kitchen")
        .basic("ada", PASSWORD)
        .connect()
        .await
        .expect("a device of a definition has an endpoint");
    own.handshake(json!({})).await;
    assert_eq!(own.wait_topic("relay/-").await.payload, json!({ "state": false }));
    let mut device = shelf.door.subscribe(&["-t", "cmnd/kitchen/#", "-v"]).await;
    own.say("relay/-/set", json!({ "state": true })).await;
    assert_eq!(device.line().await, "cmnd/kitchen/POWER ON");
    shelf.device_says("stat/kitchen/POWER", "ON", false).await;
    own.wait_for("the relay to be on", |heard| heard.topic == "relay/-" && heard.payload["state"] == true)
        .await;
}

#[tokio::test]
async fn numbers_keep_their_digits_and_other_clients_hear_them_at_the_broker() {
    for at in At::ALL {
        let shelf = Shelf::new(at, &[]).await;
        let mut others = shelf.door.subscribe(&["-t", "nodes/#", "-v"]).await;
        shelf.device_says("tele/kitchen/LWT", "Online", true).await;
        let sensor =
            r#"{"Time":"2026-11-21T09:00:00","DS18B20":{"Id":"01","Temperature":21.50},"TempUnit":"C"}"#;
        shelf.device_says("tele/kitchen/SENSOR", sensor, false).await;
        let line = others.hears("thermometer/DS18B20").await;
        assert_eq!(line, format!(r#"{PLUG}/thermometer/DS18B20 {{"temperature": [21.50, "℃"]}}"#));
        assert_eq!(shelf.count("echo").await, 0, "nothing goes round");
    }
}
