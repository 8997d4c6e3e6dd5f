//! From what is seen of the machine to what is told of it: what ails it, since when, and when that is over.
//!
//! No input and output and no clock, so that an hour passes in a test at once.

use std::collections::VecDeque;
use std::time::{Duration, Instant, SystemTime};

use serde::Serialize;

use crate::disk::Trouble;
use crate::hub::{Now, iso};

/// How long under-voltage is told after it was last seen.
const RECENT: Duration = Duration::from_secs(3_600);
/// The most times that are counted in this time.
const MOST: usize = 999;
/// The firmware slows the processor down from here on, and less hot than the second it is well again.
const HOT: (f64, f64) = (80.0, 75.0);
/// A change of temperature that is told.
const STEP: f64 = 5.0;
const MIB: u64 = 1 << 20;
/// With less than that nothing can be written any more.
const FULL: u64 = MIB;
/// Little space is a twentieth of the disk, between these two; of a small one a fifth.
const LOW: (u64, u64) = (100 * MIB, 1024 * MIB);

const POWER_HINT: &str =
    "use the official power supply with its own cable, or a powered USB hub for what is plugged in";
const HEAT_HINT: &str = "give it air, a heat sink or a fan; it works slower until it is cooler";
const DISK_HINT: &str = "free some space, or make history smaller, before it is full";
const FULL_HINT: &str = "free some space; the hub goes on by itself";

/// What is there to be seen at one moment; nothing of what this machine does not show.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Seen {
    /// Whether the voltage is too low.
    pub is_low: Option<bool>,
    /// How hot the processor is.
    pub celsius: Option<f64>,
    /// The disk of the data folder.
    pub space: Option<Space>,
}

/// A disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Space {
    /// Bytes the hub may still write.
    pub free: u64,
    /// All its bytes.
    pub size: u64,
}

/// What is told under `$hub/machine`; what cannot be seen is not there.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Facts {
    /// The voltage of a Raspberry Pi.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub power: Option<Power>,
    /// The temperature of its processor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heat: Option<Heat>,
    /// The disk of the data folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk: Option<Disk>,
}

/// The voltage.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Power {
    /// Whether it is too low now.
    pub low: bool,
    /// How often it was since the hub was started.
    pub times: u64,
    /// When it last was, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
    /// If it was within the last hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Trouble>,
}

/// The temperature.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Heat {
    /// To the degree, told anew when it has changed by five.
    pub celsius: f64,
    /// If it is so hot that the processor works slower.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Trouble>,
}

/// The disk.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Disk {
    /// Told anew when it has changed by a hundredth.
    #[serde(flatten)]
    pub space: Space,
    /// If it is nearly full.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Trouble>,
}

/// Something began to ail the machine, became another thing, or is over.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// `power`, `heat` or `disk`.
    pub about: &'static str,
    /// What it is; nothing if it is over.
    pub trouble: Option<Trouble>,
}

/// What was seen until now.
#[derive(Debug, Default)]
pub struct Judge {
    facts: Facts,
    /// Each time of the last hour, and when it was last so.
    dips: VecDeque<Instant>,
    last: Option<Instant>,
}

impl Judge {
    /// What is to be told.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Takes in what is seen now, and says what has changed about the machine.
    pub fn see(&mut self, now: Now, seen: Seen) -> Vec<Change> {
        let before = self.codes();
        self.see_power(now, seen.is_low);
        self.facts.heat = seen.celsius.map(|celsius| heat(now.wall, self.facts.heat.take(), celsius));
        self.facts.disk = seen.space.map(|space| disk(now.wall, self.facts.disk.take(), space));
        let troubles = self.troubles().map(|(about, trouble)| (about, trouble.cloned()));
        let changes = troubles.into_iter().zip(before);
        let is_new = |((_, trouble), code): &((_, Option<Trouble>), Option<&str>)| {
            trouble.as_ref().map(|trouble| trouble.code) != *code
        };
        changes.filter(is_new).map(|((about, trouble), _)| Change { about, trouble }).collect()
    }

