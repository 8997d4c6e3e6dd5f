//! How many bytes were published, and who wants to know when there are more: a client whose messages pile up where
//! nobody counts them does not wait for its own turn to be told.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Bytes of messages since the start, and what happens at which level; each happens once.
pub struct Tide {
    bytes: AtomicU64,
    /// The lowest level at which something happens.
    next: AtomicU64,
    due: Mutex<HashMap<u64, Due>>,
}

struct Due {
    at: u64,
    then: Then,
}

/// What happens; it must be quick.
pub type Then = Box<dyn Fn() + Send + Sync>;

impl Default for Tide {
    fn default() -> Self {
        Self { bytes: AtomicU64::new(0), next: AtomicU64::new(u64::MAX), due: Mutex::default() }
    }
}

impl Tide {
    /// A message of so many bytes is about to be given to whom it is for.
    pub fn rise(&self, bytes: usize) {
        let now = self.bytes.fetch_add(bytes as u64, Ordering::Relaxed) + bytes as u64;
        if now < self.next.load(Ordering::Relaxed) {
            return;
        }
        let mut due = self.lock();
        due.retain(|_, one| {
            let is_due = one.at <= now;
            if is_due {
                (one.then)();
            }
            !is_due
        });
        self.set_next(&due);
    }

    /// How many bytes there were.
    pub fn level(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Does something once the level is reached; `mark` is who wants it.
    pub fn watch(&self, mark: u64, at: u64, then: Then) {
        let mut due = self.lock();
        due.insert(mark, Due { at, then });
        self.set_next(&due);
    }

    /// It need not be done any more.
    pub fn unwatch(&self, mark: u64) {
        let mut due = self.lock();
        if due.remove(&mark).is_some() {
            self.set_next(&due);
        }
    }

    /// Whether nobody waits.
    #[cfg(test)]
    pub fn is_calm(&self) -> bool {
        self.lock().is_empty()
    }

    fn set_next(&self, due: &HashMap<u64, Due>) {
        let next = due.values().map(|one| one.at).min().unwrap_or(u64::MAX);
        self.next.store(next, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Due>> {
        self.due.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All that is published, and the part of it with quality 1 and 2.
#[derive(Default)]
pub struct Tides {
    /// Of every quality.
    pub all: Tide,
    /// Of quality 1 and 2.
    pub promised: Tide,
}
