//! History as text: what is exported, and what is read from files of the hub and of other programs.
//!
//! Readers are fed pieces of a file and hand on one [`Entry`] after the other, so that a file of any length needs the
//! memory of one line. A line that makes no sense is refused with its number and the reason; the others count.
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`cell`] | cells of CSV, safe in every spreadsheet |
//! | [`mod@write`] | samples as CSV and as JSON lines |
//! | [`lines`] | pieces of a file into lines of bounded length |
//! | [`form`], [`read`] | what is said about a file; which reader it gets, and what is refused |
//! | [`csv`], [`jsonl`], [`influx`] | the readers |
//! | [`columns`] | which column of a CSV file is what |
//! | [`template`] | what a series of InfluxDB is called here |

pub mod cell;
pub mod columns;
pub mod csv;
pub mod form;
pub mod influx;
pub mod jsonl;
pub mod lines;
pub mod read;
pub mod template;
#[cfg(test)]
mod tests;
pub mod write;

use super::name::Name;
use super::store::Recorded;

/// One sample as a file tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry<'a> {
    /// Which series it is of.
    pub name: &'a Name,
    /// Milliseconds since 1970, UTC.
    pub at: i64,
    /// What was true from then on; unknown is a gap.
    pub value: Recorded<'a>,
    /// The unit; empty if there is none, and nothing if the file does not tell of units.
    pub unit: Option<&'a str>,
}

/// What is done with each entry; a reason refuses it.
pub trait Take: FnMut(u64, Entry<'_>) -> Result<(), String> {}
impl<T: FnMut(u64, Entry<'_>) -> Result<(), String>> Take for T {}

/// The longest word that is taken in; longer ones are texts for people and would fill the file.
pub const LONGEST_WORD: usize = 256;

/// A word that is not too long.
fn word(text: &str) -> Result<Recorded<'_>, String> {
    match text.len() {
        length if length > LONGEST_WORD => {
            Err(format!("a text of {length} bytes; words have at most {LONGEST_WORD}"))
        }
        _ => Ok(Recorded::Word(text)),
    }
}

/// The beginning of something that may be long, for a reason.
fn shown(text: &str) -> String {
    let short: String = text.chars().take(40).collect();
    let dots = if short.len() < text.len() { "…" } else { "" };
    format!("`{}{dots}`", short.escape_debug())
}
