//! What the broker must know after a restart, in the data folder: retained messages, sessions and what waits in them.
//!
//! The running state is `mqtt5`'s own, in memory. `broker.sqlite` holds what it was a second ago at most; what was
//! promised since lies in a journal beside it, which is why an acknowledgement needs only one short write. [`Hooks`]
//! hear what happens, the [`Keeper`] brings it into the database, [`Journal`] keeps promises, [`restore`] brings all
//! of it back. When the disk cannot be written the broker goes on from memory and says so ([`StoreState`]).

mod arrivals;
mod desk;
mod hooks;
mod journal;
mod keeper;
mod known;
mod load;
mod message;
pub mod moment;
mod places;
mod record;
mod restore;
mod sessions;
mod transit;
mod under_way;
mod unsent;
mod witness;

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use mqtt5::broker::events::BrokerEventHandler;
use mqtt5::broker::storage::{DynamicStorage, QueueLimits, StorageBackend};
use tokio::sync::watch;

pub use crate::disk::{StoreError, StoreState};
pub use witness::{Witness, Witnessed};

use crate::disk::{Database, Health, Plan, Words};
use desk::Desk;
use hooks::Hooks;
use journal::Journal;
use keeper::Keeper;
use known::{Checkpoint, Known};
use message::Kept;
use sessions::{Sessions, at_once};

/// All tables of its file. Messages of sessions belong to the row of their session.
const TABLES: &str = "
CREATE TABLE retained (
    topic TEXT NOT NULL UNIQUE, after INTEGER NOT NULL,
    payload BLOB NOT NULL, qos INTEGER NOT NULL, at INTEGER NOT NULL, expiry INTEGER, properties TEXT);
CREATE TABLE session (id INTEGER PRIMARY KEY, client TEXT NOT NULL UNIQUE, body TEXT NOT NULL);
CREATE TABLE queue (
    session INTEGER NOT NULL, place INTEGER NOT NULL, seen INTEGER NOT NULL,
    packet INTEGER, dup INTEGER NOT NULL, subscriptions TEXT, topic TEXT NOT NULL, retain INTEGER NOT NULL,
    payload BLOB NOT NULL, qos INTEGER NOT NULL, at INTEGER NOT NULL, expiry INTEGER, properties TEXT,
    PRIMARY KEY (session, place)) WITHOUT ROWID;
CREATE TABLE flight (
    session INTEGER NOT NULL, inbound INTEGER NOT NULL, packet INTEGER NOT NULL, seen INTEGER NOT NULL,
    phase INTEGER NOT NULL, topic TEXT NOT NULL, retain INTEGER NOT NULL,
    payload BLOB NOT NULL, qos INTEGER NOT NULL, at INTEGER NOT NULL, expiry INTEGER, properties TEXT,
    PRIMARY KEY (session, inbound, packet)) WITHOUT ROWID;
