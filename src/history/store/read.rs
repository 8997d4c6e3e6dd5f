//! Reading: samples of a time, or what they come to in pieces of it.

use std::ops::Range;

use super::rollup::{self, Bucket, Buckets, DAY, HOUR, Sorter};
use super::{Store, chunk};
use crate::disk::Fault;
use crate::history::series::Sample;

/// When a series was recorded, and how much of it there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// The time of its first sample, in milliseconds since 1970.
    pub first: i64,
    /// The time of its last one.
    pub last: i64,
    /// How many there are, gaps among them.
    pub samples: u64,
}

impl Store {
    /// Calls `each` with the samples of a time, piece by piece. Within a piece they are in order; pieces overlap where
    /// something came late. A damaged chunk is left out and counted.
    pub fn visit(
        &self,
        series: i64,
        range: &Range<i64>,
        mut each: impl FnMut(&[Sample]),
    ) -> Result<usize, Fault> {
        let damaged = chunk::visit(&self.database.connection, series, range, &mut each)?;
        each(chunk::within(&self.recent(series), range));
        Ok(damaged)
    }

    /// What is not in chunks yet, in order.
    fn recent(&self, series: i64) -> Vec<Sample> {
        let both = [&self.tail, &self.waiting].into_iter().filter_map(|all| all.get(&series));
        let mut recent: Vec<Sample> = both.flatten().copied().collect();
        recent.sort_by_key(|sample| sample.at);
        recent
    }

    /// All samples of a time in order.
    pub fn samples(&self, series: i64, range: &Range<i64>) -> Result<Vec<Sample>, Fault> {
        let mut all = Vec::new();
        self.visit(series, range, |samples| all.extend_from_slice(samples))?;
        if !all.is_sorted_by_key(|sample| sample.at) {
            all.sort_by_key(|sample| sample.at);
        }
        Ok(all)
    }

    /// The last sample before a time, which holds until the next one; it may be a gap.
    pub fn before(&self, series: i64, at: i64) -> Result<Option<Sample>, Fault> {
        self.last_before(series, at, |_| true)
    }

    fn last_before(
        &self,
        series: i64,
        at: i64,
        is_wanted: impl Fn(&Sample) -> bool,
    ) -> Result<Option<Sample>, Fault> {
        let recent = self.recent(series);
        let last = chunk::within(&recent, &(i64::MIN..at)).iter().rfind(|sample| is_wanted(sample)).copied();
        let older = chunk::before(&self.database.connection, series, at, is_wanted)?;
        Ok([older, last].into_iter().flatten().max_by_key(|sample| sample.at))
    }

    /// From when to when there are samples, and how many; nothing if there are none.
    pub fn extent(&self, series: i64) -> Result<Option<Extent>, Fault> {
        let mut statement = self
            .database
            .connection
            .prepare_cached("SELECT min(first), max(last), sum(count) FROM chunk WHERE series = ?1")?;
        let (first, last, count): (Option<i64>, Option<i64>, Option<i64>) =
            statement.query_row([series], |row| row.try_into())?;
        let recent = self.recent(series);
        let first = [first, recent.first().map(|sample| sample.at)].into_iter().flatten().min();
        let last = [last, recent.last().map(|sample| sample.at)].into_iter().flatten().max();
        let samples = count.unwrap_or(0).cast_unsigned() + recent.len() as u64;
        Ok(first.zip(last).map(|(first, last)| Extent { first, last, samples }))
    }

    /// How many bytes the chunks of a series have.
    pub fn weight(&self, series: i64) -> Result<u64, Fault> {
        let sum = "SELECT coalesce(sum(length(times) + length(samples)), 0) FROM chunk WHERE series = ?1";
        let bytes: i64 = self.database.connection.query_row(sum, [series], |row| row.get(0))?;
        Ok(bytes.cast_unsigned())
    }

    /// What the samples of a time come to in about `count` pieces of it; the key is where a piece begins. Pieces of more
    /// than an hour are whole hours, those of more than a day whole days, both UTC, so that the first and the last one
    /// may reach over the ends. Gaps belong to no piece. Of words and truths the `last` of a piece says what is so at
    /// its end; of words nothing else but the count means anything.
    pub fn thin(&self, series: i64, range: &Range<i64>, count: u32) -> Result<Buckets, Fault> {
        let length = range.end.saturating_sub(range.start).max(1);
        let width = length.div_euclid(i64::from(count.max(1))).max(1);
        let kept = if width >= DAY { Some(("day", DAY)) } else { (width >= HOUR).then_some(("hour", HOUR)) };
        let Some((table, piece)) = kept else {
            let before = self.last_before(series, range.start, |sample| sample.value.is_finite())?;
            let mut sorter = Sorter::new(width, before);
            self.visit(series, range, |samples| sorter.add(samples))?;
            return Ok(sorter.buckets);
        };
        let width = (width + piece - 1).div_euclid(piece) * piece;
        let from = rollup::floor(range.start, piece);
        let mut all = Buckets::new();
        let mut statement = self.database.connection.prepare_cached(&format!(
            "SELECT {} FROM {table} WHERE series = ?1 AND begin >= ?2 AND begin < ?3",
            rollup::COLUMNS
        ))?;
        for row in statement.query_map((series, from, range.end), Bucket::of_row)? {
            let (begin, bucket) = row?;
            rollup::join(&mut all, [(rollup::floor(begin, width), bucket)].into());
        }
        let mut sorter = Sorter::new(piece, self.newest.get(&series).copied());
        sorter.add(&self.recent(series));
        for (begin, bucket) in sorter.buckets.range(from..range.end.max(from)) {
            rollup::join(&mut all, [(rollup::floor(*begin, width), *bucket)].into());
        }
        Ok(all)
    }
}
