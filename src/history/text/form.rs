//! What is said about a file that is to be read, as pairs of words: the same on the command line and in an address.

use super::columns::{Clock, Columns};
use super::influx::Precision;
use super::read::Form;
use super::template::Template;
use crate::history::name::Name;

/// What can be said, and of which formats.
const KEYS: [(&str, &[&str]); 10] = [
    ("format", &["csv", "json", "line"]),
    ("series", &["csv"]),
    ("unit", &["csv", "line"]),
    ("time_column", &["csv"]),
    ("value_column", &["csv"]),
    ("series_column", &["csv"]),
    ("unit_column", &["csv"]),
    ("times", &["csv"]),
    ("precision", &["line"]),
    ("name", &["line"]),
];

/// Why it makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// A word that is not known.
    #[error("{0:?} is not known here; there are {1}")]
    Key(String, String),
    /// Said twice.
    #[error("{0} is said twice")]
    Twice(String),
    /// It has nothing to do with this format.
    #[error("{0} says nothing about files of the format {1}")]
    Format(String, &'static str),
    /// What is said of it is not possible.
    #[error("{0}: {1}")]
    Value(&'static str, String),
}

/// The form that a file has; `csv` unless something else is said.
pub fn form(said: &[(String, String)]) -> Result<Form, FormError> {
    let format = match value(said, "format") {
        None | Some("csv") => "csv",
        Some("json" | "jsonl") => "json",
        Some("line") => "line",
        Some(other) => {
            return Err(FormError::Value("format", format!("{other:?} is none of csv, json, line")));
        }
    };
    check(said, format)?;
    let owned = |key| value(said, key).map(str::to_owned);
    match format {
        "json" => Ok(Form::JsonLines),
        "line" => Ok(Form::Line {
            name: template(said, "name")?.unwrap_or_default(),
            unit: template(said, "unit")?,
            precision: match value(said, "precision") {
                None => Precision::default(),
                Some(word) => Precision::of(word).ok_or_else(|| {
                    FormError::Value("precision", format!("{word:?} is none of ns, us, ms, s"))
                })?,
            },
        }),
        _ => Ok(Form::Csv(Columns {
            time: owned("time_column"),
            value: owned("value_column"),
            series: owned("series_column"),
            unit: owned("unit_column"),
            fixed: match value(said, "series").map(str::parse::<Name>).transpose() {
                Ok(name) => name,
                Err(error) => return Err(FormError::Value("series", error.to_string())),
            },
            fixed_unit: owned("unit"),
            clock: match value(said, "times") {
                None => Clock::default(),
                Some(word) => Clock::of(word).ok_or_else(|| {
                    FormError::Value("times", format!("{word:?} is none of auto, s, ms, us, ns"))
                })?,
            },
        })),
    }
}

fn value<'a>(said: &'a [(String, String)], key: &str) -> Option<&'a str> {
    said.iter().find(|(said, _)| said == key).map(|(_, value)| value.as_str())
}

fn template(said: &[(String, String)], key: &'static str) -> Result<Option<Template>, FormError> {
    let template = value(said, key).map(str::parse::<Template>).transpose();
    template.map_err(|error| FormError::Value(key, error.to_string()))
}

/// Refuses what would not be heeded.
fn check(said: &[(String, String)], format: &'static str) -> Result<(), FormError> {
    for (at, (key, _)) in said.iter().enumerate() {
        let Some((_, formats)) = KEYS.iter().find(|(known, _)| known == key) else {
            let known: Vec<_> = KEYS.iter().map(|(known, _)| *known).collect();
            return Err(FormError::Key(key.clone(), known.join(", ")));
        };
        if !formats.contains(&format) {
            return Err(FormError::Format(key.clone(), format));
        }
        if said.iter().take(at).any(|(before, _)| before == key) {
            return Err(FormError::Twice(key.clone()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Vec<(String, String)> {
        let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
        pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn what_is_said_of_a_file_is_heeded_or_refused() {
        let check = |text: &str, expect: &str| {
            let told = match form(&said(text)) {
                Ok(form) => format!("{form:?}"),
                Err(error) => error.to_string(),
            };
            assert!(told.contains(expect), "{text}: {told}");
        };
        check("", "Csv(Columns { time: None");
        check("format=json", "JsonLines");
        check("format=line&precision=ms", "precision: Milliseconds");
        check("time_column=when&series=a%20b", "time: Some(\"when\")");
        check("times=ms", "Counts(1000000)");
        check("format=xml", "format: \"xml\" is none of csv, json, line");
        check("room=x", "\"room\" is not known here; there are format, series, unit");
        check("format=line&series=a", "series says nothing about files of the format line");
        check("series=a&series=b", "series is said twice");
        check("series=%2B/+", "series: ");
        check("format=line&name={x}", "name: {x} means nothing here");
        check("times=h", "times: \"h\" is none of auto, s, ms, us, ns");
    }
}
