//! Every recorded message of the first generation, through a real terminal: what devices said comes out of the hub
//! byte for byte, what was said to devices reaches them as bc-bridge understands it or is refused with a reason.

use std::collections::HashMap;

use clown_hub::hub::Step;
use serde_json::value::RawValue;

use crate::common::{FakeBridge, Manners};
use crate::rig::{BASE, Rig, refusal};

#[derive(serde::Deserialize)]
struct Record {
    generation: String,
    direction: String,
    topic: String,
    payload: Box<RawValue>,
}

/// The recorded messages of one direction, with topics below a base and that base.
fn recorded(direction: &str) -> Vec<(String, String, String)> {
    let records = include_str!("../data/clown-talk.jsonl").lines().map(|line| {
        let record: Record = serde_json::from_str(line).expect(line);
        record
    });
    records
        .filter(|record| record.generation == "clown-talk" && record.direction == direction)
        .map(|record| {
            let topic = record.topic;
            // The workroom of 2017 had its nodes directly below `nodes`.
            let base = if topic.contains("remote/") || topic.contains("base/") { "nodes" } else { BASE };
            let below = topic.strip_prefix(&format!("{base}/")).unwrap_or(&topic).to_owned();
            (base.to_owned(), below, record.payload.get().to_owned())
        })
        .collect()
}

#[tokio::test]
async fn what_devices_said_comes_out_byte_for_byte() {
    let mut said = 0;
    for base in [BASE, "nodes"] {
        let bridge = FakeBridge::plugged(Manners { furious: true, deaf: true, ..Manners::default() });
        let mut rig = Rig::with_base(bridge.path(), base);
        for (_, below, payload) in recorded("from-device").into_iter().filter(|record| record.0 == base) {
            for topic in [below.clone(), format!("{base}/{below}")] {
                bridge.say(&format!("[\"{topic}\", {payload}]")).await;
                let full = format!("{base}/{below}");
                let update = rig.hears(|update| update.message.topic.as_str() == full).await;
                assert_eq!(update.message.payload.as_str(), payload, "{topic}");
            }
            said += 1;
        }
        let counts = rig.view("bridge").counts;
        assert_eq!((counts.malformed, counts.dropped, counts.foreign_command), (0, 0, 0));
    }
    assert_eq!(said, 33);
}

/// The recorded commands that never reach a device, and why.
fn refused() -> HashMap<&'static str, &'static str> {
    HashMap::from([
        ("clown.talk/-/config/set", "handshake"),
        // Whole seconds; the record is what a JSON library made of `1e3`.
        ("thermometer/i2c0-48/config/update", "value"),
        // The dialect of summer 2016, heard from devices and clients of that time but never said to a bridge.
        ("$config/clown-talk/create", "not-a-command"),
        ("$config/clown.talk/-/create", "not-a-command"),
        ("$config/sensors/thermometer/i2c0-48/update", "not-a-command"),
        ("$config/devices/-/-/list", "not-a-command"),
    ])
}

#[tokio::test]
async fn what_was_said_to_devices_reaches_them_or_is_refused() {
    let (refused, mut asked) = (refused(), 0);
    for base in [BASE, "nodes"] {
        // What the base of the workroom understood is not known; that it hears the line must do.
        let is_workroom = base != BASE;
        let manners = Manners { furious: true, deaf: is_workroom, ..Manners::default() };
        let bridge = FakeBridge::plugged(manners);
        let mut rig = Rig::with_base(bridge.path(), base);
        bridge.say(r#"["remote/thermometer/i2c0-49", {"temperature": [21.56, "℃"]}]"#).await;
        rig.hears(|update| update.message.topic.as_str().ends_with("i2c0-49")).await;
        for (_, below, payload) in recorded("to-device").into_iter().filter(|record| record.0 == base) {
            asked += 1;
            bridge.forget().await;
            let done = rig.command(&format!("{base}/{below}"), &payload).await;
            if let Some(code) = refused.get(&*below) {
                assert_eq!((done.step, refusal(&done)), (Step::Refused, *code), "{below} {payload}");
                continue;
            }
            let topic = match below.as_str() {
                "thermometer/i2c0-48/config/set" => "thermometer/i2c0-48/config/update",
                _ => &below,
            };
            let heard = bridge.hears(topic).await;
            let body = heard.strip_prefix(&format!("[\"{topic}\",")).and_then(|rest| rest.strip_suffix(']'));
            assert_eq!(body.expect(&heard), payload.replace(": ", ":").replace(", ", ","), "{below}");
            assert!(!bridge.dropped().await.contains(&heard), "{below} {payload}");
        }
    }
    assert_eq!(asked, 37);
}
