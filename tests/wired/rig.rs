//! A hub with one line, and a script that hears everything.

use std::fmt::Display;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::common::{Heard, Hub, Launch, PtyDevice, TalkClient};

const PASSWORD: &str = "correct horse battery";

/// A hub with a line called `line`.
pub struct Rig {
    pub hub: Hub,
    pub script: TalkClient,
}

/// The section of a link on this port.
pub fn section(port: impl Display, keys: &str) -> String {
    format!("[[link]]\nname = \"line\"\nkind = \"wired\"\ndevice = \"{port}\"\n{keys}\n")
}

impl Rig {
    /// With this device on its line, heard as the keys say.
    pub async fn new(device: &PtyDevice, keys: &str) -> Self {
        Self::of(&section(device.path().display(), keys)).await
    }

    /// With this configuration.
    pub async fn of(config: &str) -> Self {
        let hub = Launch::run(config).account("ada", PASSWORD).start();
        let script = script(&hub).await;
        Self { hub, script }
    }

    /// The folder of definitions.
    pub fn folder(&self) -> PathBuf {
        self.hub.launch().config_file().with_file_name("devices")
    }

    /// Waits until the link has this code, and tells its facts.
    pub async fn link(&mut self, code: &str) -> Value {
        let is_it = |heard: &Heard| heard.topic == "$hub/link/line" && heard.payload["code"] == code;
        self.script.wait_for(&format!("the link to be {code}"), is_it).await.payload
    }

    /// Waits until this is said.
    pub async fn says(&mut self, topic: &str, payload: Value) {
        let what = format!("{topic} to say {payload}");
        self.script.wait_for(&what, |heard| heard.topic == topic && heard.payload == payload).await;
    }

    /// Waits until a count of the link is at least so much.
    pub async fn counts(&mut self, what: &str, least: u64) {
        let is_so = |heard: &Heard| {
            heard.topic == "$hub/link/line" && heard.payload["counts"][what].as_u64() >= Some(least)
        };
        self.script.wait_for(&format!("{least} of {what}"), is_so).await;
    }

    /// Commands, and tells how it ended.
    pub async fn command(&mut self, topic: &str, payload: Value, id: &str) -> Value {
        self.script.command(topic, payload, id).await;
        self.script.outcome(id).await
    }

    /// What a newcomer is told under this topic.
    pub async fn now(&self, topic: &str) -> Value {
        script(&self.hub).await.wait_topic(topic).await.payload
    }
}

async fn script(hub: &Hub) -> TalkClient {
    let dial = TalkClient::of(hub).basic("ada", PASSWORD);
    let mut script = dial.connect().await.expect("ada may come in");
    script.handshake(json!({ "events": true })).await;
    script
}
