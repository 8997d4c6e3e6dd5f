//! What was: values over time, in one SQLite file that any tool can open and that leaves an SD card alive.
//!
//! A thread of its own takes what the hub tells, so nobody waits for the disk. Samples are written together, a row of the
//! `journal` per flush; after hours they become chunks, packed column by column. Reading brings both together.
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`settings`], [`tracker`] | what is recorded and how long it is kept; from what the hub tells to samples |
//! | [`keeper`] | the thread: flushes, chunks, what is let go, a disk that cannot be written |
//! | [`timeline`], [`wear`] | a wall clock that is set meanwhile; what is written in a day |
//! | [`store`] | the file: tables, flushes, chunks, reading |
//! | [`series`], [`codec`], [`journal`] | a series, a column of a chunk and a flush, as bytes |
//! | [`name`], [`moment`] | `topic#quantity`, and patterns of it; times as people and programs write them |
//! | [`text`], [`export`], [`intake`] | CSV, JSON lines and line protocol; what goes out as a file and comes in from one |

pub mod codec;
pub mod export;
pub mod intake;
pub mod journal;
pub mod keeper;
pub mod moment;
pub mod name;
pub mod series;
pub mod settings;
pub mod store;
pub mod text;
pub mod timeline;
pub mod tracker;
pub mod wear;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use tokio::sync::watch;

pub use crate::disk::Trouble;
use crate::disk::{Fault, Health, Words};
use crate::hub::iso;
use store::Store;
use wear::Pace;

/// The file in the data folder.
pub const FILE: &str = "history.sqlite";

const WORDS: Words = Words {
    fails: "history is not being recorded",
    meanwhile: "what is heard meanwhile waits in memory",
    recovers: "history is recorded again",
};

/// History while it is recorded; cheap to clone.
#[derive(Clone)]
pub struct History {
    shared: Arc<Shared>,
}

struct Shared {
    path: PathBuf,
    /// Nothing while there is no file that can be used.
    store: Mutex<Option<Store>>,
    health: Health,
    facts: watch::Sender<Facts>,
}

/// How history is.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Facts {
    /// Why nothing is recorded, if so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Trouble>,
    /// Series in the file.
    pub series: usize,
    /// Quantities that are not recorded, because there are too many or because they say texts.
    pub left_out: usize,
    /// Samples that were lost, because the disk could not be written for too long.
    pub lost: u64,
    /// Bytes of the file on the disk.
    pub bytes: u64,
    /// How many they may become.
    pub most_bytes: u64,
    /// What the hub writes in a day; nothing in the first minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pace: Option<Pace>,
}

/// Why history cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// There is no file.
    #[error("history cannot be used now: {0}")]
    Away(String),
    /// The file cannot be read.
    #[error("history cannot be read: {0}")]
    Fault(#[from] Fault),
}

impl History {
    fn new(path: &Path) -> Self {
        let shared = Shared {
            path: path.to_owned(),
            store: Mutex::new(None),
            health: Health::new(WORDS),
            facts: watch::Sender::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Reads. Nothing is recorded meanwhile and it may wait for the disk: not for long, and not on a thread that serves.
    pub fn read<T>(&self, ask: impl FnOnce(&Store) -> Result<T, Fault>) -> Result<T, HistoryError> {
        self.write(|store| ask(store))
    }

    /// Changes what was, as an import does. What [`History::read`] says of time holds here, too.
    pub fn write<T>(&self, change: impl FnOnce(&mut Store) -> Result<T, Fault>) -> Result<T, HistoryError> {
        match &mut *self.store() {
            Some(store) => Ok(change(store)?),
            None => Err(HistoryError::Away(self.reason())),
        }
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.shared.path
    }

    /// How history is.
    pub fn facts(&self) -> Facts {
        self.shared.facts.borrow().clone()
    }

    /// For those who want to know when that changes.
    pub fn watch(&self) -> watch::Receiver<Facts> {
        self.shared.facts.subscribe()
    }

    fn reason(&self) -> String {
        self.trouble().map_or_else(|| "it is being opened".to_owned(), |trouble| trouble.reason)
    }

    fn trouble(&self) -> Option<Trouble> {
        self.shared.health.watch().borrow().trouble(iso)
    }

    fn store(&self) -> MutexGuard<'_, Option<Store>> {
        // A panic under the lock is a bug of ours; what is in the file is whole all the same.
        self.shared.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
