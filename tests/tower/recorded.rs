//! Every recorded message of the second generation, through a real terminal and out of the hub, and once more through a
//! real Mosquitto with the clients people have: what nodes and gateway said comes out byte for byte under bcg's topics,
//! what they were told arrives at the dongle's line.

use std::collections::BTreeMap;

use clown_hub::hub::{By, Command, Now};
use clown_hub::talk::Payload;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::common::Subscriber;
use crate::dongle::{Dongle, KITCHEN, Traits};
use crate::rig::{Rig, topic};
use crate::stage::Stage;

/// The node that bcg called by a name when it was recorded.
const NAMED: (&str, &str) = ("836d198200c0", "core-module:0");

#[derive(serde::Deserialize)]
struct Record {
    generation: String,
    direction: String,
    topic: String,
    payload: Box<RawValue>,
}

fn records() -> Vec<Record> {
    let lines = include_str!("../data/clown-talk.jsonl").lines();
    let records: Vec<Record> = lines.map(|line| serde_json::from_str(line).expect(line)).collect();
    let records: Vec<Record> = records.into_iter().filter(|record| record.generation == "tower").collect();
    assert_eq!(records.len(), 98);
    records
}

/// Somebody beside the hub: in this process, or at a broker.
enum Door {
    Hub(Box<Rig>),
    Broker(Box<Stage>, Subscriber),
}

impl Door {
    async fn asks(&self, full: &str, payload: &str) {
        match self {
            Self::Hub(rig) => {
                let by = By { account: "clown".into(), client: 1, from: None };
                let payload = Payload::parse(payload).expect(payload);
                rig.hub.command(Now::now(), Command { topic: topic(full), payload, by, id: None });
            }
            // Nothing is what bcg's flows send for null.
            Self::Broker(stage, _) if payload == "null" => {
                stage.broker.publish(&["-t", full, "-q", "1", "-n"]).await;
            }
            Self::Broker(stage, _) => stage.broker.publish(&["-t", full, "-q", "1", "-m", payload]).await,
        }
    }

    /// The next word under a topic.
    async fn says(&mut self, wanted: &str) -> String {
        match self {
            Self::Hub(rig) => rig.says(wanted).await,
            Self::Broker(_, subscriber) => {
                let line = subscriber.hears(&format!("{wanted} ")).await;
                line.trim_start_matches(&format!("{wanted} ")).to_owned()
            }
        }
    }
}

/// What stands behind the name of a node or of the gateway.
fn below<'a>(topic: &'a str, prefix: &str) -> Option<(&'a str, &'a str)> {
    topic.strip_prefix(prefix)?.split_once('/')
}

