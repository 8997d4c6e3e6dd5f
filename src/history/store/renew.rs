//! Hours and days made anew from what is in chunks, when that has changed.

use std::ops::Range;

use rusqlite::{Connection, OptionalExtension};

use super::chunk;
use super::rollup::{self, Bucket, Buckets, DAY, HOUR, Sorter};
use crate::history::series::Sample;

/// Takes the new row, unless the old one knows of more samples: then some were let go because of their age.
const IF_NOT_LESS: &str = "least = excluded.least, greatest = excluded.greatest, sum = excluded.sum,
     count = excluded.count, gain = excluded.gain, last = excluded.last, last_at = excluded.last_at
     WHERE excluded.count >= count";

/// Makes whole hours of a series anew, those around them whose growth depends on them, and their days.
pub fn renew(connection: &Connection, series: i64, hours: &Range<i64>) -> rusqlite::Result<()> {
    renew_hours(connection, series, hours)?;
    if let Some(next) = next(connection, series, hours.end)? {
        let begin = rollup::floor(next, HOUR);
        renew_hours(connection, series, &(begin..begin.saturating_add(HOUR)))?;
        renew_days(connection, series, &(begin..begin.saturating_add(1)))?;
    }
    renew_days(connection, series, hours)
}

fn renew_hours(connection: &Connection, series: i64, hours: &Range<i64>) -> rusqlite::Result<()> {
    let before = chunk::before(connection, series, hours.start, |sample| sample.value.is_finite())?;
    let mut sorter = Sorter::new(HOUR, before);
    chunk::visit(connection, series, hours, |samples| sorter.add(samples))?;
    rollup::put(connection, "hour", series, &sorter.buckets, IF_NOT_LESS)
}

/// Days are what their hours come to.
fn renew_days(connection: &Connection, series: i64, hours: &Range<i64>) -> rusqlite::Result<()> {
    let begin = rollup::floor(hours.start, DAY);
    let end = rollup::floor(hours.end.saturating_sub(1), DAY).saturating_add(DAY);
    let mut days = Buckets::new();
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {} FROM hour WHERE series = ?1 AND begin >= ?2 AND begin < ?3",
        rollup::COLUMNS
    ))?;
    for row in statement.query_map((series, begin, end), Bucket::of_row)? {
        let (begin, hour) = row?;
        rollup::join(&mut days, [(rollup::floor(begin, DAY), hour)].into());
    }
    rollup::put(connection, "day", series, &days, IF_NOT_LESS)
}

/// The time of the first value from a time on.
fn next(connection: &Connection, series: i64, at: i64) -> rusqlite::Result<Option<i64>> {
    let mut statement = connection
        .prepare_cached("SELECT id FROM chunk WHERE series = ?1 AND last >= ?2 ORDER BY last LIMIT 1")?;
    let id: Option<i64> = statement.query_row((series, at), |row| row.get(0)).optional()?;
    let Some(id) = id else { return Ok(None) };
    let samples = chunk::read(connection, id)?.unwrap_or_default();
    let next = samples.iter().find(|sample: &&Sample| sample.at >= at && sample.value.is_finite());
    Ok(next.map(|sample| sample.at))
}
