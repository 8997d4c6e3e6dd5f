//! A second look at a broker's port, when a failure alone does not say what is wrong.
//!
//! The name is looked up, the port is opened, and the first message of TLS is sent to see whether TLS answers. Nothing
//! that is secret leaves this machine.

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, crypto::ring};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use crate::link::mqtt::Address;

/// What was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probe {
    /// The name leads nowhere.
    UnknownHost,
    /// The port cannot be opened.
    Unreachable,
    /// It can be opened.
    Open,
    /// It answers in TLS.
    Tls,
}

/// How long each step may take.
const STEP: Duration = Duration::from_secs(3);

/// The first byte of an answer in TLS: a handshake or an alert.
const TLS_RECORDS: [u8; 2] = [0x16, 0x15];

/// Looks at the port of `address`.
pub async fn run(address: &Address) -> Probe {
    let Some((host, port)) = address.host_and_port() else { return Probe::Open };
    let found = match timeout(STEP, lookup_host((host, port))).await {
        Ok(Ok(found)) => found.collect::<Vec<_>>(),
        Ok(Err(_)) | Err(_) => return Probe::UnknownHost,
    };
    match timeout(STEP, TcpStream::connect(&found[..])).await {
        Ok(Ok(stream)) => match timeout(STEP, first_byte(stream)).await {
            Ok(Some(byte)) if TLS_RECORDS.contains(&byte) => Probe::Tls,
            Ok(_) | Err(_) => Probe::Open,
        },
        Ok(Err(_)) | Err(_) => Probe::Unreachable,
    }
}

/// What the other end answers to the first message of TLS.
async fn first_byte(mut stream: TcpStream) -> Option<u8> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .ok()?
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    let name = ServerName::try_from("broker").ok()?;
    let mut connection = ClientConnection::new(Arc::new(config), name).ok()?;
    let mut hello = Vec::new();
    connection.write_tls(&mut hello).ok()?;
    stream.write_all(&hello).await.ok()?;
    stream.read_u8().await.ok()
}
