//! Home Assistant's MQTT discovery: `<prefix>/<component>/[<node>/]<object>/config` for each entity, or
//! `<prefix>/device/<object>/config` for a whole device. ESPHome, OpenMQTTGateway and many others speak it.
//!
//! Entities that name the same device, by one of its `identifiers` or `connections`, become one device here; one that
//! names none is a device of its own. Announcements are kept as they came, and drawn when they are asked for. Source:
//! <https://www.home-assistant.io/integrations/mqtt/> and captures in tests/data/dialects.
//!
//! | file | what lives there |
//! | --- | --- |
//! | `kept` | announcements, and which of them are of one device |
//! | `options`, `abbreviation` | options under their long names |
//! | `template` | templates as pointers, or in the language of definitions |
//! | `entity`, `class`, `simple`, `cover`, `climate`, `fan`, `lock`, `light`, `scripted`, `color` | what an entity is and has |
//! | `availability` | how a device says that it is there |
//! | [`offer`] | the way back: a device of the hub as Home Assistant takes it |

mod abbreviation;
mod availability;
mod class;
mod climate;
mod color;
mod cover;
mod entity;
mod fan;
mod kept;
mod light;
mod lock;
pub mod offer;
mod options;
mod scripted;
mod simple;
mod template;

use std::collections::BTreeSet;

use serde_json::Value;

use super::draft::Draft;
use super::heard::Heard;
use super::{Announcer, no_json, unread};
use crate::talk::Payload;
use entity::Entity;
use kept::Kept;
use options::Options;

/// Where devices announce themselves, where nothing else is said.
pub const PREFIX: &str = "homeassistant";
/// The longest announcement of one entity, and of a device, in bytes.
const LONGEST: (usize, usize) = (64 << 10, 1 << 20);
/// The longest id or name of a device or component, in bytes.
const LONGEST_ID: usize = 160;
/// The component that is a whole device.
const DEVICE: &str = "device";
/// Who else offers devices to Home Assistant: hubs know each other's devices in their own language.
const OURSELVES: &str = "clown-hub";
/// The parts of an announcement of a whole device that hold for each of its components.
const SHARED: [&str; 5] = ["~", "command_topic", "state_topic", "qos", "encoding"];
/// Options that are numbers.
const NUMBERS: [&str; 14] = [
    "brightness_scale",
    "expire_after",
    "max",
    "max_mireds",
    "max_temp",
    "min",
    "min_mireds",
    "min_temp",
    "off_delay",
    "position_closed",
    "position_open",
    "speed_range_max",
    "speed_range_min",
    "step",
];
/// The only key of a message that says that another form will take over.
const MIGRATES: &str = "migrate_discovery";

/// Announcements below one prefix.
#[derive(Debug)]
pub struct HomeAssistant {
    /// With its slash.
    prefix: String,
    kept: Kept,
}

impl HomeAssistant {
    /// Listening below `prefix`.
    pub fn new(prefix: &str) -> Self {
        Self { prefix: format!("{}/", prefix.trim_matches('/')), kept: Kept::default() }
    }

    /// What an announcement says, and the names of its device; `None` if there is nothing to keep.
    fn read(&self, place: &Place<'_>, payload: &Payload) -> Result<Option<Vec<Box<str>>>, String> {
        let longest = if place.component == DEVICE { LONGEST.1 } else { LONGEST.0 };
        let length = payload.wire().len();
        if length > longest {
            return Err(format!("is {length} bytes long; {longest} at most are read"));
        }
        if !payload.is_json() {
            return Err(no_json(payload));
        }
        let options = object(payload.as_str())?;
        if options.count() == 1 && options.has(MIGRATES) {
            // What was announced stays until the other form takes its place.
            return Ok(None);
        }
        let origin = options.object("origin").and_then(|origin| origin.text("name"));
        if origin.as_deref() == Some(OURSELVES) {
            return Ok(None);
        }
        if place.component == DEVICE && options.object("components").is_none() {
            return Err("announces a device without components".into());
        }
        Ok(Some(names(&options.object("device").unwrap_or_default())))
    }
}

/// What stands in the topic of an announcement.
struct Place<'a> {
    component: &'a str,
    node: Option<&'a str>,
    object: &'a str,
}

