//! A definition as it is named on the command line: a file, or a built-in one by its id.

use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;

use crate::app::definitions;
use crate::device::builtin;
use crate::device::profile::Profile;
use crate::sheet::{Problems, nearest};

/// The definition in a file, or a built-in one by its id.
pub fn named(named: &Path) -> Result<Arc<Profile>, Problems> {
    if !named.exists()
        && let Some(id) = named.to_str()
        && !id.ends_with(".toml")
    {
        let profiles = builtin::profiles();
        return profiles.iter().find(|profile| *profile.id == *id).cloned().ok_or_else(|| {
            let near = nearest(id, profiles.iter().map(|profile| &*profile.id));
            let hint = near.map_or("name a file".to_owned(), |near| format!("did you mean {near}?"));
            Problems::of_file(named.to_owned(), "is neither a file nor a built-in definition", hint)
        });
    }
    definitions::read(&id_of(named), named).map(Arc::new)
}

/// `maker/model` of a file somewhere below a folder `devices`, otherwise its own name.
pub fn id_of(path: &Path) -> String {
    let parts: Vec<_> = path.iter().map(OsStr::to_string_lossy).collect();
    let from = parts.iter().rposition(|part| part == "devices").map_or(parts.len() - 1, |at| at + 1);
    let id = parts[from.min(parts.len().saturating_sub(1))..].join("/");
    id.strip_suffix(".toml").map(str::to_owned).unwrap_or(id)
}
