//! A client of the Clown.Talk endpoint, for `talk`, `watch` and `set`.
//!
//! Frames come as the hub sent them, in order. Anything that ends the connection is a [`ClientError`] in words; a hub
//! that says nothing for [`SILENCE`], not even a ping, counts as gone.

pub mod address;
mod error;
pub mod http;
pub mod trust;

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use futures_util::{SinkExt, StreamExt};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{self, Message as Frame, Utf8Bytes};
use tungstenite::client::IntoClientRequest;
use tungstenite::handshake::client::Request;
use tungstenite::http::HeaderValue;
use tungstenite::http::header::InvalidHeaderValue;

use self::address::Address;
use self::trust::Trust;
use crate::talk::Message;

pub use error::ClientError;

/// How long the hub has for each step of connecting.
const PATIENCE: Duration = Duration::from_secs(10);
/// The hub pings every 54 s; after this much silence it is gone.
const SILENCE: Duration = Duration::from_secs(90);

/// Where to connect, as whom, and whom to trust.
#[derive(Clone, Debug)]
pub struct Target {
    /// The endpoint, perhaps with account and password.
    pub address: Address,
    /// A bearer token, used when the address has no account.
    pub token: Option<String>,
    /// Whom to trust.
    pub trust: Trust,
}

/// Bytes to and from the hub, encrypted or not.
trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

/// An open connection.
pub struct Client {
    socket: WebSocketStream<Box<dyn Wire>>,
}

impl Client {
    /// Connects and logs in; the Clown.Talk handshake is not sent yet.
    pub async fn connect(target: &Target) -> Result<Self, ClientError> {
        let at = target.address.to_string();
        let wire = wire(target).await?;
        let upgrade = tokio_tungstenite::client_async(request(target, &at)?, wire);
        let (socket, _) = within(&at, upgrade).await?.map_err(|error| ClientError::of_upgrade(&at, error))?;
        Ok(Self { socket })
    }
    /// Sends the handshake with `wishes` and waits until the hub has accepted it. What the hub says before is returned.
    pub async fn handshake(&mut self, wishes: &str) -> Result<Utf8Bytes, ClientError> {
        self.send(&format!(r#"["clown.talk/-/config/set", {wishes}]"#)).await?;
        loop {
            let answer = within("the hub", self.next()).await??;
            match Message::parse(&answer) {
                Ok(message) if message.topic.as_str() == "clown.talk/-/config/ok" => return Ok(answer),
                Ok(message) if message.topic.as_str() == "clown.talk/-/error" => {
                    return Err(ClientError::Handshake(message.payload.as_str().to_owned()));
                }
                // A hub that requires no handshake may already talk.
                Ok(_) => {}
                Err(_) => return Err(ClientError::Handshake(format!("it answered {answer}"))),
            }
        }
    }

    /// Sends one text frame.
    pub async fn send(&mut self, text: &str) -> Result<(), ClientError> {
        self.socket.send(Frame::text(text)).await.map_err(broken)
    }

    /// The next text frame.
    pub async fn next(&mut self) -> Result<Utf8Bytes, ClientError> {
        loop {
            let frame = timeout(SILENCE, self.socket.next()).await;
            let frame =
                frame.map_err(|_| ClientError::Broken("the hub has been silent for too long".into()))?;
            match frame {
                Some(Ok(Frame::Text(text))) => return Ok(text),
                Some(Ok(Frame::Close(frame))) => return Err(closed(frame)),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(broken(error)),
                None => return Err(closed(None)),
            }
        }
    }

    /// Says good-bye, and waits a moment for the hub's.
    pub async fn close(mut self) {
        let bye = CloseFrame { code: CloseCode::Normal, reason: Utf8Bytes::default() };
        let farewell = async {
            if self.socket.close(Some(bye)).await.is_ok() {
                while let Some(Ok(_)) = self.socket.next().await {}
            }
        };
        // A hub that does not answer must not hold up the caller.
        let _ = timeout(Duration::from_secs(1), farewell).await;
    }
}

/// Connects; nothing is said yet. A secret does not go readable over a network.
async fn wire(target: &Target) -> Result<Box<dyn Wire>, ClientError> {
    let address = &target.address;
    let at = address.to_string();
    let secret = address.account.is_some() || target.token.is_some();
    if !address.tls && secret && !address.is_loopback() && !matches!(target.trust, Trust::Anyone) {
        return Err(ClientError::Plain { at });
    }
    let tcp = within(&at, TcpStream::connect((address.host.as_str(), address.port)))
        .await?
        .map_err(|error| ClientError::Connect { at: at.clone(), error })?;
    // Commands are single small messages: they go out at once. A refusal only costs latency.
    let _ = tcp.set_nodelay(true);
    if address.tls { encrypted(tcp, target, &at).await } else { Ok(Box::new(tcp)) }
}

async fn within<T>(at: &str, step: impl Future<Output = T>) -> Result<T, ClientError> {
    timeout(PATIENCE, step)
        .await
        .map_err(|_| ClientError::Slow { at: at.into(), seconds: PATIENCE.as_secs() })
}

async fn encrypted(tcp: TcpStream, target: &Target, at: &str) -> Result<Box<dyn Wire>, ClientError> {
    let (config, seen) = target.trust.config()?;
    let untrusted =
        |reason: String| ClientError::Untrusted { at: at.into(), fingerprint: seen.fingerprint(), reason };
    let name =
        ServerName::try_from(target.address.host.clone()).map_err(|error| untrusted(error.to_string()))?;
    let tls = within(at, TlsConnector::from(Arc::new(config)).connect(name, tcp)).await?;
    Ok(Box::new(tls.map_err(|error| untrusted(error.to_string()))?))
}

fn request(target: &Target, at: &str) -> Result<Request, ClientError> {
    let no_request =
        |error: &dyn std::fmt::Display| ClientError::Broken(format!("{at} is no address: {error}"));
    let mut request = at.into_client_request().map_err(|error| no_request(&error))?;
    if let Some(credential) = credential(target).map_err(|error| no_request(&error))? {
        request.headers_mut().insert("authorization", credential);
    }
    Ok(request)
}

/// What says who we are: the account of the address, or else the token.
fn credential(target: &Target) -> Result<Option<HeaderValue>, InvalidHeaderValue> {
    let credential = match (&target.address.account, &target.token) {
        (Some((user, password)), _) => {
            format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")))
        }
        (None, Some(token)) => format!("Bearer {token}"),
        (None, None) => return Ok(None),
    };
    let mut value = HeaderValue::from_str(&credential)?;
    value.set_sensitive(true);
    Ok(Some(value))
}

fn broken(error: tungstenite::Error) -> ClientError {
    match error {
        tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed => closed(None),
        error => ClientError::Broken(error.to_string()),
    }
}

fn closed(frame: Option<CloseFrame>) -> ClientError {
    let (code, reason) =
        frame.map_or((1006, String::new()), |frame| (frame.code.into(), frame.reason.to_string()));
    ClientError::Closed { code, reason }
}
