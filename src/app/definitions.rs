//! Definitions of devices: those in the binary and those in the user's folder, read again when a file is saved.
//!
//! One bad file never stops the others. While a file is bad its last good version stays in force, or else the one in
//! the binary, and every problem is told with its place. Files are looked at once a second; a file that is being
//! written is left alone until it rests. What is made of them is a [`Catalog`]; who uses it is not known here.

mod shelf;
mod walk;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::device::builtin;
use crate::device::catalog::Catalog;
use crate::device::profile::Profile;
use crate::sheet::Problems;
use crate::stop::Stop;
use shelf::Shelf;

/// How often the folder is looked at.
const LOOK: Duration = Duration::from_secs(1);
/// How soon it is looked at again when something has just changed: what rests as long is written.
const REST: Duration = Duration::from_millis(250);

/// All definitions that are in force.
#[derive(Debug)]
pub struct Definitions {
    builtin: Vec<Arc<Profile>>,
    shelf: Option<Shelf>,
}

/// What came of a look at the folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// Ids of definitions that are new or were taken anew.
    pub taken: Vec<Box<str>>,
    /// Ids of files that are gone; one in the binary counts again.
    pub gone: Vec<Box<str>>,
    /// Files that became bad or are bad in another way.
    pub refused: Vec<Refused>,
    /// Everything that is wrong in the folder now.
    pub problems: Vec<Problems>,
}

/// A file that is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Its id.
    pub id: Box<str>,
    /// What is wrong with it.
    pub problems: Problems,
    /// What counts instead.
    pub instead: Instead,
}

/// What counts instead of a bad file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instead {
    /// Its last good version.
    Earlier,
    /// The definition of that id in the binary.
    BuiltIn,
    /// Nothing.
    Nothing,
}

impl Definitions {
    /// Those of the binary and those of `folder`, which need not be there yet.
    pub fn open(folder: Option<&Path>) -> Self {
        Self::of(builtin::profiles().to_vec(), folder)
    }

    /// Those of `builtin` and those of `folder`.
    fn of(builtin: Vec<Arc<Profile>>, folder: Option<&Path>) -> Self {
        let shelf = folder.map(|folder| {
            let mut shelf = Shelf::new(folder.to_owned());
            shelf.read_all();
            shelf
        });
        Self { builtin, shelf }
    }

    /// Everything at once: what is in force, and what is wrong.
    pub fn load(folder: Option<&Path>) -> (Arc<Catalog>, Vec<Problems>) {
        let definitions = Self::open(folder);
        (definitions.catalog(), definitions.problems())
    }

    /// What is in force; of two with one id the user's counts.
    pub fn catalog(&self) -> Arc<Catalog> {
        let own = self.shelf.iter().flat_map(Shelf::profiles);
        Arc::new(Catalog::new(self.builtin.iter().cloned().chain(own)))
    }

    /// Everything that is wrong in the user's folder.
    pub fn problems(&self) -> Vec<Problems> {
        self.shelf.iter().flat_map(Shelf::problems).collect()
    }

    /// Every file of the user's folder that is not taken; the folder itself, if it cannot be read, has no id.
    pub fn refused(&self) -> Vec<Refused> {
        let mut refused: Vec<Refused> = self.shelf.iter().flat_map(Shelf::refused).collect();
        self.fall_back(&mut refused);
        refused
    }

    /// How many definitions the user's folder gives.
    pub fn own(&self) -> usize {
        self.shelf.iter().flat_map(Shelf::profiles).count()
    }

    /// Looks at the folder from now on. Whenever a file was saved and anything has come of it, `tell` is called. Ends when
    /// it is asked to.
    pub fn watch(self, stop: Stop, tell: impl FnMut(&News, &Self) + Send + 'static) {
        if self.shelf.is_some() {
            tokio::spawn(keep_looking(self, stop, tell));
        }
    }

    /// Looks once; what rests since the look before is read.
    fn look(&mut self) -> (News, bool) {
        let Some(shelf) = &mut self.shelf else { return (News::default(), true) };
        let (mut news, rests) = shelf.look();
        self.fall_back(&mut news.refused);
        (news, rests)
    }

    /// Where a file is not taken and never was, the definition in the binary counts if there is one.
    fn fall_back(&self, refused: &mut [Refused]) {
        for refused in refused.iter_mut().filter(|refused| refused.instead == Instead::Nothing) {
            if self.builtin.iter().any(|known| known.id == refused.id) {
                refused.instead = Instead::BuiltIn;
            }
        }
    }
}

async fn keep_looking(mut definitions: Definitions, stop: Stop, mut tell: impl FnMut(&News, &Definitions)) {
    let mut nap = LOOK;
    loop {
        tokio::select! {
            () = stop.requested() => return,
            () = tokio::time::sleep(nap) => {}
        }
        // Thousands of files on a slow card must not hold up whoever shares the thread.
        let looked = tokio::task::spawn_blocking(move || {
            let (news, rests) = definitions.look();
            (definitions, news, rests)
        });
        let Ok((back, news, rests)) = looked.await else {
            tracing::error!("the definitions are no longer looked at; restart the hub to have changes taken");
            return;
        };
        definitions = back;
        nap = if rests { LOOK } else { REST };
        if !news.taken.is_empty() || !news.gone.is_empty() || !news.refused.is_empty() {
            tell(&news, &definitions);
        }
    }
}

/// The definition in one file that is known as `id`.
pub fn read(id: &str, file: &Path) -> Result<Profile, Problems> {
    shelf::read(id, file)
}

/// The files of definitions in a folder with their ids, and what is wrong with the folder itself.
pub fn files(folder: &Path) -> (Vec<(Box<str>, PathBuf)>, Vec<Problems>) {
    let walk = walk::walk(folder);
    (walk.files.into_iter().map(|(id, found)| (id, found.path)).collect(), walk.problems)
}

#[cfg(test)]
mod tests;
