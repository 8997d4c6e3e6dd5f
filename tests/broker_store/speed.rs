//! How fast messages of quality 1 are taken, with the store and without, in the same run.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use super::broker::Broker;
use super::wire::{self, Client, Heard};

/// How many messages may wait for their acknowledgement, as in most clients.
const WINDOW: u16 = 20;

/// What is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Load {
    /// Nobody is subscribed.
    Plain,
    /// Each message is retained.
    Retained,
    /// A session without a client gets it.
    Away,
    /// A session with a client gets it.
    Here,
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures; wants a quiet machine and an optimised build"]
async fn messages_of_quality_1_per_second() {
    println!("| load | publishers | memory only | with the store |\n| --- | --- | --- | --- |");
    for load in [Load::Plain, Load::Retained, Load::Away, Load::Here] {
        for publishers in [1, 16] {
            let memory = measure(None, load, publishers).await;
            let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
            let store = measure(Some(folder.path()), load, publishers).await;
            println!("| {load:?} | {publishers} | {memory:.0}/s | {store:.0}/s |");
        }
    }
}

async fn measure(folder: Option<&Path>, load: Load, publishers: u16) -> f64 {
    let broker = Broker::start(folder).await;
    let address = broker.address;
    if matches!(load, Load::Away | Load::Here) {
        let mut session = Client::connect(address, "session", false).await;
        session.subscribe("a/#", 1).await;
        if load == Load::Away {
            session.leave().await;
        } else {
            tokio::spawn(take(session));
        }
    }
    let start = Instant::now();
    let each = 8_000 / publishers;
    let say = |index| tokio::spawn(publish(address, index, each, load == Load::Retained));
    for publisher in (0..publishers).map(say).collect::<Vec<_>>() {
        publisher.await.unwrap();
    }
    let rate = f64::from(each * publishers) / start.elapsed().as_secs_f64();
    broker.stop().await;
    rate
}

async fn publish(address: SocketAddr, index: u16, count: u16, retain: bool) {
    let mut client = Client::connect(address, &format!("publisher-{index}"), true).await;
    let message = |number: u16| {
        let payload = format!("{{\"temperature\": [{number}.25, \"\\u2103\"], \"of\": {index}}}");
        wire::publish(&format!("a/{index}/{}", number % 50), payload.as_bytes(), 1, retain, number)
    };
    for number in 1..=WINDOW {
        client.send(&message(number)).await;
    }
    for number in 1..=count {
        assert_eq!(client.next().await, Heard::Control { kind: 4, packet: number });
        if number + WINDOW <= count {
            client.send(&message(number + WINDOW)).await;
        }
    }
    client.leave().await;
}

async fn take(mut session: Client) {
    while let Some(heard) = session.within(Duration::from_secs(60)).await {
        if let Heard::Publish { packet, .. } = heard {
            session.acknowledge(4, packet).await;
        }
    }
}
