//! Words with places that capture, `switch:{n}`, and what was captured.
//!
//! A name is made of a–z, 0–9 and `_`. A capture is never empty; one that stands twice has to be the same both times.
//! `{n?}` may be nothing, which is captured as `-`, the address of what is there only once, and `-` fills it with
//! nothing. `{id:hex12}` takes twelve digits of a lower-case hexadecimal number only.

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
    /// `{id:what}`.
    #[error("has a capture of an unknown form; known is {{name:hex12}}")]
    Form,
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
    Capture(Arc<str>, Form),
}

/// What a capture takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// Anything but nothing.
    Any,
    /// Nothing, too.
    Optional,
    /// So many digits, 0–9 and a–f.
    Hex(usize),
}

/// What nothing is captured as.
const NOTHING: &str = "-";

impl Form {
    /// Name and form of what stands between brackets.
    fn read(text: &str) -> Result<(Arc<str>, Self), PatternError> {
        if let Some(name) = text.strip_suffix('?') {
            return Ok((checked(name)?, Self::Optional));
        }
        let Some((name, form)) = text.split_once(':') else { return Ok((checked(text)?, Self::Any)) };
        let count = form.strip_prefix("hex").and_then(|count| count.parse().ok());
        let count = count.filter(|count| (1..=64).contains(count)).ok_or(PatternError::Form)?;
        Ok((checked(name)?, Self::Hex(count)))
    }

    /// Captures `text` as `name`.
    fn put(self, name: &Arc<str>, text: &str, captures: &mut Captures) -> Option<()> {
        match self {
            Self::Any => captures.put(name, text),
            Self::Optional => captures.put(name, if text.is_empty() { NOTHING } else { text }),
            Self::Hex(count) => {
                let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
                (text.len() == count && text.bytes().all(is_digit)).then_some(())?;
                captures.put(name, text)
            }
        }
    }
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
            } else if matches!(parts.last(), Some(Part::Capture(..))) {
                return Err(PatternError::Adjacent);
            }
            let (name, form) = Form::read(name)?;
            parts.push(Part::Capture(name, form));
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
            Part::Capture(name, _) => Some(&**name),
            Part::Text(_) => None,
        })
    }

    /// Takes what has no such step, if it is a capture that may be nothing.
    pub fn take_nothing(&self, captures: &mut Captures) -> Option<()> {
        match self.0.as_slice() {
            [Part::Capture(name, Form::Optional)] => Form::Optional.put(name, "", captures),
            _ => None,
        }
    }

    /// Characters that are no capture.
    pub fn precision(&self) -> usize {
        let length = |part: &Part| match part {
            Part::Text(text) => text.len(),
            Part::Capture(..) => 0,
        };
        self.0.iter().map(length).sum()
    }

    /// Captures from `given`, which has to match as a whole; each capture is as short as it can be, the last one takes
    /// the rest.
    pub fn take(&self, given: &str, captures: &mut Captures) -> Option<()> {
        let mut rest = given;
        let mut open: Option<(&Arc<str>, Form)> = None;
        for (at, part) in self.0.iter().enumerate() {
            match part {
                Part::Capture(name, form) => open = Some((name, *form)),
                Part::Text(text) => {
                    let found = match open {
                        None => rest.starts_with(&**text).then_some(0),
                        // Behind the last text nothing may be left.
                        Some(_) if at + 1 == self.0.len() => {
                            rest.ends_with(&**text).then(|| rest.len() - text.len())
                        }
                        Some((_, form)) => rest
                            .char_indices()
                            .skip(usize::from(form != Form::Optional))
                            .map(|(at, _)| at)
                            .find(|at| rest[*at..].starts_with(&**text)),
                    }?;
                    if let Some((name, form)) = open.take() {
                        form.put(name, &rest[..found], captures)?;
                    }
                    rest = &rest[found + text.len()..];
                }
            }
        }
        match open {
            Some((name, form)) => form.put(name, rest, captures),
            None => rest.is_empty().then_some(()),
        }
    }

    /// Writes it with every capture filled in; the name of one that is not there otherwise.
    pub fn fill<'a>(&'a self, captures: &Captures, text: &mut String) -> Result<(), &'a str> {
        for part in &self.0 {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Capture(name, form) => match captures.get(name).ok_or(&**name)? {
                    NOTHING if *form == Form::Optional => {}
                    captured => text.push_str(captured),
                },
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
        let word = Word::new(word).expect(word);
        let taken = word.take(given, &mut captures);
        if taken.is_some() {
            let mut filled = String::new();
            assert_eq!(word.fill(&captures, &mut filled).map(|()| &*filled), Ok(given));
        }
        let told: Vec<String> = captures.iter().map(|(name, text)| format!("{name}={text}")).collect();
        assert_eq!(taken.map(|()| told.join(" ")).as_deref(), captured, "{word:?} {given}");
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
        check("POWER{n?}", "POWER", Some("n=-"));
        check("POWER{n?}", "POWER2", Some("n=2"));
        check("a{n?}b{m}", "ab1", Some("n=- m=1"));
        check("{id:hex12}", "836d1983718a", Some("id=836d1983718a"));
        check("{id:hex12}", "836d1983718", None);
        check("{id:hex12}", "836D1983718A", None);
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
        check("{a:oct}", PatternError::Form);
        check("{a:hex0}", PatternError::Form);
    }
}