/// One record; what it needs to make sense is arranged first.
async fn play(door: &mut Door, dongle: &Dongle, record: &Record) {
    let (said, payload) = (record.topic.as_str(), record.payload.get());
    let own = format!("gateway/usb-dongle{said}");
    dongle.forget().await;
    match (record.direction.as_str(), said) {
        ("from-device", "$sub") => {
            // It was said to sleep before.
            dongle.node_says(KITCHEN, "info", r#"{"firmware": "light", "mode": 2}"#).await;
            door.says(&format!("node/{KITCHEN}/info")).await;
            dongle.say(&format!("[\"{said}\", {payload}]")).await;
            door.asks(&format!("node/{KITCHEN}/light/-/level/set"), "7").await;
            dongle.hears(&format!("[\"{KITCHEN}/light/-/level/set\", 7]")).await;
        }
        // These end a change of names; the change itself is played below.
        ("from-device", "$eeprom/alias/add/ok" | "gateway/usb-dongle/alias/set/ok") => {
            attach(door, dongle).await;
            door.asks(
                "gateway/usb-dongle/alias/set",
                &format!(r#"{{"id": "{KITCHEN}", "alias": "kitchen"}}"#),
            )
            .await;
            let named = door.says("gateway/usb-dongle/alias/set/ok").await;
            assert_eq!(json_of(&named), json!({ "id": KITCHEN, "alias": "kitchen" }));
            unname(door).await;
        }
        ("from-device", "$eeprom/alias/remove/ok") | ("to-device", "$eeprom/alias/remove") => {
            attach(door, dongle).await;
            door.asks("gateway/usb-dongle/alias/remove", payload).await;
            dongle.hears(&format!("[\"$eeprom/alias/remove\", {payload}]")).await;
            let named = door.says("gateway/usb-dongle/alias/remove/ok").await;
            assert_eq!(json_of(&named), json!({ "id": KITCHEN, "alias": null }));
        }
        ("to-device", "$eeprom/alias/add" | "gateway/usb-dongle/alias/set") => {
            attach(door, dongle).await;
            let wish = json_of(payload);
            let name = wish["name"].as_str().or(wish["alias"].as_str());
            door.asks(
                "gateway/usb-dongle/alias/set",
                &json!({ "id": wish["id"], "alias": name }).to_string(),
            )
            .await;
            match name {
                Some(name) => {
                    let line = dongle.hears("$eeprom/alias/add").await;
                    assert_eq!(
                        json_of(&line),
                        json!(["$eeprom/alias/add", { "id": wish["id"], "name": name }])
                    );
                    door.says("gateway/usb-dongle/alias/set/ok").await;
                    unname(door).await;
                }
                None => drop(dongle.hears(&format!("[\"$eeprom/alias/remove\", \"{KITCHEN}\"]")).await),
            }
        }
        ("from-device", "gateway/usb-dongle/info") if payload.contains("000000000000") => {
            dongle.say(&format!("[\"/info\", {payload}]")).await;
            dongle.hears("/info/get").await;
        }
        ("from-device", "gateway/usb-dongle/nodes") if payload != "[]" => {
            list(door, dongle, &json_of(payload)).await;
        }
        ("from-device", "/nodes") => {
            dongle.say(&format!("[\"/nodes\", {payload}]")).await;
            let told = json_of(&door.says("gateway/usb-dongle/nodes").await);
            let ids: Vec<Value> =
                told.as_array().expect("a list").iter().map(|node| node["id"].clone()).collect();
            let mut wanted: Vec<String> = serde_json::from_str(payload).expect("ids");
            wanted.sort();
            assert_eq!(json!(ids), json!(wanted));
        }
        // Names are read when the dongle starts, and when it was reset.
        (_, "$eeprom/alias/list" | "$eeprom/alias/list/0") => {
            let paired = traits().nodes;
            let names = BTreeMap::from([(KITCHEN.into(), "kitchen".into())]);
            dongle.set(|now| (now.nodes, now.names) = (paired, names)).await;
            dongle.say(INFO).await;
            dongle.hears("[\"$eeprom/alias/list\", 0]").await;
            dongle.hears("/nodes/get").await;
            dongle.node_says(KITCHEN, "led/-/state", "true").await;
            assert_eq!(door.says("node/kitchen/led/-/state").await, "true");
            dongle.set(|traits| drop(traits.names.remove(KITCHEN))).await;
            dongle.say(INFO).await;
            // Until then no command is taken.
            door.says("gateway/usb-dongle/nodes").await;
        }
        ("from-device", _) if said.starts_with('/') => {
            dongle.say(&format!("[\"{said}\", {payload}]")).await;
            assert_eq!(door.says(&own).await, payload);
        }
        ("from-device", _) => match below(said, "gateway/usb-dongle") {
            Some((_, rest)) => {
                dongle.say(&format!("[\"/{rest}\", {payload}]")).await;
                assert_eq!(door.says(said).await, payload);
            }
            None => node_says(door, dongle, said, payload).await,
        },
        ("to-device", "gateway/all/info/get") => {
            door.asks(said, payload).await;
            assert!(door.says("gateway/usb-dongle/info").await.contains("bcf-gateway-usb-dongle"));
        }
        ("to-device", _) if said.starts_with('/') => {
            door.asks(&own, payload).await;
            dongle.hears(&format!("[\"{said}\", {payload}]")).await;
        }
        _ => asked(door, dongle, said, payload).await,
    }
}

const INFO: &str =
    r#"["/info", {"id": "836d19839c3b", "firmware": "bcf-gateway-usb-dongle", "version": "v1.10.0"}]"#;

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).expect(text)
}

/// Names are for nodes that are there.
async fn attach(door: &mut Door, dongle: &Dongle) {
    dongle.say(&format!("[\"/attach\", \"{KITCHEN}\"]")).await;
    door.says("gateway/usb-dongle/attach").await;
}

async fn unname(door: &mut Door) {
    door.asks("gateway/usb-dongle/alias/remove", &format!("\"{KITCHEN}\"")).await;
    door.says("gateway/usb-dongle/alias/remove/ok").await;
}

