//! Samples from elsewhere, of any age and in any order: straight into chunks, hours and days.
//!
//! A sample that the series has already – equal time and value – is the same one, so a file can be imported again. Only
//! chunks that touch the time of what is imported are read. Chunks stay in the order of time as far as possible: what
//! falls into one is packed together with it.

use std::ops::Range;

use rusqlite::{Connection, OptionalExtension};

use super::rollup::{DAY, HOUR};
use super::{Store, chunk, name, name_words, renew, rollup};
use crate::disk::Fault;
use crate::history::series::Sample;

/// A chunk with fewer samples takes what comes right after it.
const SMALL: usize = chunk::CHUNK / 2;

/// Hours between which so much is empty are made anew separately.
const APART: i64 = 7 * DAY;

impl Store {
    /// Takes samples from elsewhere; returns how many of them are new. They are in the file when this returns. Memory
    /// and time are those of the samples and the chunks around them; some 100,000 at once, in the order of time, go
    /// fastest. What was let go because of its age is not known any more; then an hour that has more samples than what
    /// can be read of it stays as it is.
    pub fn import(&mut self, series: i64, samples: &[Sample]) -> Result<usize, Fault> {
        let mut new = samples.to_vec();
        new.sort_by(|a, b| a.at.cmp(&b.at).then(a.value.total_cmp(&b.value)));
        new.dedup_by(|a, b| a.is_same(b));
        let recent = [&self.tail, &self.waiting].into_iter().filter_map(|all| all.get(&series)).flatten();
        remove_known(&mut new, recent.copied());
        self.with_room(|store| store.put_in(series, new.clone()))
    }

    fn put_in(&mut self, series: i64, mut new: Vec<Sample>) -> Result<usize, Fault> {
        let transaction = self.database.connection.transaction()?;
        name(&transaction, &self.new_series, &self.keys)?;
        name_words(&transaction, &self.new_words, &self.words)?;
        if let Some(range) = range(&new) {
            let mut is_known = vec![false; new.len()];
            chunk::visit(&transaction, series, &range, |samples| mark_known(&new, samples, &mut is_known))?;
            let mut known = is_known.into_iter();
            new.retain(|_| !known.next().unwrap_or(false));
        }
        if let Some(range) = range(&new) {
            put_chunks(&transaction, series, &range, &new)?;
            for hours in hours(&new) {
                renew::renew(&transaction, series, &hours)?;
            }
        }
        transaction.commit()?;
        self.new_series.clear();
        self.new_words.clear();
        let last = new.iter().rfind(|sample| sample.value.is_finite());
        let newest = self.newest.get(&series).into_iter().chain(last).max_by_key(|sample| sample.at).copied();
        self.newest.extend(newest.map(|newest| (series, newest)));
        Ok(new.len())
    }
}

/// The time from the first of samples in order to the last.
fn range(samples: &[Sample]) -> Option<Range<i64>> {
    Some(samples.first()?.at..samples.last()?.at.saturating_add(1))
}

/// Removes those that are known from samples in order.
fn remove_known(new: &mut Vec<Sample>, known: impl Iterator<Item = Sample>) {
    let mut is_known = vec![false; new.len()];
    for sample in known {
        mark_known(new, &[sample], &mut is_known);
    }
    let mut known = is_known.into_iter();
    new.retain(|_| !known.next().unwrap_or(false));
}

/// Marks what of `new` is among `known`; both are in order.
fn mark_known(new: &[Sample], known: &[Sample], is_known: &mut [bool]) {
    let Some(first) = known.first() else { return };
    let mut at = new.partition_point(|sample| sample.at < first.at);
    for sample in known {
        while new.get(at).is_some_and(|new| new.at < sample.at) {
            at += 1;
        }
        let same = (at..).map_while(|at| new.get(at).filter(|new| new.at == sample.at).map(|new| (at, new)));
        for (at, _) in same.filter(|(_, new)| new.is_same(sample)) {
            is_known[at] = true;
        }
    }
}

/// A chunk by its row: number, first and last time, count.
type Row = (i64, i64, i64, i64);

/// Puts samples in order into chunks.
fn put_chunks(
    connection: &Connection,
    series: i64,
    range: &Range<i64>,
    new: &[Sample],
) -> rusqlite::Result<()> {
    let mut rows: Vec<Row> = {
        let mut statement = connection.prepare_cached(
            "SELECT id, first, last, count FROM chunk WHERE series = ?1 AND last >= ?2 AND first < ?3",
        )?;
        let rows = statement.query_map((series, range.start, range.end), |row| row.try_into())?;
        rows.collect::<Result<_, _>>()?
    };
    let mut before = connection.prepare_cached(
        "SELECT id, first, last, count FROM chunk WHERE series = ?1 AND last < ?2 ORDER BY last DESC LIMIT 1",
    )?;
    rows.extend(before.query_row((series, range.start), |row| Row::try_from(row)).optional()?);
    rows.sort_unstable_by_key(|(_, first, ..)| *first);
    // What comes before all chunks, then what comes after the beginning of each.
    let begins = |at: usize| rows.get(at).map_or(i64::MAX, |(_, first, ..)| *first);
    let mut rest = new;
    for at in 0..=rows.len() {
        let end =
            if at == rows.len() { rest.len() } else { rest.partition_point(|sample| sample.at < begins(at)) };
        let (group, behind) = rest.split_at(end);
        rest = behind;
        let Some(first) = group.first() else { continue };
        let row = at.checked_sub(1).and_then(|at| rows.get(at));
        let joined = row.filter(|(.., last, count)| first.at <= *last || *count < SMALL.cast_signed() as i64);
        match joined {
            Some((id, ..)) => put_into(connection, series, *id, group)?,
            None => chunk::write(connection, series, group)?,
        }
    }
    Ok(())
}

/// Packs samples together with those of a chunk. One that cannot be read stays as it is.
fn put_into(connection: &Connection, series: i64, id: i64, new: &[Sample]) -> rusqlite::Result<()> {
    let mut samples = chunk::read(connection, id)?.unwrap_or_default();
    if !samples.is_empty() {
        connection.prepare_cached("DELETE FROM chunk WHERE id = ?1")?.execute([id])?;
    }
    samples.extend_from_slice(new);
    samples.sort_by_key(|sample| sample.at);
    chunk::write(connection, series, &samples)
}

/// The hours of samples in order, in as many parts as lie far apart.
fn hours(samples: &[Sample]) -> Vec<Range<i64>> {
    let mut parts: Vec<Range<i64>> = Vec::new();
    for sample in samples {
        let begin = rollup::floor(sample.at, HOUR);
        let end = begin.saturating_add(HOUR);
        match parts.last_mut().filter(|part| begin <= part.end.saturating_add(APART)) {
            Some(part) => part.end = part.end.max(end),
            None => parts.push(begin..end),
        }
    }
    parts
}
