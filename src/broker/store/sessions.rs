//! The sessions that are kept: which messages are for them, and a look at what waits in each.
//!
//! What is on its way to a connected client cannot be seen, only what waits for it and what it has not confirmed. A
//! look counts only when nothing can be on its way: nobody is moving the queue, and the client could be sent more.

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use mqtt5::broker::storage::{ClientSession, DynamicStorage, QueueHandle, QueuedMessage, StorageBackend};
use mqtt5::{QoS, parse_shared_subscription, topic_matches_filter};

use super::known::Sample;
use super::message::Kept;

/// How many topics are remembered with their sessions.
const REMEMBERED: usize = 4_096;

/// All sessions that are kept.
pub struct Sessions {
    storage: Arc<DynamicStorage>,
    /// How many messages may be under way to one client.
    in_flight: u16,
    index: Mutex<Index>,
}

#[derive(Default)]
struct Index {
    all: HashMap<Arc<str>, Arc<Session>>,
    filters: HashMap<Arc<str>, Vec<String>>,
    exact: HashMap<String, Vec<Arc<str>>>,
    wild: HashMap<String, Vec<Arc<str>>>,
    topics: HashMap<String, Arc<[Recipient]>>,
}

/// A session for which a message is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// Whose session it is.
    pub client: Arc<str>,
    /// Whether it is by one subscription only, so that at most one copy comes.
    pub is_once: bool,
}

/// One session.
pub struct Session {
    client: Arc<str>,
    queue: QueueHandle,
    window: AtomicUsize,
    counted: AtomicUsize,
    token: AtomicU64,
    is_connected: AtomicBool,
    is_dirty: AtomicBool,
}

/// The answer of a storage that is all in memory.
pub fn at_once<T>(answer: impl Future<Output = mqtt5::Result<T>>) -> Option<T> {
    // It neither waits nor fails; were it ever to, the session would be looked at again a second later.
    answer.now_or_never().and_then(Result::ok)
}

impl Sessions {
    /// None yet.
    pub fn new(storage: Arc<DynamicStorage>, in_flight: u16) -> Self {
        Self { storage, in_flight, index: Mutex::default() }
    }

    /// A session may have changed, come or gone; true if it is one to be kept.
    pub fn refresh(&self, client: &str) -> bool {
        let session = self.read(client);
        let mut index = self.index();
        index.forget(client, session.is_none());
        let Some(session) = session else { return false };
        let client: Arc<str> = client.into();
        let known = index.all.entry(client.clone()).or_insert_with(|| {
            Arc::new(Session {
                client: client.clone(),
                queue: self.storage.queue_handle(&client),
                window: AtomicUsize::new(1),
                counted: AtomicUsize::new(0),
                token: AtomicU64::new(0),
                is_connected: AtomicBool::new(false),
                is_dirty: AtomicBool::new(true),
            })
        });
        known.window.store(session.receive_maximum.min(self.in_flight).max(1).into(), Relaxed);
        known.token.store(session.connection_token, Relaxed);
        known.is_connected.store(session.connected, Relaxed);
        known.touch();
        for (filter, subscription) in &session.subscriptions {
            if subscription.qos != QoS::AtMostOnce {
                index.add(&client, parse_shared_subscription(filter).0);
            }
        }
        true
    }

    /// A session as it is now, if it is one to be kept.
    pub fn read(&self, client: &str) -> Option<ClientSession> {
        at_once(self.storage.get_session(client))
            .flatten()
            .filter(|session| session.expiry_interval != Some(0))
    }

    /// The clients that have come or gone without a word.
    pub fn changed(&self) -> Vec<String> {
        let there = at_once(self.storage.session_client_ids()).unwrap_or_default();
        let index = self.index();
        let mut changed: Vec<String> =
            there.iter().filter(|client| !index.all.contains_key(client.as_str())).cloned().collect();
        let there: HashSet<&str> = there.iter().map(String::as_str).collect();
        changed
            .extend(index.all.keys().filter(|client| !there.contains(&***client)).map(|it| it.to_string()));
        changed
    }

    /// The sessions for which a message on `topic` may be.
    pub fn matching(&self, topic: &str) -> Arc<[Recipient]> {
        let mut index = self.index();
        if let Some(recipients) = index.topics.get(topic) {
            return recipients.clone();
        }
        let recipients = index.matching(topic);
        if index.topics.len() >= REMEMBERED {
            index.topics.clear();
        }
        index.topics.insert(topic.to_owned(), recipients.clone());
        recipients
    }

