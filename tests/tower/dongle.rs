//! A radio dongle as far as its line goes: written from what is known of the firmware `twr-gateway-radio-dongle`, not
//! from the hub's code. It answers for its nodes, and everything it hears is written down.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use crate::common::{PtyDevice, until};

/// The dongle's own id, and two nodes.
pub const OWN: &str = "836d19839c3b";
pub const KITCHEN: &str = "836d1983718a";
pub const ATTIC: &str = "836d19821664";

/// How often the dongle looks at its line.
const GLANCE: Duration = Duration::from_millis(2);

/// What the dongle is and does.
#[derive(Clone, Debug)]
pub struct Traits {
    pub firmware: &'static str,
    pub version: &'static str,
    /// The nodes that are paired.
    pub nodes: Vec<String>,
    /// Names in its memory.
    pub names: BTreeMap<String, String>,
    /// States of relays and LEDs, by topic.
    pub states: BTreeMap<String, Value>,
    /// How often `/info` is answered with an id of zeros.
    pub not_ready: u32,
    /// Reads and says nothing.
    pub is_deaf: bool,
    /// Says that it cannot store names.
    pub is_full: bool,
    /// Stores names and does not say so.
    pub is_mute_about_names: bool,
    /// Drops names in silence.
    pub drops_names: bool,
    /// Nodes do not answer.
    pub is_out_of_reach: bool,
}

impl Default for Traits {
    fn default() -> Self {
        Self {
            firmware: "bcf-gateway-usb-dongle",
            version: "v1.10.0",
            nodes: vec![KITCHEN.into(), ATTIC.into()],
            names: BTreeMap::from([(KITCHEN.into(), "kitchen".into())]),
            states: BTreeMap::new(),
            not_ready: 0,
            is_deaf: false,
            is_full: false,
            is_mute_about_names: false,
            drops_names: false,
            is_out_of_reach: false,
        }
    }
}

/// A dongle on a pseudo-terminal.
pub struct Dongle {
    inside: Arc<Mutex<Inside>>,
    path: PathBuf,
    task: JoinHandle<()>,
}

struct Inside {
    device: PtyDevice,
    is_plugged: bool,
    traits: Traits,
    heard: Vec<String>,
}

impl Dongle {
    pub fn plugged(traits: Traits) -> Self {
        let device = PtyDevice::plugged();
        let path = device.path();
        let inside = Arc::new(Mutex::new(Inside { device, is_plugged: true, traits, heard: Vec::new() }));
        let task = tokio::spawn(live(inside.clone()));
        Self { inside, path, task }
    }

    pub fn path(&self) -> PathBuf {
        self.path.clone()
    }

    /// Says one line.
    pub async fn say(&self, line: &str) {
        self.inside.lock().await.device.say(line).await;
    }

    /// A node says something.
    pub async fn node_says(&self, id: &str, rest: &str, payload: &str) {
        self.say(&format!("[\"{id}/{rest}\", {payload}]")).await;
    }

    /// Sends bytes as they are.
    pub async fn write(&self, bytes: &[u8]) {
        self.inside.lock().await.device.write(bytes).await;
    }

    /// Changes what it is and does.
    pub async fn set(&self, change: impl FnOnce(&mut Traits)) {
        change(&mut self.inside.lock().await.traits);
    }

    /// What it heard so far.
    pub async fn heard(&self) -> Vec<String> {
        self.inside.lock().await.heard.clone()
    }

    /// Forgets what it heard.
    pub async fn forget(&self) {
        self.inside.lock().await.heard.clear();
    }

    /// Waits for a line with `part`.
    pub async fn hears(&self, part: &str) -> String {
        until(&format!("the dongle to hear {part}"), || async {
            self.heard().await.into_iter().find(|line| line.contains(part))
        })
        .await
    }

    /// Pulls it out.
    pub async fn unplug(&self) {
        let mut inside = self.inside.lock().await;
        inside.device.unplug();
        inside.is_plugged = false;
    }

