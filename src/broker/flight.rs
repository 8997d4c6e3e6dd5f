//! What is under way between a client and the broker with quality 1 and 2: how many bytes, and whose turn it is.
//!
//! `mqtt5` holds messages for a connected client that confirms nothing in a lane that knows no bytes. So once a client
//! has as many unconfirmed as it may have, and what was published since its lane was last empty is more than may wait
//! for it, further messages go into the queue of its session instead ([`ClientQueue::expect_bind`]), which counts
//! bytes. They come out of there in their order. What a client begins with quality 2 and does not finish is bounded
//! here, too.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use mqtt5::broker::storage::QueueHandle;

use super::packet;

#[cfg(doc)]
use mqtt5::broker::storage::ClientQueue;

const PUBLISH: u8 = 3;
const PUBACK: u8 = 4;
const PUBREC: u8 = 5;
const PUBREL: u8 = 6;
const PUBCOMP: u8 = 7;

/// What was published with quality 1 and 2, and which clients are to be led around their lanes.
#[derive(Debug)]
pub struct Tide {
    bytes: AtomicU64,
    /// At how many bytes the next client is due.
    next: AtomicU64,
    due: Mutex<HashMap<u64, Due>>,
}

#[derive(Debug)]
struct Due {
    at: u64,
    queue: QueueHandle,
}

/// One client's flight.
#[derive(Debug)]
pub struct Flight {
    tide: Arc<Tide>,
    /// Stands in the client's queue while messages go around the lane.
    mark: u64,
    /// How many bytes may wait.
    limit: u64,
    queue: OnceLock<QueueHandle>,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// Messages to the client that it has not confirmed, by their numbers.
    sent: HashSet<u16>,
    /// How many those may be.
    window: usize,
    is_full: bool,
    /// Bytes published until the lane was last empty, and sent to the client since.
    since: u64,
    passed: u64,
    /// Messages from the client with quality 2 that it has not released, by their numbers.
    begun: HashMap<u16, usize>,
    begun_bytes: usize,
}

impl Default for Tide {
    fn default() -> Self {
        Self { bytes: AtomicU64::new(0), next: AtomicU64::new(u64::MAX), due: Mutex::default() }
    }
}

impl Tide {
    /// A message of so many bytes is about to be given to whom it is for.
    pub fn rise(&self, bytes: usize) {
        let now = self.bytes.fetch_add(bytes as u64, Ordering::Relaxed) + bytes as u64;
        if now < self.next.load(Ordering::Relaxed) {
            return;
        }
        let mut due = self.lock();
        due.retain(|mark, client| {
            let is_due = client.at <= now;
            if is_due {
                client.queue.expect_bind(*mark);
            }
            !is_due
        });
        self.set_next(&due);
    }

    fn watch(&self, mark: u64, at: u64, queue: QueueHandle) {
        let mut due = self.lock();
        due.insert(mark, Due { at, queue });
        self.set_next(&due);
    }

    fn unwatch(&self, mark: u64) {
        let mut due = self.lock();
        if due.remove(&mark).is_some() {
            self.set_next(&due);
        }
    }

