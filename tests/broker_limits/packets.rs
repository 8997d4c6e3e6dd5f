//! Sizes: of packets, topics, filters and client ids.

use crate::client::{Client, Ended};
use crate::packet::{self, Ack, BOTH, Hello, Publish, V3, V5, Version, is, message};
use crate::stage::Broker;

/// A message of exactly this many bytes.
fn sized(version: Version, bytes: usize, qos: u8) -> Vec<u8> {
    let of = |payload: usize| Publish { id: 1, ..message("a/b", vec![b'x'; payload], qos) }.bytes(version);
    let over = of(bytes).len() - bytes;
    let packet = of(bytes - over);
    assert_eq!(packet.len(), bytes);
    packet
}

async fn packets_of(broker: &Broker, limit: usize) {
    for version in BOTH {
        let mut subscriber = Client::connect(broker, version.hello("sub")).await;
        subscriber.subscribe("a/b", 1).await;
        for qos in [0, 1] {
            let mut client = Client::connect(broker, version.hello("pub")).await;
            for bytes in [limit - 1, limit] {
                client.send(&sized(version, bytes, qos)).await;
                match qos {
                    0 => client.ping().await,
                    _ => assert_eq!(client.acknowledged(Ack::Puback, 1).await, 0),
                }
                let heard = subscriber.heard().await;
                assert!(bytes - heard.payload.len() < 20, "{bytes} bytes with {version:?}");
            }
            // Refused by its head: the rest need not be sent.
            client.send(&sized(version, limit + 1, qos)[..10]).await;
            let told = if version == V5 { Ended::Told { reason: 0x95 } } else { Ended::Closed };
            assert_eq!(client.ended().await, told);
        }
        subscriber.ping().await;
    }
}

#[tokio::test]
async fn packet_of_a_mebibyte_passes_and_one_byte_more_ends_the_connection() {
    let broker = Broker::with("");
    packets_of(&broker, 1024 * 1024).await;
    assert_eq!(broker.counts("refused", |count| count >= 4).await, 4);
    let line = broker.logs("packet that is too large").await;
    assert!(
        line.contains("client=pub") && line.contains("127.0.0.1") && line.contains("raise `packet`"),
        "{line}"
    );
}

#[tokio::test]
async fn packet_limit_can_be_set_and_is_told() {
    let broker = Broker::with("packet = \"3000 B\"");
    packets_of(&broker, 3_000).await;
    let (_, welcome) = Client::welcomed(&broker, V5.hello("asks")).await;
    assert_eq!(packet::find_number(&welcome.properties, is::MAXIMUM_PACKET_SIZE), Some(3_000));
    // The first packet, too: its will makes it as large as is wanted.
    for version in BOTH {
        let of = |payload: usize| version.hello("will").will(message("w", vec![b'x'; payload], 0));
        let over = of(2_000).bytes().len() - 2_000;
        for bytes in [2_999, 3_000] {
            let hello: Hello = of(bytes - over);
            assert_eq!(hello.bytes().len(), bytes);
            Client::connect(&broker, hello).await.leave().await;
        }
        let mut client = Client::open(&broker, version, "will").await;
        client.send(&of(3_001 - over).bytes()).await;
        assert_eq!(client.ended().await, Ended::Closed);
    }
}

/// `count` levels of one letter each.
fn deep(count: usize) -> String {
    vec!["a"; count].join("/")
}

