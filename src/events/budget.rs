//! How many events of one origin are too many: a script that sends thousands of commands a second, a switch that
//! rattles. What goes beyond is counted and told with the next one.

use std::collections::HashMap;
use std::time::Instant;

/// The most origins that are told apart; the one that was quiet for longest is forgotten.
const MOST: usize = 1_000;

/// So many at once, so many per second in the long run.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// At once.
    pub burst: f64,
    /// Per second.
    pub per_second: f64,
}

/// What each origin may still say.
#[derive(Debug)]
pub struct Budget {
    rate: Rate,
    origins: HashMap<Box<str>, Origin>,
}

#[derive(Debug)]
struct Origin {
    left: f64,
    counted: Instant,
    more: u64,
}

impl Budget {
    /// Nobody has said anything.
    pub fn new(rate: Rate) -> Self {
        Self { rate, origins: HashMap::new() }
    }

    /// Whether one more of this origin may be told; if so, how many were only counted before it.
    pub fn take(&mut self, now: Instant, origin: &str) -> Option<u64> {
        if self.origins.len() >= MOST && !self.origins.contains_key(origin) {
            let oldest = self.origins.iter().min_by_key(|(_, origin)| origin.counted);
            if let Some(name) = oldest.map(|(name, _)| name.clone()) {
                self.origins.remove(&name);
            }
        }
        let Rate { burst, per_second } = self.rate;
        let fresh = || Origin { left: burst, counted: now, more: 0 };
        let origin = self.origins.entry(origin.into()).or_insert_with(fresh);
        let since = now.saturating_duration_since(origin.counted).as_secs_f64();
        (origin.left, origin.counted) = ((origin.left + since * per_second).min(burst), now);
        if origin.left < 1.0 {
            origin.more += 1;
            return None;
        }
        origin.left -= 1.0;
        Some(std::mem::take(&mut origin.more))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_is_too_much_is_counted_and_told_with_the_next() {
        let mut budget = Budget::new(Rate { burst: 2.0, per_second: 1.0 });
        let start = Instant::now();
        let mut take = |after: u64, origin: &str| budget.take(start + Duration::from_secs(after), origin);
        assert_eq!([take(0, "a"), take(0, "a"), take(0, "a"), take(0, "a")], [Some(0), Some(0), None, None]);
        assert_eq!(take(0, "b"), Some(0));
        assert_eq!(take(1, "a"), Some(2));
        assert_eq!(take(1, "a"), None);
    }
}
