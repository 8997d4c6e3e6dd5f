//! Reads CSV: of this hub without a loss, of others by the names of their columns.
//!
//! In files of others a decimal comma counts where `;` or a tab separates, and what other programs write for an unknown
//! value is a gap. The first value of a series decides whether it has numbers, truths or words; a line that
//! says otherwise is refused, so that one odd word does not begin another series.

use std::collections::HashMap;

use super::cell::split;
use super::columns::{Clock, Columns, Found};
use super::read::{name, no_time};
use super::{Entry, Take, shown, word};
use crate::history::name::Name;
use crate::history::series::Kind;
use crate::history::store::Recorded;

/// What other programs write where they know nothing.
const UNKNOWN: [&str; 8] = ["", "unknown", "unavailable", "nan", "null", "none", "n/a", "-"];

/// A CSV file under way.
pub struct Csv {
    columns: Columns,
    found: Option<Found>,
    /// A line of a spreadsheet says it before the headings.
    separator_said: bool,
    /// What the series of other programs' files are, by their names.
    kinds: HashMap<Name, Kind>,
    /// The name that was read last; most files have it many times in a row.
    last: Option<(Box<str>, Name)>,
}

/// What is wrong.
#[derive(Debug, PartialEq, Eq)]
pub enum Wrong {
    /// With the first line, and so with the file.
    Heading(String),
    /// With this line.
    Line(String),
}

impl From<String> for Wrong {
    fn from(reason: String) -> Self {
        Self::Line(reason)
    }
}

impl Csv {
    /// A file with such columns.
    pub fn new(columns: Columns) -> Self {
        Self { columns, found: None, separator_said: false, kinds: HashMap::new(), last: None }
    }

    /// Takes the next line.
    pub fn line(&mut self, number: u64, line: &str, take: &mut impl Take) -> Result<(), Wrong> {
        if let Some(found) = self.found.clone() {
            return Ok(self.sample(&found, number, line, take)?);
        }
        let line = line.trim_start_matches('\u{feff}');
        // A spreadsheet notes its separator here; it is found without that, too.
        if line.trim().is_empty()
            || (!std::mem::replace(&mut self.separator_said, true) && line.starts_with("sep="))
        {
            return Ok(());
        }
        let found = self.columns.find(line).map_err(Wrong::Heading)?;
        let is_bare = found.is_bare;
        self.found = Some(found.clone());
        if is_bare { Ok(self.sample(&found, number, line, take)?) } else { Ok(()) }
    }

    fn sample(&mut self, found: &Found, number: u64, line: &str, take: &mut impl Take) -> Result<(), String> {
        if line.trim().is_empty() {
            return Ok(());
        }
        let cells = split(line, found.separator);
        let cell = |at: usize, what: &str| {
            // This hub writes no spaces around what it means.
            let cell = cells.get(at).map(|cell| if found.is_own { &**cell } else { cell.trim() });
            cell.ok_or_else(|| {
                format!("there are {} columns, but the {what} is in no. {}", cells.len(), at + 1)
            })
        };
        let time = cell(found.time, "time")?;
        // Beyond the calendar this hub writes milliseconds.
        let clock = if found.is_own { Clock::Counts(1_000_000) } else { self.columns.clock };
        let at = clock.read(time).ok_or_else(|| no_time(time))?;
        let unit = match (&self.columns.fixed_unit, found.unit) {
            (Some(unit), _) => Some(unit.clone()),
            (None, Some(at)) => Some(unmarked(cell(at, "unit").unwrap_or_default()).to_owned()),
            (None, None) => None,
        };
        let unit = unit.as_deref();
        let value = cell(found.value, "value")?;
        let value = if found.is_own { own(value)? } else { foreign(value, found.separator)? };
        let series = match found.series {
            Some(at) => Some(unmarked(cell(at, "series")?)),
            None => None,
        };
        let name = named(series, self.columns.fixed.as_ref(), &mut self.last)?;
        if !found.is_own {
            settle(&mut self.kinds, name, value)?;
        }
        take(number, Entry { name, at, value, unit })
    }
}

/// The name of the series that a cell says, or of the one series of the file.
fn named<'a>(
    series: Option<&str>,
    fixed: Option<&'a Name>,
    last: &'a mut Option<(Box<str>, Name)>,
) -> Result<&'a Name, String> {
    let Some(series) = series else { return fixed.ok_or_else(|| "it is of no series".to_owned()) };
    if last.as_ref().is_none_or(|(text, _)| **text != *series) {
        *last = Some((series.into(), name(series)?));
    }
    last.as_ref().map(|(_, name)| name).ok_or_else(|| "it is of no series".to_owned())
}

/// A cell of this hub without the mark of a text.
fn unmarked(cell: &str) -> &str {
    cell.strip_prefix('\'').unwrap_or(cell)
}

/// A value as this hub writes it.
fn own(cell: &str) -> Result<Recorded<'_>, String> {
    if let Some(text) = cell.strip_prefix('\'') {
        return word(text);
    }
    match (cell, cell.parse::<f64>()) {
        ("", _) => Ok(Recorded::Unknown),
        ("true", _) => Ok(Recorded::Truth(true)),
        ("false", _) => Ok(Recorded::Truth(false)),
        (_, Ok(number)) => Ok(number_or_gap(number)),
        (_, Err(_)) => word(cell),
    }
}

/// A value as anybody writes it.
fn foreign(cell: &str, separator: char) -> Result<Recorded<'_>, String> {
    let is = |word: &&str| cell.eq_ignore_ascii_case(word);
    if UNKNOWN.iter().any(is) {
        return Ok(Recorded::Unknown);
    }
    if ["true", "on", "yes"].iter().any(is) {
        return Ok(Recorded::Truth(true));
    }
    if ["false", "off", "no"].iter().any(is) {
        return Ok(Recorded::Truth(false));
    }
    let number = if separator != ',' && cell.contains(',') && !cell.contains('.') {
        cell.replace(',', ".").parse::<f64>()
    } else {
        cell.parse::<f64>()
    };
    match number {
        Ok(number) if number.is_infinite() => Err(format!("{} is beyond every number", shown(cell))),
        Ok(number) => Ok(number_or_gap(number)),
        Err(_) => word(unmarked(cell)),
    }
}

fn number_or_gap<'a>(number: f64) -> Recorded<'a> {
    if number.is_nan() { Recorded::Unknown } else { Recorded::Number(number) }
}

/// Refuses a value that is of another kind than the first one of its series.
fn settle(kinds: &mut HashMap<Name, Kind>, name: &Name, value: Recorded<'_>) -> Result<(), String> {
    let (kind, what) = match value {
        Recorded::Unknown => return Ok(()),
        Recorded::Number(number) => (Kind::Number, number.to_string()),
        Recorded::Truth(truth) => (Kind::Truth, truth.to_string()),
        Recorded::Word(word) => (Kind::Word, shown(word)),
    };
    let Some(known) = kinds.get(name) else {
        kinds.insert(name.clone(), kind);
        return Ok(());
    };
    let expected = match known {
        Kind::Number => "numbers",
        Kind::Truth => "on and off",
        Kind::Word => "words",
    };
    if *known == kind { Ok(()) } else { Err(format!("{what}, but {name} began with {expected}")) }
}

#[cfg(test)]
mod tests;
