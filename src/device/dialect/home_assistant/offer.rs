//! A device of the hub as Home Assistant takes it: one announcement in the device form, with components for what the
//! device has. It is the way back of what the rest of this room reads.
//!
//! What has no counterpart there is left out. A switch is shown on when the device's own topic says so, never before.
//! Source: <https://www.home-assistant.io/integrations/mqtt/>, device discovery.
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`quantity`] | what is offered of a property, by its definition or by what it says |
//! | `single` | one component for one quantity |
//! | `composed` | lights, covers and thermostats, which are one component for several |
//! | `measure` | classes of sensors and the units that each may have |

mod composed;
mod measure;
pub mod quantity;
mod single;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::OURSELVES;
use crate::device::kind_of;
use quantity::Quantity;

/// The most components of one device.
const MOST: usize = 256;

/// A device as it is offered.
#[derive(Clone, Debug, Default)]
pub struct Offer<'a> {
    /// What it is known by for ever; also the beginning of the ids of its components.
    pub id: &'a str,
    /// Its name for people.
    pub name: &'a str,
    /// Who makes it.
    pub maker: Option<&'a str>,
    /// Its family or model.
    pub model: Option<&'a str>,
    /// The version of its firmware.
    pub version: Option<&'a str>,
    /// The room it is in.
    pub area: Option<&'a str>,
    /// The id of what carries it.
    pub via: Option<&'a str>,
    /// Topics under which `{"state": "online"}` has to stand, all of them.
    pub availability: Vec<&'a str>,
}

/// A property of a device, with the names of its topics at the broker.
#[derive(Clone, Debug)]
pub struct Part {
    /// `relay/0`, relative to the device's base.
    pub id: Box<str>,
    /// Where it says how it is.
    pub state: String,
    /// Where it is commanded, if it can be.
    pub command: Option<String>,
    /// What it says and takes.
    pub quantities: Vec<Quantity>,
}

/// What is announced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// The message.
    pub text: String,
    /// The ids of its components, and what each is.
    pub components: BTreeMap<String, &'static str>,
}

/// One thing in Home Assistant.
struct Component {
    platform: &'static str,
    /// What tells it apart on its device.
    id: String,
    name: String,
    /// What else may tell its name apart: its address, then its quantity.
    more: [String; 2],
    options: Map<String, Value>,
}

impl Offer<'_> {
    /// What is announced of a device with these parts; nothing if none of them has a counterpart. `gone` are components
    /// that were announced before: those that are no more are taken back.
    pub fn announce(&self, parts: &[Part], gone: &BTreeMap<String, &'static str>) -> Option<Announcement> {
        let mut components: Vec<Component> = parts.iter().flat_map(components).collect();
        components.truncate(MOST);
        tell_apart(&mut components);
        self.write(components, gone)
    }

    /// What is announced of the hub itself: whether it is there, under the topic of its birth.
    pub fn announce_hub(&self, birth: &str) -> Option<Announcement> {
        let options = json!({
            "state_topic": birth,
            "value_template": STATE,
            "payload_on": "online",
            "payload_off": "offline",
            "device_class": "connectivity",
            "entity_category": "diagnostic",
        });
        let Value::Object(options) = options else { return None };
        let (id, name) = ("connected".to_owned(), "Connected".to_owned());
        let more = [String::new(), String::new()];
        let hub = Component { platform: "binary_sensor", id, name, more, options };
        self.write(vec![hub], &BTreeMap::new())
    }

    fn write(
        &self,
        components: Vec<Component>,
        gone: &BTreeMap<String, &'static str>,
    ) -> Option<Announcement> {
        if components.is_empty() {
            return None;
        }
        let mut known = BTreeMap::new();
        let mut texts = Map::new();
        for Component { platform, id, name, mut options, .. } in components {
            options.insert("p".into(), platform.into());
            options.insert("name".into(), name.into());
            options.insert("unique_id".into(), format!("{}-{id}", self.id).into());
            let key = format!("{platform}-{id}");
            known.insert(key.clone(), platform);
            texts.insert(key, Value::Object(options));
        }
        for (key, platform) in gone {
            if !known.contains_key(key) {
                // Whoever names a platform alone takes the component back.
                texts.insert(key.clone(), json!({ "p": platform }));
            }
        }
        let mut device = Map::new();
        device.insert("identifiers".into(), json!([self.id]));
        let about = [
            ("name", Some(self.name)),
            ("manufacturer", self.maker),
            ("model", self.model),
            ("sw_version", self.version),
            ("suggested_area", self.area),
            ("via_device", self.via),
        ];
        device.extend(about.into_iter().filter_map(|(key, text)| Some((key.to_owned(), text?.into()))));
        let mut whole = Map::new();
        whole.insert("dev".into(), device.into());
        whole.insert("o".into(), origin());
        if !self.availability.is_empty() {
            let one = |topic: &&str| json!({ "topic": topic, "value_template": STATE });
            whole.insert("availability".into(), self.availability.iter().map(one).collect());
            whole.insert("availability_mode".into(), "all".into());
        }
        whole.insert("cmps".into(), texts.into());
        Some(Announcement { text: Value::Object(whole).to_string(), components: known })
    }
}

