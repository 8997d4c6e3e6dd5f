//! A translator that hears what a broker says, and what it has understood.

use std::collections::BTreeMap;
use std::sync::Arc;

use clown_hub::device::builtin;
use clown_hub::device::catalog::Catalog;
use clown_hub::device::dialect::Settings;
use clown_hub::device::profile::{Profile, Word};
use clown_hub::device::roster::News;
use clown_hub::device::translate::Translator;
use clown_hub::talk::{Payload, Topic};

pub use crate::captured::messages;

/// What was understood.
pub struct Ears {
    translator: Translator,
    /// The last word of each property, by its whole topic.
    said: BTreeMap<String, String>,
    /// How a device said that it is, by its base; with the gateway that is away, if it was that one.
    words: BTreeMap<String, (Word, Option<String>)>,
    /// Devices that announced themselves.
    devices: BTreeMap<String, Arc<Profile>>,
    /// Announcements that were refused, each with its reason.
    pub refused: Vec<String>,
    /// What was found odd.
    pub odd: Vec<String>,
    /// Everything that was said, in its order.
    pub told: Vec<String>,
    /// What devices were asked because of what was said for them.
    pub asks: Vec<String>,
}

impl Ears {
    /// With the definitions of the binary.
    pub fn new() -> Self {
        Self::with(builtin::catalog())
    }

    /// With these definitions.
    pub fn with(catalog: Arc<Catalog>) -> Self {
        Self {
            translator: Translator::listening(catalog, &Settings::default()),
            said: BTreeMap::new(),
            words: BTreeMap::new(),
            devices: BTreeMap::new(),
            refused: Vec::new(),
            odd: Vec::new(),
            told: Vec::new(),
            asks: Vec::new(),
        }
    }

    /// Everything a capture holds, in its order; what stood before its announcement is said again behind it, as a
    /// broker does that is asked for what it remembers.
    pub fn capture(name: &str) -> Self {
        let mut ears = Self::new();
        let messages = messages(name);
        for (topic, payload) in &messages {
            ears.hears(topic, payload);
        }
        for (topic, payload) in &messages {
            ears.recalls(topic, payload);
        }
        ears
    }

    /// A message comes.
    pub fn hears(&mut self, topic: &str, payload: &str) {
        let payload = Payload::from_wire(payload.as_bytes());
        let is_announced = self.translator.hear_announcement(topic, &payload);
        self.settle();
        if is_announced {
            return;
        }
        let meanings = self.translator.hear(topic, &payload);
        self.keep(meanings);
    }

