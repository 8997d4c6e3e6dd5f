//! Clients that read slowly, stand still, confirm nothing or finish nothing: what they cost is bounded, what they lose
//! is counted, and nobody else notices.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::client::{Client, Ended};
use crate::flood::flood;
use crate::packet::{self, Ack, Packet, Publish, V3, V5, message};
use crate::stage::Broker;

/// What the hub itself keeps of what it hears is not measured here.
const HUB_HEARS_NOTHING: &str = "topics = [\"nothing/# in\"]";
const MIB: usize = 1024 * 1024;

/// Goes round through the broker while `work` is done; gives how long the slowest round took.
async fn meanwhile(broker: &Broker, work: impl Future<Output = ()>) -> Duration {
    let mut witness = Client::connect(broker, V5.hello("witness")).await;
    witness.subscribe("witness", 1).await;
    let mut slowest = Duration::ZERO;
    let mut work = std::pin::pin!(work);
    loop {
        let start = Instant::now();
        let round = async {
            witness.publish(&message("witness", "x", 1)).await;
            witness.heard().await;
        };
        round.await;
        slowest = slowest.max(start.elapsed());
        if tokio::time::timeout(Duration::from_millis(5), &mut work).await.is_ok() {
            return slowest;
        }
    }
}

/// Publishes with QoS 0 as fast as the broker takes it.
async fn pour(broker: &Broker, topic: &str, count: usize, bytes: usize) {
    let mut publisher = Client::connect(broker, V5.hello("pours")).await;
    for n in 0..count {
        let mut payload = n.to_string().into_bytes();
        payload.resize(bytes, b' ');
        publisher.send(&message(topic, payload, 0).bytes(V5)).await;
        if n % 100 == 99 {
            publisher.ping().await;
        }
    }
    publisher.ping().await;
}

/// The numbers of all that comes.
async fn rest(client: &mut Client) -> Vec<usize> {
    let mut numbers = Vec::new();
    while let Some(one) = client.heard_within(Duration::from_secs(1)).await {
        numbers.push(one.text().trim().parse().expect("a number"));
    }
    numbers
}

#[tokio::test]
async fn reader_that_stands_still_costs_a_bounded_amount_and_its_losses_are_counted() {
    let broker = Broker::with(HUB_HEARS_NOTHING);
    let mut slow = Client::connect(&broker, V5.hello("slow").keep_alive(0)).await;
    slow.subscribe("flood/#", 0).await;
    let before = broker.resident();
    let slowest = meanwhile(&broker, pour(&broker, "flood/a", 10_000, 10_000)).await;
    let once = broker.resident().saturating_sub(before);
    pour(&broker, "flood/a", 10_000, 10_000).await;
    let twice = broker.resident().saturating_sub(before);
    println!(
        "for one who stands still: {once} bytes after 100 MB, {twice} after 200; others waited {slowest:?}"
    );
    assert!(once < 64 * MIB, "{once} bytes more");
    assert!(twice < once + 16 * MIB, "{once} bytes more, then {twice}");
    assert!(slowest < Duration::from_secs(2), "others waited {slowest:?}");
    // What it did not lose it gets, in order, once it reads on.
    let heard = rest(&mut slow).await;
    assert!(heard.chunk_by(|one, next| one < next).count() <= 2, "twice in order: {heard:?}");
    let dropped = 20_000 - heard.len() as u64;
    broker.counts("dropped", |count| count == dropped).await;
    slow.ping().await;
    // And it is no slow one any more.
    pour(&broker, "flood/b", 10, 10).await;
    for n in 0..10 {
        assert_eq!(slow.heard().await.text().trim(), n.to_string());
    }
    assert_eq!(broker.facts().await["dropped"].as_u64(), Some(dropped));
    let line = broker.logs("too slow").await;
    assert!(line.contains("client=slow") && line.contains("raise `queue`"), "{line}");
}

#[tokio::test]
async fn reader_that_stands_still_for_twenty_seconds_is_cut_off() {
    let broker = Broker::with("");
    let mut still = Client::connect(&broker, V3.hello("still").keep_alive(0)).await;
    still.subscribe("flood/#", 0).await;
    let start = Instant::now();
    pour(&broker, "flood/a", 2_000, 10_000).await;
    let slowest = meanwhile(&broker, async {
        broker.logs("took nothing and was cut off").await;
    })
    .await;
    let took = start.elapsed();
    assert!((Duration::from_secs(19)..Duration::from_secs(40)).contains(&took), "{took:?}");
    assert!(slowest < Duration::from_secs(3), "others waited {slowest:?}");
    assert_eq!(broker.counts("cut", |count| count > 0).await, 1);
    assert_eq!(still.ended().await, Ended::Closed);
}

