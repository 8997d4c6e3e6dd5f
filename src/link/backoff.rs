//! The time between two attempts: short at first, doubled up to two seconds, never quite the same.
//!
//! Two seconds are short enough that a device which was plugged in again is back in less than three.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(2);

/// Counts the attempts that failed.
#[derive(Debug)]
pub struct Backoff {
    next: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { next: FIRST }
    }
}

impl Backoff {
    /// How long to wait now: three quarters of the step and up to a quarter more by chance, so that links which
    /// failed together do not try together.
    pub fn pause(&mut self) -> Duration {
        let step = self.next;
        self.next = (step * 2).min(LONGEST);
        step.mul_f64(0.75 + 0.25 * fastrand::f64())
    }

    /// The attempt succeeded: the next failure is a first one.
    pub fn reset(&mut self) {
        self.next = FIRST;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_two_seconds_and_begin_anew_after_success() {
        let mut backoff = Backoff::default();
        let waits: Vec<Duration> = (0..6).map(|_| backoff.pause()).collect();
        for (wait, most) in waits.iter().zip([250, 500, 1000, 2000, 2000, 2000]) {
            let most = Duration::from_millis(most);
            assert!(*wait <= most && *wait >= most.mul_f64(0.75), "{wait:?} of {most:?}");
        }
        backoff.reset();
        assert!(backoff.pause() <= FIRST);
    }
}
