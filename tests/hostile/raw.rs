//! A visitor who writes bytes as it likes, and what the process behind it holds.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;

use crate::common::{Hub, PATIENCE, basic, tls};

/// One TLS connection.
pub struct Raw {
    stream: TlsStream<TcpStream>,
    got: Vec<u8>,
}

/// A request to upgrade to the endpoint, with everything right but the method.
pub fn upgrade(hub: &Hub, method: &str) -> String {
    let login = match token(hub) {
        Some(token) => format!("Bearer {token}"),
        None => basic(hub.said("account"), hub.said("password")),
    };
    format!(
        "{method} /auth/clown-talk-server HTTP/1.1\r\nHost: {}\r\nAuthorization: {login}\r\nConnection: Upgrade\r\n\
         Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        hub.authority(),
    )
}

/// The token of programs on this machine; checking it costs less than a password.
fn token(hub: &Hub) -> Option<String> {
    let text = std::fs::read_to_string(hub.data().join("local.json")).ok()?;
    let local: serde_json::Value = serde_json::from_str(&text).ok()?;
    Some(local["token"].as_str()?.to_owned())
}

/// A frame with this first byte, masked with zeros.
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match u8::try_from(payload.len()) {
        Ok(short) if short < 126 => frame.push(0x80 | short),
        _ => {
            frame.push(0xfe);
            frame.extend_from_slice(&u16::try_from(payload.len()).expect("a short payload").to_be_bytes());
        }
    }
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(payload);
    frame
}

impl Raw {
    /// A connection on which nothing was said yet.
    pub async fn connect(hub: &Hub) -> Self {
        let stream = tls::connect(hub.authority(), tls::trusting(&hub.ca())).await.expect("the hub accepts");
        Self { stream, got: Vec::new() }
    }

    /// An upgraded connection, handshake of Clown.Talk not yet done.
    pub async fn talking(hub: &Hub) -> Self {
        let mut raw = Self::connect(hub).await;
        raw.write(upgrade(hub, "GET").as_bytes()).await;
        let head = raw.head().await;
        assert!(head.starts_with("HTTP/1.1 101"), "{head}");
        raw
    }

    /// Writes what the hub still takes; an end is seen when reading.
    pub async fn write(&mut self, bytes: &[u8]) {
        let write = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        let _ = timeout(PATIENCE, write).await.expect("the hub reads");
    }

    /// The head of an HTTP answer; empty if the hub just closed.
    pub async fn head(&mut self) -> String {
        loop {
            if let Some(end) = self.got.windows(4).position(|four| four == b"\r\n\r\n") {
                let rest = self.got.split_off(end + 4);
                return String::from_utf8_lossy(&std::mem::replace(&mut self.got, rest)).into_owned();
            }
            if !self.read().await {
                return String::new();
            }
        }
    }

    /// The next text message.
    pub async fn text(&mut self) -> String {
        loop {
            match self.frame().await.expect("the hub goes on") {
                (0x81, text) => return String::from_utf8(text).expect("text is UTF-8"),
                (0x88, _) => panic!("closed"),
                _ => {}
            }
        }
    }

    /// The code the hub closes with.
    pub async fn closed(&mut self) -> u16 {
        loop {
            if let (0x88, reason) = self.frame().await.expect("a closing frame before the end") {
                return u16::from_be_bytes([reason[0], reason[1]]);
            }
        }
    }

    /// Reads to the end of the connection.
    pub async fn ended(&mut self) {
        while self.read().await {}
    }

    /// Takes so many bytes at once; few, so that what it does not read is soon the hub's to keep.
    pub fn window(&self, bytes: usize) {
        let socket = self.stream.get_ref().0;
        rustix::net::sockopt::set_socket_recv_buffer_size(socket, bytes).expect("our own socket");
    }

    /// Ends as if the cable was cut and the machine came back: with a reset.
    pub fn reset(self) {
        let socket = self.stream.get_ref().0;
        rustix::net::sockopt::set_socket_linger(socket, Some(Duration::ZERO)).expect("our own socket");
    }

    async fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        loop {
            if let [first, second, ..] = self.got[..] {
                let (begin, length) = match (second, &self.got[2..]) {
                    (126, [high, low, ..]) => (4, usize::from(u16::from_be_bytes([*high, *low]))),
                    (127, [a, b, c, d, e, f, g, h, ..]) => {
                        let length = u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]);
                        (10, usize::try_from(length).expect("a frame that fits"))
                    }
                    (length, _) if length < 126 => (2, usize::from(length)),
                    _ => (2, usize::MAX - 2),
                };
                if self.got.len() >= begin + length {
                    let rest = self.got.split_off(begin + length);
                    let frame = std::mem::replace(&mut self.got, rest);
                    return Some((first, frame[begin..].to_vec()));
                }
            }
            if !self.read().await {
                return None;
            }
        }
    }

    async fn read(&mut self) -> bool {
        let mut bytes = [0; 16 * 1024];
        let read = timeout(PATIENCE, self.stream.read(&mut bytes)).await.expect("the hub answers or ends");
        let count = read.unwrap_or(0);
        self.got.extend_from_slice(&bytes[..count]);
        count > 0
    }
}

/// How many files and sockets the hub has open.
pub fn open_files(hub: &Hub) -> usize {
    let folder = format!("/proc/{}/fd", hub.pid().as_raw_nonzero());
    std::fs::read_dir(folder).expect("the hub runs").count()
}

/// The memory the hub uses, in bytes.
pub fn resident(hub: &Hub) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", hub.pid().as_raw_nonzero()));
    let status = status.expect("the hub runs");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("Linux says it");
    let kilobytes: usize = line.split_whitespace().nth(1).expect("a number").parse().expect("a number");
    kilobytes * 1024
}
