//! From the files back into memory: what the database holds, and then what was promised since.
//!
//! A message of the journal goes to every session that is subscribed to it, unless the session's queue is known to have
//! it: a copy counts if it was first seen after the message came. Nor does it go to a client that has confirmed it. What
//! cannot be told apart is passed on again, so something may come twice and nothing is lost. What was sent is sent again
//! under the same number. A message of quality 2 whose release is unknown is passed on, and remembered,
//! so that its publisher's repetition is not passed on again (method B of MQTT 5.0 §4.3.3).

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::SystemTime;

use mqtt5::broker::storage::{
    ClientSession, DynamicStorage, MemoryBackend, QueueLimits, StorageBackend, StoredSubscription,
};
use mqtt5::{parse_shared_subscription, topic_matches_filter};

use super::load::{Contents, Session};
use super::message::{COMPLETING, Flight, Kept, Queued};
use super::record::{Handed, Publish, Record, Step};
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
    /// Which messages of the journal clients have confirmed.
    confirmed: HashSet<(u64, String)>,
    /// The numbers under which messages of the journal were sent.
    numbers: HashMap<(u64, String), Number>,
}

/// What happened to a message at a client.
#[derive(Clone, Copy)]
enum What {
    Sent,
    Received,
    Done,
}

/// The number under which a message was sent.
#[derive(Clone, Copy)]
struct Number {
    packet: u16,
    /// With quality 2: the client has it, and may have forgotten the number.
    is_received: bool,
}

struct Place {
    session: Session,
    /// When the copies of each text in it were first seen.
    copies: HashMap<u32, Vec<u64>>,
    /// What the journal adds to its queue.
    added: Vec<(Kept, Queued)>,
}

