//! Packs what the program carries into a fifth of its size: definitions of devices, and the files that pages load.
//!
//! Every file of `devices/` is in, so that a new one needs no line of Rust: `devices.rs` for `src/device/builtin.rs` holds
//! ids and packed texts, by their ids. Files whose name begins with `_` are blueprints. The texts of `src/web/assets` are
//! packed to `assets/` beside it, for `src/web/assets.rs`; browsers take them as they are.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::{env, fmt::Write as _, fs, io, io::Write as _};

use flate2::{Compression, write::GzEncoder};

/// The style sheet is written in parts and served as one file.
const STYLE: [&str; 7] =
    ["1-variables", "2-base", "3-layout", "4-frame", "5-widgets", "5a-levels", "6-states"];

fn main() -> io::Result<()> {
    // Cargo looks at a folder with everything in it: a new file is seen as well as a changed one.
    for watched in ["devices", "src/web/assets", "src/build.rs"] {
        println!("cargo::rerun-if-changed={watched}");
    }
    // Addresses that the loader mends are written down in a hundredth of the space; Debian 12's C library reads that.
    if env::var("CARGO_CFG_TARGET_ENV").is_ok_and(|environment| environment == "gnu") {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
    let (here, out) = (folder("CARGO_MANIFEST_DIR")?, folder("OUT_DIR")?);
    definitions(&here.join("devices"), &out)?;
    assets(&here.join("src/web/assets"), &out.join("assets"))
}

fn folder(name: &str) -> io::Result<PathBuf> {
    env::var_os(name).map(PathBuf::from).ok_or_else(|| io::Error::other(name.to_owned()))
}

fn definitions(devices: &Path, out: &Path) -> io::Result<()> {
    let is_definition = |path: &Path| {
        let is_blueprint = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"_"));
        path.extension() == Some(OsStr::new("toml")) && !is_blueprint
    };
    let mut list = String::from("&[\n");
    for file in walk(devices)?.into_iter().filter(|path| is_definition(path)) {
        let id = file.strip_prefix(devices).map_err(io::Error::other)?.with_extension("");
        let id = id.to_string_lossy().replace('\\', "/");
        let packed = format!("definitions/{id}.gz");
        pack(&fs::read(&file)?, &out.join(&packed))?;
        // Not where it lies now: a copied or moved folder is built from its own files.
        writeln!(list, r#"    ({id:?}, include_bytes!(concat!(env!("OUT_DIR"), "/{packed}"))),"#)
            .map_err(io::Error::other)?;
    }
    list.push_str("]\n");
    fs::write(out.join("devices.rs"), list)
}

fn assets(assets: &Path, out: &Path) -> io::Result<()> {
    let mut style = Vec::new();
    for part in STYLE {
        style.extend(fs::read(assets.join("css").join(part).with_extension("css"))?);
    }
    pack(&style, &out.join("css/style.css.gz"))?;
    // Pictures are packed already, and notes for people are not served.
    let is_text =
        |path: &Path| path.extension().is_none_or(|extension| extension != "png" && extension != "md");
    for file in walk(assets)?.into_iter().filter(|path| is_text(path)) {
        let name = file.strip_prefix(assets).map_err(io::Error::other)?;
        pack(&fs::read(&file)?, &out.join(format!("{}.gz", name.display())))?;
    }
    Ok(())
}

/// Packed as well as can be; the same bytes for the same text.
fn pack(text: &[u8], file: &Path) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    packer.write_all(text)?;
    fs::write(file, packer.finish()?)
}

/// All files below a folder, by their names.
fn walk(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(walk(&path)?);
        } else {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
