//! What the database holds, as hashes, so that only what changed is written; and the writing.
//!
//! A [`Checkpoint`] is one transaction; one that changes nothing is none. When a transaction fails, what the database
//! holds is not known any more, and the next checkpoint has to be a complete one.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::SystemTime;

use mqtt5::broker::storage::ClientSession;
use rusqlite::{Connection, Params, params};

use super::message::{Flight, Kept, Queued};
use super::places::{self, Place, Row};
use super::record::Handed;
use crate::disk::Fault;

/// What the database holds.
#[derive(Debug, Default)]
pub struct Known {
    hashes: RandomState,
    /// The hash of what each topic retains, and when it is worth nothing any more.
    retained: HashMap<String, (u64, Option<SystemTime>)>,
    sessions: HashMap<String, KnownSession>,
    last_session: i64,
}

#[derive(Debug, Default)]
struct KnownSession {
    id: i64,
    body: u64,
    queue: Vec<Place>,
    flight: HashMap<(bool, u16), InFlight>,
}

#[derive(Debug)]
struct InFlight {
    key: u64,
    sum: u32,
    seen: u64,
}

/// What changed since the last one.
#[derive(Debug, Default)]
pub struct Checkpoint {
    /// Whether this is all there is, and what else is in the database goes.
    pub is_complete: bool,
    /// What topics retain now, with the last message of the journal before it.
    pub retained: Vec<(String, Option<(u64, Kept)>)>,
    /// Sessions as they are now; those that are not to be kept are gone.
    pub sessions: Vec<(String, Option<ClientSession>)>,
    /// What waits in sessions.
    pub samples: Vec<Sample>,
    /// The last message of the journal.
    pub last: u64,
    /// The generation of the journal that begins with it, if one does.
    pub generation: Option<u64>,
}

/// What waited in one session at one moment.
#[derive(Debug)]
pub struct Sample {
    /// Whose session it is.
    pub client: Arc<str>,
    /// The moment, to be compared with others.
    pub stamp: u64,
    /// Its queue, in order.
    pub queue: Vec<(Kept, Queued)>,
    /// What was sent and not confirmed, and what it sent and did not release.
    pub flight: Vec<(Kept, Flight)>,
}

/// A transaction that begins with the first change.
struct Pen<'a> {
    connection: &'a Connection,
    is_open: bool,
}

impl Pen<'_> {
    fn write(&mut self, sql: &str, values: impl Params) -> Result<(), Fault> {
        if !self.is_open {
            self.connection.execute_batch("BEGIN IMMEDIATE")?;
            self.is_open = true;
        }
        self.connection.prepare_cached(sql)?.execute(values)?;
        Ok(())
    }

    /// The end; true if anything was written.
    fn close(&mut self) -> Result<bool, Fault> {
        if self.is_open {
            self.connection.execute_batch("COMMIT")?;
        }
        Ok(std::mem::take(&mut self.is_open))
    }
}

