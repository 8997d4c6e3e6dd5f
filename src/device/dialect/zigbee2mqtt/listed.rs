//! What a bridge lists: devices with what is known of them, and groups with their members.
//!
//! A list comes from strangers, so each field is looked at for itself: one that is odd costs only what it says.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::exposes::Expose;
use crate::device::dialect::{no_json, unread};
use crate::device::profile::Unknown;
use crate::talk::Payload;

/// The longest name of a device, in bytes.
const LONGEST_NAME: usize = 1_024;
/// The most members of a group that are looked at.
const MOST_MEMBERS: usize = 256;

/// The most damaged entries of a list that are named.
const MOST_TOLD: usize = 5;
/// What stands behind them.
const REST: &str = "; the rest counts";
/// What shows that a list is one of Zigbee2MQTT.
const SIGN: &str = "\"ieee_address\"";

/// A device in the list of a bridge.
#[derive(Debug, PartialEq)]
pub(super) struct Listed {
    /// Its address, `0x00158d0001dc126a`.
    pub ieee: String,
    /// Its friendly name, a topic below the base.
    pub name: String,
    pub vendor: String,
    pub model: String,
    pub description: String,
    /// Whether its page is among Zigbee2MQTT's.
    pub is_documented: bool,
    pub is_disabled: bool,
    pub is_on_battery: bool,
    is_supported: bool,
    is_interviewed: bool,
    /// What it has, as it came: it is read when the device is drawn.
    exposes: Box<str>,
    /// Fields that are not what they should be.
    wrong: Vec<Unknown>,
}

/// A list of a bridge: what could be read of it, and what could not.
pub(super) struct List<T> {
    pub entries: Vec<T>,
    pub damaged: Vec<Damaged>,
}

/// An entry that cannot be read.
pub(super) struct Damaged {
    /// Where it stands in the list, counted from 1.
    number: usize,
    /// The key it would be known by, if that can be read.
    key: Option<String>,
    name: Option<String>,
    why: String,
}

impl Damaged {
    /// Whether it is what was listed before under this key and name.
    pub fn is_of(&self, key: &str, name: &str) -> bool {
        match &self.key {
            Some(own) => own == key,
            None => self.name.as_deref() == Some(name),
        }
    }
}

/// That entries are damaged, each by its name with the reason; the first few of many.
pub(super) fn told(damaged: &[Damaged]) -> Result<(), String> {
    if damaged.is_empty() {
        return Ok(());
    }
    let one = |one: &Damaged| {
        let name = one.name.as_ref().or(one.key.as_ref()).map(|name| format!(" ({name:.60})"));
        format!("entry {}{} {}", one.number, name.unwrap_or_default(), one.why)
    };
    let mut all: Vec<String> = damaged.iter().take(MOST_TOLD).map(one).collect();
    if let Some(more) = damaged.len().checked_sub(MOST_TOLD).filter(|more| *more > 0) {
        all.push(format!("{more} others"));
    }
    Err(format!("{}{REST}", all.join("; ")))
}

/// Whether it looks like a list of Zigbee2MQTT, damaged or not.
pub(super) fn is_list(base: &str, payload: &Payload) -> bool {
    let said = String::from_utf8_lossy(payload.wire());
    let is_usual = base.rsplit('/').next() == Some("zigbee2mqtt");
    is_usual && !matches!(said.trim(), "" | "[]") || said.contains(SIGN)
}

/// The entries of a list, each as it came.
fn entries(payload: &Payload) -> Result<Vec<&RawValue>, String> {
    if payload.wire().is_empty() {
        return Ok(Vec::new());
    }
    match payload.is_json() {
        true => serde_json::from_str(payload.as_str()).map_err(|error| unread(&error)),
        false => Err(no_json(payload)),
    }
}