    fn troubles(&self) -> [(&'static str, Option<&Trouble>); 3] {
        let Facts { power, heat, disk } = &self.facts;
        [
            ("power", power.as_ref().and_then(|it| it.trouble.as_ref())),
            ("heat", heat.as_ref().and_then(|it| it.trouble.as_ref())),
            ("disk", disk.as_ref().and_then(|it| it.trouble.as_ref())),
        ]
    }

    fn codes(&self) -> [Option<&'static str>; 3] {
        self.troubles().map(|(_, trouble)| trouble.map(|trouble| trouble.code))
    }

    /// What links fall from, if power may be it.
    pub fn blame(&self) -> Option<String> {
        self.facts.power.as_ref()?.trouble.as_ref()?;
        let times = times(self.dips.len().max(1));
        Some(format!(
            "under-voltage was seen {times} in the last hour: the drops most likely come from the power supply; \
             use the official one or a powered USB hub"
        ))
    }

    fn see_power(&mut self, now: Now, is_low: Option<bool>) {
        let Some(is_low) = is_low else {
            self.facts.power = None;
            return;
        };
        let mut power = self.facts.power.take().unwrap_or_default();
        if is_low && !power.low {
            power.times += 1;
            self.dips.push_back(now.mono);
        }
        if is_low != power.low {
            power.last = Some(iso(now.wall));
        }
        if is_low {
            self.last = Some(now.mono);
        }
        power.low = is_low;
        let is_recent = |at: &Instant| now.mono.saturating_duration_since(*at) < RECENT;
        while self.dips.len() > MOST || self.dips.front().is_some_and(|at| !is_recent(at)) {
            self.dips.pop_front();
        }
        let times = times(self.dips.len().max(1));
        let reason = match is_low {
            true if self.dips.len() < 2 => "the voltage is too low now".to_owned(),
            true => format!("the voltage is too low now, {times} in the last hour"),
            false => format!("under-voltage was seen {times} in the last hour"),
        };
        let is_recent = self.last.as_ref().is_some_and(is_recent);
        let trouble = is_recent.then_some(Found { code: "under_voltage", reason, hint: POWER_HINT });
        power.trouble = since(now.wall, power.trouble.as_ref(), trouble);
        self.facts.power = Some(power);
    }
}

/// Something that ails, without its beginning.
struct Found {
    code: &'static str,
    reason: String,
    hint: &'static str,
}

/// The same trouble goes on since it began.
fn since(now: SystemTime, before: Option<&Trouble>, found: Option<Found>) -> Option<Trouble> {
    let Found { code, reason, hint } = found?;
    let began = before.map(|before| before.since.clone());
    Some(Trouble { code, reason, hint, since: began.unwrap_or_else(|| iso(now)) })
}

fn times(n: usize) -> String {
    match n {
        1 => "once".to_owned(),
        n => format!("{n} times"),
    }
}

fn heat(now: SystemTime, before: Option<Heat>, celsius: f64) -> Heat {
    let was_hot = before.as_ref().is_some_and(|before| before.trouble.is_some());
    let is_hot = celsius >= if was_hot { HOT.1 } else { HOT.0 };
    if let Some(before) = &before
        && was_hot == is_hot
        && (before.celsius - celsius).abs() < STEP
    {
        return before.clone();
    }
    let celsius = celsius.round();
    let found = is_hot.then(|| Found {
        code: "hot",
        reason: format!("the processor has {celsius} °C and is slowed down"),
        hint: HEAT_HINT,
    });
    let trouble = since(now, before.and_then(|before| before.trouble).as_ref(), found);
    Heat { celsius, trouble }
}

fn disk(now: SystemTime, before: Option<Disk>, space: Space) -> Disk {
    let Space { free, size } = space;
    let code = before.as_ref().and_then(|before| before.trouble.as_ref()).map(|trouble| trouble.code);
    let low = (size / 20).clamp(LOW.0.min(size / 5), LOW.1);
    // Not to and fro at the border.
    let low = if code.is_some() { low + low / 4 } else { low };
    let reason = format!("{} of {} are free for the hub's data", shown(free), shown(size));
    let found = match free {
        free if free < FULL => Some(Found { code: "disk_full", reason, hint: FULL_HINT }),
        free if free < low => Some(Found { code: "disk_low", reason, hint: DISK_HINT }),
        _ => None,
    };
    if let Some(before) = &before
        && code == found.as_ref().map(|found| found.code)
        && before.space.size == size
        && before.space.free.abs_diff(free) < size / 100
    {
        return before.clone();
    }
    let trouble = since(now, before.and_then(|before| before.trouble).as_ref(), found);
    Disk { space, trouble }
}

/// `83 MiB`, `29.7 GiB`
fn shown(bytes: u64) -> String {
    let mib = bytes / MIB;
    match mib {
        0..1024 => format!("{mib} MiB"),
        _ => format!("{}.{} GiB", mib / 1024, mib % 1024 * 10 / 1024),
    }
}

#[cfg(test)]
mod tests;
