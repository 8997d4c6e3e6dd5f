//! What strangers say, watched for a while, and the definition that is proposed for them.
//!
//! Messages and lines go in, the text of a definition comes out: properties with quantity, unit, range and interval,
//! recorded examples, and a `DECIDE` wherever names and values do not tell. What is proposed passes `clown-hub check`:
//! its examples give what the proposal itself makes of them. Nothing here waits or does I/O, and memory is bounded.

mod arrange;
mod class;
mod commands;
mod examples;
mod leaves;
mod lines;
mod naming;
mod property;
#[cfg(test)]
mod tests;
mod write;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::talk::Payload;

/// The most topics that are watched.
const MOST_TOPICS: usize = 1_000;
/// The most messages of one topic that are kept; all are counted.
const MOST_SAMPLES: usize = 120;
/// The longest payload that is kept.
const LONGEST: usize = 16 << 10;

/// The most lines that are kept.
const MOST_LINES: usize = 2_000;

/// Everything that was heard.
#[derive(Debug, Default)]
pub struct Watch {
    topics: BTreeMap<String, Vec<Sample>>,
    lines: Vec<(Duration, String)>,
    messages: u64,
    ignored: u64,
}

/// One message.
#[derive(Clone, Debug)]
struct Sample {
    at: Duration,
    payload: Payload,
    /// A broker remembered it; nobody knows since when.
    retained: bool,
}

/// What is known beside what was heard.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// The family, for people.
    pub name: Option<String>,
    /// Who makes it.
    pub vendor: Option<String>,
    /// Who recorded it, when and where: what stands as the source of the examples.
    pub source: String,
    /// The filter that was subscribed.
    pub filter: Option<String>,
    /// The level of the topics that is the name of the device.
    pub id: Option<String>,
    /// Bits per second of the serial port.
    pub baud: Option<u32>,
}

/// A definition that is proposed.
#[derive(Debug)]
pub struct Proposal {
    /// The text of the file.
    pub text: String,
    /// What a person has to decide, with the number of its line.
    pub decide: Vec<(usize, String)>,
    /// The devices that were heard, by what stands for `{id}`.
    pub devices: Vec<String>,
    /// How many properties it has.
    pub properties: usize,
    /// How many examples it has.
    pub examples: usize,
}

/// Why nothing is proposed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoProposal {
    /// Nobody spoke.
    #[error("nothing was heard")]
    Silence,
    /// Nothing of it is a value.
    #[error("nothing that was heard holds a value that a property could have")]
    NoValues,
    /// The text that was made cannot be used.
    #[error("what was heard makes no good definition: {0}")]
    Unusable(String),
}

impl Watch {
    /// Takes a message.
    pub fn hear(&mut self, at: Duration, topic: &str, payload: &[u8], retained: bool) {
        self.messages += 1;
        let is_known = self.topics.contains_key(topic);
        if payload.len() > LONGEST || !is_known && self.topics.len() >= MOST_TOPICS {
            self.ignored += 1;
            return;
        }
        let samples = self.topics.entry(topic.to_owned()).or_default();
        if samples.len() < MOST_SAMPLES {
            samples.push(Sample { at, payload: Payload::from_wire(payload), retained });
        }
    }

    /// Takes a line of a serial port, without its end.
    pub fn hear_line(&mut self, at: Duration, line: &str) {
        self.messages += 1;
        if line.len() > LONGEST || self.lines.len() >= MOST_LINES {
            self.ignored += 1;
            return;
        }
        self.lines.push((at, line.to_owned()));
    }

    /// How many messages or lines were heard.
    pub fn messages(&self) -> u64 {
        self.messages
    }

    /// How many of them were too long, or under too many topics.
    pub fn ignored(&self) -> u64 {
        self.ignored
    }

    /// The topics, with a payload of each.
    pub fn topics(&self) -> impl Iterator<Item = (&str, &Payload)> {
        self.topics.iter().filter_map(|(topic, samples)| Some((topic.as_str(), &samples.last()?.payload)))
    }

    /// Proposes a definition of what was heard.
    pub fn propose(&self, about: &About) -> Result<Proposal, NoProposal> {
        if self.messages == 0 {
            return Err(NoProposal::Silence);
        }
        let arranged = match self.lines.is_empty() {
            true => arrange::topics(&self.topics, about),
            false => lines::arrange(&self.lines),
        };
        let drawn = property::draw(&arranged);
        if drawn.properties.is_empty() {
            return Err(NoProposal::NoValues);
        }
        let body = write::definition(about, &arranged, &drawn);
        let (text, examples) = examples::append(body, about, &arranged, &drawn)?;
        let decide = text.lines().enumerate().filter_map(|(at, line)| {
            Some((at + 1, line.trim_start().strip_prefix("# DECIDE: ")?.to_owned()))
        });
        Ok(Proposal {
            decide: decide.collect(),
            devices: arranged.devices(),
            properties: drawn.properties.len(),
            examples,
            text,
        })
    }
}
