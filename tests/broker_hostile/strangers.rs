//! Other protocols at the broker's ports: they are told what they found, or at least the log says it.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::common::{PATIENCE, tls};
use crate::packet::{BOTH, V5};
use crate::stage::Broker;
use crate::witness::Witness;

/// Says bytes at a port of loopback and gives what is answered until the end.
async fn say(port: u16, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.expect("the port is open");
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    // A reset after the last word is an end, too.
    let _ = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("the broker hangs up");
    answer
}

#[tokio::test]
async fn http_at_the_port_of_mqtt_is_told_where_the_pages_are() {
    let broker = Broker::with("");
    let witness = Witness::of(&broker).await;
    for request in [
        "GET / HTTP/1.1\r\nHost: localhost:1883\r\n\r\n",
        "POST /login HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "GET /mqtt HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    ] {
        let answer = String::from_utf8(say(broker.port(), request.as_bytes()).await).expect("text");
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
        assert!(answer.contains("This port speaks MQTT") && answer.contains("8443"), "{answer}");
    }
    let line = broker.logs("HTTP came to the port of MQTT").await;
    assert!(line.contains("WARN") && line.contains("127.0.0.1") && line.contains("[web]"), "{line}");
    broker.counts("refused", |count| count == 4).await;
    witness.ends_well(broker, 16).await;
}

#[tokio::test]
async fn tls_at_the_plain_port_and_mqtt_at_the_tls_port_are_named_in_the_log() {
    let broker = Broker::with("");
    let witness = Witness::of(&broker).await;
    let ca = tls::trusting(&broker.hub().ca());
    let refused = tls::connect(&format!("127.0.0.1:{}", broker.port()), ca.clone()).await;
    assert!(refused.is_err(), "there is no TLS at the plain port");
    let line = broker.logs("TLS came to the port of MQTT without TLS").await;
    assert!(line.contains("tls_listen"), "{line}");
    for version in BOTH {
        let answer = say(broker.tls_port(), &version.hello("plain").bytes()).await;
        assert!(!answer.starts_with(&[0x20]), "{answer:02x?}");
    }
    for garbage in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0x16, 3, 1, 0xFF, 0xFF], &[0; 600], &[0xFF; 600]] {
        let mut stream =
            TcpStream::connect(("127.0.0.1", broker.tls_port())).await.expect("the port is open");
        let _ = stream.write_all(garbage).await;
        let _ = stream.shutdown().await;
        let mut answer = Vec::new();
        let _ = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("the broker hangs up");
    }
    let line = broker.logs("no TLS came about").await;
    assert!(line.contains("ca.pem"), "{line}");
    // Garbage within TLS.
    let authority = format!("127.0.0.1:{}", broker.tls_port());
    for garbage in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0x30; 100], &[0; 100]] {
        let mut stream = tls::connect(&authority, ca.clone()).await.expect("TLS");
        stream.write_all(garbage).await.expect("the broker reads");
        let mut answer = Vec::new();
        let _ = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("the broker hangs up");
    }
    let mut stream = tls::connect(&authority, ca).await.expect("TLS");
    stream.write_all(&V5.hello("encrypted").bytes()).await.expect("the broker reads");
    let mut answer = [0; 4];
    stream.read_exact(&mut answer).await.expect("a CONNACK");
    assert_eq!((answer[0], answer[3]), (0x20, 0));
    drop(stream);
    witness.ends_well(broker, 16).await;
}

#[tokio::test]
async fn anything_else_is_closed_at_once_and_named_once() {
    let broker = Broker::with("");
    let witness = Witness::of(&broker).await;
    for _ in 0..50 {
        for other in
            [&b"\x03\0\0\x13\x0e\xe0"[..], b"SSH-2.0-OpenSSH_9.2\r\n", b"\x05\x01\0", b"\0", &[0xC0, 0]]
        {
            let answer = timeout(Duration::from_secs(5), say(broker.port(), other)).await;
            let answer = answer.expect("it is not listened to for long");
            assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 400"), "{answer:02x?}");
        }
    }
    broker.counts("refused", |count| count == 250).await;
    let log = broker.hub().log();
    let named = log.matches("something that is no MQTT").count();
    assert!((1..=3).contains(&named), "{named} times in\n{log}");
    witness.ends_well(broker, 16).await;
}