    /// The session of a client.
    pub fn get(&self, client: &str) -> Option<Arc<Session>> {
        self.index().all.get(client).cloned()
    }

    /// All of them.
    pub fn all(&self) -> Vec<Arc<Session>> {
        self.index().all.values().cloned().collect()
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Index {
    fn add(&mut self, client: &Arc<str>, filter: &str) {
        let is_wild = filter.contains(['+', '#']);
        let clients = if is_wild { &mut self.wild } else { &mut self.exact };
        clients.entry(filter.to_owned()).or_default().push(client.clone());
        self.filters.entry(client.clone()).or_default().push(filter.to_owned());
        self.topics.clear();
    }

    fn forget(&mut self, client: &str, is_gone: bool) {
        for filter in self.filters.remove(client).unwrap_or_default() {
            for map in [&mut self.exact, &mut self.wild] {
                if let Some(clients) = map.get_mut(&filter) {
                    clients.retain(|other| **other != *client);
                    if clients.is_empty() {
                        map.remove(&filter);
                    }
                }
            }
            self.topics.clear();
        }
        if is_gone {
            self.all.remove(client);
        }
    }

    fn matching(&self, topic: &str) -> Arc<[Recipient]> {
        let wild = self.wild.iter().filter(|(filter, _)| topic_matches_filter(topic, filter));
        let clients = self.exact.get(topic).into_iter().chain(wild.map(|(_, clients)| clients));
        let mut clients: Vec<_> = clients.flatten().collect();
        clients.sort_unstable();
        let same = clients.chunk_by(|one, other| one == other);
        same.map(|same| Recipient { client: same[0].clone(), is_once: same.len() == 1 }).collect()
    }
}

impl Session {
    /// Something has happened to it.
    pub fn touch(&self) {
        self.is_dirty.store(true, Relaxed);
    }

    /// Whether something may have happened since the last look; after this nothing has.
    pub fn was_touched(&self) -> bool {
        let count = self.queue.count();
        self.is_dirty.swap(false, Relaxed) | (self.counted.swap(count, Relaxed) != count)
    }

    /// Whose session it is.
    pub fn client(&self) -> &Arc<str> {
        &self.client
    }

    /// Moves the time when its client went by as much as the clock was wrong.
    pub fn redate(&self, storage: &DynamicStorage, by_ms: u64) {
        let token = self.token.load(Relaxed);
        at_once(storage.update_session(&self.client, token, |session| {
            session.disconnected_at = session.disconnected_at.map(|ended| ended.saturating_add(by_ms));
        }));
        self.touch();
    }

    /// What waits in it now. A look that counts is one after `stamp` or, while its client is connected, after
    /// `earlier`, so that what was on its way then has arrived.
    pub fn look(&self, storage: &DynamicStorage, stamp: u64, earlier: u64) -> (Sample, bool) {
        let was_connected = self.is_connected.load(Relaxed);
        let before = self.queued();
        let is_idle = !self.queue.draining() && !self.queue.handoff();
        let flight = at_once(storage.get_inflight_messages(&self.client)).unwrap_or_default();
        let flight: Vec<_> = flight.iter().map(Kept::from_flight).collect();
        let under_way = flight.iter().filter(|(_, flight)| !flight.is_inbound).count();
        let counts = if was_connected || self.is_connected.load(Relaxed) {
            is_idle
                && !self.queue.draining()
                && under_way < self.window.load(Relaxed)
                && is_same(&before, &self.queued())
        } else {
            is_idle
        };
        let queue = before.iter().map(Kept::from_queued).collect();
        let stamp = if was_connected { earlier } else { stamp };
        (Sample { client: self.client.clone(), stamp, queue, flight }, counts)
    }

    fn queued(&self) -> Vec<QueuedMessage> {
        self.queue.peek_all().now_or_never().unwrap_or_default()
    }
}

/// Whether two looks saw the same queue.
fn is_same(one: &[QueuedMessage], other: &[QueuedMessage]) -> bool {
    let is_same = |(one, other): (&QueuedMessage, &QueuedMessage)| {
        let a = (&one.topic, &one.payload, one.packet_id, one.dup, one.queued_at_secs);
        a == (&other.topic, &other.payload, other.packet_id, other.dup, other.queued_at_secs)
    };
    one.len() == other.len() && one.iter().zip(other).all(is_same)
}
