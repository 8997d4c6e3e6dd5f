//! What devices that announce themselves cost: a bridge with hundreds of them is heard, drawn and settled, then each
//! speaks.
//!
//! `cargo bench --bench announced` prints the figures of docs/performance.md. The bridge is Zigbee2MQTT's list of
//! tests/data/dialects, its plug repeated under new addresses and names. Best of several rounds, one thread.

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use clown_hub::device::builtin;
use clown_hub::device::dialect::Settings;
use clown_hub::device::translate::Translator;
use clown_hub::talk::Payload;
use serde_json::{Value, json};

/// Devices of the bridge.
const DEVICES: usize = 500;
/// Rounds of which the best counts.
const ROUNDS: usize = 5;
/// Messages of a round.
const MESSAGES: usize = 20_000;

fn main() {
    let text = list();
    let payload = Payload::from_wire(text.as_bytes());
    let (mut heard, mut settled, mut again) = (Duration::MAX, Duration::MAX, Duration::MAX);
    let mut entities = 0;
    let mut translator = None;
    for _ in 0..ROUNDS {
        let mut one = Translator::listening(builtin::catalog(), &Settings::default());
        let start = Instant::now();
        assert!(one.hear_announcement("zigbee2mqtt/bridge/devices", &payload), "it is an announcement");
        heard = heard.min(start.elapsed());
        let start = Instant::now();
        let news = one.settle();
        settled = settled.min(start.elapsed());
        assert_eq!(news.len(), DEVICES);
        entities = news.iter().map(properties).sum();
        let start = Instant::now();
        one.hear_announcement("zigbee2mqtt/bridge/devices", &payload);
        assert!(one.settle().is_empty(), "nothing is new");
        again = again.min(start.elapsed());
        translator = Some(one);
    }
    println!("{DEVICES} devices, {entities} entities, {} KiB in one message", text.len() >> 10);
    println!("heard {heard:?}, drawn and settled {settled:?}; the same list again {again:?}");
    let Some(mut translator) = translator else { return };
    let said = Payload::from_wire(
        br#"{"state":"ON","power":40.1,"energy":1.10,"device_temperature":31,"power_outage_memory":false,"linkquality":120}"#,
    );
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for at in 0..MESSAGES {
            black_box(translator.hear(&format!("zigbee2mqtt/room {}/plug", at % DEVICES), &said));
        }
        best = best.min(start.elapsed());
    }
    println!("a message of an announced plug with 6 values: {:?}", best / MESSAGES as u32);
    let bridge = Payload::from_wire(br#"{"state":"offline"}"#);
    let start = Instant::now();
    let told = translator.hear("zigbee2mqtt/bridge/state", &bridge).len();
    println!("the bridge's word for {told} devices: {:?}", start.elapsed());
}

fn properties(news: &clown_hub::device::roster::News) -> usize {
    match news {
        clown_hub::device::roster::News::Known { profile, .. } => profile.properties.len(),
        clown_hub::device::roster::News::Gone { .. } | clown_hub::device::roster::News::Refused { .. } => 0,
    }
}

/// A list with so many plugs and the two light bulbs' worth of text that devices usually have.
fn list() -> String {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/dialects/13-zigbee2mqtt-bridge-devices.mqtt");
    let text = std::fs::read_to_string(&path).expect("the capture is there");
    let line =
        text.lines().find_map(|line| line.strip_prefix("zigbee2mqtt/bridge/devices ")).expect("a list");
    let list: Vec<Value> = serde_json::from_str(line).expect("JSON");
    let plug = list.iter().find(|one| one["friendly_name"] == "power_plug").expect("a plug");
    let several = |at: usize| {
        let mut plug = plug.clone();
        plug["friendly_name"] = json!(format!("room {at}/plug"));
        plug["ieee_address"] = json!(format!("0x00158d00{at:08x}"));
        let exposes = plug["definition"]["exposes"].as_array_mut().expect("a list");
        for name in ["voltage", "current"] {
            exposes.push(json!({ "access": 5, "label": name, "name": name, "property": name, "type": "numeric",
                "unit": if name == "voltage" { "V" } else { "A" }, "description": "Measured electrical value" }));
        }
        plug
    };
    let list: Vec<Value> = (0..DEVICES).map(several).collect();
    serde_json::to_string(&list).expect("JSON")
}
