//! What people decide about devices that announced themselves: accepted, ignored, or taken back.
//!
//! Pages and scripts decide here, the hub acts on it. A decision is in the file before it counts, so that whoever was told
//! of it finds it again after a power cut. Every account of the hub may decide, as it may command; who did is logged and
//! kept. Devices that a link or a file makes known need no decision and take none.

mod file;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use tokio::sync::Mutex;

use crate::events::{Event, Events, Kind};
use crate::hub::{By, Decision, Hub, Now, Standing};
use crate::sheet::nearest;
use crate::talk::{Topic, printable};
use file::Line;

/// The most devices named at once.
pub const MOST: usize = 1_000;

/// Decisions; clones share them.
#[derive(Clone)]
pub struct Decisions {
    shared: Arc<Shared>,
}

struct Shared {
    hub: Hub,
    /// Where they are kept; nowhere if they need not outlive the hub.
    file: Option<PathBuf>,
    /// Held while the file is written: what is decided next is written next.
    kept: Arc<Mutex<Kept>>,
    events: OnceLock<Events>,
}

#[derive(Debug, Default)]
struct Kept {
    lines: BTreeMap<Topic, Line>,
    /// Why the file could not be read; what was in it must not be written over.
    unread: Option<String>,
}

/// Which devices are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meant {
    /// These.
    Bases(Vec<Topic>),
    /// All that nobody has decided about, of one dialect if it is named.
    New(Option<String>),
}

/// Why nothing was decided.
#[derive(Debug, thiserror::Error)]
pub enum DecisionError {
    /// Nothing of that name announced itself.
    #[error("`{0}` is no device that announced itself; {1}")]
    NoSuchDevice(String, String),
    /// Too many at once.
    #[error("{0} devices are named; at most {MOST} are taken at once")]
    TooMany(usize),
    /// The file.
    #[error("the decision cannot be kept, so it does not count: {0}")]
    NotKept(String),
}

impl DecisionError {
    /// A word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoSuchDevice(..) => "no-such-device",
            Self::TooMany(_) => "too-many",
            Self::NotKept(_) => "not-kept",
        }
    }
}

impl Decisions {
    /// Those of a data folder, which the hub knows from now on.
    pub fn open(hub: &Hub, data: &Path, now: Now) -> Self {
        let path = data.join(file::NAME);
        let kept = match file::read(&path) {
            Ok(lines) => Kept { lines, unread: None },
            Err(error) => {
                let why = format!("{} cannot be read: {error}", path.display());
                tracing::error!("nobody knows which devices were accepted: {why}");
                Kept { unread: Some(why), ..Kept::default() }
            }
        };
        for (base, line) in &kept.lines {
            hub.decide(now, base, Some(line.standing));
        }
        Self::new(hub, Some(path), kept)
    }

    /// Some that are gone with the hub.
    pub fn in_memory(hub: &Hub) -> Self {
        Self::new(hub, None, Kept::default())
    }

    fn new(hub: &Hub, file: Option<PathBuf>, kept: Kept) -> Self {
        Self {
            shared: Arc::new(Shared {
                hub: hub.clone(),
                file,
                kept: Arc::new(Mutex::new(kept)),
                events: OnceLock::new(),
            }),
        }
    }

    /// Decisions are told to these from now on.
    pub fn tell(&self, events: &Events) {
        // Told twice, the first ones stay.
        let _ = self.shared.events.set(events.clone());
    }

    /// The hub that acts on them.
    pub fn hub(&self) -> &Hub {
        &self.shared.hub
    }

    /// Somebody decides, or with `None` takes back what was decided; gives the devices that were meant. All or none of
    /// them, and only when it is kept.
    pub async fn decide(
        &self,
        by: By,
        meant: Meant,
        decision: Option<Decision>,
    ) -> Result<Vec<Topic>, DecisionError> {
        let shared = self.shared.clone();
        let mut kept = shared.kept.clone().lock_owned().await;
        // A memory card may take its time.
        let task =
            tokio::task::spawn_blocking(move || shared.decide(Now::now(), &mut kept, &by, meant, decision));
        task.await.unwrap_or_else(|error| Err(DecisionError::NotKept(error.to_string())))
    }
}

impl Shared {
    fn decide(
        &self,
        now: Now,
        kept: &mut Kept,
        by: &By,
        meant: Meant,
        decision: Option<Decision>,
    ) -> Result<Vec<Topic>, DecisionError> {
        let (bases, account) = (self.bases(meant, kept)?, &*by.account);
        let mut lines = kept.lines.clone();
        for base in &bases {
            match decision {
                Some(standing) if lines.get(base).is_none_or(|line| line.standing != standing) => {
                    lines.insert(base.clone(), Line::new(standing, account, now));
                }
                Some(_) => {}
                None => drop(lines.remove(base)),
            }
        }
        if lines != kept.lines {
            self.keep(&lines, kept.unread.as_deref()).map_err(DecisionError::NotKept)?;
            kept.lines = lines;
        }
        let word = decision.map_or(Standing::New, Standing::from).word();
        for base in &bases {
            tracing::info!(account, "device {} is {word} from now on", printable(base.as_str()));
            self.hub.decide(now, base, decision);
            if let Some(events) = self.events.get() {
                let event = Event::new(Kind::Device, word).by(by).about(base.as_str());
                events.note(Event { device: Some(base.as_str().into()), ..event });
            }
        }
        Ok(bases)
    }

    /// The devices that are meant; one that is away may still be decided about if it once was.
    fn bases(&self, meant: Meant, kept: &Kept) -> Result<Vec<Topic>, DecisionError> {
        let announced = self.hub.announced();
        match meant {
            Meant::Bases(bases) if bases.len() > MOST => Err(DecisionError::TooMany(bases.len())),
            Meant::Bases(bases) => {
                let is_known = |base: &Topic| {
                    kept.lines.contains_key(base) || announced.iter().any(|device| device.base == *base)
                };
                match bases.iter().find(|base| !is_known(base)) {
                    Some(strange) => {
                        let known = announced.iter().map(|device| device.base.as_str());
                        let hint = match nearest(strange.as_str(), known) {
                            Some(near) => format!("did you mean {near}?"),
                            None => "`clown-hub accept` lists them".to_owned(),
                        };
                        Err(DecisionError::NoSuchDevice(printable(strange.as_str()), hint))
                    }
                    None => Ok(bases),
                }
            }
            Meant::New(dialect) => {
                let is_of = |word: &str| dialect.as_deref().is_none_or(|dialect| dialect == word);
                let new = announced.into_iter().filter(|device| device.standing == Standing::New);
                let wanted = new.filter(|device| {
                    let announced = device.profile.as_ref().and_then(|profile| profile.announced.as_ref());
                    announced.is_some_and(|announced| is_of(announced.dialect))
                });
                Ok(wanted.map(|device| device.base).collect())
            }
        }
    }

    fn keep(&self, lines: &BTreeMap<Topic, Line>, unread: Option<&str>) -> Result<(), String> {
        if let Some(why) = unread {
            return Err(format!("{why}; mend it and start the hub again"));
        }
        let Some(path) = &self.file else { return Ok(()) };
        let told = |error: io::Error| format!("cannot write {}: {error}", path.display());
        file::write(path, lines).map_err(told)
    }
}

#[cfg(test)]
mod tests;
