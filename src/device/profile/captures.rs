//! Words with places that capture, `switch:{n}`, and what was captured.
//!
//! A name is made of a–z, 0–9 and `_`. A capture is never empty; one that stands twice has to be the same both times.

use std::sync::Arc;

/// What was captured, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Captures(Vec<(Arc<str>, Box<str>)>);

impl Captures {
    /// What `name` captured.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| &**known == name).map(|(_, text)| &**text)
    }

    /// Adds what was captured; `None` if it is nothing, or the same name has captured something else.
    pub fn put(&mut self, name: &Arc<str>, text: &str) -> Option<()> {
        match self.get(name) {
            Some(known) => (known == text).then_some(()),
            None if text.is_empty() => None,
            None => {
                self.0.push((name.clone(), text.into()));
                Some(())
            }
        }
    }

    /// Names and what they captured, in the order they were met.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, text)| (&**name, &**text))
    }
}

/// Why a text cannot capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// Nothing.
    #[error("is empty")]
    Empty,
    /// `{` without `}` or the other way round.
    #[error("has a bracket without its other one")]
    Bracket,
    /// A name of something else than a–z, 0–9 and `_`.
    #[error("has a capture whose name is not made of a-z, 0-9 and _")]
    Name,
    /// `{a}{b}`.
    #[error("has two captures with nothing between them")]
    Adjacent,
    /// `{a*}` where it cannot be.
    #[error("has a {{name*}} that does not stand alone between slashes, or a second one")]
    Many,
    /// `+` or `#`.
    #[error("has a wildcard; write a capture, {{any}} for `+` or {{rest*}} for `#`")]
    Wildcard,
    /// A control character.
    #[error("has a control character")]
    Control,
    /// A pointer that does not begin with `/`.
    #[error("does not begin with a slash")]
    Slash,
}

/// A word with captures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(Box<str>),
    Capture(Arc<str>),
}

impl Word {
    /// Reads `text`.
    pub fn new(text: &str) -> Result<Self, PatternError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find(['{', '}']) {
            let (before, from) = rest.split_at(open);
            let (name, after) =
                from.strip_prefix('{').and_then(|from| from.split_once('}')).ok_or(PatternError::Bracket)?;
            if !before.is_empty() {
                parts.push(Part::Text(before.into()));
            } else if matches!(parts.last(), Some(Part::Capture(_))) {
                return Err(PatternError::Adjacent);
            }
            parts.push(Part::Capture(checked(name)?));
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.into()));
        }
        Ok(Self(parts))
    }

    /// The text, if it captures nothing.
    pub fn plain(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The names it captures.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Capture(name) => Some(&**name),
            Part::Text(_) => None,
        })
    }

    /// Characters that are no capture.
    pub fn precision(&self) -> usize {
        let length = |part: &Part| match part {
            Part::Text(text) => text.len(),
            Part::Capture(_) => 0,
        };
        self.0.iter().map(length).sum()
    }

    /// Captures from `given`, which has to match as a whole; each capture is as short as it can be, the last one takes
    /// the rest.
    pub fn take(&self, given: &str, captures: &mut Captures) -> Option<()> {
        let mut rest = given;
        let mut open: Option<&Arc<str>> = None;
        for (at, part) in self.0.iter().enumerate() {
            match part {
                Part::Capture(name) => open = Some(name),
                Part::Text(text) => {
                    let found = match open {
                        None => rest.starts_with(&**text).then_some(0),
                        // Behind the last text nothing may be left.
                        Some(_) if at + 1 == self.0.len() => {
                            rest.ends_with(&**text).then(|| rest.len() - text.len())
                        }
                        Some(_) => rest
                            .char_indices()
                            .skip(1)
                            .map(|(at, _)| at)
                            .find(|at| rest[*at..].starts_with(&**text)),
                    }?;
                    if let Some(name) = open.take() {
                        captures.put(name, &rest[..found])?;
                    }
                    rest = &rest[found + text.len()..];
                }
            }
        }
        match open {
            Some(name) => captures.put(name, rest),
            None => rest.is_empty().then_some(()),
        }
    }

    /// Writes it with every capture filled in; the name of one that is not there otherwise.
    pub fn fill<'a>(&'a self, captures: &Captures, text: &mut String) -> Result<(), &'a str> {
        for part in &self.0 {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Capture(name) => text.push_str(captures.get(name).ok_or(&**name)?),
            }
        }
        Ok(())
    }
}

/// A name that may capture.
pub fn checked(name: &str) -> Result<Arc<str>, PatternError> {
    let is_valid = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    match name.ends_with('*') {
        true => Err(PatternError::Many),
        false if is_valid => Ok(name.into()),
        false => Err(PatternError::Name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(word: &str, given: &str, captured: Option<&str>) {
        let mut captures = Captures::default();
        let taken = Word::new(word).expect(word).take(given, &mut captures);
        let told: Vec<String> = captures.iter().map(|(name, text)| format!("{name}={text}")).collect();
        assert_eq!(taken.map(|()| told.join(" ")).as_deref(), captured, "{word} {given}");
    }

    #[test]
    fn words_capture_what_stands_in_their_places() {
        check("switch:{n}", "switch:0", Some("n=0"));
        check("switch:{n}", "switch:", None);
        check("switch:{n}", "input:0", None);
        check("{a}-{b}", "x-y-z", Some("a=x b=y-z"));
        check("{a}-end", "x-end-end", Some("a=x-end"));
        check("POWER{n}", "POWER", None);
        check("{n}", "ř", Some("n=ř"));
        check("{a}_{a}", "x_x", Some("a=x"));
        check("{a}_{a}", "x_y", None);
        check("plain", "plain", Some(""));
        check("plain", "plainer", None);
    }

    #[test]
    fn words_that_cannot_capture_say_why() {
        let check = |word: &str, why: PatternError| assert_eq!(Word::new(word), Err(why), "{word}");
        check("{a", PatternError::Bracket);
        check("a}", PatternError::Bracket);
        check("{a}{b}", PatternError::Adjacent);
        check("{}", PatternError::Name);
        check("{A}", PatternError::Name);
        check("{a*}", PatternError::Many);
    }
}
