//! How people arrange their dashboards: rooms, order, favourites, names, what is hidden and what is locked.
//!
//! Each account may have a file of its own in the data folder, `dashboard/NAME.toml`; whoever has none sees
//! `dashboard/everyone.toml`. A file that somebody edits by hand is read again when its page is asked for next; one that
//! cannot be read is never written over, and the last good one stays in force. A change is one small operation on what is
//! in the file at that moment, so that two browsers of one person do not undo each other.

mod change;
mod file;
mod plan;
mod rooms;

use std::collections::HashMap;
use std::fs::{self, DirBuilder};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

pub use change::{Beside, Change, ChangeError, Present, Side};
pub use plan::{Layout, Room, in_order, tile_name};

use super::account::name;
use super::private::{self, FileStamp};
use crate::sheet::Problems;

/// The folder of the files within the data folder.
const FOLDER: &str = "dashboard";
/// Whose file counts for everybody without one.
const EVERYONE: &str = "everyone";

/// The arrangements of a data folder; clones share them.
#[derive(Clone, Debug)]
pub struct Layouts {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    folder: PathBuf,
    /// What was read last of each file, by its path.
    read: Mutex<HashMap<PathBuf, Read>>,
    /// Held while a file is changed.
    hand: Mutex<()>,
}

/// A file as it was read last.
#[derive(Clone, Debug)]
struct Read {
    stamp: Option<FileStamp>,
    /// The last good one.
    layout: Arc<Layout>,
    problems: Option<Arc<Problems>>,
}

/// What one account sees.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// How it is arranged.
    pub layout: Arc<Layout>,
    /// Whether that is its own.
    pub is_own: bool,
    /// The file that says so, whether it is there or not.
    pub file: PathBuf,
    /// Why the file does not count; the last good one does.
    pub problems: Option<Arc<Problems>>,
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum LayoutError {
    /// The change itself is none.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// The file cannot be read, so it is not written over.
    #[error("{} cannot be read, so it was not changed; mend it first", .0.display())]
    Unread(PathBuf),
    /// It cannot be written.
    #[error("cannot write {}: {}; let the hub's user write there, and see that the disk has space", .0.display(), .1)]
    NotKept(PathBuf, io::Error),
    /// Programs of the hub's own machine have no dashboard.
    #[error("the account {0} cannot have an arrangement of its own")]
    NoAccount(String),
}

impl Seen {
    /// A short text that is another one for another arrangement.
    pub fn revision(&self) -> String {
        let mut hasher = DefaultHasher::new();
        self.layout.hash(&mut hasher);
        self.problems.is_some().hash(&mut hasher);
        format!("{:016x}", hasher.finish())
    }
}

impl Layouts {
    /// Those of a data folder; none need be there.
    pub fn open(data: &Path) -> Self {
        let shared = Shared { folder: data.join(FOLDER), read: Mutex::default(), hand: Mutex::default() };
        Self { shared: Arc::new(shared) }
    }

    /// What an account sees now.
    pub fn of(&self, account: &str) -> Seen {
        self.shared.of(account)
    }

    /// Changes what an account sees; the first time it gets a copy of everyone's as its own.
    pub async fn change(&self, account: &str, change: Change, present: Present) -> Result<(), LayoutError> {
        self.by_hand(account, move |shared, account| {
            let seen = shared.of(account);
            let path = shared.own(account)?;
            let mut layout = (*seen.layout).clone();
            if seen.problems.is_some() {
                return Err(LayoutError::Unread(seen.file));
            }
            change.apply(&mut layout, &present)?;
            if seen.is_own && layout == *seen.layout {
                return Ok(());
            }
            shared.write(&path, account, &layout)
        })
        .await
    }

    /// What this account sees is what everybody without an own file sees from now on.
    pub async fn share(&self, account: &str) -> Result<(), LayoutError> {
        self.by_hand(account, |shared, account| {
            let (own, all) = (shared.of(account), shared.read(&shared.everyone()));
            let path = shared.everyone();
            if own.problems.is_some() {
                return Err(LayoutError::Unread(own.file));
            }
            if all.problems.is_some() {
                return Err(LayoutError::Unread(path));
            }
            shared.write(&path, EVERYONE, &own.layout)
        })
        .await
    }

    /// The account has no arrangement of its own any more. A file that could not be read is kept beside.
    pub async fn give_up(&self, account: &str) -> Result<(), LayoutError> {
        self.by_hand(account, |shared, account| {
            let path = shared.own(account)?;
            let gone = match shared.read(&path).problems {
                Some(_) => fs::rename(&path, path.with_extension("toml.damaged")),
                None => fs::remove_file(&path),
            };
            match gone {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    Err(LayoutError::NotKept(path, error))
                }
                Ok(()) | Err(_) => Ok(()),
            }
        })
        .await
    }

    /// Does something to the files, one after the other; a memory card may take its time.
    async fn by_hand(
        &self,
        account: &str,
        act: impl FnOnce(&Shared, &str) -> Result<(), LayoutError> + Send + 'static,
    ) -> Result<(), LayoutError> {
        let (shared, account) = (self.shared.clone(), account.to_owned());
        let task = tokio::task::spawn_blocking(move || {
            let _hand = shared.hand.lock().unwrap_or_else(PoisonError::into_inner);
            act(&shared, &account)
        });
        let folder = self.shared.folder.clone();
        task.await.unwrap_or_else(|error| Err(LayoutError::NotKept(folder, io::Error::other(error))))
    }
}

impl Shared {
    fn of(&self, account: &str) -> Seen {
        let own = self.own(account).ok().map(|path| (self.read(&path), path));
        let (read, file, is_own) = match own {
            Some((read, path)) if read.stamp.is_some() => (read, path, true),
            Some(_) | None => (self.read(&self.everyone()), self.everyone(), false),
        };
        Seen { layout: read.layout, is_own, file, problems: read.problems }
    }

    fn everyone(&self) -> PathBuf {
        self.folder.join(EVERYONE).with_extension("toml")
    }

    /// The file of an account. One that is called `everyone` has another name, which no account can have.
    fn own(&self, account: &str) -> Result<PathBuf, LayoutError> {
        name::check(account).map_err(|_| LayoutError::NoAccount(account.to_owned()))?;
        let mark = if account == EVERYONE { "+" } else { "" };
        Ok(self.folder.join(format!("{mark}{account}.toml")))
    }

    /// What is in a file, read again only if it is another one than before.
    fn read(&self, path: &Path) -> Read {
        let stamp = FileStamp::of(path);
        let mut all = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let before = all.get(path);
        if let Some(before) = before.filter(|before| before.stamp == stamp) {
            return before.clone();
        }
        let last_good = before.map(|before| before.layout.clone()).unwrap_or_default();
        let read = match stamp.map(|_| file::read(path)) {
            None => Read { stamp, layout: Arc::default(), problems: None },
            Some(Ok(layout)) => Read { stamp, layout: Arc::new(layout), problems: None },
            Some(Err(problems)) => {
                tracing::warn!("an arrangement of the dashboard is not taken: {problems}");
                Read { stamp, layout: last_good, problems: Some(Arc::new(problems)) }
            }
        };
        all.insert(path.to_owned(), read.clone());
        read
    }

    fn write(&self, path: &Path, whose: &str, layout: &Layout) -> Result<(), LayoutError> {
        let told = |error| LayoutError::NotKept(path.to_owned(), error);
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder).map_err(told)?;
        private::write(path, file::text(whose, layout).as_bytes(), 0o600).map_err(told)
    }
}

#[cfg(test)]
mod tests;
