//! How a device is, at a real Mosquitto with a real hub: there, asleep, lost, gone, with its gateway or alone; what that means
//! for its values, for whoever commands it, and for the page.

mod common;

// Each test binary uses its own part.
#[path = "discovery/captured.rs"]
mod captured;
#[path = "taught/shelf.rs"]
mod shelf;

use captured::messages;
use common::{Heard, Https};
use serde_json::json;
use shelf::{At, PASSWORD, Shelf};

const LED: &str = "nodes/homie/2fe65700";
const RELAY: &str = "nodes/homie/2fe65700/relay/led-power";

impl Shelf {
    async fn becomes(&mut self, topic: &str, presence: &str) -> Heard {
        let what = format!("{topic} to be {presence}");
        self.script.wait_for(&what, |heard| shelf::is_present(heard, topic, presence)).await
    }

    /// The code and the reason with which a command is refused.
    async fn refused(&mut self, property: &str, id: &str) -> (String, String) {
        self.script.command(&format!("{property}/set"), json!({ "state": true }), id).await;
        let outcome = self.script.outcome(id).await;
        assert_eq!(outcome["step"], "refused", "{outcome}");
        (
            outcome["code"].as_str().unwrap_or_default().into(),
            outcome["reason"].as_str().unwrap_or_default().into(),
        )
    }

    /// What somebody who comes now is told of the value.
    async fn is_shown(&self, topic: &str, presence: &str) {
        let mut late = shelf::script(&self.hub).await;
        late.wait_for(&format!("{topic} as {presence}"), |heard| {
            heard.topic == topic && heard.options["presence"] == presence
        })
        .await;
    }
}

/// A device that describes itself, and says live that it is ready and that its lamp is off.
async fn led_comes(shelf: &mut Shelf) {
    for (topic, payload) in messages("16-homie4-led.mqtt") {
        shelf.device_says(&topic, &payload, true).await;
    }
    shelf.script.wait_topic(RELAY).await;
    shelf.device_says("homie/2fe65700/led/power", "false", true).await;
    shelf.becomes(RELAY, "online").await;
}

#[tokio::test]
async fn a_homie_device_sleeps_wakes_gets_lost_and_comes_back() {
    let mut shelf = Shelf::new(At::Mosquitto, &[]).await;
    led_comes(&mut shelf).await;
    shelf.device_says("homie/2fe65700/$state", "sleeping", true).await;
    let slept = shelf.becomes(LED, "asleep").await.payload;
    assert_eq!(slept["reason"], "it said that it sleeps");
    assert!(slept["since"].is_string() && slept["last"].is_string(), "{slept}");
    shelf.becomes(RELAY, "asleep").await;
    shelf.is_shown(RELAY, "asleep").await;
    let (code, reason) = shelf.refused(RELAY, "asleep").await;
    assert_eq!(code, "asleep");
    assert!(reason.contains("was last heard at") && reason.contains("NOT delivered"), "{reason}");
    let page = Https::new(&shelf.hub).basic("ada", PASSWORD).get("/").await.body;
    assert!(page.contains("data-presence=\"asleep\"") && page.contains("It can be switched when it wakes."));

    shelf.device_says("homie/2fe65700/$state", "ready", true).await;
    shelf.becomes(LED, "online").await;
    shelf.becomes(RELAY, "online").await;
    let mut ears = shelf.door.subscribe(&["-t", "homie/2fe65700/led/power/set", "-v"]).await;
    shelf.script.command(&format!("{RELAY}/set"), json!({ "state": true }), "awake").await;
    assert_eq!(ears.line().await, "homie/2fe65700/led/power/set true", "and not what was refused before");
    shelf.device_says("homie/2fe65700/led/power", "true", true).await;
    assert_eq!(shelf.script.outcome("awake").await["step"], "confirmed");

    shelf.device_says("homie/2fe65700/$state", "lost", true).await;
    let lost = shelf.becomes(LED, "lost").await.payload;
    assert_eq!(lost["reason"], "its connection broke off without a good-bye");
    shelf.becomes(RELAY, "lost").await;
    let (code, reason) = shelf.refused(RELAY, "lost").await;
    assert_eq!(code, "offline");
    assert!(reason.contains("is lost since"), "{reason}");
    shelf.device_says("homie/2fe65700/$state", "disconnected", true).await;
    shelf.becomes(LED, "offline").await;
    shelf.device_says("homie/2fe65700/$state", "ready", true).await;
    shelf.becomes(LED, "online").await;
    shelf.device_says("homie/2fe65700/led/power", "true", true).await;
    shelf.becomes(RELAY, "online").await;
}

#[tokio::test]
async fn a_hub_that_comes_later_knows_who_sleeps_and_takes_no_memory_for_live() {
    let mut shelf = Shelf::new(At::Mosquitto, &[]).await;
    for (topic, payload) in messages("16-homie4-led.mqtt") {
        let payload = if topic.ends_with("$state") { "sleeping" } else { &payload };
        shelf.device_says(&topic, payload, true).await;
    }
    // What the broker remembers comes once more when the device is known.
    shelf.becomes(LED, "asleep").await;
    let again = shelf.hub.launch();
    shelf.hub.stop();
    let hub = again.start();
    let mut script = shelf::script(&hub).await;
    script.wait_for("the sleep", |heard| shelf::is_present(heard, LED, "asleep")).await;
    let remembered = |heard: &Heard| heard.topic == RELAY && heard.options["presence"] == "remembered";
    shelf::script(&hub).await.wait_for("its lamp from memory", remembered).await;
}

