//! The whole way: a bridge on a serial line, a hub with accounts, scripts on its wss endpoint – and the cable.

mod common;

use std::time::{Duration, Instant};

use common::{FakeBridge, Hub, Launch, Manners, TalkClient};
use serde_json::json;

const PASSWORD: &str = "correct horse battery";
const BRIDGE: &str = "/auth/clown-talk-server_nodes_bridge_0";
const TEMPERATURE: &str = r#"["thermometer/i2c0-48", {"temperature": [24.50, "\u2103"]}]"#;

/// A hub that serves this bridge and has the account `ada`.
fn hub(bridge: &FakeBridge) -> Hub {
    let port = bridge.path();
    let launch = Launch::run(&format!(
        "[[link]]\nname = \"usb\"\nkind = \"serial\"\ndevice = {:?}\nbase = \"nodes/bridge/0\"\n",
        port.display().to_string()
    ));
    launch.account("ada", PASSWORD).start()
}

async fn client(hub: &Hub) -> TalkClient {
    TalkClient::of(hub).path(BRIDGE).basic("ada", PASSWORD).connect().await.expect("ada is let in")
}

#[tokio::test]
async fn a_reading_goes_from_the_line_to_the_script_with_its_digits() {
    let bridge = FakeBridge::plugged(Manners::default());
    let hub = hub(&bridge);
    let mut client = client(&hub).await;
    let ok = client.handshake(json!({})).await;
    assert_eq!(ok.as_object().expect("an object").len(), 5, "the five keys of 2016");
    bridge.hears("clown.talk/-/config/set").await;
    bridge.say(TEMPERATURE).await;
    let heard = client.wait_topic("thermometer/i2c0-48").await;
    assert_eq!(heard.text, TEMPERATURE, "byte for byte");
}

#[tokio::test]
async fn a_relay_is_switched_and_both_scripts_hear_what_the_device_says() {
    let bridge = FakeBridge::plugged(Manners::default());
    let hub = hub(&bridge);
    let (mut one, mut two) = (client(&hub).await, client(&hub).await);
    one.handshake(json!({ "events": true })).await;
    two.handshake(json!({})).await;
    one.wait_for("the bridge", |heard| heard.topic == "$hub/link/usb" && heard.payload["state"] == "up")
        .await;
    one.command("relay/i2c0-3b/set", json!({ "state": true }), "c1").await;
    assert_eq!(one.outcome("c1").await["step"], "confirmed");
    assert_eq!(two.wait_for("on", |heard| heard.payload["state"] == true).await.topic, "relay/i2c0-3b");
    // Two wishes in the same breath have one order, and everybody ends with what the device says.
    one.command("relay/i2c0-3b/set", json!({ "state": false }), "c2").await;
    two.command("relay/i2c0-3b/set", json!({ "state": true }), "c3").await;
    let outcomes = [one.outcome("c2").await, two.outcome("c3").await];
    let steps = outcomes.map(|outcome| outcome["step"].as_str().expect("a step").to_owned());
    assert!(steps.contains(&"confirmed".to_owned()), "{steps:?}");
}

#[tokio::test]
async fn an_unplugged_bridge_is_said_at_once_refuses_and_comes_back_alone() {
    let bridge = FakeBridge::plugged(Manners::default());
    let hub = hub(&bridge);
    let mut client = client(&hub).await;
    client.handshake(json!({ "events": true })).await;
    let up = |heard: &common::Heard| heard.topic == "$hub/link/usb" && heard.payload["state"] == "up";
    client.wait_for("the bridge", up).await;
    bridge.say(TEMPERATURE).await;
    client.wait_topic("thermometer/i2c0-48").await;

    bridge.unplug().await;
    let link = client.wait_for("the loss", |heard| heard.topic == "$hub/link/usb" && !up(heard)).await;
    assert!(!link.payload["hint"].as_str().expect("a hint").is_empty(), "{}", link.text);
    client
        .wait_for("offline", |heard| heard.topic == "$hub/presence" && heard.payload["presence"] == "offline")
        .await;
    let asked = Instant::now();
    client.command("relay/i2c0-3b/set", json!({ "state": true }), "late").await;
    let outcome = client.outcome("late").await;
    assert_eq!(
        (outcome["step"].as_str(), outcome["code"].as_str()),
        (Some("refused"), Some("offline")),
        "{outcome}"
    );
    assert!(asked.elapsed() < Duration::from_secs(1));

    bridge.forget().await;
    bridge.plug().await;
    let plugged = Instant::now();
    client.wait_for("the return", up).await;
    assert!(plugged.elapsed() < Duration::from_secs(3), "back after {:?}", plugged.elapsed());
    let heard = bridge.heard().await;
    assert!(!heard.iter().any(|line| line.contains("relay/i2c0-3b/set")), "nothing is done late: {heard:?}");
}

#[tokio::test]
async fn values_from_before_a_restart_are_remembered_until_the_device_speaks() {
    let bridge = FakeBridge::plugged(Manners::default());
    let first = hub(&bridge);
    let mut client = client(&first).await;
    client.handshake(json!({ "events": true })).await;
    bridge.hears("clown.talk/-/config/set").await;
    bridge.say(TEMPERATURE).await;
    client.wait_topic("thermometer/i2c0-48").await;
    bridge.unplug().await;
    client.wait_for("offline", |heard| heard.payload["presence"] == "offline").await;

    let second = first.restart();
    assert_eq!(client.closed().await.code, 1001);
    let mut client = self::client(&second).await;
    client.handshake(json!({ "events": true })).await;
    let heard = client.wait_topic("thermometer/i2c0-48").await;
    assert!(
        heard.text.contains("24.50") && heard.text.contains(r#""presence":"remembered""#),
        "{}",
        heard.text
    );
}
