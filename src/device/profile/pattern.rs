//! Patterns: topics with places in them that capture, `{id}/status/switch:{n}`.
//!
//! `{name}` captures one level or a part of one; `{name*}` one level or more, alone between slashes. Whatever a pattern
//! has captured fills it again, and other patterns with the same names.

use std::fmt;
use std::sync::Arc;

use super::captures::{Captures, PatternError, Word, checked};

/// A topic with captures.
#[derive(Clone, PartialEq, Eq)]
pub struct Pattern {
    text: Box<str>,
    before: Vec<Word>,
    /// The capture of many levels, and what stands behind it.
    many: Option<(Arc<str>, Vec<Word>)>,
}

impl Pattern {
    /// Reads `text`.
    pub fn new(text: &str) -> Result<Self, PatternError> {
        if text.is_empty() {
            return Err(PatternError::Empty);
        }
        if text.chars().any(char::is_control) {
            return Err(PatternError::Control);
        }
        let mut pattern = Self { text: text.into(), before: Vec::new(), many: None };
        for level in text.split('/') {
            let many = level.strip_prefix('{').and_then(|level| level.strip_suffix("*}"));
            match (many, &mut pattern.many) {
                (Some(name), None) => pattern.many = Some((checked(name)?, Vec::new())),
                (Some(_), Some(_)) => return Err(PatternError::Many),
                (None, _) if matches!(level, "+" | "#") => return Err(PatternError::Wildcard),
                (None, None) => pattern.before.push(Word::new(level)?),
                (None, Some((_, after))) => after.push(Word::new(level)?),
            }
        }
        Ok(pattern)
    }

    /// The text it was made of.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The names it captures.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let many = self.many.as_ref();
        let after = many.map(|(_, after)| after.as_slice()).unwrap_or_default();
        self.before.iter().chain(after).flat_map(Word::names).chain(many.map(|(name, _)| &**name))
    }

    /// How exactly it says what it takes: levels and characters that are no capture.
    pub fn precision(&self) -> usize {
        let after = self.many.as_ref().map(|(_, after)| after.as_slice()).unwrap_or_default();
        self.before.iter().chain(after).map(|word| 1 + word.precision()).sum()
    }

    /// What it captures of `topic`, beside what is `known`; nothing if it does not match.
    pub fn captures(&self, topic: &str, known: &Captures) -> Option<Captures> {
        let mut captures = known.clone();
        let mut rest = Some(topic);
        for word in &self.before {
            let (level, behind) = split(rest?);
            word.take(level, &mut captures)?;
            rest = behind;
        }
        let Some((name, after)) = &self.many else { return rest.is_none().then_some(captures) };
        let mut middle = rest?;
        for word in after.iter().rev() {
            let (before, level) = middle.rsplit_once('/')?;
            word.take(level, &mut captures)?;
            middle = before;
        }
        captures.put(name, middle)?;
        Some(captures)
    }

    /// The topic with everything filled in; the name of a capture that is not there otherwise.
    pub fn fill(&self, captures: &Captures) -> Result<String, &str> {
        let mut text = String::with_capacity(self.text.len() + 16);
        for word in &self.before {
            word.fill(captures, &mut text)?;
            text.push('/');
        }
        if let Some((name, after)) = &self.many {
            text.push_str(captures.get(name).ok_or(&**name)?);
            text.push('/');
            for word in after {
                word.fill(captures, &mut text)?;
                text.push('/');
            }
        }
        text.pop();
        Ok(text)
    }

    /// The text of its last level, if it captures nothing there: by it patterns are found fast.
    pub fn last(&self) -> Option<&str> {
        match &self.many {
            Some((_, after)) => after.last()?.plain(),
            None => self.before.last()?.plain(),
        }
    }
}

fn split(rest: &str) -> (&str, Option<&str>) {
    rest.split_once('/').map_or((rest, None), |(level, behind)| (level, Some(behind)))
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, topic: &str, captured: Option<&str>) {
        let pattern = Pattern::new(pattern).expect(pattern);
        let captures = pattern.captures(topic, &Captures::default());
        let told = captures.as_ref().map(|captures| {
            captures.iter().map(|(name, text)| format!("{name}={text}")).collect::<Vec<_>>().join(" ")
        });
        assert_eq!(told.as_deref(), captured, "{pattern} {topic}");
        if let Some(captures) = captures {
            assert_eq!(pattern.fill(&captures).as_deref(), Ok(topic), "{pattern}");
        }
    }

    #[test]
    fn topics_are_captured_and_filled_again() {
        check("{id}/status/switch:{n}", "shellyplus1pm-a8/status/switch:0", Some("id=shellyplus1pm-a8 n=0"));
        check("{id}/status/switch:{n}", "shellies/plus/status/switch:0", None);
        check("{id*}/status/switch:{n}", "shellies/plus/status/switch:0", Some("n=0 id=shellies/plus"));
        check("tele/{id*}/STATE", "tele/house/cellar/STATE", Some("id=house/cellar"));
        check("tele/{id*}/STATE", "tele/STATE", None);
        check("tele/{id*}", "tele/x/y", Some("id=x/y"));
        check("tele/{id*}", "tele", None);
        check("/devices/{id}/controls/{c}", "/devices/wb/controls/K1", Some("id=wb c=K1"));
        check("a/b", "a/b", Some(""));
        check("a/b", "a/b/c", None);
        check("a//{x}", "a//b", Some("x=b"));
    }

    #[test]
    fn what_is_known_has_to_be_the_same() {
        let pattern = Pattern::new("{id}/relay/{n}").expect("valid");
        let mut known = Captures::default();
        known.put(&"id".into(), "plug").expect("new");
        assert!(pattern.captures("plug/relay/0", &known).is_some());
        assert!(pattern.captures("lamp/relay/0", &known).is_none());
        assert_eq!(pattern.fill(&known), Err("n"));
    }

    #[test]
    fn wrong_patterns_say_why() {
        let check =
            |pattern: &str, why: PatternError| assert_eq!(Pattern::new(pattern), Err(why), "{pattern}");
        check("", PatternError::Empty);
        check("a/+/b", PatternError::Wildcard);
        check("a/#", PatternError::Wildcard);
        check("{a*}/{b*}", PatternError::Many);
        check("x{a*}", PatternError::Many);
        check("a\nb", PatternError::Control);
    }
}
