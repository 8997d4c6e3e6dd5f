//! Tasmota's own discovery: `<prefix>/<MAC>/config` says how a device speaks and what it switches, `<prefix>/<MAC>/sensors`
//! what it measures.
//!
//! Keys: `t` topic, `ft` full topic, `tp` prefixes, `rl` relays (0 none, 1 relay, 2 light, 3 shutter), `fn` their names,
//! `state` words for off, on, toggle, hold, `onln` and `ofln` words of the last will, `so` options, `lt_st` kind of light,
//! `swc` and `swn` switches, `btn` buttons, `md` model, `dn` device name. Source: Tasmota's `xdrv_12_discovery.ino` as
//! captured in tests/data/dialects.

mod sensors;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};
use toml_edit::Value as Toml;

use super::draft::{Draft, Presence};
use super::entry::{Entry, Way};
use super::heard::Heard;
use super::{Announcer, MOST_DEVICES, told, too_many};
use crate::talk::Payload;

/// Where devices announce themselves.
const PREFIX: &str = "tasmota/discovery/";

/// Devices by their MAC addresses.
#[derive(Debug, Default)]
pub struct Tasmota(BTreeMap<Box<str>, Known>);

#[derive(Debug, Default)]
struct Known {
    config: Option<Config>,
    sensors: Option<Box<str>>,
}

/// What `config` says.
#[derive(Debug, Deserialize)]
struct Config {
    t: String,
    #[serde(default = "usual_full_topic")]
    ft: String,
    #[serde(default = "usual_prefixes")]
    tp: [String; 3],
    #[serde(default)]
    dn: String,
    #[serde(default)]
    hn: String,
    #[serde(default)]
    mac: String,
    #[serde(default)]
    md: String,
    #[serde(default)]
    rl: Vec<u8>,
    #[serde(default, rename = "fn")]
    names: Vec<Option<String>>,
    #[serde(default)]
    state: Vec<String>,
    #[serde(default = "online")]
    onln: String,
    #[serde(default = "offline")]
    ofln: String,
    #[serde(default)]
    so: BTreeMap<String, i64>,
    #[serde(default)]
    lt_st: u8,
    #[serde(default)]
    swc: Vec<i8>,
    #[serde(default)]
    swn: Vec<Option<String>>,
    #[serde(default)]
    btn: Vec<u8>,
}

fn usual_full_topic() -> String {
    "%prefix%/%topic%/".into()
}

fn usual_prefixes() -> [String; 3] {
    ["cmnd", "stat", "tele"].map(Into::into)
}

fn online() -> String {
    "Online".into()
}

fn offline() -> String {
    "Offline".into()
}

impl Announcer for Tasmota {
    fn hear(&mut self, topic: &str, payload: &Payload, heard: &mut Heard) -> bool {
        let Some((mac, what)) = topic.strip_prefix(PREFIX).and_then(|rest| rest.split_once('/')) else {
            return false;
        };
        if !matches!(what, "config" | "sensors") {
            return false;
        }
        if self.0.len() >= MOST_DEVICES && !self.0.contains_key(mac) {
            heard.refuse(PREFIX, too_many());
            return true;
        }
        let known = self.0.entry(mac.into()).or_default();
        let taken = match what {
            "config" => told(payload).map(|config| known.config = config),
            _ => told::<Map<String, Value>>(payload)
                .map(|sensors| known.sensors = sensors.map(|_| payload.as_str().into())),
        };
        if taken.is_ok() {
            heard.touch(mac);
        }
        heard.judge(topic, taken);
        if known.config.is_none() && known.sensors.is_none() {
            self.0.remove(mac);
        }
        true
    }

