//! A port without a port: bytes go in, what is understood and what is damaged comes out.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

use clown_hub::device::catalog::Catalog;
use clown_hub::device::frame::{Damage, Format, Frame, Framer, Heard};
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

/// A profile and a frame.
type Said = (Box<str>, Box<str>);

/// Readings, and how many things were odd.
type Meant = (Vec<String>, usize);

thread_local! {
    // The same whole frame comes thousands of times between damaged ones.
    static MEANT: RefCell<HashMap<Said, Meant>> = RefCell::default();
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
    /// For a device whose words do not come by themselves.
    pub fn of(profile: &Arc<Profile>) -> Self {
        Self::with(profile, Arc::new(Format::Sml))
    }

    pub fn open(profile: &Arc<Profile>) -> Self {
        Self::with(profile, profile.frame.clone().expect("a [frame]"))
    }

    fn with(profile: &Arc<Profile>, format: Arc<Format>) -> Self {
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

    /// A frame that others have found.
    pub fn frame(&mut self, json: &str) -> &mut Self {
        let frame = Frame { topic: None, json: json.into(), wire: Box::default() };
        self.take(vec![Heard::Frame(frame)]);
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
            let key = (self.profile.id.clone(), frame.json.clone());
            let known = MEANT.with_borrow(|meant| meant.get(&key).cloned());
            let (readings, odd) = known.unwrap_or_else(|| self.translate(key, &frame));
            self.outcome.readings.extend(readings);
            self.outcome.odd += odd;
        }
    }

    fn translate(&mut self, key: Said, frame: &Frame) -> Meant {
        let (mut readings, mut odd) = (Vec::new(), 0);
        for meaning in self.translator.hear_frame(&self.profile.id, frame) {
            odd += meaning.odd.len();
            for message in &meaning.messages {
                for reading in message.payload.readings() {
                    let unit = reading.unit.as_deref().unwrap_or("");
                    let told = format!(
                        "{} {} {} {} {unit}",
                        meaning.base, message.topic, reading.key, reading.value
                    );
                    readings.push(told.trim_end().to_owned());
                }
            }
        }
        MEANT.with_borrow_mut(|meant| meant.insert(key, (readings.clone(), odd)));
        (readings, odd)
    }
}
