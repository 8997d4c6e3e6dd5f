//! Which message is meant by a number between the broker and a client, and what has happened to it since the last look.
//!
//! Numbers are only seen on packets: a message goes out under one, and the client confirms the number. What happened
//! after a look at a session is not in the checkpoint, so the next generation of the journal has to begin with it.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::known::Sample;
use super::message::COMPLETING;
use super::record::{Record, Step};

/// How many steps of one client are remembered; without the oldest a restart only asks the client again.
const REMEMBERED: usize = 4_096;

/// What was sent to clients and is not confirmed.
#[derive(Debug, Default)]
pub struct UnderWay {
    by_client: HashMap<Arc<str>, Course>,
}

#[derive(Debug, Default)]
struct Course {
    sent: HashMap<u16, Sent>,
    /// Steps since the last look, and how many came before them.
    recent: VecDeque<Record>,
    before: u64,
}

/// One message that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The checksum of its topic and payload.
    pub sum: u32,
    /// Which message of the journal it is; none for one that came before.
    pub id: Option<u64>,
    /// With quality 2: the client has it, and may forget its number.
    pub is_received: bool,
}

impl UnderWay {
    /// Whether exactly this was sent to a client under this number before.
    pub fn has(&self, client: &str, packet: u16, sum: u32) -> bool {
        let sent = self.by_client.get(client).and_then(|course| course.sent.get(&packet));
        sent.is_some_and(|sent| sent.sum == sum)
    }

    /// What a client holds or waits for since before a restart, and the database knows.
    pub fn restore(&mut self, sample: &Sample) {
        let outbound = sample.flight.iter().filter(|(_, flight)| !flight.is_inbound);
        let flight = outbound.map(|(kept, it)| (kept, it.packet, it.phase == COMPLETING));
        let queue = sample.queue.iter().filter_map(|(kept, it)| Some((kept, it.packet?, false)));
        for (kept, packet, is_received) in flight.chain(queue) {
            let course = self.by_client.entry(sample.client.clone()).or_default();
            course.sent.insert(packet, Sent { sum: kept.sum(), id: None, is_received });
        }
    }

    /// A message is sent.
    pub fn send(&mut self, client: &Arc<str>, packet: u16, sent: Sent) -> Record {
        let course = self.by_client.entry(client.clone()).or_default();
        course.sent.insert(packet, sent);
        course.note(Record::Sent(sent.step(client, packet)))
    }

    /// A client has received a message of quality 2; nothing if that is known already.
    pub fn receive(&mut self, client: &str, packet: u16) -> Option<Record> {
        let course = self.by_client.get_mut(client)?;
        let sent = course.sent.get_mut(&packet)?;
        let is_new = !std::mem::replace(&mut sent.is_received, true);
        let step = sent.step(client, packet);
        is_new.then(|| course.note(Record::Received(step)))
    }

    /// A message is confirmed; gives what it was.
    pub fn confirm(&mut self, client: &str, packet: u16) -> Option<(Sent, Record)> {
        let course = self.by_client.get_mut(client)?;
        let sent = course.sent.remove(&packet)?;
        Some((sent, course.note(Record::Done(sent.step(client, packet)))))
    }

    /// The session of a client is over; its numbers mean nothing any more.
    pub fn forget(&mut self, client: &str) {
        self.by_client.remove(client);
    }

    /// How many steps there were at a client; to be asked before a look.
    pub fn steps(&self, client: &str) -> u64 {
        self.by_client.get(client).map_or(0, |course| course.before + course.recent.len() as u64)
    }

    /// A look at a session has seen what these steps did.
    pub fn looked(&mut self, client: &str, steps: u64) {
        let Some(course) = self.by_client.get_mut(client) else { return };
        while course.before < steps && course.recent.pop_front().is_some() {
            course.before += 1;
        }
        if course.sent.is_empty() && course.recent.is_empty() {
            self.by_client.remove(client);
        }
    }

    /// What must be known after a restart.
    pub fn records(&self) -> Vec<Record> {
        let mut records = Vec::new();
        for (client, course) in &self.by_client {
            for (packet, sent) in &course.sent {
                let step = sent.step(client, *packet);
                records.push(Record::Sent(step.clone()));
                records.extend(sent.is_received.then_some(Record::Received(step)));
            }
            records.extend(course.recent.iter().cloned());
        }
        records
    }
}

impl Course {
    fn note(&mut self, record: Record) -> Record {
        if self.recent.len() == REMEMBERED {
            self.recent.pop_front();
            self.before += 1;
        }
        self.recent.push_back(record.clone());
        record
    }
}

impl Sent {
    fn step(&self, client: &str, packet: u16) -> Step {
        Step { client: client.to_owned(), packet, sum: self.sum, id: self.id, is_again: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_since_the_last_look_is_told_on() {
        let mut under_way = UnderWay::default();
        let client: Arc<str> = "c".into();
        let sent = |sum| Sent { sum, id: None, is_received: false };
        under_way.send(&client, 1, sent(10));
        assert!(under_way.has("c", 1, 10) && !under_way.has("c", 1, 11));
        let steps = under_way.steps("c");
        under_way.confirm("c", 1).unwrap();
        under_way.send(&client, 2, sent(20));
        under_way.looked("c", steps);
        let step = |packet, sum| Step { client: "c".into(), packet, sum, id: None, is_again: false };
        let expect = [Record::Sent(step(2, 20)), Record::Done(step(1, 10)), Record::Sent(step(2, 20))];
        assert_eq!(under_way.records(), expect);
        assert!(under_way.receive("c", 2).is_some() && under_way.receive("c", 2).is_none());
        under_way.looked("c", under_way.steps("c"));
        assert_eq!(under_way.records(), [Record::Sent(step(2, 20)), Record::Received(step(2, 20))]);
        under_way.confirm("c", 2).unwrap();
        under_way.looked("c", under_way.steps("c"));
        assert_eq!(under_way.records(), []);
        assert_eq!(under_way.steps("c"), 0);
    }

    #[test]
    fn steps_that_nobody_looks_at_are_bounded() {
        let mut under_way = UnderWay::default();
        for number in 0..20_000_u16 {
            let sent = Sent { sum: 1, id: None, is_received: false };
            under_way.send(&"c".into(), number % 20, sent);
            under_way.confirm("c", number % 20).unwrap();
        }
        assert_eq!(under_way.records().len(), REMEMBERED);
        assert_eq!(under_way.steps("c"), 40_000);
    }
}
