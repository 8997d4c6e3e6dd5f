//! What a database holds at one moment, to be copied, also beside the program that writes it.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use super::database::{Database, Plan, StoreError};
use super::health::Fault;

/// Tables of any version are copied as they are.
const ANY: Plan = Plan { version: i64::MAX, tables: "", loss: "", page: 4096 };
/// Pages that are copied at a time.
const PAGES: i32 = 1024;

/// What a database holds at one moment; while the value lives, nothing of it is overwritten.
pub struct Snapshot(Database);

impl Snapshot {
    /// What is in the file now.
    pub fn take(path: &Path) -> Result<Self, StoreError> {
        Database::look(path, ANY).map(Self)
    }

    /// Writes it to another file, which is empty or not there.
    pub fn write(&self, to: &Path) -> Result<(), Fault> {
        let mut copy = Connection::open(to)?;
        // Who reads the copy does so when it is whole; what is half written is thrown away.
        copy.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")?;
        let backup = Backup::new(&self.0.connection, &mut copy)?;
        loop {
            match backup.step(PAGES)? {
                StepResult::Done => return Ok(()),
                StepResult::More => {}
                // Locked for a moment.
                _ => std::thread::sleep(std::time::Duration::from_millis(10)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_holds_what_was_there_when_it_was_taken() {
        const WORDS: Plan =
            Plan { version: 3, tables: "CREATE TABLE word (text TEXT)", loss: "", page: 8192 };
        let folder = tempfile::tempdir().unwrap();
        let (path, copy) = (folder.path().join("words.sqlite"), folder.path().join("copy.sqlite"));
        let database = Database::open(&path, WORDS).unwrap();
        let add = |text: &str| database.connection.execute("INSERT INTO word VALUES (?1)", [text]).unwrap();
        add("before");
        let snapshot = Snapshot::take(&path).unwrap();
        add("after");
        snapshot.write(&copy).unwrap();
        add("later");
        let copied = Database::open(&copy, WORDS).unwrap();
        let words: String =
            copied.connection.query_row("SELECT group_concat(text) FROM word", [], |row| row.get(0)).unwrap();
        assert_eq!(words, "before");
    }
}