/// Fills a storage with everything that was kept.
pub fn restore(contents: Contents, records: Vec<Record>, limits: QueueLimits, now: SystemTime) -> Restored {
    let mut last = contents.last;
    let mut desk = Desk::of(contents);
    let mut publishes: BTreeMap<u64, Publish> = BTreeMap::new();
    let mut steps = Vec::new();
    for record in records {
        match record {
            Record::Publish(mut publish) => {
                last = last.max(publish.id);
                publish.kept = publish.kept.redated(now);
                let known = publishes.entry(publish.id).or_insert_with(|| publish.clone());
                known.is_ambiguous |= publish.is_ambiguous;
                known.is_retained |= publish.is_retained;
            }
            Record::Retained { topic, after, kept } => {
                last = last.max(after);
                desk.retain(topic, after, kept.map(|kept| kept.redated(now)));
            }
            Record::Handed(handed) => desk.handed.push(handed),
            Record::Sent(step) => steps.push((step, What::Sent)),
            Record::Received(step) => steps.push((step, What::Received)),
            Record::Done(step) => steps.push((step, What::Done)),
        }
    }
    for (step, what) in steps {
        match step.id.filter(|id| publishes.contains_key(id)) {
            Some(id) => desk.note(id, step, what),
            None => desk.step(&step, what),
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
        Self {
            retained: retained.collect(),
            changed,
            sessions,
            touched,
            handed,
            passed_on: 0,
            confirmed: HashSet::new(),
            numbers: HashMap::new(),
        }
    }

    fn retain(&mut self, topic: String, after: u64, kept: Option<Kept>) {
        self.changed.insert(topic.clone(), after);
        match kept {
            Some(kept) => drop(self.retained.insert(topic, (after, kept))),
            None => drop(self.retained.remove(&topic)),
        }
    }

    /// Something happened to a message that the database has.
    fn step(&mut self, step: &Step, what: What) {
        let Some(place) = self.sessions.get_mut(&step.client) else { return };
        let number = |is_received| Number { packet: step.packet, is_received };
        let is_changed = match what {
            What::Sent => place.number(step.sum, 0, number(false)),
            What::Received => place.number(step.sum, 0, number(true)),
            What::Done => place.confirm(step.sum, step.packet),
        };
        if is_changed {
            self.touched.insert(step.client.clone());
        }
    }

    /// Something happened to a message of the journal.
    fn note(&mut self, id: u64, Step { client, packet, .. }: Step, what: What) {
        let key = (id, client);
        match what {
            What::Sent => drop(self.numbers.insert(key, Number { packet, is_received: false })),
            What::Received => drop(self.numbers.insert(key, Number { packet, is_received: true })),
            What::Done => drop(self.confirmed.insert(key)),
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
            is_passed_on |= self.pass_to(&publish, &client, &filter, &subscription);
        }
        self.passed_on += usize::from(is_passed_on);
    }

    /// Passes a message on to one client, unless it has it; true if it has not.
    fn pass_to(&mut self, publish: &Publish, client: &str, filter: &str, to: &StoredSubscription) -> bool {
        let Some(place) = self.sessions.get_mut(client) else { return false };
        let step = (publish.id, client.to_owned());
        let (sum, number) = (publish.kept.sum(), self.numbers.get(&step));
        // Of words that were passed on more than once nobody knows which copy is which.
        let from = if publish.is_ambiguous { u64::MAX } else { publish.id };
        let (is_changed, is_passed_on) = if self.confirmed.contains(&step) {
            (place.remove(sum, from), false)
        } else if place.claims(sum, from) {
            (number.is_some_and(|number| place.number(sum, from, *number)), false)
        } else {
            tracing::debug!("{} is passed on to {client} ({filter})", publish.kept.topic);
            place.add(&publish.kept, to, number);
            (true, true)
        };
        if is_changed {
            self.touched.insert(client.to_owned());
        }
        is_passed_on
    }

    /// The sessions that get a message, each with the subscription by which it does; of a share the one that has it or
    /// had it, or else the first.
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
                } else if !shares.contains_key(filter.as_str()) || self.was_for(publish, client, place) {
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

    /// Whether a message has come to this session, which need not be so for every one of a share.
    fn was_for(&self, publish: &Publish, client: &str, place: &Place) -> bool {
        let step = (publish.id, client.to_owned());
        self.confirmed.contains(&step)
            || self.numbers.contains_key(&step)
            || place.has(publish.kept.sum(), publish.id)
    }

    fn fill(self, limits: QueueLimits, last: u64) -> Restored {
        let storage = DynamicStorage::Memory(MemoryBackend::with_queue_limits(limits));
        for (topic, (_, kept)) in self.retained {
            at_once(storage.store_retained_message(&topic, kept.into_retained()));
        }
        for (client, Place { session: Session { session, queue, flight }, added, .. }) in self.sessions {
            at_once(storage.store_session(ClientSession { connected: false, ..session }));
            let mut queued: Vec<_> =
                queue.into_iter().map(|(_, kept, queued)| (kept, queued)).chain(added).collect();
            // Their numbers must not be given to others before.
            queued.sort_by_key(|(_, queued)| queued.packet.is_none());
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
    /// Whether there is a copy that was first seen after this message.
    fn has(&self, sum: u32, id: u64) -> bool {
        self.copies.get(&sum).is_some_and(|seen| seen.iter().any(|seen| *seen >= id))
    }

    /// Takes the oldest copy of those first seen after this message, so that no other message is it.
    fn claims(&mut self, sum: u32, id: u64) -> bool {
        let Some(copies) = self.copies.get_mut(&sum) else { return false };
        let fitting = copies.iter().enumerate().filter(|(_, seen)| **seen >= id);
        let oldest = fitting.min_by_key(|(_, seen)| **seen).map(|(index, _)| index);
        oldest.map(|index| copies.swap_remove(index)).is_some()
    }

    /// Removes what a client has confirmed; what is not there was gone before.
    fn confirm(&mut self, sum: u32, packet: u16) -> bool {
        let Session { queue, flight, .. } = &mut self.session;
        let under_way = flight
            .iter()
            .position(|(_, kept, it)| !it.is_inbound && it.packet == packet && kept.sum() == sum);
        let waiting =
            queue.iter().position(|(_, kept, queued)| queued.packet == Some(packet) && kept.sum() == sum);
        let seen = match (under_way, waiting) {
            (Some(index), _) => flight.remove(index).0,
            (None, Some(index)) => queue.remove(index).0,
            (None, None) => return false,
        };
        if let Some(copies) = self.copies.get_mut(&sum)
            && let Some(index) = copies.iter().position(|copy| *copy == seen)
        {
            copies.swap_remove(index);
        }
        true
    }

    /// Removes the oldest message with these words of those first seen after this one.
    fn remove(&mut self, sum: u32, id: u64) -> bool {
        let Session { queue, flight, .. } = &mut self.session;
        let is_it = |seen: u64, kept: &Kept| seen >= id && kept.sum() == sum;
        let under_way = flight.iter().position(|(seen, kept, it)| !it.is_inbound && is_it(*seen, kept));
        let waiting = queue.iter().position(|(seen, kept, _)| is_it(*seen, kept));
        match (under_way, waiting) {
            (Some(index), _) => drop(flight.remove(index)),
            (None, Some(index)) => drop(queue.remove(index)),
            (None, None) => return false,
        }
        self.claims(sum, id)
    }

    /// The oldest message with these words of those first seen after this one was sent under a number.
    fn number(&mut self, sum: u32, id: u64, Number { packet, is_received }: Number) -> bool {
        let Session { queue, flight, .. } = &mut self.session;
        let is_it = |it: &Flight| !it.is_inbound && it.packet == packet;
        if let Some((.., it)) = flight.iter_mut().find(|(_, kept, it)| is_it(it) && kept.sum() == sum) {
            it.phase = if is_received { COMPLETING } else { it.phase };
            return is_received;
        }
        let find = |number: Option<u16>| {
            queue
                .iter()
                .position(|(seen, kept, queued)| *seen >= id && queued.packet == number && kept.sum() == sum)
        };
        let any = || queue.iter().position(|(seen, kept, _)| *seen >= id && kept.sum() == sum);
        let Some(index) = find(Some(packet)).or_else(|| find(None)).or_else(any) else { return false };
        if is_received {
            let (seen, kept, _) = queue.remove(index);
            flight.push((seen, kept, Flight { packet, is_inbound: false, phase: COMPLETING }));
        } else {
            (queue[index].2.packet, queue[index].2.dup) = (Some(packet), true);
        }
        true
    }

    /// Adds what the journal has, at the point to which it had come.
    fn add(&mut self, kept: &Kept, to: &StoredSubscription, number: Option<&Number>) {
        let (kept, mut queued) = copy_for(kept, to);
        match number {
            Some(Number { packet, is_received: true }) => {
                let flight = Flight { packet: *packet, is_inbound: false, phase: COMPLETING };
                self.session.flight.push((0, kept, flight));
                return;
            }
            Some(Number { packet, .. }) => (queued.packet, queued.dup) = (Some(*packet), true),
            None => {}
        }
        self.added.push((kept, queued));
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