impl<'a> Place<'a> {
    /// Of what stands between the prefix and `/config`.
    fn of(between: &'a str) -> Option<Self> {
        let is_id = |id: &str| {
            (1..=LONGEST_ID).contains(&id.len())
                && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
        };
        let levels: Vec<&str> = between.split('/').collect();
        if !levels.iter().all(|level| is_id(level)) {
            return None;
        }
        match levels.as_slice() {
            [component, object] => Some(Self { component, node: None, object }),
            [component, node, object] => Some(Self { component, node: Some(node), object }),
            _ => None,
        }
    }
}

impl Announcer for HomeAssistant {
    fn hear(&mut self, topic: &str, payload: &Payload, heard: &mut Heard) -> bool {
        let between = topic.strip_prefix(&*self.prefix).and_then(|rest| rest.strip_suffix("/config"));
        let Some((between, place)) = between.and_then(|between| Some((between, Place::of(between)?))) else {
            return false;
        };
        if payload.wire().is_empty() {
            self.kept.remove(between, heard);
            heard.accept(between);
            return true;
        }
        let outcome = match self.read(&place, payload) {
            Ok(Some(names)) => self.kept.put(between, payload.as_str(), names, heard),
            Ok(None) => Ok(()),
            Err(why) => Err(why),
        };
        heard.judge(between, outcome);
        true
    }

    fn draft(&self, key: &str) -> Option<Draft> {
        let (names, announced) = self.kept.device(key)?;
        let mut about = About { identifiers: names.map(str::to_owned).collect(), ..About::default() };
        let mut entities = Vec::new();
        let mut draft = Draft::default();
        let mut all: Vec<(Place<'_>, Options)> =
            announced.filter_map(|(between, text)| Some((Place::of(between)?, object(text).ok()?))).collect();
        // A device that is announced as a whole knows itself best.
        all.sort_by_key(|(place, _)| place.component != DEVICE);
        for (place, options) in all {
            about.add(&place, &options);
            if options.has("device") && options.object("device").is_none() {
                draft.skip(format!("{} device", place.object), "is no object");
            }
            if place.component == DEVICE {
                components(&mut entities, &mut draft, &options);
            } else {
                entities.push(single(&place, options, &about));
            }
        }
        self.draw(draft, about, entities)
    }
}

impl HomeAssistant {
    fn draw(&self, mut draft: Draft, about: About, entities: Vec<Entity>) -> Option<Draft> {
        let gateway = about.via.as_deref().map(|via| self.kept.called(via).unwrap_or_else(|| via.to_owned()));
        let mut seen = BTreeSet::new();
        let mut drawn = Vec::new();
        for entity in entities {
            // The same thing in both forms, while its sender goes over from one to the other.
            let is_first =
                entity.options.text("unique_id").is_none_or(|id| seen.insert((entity.component.clone(), id)));
            if !is_first {
                continue;
            }
            match draw_one(&mut draft, &entity) {
                Ok(()) => drawn.push(entity),
                Err(why) => draft.skip(entity.called(), why),
            }
        }
        availability::draw(&mut draft, &drawn, gateway.as_deref());
        Some(about.tell(draft))
    }
}

/// What an entity has; an error if nothing of it can be used.
fn draw_one(draft: &mut Draft, entity: &Entity) -> Result<(), String> {
    let options = &entity.options;
    if options.is("enabled_by_default") == Some(false) {
        return Err("its sender has it switched off".into());
    }
    match options.text("encoding").map(|encoding| encoding.to_lowercase()) {
        None => {}
        Some(utf8) if matches!(&*utf8, "utf-8" | "utf8") => {}
        Some(other) => return Err(format!("has the encoding {other:.20}")),
    }
    if options.value("encoding").is_some_and(|encoding| encoding == "") {
        return Err("says bytes, no text".into());
    }
    if options.is("retain") == Some(true) {
        draft.skip(format!("{} retain", entity.called()), "commands are never left in the broker's memory");
    }
    for key in NUMBERS.iter().filter(|key| options.has(key) && options.number(key).is_none()) {
        draft.skip(format!("{} {key}", entity.called()), "is no number, and is left out");
    }
    match &*entity.component {
        "sensor" => simple::sensor(draft, entity),
        "binary_sensor" => simple::binary_sensor(draft, entity),
        "switch" => simple::switch(draft, entity),
        "light" => light::light(draft, entity),
        "number" => simple::number(draft, entity),
        "select" => simple::select(draft, entity),
        "button" => simple::button(draft, entity),
        "cover" => cover::cover(draft, entity),
        "fan" => fan::fan(draft, entity),
        "lock" => lock::lock(draft, entity),
        "climate" => climate::climate(draft, entity),
        "text" => simple::text(draft, entity),
        "event" => simple::event(draft, entity),
        "update" => simple::update(draft, entity),
        other => Err(format!("the component {other:.30} is not known here")),
    }
}

/// An entity with an announcement of its own.
fn single(place: &Place<'_>, options: Options, about: &About) -> Entity {
    let name = options.shown("name");
    // What is alone needs no address, and no name beside its device's.
    let is_alone = about.identifiers.is_empty();
    Entity {
        component: place.component.to_owned(),
        address: if is_alone { "-".to_owned() } else { place.object.to_owned() },
        name: name.filter(|_| !is_alone),
        options,
    }
}

/// The entities of a device that announces itself as a whole.
fn components(entities: &mut Vec<Entity>, draft: &mut Draft, device: &Options) {
    for id in device.others("components") {
        draft.skip(shortened(id), "is no object");
    }
    for (id, mut options) in device.objects("components") {
        let Some(component) = options.text("platform") else {
            draft.skip(shortened(id), "says no platform");
            continue;
        };
        if id.len() > LONGEST_ID {
            draft.skip(shortened(id), format!("an id has {LONGEST_ID} bytes at most"));
            continue;
        }
        // Whoever names a platform alone takes the component back.
        if options.count() == 1 {
            continue;
        }
        options.inherit(device, &SHARED);
        if !availability::KEYS.iter().any(|key| options.has(key)) {
            options.inherit(device, &availability::KEYS);
        }
        entities.push(Entity { component, address: id.to_owned(), name: options.shown("name"), options });
    }
}

fn shortened(id: &str) -> String {
    id.chars().take(LONGEST_ID).collect()
}

/// A JSON object, under its long names.
fn object(text: &str) -> Result<Options, String> {
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => Ok(Options::new(object)),
        Ok(_) => Err("is no JSON object".into()),
        Err(error) => Err(unread(&error)),
    }
}

