//! What happened to clients and messages: counted for `$hub/broker`, and said in the log.
//!
//! Each kind of refusal is said at once, then at most every [`SAY_EVERY`] with how many more there were: whoever
//! knocks at an open port a thousand times a second does not fill the disk.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::Refusal;

/// The same kind is said again only after this.
const SAY_EVERY: Duration = Duration::from_secs(10);
/// How much of a topic is said.
const SHOWN: usize = 100;

/// What happened, counted for all clients together.
#[derive(Debug, Default)]
pub struct Tally {
    /// Messages that were dropped.
    pub dropped: AtomicU64,
    /// Clients, messages and subscriptions that were refused.
    pub refused: AtomicU64,
    /// Clients that were cut off.
    pub cut: AtomicU64,
    /// Bytes that wait for all clients.
    pub waiting: AtomicUsize,
    said: Mutex<HashMap<Refusal, Said>>,
    /// A client that has lost messages from its queue, and how many all have since that was said.
    lost: Mutex<(String, u64)>,
}

#[derive(Debug)]
struct Said {
    at: Instant,
    /// How many were not said since.
    unsaid: u64,
}

impl Tally {
    /// Counts one up.
    pub fn add(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a refusal and says it; `about` is the topic or what else it is about.
    pub fn refuse(&self, refusal: Refusal, client: &str, address: SocketAddr, about: &str) {
        Self::add(&self.refused);
        let Some(unsaid) = self.may_say(refusal, Instant::now()) else { return };
        let about: String = about.chars().take(SHOWN).collect();
        let said = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        tracing::warn!(
            client = said(client),
            %address,
            about = said(&about),
            unsaid = (unsaid > 0).then_some(unsaid),
            "{} ({})",
            refusal.what(),
            refusal.hint()
        );
    }

    /// Counts messages that the queue of a client's session has lost.
    pub fn lost(&self, client: String, messages: u64) {
        self.dropped.fetch_add(messages, Ordering::Relaxed);
        let mut lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        lost.0 = client;
        lost.1 += messages;
    }

    /// Says what queues have lost since this was done last.
    pub fn say_lost(&self) {
        let (client, messages) =
            std::mem::take(&mut *self.lost.lock().unwrap_or_else(PoisonError::into_inner));
        if messages > 0 {
            tracing::warn!(
                client,
                messages,
                "the queues of MQTT clients that are away or slow are full, and their oldest messages were dropped; \
                 this client is one of them (let it come more often, or raise `queue` in [broker])"
            );
        }
    }

    /// How many were not said before this one, if it is time to say one.
    fn may_say(&self, refusal: Refusal, now: Instant) -> Option<u64> {
        // What was said is right even if somebody panicked.
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        match said.get_mut(&refusal) {
            Some(said) if now.saturating_duration_since(said.at) < SAY_EVERY => {
                said.unsaid += 1;
                None
            }
            Some(said) => Some(std::mem::replace(said, Said { at: now, unsaid: 0 }).unsaid),
            None => {
                said.insert(refusal, Said { at: now, unsaid: 0 });
                Some(0)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_said_once_and_then_with_how_many_more() {
        let (tally, now) = (Tally::default(), Instant::now());
        assert_eq!(tally.may_say(Refusal::Late, now), Some(0));
        for second in 1..10 {
            assert_eq!(tally.may_say(Refusal::Late, now + Duration::from_secs(second)), None);
        }
        assert_eq!(tally.may_say(Refusal::Topic, now + Duration::from_secs(1)), Some(0));
        assert_eq!(tally.may_say(Refusal::Late, now + Duration::from_secs(10)), Some(9));
        assert_eq!(tally.may_say(Refusal::Late, now + Duration::from_secs(21)), Some(0));
    }
}