/// A node's word, recorded on the line or at the broker: it is told under bcg's topic and with its unit.
async fn node_says(door: &mut Door, dongle: &Dongle, said: &str, payload: &str) {
    let (called, rest) = said.strip_prefix("node/").unwrap_or(said).split_once('/').expect(said);
    let id = if called == NAMED.1 { NAMED.0 } else { called };
    dongle.node_says(id, rest, payload).await;
    assert_eq!(door.says(&format!("node/{called}/{rest}")).await, payload, "{said}");
    let property = match rest.split('/').collect::<Vec<_>>()[..] {
        ["info"] => "device/-".to_owned(),
        ["accelerometer", "-", "acceleration"] => "accelerometer/x".to_owned(),
        [kind, channel, _] => format!("{kind}/{channel}"),
        _ => panic!("{said}"),
    };
    let told = door.says(&format!("nodes/hardwario/{id}/{property}")).await;
    assert!(told.starts_with('{'), "{said}: {told}");
}

/// The list with names, which is what the dongle says and what it has stored.
async fn list(door: &mut Door, dongle: &Dongle, list: &Value) {
    let of = |key: &str| {
        let all = list.as_array().expect("a list").iter();
        all.map(|node| node[key].as_str().expect(key).to_owned()).collect::<Vec<_>>()
    };
    let (ids, names) = (of("id"), of("alias"));
    let stored: BTreeMap<String, String> = ids.iter().cloned().zip(names).collect();
    dongle.set(|traits| (traits.nodes, traits.names) = (ids, stored)).await;
    dongle.say(INFO).await;
    let mut told = json_of(&door.says("gateway/usb-dongle/nodes").await);
    // Firmware that was heard before stands there, too.
    for node in told.as_array_mut().expect("a list") {
        let node = node.as_object_mut().expect("an object");
        node.retain(|key, _| key == "id" || key == "alias");
    }
    let (mut told, mut wanted) =
        (told.as_array().expect("a list").clone(), list.as_array().expect("a list").clone());
    let by_id = |node: &Value| node["id"].to_string();
    told.sort_by_key(by_id);
    wanted.sort_by_key(by_id);
    assert_eq!(told, wanted);
    let traits = traits();
    dongle.set(|now| (now.nodes, now.names) = (traits.nodes, traits.names)).await;
    dongle.forget().await;
    dongle.say(INFO).await;
    dongle.hears("/nodes/get").await;
    door.says("gateway/usb-dongle/nodes").await;
}

/// A command, recorded at the broker: the line the dongle gets means the same.
async fn asked(door: &mut Door, dongle: &Dongle, said: &str, payload: &str) {
    let line = match below(said, "gateway/") {
        Some((_, rest)) => format!("/{rest}"),
        None => said.strip_prefix("node/").expect(said).replacen(NAMED.1, NAMED.0, 1),
    };
    door.asks(said, payload).await;
    let heard = dongle.hears(&format!("[\"{line}\", ")).await;
    assert_eq!(json_of(&heard), json!([line, json_of(payload)]), "{said}");
}

fn traits() -> Traits {
    Traits {
        nodes: vec![KITCHEN.into(), "836d19821664".into(), "836d19833c33".into(), NAMED.0.into()],
        names: BTreeMap::from([(NAMED.0.into(), NAMED.1.into())]),
        ..Traits::default()
    }
}

#[tokio::test]
async fn all_recorded_words_and_commands_cross_the_line() {
    let dongle = Dongle::plugged(traits());
    let rig = Rig::new(dongle.path());
    rig.up().await;
    let mut door = Door::Hub(Box::new(rig));
    for record in records() {
        play(&mut door, &dongle, &record).await;
    }
}

#[tokio::test]
async fn all_recorded_words_and_commands_cross_line_and_broker_as_with_bcg() {
    let stage = Stage::with(traits(), "", "automatic_rename = false\n").await;
    let subscriber =
        stage.broker.subscribe(&["-t", "node/#", "-t", "gateway/#", "-t", "nodes/#", "-F", "%t %p"]).await;
    let dongle = stage.dongle.clone();
    let mut door = Door::Broker(Box::new(stage), subscriber);
    for record in records() {
        play(&mut door, &dongle, &record).await;
    }
}
