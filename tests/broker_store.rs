//! What the broker keeps, over a proper stop and over `kill -9`.

#![allow(clippy::unwrap_used)]

#[path = "broker_store/broker.rs"]
mod broker;
#[path = "common/until.rs"]
mod common;
#[path = "broker_store/disk.rs"]
mod disk;
#[path = "broker_store/kill.rs"]
mod kill;
#[path = "broker_store/speed.rs"]
mod speed;
#[path = "broker_store/wire.rs"]
mod wire;

use std::time::Duration;

use broker::{Broker, Process};
use wire::{Client, Heard};

const SILENCE: Duration = Duration::from_millis(300);

#[tokio::test(flavor = "multi_thread")]
#[ignore = "started by other tests, as a process that they kill"]
async fn a_broker_until_it_is_killed() {
    broker::run_child().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_comes_back_after_a_proper_stop() {
    let folder = tempfile::tempdir().unwrap();
    let broker = Broker::start(Some(folder.path())).await;
    let mut subscriber = Client::connect(broker.address, "subscriber", false).await;
    subscriber.subscribe("a/#", 2).await;
    let mut publisher = Client::connect(broker.address, "publisher", false).await;
    publisher.say("a/1", b"in flight", false, 1).await;
    let Heard::Publish { packet, qos: 1, .. } = subscriber.next().await else { panic!() };
    drop(subscriber);
    publisher.say("a/2", b"queued \0\xff", false, 2).await;
    publisher.publish("a/3", b"to be released", 2, true, 3).await;
    assert_eq!(publisher.next().await, Heard::Control { kind: 5, packet: 3 });
    publisher.publish("r/0", b"quality 0", 0, true, 0).await;
    publisher.say("r/1", b"quality 1", true, 4).await;
    publisher.say("r/2", b"gone", true, 5).await;
    publisher.say("r/2", b"", true, 6).await;
    drop(publisher);
    broker.stop().await;

    let broker = Broker::start(Some(folder.path())).await;
    let mut publisher = Client::connect(broker.address, "publisher", false).await;
    assert!(publisher.is_known);
    publisher.acknowledge(6, 3).await;
    assert_eq!(publisher.next().await, Heard::Control { kind: 7, packet: 3 });
    let mut subscriber = Client::connect(broker.address, "subscriber", false).await;
    assert!(subscriber.is_known);
    let expect = Heard::Publish {
        topic: "a/1".into(),
        payload: b"in flight".to_vec(),
        qos: 1,
        retain: false,
        dup: true,
        packet,
    };
    assert_eq!(subscriber.next().await, expect);
    let rest: Vec<_> = subscriber.drain(SILENCE).await;
    assert_eq!(rest, [("a/2".into(), b"queued \0\xff".to_vec()), ("a/3".into(), b"to be released".to_vec())]);
    let mut other = Client::connect(broker.address, "other", true).await;
    other.subscribe("#", 1).await;
    let mut retained = other.drain(SILENCE).await;
    retained.sort();
    assert_eq!(
        retained,
        [
            ("a/3".into(), b"to be released".to_vec()),
            ("r/0".into(), b"quality 0".to_vec()),
            ("r/1".into(), b"quality 1".to_vec())
        ]
    );
    broker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_is_there_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let broker = Process::start(folder.path());
    let mut away = Client::connect(broker.address, "away", false).await;
    away.subscribe("a/#", 1).await;
    away.leave().await;
    let mut here = Client::connect(broker.address, "here", false).await;
    here.subscribe("a/#", 1).await;
    let mut publisher = Client::connect(broker.address, "publisher", true).await;
    publisher.say("a/1", b"one", false, 1).await;
    publisher.say("a/2", b"two", true, 2).await;
    broker.kill();

    let broker = Process::start(folder.path());
    let all = [("a/1".into(), b"one".to_vec()), ("a/2".into(), b"two".to_vec())];
    for id in ["away", "here"] {
        let mut client = Client::connect(broker.address, id, false).await;
        assert!(client.is_known, "{id}");
        // The order holds within a topic; these are two.
        let mut told = client.drain(SILENCE).await;
        told.sort();
        assert_eq!(told, all, "{id}");
    }
    let mut other = Client::connect(broker.address, "other", true).await;
    other.subscribe("#", 1).await;
    assert_eq!(other.drain(SILENCE).await, all[1..]);
    broker.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_words_are_not_taken_for_each_other_over_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let broker = Process::start(folder.path());
    let mut session = Client::connect(broker.address, "session", false).await;
    for filter in ["fill", "a/#", "a/relay"] {
        session.subscribe(filter, 1).await;
    }
    let mut publisher = Client::connect(broker.address, "publisher", true).await;
    for number in 1..broker::LIMITS.in_flight {
        publisher.say("fill", b"", false, number).await;
        session.next().await;
    }
    // Each comes by two subscriptions, and there is room for one copy at a time.
    publisher.say("a/relay", b"on", false, 100).await;
    publisher.say("a/relay", b"on", false, 101).await;
    for _ in 0..2 {
        let Heard::Publish { packet, payload, .. } = session.next().await else { panic!() };
        assert_eq!(payload, b"on");
        session.acknowledge(4, packet).await;
    }
    session.next().await;
    broker.kill();

    let broker = Process::start(folder.path());
    let mut session = Client::connect(broker.address, "session", false).await;
    let again = session.drain(SILENCE).await.into_iter().filter(|(_, payload)| payload == b"on").count();
    assert!(again >= 1, "the second one was acknowledged, confirmed by nobody, and is lost");
    broker.kill();
}
