//! What the broker says: values and raw messages for the hub, commands for devices of other links, births of other hubs.

use std::sync::Arc;

use super::super::client::{Client, Publish};
use super::Flow;
use super::birth;
use super::echo::{Heard, Via, Words};
use crate::hub::{Fault, Now, Said};
use crate::talk::model::Scenario;
use crate::talk::{Message, Payload, Topic};

/// Where a hub tells why a command was refused, below the base; no device says it.
pub(super) const ERROR: &str = "clown.talk/-/error";

impl Flow {
    /// A message came in.
    pub fn heard(&mut self, now: Now, client: &Client, publish: Publish) {
        if let Some((hub, link)) = birth::read_topic(&publish.topic) {
            if hub == self.hub {
                self.link_spoke(link, &publish);
            } else {
                self.hub_spoke(now, &publish);
            }
            return;
        }
        self.rollcall.hear(&publish);
        let Some(route) = self.routes.into_hub(&publish.topic) else {
            // Whatever else is still subscribed to is nothing we asked for.
            return self.offers.hear(&publish);
        };
        let Some(topic) = Topic::new(&publish.topic).ok().and_then(|_| route.to_local(&publish.topic)) else {
            self.handle.count(Fault::Malformed, 1);
            let why = "its topic has control characters, more than 64 levels or nothing in it";
            return self.notes.malformed(now.mono, &publish.topic, why);
        };
        if publish.retain && self.is_recalled(now, &publish, &topic) {
            return;
        }
        let served = self.handle.serves(&topic);
        let relative = served.as_ref().and_then(|(base, _)| topic.below(base)).unwrap_or(topic.as_str());
        let scenario = Scenario::of(relative);
        let claimed = served.is_none().then(|| self.handle.claimed(&topic)).flatten();
        let is_command = claimed.as_ref().map_or(scenario.is_command(), |claimed| claimed.is_command);
        if !is_command && served.as_ref().is_some_and(|(base, _)| self.foreign.knows(base)) {
            // Ours, or of another hub that has translated the same device.
            return self.handle.count(Fault::Echo, 1);
        }
        let taker = served.as_ref().map(|(_, link)| link).or(claimed.as_ref().map(|claimed| &claimed.link));
        let is_others = taker.is_some_and(|link| **link != *self.handle.name());
        if !self.is_news(now, &publish, is_command, is_others) {
            return;
        }
        if is_command {
            let publish = if claimed.is_some() { filled(publish) } else { publish };
            let served = served.or(claimed.map(|claimed| (claimed.above, claimed.link)));
            self.asked(now, client, publish, topic, served);
        } else if publish.payload.is_empty() {
            // An announcement is taken back with nothing.
            self.is_announced(now, &topic, &Payload::from_wire(b""));
            self.handle.forget(now, &topic, Some(way(&publish)));
        } else {
            let payload = Payload::from_wire(&publish.payload);
            let is_answer = topic.as_str().ends_with(ERROR);
            if is_answer {
                self.refused_there(now, &payload);
            }
            let base = self.bases.of(&topic, &payload).filter(|_| !is_answer);
            let foreign = base.is_none().then(|| (topic.clone(), payload.clone()));
            let is_told = self.tell(now, &publish, topic, payload, base);
            if let Some((topic, payload)) = foreign.filter(|_| is_told) {
                self.translate(now, &publish, &topic, &payload);
                self.ask_devices(now, client);
            }
        }
    }

    /// A message came in that is too large for others: if devices announce themselves in it, it is understood and told
    /// to nobody, so that it takes nobody's place.
    pub fn heard_list(&mut self, now: Now, publish: &Publish) -> bool {
        let Some(route) = self.routes.into_hub(&publish.topic) else { return true };
        let topic = Topic::new(&publish.topic).ok().and_then(|_| route.to_local(&publish.topic));
        topic.is_some_and(|topic| self.is_announced(now, &topic, &Payload::from_wire(&publish.payload)))
    }

    /// Whether somebody else says it, for the first time; `is_others` if it is about a device of another link.
    fn is_news(&mut self, now: Now, publish: &Publish, is_command: bool, is_others: bool) -> bool {
        if publish.retain {
            // What the broker remembers is no word that comes back; but it may be ours.
            let is_ours = self.ledger.has(&publish.topic);
            self.handle.count(Fault::Echo, is_ours.into());
            return !is_ours;
        }
        let words = Words::of(&self.marker, &publish.topic, &publish.payload);
        let way = publish.via.as_deref();
        match self.echoes.hear(now.mono, words, self.routes.copies(&publish.topic), is_command) {
            Heard::Echo => self.handle.count(Fault::Echo, 1),
            // A broker of MQTT 5 that sends back what it was asked not to.
            Heard::Loop if way == Some(&*self.hub) => self.handle.count(Fault::Echo, 1),
            // Two devices of one name say the same more often than their words go round.
            Heard::Loop if is_others && way.is_none() => return true,
            Heard::Loop => self.looped(now, &publish.topic),
            Heard::Copy => {}
            Heard::News if way.is_some_and(|way| Via::new(way).is_loop(&self.hub)) => {
                self.looped(now, &publish.topic);
            }
            Heard::News => {
                self.offers.hear(publish);
                return true;
            }
        }
        false
    }

    /// Tells the hub; `base` is the device that said it, if one did. `false` if another link serves that.
    pub(super) fn tell(
        &mut self,
        now: Now,
        publish: &Publish,
        topic: Topic,
        payload: Payload,
        base: Option<Topic>,
    ) -> bool {
        let message = Message::new(topic, payload);
        let said = Said { base, message, memory: publish.retain, via: Some(way(publish)), profile: None };
        let told = self.handle.hear(now, said);
        if let Err(conflict) = &told {
            self.notes.conflict(conflict);
        }
        told.is_ok()
    }

    /// A link of this hub is at this broker, or is not any more.
    fn link_spoke(&mut self, link: &str, publish: &Publish) {
        let is_other = link != self.handle.name() && birth::is_online(&publish.payload);
        // Anybody may say so; only what can be true is believed.
        if is_other && self.handle.is_beside(link) {
            self.neighbours.insert(link.into());
        } else {
            self.neighbours.remove(link);
        }
    }

    /// Another hub is there, or is not any more.
    fn hub_spoke(&mut self, now: Now, publish: &Publish) {
        let change = self.peers.hear(now.wall, &publish.topic, &publish.payload, publish.retain);
        self.newcomer |= change.came;
        for left in change.left {
            // What is understood here is heard without that hub.
            if let Some(base) = self.routes.base_in(&left.base).filter(|base| !self.foreign.knows(base)) {
                self.handle.device_offline(now, &base, &left.reason);
            }
        }
    }
}

/// A command of bcg's: nothing stands for `null`.
fn filled(publish: Publish) -> Publish {
    if publish.payload.is_empty() { Publish { payload: "null".into(), ..publish } } else { publish }
}

/// The hubs a message has passed through; nothing known is nothing passed.
pub(super) fn way(publish: &Publish) -> Arc<str> {
    publish.via.as_deref().unwrap_or_default().into()
}
