//! Whether the wall clock was set while the hub ran.
//!
//! A Raspberry Pi has no clock that outlives its power: it boots in the past and learns the time minutes later. Within a
//! run another clock tells how much time has passed, so what was recorded before can be dated anew.

use std::time::SystemTime;

use rustix::time::{ClockId, clock_gettime};

use super::tracker::millis;

/// A difference up to here is a clock that is being kept right, not one that was set.
const SLEW_MS: i64 = 2_000;

/// One moment on both clocks, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// What people call it: since 1970.
    pub wall: i64,
    /// Since the machine was started, with the time it slept.
    pub passed: i64,
}

impl Moment {
    /// This moment.
    pub fn now() -> Self {
        let passed = clock_gettime(ClockId::Boottime);
        let passed = passed.tv_sec.saturating_mul(1_000).saturating_add(passed.tv_nsec / 1_000_000);
        Self { wall: millis(SystemTime::now()), passed }
    }
}

/// Watches both clocks.
#[derive(Debug)]
pub struct Timeline {
    last: Moment,
    set: i64,
}

impl Timeline {
    /// From a moment on.
    pub fn new(now: Moment) -> Self {
        Self { last: now, set: now.passed }
    }

    /// By how much the wall clock was set since this was asked last; 0 if it was not.
    pub fn look(&mut self, now: Moment) -> i64 {
        let wall = now.wall.saturating_sub(self.last.wall);
        let by = wall.saturating_sub(now.passed.saturating_sub(self.last.passed));
        self.last = now;
        if by.abs() <= SLEW_MS {
            return 0;
        }
        self.set = now.passed;
        by
    }

    /// For how long the wall clock was not set, in milliseconds.
    pub fn calm(&self, now: Moment) -> i64 {
        now.passed.saturating_sub(self.set)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment { wall: 1_795_000_000_000, passed: 5_000 };

    fn later(wall: i64, passed: i64) -> Moment {
        Moment { wall: NOW.wall + wall, passed: NOW.passed + passed }
    }

    #[test]
    fn a_clock_that_was_set_is_noticed_once() {
        let mut timeline = Timeline::new(NOW);
        assert_eq!(timeline.look(later(1_000, 1_000)), 0);
        assert_eq!(timeline.look(later(3_602_000, 2_000)), 3_600_000);
        assert_eq!(timeline.look(later(3_603_000, 3_000)), 0);
        assert_eq!(timeline.look(later(4_000, 4_000)), -3_600_000);
        assert_eq!(timeline.calm(later(9_000, 9_000)), 5_000);
    }

    #[test]
    fn a_clock_that_is_kept_right_and_a_machine_that_slept_are_no_reason() {
        let mut timeline = Timeline::new(NOW);
        for second in 1..100 {
            assert_eq!(timeline.look(later(second * 1_400, second * 1_000)), 0);
        }
        assert_eq!(timeline.look(later(99 * 1_400 + 28_800_000, 99_000 + 28_800_000)), 0);
    }

    #[test]
    fn both_clocks_run() {
        let before = Moment::now();
        std::thread::sleep(std::time::Duration::from_millis(20));
        let after = Moment::now();
        assert!(after.passed >= before.passed + 20);
    }
}
