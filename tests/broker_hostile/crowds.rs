//! Many connections: opened and dropped, drip-fed, and all of them wanting something.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::client::Client;
use crate::common::PATIENCE;
use crate::packet::{BOTH, Publish, V3, V5, message, subscribe};
use crate::stage::Broker;
use crate::witness::Witness;

async fn open(broker: &Broker) -> TcpStream {
    TcpStream::connect(("127.0.0.1", broker.port())).await.expect("the port is open")
}

#[tokio::test]
async fn thousand_connections_opened_and_dropped_leave_nothing_behind() {
    let broker = Broker::with("");
    let mut witness = Witness::of(&broker).await;
    let round = async |first: usize| {
        for n in first..first + 1_000 {
            let mut stream = open(&broker).await;
            let version = BOTH[n % 2];
            match n % 5 {
                0 => {}
                1 => stream.write_all(&[0x10]).await.expect("the broker reads"),
                2 => stream.write_all(&version.hello(&format!("drop-{n}")).bytes()).await.expect("it reads"),
                3 => {
                    let hello = version.hello(&format!("drop-{n}")).will(message("will", "gone", 1));
                    stream.write_all(&hello.bytes()).await.expect("it reads");
                    let mut answer = [0; 4];
                    stream.read_exact(&mut answer).await.expect("a CONNACK");
                    let filters = [("drop/#", 1), ("will", 0)];
                    stream.write_all(&subscribe(version, 1, &filters, &[])).await.expect("it reads");
                    let half = message("drop/a", vec![b'x'; 1_000], 1).bytes(version);
                    stream.write_all(&half[..500]).await.expect("it reads");
                }
                _ => stream.set_zero_linger().expect("a TCP socket"),
            }
        }
    };
    round(0).await;
    witness.is_undisturbed().await;
    broker.counts("clients", |count| count == 2).await;
    let before = broker.resident();
    round(1_000).await;
    broker.counts("clients", |count| count == 2).await;
    let grown = broker.resident().saturating_sub(before);
    assert!(grown < 4 * 1024 * 1024, "the second thousand cost {} KiB", grown / 1024);
    witness.ends_well(broker, 32).await;
}

#[tokio::test]
async fn those_who_speak_a_byte_at_a_time_shut_nobody_out() {
    let broker = Broker::with("newcomers = 20");
    let mut witness = Witness::of(&broker).await;
    let mut slow = Vec::new();
    for n in 0..200 {
        slow.push((open(&broker).await, V3.hello(&format!("slow-{n}")).bytes()));
    }
    for at in 0..10 {
        for (stream, hello) in &mut slow {
            // Most of them were sent away.
            let _ = stream.write_all(&hello[at..=at]).await;
        }
        for version in BOTH {
            let start = Instant::now();
            Client::connect(&broker, version.hello("honest")).await.leave().await;
            assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
        }
        witness.is_undisturbed().await;
        sleep(Duration::from_millis(50)).await;
    }
    // A packet that never ends, after the login: one's own affair.
    let mut endless = Client::connect(&broker, V5.hello("endless").keep_alive(2)).await;
    let packet = Publish { id: 1, ..message("endless", vec![b'x'; 900_000], 1) }.bytes(V5);
    for byte in &packet[..5] {
        endless.send(&[*byte]).await;
        sleep(Duration::from_millis(100)).await;
    }
    let start = Instant::now();
    endless.ended().await;
    assert!(start.elapsed() < Duration::from_secs(5), "bytes of an endless packet are no sign of life");
    drop(slow);
    witness.ends_well(broker, 16).await;
}

#[tokio::test]
async fn thousand_clients_at_once_come_and_go() {
    let broker = Broker::with("connections = 1200\nnewcomers = 1200");
    let mut witness = Witness::of(&broker).await;
    let mut clients = Vec::new();
    for n in 0..1_000 {
        let mut stream = open(&broker).await;
        stream.write_all(&BOTH[n % 2].hello(&format!("crowd-{n}")).bytes()).await.expect("it reads");
        clients.push(stream);
    }
    for stream in &mut clients {
        let mut answer = [0; 4];
        timeout(PATIENCE, stream.read_exact(&mut answer)).await.expect("in time").expect("a CONNACK");
        assert_eq!(answer[3], 0);
    }
    broker.counts("clients", |count| count == 1_002).await;
    witness.is_undisturbed().await;
    drop(clients);
    broker.counts("clients", |count| count == 2).await;
    witness.ends_well(broker, 96).await;
}
