//! `[hub]`: where the hub keeps what it has to remember, and where its user teaches it devices.

use std::path::{Path, PathBuf};

use crate::sheet::Section;

/// The hub itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubSection {
    /// The data folder: accounts, certificates, remembered values.
    pub data: PathBuf,
    /// The folder of the user's own definitions of devices; it need not be there.
    pub devices: PathBuf,
}

pub(super) fn read(section: Section<'_>) -> HubSection {
    let data = section.or("data", default_data(section.sheet.file()));
    let data = section.sheet.resolve(&data);
    let devices = section.sheet.resolve(&section.or("devices", PathBuf::from("devices")));
    section.finish();
    HubSection { data, devices }
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
