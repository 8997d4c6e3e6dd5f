//! A device that says lines, telegrams or frames: what it says of its own accord, when it is asked and when it is told.
//!
//! Words of the examples that are about the same things take turns. One that is asked for its values says nothing of its
//! own accord; one that has just started says its first line. Pure: time is an argument.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::recorded::{About, Reader};
use super::spoken::{Group, Spoken, When, answers, groups, property, serial, when, wire};
use super::words::{Means, Vocabulary};
use super::{Answer, Reply};
use crate::device::frame::{Format, hex};
use crate::device::profile::{Confirm, Given, Profile};
use crate::device::prove;
use crate::link::simulator::cannot_play::CannotPlay;
use crate::talk::model::Value;

/// How often a device speaks whose definition does not say it.
pub(super) const USUALLY: Duration = Duration::from_secs(10);

/// A played device on a line.
#[derive(Debug)]
pub(super) struct Speaker {
    reader: Reader,
    spoken: Vec<Spoken>,
    /// Words that take turns.
    groups: Vec<Group>,
    vocabulary: Vocabulary,
    /// What it was told.
    state: BTreeMap<About, Value>,
    /// States that it ends itself, and when.
    ends: Vec<(Duration, About, Value)>,
}

impl Speaker {
    /// The device of `profile`; `every` takes the place of its own rhythm.
    pub fn new(profile: Arc<Profile>, every: Option<Duration>) -> Result<Self, CannotPlay> {
        let reader = Reader::new(profile);
        let mut translator = reader.translator();
        let mut spoken = Vec::new();
        for example in reader.profile.examples.iter().filter(|example| example.damage.is_none()) {
            match &example.given {
                Given::Command { device, .. } => {
                    if let Some(base) = prove::base(&reader.profile, device) {
                        translator.introduce(&base, &reader.profile, device.clone());
                    }
                    continue;
                }
                Given::Line(_) | Given::Bytes(_) => {}
                Given::Message { .. } | Given::Answer { .. } => continue,
            }
            let Some(wire) = wire(&reader.profile, &example.given) else { continue };
            let Some(frames) = reader.frames(&wire) else { continue };
            reader.hear(&mut translator, &frames);
            let about: Vec<About> =
                reader.said(&wire).unwrap_or_default().into_iter().map(|(about, _)| about).collect();
            let when = when(&reader.profile, &example.given, &wire, about.is_empty());
            spoken.push(Spoken { wire, about, when });
        }
        let known = spoken.iter().flat_map(|one| one.about.iter().cloned());
        let vocabulary = Vocabulary::new(reader.profile.clone(), translator, known.collect());
        if spoken.is_empty() && vocabulary.is_empty() {
            return Err(CannotPlay::Wordless);
        }
        let groups = groups(&reader.profile, &spoken, every);
        Ok(Self { reader, spoken, groups, vocabulary, state: BTreeMap::new(), ends: Vec::new() })
    }

    /// Whether it only speaks when it is spoken to.
    pub fn is_asked(&self) -> bool {
        serial(&self.reader.profile).is_some_and(|serial| !serial.ask.is_empty())
    }

    /// How many words of the examples it says.
    pub fn count(&self) -> usize {
        self.spoken.len()
    }

    /// How often it speaks of its own accord, the quickest of its words; nothing if it does not.
    pub fn rhythm(&self) -> Option<Duration> {
        let groups = self.groups.iter().filter(|_| !self.is_asked());
        groups.map(|group| group.every).min()
    }

    /// Somebody opened its port: it starts.
    pub fn start(&mut self, at: Duration) -> Vec<Vec<u8>> {
        let speaks = !self.is_asked();
        self.groups.iter_mut().for_each(|group| group.due = speaks.then_some(at));
        let mut said = Vec::new();
        // A line that had begun before anybody listened ends here, so that the first whole one is heard.
        let speaks = speaks && !self.spoken.is_empty();
        if speaks && matches!(self.reader.profile.frame.as_deref(), None | Some(Format::Lines(_))) {
            said.push(self.end().to_vec());
        }
        let first = self.spoken.iter().filter(|one| one.when == When::First);
        said.extend(first.map(|one| one.wire.clone()));
        said
    }

    /// What is due by now.
    pub fn tick(&mut self, at: Duration) -> Vec<Vec<u8>> {
        let mut said = Vec::new();
        let over: Vec<(Duration, About, Value)> = self.ends.extract_if(.., |(end, ..)| *end <= at).collect();
        for (_, about, value) in over {
            self.state.insert(about.clone(), value);
            said.extend(self.confirmation(&about, &[]));
        }
        for number in 0..self.groups.len() {
            let group = &mut self.groups[number];
            let Some(due) = group.due.filter(|due| *due <= at) else { continue };
            // Rounds that were missed (the machine slept) are not made up for.
            let next = due + group.every;
            group.due = Some(if next > at { next } else { at + group.every });
            said.extend(self.turn(number));
        }
        said
    }

    /// When [`tick`](Self::tick) has something next.
    pub fn next_due(&self) -> Option<Duration> {
        let groups = self.groups.iter().filter_map(|group| group.due);
        groups.chain(self.ends.iter().map(|(end, ..)| *end)).min()
    }

