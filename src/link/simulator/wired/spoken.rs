//! The words of a definition's examples: when each is said, and which take turns.

use std::collections::HashMap;
use std::time::Duration;

use super::recorded::About;
use super::speaker::USUALLY;
use crate::device::frame::hex;
use crate::device::profile::serial::{self, Serial};
use crate::device::profile::{Given, Profile, Property};

/// What it says in an example.
#[derive(Debug)]
pub(super) struct Spoken {
    pub wire: Vec<u8>,
    pub about: Vec<About>,
    pub when: When,
}

/// When it says that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// By turns.
    Ever,
    /// When it starts.
    First,
    /// When somebody asks whether it is there.
    Probed,
    /// After a command.
    Told,
}

/// Words that take turns.
#[derive(Debug)]
pub(super) struct Group {
    /// Which of the words the speaker has.
    pub all: Vec<usize>,
    pub turn: usize,
    pub every: Duration,
    pub due: Option<Duration>,
}

/// What the definition says of the port.
pub(super) fn serial(profile: &Profile) -> Option<&Serial> {
    profile.serial.as_ref()
}

/// The property that a word is about.
pub(super) fn property<'a>(profile: &'a Profile, about: &About) -> Option<&'a Property> {
    profile.taught(&about.id).find(|property| *property.quantity == *about.quantity)
}

/// The bytes of an example, as the device sends them.
pub(super) fn wire(profile: &Profile, given: &Given) -> Option<Vec<u8>> {
    match given {
        Given::Line(line) => {
            let end = profile.frame.as_ref().map_or("\n", |frame| frame.line_end());
            Some(format!("{line}{end}").into_bytes())
        }
        Given::Bytes(bytes) => Some(bytes.to_vec()),
        Given::Message { .. } | Given::Answer { .. } | Given::Command { .. } => None,
    }
}

/// Whether words are the answer to the probe.
pub(super) fn answers(answer: &serial::Answer, wire: &[u8]) -> bool {
    match answer {
        serial::Answer::Text(looks) => looks.is_match(String::from_utf8_lossy(wire).trim_end()),
        serial::Answer::Bytes(bytes) => memchr::memmem::find(wire, bytes).is_some(),
    }
}

/// When the words of an example are said.
pub(super) fn when(profile: &Profile, given: &Given, wire: &[u8], is_about_nothing: bool) -> When {
    let sent = match given {
        Given::Line(line) => line.to_string(),
        _ => hex::shown(wire),
    };
    let text = String::from_utf8_lossy(wire);
    let serial = serial(profile);
    let is_first = serial.and_then(|serial| serial.first_line.as_ref());
    let is_answer = serial.and_then(|serial| serial.answer.as_ref());
    let commands = profile.examples.iter().flat_map(|example| &example.sends);
    if is_about_nothing && is_first.is_some_and(|first| first.is_match(text.trim_end())) {
        When::First
    } else if is_about_nothing && is_answer.is_some_and(|answer| answers(answer, wire)) {
        When::Probed
    } else if commands.into_iter().any(|command| *command.payload == *sent) {
        When::Told
    } else {
        When::Ever
    }
}

/// Words about the same things take turns; each group has the rhythm of its quickest property.
pub(super) fn groups(profile: &Profile, spoken: &[Spoken], every: Option<Duration>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut known: HashMap<Vec<About>, usize> = HashMap::new();
    for (number, one) in spoken.iter().enumerate().filter(|(_, one)| one.when == When::Ever) {
        let mut about = one.about.clone();
        about.sort();
        if let Some(group) = known.get(&about) {
            groups[*group].all.push(number);
            continue;
        }
        let own = about.iter().filter_map(|about| property(profile, about)?.interval).min();
        let every = every.or(own).unwrap_or(USUALLY);
        if !about.is_empty() {
            known.insert(about, groups.len());
        }
        groups.push(Group { all: vec![number], turn: 0, every, due: None });
    }
    groups
}
