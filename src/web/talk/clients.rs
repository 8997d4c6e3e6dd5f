//! Everybody who is connected to the endpoint: looked after once a second, and closed when the account goes or the
//! hub stops.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use super::conn::Conn;
use crate::stop::Stop;
use crate::web::auth::Who;
use crate::web::stream::Stream;

/// The clients of the endpoint; cheap to clone.
#[derive(Clone, Default)]
pub struct Clients {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    next: AtomicU64,
    /// Nobody is kept alive by being listed.
    listed: Mutex<HashMap<u64, (Weak<Conn>, Who)>>,
}

impl Clients {
    /// Lists a client that was let in.
    pub(super) fn admit(&self, stream: Stream, who: Who) -> Arc<Conn> {
        let id = self.shared.next.fetch_add(1, Ordering::Relaxed) + 1;
        let conn = Conn::new(id, stream, Instant::now());
        self.lock().insert(id, (Arc::downgrade(&conn), who));
        conn
    }

    pub(super) fn leave(&self, id: u64) {
        let mut listed = self.lock();
        listed.remove(&id);
        if listed.is_empty() {
            listed.shrink_to_fit();
        }
    }

    /// How many are connected.
    pub fn count(&self) -> usize {
        self.lock().len()
    }

    /// Closes everybody whose right is no longer valid, with code 4401.
    pub fn end(&self, is_over: impl Fn(&Who) -> bool) {
        for conn in self.of(is_over) {
            conn.close(4401, "signed out");
        }
    }

    /// Runs until `stop`: asks quiet clients whether they are there, gives up those that are not; then says good-bye.
    pub async fn look_after(&self, stop: &Stop) {
        let mut second = tokio::time::interval(Duration::from_secs(1));
        second.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.requested() => break,
                _ = second.tick() => {
                    let now = Instant::now();
                    for conn in self.of(|_| true) {
                        conn.look_after(now);
                    }
                }
            }
        }
    }

    /// Tells everybody that the hub stops (1001) and waits until they have left: at most `within` for those who still
    /// have to take what was said, a moment for those who only have to answer. Returns how many were late.
    pub async fn say_goodbye(&self, within: Duration) -> usize {
        const ANSWERED: Duration = Duration::from_millis(500);
        for conn in self.of(|_| true) {
            conn.close(1001, "the hub stops");
        }
        let start = Instant::now();
        loop {
            let late = self.of(|_| true).iter().filter(|conn| conn.is_blocked()).count();
            let waited = start.elapsed();
            if self.count() == 0 || waited >= within || (late == 0 && waited >= ANSWERED) {
                return late;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    fn of(&self, which: impl Fn(&Who) -> bool) -> Vec<Arc<Conn>> {
        let listed = self.lock();
        let meant = listed.values().filter(|(_, who)| which(who));
        meant.filter_map(|(conn, _)| conn.upgrade()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, (Weak<Conn>, Who)>> {
        self.shared.listed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
