//! Pointers into JSON (RFC 6901) that may capture: `/POWER{n}` finds `POWER1` and `POWER2`.
//!
//! `/Power/{phase?}` finds every item of a list, or the value itself, whose phase is `-` then.
//! What is found is the text as it was sent; nothing is parsed that is not on the way.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::value::RawValue;

use super::captures::{Captures, PatternError, Word};

/// The way to a value.
#[derive(Clone, PartialEq, Eq)]
pub struct Pointer {
    text: Box<str>,
    steps: Vec<Word>,
}

/// The most values that one pointer finds in one payload.
const MOST: usize = 256;

impl Pointer {
    /// Reads `text`; nothing at all is the whole value.
    pub fn new(text: &str) -> Result<Self, PatternError> {
        let steps = match text.strip_prefix('/') {
            _ if text.is_empty() => Vec::new(),
            None => return Err(PatternError::Slash),
            Some(steps) => steps
                .split('/')
                .map(|step| Word::new(&step.replace("~1", "/").replace("~0", "~")))
                .collect::<Result<_, _>>()?,
        };
        Ok(Self { text: text.into(), steps })
    }

    /// Everything.
    pub fn whole() -> Self {
        Self { text: "".into(), steps: Vec::new() }
    }

    /// The text it was made of.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The names it captures.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().flat_map(Word::names)
    }

    /// The steps with what was captured; the name of what was not, if there is any.
    pub fn fill<'a>(&'a self, captures: &Captures) -> Result<Vec<String>, &'a str> {
        let fill = |step: &'a Word| {
            let mut text = String::new();
            step.fill(captures, &mut text).map(|()| text)
        };
        self.steps.iter().map(fill).collect()
    }

    /// Every value it leads to, with what is captured on the way beside what is `known`.
    pub fn find<'a>(&self, json: &'a str, known: &Captures) -> Vec<(Captures, &'a str)> {
        let mut found = Vec::new();
        walk(&self.steps, json, known, &mut found);
        found
    }

    /// The one value it leads to without capturing.
    pub fn get<'a>(&self, json: &'a str) -> Option<&'a str> {
        self.find(json, &Captures::default()).into_iter().next().map(|(_, value)| value)
    }
}

fn walk<'a>(steps: &[Word], json: &'a str, captures: &Captures, found: &mut Vec<(Captures, &'a str)>) {
    let Some((step, steps)) = steps.split_first() else {
        if found.len() < MOST {
            found.push((captures.clone(), json));
        }
        return;
    };
    match json.as_bytes().first() {
        Some(b'{') => {
            let Ok(members) = serde_json::from_str::<BTreeMap<std::borrow::Cow<'a, str>, &'a RawValue>>(json)
            else {
                return;
            };
            if let Some(name) = step.plain() {
                if let Some(value) = members.get(name) {
                    walk(steps, value.get(), captures, found);
                }
                return;
            }
            for (name, value) in &members {
                if found.len() >= MOST {
                    return;
                }
                let mut captures = captures.clone();
                if step.take(name, &mut captures).is_some() {
                    walk(steps, value.get(), &captures, found);
                }
            }
        }
        Some(b'[') => {
            let Ok(items) = serde_json::from_str::<Vec<&'a RawValue>>(json) else { return };
            for (at, value) in items.iter().enumerate() {
                if found.len() >= MOST {
                    return;
                }
                let mut captures = captures.clone();
                if step.take(&at.to_string(), &mut captures).is_some() {
                    walk(steps, value.get(), &captures, found);
                }
            }
        }
        _ => {
            let mut captures = captures.clone();
            if step.take_nothing(&mut captures).is_some() {
                walk(steps, json, &captures, found);
            }
        }
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pointer: &str, json: &str, found: &[&str]) {
        let told: Vec<String> = Pointer::new(pointer)
            .expect(pointer)
            .find(json, &Captures::default())
            .iter()
            .map(|(captures, value)| {
                let names: String = captures.iter().map(|(name, text)| format!("{name}={text} ")).collect();
                format!("{names}{value}")
            })
            .collect();
        assert_eq!(told, found, "{pointer} {json}");
    }

    #[test]
    fn values_are_found_as_they_were_sent() {
        check("", "24.50", &["24.50"]);
        check("/a/b", r#"{"a": {"b": 24.50, "c": 1}}"#, &["24.50"]);
        check("/a/1", r#"{"a": [1e3, 20.0]}"#, &["20.0"]);
        check("/a~1b/~0", r#"{"a/b": {"~": "x"}}"#, &["\"x\""]);
        check("/a", r#"{"b": 1}"#, &[]);
        check("/a/b", r#"{"a": 5}"#, &[]);
        check("/a", "5", &[]);
        check(
            "/POWER{n}",
            r#"{"POWER1": "ON", "POWER": "OFF", "POWER2": "OFF"}"#,
            &["n=1 \"ON\"", "n=2 \"OFF\""],
        );
        check(
            "/{sensor}/Temperature",
            r#"{"Time": "x", "DS18B20": {"Temperature": 18.1}, "SI7021": {"Humidity": 5}}"#,
            &["sensor=DS18B20 18.1"],
        );
        check("/p/{i}", r#"{"p": [7, 8]}"#, &["i=0 7", "i=1 8"]);
        check("/p/{i?}", r#"{"p": [7, 8]}"#, &["i=0 7", "i=1 8"]);
        check("/p/{i?}", r#"{"p": 9}"#, &["i=- 9"]);
        check("/POWER{n?}", r#"{"POWER": "ON", "POWER2": "OFF"}"#, &["n=- \"ON\"", "n=2 \"OFF\""]);
    }

    #[test]
    fn a_pointer_begins_with_a_slash() {
        assert_eq!(Pointer::new("a"), Err(PatternError::Slash));
    }
}
