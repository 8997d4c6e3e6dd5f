//! Dialects in which devices announce themselves: who hears the announcements knows what the device has, without a file.
//!
//! An [`Announcer`] keeps what was announced in its dialect and draws a [`Draft`] of each device. A draft becomes the text
//! of an ordinary definition and is read like a file; so nothing behind the catalog knows where a profile came from, and
//! whoever wants to change it saves the text. What is announced and not understood is listed with its reason.
//!
//! A new dialect is a file here and a line in [`Dialect::ALL`] and [`Dialect::announcer`]; links and pages stay as they are.

pub mod draft;
pub mod entry;
pub mod heard;
pub mod home_assistant;
mod homie;
pub mod identity;
pub mod measured;
mod tasmota;
mod wiren_board;
mod zigbee2mqtt;

use std::collections::BTreeSet;

use crate::talk::Payload;
use draft::Draft;
use heard::{Heard, Refused};
use serde::de::{DeserializeOwned, IgnoredAny};

/// The most devices that one dialect keeps on one link.
const MOST_DEVICES: usize = 4_096;
/// The most words of a choice, names of a device and the like in one list.
const MOST_WORDS: usize = 128;
/// The longest announcement, in bytes: a bridge lists hundreds of devices in one.
pub const LONGEST: usize = 8 << 20;

/// A dialect of announcements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// Home Assistant's MQTT discovery, which devices of many makers speak: `homeassistant/<component>/…/config`.
    HomeAssistant,
    /// Homie 3, 4 and 5.
    Homie,
    /// Tasmota's own: `tasmota/discovery/<MAC>/config`.
    Tasmota,
    /// The conventions of Wiren Board.
    WirenBoard,
    /// Zigbee2MQTT's own: `zigbee2mqtt/bridge/devices`.
    Zigbee2Mqtt,
}

/// What is asked of dialects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Those that are listened to.
    pub dialects: BTreeSet<Dialect>,
    /// The prefix of Home Assistant's discovery.
    pub homeassistant: Box<str>,
    /// Whether senders of that are asked to announce themselves.
    pub asks: bool,
    /// Whether the hub's own devices are offered to Home Assistant.
    pub offers: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            dialects: Dialect::ALL.into_iter().collect(),
            homeassistant: home_assistant::PREFIX.into(),
            asks: true,
            offers: false,
        }
    }
}

impl Dialect {
    /// Every dialect.
    pub const ALL: [Self; 5] =
        [Self::HomeAssistant, Self::Homie, Self::Tasmota, Self::WirenBoard, Self::Zigbee2Mqtt];

    /// Its word in the configuration and in facts.
    pub fn word(self) -> &'static str {
        match self {
            Self::HomeAssistant => "homeassistant",
            Self::Homie => "homie",
            Self::Tasmota => "tasmota",
            Self::WirenBoard => "wirenboard",
            Self::Zigbee2Mqtt => "zigbee2mqtt",
        }
    }

    /// Whether what it says of a device counts more than a definition in the binary; a generic dialect knows less.
    pub fn is_native(self) -> bool {
        match self {
            Self::HomeAssistant => false,
            Self::Homie | Self::Tasmota | Self::WirenBoard | Self::Zigbee2Mqtt => true,
        }
    }

    fn announcer(self, settings: &Settings) -> Box<dyn Announcer> {
        match self {
            Self::HomeAssistant => Box::new(home_assistant::HomeAssistant::new(&settings.homeassistant)),
            Self::Homie => Box::<homie::Homie>::default(),
            Self::Tasmota => Box::<tasmota::Tasmota>::default(),
            Self::WirenBoard => Box::<wiren_board::WirenBoard>::default(),
            Self::Zigbee2Mqtt => Box::<zigbee2mqtt::Zigbee2Mqtt>::default(),
        }
    }
}

/// Keeps what is announced in one dialect.
pub trait Announcer: Send + std::fmt::Debug {
    /// Hears a message. `false` if it is none of this dialect's announcements, or at the same time a word that devices
    /// say. An empty payload takes an announcement back; one that cannot be read leaves the earlier one.
    fn hear(&mut self, topic: &str, payload: &Payload, heard: &mut Heard) -> bool;

    /// The device as it is announced now; nothing if it is announced no more, or not completely yet.
    fn draft(&self, key: &str) -> Option<Draft>;
}

/// The dialects that one link listens to, and the devices about which something has changed.
#[derive(Debug, Default)]
pub struct Dialects {
    announcers: Vec<(Dialect, Box<dyn Announcer>)>,
    touched: BTreeSet<(Dialect, Box<str>)>,
    refused: Refused,
}

impl Dialects {
    /// Those that are asked for.
    pub fn new(settings: &Settings) -> Self {
        let announcers = settings.dialects.iter().map(|dialect| (*dialect, dialect.announcer(settings)));
        Self { announcers: announcers.collect(), touched: BTreeSet::new(), refused: Refused::default() }
    }

    /// Hears a message; whether it was an announcement.
    pub fn hear(&mut self, topic: &str, payload: &Payload) -> bool {
        if payload.wire().len() > LONGEST {
            return false;
        }
        let mut heard = Heard::default();
        for (dialect, announcer) in &mut self.announcers {
            let is_one = announcer.hear(topic, payload, &mut heard);
            self.touched.extend(heard.touched.drain(..).map(|key| (*dialect, key)));
            self.refused.take(*dialect, &mut heard);
            if is_one {
                return true;
            }
        }
        false
    }

    /// The devices about which something has changed since the last time, as they are announced now.
    pub fn changed(&mut self) -> Vec<(Dialect, Box<str>, Option<Draft>)> {
        let touched = std::mem::take(&mut self.touched);
        let drawn = |(dialect, key): (Dialect, Box<str>)| {
            let announcer = self.announcers.iter().find(|(known, _)| *known == dialect);
            let draft = announcer.and_then(|(_, announcer)| announcer.draft(&key));
            (dialect, key, draft)
        };
        touched.into_iter().map(drawn).collect()
    }

    /// What was announced since the last time and is not understood: the dialect, what it calls it, and why.
    pub fn refused(&mut self) -> Vec<(Dialect, Box<str>, String)> {
        self.refused.tell()
    }

    /// About how many devices there is something to tell since the last time.
    pub fn touched(&self) -> usize {
        self.touched.len() + self.refused.untold()
    }
}

/// What an announcement in JSON says; nothing if it is taken back.
fn told<T: DeserializeOwned>(payload: &Payload) -> Result<Option<T>, String> {
    if payload.wire().is_empty() {
        return Ok(None);
    }
    if !payload.is_json() {
        return Err(no_json(payload));
    }
    serde_json::from_str(payload.as_str()).map(Some).map_err(|error| unread(&error))
}

/// Where a payload ceases to be JSON.
fn no_json(payload: &Payload) -> String {
    let error = serde_json::from_slice::<IgnoredAny>(payload.wire()).err();
    error.map_or_else(|| "is no JSON".to_owned(), |error| unread(&error))
}

/// Why JSON is not what was expected.
fn unread(error: &serde_json::Error) -> String {
    if error.is_data() { format!("says something else: {error}") } else { format!("is no JSON: {error}") }
}

/// That no more devices are kept.
fn too_many() -> String {
    format!("{MOST_DEVICES} devices are known, which is all that are kept")
}
