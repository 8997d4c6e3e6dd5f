//! Whether the wall clock can be believed: a Raspberry Pi without a battery boots in 1970 until the network tells it
//! the time, and a confused one may be anywhere.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// 1 November 2026: this program did not exist before, so a clock that says so has not been set yet.
const NOT_BEFORE: Duration = Duration::from_secs(1_793_491_200);

/// Whether `now` can be the true time.
pub fn is_plausible(now: SystemTime) -> bool {
    now >= UNIX_EPOCH + NOT_BEFORE
}

/// `now`, or the earliest time it can be.
pub fn at_least_plausible(now: SystemTime) -> SystemTime {
    now.max(UNIX_EPOCH + NOT_BEFORE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_never_set_is_not_believed() {
        assert!(!is_plausible(UNIX_EPOCH + Duration::from_secs(30)));
        assert!(is_plausible(at_least_plausible(UNIX_EPOCH)));
    }
}
