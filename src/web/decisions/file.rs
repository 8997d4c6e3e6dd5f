//! Decisions as they are kept: `devices.jsonl` in the data folder, one device per line.
//!
//! A line is `{"base": "nodes/tasmota/plug", "standing": "accepted", "by": "ada", "at": "2026-11-21T12:00:00.000Z"}`. The file
//! is replaced whole; a line that is damaged all the same costs only itself, and is told with its number.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::hub::{Decision, Now, iso};
use crate::talk::Topic;
use crate::web::private;

/// The name of the file.
pub(super) const NAME: &str = "devices.jsonl";

/// What was decided about a device.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(super) struct Line {
    pub(super) standing: Decision,
    /// Who decided.
    #[serde(default)]
    by: String,
    /// When.
    #[serde(default)]
    at: String,
}

/// The same with the device.
#[derive(Deserialize, Serialize)]
struct Whole {
    base: String,
    #[serde(flatten)]
    line: Line,
}

impl Line {
    pub(super) fn new(standing: Decision, by: &str, now: Now) -> Self {
        Self { standing, by: by.to_owned(), at: iso(now.wall) }
    }
}

/// What was decided so far; nothing if the file is not there yet.
pub(super) fn read(path: &Path) -> io::Result<BTreeMap<Topic, Line>> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(error),
    };
    let mut lines = BTreeMap::new();
    for (number, text) in String::from_utf8_lossy(&bytes).lines().enumerate() {
        let whole = serde_json::from_str::<Whole>(text).map_err(|error| error.to_string());
        let read = whole.and_then(|Whole { base, line }| {
            let base = Topic::new(&base).map_err(|error| error.to_string())?;
            Ok((base, line))
        });
        match read {
            Ok((base, line)) => drop(lines.insert(base, line)),
            Err(_) if text.trim().is_empty() => {}
            Err(error) => {
                let place = format!("{}:{}", path.display(), number + 1);
                tracing::warn!("{place}: a damaged line was left out; decide about its device anew: {error}");
            }
        }
    }
    Ok(lines)
}

/// Puts all of them into the place of the file.
pub(super) fn write(path: &Path, lines: &BTreeMap<Topic, Line>) -> io::Result<()> {
    let mut text = String::new();
    for (base, line) in lines {
        text += &serde_json::to_string(&Whole { base: base.to_string(), line: line.clone() })?;
        text.push('\n');
    }
    private::write(path, text.as_bytes(), 0o600)
}
