//! The same load in rows of a plain table.

use std::path::Path;

use rusqlite::{Connection, params};

use super::load::{Load, SERIES};
use super::{tell, written};

/// One transaction for each flush, as everybody does who wants his SD card to live.
pub fn live(path: &Path, ticks: usize) {
    let mut connection = Connection::open(path).expect("a file");
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
             CREATE TABLE sample (series INTEGER, at INTEGER, value REAL, PRIMARY KEY (series, at)) WITHOUT ROWID",
        )
        .expect("a table");
    let mut load = Load::new(false);
    let before = written();
    for tick in 0..ticks {
        let transaction = connection.transaction().expect("it can be written");
        for (series, sample) in (0_i64..).zip(load.tick(tick)) {
            let row = params![series, sample.at, sample.value];
            transaction
                .prepare_cached("INSERT INTO sample VALUES (?1, ?2, ?3)")
                .and_then(|mut insert| insert.execute(row))
                .expect("a row");
        }
        transaction.commit().expect("it can be written");
    }
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).expect("it can be written");
    tell(&format!("a table of rows, {ticks} flushes"), path, ticks * SERIES, written() - before);
}
