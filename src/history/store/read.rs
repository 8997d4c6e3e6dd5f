//! Reading: samples of a time, or what they come to in pieces of it.

use std::collections::BTreeMap;
use std::ops::Range;

use super::Store;
use super::rollup::{self, Bucket, DAY, HOUR};
use crate::disk::Fault;
use crate::history::codec;
use crate::history::series::Sample;

impl Store {
    /// Calls `each` with the samples of a time, piece by piece. Within a piece they are in order; pieces overlap where
    /// something came late. A damaged chunk is left out and counted.
    pub fn visit(
        &self,
        series: i64,
        range: &Range<i64>,
        mut each: impl FnMut(&[Sample]),
    ) -> Result<usize, Fault> {
        let mut statement = self.database.connection.prepare_cached(
            "SELECT times, samples, count FROM chunk WHERE series = ?1 AND last >= ?2 AND first < ?3 ORDER BY first",
        )?;
        let mut rows = statement.query((series, range.start, range.end))?;
        let mut damaged = 0;
        while let Some(row) = rows.next()? {
            let (times, values) = (row.get_ref(0)?.as_blob(), row.get_ref(1)?.as_blob());
            let count = usize::try_from(row.get::<_, i64>(2)?).unwrap_or(0);
            let unpacked = match (times, values) {
                (Ok(times), Ok(values)) => codec::unpack(times, values, count).ok(),
                _ => None,
            };
            match unpacked {
                Some(samples) => each(within(&samples, range)),
                None => damaged += 1,
            }
        }
        let mut recent: Vec<Sample> = [&self.tail, &self.waiting]
            .into_iter()
            .filter_map(|all| all.get(&series))
            .flatten()
            .filter(|sample| range.contains(&sample.at))
            .copied()
            .collect();
        recent.sort_by_key(|sample| sample.at);
        each(&recent);
        Ok(damaged)
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

    /// What the samples of a time come to in at most `count` pieces of it; the key is where a piece begins. Pieces of
    /// more than an hour are whole hours, those of more than a day whole days, both UTC.
    pub fn thin(&self, series: i64, range: &Range<i64>, count: u32) -> Result<BTreeMap<i64, Bucket>, Fault> {
        let length = range.end.saturating_sub(range.start).max(1);
        let width = length.div_euclid(i64::from(count.max(1))).max(1);
        let kept = if width >= DAY { Some(("day", DAY)) } else { (width >= HOUR).then_some(("hour", HOUR)) };
        let mut all: BTreeMap<i64, Bucket> = BTreeMap::new();
        let Some((table, piece)) = kept else {
            let mut add = |samples: &[Sample]| join(&mut all, rollup::buckets(samples, width));
            self.visit(series, range, &mut add)?;
            return Ok(all);
        };
        let width = (width + piece - 1).div_euclid(piece) * piece;
        let mut statement = self.database.connection.prepare_cached(&format!(
            "SELECT begin, least, greatest, sum, count, last, last_at FROM {table}
             WHERE series = ?1 AND begin >= ?2 AND begin < ?3"
        ))?;
        let mut rows = statement.query((series, range.start, range.end))?;
        while let Some(row) = rows.next()? {
            let begin: i64 = row.get(0)?;
            let bucket = Bucket {
                least: row.get(1)?,
                greatest: row.get(2)?,
                sum: row.get(3)?,
                count: row.get::<_, i64>(4)?.cast_unsigned(),
                last: Sample { at: row.get(6)?, value: row.get(5)? },
            };
            join(&mut all, [(begin.div_euclid(width) * width, bucket)].into());
        }
        for recent in [&self.tail, &self.waiting].into_iter().filter_map(|all| all.get(&series)) {
            let recent: Vec<Sample> =
                recent.iter().filter(|sample| range.contains(&sample.at)).copied().collect();
            join(&mut all, rollup::buckets(&recent, width));
        }
        Ok(all)
    }
}

fn join(all: &mut BTreeMap<i64, Bucket>, more: BTreeMap<i64, Bucket>) {
    for (begin, bucket) in more {
        all.entry(begin).and_modify(|known| known.join(&bucket)).or_insert(bucket);
    }
}

/// The part of samples in order that lies in a time.
fn within<'a>(samples: &'a [Sample], range: &Range<i64>) -> &'a [Sample] {
    let from = samples.partition_point(|sample| sample.at < range.start);
    let to = samples.partition_point(|sample| sample.at < range.end);
    samples.get(from..to).unwrap_or_default()
}
