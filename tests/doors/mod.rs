//! A hub's doors around a tiny router, on real sockets: what the tests of accounts, TLS and the server share.

// Each test binary compiles this room and uses its own part of it.
#![allow(dead_code)]

use std::{net::SocketAddr, path::Path, sync::Arc, time::SystemTime};

use axum::Router;
use clown_hub::{
    stop::Stop,
    web::{
        DoorConfig,
        names::Names,
        server::{Mode, Server},
        tls::Tls,
    },
};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

/// Doors that are open until this is dropped.
pub struct Doors {
    pub address: SocketAddr,
    pub server: Server,
    pub tls: Tls,
    pub data: TempDir,
    pub stop: Stop,
    pub task: JoinHandle<()>,
}

impl Doors {
    pub async fn open(mode: Mode, config: DoorConfig, router: Router) -> Self {
        let data = tempfile::tempdir().expect("a temporary folder");
        let names = Names::new("greenhouse", &config.names);
        let tls = Tls::open(&config, data.path(), &names, SystemTime::now()).expect("a certificate");
        let server = Server::new(&config, Some(tls.clone()), names);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound port");
        let stop = Stop::new();
        let task = tokio::spawn({
            let (server, stop) = (server.clone(), stop.clone());
            async move { server.serve(listener, mode, router, stop).await.expect("loopback may be served") }
        });
        Self { address, server, tls, data, stop, task }
    }

    /// Sends raw bytes over TCP and returns everything that comes back until the end.
    pub async fn plain(&self, request: &str) -> Answer {
        let socket = TcpStream::connect(self.address).await.expect("the hub accepts");
        exchange(socket, request.as_bytes()).await
    }

    /// Sends raw bytes over verified TLS and returns everything that comes back until the end.
    pub async fn secure(&self, request: &str) -> Answer {
        exchange(self.session("localhost").await.expect("a verified session"), request.as_bytes()).await
    }

    /// A TLS session that trusts `ca.pem` only.
    pub async fn session(&self, name: &str) -> std::io::Result<TlsStream<TcpStream>> {
        connect(self.address, name, trusting(&self.data.path().join("ca.pem"))).await
    }
}

/// A status and everything that follows.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn read(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Self { status, head: head.to_owned(), body: body.to_owned() }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }
}

pub async fn exchange(mut stream: impl AsyncRead + AsyncWrite + Unpin, request: &[u8]) -> Answer {
    // A server that has heard enough may close before it read everything.
    let _ = stream.write_all(request).await;
    Answer::read(&rest(&mut stream).await)
}

pub async fn rest(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut bytes = Vec::new();
    // An abrupt end is an end.
    let _ = stream.read_to_end(&mut bytes).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

pub fn trusting(ca: &Path) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(ca).expect("an authority")).expect("a usable root");
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring speaks TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

pub async fn connect(
    address: SocketAddr,
    name: &str,
    config: Arc<ClientConfig>,
) -> std::io::Result<TlsStream<TcpStream>> {
    let socket = TcpStream::connect(address).await?;
    let name = ServerName::try_from(name.to_owned()).expect("a name or an address");
    TlsConnector::from(config).connect(name, socket).await
}

/// `GET path` that ends the connection.
pub fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
}