    /// A list of devices comes that may hold anything: some may be refused.
    pub fn settles_for(&mut self, list: &str) {
        let payload = Payload::from_wire(list.as_bytes());
        self.translator.hear_announcement("zigbee2mqtt/bridge/devices", &payload);
        for news in self.translator.settle() {
            if let News::Known { profile, .. } = news {
                assert!(profile.properties.len() <= 256, "{profile:?}");
            }
        }
        for topic in ["zigbee2mqtt/bulb", "zigbee2mqtt/{x}bulb"] {
            let _ = self.translator.hear(topic, &Payload::from_wire(br#"{"state":"ON","brightness":1e400}"#));
        }
    }

    /// Many announcements come, which are looked at together.
    pub fn hears_announced(&mut self, messages: impl IntoIterator<Item = (String, String)>) {
        for (topic, payload) in messages {
            self.translator.hear_announcement(&topic, &Payload::from_wire(payload.as_bytes()));
        }
        self.settle();
    }

    fn recalls(&mut self, topic: &str, payload: &str) {
        let payload = Payload::from_wire(payload.as_bytes());
        let meanings = self.translator.recall(topic, &payload);
        self.keep(meanings);
    }

    fn keep(&mut self, meanings: Vec<clown_hub::device::translate::Meaning>) {
        for meaning in meanings {
            for message in meaning.messages {
                let topic = meaning.base.join(&message.topic);
                self.told.push(format!("{topic} {}", message.payload));
                self.said.insert(topic.to_string(), message.payload.to_string());
            }
            if let Some(word) = meaning.word {
                self.words.insert(meaning.base.to_string(), (word, meaning.bridge.map(String::from)));
            }
            self.odd.extend(meaning.odd.iter().map(ToString::to_string));
            self.asks.extend(meaning.asks.into_iter().map(sent));
        }
    }

    fn settle(&mut self) {
        for news in self.translator.settle() {
            match news {
                News::Known { base, profile } => {
                    // What it has no more is not said any more.
                    let below = format!("{base}/");
                    self.said.retain(|topic, _| {
                        let has = |id: &str| profile.properties.iter().any(|known| known.id.as_str() == id);
                        topic.strip_prefix(&below).is_none_or(has)
                    });
                    self.devices.insert(base.to_string(), profile);
                }
                News::Gone { base } => {
                    self.devices.remove(base.as_str());
                    let below = format!("{base}/");
                    self.said.retain(|topic, _| !topic.starts_with(&below));
                    self.words.remove(base.as_str());
                }
                News::Refused { key, problems, .. } => self.refused.push(format!("{key}: {problems}")),
            }
        }
    }

    /// What was said last: `topic payload`, in the order of topics.
    pub fn readings(&self) -> Vec<String> {
        self.said.iter().map(|(topic, payload)| format!("{topic} {payload}")).collect()
    }

    /// Devices that announced themselves: base and name.
    pub fn devices(&self) -> Vec<String> {
        let name = |profile: &Profile| profile.announced.as_ref().map(|one| one.name.to_string());
        self.devices
            .iter()
            .map(|(base, profile)| format!("{base} {}", name(profile).unwrap_or_default()))
            .collect()
    }

    /// The profile of a device that announced itself.
    pub fn profile(&self, base: &str) -> &Profile {
        self.devices.get(base).unwrap_or_else(|| panic!("{base} is not among {:?}", self.devices()))
    }

    /// What a device has: `id quantity kind unit`, in the order it was announced.
    pub fn properties(&self, base: &str) -> Vec<String> {
        let told = |known: &clown_hub::device::profile::Property| {
            let write = if known.write.is_some() { " set" } else { "" };
            let unit = known.unit.as_deref().map(|unit| format!(" {unit}")).unwrap_or_default();
            format!("{} {}{unit}{write}", known.id, known.quantity)
        };
        self.profile(base).properties.iter().map(told).collect()
    }

    /// What was announced and not understood, with the reason.
    pub fn unknown(&self, base: &str) -> Vec<String> {
        let announced = self.profile(base).announced.as_ref().expect("announced");
        announced.unknown.iter().map(|one| format!("{}: {}", one.what, one.why)).collect()
    }

    /// Whether a device is there; the gateway that carries it in brackets, if that has gone.
    pub fn online(&self, base: &str) -> Option<(bool, Option<&str>)> {
        self.presence(base).map(|(word, bridge)| (word == "online", bridge))
    }

    /// The word for how a device is, and the gateway that carries it, if that is what is away.
    pub fn presence(&self, base: &str) -> Option<(&'static str, Option<&str>)> {
        self.words.get(base).map(|(word, bridge)| (word.word(), bridge.as_deref()))
    }

    /// What a command makes the hub publish: `topic payload`; or why it is refused.
    pub fn command(&self, base: &str, id: &str, payload: &str) -> Result<Vec<String>, String> {
        let base = Topic::new(base).expect(base);
        let payload = Payload::parse(payload).expect(payload);
        let order = self.translator.command(&base, &format!("{id}/set"), &payload);
        let order = order.ok_or("no such device")?.map_err(|refusal| refusal.reason.to_string())?;
        Ok(order.sends.into_iter().map(sent).collect())
    }

    /// Gives a device a command.
    pub fn orders(&mut self, base: &str, id: &str, payload: &str) {
        self.command(base, id, payload).expect(payload);
        let (base, topic) = (Topic::new(base).expect(base), format!("{id}/set"));
        self.translator.ordered(&base, &topic, &Payload::parse(payload).expect(payload));
    }
}

fn sent(sending: clown_hub::device::translate::Sending) -> String {
    format!("{} {}", sending.topic.unwrap_or_default(), sending.payload)
}