#[tokio::test]
async fn topic_of_1_024_bytes_and_32_levels_passes_and_more_is_refused() {
    let broker = Broker::with("");
    for version in BOTH {
        let mut client = Client::connect(&broker, version.hello("topics")).await;
        let long = |bytes: usize| "t".repeat(bytes);
        for fits in [long(1_023), long(1_024), deep(31), deep(32)] {
            assert!(client.subscribe(&fits, 1).await <= 2);
            assert!(client.publish(&message(&fits, "x", 1)).await < 0x80);
            assert_eq!(client.heard().await.topic, fits);
        }
        for too_much in [long(1_025), deep(33)] {
            let refused = client.subscribe(&too_much, 1).await;
            assert_eq!(refused, if version == V5 { 0x8F } else { 0x80 });
            for qos in [0, 1, 2] {
                let reason = client.publish(&message(&too_much, "x", qos)).await;
                let expected = if version == V5 && qos > 0 { 0x90 } else { 0 };
                assert_eq!(reason, expected, "QoS {qos} with {version:?}");
            }
            // Several filters of one packet are answered each for itself.
            let filters = [("fits", 1), (too_much.as_str(), 1), ("$hub/secret", 1), ("fits/too", 0)];
            client.send(&packet::subscribe(version, 900, &filters, &[])).await;
            let codes = if version == V5 { vec![1, 0x8F, 0x87, 0] } else { vec![1, 0x80, 0x80, 0] };
            assert_eq!(client.next().await, Ok(packet::Packet::Suback { id: 900, codes }));
        }
        client.ping().await;
        assert_eq!(client.heard_within(std::time::Duration::from_millis(200)).await, None);
    }
    // For each version and each of the two topics: a filter, three messages, and two filters together.
    assert_eq!(broker.counts("refused", |count| count >= 24).await, 24);
    let line = broker.logs("too long, too deep").await;
    assert!(line.contains("raise `topic_bytes`") && line.contains("client=topics"), "{line}");
}

#[tokio::test]
async fn topic_limits_can_be_set() {
    let broker = Broker::with("topic_bytes = 16\ntopic_levels = 2");
    let mut client = Client::connect(&broker, V5.hello("topics")).await;
    for (topic, expected) in [
        ("t".repeat(15), 0),
        ("t".repeat(16), 0),
        ("t".repeat(17), 0x90),
        (deep(1), 0),
        (deep(2), 0),
        (deep(3), 0x90),
        ("/".into(), 0),
        ("//".into(), 0x90),
    ] {
        assert_eq!(client.publish(&message(&topic, "x", 1)).await, expected, "{topic}");
    }
}

#[tokio::test]
async fn client_id_of_128_bytes_is_let_in_and_a_longer_one_is_not() {
    let broker = Broker::with("");
    for version in BOTH {
        for bytes in [1, 23, 127, 128] {
            Client::connect(&broker, version.hello(&"i".repeat(bytes))).await.leave().await;
        }
        let refused = if version == V5 { 0x85 } else { 2 };
        for wrong in
            ["i".repeat(129), "i".repeat(60_000), "a/b".into(), "#".into(), "$SYS".into(), "a\nb".into()]
        {
            let (mut client, welcome) = Client::asked(&broker, version.hello(&wrong)).await;
            assert_eq!(welcome.code, refused, "{}", wrong.chars().take(20).collect::<String>());
            assert_eq!(client.ended().await, Ended::Closed);
        }
    }
    let (_, welcome) = Client::asked(&broker, Hello { clean: false, ..V3.hello("") }).await;
    assert_eq!(welcome.code, 2, "a session needs a name");
    let line = broker.logs("refused for its client id").await;
    assert!(line.contains("give the client another id"), "{line}");
    assert_eq!(broker.counts("refused", |count| count >= 13).await, 13);
}

#[tokio::test]
async fn client_names_16_topics_by_aliases_and_a_17th_ends_its_connection() {
    let broker = Broker::with("");
    let (mut client, welcome) = Client::welcomed(&broker, V5.hello("aliases")).await;
    assert_eq!(packet::find_number(&welcome.properties, is::TOPIC_ALIAS_MAXIMUM), Some(16));
    client.subscribe("alias/#", 0).await;
    for alias in [1, 15, 16] {
        let named = message(&format!("alias/{alias}"), "x", 0).with(packet::number(is::TOPIC_ALIAS, alias));
        client.publish(&named).await;
        client.publish(&message("", "again", 0).with(packet::number(is::TOPIC_ALIAS, alias))).await;
        for text in ["x", "again"] {
            let heard = client.heard().await;
            assert_eq!((heard.topic, heard.payload), (format!("alias/{alias}"), text.into()));
        }
    }
    client.publish(&message("alias/17", "x", 0).with(packet::number(is::TOPIC_ALIAS, 17))).await;
    assert_eq!(client.ended().await, Ended::Told { reason: 0x94 });
}
