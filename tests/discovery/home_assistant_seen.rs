//! Devices that announce themselves to Home Assistant, at a real Mosquitto and a whole hub: they are there, obey, confirm
//! and go, and are asked to announce themselves when the hub comes.

use serde_json::json;

use crate::common::{Hub, Launch, Mosquitto, Setup, Subscriber, TalkClient};

const PASSWORD: &str = "correct horse battery";
const CONFIG: &str = "homeassistant/device/boiler1/config";
const BOILER: &str = "nodes/warm-ltd/boiler1";

/// A hub that hears everything at a broker.
struct House {
    broker: Mosquitto,
    hub: Hub,
    script: TalkClient,
    /// What is said under `homeassistant/status`.
    status: Subscriber,
}

impl House {
    async fn new(more: &str) -> Self {
        let broker = Mosquitto::start(Setup::default()).await;
        let status = broker.subscribe(&["-v", "-t", "+/status"]).await;
        let url = format!("mqtt://127.0.0.1:{}", broker.port());
        let config = format!(
            "[[link]]\nname = \"home\"\nkind = \"mqtt\"\nurl = \"{url}\"\ntopics = [\"# in\"]\n{more}\n[discovery]\naccept = [\"homeassistant\"]\n"
        );
        let hub = Launch::run(&config).account("ada", PASSWORD).start();
        let mut script = TalkClient::of(&hub).basic("ada", PASSWORD).connect().await.expect("ada is let in");
        script.handshake(json!({ "events": true })).await;
        script
            .wait_for("the link to be up", |heard| {
                heard.topic == "$hub/link/home" && heard.payload["state"] == "up"
            })
            .await;
        Self { broker, hub, script, status }
    }

    async fn says(&self, topic: &str, payload: &str) {
        self.broker.publish(&["-t", topic, "-m", payload]).await;
    }
}

fn boiler(more: &str) -> String {
    format!(
        r#"{{"dev":{{"ids":"boiler1","name":"Boiler","mf":"Warm Ltd"}},"o":{{"name":"test"}},"avty_t":"boiler/up","cmps":{{"pump":{{"p":"switch","uniq_id":"p","stat_t":"boiler/pump","cmd_t":"boiler/pump/set"}}{more}}}}}"#
    )
}

const WARMTH: &str = r#","warmth":{"p":"sensor","uniq_id":"w","dev_cla":"temperature","unit_of_meas":"°C","stat_t":"boiler/warmth"}"#;

#[tokio::test]
async fn a_device_is_announced_seen_switched_confirmed_and_taken_back() {
    let mut house = House::new("").await;
    let mut device = house.broker.subscribe(&["-v", "-t", "boiler/pump/set"]).await;
    house.broker.publish(&["-r", "-t", CONFIG, "-m", &boiler(WARMTH)]).await;
    house.broker.publish(&["-r", "-t", "boiler/warmth", "-m", "55.50"]).await;
    let warmth = house.script.wait_topic(&format!("{BOILER}/thermometer/warmth")).await;
    assert_eq!(warmth.payload, json!({ "temperature": [55.5, "°C"] }));

    // It is on the page with its name before its pump has said anything.
    let page = crate::common::Https::new(&house.hub).basic("ada", PASSWORD).get("/").await;
    assert!(page.body.contains("Boiler"), "{}", page.body);

    house.script.command(&format!("{BOILER}/relay/pump/set"), json!({ "state": true }), "c1").await;
    assert_eq!(device.line().await, "boiler/pump/set ON");
    house.says("boiler/pump", "ON").await;
    assert_eq!(house.script.outcome("c1").await["step"], "confirmed");

    house.says("boiler/up", "offline").await;
    house
        .script
        .wait_for("the boiler to be offline", |heard| {
            heard.topic == format!("$hub/presence/{BOILER}") && heard.payload["presence"] == "offline"
        })
        .await;

    // An empty announcement takes it back: it is not known any more.
    house.broker.publish(&["-r", "-n", "-t", CONFIG]).await;
    house.says("boiler/pump", "OFF").await;
    crate::common::until("the boiler to leave the page", || async {
        let page = crate::common::Https::new(&house.hub).basic("ada", PASSWORD).get("/").await;
        (!page.body.contains("Boiler")).then_some(())
    })
    .await;
    house.script.command(&format!("{BOILER}/relay/pump/set"), json!({ "state": true }), "c2").await;
    assert_eq!(house.script.outcome("c2").await["step"], "refused");
}

#[tokio::test]
async fn senders_are_asked_to_announce_themselves_once_and_nothing_stays() {
    let mut house = House::new("").await;
    assert_eq!(house.status.line().await, "homeassistant/status online");
    // Whoever comes later finds nothing in the broker's memory.
    let mut later = house.broker.subscribe(&["-v", "-t", "+/status"]).await;
    house.says("end/status", "end").await;
    assert_eq!(later.line().await, "end/status end");
    assert_eq!(house.status.line().await, "end/status end", "it is said once");
}

#[tokio::test]
async fn another_prefix_is_listened_to_and_asked_under() {
    let mut house = House::new("homeassistant = \"ha\"").await;
    assert_eq!(house.status.line().await, "ha/status online");
    house
        .broker
        .publish(&["-r", "-t", "ha/switch/lamp/config", "-m", r#"{"cmd_t":"lamp/set","stat_t":"lamp"}"#])
        .await;
    house.broker.publish(&["-r", "-t", "lamp", "-m", "ON"]).await;
    house.script.wait_topic("nodes/homeassistant/lamp/relay/-").await;
}
