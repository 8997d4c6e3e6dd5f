//! The load: series that wander as temperatures do, the same each time.

use clown_hub::history::series::Sample;

/// How many series there are.
pub const SERIES: usize = 200;
/// Milliseconds between two samples of one.
pub const EVERY_MS: i64 = 10_000;
/// When it begins.
pub const START_MS: i64 = 1_795_212_000_000;

/// All series.
pub struct Load {
    random: fastrand::Rng,
    values: Vec<f64>,
    /// Whether all digits are kept.
    floats: bool,
}

impl Load {
    /// At its beginning.
    pub fn new(floats: bool) -> Self {
        Self { random: fastrand::Rng::with_seed(20_161_120), values: vec![21.0; SERIES], floats }
    }

    /// One sample of each series.
    pub fn tick(&mut self, tick: usize) -> Vec<Sample> {
        (0..SERIES).map(|series| self.sample(series, tick)).collect()
    }

    /// The next sample of the first series.
    pub fn one(&mut self, tick: usize) -> Sample {
        self.sample(0, tick)
    }

    fn sample(&mut self, series: usize, tick: usize) -> Sample {
        // Some hundredths up or down, seldom more: a sensor in a room.
        let step = (self.random.f64() + self.random.f64() - 1.0) * 0.06;
        let value = &mut self.values[series];
        *value += step + (21.0 - *value) * 0.001;
        let told = if self.floats { *value } else { (*value * 100.0).round() / 100.0 };
        // A device's clock is a few milliseconds off each time.
        let late = i64::from(self.random.u8(0..5));
        let at = START_MS + i64::try_from(tick).expect("small") * EVERY_MS + late;
        Sample { at, value: told }
    }
}
