//! Programs of the machine: found, or named together with the package that brings them.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder where `scripts/setup` puts what it could not put anywhere else.
fn own_tools() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/bin")
}

/// The `PATH` of the tests: own tools first, then the machine's, cargo's, and the folder of Debian's servers, which an
/// ordinary user's `PATH` lacks.
pub fn command_path() -> OsString {
    let mut folders = vec![own_tools()];
    folders.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
    if let Some(home) = env::var_os("HOME") {
        folders.push(Path::new(&home).join(".cargo/bin"));
    }
    folders.push("/usr/sbin".into());
    env::join_paths(folders).expect("no folder of PATH contains a colon")
}

/// A command for `program`; a missing one fails the test and names the Debian or cargo `package`.
pub fn need(program: &str, package: &str) -> Command {
    let path = command_path();
    let found = env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file());
    let Some(file) = found else {
        panic!("this test needs `{program}`: run scripts/setup, or install {package}");
    };
    let mut command = Command::new(file);
    command.env("PATH", path);
    command
}
