//! The definitions that come with the hub: every file of `devices/`, in the binary.
//!
//! They are read once, when somebody needs them. A file that cannot be read never stops the others; that all of them can
//! is what the tests are for.

use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use super::catalog::Catalog;
use super::profile::{Profile, file};
use crate::sheet::Problems;

/// Ids and texts, by their ids: `shelly/gen1` and what stands in `devices/shelly/gen1.toml`.
pub const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/devices.rs"));

static READ: LazyLock<(Vec<Arc<Profile>>, Vec<Problems>)> = LazyLock::new(|| {
    let (mut profiles, mut problems) = (Vec::new(), Vec::new());
    for (id, text) in FILES {
        match file::read(id, &path(id), (*text).to_owned()) {
            Ok(profile) => profiles.push(Arc::new(profile)),
            Err(wrong) => problems.push(wrong),
        }
    }
    (profiles, problems)
});

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
