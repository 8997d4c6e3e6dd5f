//! Recorded messages, as they stand in tests/data/dialects.

use std::fs;
use std::path::Path;

/// The messages of a capture: topic, one space, payload to the end of the line.
pub fn messages(name: &str) -> Vec<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/dialects").join(name);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let messages = text.lines().filter(|line| !line.starts_with("# ") && !line.is_empty());
    messages
        .map(|line| line.split_once(' ').unwrap_or((line, "")))
        .map(|(a, b)| (a.into(), b.into()))
        .collect()
}
