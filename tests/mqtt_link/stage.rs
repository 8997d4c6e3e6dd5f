//! A bridge on a serial line, a hub, a Mosquitto, and scripts on the hub's endpoint.

use serde_json::{Value, json};

use crate::common::{FakeBridge, Heard, Hub, Launch, Manners, Mosquitto, Setup, TalkClient, until};

/// The password of `ada`.
pub const PASSWORD: &str = "correct horse battery";
/// The bridge's relay, and its command.
pub const RELAY: &str = "nodes/bridge/0/relay/i2c0-3b";
pub const SET: &str = "nodes/bridge/0/relay/i2c0-3b/set";
pub const ON: &str = r#"{"state": true}"#;
/// Both versions of MQTT, as the configuration names them.
pub const VERSIONS: [&str; 2] = ["3.1.1", "5"];

/// The lines of a serial link `usb` below `nodes/bridge/0`.
pub fn usb(bridge: &FakeBridge) -> String {
    let device = bridge.path().display().to_string();
    format!("[[link]]\nname = \"usb\"\nkind = \"serial\"\ndevice = {device:?}\nbase = \"nodes/bridge/0\"\n")
}

/// The lines of a link to a broker; `more` are further lines.
pub fn mqtt(name: &str, broker: &Mosquitto, topics: &[&str], more: &str) -> String {
    let url = format!("mqtt://127.0.0.1:{}", broker.port());
    format!("[[link]]\nname = \"{name}\"\nkind = \"mqtt\"\nurl = \"{url}\"\ntopics = {topics:?}\n{more}\n")
}

/// The line that fixes the version.
pub fn version(version: &str) -> String {
    format!("version = \"{version}\"\n")
}

/// How a hub with the account `ada` is started.
pub fn launch(config: &str) -> Launch {
    Launch::run(config).account("ada", PASSWORD)
}

/// A script that hears everything, all topics complete.
pub async fn script(hub: &Hub) -> TalkClient {
    let mut client = TalkClient::of(hub).basic("ada", PASSWORD).connect().await.expect("ada is let in");
    client.handshake(json!({ "events": true })).await;
    client
}

/// Waits until a link is up.
pub async fn up(client: &mut TalkClient, link: &str) {
    let topic = format!("$hub/link/{link}");
    client
        .wait_for("the link to be up", |heard| heard.topic == topic && heard.payload["state"] == "up")
        .await;
}

/// What a link counts now, asked by a script of its own.
pub async fn count(hub: &Hub, link: &str, what: &str) -> u64 {
    state(hub, link).await["counts"][what].as_u64().expect(what)
}

/// How a link is now.
pub async fn state(hub: &Hub, link: &str) -> Value {
    let mut client = script(hub).await;
    client.wait_topic(&format!("$hub/link/{link}")).await.payload
}

/// Waits until a link has counted so many.
pub async fn counted(hub: &Hub, link: &str, what: &str, at_least: u64) -> u64 {
    until(&format!("{link} to count {at_least} {what}"), || async {
        Some(count(hub, link, what).await).filter(|count| *count >= at_least)
    })
    .await
}

/// Whether a script was told that a property or device is so.
pub fn is_present(heard: &Heard, topic: &str, presence: &str) -> bool {
    heard.topic == format!("$hub/presence/{topic}") && heard.payload["presence"] == presence
}

/// A bridge, a hub that passes `topics`, and a Mosquitto; everything is up.
pub struct Stage {
    pub broker: Mosquitto,
    pub bridge: FakeBridge,
    pub hub: Hub,
    pub script: TalkClient,
}

impl Stage {
    pub async fn new(topics: &[&str]) -> Self {
        Self::with(topics, "").await
    }

    /// With further lines for the link.
    pub async fn with(topics: &[&str], more: &str) -> Self {
        let broker = Mosquitto::start(Setup::default()).await;
        let bridge = FakeBridge::plugged(Manners::default());
        let hub = launch(&(usb(&bridge) + &mqtt("home", &broker, topics, more))).start();
        let mut script = script(&hub).await;
        up(&mut script, "usb").await;
        let script = self::script(&hub).await;
        let mut stage = Self { broker, bridge, hub, script };
        up(&mut stage.script, "home").await;
        stage
    }
}
