//! The Clown.Talk endpoint: an authenticated WebSocket at `/auth/clown-talk-server[_base]`, for scripts and for the
//! dashboard alike.
//!
//! [`Endpoint::upgrade`] takes over the connection of a request that was let in; each client then has one task that
//! reads (`client`), and shares a `feed` that writes with everybody who sees the same. The path names a base topic with
//! `/` written as `_`; it is looked up among the bases that are known, never guessed.

mod client;
mod clients;
mod conn;
mod console;
mod error;
mod feed;
mod frame;
mod hello;
mod log;
mod look;
mod looks;
mod standing;
mod view;
mod watch;

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, Response, StatusCode};

use crate::hub::Hub;
use crate::talk::Topic;
use crate::web::asker::by_socket;
use crate::web::auth::Who;
use crate::web::decisions::Decisions;
use crate::web::messages::Record;
use crate::web::server::Peer;
use crate::web::websocket;

use client::Talk;
pub use clients::Clients;
use feed::Feeds;

/// The first part of the endpoint's path segment.
pub const ENDPOINT: &str = "clown-talk-server";
/// The largest message a client may send, in bytes.
pub const MAX_MESSAGE: usize = 64 * 1024;

/// What can be chosen about the endpoint.
#[derive(Clone, Debug)]
pub struct TalkConfig {
    /// Whether a client has to open with `clown.talk/-/config/set` before anything is said.
    pub require_handshake: bool,
    /// Whether clients also hear the commands of others, as they were given.
    pub push_commands: bool,
    /// The `firmware-datetime` of the handshake's answer.
    pub started: String,
}

impl Default for TalkConfig {
    fn default() -> Self {
        Self { require_handshake: true, push_commands: false, started: "2026-11-20T00:00:00Z".to_owned() }
    }
}

/// The most endpoints named to somebody who asked for one that is not there.
const NAMED: usize = 20;

/// The endpoint; cheap to clone.
#[derive(Clone)]
pub struct Endpoint {
    talk: Talk,
}

/// Why an upgrade is not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpgradeError {
    /// An ordinary request to the endpoint.
    #[error("this is a WebSocket endpoint: connect with wss and version 13")]
    NoWebSocket,
    /// A path that names no base.
    #[error("no endpoint `{asked}`; there is {known}")]
    Unknown {
        /// The last path segment.
        asked: String,
        /// The endpoints there are.
        known: String,
    },
}

impl UpgradeError {
    /// The HTTP status that says so.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NoWebSocket => StatusCode::UPGRADE_REQUIRED,
            Self::Unknown { .. } => StatusCode::NOT_FOUND,
        }
    }
}

impl Endpoint {
    /// An endpoint of `hub` that lets clients look at `record` and take `decisions`.
    pub fn new(hub: Hub, record: Record, decisions: Decisions, config: TalkConfig) -> Self {
        let feeds = Feeds::new(hub.clone());
        let (clients, config) = (Clients::default(), Arc::new(config));
        Self { talk: Talk { hub, record, decisions, feeds, clients, config } }
    }

    /// Everybody who is connected.
    pub fn clients(&self) -> &Clients {
        &self.talk.clients
    }

    /// Answers an upgrade request to `/auth/<segment>` with 101 and speaks with the client from then on.
    pub fn upgrade(
        &self,
        request: Request<Body>,
        segment: &str,
        who: Who,
    ) -> Result<Response<Body>, UpgradeError> {
        let base = self.base(segment)?;
        let key = websocket::key(request.method(), request.headers()).ok_or(UpgradeError::NoWebSocket)?;
        let answer = websocket::switching(key, None);
        let by = by_socket(&who, request.extensions().get::<Peer>());
        let talk = self.talk.clone();
        tokio::spawn(async move {
            if let Some((stream, begun)) = websocket::taken_over(request).await {
                // Boxed apart, so that the small task of an idle client does not carry the upgrade along.
                tokio::spawn(client::converse(talk, stream, begun, (who, by), base));
            }
        });
        Ok(answer)
    }

    /// The base that a path segment names: none for the bare endpoint.
    fn base(&self, segment: &str) -> Result<Option<Topic>, UpgradeError> {
        if segment == ENDPOINT {
            return Ok(None);
        }
        let mut bases: Vec<Topic> = self.talk.hub.bases().into_iter().map(|(base, _)| base).collect();
        // Where two bases are written alike (`a/b`, `a_b`), the one with more levels is meant.
        bases.sort_by_key(|base| std::cmp::Reverse(base.levels().count()));
        let found = bases.iter().find(|base| segment == segment_of(base));
        found.cloned().map(Some).ok_or_else(|| {
            let named = bases.iter().take(NAMED);
            let mut known = named.map(|base| format!(", `{}`", segment_of(base))).collect::<String>();
            if bases.len() > NAMED {
                known += &format!(" and {} more", bases.len() - NAMED);
            }
            UpgradeError::Unknown { asked: segment.to_owned(), known: format!("`{ENDPOINT}`{known}") }
        })
    }
}

/// The path segment of a base: `clown-talk-server_nodes_bridge_0`.
pub fn segment_of(base: &Topic) -> String {
    format!("{ENDPOINT}_{}", base.as_str().replace('/', "_"))
}
