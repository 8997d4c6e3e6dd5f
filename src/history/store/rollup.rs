//! What is kept of an hour and of a day: least, greatest, sum, count, growth and last value.
//!
//! Growth is the sum of all increases from one value to the next; after a fall a counter began at nothing, so the value
//! itself is the increase. A sample that comes later than a newer one that is in chunks already adds no growth: what
//! grew between its neighbours has been counted. So the growth of all hours together is right, and that of a single one
//! is off by what came late. Of words only count and last say something.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row, params};

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
    /// How much a counter grew.
    pub gain: f64,
    /// The last sample.
    pub last: Sample,
}

impl Bucket {
    /// Of one sample.
    pub fn of(sample: Sample) -> Self {
        let Sample { value, .. } = sample;
        Self { least: value, greatest: value, sum: value, count: 1, gain: 0.0, last: sample }
    }

    /// With those of another one.
    pub fn join(&mut self, other: &Self) {
        self.least = self.least.min(other.least);
        self.greatest = self.greatest.max(other.greatest);
        self.sum += other.sum;
        self.count += other.count;
        self.gain += other.gain;
        if other.last.at >= self.last.at {
            self.last = other.last;
        }
    }

    /// Of a row of `hour` or `day`, whose columns begin as [`COLUMNS`] says.
    pub fn of_row(row: &Row<'_>) -> rusqlite::Result<(i64, Self)> {
        let bucket = Self {
            least: row.get(1)?,
            greatest: row.get(2)?,
            sum: row.get(3)?,
            count: row.get::<_, i64>(4)?.cast_unsigned(),
            gain: row.get(5)?,
            last: Sample { value: row.get(6)?, at: row.get(7)? },
        };
        Ok((row.get(0)?, bucket))
    }
}

/// How a bucket is read.
pub const COLUMNS: &str = "begin, least, greatest, sum, count, gain, last, last_at";

/// Buckets by their beginning.
pub type Buckets = BTreeMap<i64, Bucket>;

/// Where the piece of a time begins that has this width.
pub fn floor(at: i64, width: i64) -> i64 {
    at.div_euclid(width).saturating_mul(width)
}

/// Sorts the samples of a series into pieces of time, and knows from what it grew.
pub struct Sorter {
    width: i64,
    before: Option<Sample>,
    /// What was found so far.
    pub buckets: Buckets,
}

impl Sorter {
    /// For pieces of this width; `before` is the last value before the first one.
    pub fn new(width: i64, before: Option<Sample>) -> Self {
        Self { width, before, buckets: Buckets::new() }
    }

    /// Takes samples in order; gaps and what is beyond all numbers belong to no piece.
    pub fn add(&mut self, samples: &[Sample]) {
        for sample in samples.iter().filter(|sample| sample.value.is_finite()) {
            let mut one = Bucket::of(*sample);
            match self.before {
                Some(before) if before.at > sample.at => {}
                before => {
                    one.gain = before.map_or(0.0, |before| growth(before.value, sample.value));
                    self.before = Some(*sample);
                }
            }
            let begin = floor(sample.at, self.width);
            self.buckets.entry(begin).and_modify(|known| known.join(&one)).or_insert(one);
        }
    }

    /// The last value.
    pub fn newest(&self) -> Option<Sample> {
        self.before
    }
}

/// How much a counter grew.
fn growth(before: f64, now: f64) -> f64 {
    if now >= before { now - before } else { now.max(0.0) }
}

/// Brings buckets together.
pub fn join(all: &mut Buckets, more: Buckets) {
    for (begin, bucket) in more {
        all.entry(begin).and_modify(|known| known.join(&bucket)).or_insert(bucket);
    }
}

/// Adds samples in order to what is kept of their hours and days. Takes the last value before them and gives the new one.
pub fn add(
    connection: &Connection,
    series: i64,
    before: Option<Sample>,
    samples: &[Sample],
) -> rusqlite::Result<Option<Sample>> {
    let mut newest = None;
    for (table, width) in [("hour", HOUR), ("day", DAY)] {
        let mut sorter = Sorter::new(width, before);
        sorter.add(samples);
        newest = sorter.newest();
        let joined = "least = min(least, excluded.least), greatest = max(greatest, excluded.greatest),
             sum = sum + excluded.sum, count = count + excluded.count, gain = gain + excluded.gain,
             last = iif(excluded.last_at >= last_at, excluded.last, last), last_at = max(last_at, excluded.last_at)";
        put(connection, table, series, &sorter.buckets, joined)?;
    }
    Ok(newest)
}

/// Writes buckets; those that are there already are changed in the way that is said.
pub fn put(
    connection: &Connection,
    table: &str,
    series: i64,
    buckets: &Buckets,
    change: &str,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(&format!(
        "INSERT INTO {table} (series, {COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT DO UPDATE SET {change}"
    ))?;
    for (begin, Bucket { least, greatest, sum, count, gain, last }) in buckets {
        let count = count.cast_signed();
        statement.execute(params![series, begin, least, greatest, sum, count, gain, last.value, last.at])?;
    }
    Ok(())
}
