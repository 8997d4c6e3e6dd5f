//! The examples of the manual, run as they stand there.

use serde_json::Value;

use crate::common::until;
use crate::stage::{ON, RELAY, Stage};

const MANUAL: &str = include_str!("../../docs/mqtt.md");

/// The section that this link answers for.
fn section() -> &'static str {
    let start = MANUAL.find("## What goes where").expect("the section");
    let section = &MANUAL[start..];
    section[2..].find("\n## ").map_or(section, |end| &section[..end + 2])
}

/// The words of a line of shell, single quotes taken off.
fn words(line: &str) -> Vec<String> {
    let parts = line.split('\'').enumerate();
    let words = parts.flat_map(|(number, part)| match number % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect(),
        _ => vec![part.to_owned()],
    });
    words.collect()
}

/// The lines that begin with a program, four blanks in.
fn examples(program: &str) -> Vec<Vec<String>> {
    let lines = section().lines().filter_map(|line| line.strip_prefix("    "));
    lines.filter(|line| line.starts_with(program)).map(words).collect()
}

/// Fields of a JSON object, in their order.
fn keys(text: &str) -> Vec<String> {
    let object: serde_json::Map<String, Value> = serde_json::from_str(text).expect(text);
    object.keys().cloned().collect()
}

#[tokio::test]
async fn the_manuals_commands_do_what_it_says() {
    let stage = Stage::new(&["nodes/# both"]).await;
    let door = stage.broker.door();
    let mut subscriber = stage.broker.subscribe(&["-t", "nodes/#", "-v"]).await;
    for example in examples("mosquitto_pub") {
        let arguments: Vec<&str> = example[1..].iter().map(String::as_str).collect();
        door.publish(&arguments).await;
        subscriber.hears(&format!("{RELAY} {ON}")).await;
    }
    let mut answers = Vec::new();
    for example in examples("mosquitto_rr") {
        let arguments: Vec<&str> = example[1..].iter().map(String::as_str).collect();
        answers.push(door.request(&arguments).await.expect("an answer"));
    }
    assert_eq!((examples("mosquitto_pub").len(), answers.len()), (1, 1), "the manual has its examples");
    // The manual shows the answer below the question.
    let shown = section().lines().find(|line| line.contains("\"step\":\"confirmed\"")).expect("an answer");
    assert_eq!(keys(&answers[0]), keys(shown.trim()));
}

#[tokio::test]
async fn the_manuals_messages_look_as_it_says() {
    let stage = Stage::new(&["nodes/# both"]).await;
    let mut births = stage.broker.subscribe(&["-t", "clown-hub/#"]).await;
    let shown = |part: &str| {
        let mut lines = section().lines().filter_map(|line| line.strip_prefix("    {"));
        format!("{{{}", lines.find(|line| line.contains(part)).expect(part))
    };
    assert_eq!(keys(&births.line().await), keys(&shown("\"bases\"")));
    let mut errors = stage.broker.subscribe(&["-t", "nodes/bridge/0/clown.talk/-/error"]).await;
    stage.bridge.unplug().await;
    let told = until("the bridge to be missed", || async {
        let topic = "nodes/bridge/0/relay/i2c0-3b/get";
        stage.broker.publish(&["-t", topic, "-m", "{}"]).await;
        crate::stage::state(&stage.hub, "usb").await["state"]
            .as_str()
            .filter(|state| *state != "up")
            .map(|_| ())
    });
    told.await;
    stage.broker.publish(&["-t", "nodes/bridge/0/relay/i2c0-3b/set", "-m", ON]).await;
    assert_eq!(keys(&errors.hears("\"offline\"").await), keys(&shown("\"code\"")));
}
