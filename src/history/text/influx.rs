//! Reads InfluxDB's line protocol: `measurement,tag=value field=1.5,other="word" 1465839830100400200`.
//!
//! After InfluxData's public documentation, "Line protocol" in the reference of InfluxDB OSS v2
//! (<https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/>): what is escaped where, the types of
//! fields, the spellings of truths, comments. Files of `influx_inspect export` have parts about databases as well,
//! which are passed over. Each field becomes a series, named by a [`Template`].

use std::borrow::Cow;

use super::read::no_time;
use super::template::{Origin, Template};
use super::{Entry, Take, shown, word};
use crate::history::store::Recorded;

/// What times are counted in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// Nanoseconds, if nothing else is said.
    #[default]
    Nanoseconds,
    /// Microseconds.
    Microseconds,
    /// Milliseconds.
    Milliseconds,
    /// Seconds.
    Seconds,
}

/// A file under way.
pub struct Influx {
    name: Template,
    unit: Option<Template>,
    precision: Precision,
    /// What a line without a time is of.
    now: i64,
    /// Within the part of an export that makes databases.
    is_definition: bool,
}

impl Precision {
    /// The precision that is called like this.
    pub fn of(word: &str) -> Option<Self> {
        match word {
            "ns" => Some(Self::Nanoseconds),
            "us" | "µs" => Some(Self::Microseconds),
            "ms" => Some(Self::Milliseconds),
            "s" => Some(Self::Seconds),
            _ => None,
        }
    }

    fn milliseconds(self, number: i64) -> Option<i64> {
        match self {
            Self::Nanoseconds => Some(number.div_euclid(1_000_000)),
            Self::Microseconds => Some(number.div_euclid(1_000)),
            Self::Milliseconds => Some(number),
            Self::Seconds => number.checked_mul(1_000),
        }
    }
}

impl Influx {
    /// A file whose series are named so.
    pub fn new(name: Template, unit: Option<Template>, precision: Precision, now: i64) -> Self {
        Self { name, unit, precision, now, is_definition: false }
    }

    /// Takes the next line; with a field that makes no sense nothing of it is taken.
    pub fn line(&mut self, number: u64, line: &str, take: &mut impl Take) -> Result<(), String> {
        let line = line.trim_matches([' ', '\t']);
        if let Some(comment) = line.strip_prefix('#') {
            match comment.trim() {
                "DDL" => self.is_definition = true,
                "DML" => self.is_definition = false,
                _ => {}
            }
            return Ok(());
        }
        if line.is_empty() || self.is_definition {
            return Ok(());
        }
        let (origin, rest) = origin(line)?;
        let (fields, rest) = fields(rest.trim_start_matches(' '))?;
        let at = match rest.trim_matches(' ') {
            "" => self.now,
            text => {
                let number = text.parse().ok();
                number.and_then(|number| self.precision.milliseconds(number)).ok_or_else(|| {
                    format!("{}; a time is a whole number at the end of the line", no_time(text))
                })?
            }
        };
        let mut entries = Vec::with_capacity(fields.len());
        for (field, value) in &fields {
            let name = self.name.name(&origin, field)?;
            let unit = self.unit.as_ref().map(|unit| unit.text(&origin, field)).transpose()?;
            let unit = unit.filter(|_| matches!(value, Value::Number(_)));
            entries.push((name, value.recorded()?, unit));
        }
        for (name, value, unit) in &entries {
            take(number, Entry { name, at, value: *value, unit: unit.as_deref() })?;
        }
        Ok(())
    }
}

/// A field and its value.
type Field<'a> = (Cow<'a, str>, Value);

/// The value of a field.
#[derive(Debug, PartialEq)]
enum Value {
    Number(f64),
    Truth(bool),
    Word(String),
}

impl Value {
    fn recorded(&self) -> Result<Recorded<'_>, String> {
        match self {
            Self::Number(number) => Ok(Recorded::Number(*number)),
            Self::Truth(truth) => Ok(Recorded::Truth(*truth)),
            Self::Word(text) => word(text),
        }
    }
}

