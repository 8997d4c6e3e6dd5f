//! The definitions that come with the hub: every file of `devices/`, in the binary.
//!
//! They are read once, when somebody needs them. A file that cannot be read never stops the others; that all of them can
//! is what the tests are for.

use std::io::Read;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use flate2::read::GzDecoder;

use super::catalog::Catalog;
use super::profile::{Profile, file};
use crate::sheet::Problems;

/// Ids and packed texts, by their ids: `shelly/gen1` and what stands in `devices/shelly/gen1.toml`.
const FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/devices.rs"));

static READ: LazyLock<(Vec<Arc<Profile>>, Vec<Problems>)> = LazyLock::new(|| {
    let (mut profiles, mut problems) = (Vec::new(), Vec::new());
    for (id, text) in files() {
        match file::read(id, &path(id), text) {
            Ok(profile) => profiles.push(Arc::new(profile)),
            Err(wrong) => problems.push(wrong),
        }
    }
    (profiles, problems)
});

/// The texts of all of them with their ids; unpacked anew whenever they are asked for.
pub fn files() -> impl Iterator<Item = (&'static str, String)> {
    FILES.iter().map(|(id, packed)| (*id, unpacked(packed)))
}

/// The text of one.
pub fn text(id: &str) -> Option<String> {
    FILES.iter().find(|(known, _)| *known == id).map(|(_, packed)| unpacked(packed))
}

fn unpacked(packed: &[u8]) -> String {
    let mut text = String::new();
    GzDecoder::new(packed)
        .read_to_string(&mut text)
        .expect("it was packed from a text when the program was built");
    text
}

/// The file of a definition, as the repository names it.
pub fn path(id: &str) -> PathBuf {
    PathBuf::from(format!("devices/{id}.toml"))
}

/// Every profile, by its id.
pub fn profiles() -> &'static [Arc<Profile>] {
    &READ.0
}

/// What is wrong with files that are not among the profiles; nothing in a hub that passed its tests.
pub fn problems() -> &'static [Problems] {
    &READ.1
}

/// The profiles as a catalog.
pub fn catalog() -> Arc<Catalog> {
    static CATALOG: LazyLock<Arc<Catalog>> =
        LazyLock::new(|| Arc::new(Catalog::new(profiles().iter().cloned())));
    CATALOG.clone()
}
