//! A database file: made, checked, and set aside when it is damaged.
//!
//! `user_version` is the version of the tables. A file written by a newer program is refused and left as it is; a file
//! that is not whole is renamed to `….damaged-<seconds>`, said in the log, and a new one begun.

use std::ffi::{OsStr, OsString};
use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::health::Fault;

/// Bytes of the log beside a file; a little more for a moment.
const LOG: u32 = 4 << 20;

/// What a file is for.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The version of the tables that this program writes.
    pub version: i64,
    /// All tables of a new file.
    pub tables: &'static str,
    /// Whose file it is and what is lost without it, for people.
    pub loss: &'static str,
    /// Bytes of a page of a new file: what changes is written by pages.
    pub page: u32,
}

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file is of a program that is newer than this one.
    #[error(
        "{path} was written by a newer clown-hub (its version is {version}, this program knows {known}); nothing was changed; start the newer program, or move the file away: {loss}"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: i64,
        /// The newest that this program knows.
        known: i64,
        /// What is lost without it.
        loss: &'static str,
    },
    /// It can be neither read nor made.
    #[error(
        "cannot use {path}: {reason}; let the hub's user read and write it, and see that the disk has space"
    )]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What the operating system or SQLite said.
        reason: String,
    },
}

/// The open database, and which file on the disk it is.
pub struct Database {
    /// Its connection.
    pub connection: Connection,
    path: PathBuf,
    file: (u64, u64),
}

impl Database {
    /// Opens the file, or begins one; what is damaged is set aside.
    pub fn open(path: &Path, plan: Plan) -> Result<Self, StoreError> {
        match prepare(path, plan) {
            Err(Refused::Damaged(what)) => {
                let aside = set_aside(path).map_err(|error| unusable(path, error))?;
                tracing::error!(
                    "{} is damaged ({what}); it was set aside as {}: {}",
                    path.display(),
                    aside.display(),
                    plan.loss
                );
                prepare(path, plan).map_err(|refused| refused.into_error(path, plan))
            }
            other => other.map_err(|refused| refused.into_error(path, plan)),
        }
    }

    /// Opens the file to read what is in it now, also beside a program that writes it.
    pub fn look(path: &Path, plan: Plan) -> Result<Self, StoreError> {
        look(path, plan).map_err(|refused| refused.into_error(path, plan))
    }

    /// Whether the file is still where it was opened.
    pub fn is_in_place(&self) -> bool {
        identity(&self.path).is_ok_and(|file| file == self.file)
    }