/// Measurement and tags, and what follows the space behind them.
fn origin(line: &str) -> Result<(Origin, &str), String> {
    let (measurement, mut rest) = part(line, b", ");
    if measurement.is_empty() {
        return Err("there is no measurement at the beginning".to_owned());
    }
    let mut origin = Origin { measurement: plain(measurement, b", ").into_owned(), tags: Vec::new() };
    while let Some(behind) = rest.strip_prefix(',') {
        let (key, behind) = part(behind, b"=, ");
        let Some(behind) = behind.strip_prefix('=') else {
            return Err(format!("the tag {} has no value", shown(key)));
        };
        let (value, behind) = part(behind, b"=, ");
        if key.is_empty() || value.is_empty() {
            return Err(format!("a tag has no {}", if key.is_empty() { "key" } else { "value" }));
        }
        if behind.starts_with('=') {
            return Err(format!("the tag {} has two `=`; write \\= within a value", shown(key)));
        }
        origin.tags.push((plain(key, b",= ").into_owned(), plain(value, b",= ").into_owned()));
        rest = behind;
    }
    origin.tags.sort();
    match rest.strip_prefix(' ') {
        Some(rest) => Ok((origin, rest)),
        None => Err("there are no fields: a space and key=value have to follow".to_owned()),
    }
}

/// Fields, and what follows the space behind them.
fn fields(text: &str) -> Result<(Vec<Field<'_>>, &str), String> {
    let mut fields = Vec::new();
    let mut rest = text;
    loop {
        let (key, behind) = part(rest, b"=, ");
        let Some(behind) = behind.strip_prefix('=').filter(|_| !key.is_empty()) else {
            return Err(format!("a field is key=value, not {}", shown(rest)));
        };
        let (value, behind) = match behind.strip_prefix('"') {
            Some(text) => quoted(text)?,
            None => {
                let (text, behind) = part(behind, b", ");
                (bare(text).ok_or_else(|| not_a_value(key, text))?, behind)
            }
        };
        fields.push((plain(key, b",= "), value));
        match behind.strip_prefix(',') {
            Some(behind) => rest = behind,
            None if behind.is_empty() || behind.starts_with(' ') => return Ok((fields, behind)),
            None => return Err(format!("{} follows the text of the field {}", shown(behind), shown(key))),
        }
    }
}

fn not_a_value(key: &str, text: &str) -> String {
    format!(
        "the field {} has {}, which is neither a number (1.5, 1i, 1u) nor true or false nor a text in quotes",
        shown(key),
        shown(text)
    )
}

/// A number or a truth.
fn bare(text: &str) -> Option<Value> {
    match text {
        "t" | "T" | "true" | "True" | "TRUE" => return Some(Value::Truth(true)),
        "f" | "F" | "false" | "False" | "FALSE" => return Some(Value::Truth(false)),
        _ => {}
    }
    #[expect(clippy::cast_precision_loss, reason = "history keeps floats; 15 digits are kept")]
    let number = match text.as_bytes().last()? {
        b'i' => text[..text.len() - 1].parse::<i64>().ok()? as f64,
        b'u' => text[..text.len() - 1].parse::<u64>().ok()? as f64,
        // Rust also reads `inf` and `nan`, which InfluxDB does not know.
        byte if byte.is_ascii_digit() || *byte == b'.' => text.parse().ok()?,
        _ => return None,
    };
    number.is_finite().then_some(Value::Number(number))
}

/// A text behind its first quote, and what follows the last one.
fn quoted(text: &str) -> Result<(Value, &str), String> {
    let mut word = String::new();
    let mut rest = text;
    loop {
        let Some(at) = rest.find(['"', '\\']) else {
            return Err("a quote is opened and never closed".to_owned());
        };
        word.push_str(&rest[..at]);
        let behind = &rest[at + 1..];
        if rest.as_bytes()[at] == b'"' {
            return Ok((Value::Word(word), behind));
        }
        rest = match behind.strip_prefix(['"', '\\']) {
            Some(further) => {
                word.push_str(&behind[..1]);
                further
            }
            None => {
                word.push('\\');
                behind
            }
        };
    }
}

/// What stands before the first of these bytes that is not escaped.
fn part<'a>(text: &'a str, ends: &[u8]) -> (&'a str, &'a str) {
    let mut is_escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        if !is_escaped && ends.contains(&byte) {
            return text.split_at(at);
        }
        is_escaped = byte == b'\\' && !is_escaped;
    }
    (text, "")
}

/// Takes away the backslash before these bytes; others stay.
fn plain<'a>(text: &'a str, escaped: &[u8]) -> Cow<'a, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let is_mark = character == '\\'
            && characters
                .peek()
                .is_some_and(|next| u8::try_from(*next).is_ok_and(|next| escaped.contains(&next)));
        if !is_mark {
            out.push(character);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests;
