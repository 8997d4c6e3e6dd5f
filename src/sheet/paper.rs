//! The text of one file, and what was noticed while it was read.
//!
//! Bytes come from [`open`]; the sections of the file report every problem and every effective setting here, so that
//! one reading finds all problems at once. Positions are lines and characters, counted from 1.

use std::cell::RefCell;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::problem::{Problem, Problems};

/// What a reader of one sort of files says where a file cannot be read at all.
#[derive(Clone, Copy, Debug)]
pub struct Advice {
    /// What to do if it is not there.
    pub missing: &'static str,
    /// What to do if it may not be read.
    pub denied: &'static str,
    /// What to do if it cannot be read for another reason.
    pub other: &'static str,
    /// Longer files are refused before they are parsed.
    pub most: usize,
    /// How that is told.
    pub too_long: &'static str,
}

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
pub struct Sheet {
    file: PathBuf,
    text: String,
    lines: Lines,
    problems: RefCell<Vec<(usize, Problem)>>,
    /// Only where somebody asks for them: a definition has hundreds, and nobody reads one.
    settings: Option<RefCell<Vec<Setting>>>,
}

/// Reads the text of `file`, saying what to do when that cannot be done.
pub fn open(file: &Path, advice: &Advice) -> Result<String, Problems> {
    let bytes = std::fs::read(file).map_err(|error| {
        let hint = match error.kind() {
            std::io::ErrorKind::NotFound => advice.missing,
            std::io::ErrorKind::PermissionDenied => advice.denied,
            _ => advice.other,
        };
        Problems::of_file(file.to_owned(), format!("cannot be read: {}", plain(&error)), hint)
    })?;
    if bytes.len() > advice.most {
        let found = format!("is {} bytes long", bytes.len());
        return Err(Problems::of_file(file.to_owned(), found, advice.too_long));
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
pub fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}

impl Sheet {
    /// Of a text that stands in `file`; every setting is noted as it takes effect.
    pub fn with_settings(file: &Path, text: String) -> Self {
        Self { settings: Some(RefCell::default()), ..Self::new(file, text) }
    }

    /// Of a text that stands in `file`.
    pub fn new(file: &Path, text: String) -> Self {
        // Windows editors put a byte order mark in front; it means nothing.
        let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
        let (lines, file) = (Lines::of(&text), file.to_owned());
        Self { file, text, lines, problems: RefCell::default(), settings: None }
    }

    /// The text without its byte order mark.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text as TOML, or where it is none.
    pub fn parse(&self) -> Result<toml_edit::Document<&str>, Problems> {
        toml_edit::Document::parse(self.text()).map_err(|error| {
            let found = error.message().replace('\n', ", ");
            Problems(vec![self.told(error.span(), "", found, "TOML, https://toml.io".into(), None).1])
        })
    }

    /// Whether anything is wrong so far.
    pub fn has_problems(&self) -> bool {
        !self.problems.borrow().is_empty()
    }

    /// The file as it was named.
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
        self.problems.borrow_mut().push(self.told(at, key, found, allowed, hint));
    }

    /// Notes a problem at a line and column.
    pub fn problem_at(
        &self,
        place: (usize, usize),
        key: &str,
        found: String,
        allowed: String,
        hint: Option<String>,
    ) {
        let (file, key, (line, column)) = (self.file.clone(), key.into(), place);
        let problem = Problem { file, line, column, key, found, allowed, hint };
        self.problems.borrow_mut().push((self.lines.offset(place), problem));
    }

    fn told(
        &self,
        at: Option<Range<usize>>,
        key: &str,
        found: String,
        allowed: String,
        hint: Option<String>,
    ) -> (usize, Problem) {
        let start = at.map_or(0, |span| span.start);
        let (line, column) = self.lines.position(&self.text, start);
        (start, Problem { file: self.file.clone(), line, column, key: key.into(), found, allowed, hint })
    }

    /// Line and column of a byte of the text.
    pub fn place(&self, offset: usize) -> (usize, usize) {
        self.lines.position(&self.text, offset)
    }

    /// Notes a setting as it takes effect – its key, its value and where the file says so – if anybody asks for them.
    pub fn setting(&self, told: impl FnOnce() -> (String, String, Option<Range<usize>>)) {
        let Some(settings) = &self.settings else { return };
        let (key, value, given) = told();
        let place = given.map(|span| self.lines.position(&self.text, span.start));
        settings.borrow_mut().push(Setting { key, value, place });
    }

    /// A path of the file, which counts from the folder the file lies in.
    pub fn resolve(&self, path: &Path) -> PathBuf {
        self.file.parent().map_or_else(|| path.to_owned(), |folder| folder.join(path))
    }

    /// The settings, if they were noted, or all problems in the order of the file.
    pub fn close(self) -> Result<Vec<Setting>, Problems> {
        let mut problems = self.problems.into_inner();
        if problems.is_empty() {
            return Ok(self.settings.map(RefCell::into_inner).unwrap_or_default());
        }
        problems.sort_by_key(|(start, _)| *start);
        // A reader may come by the same place twice.
        problems.dedup();
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

    /// The byte where a line and column are, near enough to sort by.
    fn offset(&self, (line, column): (usize, usize)) -> usize {
        self.0.get(line.saturating_sub(1)).copied().unwrap_or(0) + column.saturating_sub(1)
    }

    /// Line and column (in characters) of a byte offset, both from 1.
    fn position(&self, text: &str, offset: usize) -> (usize, usize) {
        let line = self.0.partition_point(|start| *start <= offset);
        let start = self.0[line - 1];
        (line, String::from_utf8_lossy(&text.as_bytes()[start..offset.min(text.len())]).chars().count() + 1)
    }
}
