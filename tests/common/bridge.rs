//! A bridge that reads lines as bc-bridge v1.1.1 does: what its parser does not take is dropped without a word.
//!
//! Written from what is known of that firmware and not from the hub's code, so that a command the hub lets through
//! and this bridge drops is a mistake of the hub. It can be told to misbehave ([`Manners`]).

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use super::{PtyDevice, until};

/// How often the bridge looks at its line.
const GLANCE: Duration = Duration::from_millis(2);

/// What the bridge does not do.
#[derive(Clone, Copy, Debug, Default)]
pub struct Manners {
    /// Reads and does nothing.
    pub deaf: bool,
    /// Does not even read.
    pub asleep: bool,
    /// Starts without a greeting.
    pub furious: bool,
}

/// A bridge on a pseudo-terminal.
pub struct FakeBridge {
    inside: Arc<Mutex<Inside>>,
    path: PathBuf,
    task: JoinHandle<()>,
}

struct Inside {
    device: PtyDevice,
    plugged: bool,
    manners: Manners,
    firmware: Firmware,
    heard: Vec<String>,
    dropped: Vec<String>,
}

/// What the bridge knows; an unplug loses it.
#[derive(Default)]
struct Firmware {
    greeted: bool,
    relay: Option<bool>,
    led: Option<String>,
}

impl FakeBridge {
    /// A bridge that is plugged in.
    pub fn plugged(manners: Manners) -> Self {
        Self::with(PtyDevice::plugged(), true, manners)
    }

    /// A bridge that is not there yet.
    pub fn unplugged(manners: Manners) -> Self {
        Self::with(PtyDevice::unplugged(), false, manners)
    }

    fn with(device: PtyDevice, plugged: bool, manners: Manners) -> Self {
        let path = device.path();
        let (heard, dropped, firmware) = (Vec::new(), Vec::new(), Firmware::default());
        let inside = Inside { device, plugged, manners, firmware, heard, dropped };
        let inside = Arc::new(Mutex::new(inside));
        let task = tokio::spawn(live(inside.clone()));
        Self { inside, path, task }
    }

    /// The name of its port.
    pub fn path(&self) -> PathBuf {
        self.path.clone()
    }

    /// Says one line.
    pub async fn say(&self, line: &str) {
        self.inside.lock().await.device.say(line).await;
    }

    /// Sends bytes as they are.
    pub async fn write(&self, bytes: &[u8]) {
        self.inside.lock().await.device.write(bytes).await;
    }

    /// Changes its manners.
    pub async fn behave(&self, manners: Manners) {
        self.inside.lock().await.manners = manners;
    }

    /// Pulls it out.
    pub async fn unplug(&self) {
        let mut inside = self.inside.lock().await;
        inside.plugged = false;
        inside.device.unplug();
    }

    /// Plugs it in as a new terminal; it has to be greeted again.
    pub async fn plug(&self) {
        let mut inside = self.inside.lock().await;
        inside.device.plug();
        inside.plugged = true;
        inside.firmware = Firmware::default();
    }