CREATE TABLE fact (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
";

/// What the file is for.
const PLAN: Plan = Plan {
    version: 1,
    tables: TABLES,
    loss: "the broker begins with an empty one; retained messages and sessions are lost until clients say them again",
    page: 4096,
};
/// What is said when it cannot be written.
const WORDS: Words = Words {
    fails: "the broker cannot keep its messages",
    meanwhile: "it goes on in memory, so a stop now would lose them",
    recovers: "the broker keeps its messages again; everything it knows has been written",
};

/// How often what changed is written.
pub const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often files that cannot be written are tried again.
pub const RETRY_EVERY: Duration = Duration::from_secs(10);

/// What the store must know of the broker's limits.
#[derive(Clone, Copy, Debug)]
pub struct StoreLimits {
    /// What may wait in one session.
    pub queue: QueueLimits,
    /// How many messages may be under way to one client; no more than the broker's own limit.
    pub in_flight: u16,
}

/// What the broker keeps; one per data folder.
pub struct Store {
    desk: Arc<Desk>,
    threads: Vec<JoinHandle<()>>,
}

impl Store {
    /// Opens the file, `broker.sqlite` in the data folder, and brings back what is in it. Reads and checks all of it,
    /// so it takes as long as that does.
    pub fn open(path: &Path, limits: StoreLimits) -> Result<Self, StoreError> {
        let unusable = |reason: String| StoreError::Unusable { path: path.to_owned(), reason };
        let health = Health::new(WORDS);
        let database = Database::open(path, PLAN)?;
        let mut known = Known::default();
        let now = SystemTime::now();
        let contents =
            load::load(&database.connection, &mut known, now).map_err(|error| unusable(error.to_string()))?;
        if contents.damaged > 0 {
            tracing::warn!("{}: {} damaged entries were left out", path.display(), contents.damaged);
        }
        let is_damaged = contents.damaged > 0;
        let (journal, records) = Journal::open(path, contents.generation, health.clone())
            .map_err(|error| unusable(error.to_string()))?;
        let has_records = !records.is_empty();
        let restored = restore::restore(contents, records, limits.queue, now);
        let desk = Arc::new(set_up(restored.storage, limits, journal, health, restored.last));
        if restored.passed_on > 0 {
            tracing::info!(
                "the broker was not stopped properly; {} messages it had acknowledged were put into sessions' queues",
                restored.passed_on
            );
        }
        desk.hand(restored.handed);
        if has_records || is_damaged {
            let checkpoint = first(&desk, restored.retained, restored.sessions, is_damaged);
            let written = known.write(&database.connection, &checkpoint);
            let begun =
                written.and_then(|_| Ok(desk.journal.begin(false, || desk.carried(&Default::default()))?));
            if let Err(fault) = begun {
                desk.health.fail(&path.display().to_string(), &fault);
            }
        }
        let thread = |error: std::io::Error| unusable(format!("no thread for it: {error}"));
        let journal = desk.journal.start().map_err(thread)?;
        let keeper = Keeper::new(desk.clone(), path.to_owned(), database, known).start().map_err(thread)?;
        Ok(Self { desk, threads: vec![keeper, journal] })
    }

    /// The running state, for the broker's router and handlers.
    pub fn storage(&self) -> Arc<DynamicStorage> {
        self.desk.storage.clone()
    }

    /// What must hear everything that happens in the broker, and may answer in its place.
    pub fn hooks(&self) -> Arc<dyn BrokerEventHandler> {
        Arc::new(Hooks::new(self.desk.clone()))
    }

    /// What must see the packets that clients are sent, so that after a `kill -9` nothing is sent twice without need.
    pub fn witness(&self) -> Witness {
        Witness::new(self.desk.clone())
    }

    /// Whether what is promised is kept.
    pub fn state(&self) -> watch::Receiver<StoreState> {
        self.desk.health.watch()
    }

    /// Writes everything, once all clients have left; after this nothing is kept any more.
    pub async fn close(mut self) {
        let threads = std::mem::take(&mut self.threads);
        self.desk.close();
        let ended =
            tokio::task::spawn_blocking(move || threads.into_iter().all(|thread| thread.join().is_ok()));
        if !ended.await.unwrap_or(false) {
            tracing::error!(
                "a thread of the broker's store broke; what it kept is as old as its last checkpoint"
            );
        }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.desk.close();
    }
}

fn set_up(storage: DynamicStorage, limits: StoreLimits, journal: Journal, health: Health, last: u64) -> Desk {
    let storage = Arc::new(storage);
    let sessions = Sessions::new(storage.clone(), limits.in_flight);
    for client in at_once(storage.session_client_ids()).unwrap_or_default() {
        sessions.refresh(&client);
    }
    let desk = Desk::new(storage, sessions, journal, health, last);
    for session in desk.sessions.all() {
        let stamp = desk.tick();
        desk.restored(&session.look(&desk.storage, stamp, stamp).0);
    }
    desk
}

/// What the database does not hold of what was restored; all of it if some rows made no sense.
fn first(
    desk: &Desk,
    retained: std::collections::HashMap<String, u64>,
    sessions: std::collections::HashSet<String>,
    is_complete: bool,
) -> Checkpoint {
    let last = desk.transit().last();
    let stamp = desk.tick();
    let read = |topic: String, after: u64| {
        let message = at_once(desk.storage.get_retained_message(&topic)).flatten();
        (topic, message.map(|message| (after, Kept::from_retained(&message))))
    };
    let (retained, clients): (Vec<_>, Vec<String>) = if is_complete {
        let all = at_once(desk.storage.get_retained_messages("#")).unwrap_or_default();
        let clients = desk.sessions.all().iter().map(|session| session.client().to_string()).collect();
        (all.into_iter().map(|(topic, _)| read(topic, last)).collect(), clients)
    } else {
        (
            retained.into_iter().map(|(topic, after)| read(topic, after)).collect(),
            sessions.into_iter().collect(),
        )
    };
    let all = clients.iter().filter_map(|client| desk.sessions.get(client));
    let samples = all.map(|session| session.look(&desk.storage, stamp, stamp).0).collect();
    let sessions = clients.into_iter().map(|client| (client.clone(), desk.sessions.read(&client))).collect();
    Checkpoint { is_complete, retained, sessions, samples, last, generation: None }
}