    fn draft(&self, key: &str) -> Option<Draft> {
        let known = self.0.get(key)?;
        let config = known.config.as_ref()?;
        let mut draft = Draft {
            id: config.t.clone(),
            vendor: "Tasmota".into(),
            family: if config.md.is_empty() { "Generic".into() } else { config.md.clone() },
            name: if config.dn.is_empty() { config.t.clone() } else { config.dn.clone() },
            docs: Some("https://tasmota.github.io/docs/MQTT/".into()),
            identifiers: vec![config.mac.clone(), key.to_owned()],
            availability: vec![Presence {
                topic: config.tele("LWT"),
                online: vec![config.onln.clone()],
                offline: vec![config.ofln.clone()],
                ..Presence::default()
            }],
            // Answers hold what telemetry says under other names.
            unfolds: vec![
                [config.stat("RESULT"), String::new(), config.tele("STATE")],
                [config.stat("STATUS11"), "/StatusSTS".into(), config.tele("STATE")],
                [config.stat("STATUS8"), "/StatusSNS".into(), config.tele("SENSOR")],
                [config.stat("STATUS10"), "/StatusSNS".into(), config.tele("SENSOR")],
            ],
            ..Draft::default()
        };
        config.switched(&mut draft);
        config.inputs(&mut draft);
        if let Some(json) = &known.sensors {
            sensors::draw(&mut draft, json, &config.tele("SENSOR"), &config.cmnd("Status"));
        }
        let state = || Way::at(&config.tele("STATE"));
        let ask = || Way::at(&config.cmnd("Status")).literal("11");
        draft.entries.push(Entry::new("signal", "wifi").read(state().value("/Wifi/Signal")).ask(ask()));
        draft
            .entries
            .push(Entry::new("device", "-").quantity("uptime").read(state().value("/UptimeSec")).ask(ask()));
        Some(draft)
    }
}

impl Config {
    /// A topic below one of the prefixes.
    fn topic(&self, prefix: usize, end: &str) -> String {
        let full = self
            .ft
            .replace("%prefix%", &self.tp[prefix])
            .replace("%topic%", &self.t)
            .replace("%hostname%", &self.hn)
            .replace("%id%", &self.mac);
        format!("{}/{end}", full.trim_end_matches('/'))
    }

    fn cmnd(&self, end: &str) -> String {
        self.topic(0, end)
    }

    fn stat(&self, end: &str) -> String {
        self.topic(1, end)
    }

    fn tele(&self, end: &str) -> String {
        self.topic(2, end)
    }

    fn option(&self, number: &str) -> bool {
        self.so.get(number).is_some_and(|set| *set != 0)
    }

    fn word(&self, at: usize, usual: &str) -> String {
        self.state.get(at).filter(|word| !word.is_empty()).cloned().unwrap_or_else(|| usual.to_owned())
    }

    /// The name its owner gave to a relay, if it is more than the device's own.
    fn name(&self, at: usize) -> Option<&str> {
        let name = self.names.get(at)?.as_deref()?.trim();
        (!name.is_empty() && name != self.dn).then_some(name)
    }

    /// Relays, lights and shutters.
    fn switched(&self, draft: &mut Draft) {
        let used = self.rl.iter().filter(|kind| **kind != 0).count();
        let lights: Vec<usize> = (0..self.rl.len()).filter(|at| self.rl[*at] == 2).collect();
        let mut shutters = 0_usize;
        for (at, kind) in self.rl.iter().enumerate() {
            match kind {
                1 if self.option("30") => self.power(draft, "light", at, used),
                1 => self.power(draft, "relay", at, used),
                // Channels of one light share what is said of its colour.
                2 => {
                    self.power(draft, "light", at, used);
                    if lights.first() == Some(&at) {
                        self.light(draft, at);
                    }
                }
                // Two relays move one shutter, the second one in its other direction.
                3 => {
                    if shutters.is_multiple_of(2) {
                        self.shutter(draft, shutters / 2 + 1);
                    }
                    shutters += 1;
                }
                0 => {}
                other => draft.skip(format!("rl[{at}] = {other}"), "an unknown kind of relay"),
            }
        }
    }

    fn power(&self, draft: &mut Draft, kind: &str, at: usize, used: usize) {
        let (off, on) = (self.word(0, "OFF"), self.word(1, "ON"));
        let numbered = format!("POWER{}", at + 1);
        // The only relay of a device has no number, unless option 26 gives it one.
        let keys = if used == 1 { vec!["POWER", &numbered] } else { vec![&*numbered] };
        let mut entry = Entry::new(kind, &(at + 1).to_string());
        for key in keys {
            let state = Way::at(&self.tele("STATE")).value(&format!("/{key}"));
            entry = entry.read(state.truth(&on, &off)).read(Way::at(&self.stat(key)).truth(&on, &off));
        }
        let command = self.cmnd(&numbered);
        let entry = entry.write(Way::at(&command).on_off(&on, &off)).ask(Way::at(&command).literal(""));
        draft.entries.push(match self.name(at) {
            Some(name) => entry.name(name),
            None => entry,
        });
    }

