//! What the hooks and the [keeper](super::keeper) share: what has changed, what is in transit, who waits for what.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use mqtt5::broker::storage::DynamicStorage;
use tokio::sync::oneshot;

use super::arrivals::{Arrival, Arrivals};
use super::journal::Journal;
use super::known::Sample;
use super::record::{Handed, Record};
use super::sessions::Sessions;
use super::transit::Transit;
use super::under_way::{Sent, UnderWay};
use crate::disk::Health;

/// How long after it is back a client sends again what was not acknowledged; later the same number is a new message.
const SENT_AGAIN_WITHIN: Duration = Duration::from_secs(30);

/// What hooks and keeper share.
pub struct Desk {
    /// The running state of the broker.
    pub storage: Arc<DynamicStorage>,
    /// The sessions that are kept.
    pub sessions: Sessions,
    /// What was promised since the last checkpoint.
    pub journal: Journal,
    /// Whether the files can be written.
    pub health: Health,
    transit: Mutex<Transit>,
    under_way: Mutex<UnderWay>,
    handed: Mutex<Vec<(Handed, Option<Instant>)>>,
    /// Where the messages of connected clients are read.
    arrivals: Mutex<HashMap<Arc<str>, Arrivals>>,
    dirty: Mutex<Dirty>,
    wake: Condvar,
    stamp: AtomicU64,
}

/// What has changed since the last checkpoint.
#[derive(Default)]
pub struct Dirty {
    /// Topics that retain something else, with the last message of the journal before it.
    pub retained: HashMap<String, u64>,
    /// Clients whose sessions came, went or subscribed.
    pub sessions: HashSet<String>,
    /// Who waits until the sessions are written.
    pub waiters: Vec<oneshot::Sender<()>>,
    is_closing: bool,
}

impl Desk {
    /// A desk with nothing on it; messages are numbered after `last`.
    pub fn new(
        storage: Arc<DynamicStorage>,
        sessions: Sessions,
        journal: Journal,
        health: Health,
        last: u64,
    ) -> Self {
        Self {
            storage,
            sessions,
            journal,
            health,
            transit: Mutex::new(Transit::after(last)),
            under_way: Mutex::default(),
            handed: Mutex::default(),
            arrivals: Mutex::default(),
            dirty: Mutex::default(),
            wake: Condvar::new(),
            stamp: AtomicU64::new(1),
        }
    }

    /// The next stamp; stamps say what came before what.
    pub fn tick(&self) -> u64 {
        self.stamp.fetch_add(1, Ordering::AcqRel)
    }

    /// What is in transit.
    pub fn transit(&self) -> MutexGuard<'_, Transit> {
        self.transit.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All that the journal has to go on with when these messages are released.
    pub fn carried(&self, released: &HashSet<u64>) -> Vec<Record> {
        let mut records = self.transit().carried(released);
        records.extend(self.under_way().records());
        let mut handed = self.handed();
        handed.retain(|(_, back)| back.is_none_or(|back| back.elapsed() < SENT_AGAIN_WITHIN));
        records.extend(handed.iter().map(|(handed, _)| Record::Handed(handed.clone())));
        records
    }

    /// A message of quality 1 or 2 goes out to a client whose session is kept, for the first time (`is_first`) or
    /// perhaps again. What comes back ends when that is kept.
    pub fn sent(
        &self,
        client: &Arc<str>,
        packet: u16,
        sum: u32,
        is_first: bool,
    ) -> Option<oneshot::Receiver<()>> {
        if self.under_way().has(client, packet, sum) {
            return None;
        }
        let id = if is_first { self.transit().unsent().take(client, sum) } else { None };
        let sent = Sent { sum, id, is_received: false };
        let record = self.under_way().send(client, packet, sent);
        Some(self.journal.keep(&record))
    }

    /// A client has received a message of quality 2, and is told that it may forget its number. What comes back ends
    /// when that is kept.
    pub fn received(&self, client: &str, packet: u16) -> Option<oneshot::Receiver<()>> {
        let record = self.under_way().receive(client, packet)?;
        Some(self.journal.keep(&record))
    }

    /// A client has confirmed a message.
    pub fn confirmed(&self, client: &str, packet: u16) {
        let Some((sent, record)) = self.under_way().confirm(client, packet) else { return };
        if let Some(id) = sent.id {
            self.transit().done(client, id, packet);
        }
        // Nobody waits for this: without it the client would only be asked again.
        drop(self.journal.keep(&record));
    }

    /// A session was restored.
    pub fn restored(&self, sample: &Sample) {
        self.under_way().restore(sample);
        self.looked(sample, 0);
    }

    /// A session was looked at, with so many steps before that.
    pub fn looked(&self, sample: &Sample, steps: u64) {
        self.under_way().looked(&sample.client, steps);
        self.transit()
            .unsent()
            .waits(&sample.client, sample.queue.iter().map(|(kept, _)| kept.sum()).collect());
    }

    /// A publisher is told that its message was taken, or with quality 2 that it is at its end (`is_routed`).
    pub fn answered(&self, publisher: &str, packet: u16, is_routed: bool) {
        let mut transit = self.transit();
        if !transit.is_empty() {
            let stamp = self.tick();
            transit.answered(publisher, packet, is_routed, stamp);
        }
    }

