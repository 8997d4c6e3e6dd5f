//! When a device of the bridge publishes: `publish-interval` (Clown.Model) and its due times.

use std::time::Duration;

use super::fitted::Kind;

/// A sensor whose interval was set to 0 publishes as fast as its chip converts: ten times in a second.
const FASTEST: f64 = 0.1;
/// The CO₂ module measures every 16 s whatever it is told.
const FASTEST_CO2: f64 = 16.0;
/// Longest time between two publications, so that due times stay far from overflow.
const LONGEST_S: f64 = 1e9;

/// Publishing of one device.
#[derive(Clone, Debug)]
pub struct Rhythm {
    /// Seconds between publications; nothing means only when asked.
    pub interval_s: Option<u64>,
    /// The next publication of its own.
    pub due: Option<Duration>,
    /// The publication somebody asked for.
    pub wanted: Option<Duration>,
}

impl Rhythm {
    /// After power-on, before the handshake.
    pub fn usual(kind: Kind) -> Self {
        Self { interval_s: Some(kind.usual_interval_s()), due: None, wanted: None }
    }

    /// To the next due time; beats that were missed (the machine slept) are not made up for.
    pub fn step(&mut self, at: Duration, period: Option<Duration>) {
        self.due = match (self.due, period) {
            (Some(due), Some(period)) if due + period > at => Some(due + period),
            (_, Some(period)) => Some(at + period),
            (_, None) => None,
        };
    }
}

/// Time between two publications; `second` is how long a second of the simulated bridge takes.
pub fn period(kind: Kind, interval_s: Option<u64>, second: Duration) -> Option<Duration> {
    let seconds = match (interval_s?, kind) {
        (0, Kind::Co2Sensor) => FASTEST_CO2,
        (0, _) => FASTEST,
        (seconds, _) => seconds as f64,
    };
    Some(Duration::from_secs_f64((seconds * second.as_secs_f64()).clamp(1e-5, LONGEST_S)))
}

/// `publish-interval` as bc-bridge reads it: up to nine characters, `1e3` allowed, `null` is "only when asked".
pub fn interval(text: &str) -> Option<Option<u64>> {
    if text == "null" {
        return Some(None);
    }
    let number = text.parse::<f64>().ok().filter(|_| text.len() <= 9)?;
    // Nine characters can still say 9e999999.
    (0.0..=4_294_967_295.0).contains(&number).then_some(Some(number as u64))
}
