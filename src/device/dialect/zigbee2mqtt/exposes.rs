//! One piece of what a device exposes, and how a property is read, set and asked for.

use serde::Deserialize;
use serde_json::Value as Json;
use toml_edit::Value as Toml;

use super::super::draft::Draft;
use super::super::entry::{Entry, Way};

/// What may be done with a piece.
const STATE: u8 = 1;
const SET: u8 = 2;
const GET: u8 = 4;
/// The longest name of a key.
const LONGEST_KEY: usize = 64;
/// The most words of a choice.
const MOST_WORDS: usize = 256;
/// The most presets that are told.
const MOST_PRESETS: usize = 12;

/// A piece, or several with a meaning together.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Expose {
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub label: String,
    /// The key in what the device says.
    #[serde(default)]
    pub property: String,
    #[serde(default)]
    pub access: u8,
    pub endpoint: Option<String>,
    pub unit: Option<String>,
    pub value_on: Option<Json>,
    pub value_off: Option<Json>,
    #[serde(default)]
    pub values: Vec<Json>,
    pub value_min: Option<f64>,
    pub value_max: Option<f64>,
    pub value_step: Option<f64>,
    #[serde(default)]
    pub presets: Vec<Preset>,
    #[serde(default)]
    pub features: Vec<Expose>,
}

/// A value with a name.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Preset {
    name: String,
    value: Json,
}

/// Where a device speaks and is spoken to.
#[derive(Clone, Debug)]
pub(super) struct Speech {
    pub state: String,
    set: String,
    get: String,
    /// Where its bridge tells what went wrong, today and before version 1.17.
    log: [String; 2],
    /// What it tells there of this device: which of its keys could not be set.
    failed: String,
    /// What may be done at all.
    allowed: u8,
}

impl Speech {
    pub fn new(base: &str, name: &str) -> Self {
        let state = format!("{base}/{name}");
        let name = regex::escape(name);
        Self {
            set: format!("{state}/set"),
            get: format!("{state}/get"),
            log: [format!("{base}/bridge/logging"), format!("{base}/bridge/log")],
            failed: format!(
                "(?s)^(?:z2m: )?(?<value>(?:Publish 'set'|No converter available for) '(?<key>[^']+)' (?:to|on) '{name}'.*)$"
            ),
            state,
            allowed: STATE | SET | GET,
        }
    }

    /// It takes nothing.
    pub fn only_read(&mut self) {
        self.allowed = STATE;
    }

    /// Nobody answers when it is asked.
    pub fn never_asked(&mut self) {
        self.allowed &= !GET;
    }
}

impl Expose {
    pub fn is_link_quality(&self) -> bool {
        self.property == "linkquality"
    }

    /// The channel of the device that it is about, as an address.
    pub fn channel(&self) -> &str {
        self.endpoint.as_deref().filter(|name| !name.is_empty()).unwrap_or("-")
    }

    /// Its key as an address.
    pub fn address(&self) -> String {
        self.property.replace('_', "-")
    }

    /// Its name for people.
    pub fn called(&self) -> &str {
        [&self.label, &self.name, &self.property]
            .into_iter()
            .find(|text| !text.is_empty())
            .map_or("?", |text| text)
    }

