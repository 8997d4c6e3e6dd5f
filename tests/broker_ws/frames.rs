//! Packets in frames: one in many, many in one, and frames that are no MQTT.

use tokio_tungstenite::tungstenite::Message;

use crate::packet::{self, Ack, BOTH, PING, Packet, Publish, V3, V5, message};
use crate::stage::Broker;
use crate::web::{Ask, End, Web, ask, hello};

#[tokio::test]
async fn packets_may_be_cut_anywhere_and_joined_in_one_frame() {
    let broker = Broker::closed("");
    for version in BOTH {
        // Everything byte by byte.
        let mut web = ask(&broker, Ask::default(), version).await.expect("an upgrade");
        let all = [
            hello(version, "bytes").bytes(),
            packet::subscribe(version, 1, &[("ws/#", 1)], &[]),
            Publish { id: 2, ..message("ws/a", "in pieces", 1) }.bytes(version),
        ]
        .concat();
        for byte in &all {
            web.say(&[*byte]).await;
        }
        assert!(matches!(web.next().await, Ok(Packet::Connack { code: 0, .. })));
        assert_eq!(web.next().await, Ok(Packet::Suback { id: 1, codes: vec![1] }));
        assert_eq!(web.hears("ws/a").await.text(), "in pieces");
        // Everything at once, with an empty frame and pings of WebSocket in between.
        let mut web = ask(&broker, Ask::default(), version).await.expect("an upgrade");
        web.send(Message::Ping(Vec::new().into())).await;
        web.say(&[]).await;
        let more = (0..50u16).flat_map(|n| message(&format!("ws/{n}"), n.to_string(), 0).bytes(version));
        let all: Vec<u8> =
            [hello(version, "at once").bytes(), packet::subscribe(version, 1, &[("ws/#", 0)], &[])]
                .concat()
                .into_iter()
                .chain(more)
                .collect();
        web.say(&all).await;
        assert!(matches!(web.next().await, Ok(Packet::Connack { code: 0, .. })));
        assert_eq!(web.next().await, Ok(Packet::Suback { id: 1, codes: vec![0] }));
        for n in 0..50 {
            assert_eq!(web.hears(&format!("ws/{n}")).await.text(), n.to_string());
        }
        web.say(&PING).await;
        assert_eq!(web.next().await, Ok(Packet::Pong));
        web.say(&packet::disconnect(version, 0, &[])).await;
        assert_eq!(web.ended().await.1, End::Closed(1005));
    }
}

#[tokio::test]
async fn every_quality_and_a_mebibyte_go_through() {
    let broker = Broker::closed("");
    for version in BOTH {
        let mut web = Web::connect(&broker, version, "large").await;
        web.subscribe("large/#", 2).await;
        let payload: Vec<u8> = (0..1_000_000u32).map(|n| n as u8).collect();
        for qos in 0..=2 {
            let id = if qos > 0 { 7 } else { 0 };
            let bytes = Publish { id, ..message("large/a", &payload, qos) }.bytes(version);
            for part in bytes.chunks(300_000) {
                web.say(part).await;
            }
            if qos == 2 {
                assert_eq!(web.next().await, Ok(Packet::Ack { kind: Ack::Pubrec, id: 7, reason: 0 }));
                web.say(&packet::ack(Ack::Pubrel, 7)).await;
            }
            let heard = web.hears("large/a").await;
            assert_eq!((heard.qos, heard.payload.len()), (qos, payload.len()));
            assert!(heard.payload == payload, "its bytes were changed");
            match qos {
                0 => {}
                1 => web.say(&packet::ack(Ack::Puback, heard.id)).await,
                _ => {
                    web.say(&packet::ack(Ack::Pubrec, heard.id)).await;
                    while web.next().await != Ok(Packet::Ack { kind: Ack::Pubrel, id: heard.id, reason: 0 }) {
                    }
                    web.say(&packet::ack(Ack::Pubcomp, heard.id)).await;
                }
            }
        }
        let largest = web.frames.iter().max();
        assert!(largest <= Some(&16_384), "frames are small, so that a slow reader makes steps: {largest:?}");
    }
}

#[tokio::test]
async fn text_frames_and_frames_that_are_too_large_end_the_connection() {
    let broker = Broker::closed("");
    let mut witness = Web::connect(&broker, V5, "witness").await;
    for version in BOTH {
        for text in ["", "hello", "\u{10}"] {
            let mut web = Web::connect(&broker, version, "text").await;
            web.send(Message::text(text)).await;
            assert_eq!(web.ended().await.1, End::Closed(1003), "{text:?}");
        }
        let mut web = ask(&broker, Ask::default(), version).await.expect("an upgrade");
        web.send(Message::text("CONNECT")).await;
        assert_eq!(web.ended().await.1, End::Closed(1003));
        // One byte more than a packet may have is a packet that is too large; more than that a frame.
        let mut web = Web::connect(&broker, version, "packet").await;
        let packet = packet::framed(0x30, &[&[0, 1, b'a', 0][..], &[b'x'; 1024 * 1024]].concat());
        web.say(&packet).await;
        let (packets, _) = web.ended().await;
        if version == V5 {
            assert!(matches!(packets[..], [Packet::Disconnect { reason: 0x95, .. }]), "{packets:?}");
        }
        let mut web = Web::connect(&broker, version, "frame").await;
        web.say(&vec![0x30; 2 * 1024 * 1024]).await;
        let (packets, _) = web.ended().await;
        assert!(packets.iter().all(|packet| matches!(packet, Packet::Disconnect { .. })), "{packets:?}");
    }
    witness.say(&PING).await;
    assert_eq!(witness.next().await, Ok(Packet::Pong));
}

#[tokio::test]
async fn garbage_in_frames_and_frames_that_stop_disturb_nobody() {
    let broker = Broker::closed("");
    let mut witness = Web::connect(&broker, V3, "witness").await;
    let mut random = fastrand::Rng::with_seed(3);
    for round in 0..100 {
        let version = BOTH[round % 2];
        let mut web = match round % 4 {
            0 => ask(&broker, Ask::default(), version).await.expect("an upgrade"),
            _ => Web::connect(&broker, version, "garbage").await,
        };
        let bytes: Vec<u8> = (0..random.usize(1..200)).map(|_| random.u8(..)).collect();
        web.say(&bytes).await;
        if round % 5 == 0 {
            web.send(Message::Close(None)).await;
        }
        drop(web);
    }
    witness.say(&PING).await;
    assert_eq!(witness.next().await, Ok(Packet::Pong));
    broker.counts("clients", |count| count == 1).await;
    assert!(!broker.hub().log().contains("panicked"));
}
