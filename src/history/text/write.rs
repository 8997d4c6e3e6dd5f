//! Samples as CSV and as JSON lines.
//!
//! CSV has the columns `time,series,value,unit`: RFC 3339 in UTC, the [name](crate::history::name), a number, `true`, `false` or a word,
//! and the unit of numbers. An empty value is a gap: from there on nobody knows. A word that would be read as anything
//! else has an apostrophe in front, as in a spreadsheet, so everything comes back as it was. JSON lines have the same
//! four, with `null` for a gap and for no unit.

use std::fmt::Write;

use super::Entry;
use super::cell::{is_formula, marked};
use crate::history::moment;
use crate::history::store::Recorded;

/// The first line of CSV.
pub const HEADING: &str = "time,series,value,unit";

/// How samples are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Comma-separated values with a heading.
    Csv,
    /// One JSON object per line.
    JsonLines,
}

impl Layout {
    /// The layout that is called `csv` or `json`.
    pub fn of(word: &str) -> Option<Self> {
        match word {
            "csv" => Some(Self::Csv),
            "json" | "jsonl" => Some(Self::JsonLines),
            _ => None,
        }
    }

    /// What it is called on the web, and the end of a file's name.
    pub fn media(self) -> (&'static str, &'static str) {
        match self {
            Self::Csv => ("text/csv; charset=utf-8", "csv"),
            Self::JsonLines => ("application/jsonl; charset=utf-8", "jsonl"),
        }
    }

    /// What stands before the first sample.
    pub fn begin(self, out: &mut String) {
        if self == Self::Csv {
            out.push_str(HEADING);
            out.push_str("\r\n");
        }
    }

    /// The parts of each line of a series that are always the same. JSON lines do not tell of a unit that is not told.
    pub fn series(self, name: &str, unit: Option<&str>) -> Written {
        let told = match unit {
            None => String::new(),
            Some("") => ",\"unit\":null".to_owned(),
            Some(unit) => format!(",\"unit\":{}", text(unit)),
        };
        match self {
            Self::Csv => Written {
                layout: self,
                name: format!(",{},", name_cell(name)),
                unit: format!(",{}\r\n", unit.map(name_cell).unwrap_or_default()),
            },
            Self::JsonLines => Written {
                layout: self,
                name: format!("\",\"series\":{},\"value\":", text(name)),
                unit: format!("{told}}}\n"),
            },
        }
    }

    /// Writes one entry.
    pub fn entry(self, out: &mut String, entry: &Entry<'_>) {
        self.series(&entry.name.to_string(), entry.unit).sample(out, entry.at, entry.value);
    }
}

/// How the lines of one series are written.
#[derive(Clone, Debug)]
pub struct Written {
    layout: Layout,
    name: String,
    unit: String,
}

impl Written {
    /// Writes one sample.
    pub fn sample(&self, out: &mut String, at: i64, value: Recorded<'_>) {
        if self.layout == Layout::JsonLines {
            out.push_str("{\"time\":\"");
        }
        moment::write(out, at);
        out.push_str(&self.name);
        match self.layout {
            Layout::Csv => csv_value(out, value),
            Layout::JsonLines => json_value(out, value),
        }
        out.push_str(&self.unit);
    }
}

fn csv_value(out: &mut String, value: Recorded<'_>) {
    match value {
        Recorded::Unknown => {}
        Recorded::Number(number) if number.is_nan() => {}
        Recorded::Number(number) => write_number(out, number),
        Recorded::Truth(truth) => out.push_str(if truth { "true" } else { "false" }),
        Recorded::Word(word) => out.push_str(&marked(word, needs_mark(word))),
    }
}

fn json_value(out: &mut String, value: Recorded<'_>) {
    match value {
        Recorded::Unknown => out.push_str("null"),
        Recorded::Number(number) if number.is_nan() => out.push_str("null"),
        // JSON has no word for it; this is read as infinite by every reader of floats.
        Recorded::Number(number) if number.is_infinite() => {
            out.push_str(if number > 0.0 { "1e999" } else { "-1e999" });
        }
        Recorded::Number(number) => write_number(out, number),
        Recorded::Truth(truth) => out.push_str(if truth { "true" } else { "false" }),
        Recorded::Word(word) => out.push_str(&text(word)),
    }
}

/// The shortest digits that lead back to the number, without a long row of zeros.
fn write_number(out: &mut String, number: f64) {
    let plain = number == 0.0 || (1e-5..1e16).contains(&number.abs());
    // Writing to a String cannot fail.
    let _ = if plain { write!(out, "{number}") } else { write!(out, "{number:e}") };
}

/// Whether a word would be read as something else.
fn needs_mark(word: &str) -> bool {
    let is_other = word.is_empty() || matches!(word, "true" | "false") || word.parse::<f64>().is_ok();
    is_other || word.starts_with('\'') || word.trim() != word || is_formula(word)
}

/// A text where only a mark has to be told from the text itself.
fn name_cell(text: &str) -> String {
    marked(text, is_formula(text) || text.starts_with('\'')).into_owned()
}

fn text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::name::Name;

    fn check(layout: Layout, value: Recorded<'_>, unit: Option<&str>, expect: &str) {
        let name: Name = "a/=b#t".parse().unwrap();
        let mut out = String::new();
        layout.entry(&mut out, &Entry { name: &name, at: 1_479_679_800_123, value, unit });
        let (head, tail) = match layout {
            Layout::Csv => ("2016-11-20T22:10:00.123Z,a/=b#t,", "\r\n"),
            Layout::JsonLines => (r#"{"time":"2016-11-20T22:10:00.123Z","series":"a/=b#t","value":"#, "}\n"),
        };
        assert_eq!(out, format!("{head}{expect}{tail}"));
    }

    #[test]
    fn values_are_written_so_that_they_are_told_apart() {
        let csv = |value, unit, expect: &str| check(Layout::Csv, value, unit, expect);
        csv(Recorded::Number(21.45), Some("℃"), "21.45,℃");
        csv(Recorded::Number(-0.0), None, "-0,");
        csv(Recorded::Number(1e300), None, "1e300,");
        csv(Recorded::Number(1e-7), Some("=x"), "1e-7,\"'=x\"");
        csv(Recorded::Number(123_456_789_012.0), None, "123456789012,");
        csv(Recorded::Number(f64::INFINITY), None, "inf,");
        csv(Recorded::Number(f64::NAN), None, ",");
        csv(Recorded::Unknown, Some("℃"), ",℃");
        csv(Recorded::Truth(true), None, "true,");
        csv(Recorded::Word("heating"), None, "heating,");
        csv(Recorded::Word("=1+1"), None, "\"'=1+1\",");
        csv(Recorded::Word("true"), None, "\"'true\",");
        csv(Recorded::Word("21"), None, "\"'21\",");
        csv(Recorded::Word(""), None, "\"'\",");
        csv(Recorded::Word("'x"), None, "\"''x\",");
        csv(Recorded::Word("a,\"b\""), None, "\"a,\"\"b\"\"\",");
        let json = |value, unit, expect: &str| check(Layout::JsonLines, value, unit, expect);
        json(Recorded::Number(21.45), Some("℃"), r#"21.45,"unit":"℃""#);
        json(Recorded::Unknown, None, "null");
        json(Recorded::Number(f64::NEG_INFINITY), Some(""), r#"-1e999,"unit":null"#);
        json(Recorded::Truth(false), Some(""), r#"false,"unit":null"#);
        json(Recorded::Word("a\"\n"), Some(""), r#""a\"\n","unit":null"#);
    }
}
