//! `/echo`: a WebSocket that says everything again, to try a client, a proxy or a network with.
//!
//! It needs a login like every endpoint and has the same limits: 64 KiB a message, an answer to a ping within 42 s, and it
//! ends with the right that it was opened by.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Response, StatusCode};
use futures_util::{SinkExt, StreamExt};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{CapacityError, Error as WsError};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Message as Frame, Role, WebSocketConfig};

use super::answer::refusal;
use super::auth::Who;
use super::doors::Doors;
use super::stream::Stream;
use super::talk::MAX_MESSAGE;
use super::websocket;
use crate::stop::Stop;

/// Where it is.
pub const PATH: &str = "/echo";
/// Quiet time after which a client is asked whether it is there.
const PING_AFTER: Duration = Duration::from_secs(20);
/// Quiet time after which it is given up.
const GIVE_UP_AFTER: Duration = Duration::from_secs(42);
/// How long a client may take nothing.
const STALLED: Duration = Duration::from_secs(10);
/// The code of a right that has ended.
const SIGNED_OUT: u16 = 4401;

/// `GET /echo`, as an upgrade.
pub async fn upgrade(
    State(doors): State<Doors>,
    State(stop): State<Stop>,
    who: Who,
    request: Request<Body>,
) -> Response<Body> {
    let Some(key) = websocket::key(request.method(), request.headers()) else {
        let text = "this is a WebSocket that says everything again: connect with wss and version 13\n";
        return refusal(StatusCode::UPGRADE_REQUIRED, text);
    };
    let answer = websocket::switching(key, None);
    tokio::spawn(async move {
        if let Some((stream, begun)) = websocket::taken_over(request).await {
            Echo::new(stream, begun).await.run(&doors, &who, &stop).await;
        }
    });
    answer
}

struct Echo {
    socket: WebSocketStream<Stream>,
    heard: Instant,
    pinged: bool,
}

impl Echo {
    async fn new(stream: Stream, begun: Vec<u8>) -> Self {
        let config = WebSocketConfig::default()
            .write_buffer_size(0)
            .max_write_buffer_size(4 * MAX_MESSAGE)
            .max_message_size(Some(MAX_MESSAGE))
            .max_frame_size(Some(MAX_MESSAGE));
        let socket = WebSocketStream::from_partially_read(stream, begun, Role::Server, Some(config)).await;
        Self { socket, heard: Instant::now(), pinged: false }
    }

    async fn run(mut self, doors: &Doors, who: &Who, stop: &Stop) {
        let mut changes = doors.changes();
        let end = loop {
            tokio::select! {
                () = stop.requested() => break Some((1001, "the hub stops")),
                over = is_over(&mut changes, doors, who) => if over {
                    break Some((SIGNED_OUT, "signed out"));
                },
                () = tokio::time::sleep_until(self.due()) => if !self.ask().await {
                    break None;
                },
                frame = self.socket.next() => match self.say(frame).await {
                    Ok(()) => {}
                    Err(end) => break end,
                },
            }
        };
        if let Some((code, reason)) = end {
            let close = CloseFrame { code: CloseCode::from(code), reason: reason.into() };
            // The client may be gone; then there is nobody to say good-bye to.
            let _ = timeout(Duration::from_secs(1), self.socket.close(Some(close))).await;
        }
    }

    fn due(&self) -> Instant {
        self.heard + if self.pinged { GIVE_UP_AFTER } else { PING_AFTER }
    }

    /// Asks a quiet client whether it is there; `false` if it was asked already.
    async fn ask(&mut self) -> bool {
        !std::mem::replace(&mut self.pinged, true) && self.send(Frame::Ping(Vec::new().into())).await
    }

    async fn send(&mut self, frame: Frame) -> bool {
        matches!(timeout(STALLED, self.socket.send(frame)).await, Ok(Ok(())))
    }

    /// Says a frame again, or tells how the conversation ends.
    async fn say(
        &mut self,
        frame: Option<Result<Frame, WsError>>,
    ) -> Result<(), Option<(u16, &'static str)>> {
        (self.heard, self.pinged) = (Instant::now(), false);
        match frame {
            Some(Ok(frame @ (Frame::Text(_) | Frame::Binary(_)))) => {
                if self.send(frame).await {
                    Ok(())
                } else {
                    Err(None)
                }
            }
            // The library answers pings and good-byes when it is asked for the next frame.
            Some(Ok(Frame::Ping(_) | Frame::Pong(_) | Frame::Close(_) | Frame::Frame(_))) => Ok(()),
            Some(Err(WsError::Capacity(CapacityError::MessageTooLong { .. }))) => {
                Err(Some((1009, "a message may have 65,536 bytes")))
            }
            Some(Err(WsError::Utf8(_))) => Err(Some((1007, "text frames are UTF-8"))),
            Some(Err(WsError::Protocol(_))) => Err(Some((1002, "not according to RFC 6455"))),
            Some(Err(_)) | None => Err(None),
        }
    }
}

/// Whether the right has ended, asked whenever one may have.
async fn is_over(changes: &mut watch::Receiver<u64>, doors: &Doors, who: &Who) -> bool {
    // Doors that are gone take every right along.
    changes.changed().await.is_err() || doors.is_over(who)
}
