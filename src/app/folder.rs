//! The data folder: made for its owner alone, and held by one hub at a time.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

/// The file that is locked, and says by whom.
pub const LOCK: &str = "lock";

/// A data folder that this process holds until the value is dropped.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// The lock goes with the open file, also when the process is killed.
    _lock: File,
}

/// Why the data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It cannot be made or written.
    #[error(
        "cannot use the data folder {path}: {error}; let the hub's user write there, or name another with --data DIR"
    )]
    Unusable {
        /// The folder.
        path: PathBuf,
        /// The operating system's reason.
        error: io::Error,
    },
    /// Another hub has it.
    #[error("the data folder {path} is in use by another hub{}; stop it, or name another folder with --data DIR", process(.pid))]
    Taken {
        /// The folder.
        path: PathBuf,
        /// The other hub's process, if it says so.
        pid: Option<u32>,
    },
}

fn process(pid: &Option<u32>) -> String {
    pid.map(|pid| format!(" (process {pid})")).unwrap_or_default()
}

impl Folder {
    /// Makes the folder if it is not there, and takes it for this process.
    pub fn take(path: &Path) -> Result<Self, FolderError> {
        let unusable = |error| FolderError::Unusable { path: path.to_owned(), error };
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(unusable)?;
        // Paths are kept absolute, so that nothing moves when the working folder does.
        let path = fs::canonicalize(path).map_err(unusable)?;
        let unusable = |error| FolderError::Unusable { path: path.clone(), error };
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let mut lock = options.open(path.join(LOCK)).map_err(unusable)?;
        if let Err(error) = lock_soon(&lock) {
            if error != rustix::io::Errno::WOULDBLOCK {
                return Err(unusable(error.into()));
            }
            let mut pid = String::new();
            // Without a number the message is only shorter.
            let _ = lock.read_to_string(&mut pid);
            return Err(FolderError::Taken { path, pid: pid.trim().parse().ok() });
        }
        lock.set_len(0).and_then(|()| writeln!(lock, "{}", std::process::id())).map_err(unusable)?;
        Ok(Self { path, _lock: lock })
    }

    /// The folder, absolute.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Locks for this process; a short wait goes past whoever only looks ([`is_held`]).
fn lock_soon(file: &File) -> Result<(), rustix::io::Errno> {
    match flock(file, FlockOperation::NonBlockingLockExclusive) {
        Err(rustix::io::Errno::WOULDBLOCK) => {
            std::thread::sleep(std::time::Duration::from_millis(50));
            flock(file, FlockOperation::NonBlockingLockExclusive)
        }
        done => done,
    }
}

/// Whether a hub holds the folder now.
pub fn is_held(path: &Path) -> bool {
    let Ok(lock) = File::open(path.join(LOCK)) else { return false };
    // Shared, and given back at once with the file.
    matches!(flock(&lock, FlockOperation::NonBlockingLockShared), Err(rustix::io::Errno::WOULDBLOCK))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_folder_is_for_its_owner_and_for_one_hub() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("a/data");
        let folder = Folder::take(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        let error = Folder::take(&path).unwrap_err().to_string();
        assert!(error.contains(&format!("(process {})", std::process::id())), "{error}");
        assert!(is_held(&path));
        drop(folder);
        assert!(!is_held(&path) && !is_held(parent.path()));
        Folder::take(&path).unwrap();
    }
}
