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

/// A pause between two looks that means the whole process slept (a suspended laptop, `SIGSTOP`).
const SLEPT: Duration = Duration::from_secs(5);

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
        let mut looked = Instant::now();
        loop {
            tokio::select! {
                () = stop.requested() => break,
                _ = second.tick() => {
                    let now = Instant::now();
                    self.look(now, now.saturating_duration_since(std::mem::replace(&mut looked, now)));
                }
            }
        }
    }

    /// Looks at everybody, `since` after the last time.
    fn look(&self, now: Instant, since: Duration) {
        for conn in self.of(|_| true) {
            if since > SLEPT {
                conn.excuse(now);
            } else {
                conn.look_after(now);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::account::token::TokenId;
    use crate::web::auth::Via;
    use crate::web::places::Places;

    #[tokio::test]
    async fn a_sleep_of_the_whole_hub_cuts_nobody_and_a_silent_client_is_given_up() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (_peer, accepted) = tokio::join!(tokio::net::TcpStream::connect(address), listener.accept());
        let place = Places::new(1, 1).take(address.ip()).unwrap();
        let clients = Clients::default();
        let who = Who {
            account: "ada".into(),
            via: Via::Token(TokenId::of("secret")),
            rights: crate::web::rights::Rights::All,
        };
        let conn = clients.admit(Stream::plain(accepted.unwrap().0, place), who);
        let second = Duration::from_secs(1);
        let woken = Instant::now() + Duration::from_secs(60);
        clients.look(woken, Duration::from_secs(60));
        assert!(!conn.is_closing(), "it could not be heard while the hub slept");
        for passed in 1..=41 {
            clients.look(woken + passed * second, second);
        }
        assert!(!conn.is_closing());
        for passed in 42..=44 {
            clients.look(woken + passed * second, second);
        }
        assert!(conn.is_closing(), "it was asked and did not answer");
    }
}
