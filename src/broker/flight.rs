//! What is under way between a client and the broker with quality 1 and 2: how many bytes, and whose turn it is.
//!
//! `mqtt5` holds messages for a connected client that confirms nothing in a lane that knows no bytes. So once a client
//! has as many unconfirmed as it may have, and what was published since its lane was last empty is more than may wait
//! for it, further messages go into the queue of its session instead ([`ClientQueue::expect_bind`]), which counts
//! bytes. They come out of there in their order. What a client begins with quality 2 and does not finish is bounded
//! here, too.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use mqtt5::broker::storage::QueueHandle;

use super::limits::CATCH_UP;
use super::packet;
use super::tide::{Then, Tides};

#[cfg(doc)]
use mqtt5::broker::storage::ClientQueue;

const PUBLISH: u8 = 3;
const PUBACK: u8 = 4;
const PUBREC: u8 = 5;
const PUBREL: u8 = 6;
const PUBCOMP: u8 = 7;

/// One client's flight.
pub struct Flight {
    tides: Arc<Tides>,
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

impl Flight {
    /// Nothing is under way to connection `number`; `window` messages may be, and `limit` bytes may wait.
    pub fn new(tides: Arc<Tides>, number: u64, window: u16, limit: usize) -> Self {
        let inner = Inner {
            sent: HashSet::new(),
            window: usize::from(window),
            is_full: false,
            since: tides.promised.level(),
            passed: 0,
            begun: HashMap::new(),
            begun_bytes: 0,
        };
        // `mqtt5` numbers its connections upwards from the time of day.
        let mark = u64::MAX - number;
        Self { tides, mark, limit: limit as u64, queue: OnceLock::new(), inner: Mutex::new(inner) }
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
        let now = self.tides.promised.level();
        let waits = now.saturating_sub(inner.since).saturating_sub(inner.passed);
        let at = now + self.limit.saturating_sub(waits);
        drop(inner);
        let (mark, queue) = (self.mark, queue.clone());
        self.tides.promised.watch(mark, at, Box::new(move || queue.expect_bind(mark)));
    }

    /// The client has confirmed the message with this number, or said that it will not take it.
    fn confirmed(&self, number: u16) {
        let mut inner = self.lock();
        inner.sent.remove(&number);
        if inner.sent.is_empty() {
            inner.since = self.tides.promised.level();
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

    /// The client may catch up for a moment: `hurry` is called as soon as [`CATCH_UP`] times as much
    /// was published as may wait.
    pub fn catches_up(&self, hurry: Then) {
        let all = &self.tides.all;
        all.watch(self.mark, all.level() + CATCH_UP * self.limit, hurry);
    }

    /// The moment is over.
    pub fn moment_is_over(&self) {
        self.tides.all.unwatch(self.mark);
    }

    fn lead_back(&self) {
        self.tides.promised.unwatch(self.mark);
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
        self.moment_is_over();
        self.lead_back();
    }
}

#[cfg(test)]
mod tests {
    use mqtt5::broker::storage::{MemoryBackend, StorageBackend};

    use super::*;

    fn flight(window: u16, limit: usize) -> (Arc<Tides>, QueueHandle, Flight) {
        let tides = Arc::new(Tides::default());
        let queue = MemoryBackend::new().queue_handle("a");
        let flight = Flight::new(tides.clone(), 7, window, limit);
        flight.has(queue.clone());
        (tides, queue, flight)
    }

    #[test]
    fn client_that_confirms_nothing_is_led_around_its_lane_until_it_does() {
        let (tides, queue, flight) = flight(2, 1_000);
        for number in 1..=2 {
            tides.promised.rise(100);
            flight.sent(number, 100);
        }
        tides.promised.rise(999);
        assert!(!queue.behind());
        tides.promised.rise(1);
        assert!(queue.behind());
        flight.confirmed(1);
        assert!(!queue.behind());
        assert!(tides.promised.is_calm());
    }

    #[test]
    fn client_with_room_is_left_alone_and_a_closed_one_is_led_back() {
        let (tides, queue, flight) = flight(2, 1_000);
        tides.promised.rise(100);
        flight.sent(1, 100);
        tides.promised.rise(1_000_000);
        assert!(!queue.behind());
        flight.confirmed(1);
        flight.sent(2, 100);
        flight.sent(3, 100);
        tides.promised.rise(1_200);
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
