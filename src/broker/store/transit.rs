//! Messages between the journal and the queues: acknowledged or about to be, and not yet in a checkpoint.
//!
//! A message is released when it has been routed for certain and every session it was for has confirmed it or been
//! looked at since. That it has been routed is seen by its publisher's acknowledgement. Should nobody see that: a
//! client's handler works on one packet after the other, so the publisher's next word says it, too, and without one a
//! time does that is longer than any routing takes. A message of quality 2 is routed when its publisher releases it,
//! which is when it is no longer among what that client has in flight.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::record::{Publish, Record, Step};
use super::sessions::Recipient;
use super::unsent::Unsent;

/// Longer than routing one message can take: `mqtt5` waits at most two seconds for all slow subscribers together.
pub const ROUTED_WITHIN: Duration = Duration::from_secs(5);

/// All messages in transit.
#[derive(Debug, Default)]
pub struct Transit {
    last: u64,
    rows: BTreeMap<u64, Row>,
    /// What each publisher's next word says is done.
    open: HashMap<Arc<str>, Vec<u64>>,
    /// What lies in the sessions of publishers.
    lying: HashMap<Arc<str>, Vec<u64>>,
    /// Those that their topics are yet to retain.
    to_retain: HashMap<String, Vec<u64>>,
    unsent: Unsent,
}

#[derive(Debug)]
struct Row {
    publish: Publish,
    publisher: Arc<str>,
    sum: u32,
    /// The sessions it is for; with quality 2 its publisher's, too, in which it lies.
    recipients: Arc<[Recipient]>,
    /// Which of them have confirmed it, under which number.
    done: Vec<Option<u16>>,
    phase: Phase,
}

/// How far a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Its hook has not returned.
    Held,
    /// It is being routed since, or with quality 2 on its way into its publisher's session.
    Routing(Instant),
    /// With quality 2: it lies in its publisher's session.
    Lying,
    /// With quality 2: released by its publisher, and being routed since.
    Released(Instant),
    /// It is where it belongs since this stamp.
    Routed(u64),
}

impl Transit {
    /// Nothing is in transit; numbers go on after `last`.
    pub fn after(last: u64) -> Self {
        Self { last, ..Self::default() }
    }

    /// The last number given.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// A message that is for these sessions; gives it its number.
    pub fn add(&mut self, mut publish: Publish, recipients: Arc<[Recipient]>) -> Publish {
        self.last += 1;
        publish.id = self.last;
        let (publisher, sum) = (publish.publisher.as_str().into(), publish.kept.sum());
        if publish.kept.retain {
            self.to_retain.entry(publish.kept.topic.clone()).or_default().push(publish.id);
        }
        for recipient in recipients.iter().filter(|recipient| recipient.is_once) {
            self.unsent.add(publish.id, &recipient.client, sum);
        }
        let done = vec![None; recipients.len()];
        let row = Row { publish: publish.clone(), publisher, sum, recipients, done, phase: Phase::Held };
        self.rows.insert(publish.id, row);
        publish
    }

    /// The hook of a message returns: `mqtt5` has it now.
    pub fn returned(&mut self, id: u64, now: Instant) {
        if let Some(row) = self.rows.get_mut(&id) {
            row.phase = Phase::Routing(now);
            self.open.entry(row.publisher.clone()).or_default().push(id);
        }
    }

    /// A topic retains something else from now on, and what was to be retained before no longer matters.
    pub fn retained(&mut self, topic: &str) {
        for id in self.to_retain.remove(topic).unwrap_or_default() {
            if let Some(row) = self.rows.get_mut(&id) {
                row.publish.is_retained = true;
            }
        }
    }

    /// What has not gone out to clients yet.
    pub fn unsent(&mut self) -> &mut Unsent {
        &mut self.unsent
    }

