//! A device whose lines are `["topic", payload]`: what it says at a broker is said on a line.

use std::sync::Arc;
use std::time::Duration;

use super::speaker::USUALLY;
use super::{Answer, Reply};
use crate::device::profile::Profile;
use crate::link::simulator::cannot_play::CannotPlay;
use crate::link::simulator::played::{Obeyed, Played, Words, usual_id};
use crate::talk::{Message, Payload, Topic};

/// A played device on a line.
#[derive(Debug)]
pub(super) struct Talker {
    device: Played,
    every: Duration,
    due: Option<Duration>,
}

impl Talker {
    /// The device of `profile`, known as `id` or as it is in the examples.
    pub fn new(
        profile: &Arc<Profile>,
        id: Option<&str>,
        variant: usize,
        every: Option<Duration>,
    ) -> Result<Self, CannotPlay> {
        let usual = || usual_id(profile).unwrap_or_else(|| "simulated".to_owned());
        let id = id.map_or_else(usual, str::to_owned);
        let own = profile.properties.iter().filter_map(|property| property.interval).min();
        let device = Played::new(profile.clone(), &id, variant)?;
        Ok(Self { device, every: every.or(own).unwrap_or(USUALLY), due: None })
    }

    /// How often it speaks.
    pub fn rhythm(&self) -> Duration {
        self.every
    }

    /// How many messages of the examples it says.
    pub fn count(&self) -> usize {
        self.device.round().len()
    }

    /// Somebody opened its port.
    pub fn start(&mut self, at: Duration) -> Vec<Vec<u8>> {
        self.due = Some(at);
        self.device.here().iter().filter_map(line).collect()
    }

    /// What is due by now.
    pub fn tick(&mut self, at: Duration) -> Vec<Vec<u8>> {
        let Some(due) = self.due.filter(|due| *due <= at) else { return Vec::new() };
        // Rounds that were missed (the machine slept) are not made up for.
        let next = due + self.every;
        self.due = Some(if next > at { next } else { at + self.every });
        self.device.round().iter().filter_map(line).collect()
    }

    /// When [`tick`](Self::tick) has something next.
    pub fn next_due(&self) -> Option<Duration> {
        self.due
    }

    /// Takes one line; nothing if its end is to come.
    pub fn hear(&mut self, heard: &[u8], refuses: bool) -> Option<Reply> {
        let taken = memchr::memchr(b'\n', heard)? + 1;
        let text = String::from_utf8_lossy(&heard[..taken]).trim().to_owned();
        let ignored = |text: String| if text.is_empty() { Answer::Nothing } else { Answer::Ignored(text) };
        let told = Message::parse(&text).ok().filter(|_| !refuses).map(|message| {
            // What is text at a broker stands in quotes here.
            let payload = message.payload.get::<String>();
            let payload = payload.unwrap_or_else(|| message.payload.as_str().to_owned());
            self.device.hear(message.topic.as_str(), payload.as_bytes())
        });
        match told {
            Some(Obeyed::Done(what, said)) => {
                let said = said.iter().filter_map(line).collect();
                Some(Reply { taken, answer: Answer::Obeyed(what), said })
            }
            Some(Obeyed::Nothing) | None => Some(Reply { taken, answer: ignored(text), said: Vec::new() }),
        }
    }
}

fn line((topic, payload): &Words) -> Option<Vec<u8>> {
    let message = Message::new(Topic::new(topic).ok()?, Payload::from_wire(payload.as_bytes()));
    Some(format!("{}\n", message.to_text()).into_bytes())
}
