//! From the files back into memory: what the database holds, and then what was promised since.
//!
//! A message of the journal goes to every session that is subscribed to it, unless the session's queue is known to have
//! it: a copy counts if it was first seen after the message came. What cannot be told apart is passed on again, so
//! quality 1 may come twice and nothing is lost. A message of quality 2 whose release is unknown is passed on, and
//! remembered, so that its publisher's repetition is not passed on again (method B of MQTT 5.0 §4.3.3).

use std::collections::{BTreeMap, HashMap, HashSet};

use mqtt5::broker::storage::{
    ClientSession, DynamicStorage, MemoryBackend, QueueLimits, StorageBackend, StoredSubscription,
};
use mqtt5::{parse_shared_subscription, topic_matches_filter};

use super::load::{Contents, Session};
use super::message::{Kept, Queued};
use super::record::{Handed, Publish, Record};
use super::sessions::at_once;

/// What came of it.
pub struct Restored {
    /// The storage of the broker, filled.
    pub storage: DynamicStorage,
    /// Topics that retain something else than the database says, with the last message of the journal before it.
    pub retained: HashMap<String, u64>,
    /// Clients whose sessions hold something else than the database says.
    pub sessions: HashSet<String>,
    /// Messages that their publishers may send again.
    pub handed: Vec<Handed>,
    /// The last number of the journal.
    pub last: u64,
    /// How many messages of the journal were passed on.
    pub passed_on: usize,
}

struct Desk {
    retained: HashMap<String, (u64, Kept)>,
    changed: HashMap<String, u64>,
    sessions: BTreeMap<String, Place>,
    touched: HashSet<String>,
    handed: Vec<Handed>,
    passed_on: usize,
}

struct Place {
    session: Session,
    /// When the copies of each text in it were first seen.
    copies: HashMap<u32, Vec<u64>>,
    /// What the journal adds to its queue.
    added: Vec<(Kept, Queued)>,
}

/// Fills a storage with everything that was kept.
pub fn restore(contents: Contents, records: Vec<Record>, limits: QueueLimits) -> Restored {
    let mut last = contents.last;
    let mut desk = Desk::of(contents);
    let mut publishes: BTreeMap<u64, Publish> = BTreeMap::new();
    for record in records {
        match record {
            Record::Publish(publish) => {
                last = last.max(publish.id);
                let known = publishes.entry(publish.id).or_insert_with(|| publish.clone());
                known.is_ambiguous |= publish.is_ambiguous;
                known.is_retained |= publish.is_retained;
            }
            Record::Retained { topic, after, kept } => {
                last = last.max(after);
                desk.retain(topic, after, kept);
            }
            Record::Handed(handed) => desk.handed.push(handed),
        }
    }
    for publish in publishes.into_values() {
        desk.pass_on(publish);
    }
    desk.fill(limits, last)
}

impl Desk {
    fn of(contents: Contents) -> Self {
        let mut touched = HashSet::new();
        let retained = contents.retained.into_iter().map(|(after, kept)| (kept.topic.clone(), (after, kept)));
        let mut sessions = BTreeMap::new();
        for session in contents.sessions {
            let client = session.session.client_id.clone();
            if session.session.is_expired() {
                touched.insert(client);
                continue;
            }
            let mut copies: HashMap<u32, Vec<u64>> = HashMap::new();
            let waiting = session.queue.iter().map(|(seen, kept, _)| (seen, kept));
            let under_way = session.flight.iter().filter(|(.., flight)| !flight.is_inbound);
            for (seen, kept) in waiting.chain(under_way.map(|(seen, kept, _)| (seen, kept))) {
                copies.entry(kept.sum()).or_default().push(*seen);
            }
            sessions.insert(client, Place { session, copies, added: Vec::new() });
        }
        let (changed, handed) = (HashMap::new(), Vec::new());
        Self { retained: retained.collect(), changed, sessions, touched, handed, passed_on: 0 }
    }

    fn retain(&mut self, topic: String, after: u64, kept: Option<Kept>) {
        self.changed.insert(topic.clone(), after);
        match kept {
            Some(kept) => drop(self.retained.insert(topic, (after, kept))),
            None => drop(self.retained.remove(&topic)),
        }
    }

