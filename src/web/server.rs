//! Accepts visitors: TLS or, on loopback, plain HTTP; one task per connection until it is upgraded or ends.
//!
//! A bound listener comes in, requests go to the router with a [`Peer`] extension, a body that was read whole, and a
//! `Host` that is ours. Everything a visitor can make long or large has a limit named here. After an upgrade the
//! connection belongs to whoever took the [`Stream`]; its [`Place`](super::places::Place) goes along.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::Router;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::{sleep, timeout},
};
use tokio_rustls::server::TlsStream;

use super::{
    accept::accept,
    answer::{Answer, Door},
    config::DoorConfig,
    error::WebError,
    names::Names,
    places::{Full, Places},
    stream::Stream,
    tls::Tls,
};
use crate::stop::Stop;

/// A TLS handshake takes milliseconds; ten seconds allow for the worst line.
pub const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);
/// From the first byte of a request (or the last answer) to the end of its headers.
const HEADERS_WITHIN: Duration = Duration::from_secs(10);
/// A browser sends 2 KiB; cookies and long filters fit.
const MAX_HEADER_BYTES: usize = 16 * 1024;
/// A connection that is not upgraded ends after this, so that slow readers of answers do not stay for ever.
const CONNECTION_LIFE: Duration = Duration::from_secs(600);
/// What is under way when the hub stops has this long to finish.
const FINISH_WITHIN: Duration = Duration::from_secs(4);
/// So many visitors at once are told that there is no place; further ones are closed without a word.
const MAX_REFUSALS: usize = 32;
/// Descriptors kept for files, serial ports and brokers.
const SPARE_DESCRIPTORS: usize = 64;
/// The same trouble is said again only after this.
const SAY_EVERY: Duration = Duration::from_secs(10);
/// The first byte of a TLS handshake record.
const TLS_HANDSHAKE: u8 = 0x16;

/// Who is at the other end; an extension of every request.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    /// Where the connection comes from.
    pub address: SocketAddr,
    /// Whether it is encrypted.
    pub tls: bool,
}

/// Serves any number of listeners with one certificate and one set of places; clones share them.
#[derive(Clone, Debug)]
pub struct Server {
    tls: Option<Tls>,
    names: Arc<Names>,
    places: Places,
    refusals: Places,
    full_said: Arc<Mutex<Option<Instant>>>,
}

/// What a listener speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// TLS; a visitor who speaks plain HTTP is sent to https at the same port.
    Tls,
    /// Plain HTTP, on loopback only.
    Plain,
    /// Plain HTTP that only sends visitors to https at this port.
    Redirect(u16),
}

/// One listener's part.
struct Listening {
    server: Server,
    router: Router,
    mode: Mode,
}

impl Server {
    /// A server with the certificate, names and caps given; without `tls` only plain listeners can be served.
    pub fn new(config: &DoorConfig, tls: Option<Tls>, names: Names) -> Self {
        let total = config.connections.min(descriptors().saturating_sub(SPARE_DESCRIPTORS)).max(1);
        Self {
            tls,
            names: Arc::new(names),
            places: Places::new(config.connections_per_address, total),
            refusals: Places::new(4, MAX_REFUSALS),
            full_said: Arc::default(),
        }
    }

    /// Serves `router` on a bound listener until `stop`, then lets answers that are under way finish.
    pub async fn serve(
        &self,
        listener: TcpListener,
        mode: Mode,
        router: Router,
        stop: Stop,
    ) -> Result<(), WebError> {
        let address = listener.local_addr()?;
        if mode == Mode::Plain && !address.ip().is_loopback() {
            return Err(WebError::Exposed(format!(
                "plain http on {address} would show passwords to the network: listen on 127.0.0.1 or use TLS"
            )));
        }
        let listening = Listening { server: self.clone(), router, mode };
        listening.accept(listener, stop).await;
        Ok(())
    }

    /// Says that there is no place, once in a while.
    fn refused(&self, full: Full, address: SocketAddr) -> &Self {
        let mut said = self.full_said.lock().unwrap_or_else(PoisonError::into_inner);
        if said.is_none_or(|said| said.elapsed() > SAY_EVERY) {
            *said = Some(Instant::now());
            let open = self.connections();
            match full {
                Full::Hub => {
                    tracing::error!(open, "too many connections: raise web.connections or LimitNOFILE")
                }
                Full::Address => {
                    tracing::warn!(%address, open, "too many connections from one address: find out what opens them, or raise \
                     web.connections_per_address")
                }
            }
        }
        self
    }

