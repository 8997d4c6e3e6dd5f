//! Where somebody says that a command was not carried out, and with what reason.
//!
//! It is looked at only while a command waits for its end, so its regular expression is kept as text and compiled when a
//! message comes: a gateway with hundreds of devices would hold thousands of them otherwise.

use regex::RegexBuilder;

use super::captures::Captures;
use super::pointer::Pointer;
use super::template::{Template, Words};
use super::{Condition, Topics};
use crate::talk::model::Value;

/// The most that a compiled expression may take, in bytes.
const MOST: usize = 256 << 10;
/// The longest text that is looked at, and the longest reason that is told, in characters.
const LONGEST: (usize, usize) = (16 << 10, 400);

/// A message that refuses a command.
#[derive(Debug)]
pub struct RefusedBy {
    /// Where it may be said.
    pub topics: Vec<Topics>,
    /// What its payload has to have.
    pub when: Vec<Condition>,
    /// Where the reason stands.
    pub value: Pointer,
    /// What is cut out of it: the group `value`, or the whole match. What does not match refuses nothing.
    pub regex: Option<Box<str>>,
    /// What its group `key` has to be; anything if there are none.
    pub keys: Vec<Value>,
    /// What is made of it; nothing refuses nothing.
    pub template: Option<Template>,
}

impl RefusedBy {
    /// The topics of one arrangement, filled with what is known of a device.
    pub fn topics(&self, variant: usize, captures: &Captures) -> Vec<Box<str>> {
        let patterns = self.topics.iter().filter_map(|topics| topics.0.get(variant).or(topics.0.first()));
        patterns.filter_map(|pattern| pattern.fill(captures).ok().map(Into::into)).collect()
    }

    /// The reason, if a text refuses a command; `json` is the whole payload.
    pub fn reason(&self, text: &str, captures: &Captures, json: &str) -> Option<String> {
        if text.len() > LONGEST.0 {
            return None;
        }
        let mut reason = text.to_owned();
        if let Some(regex) = &self.regex {
            let regex = RegexBuilder::new(regex).size_limit(MOST).build().ok()?;
            let found = regex.captures(text)?;
            let is_it = |key: &str| self.keys.iter().any(|known| *known.to_string() == *key);
            if !self.keys.is_empty() && !found.name("key").is_some_and(|key| is_it(key.as_str())) {
                return None;
            }
            reason = found.name("value").or_else(|| found.get(0))?.as_str().to_owned();
        }
        if let Some(template) = &self.template {
            let words = Words::of(captures).with("value", &reason).with_payload(json);
            reason = template.render(&words).ok()?;
        }
        let reason: String = reason.trim().chars().take(LONGEST.1).collect();
        (!reason.is_empty()).then_some(reason)
    }
}
