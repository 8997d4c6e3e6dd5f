//! Connections: two with one name, wrong first words, packets that are none.

use std::time::Duration;

use super::client::{Client, Ended};
use super::packet::{self, BOTH, Hello, V3, V5, Version, framed, message};
use super::stage::{Broker, Kind, Wish, With};

pub async fn second_client_of_a_name_takes_over_and_the_first_is_told(kind: Kind) {
    let broker = Broker::start(kind).await;
    for version in BOTH {
        let _with = With(version);
        let hello = version.hello("same").staying();
        let (mut old, welcome) = Client::welcomed(&broker, hello.clone()).await;
        assert!(!welcome.present);
        old.subscribe("take", 1).await;
        for _ in 0..5 {
            let (new, welcome) = Client::welcomed(&broker, hello.clone()).await;
            assert!(welcome.present, "the session goes over to the new connection");
            let ended = old.ended().await;
            let told = version == V5 && !kind.departs("a client that is taken over is not told 0x8E");
            assert_eq!(ended, if told { Ended::Told { reason: 0x8E } } else { Ended::Closed });
            old = new;
        }
        let mut publisher = Client::connect(&broker, version.hello("publisher")).await;
        publisher.publish(&message("take", "x", 1)).await;
        assert_eq!(old.heard().await.text(), "x");
        old.leave().await;
        Client::connect(&broker, version.hello("same")).await.leave().await;
    }
}

pub async fn wrong_version_is_refused_with_its_reason(kind: Kind) {
    let broker = Broker::start(kind).await;
    for level in [0, 2, 6, 127] {
        let mut bytes = V3.hello("future").bytes();
        bytes[8] = level;
        let mut client = Client::open(&broker, V3, &format!("level {level}")).await;
        client.send(&bytes).await;
        match client.next().await {
            Ok(packet::Packet::Connack { present: false, code: 1 | 0x84, .. }) | Err(Ended::Closed) => {}
            other => panic!("level {level}: {other:?}"),
        }
    }
    let mut client = Client::open(&broker, V3, "another protocol").await;
    client.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    client.ended().await;
}

/// Each of these ends its connection and nothing else.
pub async fn packets_that_are_none_end_their_connection_and_nobody_elses(kind: Kind) {
    let broker = Broker::start(kind).await;
    let mut witness = Client::connect(&broker, V5.hello("witness")).await;
    witness.subscribe("#", 1).await;
    let mut survived = Vec::new();
    for version in BOTH {
        for (what, bytes) in before_connect(version) {
            let client = Client::open(&broker, version, what).await;
            survived.extend(survives(client, version, what, &bytes).await);
        }
        for (what, bytes) in after_connect(kind, version) {
            let client = Client::connect(&broker, version.hello("wrong")).await;
            survived.extend(survives(client, version, what, &bytes).await);
        }
    }
    assert!(survived.is_empty(), "still connected, or answered as if it were right: {survived:#?}");
    witness.ping().await;
    let mut publisher = Client::connect(&broker, V5.hello("publisher")).await;
    publisher.publish(&message("the/end", "", 1)).await;
    assert_eq!(witness.heard_until("the/end").await, [], "a packet that is none was delivered");
}

/// Says so if a connection on which this was sent goes on.
async fn survives(mut client: Client, version: Version, what: &str, bytes: &[u8]) -> Option<String> {
    client.send(bytes).await;
    match client.next_within(NOTICED).await {
        // Version 5: malformed, against the protocol, not allowed, wrong topic, filter or alias, more than was agreed.
        Some(Err(
            Ended::Closed | Ended::Told { reason: 0x81 | 0x82 | 0x87 | 0x8F | 0x90 | 0x93..=0x95 | 0x9E },
        )) => None,
        Some(Ok(packet::Packet::Connack { code: 1.., .. })) if what.contains("CONNECT") => None,
        other => Some(format!("{version:?}: {what} ({bytes:02x?}): {other:?}")),
    }
}