    /// A client has confirmed a message under its number.
    pub fn done(&mut self, client: &str, id: u64, packet: u16) {
        let Some(row) = self.rows.get_mut(&id) else { return };
        if let Some(index) = row.recipients.iter().position(|it| *it.client == *client) {
            row.done[index] = Some(packet);
        }
        self.let_go(id);
    }

    /// A publisher is told that its message was taken, or with quality 2 that it is at its end (`is_routed`).
    pub fn answered(&mut self, publisher: &str, packet: u16, is_routed: bool, stamp: u64) {
        let is_it = |id: &u64| self.rows.get(id).is_some_and(|row| row.publish.packet == Some(packet));
        let index = self.open.get(publisher).and_then(|ids| ids.iter().position(is_it));
        match (index, self.open.get_mut(publisher)) {
            (Some(index), Some(ids)) => {
                let id = ids.swap_remove(index);
                self.advance(id, stamp);
            }
            _ if is_routed => self.ended(publisher, packet, stamp),
            _ => {}
        }
    }

    /// What lay in the session of its publisher has been released and routed.
    fn ended(&mut self, publisher: &str, packet: u16, stamp: u64) {
        let Some(ids) = self.lying.get_mut(publisher) else { return };
        let is_it = |id: &u64| self.rows.get(id).is_some_and(|row| row.publish.packet == Some(packet));
        let Some(index) = ids.iter().position(is_it) else { return };
        let id = ids.swap_remove(index);
        if ids.is_empty() {
            self.lying.remove(publisher);
        }
        if let Some(row) = self.rows.get_mut(&id) {
            row.phase = Phase::Routed(stamp);
            self.let_go(id);
        }
    }

    /// What has been routed and confirmed by everybody needs no looking at.
    fn let_go(&mut self, id: u64) {
        let is_over = |row: &Row| matches!(row.phase, Phase::Routed(_)) && row.unconfirmed().next().is_none();
        if self.rows.get(&id).is_some_and(is_over) {
            self.release(&[id].into());
        }
    }

    /// A publisher has said something else: what it said before is done.
    pub fn heard_from(&mut self, publisher: &str, stamp: u64) {
        for id in self.open.remove(publisher).unwrap_or_default() {
            self.advance(id, stamp);
        }
    }

    /// Another connection of the same client may speak now while the old one still routes: only time tells.
    pub fn replaced(&mut self, publisher: &str, now: Instant) {
        for id in self.open.get(publisher).into_iter().flatten() {
            if let Some(row) = self.rows.get_mut(id) {
                row.phase = match row.phase {
                    Phase::Routing(_) => Phase::Routing(now),
                    Phase::Released(_) => Phase::Released(now),
                    phase @ (Phase::Held | Phase::Lying | Phase::Routed(_)) => phase,
                };
            }
        }
        self.open.remove(publisher);
    }

    /// Lets time tell what has been routed.
    pub fn ripen(&mut self, now: Instant, stamp: u64) {
        let is_ripe = |row: &Row| match row.phase {
            Phase::Routing(since) | Phase::Released(since) => now - since >= ROUTED_WITHIN,
            Phase::Held | Phase::Lying | Phase::Routed(_) => false,
        };
        let ripe: Vec<_> = self.rows.iter().filter(|(_, row)| is_ripe(row)).map(|(id, _)| *id).collect();
        for id in ripe {
            self.advance(id, stamp);
        }
    }

    fn advance(&mut self, id: u64, stamp: u64) {
        let Some(row) = self.rows.get_mut(&id) else { return };
        match row.phase {
            Phase::Routing(_) if row.publish.kept.qos == 2 => {
                row.phase = Phase::Lying;
                self.lying.entry(row.publisher.clone()).or_default().push(id);
            }
            Phase::Routing(_) | Phase::Released(_) => {
                row.phase = Phase::Routed(stamp);
                self.let_go(id);
            }
            Phase::Held | Phase::Lying | Phase::Routed(_) => {}
        }
    }

