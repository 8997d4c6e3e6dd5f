//! A WebSocket that carries MQTT exactly as the test cuts it.

use bytes::BytesMut;
use futures_util::{SinkExt, StreamExt};
use hyper::header::{ORIGIN, SEC_WEBSOCKET_PROTOCOL};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::common::{PATIENCE, tls};
use crate::packet::{self, Hello, Packet, Publish, Version};
use crate::stage::{Broker, PASSWORD, USER};

/// How a WebSocket is asked for.
#[derive(Clone, Copy)]
pub struct Ask<'a> {
    pub path: &'a str,
    pub protocol: Option<&'a str>,
    pub origin: Option<&'a str>,
}

impl Default for Ask<'_> {
    fn default() -> Self {
        Self { path: "/mqtt", protocol: Some("mqtt"), origin: None }
    }
}

/// One that was granted.
pub struct Web {
    socket: WebSocketStream<TlsStream<TcpStream>>,
    /// The subprotocol that was agreed on.
    pub protocol: String,
    version: Version,
    buffer: BytesMut,
    /// How large the frames are that came.
    pub frames: Vec<usize>,
}

/// How it ended.
#[derive(Debug, PartialEq, Eq)]
pub enum End {
    /// With a closing frame of this code.
    Closed(u16),
    /// Without one.
    Gone,
}

/// Asks for a WebSocket; a refusal is its status and text.
pub async fn ask(broker: &Broker, ask: Ask<'_>, version: Version) -> Result<Web, (u16, String)> {
    let hub = broker.hub();
    let stream = tls::connect(hub.authority(), tls::trusting(&hub.ca())).await.expect("the hub accepts");
    let address = format!("wss://{}{}", hub.authority(), ask.path);
    let mut request = address.into_client_request().expect("a valid address");
    for (name, value) in [(SEC_WEBSOCKET_PROTOCOL, ask.protocol), (ORIGIN, ask.origin)] {
        if let Some(value) = value {
            request.headers_mut().insert(name, HeaderValue::from_str(value).expect("a valid header"));
        }
    }
    match timeout(PATIENCE, client_async(request, stream)).await.expect("an answer in time") {
        Ok((socket, answer)) => {
            let protocol = answer.headers().get(SEC_WEBSOCKET_PROTOCOL);
            let protocol = protocol.and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
            Ok(Web { socket, protocol, version, buffer: BytesMut::new(), frames: Vec::new() })
        }
        Err(Error::Http(answer)) => {
            let body = answer.body().as_deref().unwrap_or_default();
            Err((answer.status().as_u16(), String::from_utf8_lossy(body).into_owned()))
        }
        Err(error) => panic!("the upgrade failed: {error}"),
    }
}

/// A first packet of the account that is there.
pub fn hello(version: Version, id: &str) -> Hello {
    Hello { account: Some((USER.into(), PASSWORD.into())), ..version.hello(id) }
}

impl Web {
    /// One over which a client has logged in.
    pub async fn connect(broker: &Broker, version: Version, id: &str) -> Self {
        let mut web = ask(broker, Ask::default(), version).await.expect("an upgrade");
        web.say(&hello(version, id).bytes()).await;
        let welcome = web.next().await;
        assert!(matches!(welcome, Ok(Packet::Connack { code: 0, .. })), "{welcome:?}");
        web
    }

    /// Sends one binary frame.
    pub async fn say(&mut self, bytes: &[u8]) {
        self.send(Message::binary(bytes.to_vec())).await;
    }

    /// Sends any frame; an end is seen when reading.
    pub async fn send(&mut self, frame: Message) {
        let _ = timeout(PATIENCE, self.socket.send(frame)).await.expect("the hub reads");
    }

    /// The next packet.
    pub async fn next(&mut self) -> Result<Packet, End> {
        loop {
            match packet::take(self.version, &mut self.buffer) {
                Ok(Some(packet)) => return Ok(packet),
                Ok(None) => {}
                Err(malformed) => panic!("{malformed:?}"),
            }
            match timeout(PATIENCE, self.socket.next()).await.expect("a packet in time") {
                Some(Ok(Message::Binary(bytes))) => {
                    self.frames.push(bytes.len());
                    self.buffer.extend_from_slice(&bytes);
                }
                Some(Ok(Message::Close(Some(close)))) => return Err(End::Closed(close.code.into())),
                Some(Ok(Message::Close(None))) => return Err(End::Closed(1005)),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(other)) => panic!("MQTT came in {other:?}"),
                Some(Err(_)) | None => return Err(End::Gone),
            }
        }
    }

    /// The next packet is this message.
    pub async fn hears(&mut self, topic: &str) -> Publish {
        loop {
            match self.next().await {
                Ok(Packet::Publish(message)) if message.topic == topic => return message,
                Ok(Packet::Ack { .. } | Packet::Publish(_)) => {}
                other => panic!("instead of {topic} came {other:?}"),
            }
        }
    }

    /// Reads to the end.
    pub async fn ended(&mut self) -> (Vec<Packet>, End) {
        let mut packets = Vec::new();
        loop {
            match self.next().await {
                Ok(packet) => packets.push(packet),
                Err(end) => return (packets, end),
            }
        }
    }

    /// Subscribes to one filter.
    pub async fn subscribe(&mut self, filter: &str, qos: u8) {
        self.say(&packet::subscribe(self.version, 1, &[(filter, qos)], &[])).await;
        let answer = self.next().await;
        assert_eq!(answer, Ok(Packet::Suback { id: 1, codes: vec![qos] }));
    }
}