    /// Why it cannot be read or set, whatever it is.
    pub fn unusable(&self) -> Option<&'static str> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ');
        match self.property.as_str() {
            "" => Some("it names no key"),
            key if key.len() > LONGEST_KEY || !key.chars().all(is_plain) => Some("its key is no plain word"),
            _ if self.kind == "binary" && (self.value_on.is_none() || self.value_off.is_none()) => {
                Some("it has no words for on and off")
            }
            _ if self.kind == "enum" && self.values.is_empty() => Some("it has no words"),
            _ => None,
        }
    }

    pub fn is_told(&self, speech: &Speech) -> bool {
        // What says nothing about that is told.
        self.access == 0 || self.access & STATE & speech.allowed != 0
    }

    pub fn is_set(&self, speech: &Speech) -> bool {
        self.access & SET & speech.allowed != 0
    }

    fn is_asked(&self, speech: &Speech) -> bool {
        self.access & GET & speech.allowed != 0
    }

    fn key(&self) -> String {
        Json::from(self.property.as_str()).to_string()
    }

    /// Where it is said.
    pub fn read(&self, speech: &Speech) -> Way {
        Way::at(&speech.state).value(&format!("/{}", self.property))
    }

    /// An entry with its ways: read as `read` says where it is told, set by `write` where it may be set.
    pub fn ways(&self, entry: Entry, speech: &Speech, read: Way, write: impl FnOnce(Way) -> Way) -> Entry {
        let asks = || Way::at(&speech.get).literal(&format!("{{{}: \"\"}}", self.key()));
        let mut entry = entry.called(&self.property);
        if self.is_told(speech) {
            entry = entry.read(read);
        }
        if self.is_set(speech) {
            let way = write(Way::at(&speech.set));
            // In its log an endpoint is no part of the key.
            let plain =
                self.endpoint.as_deref().and_then(|end| self.property.strip_suffix(end)?.strip_suffix('_'));
            let keys: Vec<&str> = [self.property.as_str()].into_iter().chain(plain).collect();
            let way = way.refused_by(&speech.log, "/message", &speech.failed, &keys);
            // What Zigbee2MQTT says after a command is what was wished; only what the device is asked for is its word.
            entry = entry.write(match self.is_asked(speech) && self.is_told(speech) {
                true => way.confirm_by_asking(asks()).optimistic(),
                false => way.confirm("nothing"),
            });
        }
        if self.is_asked(speech) { entry.ask(asks()) } else { entry }
    }

    /// On and off in its words, `true` being on.
    pub fn truth(&self, entry: Entry, speech: &Speech) -> Entry {
        self.truth_as(entry, speech, [true, false])
    }

    /// On and off in its words, with what each means.
    pub fn truth_as(&self, entry: Entry, speech: &Speech, [on, off]: [bool; 2]) -> Entry {
        let (Some(yes), Some(no)) = (&self.value_on, &self.value_off) else { return entry };
        let words = [(word(yes), Toml::from(on)), (word(no), Toml::from(off))];
        let read = self.read(speech).map(words.iter().map(|(word, truth)| (word.as_str(), truth.clone())));
        let (yes, no) = (self.sent(yes), self.sent(no));
        let (yes, no) = if on { (yes, no) } else { (no, yes) };
        self.ways(entry, speech, read, |way| way.on_off(&yes, &no))
    }

    /// A number as it stands.
    pub fn number(&self, entry: Entry, speech: &Speech) -> Entry {
        let payload = format!("{{{}: {{{{ value }}}}}}", self.key());
        let entry = self.ways(self.ranged(entry), speech, self.read(speech), |way| way.payload(&payload));
        match self.value_step {
            Some(step) => entry.step(step),
            None => entry,
        }
    }

    pub fn ranged(&self, entry: Entry) -> Entry {
        match (self.value_min, self.value_max) {
            (Some(low), Some(high)) => entry.range(low, high),
            _ => entry,
        }
    }

    /// Percent of a number that goes from 0 to `most`.
    pub fn percent(&self, entry: Entry, speech: &Speech, most: f64) -> Entry {
        let read = self.read(speech).scale(&format!("100/{most}")).decimals(0);
        let payload = format!("{{{}: {{{{ (value | float * {most:?} / 100) | round | int }}}}}}", self.key());
        self.ways(entry.range(0.0, 100.0).step(1.0), speech, read, |way| way.payload(&payload))
    }

    /// One word of a few.
    pub fn choice(&self, entry: Entry, speech: &Speech) -> Entry {
        let words: Vec<String> = self.words();
        let sent: Vec<(String, String)> =
            self.values.iter().take(MOST_WORDS).map(|value| (word(value), self.sent(value))).collect();
        let map = sent.iter().map(|(word, sent)| (word.as_str(), Toml::from(sent.as_str())));
        let entry = entry.words(words.iter().map(String::as_str));
        self.ways(entry, speech, self.read(speech), |way| way.map(map))
    }

    /// Anything that JSON can say; what comes back may be written otherwise, so that nothing confirms it.
    pub fn any(&self, entry: Entry, speech: &Speech) -> Entry {
        let payload = format!("{{{}: {{{{ value | tojson }}}}}}", self.key());
        let mut told = self.clone();
        told.access &= !GET;
        told.ways(entry, speech, self.read(speech), |way| way.payload(&payload))
    }

    /// A text.
    pub fn text(&self, entry: Entry, speech: &Speech) -> Entry {
        let payload = format!("{{{}: {{{{ value | tojson }}}}}}", self.key());
        self.ways(entry, speech, self.read(speech), |way| way.payload(&payload))
    }

    /// Its only word, sent whenever it is pressed.
    pub fn press(&self, entry: Entry, speech: &Speech) -> Entry {
        let payload = self.values.first().map(|value| self.sent(value)).unwrap_or_default();
        self.ways(entry, speech, self.read(speech), |way| way.literal(&payload))
    }

    /// Its words.
    pub fn words(&self) -> Vec<String> {
        self.values.iter().take(MOST_WORDS).map(word).collect()
    }

    /// What sets it to this.
    pub fn sent(&self, value: &Json) -> String {
        format!("{{{}: {value}}}", self.key())
    }

    /// Values that have names are told in words: some of them are outside its range, or no numbers.
    pub fn note_presets(&self, draft: &mut Draft) {
        if self.presets.is_empty() {
            return;
        }
        let told: Vec<String> = self
            .presets
            .iter()
            .take(MOST_PRESETS)
            .map(|preset| format!("{} {}", cut(&preset.name), cut(&preset.value.to_string())))
            .collect();
        draft.quirks.push(format!("{}: {}.", cut(self.called()), told.join(", ")));
    }
}

/// A value as it stands in a message, as text.
fn word(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn cut(text: &str) -> String {
    text.chars().take(60).collect()
}
