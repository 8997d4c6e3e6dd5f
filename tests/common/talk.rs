//! A Clown.Talk client over wss, as a script would write it: it knows the wire and not the hub.

use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use hyper::header::{AUTHORIZATION, COOKIE, ORIGIN};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use super::{Hub, PATIENCE, http, tls};

/// A message as it came.
#[derive(Clone, Debug)]
pub struct Heard {
    pub text: String,
    pub topic: String,
    pub payload: Value,
    pub options: Value,
}

/// The hub refused the upgrade.
#[derive(Debug)]
pub struct Refused {
    pub status: u16,
    pub body: String,
}

/// The hub closed the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    pub code: u16,
    pub reason: String,
}

/// How a client is going to connect.
pub struct Dial<'a> {
    hub: &'a Hub,
    path: String,
    headers: Vec<(HeaderName, String)>,
}

/// A connected client.
pub struct TalkClient {
    socket: WebSocketStream<TlsStream<TcpStream>>,
}

impl TalkClient {
    /// A client of the endpoint with full topics; say who it is before [`Dial::connect`].
    pub fn of(hub: &Hub) -> Dial<'_> {
        Dial { hub, path: "/auth/clown-talk-server".into(), headers: Vec::new() }
    }

    /// The demo's own account, connected to the demo's bridge (topics relative to it), handshake not yet done.
    pub async fn demo(hub: &Hub) -> Self {
        let endpoint = hub.said("endpoint");
        let path = &endpoint[endpoint.find("/auth/").expect("the endpoint is below /auth/")..];
        Self::of(hub)
            .path(path)
            .basic(hub.said("account"), hub.said("password"))
            .connect()
            .await
            .expect("demo lets in")
    }

    /// Says hello with these wishes and gives the payload of `config/ok`.
    pub async fn handshake(&mut self, wishes: Value) -> Value {
        self.say("clown.talk/-/config/set", wishes).await;
        self.wait_for("the answer to the handshake", |heard| heard.topic == "clown.talk/-/config/ok")
            .await
            .payload
    }

    /// Sends a text frame as it is.
    pub async fn send(&mut self, text: &str) {
        self.send_frame(Message::text(text)).await;
    }

    /// Sends any frame.
    pub async fn send_frame(&mut self, frame: Message) {
        self.socket.send(frame).await.expect("the hub takes the frame");
    }

    /// Sends a message.
    pub async fn say(&mut self, topic: &str, payload: Value) {
        self.send(&serde_json::json!([topic, payload]).to_string()).await;
    }

    /// Sends a command whose steps can be told from others' by `id`.
    pub async fn command(&mut self, topic: &str, payload: Value, id: &str) {
        self.send(&serde_json::json!([topic, payload, { "id": id }]).to_string()).await;
    }

    /// The next message, or how the hub closed.
    pub async fn next(&mut self) -> Result<Heard, Closed> {
        match self.next_within(PATIENCE).await {
            Some(outcome) => outcome,
            None => panic!("nothing came within {PATIENCE:?}"),
        }
    }

    /// The next message if one comes in this time.
    pub async fn next_within(&mut self, patience: Duration) -> Option<Result<Heard, Closed>> {
        timeout(patience, self.receive()).await.ok()
    }

    /// Reads until a message fulfils the wish; the others are dropped.
    pub async fn wait_for(&mut self, what: &str, wish: impl Fn(&Heard) -> bool) -> Heard {
        let start = Instant::now();
        let mut others = Vec::new();
        loop {
            let left = PATIENCE.saturating_sub(start.elapsed());
            match self.next_within(left).await {
                Some(Ok(heard)) if wish(&heard) => return heard,
                Some(Ok(heard)) => others.push(heard.text),
                Some(Err(closed)) => panic!("closed with {closed:?} while waiting for {what}"),
                None => panic!("waited {PATIENCE:?} in vain for {what}; heard instead: {others:#?}"),
            }
        }
    }

    /// The next message on this topic.
    pub async fn wait_topic(&mut self, topic: &str) -> Heard {
        self.wait_for(topic, |heard| heard.topic == topic).await
    }

    /// The last step of a command: the first of `confirmed`, `refused`, `unanswered`, `unconfirmable`.
    pub async fn outcome(&mut self, id: &str) -> Value {
        let last = ["confirmed", "refused", "unanswered", "unconfirmable"];
        let is_last = |heard: &Heard| {
            heard.topic == "$hub/command"
                && heard.payload["id"] == id
                && heard.payload["step"].as_str().is_some_and(|step| last.contains(&step))
        };
        self.wait_for(&format!("the outcome of command {id}"), is_last).await.payload
    }

    /// Reads to the end and says how the hub closed.
    pub async fn closed(&mut self) -> Closed {
        loop {
            if let Err(closed) = self.next().await {
                return closed;
            }
        }
    }

    /// The next frame as it is.
    pub async fn frame(&mut self) -> Message {
        let frame = timeout(PATIENCE, self.socket.next()).await.expect("a frame in time");
        frame.expect("an open connection").expect("a whole frame")
    }

    async fn receive(&mut self) -> Result<Heard, Closed> {
        let gone = |reason: String| Closed { code: 1006, reason };
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => return Ok(Heard::parse(&text)),
                Some(Ok(Message::Close(Some(frame)))) => {
                    return Err(Closed { code: frame.code.into(), reason: frame.reason.to_string() });
                }
                Some(Ok(Message::Close(None))) => return Err(Closed { code: 1005, reason: String::new() }),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(gone(error.to_string())),
                None => return Err(gone("the connection ended without a close frame".into())),
            }
        }
    }
}