    /// The numbers between the broker and a client mean nothing any more.
    pub fn forget_numbers(&self, client: &str) {
        self.under_way().forget(client);
        self.transit().unsent().forget(client);
        self.handed().retain(|(handed, _)| handed.publisher != client);
    }

    /// A client is connected, and this is where what it sends is read.
    pub fn listens(&self, client: Arc<str>, arrivals: Arrivals) {
        self.arrivals().insert(client, arrivals);
    }

    /// That connection of the client is over.
    pub fn listens_no_more(&self, client: &str, arrivals: &Arrivals) {
        let mut all = self.arrivals();
        if all.get(client).is_some_and(|newest| newest.is(arrivals)) {
            all.remove(client);
        }
    }

    /// What a message of a client says beside what its hook tells.
    pub fn arrived(&self, client: &str, packet: u16) -> Arrival {
        let arrivals = self.arrivals().get(client).cloned();
        arrivals.map(|arrivals| arrivals.take(packet)).unwrap_or_default()
    }

    /// Messages that a restart passed on.
    pub fn hand(&self, handed: Vec<Handed>) {
        self.handed().extend(handed.into_iter().map(|handed| (handed, None)));
    }

    /// A publisher is back, and will send again what it does not know to have arrived.
    pub fn is_back(&self, publisher: &str) {
        let now = Instant::now();
        for (_, back) in self.handed().iter_mut().filter(|(handed, _)| handed.publisher == publisher) {
            back.get_or_insert(now);
        }
    }

    /// Whether a message has been passed on by the restart. After that its number is free for another one.
    pub fn was_handed(&self, publisher: &str, packet: u16, topic: &str, payload: &[u8]) -> bool {
        let mut handed = self.handed();
        if handed.is_empty() {
            return false;
        }
        let is_number = |(handed, _): &(Handed, _)| handed.publisher == publisher && handed.packet == packet;
        let Some(index) = handed.iter().position(is_number) else { return false };
        let (handed, back) = handed.swap_remove(index);
        let is_in_time = back.is_some_and(|back| back.elapsed() < SENT_AGAIN_WITHIN);
        is_in_time && handed.sum == Handed::sum_of(topic.as_bytes(), payload)
    }

    /// A topic retains something else from now on.
    pub fn retain_changed(&self, topic: &str) -> u64 {
        let last = self.transit().last();
        self.dirty().retained.insert(topic.to_owned(), last);
        last
    }

    /// A session may have come, gone, or changed its subscriptions; written with the next checkpoint.
    pub fn session_changed(&self, client: &str) {
        self.dirty().sessions.insert(client.to_owned());
    }

    /// Looks at a session anew; it is written with the next checkpoint.
    pub fn refresh(&self, client: &str) {
        if !self.sessions.refresh(client) {
            self.forget_numbers(client);
        }
        self.session_changed(client);
    }

    /// What comes back ends when the sessions that have changed so far are written, or cannot be.
    pub fn sessions_written(&self) -> oneshot::Receiver<()> {
        let (written, waiter) = oneshot::channel();
        let mut dirty = self.dirty();
        if !dirty.is_closing && self.health.is_well() {
            dirty.waiters.push(written);
            drop(dirty);
            self.wake.notify_one();
        }
        waiter
    }

    /// Whether anything has changed.
    pub fn is_dirty(&self) -> bool {
        let dirty = self.dirty();
        !dirty.retained.is_empty() || !dirty.sessions.is_empty() || !dirty.waiters.is_empty()
    }

    /// What has changed, which is then somebody else's business.
    pub fn take(&self) -> Dirty {
        let mut dirty = self.dirty();
        let is_closing = dirty.is_closing;
        std::mem::replace(&mut *dirty, Dirty { is_closing, ..Dirty::default() })
    }

    /// The sessions that have changed if somebody waits for them, and who does.
    pub fn take_sessions(&self) -> (HashSet<String>, Vec<oneshot::Sender<()>>) {
        let mut dirty = self.dirty();
        if dirty.waiters.is_empty() {
            return (HashSet::new(), Vec::new());
        }
        (std::mem::take(&mut dirty.sessions), std::mem::take(&mut dirty.waiters))
    }

    /// Waits until then, until somebody waits for sessions, or until the end; true at the end.
    pub fn wait_until(&self, then: Instant) -> bool {
        let dirty = self.dirty();
        let is_idle = |dirty: &mut Dirty| !dirty.is_closing && dirty.waiters.is_empty();
        let patience = then.saturating_duration_since(Instant::now());
        let (dirty, _) =
            self.wake.wait_timeout_while(dirty, patience, is_idle).unwrap_or_else(PoisonError::into_inner);
        dirty.is_closing
    }

    /// Asks the keeper to write everything and to end.
    pub fn close(&self) {
        self.dirty().is_closing = true;
        self.wake.notify_one();
    }

    /// What is under way to clients.
    pub fn under_way(&self) -> MutexGuard<'_, UnderWay> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn handed(&self) -> MutexGuard<'_, Vec<(Handed, Option<Instant>)>> {
        self.handed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn arrivals(&self) -> MutexGuard<'_, HashMap<Arc<str>, Arrivals>> {
        self.arrivals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn dirty(&self) -> MutexGuard<'_, Dirty> {
        self.dirty.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