/// How long a broker may take to end a connection.
const NOTICED: Duration = Duration::from_secs(2);

fn before_connect(version: Version) -> Vec<(&'static str, Vec<u8>)> {
    let connect = version.hello("bad").bytes();
    let mut reserved = connect.clone();
    reserved[9] |= 1;
    let mut will_without_flag = connect.clone();
    will_without_flag[9] |= 0x18;
    let cut = framed(0x10, &connect[2..connect.len() - 2]);
    let mut nul = version.hello("bad").bytes();
    let last = nul.len() - 1;
    nul[last] = 0xFF;
    vec![
        ("PUBLISH before CONNECT", message("a", "x", 0).bytes(version)),
        ("PINGREQ before CONNECT", packet::PING.to_vec()),
        ("a reserved bit in CONNECT", reserved),
        ("a will's QoS without a will", will_without_flag),
        ("a CONNECT that ends too early", cut),
        ("a client id that is not UTF-8", nul),
        ("a length of five bytes", vec![0x10, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]),
    ]
}

fn after_connect(kind: Kind, version: Version) -> Vec<(&'static str, Vec<u8>)> {
    let publish = |topic: &str| message(topic, "x", 0).bytes(version);
    let mut qos_3 = packet::Publish { id: 1, ..message("a", "x", 1) }.bytes(version);
    qos_3[0] |= 6;
    let mut not_utf8 = publish("ab");
    not_utf8[4] = 0xFF;
    let mut flags = packet::subscribe(version, 1, &[("a", 0)], &[]);
    flags[0] = 0x80;
    let id_0 = packet::Publish { id: 0, ..message("a", "x", 1) }.bytes(version);
    let mut packets = vec![
        ("a second CONNECT", version.hello("again").bytes()),
        ("PUBLISH to a filter with #", publish("a/#")),
        ("PUBLISH to a filter with +", publish("a/+/b")),
        ("PUBLISH with QoS 3", qos_3),
        ("PUBLISH with packet identifier 0", id_0),
        ("PUBLISH with a topic that is not UTF-8", not_utf8),
        ("PUBLISH with a NUL in its topic", publish("a\0b")),
        ("PUBLISH whose topic is longer than it", framed(0x30, &[0, 9, b'a'])),
        ("SUBSCRIBE without filters", packet::subscribe(version, 1, &[], &[])),
        ("SUBSCRIBE with wrong flags", flags),
        ("SUBSCRIBE with QoS 3", packet::subscribe(version, 1, &[("a", 3)], &[])),
        ("SUBSCRIBE with packet identifier 0", packet::subscribe(version, 0, &[("a", 1)], &[])),
        ("a packet of the server", framed(0x20, &[0, 0])),
        ("packet type 0", framed(0x00, &[])),
        ("a length of five bytes", vec![0x30, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]),
    ];
    if version == V3 {
        packets.push(("packet type 15", framed(0xF0, &[])));
        packets.push(("PUBLISH without a topic", publish("")));
    } else {
        packets
            .push(("SUBSCRIBE with retain handling 3", packet::subscribe(version, 1, &[("a", 0x31)], &[])));
        let shared = packet::subscribe(version, 1, &[("$share/g/a", 1 | 4)], &[]);
        if !kind.departs("no-local on a shared subscription is granted") {
            packets.push(("no-local on a shared subscription", shared));
        }
        let zero = packet::number(packet::is::SUBSCRIPTION_IDENTIFIER, 0);
        packets.push(("subscription identifier 0", packet::subscribe(version, 1, &[("a", 1)], &[zero])));
        let twice = [packet::number(packet::is::TOPIC_ALIAS, 1), packet::number(packet::is::TOPIC_ALIAS, 1)];
        let twice = packet::Publish { properties: twice.to_vec(), ..message("a", "x", 0) };
        packets.push(("a property that may come once, twice", twice.bytes(version)));
        let unknown = packet::number(127, 1);
        packets.push(("an unknown property", message("a", "x", 0).with(unknown).bytes(version)));
    }
    packets
}

