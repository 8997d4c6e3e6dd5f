//! A hub with one link that the test holds, its endpoint on a loopback port, and clients that speak plain WebSocket.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use clown_hub::hub::{CommandId, Hub, HubConfig, LinkHandle, LinkInfo, LinkState, Now, Outgoing};
use clown_hub::stop::Stop;
use clown_hub::talk::{Message, Topic};
use clown_hub::web::DoorConfig;
use clown_hub::web::account::token::TokenId;
use clown_hub::web::auth::{Via, Who};
use clown_hub::web::decisions::Decisions;
use clown_hub::web::messages::Record;
use clown_hub::web::messages::tree::Bounds;
use clown_hub::web::names::Names;
use clown_hub::web::rights::Rights;
use clown_hub::web::server::{Mode, Server};
use clown_hub::web::talk::{Endpoint, TalkConfig};
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message as Frame;

const PATIENCE: Duration = Duration::from_secs(10);

pub struct Stage {
    link: LinkHandle,
    commands: mpsc::Receiver<Outgoing>,
    address: std::net::SocketAddr,
    stop: Stop,
}

impl Stage {
    /// A device at `nodes/bridge/0` that listed a relay and a thermometer, and whose relay is off.
    pub async fn new() -> Self {
        let hub = Hub::new(HubConfig::default(), Now::now());
        let base = Topic::new("nodes/bridge/0").expect("base");
        let info = LinkInfo { name: "usb".into(), kind: "serial", base: Some(base) };
        let (link, commands) = hub.attach(Now::now(), info);
        link.state(Now::now(), LinkState::up("bridge"));
        let record = Record::new(Bounds::default(), Now::now());
        tokio::spawn(record.listen(&hub));
        let decisions = Decisions::in_memory(&hub);
        let endpoint = Endpoint::new(hub, record, decisions, TalkConfig::default());
        let upgrade = move |Path(segment): Path<String>, request: Request<Body>| {
            let who =
                Who { account: "ada".into(), via: Via::Token(TokenId::of("secret")), rights: Rights::All };
            let answer = endpoint.upgrade(request, &segment, who);
            async move { answer.unwrap_or_else(|error| (error.status(), error.to_string()).into_response()) }
        };
        let router = Router::new().route("/auth/{segment}", get(upgrade)).fallback(nothing);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let server = Server::new(&DoorConfig::default(), None, Names::new("localhost", &[]));
        let stop = Stop::new();
        let until = stop.clone();
        tokio::spawn(async move { server.serve(listener, Mode::Plain, router, until).await });
        let stage = Self { link, commands, address, stop };
        stage.says(
            r#"["-/-/config/ok", {"sensors": ["thermometer/i2c0-48"], "actuators": ["relay/i2c0-3b"]}]"#,
        );
        stage.says(r#"["relay/i2c0-3b", {"state": false}]"#);
        stage
    }

    pub fn says(&self, line: &str) {
        self.link.publish(Now::now(), Message::parse(line).expect(line));
    }

    pub fn state(&self, state: LinkState) {
        self.link.state(Now::now(), state);
    }

    pub fn sent(&self, id: CommandId) {
        self.link.sent(Now::now(), id);
    }

    pub async fn asked(&mut self) -> Outgoing {
        timeout(PATIENCE, self.commands.recv()).await.expect("a command in time").expect("an open link")
    }

    pub fn nothing_asked(&mut self) -> bool {
        self.commands.try_recv().is_err()
    }

    pub fn url(&self, segment: &str) -> String {
        format!("ws://{}/auth/{segment}", self.address)
    }

    pub async fn client(&self) -> Client {
        client(self.url("clown-talk-server_nodes_bridge_0")).await
    }

    /// A client with a small buffer, so that what it does not read is soon the hub's to keep.
    pub async fn narrow(&self) -> Client {
        let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(4096).expect("our own socket");
        let socket = socket.connect(self.address).await.expect("connect");
        let url = self.url("clown-talk-server_nodes_bridge_0");
        let (socket, _) = tokio_tungstenite::client_async(&url, socket).await.expect(&url);
        Client { socket }
    }

    /// A client after its handshake and the present values.
    pub async fn greeted(&self, hello: &str) -> Client {
        let mut client = self.client().await;
        client.say(&format!("[\"clown.talk/-/config/set\", {hello}]")).await;
        assert!(client.hear().await.contains("config/ok"));
        assert!(client.hear().await.contains("relay"));
        client
    }

    /// The status and body of a refused upgrade.
    pub async fn refused(&self, segment: &str) -> (u16, String) {
        self.request(segment, "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n").await
    }

    /// The status and body of an ordinary request.
    pub async fn plain(&self, segment: &str) -> (u16, String) {
        self.request(segment, "Connection: close\r\n").await
    }

    async fn request(&self, segment: &str, headers: &str) -> (u16, String) {
        let mut socket = TcpStream::connect(self.address).await.expect("connect");
        let request = format!("GET /auth/{segment} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");
        socket.write_all(request.as_bytes()).await.expect("write");
        let mut answer = vec![0; 4096];
        let read = timeout(PATIENCE, socket.read(&mut answer)).await.expect("in time").expect("read");
        let text = String::from_utf8_lossy(&answer[..read]).into_owned();
        let status = text.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
        (status, text)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.stop.request();
    }
}

async fn nothing() -> Response {
    "nothing here".into_response()
}

pub struct Client {
    socket: WebSocketStream<TcpStream>,
}

/// Connects to a `ws://127.0.0.1:PORT/…` address.
pub async fn client(url: String) -> Client {
    let authority = url.trim_start_matches("ws://").split('/').next().expect("an authority");
    let socket = TcpStream::connect(authority).await.expect("connect");
    let (socket, _) = tokio_tungstenite::client_async(&url, socket).await.expect(&url);
    Client { socket }
}

impl Client {
    pub async fn say(&mut self, text: &str) {
        self.frame(Frame::text(text)).await;
    }

    /// Sends unless the connection has ended.
    pub async fn try_say(&mut self, text: &str) -> Result<(), tokio_tungstenite::tungstenite::Error> {
        self.socket.send(Frame::text(text)).await
    }

    pub async fn frame(&mut self, frame: Frame) {
        self.socket.send(frame).await.expect("the connection is open");
    }

    /// A text frame with bytes that are no text, masked with zeros.
    pub async fn raw_text(&mut self, bytes: &[u8]) {
        let mut frame = vec![0x81, 0x80 | u8::try_from(bytes.len()).expect("short"), 0, 0, 0, 0];
        frame.extend_from_slice(bytes);
        self.socket.get_mut().write_all(&frame).await.expect("the connection is open");
    }

    pub async fn hear(&mut self) -> String {
        match timeout(PATIENCE, self.socket.next()).await.expect("a message in time") {
            Some(Ok(Frame::Text(text))) => text.as_str().to_owned(),
            other => panic!("no text: {other:?}"),
        }
    }

    /// The text of the next `["text/0", {"value": "…"}]`.
    pub async fn hear_value(&mut self) -> String {
        let text = self.hear().await;
        let (_, value) = text.split_once("\"value\": \"").unwrap_or_else(|| panic!("no value: {text:.80}"));
        value.to_owned()
    }

    /// The code the hub closed with, after whatever it still said.
    pub async fn closed(&mut self) -> u16 {
        loop {
            match timeout(PATIENCE, self.socket.next()).await.expect("an end in time") {
                Some(Ok(Frame::Close(Some(frame)))) => return frame.code.into(),
                Some(Ok(Frame::Text(_))) => {}
                other => panic!("not closed: {other:?}"),
            }
        }
    }
}