/// The names of a device: its identifiers, and the addresses of its connections.
fn names(device: &Options) -> Vec<Box<str>> {
    let mut names = device.list("identifiers");
    if let Some(Value::Array(connections)) = device.value("connections") {
        let addresses = connections.iter().take(super::MOST_WORDS).filter_map(|one| one.get(1)?.as_str());
        names.extend(addresses.map(str::to_owned));
    }
    let usable =
        names.iter().map(|name| name.trim()).filter(|name| !name.is_empty() && name.len() <= LONGEST_ID);
    usable.map(Into::into).collect()
}

/// What announcements say of the device itself; the first one that says something counts.
#[derive(Debug, Default)]
struct About {
    identifiers: Vec<String>,
    id: Option<String>,
    name: Option<String>,
    maker: Option<String>,
    model: Option<String>,
    model_id: Option<String>,
    area: Option<String>,
    via: Option<String>,
}

impl About {
    fn add(&mut self, place: &Place<'_>, options: &Options) {
        let device = options.object("device").unwrap_or_default();
        if self.id.is_none() && self.identifiers.is_empty() {
            let node = place.node.map(|node| format!("{node}-")).unwrap_or_default();
            self.id = Some(format!("{node}{}", place.object));
            // A device of its own is called as it is.
            self.name = options.shown("name").filter(|_| place.component != DEVICE);
        }
        let take = |known: &mut Option<String>, key: &str| {
            if known.is_none() {
                *known = device.shown(key);
            }
        };
        take(&mut self.name, "name");
        take(&mut self.maker, "manufacturer");
        take(&mut self.model, "model");
        take(&mut self.model_id, "model_id");
        take(&mut self.area, "suggested_area");
        take(&mut self.via, "via_device");
    }

    fn tell(self, draft: Draft) -> Draft {
        let id = self.id.or_else(|| self.identifiers.first().cloned()).unwrap_or_default();
        let family = self.model.clone().or_else(|| self.model_id.clone());
        Draft {
            name: self.name.unwrap_or_else(|| id.clone()),
            id,
            vendor: self.maker.unwrap_or_else(|| PREFIX.to_owned()),
            family: family.unwrap_or_else(|| "Generic".to_owned()),
            model: self.model_id.or(self.model),
            area: self.area,
            identifiers: self.identifiers,
            ..draft
        }
    }
}
