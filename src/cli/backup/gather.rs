//! What goes into a backup: found, held at one moment each, and hashed.
//!
//! Small files are held in memory; of large ones the open file is, which goes on being what it was when another is put in
//! its place. Files that only grow end at their last whole line.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::{FileExt, OpenOptionsExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};

use super::BackupError;
use super::manifest::{CONFIG, Listed, OF_THE_RUN};
use crate::broker::store::moment::moment;
use crate::config::{LinkKind, Loaded};
use crate::disk::Snapshot;
use crate::history;
use crate::link::mqtt::login::Secret;

/// Up to this size a file is held in memory, as long as all of them have no more than `MOST`.
const SMALL: u64 = 256 << 10;
const MOST: usize = 16 << 20;
/// Folders in folders.
const DEEPEST: usize = 8;
/// The book of the broker.
const BROKER: &str = "broker.sqlite";
/// A file of lines.
const LINES: &str = ".jsonl";

/// What is gathered.
pub struct Gathered {
    /// What is in the backup, by the names of members.
    pub pieces: BTreeMap<String, Piece>,
    /// What the configuration names and the backup leaves out.
    pub left_out: Vec<PathBuf>,
    /// Where copies are made: a folder of this run alone.
    side: PathBuf,
    with_history: bool,
    held: usize,
}

/// One file, as it was at one moment.
pub struct Piece {
    content: Content,
    /// Bytes.
    pub size: u64,
    /// Who may read it.
    pub mode: u32,
}

enum Content {
    Text(Vec<u8>),
    File(File),
}

impl Piece {
    /// What is in it, from its beginning.
    pub fn reader(&mut self) -> io::Result<Box<dyn Read + '_>> {
        Ok(match &mut self.content {
            Content::Text(text) => Box::new(text.as_slice()),
            Content::File(file) => {
                file.seek(SeekFrom::Start(0))?;
                Box::new(file.take(self.size))
            }
        })
    }

    /// As it stands in the manifest.
    pub fn listed(&mut self, path: &str) -> io::Result<Listed> {
        let mut hash = super::Hash::default();
        io::copy(&mut self.reader()?, &mut hash)?;
        Ok(Listed { path: path.to_owned(), size: self.size, sha256: hash.text() })
    }
}

impl Gathered {
    /// Everything of a configuration and a data folder; databases are copied into the folder `side` for a moment.
    pub fn of(
        loaded: Option<&Loaded>,
        data: &Path,
        side: &Path,
        with_history: bool,
    ) -> Result<Self, BackupError> {
        let mut all = Self {
            pieces: BTreeMap::new(),
            left_out: Vec::new(),
            side: side.to_owned(),
            with_history,
            held: 0,
        };
        if let Some(loaded) = loaded {
            all.configuration(loaded, data)?;
        }
        all.folder(data, "data", 0)?;
        Ok(all)
    }

    fn configuration(&mut self, loaded: &Loaded, data: &Path) -> Result<(), BackupError> {
        self.file(&loaded.file, CONFIG)?;
        let folder = loaded.file.parent().unwrap_or(Path::new(""));
        let is_plain = |name: &Path| name.components().all(|part| matches!(part, Component::Normal(_)));
        for path in named(loaded) {
            let name = path.strip_prefix(folder).ok().filter(|name| is_plain(name));
            match name.and_then(Path::to_str) {
                _ if path.starts_with(data) => {}
                Some(name) => self.file(&path, &format!("config/{name}"))?,
                None => self.left_out.push(path),
            }
        }
        let devices = &loaded.config.hub.devices;
        let is_in_data = match (fs::canonicalize(devices), fs::canonicalize(data)) {
            (Ok(devices), Ok(data)) => devices.starts_with(data),
            _ => true,
        };
        if is_in_data { Ok(()) } else { self.folder(devices, "devices", 0) }
    }

    /// A folder and what is below it.
    fn folder(&mut self, folder: &Path, name: &str, depth: usize) -> Result<(), BackupError> {
        let unread = |error| BackupError::Read { path: folder.to_owned(), error };
        for entry in fs::read_dir(folder).map_err(unread)? {
            let path = entry.map_err(unread)?.path();
            let Some(own) = path.file_name().and_then(|name| name.to_str()) else {
                self.left_out.push(path);
                continue;
            };
            let is_of_the_run = name == "data" && OF_THE_RUN.contains(&own);
            if is_of_the_run || is_passing(own) || own.contains(char::is_control) {
                continue;
            }
            let below = format!("{name}/{own}");
            let meta = match fs::metadata(&path) {
                Ok(meta) => meta,
                // It was replaced or let go while the folder was read; a link may lead nowhere.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(BackupError::Read { path, error }),
            };
            if meta.is_dir() && depth < DEEPEST {
                self.folder(&path, &below, depth + 1)?;
            } else if meta.is_file() {
                self.entry(&path, own, below)?;
            }
        }
        Ok(())
    }