#[tokio::test]
async fn fifty_readers_that_stand_still_cost_what_may_wait_for_each() {
    let broker = Broker::with(&format!("queue = \"256 KiB\"\n{HUB_HEARS_NOTHING}"));
    let mut slow = Vec::new();
    for n in 0..50 {
        let mut client = Client::connect(&broker, V3.hello(&format!("slow-{n}")).keep_alive(0)).await;
        client.subscribe("flood/#", 0).await;
        slow.push(client);
    }
    let before = broker.resident();
    let slowest = meanwhile(&broker, pour(&broker, "flood/a", 4_000, 10_000)).await;
    let once = broker.resident().saturating_sub(before);
    pour(&broker, "flood/a", 4_000, 10_000).await;
    let twice = broker.resident().saturating_sub(before);
    println!(
        "for 50 who stand still: {once} bytes after 40 MB each, {twice} after 80; others waited {slowest:?}"
    );
    assert!(once < 160 * MIB, "{once} bytes more");
    assert!(twice < once + 32 * MIB, "{once} bytes more, then {twice}");
    assert!(slowest < Duration::from_secs(3), "others waited {slowest:?}");
}

#[tokio::test]
async fn reader_that_confirms_nothing_costs_a_bounded_amount_and_keeps_the_newest() {
    let broker = Broker::with(HUB_HEARS_NOTHING);
    for version in [V3, V5] {
        let mut slow = Client::connect(&broker, version.hello("slow").keep_alive(0)).await;
        slow.subscribe("flood/#", 1).await;
        let dropped_before = broker.facts().await["dropped"].as_u64().expect("a number");
        let before = broker.resident();
        let messages = (0..2_000).map(|n: usize| {
            let mut payload = n.to_string().into_bytes();
            payload.resize(50_000, b' ');
            message("flood/a", payload, 1)
        });
        let slowest = meanwhile(&broker, flood(&broker, version.hello("floods"), messages)).await;
        let grown = broker.resident().saturating_sub(before);

        println!("100 MB for one who confirms nothing: {} KiB more, others waited {slowest:?}", grown / 1024);
        assert!(grown < 32 * MIB, "{grown} bytes more");
        assert!(slowest < Duration::from_secs(2), "others waited {slowest:?}");
        // Twenty are under way, a mebibyte or two wait, and the rest is lost: the oldest of it.
        let heard = rest(&mut slow).await;
        broker.counts("dropped", |count| count == dropped_before + 2_000 - heard.len() as u64).await;
        assert!(heard.is_sorted(), "{heard:?}");
        assert_eq!(heard[..20], (0..20).collect::<Vec<_>>());
        assert_eq!(heard.last(), Some(&1_999));
        assert!((40..=80).contains(&heard.len()), "{} came", heard.len());
        // From then on it gets everything again.
        let mut publisher = Client::connect(&broker, version.hello("later")).await;
        for n in 0..100 {
            publisher.publish(&message("flood/b", n.to_string(), 1)).await;
        }
        for n in 0..100 {
            assert_eq!(slow.heard().await.text(), n.to_string());
        }
        slow.leave().await;
    }
}

#[tokio::test]
async fn client_that_confirms_slowly_gets_everything_that_fits() {
    let broker = Broker::with("queue = \"4 MiB\"");
    let mut slow = Client::connect(&broker, V5.hello("slow")).await;
    slow.subscribe("slow/#", 2).await;
    let messages = (0..600).map(|n: usize| message("slow/a", n.to_string(), 1));
    flood(&broker, V5.hello("floods"), messages).await;
    for n in 0..600 {
        if n % 50 == 0 {
            sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(slow.heard().await.text(), n.to_string());
    }
    assert_eq!(broker.facts().await["dropped"], 0);
}

#[tokio::test]
async fn client_that_begins_sixteen_large_messages_with_qos_2_and_finishes_none_is_ended() {
    let broker = Broker::with("packet = \"100 KiB\"");
    for version in [V3, V5] {
        let mut client = Client::connect(&broker, version.hello("begins")).await;
        // Sixteen packets as large as they may be are allowed together.
        let large =
            |id: u16, bytes: usize| Publish { id, ..message("a", vec![b'x'; bytes], 2) }.bytes(version);
        let over = large(1, 100_000).len() - 100_000;
        for id in 1..=16 {
            client.send(&large(id, 100 * 1024 - over)).await;
            let answer = client.next().await;
            assert_eq!(answer, Ok(Packet::Ack { kind: Ack::Pubrec, id, reason: 0 }));
        }
        // What is finished makes room.
        client.send(&packet::ack(Ack::Pubrel, 1)).await;
        assert_eq!(client.acknowledged(Ack::Pubcomp, 1).await, 0);
        client.send(&large(17, 100 * 1024 - over)).await;
        assert_eq!(client.acknowledged(Ack::Pubrec, 17).await, 0);
        client.send(&large(18, 1)).await;
        let told = if version == V5 { Ended::Told { reason: 0x93 } } else { Ended::Closed };
        assert_eq!(client.ended().await, told);
    }
    let line = broker.logs("began too many messages with QoS 2").await;
    assert!(line.contains("client=begins"), "{line}");
}

#[tokio::test]
async fn client_begins_a_thousand_small_messages_with_qos_2_and_no_more() {
    let broker = Broker::with("");
    let (mut client, welcome) = Client::welcomed(&broker, V5.hello("begins")).await;
    assert_eq!(welcome.receive_maximum(), 1_000);
    let small = |id: u16| Publish { id, ..message("a", "x", 2) }.bytes(V5);
    for id in 1..=1_000 {
        client.send(&small(id)).await;
        assert_eq!(client.acknowledged(Ack::Pubrec, id).await, 0);
    }
    client.send(&small(1_001)).await;
    assert_eq!(client.ended().await, Ended::Told { reason: 0x93 });
}
