//! One relay: at most one switch per 100 ms, and a state nobody knows before the first `set`.

use std::time::Duration;

/// A coil needs this long before it takes the next change.
const REST: Duration = Duration::from_millis(100);

/// A relay of the bridge.
#[derive(Clone, Debug, Default)]
pub struct Relay {
    coil: bool,
    state: Option<bool>,
    pending: Option<bool>,
    rested_at: Duration,
}

impl Relay {
    /// Switches now and returns true, or keeps the wish for [`tick`](Self::tick); a newer wish replaces an older.
    pub fn set(&mut self, at: Duration, on: bool) -> bool {
        if at < self.rested_at {
            self.pending = Some(on);
            return false;
        }
        self.move_coil(at, on);
        true
    }

    /// Does what waited; true if the coil moved and the state is to be told.
    pub fn tick(&mut self, at: Duration) -> bool {
        match self.pending.take_if(|_| at >= self.rested_at) {
            Some(on) => {
                self.move_coil(at, on);
                true
            }
            None => false,
        }
    }

    /// When the wish that waits can be done.
    pub fn next_due(&self) -> Option<Duration> {
        self.pending.map(|_| self.rested_at)
    }

    /// What the bridge knows; nothing before the first `set`.
    pub fn state(&self) -> Option<bool> {
        self.state
    }

    /// What the coil does.
    pub fn coil(&self) -> bool {
        self.coil
    }

    /// The bridge starts again: the expander chip holds the coil, the bridge does not ask it.
    pub fn forget(&mut self) {
        self.state = None;
        self.pending = None;
        self.rested_at = Duration::ZERO;
    }

    fn move_coil(&mut self, at: Duration, on: bool) {
        self.coil = on;
        self.state = Some(on);
        self.pending = None;
        self.rested_at = at + REST;
    }
}
