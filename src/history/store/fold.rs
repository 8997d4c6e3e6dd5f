//! From the journal into chunks: once in hours, so that each page of the file is written once and full.

use rusqlite::params;

use super::{Store, rollup};
use crate::disk::Fault;
use crate::history::codec;
use crate::history::series::Kind;

/// The most samples of one chunk; reading a few of them costs unpacking all.
const CHUNK: usize = 8_192;

impl Store {
    /// How many samples are in the journal and not in chunks.
    pub fn tails(&self) -> usize {
        self.tails
    }

    /// When the oldest sample of the journal was, in milliseconds since 1970.
    pub fn tail_begins(&self) -> Option<i64> {
        self.tail.values().flatten().map(|sample| sample.at).min()
    }

    /// Makes chunks of everything that is in the journal, and empties it.
    pub fn fold(&mut self) -> Result<(), Fault> {
        if self.tails == 0 {
            return Ok(());
        }
        let transaction = self.database.connection.transaction()?;
        for (series, samples) in &mut self.tail {
            // What came late or out of order stands where it belongs.
            samples.sort_by_key(|sample| sample.at);
            for samples in samples.chunks(CHUNK) {
                let (Some(first), Some(last)) = (samples.first(), samples.last()) else { continue };
                let (times, values) = codec::pack(samples)
                    .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
                let count = samples.len().cast_signed();
                let mut insert = transaction.prepare_cached(
                    "INSERT INTO chunk (series, first, last, count, times, samples)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?;
                insert.execute(params![series, first.at, last.at, count, times, values])?;
            }
            if self.keys.get(series).is_some_and(|key| key.kind != Kind::Word) {
                rollup::add(&transaction, *series, samples)?;
            }
        }
        transaction.execute("DELETE FROM journal", [])?;
        transaction.commit()?;
        self.tail.clear();
        self.tails = 0;
        Ok(())
    }
}
