//! What the hub writes to the disk in a day, and how long a memory card lives with that.
//!
//! The kernel counts what a process has handed to a disk (`write_bytes` of `/proc/self/io`, proc_pid_io(5)); all of the
//! hub is in it: history, the broker's file, sessions, remembered values. A card is taken to bear being overwritten
//! [`OVERWRITES`] times: cells of ordinary cards bear about 1,000, of which small writes waste nine in ten.

use std::fs;
use std::path::Path;

/// How often a card can be overwritten by small writes.
pub const OVERWRITES: u64 = 100;
const HOUR_MS: i64 = 3_600_000;
/// What is said before is no figure yet.
const LEAST_MS: i64 = 600_000;

/// What was written in the hours of a day.
#[derive(Debug)]
pub struct Wear {
    /// When it began, and what had been written then.
    begun: i64,
    first: u64,
    /// What had been written at the beginning of each of the last hours.
    hours: Vec<(i64, u64)>,
}

/// What is written, and what that means.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Pace {
    /// Bytes in a day: of the last 24 hours, or at the pace since the start.
    pub bytes_per_day: u64,
    /// Years that the disk under the data folder lives at this pace; nothing if its size is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub years: Option<f64>,
}

impl Wear {
    /// Begins at a time in milliseconds of a clock that never jumps.
    pub fn new(now: i64, written: u64) -> Self {
        Self { begun: now, first: written, hours: vec![(now, written)] }
    }

    /// What is written in a day; nothing in the first minutes.
    pub fn look(&mut self, now: i64, written: u64) -> Option<u64> {
        if self.hours.last().is_none_or(|(last, _)| now.saturating_sub(*last) >= HOUR_MS) {
            self.hours.push((now, written));
        }
        // One that is older than a day is needed, to know what was written since.
        while self.hours.get(1).is_some_and(|(next, _)| now.saturating_sub(*next) >= 24 * HOUR_MS) {
            self.hours.remove(0);
        }
        let (since, before) = self.hours.first().copied().unwrap_or((self.begun, self.first));
        let passed = now.saturating_sub(since);
        if passed < LEAST_MS {
            return None;
        }
        let bytes = u128::from(written.saturating_sub(before)) * 24 * 3_600_000;
        u64::try_from(bytes / u128::from(passed.unsigned_abs())).ok()
    }
}

impl Pace {
    /// At so many bytes a day on a disk of `size` bytes.
    #[expect(clippy::cast_precision_loss, reason = "years are not counted to the minute")]
    pub fn new(bytes_per_day: u64, size: Option<u64>) -> Self {
        let years = size.map(|size| {
            let days = size.saturating_mul(OVERWRITES) as f64 / bytes_per_day.max(1) as f64;
            (days / 365.25 * 10.0).round() / 10.0
        });
        Self { bytes_per_day, years }
    }
}

/// What this process has handed to disks so far; nothing where the kernel does not say.
pub fn written() -> Option<u64> {
    let text = fs::read_to_string("/proc/self/io").ok()?;
    let field = |name: &str| -> Option<u64> {
        text.lines().find_map(|line| line.strip_prefix(name))?.trim().parse().ok()
    };
    Some(field("write_bytes:")?.saturating_sub(field("cancelled_write_bytes:").unwrap_or(0)))
}

/// How large the disk is that a path lies on.
pub fn disk_size(path: &Path) -> Option<u64> {
    let facts = rustix::fs::statvfs(path).ok()?;
    Some(facts.f_blocks.saturating_mul(facts.f_frsize)).filter(|size| *size > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_day_counts_and_before_that_the_pace() {
        let mut wear = Wear::new(0, 1_000);
        assert_eq!(wear.look(LEAST_MS - 1, 2_000), None);
        assert_eq!(wear.look(HOUR_MS, 2_000), Some(24_000));
        // A megabyte each hour, then nothing more.
        for hour in 2..30 {
            wear.look(hour * HOUR_MS, 2_000 + u64::try_from(hour).unwrap() * 1_000_000);
        }
        let at = |hour: i64| hour * HOUR_MS;
        assert_eq!(wear.look(at(30), 29_002_000), Some(24 * 1_000_000 - 1_000_000));
        for hour in 31..60 {
            wear.look(at(hour), 29_002_000);
        }
        assert_eq!(wear.look(at(60), 29_002_000), Some(0));
        assert!(wear.hours.len() <= 26);
    }

    #[test]
    fn a_card_is_overwritten_a_hundred_times() {
        let pace = Pace::new(50_000_000, Some(32_000_000_000));
        assert_eq!(pace.years, Some(175.2));
        assert_eq!(Pace::new(0, None).years, None);
    }

    #[test]
    fn the_system_says_what_was_written_and_how_large_the_disk_is() {
        assert!(written().is_some());
        assert!(disk_size(Path::new("/")).is_some_and(|size| size > 1 << 20));
    }
}
