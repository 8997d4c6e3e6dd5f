//! The time between two attempts: short at first, doubled up to a limit, never quite the same.
//!
//! The usual limit of two seconds is short enough that a device which was plugged in again is back in less than three.
//! A broker on the network gets more time.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(2);

/// Counts the attempts that failed.
#[derive(Debug)]
pub struct Backoff {
    next: Duration,
    longest: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self::up_to(LONGEST)
    }
}

impl Backoff {
    /// Waits that grow up to `longest`.
    pub fn up_to(longest: Duration) -> Self {
        Self { next: FIRST, longest }
    }

    /// How long to wait now; a part of it by chance, so that links which failed together do not try together.
    pub fn pause(&mut self) -> Duration {
        let step = self.next;
        self.next = (step * 2).min(self.longest);
        jittered(step)
    }

    /// The attempt succeeded: the next failure is a first one.
    pub fn reset(&mut self) {
        self.next = FIRST;
    }
}

/// Three quarters of `step` and up to a quarter more by chance.
pub fn jittered(step: Duration) -> Duration {
    step.mul_f64(0.75 + 0.25 * fastrand::f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_of_ones_own_is_kept() {
        let mut backoff = Backoff::up_to(Duration::from_secs(20));
        let longest = (0..20).map(|_| backoff.pause()).max().unwrap_or_default();
        assert!(longest <= Duration::from_secs(20) && longest > Duration::from_secs(15), "{longest:?}");
    }

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