/// Where births and words about presence say it.
const STATE: &str = "{{ value_json.state }}";

/// Who announces it.
fn origin() -> Value {
    json!({ "name": OURSELVES, "sw": env!("CARGO_PKG_VERSION") })
}

/// What Home Assistant has for a part.
fn components(part: &Part) -> Vec<Component> {
    let mut rest: Vec<&Quantity> = part.quantities.iter().collect();
    let whole = composed::component(part, &mut rest);
    whole
        .into_iter()
        .chain(rest.into_iter().filter_map(|quantity| single::component(part, quantity)))
        .collect()
}

/// Names that stand twice are told apart by the address, then by the quantity.
fn tell_apart(components: &mut [Component]) {
    for further in 0..2 {
        let mut seen = BTreeSet::new();
        let twice: BTreeSet<String> = components
            .iter()
            .filter(|one| !seen.insert(one.name.clone()))
            .map(|one| one.name.clone())
            .collect();
        for one in components.iter_mut().filter(|one| twice.contains(&one.name)) {
            if !one.more[further].is_empty() {
                one.name = format!("{} {}", one.name, one.more[further]);
            }
        }
    }
}

impl Part {
    /// The component for `quantity`, or for the whole part.
    fn component(
        &self,
        platform: &'static str,
        quantity: Option<&Quantity>,
        options: Map<String, Value>,
    ) -> Component {
        let key = quantity.map_or("", |quantity| &quantity.key);
        let id = if key.is_empty() { slug(&self.id) } else { format!("{}-{}", slug(&self.id), slug(key)) };
        let name = quantity.and_then(|quantity| quantity.name.as_deref());
        let name = name.map_or_else(|| shown(kind_of(&self.id)), str::to_owned);
        let address = self.id.rsplit('/').next().filter(|address| *address != "-").unwrap_or_default();
        Component { platform, id, name, more: [address.to_owned(), key.replace('-', " ")], options }
    }
}

/// A type as people read it: `lux-meter` is `Lux meter`.
fn shown(kind: &str) -> String {
    let text = kind.replace('-', " ");
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// A text as a part of an id, which has letters, digits, `_` and `-` only. Two texts never become the same.
pub fn slug(text: &str) -> String {
    let letter = |c: char| match c {
        '/' => '_',
        c if c.is_ascii_alphanumeric() || c == '-' => c,
        _ => '-',
    };
    let slug: String = text.chars().map(letter).collect();
    if slug.replace('_', "/") == text {
        return slug;
    }
    let hash = Sha256::digest(text.as_bytes());
    format!("{slug}-{:02x}{:02x}{:02x}{:02x}", hash[0], hash[1], hash[2], hash[3])
}