pub async fn disconnecting_client_is_gone_and_may_come_back_at_once(kind: Kind) {
    let broker = Broker::start(kind).await;
    for version in BOTH {
        let _with = With(version);
        for _ in 0..50 {
            Client::connect(&broker, version.hello("fast")).await.leave().await;
        }
        let hello: Hello = version.hello("half open");
        for _ in 0..50 {
            Client::connect(&broker, hello.clone()).await.vanish();
        }
        Client::connect(&broker, hello).await.ping().await;
    }
}

/// What version 5 answers to things that are wrong in themselves but harm nobody.
pub async fn wrong_things_are_told_their_reason_codes(kind: Kind) {
    use packet::Packet;
    let broker = Broker::start(kind).await;
    let mut client = Client::connect(&broker, V5.hello("curious")).await;
    // Nobody listens: 0x10, if the broker cares to say so.
    let reason = client.publish(&message("nobody/listens", "x", 1)).await;
    assert!(matches!(reason, 0 | 0x10), "{reason:#04x}");
    let reason = client.publish(&message("nobody/listens", "x", 2)).await;
    assert!(matches!(reason, 0 | 0x10), "{reason:#04x}");
    // No such subscription: 0x11.
    client.send(&packet::unsubscribe(V5, 7, "never/subscribed")).await;
    assert_eq!(client.next().await, Ok(Packet::Unsuback { id: 7, codes: vec![0x11] }));
    client.subscribe("subscribed", 1).await;
    client.send(&packet::unsubscribe(V5, 8, "subscribed")).await;
    assert_eq!(client.next().await, Ok(Packet::Unsuback { id: 8, codes: vec![0] }));
    // No such message: PUBREL is answered with 0x92 in version 5.
    client.send(&packet::ack(packet::Ack::Pubrel, 9)).await;
    let answer = client.next().await;
    let told = Packet::Ack { kind: packet::Ack::Pubcomp, id: 9, reason: 0x92 };
    let plain = Packet::Ack { kind: packet::Ack::Pubcomp, id: 9, reason: 0 };
    assert!(answer == Ok(told) || answer == Ok(plain), "{answer:?}");
    // Acknowledgements of nothing harm nobody.
    for ack in [packet::Ack::Puback, packet::Ack::Pubcomp] {
        client.send(&packet::ack(ack, 10)).await;
    }
    client.ping().await;
    let mut old = Client::connect(&broker, V3.hello("old and curious")).await;
    old.unsubscribe("never/subscribed").await;
    old.send(&packet::ack(packet::Ack::Pubrel, 9)).await;
    assert_eq!(old.acknowledged(packet::Ack::Pubcomp, 9).await, 0);
    old.ping().await;
}

pub async fn stranger_is_refused_with_the_code_of_its_version(kind: Kind) {
    let account = Some(("gardener", "Sunflower seeds, 2 kg"));
    let broker = Broker::with(kind, Wish { account, tls: false }).await;
    for version in BOTH {
        let _with = With(version);
        let accounts =
            [None, Some(("gardener", "wrong")), Some(("nobody", "Sunflower seeds, 2 kg")), account];
        for who in accounts {
            let owned = who.map(|(user, password)| (user.to_owned(), password.to_owned()));
            let hello = Hello { account: owned, ..version.hello("somebody") };
            let (mut client, welcome) = Client::asked(&broker, hello).await;
            if who == account {
                assert_eq!(welcome.code, 0);
                client.ping().await;
                continue;
            }
            // Bad user name or password, or not authorized.
            let codes = if version == V5 { [0x86, 0x87] } else { [4, 5] };
            assert!(codes.contains(&welcome.code), "{who:?}: {:#04x}", welcome.code);
            assert!(!welcome.present);
            assert_eq!(client.ended().await, Ended::Closed);
        }
    }
}
