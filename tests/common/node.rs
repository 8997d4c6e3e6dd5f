//! Packages of npm that look at pages: axe-core and Lighthouse.

use std::path::{Path, PathBuf};

/// A file of a package from npm; a missing one fails the test.
pub fn node_module(file: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/node_modules").join(file);
    assert!(path.is_file(), "this test needs {}: run scripts/setup", path.display());
    path
}
