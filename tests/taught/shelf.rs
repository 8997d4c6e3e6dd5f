//! A hub with a folder of definitions, a broker, and a script that hears everything.

// Each test binary that has it uses its own part of it.
#![allow(dead_code)]

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::common::{Heard, Hub, Launch, Mosquitto, MqttDoor, Setup, TalkClient, free_port};

/// The password of `ada`.
pub const PASSWORD: &str = "correct horse battery";

/// Where the devices are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum At {
    /// A broker of somebody else's.
    Mosquitto,
    /// The hub's own.
    Own,
}

impl At {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Mosquitto, Self::Own];
}

/// A hub with a folder of definitions.
pub struct Shelf {
    pub hub: Hub,
    pub door: MqttDoor,
    pub script: TalkClient,
    link: &'static str,
    _broker: Option<Mosquitto>,
}

impl Shelf {
    /// With these files in the folder; everything is up, and what announces itself may be commanded.
    pub async fn new(at: At, files: &[(&str, &str)]) -> Self {
        Self::with(at, files, "\n[discovery]\naccept = [\"all\"]\n").await
    }

    /// Where what announces itself waits for somebody to accept it.
    pub async fn that_asks(at: At) -> Self {
        Self::with(at, &[], "").await
    }

    async fn with(at: At, files: &[(&str, &str)], more: &str) -> Self {
        let (broker, config, door, link) = match at {
            At::Mosquitto => {
                let broker = Mosquitto::start(Setup::default()).await;
                let url = format!("mqtt://127.0.0.1:{}", broker.port());
                let topics = "topics = [\"# in\", \"nodes/# out\"]";
                let config =
                    format!("[[link]]\nname = \"home\"\nkind = \"mqtt\"\nurl = \"{url}\"\n{topics}\n");
                let door = broker.door();
                (Some(broker), config, door, "home")
            }
            At::Own => {
                let port = free_port();
                let config = format!("[broker]\nlisten = \"127.0.0.1:{port}\"\nanonymous = \"loopback\"\n");
                (None, config, MqttDoor::tcp(port), "own-broker")
            }
        };
        let launch = Launch::run(&format!("{config}{more}")).account("ada", PASSWORD);
        let folder = launch.config_file().with_file_name("devices");
        for (name, text) in files {
            put(&folder.join(name), text);
        }
        let hub = launch.start();
        let mut script = script(&hub).await;
        let topic = format!("$hub/link/{link}");
        script
            .wait_for("the link to be up", |heard| heard.topic == topic && heard.payload["state"] == "up")
            .await;
        Self { hub, door, script, link, _broker: broker }
    }

    /// A device publishes.
    pub async fn device_says(&self, topic: &str, payload: &str, retain: bool) {
        let mut arguments = vec!["-t", topic, "-m", payload, "-q", "1"];
        if retain {
            arguments.push("-r");
        }
        self.door.publish(&arguments).await;
    }

    /// Saves a file, as an editor does.
    pub fn save(&self, name: &str, text: &str) {
        put(&self.folder().join(name), text);
    }

    /// The folder of definitions.
    pub fn folder(&self) -> PathBuf {
        self.hub.launch().config_file().with_file_name("devices")
    }

    /// Waits until the definitions are as wished, and gives what is told of them.
    pub async fn definitions(&mut self, what: &str, wish: impl Fn(&Value) -> bool) -> Value {
        self.script
            .wait_for(what, |heard| heard.topic == "$hub/definitions" && wish(&heard.payload))
            .await
            .payload
    }

    /// What the link counts.
    pub async fn count(&self, what: &str) -> u64 {
        let mut script = script(&self.hub).await;
        let link = script.wait_topic(&format!("$hub/link/{}", self.link)).await.payload;
        link["counts"][what].as_u64().expect(what)
    }
}

fn put(file: &std::path::Path, text: &str) {
    fs::create_dir_all(file.parent().expect("it is in a folder")).expect("the temporary folder is writable");
    fs::write(file, text).expect("the temporary folder is writable");
}

/// A script that hears everything, all topics complete.
pub async fn script(hub: &Hub) -> TalkClient {
    let mut client = TalkClient::of(hub).basic("ada", PASSWORD).connect().await.expect("ada is let in");
    client.handshake(json!({ "events": true })).await;
    client
}

/// Whether a script was told that a property or device is so.
pub fn is_present(heard: &Heard, topic: &str, presence: &str) -> bool {
    heard.topic == format!("$hub/presence/{topic}") && heard.payload["presence"] == presence
}