    /// Publishers in whose sessions messages lie.
    pub fn publishers(&self) -> Vec<Arc<str>> {
        self.lying.keys().cloned().collect()
    }

    /// What lies in the session of a publisher, by its own numbers; the others are released.
    pub fn lies(&mut self, publisher: &Arc<str>, numbers: &HashSet<u16>, now: Instant) {
        let Some(ids) = self.lying.remove(publisher) else { return };
        let mut lying = Vec::new();
        for id in ids {
            let Some(row) = self.rows.get_mut(&id) else { continue };
            if row.publish.packet.is_some_and(|packet| numbers.contains(&packet)) {
                lying.push(id);
            } else {
                row.phase = Phase::Released(now);
                self.open.entry(publisher.clone()).or_default().push(id);
            }
        }
        if !lying.is_empty() {
            self.lying.insert(publisher.clone(), lying);
        }
    }

    /// The sessions that messages wait for which have been routed.
    pub fn awaited(&self) -> HashSet<Arc<str>> {
        let routed = self.rows.values().filter(|row| matches!(row.phase, Phase::Routed(_)));
        routed.flat_map(Row::unconfirmed).cloned().collect()
    }

    /// What need not be kept any more, once what was seen is: `seen` gives the stamp when a session was looked at, and
    /// nothing for a session that is gone.
    pub fn releasable(&self, seen: impl Fn(&Arc<str>) -> Option<u64>) -> HashSet<u64> {
        let is_over = |row: &Row| match row.phase {
            Phase::Routed(stamp) => {
                row.unconfirmed().all(|client| seen(client).is_none_or(|seen| seen > stamp))
            }
            Phase::Held | Phase::Routing(_) | Phase::Lying | Phase::Released(_) => false,
        };
        self.rows.iter().filter(|(_, row)| is_over(row)).map(|(id, _)| *id).collect()
    }

    /// At the end, when nothing is routed any more, everything is where it belongs.
    pub fn all(&self) -> HashSet<u64> {
        self.rows.keys().copied().collect()
    }

    /// All messages but these, for the journal. When equal words go and others stay, what is found of them in a queue
    /// may be of either, so those that stay are passed on anew after a restart.
    pub fn carried(&mut self, released: &HashSet<u64>) -> Vec<Record> {
        let gone: HashSet<u32> =
            released.iter().filter_map(|id| self.rows.get(id)).map(|row| row.sum).collect();
        let rest = self.rows.iter_mut().filter(|(id, _)| !released.contains(id));
        rest.flat_map(|(_, row)| {
            row.publish.is_ambiguous |= gone.contains(&row.sum);
            std::iter::once(Record::Publish(row.publish.clone())).chain(row.steps().collect::<Vec<_>>())
        })
        .collect()
    }

    /// Forgets messages.
    pub fn release(&mut self, released: &HashSet<u64>) {
        for id in released {
            let Some(row) = self.rows.remove(id) else { continue };
            for Recipient { client, .. } in row.recipients.iter() {
                self.unsent.release(client, row.sum, |id| self.rows.contains_key(id));
            }
            if let Some(ids) = self.to_retain.get_mut(&row.publish.kept.topic) {
                ids.retain(|id| *id != row.publish.id);
                if ids.is_empty() {
                    self.to_retain.remove(&row.publish.kept.topic);
                }
            }
        }
    }

    /// Whether nothing is in transit.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl Row {
    fn unconfirmed(&self) -> impl Iterator<Item = &Arc<str>> {
        let both = self.recipients.iter().zip(&self.done);
        both.filter(|(_, done)| done.is_none()).map(|(recipient, _)| &recipient.client)
    }