    fn set_next(&self, due: &HashMap<u64, Due>) {
        let next = due.values().map(|client| client.at).min().unwrap_or(u64::MAX);
        self.next.store(next, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Due>> {
        self.due.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Flight {
    /// Nothing is under way to connection `number`; `window` messages may be, and `limit` bytes may wait.
    pub fn new(tide: Arc<Tide>, number: u64, window: u16, limit: usize) -> Self {
        let inner = Inner {
            sent: HashSet::new(),
            window: usize::from(window),
            is_full: false,
            since: tide.bytes.load(Ordering::Relaxed),
            passed: 0,
            begun: HashMap::new(),
            begun_bytes: 0,
        };
        // `mqtt5` numbers its connections upwards from the time of day.
        let mark = u64::MAX - number;
        Self { tide, mark, limit: limit as u64, queue: OnceLock::new(), inner: Mutex::new(inner) }
    }

    /// The client takes no more than this many at once.
    pub fn takes(&self, window: u16) {
        let mut inner = self.lock();
        inner.window = inner.window.min(usize::from(window)).max(1);
    }

    /// The queue of its session, once that is known.
    pub fn has(&self, queue: QueueHandle) {
        // Set once; a connection has one session.
        let _ = self.queue.set(queue);
    }

    /// A message with this number and so many bytes goes to the client.
    pub fn sent(&self, number: u16, bytes: usize) {
        let mut inner = self.lock();
        inner.passed += bytes as u64;
        inner.sent.insert(number);
        if inner.is_full || inner.sent.len() < inner.window {
            return;
        }
        let Some(queue) = self.queue.get() else { return };
        inner.is_full = true;
        let now = self.tide.bytes.load(Ordering::Relaxed);
        let waits = now.saturating_sub(inner.since).saturating_sub(inner.passed);
        let at = now + self.limit.saturating_sub(waits);
        drop(inner);
        self.tide.watch(self.mark, at, queue.clone());
    }

    /// The client has confirmed the message with this number, or said that it will not take it.
    fn confirmed(&self, number: u16) {
        let mut inner = self.lock();
        inner.sent.remove(&number);
        if inner.sent.is_empty() {
            inner.since = self.tide.bytes.load(Ordering::Relaxed);
            inner.passed = 0;
        }
        if inner.is_full && inner.sent.len() < inner.window {
            inner.is_full = false;
            drop(inner);
            self.lead_back();
        }
    }

    /// A packet of so many bytes came from the client, its head is here; false if it has begun too much.
    #[must_use]
    pub fn heard(&self, head: &[u8], total: usize, most: usize) -> bool {
        let Some(first) = head.first() else { return true };
        match (first >> 4, packet::number(head), packet::answered(head)) {
            (PUBLISH, Some((number, is_quality_1)), _) if !is_quality_1 => {
                return self.begun(number, total, most);
            }
            (PUBREL, _, Some((number, _))) => self.released(number),
            (PUBACK | PUBCOMP, _, Some((number, _))) => self.confirmed(number),
            (PUBREC, _, Some((number, reason))) if reason >= 0x80 => self.confirmed(number),
            _ => {}
        }
        true
    }

    /// The client begins a message with quality 2 of so many bytes; false if it has begun too much.
    fn begun(&self, number: u16, bytes: usize, most: usize) -> bool {
        let mut inner = self.lock();
        let before = inner.begun.insert(number, bytes).unwrap_or(0);
        inner.begun_bytes = inner.begun_bytes + bytes - before;
        inner.begun.len() == 1 || inner.begun_bytes <= most
    }

    /// The client releases a message with quality 2.
    fn released(&self, number: u16) {
        let mut inner = self.lock();
        let bytes = inner.begun.remove(&number).unwrap_or(0);
        inner.begun_bytes -= bytes;
    }

    fn lead_back(&self) {
        self.tide.unwatch(self.mark);
        if let Some(queue) = self.queue.get()
            && queue.awaiting_bind()
        {
            queue.mark_bound(self.mark);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.lead_back();
    }
}

#[cfg(test)]
mod tests {
    use mqtt5::broker::storage::{MemoryBackend, StorageBackend};

    use super::*;

    fn flight(window: u16, limit: usize) -> (Arc<Tide>, QueueHandle, Flight) {
        let tide = Arc::new(Tide::default());
        let queue = MemoryBackend::new().queue_handle("a");
        let flight = Flight::new(tide.clone(), 7, window, limit);
        flight.has(queue.clone());
        (tide, queue, flight)
    }

    #[test]
    fn client_that_confirms_nothing_is_led_around_its_lane_until_it_does() {
        let (tide, queue, flight) = flight(2, 1_000);
        for number in 1..=2 {
            tide.rise(100);
            flight.sent(number, 100);
        }
        tide.rise(999);
        assert!(!queue.behind());
        tide.rise(1);
        assert!(queue.behind());
        flight.confirmed(1);
        assert!(!queue.behind());
        assert!(tide.lock().is_empty());
    }

    #[test]
    fn client_with_room_is_left_alone_and_a_closed_one_is_led_back() {
        let (tide, queue, flight) = flight(2, 1_000);
        tide.rise(100);
        flight.sent(1, 100);
        tide.rise(1_000_000);
        assert!(!queue.behind());
        flight.confirmed(1);
        flight.sent(2, 100);
        flight.sent(3, 100);
        tide.rise(1_200);
        assert!(queue.behind());
        drop(flight);
        assert!(!queue.behind());
    }

    #[test]
    fn what_is_begun_with_quality_2_is_bounded_in_bytes() {
        let (_, _, flight) = flight(2, 1_000);
        assert!(flight.begun(1, 5_000, 1_000));
        assert!(!flight.begun(2, 1, 1_000));
        flight.released(1);
        flight.released(9);
        assert!(flight.begun(3, 900, 1_000));
        assert!(flight.begun(3, 999, 1_000));
    }
}
