//! Links that carry many devices: which device a word belongs to, and which link serves that device.
//!
//! A link without a base (MQTT) learns its devices from what it hears: a base that was named with a word is known from
//! then on, and commands below it go to that link. A base belongs to one link at a time: a configured one to its link
//! for good, a learned one to the first link that is up, until that is down or detached. What another link says about
//! it is told to nobody and counted.

use std::sync::Arc;

use super::counts::Fault;
use super::link::Phase;
use super::links::Link;
use super::presence::Presence;
use super::state::{Device, State};
use super::{Now, Update};
use crate::device::profile::Profile;
use crate::talk::model::Scenario;
use crate::talk::{Message, Topic};

/// The most devices known; what more of them say is told and not kept, and counted.
const MAX_DEVICES: usize = 4096;

/// What was heard on a link that carries many devices.
#[derive(Clone, Debug)]
pub struct Said {
    /// The device it belongs to. Without one it is told to everyone, never kept and never obeyed.
    pub base: Option<Topic>,
    /// The message with its complete topic.
    pub message: Message,
    /// A broker's memory: nobody knows when it was said.
    pub memory: bool,
    /// The hubs it has passed through, by their ids (`a,b`).
    pub via: Option<Arc<str>>,
    /// What is known of the device, if its words were translated.
    pub profile: Option<Arc<Profile>>,
}

/// Another link serves what a link heard of.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{base}` is served by the link `{link}`; what others say about it is not taken")]
pub struct Conflict {
    /// The device.
    pub base: Topic,
    /// The link that serves it.
    pub link: Arc<str>,
}

impl Link {
    /// Whether commands for `base` may be handed to it: a link that was given another base serves the old one no more.
    pub(super) fn carries(&self, base: &Topic) -> bool {
        self.info.base.as_ref().is_none_or(|own| own == base)
    }
}

impl State {
    pub(super) fn hear(&mut self, now: Now, link: &Arc<str>, said: Said) -> Result<(), Conflict> {
        let Said { base, message, memory, via, profile } = said;
        let base = base.filter(|base| message.topic.below(base).is_some());
        let above = base.clone().or_else(|| self.base_of(&message.topic));
        let topic = &message.topic;
        let relative = above.as_ref().and_then(|above| topic.below(above)).unwrap_or(topic.as_str());
        let scenario = Scenario::of(relative);
        let is_own = |topic: &str| topic.split('/').next() == Some("$hub");
        if is_own(topic.as_str()) || is_own(relative) || (base.is_some() && scenario.is_command()) {
            self.count(link, Fault::ForeignCommand, 1);
            return Ok(());
        }
        // Anybody may ask for something; who obeys is not decided here.
        let asks = base.is_none()
            && (scenario.is_command() || self.claimed(topic).is_some_and(|claimed| claimed.is_command));
        if let Some(conflict) = self.conflict(link, above.as_ref(), topic).filter(|_| !asks) {
            self.count(link, Fault::Conflict, 1);
            return Err(conflict);
        }
        let Some(known) = self.links.get_mut(link) else { return Ok(()) };
        known.counts.received += 1;
        if memory && scenario == Scenario::Data && self.is_live_otherwise(&message) {
            // The device has spoken while the broker was asked: nobody is told what it said before.
            return Ok(());
        }
        // Facts about a value are the hub's to tell.
        let message = Message::new(message.topic, message.payload);
        let base = base.filter(|base| self.learn(now, link, base));
        let update =
            self.say(Update { memory, via, ..Update::new(now, link.clone(), base.clone(), message) });
        let Some(base) = base else { return Ok(()) };
        if let Some(profile) = profile {
            self.teach(now, &base, profile);
        }
        match scenario {
            Scenario::Data => self.keep(now, link, Some(&base), &update),
            Scenario::Ok => self.answered(now, Some(&base), &update),
            Scenario::Notification | Scenario::Action | Scenario::Request | Scenario::Error => {}
        }
        if memory {
            // A device that is only remembered has not come back, and what it once said answers nobody.
            self.device_remembered(now, &base);
            return Ok(());
        }
        self.device_spoke(now, &base);
        if !self.pending.is_empty() {
            self.settle(now, scenario, &update);
        }
        Ok(())
    }