    fn pass_on(&mut self, publish: Publish) {
        let Publish { id, publisher, packet, kept, is_retained, .. } = &publish;
        if kept.qos == 2
            && let Some(packet) = packet
            && let Some(place) = self.sessions.get_mut(publisher)
        {
            place.session.flight.retain(|(.., flight)| !flight.is_inbound || flight.packet != *packet);
            self.touched.insert(publisher.clone());
            let sum = kept.sum();
            self.handed.push(Handed { publisher: publisher.clone(), packet: *packet, sum });
        }
        let is_newer = self.changed.get(&kept.topic).is_none_or(|after| after < id)
            && self.retained.get(&kept.topic).is_none_or(|(after, _)| after < id);
        if kept.retain && !is_retained && is_newer {
            let kept = (!kept.payload.is_empty()).then(|| kept.clone());
            self.retain(publish.kept.topic.clone(), *id, kept);
        }
        let mut is_passed_on = false;
        for (client, filter, subscription) in self.recipients(&publish) {
            let Some(place) = self.sessions.get_mut(&client) else { continue };
            let id = (!publish.is_ambiguous).then_some(publish.id);
            if id.is_some_and(|id| place.claims(&publish.kept, id)) {
                continue;
            }
            place.added.push(copy_for(&publish.kept, &subscription));
            tracing::debug!("{} is passed on to {client} ({filter})", publish.kept.topic);
            self.touched.insert(client);
            is_passed_on = true;
        }
        self.passed_on += usize::from(is_passed_on);
    }

    /// The sessions that get a message, each with the subscription by which it does; of a share the one that has it,
    /// or else the first.
    fn recipients(&self, publish: &Publish) -> Vec<(String, String, StoredSubscription)> {
        let mut recipients = Vec::new();
        let mut shares: BTreeMap<&str, (&String, &StoredSubscription)> = BTreeMap::new();
        for (client, place) in &self.sessions {
            for (filter, subscription) in &place.session.session.subscriptions {
                let (plain, share) = parse_shared_subscription(filter);
                let own = subscription.no_local && publish.publisher == *client;
                let is_for = !own && u8::from(subscription.qos) > 0;
                if !is_for || !topic_matches_filter(&publish.kept.topic, plain) {
                    continue;
                }
                if share.is_none() {
                    recipients.push((client.clone(), filter.clone(), subscription.clone()));
                } else if !shares.contains_key(filter.as_str()) || place.has(&publish.kept, publish.id) {
                    shares.insert(filter, (client, subscription));
                }
            }
        }
        let one = |(filter, (client, subscription)): (&str, (&String, &StoredSubscription))| {
            (client.clone(), filter.to_owned(), subscription.clone())
        };
        recipients.extend(shares.into_iter().map(one));
        recipients
    }

    fn fill(self, limits: QueueLimits, last: u64) -> Restored {
        let storage = DynamicStorage::Memory(MemoryBackend::with_queue_limits(limits));
        for (topic, (_, kept)) in self.retained {
            at_once(storage.store_retained_message(&topic, kept.into_retained()));
        }
        for (client, Place { session: Session { session, queue, flight }, added, .. }) in self.sessions {
            at_once(storage.store_session(ClientSession { connected: false, ..session }));
            let queued = queue.into_iter().map(|(_, kept, queued)| (kept, queued)).chain(added);
            for (kept, queued) in queued {
                at_once(storage.queue_message(kept.into_queued(&client, queued)));
            }
            for message in
                flight.into_iter().filter_map(|(_, kept, flight)| kept.into_flight(&client, flight))
            {
                at_once(storage.store_inflight_message(message));
            }
        }
        let (retained, sessions, handed, passed_on) =
            (self.changed, self.touched, self.handed, self.passed_on);
        Restored { storage, retained, sessions, handed, last, passed_on }
    }
}

impl Place {
    fn has(&self, kept: &Kept, id: u64) -> bool {
        self.copies.get(&kept.sum()).is_some_and(|seen| seen.iter().any(|seen| *seen >= id))
    }

    /// Takes a copy that can only be of this message.
    fn claims(&mut self, kept: &Kept, id: u64) -> bool {
        let Some(copies) = self.copies.get_mut(&kept.sum()) else { return false };
        let copy = copies.iter().position(|seen| *seen >= id);
        copy.map(|copy| copies.swap_remove(copy)).is_some()
    }
}

/// A message as `mqtt5` puts it into the queue of a subscription.
fn copy_for(kept: &Kept, subscription: &StoredSubscription) -> (Kept, Queued) {
    let mut copy = kept.clone();
    copy.qos = kept.qos.min(subscription.qos.into());
    copy.retain = kept.retain && subscription.retain_as_published;
    let subscriptions = subscription.subscription_id.into_iter().collect();
    (copy, Queued { packet: None, dup: false, subscriptions })
}
