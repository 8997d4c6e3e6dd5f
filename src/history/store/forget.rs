//! Deleting what was.

use std::ops::Range;

use rusqlite::params;

use super::rollup::{self, DAY, HOUR};
use super::{Store, chunk, open, renew};
use crate::disk::Fault;
use crate::history::journal;
use crate::history::series::Sample;

impl Store {
    /// Deletes the samples of a time; returns how many there were. Chunks at its ends are written anew and so are the
    /// hours and days there; of an hour or a day there whose samples were let go before nothing remains. All of it goes
    /// at once, so a long time is better forgotten piece by piece.
    pub fn forget(&mut self, series: i64, range: &Range<i64>) -> Result<usize, Fault> {
        let gone = self.with_room(|store| store.forget_written(series, range))?;
        let Some(samples) = self.waiting.get_mut(&series) else { return Ok(gone) };
        let waited = samples.len();
        samples.retain(|sample| !range.contains(&sample.at));
        let waited = waited - samples.len();
        self.waits -= waited;
        Ok(gone + waited)
    }

    fn forget_written(&mut self, series: i64, range: &Range<i64>) -> Result<usize, Fault> {
        let transaction = self.database.connection.transaction()?;
        let mut gone = forget_chunks(&transaction, series, range)?;
        for (table, width) in [("hour", HOUR), ("day", DAY)] {
            let from = rollup::floor(range.start, width);
            transaction.execute(
                &format!("DELETE FROM {table} WHERE series = ?1 AND begin >= ?2 AND begin < ?3"),
                params![series, from, range.end],
            )?;
        }
        let edge = |at: i64| rollup::floor(at, HOUR)..rollup::floor(at, HOUR).saturating_add(HOUR);
        renew::renew(&transaction, series, &edge(range.start))?;
        renew::renew(&transaction, series, &edge(range.end))?;
        let newest = open::newest(&transaction, series)?;
        let tail = match self.tail.get(&series) {
            Some(samples) if samples.iter().any(|sample| range.contains(&sample.at)) => {
                gone += forget_journal(&transaction, series, range)?;
                Some(open::read_journal(&transaction, &self.keys, self.old_rows)?.0)
            }
            _ => None,
        };
        transaction.commit()?;
        self.newest.remove(&series);
        self.newest.extend(newest.map(|newest| (series, newest)));
        if let Some(tail) = tail {
            self.set_tail(tail, self.old_rows);
        }
        Ok(gone)
    }
}

fn forget_chunks(
    connection: &rusqlite::Connection,
    series: i64,
    range: &Range<i64>,
) -> rusqlite::Result<usize> {
    let rows: Vec<(i64, i64, i64, i64)> = {
        let mut statement = connection.prepare_cached(
            "SELECT id, first, last, count FROM chunk WHERE series = ?1 AND last >= ?2 AND first < ?3",
        )?;
        let rows = statement.query_map((series, range.start, range.end), |row| row.try_into())?;
        rows.collect::<Result<_, _>>()?
    };
    let mut gone = 0;
    for (id, first, last, count) in rows {
        let is_whole = range.contains(&first) && range.contains(&last);
        let mut left: Vec<Sample> = Vec::new();
        if !is_whole {
            // One that cannot be read stays as it is.
            let Some(samples) = chunk::read(connection, id)? else { continue };
            left = samples.into_iter().filter(|sample| !range.contains(&sample.at)).collect();
        }
        connection.prepare_cached("DELETE FROM chunk WHERE id = ?1")?.execute([id])?;
        chunk::write(connection, series, &left)?;
        gone += usize::try_from(count).unwrap_or(0).saturating_sub(left.len());
    }
    Ok(gone)
}

fn forget_journal(
    connection: &rusqlite::Connection,
    series: i64,
    range: &Range<i64>,
) -> rusqlite::Result<usize> {
    let rows: Vec<(i64, Vec<u8>)> = {
        let mut statement = connection.prepare_cached("SELECT id, samples FROM journal")?;
        let rows = statement.query_map([], |row| row.try_into())?;
        rows.collect::<Result<_, _>>()?
    };
    let mut gone = 0;
    for (id, row) in rows {
        let Some(mut batch) = journal::read(&row) else { continue };
        let Some(samples) = batch.get_mut(&series) else { continue };
        let all = samples.len();
        samples.retain(|sample| !range.contains(&sample.at));
        if samples.len() == all {
            continue;
        }
        gone += all - samples.len();
        match journal::write(&batch) {
            Some(row) => {
                connection.execute("UPDATE journal SET samples = ?2 WHERE id = ?1", params![id, row])?
            }
            None => connection.execute("DELETE FROM journal WHERE id = ?1", [id])?,
        };
    }
    Ok(gone)
}
