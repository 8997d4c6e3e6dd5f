//! A dongle on a serial line, a hub, and a Mosquitto, as somebody has them who comes from bcg.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::common::{Hub, Launch, Mosquitto, MqttDoor, Setup, TalkClient, free_port, until};
use crate::dongle::{Dongle, Traits};

const PASSWORD: &str = "correct horse battery";

/// Everything is up.
pub struct Stage {
    pub broker: Mosquitto,
    pub dongle: Arc<Dongle>,
    pub hub: Hub,
}

/// A hub with a broker of its own and nothing else.
pub struct Alone {
    pub door: MqttDoor,
    pub dongle: Arc<Dongle>,
    pub hub: Hub,
}

/// The section of the manual that takes the place of Mosquitto, on a port of loopback.
fn own_broker(port: u16) -> String {
    let manual = include_str!("../../docs/tower.md");
    let mut sections = manual.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next());
    let section = sections.find(|section| section.starts_with("[broker]")).expect("the manual shows it");
    section.replace("0.0.0.0:1883", &format!("127.0.0.1:{port}")) + "anonymous = \"loopback\"\n"
}

impl Alone {
    /// As the manual has it.
    pub async fn new(traits: Traits) -> Self {
        let dongle = Dongle::plugged(traits);
        let (device, port) = (dongle.path().display().to_string(), free_port());
        let link = format!("[[link]]\nname = \"radio\"\nkind = \"tower\"\ndevice = {device:?}\n");
        let hub = Launch::run(&(own_broker(port) + &link)).account("ada", PASSWORD).start();
        for link in ["radio", "own-broker"] {
            until(&format!("{link} to be up"), || async {
                (state(&hub, link).await["state"] == "up").then_some(())
            })
            .await;
        }
        Self { door: MqttDoor::tcp(port), dongle: Arc::new(dongle), hub }
    }
}

/// A script that hears everything.
async fn script(hub: &Hub) -> TalkClient {
    let mut client = TalkClient::of(hub).basic("ada", PASSWORD).connect().await.expect("ada is let in");
    client.handshake(json!({ "events": true, "raw": true })).await;
    client
}

/// How a link is now.
pub async fn state(hub: &Hub, link: &str) -> Value {
    script(hub).await.wait_topic(&format!("$hub/link/{link}")).await.payload
}

impl Stage {
    /// With further lines for the link to the broker and for the one to the dongle.
    pub async fn with(traits: Traits, broker_lines: &str, dongle_lines: &str) -> Self {
        Self::at(Setup::default(), traits, broker_lines, dongle_lines).await
    }

    /// The same at another kind of broker.
    pub async fn at(setup: Setup, traits: Traits, broker_lines: &str, dongle_lines: &str) -> Self {
        let broker = Mosquitto::start(setup).await;
        let dongle = Dongle::plugged(traits);
        let device = dongle.path().display().to_string();
        let topics = r#"["node/# both 1", "gateway/# both 1", "log/# out", "nodes/# both"]"#;
        let config = format!(
            "[[link]]\nname = \"radio\"\nkind = \"tower\"\ndevice = {device:?}\n{dongle_lines}\
             [[link]]\nname = \"home\"\nkind = \"mqtt\"\nurl = \"mqtt://127.0.0.1:{}\"\ntopics = {topics}\n{broker_lines}",
            broker.port()
        );
        let hub = Launch::run(&config).account("ada", PASSWORD).start();
        let stage = Self { broker, dongle: Arc::new(dongle), hub };
        stage.up("radio").await;
        stage.up("home").await;
        stage
    }

    /// A script that hears everything.
    pub async fn script(&self) -> TalkClient {
        script(&self.hub).await
    }

    /// How a link is now.
    pub async fn state(&self, link: &str) -> Value {
        state(&self.hub, link).await
    }

    /// Waits until a link is up.
    pub async fn up(&self, link: &str) {
        until(&format!("{link} to be up"), || async {
            (self.state(link).await["state"] == "up").then_some(())
        })
        .await;
    }

    /// Waits until a link has counted so many.
    pub async fn counted(&self, link: &str, what: &str, at_least: u64) {
        until(&format!("{link} to count {at_least} {what}"), || async {
            (self.state(link).await["counts"][what].as_u64() >= Some(at_least)).then_some(())
        })
        .await;
    }
}
