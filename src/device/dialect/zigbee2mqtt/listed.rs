//! What a bridge lists: devices with what is known of them, and groups with their members.
//!
//! A list comes from strangers, so each field is looked at for itself: one that is odd costs only what it says.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::exposes::Expose;
use crate::device::profile::Unknown;
use crate::talk::Payload;

/// The longest name of a device, in bytes.
const LONGEST_NAME: usize = 1_024;
/// The most members of a group that are looked at.
const MOST_MEMBERS: usize = 256;

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
}

/// The fields of an object, each as it came.
struct Fields<'a>(BTreeMap<String, &'a RawValue>);

impl<'a> Fields<'a> {
    fn of(json: &'a RawValue) -> Option<Self> {
        serde_json::from_str(json.get()).ok().map(Self)
    }

    /// A field, if it is there and of this type.
    fn get<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        serde_json::from_str(self.0.get(key)?.get()).ok()
    }

    fn text(&self, key: &str) -> String {
        self.get(key).unwrap_or_default()
    }

    fn object(&self, key: &str) -> Option<Self> {
        Self::of(self.0.get(key)?)
    }
}

impl Listed {
    /// The devices of a list, without the coordinator; nothing if it is no such list.
    pub fn all(payload: &Payload) -> Option<Vec<Self>> {
        if payload.wire().is_empty() {
            return Some(Vec::new());
        }
        let list: Vec<&RawValue> = serde_json::from_str(payload.as_str()).ok()?;
        let fields = || list.iter().filter_map(|one| Fields::of(one));
        // Other bridges have devices, too.
        let is_ours = list.is_empty() || fields().any(|one| ieee(&one).is_some());
        is_ours.then(|| fields().filter_map(|one| Self::one(&one)).collect())
    }

    fn one(fields: &Fields<'_>) -> Option<Self> {
        let name = name(fields)?;
        if fields.text("type") == "Coordinator" {
            return None;
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
        Some(Self {
            ieee: ieee(fields)?,
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
        })
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
        let list: Vec<&RawValue> = serde_json::from_str(&self.exposes).unwrap_or_default();
        let (mut exposes, mut broken) = (Vec::new(), Vec::new());
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

fn ieee(fields: &Fields<'_>) -> Option<String> {
    let ieee: String = fields.get("ieee_address")?;
    let digits = ieee.strip_prefix("0x")?;
    let is_one = digits.len() == 16 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_one.then(|| ieee.to_lowercase())
}

/// A name is part of topics.
fn name(fields: &Fields<'_>) -> Option<String> {
    let name: String = fields.get("friendly_name")?;
    let is_topic = !name.is_empty() && name.len() <= LONGEST_NAME && !name.contains(['+', '#']);
    (is_topic && !name.contains(char::is_control)).then_some(name)
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
    /// The groups of a list, by the keys under which they are drawn; nothing if it is no such list.
    pub fn all(base: &str, payload: &Payload) -> Option<Vec<(Box<str>, Self)>> {
        if payload.wire().is_empty() {
            return Some(Vec::new());
        }
        let list: Vec<&RawValue> = serde_json::from_str(payload.as_str()).ok()?;
        let groups: Vec<_> = list
            .iter()
            .filter_map(|one| Self::one(&Fields::of(one)?))
            .map(|group| (format!("{base}/group/{}", group.number).into(), group))
            .collect();
        (list.is_empty() || !groups.is_empty()).then_some(groups)
    }

    fn one(fields: &Fields<'_>) -> Option<Self> {
        let members: Vec<Box<RawValue>> = fields.get("members")?;
        let members = members.iter().take(MOST_MEMBERS).filter_map(|one| ieee(&Fields::of(one)?));
        Some(Self { number: fields.get("id")?, name: name(fields)?, members: members.collect() })
    }

    /// What tells it apart from the groups of other bridges.
    pub fn id(&self, base: &str) -> String {
        match base {
            "zigbee2mqtt" => format!("group-{}", self.number),
            base => format!("{base}-group-{}", self.number),
        }
    }
}
