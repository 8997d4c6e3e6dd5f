//! When the hub recorded at all, and a wall clock that jumps.

use std::ops::Range;

use rusqlite::{Connection, OptionalExtension, params};

use super::{Store, open};
use crate::disk::Fault;
use crate::history::journal;

/// A run of the hub that records.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    id: i64,
    begin: i64,
}

impl Run {
    /// Begins one.
    pub(super) fn begin(connection: &Connection, at: i64) -> rusqlite::Result<Self> {
        connection.execute("INSERT INTO run (begin) VALUES (?1)", [at])?;
        Ok(Self { id: connection.last_insert_rowid(), begin: at })
    }

    /// Ends it.
    pub(super) fn end(self, connection: &Connection, at: i64) -> rusqlite::Result<()> {
        let end = at.max(self.begin);
        connection.execute("UPDATE run SET end = ?2 WHERE id = ?1", params![self.id, end])?;
        Ok(())
    }
}

impl Store {
    /// Ends the last run if it was torn down: where the newest sample is.
    pub(super) fn end_torn_run(&self) -> rusqlite::Result<()> {
        let connection = &self.database.connection;
        let torn = connection
            .query_row("SELECT id, begin FROM run WHERE end IS NULL ORDER BY id DESC", [], |row| {
                Ok(Run { id: row.get(0)?, begin: row.get(1)? })
            })
            .optional()?;
        let Some(run) = torn else { return Ok(()) };
        let newest = self.newest_time()?;
        run.end(connection, newest.unwrap_or(run.begin))
    }

    /// The time of the newest sample.
    fn newest_time(&self) -> rusqlite::Result<Option<i64>> {
        let mut newest = [&self.tail, &self.waiting]
            .into_iter()
            .flat_map(|all| all.values().flatten())
            .map(|sample| sample.at)
            .max();
        let mut statement =
            self.database.connection.prepare_cached("SELECT max(last) FROM chunk WHERE series = ?1")?;
        for series in self.keys.keys() {
            newest = newest.max(statement.query_row([series], |row| row.get(0))?);
        }
        Ok(newest)
    }

    /// The times between runs that touch a time, in order: then nothing was recorded, of no series. Samples that were
    /// imported may lie in them all the same.
    pub fn pauses(&self, range: &Range<i64>) -> Result<Vec<Range<i64>>, Fault> {
        let mut statement =
            self.database.connection.prepare_cached("SELECT begin, end FROM run ORDER BY begin")?;
        let mut pauses = Vec::new();
        let mut known: Option<i64> = None;
        for row in statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, Option<i64>>(1)?)))? {
            let (begin, end): (i64, _) = row?;
            let end = end.unwrap_or(i64::MAX);
            if let Some(known) = known.filter(|known| *known < begin) {
                let pause = known.max(range.start)..begin.min(range.end);
                if !pause.is_empty() {
                    pauses.push(pause);
                }
            }
            known = known.max(Some(end));
        }
        Ok(pauses)
    }

    /// The wall clock has jumped by so many milliseconds: what this run has recorded and is not in a chunk yet moves with
    /// it, and so does the beginning of the run. If that cannot be written nothing has moved.
    pub fn shift(&mut self, by: i64) -> Result<(), Fault> {
        let transaction = self.database.connection.transaction()?;
        if let Some(run) = self.run {
            let begin = run.begin.saturating_add(by);
            transaction.execute("UPDATE run SET begin = ?2 WHERE id = ?1", params![run.id, begin])?;
            let mut rows = Vec::new();
            {
                let mut statement = transaction.prepare("SELECT id, samples FROM journal WHERE id > ?1")?;
                for row in statement.query_map([self.old_rows], |row| Ok((row.get(0)?, row.get(1)?)))? {
                    let (id, samples): (i64, Vec<u8>) = row?;
                    rows.extend(journal::read(&samples).map(|batch| (id, batch)));
                }
            }
            for (id, mut batch) in rows {
                batch.values_mut().flatten().for_each(|sample| sample.at = sample.at.saturating_add(by));
                let row = journal::write(&batch);
                transaction.execute("UPDATE journal SET samples = ?2 WHERE id = ?1", params![id, row])?;
            }
        }
        let (tail, _) = open::read_journal(&transaction, &self.keys, self.old_rows)?;
        transaction.commit()?;
        if let Some(run) = &mut self.run {
            run.begin = run.begin.saturating_add(by);
        }
        self.set_tail(tail, self.old_rows);
        self.waiting.values_mut().flatten().for_each(|sample| sample.at = sample.at.saturating_add(by));
        Ok(())
    }
}
