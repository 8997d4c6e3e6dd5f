//! A hub at a broker where Tasmota devices announce themselves, obey and measure.

// Each test binary that has it uses its own part of it.
#![allow(dead_code)]

use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::common::{Hub, Launch, Mosquitto, MqttDoor, Setup, Subscriber, TalkClient};

/// The password of `ada`.
pub const PASSWORD: &str = "correct horse battery";

/// A hub and its broker.
pub struct House {
    pub hub: Hub,
    pub door: MqttDoor,
    broker: Mosquitto,
}

impl House {
    /// With this in its configuration beside the link; the link is up.
    pub async fn new(more: &str) -> Self {
        let broker = Mosquitto::start(Setup::default()).await;
        let door = broker.door();
        let launch = Launch::run(&config(&broker, more)).account("ada", PASSWORD);
        let house = Self { hub: launch.start(), door, broker };
        house.is_up().await;
        house
    }

    async fn is_up(&self) {
        let mut script = self.script().await;
        let is_up =
            |heard: &crate::common::Heard| heard.topic == "$hub/link/home" && heard.payload["state"] == "up";
        script.wait_for("the link to be up", is_up).await;
    }

    /// The same with another configuration, taken over while it runs.
    pub fn reload(&self, more: &str) {
        self.hub.launch().write_config(&config(&self.broker, more));
        self.hub.signal(rustix::process::Signal::HUP);
    }

    /// The hub is killed as a power cut does it, and starts again.
    pub async fn after_a_power_cut(mut self) -> Self {
        self.hub.signal(rustix::process::Signal::KILL);
        self.hub.wait();
        self.hub = self.hub.launch().start();
        self.is_up().await;
        self
    }

    /// A script that hears everything, all topics complete.
    pub async fn script(&self) -> TalkClient {
        let mut client = TalkClient::of(&self.hub).basic("ada", PASSWORD).connect().await.expect("let in");
        client.handshake(json!({ "events": true })).await;
        client
    }

    /// A plug with a relay and a thermometer announces itself; the broker remembers it.
    pub async fn announces(&self, topic: &str, name: &str) {
        let mac = mac(topic);
        let config = json!({
            "t": topic, "dn": name, "md": "Sonoff Basic", "mac": mac, "rl": [1, 0, 9], "ft": "%prefix%/%topic%/",
            "tp": ["cmnd", "stat", "tele"], "state": ["OFF", "ON", "TOGGLE", "HOLD"],
        });
        let sensors =
            json!({ "sn": { "Time": "x", "DS18B20": { "Id": "1", "Temperature": 0 }, "TempUnit": "C" } });
        // It is known with its config, and then completely.
        for (what, text) in [("sensors", sensors), ("config", config)] {
            let topic = format!("tasmota/discovery/{mac}/{what}");
            self.door.publish(&["-t", &topic, "-m", &text.to_string(), "-r", "-q", "1"]).await;
        }
    }

    /// It measures.
    pub async fn measures(&self, topic: &str, degrees: &str) {
        let text = format!(r#"{{"Time":"x","DS18B20":{{"Id":"1","Temperature":{degrees}}},"TempUnit":"C"}}"#);
        self.door.publish(&["-t", &format!("tele/{topic}/SENSOR"), "-m", &text, "-q", "1"]).await;
    }

    /// It says that it is there, and how its relay is.
    pub async fn is_there(&self, topic: &str) {
        self.door.publish(&["-t", &format!("tele/{topic}/LWT"), "-m", "Online", "-r", "-q", "1"]).await;
        self.switched(topic, "OFF").await;
    }

    /// It says that its relay is so.
    pub async fn switched(&self, topic: &str, state: &str) {
        let text = format!(r#"{{"POWER1":"{state}"}}"#);
        self.door.publish(&["-t", &format!("stat/{topic}/RESULT"), "-m", &text, "-q", "1"]).await;
    }

    /// What is said to it.
    pub async fn ears(&self, topic: &str) -> Subscriber {
        self.door.subscribe(&["-t", &format!("cmnd/{topic}/#"), "-v"]).await
    }

    /// Runs the program against this hub.
    pub fn program(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_clown-hub"))
            .args(arguments)
            .arg("--data")
            .arg(self.hub.data())
            .output()
            .expect("the program starts")
    }

    /// What `clown-hub accept` lists: base and standing.
    pub fn listed(&self) -> Vec<(String, String)> {
        let output = self.program(&["accept", "--json"]);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let list: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let devices = list["devices"].as_array().expect("a list");
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        devices.iter().map(|device| (text(&device["base"]), text(&device["standing"]))).collect()
    }
}

/// The base of a device with this topic.
pub fn base(topic: &str) -> String {
    format!("nodes/tasmota/{topic}")
}

/// The address of its network interface.
pub fn mac(topic: &str) -> String {
    let sum = topic.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    format!("2C3A{sum:08X}")
}

fn config(broker: &Mosquitto, more: &str) -> String {
    let url = format!("mqtt://127.0.0.1:{}", broker.port());
    format!(
        "{more}[[link]]\nname = \"home\"\nkind = \"mqtt\"\nurl = \"{url}\"\ntopics = [\"# in\", \"nodes/# out\"]\n"
    )
}