    fn entry(&mut self, path: &Path, own: &str, below: String) -> Result<(), BackupError> {
        let is_definition = own.ends_with(".toml");
        match own {
            _ if below.starts_with("devices/") && !is_definition => Ok(()),
            history::FILE if !self.with_history => Ok(()),
            BROKER => {
                let moment = moment(path)?;
                for (name, bytes) in moment.journals {
                    let below = below.replace(BROKER, &name);
                    self.pieces.insert(below, Piece::text(bytes));
                }
                self.database(path, &moment.snapshot, below)
            }
            _ if own.starts_with("broker.journal-") => Ok(()),
            _ if own.ends_with(".sqlite") => self.database(path, &Snapshot::take(path)?, below),
            _ => self.file(path, &below),
        }
    }

    fn database(&mut self, path: &Path, snapshot: &Snapshot, name: String) -> Result<(), BackupError> {
        let copy = self.side.join("copy.sqlite");
        let write = |error| BackupError::Write { path: copy.clone(), error };
        let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&copy);
        let file = file.map_err(write)?;
        let fault = |fault| BackupError::Copy { path: path.to_owned(), fault };
        snapshot.write(&copy).map_err(fault)?;
        // The open file is all that is needed from here on.
        fs::remove_file(&copy).map_err(write)?;
        let size = file.metadata().map_err(write)?.len();
        self.pieces.insert(name, Piece { content: Content::File(file), size, mode: 0o600 });
        Ok(())
    }

    fn file(&mut self, path: &Path, name: &str) -> Result<(), BackupError> {
        match self.read(path) {
            Ok(piece) => drop(self.pieces.insert(name.to_owned(), piece)),
            // Gone since the folder was read; what the configuration names and is not there is its own trouble.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(BackupError::Read { path: path.to_owned(), error }),
        }
        Ok(())
    }

    fn read(&mut self, path: &Path) -> io::Result<Piece> {
        let file = File::open(path)?;
        let meta = file.metadata()?;
        let mode = meta.permissions().mode() & 0o777;
        let is_of_lines = path.as_os_str().as_encoded_bytes().ends_with(LINES.as_bytes());
        let size = if is_of_lines { whole_lines(&file, meta.len())? } else { meta.len() };
        if size > SMALL || self.held > MOST {
            return Ok(Piece { content: Content::File(file), size, mode });
        }
        let mut text = Vec::new();
        file.take(size).read_to_end(&mut text)?;
        self.held += text.len();
        Ok(Piece { mode, ..Piece::text(text) })
    }
}

impl Piece {
    fn text(text: Vec<u8>) -> Self {
        Self { size: text.len() as u64, content: Content::Text(text), mode: 0o600 }
    }
}

/// What is there for a moment only, or was set aside, or is the file system's.
fn is_passing(name: &str) -> bool {
    name.starts_with('.')
        || name.ends_with(".tmp")
        || name.contains(".sqlite-")
        || name.contains(".damaged-")
        || name == "lost+found"
}

/// Up to where a file has whole lines.
fn whole_lines(file: &File, size: u64) -> io::Result<u64> {
    let mut end = size;
    let mut piece = [0; 4096];
    while end > 0 {
        let start = end.saturating_sub(piece.len() as u64);
        let piece = &mut piece[..usize::try_from(end - start).unwrap_or_default()];
        file.read_exact_at(piece, start)?;
        if let Some(at) = memchr::memrchr(b'\n', piece) {
            return Ok(start + at as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}

/// The files that a configuration names.
fn named(loaded: &Loaded) -> Vec<PathBuf> {
    let doors = &loaded.config.web.doors;
    let mut named: Vec<PathBuf> = doors.cert.iter().chain(&doors.key).cloned().collect();
    for link in &loaded.config.links {
        if let LinkKind::Mqtt(config) = &link.kind {
            named.extend(config.tls.ca.clone());
            named.extend(config.tls.identity.iter().flat_map(|own| [own.cert.clone(), own.key.clone()]));
            if let Some(Secret::File(path)) = &config.login.password {
                named.push(path.clone());
            }
        }
    }
    named.sort();
    named.dedup();
    named
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_lines_ends_at_its_last_whole_one() {
        let check = |text: &[u8], expect: usize| {
            let path = tempfile::NamedTempFile::new().unwrap();
            fs::write(path.path(), text).unwrap();
            let file = File::open(path.path()).unwrap();
            assert_eq!(whole_lines(&file, text.len() as u64).unwrap(), expect as u64);
        };
        check(b"", 0);
        check(b"half", 0);
        check(b"one\n", 4);
        check(b"one\ntwo", 4);
        let long = [b"one\n".as_slice(), &[b'x'; 10_000]].concat();
        check(&long, 4);
        check(&[long.as_slice(), b"\n"].concat(), long.len() + 1);
    }
}
