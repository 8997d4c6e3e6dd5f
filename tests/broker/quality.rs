//! What QoS promises: the lower of both sides, at least once, exactly once – and what a broken connection does to it.

use std::collections::BTreeSet;

use super::client::Client;
use super::packet::{self, Ack, BOTH, Packet, Publish, Version, message};
use super::stage::{Broker, Kind, With};

pub async fn message_comes_with_the_lower_quality_of_both_sides(kind: Kind) {
    let broker = Broker::start(kind).await;
    for version in BOTH {
        let _with = With(version);
        let mut publisher = Client::connect(&broker, version.hello("publisher")).await;
        for granted in 0..3 {
            let mut subscriber = Client::connect(&broker, version.hello("subscriber")).await;
            assert_eq!(subscriber.subscribe("q", granted).await, granted);
            for sent in 0..3 {
                let payload: Vec<u8> = (0..=255).collect();
                publisher.publish(&message("q", &payload, sent)).await;
                let came = subscriber.heard().await;
                assert_eq!((came.qos, came.payload, came.dup), (sent.min(granted), payload, false));
            }
            subscriber.leave().await;
        }
    }
}

pub async fn unacknowledged_message_comes_again_as_a_duplicate_before_newer_ones(kind: Kind) {
    let broker = Broker::start(kind).await;
    for version in BOTH {
        let _with = With(version);
        let hello = version.hello("subscriber").staying();
        let mut subscriber = Client::connect(&broker, hello.clone()).await;
        subscriber.subscribe("again", 1).await;
        let mut publisher = Client::connect(&broker, version.hello("publisher")).await;
        for n in 0..3 {
            publisher.publish(&message("again", n.to_string(), 1)).await;
        }
        let first: Vec<Publish> = [subscriber.came().await, subscriber.came().await].into();
        assert_eq!(first.iter().map(Publish::text).collect::<Vec<_>>(), ["0", "1"]);
        subscriber.vanish();
        publisher.publish(&message("again", "3", 1)).await;
        let (mut subscriber, welcome) = Client::welcomed(&broker, hello.clone()).await;
        assert!(welcome.present);
        for n in 0..4 {
            let came = subscriber.heard().await;
            assert_eq!(came.text(), n.to_string());
            if let Some(before) = first.get(n) {
                assert!(came.dup, "a message that was sent before must say so: {came:?}");
                assert_eq!(came.id, before.id, "and keep its packet identifier");
            }
        }
        subscriber.leave().await;
        let clean = Client::connect(&broker, version.hello("subscriber")).await;
        clean.leave().await;
    }
}

/// Where a connection breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Break {
    Nowhere,
    AfterPublish,
    AfterPubrec,
    AfterPubrel,
}

const BREAKS: [Break; 4] = [Break::Nowhere, Break::AfterPublish, Break::AfterPubrec, Break::AfterPubrel];

pub async fn qos_2_comes_exactly_once_wherever_a_connection_breaks(kind: Kind) {
    let broker = Broker::start(kind).await;
    for version in BOTH {
        let _with = With(version);
        let mut receiver = Receiver::new(&broker, version).await;
        let mut sender = Client::connect(&broker, version.hello("sender").staying()).await;
        for round in 0..32_u16 {
            let sending = BREAKS[usize::from(round) % 4];
            let receiving = BREAKS[usize::from(round) / 4 % 4];
            sender = send_once(&broker, sender, version, round, sending).await;
            receiver.receive(&broker, version, receiving).await;
        }
        let expect: Vec<String> = (0..32).map(|round| round.to_string()).collect();
        assert_eq!(receiver.taken, expect);
        receiver.client.leave().await;
        sender.leave().await;
    }
}

/// Sends one message with QoS 2 to its end, over a connection that breaks on the way.
async fn send_once(
    broker: &Broker,
    mut sender: Client,
    version: Version,
    round: u16,
    place: Break,
) -> Client {
    let id = round + 1;
    let publish = Publish { id, ..message("once", round.to_string(), 2) };
    let again = async |old: Client| {
        old.vanish();
        let (client, welcome) = Client::welcomed(broker, version.hello("sender").staying()).await;
        assert!(welcome.present, "the sender's session is gone");
        client
    };
    sender.send(&publish.bytes(version)).await;
    if place == Break::AfterPublish {
        sender = again(sender).await;
        sender.send(&Publish { dup: true, ..publish }.bytes(version)).await;
    }
    assert!(sender.acknowledged(Ack::Pubrec, id).await < 0x80);
    if place == Break::AfterPubrec {
        sender = again(sender).await;
    }
    sender.send(&packet::ack(Ack::Pubrel, id)).await;
    if place == Break::AfterPubrel {
        sender = again(sender).await;
        sender.send(&packet::ack(Ack::Pubrel, id)).await;
    }
    sender.acknowledged(Ack::Pubcomp, id).await;
    sender
}

/// A receiver that takes a message once however often it comes, by its packet identifier.
struct Receiver {
    client: Client,
    open: BTreeSet<u16>,
    taken: Vec<String>,
}

impl Receiver {
    async fn new(broker: &Broker, version: Version) -> Self {
        let mut client = Client::connect(broker, version.hello("receiver").staying()).await;
        assert_eq!(client.subscribe("once", 2).await, 2);
        Self { client, open: BTreeSet::new(), taken: Vec::new() }
    }

    async fn again(&mut self, broker: &Broker, version: Version) {
        let (client, welcome) = Client::welcomed(broker, version.hello("receiver").staying()).await;
        assert!(welcome.present, "the receiver's session is gone");
        std::mem::replace(&mut self.client, client).vanish();
    }

    /// Takes one message to its end, over a connection that breaks on the way.
    async fn receive(&mut self, broker: &Broker, version: Version, mut place: Break) {
        loop {
            match self.client.next().await {
                Ok(Packet::Publish(message)) => {
                    if place == Break::AfterPublish {
                        place = Break::Nowhere;
                        self.again(broker, version).await;
                        continue;
                    }
                    if self.open.insert(message.id) {
                        self.taken.push(message.text());
                    } else {
                        assert!(
                            message.dup,
                            "a packet identifier in use came with another message: {message:?}"
                        );
                    }
                    self.client.send(&packet::ack(Ack::Pubrec, message.id)).await;
                    if place == Break::AfterPubrec {
                        place = Break::Nowhere;
                        self.again(broker, version).await;
                    }
                }
                Ok(Packet::Ack { kind: Ack::Pubrel, id, .. }) => {
                    if place == Break::AfterPubrel {
                        place = Break::Nowhere;
                        self.again(broker, version).await;
                        continue;
                    }
                    self.open.remove(&id);
                    self.client.send(&packet::ack(Ack::Pubcomp, id)).await;
                    return;
                }
                other => panic!("the receiver was sent {other:?}"),
            }
        }
    }
}