    /// Takes what stands at the front of what was heard; nothing if the rest of it is to come.
    pub fn hear(&mut self, at: Duration, heard: &[u8], is_silent: bool, refuses: bool) -> Option<Reply> {
        let (taken, means) = self.vocabulary.understand(heard, is_silent)?;
        let shown = |bytes: &[u8]| match std::str::from_utf8(bytes) {
            Ok(text) if !text.trim().chars().any(char::is_control) => text.trim().to_owned(),
            Ok(_) | Err(_) => hex::shown(bytes),
        };
        let bytes = &heard[..taken];
        let is_told = means.iter().any(|means| matches!(means, Means::Set { .. }));
        if means.is_empty() || is_told && refuses {
            let is_nothing = bytes.trim_ascii().is_empty();
            let answer = if is_nothing { Answer::Nothing } else { Answer::Ignored(shown(bytes)) };
            return Some(Reply { taken, answer, said: Vec::new() });
        }
        let (mut said, mut answer) = (Vec::new(), Answer::Nothing);
        for means in means {
            let (words, told) = self.obey(at, means, bytes);
            for word in words {
                if !said.contains(&word) {
                    said.push(word);
                }
            }
            if let Some(told) = told {
                answer = Answer::Obeyed(told);
            }
        }
        Some(Reply { taken, answer, said })
    }

    fn obey(&mut self, at: Duration, means: Means, heard: &[u8]) -> (Vec<Vec<u8>>, Option<String>) {
        match means {
            Means::Probe => (self.probed(), None),
            Means::Poll { turn, of } => {
                let groups = (0..self.groups.len()).filter(|number| number % of == turn);
                (
                    groups.collect::<Vec<_>>().into_iter().filter_map(|number| self.turn(number)).collect(),
                    None,
                )
            }
            Means::Get { base, id } => {
                let is_about = |about: &About| about.base == base && about.id == id;
                let groups: Vec<usize> = (0..self.groups.len())
                    .filter(|number| {
                        let first = self.groups[*number].all.first();
                        first.is_some_and(|first| self.spoken[*first].about.iter().any(is_about))
                    })
                    .collect();
                (groups.into_iter().filter_map(|number| self.turn(number)).collect(), None)
            }
            Means::Part => (Vec::new(), None),
            Means::Set { about, value, seconds } => {
                let told = format!("{} {} = {value}", about.id, about.quantity);
                self.ends.retain(|(_, other, _)| *other != about);
                if let (Some(seconds), Value::Bool(truth)) = (seconds, &value) {
                    self.ends.push((at + seconds, about.clone(), Value::Bool(!truth)));
                }
                self.state.insert(about.clone(), value);
                (self.confirmation(&about, heard), Some(told))
            }
        }
    }

    /// What it says after a command, if the definition expects anything.
    fn confirmation(&self, about: &About, heard: &[u8]) -> Vec<Vec<u8>> {
        let confirm = property(&self.reader.profile, about).and_then(|property| property.write.as_ref());
        match confirm.map(|write| &write.confirm) {
            Some(Confirm::Echo) => vec![heard.to_vec()],
            Some(Confirm::State) => {
                let about = self.spoken.iter().filter(|one| one.about.contains(about));
                let said: Vec<Vec<u8>> = about.filter_map(|one| self.said(one)).collect();
                // Some confirm with the very words of the command.
                let same = said.iter().find(|words| words.trim_ascii() == heard.trim_ascii());
                same.or_else(|| said.first()).cloned().into_iter().collect()
            }
            // It is asked for it, or has no way to say it.
            Some(Confirm::Ask(_) | Confirm::Nothing) | None => Vec::new(),
        }
    }

    /// What answers the probe: the first of its words that the definition recognises.
    fn probed(&self) -> Vec<Vec<u8>> {
        let answer = serial(&self.reader.profile).and_then(|serial| serial.answer.as_ref());
        let Some(answer) = answer else { return Vec::new() };
        let mut known = self.spoken.iter().filter(|one| answers(answer, &one.wire));
        known.find_map(|one| self.said(one)).into_iter().collect()
    }

    /// The next words of a group that it can say as things are now.
    fn turn(&mut self, number: usize) -> Option<Vec<u8>> {
        let count = self.groups[number].all.len();
        for _ in 0..count {
            let group = &mut self.groups[number];
            let which = group.all[group.turn % count];
            group.turn += 1;
            if let Some(said) = self.said(&self.spoken[which]) {
                return Some(said);
            }
        }
        None
    }

    /// The words of an example with what it was told in their place; nothing if it cannot say that.
    fn said(&self, one: &Spoken) -> Option<Vec<u8>> {
        let told = one.about.iter().filter_map(|about| Some((about, self.state.get(about)?)));
        told.into_iter()
            .try_fold(one.wire.clone(), |wire, (about, value)| self.reader.with(&wire, about, value))
    }

    /// What ends its lines.
    pub fn end(&self) -> &[u8] {
        self.reader.profile.frame.as_ref().map_or("\n", |frame| frame.line_end()).as_bytes()
    }
}
