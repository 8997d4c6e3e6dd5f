//! What was promised since the last checkpoint of the database, appended as it comes: a message costs its own length,
//! not a page of the database.
//!
//! One thread writes; everybody who waits while it writes shares the next write. There are two files; a checkpoint
//! begins the other one with what it does not cover, and once the database has the rest, the older file is void. Until
//! then the newer file says that the older one counts, too. Nothing is ever written while nothing happens.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use super::record::{self, Record, checksum};
use crate::disk::{Fault, Health};

const MAGIC: &[u8; 16] = b"clown-hub jrnl 1";
/// Bytes before the first record.
pub(super) const HEAD: usize = 32;
/// Where the head says whether the older file counts, too.
const OLDER: u64 = 28;
/// A file that grew longer is cut when it is begun again.
const SPACIOUS: u64 = 1024 * 1024;

/// The journal; clones share it.
#[derive(Clone)]
pub struct Journal {
    shared: Arc<Shared>,
}

struct Shared {
    paths: [PathBuf; 2],
    health: Health,
    waiting: Mutex<Waiting>,
    wake: Condvar,
    files: Mutex<Files>,
}

#[derive(Default)]
struct Waiting {
    bodies: Vec<Vec<u8>>,
    waiters: Vec<oneshot::Sender<()>>,
    is_closed: bool,
}

struct Files {
    generation: u64,
    /// The file of this generation, once it was begun.
    open: Option<Open>,
}

struct Open {
    file: File,
    end: u64,
}

