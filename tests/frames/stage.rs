//! A port without a port: bytes go in, what is understood and what is damaged comes out.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use clown_hub::device::catalog::Catalog;
use clown_hub::device::frame::{Damage, Framer, Heard, hex};
use clown_hub::device::profile::{Profile, file};
use clown_hub::device::translate::Translator;

/// Everything that came of some bytes.
#[derive(Debug, Default, PartialEq)]
pub struct Outcome {
    /// `nodes/… TYPE/ADDRESS quantity value unit`, each once.
    pub readings: BTreeSet<String>,
    /// What was damaged.
    pub damage: Vec<Damage>,
    /// What was whole and not understood.
    pub odd: usize,
}

/// The definition of that name.
pub fn profile(id: &str) -> Arc<Profile> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("devices/{id}.toml"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Arc::new(file::read(id, &path, text).unwrap_or_else(|problems| panic!("{problems}")))
}

/// A port with a device of that definition, opened in the middle of whatever it says.
pub struct Port {
    profile: Arc<Profile>,
    framer: Framer,
    translator: Translator,
    outcome: Outcome,
}

impl Port {
    pub fn open(profile: &Arc<Profile>) -> Self {
        let format = profile.frame.clone().expect("a [frame]");
        let translator = Translator::new(Arc::new(Catalog::new([profile.clone()])));
        Self {
            profile: profile.clone(),
            framer: Framer::new(format),
            translator,
            outcome: Outcome::default(),
        }
    }

    pub fn feed(&mut self, bytes: &[u8]) -> &mut Self {
        let mut heard = Vec::new();
        self.framer.feed(bytes, |one| heard.push(one));
        self.take(heard);
        self
    }

    pub fn silence(&mut self) -> &mut Self {
        let mut heard = Vec::new();
        self.framer.silence(|one| heard.push(one));
        self.take(heard);
        self
    }

    /// What came of it, after a silence.
    pub fn outcome(&mut self) -> Outcome {
        self.silence();
        assert_eq!(self.framer.pending(), 0, "nothing waits after a silence");
        std::mem::take(&mut self.outcome)
    }

    fn take(&mut self, heard: Vec<Heard>) {
        for one in heard {
            let frame = match one {
                Heard::Damage(damage) => {
                    self.outcome.damage.push(damage);
                    continue;
                }
                Heard::Frame(frame) => frame,
            };
            for meaning in self.translator.hear_frame(&self.profile.id, &frame) {
                self.outcome.odd += meaning.odd.len();
                for message in &meaning.messages {
                    for reading in message.payload.readings() {
                        let unit = reading.unit.as_deref().unwrap_or("");
                        let told = format!(
                            "{} {} {} {} {unit}",
                            meaning.base, message.topic, reading.key, reading.value
                        );
                        self.outcome.readings.insert(told.trim_end().to_owned());
                    }
                }
            }
        }
    }
}

/// The bytes of a capture, without its notes.
pub fn capture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/dialects").join(name);
    let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut kept = Vec::new();
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if !line.starts_with(b"# ") {
            kept.extend_from_slice(line);
        }
    }
    kept
}

/// The frames of a capture in hexadecimal digits that a device sent (`<`) or was sent (`>`).
pub fn frames(name: &str, direction: char) -> Vec<Vec<u8>> {
    let text = String::from_utf8(capture(name)).expect("text");
    let lines = text.lines().filter_map(|line| line.strip_prefix(direction));
    lines.map(|line| hex::read(line).unwrap_or_else(|| panic!("{name}: {line}"))).collect()
}
