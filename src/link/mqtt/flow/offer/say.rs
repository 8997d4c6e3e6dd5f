//! How offers go out, what of them is left at the broker, and values that are said once more behind them.

use std::collections::{HashSet, VecDeque};
use std::time::{Duration, SystemTime};

use super::super::super::client::{Client, Full, Publish};
use super::super::ledger::Origin;
use super::super::{Flow, TOO_LARGE};
use super::names::Left;
use super::wanted::presence;
use super::{Offers, Waits};
use crate::hub::{Now, Phase, Snapshot, Update};

/// How long after an offer its values are said: until then Home Assistant listens to them.
const LISTENS_AFTER: Duration = Duration::from_secs(2);
/// How long a link has to be up before a device that it does not know is taken out.
const SETTLED: Duration = Duration::from_secs(60);
/// Why something is not offered.
const NO_PLACE: &str = "no more topics are left in the broker's memory";

impl Offers {
    /// Whether what was left under `remote` stays there; nothing if it is no offer. `settled` as soon as all devices
    /// had the time to come.
    pub(in super::super) fn stays(
        &self,
        remote: &str,
        origin: &Origin,
        settled: Option<&Snapshot>,
    ) -> Option<bool> {
        let left = self.names.left(remote)?;
        let Some(link) = origin.link.as_deref().filter(|_| self.is_asked && left == Left::Current) else {
            return Some(false);
        };
        let Some((snapshot, base)) = settled.zip(origin.base.as_ref()) else { return Some(true) };
        let offered = self.said.get(base);
        if offered.is_some_and(|offered| offered.topics.iter().any(|topic| topic == remote)) {
            return Some(true);
        }
        // A device whose link is away may come back: if it were taken out, Home Assistant would forget what people made
        // of it.
        let is_settled = |since: SystemTime| snapshot.at.duration_since(since).is_ok_and(|up| up >= SETTLED);
        let known = snapshot.links.iter().find(|known| *known.name == *link);
        Some(known.is_some_and(|known| known.state.phase != Phase::Up || !is_settled(known.since)))
    }
}

impl Flow {
    /// A connection begins: of every device it is said whether it is there, of those of an earlier life, too.
    pub(in super::super) fn begin_offers(&mut self, now: Now, client: &Client, snapshot: &Snapshot) {
        if !self.offers.is_asked {
            return;
        }
        if !client.retains() {
            tracing::warn!(
                "link {}: the broker keeps no retained messages, so Home Assistant forgets at its next start what is \
                 offered, until it says that it has come",
                self.handle.name()
            );
        }
        self.look_at_offers(snapshot, false);
        self.say_presence_of_others(snapshot);
        let known: HashSet<&str> = self.offers.words.iter().map(|waits| &*waits.topic).collect();
        let names = &self.offers.names;
        let left =
            self.ledger.topics().filter(|(remote, _)| names.is_presence(remote) && !known.contains(remote));
        let unknown = presence(None);
        let words: Vec<Waits> = left
            .filter_map(|(remote, origin)| {
                let (topic, text) = (remote.to_owned(), unknown.as_str().to_owned());
                Some(Waits { topic, text, link: origin.link.clone()?, base: origin.base.clone() })
            })
            .collect();
        self.offers.words.extend(words);
        (self.offers.changed, self.offers.looked) = (Some(now.mono), Some(now.mono));
    }

    /// Says whether devices are there, as far as there is room; whether all is said.
    pub(in super::super) fn say_presence_of_offered(&mut self, now: Now, client: &Client) -> bool {
        let mut words = std::mem::take(&mut self.offers.words);
        self.say_waiting(now, client, &mut words);
        self.offers.words = words;
        self.offers.words.is_empty()
    }

    /// Announces devices, as far as there is room.
    pub(in super::super) fn say_offers(&mut self, now: Now, client: &Client) {
        let mut texts = std::mem::take(&mut self.offers.texts);
        let bases = self.say_waiting(now, client, &mut texts);
        self.offers.fresh.extend(bases);
        if texts.is_empty() && !self.offers.fresh.is_empty() {
            self.offers.due.get_or_insert(now.mono + LISTENS_AFTER);
        }
        self.offers.texts = texts;
    }

    /// Hands over what waits, in its order; the devices it was about.
    fn say_waiting(
        &mut self,
        now: Now,
        client: &Client,
        queue: &mut VecDeque<Waits>,
    ) -> Vec<crate::talk::Topic> {
        let mut bases = Vec::new();
        while let Some(waits) = queue.pop_front() {
            let Waits { topic, text, link, base } = &waits;
            let is_taken_out = text.is_empty();
            if is_taken_out {
                self.ledger.disown(topic);
            } else if !self.ledger.put(topic, Some(link), base.as_ref()) {
                self.dropped(now, 1, NO_PLACE);
                continue;
            }
            let publish = Publish {
                topic: topic.clone(),
                payload: text.clone().into(),
                retain: true,
                ..Publish::default()
            };
            match self.send(now, client, publish) {
                Ok(_) => self.handle.gave(1),
                Err(Full::Queue) => {
                    queue.push_front(waits);
                    break;
                }
                Err(Full::Packet { .. } | Full::Topic) => self.dropped(now, 1, TOO_LARGE),
            }
            if is_taken_out {
                self.ledger.remove(topic);
            }
            bases.extend(waits.base);
        }
        bases
    }

    /// Says once more what offered devices say, as soon as Home Assistant listens. What the broker keeps it says itself.
    pub(super) fn say_values_of_offered(&mut self, now: Now) {
        if self.offers.due.is_none_or(|due| now.mono < due) {
            return;
        }
        self.offers.due = None;
        let fresh = std::mem::take(&mut self.offers.fresh);
        if self.retain {
            return;
        }
        let (snapshot, _) = self.handle.listen(now);
        let is_fresh = |update: &Update| update.base.as_ref().is_some_and(|base| fresh.contains(base));
        let values = self.true_now(snapshot).into_iter().filter(|(_, update)| is_fresh(update));
        self.refresh.extend(values);
    }
}
