//! What is let go: by age, and the oldest first when the file has its size.
//!
//! SQLite itself is told the most pages, so the file never grows above its size. A sixteenth of it is kept free for what
//! comes until the next look; when that was too little, more is let go at once and what failed is done again.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension, params};

use super::Store;
use crate::disk::Fault;

/// Rows that go at once; nobody waits longer than for these.
const CHUNKS_AT_ONCE: usize = 64;
const PIECES_AT_ONCE: usize = 2_048;

/// Pages that are given back at once.
const PAGES: u32 = 256;

/// The part of the file that is kept free.
const FREE_PART: u64 = 16;

/// What is kept at most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keep {
    /// Samples since then, in milliseconds since 1970.
    pub samples_since: i64,
    /// Series whose samples are kept since another time.
    pub exceptions: BTreeMap<i64, i64>,
    /// Hours since then.
    pub hours_since: i64,
    /// Days since then.
    pub days_since: i64,
    /// Bytes of the file; the log beside it has 4 MiB more at most, while nobody holds on to it by reading.
    pub bytes: u64,
}

/// How large the file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bytes {
    /// What is in use of it.
    pub used: u64,
    /// The file on the disk; what is not in use is used before it grows, and given back by and by.
    pub file: u64,
    /// The log beside it.
    pub log: u64,
}

impl Keep {
    /// Everything, in a file of so many bytes.
    pub fn everything(bytes: u64) -> Self {
        let (samples_since, hours_since, days_since) = (i64::MIN, i64::MIN, i64::MIN);
        Self { samples_since, exceptions: BTreeMap::new(), hours_since, days_since, bytes }
    }

    fn samples_of(&self, series: i64) -> i64 {
        self.exceptions.get(&series).copied().unwrap_or(self.samples_since)
    }
}

impl Store {
    /// Lets go of a little that is not kept any more; whether there may be more. Hours outlive their samples and days
    /// their hours. When the file is too large, the oldest samples go first; only when there are none, hours, then days.
    pub fn let_go_of_old(&mut self, keep: &Keep) -> Result<bool, Fault> {
        let page: u64 = pragma(&self.database.connection, "page_size")?;
        let pages = u32::try_from(keep.bytes / page.max(1)).unwrap_or(u32::MAX - 1);
        pragma(&self.database.connection, &format!("max_page_count = {pages}"))?;
        if self.keep.as_ref() != Some(keep) {
            self.keep = Some(keep.clone());
        }
        self.shrink(keep, keep.bytes - keep.bytes / FREE_PART)
    }

    /// Lets go of a little until no more than so many bytes are in use.
    fn shrink(&mut self, keep: &Keep, most: u64) -> Result<bool, Fault> {
        let transaction = self.database.connection.transaction()?;
        let mut gone = 0;
        for series in self.keys.keys() {
            let left = CHUNKS_AT_ONCE.saturating_sub(gone).cast_signed();
            let mut old = transaction.prepare_cached(
                "DELETE FROM chunk WHERE id IN (
                     SELECT id FROM chunk WHERE series = ?1 AND last < ?2 ORDER BY last LIMIT ?3)",
            )?;
            gone += old.execute(params![series, keep.samples_of(*series), left])?;
        }
        for (table, since) in [("hour", keep.hours_since), ("day", keep.days_since)] {
            gone += let_pieces_go(&transaction, table, self.keys.keys(), since)?;
        }
        let oldest = keep.exceptions.values().copied().chain([keep.samples_since]).min();
        let oldest = oldest.unwrap_or(i64::MIN).min(keep.hours_since).min(keep.days_since);
        transaction.execute("DELETE FROM run WHERE end < ?1", [oldest])?;
        let excess = used(&transaction)?.saturating_sub(most);
        if excess > 0 {
            gone += let_oldest_go(&transaction, self.keys.keys(), excess)?;
        }
        transaction.commit()?;
        // The disk gets back what is free, a little at a time.
        self.database.give_back(PAGES)?;
        Ok(gone > 0)
    }

    /// Does something that may find the file at its size; then more is let go, and it is done again.
    pub(super) fn with_room<T>(&mut self, act: impl Fn(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        let result = act(self);
        let Err(fault) = &result else { return result };
        let Some(keep) = self.keep.clone().filter(|_| fault.is_full()) else { return result };
        let connection = &self.database.connection;
        let size = pragma(connection, "page_count")? * pragma(connection, "page_size")?;
        let room = keep.bytes / 4;
        if size + room < keep.bytes {
            // It is the disk that is full.
            return result;
        }
        while self.shrink(&keep, keep.bytes - room)? {}
        act(self)
    }

    /// How large the file is.
    pub fn bytes(&self) -> Result<Bytes, Fault> {
        let (file, log) = self.database.sizes()?;
        Ok(Bytes { used: used(&self.database.connection)?, file, log })
    }
}