impl Dial<'_> {
    /// Another path.
    pub fn path(mut self, path: &str) -> Self {
        self.path = path.into();
        self
    }

    /// HTTP Basic.
    pub fn basic(self, account: &str, password: &str) -> Self {
        self.header(AUTHORIZATION, &http::basic(account, password))
    }

    /// A bearer token.
    pub fn bearer(self, token: &str) -> Self {
        self.header(AUTHORIZATION, &format!("Bearer {token}"))
    }

    /// A page's cookies.
    pub fn cookie(self, cookies: &str) -> Self {
        self.header(COOKIE, cookies)
    }

    /// The page that opens the connection.
    pub fn origin(self, origin: &str) -> Self {
        self.header(ORIGIN, origin)
    }

    /// Any header.
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Connects, or says how the hub refused.
    pub async fn connect(self) -> Result<TalkClient, Refused> {
        timeout(PATIENCE, self.dial()).await.unwrap_or_else(|_| panic!("no upgrade within {PATIENCE:?}"))
    }

    async fn dial(self) -> Result<TalkClient, Refused> {
        let authority = self.hub.authority();
        let stream = tls::connect(authority, tls::trusting(&self.hub.ca())).await.expect("the hub accepts");
        let mut request =
            format!("wss://{authority}{}", self.path).into_client_request().expect("a valid address");
        for (name, value) in self.headers {
            request.headers_mut().insert(name, HeaderValue::from_str(&value).expect("a valid header"));
        }
        match client_async(request, stream).await {
            Ok((socket, _)) => Ok(TalkClient { socket }),
            Err(Error::Http(answer)) => {
                let body = answer.body().as_deref().unwrap_or_default();
                Err(Refused {
                    status: answer.status().as_u16(),
                    body: String::from_utf8_lossy(body).into_owned(),
                })
            }
            Err(error) => panic!("the upgrade failed: {error}"),
        }
    }
}

impl Heard {
    fn parse(text: &str) -> Self {
        let value: Value = serde_json::from_str(text)
            .unwrap_or_else(|error| panic!("the hub sent a frame that is not JSON: {text:?}: {error}"));
        let (Some(topic), Some(payload)) = (value[0].as_str(), value.get(1)) else {
            panic!("the hub sent a frame that is not [topic, payload]: {text:?}");
        };
        Self {
            text: text.into(),
            topic: topic.into(),
            payload: payload.clone(),
            options: value.get(2).cloned().unwrap_or_default(),
        }
    }
}
