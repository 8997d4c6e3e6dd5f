//! A client that does what the test says and nothing else; its last packets are shown when a test fails.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

use super::packet::{
    self, Ack, Hello, PING, Packet, Property, Publish, V5, Version, find_number, is, number,
};
use super::stage::Broker;
use crate::common::PATIENCE;

/// How many packets are shown.
const SHOWN: usize = 30;

/// The broker's answer to CONNECT.
#[derive(Clone, Debug)]
pub struct Welcome {
    pub present: bool,
    pub code: u8,
    pub properties: Vec<Property>,
}

/// How a connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The broker said why (version 5).
    Told { reason: u8 },
    /// The broker closed the connection without a word.
    Closed,
}

/// A connection to a broker.
pub struct Client {
    stream: TcpStream,
    version: Version,
    name: String,
    buffer: BytesMut,
    waiting: VecDeque<Publish>,
    last_id: u16,
    trace: VecDeque<String>,
}

impl Client {
    /// A connection on which nothing was said yet.
    pub async fn open(broker: &Broker, version: Version, name: &str) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", broker.port())).await.expect("the broker listens");
        stream.set_nodelay(true).expect("a TCP socket");
        let (buffer, waiting, trace) = Default::default();
        Self { stream, version, name: name.into(), buffer, waiting, last_id: 0, trace }
    }

    /// Connects; the broker must agree.
    pub async fn connect(broker: &Broker, hello: Hello) -> Self {
        Self::welcomed(broker, hello).await.0
    }

    /// Connects; the broker must agree and says what it remembers.
    pub async fn welcomed(broker: &Broker, hello: Hello) -> (Self, Welcome) {
        let (client, welcome) = Self::asked(broker, hello).await;
        assert_eq!(welcome.code, 0, "{} is refused", client.name);
        (client, welcome)
    }

    /// Connects; the broker may refuse.
    pub async fn asked(broker: &Broker, hello: Hello) -> (Self, Welcome) {
        let mut client = Self::open(broker, hello.version, &hello.id).await;
        client.send(&hello.bytes()).await;
        match client.next().await {
            Ok(Packet::Connack { present, code, properties }) => {
                (client, Welcome { present, code, properties })
            }
            other => panic!("instead of CONNACK came {other:?}"),
        }
    }

    /// Sends bytes as they are.
    pub async fn send(&mut self, bytes: &[u8]) {
        self.note("->", &format!("{:02x?}", &bytes[..bytes.len().min(40)]));
        self.stream.write_all(bytes).await.expect("the broker reads");
    }

    fn note(&mut self, direction: &str, what: &str) {
        if self.trace.len() == SHOWN {
            self.trace.pop_front();
        }
        self.trace.push_back(format!("{direction} {what}"));
    }

    /// The next packet as it comes, or how the connection ended.
    pub async fn next(&mut self) -> Result<Packet, Ended> {
        match self.next_within(PATIENCE).await {
            Some(outcome) => outcome,
            None => panic!("{} waited {PATIENCE:?} in vain for a packet", self.name),
        }
    }

    /// The next packet if one comes in this time.
    pub async fn next_within(&mut self, patience: Duration) -> Option<Result<Packet, Ended>> {
        let end = Instant::now() + patience;
        loop {
            match packet::take(self.version, &mut self.buffer) {
                Ok(None) => {}
                Ok(Some(packet)) => {
                    self.note("<-", &shortened(&packet));
                    return Some(match packet {
                        Packet::Disconnect { reason, .. } => Err(Ended::Told { reason }),
                        packet => Ok(packet),
                    });
                }
                Err(malformed) => panic!("{} was sent {malformed:?}", self.name),
            }
            match timeout_at(end, self.stream.read_buf(&mut self.buffer)).await {
                Err(_) => return None,
                Ok(Ok(0) | Err(_)) => return Some(Err(Ended::Closed)),
                Ok(Ok(_)) => {}
            }
        }
    }

    /// The next packet; what the protocol wants done at once is done, and messages are put aside for
    /// [`Client::heard`].
    async fn answer(&mut self) -> Packet {
        loop {
            match self.next().await {
                Ok(Packet::Publish(message)) => self.waiting.push_back(message),
                Ok(Packet::Ack { kind: Ack::Pubrel, id, .. }) => {
                    self.send(&packet::ack(Ack::Pubcomp, id)).await;
                }
                Ok(packet) => return packet,
                Err(ended) => panic!("the connection of {} ended: {ended:?}", self.name),
            }
        }
    }

    /// A packet identifier that was not used lately.
    pub fn next_id(&mut self) -> u16 {
        self.last_id = self.last_id % u16::MAX + 1;
        self.last_id
    }

    /// Subscribes and gives the granted code.
    pub async fn subscribe(&mut self, filter: &str, options: u8) -> u8 {
        self.subscribe_with(filter, options, &[]).await
    }

    /// Subscribes with properties and gives the granted code.
    pub async fn subscribe_with(&mut self, filter: &str, options: u8, properties: &[Property]) -> u8 {
        let id = self.next_id();
        self.send(&packet::subscribe(self.version, id, &[(filter, options)], properties)).await;
        match self.answer().await {
            Packet::Suback { id: its, codes } if its == id && codes.len() == 1 => codes[0],
            other => panic!("instead of SUBACK {id} came {other:?}"),
        }
    }

    /// Gives a subscription back.
    pub async fn unsubscribe(&mut self, filter: &str) {
        let id = self.next_id();
        self.send(&packet::unsubscribe(self.version, id, filter)).await;
        match self.answer().await {
            Packet::Unsuback { id: its, .. } if its == id => {}
            other => panic!("instead of UNSUBACK {id} came {other:?}"),
        }
    }

    /// Publishes and sees it acknowledged; gives the reason code (0 with QoS 0 and in version 3.1.1).
    pub async fn publish(&mut self, message: &Publish) -> u8 {
        let id = if message.qos > 0 { self.next_id() } else { 0 };
        let message = Publish { id, ..message.clone() };
        self.send(&message.bytes(self.version)).await;
        match message.qos {
            0 => 0,
            1 => self.acknowledged(Ack::Puback, id).await,
            _ => {
                let reason = self.acknowledged(Ack::Pubrec, id).await;
                if reason < 0x80 {
                    self.send(&packet::ack(Ack::Pubrel, id)).await;
                    self.acknowledged(Ack::Pubcomp, id).await;
                }
                reason
            }
        }
    }

    /// Waits for this acknowledgement.
    pub async fn acknowledged(&mut self, wanted: Ack, wanted_id: u16) -> u8 {
        match self.answer().await {
            Packet::Ack { kind, id, reason } if kind == wanted && id == wanted_id => reason,
            other => panic!("instead of {wanted:?} {wanted_id} came {other:?}"),
        }
    }

    /// The next message, acknowledged.
    pub async fn heard(&mut self) -> Publish {
        match self.heard_within(PATIENCE).await {
            Some(message) => message,
            None => panic!("{} heard nothing within {PATIENCE:?}", self.name),
        }
    }

    /// The next message, acknowledged, if one comes in this time.
    pub async fn heard_within(&mut self, patience: Duration) -> Option<Publish> {
        let message = self.came_within(patience).await?;
        match message.qos {
            0 => {}
            1 => self.send(&packet::ack(Ack::Puback, message.id)).await,
            _ => self.send(&packet::ack(Ack::Pubrec, message.id)).await,
        }
        Some(message)
    }

    /// The next message, not acknowledged.
    pub async fn came(&mut self) -> Publish {
        match self.came_within(PATIENCE).await {
            Some(message) => message,
            None => panic!("{} heard nothing within {PATIENCE:?}", self.name),
        }
    }

    async fn came_within(&mut self, patience: Duration) -> Option<Publish> {
        let end = Instant::now() + patience;
        loop {
            if let Some(message) = self.waiting.pop_front() {
                if self.is_of_the_hub(&message).await {
                    continue;
                }
                return Some(message);
            }
            match self.next_within(end.saturating_duration_since(Instant::now())).await? {
                Ok(Packet::Publish(message)) => self.waiting.push_back(message),
                Ok(Packet::Ack { kind: Ack::Pubrel, id, .. }) => {
                    self.send(&packet::ack(Ack::Pubcomp, id)).await;
                }
                Ok(Packet::Pong) => {}
                other => panic!("instead of a message {} was sent {other:?}", self.name),
            }
        }
    }

    /// Acknowledges what the hub around the broker says about itself on `clown-hub/…`; it is not part of any case.
    async fn is_of_the_hub(&mut self, message: &Publish) -> bool {
        let is_its = message.topic.starts_with("clown-hub/");
        if is_its && message.qos == 1 {
            self.send(&packet::ack(Ack::Puback, message.id)).await;
        }
        is_its
    }

    /// Everything that comes before the message on `topic`, which is the last one.
    pub async fn heard_until(&mut self, topic: &str) -> Vec<Publish> {
        let mut all = Vec::new();
        loop {
            let message = self.heard().await;
            if message.topic == topic {
                return all;
            }
            all.push(message);
        }
    }

    /// Asks for a sign of life and gets it; messages that come before it are put aside.
    pub async fn ping(&mut self) {
        self.send(&PING).await;
        let answer = self.answer().await;
        assert_eq!(answer, Packet::Pong);
    }

    /// Reads to the end, whatever comes before it.
    pub async fn ended(&mut self) -> Ended {
        match self.ended_within(PATIENCE).await {
            Some(ended) => ended,
            None => panic!("the connection of {} is still there after {PATIENCE:?}", self.name),
        }
    }

    /// Reads to the end if it comes in this time.
    pub async fn ended_within(&mut self, patience: Duration) -> Option<Ended> {
        let until_end = async {
            loop {
                if let Err(ended) = self.next().await {
                    return ended;
                }
            }
        };
        timeout(patience, until_end).await.ok()
    }

    /// Says good-bye and waits until the broker has hung up, so that the session has ended.
    pub async fn leave(mut self) {
        self.send(&packet::disconnect(self.version, 0, &[])).await;
        let ended = self.ended().await;
        assert_eq!(ended, Ended::Closed);
    }

    /// Says good-bye with these properties (version 5).
    pub async fn leave_with(mut self, reason: u8, properties: &[Property]) {
        self.send(&packet::disconnect(self.version, reason, properties)).await;
        self.ended().await;
    }

    /// Goes without a word, as a pulled cable with a reset.
    pub fn vanish(self) {
        self.stream.set_zero_linger().expect("a TCP socket");
    }
}

/// A session expiry of `seconds`, in version 5.
pub fn session_expiry(seconds: u32) -> Property {
    number(is::SESSION_EXPIRY, seconds)
}

impl Welcome {
    /// How many messages with QoS 1 and 2 the broker takes before it has acknowledged one.
    pub fn receive_maximum(&self) -> usize {
        find_number(&self.properties, is::RECEIVE_MAXIMUM).unwrap_or(0xFFFF) as usize
    }
}

fn shortened(packet: &Packet) -> String {
    let text = format!("{packet:?}");
    text.chars().take(300).collect()
}

impl Drop for Client {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let version = if self.version == V5 { "5" } else { "3.1.1" };
            let lines: Vec<&str> = self.trace.iter().map(String::as_str).collect();
            eprintln!("--- {} with MQTT {version} ---\n{}\n---", self.name, lines.join("\n"));
        }
    }
}
