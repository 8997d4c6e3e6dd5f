//! What is let go: by age, and the oldest first when the file has its size.

use rusqlite::params;

use super::Store;
use crate::disk::Fault;

/// Chunks that go at once; nobody waits longer than for these.
const AT_ONCE: i64 = 64;

/// Pages that are given back at once.
const PAGES: u32 = 256;

/// What is kept at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// Samples since then, in milliseconds since 1970.
    pub samples_since: i64,
    /// Hours and days since then.
    pub hours_since: i64,
    /// Bytes of the file that are in use.
    pub bytes: u64,
}

impl Store {
    /// Lets go of a little that is not kept any more; whether there may be more. Hours and days outlive their samples.
    pub fn let_go_of_old(&mut self, keep: Keep) -> Result<bool, Fault> {
        let connection = &mut self.database.connection;
        let transaction = connection.transaction()?;
        let used: i64 = transaction.query_row(
            "SELECT (page_count - freelist_count) * page_size
             FROM pragma_page_count, pragma_freelist_count, pragma_page_size",
            [],
            |row| row.get(0),
        )?;
        let excess = used.saturating_sub(i64::try_from(keep.bytes).unwrap_or(i64::MAX)).max(0);
        let gone = transaction.execute(
            "DELETE FROM chunk WHERE id IN (
                 SELECT id FROM (
                     SELECT id, last, sum(size) OVER (ORDER BY last, id) - size AS before FROM (
                         SELECT id, last, length(times) + length(samples) AS size FROM chunk
                         ORDER BY last, id LIMIT ?3))
                 WHERE last < ?1 OR before < ?2)",
            params![keep.samples_since, excess, AT_ONCE],
        )?;
        for table in ["hour", "day"] {
            transaction.execute(&format!("DELETE FROM {table} WHERE begin < ?1"), [keep.hours_since])?;
        }
        transaction.commit()?;
        // The disk gets back what is free, a little at a time.
        self.database.give_back(PAGES)?;
        Ok(gone > 0)
    }
}
