//! Opens the hub's own broker: its ports, its certificate, its accounts, and the hub's own way in.
//!
//! It is made before the web, which offers it at `/mqtt`, and listens after it, with the web's certificate. Connections
//! of all kinds share one set of places.

mod accounts;
mod socket;

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::Serialize;
use tokio::net::{TcpListener, TcpStream, UnixListener};
use tokio::time::{interval, timeout};

use super::AppError;
use super::listen::{ListenError, listen};
use crate::broker::{Broker, Connection, Counts, Embedded, Origin, Plan, Refusal, Trouble};
use crate::config::{BrokerConfig, LinkConfig};
use crate::hub::{Hub, Now, iso};
use crate::stop::Stop;
use crate::talk::Topic;
use crate::web::accept::accept;
use crate::web::doors::Doors;
use crate::web::mqtt::Mqtt;
use crate::web::places::{Full, Place, Places};
use crate::web::server::{HANDSHAKE_WITHIN, descriptors};
use crate::web::stream::Stream;
use crate::web::tls::Tls;
use accounts::OwnAccounts;
use socket::Socket;

/// Where the broker keeps what it has to know after a restart, in the data folder.
const FILE: &str = "broker.sqlite";
/// How often the hub is told how its broker is.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// The broker while it runs.
pub struct OwnBroker {
    broker: Arc<dyn Broker>,
    places: Places,
    since: SystemTime,
    /// MQTT without encryption.
    pub plain: Option<SocketAddr>,
    /// MQTT over TLS.
    pub tls: Option<SocketAddr>,
    socket: Option<Socket>,
}

/// What the hub is told of its broker.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Facts {
    #[serde(flatten)]
    counts: Counts,
    /// Why what is promised is not kept for the next start, if so.
    #[serde(skip_serializing_if = "Option::is_none")]
    trouble: Option<Trouble>,
    listening: Vec<String>,
    since: String,
}

impl OwnBroker {
    /// Makes the broker; it hears nobody yet.
    pub async fn open(
        config: &BrokerConfig,
        doors: &Doors,
        hub_id: &str,
        data: &Path,
    ) -> Result<Self, AppError> {
        let plan = Plan {
            accounts: Arc::new(OwnAccounts(doors.clone())),
            anonymous: config.anonymous,
            limits: config.limits.clone(),
            hub_id: hub_id.to_owned(),
            file: data.join(FILE),
        };
        let broker: Arc<dyn Broker> = Arc::new(Embedded::open(plan).await?);
        // Who comes has a place before the newcomers are counted. Half of what may be open; the web has the other half.
        let total = (config.limits.clients + 2 * config.limits.newcomers).min(descriptors() / 2).max(1);
        let places = Places::new(config.connections_per_address, total);
        let until = broker.clone();
        let mut changes = doors.changes();
        tokio::spawn(async move {
            while changes.changed().await.is_ok() {
                until.end_with_rights();
            }
        });
        Ok(Self { broker, places, since: SystemTime::now(), plain: None, tls: None, socket: None })
    }

    /// The way to it that the web offers.
    pub fn for_web(&self, config: &BrokerConfig) -> Mqtt {
        Mqtt::new(self.broker.clone(), self.places.clone(), config.limits.packet)
    }

    /// Opens the ports; with `any`, a port that is taken is replaced by a free one.
    pub async fn listen(
        &mut self,
        config: &BrokerConfig,
        any: bool,
        tls: &Tls,
        stop: &Stop,
    ) -> Result<(), AppError> {
        let plain = match listen(config.listen).await {
            Err(error) if any && error.is_taken() => listen(SocketAddr::new(config.listen.ip(), 0)).await?,
            other => other.map_err(|error| error.of_the_broker())?,
        };
        let encrypted = match config.tls_listen {
            Some(address) => Some(listen(address).await.map_err(ListenError::of_the_broker)?),
            None => None,
        };
        let address = |listener: &TcpListener| listener.local_addr().map_err(system("listen for MQTT"));
        self.plain = Some(address(&plain)?);
        self.serve(plain, None, stop);
        if let Some(encrypted) = encrypted {
            self.tls = Some(address(&encrypted)?);
            self.serve(encrypted, Some(tls.clone()), stop);
        }
        if !config.listen.ip().is_loopback() {
            tracing::warn!(
                address = %config.listen,
                "the broker hears passwords unencrypted there; use tls_listen where the network is not yours alone"
            );
        }
        Ok(())
    }

