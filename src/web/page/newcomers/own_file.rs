//! A file of what a device announced: which one it would be, and how it is written.
//!
//! It lies in the folder of the user's definitions as `<dialect>/<id>.toml`, and never takes the place of another one: not of a
//! file that is there, and not of a definition in the binary. Whoever looks after the folder takes it over.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::device::profile::Profile;
use crate::hub::{DeviceView, Hub};
use crate::talk::Topic;
use crate::web::private;

/// The longest name of a file, without its ending.
const LONGEST: usize = 60;
/// How many names are tried.
const TRIES: usize = 100;

/// A file that could be written.
#[derive(Clone, Debug)]
pub struct Found {
    /// The device.
    pub base: Topic,
    /// What people call it.
    pub name: String,
    /// Where.
    pub path: PathBuf,
    /// What.
    pub text: String,
    /// Tells one text from another.
    pub mark: String,
}

/// A device that announced itself.
pub fn announced(hub: &Hub, base: &Topic) -> Option<(DeviceView, Arc<Profile>)> {
    let device = hub.announced().into_iter().find(|device| device.base == *base)?;
    let profile = device.profile.clone()?;
    Some((device, profile))
}

/// The file that would be made of the device at `base`.
pub fn find(hub: &Hub, folder: &Path, base: &str) -> Option<Found> {
    let base = Topic::new(base).ok()?;
    let (_, profile) = announced(hub, &base)?;
    let announced = profile.announced.as_ref()?;
    let catalog = hub.catalog();
    let stem = stem(&base);
    let names = (1..=TRIES).map(|number| match number {
        1 => stem.clone(),
        number => format!("{stem}-{number}"),
    });
    let is_free = |name: &String| {
        let id = format!("{}/{name}", announced.dialect);
        let is_known = catalog.borrow().find(&id).is_some();
        !is_known && fs::symlink_metadata(path(folder, announced.dialect, name)).is_err()
    };
    let name = names.into_iter().find(is_free)?;
    let text = announced.text.to_string();
    let sum = Sha256::digest(text.as_bytes());
    let mark = sum.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let path = path(folder, announced.dialect, &name);
    Some(Found { base, name: announced.name.to_string(), path, text, mark })
}

fn path(folder: &Path, dialect: &str, name: &str) -> PathBuf {
    folder.join(dialect).join(format!("{name}.toml"))
}

/// A name for a file of this device: the last level of its base, in letters that every file system takes.
pub fn stem(base: &Topic) -> String {
    let level = base.as_str().rsplit('/').next().unwrap_or_default().to_lowercase();
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let stem: String = level.chars().map(plain).take(LONGEST).collect();
    let stem = stem.trim_matches('-');
    if stem.is_empty() { "device".to_owned() } else { stem.to_owned() }
}

/// Writes a new file, whole or not at all; one that is there stays as it is.
pub fn save(path: &Path, text: &str) -> io::Result<()> {
    let folder = private::folder(path);
    fs::create_dir_all(&folder)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // What begins with a dot is no definition yet.
    let temporary = folder.join(format!(".{name}.{:016x}.tmp", crate::web::random::number()?));
    let written = fill(&temporary, text).and_then(|()| fs::hard_link(&temporary, path));
    // The error that matters is the first one.
    let removed = fs::remove_file(&temporary);
    written.and(removed)?;
    File::open(&folder)?.sync_all()
}

fn fill(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_new_or_not_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("tasmota/plug.toml");
        save(&path, "name = 1").expect("it is new");
        let error = save(&path, "name = 2").expect_err("it is there");
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&path).expect("it is there"), "name = 1");
        assert_eq!(fs::read_dir(folder.path().join("tasmota")).expect("a folder").count(), 1);
    }

    #[test]
    fn a_base_gives_a_name_for_every_file_system() {
        let check = |base: &str, expected: &str| {
            assert_eq!(stem(&Topic::new(base).expect(base)), expected, "{base}");
        };
        check("nodes/tasmota/Desk_Plug", "desk-plug");
        check("nodes/acme/00:11", "00-11");
        check("nodes/acme/..", "device");
        check("nodes/acme/žárovka", "rovka");
        check(&format!("nodes/acme/{}", "x".repeat(200)), &"x".repeat(LONGEST));
    }
}