/// Reads each entry for itself; an error if there are some and none can be read.
fn each<T>(
    payload: &Payload,
    read: impl Fn(&Fields<'_>) -> Result<Option<T>, String>,
    key: impl Fn(&Fields<'_>) -> Option<String>,
) -> Result<List<T>, String> {
    let mut list = List { entries: Vec::new(), damaged: Vec::new() };
    let mut is_read = false;
    for (at, json) in entries(payload)?.into_iter().enumerate() {
        let number = at + 1;
        let Some(fields) = Fields::of(json) else {
            list.damaged.push(Damaged { number, key: None, name: None, why: "is no object".into() });
            continue;
        };
        match read(&fields) {
            Ok(entry) => {
                is_read = true;
                list.entries.extend(entry);
            }
            Err(why) => {
                let (key, name) = (key(&fields), fields.get("friendly_name"));
                list.damaged.push(Damaged { number, key, name, why });
            }
        }
    }
    match told(&list.damaged) {
        Err(why) if !is_read => Err(format!("has no entry that can be read: {}", why.trim_end_matches(REST))),
        Ok(()) | Err(_) => Ok(list),
    }
}

/// The fields of an object, each as it came, and those that are not what they should be.
struct Fields<'a>(BTreeMap<String, &'a RawValue>, RefCell<Vec<Unknown>>);

impl<'a> Fields<'a> {
    fn of(json: &'a RawValue) -> Option<Self> {
        serde_json::from_str(json.get()).ok().map(|fields| Self(fields, RefCell::default()))
    }

    /// A field, if it is there and of this type.
    fn get<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        let json = self.0.get(key).filter(|json| json.get() != "null")?;
        match serde_json::from_str(json.get()) {
            Ok(value) => Some(value),
            Err(error) => {
                self.wrong(key, error.to_string());
                None
            }
        }
    }

    fn wrong(&self, key: &str, why: String) {
        let mut wrong = self.1.borrow_mut();
        if !wrong.iter().any(|known| *known.what == *key) {
            wrong.push(Unknown { what: key.into(), why: why.into() });
        }
    }

    fn text(&self, key: &str) -> String {
        self.get(key).unwrap_or_default()
    }

    fn object(&self, key: &str) -> Option<Self> {
        let json = self.0.get(key).filter(|json| json.get() != "null")?;
        let object = Self::of(json);
        if object.is_none() {
            self.wrong(key, "is no object".into());
        }
        object
    }
}

impl Listed {
    /// The devices of a list, without the coordinator; an error if nothing of it can be read.
    pub fn all(payload: &Payload) -> Result<List<Self>, String> {
        each(payload, Self::one, |fields| ieee(fields).ok())
    }

    fn one(fields: &Fields<'_>) -> Result<Option<Self>, String> {
        let (name, ieee) = (name(fields)?, ieee(fields)?);
        if fields.text("type") == "Coordinator" {
            return Ok(None);
        }
        let definition = fields.object("definition");
        let of_definition = |key: &str| definition.as_ref().map(|known| known.text(key)).unwrap_or_default();
        let or = |text: String, other: &str| if text.is_empty() { fields.text(other) } else { text };
        let exposes = definition.as_ref().and_then(|known| known.0.get("exposes"));
        let state = fields.text("interview_state");
        let is_interviewed = match state.as_str() {
            "" => fields.get("interview_completed").unwrap_or(true),
            state => state == "SUCCESSFUL",
        };
        let mut listed = Self {
            ieee,
            name,
            vendor: or(of_definition("vendor"), "manufacturer"),
            model: or(of_definition("model"), "model_id"),
            description: of_definition("description"),
            is_documented: of_definition("source") == "native",
            is_disabled: fields.get("disabled").unwrap_or(false),
            is_on_battery: fields.text("power_source").contains("Battery"),
            is_supported: fields.get("supported").unwrap_or(definition.is_some()),
            is_interviewed,
            exposes: exposes.map_or("[]", |json| json.get()).into(),
            wrong: Vec::new(),
        };
        listed.wrong = fields.1.take();
        listed.wrong.extend(definition.map(|known| known.1.take()).unwrap_or_default());
        Ok(Some(listed))
    }