    /// Bytes of the file, and of the log beside it.
    pub fn sizes(&self) -> io::Result<(u64, u64)> {
        let log = match fs::metadata(beside(&self.path, "-wal")) {
            Ok(meta) => meta.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error),
        };
        Ok((fs::metadata(&self.path)?.len(), log))
    }

    /// Brings what was written to the disk itself.
    pub fn sync(&self) -> io::Result<()> {
        match OpenOptions::new().write(true).open(beside(&self.path, "-wal")) {
            Ok(wal) => wal.sync_data(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Gives free pages back to the disk, at most so many; a page at a time, so all answers have to be taken.
    pub fn give_back(&self, pages: u32) -> Result<(), Fault> {
        let mut statement = self.connection.prepare(&format!("PRAGMA incremental_vacuum({pages})"))?;
        let mut rows = statement.query([])?;
        while rows.next()?.is_some() {}
        Ok(())
    }

    /// Everything into the one file, which is then closed.
    pub fn close(self) -> Result<(), Fault> {
        self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        self.connection.close().map_err(|(_, error)| error.into())
    }
}

/// Why a file is not used as it is.
enum Refused {
    Newer(i64),
    Damaged(String),
    Unusable(String),
}

impl Refused {
    fn into_error(self, path: &Path, plan: Plan) -> StoreError {
        match self {
            Self::Newer(version) => {
                let (path, Plan { version: known, loss, .. }) = (path.to_owned(), plan);
                StoreError::Newer { path, version, known, loss }
            }
            Self::Damaged(reason) | Self::Unusable(reason) => unusable(path, reason),
        }
    }
}

impl From<rusqlite::Error> for Refused {
    fn from(error: rusqlite::Error) -> Self {
        use ErrorCode::{CannotOpen, DiskFull, PermissionDenied, ReadOnly, SystemIoFailure};
        match error.sqlite_error_code() {
            // These say something about the disk, not about what is in the file.
            Some(CannotOpen | DiskFull | PermissionDenied | ReadOnly | SystemIoFailure) => {
                Self::Unusable(error.to_string())
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Self::Unusable(format!("{error}; another program has it open"))
            }
            _ => Self::Damaged(error.to_string()),
        }
    }
}

fn unusable(path: &Path, reason: impl ToString) -> StoreError {
    StoreError::Unusable { path: path.to_owned(), reason: reason.to_string() }
}

fn prepare(path: &Path, plan: Plan) -> Result<Database, Refused> {
    let disk = |error: io::Error| Refused::Unusable(error.to_string());
    // SQLite would make the file readable by everybody.
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(disk)?;
    let had_wal = beside(path, "-wal").exists();
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(std::time::Duration::from_secs(1))?;
    // A file of a newer program stays as it is, also when it is closed.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    let version = connection.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0))?;
    if version > plan.version {
        drop(connection);
        if !had_wal {
            remove(&beside(path, "-wal")).and_then(|()| remove(&beside(path, "-shm"))).map_err(disk)?;
        }
        return Err(Refused::Newer(version));
    }
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    let check: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if check != "ok" {
        return Err(Refused::Damaged(check));
    }
    let Plan { page, .. } = plan;
    // The log is brought into the file each time it has so many pages.
    let checkpoint = LOG / page.max(512);
    connection.execute_batch(&format!(
        "PRAGMA page_size = {page}; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL;
         PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = {checkpoint};
         PRAGMA journal_size_limit = {LOG}; PRAGMA trusted_schema = OFF",
    ))?;
    if version == 0 {
        let transaction = connection.transaction()?;
        transaction.execute_batch(plan.tables)?;
        transaction.pragma_update(None, "user_version", plan.version)?;
        transaction.commit()?;
    }
    let file = identity(path).map_err(disk)?;
    Ok(Database { connection, path: path.to_owned(), file })
}

/// A file that may not be there.
fn remove(path: &Path) -> io::Result<()> {
    fs::remove_file(path).or_else(|error| match error.kind() {
        io::ErrorKind::NotFound => Ok(()),
        _ => Err(error),
    })
}

fn look(path: &Path, plan: Plan) -> Result<Database, Refused> {
    let disk = |error: io::Error| Refused::Unusable(error.to_string());
    let file = identity(path).map_err(disk)?;
    let read = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let (connection, version) = match look_with(path.as_os_str(), read) {
        // Where no file can be made nobody writes; then, without a log, what is there stays as it is.
        Err(error)
            if error.sqlite_error_code() == Some(ErrorCode::CannotOpen) && !beside(path, "-wal").exists() =>
        {
            look_with(&address(path)?, read | OpenFlags::SQLITE_OPEN_URI)?
        }
        other => other?,
    };
    match version {
        0 => Err(Refused::Unusable("there is nothing in it".to_owned())),
        newer if newer > plan.version => Err(Refused::Newer(newer)),
        _ => Ok(Database { connection, path: path.to_owned(), file }),
    }
}

/// Opens a file to read it; what is read first, its version, decides what is seen until the end.
fn look_with(name: &OsStr, flags: OpenFlags) -> rusqlite::Result<(Connection, i64)> {
    let connection = Connection::open_with_flags(name, flags)?;
    connection.busy_timeout(std::time::Duration::from_secs(1))?;
    connection.execute_batch("PRAGMA trusted_schema = OFF; BEGIN")?;
    let version = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    Ok((connection, version))
}

/// A file that does not change, as SQLite is told.
fn address(path: &Path) -> Result<OsString, Refused> {
    let path = std::path::absolute(path).map_err(|error| Refused::Unusable(error.to_string()))?;
    let mut address = "file://".to_owned();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                address.push(char::from(*byte))
            }
            byte => address.push_str(&format!("%{byte:02x}")),
        }
    }
    Ok(OsString::from(address + "?immutable=1"))
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    fs::metadata(path).map(|meta| (meta.dev(), meta.ino()))
}

fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let mut aside = beside(path, &format!(".damaged-{now}"));
    for again in 1.. {
        if !aside.exists() {
            break;
        }
        aside = beside(path, &format!(".damaged-{now}-{again}"));
    }
    let (wal, wal_aside) = (beside(path, "-wal"), beside(&aside, "-wal"));
    if wal.exists() {
        fs::rename(wal, wal_aside)?;
    }
    fs::rename(path, &aside)?;
    Ok(aside)
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const PLAN: Plan =
        Plan { version: 1, tables: "CREATE TABLE word (text TEXT)", loss: "its words are lost", page: 4096 };

    #[test]
    fn a_new_file_is_private_and_opens_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("words.sqlite");
        for _ in 0..2 {
            let database = Database::open(&path, PLAN).unwrap();
            assert!(database.is_in_place());
            database.close().unwrap();
        }
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn free_pages_are_given_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("words.sqlite");
        let database = Database::open(&path, PLAN).unwrap();
        let words = "x".repeat(1_000_000);
        database.connection.execute("INSERT INTO word VALUES (?1)", [words]).unwrap();
        database.connection.execute("DELETE FROM word", []).unwrap();
        let pages =
            || -> i64 { database.connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap() };
        let before = pages();
        database.give_back(100).unwrap();
        assert_eq!(pages(), before - 100);
        database.give_back(10_000).unwrap();
        assert!(pages() < 10, "{} of {before}", pages());
    }

    #[test]
    fn a_file_of_a_newer_program_is_refused_and_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("words.sqlite");
        let database = Database::open(&path, PLAN).unwrap();
        database.connection.pragma_update(None, "user_version", 2).unwrap();
        database.close().unwrap();
        let before = fs::read(&path).unwrap();
        let error = Database::open(&path, PLAN).err().unwrap().to_string();
        assert!(error.contains("newer clown-hub (its version is 2"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), before);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_no_database_is_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("words.sqlite");
        for text in ["first", "second"] {
            fs::write(&path, text.repeat(1_000)).unwrap();
            Database::open(&path, PLAN).unwrap().close().unwrap();
        }
        let names = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        let aside = names.filter(|name| name.to_string_lossy().contains(".damaged-")).count();
        assert_eq!(aside, 2);
    }
}
