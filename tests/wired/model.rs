//! What bytes on a line mean, by the rooms below the link: framer and translator, without port, hub and network. Whether
//! these are right is proved by captures and their documentation in tests/frames.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use clown_hub::device::catalog::Catalog;
use clown_hub::device::frame::{Framer, Heard, Why};
use clown_hub::device::profile::{Profile, file};
use clown_hub::device::translate::Translator;
use serde_json::{Map, Value};

/// A message as a client hears it.
pub type Said = (String, Value);

/// One reading: topic, quantity, value with its unit.
pub type Reading = (String, String, String);

/// A line on which a device of one definition speaks.
pub struct Model {
    profile: Arc<Profile>,
    framer: Framer,
    translator: Translator,
    /// Below this lies what the device says.
    pub below: String,
    counts: BTreeMap<&'static str, u64>,
}

impl Model {
    /// For a link of that name, whose port was just opened.
    pub fn new(id: &str, link: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("devices/{id}.toml"));
        let text = std::fs::read_to_string(&path).expect("a definition of this repository");
        let profile = Arc::new(file::read(id, &path, text).unwrap_or_else(|problems| panic!("{problems}")));
        let framer = Framer::new(profile.frame.clone().expect("a [frame]"));
        let mut translator = Translator::new(Arc::new(Catalog::new([profile.clone()]))).at_place(link);
        // A device that tells its id may be any one of its maker's.
        let below = match translator.plug(&profile, None).filter(|_| profile.recognised.id.is_empty()) {
            Some(base) => format!("{base}/"),
            None => format!("nodes/{}/", profile.vendor.to_lowercase()),
        };
        Self { profile, framer, translator, below, counts: BTreeMap::new() }
    }

    /// Where its device lies if it tells no id.
    pub fn place(&self) -> Option<String> {
        self.profile.recognised.id.is_empty().then(|| self.below.clone())
    }

    /// What these bytes make the device say.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Said> {
        let mut heard = Vec::new();
        self.framer.feed(bytes, |one| heard.push(one));
        self.take(heard)
    }

    /// What a silence makes of what waits for its end.
    pub fn silence(&mut self) -> Vec<Said> {
        let mut heard = Vec::new();
        self.framer.silence(|one| heard.push(one));
        self.take(heard)
    }

    /// Whether something waits for its end.
    pub fn is_waiting(&self) -> bool {
        self.framer.pending() > 0
    }

    /// What the link has to count, by the names under which it is told.
    pub fn counts(&self) -> &BTreeMap<&'static str, u64> {
        &self.counts
    }

    /// How many of them are faults.
    pub fn faults(&self) -> u64 {
        self.counts.iter().filter(|(what, _)| **what != "received").map(|(_, times)| times).sum()
    }

    fn count(&mut self, what: &'static str, times: usize) {
        *self.counts.entry(what).or_default() += times as u64;
    }

    fn take(&mut self, heard: Vec<Heard>) -> Vec<Said> {
        let mut said = Vec::new();
        for one in heard {
            let frame = match one {
                Heard::Frame(frame) => frame,
                Heard::Damage(damage) => {
                    let what = match damage.why {
                        Why::Began | Why::Cut => "cut",
                        Why::Checksum => "checksum",
                        Why::Noise => "noise",
                        Why::TooLong | Why::NotText | Why::Shape => "malformed",
                    };
                    self.count(what, 1);
                    continue;
                }
            };
            for meaning in self.translator.hear_frame(&self.profile.id, &frame) {
                self.count("not-understood", meaning.odd.len());
                self.count("received", meaning.messages.len());
                for message in meaning.messages {
                    let payload = serde_json::from_str(message.payload.as_str()).expect("JSON");
                    said.push((meaning.base.join(&message.topic).to_string(), payload));
                }
            }
        }
        said
    }
}

/// Each value of these messages for itself: a message tells what its device said before, too.
pub fn readings<'a>(said: impl IntoIterator<Item = &'a Said>) -> BTreeSet<Reading> {
    let each = |(topic, payload): &Said| -> Vec<Reading> {
        let bare = || Map::from_iter([(String::new(), payload.clone())]);
        let members = payload.as_object().cloned().unwrap_or_else(bare);
        members.into_iter().map(|(key, value)| (topic.clone(), key, value.to_string())).collect()
    };
    said.into_iter().flat_map(each).collect()
}