    /// Whether it may be used.
    pub fn works(&self) -> bool {
        self.is_interviewed && !self.is_disabled
    }

    /// Why less is known of it than of others.
    pub fn odd(&self) -> Option<&'static str> {
        match (self.is_disabled, self.is_interviewed, self.is_supported) {
            (true, ..) => Some(
                "It is disabled in Zigbee2MQTT: it says nothing and takes nothing until it is enabled there.",
            ),
            (_, false, _) => Some(
                "Zigbee2MQTT has not finished asking it what it has: let it join again, near the coordinator.",
            ),
            (.., false) => {
                Some("Zigbee2MQTT does not know this model: what it has was guessed from its clusters.")
            }
            (false, true, true) => None,
        }
    }

    /// What it has, and what of that cannot be read.
    pub fn exposes(&self) -> (Vec<Expose>, Vec<Unknown>) {
        let (mut exposes, mut broken) = (Vec::new(), self.wrong.clone());
        let list: Vec<&RawValue> = match serde_json::from_str(&self.exposes) {
            Ok(list) => list,
            Err(error) => {
                broken.push(Unknown { what: "exposes".into(), why: error.to_string().into() });
                Vec::new()
            }
        };
        for json in list {
            match serde_json::from_str(json.get()) {
                Ok(expose) => exposes.push(expose),
                Err(error) => {
                    let what: String = json.get().chars().take(60).collect();
                    broken.push(Unknown { what: what.into(), why: error.to_string().into() });
                }
            }
        }
        (exposes, broken)
    }
}

fn ieee(fields: &Fields<'_>) -> Result<String, String> {
    let ieee: String = fields.get("ieee_address").ok_or("has no ieee_address")?;
    let digits = ieee.strip_prefix("0x").unwrap_or_default();
    let is_one = digits.len() == 16 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    if is_one { Ok(ieee.to_lowercase()) } else { Err(format!("has the ieee_address `{ieee:.40}`")) }
}

/// A name is part of topics.
fn name(fields: &Fields<'_>) -> Result<String, String> {
    let name: String = fields.get("friendly_name").ok_or("has no friendly_name")?;
    let is_topic = !name.is_empty() && name.len() <= LONGEST_NAME && !name.contains(['+', '#']);
    if is_topic && !name.contains(char::is_control) {
        return Ok(name);
    }
    Err("has a friendly_name that cannot be part of a topic".into())
}

/// A group in the list of a bridge.
#[derive(Debug, PartialEq)]
pub(super) struct Group {
    number: u64,
    pub name: String,
    /// Addresses of the devices in it.
    pub members: Vec<String>,
}

impl Group {
    /// The groups of a list, by the keys under which they are drawn; an error if nothing of it can be read.
    pub fn all(base: &str, payload: &Payload) -> Result<List<(Box<str>, Self)>, String> {
        let key = |number: u64| format!("{base}/group/{number}");
        let read = |fields: &Fields<'_>| {
            let group = Self::one(fields)?;
            Ok(Some((key(group.number).into(), group)))
        };
        each(payload, read, |fields| fields.get("id").map(key))
    }

    fn one(fields: &Fields<'_>) -> Result<Self, String> {
        let name = name(fields)?;
        let number = fields.get("id").ok_or("has no id that is a number")?;
        let members: Vec<Box<RawValue>> = fields.get("members").ok_or("has no list of members")?;
        let members = members.iter().take(MOST_MEMBERS).filter_map(|one| ieee(&Fields::of(one)?).ok());
        Ok(Self { number, name, members: members.collect() })
    }

    /// What tells it apart from the groups of other bridges.
    pub fn id(&self, base: &str) -> String {
        match base {
            "zigbee2mqtt" => format!("group-{}", self.number),
            base => format!("{base}-group-{}", self.number),
        }
    }
}
