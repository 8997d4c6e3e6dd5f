//! How much comes and goes lately: counts of the last minute, looked at once in a while.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::counts::Counts;

/// Time between two marks.
const STEP: Duration = Duration::from_secs(5);
/// What lies further back does not count.
const LATELY: Duration = Duration::from_secs(60);
/// After less than this nothing can be said.
const LEAST: Duration = Duration::from_secs(5);

/// The counts of the last minute.
#[derive(Clone, Debug, Default)]
pub(super) struct Pace {
    marks: VecDeque<(Instant, u64, u64)>,
}

/// Messages a minute.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Rates {
    /// From the device.
    pub received: f64,
    /// To the device.
    pub sent: f64,
}

impl Pace {
    /// Takes a mark, if it is time for one.
    pub(super) fn look(&mut self, now: Instant, counts: Counts) {
        if self.marks.back().is_some_and(|(last, ..)| now.saturating_duration_since(*last) < STEP) {
            return;
        }
        self.marks.push_back((now, counts.received, counts.sent));
        while self.marks.get(1).is_some_and(|(next, ..)| now.saturating_duration_since(*next) >= LATELY) {
            self.marks.pop_front();
        }
    }

    /// What it comes to in a minute; nothing as long as too little time has passed.
    #[expect(clippy::cast_precision_loss, reason = "a rate is not counted to the last message")]
    pub(super) fn rates(&self, now: Instant, counts: Counts) -> Option<Rates> {
        let (since, received, sent) = self.marks.front()?;
        let passed = now.saturating_duration_since(*since);
        if passed < LEAST {
            return None;
        }
        let minutes = passed.as_secs_f64() / 60.0;
        let rate = |count: u64, before: u64| {
            let rate = count.saturating_sub(before) as f64 / minutes;
            (rate * 10.0).round() / 10.0
        };
        Some(Rates { received: rate(counts.received, *received), sent: rate(counts.sent, *sent) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_minute_counts() {
        let start = Instant::now();
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        let counts = |received, sent| Counts { received, sent, ..Counts::default() };
        let mut pace = Pace::default();
        pace.look(at(0), counts(0, 0));
        assert_eq!(pace.rates(at(4), counts(100, 1)), None);
        // Two messages a second for two minutes, then silence.
        for second in 1..=120 {
            pace.look(at(second), counts(second * 2, 0));
        }
        assert_eq!(pace.rates(at(120), counts(240, 0)).map(|rates| rates.received), Some(120.0));
        for second in 121..=200 {
            pace.look(at(second), counts(240, 0));
        }
        assert_eq!(pace.rates(at(200), counts(240, 0)), Some(Rates { received: 0.0, sent: 0.0 }));
        assert!(pace.marks.len() < 16);
    }
}
