//! Which files of a folder are definitions: every `*.toml` in it and below, `maker/model.toml` known as `maker/model`.
//!
//! Links are followed. What begins with a dot or an underscore is no definition: hidden files, what editors leave
//! behind, and `_new.toml` to begin from.

use std::collections::BTreeMap;
use std::fs::{self, DirEntry, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::sheet::{Problems, plain};

/// Folders in folders.
const DEEPEST: usize = 8;
/// Files that are looked at; far more than anybody has.
const MOST: usize = 10_000;

/// What tells versions of a file apart without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    modified: Option<SystemTime>,
    changed: (i64, i64),
    size: u64,
    inode: u64,
}

/// A file as it lies there.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) path: PathBuf,
    pub(super) stamp: Stamp,
}

/// What is in a folder.
#[derive(Debug, Default)]
pub(super) struct Walk {
    /// By id.
    pub(super) files: BTreeMap<Box<str>, Found>,
    /// What is wrong with the folder and names in it.
    pub(super) problems: Vec<Problems>,
    is_full: bool,
}

/// Everything in `folder`; nothing if it is not there.
pub(super) fn walk(folder: &Path) -> Walk {
    let mut walk = Walk::default();
    if fs::metadata(folder).is_ok_and(|meta| !meta.is_dir()) {
        let hint = "name a folder that holds maker/model.toml files";
        walk.problems.push(Problems::of_file(folder.to_owned(), "is not a folder", hint));
        return walk;
    }
    if folder.exists() {
        walk.folder(folder, "", &mut Vec::new());
    }
    walk
}

impl Walk {
    fn folder(&mut self, folder: &Path, id: &str, above: &mut Vec<(u64, u64)>) {
        let told = |found: String, hint: &str| Problems::of_file(folder.to_owned(), found, hint);
        let listed = fs::metadata(folder).and_then(|meta| Ok((place(&meta), sorted(folder)?)));
        let (place, entries) = match listed {
            Ok(listed) => listed,
            Err(error) => {
                let hint = "let the user who runs the hub read it, e.g. chmod 755";
                return self
                    .problems
                    .push(told(format!("cannot be read as a folder: {}", plain(&error)), hint));
            }
        };
        if above.contains(&place) {
            return self.problems.push(told("leads back into itself".into(), "remove the link"));
        }
        if above.len() == DEEPEST {
            let found = format!("lies more than {DEEPEST} folders deep");
            return self.problems.push(told(found, "one folder for each maker is enough"));
        }
        above.push(place);
        for entry in entries {
            self.entry(&entry, id, above);
        }
        above.pop();
    }

    fn entry(&mut self, entry: &DirEntry, above_id: &str, above: &mut Vec<(u64, u64)>) {
        let (path, name) = (entry.path(), entry.file_name());
        let Some(name) = name.to_str() else {
            let hint = "give it a name of a-z, 0-9 and -";
            return self.problems.push(Problems::of_file(path, "has a name that is not UTF-8", hint));
        };
        if name.starts_with(['.', '_']) {
            return;
        }
        let id =
            |name: &str| if above_id.is_empty() { name.to_owned() } else { format!("{above_id}/{name}") };
        // Follows links, so that a folder of definitions may be shared.
        let meta = match fs::metadata(&path) {
            Ok(meta) => meta,
            Err(_) if !name.ends_with(".toml") => return,
            Err(error) => {
                let what = if path.is_symlink() { "is a link to what" } else { "" };
                let found = format!("{what} cannot be read: {}", plain(&error)).trim().to_owned();
                return self.problems.push(Problems::of_file(path, found, "mend or remove it"));
            }
        };
        if meta.is_dir() {
            return self.folder(&path, &id(name), above);
        }
        let Some(stem) = name.strip_suffix(".toml").filter(|stem| !stem.is_empty()) else { return };
        if !meta.is_file() {
            // Reading a pipe or a device could wait for ever.
            return self.problems.push(Problems::of_file(path, "is not a file", "put the text itself there"));
        }
        if self.files.len() == MOST {
            if !std::mem::replace(&mut self.is_full, true) {
                let found = format!("is one file too many: {MOST} are read");
                self.problems.push(Problems::of_file(path, found, "remove what is not needed"));
            }
            return;
        }
        let stamp = Stamp {
            modified: meta.modified().ok(),
            changed: (meta.ctime(), meta.ctime_nsec()),
            size: meta.len(),
            inode: meta.ino(),
        };
        self.files.insert(id(stem).into(), Found { path, stamp });
    }
}

fn place(meta: &Metadata) -> (u64, u64) {
    (meta.dev(), meta.ino())
}

/// In the order of names, so that problems come in the same order every time.
fn sorted(folder: &Path) -> std::io::Result<Vec<DirEntry>> {
    let mut entries: Vec<DirEntry> = fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    entries.sort_by_key(DirEntry::file_name);
    Ok(entries)
}
