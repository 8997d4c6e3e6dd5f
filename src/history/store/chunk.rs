//! Rows of `chunk`: written, and read in order of time.

use std::ops::Range;

use rusqlite::{Connection, OptionalExtension, params};

use crate::history::codec;
use crate::history::series::Sample;

/// The most samples of one chunk; reading a few of them costs unpacking all.
pub const CHUNK: usize = 8_192;

/// Writes samples in order.
pub fn write(connection: &Connection, series: i64, samples: &[Sample]) -> rusqlite::Result<()> {
    for samples in samples.chunks(CHUNK) {
        let (Some(first), Some(last)) = (samples.first(), samples.last()) else { continue };
        let (times, values) =
            codec::pack(samples).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        let count = samples.len().cast_signed();
        let mut insert = connection.prepare_cached(
            "INSERT INTO chunk (series, first, last, count, times, samples) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        insert.execute(params![series, first.at, last.at, count, times, values])?;
    }
    Ok(())
}

/// Calls `each` with the samples of a time, chunk by chunk; returns how many are damaged.
pub fn visit(
    connection: &Connection,
    series: i64,
    range: &Range<i64>,
    mut each: impl FnMut(&[Sample]),
) -> rusqlite::Result<usize> {
    let mut statement = connection.prepare_cached(
        "SELECT times, samples, count FROM chunk WHERE series = ?1 AND last >= ?2 AND first < ?3 ORDER BY last",
    )?;
    let mut rows = statement.query((series, range.start, range.end))?;
    let mut damaged = 0;
    while let Some(row) = rows.next()? {
        match unpack(row)? {
            Some(samples) => each(within(&samples, range)),
            None => damaged += 1,
        }
    }
    Ok(damaged)
}

/// The samples of one chunk; nothing if it is damaged or gone.
pub fn read(connection: &Connection, id: i64) -> rusqlite::Result<Option<Vec<Sample>>> {
    let mut statement = connection.prepare_cached("SELECT times, samples, count FROM chunk WHERE id = ?1")?;
    Ok(statement.query_row([id], unpack).optional()?.flatten())
}

fn unpack(row: &rusqlite::Row<'_>) -> rusqlite::Result<Option<Vec<Sample>>> {
    let (times, values) = (row.get_ref(0)?.as_blob(), row.get_ref(1)?.as_blob());
    let count = usize::try_from(row.get::<_, i64>(2)?).unwrap_or(0);
    Ok(match (times, values) {
        (Ok(times), Ok(values)) => codec::unpack(times, values, count).ok(),
        _ => None,
    })
}

/// The last sample before a time that is of the wanted kind, as far as chunks know.
pub fn before(
    connection: &Connection,
    series: i64,
    at: i64,
    is_wanted: impl Fn(&Sample) -> bool,
) -> rusqlite::Result<Option<Sample>> {
    // The last one that ends before, and those that reach over the time.
    let mut statement = connection.prepare_cached(
        "SELECT id FROM (SELECT id FROM chunk WHERE series = ?1 AND last < ?2 ORDER BY last DESC LIMIT 1)
         UNION ALL SELECT id FROM chunk WHERE series = ?1 AND last >= ?2 AND first < ?2",
    )?;
    let mut found: Option<Sample> = None;
    for id in statement.query_map((series, at), |row| row.get(0))? {
        let samples = read(connection, id?)?.unwrap_or_default();
        let last = within(&samples, &(i64::MIN..at)).iter().rfind(|sample| is_wanted(sample));
        found = [found, last.copied()].into_iter().flatten().max_by_key(|sample| sample.at);
    }
    Ok(found)
}

/// The part of samples in order that lies in a time.
pub fn within<'a>(samples: &'a [Sample], range: &Range<i64>) -> &'a [Sample] {
    let from = samples.partition_point(|sample| sample.at < range.start);
    let to = samples.partition_point(|sample| sample.at < range.end);
    samples.get(from..to).unwrap_or_default()
}
