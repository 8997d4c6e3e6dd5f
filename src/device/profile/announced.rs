//! What is known of a device that announced itself and is no part of its profile: its name, its room, what was not
//! understood.

use std::collections::BTreeSet;

use super::pattern::Pattern;
use super::{Profile, Topics};

/// What is known of a device that announced itself, beside its profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announced {
    /// The dialect it announced itself in, `zigbee2mqtt`.
    pub dialect: &'static str,
    /// Its name for people.
    pub name: Box<str>,
    /// The room that it says it is in.
    pub area: Option<Box<str>>,
    /// The definition as a file would have it.
    pub text: Box<str>,
    /// What it announced and what is not understood; it is to be seen as raw messages only.
    pub unknown: Vec<Unknown>,
}

/// Something that was announced and not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// What, in the words of its sender.
    pub what: Box<str>,
    /// Why.
    pub why: Box<str>,
}

impl Profile {
    /// The topics under which such a device speaks, as they are written in its definition.
    pub fn heard(&self) -> BTreeSet<&str> {
        let reads = self.properties.iter().flat_map(|property| &property.reads);
        let read = reads.filter_map(|read| read.topics.as_ref());
        let words = self.availability.iter().map(|word| &word.topics);
        let unfolded = self.unfolds.iter().map(|unfold| &unfold.topics);
        let all = read.chain(words).chain(unfolded);
        all.flat_map(|Topics(patterns)| patterns.iter().map(Pattern::as_str)).collect()
    }
}