impl Journal {
    /// The journal beside a database that has everything before the generation `settled`, and what it holds beside.
    pub fn open(database: &Path, settled: u64, health: Health) -> io::Result<(Self, Vec<Record>)> {
        let paths = paths(database);
        let mut found = Vec::new();
        for path in &paths {
            match fs::read(path) {
                Ok(bytes) => found.extend(head(&bytes).map(|(generation, older)| (generation, older, bytes))),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    return Err(io::Error::new(error.kind(), format!("{}: {error}", path.display())));
                }
            }
        }
        found.sort_unstable_by_key(|(generation, ..)| *generation);
        let generation = found.last().map_or(0, |(generation, ..)| *generation).max(settled);
        if let [_, (newest, older_counts, _)] = &found[..]
            && (!older_counts || settled >= *newest)
        {
            found.remove(0);
        }
        let mut records = Vec::new();
        for (index, (generation, _, bytes)) in found.iter().enumerate() {
            let read = record::read(&bytes[HEAD..], *generation).into_iter();
            records.extend(read.filter(|record| index == 0 || !record.is_again()));
        }
        let files = Mutex::new(Files { generation, open: None });
        let shared = Shared { paths, health, waiting: Mutex::default(), wake: Condvar::new(), files };
        Ok((Self { shared: Arc::new(shared) }, records))
    }

    /// Starts the thread that writes.
    pub fn start(&self) -> io::Result<JoinHandle<()>> {
        let journal = self.clone();
        std::thread::Builder::new().name("broker-journal".to_owned()).spawn(move || journal.run())
    }

    /// Keeps a record; what comes back ends when it is kept, or when it cannot be.
    pub fn keep(&self, record: &Record) -> oneshot::Receiver<()> {
        let (kept, waiter) = oneshot::channel();
        if self.shared.health.is_well() {
            let body = record.to_body();
            let mut waiting = self.waiting();
            if !waiting.is_closed {
                waiting.bodies.push(body);
                waiting.waiters.push(kept);
                drop(waiting);
                self.shared.wake.notify_one();
            }
        }
        waiter
    }

    /// Ends the thread when all records are written.
    pub fn close(&self) {
        self.waiting().is_closed = true;
        self.shared.wake.notify_one();
    }

    /// Begins the next generation with `carried`; the older one counts, too, until [`settle`](Self::settle). What
    /// `carried` gives is asked while nothing is written. Gives the number of the generation.
    pub fn begin(&self, older_counts: bool, carried: impl FnOnce() -> Vec<Record>) -> io::Result<u64> {
        let mut files = self.files();
        let generation = files.generation + 1;
        let mut bytes = Vec::with_capacity(HEAD);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&generation.to_le_bytes());
        bytes.extend_from_slice(&checksum(0, &generation.to_le_bytes()).to_le_bytes());
        // What an earlier run left was read when the journal was opened, and is in the database since.
        let older_counts = older_counts && files.open.is_some();
        bytes.extend_from_slice(&u32::from(older_counts).to_le_bytes());
        for record in carried().into_iter().map(Record::again) {
            record::frame(&mut bytes, generation, &record.to_body());
        }
        let path = &self.shared.paths[usize::from(generation.is_multiple_of(2))];
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(false).mode(0o600).open(path)?;
        let end = bytes.len() as u64;
        if file.metadata()?.len() > end.max(SPACIOUS) {
            file.set_len(end)?;
        }
        file.write_all_at(&bytes, 0)?;
        *files = Files { generation, open: Some(Open { file, end }) };
        Ok(generation)
    }

    /// The database has everything that the older generation held.
    pub fn settle(&self) -> io::Result<()> {
        match &self.files().open {
            Some(Open { file, .. }) => file.write_all_at(&0_u32.to_le_bytes(), OLDER),
            None => Ok(()),
        }
    }

    /// Whether anything was kept since the last checkpoint.
    pub fn holds_any(&self) -> bool {
        self.files().open.as_ref().is_some_and(|open| open.end > HEAD as u64)
    }

    /// Brings what was written to the disk itself.
    pub fn sync(&self) -> io::Result<()> {
        let file = match &self.files().open {
            Some(Open { file, .. }) => file.try_clone()?,
            None => return Ok(()),
        };
        file.sync_data()
    }

    fn run(&self) {
        loop {
            let mut waiting = self.waiting();
            while waiting.bodies.is_empty() && !waiting.is_closed {
                waiting = self.shared.wake.wait(waiting).unwrap_or_else(PoisonError::into_inner);
            }
            if waiting.bodies.is_empty() {
                return;
            }
            let Waiting { bodies, waiters, .. } = &mut *waiting;
            let (bodies, waiters) = (std::mem::take(bodies), std::mem::take(waiters));
            drop(waiting);
            if self.shared.health.is_well()
                && let Err(error) = self.append(&bodies)
            {
                self.shared.health.fail("the journal", &Fault::Disk(error));
            }
            // Whoever waits is told by this, be it kept or not.
            drop(waiters);
        }
    }

    fn append(&self, bodies: &[Vec<u8>]) -> io::Result<()> {
        if self.files().open.is_none() {
            self.begin(false, Vec::new)?;
        }
        let mut files = self.files();
        let generation = files.generation;
        let Some(Open { file, end }) = &mut files.open else { return Ok(()) };
        let mut bytes = Vec::with_capacity(bodies.iter().map(|body| body.len() + 8).sum());
        bodies.iter().for_each(|body| record::frame(&mut bytes, generation, body));
        file.write_all_at(&bytes, *end)?;
        *end += bytes.len() as u64;
        Ok(())
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.shared.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn files(&self) -> MutexGuard<'_, Files> {
        self.shared.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The generation of a file and whether the older one counts, too; `None` for what is no journal.
/// The two files beside a database.
pub(super) fn paths(database: &Path) -> [PathBuf; 2] {
    ["journal-a", "journal-b"].map(|extension| database.with_extension(extension))
}

fn head(bytes: &[u8]) -> Option<(u64, bool)> {
    let head = bytes.get(..HEAD)?;
    let generation = u64::from_le_bytes(head[16..24].try_into().ok()?);
    let is_whole = &head[..16] == MAGIC && head[24..28] == checksum(0, &head[16..24]).to_le_bytes();
    is_whole.then_some((generation, head[28..] != [0; 4]))
}

#[cfg(test)]
mod tests {
    use super::super::record::Handed;
    use super::*;
    use crate::broker::store::WORDS;

    fn record(packet: u16) -> Record {
        Record::Handed(Handed { publisher: "p".into(), packet, sum: 0 })
    }

    fn found(database: &Path) -> Vec<Record> {
        Journal::open(database, 0, Health::new(WORDS)).unwrap().1
    }

    #[tokio::test]
    async fn what_was_kept_is_found_until_the_database_has_it() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("broker.sqlite");
        let (journal, records) = Journal::open(&database, 0, Health::new(WORDS)).unwrap();
        assert_eq!(records, []);
        let thread = journal.start().unwrap();
        assert_eq!(
            std::fs::read_dir(folder.path()).unwrap().count(),
            0,
            "nothing was kept, nothing is written"
        );
        for packet in [1, 2] {
            let _ = journal.keep(&record(packet)).await;
        }
        assert_eq!(found(&database), [record(1), record(2)]);

        let generation = journal.begin(true, || vec![record(2)]).unwrap();
        let _ = journal.keep(&record(3)).await;
        assert_eq!(found(&database), [record(1), record(2), record(2), record(3)]);
        let (_, settled) = Journal::open(&database, generation, Health::new(WORDS)).unwrap();
        assert_eq!(settled, [record(2), record(3)], "the database has what was before");
        journal.settle().unwrap();
        assert_eq!(found(&database), [record(2), record(3)]);
        journal.close();
        thread.join().unwrap();

        let (journal, _) = Journal::open(&database, 0, Health::new(WORDS)).unwrap();
        let thread = journal.start().unwrap();
        journal.begin(false, Vec::new).unwrap();
        let _ = journal.keep(&record(4)).await;
        assert_eq!(found(&database), [record(4)]);
        journal.close();
        thread.join().unwrap();
    }

    #[tokio::test]
    async fn a_journal_that_cannot_be_written_keeps_nobody_waiting() {
        let folder = tempfile::tempdir().unwrap();
        let health = Health::new(WORDS);
        let (journal, _) =
            Journal::open(&folder.path().join("gone/broker.sqlite"), 0, health.clone()).unwrap();
        let thread = journal.start().unwrap();
        let _ = journal.keep(&record(1)).await;
        assert!(!health.is_well());
        assert!(journal.keep(&record(2)).await.is_err());
        journal.close();
        thread.join().unwrap();
    }
}
