//! What is kept of an hour and of a day: least, greatest, sum, count and last value.

use std::collections::BTreeMap;

use rusqlite::{Transaction, params};

use crate::history::series::Sample;

/// The length of an hour and of a day in milliseconds.
pub const HOUR: i64 = 3_600_000;
pub const DAY: i64 = 24 * HOUR;

/// What the samples of a time come to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bucket {
    /// The smallest value.
    pub least: f64,
    /// The largest value.
    pub greatest: f64,
    /// All values added; the mean is this by the count.
    pub sum: f64,
    /// How many samples there are.
    pub count: u64,
    /// The last sample.
    pub last: Sample,
}

impl Bucket {
    /// Of one sample.
    pub fn of(sample: Sample) -> Self {
        let Sample { value, .. } = sample;
        Self { least: value, greatest: value, sum: value, count: 1, last: sample }
    }

    /// With those of another one.
    pub fn join(&mut self, other: &Self) {
        self.least = self.least.min(other.least);
        self.greatest = self.greatest.max(other.greatest);
        self.sum += other.sum;
        self.count += other.count;
        if other.last.at >= self.last.at {
            self.last = other.last;
        }
    }
}

/// What the samples of each piece of time come to, by its beginning.
pub fn buckets(samples: &[Sample], width: i64) -> BTreeMap<i64, Bucket> {
    let mut all: BTreeMap<i64, Bucket> = BTreeMap::new();
    for sample in samples.iter().filter(|sample| sample.value.is_finite()) {
        let begin = sample.at.div_euclid(width).saturating_mul(width);
        let one = Bucket::of(*sample);
        all.entry(begin).and_modify(|known| known.join(&one)).or_insert(one);
    }
    all
}

/// Adds samples to what is kept of their hours and days.
pub fn add(transaction: &Transaction<'_>, series: i64, samples: &[Sample]) -> rusqlite::Result<()> {
    for (table, width) in [("hour", HOUR), ("day", DAY)] {
        let mut statement = transaction.prepare_cached(&format!(
            "INSERT INTO {table} (series, begin, least, greatest, sum, count, last, last_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT DO UPDATE SET
                 least = min(least, excluded.least), greatest = max(greatest, excluded.greatest),
                 sum = sum + excluded.sum, count = count + excluded.count,
                 last = iif(excluded.last_at >= last_at, excluded.last, last),
                 last_at = max(last_at, excluded.last_at)"
        ))?;
        for (begin, Bucket { least, greatest, sum, count, last }) in buckets(samples, width) {
            let count = count.cast_signed();
            statement.execute(params![series, begin, least, greatest, sum, count, last.value, last.at])?;
        }
    }
    Ok(())
}
