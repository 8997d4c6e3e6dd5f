//! Everybody who is connected: who they are and how to end them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::outbox::Outbox;
use super::{Origin, Right};

/// One connection, from its first byte to its last.
pub struct Client {
    number: u64,
    /// Where it comes from.
    pub origin: Origin,
    /// What waits for it.
    pub outbox: Arc<Outbox>,
    /// What it calls itself; none before it has logged in.
    pub name: OnceLock<String>,
    /// By what right it is here; none before it has logged in, and none for the hub.
    pub right: OnceLock<Arc<dyn Right>>,
}

/// The clients of the broker.
#[derive(Default)]
pub struct Clients {
    next: AtomicU64,
    listed: Mutex<HashMap<u64, Arc<Client>>>,
}

/// Lists a client until it is dropped.
pub struct Listed {
    clients: Arc<Clients>,
    /// Who it is.
    pub client: Arc<Client>,
}

impl Clients {
    /// Lists a connection.
    pub fn admit(self: &Arc<Self>, origin: Origin, outbox: Arc<Outbox>) -> Listed {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let client =
            Arc::new(Client { number, origin, outbox, name: OnceLock::new(), right: OnceLock::new() });
        self.lock().insert(number, client.clone());
        Listed { clients: self.clone(), client }
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
                tracing::warn!(client = client.name(), address = %client.origin.address(), dropped, "an MQTT client is slow");
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Arc<Client>>> {
        self.listed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Client {
    /// What it calls itself, for a person.
    pub fn name(&self) -> &str {
        self.name.get().map_or("", String::as_str)
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        let mut listed = self.clients.lock();
        listed.remove(&self.client.number);
        if listed.is_empty() {
            listed.shrink_to_fit();
        }
    }
}
