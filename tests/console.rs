//! The console of a serial line over TLS: what came and went on a real pseudo-terminal, followed, bounded, and written by
//! hand by whoever may.

mod common;

#[path = "console/bus.rs"]
mod bus;
#[path = "console/rows.rs"]
mod rows;
#[path = "wired/slaves.rs"]
#[allow(dead_code)]
mod slaves;
#[path = "console/write.rs"]
mod write;

use common::{Https, Hub, Launch, PtyDevice, TalkClient, until};
use serde_json::{Value, json};

const PASSWORD: &str = "correct horse battery";

/// A hub with a link `usb` on this port, and an account `ada`.
fn hub(device: &PtyDevice, keys: &str) -> Hub {
    let port = device.path().display().to_string();
    let config = format!("[[link]]\nname = \"usb\"\ndevice = {port:?}\n{keys}\n");
    Launch::run(&config).account("ada", PASSWORD).start()
}

/// The same with a bridge on it.
fn bridge(device: &PtyDevice) -> Hub {
    hub(device, "kind = \"serial\"\nbase = \"nodes/bridge/0\"")
}

fn ada(hub: &Hub) -> Https {
    Https::new(hub).basic("ada", PASSWORD)
}

/// A script that follows the line, and the first answer.
async fn follower(hub: &Hub) -> (TalkClient, Value) {
    let dial = TalkClient::of(hub).basic("ada", PASSWORD);
    let mut script = dial.connect().await.expect("ada may come in");
    script.handshake(json!({ "events": true, "snapshot": false, "filters": ["$nothing"] })).await;
    script.say("clown.talk/-/console/set", json!({ "link": "usb" })).await;
    let first = script.wait_topic("clown.talk/-/console").await.payload;
    (script, first)
}

/// What a row says, as `<` heard, `>` written, or the word for what happened to the port.
fn shown(row: &Value) -> String {
    let text = row["text"].as_str().unwrap_or_default();
    match row["way"].as_str() {
        Some("heard") => format!("<{text}"),
        Some("written") => format!(">{text}"),
        way => way.unwrap_or_default().to_owned(),
    }
}

/// Waits until a row says this, and gives it.
async fn follows(script: &mut TalkClient, what: &str) -> Value {
    let find = |told: &Value| told["rows"].as_array()?.iter().find(|row| shown(row) == what).cloned();
    let is_it =
        |heard: &common::Heard| heard.topic == "clown.talk/-/console" && find(&heard.payload).is_some();
    let told = script.wait_for(&format!("the row {what}"), is_it).await.payload;
    find(&told).expect("it was just found")
}

/// Waits until the page without script has this text, and gives it.
async fn page_with(visitor: &Https, path: &str, text: &str) -> String {
    until(&format!("{text} on {path}"), || async {
        Some(visitor.get(path).await.body).filter(|body| body.contains(text))
    })
    .await
}
