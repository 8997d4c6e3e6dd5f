//! Opening the file, to go on with it or only to look, and what is read of it at once: everything but chunks.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use rusqlite::{Connection, OptionalExtension};

use super::tables::PLAN;
use super::{Store, is_plausible};
use crate::disk::{Database, StoreError};
use crate::history::journal::{self, Batch};
use crate::history::series::{Key, Kind, Sample};

/// What of the journal cannot be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct LeftOut {
    /// Rows that make no sense.
    damaged: usize,
    /// Samples from before the clock was set, of a run that ended before it was.
    undated: usize,
}

impl Store {
    /// Opens the file, or begins one, and goes on with it. What is damaged is set aside; rows that make no sense and
    /// samples of the journal whose time cannot be true are left out. A run that was torn down gets its end.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::of(path, Database::open(path, PLAN)?, |store| {
            store.end_torn_run()?;
            store.forget_empty_series()
        })
    }

    /// Opens the file to read what is in it now, also beside a hub that goes on writing: later changes are not seen, and
    /// everything that writes fails. While it is open the hub's log file cannot shrink, so it should not be for hours.
    pub fn look(path: &Path) -> Result<Self, StoreError> {
        Self::of(path, Database::look(path, PLAN)?, |_| Ok(()))
    }

    fn of(
        path: &Path,
        database: Database,
        prepare: impl FnOnce(&mut Self) -> rusqlite::Result<()>,
    ) -> Result<Self, StoreError> {
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
            old_rows: 0,
            newest: BTreeMap::new(),
            run: None,
            keep: None,
            lost: 0,
        };
        let loaded = store.load().and_then(|left_out| prepare(&mut store).map(|()| left_out));
        let left_out = loaded.map_err(|error| {
            let (path, reason) = (path.to_owned(), error.to_string());
            StoreError::Unusable { path, reason }
        })?;
        let LeftOut { damaged, undated } = left_out;
        if damaged > 0 {
            tracing::warn!("{}: {damaged} damaged rows were left out", path.display());
        }
        if undated > 0 {
            tracing::warn!(
                "{}: {undated} samples were left out: they are from before the clock was set, and the hub stopped before it was",
                path.display()
            );
        }
        Ok(store)
    }

    /// Reads everything but chunks.
    fn load(&mut self) -> rusqlite::Result<LeftOut> {
        let connection = &self.database.connection;
        let mut damaged = 0;
        for (id, key) in read_series(connection)? {
            let Some(key) = key else {
                damaged += 1;
                continue;
            };
            self.newest.extend(newest(connection, id)?.map(|sample| (id, sample)));
            self.ids.insert(key.clone(), id);
            self.keys.insert(id, key);
        }
        self.words = read_words(connection)?;
        let old_rows: Option<i64> =
            connection.query_row("SELECT max(id) FROM journal", [], |row| row.get(0))?;
        let old_rows = old_rows.unwrap_or(0);
        let (tail, left_out) = read_journal(connection, &self.keys, old_rows)?;
        self.set_tail(tail, old_rows);
        Ok(LeftOut { damaged: damaged + left_out.damaged, ..left_out })
    }

    /// What the journal says, of which so many rows are of earlier runs.
    pub(super) fn set_tail(&mut self, tail: Batch, old_rows: i64) {
        self.tails = tail.values().map(Vec::len).sum();
        self.tail = tail;
        self.old_rows = old_rows;
    }

    /// A series of which nothing is left loses its name.
    fn forget_empty_series(&mut self) -> rusqlite::Result<()> {
        let mut statement = self.database.connection.prepare(
            "SELECT id FROM series WHERE NOT EXISTS (SELECT 1 FROM chunk WHERE series = id)
                 AND NOT EXISTS (SELECT 1 FROM hour WHERE series = id)
                 AND NOT EXISTS (SELECT 1 FROM day WHERE series = id)",
        )?;
        let found: Vec<i64> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        for id in found.into_iter().filter(|id| !self.tail.contains_key(id)) {
            self.database.connection.execute("DELETE FROM series WHERE id = ?1", [id])?;
            self.keys.remove(&id);
            self.ids.retain(|_, known| *known != id);
        }
        Ok(())
    }
}

/// Every series; without a key where the row makes no sense.
fn read_series(connection: &Connection) -> rusqlite::Result<Vec<(i64, Option<Key>)>> {
    let mut statement = connection.prepare("SELECT id, topic, quantity, kind, unit FROM series")?;
    let rows = statement.query_map([], |row| {
        let text = |at| row.get::<_, String>(at).map(String::into_boxed_str);
        let unit = row.get::<_, Option<String>>(4)?.map(String::into_boxed_str);
        let (topic, quantity) = (text(1)?, text(2)?);
        let kind = Kind::of(&row.get::<_, String>(3)?);
        Ok((row.get(0)?, kind.map(|kind| Key { topic, quantity, kind, unit })))
    })?;
    rows.collect()
}

fn read_words(connection: &Connection) -> rusqlite::Result<HashMap<Box<str>, i64>> {
    let mut statement = connection.prepare("SELECT text, id FROM word")?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?.into_boxed_str(), row.get(1)?)))?;
    rows.collect()
}

/// The last value of a series that is in chunks, as its last day says.
pub(super) fn newest(connection: &Connection, series: i64) -> rusqlite::Result<Option<Sample>> {
    let mut statement = connection
        .prepare_cached("SELECT last, last_at FROM day WHERE series = ?1 ORDER BY begin DESC LIMIT 1")?;
    statement.query_row([series], |row| Ok(Sample { value: row.get(0)?, at: row.get(1)? })).optional()
}

/// What the journal says of known series. Of rows up to `old_rows` nobody will learn any more when it really was.
pub(super) fn read_journal(
    connection: &Connection,
    keys: &BTreeMap<i64, Key>,
    old_rows: i64,
) -> rusqlite::Result<(Batch, LeftOut)> {
    let mut statement = connection.prepare_cached("SELECT id, samples FROM journal ORDER BY id")?;
    let (mut tail, mut left_out) = (Batch::new(), LeftOut::default());
    for row in statement.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)))? {
        let (id, row) = row?;
        let Some(batch) = journal::read(&row) else {
            left_out.damaged += 1;
            continue;
        };
        for (series, mut samples) in batch.into_iter().filter(|(series, _)| keys.contains_key(series)) {
            if id <= old_rows {
                let all = samples.len();
                samples.retain(|sample| is_plausible(sample.at));
                left_out.undated += all - samples.len();
            }
            if !samples.is_empty() {
                tail.entry(series).or_default().extend(samples);
            }
        }
    }
    Ok((tail, left_out))
}
