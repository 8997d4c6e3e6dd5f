//! What wired devices tell the hub, and what the hub tells them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::known::{Device, Known};
use crate::device::Refusal;
use crate::device::frame::Frame;
use crate::device::profile::Profile;
use crate::device::translate::{Meaning, Order, Translator};
use crate::hub::{Fault, LinkHandle, Now, Outgoing, Said};
use crate::link::ending::Ending;
use crate::talk::{Message, Topic, printable};

/// Between two warnings of one kind.
const WARN_EVERY: Duration = Duration::from_secs(60);

/// The devices of one line.
pub struct Told {
    /// The hub's ear.
    pub handle: LinkHandle,
    translator: Translator,
    ending: Ending,
    warned: Option<Instant>,
    unwarned: u64,
}

impl Told {
    /// With nobody heard yet. Devices that need not say who they are are known at once.
    pub fn new(now: Now, handle: LinkHandle, known: &Known) -> Self {
        let translator = Translator::new(known.catalog()).at_place(handle.name());
        let mut told = Self { handle, translator, ending: Ending::default(), warned: None, unwarned: 0 };
        for Device { unit, profile } in &known.devices {
            told.plug(now, profile, *unit);
        }
        told
    }

    /// The base of a device that need not say who it is.
    pub fn plug(&mut self, now: Now, profile: &Arc<Profile>, unit: Option<u8>) -> Option<Topic> {
        let base = self.translator.plug(profile, unit)?;
        if let Err(link) = self.handle.introduce(now, &base, Some(profile.clone())) {
            self.warn(
                now,
                &format!("`{base}` is served by the link `{link}`; give one of them another name"),
            );
            return None;
        }
        self.handle.expect(now, &base, profile);
        Some(base)
    }

    /// Devices that never say a word are there as soon as their line is.
    pub fn is_there(&mut self, now: Now, known: &Known) {
        for Device { unit, profile } in &known.devices {
            if let Some(base) = self.plug(now, profile, *unit) {
                self.handle.device_online(now, &base);
            }
        }
    }

    /// What a frame means; nothing if its definition makes nothing of it.
    pub fn understand(&mut self, profile: &str, frame: &Frame) -> Vec<Meaning> {
        self.translator.hear_frame(profile, frame)
    }

    /// Tells what was understood.
    pub fn tell(&mut self, now: Now, meaning: Meaning) {
        let Meaning { base, messages, odd, ends, .. } = meaning;
        for (id, quantity, after) in ends {
            self.ending.put(&base, id, quantity, now.mono + after);
        }
        let profile = self.translator.profile(&base).cloned();
        for message in messages {
            let message = Message::new(base.join(&message.topic), message.payload);
            let profile = profile.clone();
            let said = Said { base: Some(base.clone()), message, memory: false, via: None, profile };
            if let Err(conflict) = self.handle.hear(now, said) {
                return self.warn(now, &conflict.to_string());
            }
        }
        self.handle.count(Fault::NotUnderstood, odd.len() as u64);
        for odd in odd {
            self.warn(now, &format!("{base}: {odd}"));
        }
    }

    /// When [`Self::end_due`] has something to say.
    pub fn due(&self) -> Option<Instant> {
        self.ending.next()
    }

    /// Says which states are over that end by themselves.
    pub fn end_due(&mut self, now: Now) {
        for (base, id, quantity) in self.ending.due(now.mono, |base| self.handle.is_online(base)) {
            let Some(message) = self.translator.ended(&base, &id, &quantity) else { continue };
            let profile = self.translator.profile(&base).cloned();
            let message = Message::new(base.join(&message.topic), message.payload);
            let said = Said { base: Some(base), message, memory: false, via: None, profile };
            if let Err(conflict) = self.handle.hear(now, said) {
                self.warn(now, &conflict.to_string());
            }
        }
    }

    /// A command in the words of its device; the base is whose it is.
    pub fn order(&self, command: &Outgoing) -> Result<(Topic, Order), Refusal> {
        let unknown = || {
            let reason = format!("no device of this line has `{}`", printable(command.topic.as_str()));
            Refusal::new("no-such-device", reason)
        };
        let base = self.handle.serves(&command.topic).map(|(base, _)| base).ok_or_else(unknown)?;
        let relative = command.topic.below(&base).ok_or_else(unknown)?;
        let order = self.translator.command(&base, relative, &command.payload).ok_or_else(unknown)??;
        Ok((base, order))
    }

    /// Whether a command may still be written; if not, that is told.
    pub fn is_in_time(&self, now: Now, command: &Outgoing) -> bool {
        if now.mono >= command.deadline {
            let reason = "not delivered: its time was over before the line was free";
            self.handle.refuse(now, command.id, Refusal::new("late", reason));
            return false;
        }
        // Otherwise its end was told already: a newer wish followed.
        self.handle.wants(command.id)
    }

    /// Something is odd: in the log, at most once a minute.
    pub fn warn(&mut self, now: Now, what: &str) {
        self.unwarned += 1;
        if self.warned.is_some_and(|last| now.mono < last + WARN_EVERY) {
            return;
        }
        self.warned = Some(now.mono);
        let more = match std::mem::take(&mut self.unwarned) {
            1 => String::new(),
            count => format!(" ({count} times something was odd since the last such line)"),
        };
        tracing::warn!("link {}: {}{more}", self.handle.name(), printable(what));
    }
}
