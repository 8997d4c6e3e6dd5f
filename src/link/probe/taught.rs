//! Words that a definition knows, of somebody who speaks by the clock.

use std::cmp::Reverse;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::device::catalog::Catalog;
use crate::device::profile::Profile;
use crate::device::translate::{Meaning, Translator};
use crate::link::line::Speed;
use crate::link::wired::Speaks;
use crate::link::wired::ears::{self, Word};
use crate::link::wired::known::{self, Known};

/// The name of the port where a device is called after it.
const PLACE: &str = "port";
/// So many messages are shown of what was understood.
const SHOWN: usize = 4;
/// The longest line that is looked at for what a device says when it is switched on.
const LONGEST: usize = 1 << 10;
/// Longer than the time from word to word, so that a whole one is heard.
const PATIENCE: f64 = 1.2;

/// A device that a definition knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Device {
    /// The id of the definition, for `speaks`.
    pub definition: String,
    /// Maker and name.
    pub name: String,
    /// The speed and the characters it was understood at.
    pub at: String,
    /// How sure that is.
    pub by: By,
    /// The first messages that came of what it said.
    pub says: Vec<String>,
    /// Other definitions that make something of it as well.
    pub others: Vec<String>,
}

/// By what a device was known, the surest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// Its words look like that; others' may, too.
    Words,
    /// The line it says after it was switched on.
    FirstLine,
    /// A checksum was right.
    Checksum,
    /// It answered what only such a device understands.
    Answer,
}

impl Device {
    /// Known by this, without a word yet.
    pub fn new(profile: &Profile, speed: Speed, by: By) -> Self {
        Self {
            definition: profile.id.to_string(),
            name: format!("{} {}", profile.vendor, profile.name),
            at: speed.to_string(),
            by,
            says: Vec::new(),
            others: Vec::new(),
        }
    }
}

/// The definitions that may be meant.
pub fn meant<'a>(catalog: &'a Catalog, only: &'a [Speaks]) -> impl Iterator<Item = &'a Arc<Profile>> {
    let is_meant =
        |profile: &&Arc<Profile>| only.is_empty() || only.iter().any(|one| *one.definition == *profile.id);
    catalog.iter().filter(|profile| profile.recognised.native.is_none()).filter(is_meant)
}

/// Whether such a device speaks without being asked.
fn speaks_by_itself(profile: &Profile) -> bool {
    let is_asked = profile.serial.as_ref().is_none_or(|serial| !serial.ask.is_empty());
    let says_something = profile.properties.iter().any(|property| !property.reads.is_empty());
    !is_asked && profile.registers.is_none() && profile.board().is_none() && says_something
}

/// Each speed at which somebody may speak, the usual characters and the fastest first; one for all where the speed is
/// not ours to set.
pub fn speeds(catalog: &Catalog, only: &[Speaks], is_set_elsewhere: bool) -> Vec<Speed> {
    let mut all: Vec<Speed> = meant(catalog, only)
        .filter(|profile| speaks_by_itself(profile))
        .filter_map(|profile| profile.serial.as_ref())
        .flat_map(|serial| serial.baud.iter().map(|baud| Speed { baud: *baud, settings: serial.settings }))
        .collect();
    let usual = |speed: &Speed| speed.settings == Speed::of(speed.baud).settings;
    all.sort_by_key(|speed| (!usual(speed), Reverse(speed.baud), speed.settings.to_string()));
    all.dedup();
    if is_set_elsewhere {
        all.truncate(1);
    }
    all
}

/// One step of listening.
pub struct Ears {
    ears: ears::Ears,
    translator: Translator,
    profiles: Vec<Arc<Profile>>,
    rhythm: Option<Duration>,
    line: Vec<u8>,
    understood: Vec<Understood>,
}

struct Understood {
    profile: Arc<Profile>,
    by: By,
    words: usize,
    says: Vec<String>,
}

impl Ears {
    /// For those who speak at this speed; none means whatever speed they have.
    pub fn new(catalog: &Catalog, only: &[Speaks], speed: Option<Speed>) -> Self {
        let fits = |profile: &Profile| {
            let Some(serial) = &profile.serial else { return false };
            speed.is_none_or(|Speed { baud, settings }| {
                serial.settings == settings && serial.baud.contains(&baud)
            })
        };
        let profiles: Vec<Arc<Profile>> = meant(catalog, only)
            .filter(|profile| speaks_by_itself(profile) && fits(profile))
            .cloned()
            .collect();
        let devices = profiles.iter().map(|profile| known::Device { unit: None, profile: profile.clone() });
        let (bauds, settings) = (Vec::new(), Default::default());
        let known = Known { devices: devices.collect(), bauds, settings, is_bus: false };
        Self {
            ears: ears::Ears::new(&known),
            translator: Translator::new(known.catalog()).at_place(PLACE),
            rhythm: known.rhythm(),
            profiles,
            line: Vec::new(),
            understood: Vec::new(),
        }
    }

    /// After so long everybody has said something.
    pub fn rhythm(&self) -> Duration {
        self.rhythm.unwrap_or_default().mul_f64(PATIENCE)
    }

    /// Takes bytes as they come.
    pub fn hear(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match byte {
                b'\n' => self.first_line(),
                _ if self.line.len() < LONGEST => self.line.push(*byte),
                _ => {}
            }
        }
        for Word { profile, frame } in self.ears.hear(Instant::now(), bytes) {
            let meanings = self.translator.hear_frame(&profile.id, &frame);
            let is_proven = profile.frame.as_ref().is_some_and(|format| format.is_proven());
            let by = if is_proven { By::Checksum } else { By::Words };
            meanings.into_iter().for_each(|meaning| self.understand(&profile, by, meaning));
        }
    }

    fn first_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let text = String::from_utf8_lossy(&line);
        let says_it = |profile: &&Arc<Profile>| {
            let known = profile.serial.as_ref().and_then(|serial| serial.first_line.as_ref());
            known.is_some_and(|known| known.is_match(text.trim_end()))
        };
        let found: Vec<Arc<Profile>> = self.profiles.iter().filter(says_it).cloned().collect();
        found.iter().for_each(|profile| self.known(profile, By::FirstLine).words += 1);
    }

    fn understand(&mut self, profile: &Arc<Profile>, by: By, meaning: Meaning) {
        let known = self.known(profile, by);
        known.words += 1;
        for message in meaning.messages {
            if known.says.len() < SHOWN {
                known.says.push(message.to_text());
            }
        }
    }

    fn known(&mut self, profile: &Arc<Profile>, by: By) -> &mut Understood {
        let at = self.understood.iter().position(|known| Arc::ptr_eq(&known.profile, profile));
        let at = at.unwrap_or_else(|| {
            self.understood.push(Understood { profile: profile.clone(), by, words: 0, says: Vec::new() });
            self.understood.len() - 1
        });
        let known = &mut self.understood[at];
        known.by = known.by.max(by);
        known
    }

    /// Whether nobody else can be meant.
    pub fn is_sure(&self) -> bool {
        self.understood.iter().any(|known| known.by >= By::Checksum)
    }

    /// Whether anybody was understood.
    pub fn is_about(&self) -> bool {
        !self.understood.is_empty()
    }

    /// Who it is, as far as that can be told.
    pub fn verdict(mut self, speed: Speed) -> Option<Device> {
        self.understood.sort_by_key(|known| Reverse((known.by, known.words)));
        let mut all = self.understood.into_iter();
        let Understood { profile, by, says, .. } = all.next()?;
        let others = all.map(|known| known.profile.id.to_string()).collect();
        Some(Device { says, others, ..Device::new(&profile, speed, by) })
    }
}
