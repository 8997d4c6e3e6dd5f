//! Puts every definition of `devices/` into the binary, so that a new file there needs no line of Rust.
//!
//! Writes `devices.rs` for `src/device/builtin.rs`: ids and texts, by their ids. Files whose name begins with `_` are
//! blueprints.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::{env, fmt::Write as _, fs, io};

fn main() -> io::Result<()> {
    // Cargo looks at a folder with everything in it: a new file is seen as well as a changed one.
    println!("cargo::rerun-if-changed=devices");
    println!("cargo::rerun-if-changed=src/build.rs");
    let place =
        |name: &str| env::var_os(name).map(PathBuf::from).ok_or_else(|| io::Error::other(name.to_owned()));
    let devices = place("CARGO_MANIFEST_DIR")?.join("devices");
    let mut files = Vec::new();
    walk(&devices, &mut files)?;
    files.sort();
    let mut list = String::from("&[\n");
    for file in files {
        let id = file.strip_prefix(&devices).map_err(io::Error::other)?.with_extension("");
        let id = id.to_string_lossy().replace('\\', "/");
        // Not where it lies now: a copied or moved folder is built from its own files.
        let path = format!("/devices/{id}.toml");
        writeln!(list, r#"    ({id:?}, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), {path:?}))),"#)
            .map_err(io::Error::other)?;
    }
    list.push_str("]\n");
    fs::write(place("OUT_DIR")?.join("devices.rs"), list)
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_blueprint = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"_"));
        if path.is_dir() {
            walk(&path, files)?;
        } else if path.extension() == Some(OsStr::new("toml")) && !is_blueprint {
            files.push(path);
        }
    }
    Ok(())
}
