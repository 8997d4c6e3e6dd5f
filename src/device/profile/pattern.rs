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

/// Where a topic is not what a pattern asks for.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Mismatch {
    /// The level of the topic, counted from 1.
    pub level: usize,
    /// What the pattern has there; nothing behind its end.
    pub wanted: Option<Box<str>>,
    /// What the topic has there; nothing behind its end.
    pub found: Option<Box<str>>,
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

    /// Where `topic` is not what this asks for; nothing if it matches, or if only a capture that stands twice differs.
    pub fn mismatch(&self, topic: &str) -> Option<Mismatch> {
        let wanted: Vec<&str> = self.text.split('/').collect();
        let levels: Vec<&str> = topic.split('/').collect();
        let told = |level: usize, wanted: Option<&str>| Mismatch {
            level: level + 1,
            wanted: wanted.map(Into::into),
            found: levels.get(level).map(|level| (*level).into()),
        };
        let fits = |word: &Word, level: &str| word.take(level, &mut Captures::default()).is_some();
        for (at, word) in self.before.iter().enumerate() {
            if !levels.get(at).is_some_and(|level| fits(word, level)) {
                return Some(told(at, Some(wanted[at])));
            }
        }
        let first = self.before.len();
        let Some((_, after)) = &self.many else { return (levels.len() > first).then(|| told(first, None)) };
        if levels.len() < first + 1 + after.len() {
            return Some(told(levels.len(), wanted.get(levels.len()).copied()));
        }
        let behind = levels.len() - after.len();
        let at = after.iter().zip(&levels[behind..]).position(|(word, level)| !fits(word, level))?;
        Some(told(behind + at, Some(wanted[first + 1 + at])))
    }

    /// The MQTT filter for every topic of it, with what is known filled in.
    pub fn filter(&self, known: &Captures) -> String {
        let word = |word: &Word| {
            let mut text = String::new();
            match word.fill(known, &mut text) {
                Ok(()) => text,
                Err(_) => "+".to_owned(),
            }
        };
        let mut levels: Vec<String> = self.before.iter().map(word).collect();
        if let Some((name, after)) = &self.many {
            match known.get(name) {
                Some(many) => levels.extend(std::iter::once(many.to_owned()).chain(after.iter().map(word))),
                // Nothing may stand behind it.
                None => levels.push("#".to_owned()),
            }
        }
        levels.join("/")
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
    fn the_level_that_differs_is_named_and_filters_ask_for_no_other() {
        let check = |pattern: &str, topic: &str, told: &str| {
            let mismatch = Pattern::new(pattern).expect(pattern).mismatch(topic);
            let mismatch = mismatch.map_or("matches".to_owned(), |Mismatch { level, wanted, found }| {
                format!("{level} {} {}", wanted.as_deref().unwrap_or("-"), found.as_deref().unwrap_or("-"))
            });
            assert_eq!(mismatch, told, "{pattern} {topic}");
        };
        check("{id}/status/switch:{n}", "a/status/switch:0", "matches");
        check("{id}/status/switch:{n}", "a/status/input:0", "3 switch:{n} input:0");
        check("{id}/status/switch:{n}", "a/status", "3 switch:{n} -");
        check("{id}/status", "a/status/x", "3 - x");
        check("tele/{id*}/STATE", "tele/a/b/STATE", "matches");
        check("tele/{id*}/STATE", "tele/a/b/SENSOR", "4 STATE SENSOR");
        check("tele/{id*}/STATE", "tele/STATE", "3 STATE -");
        check("tele/{id*}/STATE", "stat/a/STATE", "1 tele stat");

        let mut known = Captures::default();
        known.put(&"id".into(), "house/plug").expect("new");
        let filter = |pattern: &str| Pattern::new(pattern).expect(pattern).filter(&known);
        assert_eq!(filter("cmnd/{id*}/POWER{n}"), "cmnd/house/plug/+");
        assert_eq!(filter("cmnd/{other*}/POWER"), "cmnd/#");
        assert_eq!(filter("a/{x}/b"), "a/+/b");
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
