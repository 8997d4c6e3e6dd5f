//! `[hub]`: where the hub keeps what it has to remember.

use std::path::{Path, PathBuf};

use crate::sheet::Section;

/// The hub itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubSection {
    /// The data folder: accounts, certificates, remembered values.
    pub data: PathBuf,
}

pub(super) fn read(section: Section<'_>) -> HubSection {
    let data = section.or("data", default_data(section.sheet.file()));
    let data = section.sheet.resolve(&data);
    section.finish();
    HubSection { data }
}

/// `/var/lib/clown-hub` for the system's configuration, otherwise `data` beside the file.
///
/// Under systemd `StateDirectory=` decides where the system keeps state.
fn default_data(file: &Path) -> PathBuf {
    if let Some(folder) = std::env::var_os("STATE_DIRECTORY").filter(|folder| !folder.is_empty()) {
        return folder.into();
    }
    if file.starts_with("/etc") { "/var/lib/clown-hub".into() } else { "data".into() }
}
