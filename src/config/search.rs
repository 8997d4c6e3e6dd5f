//! Where the configuration file is looked for.

use std::path::{Path, PathBuf};

use crate::sheet::Problems;

/// The name of the file.
pub const FILE_NAME: &str = "clown-hub.toml";

/// The places looked at when none is named, in this order.
pub fn places() -> [PathBuf; 2] {
    [PathBuf::from(FILE_NAME), Path::new("/etc/clown-hub").join(FILE_NAME)]
}

/// The file that is named, or the first of [`places`] that exists.
pub fn find(named: Option<&Path>) -> Result<PathBuf, Problems> {
    if let Some(file) = named {
        return Ok(file.to_owned());
    }
    let places = places();
    places.iter().find(|place| place.exists()).cloned().ok_or_else(|| {
        let [first, second] = &places;
        let found = format!("is not here, and there is no {}", second.display());
        let hint =
            "write one with `clown-hub init`, name another with --config FILE, or try `clown-hub demo`";
        Problems::of_file(first.clone(), found, hint)
    })
}
