//! The files of the user's folder: what was read of each, and what is in force.
//!
//! A file is read when it looks the same at two looks in a row, and forgotten when it is missing at two in a row:
//! editors write in pieces, and many put a new file in the place of the old one.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::walk::{Found, Stamp, Walk, walk};
use super::{Instead, News, Refused};
use crate::device::profile::{Profile, file};
use crate::device::prove::{Difference, prove};
use crate::sheet::{Advice, Problem, Problems, open};

/// What is said of a definition that cannot be read.
const ADVICE: Advice = Advice {
    missing: "name a file that is there",
    denied: "let the user who runs the hub read it, e.g. chmod 644",
    other: "name another file",
    // The longest one in the binary is a twentieth of it.
    most: 1 << 20,
    too_long: "a definition has at most 1 MiB; divide it by families",
};

/// Files that take longer to read than a thread to start, by far.
const WORTH_A_THREAD: usize = 16;

/// The definition in one file.
pub(super) fn read(id: &str, path: &Path) -> Result<Profile, Problems> {
    let size = std::fs::metadata(path).map_or(0, |meta| meta.len());
    if size > ADVICE.most as u64 {
        // Not even read: it may be anything.
        return Err(Problems::of_file(path.to_owned(), format!("is {size} bytes long"), ADVICE.too_long));
    }
    file::read(id, path, open(path, &ADVICE)?)
}

/// A definition that does what its own examples say; another one would show what no device has said.
fn proven(profile: Profile) -> Result<Arc<Profile>, Problems> {
    let profile = Arc::new(profile);
    let differs = |difference: Difference| Problem {
        file: profile.file.clone(),
        line: difference.place.0,
        column: difference.place.1,
        key: format!("example: {}", difference.about),
        found: format!("the definition makes {} of it", difference.found),
        allowed: String::new(),
        hint: Some(format!("the example says {}; one of them is wrong", difference.expected)),
    };
    let problems: Vec<Problem> = prove(&profile).into_iter().map(differs).collect();
    if problems.is_empty() { Ok(profile) } else { Err(Problems(problems)) }
}

/// A folder of definitions.
#[derive(Debug)]
pub(super) struct Shelf {
    folder: PathBuf,
    files: BTreeMap<Box<str>, Kept>,
    /// What is wrong with the folder itself.
    troubles: Vec<Problems>,
}

#[derive(Debug, Default)]
struct Kept {
    /// The version that was read.
    read: Option<Stamp>,
    /// The version at the last look, if it was not read yet; `None` inside if it was missing.
    resting: Option<Option<Stamp>>,
    good: Option<Arc<Profile>>,
    problems: Option<Problems>,
}

impl Shelf {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder, files: BTreeMap::new(), troubles: Vec::new() }
    }

    /// Reads every file as it is. A hub is started when that is done, so all cores help.
    pub(super) fn read_all(&mut self) {
        let Walk { files, problems, .. } = walk(&self.folder);
        self.troubles = problems;
        let files: Vec<(Box<str>, Found)> = files.into_iter().collect();
        let next = AtomicUsize::new(0);
        let reader = || {
            let mut read = Vec::new();
            while let Some((id, found)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                let mut kept = Kept::default();
                kept.take(id, found);
                read.push((id.clone(), kept));
            }
            read
        };
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let helpers = cores.min(files.len() / WORTH_A_THREAD).saturating_sub(1);
        std::thread::scope(|scope| {
            // Where there can be no more threads, fewer do it.
            let start = |_| std::thread::Builder::new().spawn_scoped(scope, reader).ok();
            let others: Vec<_> = (0..helpers).filter_map(start).collect();
            self.files.extend(reader());
            for other in others {
                self.files.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            }
        });
    }

    /// What is in force.
    pub(super) fn profiles(&self) -> impl Iterator<Item = Arc<Profile>> {
        self.files.values().filter_map(|kept| kept.good.clone())
    }

    /// What is wrong.
    pub(super) fn problems(&self) -> Vec<Problems> {
        self.troubles
            .iter()
            .chain(self.files.values().filter_map(|kept| kept.problems.as_ref()))
            .cloned()
            .collect()
    }

    /// The files that are not taken, and what counts instead as far as the folder goes.
    pub(super) fn refused(&self) -> Vec<Refused> {
        let troubles =
            self.troubles.iter().map(|problems| (Box::<str>::default(), problems, Instead::Nothing));
        let files = self
            .files
            .iter()
            .filter_map(|(id, kept)| Some((id.clone(), kept.problems.as_ref()?, kept.instead())));
        let refused =
            |(id, problems, instead): (_, &Problems, _)| Refused { id, problems: problems.clone(), instead };
        troubles.chain(files).map(refused).collect()
    }

    /// Reads what changed and rests; says whether everything rests.
    pub(super) fn look(&mut self) -> (News, bool) {
        let Walk { files, problems, .. } = walk(&self.folder);
        self.troubles = problems;
        let (mut news, mut rests) = (News::default(), true);
        for (id, found) in &files {
            let kept = self.files.entry(id.clone()).or_default();
            if kept.read == Some(found.stamp) {
                kept.resting = None;
            } else if kept.resting == Some(Some(found.stamp)) {
                kept.news(id, found, &mut news);
            } else {
                kept.resting = Some(Some(found.stamp));
                rests = false;
            }
        }
        self.files.retain(|id, kept| {
            if files.contains_key(id) {
                return true;
            }
            if kept.resting != Some(None) {
                kept.resting = Some(None);
                rests = false;
                return true;
            }
            if kept.good.is_some() || kept.problems.is_some() {
                news.gone.push(id.clone());
            }
            false
        });
        news.problems = self.problems();
        (news, rests)
    }
}

impl Kept {
    fn instead(&self) -> Instead {
        if self.good.is_some() { Instead::Earlier } else { Instead::Nothing }
    }

    /// Reads the file; a good version takes the place of the one before, a bad one does not.
    fn take(&mut self, id: &str, found: &Found) {
        (self.read, self.resting) = (Some(found.stamp), None);
        match read(id, &found.path).and_then(proven) {
            Ok(profile) => (self.good, self.problems) = (Some(profile), None),
            Err(problems) => self.problems = Some(problems),
        }
    }

    fn news(&mut self, id: &str, found: &Found, news: &mut News) {
        let before = self.problems.take();
        self.take(id, found);
        match &self.problems {
            None => news.taken.push(id.into()),
            Some(problems) if before.as_ref() != Some(problems) => {
                let (problems, instead) = (problems.clone(), self.instead());
                news.refused.push(Refused { id: id.into(), problems, instead });
            }
            Some(_) => {}
        }
    }
}
