//! One moment on both clocks. The only place in the pure rooms that looks at a clock; everybody else is handed the time.

use std::time::{Instant, SystemTime};

/// One moment on both clocks: `mono` for durations, `wall` for people.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// Never jumps.
    pub mono: Instant,
    /// May jump; only shown, never subtracted.
    pub wall: SystemTime,
}

impl Now {
    /// This moment.
    #[expect(clippy::self_named_constructors, reason = "it reads as what it says, like Instant::now")]
    pub fn now() -> Self {
        Self { mono: Instant::now(), wall: SystemTime::now() }
    }
}
