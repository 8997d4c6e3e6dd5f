//! What one kind of client sees: which messages, under which topic, as which text.
//!
//! Clients that see the same share a [`View`] and its frames, so base, filters and permissions are paid once per
//! message, not once per client.

use std::borrow::Cow;

use crate::hub::{CommandEvent, EntryView, Snapshot, Step, Update, iso};
use crate::talk::model::Scenario;
use crate::talk::{Payload, Topic, TopicFilter, write_text};

/// The key of a feed: two clients with equal views hear the same bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct View {
    /// Topics are relative to it; without one they are complete.
    pub(super) base: Option<Topic>,
    /// Only these topics; empty for all.
    pub(super) filters: Vec<TopicFilter>,
    /// Whether the hub's own facts (`$hub/…`) are wanted.
    pub(super) events: bool,
    /// Whether words of no device (what else is said on a broker) are wanted.
    pub(super) raw: bool,
    /// Whether commands of others are heard as they were given, as some brokers do it.
    pub(super) commands: bool,
    /// The one property that the client may know of; nothing if it may know of all.
    pub(super) scope: Option<Topic>,
}

impl View {
    /// Appends the text of `update` to `text` if this view contains it.
    pub(super) fn write(&self, update: &Update, text: &mut String) -> bool {
        if update.is_own() {
            return match &update.event {
                Some(event) if self.commands && !self.events => self.write_command(event, text),
                _ => self.events && self.write_own(update, text),
            };
        }
        let Some(topic) = self.relative(&update.message.topic) else { return false };
        let topic = documented(topic);
        if !self.wants(&topic) || (update.base.is_none() && !self.hears_raw(&topic)) {
            return false;
        }
        let memory = (update.memory && self.events).then(|| Payload::of(&Memory { memory: true }));
        write_text(text, &topic, update.message.payload.as_str(), memory.as_ref());
        true
    }

    /// Whether a word of no device is for this view. Who does not ask for events must not take somebody's command for
    /// a value.
    fn hears_raw(&self, topic: &str) -> bool {
        self.raw && self.base.is_none() && (self.events || !Scenario::of(topic).is_command())
    }

    /// The text of a property's last value for a client that has just arrived; with its age where that is wanted.
    pub(super) fn write_entry(&self, entry: &EntryView, text: &mut String) -> bool {
        let (Some(update), Some(topic)) = (&entry.update, self.relative(&entry.topic)) else { return false };
        if !self.wants(topic) {
            return false;
        }
        #[derive(serde::Serialize)]
        struct Age {
            at: String,
            presence: &'static str,
            #[serde(skip_serializing_if = "Option::is_none")]
            usual_s: Option<f64>,
            #[serde(flatten)]
            memory: Option<Memory>,
        }
        let age = self.events.then(|| {
            let usual_s = entry.usual.map(|usual| (usual.as_secs_f64() * 1000.0).round() / 1000.0);
            let memory = update.memory.then_some(Memory { memory: true });
            Payload::of(&Age { at: iso(update.at), presence: entry.presence.word(), usual_s, memory })
        });
        write_text(text, topic, update.message.payload.as_str(), age.as_ref());
        true
    }

    /// The text of one step of a command.
    pub(super) fn write_event(&self, event: &CommandEvent, text: &mut String) {
        let topic = self.relative(&event.topic).unwrap_or(event.topic.as_str());
        write_text(text, "$hub/command", event.to_payload(topic).as_str(), None);
    }

    fn write_command(&self, event: &CommandEvent, text: &mut String) -> bool {
        match self.relative(&event.topic) {
            Some(topic) if event.step == Step::Accepted && self.wants(topic) => {
                write_text(text, topic, event.payload.as_str(), None);
                true
            }
            _ => false,
        }
    }

    fn write_own(&self, update: &Update, text: &mut String) -> bool {
        let topic = update.message.topic.as_str();
        if let Some(event) = &update.event {
            if (self.base.is_some() && event.base != self.base) || !self.may_know_of(event.topic.as_str()) {
                return false;
            }
            self.write_event(event, text);
            return true;
        }
        let payload = &update.message.payload;
        match topic.strip_prefix("$hub/presence/") {
            Some(about) if !self.may_know_of(about) => false,
            None if self.scope.is_some() => false,
            Some(about) => self.write_presence(about, payload, text),
            // The link of another device is not of this view.
            None if self.base.is_some() && update.base.is_some() && update.base != self.base => false,
            None => {
                write_text(text, topic, payload.as_str(), None);
                true
            }
        }
    }

    /// How a property or a device is; `about` is its complete topic or base.
    pub(super) fn write_presence(&self, about: &str, payload: &Payload, text: &mut String) -> bool {
        if !self.may_know_of(about) {
            return false;
        }
        let Some(base) = &self.base else {
            write_text(text, &format!("$hub/presence/{about}"), payload.as_str(), None);
            return true;
        };
        match about.strip_prefix(base.as_str()) {
            Some(below) if below.is_empty() || below.starts_with('/') => {
                write_text(text, &format!("$hub/presence{below}"), payload.as_str(), None);
                true
            }
            _ => false,
        }
    }

    /// How the links are that this view can see, and their devices: for a client that has just arrived.
    pub(super) fn own_facts(&self, snapshot: &Snapshot) -> Vec<String> {
        let mut texts = Vec::new();
        let mut text = String::new();
        let links = snapshot.links.iter().filter(|_| self.scope.is_none());
        for link in links {
            if self.base.is_none() || self.base == link.base {
                write_text(&mut text, &format!("$hub/link/{}", link.name), link.to_payload().as_str(), None);
                texts.push(std::mem::take(&mut text));
            }
        }
        for (topic, fact) in snapshot.facts.iter().filter(|_| self.scope.is_none()) {
            write_text(&mut text, topic.as_str(), fact.as_str(), None);
            texts.push(std::mem::take(&mut text));
        }
        for device in &snapshot.devices {
            if self.write_presence(device.base.as_str(), &device.to_payload(), &mut text) {
                texts.push(std::mem::take(&mut text));
            }
        }
        texts
    }

    fn relative<'a>(&self, topic: &'a Topic) -> Option<&'a str> {
        self.base.as_ref().map_or(Some(topic.as_str()), |base| topic.below(base))
    }

    /// Whether a property, its command or its device is of the scope; where there is none, everything is.
    fn may_know_of(&self, topic: &str) -> bool {
        let within = |long: &str, short: &str| {
            long.strip_prefix(short).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let is_of = |scope: &Topic| within(topic, scope.as_str()) || within(scope.as_str(), topic);
        self.scope.as_ref().is_none_or(is_of)
    }

    fn wants(&self, topic: &str) -> bool {
        if self.scope.as_ref().is_some_and(|scope| scope.as_str() != topic) {
            return false;
        }
        self.filters.is_empty() || self.filters.iter().any(|filter| filter.matches(topic))
    }
}

/// Beside a value that a broker remembered: nobody knows when it was said.
#[derive(serde::Serialize)]
struct Memory {
    memory: bool,
}

/// The topic as it was documented: bc-bridge answers the device list on `-/-/config/list/ok`, where "Clown.Talk &
/// Clown.Model" has `-/-/config/ok`. Clients hear the documented one from every device.
fn documented(topic: &str) -> Cow<'_, str> {
    match topic.strip_suffix("-/-/config/list/ok") {
        Some(base) if base.is_empty() || base.ends_with('/') => Cow::Owned(format!("{base}-/-/config/ok")),
        _ => Cow::Borrowed(topic),
    }
}

#[cfg(test)]
mod tests;