    /// Who else serves `topic`: the link of a configured base above it, or a link that is up and has learned `above`.
    fn conflict(&self, link: &str, above: Option<&Topic>, topic: &Topic) -> Option<Conflict> {
        let other = |device: &Device| self.links.get(&device.link).filter(|other| *other.info.name != *link);
        let configured = self.bases_above(topic).find(|(base, device)| {
            other(device).is_some_and(|other| other.info.base.as_ref() == Some(*base))
        });
        let learned = || {
            let (base, device) = self.devices.get_key_value(above?)?;
            let holds = |other: &Link| other.info.base.is_none() && other.state.phase == Phase::Up;
            other(device).is_some_and(holds).then_some((base, device))
        };
        let served = configured.or_else(learned).map(|(base, device)| (base.clone(), device.link.clone()));
        let (base, link) = served.or_else(|| self.claimed_by_other(link, topic))?;
        Some(Conflict { base, link })
    }

    /// Whether there is such a link and words go both ways on it.
    pub(super) fn is_up(&self, link: &str) -> bool {
        self.links.get(link).is_some_and(|link| link.state.phase == Phase::Up)
    }

    /// Makes a device known as one of `link`, with what is remembered of it; `false` if there are too many.
    pub(super) fn learn(&mut self, now: Now, link: &Arc<str>, base: &Topic) -> bool {
        let known = self.devices.len();
        match self.devices.get_mut(base) {
            Some(device) if device.link == *link => return true,
            // Its link has gone or is down; another device may answer by the same name now.
            Some(device) => (device.link, device.listed, device.away) = (link.clone(), None, None),
            None if known >= MAX_DEVICES => {
                self.count(link, Fault::Dropped, 1);
                return false;
            }
            None => {
                self.devices.insert(base.clone(), Device::new(link.clone()));
            }
        }
        self.adopt(base);
        self.introduce(now, base, None);
        true
    }

    /// What is known below a base and of no device nearer to it belongs to that device.
    pub(super) fn adopt(&mut self, base: &Topic) {
        for (topic, entry) in &mut self.entries {
            let nearer = |own: &Topic| own.as_str().len() > base.as_str().len();
            if topic.below(base).is_some() && !entry.base.as_ref().is_some_and(nearer) {
                entry.base = Some(base.clone());
            }
        }
    }

    /// The known bases above `topic`, the longest first.
    fn bases_above<'a>(&'a self, topic: &'a Topic) -> impl Iterator<Item = (&'a Topic, &'a Device)> {
        let above = topic.as_str().rmatch_indices('/').map(|(at, _)| &topic.as_str()[..at]);
        let known = above.filter_map(|base| self.devices.get_key_value(base));
        known.filter(|(base, _)| topic.below(base).is_some())
    }

    /// The longest known base above `topic`.
    pub(super) fn base_of(&self, topic: &Topic) -> Option<Topic> {
        self.bases_above(topic).next().map(|(base, _)| base.clone())
    }

    pub(super) fn serves(&self, topic: &Topic) -> Option<(Topic, Arc<str>)> {
        let (base, device) = self.bases_above(topic).next()?;
        let link = self.links.get(&device.link).filter(|link| link.carries(base))?;
        Some((base.clone(), link.info.name.clone()))
    }

    pub(super) fn forget(&mut self, now: Now, link: &Arc<str>, topic: &Topic, via: Option<Arc<str>>) {
        let above = self.base_of(topic);
        if self.conflict(link, above.as_ref(), topic).is_some() {
            return self.count(link, Fault::Conflict, 1);
        }
        let base = self.drop_entry(topic).or(above);
        let gone = Message::new(topic.clone(), crate::talk::Payload::from_wire(b""));
        self.say(Update { via, ..Update::new(now, link.clone(), base.clone(), gone) });
        self.tell_presence(now, topic, Presence::Unknown);
        // A device that was learned is known by its properties alone.
        let Some(base) = base else { return };
        let learned = self.links.get(link).is_some_and(|link| link.info.base.is_none())
            && self.devices.get(&base).is_some_and(|device| device.link == *link);
        if learned && !self.entries.values().any(|entry| entry.base.as_ref() == Some(&base)) {
            self.devices.remove(&base);
            self.tell_presence(now, &base, Presence::Unknown);
        }
    }
}
