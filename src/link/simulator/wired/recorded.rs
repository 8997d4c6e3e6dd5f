//! What a device says in an example, to the byte, and the same with another value in it.
//!
//! A new value is put in the place of the old one and the checksum made right; what comes of it is read back, and taken only
//! if it says the new value and otherwise what it said before. So nothing is ever said that the definition would not
//! understand.

use std::sync::Arc;

use crate::device::catalog::Catalog;
use crate::device::frame::fields::Field;
use crate::device::frame::{Format, Frame, Framer, Heard};
use crate::device::profile::{Profile, Property, Read};
use crate::device::translate::{Attempt, End, Finding, Meaning, Outcome, Translator, explain};
use crate::link::simulator::played::word;
use crate::talk::Payload;
use crate::talk::model::Value;

/// What a word is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct About {
    /// The base topic of the device; one gateway speaks for many.
    pub base: String,
    /// `relay/0`.
    pub id: String,
    /// `state`.
    pub quantity: String,
}

/// What bytes say: each value, in its order.
pub(super) type Said = Vec<(About, Value)>;

/// Reads back what a device says.
#[derive(Debug)]
pub(super) struct Reader {
    pub profile: Arc<Profile>,
    catalog: Arc<Catalog>,
}

impl Reader {
    pub fn new(profile: Arc<Profile>) -> Self {
        Self { catalog: Arc::new(Catalog::new([profile.clone()])), profile }
    }

    /// Whole frames, the first of which begins with the first byte; nothing if there is anything else.
    pub fn frames(&self, wire: &[u8]) -> Option<Vec<Frame>> {
        let Some(format) = &self.profile.frame else {
            let text = std::str::from_utf8(wire).ok()?.strip_suffix('\n')?;
            let json = Payload::from_wire(text.as_bytes()).as_str().into();
            return Some(vec![Frame { topic: None, json, wire: text.as_bytes().into() }]);
        };
        let (mut frames, mut is_whole) = (Vec::new(), true);
        let mut each = |heard| match heard {
            Heard::Frame(frame) => frames.push(frame),
            Heard::Damage(_) => is_whole = false,
        };
        let mut framer = Framer::in_step(format.clone());
        framer.feed(wire, &mut each);
        framer.silence(&mut each);
        is_whole.then_some(frames)
    }

    /// Hears frames with a translator.
    pub fn hear(&self, translator: &mut Translator, frames: &[Frame]) -> Vec<Meaning> {
        let mut meanings = Vec::new();
        for frame in frames {
            meanings.extend(match self.profile.frame {
                Some(_) => translator.hear_frame(&self.profile.id, frame),
                None => translator.hear_line(&String::from_utf8_lossy(&frame.wire)),
            });
        }
        meanings
    }

    /// One that knows the profile and has heard nothing.
    pub fn translator(&self) -> Translator {
        Translator::new(self.catalog.clone())
    }

    /// Everything that bytes say; nothing if they are no whole frames.
    pub fn said(&self, wire: &[u8]) -> Option<Said> {
        let mut said = Said::new();
        let meanings = self.hear(&mut self.translator(), &self.frames(wire)?);
        for meaning in meanings {
            let base = meaning.base.as_str();
            for message in &meaning.messages {
                said.extend(message.payload.readings().iter().map(|reading| {
                    let (id, quantity) = (message.topic.to_string(), reading.key.to_string());
                    (About { base: base.to_owned(), id, quantity }, reading.value.clone())
                }));
            }
        }
        Some(said)
    }

    /// The same words with another value; nothing if the device cannot say that so.
    pub fn with(&self, wire: &[u8], about: &About, value: &Value) -> Option<Vec<u8>> {
        let before = self.said(wire)?;
        let is_it = |heard: &Said| {
            heard.len() == before.len()
                && heard.iter().zip(&before).all(|((of, new), (was_of, old))| match of == about {
                    true => was_of == about && new.means(value),
                    false => was_of == of && new == old,
                })
        };
        if is_it(&before) {
            return Some(wire.to_vec());
        }
        let mut others = Vec::new();
        for frame in self.frames(wire)? {
            for (finding, property) in self.findings(&frame, about) {
                let read = property.reads.get(finding.read)?;
                if let (Some(old), Some(new)) = (stated(read, &finding.raw), word(read, value)) {
                    self.replaced(wire, &old, &new, &mut others);
                }
            }
        }
        others.into_iter().find(|other| self.said(other).is_some_and(|heard| is_it(&heard)))
    }

    /// Where a frame says something about a property.
    fn findings(&self, frame: &Frame, about: &About) -> Vec<(Finding, &Property)> {
        let payload = Payload::from_wire(frame.json.as_bytes());
        let mut all = Vec::new();
        for Attempt { place, outcome, .. } in explain(&self.profile, frame.topic.as_deref(), &payload) {
            let property = self.profile.properties.iter().find(|property| property.place == place);
            let (Some(property), Outcome::Found(findings)) = (property, outcome) else { continue };
            if *property.quantity == *about.quantity {
                let of_it = |one: &Finding| matches!(&one.end, End::Value { id, .. } if *id == about.id);
                all.extend(findings.into_iter().filter(of_it).map(|finding| (finding, property)));
            }
        }
        all
    }

    /// The bytes with `new` in every place where `old` may stand.
    fn replaced(&self, wire: &[u8], old: &str, new: &str, others: &mut Vec<Vec<u8>>) {
        let signed = |bytes: Vec<u8>| match &self.profile.frame {
            Some(format) => format.signed(&bytes),
            None => Some(bytes),
        };
        if let Some(Format::Binary(binary)) = self.profile.frame.as_deref() {
            let text = |field: &Field| field.json(wire).map(|json| json.trim_matches('"').to_owned());
            let fields = binary.fields.iter().filter(|field| text(field).as_deref() == Some(old));
            return others.extend(fields.filter_map(|field| field.replaced(wire, new)).filter_map(signed));
        }
        if old.is_empty() {
            return;
        }
        let places = memchr::memmem::find_iter(wire, old.as_bytes()).map(|at| {
            let rest = &wire[at + old.len()..];
            [&wire[..at], new.as_bytes(), rest].concat()
        });
        others.extend(places.filter_map(signed));
    }
}

/// The text that a value was made of.
fn stated(read: &Read, raw: &str) -> Option<String> {
    let text = match raw.starts_with('"') {
        true => serde_json::from_str::<String>(raw).ok()?,
        false => raw.to_owned(),
    };
    let Some(regex) = &read.regex else { return Some(text) };
    let cut = regex.captures(&text)?;
    cut.name("value").or_else(|| cut.get(0)).map(|found| found.as_str().to_owned())
}