impl Drop for Pen<'_> {
    fn drop(&mut self) {
        if self.is_open {
            // The error that led here matters more; without the connection the transaction is gone, too.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }
}

impl Known {
    /// Writes what changed; true if anything did. After an error only a complete checkpoint helps.
    pub fn write(&mut self, connection: &Connection, checkpoint: &Checkpoint) -> Result<bool, Fault> {
        let mut pen = Pen { connection, is_open: false };
        if checkpoint.is_complete {
            *self = Self::default();
            for table in ["retained", "session", "queue", "flight"] {
                pen.write(&format!("DELETE FROM {table}"), [])?;
            }
        }
        for (topic, retained) in &checkpoint.retained {
            self.write_retained(&mut pen, topic, retained.as_ref())?;
        }
        for (client, session) in &checkpoint.sessions {
            match session {
                Some(session) => self.write_session(&mut pen, client, session)?,
                None => self.remove_session(&mut pen, client)?,
            }
        }
        for sample in &checkpoint.samples {
            self.write_sample(&mut pen, sample, checkpoint.last)?;
        }
        if pen.is_open {
            const SET: &str = "INSERT INTO fact VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = ?2";
            pen.write(SET, params!["last", checkpoint.last.cast_signed()])?;
            if let Some(generation) = checkpoint.generation {
                pen.write(SET, params!["journal", generation.cast_signed()])?;
            }
        }
        pen.close()
    }

    /// Topics whose retained messages are worth nothing any more.
    pub fn expired(&self, now: SystemTime) -> Vec<String> {
        let is_over = |expires: &Option<SystemTime>| expires.is_some_and(|expires| expires < now);
        let over = self.retained.iter().filter(|(_, (_, expires))| is_over(expires));
        over.map(|(topic, _)| topic.clone()).collect()
    }

    /// A retained message was read.
    pub fn read_retained(&mut self, kept: &Kept) {
        self.retained.insert(kept.topic.clone(), (self.retained_key(kept), kept.expires()));
    }

    fn retained_key(&self, kept: &Kept) -> u64 {
        // Without an expiry it does not matter when it was said again.
        let timeless = Kept { at: 0, ..kept.clone() };
        self.hashes.hash_one(if kept.expiry.is_some() { kept } else { &timeless })
    }

    /// A session was read.
    pub fn read_session(&mut self, id: i64, client: &str, body: &str) {
        let body = self.hashes.hash_one(body);
        self.last_session = self.last_session.max(id);
        self.sessions.insert(client.to_owned(), KnownSession { id, body, ..KnownSession::default() });
    }

    /// A message of a queue was read, after those before it.
    pub fn read_queued(&mut self, client: &str, place: i64, seen: u64, row: &(Kept, Queued)) {
        let (key, sum) = (self.hashes.hash_one(row), row.0.sum());
        if let Some(session) = self.sessions.get_mut(client) {
            session.queue.push(Place { place, key, sum, seen });
        }
    }

    /// A message in flight was read.
    pub fn read_flight(&mut self, client: &str, seen: u64, row: &(Kept, Flight)) {
        let (key, sum) = (self.hashes.hash_one(row), row.0.sum());
        if let Some(session) = self.sessions.get_mut(client) {
            session.flight.insert((row.1.is_inbound, row.1.packet), InFlight { key, sum, seen });
        }
    }

    fn write_retained(
        &mut self,
        pen: &mut Pen<'_>,
        topic: &str,
        retained: Option<&(u64, Kept)>,
    ) -> Result<(), Fault> {
        let Some((after, kept)) = retained else {
            if self.retained.remove(topic).is_some() {
                pen.write("DELETE FROM retained WHERE topic = ?1", [topic])?;
            }
            return Ok(());
        };
        let key = self.retained_key(kept);
        if self.retained.get(topic).is_some_and(|(known, _)| *known == key) {
            return Ok(());
        }
        const SET: &str = "INSERT INTO retained (topic, after, payload, qos, at, expiry, properties)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE SET after = ?2, payload = ?3, qos = ?4,
            at = ?5, expiry = ?6, properties = ?7";
        let Kept { payload, qos, at, expiry, properties, .. } = kept;
        let (after, at) = (after.cast_signed(), at.cast_signed());
        pen.write(SET, params![topic, after, &payload[..], qos, at, expiry, properties.to_text()])?;
        self.retained.insert(topic.to_owned(), (key, kept.expires()));
        Ok(())
    }

    fn write_session(
        &mut self,
        pen: &mut Pen<'_>,
        client: &str,
        session: &ClientSession,
    ) -> Result<(), Fault> {
        // Strings, numbers and maps of them: nothing of it can fail to be JSON.
        let body = serde_json::to_string(&sorted(session)).unwrap_or_default();
        let hash = self.hashes.hash_one(&body);
        match self.sessions.get_mut(client) {
            Some(known) if known.body == hash => {}
            Some(known) => {
                pen.write("UPDATE session SET body = ?2 WHERE id = ?1", params![known.id, body])?;
                known.body = hash;
            }
            None => {
                let id = self.last_session + 1;
                pen.write("INSERT INTO session VALUES (?1, ?2, ?3)", params![id, client, body])?;
                self.last_session = id;
                let session = KnownSession { id, body: hash, ..KnownSession::default() };
                self.sessions.insert(client.to_owned(), session);
            }
        }
        Ok(())
    }

    fn remove_session(&mut self, pen: &mut Pen<'_>, client: &str) -> Result<(), Fault> {
        let Some(KnownSession { id, queue, flight, .. }) = self.sessions.remove(client) else {
            return Ok(());
        };
        pen.write("DELETE FROM session WHERE id = ?1", [id])?;
        if !queue.is_empty() {
            pen.write("DELETE FROM queue WHERE session = ?1", [id])?;
        }
        if !flight.is_empty() {
            pen.write("DELETE FROM flight WHERE session = ?1", [id])?;
        }
        Ok(())
    }

    fn write_sample(&mut self, pen: &mut Pen<'_>, sample: &Sample, last: u64) -> Result<(), Fault> {
        let Some(known) = self.sessions.get_mut(&*sample.client) else { return Ok(()) };
        let mut seen = Seen { last, before: HashMap::new() };
        let keys: Vec<_> = sample.queue.iter().map(|row| self.hashes.hash_one(row)).collect();
        let moves = places::compare(&known.queue, &keys);
        for row in moves.gone.iter().map(|index| &known.queue[*index]) {
            seen.before.entry(row.sum).or_default().push(row.seen);
            pen.write("DELETE FROM queue WHERE session = ?1 AND place = ?2", [known.id, row.place])?;
        }
        let numbers: HashSet<_> = sample.flight.iter().map(|(_, it)| (it.is_inbound, it.packet)).collect();
        let over: Vec<_> = known.flight.keys().filter(|number| !numbers.contains(number)).copied().collect();
        for (is_inbound, packet) in over {
            if let Some(row) = known.flight.remove(&(is_inbound, packet)) {
                seen.before.entry(row.sum).or_default().push(row.seen);
            }
            const REMOVE: &str = "DELETE FROM flight WHERE session = ?1 AND inbound = ?2 AND packet = ?3";
            pen.write(REMOVE, params![known.id, is_inbound, packet])?;
        }
        // The oldest copy of the same words has the oldest sight, and what is in flight is older than the queue.
        seen.before.values_mut().for_each(|seen| seen.sort_unstable_by(|a, b| b.cmp(a)));
        for row in &sample.flight {
            let (key, sum) = (self.hashes.hash_one(row), row.0.sum());
            let number = (row.1.is_inbound, row.1.packet);
            let seen = match known.flight.get(&number) {
                Some(before) if before.key == key => continue,
                Some(before) if before.sum == sum => before.seen,
                Some(_) | None => seen.of(sum),
            };
            insert_flight(pen, known.id, seen, row)?;
            known.flight.insert(number, InFlight { key, sum, seen });
        }
        let mut rows = Vec::with_capacity(keys.len());
        for ((row, key), message) in moves.rows.iter().zip(keys).zip(&sample.queue) {
            rows.push(match row {
                Row::Stays(index) => known.queue[*index].clone(),
                Row::New(place) => {
                    let sum = message.0.sum();
                    let place = Place { place: *place, key, sum, seen: seen.of(sum) };
                    insert_queued(pen, known.id, &place, message)?;
                    place
                }
            });
        }
        known.queue = rows;
        Ok(())
    }
}

/// When messages of a session were seen first: what only moved keeps its time.
struct Seen {
    last: u64,
    before: HashMap<u32, Vec<u64>>,
}

impl Seen {
    fn of(&mut self, sum: u32) -> u64 {
        self.before.get_mut(&sum).and_then(Vec::pop).unwrap_or(self.last)
    }
}

fn insert_flight(
    pen: &mut Pen<'_>,
    session: i64,
    seen: u64,
    (kept, flight): &(Kept, Flight),
) -> Result<(), Fault> {
    const SET: &str = "INSERT OR REPLACE INTO flight (session, inbound, packet, seen, phase, topic, retain,
        payload, qos, at, expiry, properties) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
    let Kept { topic, payload, qos, retain, at, expiry, properties } = kept;
    let Flight { packet, is_inbound, phase } = flight;
    let (seen, at, payload, properties) =
        (seen.cast_signed(), at.cast_signed(), &payload[..], properties.to_text());
    pen.write(
        SET,
        params![
            session, is_inbound, packet, seen, phase, topic, retain, payload, qos, at, expiry, properties
        ],
    )
}

