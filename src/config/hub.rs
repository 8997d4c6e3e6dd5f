//! `[hub]`: what this hub is called and where it keeps what it has to remember.

use std::path::{Path, PathBuf};

use super::section::Section;

/// The hub itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubSection {
    /// Shown on pages; the name of the machine if the file says nothing.
    pub name: String,
    /// The data folder: accounts, certificates, remembered values.
    pub data: PathBuf,
}

pub(super) fn read(section: Section<'_>) -> HubSection {
    let data = section.or("data", default_data(section.sheet.file()));
    let hub = HubSection { name: section.or("name", host_name()), data: section.sheet.resolve(&data) };
    section.finish();
    hub
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

fn host_name() -> String {
    let system = rustix::system::uname();
    let name = system.nodename().to_string_lossy();
    if name.trim().is_empty() { "clown-hub".into() } else { name.into_owned() }
}
