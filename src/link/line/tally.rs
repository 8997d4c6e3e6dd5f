//! Odd input: counted exactly for the hub, written to the log at most once a minute.

use std::time::{Duration, Instant};

use crate::{
    hub::{Fault, LinkHandle},
    talk::printable,
};

/// Between two warnings about lines that are no messages.
const WARN_EVERY: Duration = Duration::from_secs(60);
/// How much of such a line is shown.
const EXCERPT: usize = 80;

/// What was counted and not yet told.
#[derive(Debug, Default)]
pub struct Tally {
    /// By the number of the fault.
    untold: [u64; Fault::ALL.len()],
    /// NULs already told; the decoder counts them from its start.
    nuls_told: u64,
    warned: Option<Instant>,
    unwarned: u64,
}

impl Tally {
    /// Counts one fault.
    pub fn count(&mut self, fault: Fault) {
        self.untold[fault as usize] += 1;
    }

    /// Sets how many NULs there were in all.
    pub fn nuls(&mut self, all: u64) {
        self.untold[Fault::Nul as usize] += all - std::mem::replace(&mut self.nuls_told, all);
    }

    /// Tells the log of a line that is no message, unless it was told of one within the minute.
    pub fn warn(&mut self, now: Instant, link: &str, reason: &str, line: &[u8]) {
        let Some(count) = self.warning_due(now) else { return };
        let excerpt = printable(&String::from_utf8_lossy(&line[..line.len().min(EXCERPT)]));
        let lines = if count == 1 { "1 line was".to_owned() } else { format!("{count} lines were") };
        tracing::warn!("link {link}: {lines} no message; the last: {reason}: {excerpt}");
    }

    /// Counts one more line; gives how many there were since the last warning when the next one is due.
    fn warning_due(&mut self, now: Instant) -> Option<u64> {
        self.unwarned += 1;
        if self.warned.is_some_and(|last| now < last + WARN_EVERY) {
            return None;
        }
        self.warned = Some(now);
        Some(std::mem::take(&mut self.unwarned))
    }

    /// Tells the hub.
    pub fn tell(&mut self, handle: &LinkHandle) {
        for fault in Fault::ALL {
            match std::mem::take(&mut self.untold[fault as usize]) {
                0 => {}
                count => handle.count(fault, count),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_minutes_of_garbage_are_ten_warnings() {
        let start = Instant::now();
        let mut tally = Tally::default();
        let lines = (0..6000).map(|tenth| start + Duration::from_millis(tenth * 100));
        let warnings: Vec<u64> = lines.filter_map(|now| tally.warning_due(now)).collect();
        assert_eq!(warnings, [1, 600, 600, 600, 600, 600, 600, 600, 600, 600]);
    }
}
