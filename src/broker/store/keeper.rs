//! The thread that brings what is in memory into the database: once a second what changed, and nothing if nothing did.
//!
//! A checkpoint looks at the sessions that something happened to, begins a new generation of the journal with what is
//! still in transit, writes the difference to what the database holds, and only then lets go of the older generation.
//! When writing fails, everything is written anew every [`RETRY_EVERY`] until that succeeds.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use mqtt5::broker::storage::{ClientSession, InflightDirection, StorageBackend};

use super::PLAN;
use super::desk::{Desk, Dirty};
use super::known::{Checkpoint, Known, Sample};
use super::message::Kept;
use super::sessions::{Session, at_once};
use super::{LOOK_EVERY, RETRY_EVERY};
use crate::clock;
use crate::disk::{Database, Fault, StoreError};

/// A checkpoint may take this part of the time: one that takes long makes the next one come later.
const SHARE: u32 = 20;
/// How often what was written is brought to the disk itself; a power cut costs at most this much.
pub const SYNC_EVERY: Duration = Duration::from_secs(10);
/// How often messages that are worth nothing any more, and empty pages, are looked for.
const CLEAN_EVERY: Duration = Duration::from_secs(60);

/// Brings memory into the database.
pub struct Keeper {
    desk: Arc<Desk>,
    path: PathBuf,
    database: Option<Database>,
    known: Known,
    stamp: u64,
    is_unsynced: bool,
    next: Next,
    /// The wall clock and the other one at the same moment.
    clocks: (SystemTime, Instant),
}

/// When something is due again.
struct Next {
    look: Instant,
    retry: Instant,
    sync: Instant,
    clean: Instant,
}

impl Keeper {
    /// Of an open database that holds what is `known`.
    pub fn new(desk: Arc<Desk>, path: PathBuf, database: Database, known: Known) -> Self {
        let now = Instant::now();
        let next = Next {
            look: now + LOOK_EVERY,
            retry: now + RETRY_EVERY,
            sync: now + SYNC_EVERY,
            clean: now + CLEAN_EVERY,
        };
        let (database, clocks) = (Some(database), (SystemTime::now(), now));
        Self { desk, path, database, known, stamp: 0, is_unsynced: false, next, clocks }
    }

    /// Starts the thread.
    pub fn start(self) -> io::Result<JoinHandle<()>> {
        std::thread::Builder::new().name("broker-store".to_owned()).spawn(move || self.run())
    }

    fn run(mut self) {
        loop {
            let is_closing = self.desk.wait_until(self.next.look);
            if is_closing {
                break;
            }
            if self.desk.health.is_well() {
                self.write_sessions();
            }
            let now = Instant::now();
            if now >= self.next.look {
                self.look(now);
                let took = now.elapsed();
                self.next.look = now + LOOK_EVERY.max(took * SHARE);
            }
        }
        self.finish();
    }

    /// What is done every second.
    fn look(&mut self, now: Instant) {
        self.check_clock(now);
        if self.database.as_ref().is_some_and(|database| !database.is_in_place()) {
            let gone = Fault::Disk(io::Error::new(io::ErrorKind::NotFound, "the file was moved or deleted"));
            self.desk.health.fail(&self.path.display().to_string(), &gone);
            (self.database, self.next.retry) = (None, now);
        }
        if !self.desk.health.is_well() {
            if now >= self.next.retry {
                self.next.retry = now + RETRY_EVERY;
                self.write_anew();
            } else {
                // All is written from memory when that can be: what has arrived there need not be held twice.
                let (_, released) = self.arrived(now, false);
                self.desk.transit().release(&released);
            }
            return;
        }
        if now >= self.next.clean {
            self.next.clean = now + CLEAN_EVERY;
            self.clean();
        }
        let result = self.checkpoint(now, false);
        self.note(result);
        if now >= self.next.sync && std::mem::take(&mut self.is_unsynced) {
            self.next.sync = now + SYNC_EVERY;
            let synced =
                self.desk.journal.sync().and_then(|()| self.database.as_ref().map_or(Ok(()), Database::sync));
            self.note(synced.map(|()| false).map_err(Fault::Disk));
        }
    }