fn insert_queued(
    pen: &mut Pen<'_>,
    session: i64,
    Place { place, seen, .. }: &Place,
    (kept, queued): &(Kept, Queued),
) -> Result<(), Fault> {
    const INSERT: &str = "INSERT INTO queue (session, place, seen, packet, dup, subscriptions, topic, retain,
        payload, qos, at, expiry, properties) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
    let Kept { topic, payload, qos, retain, at, expiry, properties } = kept;
    let Queued { packet, dup, subscriptions } = queued;
    let numbers: Vec<String> = subscriptions.iter().map(u32::to_string).collect();
    let subscriptions = (!numbers.is_empty()).then(|| numbers.join(" "));
    let (seen, at, payload, properties) =
        (seen.cast_signed(), at.cast_signed(), &payload[..], properties.to_text());
    pen.write(
        INSERT,
        params![
            session,
            place,
            seen,
            packet,
            dup,
            subscriptions,
            topic,
            retain,
            payload,
            qos,
            at,
            expiry,
            properties
        ],
    )
}

/// A session as JSON that is the same text for the same session: maps have no order of their own.
fn sorted(session: &ClientSession) -> serde_json::Value {
    serde_json::to_value(session).unwrap_or_default()
}

impl Kept {
    /// The checksum by which the same words are recognised in other shapes.
    pub fn sum(&self) -> u32 {
        Handed::sum_of(self.topic.as_bytes(), &self.payload)
    }
}
