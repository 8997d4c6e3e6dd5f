//! Whether what is promised to be kept is being kept, told once per change: in the log, and to whoever watches.

use std::io;
use std::sync::Arc;
use std::time::SystemTime;

use serde::Serialize;
use tokio::sync::watch;

use super::database::StoreError;

/// Whether what is promised to be kept is being kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreState {
    /// It is in the files.
    Kept,
    /// The files cannot be written. Their owner goes on from memory, but a stop would lose what came since; the files are
    /// tried again all the time.
    Failing {
        /// `disk_full`, `read_only`, `io_error` or `unusable`.
        code: &'static str,
        /// What the operating system or SQLite said.
        reason: String,
        /// What to do about it.
        hint: &'static str,
        /// Since when.
        since: SystemTime,
    },
}

/// Why what is promised is not being kept, for `$hub/…` and for pages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trouble {
    /// As in [`StoreState::Failing`].
    pub code: &'static str,
    /// What the operating system or SQLite said.
    pub reason: String,
    /// What to do about it.
    pub hint: &'static str,
    /// Since when, RFC 3339.
    pub since: String,
}

impl StoreState {
    /// What is the matter, if something is; `iso` writes a time as the hub does.
    pub fn trouble(&self, iso: impl Fn(SystemTime) -> String) -> Option<Trouble> {
        match self {
            Self::Kept => None,
            Self::Failing { code, reason, hint, since } => {
                // A clock that was set back must not say that it begins tomorrow.
                let since = iso(SystemTime::min(*since, SystemTime::now()));
                Some(Trouble { code, reason: reason.clone(), hint, since })
            }
        }
    }
}

/// Why something could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// By the database.
    #[error("{0}")]
    Database(#[from] rusqlite::Error),
    /// By the operating system.
    #[error("{0}")]
    Disk(#[from] io::Error),
}

const FULL: (&str, &str) = ("disk_full", "free some space; the hub goes on by itself");

impl Fault {
    /// Whether the file itself is damaged, so that trying again is no use.
    pub fn is_damage(&self) -> bool {
        use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
        let Self::Database(error) = self else { return false };
        matches!(error.sqlite_error_code(), Some(DatabaseCorrupt | NotADatabase))
    }

    /// Whether there is no space.
    pub fn is_full(&self) -> bool {
        self.code().0 == FULL.0
    }

    fn code(&self) -> (&'static str, &'static str) {
        use rusqlite::ErrorCode;
        const READ_ONLY: (&str, &str) =
            ("read_only", "let the hub's user write its data folder; the hub goes on by itself");
        const OTHER: (&str, &str) =
            ("io_error", "look at the disk with dmesg; the hub tries again every 10 s");
        match self {
            Self::Database(rusqlite::Error::SqliteFailure(error, _)) => match error.code {
                ErrorCode::DiskFull => FULL,
                ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen => READ_ONLY,
                _ => OTHER,
            },
            Self::Database(_) => OTHER,
            Self::Disk(error) => match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => FULL,
                io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => READ_ONLY,
                _ => OTHER,
            },
        }
    }
}

/// What is said about it in the log.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    /// `the broker cannot keep its messages`.
    pub fails: &'static str,
    /// What happens meanwhile.
    pub meanwhile: &'static str,
    /// `the broker keeps its messages again`.
    pub recovers: &'static str,
}

/// The state, told once per change; clones share it.
#[derive(Clone, Debug)]
pub struct Health {
    words: Words,
    state: Arc<watch::Sender<StoreState>>,
}

impl Health {
    /// Everything is well.
    pub fn new(words: Words) -> Self {
        Self { words, state: Arc::new(watch::Sender::new(StoreState::Kept)) }
    }

    /// Whether the files are written.
    pub fn is_well(&self) -> bool {
        *self.state.borrow() == StoreState::Kept
    }

    /// For those who want to know.
    pub fn watch(&self) -> watch::Receiver<StoreState> {
        self.state.subscribe()
    }

    /// Something could not be written; the first of a row is told.
    pub fn fail(&self, what: &str, fault: &Fault) {
        let (code, hint) = fault.code();
        self.fail_as(code, hint, format!("{what}: {fault}"));
    }

    /// A file cannot be opened; the first of a row is told.
    pub fn fail_to_open(&self, error: &StoreError) {
        self.fail_as("unusable", "the hub tries again every 10 s", error.to_string());
    }

    fn fail_as(&self, code: &'static str, hint: &'static str, reason: String) {
        let is_first = self.state.send_if_modified(|state| {
            if *state != StoreState::Kept {
                return false;
            }
            let since = SystemTime::now();
            *state = StoreState::Failing { code, reason: reason.clone(), hint, since };
            true
        });
        if is_first {
            let Words { fails, meanwhile, .. } = self.words;
            tracing::error!("{fails}: {reason}; {meanwhile}; {hint}");
        }
    }

    /// Everything is in the files again.
    pub fn recover(&self) {
        let is_new = self
            .state
            .send_if_modified(|state| std::mem::replace(state, StoreState::Kept) != StoreState::Kept);
        if is_new {
            tracing::info!("{}", self.words.recovers);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_told_once_until_it_is_over() {
        let health = Health::new(Words { fails: "no", meanwhile: "wait", recovers: "yes" });
        let mut watch = health.watch();
        let full = Fault::Disk(io::ErrorKind::StorageFull.into());
        health.fail("a", &full);
        health.fail("b", &full);
        assert!(watch.has_changed().unwrap());
        let state = watch.borrow_and_update().clone();
        assert!(
            matches!(&state, StoreState::Failing { code: "disk_full", reason, .. } if reason.starts_with("a: "))
        );
        assert!(!health.is_well());
        health.recover();
        assert_eq!(*watch.borrow_and_update(), StoreState::Kept);
        health.recover();
        assert!(!watch.has_changed().unwrap());
    }
}