    /// Sessions are written at once, because somebody waits for it.
    fn write_sessions(&mut self) {
        let (clients, waiters) = self.desk.take_sessions();
        if !clients.is_empty() {
            let sessions = clients.into_iter().map(|client| self.session(client)).collect();
            let checkpoint =
                Checkpoint { sessions, last: self.desk.transit().last(), ..Checkpoint::default() };
            let result = self.write(&checkpoint);
            self.note(result);
        }
        drop(waiters);
    }

    /// Writes what changed; at the end of all (`is_last`) everything that is in transit has arrived.
    fn checkpoint(&mut self, now: Instant, is_last: bool) -> Result<bool, Fault> {
        let desk = self.desk.clone();
        let (samples, released) = self.arrived(now, is_last);
        // Asked after the look: whatever was seen is no newer than this.
        let last = desk.transit().last();
        if samples.is_empty() && released.is_empty() && !desk.is_dirty() {
            return Ok(false);
        }
        let begun = desk.journal.holds_any().then(|| desk.journal.begin(true, || desk.carried(&released)));
        let generation = begun.transpose()?;
        // Only now: what is journaled from here on is in the new generation, and what was before is in memory.
        let Dirty { retained, sessions, waiters, .. } = desk.take();
        let retained = retained.into_iter().map(|(topic, after)| self.retained(topic, after)).collect();
        let sessions = sessions.into_iter().map(|client| self.session(client)).collect();
        let checkpoint = Checkpoint { is_complete: false, retained, sessions, samples, last, generation };
        let has_written = self.write(&checkpoint)?;
        if generation.is_some() {
            desk.journal.settle()?;
        }
        desk.transit().release(&released);
        drop(waiters);
        Ok(has_written || generation.is_some())
    }

    /// A look at what has changed, and the messages in transit of which it says that they have arrived.
    fn arrived(&mut self, now: Instant, is_last: bool) -> (Vec<Sample>, HashSet<u64>) {
        let desk = self.desk.clone();
        let earlier = std::mem::replace(&mut self.stamp, desk.tick());
        desk.sessions.changed().iter().for_each(|client| desk.refresh(client));
        self.follow_releases(now);
        let (samples, seen) = self.samples(earlier, is_last);
        let released = match is_last {
            true => desk.transit().all(),
            false => desk.transit().releasable(|client| match desk.sessions.get(client) {
                None => Some(u64::MAX),
                Some(_) => Some(seen.get(client).copied().unwrap_or(0)),
            }),
        };
        (samples, released)
    }

    /// Messages of quality 2 whose publishers have released them are on their way to queues now.
    fn follow_releases(&self, now: Instant) {
        let publishers = self.desk.transit().publishers();
        for publisher in publishers {
            let flight = at_once(self.desk.storage.get_inflight_messages(&publisher)).unwrap_or_default();
            let inbound = flight.iter().filter(|message| message.direction == InflightDirection::Inbound);
            let numbers: HashSet<u16> = inbound.map(|message| message.packet_id).collect();
            self.desk.transit().lies(&publisher, &numbers, now);
        }
        self.desk.transit().ripen(now, self.stamp);
    }

    /// A look at every session that something happened to or that is waited for, and when each look was.
    fn samples(&self, earlier: u64, is_last: bool) -> (Vec<Sample>, HashMap<Arc<str>, u64>) {
        let awaited = self.desk.transit().awaited();
        let stamp = self.desk.tick();
        let (mut samples, mut seen) = (Vec::new(), HashMap::new());
        for session in self.desk.sessions.all() {
            let was_touched = session.was_touched();
            if !was_touched && !awaited.contains(session.client()) && !is_last {
                continue;
            }
            let steps = self.desk.under_way().steps(session.client());
            let (sample, counts) = session.look(&self.desk.storage, stamp, earlier);
            if counts || is_last {
                self.desk.looked(&sample, steps);
                seen.insert(sample.client.clone(), sample.stamp);
                samples.push(sample);
            } else {
                session.touch();
            }
        }
        (samples, seen)
    }

