//! Presence: is what we show still being said? Learned from each property's own rhythm, not from a fixed number.
//!
//! A property that speaks regularly is stale when it has missed three of its usual intervals. One that speaks only on
//! occasion (a relay, a button) is as present as its device.

use std::time::{Duration, Instant};

use crate::device::profile::Absence;

/// How much a shown value can be trusted to be present.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Presence {
    /// Listed by its device, never heard.
    #[default]
    Unknown,
    /// Heard before the hub was started, not since.
    Remembered,
    /// Heard as often as usual.
    Online,
    /// A property that was not heard for longer than usual, though its device speaks.
    Stale,
    /// Not heard for longer than usual, and neither is anything else of the device, though the link is up.
    Silent,
    /// The device said that it sleeps: what was true then is shown, and it hears no command.
    Asleep,
    /// The device said good-bye, or was said to be off, or the link to it is down.
    Offline,
    /// The connection of the device broke off without a good-bye.
    Lost,
}

impl Presence {
    /// Each of them.
    pub const ALL: [Self; 8] = [
        Self::Unknown,
        Self::Remembered,
        Self::Online,
        Self::Stale,
        Self::Silent,
        Self::Asleep,
        Self::Offline,
        Self::Lost,
    ];

    /// Whether a device that is so is there, whether or not it listens.
    pub fn is_there(self) -> bool {
        match self {
            Self::Online | Self::Stale | Self::Silent | Self::Asleep => true,
            Self::Unknown | Self::Remembered | Self::Offline | Self::Lost => false,
        }
    }

    /// The word used on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Remembered => "remembered",
            Self::Online => "online",
            Self::Stale => "stale",
            Self::Silent => "silent",
            Self::Asleep => "asleep",
            Self::Offline => "offline",
            Self::Lost => "lost",
        }
    }
}

impl From<Absence> for Presence {
    fn from(absence: Absence) -> Self {
        match absence {
            Absence::Asleep => Self::Asleep,
            Absence::Offline => Self::Offline,
            Absence::Lost => Self::Lost,
        }
    }
}

/// The learned interval between two words of one property.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rhythm {
    /// The last word that a next one makes an interval with.
    last: Option<Instant>,
    /// The last word, or the end of a pause of ours: what silence is counted from.
    since: Option<Instant>,
    /// The interval that its definition promises.
    promised: Option<Duration>,
    intervals: u32,
    mean_s: f64,
    deviation_s: f64,
}

/// Missed intervals that make a regular speaker late, and the least patience.
const MISSED: f64 = 3.0;
const PATIENCE: Duration = Duration::from_secs(2);
/// Intervals heard before a rhythm is believed.
const BELIEVED: u32 = 4;
/// How much of the newest interval enters the mean.
const WEIGHT: f64 = 0.2;

impl Rhythm {
    /// Hears a word.
    pub(super) fn hear(&mut self, now: Instant) {
        self.since = Some(now);
        if let Some(last) = self.last.replace(now) {
            let interval = now.saturating_duration_since(last).as_secs_f64();
            if self.intervals == 0 {
                self.mean_s = interval;
            } else {
                self.deviation_s += WEIGHT * ((interval - self.mean_s).abs() - self.deviation_s);
                self.mean_s += WEIGHT * (interval - self.mean_s);
            }
            self.intervals = self.intervals.saturating_add(1);
        }
    }

    /// Somebody wrote down how often it speaks.
    pub(super) fn promise(&mut self, interval: Option<Duration>) {
        self.promised = interval;
    }

    /// Forgets the last word, so that a pause of ours (a replug, a sleep) that ends `now` does not count as the
    /// device's.
    pub(super) fn pause(&mut self, now: Instant) {
        self.last = None;
        self.since = Some(now);
    }

    /// The usual interval: learned once it is regular enough to be believed, until then the promised one.
    pub(super) fn usual(&self) -> Option<Duration> {
        let regular = self.intervals >= BELIEVED && self.deviation_s < 0.5 * self.mean_s;
        regular.then(|| Duration::from_secs_f64(self.mean_s)).or(self.promised)
    }

    /// How long it may be still; `None` if it has no rhythm to judge by.
    pub(super) fn patience(&self) -> Option<Duration> {
        Some(self.usual()?.mul_f64(MISSED).max(PATIENCE))
    }

    /// Until when it may be still; `None` if it has no rhythm to judge by, or was never heard.
    pub(super) fn due(&self) -> Option<Instant> {
        self.since?.checked_add(self.patience()?)
    }

    /// Whether it has been still for too long.
    pub(super) fn is_overdue(&self, now: Instant) -> bool {
        self.due().is_some_and(|due| now > due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rhythm_is_learned_and_its_end_is_noticed() {
        let start = Instant::now();
        let mut rhythm = Rhythm::default();
        for second in 0..6 {
            rhythm.hear(start + Duration::from_secs(second));
        }
        assert_eq!(rhythm.usual(), Some(Duration::from_secs(1)));
        assert!(!rhythm.is_overdue(start + Duration::from_secs(7)));
        assert!(rhythm.is_overdue(start + Duration::from_secs(9)));
    }

    #[test]
    fn occasional_speakers_have_no_rhythm() {
        let start = Instant::now();
        let mut rhythm = Rhythm::default();
        for second in [0, 1, 60, 61, 3600, 3601] {
            rhythm.hear(start + Duration::from_secs(second));
        }
        assert_eq!(rhythm.usual(), None);
        assert!(!rhythm.is_overdue(start + Duration::from_secs(9999)));
    }
}