/// A root and its child, of Homie 5.
const ROOT: &str = "nodes/homie/gate";
const CHILD: &str = "nodes/homie/lamp";

#[tokio::test]
async fn a_child_is_lost_and_asleep_with_its_root() {
    let mut shelf = Shelf::new(At::Mosquitto, &[]).await;
    let bell =
        r#"{"homie":"5.0","children":["lamp"],"nodes":{"n":{"properties":{"bell":{"datatype":"boolean"}}}}}"#;
    let lamp = r#"{"homie":"5.0","root":"gate","parent":"gate","nodes":{"n":{"properties":{"on":{"datatype":"boolean","settable":true}}}}}"#;
    shelf.device_says("homie/5/gate/$description", bell, true).await;
    shelf.device_says("homie/5/gate/$state", "ready", true).await;
    shelf.device_says("homie/5/lamp/$description", lamp, true).await;
    shelf.device_says("homie/5/lamp/$state", "ready", true).await;
    let relay = format!("{CHILD}/relay/n-on");
    shelf.becomes(&relay, "unknown").await;
    shelf.device_says("homie/5/gate/n/bell", "false", true).await;
    shelf.device_says("homie/5/lamp/n/on", "false", true).await;
    shelf.becomes(&relay, "online").await;
    shelf.device_says("homie/5/gate/$state", "lost", true).await;
    let lost = shelf.becomes(CHILD, "lost").await.payload;
    assert_eq!(lost["reason"], "the connection of gate, which carries it, broke off without a good-bye");
    shelf.becomes(&relay, "lost").await;
    let (code, reason) = shelf.refused(&relay, "lost").await;
    assert_eq!(code, "offline");
    assert!(reason.contains("the connection of gate"), "{reason}");
    shelf.device_says("homie/5/gate/$state", "ready", true).await;
    shelf.becomes(CHILD, "online").await;
    shelf.device_says("homie/5/lamp/n/on", "false", true).await;
    shelf.becomes(&relay, "online").await;
    shelf.device_says("homie/5/gate/$state", "sleeping", true).await;
    let asleep = shelf.becomes(CHILD, "asleep").await.payload;
    assert_eq!(asleep["reason"], "gate sleeps, which carries it");
    assert_eq!(shelf.refused(&relay, "asleep").await.0, "asleep");
    let (code, reason) = shelf.refused(&format!("{ROOT}/input/n-bell"), "root").await;
    assert_ne!(code, "", "{reason}");
}

const METER: &str = r#"
name = "Well"
vendor = "Kvart"

[[property]]
id = "thermometer/-"
quantity = "temperature"
unit = "°C"
interval = "1 s"
read = { topic = "kvart/{id}/t" }

[[property]]
id = "hygrometer/-"
quantity = "relative-humidity"
unit = "%"
interval = "1 s"
read = { topic = "kvart/{id}/h" }

[[property]]
id = "relay/-"
read = { topic = "kvart/{id}/pump", map = { on = true, off = false } }
write = { topic = "kvart/{id}/pump/set", on = "on", off = "off" }

[[availability]]
topic = "kvart/{id}/is"
online = "here"
offline = "bye"
lost = ["gone", "will"]
asleep = "zzz"
"#;

#[tokio::test]
async fn a_definition_says_its_own_words_and_what_is_late_alone_is_stale() {
    let mut shelf = Shelf::new(At::Mosquitto, &[("kvart/well.toml", METER)]).await;
    let base = "nodes/kvart/well";
    for (what, payload) in [("t", "11.5"), ("h", "40"), ("pump", "off")] {
        shelf.device_says(&format!("kvart/well/{what}"), payload, false).await;
    }
    shelf.becomes(&format!("{base}/relay/-"), "online").await;
    for (said, word) in
        [("zzz", "asleep"), ("here", "online"), ("will", "lost"), ("here", "online"), ("bye", "offline")]
    {
        shelf.device_says("kvart/well/is", said, false).await;
        shelf.becomes(base, word).await;
    }
    // One goes on, the other does not; then both are still.
    let late = format!("{base}/thermometer/-");
    let mut script = shelf::script(&shelf.hub).await;
    let stale =
        script.wait_for("the thermometer to be stale", |heard| shelf::is_present(heard, &late, "stale"));
    let goes_on = async {
        shelf.device_says("kvart/well/t", "11.5", false).await;
        loop {
            shelf.device_says("kvart/well/h", "40", false).await;
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        }
    };
    tokio::select! {
        _ = stale => {}
        () = goes_on => {}
    }
    shelf.becomes(base, "silent").await;
    shelf.is_shown(&late, "silent").await;
    shelf.is_shown(&format!("{base}/hygrometer/-"), "silent").await;
}
