//! What `mqtt5` tells while it works, and how long it has to wait before it goes on.
//!
//! A message of quality 1 or 2 that is for a session waits until the journal has it, before it is routed and long
//! before it is acknowledged; a retained one of such quality waits again once it is retained. Nobody waits longer than
//! [`PATIENCE`], and nobody while the files cannot be written.

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use mqtt5::QoS;
use mqtt5::broker::events::{
    BrokerEventHandler, ClientConnectEvent, ClientDisconnectEvent, ClientPublishEvent, ClientSubscribeEvent,
    ClientUnsubscribeEvent, MessageDeliveredEvent, PublishAction, RetainedSetEvent,
};
use mqtt5::broker::storage::StorageBackend;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::arrivals::Arrival;
use super::desk::Desk;
use super::message::{Kept, seconds};
use super::record::{Publish, Record};
use super::sessions::Recipient;

/// How long an acknowledgement waits for the disk at most; a disk that takes longer is as good as none.
const PATIENCE: Duration = Duration::from_secs(10);

type Answer<'a, T = ()> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Hears what happens in the broker.
pub struct Hooks {
    desk: Arc<Desk>,
}

/// Says that a message has been handed back to `mqtt5`, also when nobody waits for that any more.
struct Return<'a> {
    desk: &'a Desk,
    id: u64,
}

impl Drop for Return<'_> {
    fn drop(&mut self) {
        self.desk.transit().returned(self.id, Instant::now());
    }
}

impl Hooks {
    /// Of a desk.
    pub fn new(desk: Arc<Desk>) -> Self {
        Self { desk }
    }

    async fn published(&self, event: ClientPublishEvent) -> PublishAction {
        let desk = &*self.desk;
        if !desk.transit().is_empty() {
            desk.transit().heard_from(&event.client_id, desk.tick());
        }
        if event.qos == QoS::AtMostOnce {
            return PublishAction::Continue;
        }
        let arrival =
            event.packet_id.map(|packet| desk.arrived(&event.client_id, packet)).unwrap_or_default();
        if let (QoS::ExactlyOnce, Some(packet)) = (event.qos, event.packet_id)
            && desk.was_handed(&event.client_id, packet, &event.topic, &event.payload)
            && arrival.is_again
        {
            return PublishAction::Handled;
        }
        let mut recipients = desk.sessions.matching(&event.topic);
        let is_retained_later =
            event.qos == QoS::ExactlyOnce && event.retain && !event.topic.starts_with('$');
        if recipients.is_empty() && !is_retained_later {
            return PublishAction::Continue;
        }
        let is_publisher = |recipient: &Recipient| recipient.client == event.client_id;
        if event.qos == QoS::ExactlyOnce && !recipients.iter().any(is_publisher) {
            let publisher = Recipient { client: event.client_id.clone(), is_once: false };
            recipients = recipients.iter().cloned().chain([publisher]).collect();
        }
        let publish = desk.transit().add(publish(event, arrival), recipients);
        let _return = Return { desk, id: publish.id };
        wait(desk.journal.keep(&Record::Publish(publish))).await;
        PublishAction::Continue
    }

    async fn retained(&self, event: RetainedSetEvent) {
        let desk = &*self.desk;
        // What the broker says about itself it says again after a restart.
        if event.topic.starts_with('$') {
            return;
        }
        desk.transit().retained(&event.topic);
        let after = desk.retain_changed(&event.topic);
        if event.qos == QoS::AtMostOnce {
            return;
        }
        let message = desk.storage.get_retained_message(&event.topic).await;
        let kept = message.ok().flatten().map(|message| Kept::from_retained(&message));
        let topic = event.topic.to_string();
        wait(desk.journal.keep(&Record::Retained { topic, after, kept })).await;
    }

    async fn session_changed(&self, client: &str) {
        let was_kept = self.desk.sessions.get(client).is_some();
        let is_kept = self.desk.sessions.refresh(client);
        if was_kept && !is_kept {
            self.desk.forget_numbers(client);
        }
        if was_kept || is_kept {
            self.desk.session_changed(client);
            wait(self.desk.sessions_written()).await;
        }
    }
}

/// Until it is kept, or cannot be.
pub async fn wait(kept: oneshot::Receiver<()>) {
    if timeout(PATIENCE, kept).await.is_err() {
        tracing::warn!("the disk has not taken the broker's messages for {PATIENCE:?}; they go on unkept");
    }
}

fn publish(event: ClientPublishEvent, arrival: Arrival) -> Publish {
    let Arrival { expiry, properties, .. } = arrival;
    let kept = Kept {
        topic: event.topic.to_string(),
        payload: event.payload,
        qos: event.qos.into(),
        retain: event.retain,
        at: seconds(SystemTime::now()),
        expiry,
        properties,
    };
    let (publisher, packet) = (event.client_id.to_string(), event.packet_id);
    Publish { id: 0, publisher, packet, is_ambiguous: false, is_retained: false, kept }
}

impl BrokerEventHandler for Hooks {
    fn on_client_connect<'a>(&'a self, event: ClientConnectEvent) -> Answer<'a> {
        Box::pin(async move {
            let desk = &*self.desk;
            desk.transit().replaced(&event.client_id, Instant::now());
            desk.is_back(&event.client_id);
            if event.clean_start {
                desk.forget_numbers(&event.client_id);
            }
            self.session_changed(&event.client_id).await;
        })
    }

    fn on_client_subscribe<'a>(&'a self, event: ClientSubscribeEvent) -> Answer<'a> {
        Box::pin(async move {
            self.desk.transit().heard_from(&event.client_id, self.desk.tick());
            self.session_changed(&event.client_id).await;
        })
    }

    fn on_client_unsubscribe<'a>(&'a self, event: ClientUnsubscribeEvent) -> Answer<'a> {
        Box::pin(async move {
            self.desk.transit().heard_from(&event.client_id, self.desk.tick());
            self.session_changed(&event.client_id).await;
        })
    }

    fn on_client_publish<'a>(&'a self, event: ClientPublishEvent) -> Answer<'a, PublishAction> {
        Box::pin(self.published(event))
    }

    fn on_client_disconnect<'a>(&'a self, event: ClientDisconnectEvent) -> Answer<'a> {
        Box::pin(async move {
            let desk = &*self.desk;
            let session = desk.storage.get_session(&event.client_id).await.ok().flatten();
            // The old connection of a client ends after the new one has begun.
            if session.is_some_and(|session| session.connected) {
                desk.transit().replaced(&event.client_id, Instant::now());
            } else {
                desk.transit().heard_from(&event.client_id, desk.tick());
            }
            self.session_changed(&event.client_id).await;
        })
    }

    fn on_retained_set<'a>(&'a self, event: RetainedSetEvent) -> Answer<'a> {
        Box::pin(self.retained(event))
    }

    fn on_message_delivered<'a>(&'a self, event: MessageDeliveredEvent) -> Answer<'a> {
        if let Some(session) = self.desk.sessions.get(&event.client_id) {
            session.touch();
            self.desk.confirmed(&event.client_id, event.packet_id);
        }
        Box::pin(std::future::ready(()))
    }
}
