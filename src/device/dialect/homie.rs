//! Homie: devices describe themselves below `homie/<device>/$…` (versions 3 and 4), or in one JSON object under
//! `homie/5/<device>/$description` (version 5).
//!
//! `$state` says how a device is: `init` while it describes itself, `ready`, `alert`, `sleeping`, `disconnected` when it
//! leaves, `lost` when its broker missed it. A property is read under `<device>/<node>/<property>` and set under `…/set`;
//! what it says then is the confirmation, never `$target`. Source: the Homie convention, versions 4.0.0 and 5.0.

mod five;
mod four;
mod property;

use std::collections::BTreeMap;

use super::draft::{Draft, Presence};
use super::heard::Heard;
use super::{Announcer, MOST_DEVICES, told, too_many};
use crate::talk::Payload;
use five::Description;
use four::Attributes;

/// The root of every topic.
const ROOT: &str = "homie";
/// The version that stands in topics.
const FIVE: &str = "5";
/// The most warnings of one device that are shown.
const MOST_ALERTS: usize = 16;

/// Devices by what stands before their nodes: `homie/kitchen`, `homie/5/kitchen`.
#[derive(Debug, Default)]
pub struct Homie(BTreeMap<Box<str>, Device>);

#[derive(Debug, Default)]
struct Device {
    state: Option<Box<str>>,
    attributes: Attributes,
    description: Option<Description>,
    alerts: Vec<Box<str>>,
}

impl Announcer for Homie {
    fn hear(&mut self, topic: &str, payload: &Payload, heard: &mut Heard) -> bool {
        let Some((device, rest)) = parted(topic) else { return false };
        // Values are below a device, too; what describes it begins with a dollar.
        let Some(attribute) = rest.rsplit('/').find(|level| level.starts_with('$')) else { return false };
        if attribute == "$target" {
            return false;
        }
        if self.0.len() >= MOST_DEVICES && !self.0.contains_key(device) {
            heard.refuse(ROOT, too_many());
            return true;
        }
        let said = text(payload);
        if rest == "$state" && said.is_empty() || rest == "$homie" && said.is_empty() {
            if self.0.remove(device).is_some() {
                heard.touch(device);
            }
            // Who keeps the state of a device has to hear that it is gone, too.
            return true;
        }
        let known = self.0.entry(device.into()).or_default();
        let is_new = match rest {
            "$state" => {
                let was_described = known.state.as_deref().is_some_and(|state| state != "init");
                known.state = Some(said.as_str().into());
                !was_described && said != "init"
            }
            "$description" => {
                let taken = told(payload).map(|description| known.description = description);
                let is_new = taken.is_ok();
                heard.judge(topic, taken);
                is_new
            }
            _ => match rest.strip_prefix("$alert/") {
                Some(alert) => known.warned(alert),
                None => {
                    let taken = known.attributes.put(rest, &said);
                    let is_new = taken == Ok(true);
                    heard.judge(topic, taken.map(|_| ()));
                    is_new
                }
            },
        };
        if is_new {
            heard.touch(device);
        }
        // States and warnings are words about the device as well, which are read like any other.
        !(rest == "$state" || rest.starts_with("$alert/"))
    }

    fn draft(&self, key: &str) -> Option<Draft> {
        let device = self.0.get(key)?;
        let id = key.rsplit('/').next().unwrap_or(key);
        let mut draft = Draft {
            id: id.to_owned(),
            vendor: "Homie".into(),
            family: "Device".into(),
            name: id.to_owned(),
            identifiers: vec![id.to_owned()],
            docs: Some("https://homieiot.github.io/specification/".into()),
            availability: vec![presence(key, None)],
            ..Draft::default()
        };
        match &device.description {
            Some(description) => description.draw(&mut draft, key),
            None => device.attributes.draw(&mut draft, key)?,
        }
        for alert in &device.alerts {
            property::warning(&mut draft, key, alert);
        }
        Some(draft)
    }
}

impl Device {
    /// A device warns of something; whether that is new.
    fn warned(&mut self, alert: &str) -> bool {
        let is_new = !self.alerts.iter().any(|known| **known == *alert) && self.alerts.len() < MOST_ALERTS;
        if is_new {
            self.alerts.push(alert.into());
        }
        is_new
    }
}

/// `homie/kitchen` and `$state` of `homie/kitchen/$state`; the version belongs to the first one.
fn parted(topic: &str) -> Option<(&str, &str)> {
    let rest = topic.strip_prefix(ROOT)?.strip_prefix('/')?;
    let (first, behind) = rest.split_once('/')?;
    let (device, rest) = match first {
        FIVE => behind.split_once('/')?,
        _ => (first, behind),
    };
    if device.is_empty() || device.starts_with('$') || rest.is_empty() {
        return None;
    }
    Some((topic.strip_suffix(rest)?.strip_suffix('/')?, rest))
}

/// Where a device says how it is; `root` names the one that carries it.
fn presence(key: &str, root: Option<&str>) -> Presence {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    Presence {
        topic: format!("{key}/$state"),
        // It is there while it describes itself, too.
        online: words(&["ready", "alert", "init"]),
        offline: words(&["disconnected"]),
        lost: words(&["lost"]),
        asleep: words(&["sleeping"]),
        bridge: root.map(str::to_owned),
        ..Presence::default()
    }
}

/// What a payload says as text.
fn text(payload: &Payload) -> String {
    String::from_utf8_lossy(payload.wire()).trim().to_owned()
}
