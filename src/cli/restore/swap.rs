//! Puts a backup into its places: unpacked beside them, brought to the disk, and then exchanged by renaming.
//!
//! What was there is kept beside as `….before-restore-TIME`. Until the exchange nothing is changed; a restore that is
//! interrupted can be done again.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with, syncfs};

use super::plan::{Places, Step, What};
use crate::cli::backup::manifest::{CONFIG, Listed};
use crate::web::private::folder;

/// A restore that is being prepared.
pub struct Swap<'a> {
    places: &'a Places,
    /// The end of the names of what is kept.
    kept: String,
    /// What happens to files outside the data folder, by their names in the backup.
    beside: BTreeMap<&'a str, What>,
    /// The new data folder, while it is not in its place; none if nothing in it changes.
    staging: Option<PathBuf>,
    /// Files of the old data folder that go over to the new one.
    left: Vec<&'a str>,
    owner: Option<(u32, u32)>,
    open: Option<(String, File)>,
    /// Files outside the data folder, each beside the place it goes to.
    files: Vec<(PathBuf, PathBuf)>,
}

impl<'a> Swap<'a> {
    /// Of what is planned.
    pub fn new(places: &'a Places, steps: &'a [Step], time: &str) -> io::Result<Self> {
        let in_data = |step: &&Step| step.path.starts_with("data/");
        let changes = |step: &Step| !matches!(step.what, What::Same | What::Left);
        let staging = steps.iter().filter(in_data).any(changes).then(|| named(&places.data, ".restoring"));
        if let Some(staging) = &staging {
            // Of a restore that was interrupted.
            if staging.exists() {
                fs::remove_dir_all(staging)?;
            }
            DirBuilder::new().recursive(true).mode(0o700).create(staging)?;
        }
        let left = steps.iter().filter(|step| step.what == What::Left);
        let beside = steps.iter().filter(|step| !in_data(step)).map(|step| (step.path.as_str(), step.what));
        Ok(Self {
            places,
            kept: format!(".before-restore-{time}"),
            beside: beside.collect(),
            staging,
            left: left.filter_map(|step| step.path.strip_prefix("data/")).collect(),
            owner: owner(&places.data)?,
            open: None,
            files: Vec::new(),
        })
    }

    /// Takes a piece of a member; the first one is empty.
    pub fn take(&mut self, listed: &Listed, mode: u32, piece: &[u8]) -> io::Result<()> {
        if piece.is_empty() {
            self.open = None;
            if let Some(file) = self.create(&listed.path, mode)? {
                self.open = Some((listed.path.clone(), file));
            }
        }
        match &mut self.open {
            Some((path, file)) if *path == listed.path => file.write_all(piece),
            _ => Ok(()),
        }
    }

    fn create(&mut self, member: &str, mode: u32) -> io::Result<Option<File>> {
        let (path, owner, mode) = if let Some(name) = member.strip_prefix("data/") {
            let Some(staging) = &self.staging else { return Ok(None) };
            self.folders(staging, Path::new(name).parent())?;
            (staging.join(name), self.owner, 0o600)
        } else {
            let target = self.places.of(member);
            if self.beside.get(member) == Some(&What::Same) {
                return Ok(None);
            }
            let new = named(&target, ".restoring");
            fs::create_dir_all(folder(&target))?;
            let owned = match (fs::metadata(&target), member) {
                (Ok(meta), _) => (new.clone(), Some((meta.uid(), meta.gid())), meta.mode() & 0o777),
                (Err(_), CONFIG) => (new.clone(), owner(&folder(&target))?, (mode | 0o600) & 0o644),
                (Err(_), _) => (new.clone(), self.owner, 0o600),
            };
            remove(&new)?;
            self.files.push((new, target));
            owned
        };
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        file.set_permissions(Permissions::from_mode(mode))?;
        give(&path, owner)?;
        Ok(Some(file))
    }

    /// Makes the folders of a member in the new data folder.
    fn folders(&self, staging: &Path, below: Option<&Path>) -> io::Result<()> {
        let mut path = staging.to_owned();
        give(&path, self.owner)?;
        for part in below.into_iter().flatten() {
            path.push(part);
            if !path.exists() {
                DirBuilder::new().mode(0o700).create(&path)?;
                give(&path, self.owner)?;
            }
        }
        Ok(())
    }

    /// Puts everything into its place; gives what was kept, each under the name it has now.
    pub fn finish(mut self) -> io::Result<Vec<PathBuf>> {
        self.open = None;
        for (new, _) in &self.files {
            File::open(new)?.sync_all()?;
        }
        let mut kept = Vec::new();
        if let Some(staging) = &self.staging {
            kept.extend(self.exchange(staging)?);
            self.staging = None;
        }
        for (new, target) in &self.files {
            if target.exists() {
                let old = named(target, &self.kept);
                fs::hard_link(target, &old)?;
                kept.push(old);
            }
            fs::rename(new, target)?;
            File::open(folder(target))?.sync_all()?;
        }
        Ok(kept)
    }

    /// Puts the new data folder into its place.
    fn exchange(&self, staging: &Path) -> io::Result<Option<PathBuf>> {
        let data = &self.places.data;
        for name in &self.left {
            fs::hard_link(data.join(name), staging.join(name))?;
        }
        syncfs(File::open(staging)?)?;
        let parent = folder(data);
        if !data.exists() {
            fs::rename(staging, data)?;
            File::open(parent)?.sync_all()?;
            return Ok(None);
        }
        // Under this name it can be left behind without harm, whichever of the two it is.
        let old = named(data, &self.kept);
        fs::rename(staging, &old)?;
        match renameat_with(CWD, &old, CWD, data, RenameFlags::EXCHANGE) {
            Ok(()) => {}
            // A file system that knows no exchange.
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {
                fs::rename(&old, staging)?;
                fs::rename(data, &old)?;
                fs::rename(staging, data)?;
            }
            Err(error) => {
                fs::rename(&old, staging)?;
                return Err(error.into());
            }
        }
        File::open(parent)?.sync_all()?;
        for name in &self.left {
            // Both names are of one file, which the new folder goes on with.
            fs::remove_file(old.join(name))?;
        }
        Ok(Some(old))
    }
}

impl Drop for Swap<'_> {
    /// Removes what was prepared and is not in its place; what a kill leaves behind the next restore removes.
    fn drop(&mut self) {
        if let Some(staging) = &self.staging {
            let _ = fs::remove_dir_all(staging);
        }
        for (new, _) in &self.files {
            let _ = fs::remove_file(new);
        }
    }
}

/// `path` with an end, beside it.
fn named(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

fn remove(path: &Path) -> io::Result<()> {
    fs::remove_file(path).or_else(|error| match error.kind() {
        io::ErrorKind::NotFound => Ok(()),
        _ => Err(error),
    })
}

/// Whose a file is to be, for root: as what is there, or as the nearest folder above.
fn owner(path: &Path) -> io::Result<Option<(u32, u32)>> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let path = std::path::absolute(path)?;
    let meta = path.ancestors().find_map(|path| fs::metadata(path).ok());
    Ok(meta.map(|meta| (meta.uid(), meta.gid())))
}

fn give(path: &Path, owner: Option<(u32, u32)>) -> io::Result<()> {
    match owner {
        Some((user, group)) if rustix::process::geteuid().is_root() => chown(path, Some(user), Some(group)),
        _ => Ok(()),
    }
}
