//! What is said on one open port: lines to messages, commands to lines, and how the device is doing.

use std::{borrow::Cow, time::Instant};

use super::{
    Timing,
    greeting::{Greeting, Sign},
};
use crate::{
    device::Refusal,
    hub::{Fault, LinkHandle, LinkState, Now, Outgoing},
    link::{
        bridge::{self, Device, Heard},
        line::{Outbox, Port, Talk, Tally},
        status::Status,
        supervise,
    },
    talk::{Line, LineDecoder, Message},
};

/// One conversation with a device.
pub struct Conversation {
    handle: LinkHandle,
    status: Status,
    path: String,
    baud: u32,
    decoder: LineDecoder,
    device: Device,
    greeting: Greeting,
    tally: Tally,
    /// Lines that wait for the outbox.
    to_say: Vec<Cow<'static, str>>,
    /// Actuators whose state was asked since the device was greeted; they tell it only when they are set or asked.
    asked: Vec<String>,
    /// The first line may be the second half of one that began before the port was opened.
    first: bool,
}

impl Conversation {
    /// With the device on a port that was opened just now.
    pub fn new(handle: LinkHandle, status: Status, port: &Port, timing: Timing) -> Self {
        let now = Now::now();
        let talk = Self {
            handle,
            status,
            path: port.path().display().to_string(),
            baud: port.baud(),
            decoder: LineDecoder::default(),
            device: Device::default(),
            greeting: Greeting::new(now.mono, timing),
            tally: Tally::default(),
            to_say: Vec::new(),
            asked: Vec::new(),
            first: true,
        };
        talk.tell_state(now);
        talk
    }

    fn hear_line(&mut self, now: Now, line: Line<'_>) {
        let first = std::mem::take(&mut self.first);
        match line {
            Line::Message(message) => self.hear_message(now, message),
            Line::Log(text) => {
                self.tally.count(Fault::Log);
                tracing::debug!("link {}: device says {}", self.handle.name(), crate::talk::printable(&text));
            }
            Line::Malformed { what, line } => match bridge::repair(line) {
                Some(message) => self.hear_message(now, message),
                None if first || what.code == "too-long" => {
                    self.tally.count(Fault::Cut);
                    self.sign(now, Sign::Garbage);
                }
                None => {
                    self.tally.count(Fault::Malformed);
                    self.tally.warn(now.mono, self.handle.name(), &what.reason, line);
                    self.sign(now, Sign::Garbage);
                }
            },
        }
    }

    fn hear_message(&mut self, now: Now, message: Message) {
        match self.device.hear(message, self.handle.base()) {
            Heard::Message(message) => {
                let boot = message.topic.as_str() == "boot";
                self.sign(now, if boot { Sign::Boot } else { Sign::Word });
                self.handle.publish(now, message);
            }
            Heard::Handshake(message) => {
                self.sign(now, Sign::Answer);
                self.tell_state(now);
                self.asked.clear();
                self.handle.publish(now, message);
            }
            Heard::List(message) => {
                self.sign(now, Sign::Answer);
                self.ask_states(&message);
                self.handle.publish(now, message);
            }
            Heard::Command => self.tally.count(Fault::ForeignCommand),
            Heard::Foreign => {
                self.tally.count(Fault::Dropped);
                self.sign(now, Sign::Foreign);
            }
        }
    }

    /// A relay says how it is only when it is set or asked; without asking, its state from before would be all we had.
    fn ask_states(&mut self, list: &Message) {
        for id in bridge::with_state(&list.payload) {
            if !self.asked.contains(&id) {
                self.to_say.push(Cow::Owned(format!("[\"{id}/get\", {{}}]")));
                self.asked.push(id);
            }
        }
    }

    fn sign(&mut self, now: Now, sign: Sign) {
        if self.greeting.hear(now.mono, sign) {
            self.tell_state(now);
        }
    }

    fn tell_state(&self, now: Now) {
        self.status.set(now, self.state(now));
    }

    fn state(&self, now: Now) -> LinkState {
        if !self.greeting.is_up() {
            return self.greeting.verdict(now.mono, &self.path, self.baud);
        }
        LinkState::up(match self.device.facts() {
            Some(facts) => format!("{} on {}", facts.to_phrase(), self.path),
            None => format!("a device speaks on {}", self.path),
        })
    }
}

impl Talk for Conversation {
    fn due(&self) -> Instant {
        self.greeting.due()
    }

    fn speak(&mut self, now: Now, outbox: &mut Outbox) {
        if now.mono >= self.greeting.due() {
            let lines = self.greeting.speak(now.mono);
            if self.to_say.is_empty() {
                self.to_say.extend(lines.iter().rev().map(|line| Cow::Borrowed(*line)));
            }
            if !self.greeting.is_up() {
                self.tell_state(now);
            }
        }
        if outbox.is_empty()
            && let Some(line) = self.to_say.pop()
        {
            outbox.put(now, line.as_bytes(), None);
        }
    }

    fn command(&mut self, now: Now, command: Outgoing, outbox: &mut Outbox) {
        if !self.greeting.is_up() {
            return supervise::refuse(&self.handle, &command, &self.state(now));
        }
        if now.mono >= command.deadline {
            let reason = "not delivered: its time was over before the line was free";
            return self.handle.refuse(now, command.id, Refusal::new("late", reason));
        }
        if !self.handle.wants(command.id) {
            // Its end was told already: a newer wish followed.
            return;
        }
        match self.device.translate(command.topic.as_str(), &command.payload) {
            Ok(line) => outbox.put(now, line.as_bytes(), Some((command.id, command.deadline))),
            Err(refusal) => self.handle.refuse(now, command.id, refusal),
        }
    }

    fn hear(&mut self, now: Now, bytes: &[u8]) {
        let mut decoder = std::mem::take(&mut self.decoder);
        decoder.feed(bytes, |line| self.hear_line(now, line));
        self.tally.nuls(decoder.nuls());
        self.tally.tell(&self.handle);
        if self.greeting.unfinished(now.mono, decoder.pending()) {
            self.tell_state(now);
        }
        self.decoder = decoder;
    }

    fn end(&mut self, _now: Now) {
        if self.decoder.reset() > 0 {
            // The rest of the line will never come.
            self.tally.count(Fault::Cut);
        }
        self.tally.tell(&self.handle);
    }
}
