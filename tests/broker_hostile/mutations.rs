//! Every kind of packet cut off, with bits turned, with other lengths, and bytes by chance.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::packet::{self, Ack, BOTH, PING, Publish, V5, Version, framed, is, message, number, text, user};
use crate::stage::Broker;
use crate::witness::Witness;

/// Each kind of packet that a client sends, and those that only a server does.
fn packets(version: Version) -> Vec<Vec<u8>> {
    let mut connect = version.hello("mutant").will(message("mutant/will", "gone", 1));
    connect.account = Some(("ada".into(), "wrong horse".into()));
    let mut publish = message("mutant/a", "payload", 2);
    if version == V5 {
        connect = connect
            .with(number(is::SESSION_EXPIRY, 0))
            .with(number(is::RECEIVE_MAXIMUM, 7))
            .with(number(is::MAXIMUM_PACKET_SIZE, 100_000))
            .with(number(is::TOPIC_ALIAS_MAXIMUM, 3))
            .with(user("a", "b"));
        publish = publish
            .with(number(is::MESSAGE_EXPIRY, 9))
            .with(text(is::CONTENT_TYPE, "text"))
            .with(text(is::RESPONSE_TOPIC, "mutant/b"))
            .with(number(is::TOPIC_ALIAS, 2))
            .with(user("x", "y"));
    }
    let identifier = if version == V5 { vec![number(is::SUBSCRIPTION_IDENTIFIER, 5)] } else { vec![] };
    vec![
        connect.bytes(),
        Publish { id: 5, ..publish }.bytes(version),
        message("mutant/c", "live", 0).retained().bytes(version),
        packet::ack(Ack::Puback, 5),
        packet::ack(Ack::Pubrec, 5),
        packet::ack(Ack::Pubrel, 5),
        packet::ack(Ack::Pubcomp, 5),
        packet::subscribe(version, 6, &[("mutant/#", 2), ("$share/g/mutant/+", 1)], &identifier),
        packet::unsubscribe(version, 7, "mutant/#"),
        PING.to_vec(),
        packet::disconnect(version, if version == V5 { 4 } else { 0 }, &[]),
        framed(0x20, &[0, 0, 0]),
        framed(0x90, &[0, 6, 0, 0]),
        framed(0xD0, &[]),
        framed(0xF0, &[0x18, 0]),
    ]
}

/// Says bytes on a connection of its own, with or without a proper CONNECT before them; whatever the broker answers,
/// it must not keep a connection that was closed from this side.
async fn say(broker: &Broker, before: Option<Version>, bytes: &[u8]) {
    let mut stream = TcpStream::connect(("127.0.0.1", broker.port())).await.expect("the port is open");
    let mut all = before.map(|version| version.hello("mutant").bytes()).unwrap_or_default();
    all.extend_from_slice(bytes);
    // The broker may hang up in between.
    let _ = stream.write_all(&all).await;
    let _ = stream.shutdown().await;
    let mut answer = Vec::new();
    let end = timeout(Duration::from_secs(15), stream.read_to_end(&mut answer)).await;
    assert!(end.is_ok(), "still open after {bytes:02x?}");
}

#[tokio::test]
async fn packets_cut_off_anywhere_disturb_nobody() {
    let broker = Broker::with("");
    let mut witness = Witness::of(&broker).await;
    for version in BOTH {
        for packet in packets(version) {
            for end in 0..packet.len() {
                let is_first = packet[0] == 0x10;
                say(&broker, (!is_first).then_some(version), &packet[..end]).await;
            }
        }
        witness.is_undisturbed().await;
    }
    witness.ends_well(broker, 24).await;
}

#[tokio::test]
async fn packets_with_one_bit_turned_disturb_nobody() {
    let broker = Broker::with("");
    let mut witness = Witness::of(&broker).await;
    for version in BOTH {
        for packet in packets(version) {
            let before = (packet[0] != 0x10).then_some(version);
            for bit in 0..packet.len() * 8 {
                let mut bent = packet.clone();
                bent[bit / 8] ^= 1 << (bit % 8);
                say(&broker, before, &bent).await;
            }
        }
        witness.is_undisturbed().await;
    }
    witness.ends_well(broker, 24).await;
}

