//! Who or what switched what, when, from where, and how it ended: one line per event, in files that only grow.
//!
//! A thread of its own writes, so nobody waits for the disk; what cannot be written yet waits in memory, and what finds
//! no place there is counted. A line, once written, is never changed: the oldest files go as a whole.
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`event`] | an event, and the line it becomes |
//! | [`store`] | the files: appending, what is let go, a torn line |
//! | [`keeper`] | the thread: flushes, a disk that cannot be written |
//! | [`read`], [`backwards`] | looking for events, newest first |
//! | [`verify`], [`export`] | whether a line is missing or was changed; CSV and JSON lines |
//! | [`listen`], [`own`], [`budget`] | from what the hub tells to events; changes nobody asked for; how many are too many |

pub mod backwards;
pub mod budget;
pub mod event;
pub mod export;
pub mod keeper;
pub mod listen;
pub mod own;
pub mod read;
pub mod store;
pub mod verify;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::TrySendError;
use std::time::{Duration, SystemTime};

use serde::Serialize;
use tokio::sync::watch;

pub use crate::disk::Trouble;
use crate::disk::{Health, Words, inbox};
use crate::hub::iso;
pub use event::{Event, Kind, Line};
use keeper::Note;

/// The folder in the data folder.
pub const FOLDER: &str = "events";
/// Events that may wait for the disk.
const WAITING: usize = 4_096;

const WORDS: Words = Words {
    fails: "events are not being recorded",
    meanwhile: "what happens meanwhile waits in memory",
    recovers: "events are recorded again",
};

/// How long events are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Older months go.
    pub keep: Duration,
    /// All files together; then the oldest goes.
    pub size: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { keep: Duration::from_secs(730 * 86_400), size: 50 << 20 }
    }
}

/// Where events are noted; cheap to clone.
#[derive(Clone, Debug)]
pub struct Events {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    folder: PathBuf,
    notes: inbox::Sender<Note>,
    /// Events that found no place.
    lost: AtomicU64,
    health: Health,
    facts: watch::Sender<Facts>,
}

/// How the recording goes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Facts {
    /// Why nothing is recorded, if so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Trouble>,
    /// The number of the last event.
    pub seq: u64,
    /// Events that were lost, because the disk could not be written for too long.
    pub lost: u64,
    /// Bytes of the files.
    pub bytes: u64,
}

impl Events {
    /// Notes that something happened now.
    pub fn note(&self, event: Event) {
        self.note_at(SystemTime::now(), event);
    }

    /// Notes what happened then. Never waits: an event without a place is counted.
    pub fn note_at(&self, at: SystemTime, event: Event) {
        match self.shared.notes.try_send(Note::Event(at, Box::new(event))) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                self.shared.lost.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Where the files are.
    pub fn folder(&self) -> &Path {
        &self.shared.folder
    }

    /// How the recording goes.
    pub fn facts(&self) -> Facts {
        self.shared.facts.borrow().clone()
    }

    /// For those who want to know when that changes.
    pub fn watch(&self) -> watch::Receiver<Facts> {
        self.shared.facts.subscribe()
    }
}

impl Shared {
    fn trouble(&self) -> Option<Trouble> {
        self.health.watch().borrow().trouble(iso)
    }
}