    fn retained(&self, topic: String, after: u64) -> (String, Option<(u64, Kept)>) {
        let message = at_once(self.desk.storage.get_retained_message(&topic)).flatten();
        (topic, message.map(|message| (after, Kept::from_retained(&message))))
    }

    fn session(&self, client: String) -> (String, Option<ClientSession>) {
        let session = self.desk.sessions.read(&client);
        (client, session)
    }

    fn write(&mut self, checkpoint: &Checkpoint) -> Result<bool, Fault> {
        match &self.database {
            Some(database) => self.known.write(&database.connection, checkpoint),
            None => Err(Fault::Disk(io::ErrorKind::NotFound.into())),
        }
    }

    fn note(&mut self, result: Result<bool, Fault>) {
        match result {
            Ok(has_written) => self.is_unsynced |= has_written,
            Err(fault) => {
                self.next.retry = Instant::now() + RETRY_EVERY;
                self.desk.health.fail(&self.path.display().to_string(), &fault);
            }
        }
    }

    /// Writes everything there is; with that all is well again.
    fn write_anew(&mut self) {
        match self.try_anew() {
            Ok(()) => self.desk.health.recover(),
            Err(reason) => tracing::debug!("the broker still cannot keep its messages: {reason}"),
        }
    }

    fn try_anew(&mut self) -> Result<(), String> {
        let say = |fault: Fault| fault.to_string();
        // What failed once is opened again: the file may be another one by now, or damaged.
        drop(self.database.take());
        self.database =
            Some(Database::open(&self.path, PLAN).map_err(|error: StoreError| error.to_string())?);
        let desk = self.desk.clone();
        drop(desk.take());
        let last = desk.transit().last();
        let retained = at_once(desk.storage.get_retained_messages("#")).unwrap_or_default();
        let keep =
            |(topic, message): &(_, _)| (String::clone(topic), Some((last, Kept::from_retained(message))));
        let retained = retained.iter().map(keep).collect();
        let all = desk.sessions.all();
        let stamp = desk.tick();
        let look = |session: &Arc<Session>| session.look(&desk.storage, stamp, stamp).0;
        let samples = all.iter().map(look).collect();
        let sessions = all.iter().map(|session| self.session(session.client().to_string())).collect();
        let last = desk.transit().last();
        let checkpoint =
            Checkpoint { is_complete: true, retained, sessions, samples, last, generation: None };
        self.write(&checkpoint).map_err(say)?;
        let begun = desk.journal.begin(false, || desk.carried(&HashSet::new()));
        begun.map(drop).map_err(|error| error.to_string())
    }

    /// Removes what is worth nothing any more, and gives empty pages back.
    fn clean(&mut self) {
        let now = SystemTime::now();
        if clock::is_plausible(now) {
            for topic in self.known.expired(now) {
                self.desk.retain_changed(&topic);
            }
        }
        let Some(database) = &self.database else { return };
        let free = database.connection.query_row("PRAGMA freelist_count", [], |row| row.get::<_, u32>(0));
        let shrunk = match free {
            Ok(pages) if pages > 256 => database.give_back(pages),
            other => other.map(|_| ()).map_err(Fault::Database),
        };
        self.note(shrunk.map(|()| false));
    }

    /// A clock that is set at last must not end the sessions of those who left before it was.
    fn check_clock(&mut self, now: Instant) {
        let wall = SystemTime::now();
        let (was, at) = std::mem::replace(&mut self.clocks, (wall, now));
        if clock::is_plausible(was) || !clock::is_plausible(wall) {
            return;
        }
        let by = wall.duration_since(was + (now - at)).unwrap_or_default();
        let by = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        for session in self.desk.sessions.all() {
            session.redate(&self.desk.storage, by);
            self.desk.session_changed(session.client());
        }
    }

    fn finish(mut self) {
        if self.desk.health.is_well() {
            let result = self.checkpoint(Instant::now(), true);
            self.note(result);
        } else {
            self.write_anew();
        }
        self.desk.journal.close();
        let closed = self.database.take().map_or(Ok(()), Database::close);
        if let Err(fault) = closed {
            self.desk.health.fail(&self.path.display().to_string(), &fault);
        }
        drop(self.desk.take());
    }
}
