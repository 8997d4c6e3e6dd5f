//! What a restore would do: where each member goes, and what is there now.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::cli::backup::Hash;
use crate::cli::backup::manifest::{CONFIG, Listed, Manifest, OF_THE_RUN};
use crate::history;

/// What happens to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum What {
    /// It is not here yet.
    Added,
    /// It is here, and is another one.
    Replaced,
    /// It is here already.
    Same,
    /// The backup does not have it, and it stays: the history of a backup without one.
    Left,
    /// The backup does not have it, and it goes away with the folder that is set aside.
    Aside,
}

/// One file.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// Its name in the backup, or as it would be there.
    pub path: String,
    /// What happens.
    pub what: What,
    /// Bytes after it.
    pub size: u64,
}

/// Where things go.
#[derive(Clone, Debug)]
pub struct Places {
    /// The configuration.
    pub config: PathBuf,
    /// The data folder.
    pub data: PathBuf,
    /// The folder of definitions, if it is not in the data folder.
    pub devices: PathBuf,
}

impl Places {
    /// Where a member goes.
    pub fn of(&self, member: &str) -> PathBuf {
        match member.split_once('/') {
            _ if member == CONFIG => self.config.clone(),
            Some(("data", name)) => self.data.join(name),
            Some(("devices", name)) => self.devices.join(name),
            Some((_, name)) => self.config.parent().unwrap_or(Path::new("")).join(name),
            None => self.config.with_file_name(member),
        }
    }
}

/// What happens to every file.
pub fn plan(manifest: &Manifest, places: &Places) -> io::Result<Vec<Step>> {
    let mut steps = Vec::new();
    for listed in &manifest.files {
        let what = compare(listed, &places.of(&listed.path))?;
        steps.push(Step { path: listed.path.clone(), what, size: listed.size });
    }
    let named: BTreeSet<PathBuf> = manifest.files.iter().map(|listed| places.of(&listed.path)).collect();
    for (path, size) in present(&places.data)? {
        let name = path.strip_prefix(&places.data).unwrap_or(&path).to_string_lossy().into_owned();
        if named.contains(&path) || OF_THE_RUN.contains(&&*name) {
            continue;
        }
        // The log of a database goes with it.
        let is_log = ["-wal", "-shm"].iter().any(|end| name.ends_with(end));
        let is_history = name == history::FILE || (is_log && name.starts_with(history::FILE));
        let stays = is_history && !manifest.history;
        if stays || !is_log {
            let what = if stays { What::Left } else { What::Aside };
            steps.push(Step { path: format!("data/{name}"), what, size });
        }
    }
    Ok(steps)
}

fn compare(listed: &Listed, path: &Path) -> io::Result<What> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(What::Added),
        Err(error) => return Err(io::Error::new(error.kind(), format!("{}: {error}", path.display()))),
    };
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let has_log = fs::metadata(log).is_ok_and(|meta| meta.len() > 0);
    let meta = file.metadata()?;
    if has_log || !meta.is_file() || meta.len() != listed.size {
        return Ok(What::Replaced);
    }
    let mut hash = Hash::default();
    io::copy(&mut file, &mut hash)?;
    Ok(if hash.text() == listed.sha256 { What::Same } else { What::Replaced })
}

/// All files of a folder and below, with their sizes; none if there is no folder.
fn present(folder: &Path) -> io::Result<Vec<(PathBuf, u64)>> {
    let (mut found, mut open) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = open.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(io::Error::new(error.kind(), format!("{}: {error}", folder.display()))),
        };
        for entry in entries {
            let entry = entry?;
            let meta = entry.metadata()?;
            if meta.is_dir() {
                open.push(entry.path());
            } else if meta.is_file() {
                found.push((entry.path(), meta.len()));
            }
        }
    }
    found.sort();
    Ok(found)
}
