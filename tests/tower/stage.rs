//! A dongle on a serial line, a hub, and a Mosquitto, as somebody has them who comes from bcg.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::common::{Hub, Launch, Mosquitto, Setup, TalkClient, until};
use crate::dongle::{Dongle, Traits};

const PASSWORD: &str = "correct horse battery";

/// Everything is up.
pub struct Stage {
    pub broker: Mosquitto,
    pub dongle: Arc<Dongle>,
    pub hub: Hub,
}

impl Stage {
    /// With further lines for the link to the broker and for the one to the dongle.
    pub async fn with(traits: Traits, broker_lines: &str, dongle_lines: &str) -> Self {
        let broker = Mosquitto::start(Setup::default()).await;
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
        let mut client =
            TalkClient::of(&self.hub).basic("ada", PASSWORD).connect().await.expect("ada is let in");
        client.handshake(json!({ "events": true, "raw": true })).await;
        client
    }

    /// How a link is now.
    pub async fn state(&self, link: &str) -> Value {
        self.script().await.wait_topic(&format!("$hub/link/{link}")).await.payload
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
