//! The file: series, flushes, chunks, and how both are read together.
//!
//! | table | a row is |
//! | --- | --- |
//! | `series` | a quantity of a topic |
//! | `word` | a word that a series of words has said |
//! | `run` | a time in which the hub recorded |
//! | `journal` | what one flush has written, of all series ([`journal`]) |
//! | `chunk` | many samples of one series ([`codec`](super::codec)) |
//! | `hour`, `day` | what a series comes to in that time, UTC ([`Bucket`]) |
//!
//! What is in `journal` is also in memory, so it is never read but at the start.

mod chunk;
mod fold;
mod forget;
mod import;
mod open;
mod read;
mod renew;
mod rescue;
mod retain;
mod rollup;
mod run;
mod tables;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, params};

use super::journal;
use super::series::{Key, Sample};
use crate::clock;
use crate::disk::{Database, Fault};
pub use read::Extent;
pub use retain::{Bytes, Keep};
pub use rollup::{Bucket, Buckets};
use run::Run;

/// Samples that may wait for a disk that cannot be written; then the oldest go.
const MOST_WAITING: usize = 250_000;

/// A value that is recorded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Recorded<'a> {
    /// A number.
    Number(f64),
    /// On or off.
    Truth(bool),
    /// A word.
    Word(&'a str),
    /// From here on nobody knows: a gap, until the next sample.
    Unknown,
}

/// What is recorded, and what waits to be.
pub struct Store {
    database: Database,
    ids: HashMap<Key, i64>,
    keys: BTreeMap<i64, Key>,
    words: HashMap<Box<str>, i64>,
    /// Numbered already, and in the file with the next flush.
    new_series: Vec<i64>,
    new_words: Vec<Box<str>>,
    /// Not in the file yet.
    waiting: BTreeMap<i64, Vec<Sample>>,
    waits: usize,
    /// In the journal, and not in chunks yet.
    tail: BTreeMap<i64, Vec<Sample>>,
    tails: usize,
    /// Rows of the journal up to this number are of earlier runs.
    old_rows: i64,
    /// The last value of each series that is in chunks.
    newest: BTreeMap<i64, Sample>,
    /// The one that records; it begins with the first flush.
    run: Option<Run>,
    /// What is kept at most, as was said last.
    keep: Option<Keep>,
    /// Samples that were let go because the disk could not be written.
    lost: u64,
}

impl Store {
    /// The number of a series; a new one is in the file with the next flush.
    pub fn series(&mut self, key: &Key) -> i64 {
        if let Some(id) = self.ids.get(key) {
            return *id;
        }
        let id = self.keys.last_key_value().map_or(1, |(last, _)| last + 1);
        self.ids.insert(key.clone(), id);
        self.keys.insert(id, key.clone());
        self.new_series.push(id);
        id
    }

    /// Every series there is.
    pub fn all(&self) -> impl Iterator<Item = (i64, &Key)> {
        self.keys.iter().map(|(id, key)| (*id, key))
    }

    /// The word that a number stands for.
    pub fn word(&self, number: f64) -> Option<&str> {
        let found = self.words.iter().find(|(_, id)| f64_of(**id).to_bits() == number.to_bits());
        found.map(|(word, _)| &**word)
    }

    /// What stands for it in a sample. A new word is in the file with the next flush.
    pub fn value(&mut self, recorded: Recorded<'_>) -> f64 {
        match recorded {
            Recorded::Number(number) => number,
            Recorded::Truth(truth) => f64::from(u8::from(truth)),
            Recorded::Word(word) => f64_of(self.number(word)),
            Recorded::Unknown => f64::NAN,
        }
    }

    /// Takes a sample; it is in the file after the next flush. One whose time cannot be true because the clock was not
    /// set yet stays out of chunks until it is moved.
    pub fn add(&mut self, series: i64, at: i64, recorded: Recorded<'_>) {
        let value = self.value(recorded);
        if self.waits >= MOST_WAITING {
            self.lost += let_go(&mut self.waiting);
            self.waits = self.waiting.values().map(Vec::len).sum();
        }
        self.waiting.entry(series).or_default().push(Sample { at, value });
        self.waits += 1;
    }

