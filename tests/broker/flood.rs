//! Many messages at once, acknowledged in batches.

use std::collections::BTreeSet;

use super::client::Client;
use super::packet::{Ack, Hello, Packet, Publish};
use super::stage::Broker;

/// How many messages are on their way before one must be acknowledged.
const WINDOW: usize = 100;

/// Publishes all messages with QoS 1 and sees every one acknowledged.
pub async fn flood(broker: &Broker, hello: Hello, messages: impl Iterator<Item = Publish>) {
    let version = hello.version;
    let (mut client, welcome) = Client::welcomed(broker, hello).await;
    let window = WINDOW.min(welcome.receive_maximum());
    let mut messages = messages.peekable();
    let mut open = BTreeSet::new();
    while messages.peek().is_some() || !open.is_empty() {
        let mut batch = Vec::new();
        while open.len() < window {
            let Some(message) = messages.next() else { break };
            let id = client.next_id();
            assert!(open.insert(id), "packet identifiers came round");
            batch.extend(Publish { id, ..message }.bytes(version));
        }
        client.send(&batch).await;
        // Half the window is acknowledged before more is sent, so that writes stay large.
        while open.len() > window / 2 || (messages.peek().is_none() && !open.is_empty()) {
            match client.next().await {
                Ok(Packet::Ack { kind: Ack::Puback, id, reason }) => {
                    assert!(reason < 0x80, "message {id} is refused with {reason:#04x}");
                    assert!(open.remove(&id), "message {id} is acknowledged but not open");
                }
                other => panic!("instead of PUBACK came {other:?}"),
            }
        }
    }
    client.leave().await;
}
