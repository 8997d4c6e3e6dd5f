//! Everybody who is connected: who they are, whether there is room for one more, and how to end them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::flight::Flight;
use super::limits::IN_FLIGHT;
use super::outbox::Outbox;
use super::reasons::Reasons;
use super::tally::Tally;
use super::tide::Tides;
use super::{Limits, Origin, Refusal, Right};

/// One connection, from its first byte to its last.
pub struct Client {
    number: u64,
    /// Where it comes from.
    pub origin: Origin,
    /// What waits for it.
    pub outbox: Arc<Outbox>,
    /// What is under way to and from it.
    pub flight: Flight,
    /// What it calls itself; none before it has logged in.
    pub name: OnceLock<String>,
    /// By what right it is here; none before it has logged in, and none for the hub.
    pub right: OnceLock<Arc<dyn Right>>,
    /// Whether its first packet has come.
    pub has_said_hello: AtomicBool,
    /// Whether it was let in and told so.
    pub is_welcome: AtomicBool,
    /// Whether the conversation has ended, though bytes may still be on their way: its name is free.
    pub has_left: AtomicBool,
    /// What its answers have to say where `mqtt5` only knows "not authorized".
    reasons: Mutex<Reasons>,
    tally: Arc<Tally>,
}

/// The clients of the broker.
pub struct Clients {
    next: AtomicU64,
    listed: Mutex<HashMap<u64, Arc<Client>>>,
    limits: Limits,
    tally: Arc<Tally>,
    tides: Arc<Tides>,
}

/// Lists a client until it is dropped.
pub struct Listed {
    clients: Arc<Clients>,
    /// Who it is.
    pub client: Arc<Client>,
}

impl Clients {
    /// Nobody is there yet.
    pub fn new(limits: Limits, tally: Arc<Tally>, tides: Arc<Tides>) -> Self {
        Self { next: AtomicU64::new(0), listed: Mutex::default(), limits, tally, tides }
    }

    /// Lists a connection. If too many have not logged in, one of them goes.
    pub fn admit(self: &Arc<Self>, origin: Origin) -> Listed {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let client = Arc::new(Client {
            number,
            origin,
            outbox: Outbox::new(self.limits.queue, self.tally.clone()),
            flight: Flight::new(self.tides.clone(), number, IN_FLIGHT, self.limits.queue),
            name: OnceLock::new(),
            right: OnceLock::new(),
            has_said_hello: AtomicBool::new(false),
            is_welcome: AtomicBool::new(false),
            has_left: AtomicBool::new(false),
            reasons: Mutex::default(),
            tally: self.tally.clone(),
        });
        let mut listed = self.lock();
        listed.insert(number, client.clone());
        let goes = superfluous(&listed, self.limits.newcomers);
        drop(listed);
        if let Some(goes) = goes {
            goes.refuse(Refusal::Newcomers, "");
            goes.outbox.break_off();
        }
        Listed { clients: self.clone(), client }
    }

    /// Lets a client in by this right, if there is room; another connection of the same name makes room.
    pub fn log_in(&self, client: &Client, right: Arc<dyn Right>) -> Result<(), Refusal> {
        let listed = self.lock();
        let others = listed.values().filter(|other| other.number != client.number);
        let (mut count, mut is_known) = (0, false);
        for other in others {
            let is_namesake = other.name.get() == client.name.get();
            match other.right.get() {
                Some(its) => {
                    let is_there = !other.has_left.load(Ordering::Acquire);
                    if is_namesake && is_there && its.account() != right.account() {
                        return Err(Refusal::TakenId);
                    }
                    count += 1;
                    is_known |= is_namesake;
                }
                None if is_namesake && other.origin == Origin::Hub => return Err(Refusal::TakenId),
                None => {}
            }
        }
        if count >= self.limits.clients && !is_known {
            return Err(Refusal::Clients);
        }
        // Set once: a connection has one CONNECT.
        let _ = client.right.set(right);
        Ok(())
    }

    /// How many have logged in.
    pub fn count(&self) -> usize {
        self.lock().values().filter(|client| client.right.get().is_some()).count()
    }

    /// How many connections there are, the hub's among them.
    pub fn connections(&self) -> usize {
        self.lock().len()
    }

    /// Ends everybody of whom `which` is true.
    pub fn end(&self, reason: u8, which: impl Fn(&Client) -> bool) -> usize {
        // Asked without the lock: a right may look at files.
        let all: Vec<_> = self.lock().values().cloned().collect();
        let mut ended = 0;
        for client in all.into_iter().filter(|client| which(client)) {
            client.outbox.end(reason);
            ended += 1;
        }
        ended
    }

    /// Says who is too slow for what it wants to hear.
    pub fn say_who_is_slow(&self) {
        let all: Vec<_> = self.lock().values().cloned().collect();
        for client in all {
            let dropped = client.outbox.take_dropped();
            if dropped > 0 {
                tracing::warn!(
                    client = client.name(),
                    address = %client.origin.address(),
                    dropped,
                    "an MQTT client is too slow and has lost messages of QoS 0 (let it subscribe to less, or raise \
                     `queue` in [broker])"
                );
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Arc<Client>>> {
        self.listed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who has to go, if more than `most` have not logged in: who has waited longest without a word, or if all have spoken
/// and wait for us, the newest.
fn superfluous(listed: &HashMap<u64, Arc<Client>>, most: usize) -> Option<Arc<Client>> {
    let is_new = |client: &&Arc<Client>| client.origin != Origin::Hub && client.right.get().is_none();
    if listed.values().filter(is_new).count() <= most {
        return None;
    }
    let newcomers = || listed.values().filter(is_new);
    let mute = newcomers().filter(|client| !client.has_said_hello.load(Ordering::Relaxed));
    let goes = mute.min_by_key(|client| client.number);
    goes.or_else(|| newcomers().max_by_key(|client| client.number)).cloned()
}

impl Client {
    /// What it calls itself, for a person.
    pub fn name(&self) -> &str {
        self.name.get().map_or("", String::as_str)
    }

    /// Whether it speaks version 5.
    pub fn is_v5(&self) -> bool {
        self.outbox.is_v5()
    }

    /// Counts that it was refused something, and says it.
    pub fn refuse(&self, refusal: Refusal, about: &str) {
        self.tally.refuse(refusal, self.name(), self.origin.address(), about);
    }

    /// Why things were refused that are about to be answered.
    pub fn reasons(&self) -> MutexGuard<'_, Reasons> {
        self.reasons.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        self.client.outbox.close();
        let mut listed = self.clients.lock();
        listed.remove(&self.client.number);
        if listed.is_empty() {
            listed.shrink_to_fit();
        }
    }
}