    fn number(&mut self, word: &str) -> i64 {
        if let Some(id) = self.words.get(word) {
            return *id;
        }
        let id = self.words.values().max().map_or(1, |last| last + 1);
        self.words.insert(word.into(), id);
        self.new_words.push(word.into());
        id
    }

    /// Samples that were let go since that was asked last, because the disk could not be written.
    pub fn take_lost(&mut self) -> u64 {
        std::mem::take(&mut self.lost)
    }

    /// How many samples are not in the file yet.
    pub fn waiting(&self) -> usize {
        self.waits
    }

    /// Writes what waits: one row. Whether there was anything.
    pub fn flush(&mut self) -> Result<bool, Fault> {
        self.with_room(Self::write_waiting)
    }

    fn write_waiting(&mut self) -> Result<bool, Fault> {
        let Some(row) = journal::write(&self.waiting) else { return Ok(false) };
        let transaction = self.database.connection.transaction()?;
        name(&transaction, &self.new_series, &self.keys)?;
        name_words(&transaction, &self.new_words, &self.words)?;
        let begin = self.waiting.values().flatten().map(|sample| sample.at).min();
        let run = match (self.run, begin) {
            (None, Some(begin)) => Some(Run::begin(&transaction, begin)?),
            (run, _) => run,
        };
        transaction.prepare_cached("INSERT INTO journal (samples) VALUES (?1)")?.execute([row])?;
        transaction.commit()?;
        self.run = run;
        self.new_series.clear();
        self.new_words.clear();
        self.tails += std::mem::take(&mut self.waits);
        for (series, samples) in std::mem::take(&mut self.waiting) {
            self.tail.entry(series).or_default().extend(samples);
        }
        Ok(true)
    }

    /// Whether the file is still where it was opened.
    pub fn is_in_place(&self) -> bool {
        self.database.is_in_place()
    }

    /// Brings what was written to the disk itself, so that a power cut cannot take it back.
    pub fn sync(&mut self) -> Result<(), Fault> {
        Ok(self.database.sync()?)
    }

    /// Brings everything into the one file.
    pub fn settle(&mut self) -> Result<(), Fault> {
        self.database.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(())
    }

    /// Writes what waits, ends the run now, and closes the file.
    pub fn close(self) -> Result<(), Fault> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        self.close_at(i64::try_from(now).unwrap_or(i64::MAX))
    }

    /// Writes what waits, ends the run at that time, and closes the file.
    pub fn close_at(mut self, at: i64) -> Result<(), Fault> {
        self.flush()?;
        if let Some(run) = self.run {
            run.end(&self.database.connection, at)?;
        }
        self.database.close()
    }
}

fn name(connection: &Connection, new: &[i64], keys: &BTreeMap<i64, Key>) -> rusqlite::Result<()> {
    for id in new {
        let Some(Key { topic, quantity, kind, unit }) = keys.get(id) else { continue };
        connection.execute(
            "INSERT INTO series (id, topic, quantity, kind, unit) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![id, topic, quantity, kind.word(), unit],
        )?;
    }
    Ok(())
}

fn name_words(
    connection: &Connection,
    new: &[Box<str>],
    words: &HashMap<Box<str>, i64>,
) -> rusqlite::Result<()> {
    for word in new {
        connection.execute("INSERT INTO word (id, text) VALUES (?1, ?2)", params![words.get(word), word])?;
    }
    Ok(())
}

/// The older half is given up; returns how many samples that is.
fn let_go(all: &mut BTreeMap<i64, Vec<Sample>>) -> u64 {
    let mut lost = 0;
    for samples in all.values_mut() {
        let goes = samples.len().div_ceil(2);
        samples.drain(..goes);
        lost += goes as u64;
    }
    all.retain(|_, samples| !samples.is_empty());
    lost
}

/// Whether a sample's time can be true.
fn is_plausible(at: i64) -> bool {
    u64::try_from(at).is_ok_and(|at| clock::is_plausible(UNIX_EPOCH + Duration::from_millis(at)))
}

/// Numbers of words are few enough to be exact.
#[expect(clippy::cast_precision_loss, reason = "there are never that many words")]
fn f64_of(number: i64) -> f64 {
    number as f64
}
