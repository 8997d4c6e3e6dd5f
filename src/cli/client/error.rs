//! Why a hub cannot be spoken to, in words that name the way out.

use std::io;
use std::process::ExitCode;

use tokio_tungstenite::tungstenite;
use tungstenite::http::{Response, StatusCode};

use super::trust::{Fingerprint, TrustError};
use crate::cli::exit;

/// Why a hub cannot be spoken to.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// No TCP connection.
    #[error("cannot reach {at}: {}", reason(.error))]
    Connect {
        /// The address.
        at: String,
        /// The operating system's reason.
        error: io::Error,
    },
    /// Nobody answered in time.
    #[error("{at} did not answer within {seconds} s; is it the address of a hub?")]
    Slow {
        /// The address.
        at: String,
        /// How long it was given.
        seconds: u64,
    },
    /// The server showed a certificate that is not trusted.
    #[error("{}", untrusted(.at, .fingerprint, .reason))]
    Untrusted {
        /// The address.
        at: String,
        /// What the server showed.
        fingerprint: Option<Fingerprint>,
        /// What is wrong with it.
        reason: String,
    },
    /// A password would travel readable for everyone on the way.
    #[error(
        "ws:// would send the password unencrypted to {at}; use wss://, or --insecure if the network is trusted"
    )]
    Plain {
        /// The address.
        at: String,
    },
    /// The server answered, but not with a WebSocket.
    #[error("{}", refused(.at, .status, .answer))]
    Refused {
        /// The address.
        at: String,
        /// The HTTP status.
        status: StatusCode,
        /// The beginning of what it said.
        answer: String,
    },
    /// The hub does not accept the handshake.
    #[error("the hub refused the handshake: {0}")]
    Handshake(String),
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// The hub closed the connection.
    #[error("{}", closed(*.code, .reason))]
    Closed {
        /// The WebSocket close code.
        code: u16,
        /// What the hub said about it.
        reason: String,
    },
    /// Certificates to trust are missing.
    #[error(transparent)]
    Trust(#[from] TrustError),
}

impl ClientError {
    /// The exit code that fits.
    pub fn exit(&self) -> ExitCode {
        match self {
            Self::Trust(_) | Self::Plain { .. } => exit::usage(),
            Self::Closed { code: 1000 | 1001, .. } => exit::DONE,
            _ => exit::unreachable(),
        }
    }

    /// What an upgrade that failed means.
    pub(super) fn of_upgrade(at: &str, error: tungstenite::Error) -> Self {
        match error {
            tungstenite::Error::Http(response) => Self::of_response(at, &response),
            tungstenite::Error::Io(error) => Self::Connect { at: at.into(), error },
            error => Self::Broken(error.to_string()),
        }
    }

    fn of_response(at: &str, response: &Response<Option<Vec<u8>>>) -> Self {
        let body = String::from_utf8_lossy(response.body().as_deref().unwrap_or_default()).into_owned();
        let is_text = response
            .headers()
            .get("content-type")
            .is_none_or(|kind| !kind.as_bytes().starts_with(b"text/html"));
        let answer = if is_text { body.trim().chars().take(300).collect() } else { String::new() };
        Self::Refused { at: at.into(), status: response.status(), answer }
    }
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "nobody listens there; is the hub running?".into(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => {
            "the connection was closed at once; is it a hub, and is it wss:// and not ws://?".into()
        }
        _ => error.to_string(),
    }
}

fn untrusted(at: &str, fingerprint: &Option<Fingerprint>, reason: &str) -> String {
    let Some(fingerprint) = fingerprint else {
        return format!("no encrypted connection to {at}: {reason}; is it wss:// and not ws://?");
    };
    format!(
        "the certificate of {at} is not trusted: {reason}\n\
         its fingerprint is {fingerprint}\n\
         if the hub printed the same at start, use --fingerprint {fingerprint}\n\
         or use --ca DATA/ca.pem with the file from the hub's data folder"
    )
}

fn refused(at: &str, status: &StatusCode, answer: &str) -> String {
    let meaning = match status.as_u16() {
        401 => "wrong account or password; write wss://USER:PASSWORD@HOST:PORT or set CLOWN_HUB_TOKEN",
        403 => "this account may not connect there",
        404 => {
            "there is no such endpoint; the path is /auth/clown-talk-server or /auth/clown-talk-server_BASE"
        }
        421 => "the hub is not known by this name; add it to `names` in its configuration",
        429 => "too many tries or connections; wait a minute",
        200 => "that is a page, not an endpoint; the path is /auth/clown-talk-server",
        301..=308 => "it points elsewhere; use the wss:// address",
        _ => "it refused",
    };
    let answer = if answer.is_empty() { String::new() } else { format!("\n{answer}") };
    format!("{at} answered {}: {meaning}{answer}", status.as_u16())
}

fn closed(code: u16, reason: &str) -> String {
    let meaning = match code {
        1000 => "the hub closed the connection",
        1001 => "the hub is stopping",
        1002 => "the hub saw a violation of the protocol",
        1003 => "the hub takes text only",
        1005 | 1006 => "the connection ended without a word",
        1007 => "the hub was sent text that is not UTF-8",
        1008 => "the hub closed the connection: against its rules",
        1009 => "the message was too long for the hub",
        1011 => "the hub has an error inside; see its log",
        1012 => "the hub restarts",
        1013 => "the hub is too busy, or this client read too slowly; try again later",
        _ => "the hub closed the connection",
    };
    let reason = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    format!("{meaning} (code {code}){reason}")
}
