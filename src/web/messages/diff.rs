//! What is different between two payloads: by path where both are JSON, else by line or by word.
//!
//! Values are compared as they were sent: `24.5` and `24.50` are different, so are two orders of digits. The work is
//! bounded; what was not compared is said.

mod text;

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::history::Form;

/// Payloads longer than this are not compared.
pub const LONGEST: usize = 256 * 1024;
/// Differences shown; more are counted.
pub const MOST: usize = 200;

/// What is different.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Diff {
    /// Nothing: byte for byte the same.
    Same,
    /// Values by their path, and how many more there are.
    Paths(Vec<Change>, usize),
    /// Runs of lines or words.
    Runs(Vec<Run>),
    /// Too long to be compared here.
    TooLong,
}

/// A value that is different.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Where it is: `/temperature/0`, as in RFC 6901; empty for the whole payload.
    pub path: String,
    /// What it was, as it was sent; nothing if it is new.
    pub before: Option<String>,
    /// What it is; nothing if it is gone.
    pub after: Option<String>,
}

/// A piece of text that stayed, went or came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// What became of it.
    pub fate: Fate,
    /// The text.
    pub text: String,
}

/// What became of a piece of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is in both.
    Stayed,
    /// It is in the first only.
    Went,
    /// It is in the second only.
    Came,
}

/// Compares two payloads with what they are.
pub fn diff((before, was): (&[u8], Form), (after, is): (&[u8], Form)) -> Diff {
    if before == after {
        return Diff::Same;
    }
    if before.len() > LONGEST || after.len() > LONGEST {
        return Diff::TooLong;
    }
    if (was, is) == (Form::Json, Form::Json)
        && let (Ok(before), Ok(after)) = (std::str::from_utf8(before), std::str::from_utf8(after))
    {
        let mut paths = Paths { changes: Vec::new(), more: 0 };
        paths.compare("", before.trim(), after.trim());
        if !paths.changes.is_empty() {
            return Diff::Paths(paths.changes, paths.more);
        }
    }
    if was == Form::Bytes || is == Form::Bytes {
        return Diff::Runs(text::runs(&super::pretty::hex(before), &super::pretty::hex(after)));
    }
    Diff::Runs(text::runs(&String::from_utf8_lossy(before), &String::from_utf8_lossy(after)))
}

struct Paths {
    changes: Vec<Change>,
    more: usize,
}

impl Paths {
    fn compare(&mut self, path: &str, before: &str, after: &str) {
        if before == after {
            return;
        }
        if let (Some(was), Some(is)) = (object(before), object(after)) {
            return self.members(path, &was, &is);
        }
        if let (Some(was), Some(is)) = (array(before), array(after)) {
            return self.items(path, &was, &is);
        }
        self.note(path, Some(before), Some(after));
    }

    fn members(&mut self, path: &str, was: &Members<'_>, is: &Members<'_>) {
        for (key, value) in was {
            let path = below(path, key);
            match is.get(key) {
                Some(now) => self.compare(&path, value, now),
                None => self.note(&path, Some(value), None),
            }
        }
        for (key, value) in is.iter().filter(|(key, _)| !was.contains_key(*key)) {
            self.note(&below(path, key), None, Some(value));
        }
    }

    fn items(&mut self, path: &str, was: &[&str], is: &[&str]) {
        for at in 0..was.len().max(is.len()) {
            let path = below(path, &at.to_string());
            match (was.get(at), is.get(at)) {
                (Some(before), Some(after)) => self.compare(&path, before, after),
                (before, after) => self.note(&path, before.copied(), after.copied()),
            }
        }
    }

    fn note(&mut self, path: &str, before: Option<&str>, after: Option<&str>) {
        if self.changes.len() >= MOST {
            self.more += 1;
            return;
        }
        let [before, after] = [before, after].map(|value| value.map(str::to_owned));
        self.changes.push(Change { path: path.to_owned(), before, after });
    }
}

/// RFC 6901: `~` and `/` in a key are escaped.
fn below(path: &str, key: &str) -> String {
    format!("{path}/{}", key.replace('~', "~0").replace('/', "~1"))
}

type Members<'a> = BTreeMap<Cow<'a, str>, &'a str>;

fn object(text: &str) -> Option<Members<'_>> {
    #[derive(serde::Deserialize)]
    struct Object<'a>(#[serde(borrow)] BTreeMap<Cow<'a, str>, &'a RawValue>);
    let Object(members) = text.starts_with('{').then(|| serde_json::from_str(text).ok()).flatten()?;
    Some(members.into_iter().map(|(key, value)| (key, value.get())).collect())
}

fn array(text: &str) -> Option<Vec<&str>> {
    let items: Vec<&RawValue> = text.starts_with('[').then(|| serde_json::from_str(text).ok()).flatten()?;
    Some(items.into_iter().map(RawValue::get).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(before: &str, after: &str) -> Vec<String> {
        match diff((before.as_bytes(), Form::Json), (after.as_bytes(), Form::Json)) {
            Diff::Paths(changes, _) => changes
                .into_iter()
                .map(|change| {
                    let show = |value: Option<String>| value.unwrap_or_else(|| "–".into());
                    format!("{} {} {}", change.path, show(change.before), show(change.after))
                })
                .collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn json_is_compared_by_path_and_as_it_was_sent() {
        let check = |before: &str, after: &str, expect: &[&str]| assert_eq!(paths(before, after), expect);
        let (before, after) = (r#"{"temperature": [24.50, "℃"]}"#, r#"{"temperature":[24.5,"℃"]}"#);
        check(before, after, &["/temperature/0 24.50 24.5"]);
        check(r#"{"a":1,"b":2}"#, r#"{"b":2,"c":3}"#, &["/a 1 –", "/c – 3"]);
        check(r#"{"a/b":{"~":1}}"#, r#"{"a/b":{"~":null}}"#, &["/a~1b/~0 1 null"]);
        check("[1,2,3]", "[1,4]", &["/1 2 4", "/2 3 –"]);
        check("1", "{}", &[" 1 {}"]);
        check(r#"{"a":[1]}"#, r#"{"a":{"0":1}}"#, &[r#"/a [1] {"0":1}"#]);
    }

    #[test]
    fn layout_alone_is_shown_as_text() {
        let found = diff((b"{\"a\":1}", Form::Json), (b"{\"a\": 1}", Form::Json));
        assert!(matches!(found, Diff::Runs(_)), "{found:?}");
        assert_eq!(diff((b"1", Form::Json), (b"1", Form::Json)), Diff::Same);
    }

    #[test]
    fn many_differences_are_counted_and_endless_ones_refused() {
        let list = |step: usize| format!("{:?}", (0..1000).map(|n| n * step).collect::<Vec<_>>());
        let found = diff((list(2).as_bytes(), Form::Json), (list(3).as_bytes(), Form::Json));
        let Diff::Paths(changes, more) = found else { panic!("{found:?}") };
        assert_eq!((changes.len(), more), (MOST, 999 - MOST));
        let endless = vec![b'x'; LONGEST + 1];
        assert_eq!(diff((&endless, Form::Text), (b"", Form::Empty)), Diff::TooLong);
    }

    #[test]
    fn bytes_are_compared_by_their_digits() {
        let found = diff((&[0xff; 32], Form::Bytes), (&[[0xff; 16], [0xfe; 16]].concat(), Form::Bytes));
        let Diff::Runs(runs) = found else { panic!("{found:?}") };
        let fates: Vec<_> = runs.iter().map(|run| run.fate).collect();
        assert_eq!(fates, [Fate::Stayed, Fate::Went, Fate::Came]);
    }
}