    /// Opens the hub's own way in.
    pub fn open_socket(&mut self, data: &Path, stop: &Stop) -> Result<(), AppError> {
        let (socket, listener) = Socket::make(data).map_err(system("make the broker's socket"))?;
        tracing::debug!(socket = %socket.address().display(), "the hub's way to its broker");
        self.socket = Some(socket);
        tokio::spawn(hear_the_hub(listener, self.broker.clone(), stop.clone()));
        Ok(())
    }

    /// The hub's own link to it.
    pub fn link(&self, config: &BrokerConfig) -> Option<LinkConfig> {
        let socket = self.socket.as_ref()?.address();
        Some(LinkConfig::to_own_broker(socket, config.topics.clone(), config.offers))
    }

    /// Tells the hub how its broker is, whenever that has changed, until `stop`.
    pub fn tell(&self, hub: &Hub, web: Option<SocketAddr>, stop: &Stop) {
        let address = |scheme: &str, address: Option<SocketAddr>, path: &str| {
            address.map(|address| format!("{scheme}://{address}{path}"))
        };
        let listening =
            [address("mqtt", self.plain, ""), address("mqtts", self.tls, ""), address("wss", web, "/mqtt")];
        let listening: Vec<_> = listening.into_iter().flatten().collect();
        let (broker, hub, stop, since) = (self.broker.clone(), hub.clone(), stop.clone(), iso(self.since));
        let topic = Topic::new("$hub/broker").expect("two words are a topic");
        tokio::spawn(async move {
            let mut told = None;
            let mut second = interval(TELL_EVERY);
            while timeout_or_stop(&mut second, &stop).await {
                let facts = Facts {
                    counts: broker.counts(),
                    trouble: broker.trouble(),
                    listening: listening.clone(),
                    since: since.clone(),
                };
                if told.as_ref() != Some(&facts) {
                    hub.establish(Now::now(), &topic, &facts);
                    told = Some(facts);
                }
            }
        });
    }

    fn serve(&self, listener: TcpListener, tls: Option<Tls>, stop: &Stop) {
        let port = Port { broker: self.broker.clone(), places: self.places.clone(), tls };
        let stop = stop.clone();
        tokio::spawn(async move {
            accept(&listener, &stop, |socket, address| {
                tokio::spawn(port.clone().visit(socket, address));
            })
            .await;
        });
    }

    /// Ends all connections.
    pub async fn close(self) {
        self.broker.close().await;
    }
}

async fn timeout_or_stop(second: &mut tokio::time::Interval, stop: &Stop) -> bool {
    tokio::select! {
        () = stop.requested() => false,
        _ = second.tick() => true,
    }
}

/// One port of the broker.
#[derive(Clone)]
struct Port {
    broker: Arc<dyn Broker>,
    places: Places,
    tls: Option<Tls>,
}

impl Port {
    async fn visit(self, socket: TcpStream, address: SocketAddr) {
        let Some(place) = self.place(address) else { return };
        // Small messages must not wait for an acknowledgement; a socket that refuses this is already gone.
        if socket.set_nodelay(true).is_err() {
            return;
        }
        let stream = match &self.tls {
            None => Stream::plain(socket, place),
            Some(tls) => match timeout(HANDSHAKE_WITHIN, tls.acceptor().accept(socket)).await {
                Ok(Ok(session)) => Stream::tls(session, place),
                Ok(Err(error)) => {
                    tracing::debug!(%address, "tls handshake failed: {error}");
                    return self.broker.refuse(Refusal::NotTls, address);
                }
                Err(_) => return self.broker.refuse(Refusal::Late, address),
            },
        };
        let connection = Connection { wire: Box::new(stream), origin: Origin::Port(address) };
        self.broker.serve(connection).await;
    }

    fn place(&self, address: SocketAddr) -> Option<Place> {
        let refusal = match self.places.take(address.ip()) {
            Ok(place) => return Some(place),
            Err(Full::Address) => Refusal::Address,
            Err(Full::Hub) => Refusal::Connections,
        };
        self.broker.refuse(refusal, address);
        None
    }
}

async fn hear_the_hub(listener: UnixListener, broker: Arc<dyn Broker>, stop: Stop) {
    loop {
        let accepted = tokio::select! {
            () = stop.requested() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((socket, _)) => {
                let connection = Connection { wire: Box::new(socket), origin: Origin::Hub };
                tokio::spawn(broker.serve(connection));
            }
            Err(error) => {
                tracing::error!(
                    "the hub cannot reach its own broker and tries again; report this line if it stays: {error}"
                );
                tokio::time::sleep(TELL_EVERY).await;
            }
        }
    }
}

fn system(what: &'static str) -> impl Fn(io::Error) -> AppError {
    move |error| AppError::System { what, error }
}
