//! The text of one configuration file, and what was noticed while it was read.
//!
//! Bytes come from [`open`]; the sections of the file report every problem and every effective setting here, so that
//! one reading finds all problems at once. Positions are lines and characters, counted from 1.

use std::cell::RefCell;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::problem::{Problem, Problems};

/// Longer files are refused before they are parsed: 1,000 links need about 100 kB.
const MAX_BYTES: usize = 4 << 20;

/// One setting as it takes effect, written in the file or by default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Full name, such as `web.listen` or `link[2].baud`.
    pub key: String,
    /// The value in TOML's words; empty when nothing is set.
    pub value: String,
    /// Line and column if the file says so; otherwise it is the default.
    pub place: Option<(usize, usize)>,
}

/// A file that is being read.
pub(super) struct Sheet {
    file: PathBuf,
    text: String,
    lines: Lines,
    problems: RefCell<Vec<(usize, Problem)>>,
    settings: RefCell<Vec<Setting>>,
}

/// Reads the text of `file`, saying what to do when that cannot be done.
pub(super) fn open(file: &Path) -> Result<String, Problems> {
    let bytes = std::fs::read(file).map_err(|error| {
        let hint = match error.kind() {
            std::io::ErrorKind::NotFound => {
                "write one with `clown-hub init`, or name another with --config FILE"
            }
            std::io::ErrorKind::PermissionDenied => {
                "let the user who runs the hub read it, e.g. chmod 640 and chgrp"
            }
            _ => "name another file with --config FILE",
        };
        Problems::of_file(file.to_owned(), format!("cannot be read: {}", plain(&error)), hint)
    })?;
    if bytes.len() > MAX_BYTES {
        let found = format!("is {} bytes long", bytes.len());
        return Err(Problems::of_file(file.to_owned(), found, "a configuration has at most 4 MiB"));
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let bytes = error.as_bytes();
        let text = String::from_utf8_lossy(&bytes[..good]);
        let (line, column) = Lines::of(&text).position(&text, good);
        Problems(vec![Problem {
            file: file.to_owned(),
            line,
            column,
            key: String::new(),
            found: format!("byte 0x{:02x} is not UTF-8", bytes[good]),
            allowed: "text in UTF-8".into(),
            hint: Some("save the file as UTF-8, e.g. iconv -f latin1 -t utf-8".into()),
        }])
    })
}

/// The operating system's words without its number.
pub(super) fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}

impl Sheet {
    pub fn new(file: &Path, text: String) -> Self {
        // Windows editors put a byte order mark in front; it means nothing.
        let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
        let (lines, file) = (Lines::of(&text), file.to_owned());
        Self { file, text, lines, problems: RefCell::default(), settings: RefCell::default() }
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Notes a problem at a place of the text.
    pub fn problem(
        &self,
        at: Option<Range<usize>>,
        key: &str,
        found: String,
        allowed: String,
        hint: Option<String>,
    ) {
        let start = at.map_or(0, |span| span.start);
        let (line, column) = self.lines.position(&self.text, start);
        let problem =
            Problem { file: self.file.clone(), line, column, key: key.into(), found, allowed, hint };
        self.problems.borrow_mut().push((start, problem));
    }

    /// Notes a setting as it takes effect, and where the file says so.
    pub fn setting(&self, key: String, value: String, given: Option<Range<usize>>) {
        let place = given.map(|span| self.lines.position(&self.text, span.start));
        self.settings.borrow_mut().push(Setting { key, value, place });
    }

    /// A path of the file, which counts from the folder the file lies in.
    pub fn resolve(&self, path: &Path) -> PathBuf {
        self.file.parent().map_or_else(|| path.to_owned(), |folder| folder.join(path))
    }

    /// The settings, or all problems in the order of the file.
    pub fn close(self) -> Result<Vec<Setting>, Problems> {
        let mut problems = self.problems.into_inner();
        if problems.is_empty() {
            return Ok(self.settings.into_inner());
        }
        problems.sort_by_key(|(start, _)| *start);
        Err(Problems(problems.into_iter().map(|(_, problem)| problem).collect()))
    }
}

/// Where the lines of a text begin.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self(std::iter::once(0).chain(breaks).collect())
    }

    /// Line and column (in characters) of a byte offset, both from 1.
    fn position(&self, text: &str, offset: usize) -> (usize, usize) {
        let line = self.0.partition_point(|start| *start <= offset);
        let start = self.0[line - 1];
        (line, String::from_utf8_lossy(&text.as_bytes()[start..offset.min(text.len())]).chars().count() + 1)
    }
}
