//! What the store holds at one moment, for a copy beside the running broker: the database and the journals that belong
//! to it.
//!
//! A checkpoint changes the heads of the journals before and after it writes the database; as long as they stay as they
//! are, what was read between goes together.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

use super::journal::{HEAD, paths};
use crate::disk::{Snapshot, StoreError};

/// How often the two are read again; between two checkpoints there is a second.
const TRIES: usize = 50;

/// A database and the journals beside it.
pub struct Moment {
    /// The database.
    pub snapshot: Snapshot,
    /// The names of the journals that are there, and what is in them.
    pub journals: Vec<(String, Vec<u8>)>,
}

/// What is kept now in the database at `path`, and beside it.
pub fn moment(path: &Path) -> Result<Moment, StoreError> {
    let unusable =
        |error: io::Error| StoreError::Unusable { path: path.to_owned(), reason: error.to_string() };
    for _ in 0..TRIES {
        let before = heads(path).map_err(unusable)?;
        let snapshot = Snapshot::take(path)?;
        let journals = read(path).map_err(unusable)?;
        if heads(path).map_err(unusable)? == before {
            return Ok(Moment { snapshot, journals });
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Err(unusable(io::Error::other("it changes faster than it can be read")))
}

fn heads(path: &Path) -> io::Result<Vec<Vec<u8>>> {
    let head = |journal: &Path| match File::open(journal) {
        Ok(file) => {
            let mut head = Vec::new();
            file.take(HEAD as u64).read_to_end(&mut head).map(|_| head)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    };
    paths(path).iter().map(|journal| head(journal)).collect()
}

fn read(path: &Path) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut journals = Vec::new();
    for journal in paths(path) {
        let name = journal.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match fs::read(&journal) {
            Ok(bytes) => journals.push((name, bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(journals)
}