#[tokio::test]
async fn lengths_that_lie_cost_nothing() {
    let broker = Broker::with("");
    let mut witness = Witness::of(&broker).await;
    let mut bombs = Vec::new();
    for version in BOTH {
        for packet in packets(version) {
            for length in
                [&[0][..], &[1], &[0x7F], &[0xFF, 0x7F], &[0xFF, 0xFF, 0x3F], &[0xFF, 0xFF, 0xFF, 0x7F]]
            {
                let mut bent = vec![packet[0]];
                bent.extend_from_slice(length);
                bent.extend_from_slice(&packet[2..]);
                say(&broker, (packet[0] != 0x10).then_some(version), &bent).await;
                // Many at once, each of which announces up to 256 MB and waits.
                let mut stream = TcpStream::connect(("127.0.0.1", broker.port())).await.expect("open");
                if packet[0] != 0x10 {
                    stream.write_all(&version.hello("").bytes()).await.expect("the broker reads");
                }
                let _ = stream.write_all(&bent).await;
                bombs.push(stream);
            }
        }
        witness.is_undisturbed().await;
    }
    println!("{} connections wait for the rest", bombs.len());
    drop(bombs);
    witness.ends_well(broker, 32).await;
}

#[tokio::test]
async fn bytes_by_chance_disturb_nobody() {
    let broker = Broker::with("");
    let mut witness = Witness::of(&broker).await;
    let mut random = fastrand::Rng::with_seed(20_261_121);
    for round in 0..1_500 {
        let version = BOTH[round % 2];
        let mut bytes: Vec<u8> = (0..random.usize(1..300)).map(|_| random.u8(..)).collect();
        match round % 3 {
            // Nothing of it is MQTT.
            0 => say(&broker, None, &bytes).await,
            // The kind of a packet and a length that fits.
            1 => {
                bytes[0] = random.u8(1..16) << 4 | bytes[0] & 0x0F;
                let body = bytes.split_off(1);
                say(&broker, Some(version), &framed(bytes[0], &body)).await;
            }
            // Several right packets in a row, with some bytes changed.
            _ => {
                let kinds = packets(version);
                let mut row: Vec<u8> =
                    (0..4).flat_map(|_| kinds[random.usize(1..kinds.len())].clone()).collect();
                for _ in 0..random.usize(1..6) {
                    let at = random.usize(..row.len());
                    row[at] = random.u8(..);
                }
                say(&broker, Some(version), &row).await;
            }
        }
        if round % 100 == 0 {
            witness.is_undisturbed().await;
        }
    }
    witness.ends_well(broker, 24).await;
}

#[tokio::test]
async fn texts_that_are_none_end_their_connection() {
    let broker = Broker::with("");
    let mut witness = Witness::of(&broker).await;
    let texts: [&[u8]; 9] = [
        b"\xff",
        b"a\0b",
        b"\xc0\x80",
        b"\xed\xa0\x80",
        b"\xf5\x80\x80\x80",
        b"a/\xe2\x82",
        b"a/#/b",
        b"a+",
        b"",
    ];
    for version in BOTH {
        let properties: &[u8] = if version == V5 { &[0] } else { &[] };
        for text in texts {
            let mut field = (text.len() as u16).to_be_bytes().to_vec();
            field.extend_from_slice(text);
            let publish = framed(0x30, &[&field, properties, b"x"].concat());
            let subscribe = framed(0x82, &[&[0, 1], properties, &field, &[0]].concat());
            let unsubscribe = framed(0xA2, &[&[0, 1], properties, &field].concat());
            let connect =
                [&[0, 4][..], b"MQTT", &[if version == V5 { 5 } else { 4 }, 2, 0, 60], properties, &field];
            for (before, packet) in [
                (Some(version), publish),
                (Some(version), subscribe),
                (Some(version), unsubscribe),
                (None, framed(0x10, &connect.concat())),
            ] {
                say(&broker, before, &packet).await;
            }
        }
        witness.is_undisturbed().await;
    }
    witness.ends_well(broker, 24).await;
}
