//! What the hub says: given to the broker by the routes, byte for byte, never back where it came from, never late.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::client::{Client, Full, Publish};
use super::echo::{Via, Words};
use super::incoming::ERROR;
use super::{Flow, TOO_LARGE};
use crate::hub::{Now, Presence, Snapshot, Update};
use crate::talk::Topic;
use crate::talk::model::Scenario;

/// How often what is true is said once more, however many hubs come.
const GREET_EVERY: Duration = Duration::from_secs(2);
/// Values from before a restart of the hub bear this name: nobody has said them since.
const REMEMBERED: &str = "remembered";

impl Flow {
    /// The hub says something.
    pub fn update(&mut self, now: Now, client: &Client, update: &Update) {
        if let Some(event) = &update.event {
            self.settle(now, client, event);
        }
        if update.is_own() {
            self.know_presence(update);
        }
        self.mind_offers(now, update);
        // What was true at the beginning of the connection is not any more.
        self.refresh.remove(&update.message.topic);
        let Some(publish) = self.outgoing(now, update) else { return };
        let dropped = self.waiting.push(now.mono, publish);
        self.dropped(
            now,
            dropped,
            "the broker is away or slow, and no more than 1,000 messages or 1 MiB wait",
        );
        if self.session.is_some() {
            self.pump(now, client);
        }
    }

    /// The hub said more than we could follow.
    pub fn lagged(&mut self, now: Now, missed: u64) {
        self.dropped(now, missed, "the hub said more than this machine could pass on");
        self.look_again_at_offers(now);
    }

    /// The message for the broker, if it is to have one.
    fn outgoing(&mut self, now: Now, update: &Update) -> Option<Publish> {
        let is_heard_here = *update.from == *self.handle.name() && !self.foreign.has_translated(update);
        let is_live = !update.memory && *update.from != *REMEMBERED && !is_heard_here;
        let topic = &update.message.topic;
        let (qos, remote) = self
            .routes
            .out_of_hub(topic.as_str())
            .filter(|_| is_live)
            .map(|(route, to)| (route.qos(), to))?;
        let relative = update.base.as_ref().and_then(|base| topic.below(base)).unwrap_or(topic.as_str());
        let scenario = Scenario::of(relative);
        let claimed = update.base.is_none().then(|| self.handle.claimed(topic)).flatten();
        let is_lasting = claimed.is_some_and(|claimed| claimed.is_lasting && claimed.link == update.from);
        // What somebody asks of a device that is known here goes to its link and to nobody else.
        if scenario.is_command() && self.handle.serves(topic).is_some() {
            return None;
        }
        let wire = update.message.payload.wire();
        // Why something was refused is for the one who asked.
        if topic.as_str().ends_with(ERROR) {
            return None;
        }
        if update.via.is_some()
            && (self.is_here(&update.from, &remote)
                || !self.may_cross(now, &remote, wire, scenario.is_command()))
        {
            self.looped(now, remote.as_str());
            return None;
        }
        if let Some(base) = update.base.as_ref().filter(|_| !update.is_own()) {
            self.birth.know(base, true);
        }
        // What belongs to no device may be an event as well as a value, and an event must not happen again.
        let belongs = update.base.is_some() || is_lasting;
        let is_value = scenario == Scenario::Data && belongs && !update.is_own();
        let is_taken_back = wire.is_empty() && update.base.is_none() && update.via.is_none();
        let retain = (is_value || is_taken_back) && self.is_left(&remote, update);
        if is_taken_back && !retain {
            // Nothing was left there, and an empty word means something else to whoever listens.
            return None;
        }
        Some(Publish {
            topic: remote.as_str().to_owned(),
            payload: wire.to_vec().into(),
            qos,
            retain,
            via: Some(Via::and(update.via.as_deref(), &self.hub)),
            ..Publish::default()
        })
    }

    /// Whether this broker says it itself, as another link of this hub hears it there.
    fn is_here(&self, from: &str, remote: &Topic) -> bool {
        self.neighbours.contains(from) && self.routes.copies(remote.as_str()) > 0
    }

    /// Whether words from another broker may be told to this one: not what it has said itself, and not for ever.
    pub(super) fn may_cross(&mut self, now: Now, remote: &Topic, wire: &[u8], is_command: bool) -> bool {
        let words = Words::of(&self.marker, remote.as_str(), wire);
        !self.echoes.has_said(now.mono, words) && self.echoes.may_cross(now.mono, words, is_command)
    }

    /// Whether a value is left in the broker's memory, or taken out of it; the book is kept along.
    fn is_left(&mut self, remote: &Topic, update: &Update) -> bool {
        if update.message.payload.wire().is_empty() {
            // It stays in the book until it is handed over: the broker may be away.
            return self.ledger.disown(remote.as_str());
        }
        // Only a device on its own link has a base that somebody wrote down.
        let base = update.base.as_ref().filter(|_| update.via.is_none());
        self.retain && self.ledger.put(remote.as_str(), Some(&update.from), base)
    }

    /// What is true now, was said by devices of other links, and goes to this broker.
    pub(super) fn true_now(&self, snapshot: Snapshot) -> BTreeMap<Topic, Arc<Update>> {
        let online = snapshot.entries.into_iter().filter(|entry| entry.presence == Presence::Online);
        online.filter_map(|entry| Some((entry.topic, entry.update?))).collect()
    }

    /// Another hub has come, which has not heard what is true.
    pub(super) fn greet(&mut self, now: Now) {
        let lately = |said: Instant| now.mono.saturating_duration_since(said) < GREET_EVERY;
        if self.newcomer && self.routes.gives() && !self.greeted.is_some_and(lately) {
            (self.newcomer, self.greeted) = (false, Some(now.mono));
            let (snapshot, _) = self.handle.listen(now);
            self.refresh = self.true_now(snapshot);
        }
    }

    /// Says what is true now, as far as there is room.
    pub(super) fn say_true(&mut self, now: Now, client: &Client) {
        while let Some((topic, update)) = self.refresh.pop_first() {
            let Some(publish) = self.outgoing(now, &update) else { continue };
            match self.send(now, client, publish) {
                Ok(_) => self.handle.gave(1),
                Err(Full::Queue) => {
                    self.refresh.insert(topic, update);
                    return;
                }
                Err(Full::Packet { .. } | Full::Topic) => self.dropped(now, 1, TOO_LARGE),
            }
        }
    }

    /// `$hub/presence/<base>`: a device that is offline here is so for everybody.
    fn know_presence(&mut self, update: &Update) {
        #[derive(serde::Deserialize)]
        struct Told {
            presence: Presence,
        }
        let about = update.message.topic.as_str().strip_prefix("$hub/presence/");
        let Some(base) = about.and_then(|base| Topic::new(base).ok()).filter(|base| self.birth.knows(base))
        else {
            return;
        };
        match update.message.payload.get::<Told>().map(|told| told.presence) {
            Some(Presence::Unknown) | None => self.birth.forget(&base),
            Some(presence) => self.birth.know(&base, presence.is_there()),
        }
    }
}
