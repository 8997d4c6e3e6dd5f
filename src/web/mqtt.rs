//! MQTT over WebSocket at [`PATH`]: the packets of one connection in binary frames, handed to the hub's own broker.
//!
//! The login is in the first packet, so nobody needs to be signed in to get here; a page of another site is turned away
//! all the same (see [`auth`](super::auth)). Frames are only a way to carry bytes: packets may be split or joined in
//! them (MQTT 5.0 §6.0). Text is no MQTT and closes with 1003.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use axum::http::{Request, Response, StatusCode, header};
use bytes::{Buf, Bytes};
use futures_util::{Sink, Stream as _};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::Error as WsError;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Message as Frame, Role, WebSocketConfig};

use super::answer::refusal;
use super::places::{Full, Place, Places};
use super::server::Peer;
use super::stream::Stream;
use super::websocket;
use crate::broker::{Broker, Connection, Origin, Refusal};

/// Where MQTT is spoken.
pub const PATH: &str = "/mqtt";
/// The word for MQTT among the subprotocols of WebSocket.
const PROTOCOL: &str = "mqtt";
/// Bytes of one frame that is sent; a client that takes this much has made a step.
const FRAME: usize = 16 * 1024;
/// Bytes by which a frame may be longer than the longest packet, so that a packet too long is refused as one.
const FRAME_SPARE: usize = 64 * 1024;
/// Read buffer per client.
const READ_BUFFER: usize = 4 * 1024;

/// The way from the web to the broker; clones share it.
#[derive(Clone)]
pub struct Mqtt {
    broker: Arc<dyn Broker>,
    places: Places,
    longest_packet: usize,
}

impl Mqtt {
    /// Leads to `broker`; connections take one of its `places`.
    pub fn new(broker: Arc<dyn Broker>, places: Places, longest_packet: usize) -> Self {
        Self { broker, places, longest_packet }
    }

    /// Answers a request at [`PATH`]; an upgrade becomes a connection of the broker.
    pub fn upgrade(&self, request: Request<Body>, peer: Peer) -> Response<Body> {
        let (method, headers) = (request.method(), request.headers());
        let Some(key) = websocket::key(method, headers) else {
            let text = "MQTT is spoken here over WebSocket: connect with wss and the subprotocol mqtt\n";
            return refusal(StatusCode::UPGRADE_REQUIRED, text);
        };
        if !websocket::names(headers, header::SEC_WEBSOCKET_PROTOCOL, PROTOCOL) {
            return refusal(StatusCode::BAD_REQUEST, "ask for the subprotocol mqtt\n");
        }
        let place = match self.places.take(peer.address.ip()) {
            Ok(place) => place,
            Err(Full::Address) => {
                self.broker.refuse(Refusal::Address, peer.address);
                let text = "too many MQTT connections from your address\n";
                return refusal(StatusCode::TOO_MANY_REQUESTS, text);
            }
            Err(Full::Hub) => {
                self.broker.refuse(Refusal::Connections, peer.address);
                return refusal(StatusCode::SERVICE_UNAVAILABLE, "too many MQTT connections\n");
            }
        };
        let answer = websocket::switching(key, Some(PROTOCOL));
        let broker = self.broker.clone();
        let longest = self.longest_packet + FRAME_SPARE;
        tokio::spawn(async move {
            if let Some((stream, begun)) = websocket::taken_over(request).await {
                let wire = Box::new(Frames::new(stream, begun, longest, place).await);
                broker.serve(Connection { wire, origin: Origin::Web(peer.address) }).await;
            }
        });
        answer
    }
}

/// A WebSocket as a stream of bytes.
struct Frames {
    socket: WebSocketStream<Stream>,
    /// What is left of the frame that came last.
    left: Bytes,
    /// A closing frame that waits to be sent: text came.
    refusing: bool,
    _place: Place,
}

impl Frames {
    async fn new(stream: Stream, begun: Vec<u8>, longest: usize, place: Place) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .write_buffer_size(0)
            .max_write_buffer_size(4 * FRAME)
            .max_message_size(Some(longest))
            .max_frame_size(Some(longest));
        let role = Role::Server;
        let socket = WebSocketStream::from_partially_read(stream, begun, role, Some(config)).await;
        Self { socket, left: Bytes::new(), refusing: false, _place: place }
    }

    fn poll_refuse(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.socket).poll_flush(cx)).map_err(broken)?;
        Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, "text is no MQTT")))
    }
}

impl AsyncRead for Frames {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            if self.refusing {
                return self.poll_refuse(cx);
            }
            if !self.left.is_empty() {
                let take = self.left.len().min(buf.remaining());
                buf.put_slice(&self.left[..take]);
                self.left.advance(take);
                return Poll::Ready(Ok(()));
            }
            match ready!(Pin::new(&mut self.socket).poll_next(cx)) {
                Some(Ok(Frame::Binary(bytes))) => self.left = bytes,
                Some(Ok(Frame::Text(_))) => {
                    let reason = "MQTT comes in binary frames".into();
                    let close = CloseFrame { code: CloseCode::Unsupported, reason };
                    let close = Frame::Close(Some(close));
                    Pin::new(&mut self.socket).start_send(close).map_err(broken)?;
                    self.refusing = true;
                }
                Some(Ok(Frame::Close(_))) | None => return Poll::Ready(Ok(())),
                // Pings are answered by the library.
                Some(Ok(Frame::Ping(_) | Frame::Pong(_) | Frame::Frame(_))) => {}
                Some(Err(error)) => return Poll::Ready(Err(broken(error))),
            }
        }
    }
}

impl AsyncWrite for Frames {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(Pin::new(&mut self.socket).poll_ready(cx)).map_err(broken)?;
        let bytes = &bytes[..bytes.len().min(FRAME)];
        let frame = Frame::Binary(Bytes::copy_from_slice(bytes));
        Pin::new(&mut self.socket).start_send(frame).map_err(broken)?;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx).map_err(broken)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_close(cx).map_err(broken)
    }
}

fn broken(error: WsError) -> io::Error {
    match error {
        WsError::Io(error) => error,
        WsError::ConnectionClosed | WsError::AlreadyClosed => io::ErrorKind::BrokenPipe.into(),
        other => io::Error::new(io::ErrorKind::InvalidData, other.to_string()),
    }
}
