//! From the journal into chunks: once in hours, so that each page of the file is written once and full.

use std::collections::BTreeMap;

use super::{MOST_WAITING, Store, chunk, is_plausible, let_go, rollup};
use crate::disk::Fault;
use crate::history::journal;
use crate::history::series::Sample;

impl Store {
    /// How many samples are in the journal and not in chunks.
    pub fn tails(&self) -> usize {
        self.tails
    }

    /// When the oldest sample of the journal was, in milliseconds since 1970.
    pub fn tail_begins(&self) -> Option<i64> {
        self.tail.values().flatten().map(|sample| sample.at).min()
    }

    /// Makes chunks of everything that is in the journal, and empties it. Samples from before the clock was set stay
    /// there until they are moved; when they become too many the oldest are let go.
    pub fn fold(&mut self) -> Result<(), Fault> {
        self.with_room(Self::write_chunks)
    }

    fn write_chunks(&mut self) -> Result<(), Fault> {
        if self.tails == 0 {
            return Ok(());
        }
        let transaction = self.database.connection.transaction()?;
        let mut newest = Vec::new();
        let mut undated: BTreeMap<i64, Vec<Sample>> = BTreeMap::new();
        for (series, samples) in &mut self.tail {
            // What came late or out of order stands where it belongs.
            samples.sort_by_key(|sample| sample.at);
            let (before, dated) =
                samples.split_at(samples.partition_point(|sample| !is_plausible(sample.at)));
            if !before.is_empty() {
                undated.insert(*series, before.to_vec());
            }
            chunk::write(&transaction, *series, dated)?;
            let last = rollup::add(&transaction, *series, self.newest.get(series).copied(), dated)?;
            newest.extend(last.map(|last| (*series, last)));
        }
        let is_too_much = undated.values().map(Vec::len).sum::<usize>() > MOST_WAITING;
        let lost = if is_too_much { let_go(&mut undated) } else { 0 };
        transaction.execute("DELETE FROM journal", [])?;
        if let Some(row) = journal::write(&undated) {
            transaction.execute("INSERT INTO journal (samples) VALUES (?1)", [row])?;
        }
        transaction.commit()?;
        // What is left in it is of this run: older samples without a time were left out at the start.
        self.old_rows = 0;
        self.newest.extend(newest);
        self.lost += lost;
        self.tails = undated.values().map(Vec::len).sum();
        self.tail = undated;
        Ok(())
    }
}