    /// Plugs it in again.
    pub async fn plug(&self) {
        let mut inside = self.inside.lock().await;
        inside.device.plug();
        inside.is_plugged = true;
    }
}

impl Drop for Dongle {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn live(inside: Arc<Mutex<Inside>>) {
    loop {
        let mut inside = inside.lock().await;
        while let Some(line) = inside.is_plugged.then(|| inside.device.take_line()).flatten() {
            if line.is_empty() {
                continue;
            }
            inside.heard.push(line.clone());
            for answer in inside.traits.answer(&line) {
                inside.device.say(&answer).await;
            }
        }
        drop(inside);
        tokio::time::sleep(GLANCE).await;
    }
}

impl Traits {
    fn answer(&mut self, line: &str) -> Vec<String> {
        let Ok([topic, payload]) = serde_json::from_str::<[Value; 2]>(line) else { return Vec::new() };
        let topic = topic.as_str().unwrap_or_default();
        if self.is_deaf || line.len() + 1 > 1024 {
            return Vec::new();
        }
        let say = |topic: &str, payload: Value| vec![format!("[\"{topic}\", {payload}]")];
        match topic {
            "/info/get" => {
                let id = if self.not_ready > 0 { "000000000000" } else { OWN };
                self.not_ready = self.not_ready.saturating_sub(1);
                say("/info", json!({ "id": id, "firmware": self.firmware, "version": self.version }))
            }
            "/nodes/get" => say("/nodes", json!(self.nodes)),
            "/nodes/add" if self.nodes.len() >= 32 => say("/attach-failure", payload),
            "/nodes/add" => {
                self.nodes.push(payload.as_str().expect("an id").into());
                say("/attach", payload)
            }
            "/nodes/remove" => {
                self.nodes.retain(|id| *id != payload);
                say("/detach", payload)
            }
            "/nodes/purge" => {
                self.nodes.clear();
                say("/nodes", json!([]))
            }
            "/pairing-mode/start" => say("/pairing-mode", json!("start")),
            "/pairing-mode/stop" => say("/pairing-mode", json!("stop")),
            "$eeprom/alias/list" => self.page(payload.as_u64().expect("a page")),
            "$eeprom/alias/add" if self.is_full => say("$eeprom/alias/add/error", payload["id"].clone()),
            "$eeprom/alias/add" if self.drops_names => Vec::new(),
            "$eeprom/alias/add" => {
                let text = |key: &str| payload[key].as_str().expect("a text").to_owned();
                self.names.insert(text("id"), text("name"));
                if self.is_mute_about_names {
                    return Vec::new();
                }
                say("$eeprom/alias/add/ok", payload["id"].clone())
            }
            "$eeprom/alias/remove" => {
                self.names.remove(payload.as_str().expect("an id"));
                say("$eeprom/alias/remove/ok", payload)
            }
            _ => self.node(topic, payload),
        }
    }

    /// Eight names a page; there is no fifth page.
    fn page(&self, page: u64) -> Vec<String> {
        let Some(skip) = usize::try_from(page).ok().filter(|page| *page < 4) else { return Vec::new() };
        let names: serde_json::Map<String, Value> =
            self.names.iter().skip(8 * skip).take(8).map(|(id, name)| (id.clone(), json!(name))).collect();
        vec![format!("[\"$eeprom/alias/list/{page}\", {}]", Value::Object(names))]
    }

    fn node(&mut self, topic: &str, payload: Value) -> Vec<String> {
        let is_known = topic.split_once('/').is_some_and(|(id, _)| self.nodes.iter().any(|node| node == id));
        let state = topic.strip_suffix("/set").or(topic.strip_suffix("/get"));
        let Some(state) = state.filter(|state| state.ends_with("/state")) else { return Vec::new() };
        if !is_known || self.is_out_of_reach {
            return Vec::new();
        }
        if topic.ends_with("/set") {
            self.states.insert(state.into(), payload);
        }
        let said = self.states.get(state).cloned().unwrap_or(Value::Null);
        vec![format!("[\"{state}\", {said}]")]
    }
}
