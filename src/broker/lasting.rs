//! The sessions that outlive their connections: how many there are, and whether there may be one more.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mqtt5::broker::storage::{DynamicStorage, StorageBackend};

/// The names of clients whose sessions last.
#[derive(Debug, Default)]
pub struct Lasting {
    names: Mutex<HashSet<String>>,
}

impl Lasting {
    /// How many there are; those that ended lately may be among them.
    pub fn count(&self) -> usize {
        self.lock().len()
    }

    /// The session of a client lasts from now on, or does not.
    pub fn is(&self, client: &str, lasts: bool) {
        let mut names = self.lock();
        if !lasts {
            names.remove(client);
        } else if !names.contains(client) {
            names.insert(client.to_owned());
        }
    }

    /// Whether a client may have one, when there may be `most`.
    pub async fn has_room(&self, client: &str, most: usize, storage: &Arc<DynamicStorage>) -> bool {
        let fits = || {
            let names = self.lock();
            names.len() < most || names.contains(client)
        };
        if fits() {
            return true;
        }
        self.look(storage).await;
        fits()
    }

    /// Looks which are still there.
    pub async fn look(&self, storage: &Arc<DynamicStorage>) {
        let Ok(all) = storage.session_client_ids().await else { return };
        let mut lasting = HashSet::new();
        for name in all {
            let session = storage.get_session(&name).await;
            if session.is_ok_and(|session| session.is_some_and(|session| session.expiry_interval != Some(0)))
            {
                lasting.insert(name);
            }
        }
        *self.lock() = lasting;
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<String>> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