fn pragma(connection: &Connection, name: &str) -> rusqlite::Result<u64> {
    connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0)).map(i64::cast_unsigned)
}

fn used(connection: &Connection) -> rusqlite::Result<u64> {
    let pages = pragma(connection, "page_count")?.saturating_sub(pragma(connection, "freelist_count")?);
    Ok(pages * pragma(connection, "page_size")?)
}

/// Lets go of hours or days from before a time, of some series.
fn let_pieces_go<'a>(
    connection: &Connection,
    table: &str,
    all: impl Iterator<Item = &'a i64>,
    since: i64,
) -> rusqlite::Result<usize> {
    let mut statement = connection.prepare_cached(&format!(
        "DELETE FROM {table} WHERE series = ?1 AND begin IN (
             SELECT begin FROM {table} WHERE series = ?1 AND begin < ?2 ORDER BY begin LIMIT ?3)"
    ))?;
    let mut gone = 0;
    for series in all {
        let left = PIECES_AT_ONCE.saturating_sub(gone).cast_signed();
        gone += statement.execute(params![series, since, left])?;
    }
    Ok(gone)
}

/// Lets go of the oldest chunks; without any, of the oldest hours; without those, of the oldest days.
fn let_oldest_go<'a>(
    connection: &Connection,
    all: impl Iterator<Item = &'a i64> + Clone,
    excess: u64,
) -> rusqlite::Result<usize> {
    let mut first = connection.prepare_cached(
        "SELECT last, series, id, length(times) + length(samples) FROM chunk WHERE series = ?1 ORDER BY last LIMIT 1",
    )?;
    let mut oldest_of = |series: i64| -> rusqlite::Result<Option<(i64, i64, i64, i64)>> {
        first.query_row([series], |row| row.try_into()).optional()
    };
    let mut oldest = BTreeSet::new();
    for series in all.clone() {
        oldest.extend(oldest_of(*series)?);
    }
    let (mut gone, mut freed) = (0, 0);
    while let Some((_, series, id, size)) =
        oldest.pop_first().filter(|_| freed < excess && gone < CHUNKS_AT_ONCE)
    {
        gone += connection.prepare_cached("DELETE FROM chunk WHERE id = ?1")?.execute([id])?;
        freed += size.cast_unsigned();
        oldest.extend(oldest_of(series)?);
    }
    for table in ["hour", "day"] {
        if gone > 0 {
            break;
        }
        let mut begin =
            connection.prepare_cached(&format!("SELECT min(begin) FROM {table} WHERE series = ?1"))?;
        let mut least: Option<i64> = None;
        for series in all.clone() {
            let begin: Option<i64> = begin.query_row([series], |row| row.get(0))?;
            least = [least, begin].into_iter().flatten().min();
        }
        if let Some(least) = least {
            // The next one counted from the oldest, of every series.
            gone = let_pieces_go(connection, table, all.clone(), least.saturating_add(super::rollup::DAY))?;
        }
    }
    Ok(gone)
}
