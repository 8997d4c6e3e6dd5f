//! A client of MQTT 3.1.1 that does nothing by itself: what is acknowledged, released or repeated is up to the test.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// One connection.
pub struct Client {
    stream: TcpStream,
    /// Whether the broker knew the session.
    pub is_known: bool,
}

/// What the broker said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A message, with its number if it has a quality.
    Publish { topic: String, payload: Vec<u8>, qos: u8, retain: bool, dup: bool, packet: u16 },
    /// PUBACK (4), PUBREC (5), PUBREL (6), PUBCOMP (7), SUBACK (9), UNSUBACK (11) or PINGRESP (13).
    Control { kind: u8, packet: u16 },
}

impl Client {
    /// Connects; a clean session is forgotten when the connection ends.
    pub async fn connect(address: SocketAddr, id: &str, clean: bool) -> Self {
        Self::try_connect(address, id, clean).await.expect("the broker is not there")
    }

    /// Connects, if the broker is there that long.
    pub async fn try_connect(address: SocketAddr, id: &str, clean: bool) -> Option<Self> {
        let mut stream = TcpStream::connect(address).await.ok()?;
        stream.set_nodelay(true).ok()?;
        let mut body = vec![0, 4, b'M', b'Q', b'T', b'T', 4, u8::from(clean) << 1, 0, 60];
        text(&mut body, id);
        stream.write_all(&packet(0x10, &body)).await.ok()?;
        let mut answer = [0; 4];
        timeout(PATIENCE, stream.read_exact(&mut answer)).await.unwrap().ok()?;
        assert_eq!((answer[0], answer[3]), (0x20, 0), "the broker refused {id}");
        Some(Self { stream, is_known: answer[2] == 1 })
    }

    /// Sends a message.
    pub async fn publish(&mut self, topic: &str, payload: &[u8], qos: u8, retain: bool, number: u16) {
        self.send(&publish(topic, payload, qos, retain, number)).await;
    }

    /// Sends a message of quality 1 and waits until it is acknowledged.
    pub async fn say(&mut self, topic: &str, payload: &[u8], retain: bool, number: u16) {
        self.publish(topic, payload, 1, retain, number).await;
        assert_eq!(self.next().await, Heard::Control { kind: 4, packet: number });
    }

    /// Subscribes and waits until it is granted.
    pub async fn subscribe(&mut self, filter: &str, qos: u8) {
        let mut body = vec![0, 1];
        text(&mut body, filter);
        body.push(qos);
        self.send(&packet(0x82, &body)).await;
        while self.next().await != (Heard::Control { kind: 9, packet: 1 }) {}
    }

    /// Sends PUBACK (4), PUBREC (5), PUBREL (6) or PUBCOMP (7).
    pub async fn acknowledge(&mut self, kind: u8, number: u16) {
        let first = kind << 4 | if kind == 6 { 2 } else { 0 };
        self.send(&packet(first, &number.to_be_bytes())).await;
    }

    /// Leaves properly.
    pub async fn leave(mut self) {
        self.send(&[0xe0, 0]).await;
        let mut rest = Vec::new();
        let _ = timeout(PATIENCE, self.stream.read_to_end(&mut rest)).await.unwrap();
    }

    /// The next thing that is heard.
    pub async fn next(&mut self) -> Heard {
        timeout(PATIENCE, self.read()).await.expect("the broker said nothing").expect("the broker is gone")
    }

    /// The next thing that is heard, if anything is within a while.
    pub async fn within(&mut self, patience: Duration) -> Option<Heard> {
        timeout(patience, self.read()).await.ok().flatten()
    }

    /// All messages up to silence, acknowledged as their quality wants it.
    pub async fn drain(&mut self, silence: Duration) -> Vec<(String, Vec<u8>)> {
        let mut heard = Vec::new();
        while let Some(next) = self.within(silence).await {
            match next {
                Heard::Publish { topic, payload, qos, packet, .. } => {
                    heard.push((topic, payload));
                    match qos {
                        0 => {}
                        1 => self.acknowledge(4, packet).await,
                        _ => self.acknowledge(5, packet).await,
                    }
                }
                Heard::Control { kind: 6, packet } => self.acknowledge(7, packet).await,
                Heard::Control { .. } => {}
            }
        }
        heard
    }

    /// Sends bytes as they are.
    pub async fn send(&mut self, bytes: &[u8]) {
        self.try_send(bytes).await.expect("the broker is gone");
    }

    /// Sends bytes if the broker is still there.
    pub async fn try_send(&mut self, bytes: &[u8]) -> Option<()> {
        self.stream.write_all(bytes).await.ok()
    }

    /// The next packet; `None` when the connection is over.
    pub async fn read(&mut self) -> Option<Heard> {
        let first = self.stream.read_u8().await.ok()?;
        let (mut len, mut shift) = (0, 0);
        loop {
            let byte = self.stream.read_u8().await.ok()?;
            len |= usize::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                break;
            }
        }
        let mut body = vec![0; len];
        self.stream.read_exact(&mut body).await.ok()?;
        let number = |at: usize| u16::from_be_bytes([body[at], body[at + 1]]);
        if first >> 4 != 3 {
            let packet = if len >= 2 { number(0) } else { 0 };
            return Some(Heard::Control { kind: first >> 4, packet });
        }
        let (end, qos) = (2 + usize::from(number(0)), first >> 1 & 3);
        let topic = String::from_utf8(body[2..end].to_vec()).unwrap();
        let (packet, start) = if qos == 0 { (0, end) } else { (number(end), end + 2) };
        let payload = body[start..].to_vec();
        Some(Heard::Publish { topic, payload, qos, retain: first & 1 == 1, dup: first & 8 == 8, packet })
    }
}

/// A message as bytes.
pub fn publish(topic: &str, payload: &[u8], qos: u8, retain: bool, number: u16) -> Vec<u8> {
    let mut body = Vec::new();
    text(&mut body, topic);
    if qos > 0 {
        body.extend(number.to_be_bytes());
    }
    body.extend(payload);
    packet(0x30 | qos << 1 | u8::from(retain), &body)
}

fn packet(first: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    let mut len = body.len();
    loop {
        let byte = (len & 0x7f) as u8;
        len >>= 7;
        bytes.push(if len > 0 { byte | 0x80 } else { byte });
        if len == 0 {
            break;
        }
    }
    bytes.extend(body);
    bytes
}

fn text(body: &mut Vec<u8>, text: &str) {
    body.extend((text.len() as u16).to_be_bytes());
    body.extend(text.as_bytes());
}
