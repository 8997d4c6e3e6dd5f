//! The monotonic clock, CPU clocks, and a histogram of times.

use std::time::Duration;

use rustix::time::{ClockId, Timespec, clock_gettime};

/// Nanoseconds of the monotonic clock; stamps inside messages are these.
pub fn now_ns() -> u64 {
    nanoseconds(ClockId::Monotonic)
}

/// CPU seconds of this process.
pub fn cpu_of_process() -> f64 {
    nanoseconds(ClockId::ProcessCPUTime) as f64 / 1e9
}

fn nanoseconds(clock: ClockId) -> u64 {
    let t = clock_gettime(clock);
    t.tv_sec as u64 * 1_000_000_000 + t.tv_nsec as u64
}

/// Sleeps until a moment of the monotonic clock, without drift.
pub fn sleep_until(ns: u64) {
    let at = Timespec { tv_sec: (ns / 1_000_000_000) as i64, tv_nsec: (ns % 1_000_000_000) as i64 };
    while rustix::thread::clock_nanosleep_absolute(rustix::thread::ClockId::Monotonic, &at).is_err() {}
}

/// Sleeps for so many milliseconds.
pub fn sleep_ms(ms: u64) {
    std::thread::sleep(Duration::from_millis(ms));
}

/// Log-linear histogram, 64 parts per power of two (1.6 % wide).
pub struct Histogram {
    counts: Vec<u64>,
    /// How many values.
    pub n: u64,
    /// The largest.
    pub max: u64,
}

impl Histogram {
    /// An empty one.
    pub fn new() -> Self {
        Self { counts: vec![0; 128 + 57 * 64], n: 0, max: 0 }
    }

    /// Adds a value.
    pub fn add(&mut self, value: u64) {
        let index = if value < 128 {
            value as usize
        } else {
            let power = 63 - value.leading_zeros() as usize;
            128 + (power - 7) * 64 + ((value >> (power - 6)) & 63) as usize
        };
        self.counts[index] += 1;
        self.n += 1;
        self.max = self.max.max(value);
    }

    /// The value below which the share `q` of all values lies.
    pub fn quantile(&self, q: f64) -> u64 {
        let wanted = ((self.n as f64 * q).ceil() as u64).clamp(1, self.n.max(1));
        let mut sum = 0;
        for (index, count) in self.counts.iter().enumerate() {
            sum += count;
            if sum >= wanted {
                return middle(index).min(self.max);
            }
        }
        self.max
    }
}

/// The middle of the values counted under `index`.
fn middle(index: usize) -> u64 {
    if index < 128 {
        return index as u64;
    }
    let power = (index - 128) / 64 + 7;
    let part = ((index - 128) % 64) as u64;
    let width = 1u64 << (power - 6);
    ((64 + part) << (power - 6)) + width / 2
}