    /// What a light has beside on and off: 1 brightness, 2 white tones, 3 colour, 4 and 5 colour and white.
    fn light(&self, draft: &mut Draft, at: usize) {
        let address = (at + 1).to_string();
        let state = |pointer: &str| Way::at(&self.tele("STATE")).value(pointer);
        let command = |name: &str| Way::at(&self.cmnd(name));
        let entry = |quantity: &str| Entry::new("light", &address).quantity(quantity);
        if self.lt_st >= 1 {
            let dimmer = entry("brightness").range(0.0, 100.0).step(1.0).read(state("/Dimmer"));
            draft.entries.push(dimmer.write(command("Dimmer")).ask(command("Dimmer").literal("")));
        }
        if matches!(self.lt_st, 2 | 5) {
            let tone = entry("color-temperature").kind("number").range(153.0, 500.0).step(1.0);
            draft.entries.push(tone.read(state("/CT")).write(command("CT")).ask(command("CT").literal("")));
        }
        if self.lt_st >= 3 {
            let color = entry("color").read(state("/Color")).write(command("Color"));
            draft.entries.push(color.ask(command("Color").literal("")));
        }
    }

    fn shutter(&self, draft: &mut Draft, number: usize) {
        let key = format!("/Shutter{number}");
        let sensor = |end: &str| Way::at(&self.tele("SENSOR")).value(&format!("{key}/{end}"));
        let result = |end: &str| Way::at(&self.stat("RESULT")).value(&format!("{key}/{end}"));
        let command = self.cmnd(&format!("ShutterPosition{number}"));
        let address = number.to_string();
        draft.entries.push(
            Entry::new("cover", &address)
                .range(0.0, 100.0)
                .read(sensor("Position"))
                .read(result("Position"))
                .write(Way::at(&command))
                .ask(Way::at(&command).literal("")),
        );
        let moves = [("-1", "closing"), ("0", "stopped"), ("1", "opening")];
        let moves = || moves.map(|(sent, word)| (sent, Toml::from(word)));
        let words = [("opening", "ShutterOpen"), ("closing", "ShutterClose"), ("stopped", "ShutterStop")];
        let mut action = Entry::new("cover", &address)
            .quantity("action")
            .words(words.map(|(word, _)| word))
            .read(sensor("Direction").map(moves()))
            .read(result("Direction").map(moves()));
        let backlog = words.map(|(word, command)| (word, Toml::from(format!("{command}{number}"))));
        action = action.write(Way::at(&self.cmnd("Backlog")).map(backlog));
        draft.entries.push(action);
    }

    /// Switches and buttons that are told apart from what they switch.
    fn inputs(&self, draft: &mut Draft) {
        let (off, on) = (self.word(0, "OFF"), self.word(1, "ON"));
        for at in (0..self.swc.len()).filter(|at| self.swc[*at] >= 0) {
            let number = at + 1;
            let sensor = Way::at(&self.tele("SENSOR")).value(&format!("/Switch{number}")).truth(&on, &off);
            let mut entry = Entry::new("input", &number.to_string()).read(sensor);
            let status = Way::at(&self.cmnd("Status")).literal("10");
            if self.option("114") {
                let action = Way::at(&self.stat(&format!("SWITCH{number}"))).value("/ACTION");
                let known = [on.as_str(), off.as_str()].map(Toml::from);
                entry = entry.read(action.when("/ACTION", known).truth(&on, &off));
            }
            let name = self.swn.get(at).and_then(Option::as_deref).unwrap_or_default();
            draft.entries.push(entry.name(name).ask(status));
        }
        for at in (0..self.btn.len()).filter(|at| self.btn[*at] != 0) {
            let number = at + 1;
            let topic = self.stat(&format!("BUTTON{number}"));
            let read = Way::at(&topic).value("/ACTION");
            draft.entries.push(Entry::new("button", &number.to_string()).quantity("event").read(read));
        }
    }
}
