//! Wiren Board: `/devices/<device>/controls/<control>` with a value, and what it is in JSON under `…/meta`, or each part of
//! that under a topic of its own (`…/meta/type`).
//!
//! A word in `…/meta/error` says that the value is the last good one (`r`), that it could not be set (`w`) or that it comes
//! too seldom (`p`); it is told beside the value. A control is set under `…/on`. Source: the conventions of Wiren Board,
//! README.md at 8819ebe.

mod control;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value as Json;

use super::draft::Draft;
use super::heard::Heard;
use super::{Announcer, MOST_DEVICES, told, too_many};
use crate::talk::Payload;
use control::Control;

/// The root of every topic.
const ROOT: &str = "/devices/";
/// The most controls of one device.
const MOST_CONTROLS: usize = 256;

/// Devices by their names.
#[derive(Debug, Default)]
pub struct WirenBoard(BTreeMap<Box<str>, Device>);

#[derive(Debug, Default)]
struct Device {
    title: Option<String>,
    driver: Option<String>,
    controls: BTreeMap<Box<str>, Control>,
}

/// `/devices/<device>/meta`.
#[derive(Debug, Deserialize)]
struct Meta {
    #[serde(default)]
    title: Json,
    driver: Option<String>,
}

impl Announcer for WirenBoard {
    fn hear(&mut self, topic: &str, payload: &Payload, heard: &mut Heard) -> bool {
        let Some((device, rest)) = topic.strip_prefix(ROOT).and_then(|rest| rest.split_once('/')) else {
            return false;
        };
        let parts: Vec<&str> = rest.split('/').collect();
        let about = match parts.as_slice() {
            ["meta"] => About::Device,
            ["meta", "name"] => About::Name,
            ["meta", "driver"] => About::Driver,
            ["controls", control, "meta"] => About::Control(control),
            // Its words are about the value, which the device says with it.
            ["controls", _, "meta", "error"] => return false,
            ["controls", control, "meta", part] => About::Part(control, part),
            _ => return false,
        };
        if self.0.len() >= MOST_DEVICES && !self.0.contains_key(device) {
            heard.refuse(ROOT, too_many());
            return true;
        }
        let (is_new, taken) = self.0.entry(device.into()).or_default().hear(about, payload);
        if is_new {
            heard.touch(device);
        }
        heard.judge(topic, taken);
        if self.0.get(device).is_some_and(Device::is_empty) {
            self.0.remove(device);
        }
        true
    }

    fn draft(&self, key: &str) -> Option<Draft> {
        let device = self.0.get(key)?;
        let mut draft = Draft {
            id: key.to_owned(),
            vendor: "Wiren Board".into(),
            family: device.driver.clone().unwrap_or_else(|| "Device".into()),
            name: device.title.clone().unwrap_or_else(|| key.to_owned()),
            identifiers: vec![key.to_owned()],
            docs: Some("https://github.com/wirenboard/conventions".into()),
            ..Draft::default()
        };
        let mut controls: Vec<(&Box<str>, &Control)> = device.controls.iter().collect();
        controls.sort_by_key(|(name, control)| (control.order, (*name).clone()));
        for (name, control) in controls {
            control.draw(&mut draft, &format!("{ROOT}{key}/controls/{name}"), name);
        }
        (!draft.entries.is_empty() || !draft.unknown.is_empty()).then_some(draft)
    }
}

/// What a message is about.
enum About<'a> {
    Device,
    Name,
    Driver,
    Control(&'a str),
    Part(&'a str, &'a str),
}

impl Device {
    fn is_empty(&self) -> bool {
        self.title.is_none() && self.driver.is_none() && self.controls.is_empty()
    }

    /// Takes what is said: whether it is new, and what of it cannot be read.
    fn hear(&mut self, about: About<'_>, payload: &Payload) -> (bool, Result<(), String>) {
        let text = || Some(String::from_utf8_lossy(payload.wire()).trim().to_owned());
        let text = || text().filter(|text| !text.is_empty());
        let before = (self.title.clone(), self.driver.clone());
        match about {
            About::Device => match told::<Meta>(payload) {
                Ok(meta) => {
                    self.title = meta.as_ref().and_then(|meta| control::titled(&meta.title));
                    self.driver = meta.and_then(|meta| meta.driver);
                }
                Err(why) => return (false, Err(why)),
            },
            About::Name => self.title = text(),
            About::Driver => self.driver = text(),
            About::Control(name) => return self.control(name, |control| control.whole(payload)),
            About::Part(name, part) => return self.control(name, |control| control.part(part, payload)),
        }
        (before != (self.title.clone(), self.driver.clone()), Ok(()))
    }

    fn control(
        &mut self,
        name: &str,
        take: impl FnOnce(&mut Control) -> Result<(), String>,
    ) -> (bool, Result<(), String>) {
        if self.controls.len() >= MOST_CONTROLS && !self.controls.contains_key(name) {
            let why = format!("its device has {MOST_CONTROLS} other controls, which is all that are kept");
            return (false, Err(why));
        }
        let control = self.controls.entry(name.into()).or_default();
        let before = control.clone();
        let taken = take(control);
        let is_new = *control != before;
        if control.kind.is_none() {
            self.controls.remove(name);
        }
        (is_new, taken)
    }
}
