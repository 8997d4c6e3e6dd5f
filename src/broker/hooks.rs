//! What `mqtt5` tells while it works: retained messages are counted here, and everything goes on to the store.
//!
//! How much room retained messages have left is told to the router after each, so that a message too many is refused
//! with a reason.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use mqtt5::QoS;
use mqtt5::broker::events::{
    BrokerEventHandler, ClientConnectEvent, ClientDisconnectEvent, ClientPublishEvent, ClientSubscribeEvent,
    ClientUnsubscribeEvent, MessageDeliveredEvent, PublishAction, RetainedSetEvent,
};
use mqtt5::broker::router::MessageRouter;

use super::Limits;
use super::lasting::Lasting;
use super::tide::Tides;

type Answer<'a, T = ()> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Hears what happens in the broker.
pub struct Hooks {
    limits: Limits,
    router: OnceLock<Weak<MessageRouter>>,
    tides: Arc<Tides>,
    lasting: Arc<Lasting>,
    retained: Mutex<Retained>,
    topics: RandomState,
    store: Option<Arc<dyn BrokerEventHandler>>,
}

/// The retained messages, by their topics' hashes.
#[derive(Default)]
struct Retained {
    sizes: HashMap<u64, usize>,
    bytes: usize,
    /// `$SYS`, which is ours and does not count.
    own: HashSet<u64>,
}

impl Hooks {
    /// Nothing is retained yet; `store` hears everything, too.
    pub fn new(
        limits: Limits,
        tides: Arc<Tides>,
        lasting: Arc<Lasting>,
        store: Option<Arc<dyn BrokerEventHandler>>,
    ) -> Self {
        Self {
            limits,
            tides,
            lasting,
            router: OnceLock::new(),
            retained: Mutex::default(),
            topics: RandomState::new(),
            store,
        }
    }

    /// Whom to tell how much room is left.
    pub fn tell(&self, router: &Arc<MessageRouter>) {
        // Set once, when the broker is made.
        let _ = self.router.set(Arc::downgrade(router));
        self.tell_room(&self.lock());
    }

    /// Whether a message of so many bytes may be retained on `topic`; none means that its topic is not known.
    pub fn has_room(&self, topic: &str, bytes: usize) -> bool {
        let retained = self.lock();
        let is_new = !topic.is_empty() && !retained.sizes.contains_key(&self.topics.hash_one(topic));
        let is_full = is_new && retained.sizes.len() >= self.limits.retained;
        bytes == 0 || (bytes <= self.room(&retained) && !is_full)
    }

    /// How many messages are retained.
    pub fn retained(&self) -> usize {
        self.lock().sizes.len()
    }

    /// A message is retained from now on, or with nothing no longer.
    pub fn retain(&self, topic: &str, bytes: usize) {
        let mut retained = self.lock();
        let key = self.topics.hash_one(topic);
        if topic.starts_with('$') {
            retained.own.insert(key);
        } else {
            let before = match bytes {
                0 => retained.sizes.remove(&key),
                _ => retained.sizes.insert(key, bytes),
            };
            retained.bytes = retained.bytes + bytes - before.unwrap_or(0);
        }
        self.tell_room(&retained);
    }

    fn tell_room(&self, retained: &Retained) {
        let Some(router) = self.router.get().and_then(Weak::upgrade) else { return };
        router.update_retained_limits(self.limits.retained + retained.own.len(), self.room(retained));
    }

    /// How large the next message may be.
    fn room(&self, retained: &Retained) -> usize {
        // Nothing would mean no limit, so a single byte is left.
        let room = self.limits.retained_bytes.saturating_sub(retained.bytes).max(1);
        room.min(self.limits.retained_payload)
    }

    fn lock(&self) -> MutexGuard<'_, Retained> {
        self.retained.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pass<'a>(&'a self, on: impl FnOnce(&'a dyn BrokerEventHandler) -> Answer<'a>) -> Answer<'a> {
        self.store.as_deref().map_or_else(|| -> Answer<'a> { Box::pin(std::future::ready(())) }, on)
    }
}

impl BrokerEventHandler for Hooks {
    fn on_client_connect<'a>(&'a self, event: ClientConnectEvent) -> Answer<'a> {
        self.lasting.is(&event.client_id, event.session_expiry_interval != 0);
        self.pass(|store| store.on_client_connect(event))
    }

    fn on_client_subscribe<'a>(&'a self, event: ClientSubscribeEvent) -> Answer<'a> {
        self.pass(|store| store.on_client_subscribe(event))
    }

    fn on_client_unsubscribe<'a>(&'a self, event: ClientUnsubscribeEvent) -> Answer<'a> {
        self.pass(|store| store.on_client_unsubscribe(event))
    }

    fn on_client_publish<'a>(&'a self, event: ClientPublishEvent) -> Answer<'a, PublishAction> {
        let bytes = event.payload.len() + event.topic.len();
        self.tides.all.rise(bytes);
        if event.qos != QoS::AtMostOnce {
            self.tides.promised.rise(bytes);
        }
        match &self.store {
            Some(store) => store.on_client_publish(event),
            None => Box::pin(std::future::ready(PublishAction::Continue)),
        }
    }

    fn on_client_disconnect<'a>(&'a self, event: ClientDisconnectEvent) -> Answer<'a> {
        self.pass(|store| store.on_client_disconnect(event))
    }

    fn on_retained_set<'a>(&'a self, event: RetainedSetEvent) -> Answer<'a> {
        self.retain(&event.topic, event.payload.len());
        self.pass(|store| store.on_retained_set(event))
    }

    fn on_message_delivered<'a>(&'a self, event: MessageDeliveredEvent) -> Answer<'a> {
        self.pass(|store| store.on_message_delivered(event))
    }
}
