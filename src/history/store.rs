//! The file: series, flushes, chunks, and how both are read together.
//!
//! | table | a row is |
//! | --- | --- |
//! | `series` | a quantity of a topic |
//! | `word` | a word that a series of words has said |
//! | `journal` | what one flush has written, of all series ([`journal`]) |
//! | `chunk` | many samples of one series ([`codec`](super::codec)) |
//! | `hour`, `day` | least, greatest, sum, count and last value of a series in that time, UTC |
//!
//! What is in `journal` is also in memory, so it is never read but at the start.

mod fold;
mod read;
mod rescue;
mod retain;
mod rollup;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use rusqlite::{Transaction, params};

use super::journal;
use super::series::{Key, Kind, Sample};
use crate::disk::{Database, Fault, Plan, StoreError};
pub use retain::Keep;
pub use rollup::Bucket;

const TABLES: &str = "
CREATE TABLE series (
    id INTEGER PRIMARY KEY, topic TEXT NOT NULL, quantity TEXT NOT NULL, kind TEXT NOT NULL, unit TEXT);
CREATE TABLE word (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE journal (id INTEGER PRIMARY KEY, samples BLOB NOT NULL);
CREATE TABLE chunk (
    id INTEGER PRIMARY KEY, series INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
    count INTEGER NOT NULL, times BLOB NOT NULL, samples BLOB NOT NULL);
CREATE INDEX chunk_of_series ON chunk (series, last);
CREATE TABLE hour (
    series INTEGER NOT NULL, begin INTEGER NOT NULL, least REAL NOT NULL, greatest REAL NOT NULL, sum REAL NOT NULL,
    count INTEGER NOT NULL, last REAL NOT NULL, last_at INTEGER NOT NULL, PRIMARY KEY (series, begin)) WITHOUT ROWID;
CREATE TABLE day (
    series INTEGER NOT NULL, begin INTEGER NOT NULL, least REAL NOT NULL, greatest REAL NOT NULL, sum REAL NOT NULL,
    count INTEGER NOT NULL, last REAL NOT NULL, last_at INTEGER NOT NULL, PRIMARY KEY (series, begin)) WITHOUT ROWID;
";

const PLAN: Plan = Plan {
    version: 1,
    tables: TABLES,
    loss: "history begins anew; what was recorded before is in that file, for `clown-hub history export`",
};

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
    /// From here on nobody knows.
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
    /// Samples that were let go because the disk could not be written.
    lost: u64,
}

impl Store {
    /// Opens the file, or begins one. What is damaged is set aside; rows of the journal that make no sense are left out.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let database = Database::open(path, PLAN)?;
        let mut store = Self {
            database,
            ids: HashMap::new(),
            keys: BTreeMap::new(),
            words: HashMap::new(),
            new_series: Vec::new(),
            new_words: Vec::new(),
            waiting: BTreeMap::new(),
            waits: 0,
            tail: BTreeMap::new(),
            tails: 0,
            lost: 0,
        };
        match store.load() {
            Ok(0) => {}
            Ok(damaged) => tracing::warn!("{}: {damaged} damaged rows were left out", path.display()),
            Err(error) => {
                let (path, reason) = (path.to_owned(), error.to_string());
                return Err(StoreError::Unusable { path, reason });
            }
        }
        Ok(store)
    }

    /// Reads everything but chunks; returns how many rows are damaged.
    fn load(&mut self) -> rusqlite::Result<usize> {
        let connection = &self.database.connection;
        let mut damaged = 0;
        let mut statement = connection.prepare("SELECT id, topic, quantity, kind, unit FROM series")?;
        let rows = statement.query_map([], |row| {
            let text = |at| row.get::<_, String>(at).map(String::into_boxed_str);
            let unit = row.get::<_, Option<String>>(4)?.map(String::into_boxed_str);
            let kind = Kind::of(&row.get::<_, String>(3)?);
            let id = row.get::<_, i64>(0)?;
            Ok((id, kind.map(|kind| (kind, unit)), text(1)?, text(2)?))
        })?;
        for row in rows {
            let (id, known, topic, quantity) = row?;
            let Some((kind, unit)) = known else {
                damaged += 1;
                continue;
            };
            let key = Key { topic, quantity, kind, unit };
            self.ids.insert(key.clone(), id);
            self.keys.insert(id, key);
        }
        let mut statement = connection.prepare("SELECT text, id FROM word")?;
        for row in statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))? {
            let (text, id) = row?;
            self.words.insert(text.into(), id);
        }
        let mut statement = connection.prepare("SELECT samples FROM journal ORDER BY id")?;
        for row in statement.query_map([], |row| row.get::<_, Vec<u8>>(0))? {
            let Some(batch) = journal::read(&row?) else {
                damaged += 1;
                continue;
            };
            for (series, samples) in batch.into_iter().filter(|(series, _)| self.keys.contains_key(series)) {
                self.tails += samples.len();
                self.tail.entry(series).or_default().extend(samples);
            }
        }
        Ok(damaged)
    }

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

    /// Takes a sample; it is in the file after the next flush.
    pub fn add(&mut self, series: i64, at: i64, recorded: Recorded<'_>) {
        let value = match recorded {
            Recorded::Number(number) => number,
            Recorded::Truth(truth) => f64::from(u8::from(truth)),
            Recorded::Word(word) => f64_of(self.number(word)),
            Recorded::Unknown => f64::NAN,
        };
        if self.waits >= MOST_WAITING {
            self.let_go();
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

    /// The older half of what waits is given up.
    fn let_go(&mut self) {
        for samples in self.waiting.values_mut() {
            let goes = samples.len().div_ceil(2);
            samples.drain(..goes);
            self.lost += goes as u64;
            self.waits -= goes;
        }
        self.waiting.retain(|_, samples| !samples.is_empty());
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
        let Some(row) = journal::write(&self.waiting) else { return Ok(false) };
        let transaction = self.database.connection.transaction()?;
        name_new(&transaction, &self.new_series, &self.keys)?;
        for word in &self.new_words {
            let id = self.words.get(word);
            transaction.execute("INSERT INTO word (id, text) VALUES (?1, ?2)", params![id, word])?;
        }
        transaction.execute("INSERT INTO journal (samples) VALUES (?1)", [row])?;
        transaction.commit()?;
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

    /// Brings everything into the one file.
    pub fn settle(&mut self) -> Result<(), Fault> {
        self.database.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(())
    }

    /// Writes what waits and closes the file.
    pub fn close(mut self) -> Result<(), Fault> {
        self.flush()?;
        self.database.close()
    }
}

fn name_new(
    transaction: &Transaction<'_>,
    new: &[i64],
    keys: &BTreeMap<i64, Key>,
) -> Result<(), rusqlite::Error> {
    for id in new {
        let Some(Key { topic, quantity, kind, unit }) = keys.get(id) else { continue };
        transaction.execute(
            "INSERT INTO series (id, topic, quantity, kind, unit) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![id, topic, quantity, kind.word(), unit],
        )?;
    }
    Ok(())
}

/// Numbers of words are few enough to be exact.
#[expect(clippy::cast_precision_loss, reason = "there are never that many words")]
fn f64_of(number: i64) -> f64 {
    number as f64
}
