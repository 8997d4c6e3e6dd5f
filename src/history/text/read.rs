//! Which reader a file gets, and what is refused of it.

use super::columns::Columns;
use super::csv::Csv;
use super::influx::{Influx, Precision};
use super::jsonl;
use super::lines::{Lines, Quotes, Spoiled};
use super::template::Template;
use super::{Entry, Take, shown};
use crate::history::name::Name;

/// Refused lines that are named; further ones are counted.
pub const MOST_NAMED: usize = 100;
/// So many lines without one that is understood are not what they were said to be.
const RUBBISH: u64 = 1_000;

/// What a file is said to be.
#[derive(Clone, Debug)]
pub enum Form {
    /// CSV of this hub, or of others with these columns.
    Csv(Columns),
    /// InfluxDB's line protocol.
    Line {
        /// What a series is called here.
        name: Template,
        /// What its unit is; none without.
        unit: Option<Template>,
        /// What times are counted in.
        precision: Precision,
    },
    /// JSON lines of this hub.
    JsonLines,
}

/// A line that was refused.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Refusal {
    /// Counted from one.
    pub line: u64,
    /// What is wrong with it.
    pub reason: String,
}

/// All that was refused: the first ones by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refused {
    /// At most [`MOST_NAMED`].
    pub named: Vec<Refusal>,
    /// All together.
    pub count: u64,
}

/// Why a whole file is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Not a text.
    #[error("this is {0}; {1}")]
    NotText(&'static str, &'static str),
    /// The first line of CSV does not say what is in the columns.
    #[error("line {line}: {reason}")]
    Heading {
        /// Its number.
        line: u64,
        /// What is missing, and how it can be said.
        reason: String,
    },
    /// Not one line is understood.
    #[error("none of the first {count} lines is understood; line {line}: {reason}")]
    Rubbish {
        /// How many.
        count: u64,
        /// The first of them.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
}

/// Reads a file piece by piece.
pub struct Reader {
    lines: Lines,
    syntax: Syntax,
    refused: Refused,
    taken: u64,
    has_begun: bool,
}

enum Syntax {
    Csv(Box<Csv>),
    Line(Box<Influx>),
    JsonLines,
}

impl Refused {
    /// Notes a line.
    pub fn note(&mut self, line: u64, reason: String) {
        self.count += 1;
        if self.named.len() < MOST_NAMED {
            self.named.push(Refusal { line, reason });
        }
    }
}

impl Reader {
    /// A reader of such a file; what has no time of its own is of `now`.
    pub fn new(form: Form, now: i64) -> Self {
        let (syntax, quotes) = match form {
            Form::Csv(columns) => (Syntax::Csv(Box::new(Csv::new(columns))), Quotes::Cells),
            Form::Line { name, unit, precision } => {
                (Syntax::Line(Box::new(Influx::new(name, unit, precision, now))), Quotes::Fields)
            }
            Form::JsonLines => (Syntax::JsonLines, Quotes::Nowhere),
        };
        Self { lines: Lines::new(quotes), syntax, refused: Refused::default(), taken: 0, has_begun: false }
    }

    /// Takes a piece of the file and hands on what is in it.
    pub fn feed(&mut self, piece: &[u8], take: &mut impl Take) -> Result<(), ReadError> {
        if !std::mem::replace(&mut self.has_begun, true) {
            is_text(piece)?;
        }
        self.go_on(take, |lines, each| lines.feed(piece, each))
    }

    /// The file ends here.
    pub fn finish(&mut self, take: &mut impl Take) -> Result<(), ReadError> {
        self.go_on(take, |lines, each| lines.finish(each))?;
        self.is_something(1)
    }

    fn go_on<T: Take>(
        &mut self,
        take: &mut T,
        run: impl FnOnce(&mut Lines, &mut dyn FnMut(u64, Result<&str, Spoiled>)),
    ) -> Result<(), ReadError> {
        let Self { lines, syntax, refused, taken, .. } = self;
        let mut heading = Ok(());
        run(lines, &mut |number, line| {
            if heading.is_err() {
                return;
            }
            let mut count = |number, entry: Entry<'_>| take(number, entry).map(|()| *taken += 1);
            let result = match (line, &mut *syntax) {
                (Err(spoiled), _) => Err(spoiled.to_string()),
                (Ok(line), Syntax::Csv(csv)) => match csv.line(number, line, &mut count) {
                    Ok(()) => Ok(()),
                    Err(super::csv::Wrong::Heading(reason)) => {
                        heading = Err(ReadError::Heading { line: number, reason });
                        return;
                    }
                    Err(super::csv::Wrong::Line(reason)) => Err(reason),
                },
                (Ok(line), Syntax::Line(influx)) => influx.line(number, line, &mut count),
                (Ok(line), Syntax::JsonLines) => jsonl::line(number, line, &mut count),
            };
            if let Err(reason) = result {
                refused.note(number, reason);
            }
        });
        heading?;
        self.is_something(RUBBISH)
    }

    /// Refuses a file of which so many lines were refused and none was understood.
    fn is_something(&self, most: u64) -> Result<(), ReadError> {
        match self.refused.named.first() {
            Some(Refusal { line, reason }) if self.taken == 0 && self.refused.count >= most => {
                Err(ReadError::Rubbish { count: self.refused.count, line: *line, reason: reason.clone() })
            }
            _ => Ok(()),
        }
    }

    /// What was refused so far.
    pub fn refused(&mut self) -> &mut Refused {
        &mut self.refused
    }

    /// How many samples were taken.
    pub fn taken(&self) -> u64 {
        self.taken
    }
}

fn is_text(piece: &[u8]) -> Result<(), ReadError> {
    match piece {
        [0x1f, 0x8b, ..] => Err(ReadError::NotText("compressed by gzip", "unpack it first: gunzip FILE")),
        [b'P', b'K', 3, 4, ..] => Err(ReadError::NotText(
            "a ZIP or a spreadsheet",
            "unpack it, or save the spreadsheet as CSV (UTF-8)",
        )),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Err(ReadError::NotText("UTF-16", "save it as UTF-8")),
        _ if piece.contains(&0) => Err(ReadError::NotText("no text", "is it the right file?")),
        _ => Ok(()),
    }
}

/// The name of a series, or why it is none.
pub(super) fn name(text: &str) -> Result<Name, String> {
    text.parse().map_err(|error: crate::history::name::NameError| error.to_string())
}

/// A time that is none.
pub(super) fn no_time(text: &str) -> String {
    format!("{} is no time", shown(text))
}