    /// How many connections are open, upgraded ones included.
    pub fn connections(&self) -> usize {
        self.places.taken()
    }
}

impl Listening {
    async fn accept(self, listener: TcpListener, stop: Stop) {
        let listening = Arc::new(self);
        // Nothing is ever sent: the channel closes when the last connection's task has ended.
        let (under_way, mut ended) = mpsc::channel::<()>(1);
        accept(&listener, &stop, |socket, address| {
            let (listening, stop, under_way) = (listening.clone(), stop.clone(), under_way.clone());
            tokio::spawn(async move {
                listening.visit(socket, address, stop).await;
                drop(under_way);
            });
        })
        .await;
        drop((listener, under_way));
        if timeout(FINISH_WITHIN, ended.recv()).await.is_err() {
            tracing::warn!("some answers were still under way when the hub stopped");
        }
    }

    async fn visit(&self, socket: TcpStream, address: SocketAddr, stop: Stop) {
        let (place, full) = match self.server.places.take(address.ip()) {
            Ok(place) => (place, None),
            Err(full) => match self.server.refused(full, address).refusals.take(address.ip()) {
                Ok(place) => (place, Some(full)),
                Err(_) => return,
            },
        };
        // Small messages must not wait for an acknowledgement; a socket that refuses this is already gone.
        if socket.set_nodelay(true).is_err() {
            return;
        }
        let mut door = self.door(address, full);
        match self.mode {
            Mode::Plain => self.speak(Stream::plain(socket, place), door, stop).await,
            Mode::Redirect(port) => {
                door.redirect = Some(Some(port));
                self.speak(Stream::plain(socket, place), door, stop).await;
            }
            Mode::Tls => {
                let mut first = [0];
                let Ok(Ok(1)) = timeout(HANDSHAKE_WITHIN, socket.peek(&mut first)).await else { return };
                if first[0] != TLS_HANDSHAKE {
                    door.redirect = Some(None);
                    return self.speak(Stream::plain(socket, place), door, stop).await;
                }
                if let Some(session) = self.handshake(socket, address).await {
                    door.peer.tls = true;
                    self.speak(Stream::tls(session, place), door, stop).await;
                }
            }
        }
    }

    async fn handshake(&self, socket: TcpStream, address: SocketAddr) -> Option<TlsStream<TcpStream>> {
        let acceptor = self.server.tls.as_ref()?.acceptor();
        match timeout(HANDSHAKE_WITHIN, acceptor.accept(socket)).await {
            Ok(Ok(session)) => Some(session),
            Ok(Err(error)) => {
                tracing::debug!(%address, "tls handshake failed: {error}");
                None
            }
            Err(_) => {
                tracing::debug!(%address, "tls handshake not finished in time");
                None
            }
        }
    }

    fn door(&self, address: SocketAddr, full: Option<Full>) -> Door {
        Door {
            peer: Peer { address, tls: false },
            names: self.server.names.clone(),
            trusted_certificate: self.server.tls.as_ref().is_some_and(Tls::is_own),
            redirect: None,
            full,
        }
    }

    async fn speak(&self, stream: Stream, door: Door, stop: Stop) {
        let address = door.peer.address;
        let answer = Arc::new(Answer { door, router: self.router.clone() });
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            let answer = answer.clone();
            async move { Ok::<_, std::convert::Infallible>(answer.to(request).await) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADERS_WITHIN)
            .max_header_size(MAX_HEADER_BYTES)
            .max_buf_size(4 * MAX_HEADER_BYTES)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        tokio::pin!(connection);
        let life = tokio::select! {
            result = connection.as_mut() => return log(address, result),
            () = stop.requested() => FINISH_WITHIN,
            () = sleep(CONNECTION_LIFE) => HEADERS_WITHIN,
        };
        connection.as_mut().graceful_shutdown();
        if let Ok(result) = timeout(life, connection).await {
            log(address, result);
        }
    }
}

fn log(address: SocketAddr, result: hyper::Result<()>) {
    if let Err(error) = result {
        tracing::debug!(%address, "connection ended: {error}");
    }
}

/// How many files this process may open: the limit is first raised to what the system permits.
pub fn descriptors() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let now = if setrlimit(Resource::Nofile, raised).is_ok() { raised } else { limit };
    now.current.map_or(usize::MAX, |count| usize::try_from(count).unwrap_or(usize::MAX))
}