    /// Starts it again without pulling it out; it waits for a greeting.
    pub async fn reboot(&self) {
        let mut inside = self.inside.lock().await;
        inside.firmware = Firmware::default();
        inside.device.say(r#"["boot", {"reason-for-reset": "watchdog"}]"#).await;
    }

    /// Every line it heard.
    pub async fn heard(&self) -> Vec<String> {
        self.inside.lock().await.heard.clone()
    }

    /// The lines it dropped after it was greeted.
    pub async fn dropped(&self) -> Vec<String> {
        self.inside.lock().await.dropped.clone()
    }

    /// Forgets what it heard.
    pub async fn forget(&self) {
        let mut inside = self.inside.lock().await;
        inside.heard.clear();
        inside.dropped.clear();
    }

    /// Waits until it hears a line with `part`.
    pub async fn hears(&self, part: &str) -> String {
        until(&format!("the bridge to hear {part}"), || async {
            self.heard().await.into_iter().find(|line| line.contains(part))
        })
        .await
    }
}

impl Drop for FakeBridge {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn live(inside: Arc<Mutex<Inside>>) {
    loop {
        {
            let mut inside = inside.lock().await;
            while inside.plugged && !inside.manners.asleep {
                let Some(line) = inside.device.take_line() else { break };
                for reply in inside.hear(line) {
                    inside.device.say(&reply).await;
                }
            }
        }
        tokio::time::sleep(GLANCE).await;
    }
}

impl Inside {
    fn hear(&mut self, line: String) -> Vec<String> {
        self.heard.push(line.clone());
        if self.manners.deaf {
            return Vec::new();
        }
        self.firmware.greeted |= self.manners.furious;
        match self.firmware.hear(&line) {
            Some(replies) => replies,
            None => {
                if self.firmware.greeted {
                    self.dropped.push(line);
                }
                Vec::new()
            }
        }
    }
}

const FACTS: &str = r#"{"ack": false, "device": "bridge", "capabilities": 1, "firmware-datetime": "2016-12-26T17:58:02Z", "firmware-release": "1.1.1"}"#;
const LIST: &str = r#"{"sensors": ["thermometer/i2c0-48", "lux-meter/i2c0-44"], "actuators": ["led/-", "i2c/0", "relay/i2c0-3b", "display-oled/i2c0-3c"], "notifications": []}"#;
const SENSORS: [&str; 5] = ["thermometer", "lux-meter", "barometer", "humidity-sensor", "co2-sensor"];

impl Firmware {
    /// The replies to a line, `None` if it is dropped.
    fn hear(&mut self, line: &str) -> Option<Vec<String>> {
        let (topic, payload) = parse(line)?;
        let topic: Vec<&str> = topic.iter().map(String::as_str).collect();
        if topic == ["clown.talk", "-", "config", "set"] {
            // A second greeting is "bad i2c address" to its parser.
            return (!std::mem::replace(&mut self.greeted, true))
                .then(|| vec![format!("[\"clown.talk/-/config/ok\", {FACTS}]")]);
        }
        if !self.greeted {
            return None;
        }
        if topic == ["-", "-", "config", "list"] {
            return payload.is_empty().then(|| vec![format!("[\"-/-/config/list/ok\", {LIST}]")]);
        }
        let name = topic[..2].join("/");
        let value = |key: &str| (payload.keys().next()? == key).then(|| payload[key].clone());
        match (topic[0], &topic[2..]) {
            (kind, _) if !known_address(kind, topic[1]) => None,
            ("relay", ["set"]) => {
                self.relay = Some(value("state")?.as_bool()?);
                Some(vec![self.relay(&name)])
            }
            ("relay", ["get"]) => Some(vec![self.relay(&name)]),
            ("led", ["set"]) => {
                let word = value("state")?.as_str()?.to_owned();
                ["off", "on", "1-dot", "2-dot", "3-dot"].contains(&&*word).then_some(())?;
                self.led = Some(word);
                Some(vec![self.led(&name)])
            }
            ("led", ["get"]) => Some(vec![self.led(&name)]),
            ("display-oled", ["set"]) => {
                payload.iter().all(|(key, value)| on_display(key, value)).then(Vec::new)
            }
            ("i2c", ["config", "scan"]) => {
                let slaves = r#"{"slaves": [["3B","relay/i2c0-3b"], ["50",null]]}"#;
                payload.is_empty().then(|| vec![format!("[\"{name}/config/scan/ok\", {slaves}]")])
            }
            ("i2c", ["set" | "get"]) => Some(vec![format!(
                "[\"{name}\", {{\"address\": \"48\", \"write\": \"00\", \"read\": \"17,80\"}}]"
            )]),
            (kind, ["get"]) if SENSORS.contains(&kind) => {
                Some(vec![format!("[\"{name}\", {{\"temperature\": [24.50, \"\\u2103\"]}}]")])
            }
            (_, ["config", "update"]) => {
                let interval = value("publish-interval")?;
                let valid =
                    interval.is_null() || interval.as_u64().is_some() && interval.to_string().len() <= 9;
                valid.then(|| vec![format!("[\"{name}/config/ok\", {{\"publish-interval\": {interval}}}]")])
            }
            (_, ["config", "get" | "list"]) => {
                Some(vec![format!("[\"{name}/config/ok\", {{\"publish-interval\": 1}}]")])
            }
            _ => None,
        }
    }

    fn relay(&self, name: &str) -> String {
        let state = self.relay.map_or("null".to_owned(), |state| state.to_string());
        format!("[\"{name}\", {{\"state\": {state}}}]")
    }

    fn led(&self, name: &str) -> String {
        format!("[\"{name}\", {{\"state\": \"{}\"}}]", self.led.as_deref().unwrap_or("off"))
    }
}

/// The levels of the topic and the object, `None` for everything the parser drops.
fn parse(line: &str) -> Option<(Vec<String>, Map<String, Value>)> {
    let Ok(Value::Array(parts)) = serde_json::from_str(line) else { return None };
    let [Value::String(topic), Value::Object(payload)] = parts.as_slice() else { return None };
    let levels: Vec<String> = topic.split('/').filter(|level| !level.is_empty()).map(str::to_owned).collect();
    let fits = (3..=4).contains(&levels.len())
        && levels.iter().all(|level| level.len() <= 31)
        && line.len() < 4096
        && tokens(&Value::Array(parts.clone())) <= 20;
    fits.then(|| (levels, payload.clone()))
}

fn tokens(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(tokens).sum::<usize>(),
        Value::Object(members) => 1 + members.values().map(|value| 1 + tokens(value)).sum::<usize>(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 1,
    }
}

fn known_address(kind: &str, address: &str) -> bool {
    match kind {
        "led" => address == "-",
        "i2c" => matches!(address, "0" | "1"),
        "thermometer" => matches!(address, "i2c0-48" | "i2c0-49" | "i2c1-48" | "i2c1-49"),
        "relay" => matches!(address, "i2c0-3b" | "i2c0-3f"),
        _ => address.len() == 7 && address.starts_with("i2c"),
    }
}

fn on_display(key: &str, value: &Value) -> bool {
    let line = matches!(key.as_bytes(), [b'l', b'i', b'n', b'e', b'-', b'0'..=b'7']);
    value
        .as_str()
        .is_some_and(|text| if line { text.len() <= 21 } else { key == "raw" && text.len() == 1368 })
}
