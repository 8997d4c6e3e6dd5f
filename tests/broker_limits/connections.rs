//! How many may be there: clients, those who have not logged in, and those of one address.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::client::{Client, Ended};
use crate::common::PATIENCE;
use crate::packet::{BOTH, V3, V5};
use crate::stage::{Broker, PASSWORD, USER};

#[tokio::test]
async fn as_many_clients_as_allowed_get_in_and_the_next_is_told_the_quota() {
    let broker = Broker::with("connections = 3");
    let mut clients = Vec::new();
    for n in 0..3 {
        clients.push(Client::connect(&broker, V5.hello(&format!("client-{n}"))).await);
    }
    for version in BOTH {
        let (mut client, welcome) = Client::asked(&broker, version.hello("one more")).await;
        assert_eq!(welcome.code, if version == V5 { 0x97 } else { 3 });
        assert_eq!(client.ended().await, Ended::Closed);
    }
    let line = broker.logs("all there may be are connected").await;
    assert!(line.contains("raise `connections`") && line.contains("client=\"one more\""), "{line}");
    // One that comes back makes room for itself, and one that leaves for another.
    let again = Client::connect(&broker, V5.hello("client-0")).await;
    assert_eq!(clients.remove(0).ended().await, Ended::Told { reason: 0x8E });
    again.leave().await;
    broker.counts("clients", |count| count == 2).await;
    clients.push(Client::connect(&broker, V3.hello("another")).await);
    for client in &mut clients {
        client.ping().await;
    }
    assert_eq!(broker.facts().await["refused"], 2);
}

/// After this time a connection that is to be closed is closed.
const MOMENT: Duration = Duration::from_millis(200);

#[tokio::test]
async fn newcomers_who_say_nothing_make_room_for_newer_ones() {
    let broker = Broker::with("newcomers = 4\nconnections = 50");
    let mut witness = Client::connect(&broker, V5.hello("witness")).await;
    let mut mute = Vec::new();
    for n in 0..4 {
        mute.push(Client::open(&broker, V5, &format!("mute {n}")).await);
    }
    for client in &mut mute {
        assert_eq!(client.next_within(MOMENT).await, None, "four may wait");
    }
    // The fifth takes the place of one of them, and logs in.
    Client::connect(&broker, V5.hello("fifth")).await.leave().await;
    let mut left = Vec::new();
    for mut client in mute {
        match client.next_within(MOMENT).await {
            None => left.push(client),
            Some(ended) => assert_eq!(ended, Err(Ended::Closed)),
        }
    }
    let mut mute = left;
    assert_eq!(mute.len(), 3, "one has to go");
    let line = broker.logs("before it had logged in").await;
    assert!(line.contains("raise `newcomers`") && line.contains("127.0.0.1"), "{line}");
    // The others were not touched.
    for (n, client) in mute.iter_mut().enumerate() {
        client.send(&V5.hello(&format!("late {n}")).bytes()).await;
        client.next().await.expect("a CONNACK");
        client.ping().await;
    }
    witness.ping().await;
    // A crowd of a hundred that says nothing shuts nobody out.
    let mut crowd = Vec::new();
    for _ in 0..100 {
        crowd.push(TcpStream::connect(("127.0.0.1", broker.port())).await.expect("the port is open"));
        if crowd.len() % 10 == 0 {
            Client::connect(&broker, V3.hello("busy")).await.leave().await;
        }
    }
    witness.ping().await;
}

/// An address of this machine that is not loopback.
fn outside() -> IpAddr {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").expect("a socket");
    // Nothing is sent: the system only says from where it would be.
    socket.connect("192.0.2.200:9").expect("this test needs a network interface besides loopback");
    let address = socket.local_addr().expect("it is bound").ip();
    assert!(!address.is_loopback(), "this test needs a network interface besides loopback");
    address
}

/// The answer to CONNECT; none if the connection just ends.
async fn asked(address: SocketAddr, hello: &[u8]) -> (TcpStream, Option<u8>) {
    let mut stream = TcpStream::connect(address).await.expect("the port is open");
    let mut answer = [0; 256];
    // A connection that is over already takes no more.
    let _ = stream.write_all(hello).await;
    let read = timeout(PATIENCE, stream.read(&mut answer)).await.expect("an answer in time");
    let code = read.ok().filter(|bytes| *bytes >= 4).map(|_| answer[3]);
    (stream, code)
}

#[tokio::test]
async fn one_address_has_its_share_and_loopback_is_not_capped() {
    let broker = Broker::with("listen = \"0.0.0.0:PORT\"\nanonymous = false\nconnections_per_address = 3");
    let address = SocketAddr::from((outside(), broker.port()));
    let hello = |n: usize| {
        let account = Some((USER.to_owned(), PASSWORD.to_owned()));
        crate::packet::Hello { account, ..V5.hello(&format!("client-{n}")) }.bytes()
    };
    let mut streams = Vec::new();
    for n in 0..3 {
        let (stream, code) = asked(address, &hello(n)).await;
        assert_eq!(code, Some(0));
        streams.push(stream);
    }
    assert_eq!(asked(address, &hello(3)).await.1, None, "the fourth is closed");
    let line = broker.logs("its address has its share").await;
    assert!(line.contains("raise `connections_per_address`"), "{line}");
    let loopback = SocketAddr::from(([127, 0, 0, 1], broker.port()));
    for n in 10..20 {
        let (stream, code) = asked(loopback, &hello(n)).await;
        assert_eq!(code, Some(0));
        streams.push(stream);
    }
    drop(streams);
    broker.counts("clients", |count| count == 0).await;
    assert_eq!(asked(address, &hello(0)).await.1, Some(0), "places come back");
}