    /// Who has confirmed it.
    fn steps(&self) -> impl Iterator<Item = Record> {
        self.recipients.iter().zip(&self.done).filter_map(|(recipient, packet)| {
            let (client, packet, id) = (recipient.client.to_string(), (*packet)?, Some(self.publish.id));
            Some(Record::Done(Step { client, packet, sum: self.sum, id, is_again: false }))
        })
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::super::message::{Kept, Properties};
    use super::*;

    fn publish(qos: u8, payload: &'static str) -> Publish {
        let kept = Kept {
            topic: "t".into(),
            payload: Bytes::from_static(payload.as_bytes()),
            qos,
            retain: false,
            at: 0,
            expiry: None,
            properties: Properties::default(),
        };
        Publish {
            id: 0,
            publisher: "p".into(),
            packet: Some(1),
            is_ambiguous: false,
            is_retained: false,
            kept,
        }
    }

    fn add(transit: &mut Transit, qos: u8, payload: &'static str, now: Instant) -> u64 {
        let recipient = Recipient { client: "c".into(), is_once: true };
        let id = transit.add(publish(qos, payload), Arc::new([recipient])).id;
        transit.returned(id, now);
        id
    }

    #[test]
    fn a_message_goes_when_it_was_routed_and_its_sessions_looked_at() {
        let (mut transit, now) = (Transit::after(7), Instant::now());
        let id = add(&mut transit, 1, "a", now);
        assert_eq!(id, 8);
        let released = |transit: &Transit, seen| transit.releasable(|_| seen).len();
        assert_eq!(released(&transit, Some(99)), 0, "nobody knows whether it has been routed");
        transit.heard_from("other", 1);
        assert_eq!(released(&transit, Some(99)), 0);
        transit.heard_from("p", 5);
        assert_eq!(transit.awaited(), ["c".into()].into());
        assert_eq!(released(&transit, Some(5)), 0, "looked at before it was there");
        assert_eq!(released(&transit, Some(6)), 1);
        assert_eq!(released(&transit, None), 1, "the session is gone");
        transit.release(&[id].into());
        assert!(transit.is_empty());
    }

    #[test]
    fn time_tells_what_a_silent_or_replaced_publisher_does_not() {
        let (mut transit, start) = (Transit::default(), Instant::now());
        add(&mut transit, 1, "a", start);
        transit.replaced("p", start + Duration::from_secs(1));
        transit.heard_from("p", 1);
        transit.ripen(start + ROUTED_WITHIN, 2);
        assert!(transit.awaited().is_empty());
        transit.ripen(start + ROUTED_WITHIN + Duration::from_secs(1), 3);
        assert_eq!(transit.awaited().len(), 1);
    }

    #[test]
    fn quality_2_stays_until_its_publisher_released_it() {
        let (mut transit, now) = (Transit::default(), Instant::now());
        add(&mut transit, 2, "a", now);
        transit.heard_from("p", 1);
        transit.lies(&"p".into(), &[1].into(), now);
        transit.ripen(now + ROUTED_WITHIN * 2, 2);
        transit.heard_from("p", 3);
        assert!(transit.awaited().is_empty());
        transit.lies(&"p".into(), &HashSet::new(), now);
        assert!(transit.awaited().is_empty(), "released a moment ago, perhaps not routed yet");
        transit.heard_from("p", 4);
        assert_eq!(transit.awaited().len(), 1);
        assert!(transit.publishers().is_empty());
    }

    #[test]
    fn what_stays_of_equal_words_is_passed_on_anew() {
        let (mut transit, now) = (Transit::default(), Instant::now());
        let first = add(&mut transit, 1, "a", now);
        transit.heard_from("p", 1);
        add(&mut transit, 1, "a", now);
        add(&mut transit, 1, "b", now);
        let ambiguous = |records: Vec<Record>| {
            let is = |record| matches!(record, Record::Publish(Publish { is_ambiguous: true, .. }));
            records.into_iter().map(is).collect::<Vec<_>>()
        };
        assert_eq!(ambiguous(transit.carried(&HashSet::new())), [false, false, false]);
        assert_eq!(ambiguous(transit.carried(&[first].into())), [true, false]);
    }
}
