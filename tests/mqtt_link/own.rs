//! The hub's own broker, reached by its own link like any other.

use serde_json::json;

use crate::common::{FakeBridge, Hub, Manners, MqttDoor, TalkClient, free_port};
use crate::stage::{ON, RELAY, SET, launch, script, state, up, usb};

struct Own {
    door: MqttDoor,
    bridge: FakeBridge,
    hub: Hub,
    script: TalkClient,
}

impl Own {
    async fn new(more: &str) -> Self {
        let bridge = FakeBridge::plugged(Manners::default());
        let port = free_port();
        let broker = format!("[broker]\nlisten = \"127.0.0.1:{port}\"\nanonymous = \"loopback\"\n{more}\n");
        let hub = launch(&(broker + &usb(&bridge))).start();
        let mut there = script(&hub).await;
        up(&mut there, "usb").await;
        let mut script = script(&hub).await;
        up(&mut script, "own-broker").await;
        Self { door: MqttDoor::tcp(port), bridge, hub, script }
    }
}

#[tokio::test]
async fn mosquitto_pub_at_the_hubs_own_broker_switches_the_relay_on_the_line() {
    let own = Own::new("").await;
    let mut subscriber = own.door.subscribe(&["-t", "nodes/#", "-v"]).await;
    own.door.publish(&["-t", SET, "-m", ON]).await;
    own.bridge.hears("relay/i2c0-3b/set").await;
    subscriber.hears(&format!("{RELAY} {ON}")).await;
    let now = state(&own.hub, "own-broker").await;
    for what in ["echo", "loop", "conflict", "dropped", "malformed"] {
        assert_eq!(now["counts"][what], 0, "{what}: {now}");
    }
}

#[tokio::test]
async fn a_device_at_the_hubs_own_broker_is_shown_and_switched() {
    let mut own = Own::new("").await;
    let relay = "nodes/bridge/7/relay/i2c0-3b";
    let mut device = own.door.subscribe(&["-t", &format!("{relay}/set")]).await;
    own.door.publish(&["-t", relay, "-m", r#"{"state": false}"#]).await;
    own.script.wait_topic(relay).await;
    own.script.command(&format!("{relay}/set"), json!({ "state": true }), "c1").await;
    device.line().await;
    own.door.publish(&["-t", relay, "-m", ON]).await;
    assert_eq!(own.script.outcome("c1").await["step"], "confirmed");
    let answer = own.door.request(&["-V", "5", "-t", SET, "-e", "me/answers", "-m", ON]).await;
    assert!(answer.expect("an answer").contains(r#""step":"confirmed""#));
}
