//! The hub's own MQTT broker, versions 3.1.1 and 5 alike, over anything that carries bytes.
//!
//! `app` opens the ports and hands over [`Connection`]s; [`Broker::serve`] speaks MQTT over each until it ends. Who may
//! come in is asked of [`Accounts`], what somebody may do of the [`Right`] that came out. The hub itself is a client
//! like any other, only that it needs no password ([`Origin::Hub`]). Sessions, subscriptions and the two versions come
//! from the crate `mqtt5` ([`Embedded`]); sockets, accounts, limits and memory are ours. A broker of another make would
//! stand behind the same trait. Sockets are neither opened nor accepted here.

mod check;
mod clients;
mod embedded;
mod farewell;
mod flight;
mod gate;
mod hello;
mod hooks;
mod intake;
mod lasting;
pub mod limits;
mod outbox;
mod overheard;
mod packet;
mod pipe;
mod reasons;
mod refusal;
mod rights;
pub mod store;
mod tally;
mod tide;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite};

pub use embedded::{Embedded, Plan};
pub use limits::Limits;
pub use refusal::Refusal;
pub use rights::Act;

/// What the hub needs of a broker.
pub trait Broker: Send + Sync + 'static {
    /// Speaks MQTT over a connection until it ends.
    fn serve(&self, connection: Connection) -> BoxFuture<'static, ()>;

    /// How much there is of everything.
    fn counts(&self) -> Counts;

    /// Counts and names somebody who was refused before becoming a [`Connection`].
    fn refuse(&self, refusal: Refusal, address: SocketAddr);

    /// Why what is promised is not being kept for the next start, if so.
    fn trouble(&self) -> Option<Trouble>;

    /// Ends the connections of everybody whose right is over.
    fn end_with_rights(&self);

    /// Ends all connections: each client is told, its will is published, its session kept.
    fn close(&self) -> BoxFuture<'static, ()>;
}

/// What carries the bytes of one client; dropped when the last byte has left.
pub trait Wire: AsyncRead + AsyncWrite + Send + Sync + Unpin + 'static {}

impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin + 'static> Wire for T {}

/// One client that has connected, before its first packet.
pub struct Connection {
    /// Its bytes, decrypted.
    pub wire: Box<dyn Wire>,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where a client comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A port of the broker.
    Port(SocketAddr),
    /// The web's port; what looks like loopback there may be anybody behind a proxy.
    Web(SocketAddr),
    /// The hub itself: no password is asked, and its own topics are open to it.
    Hub,
}

impl Origin {
    /// The address; the hub's own is loopback.
    pub fn address(self) -> SocketAddr {
        match self {
            Self::Port(address) | Self::Web(address) => address,
            Self::Hub => SocketAddr::from(([127, 0, 0, 1], 0)),
        }
    }
}

/// Who may come in without a password.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Anonymous {
    /// Nobody but the hub.
    #[default]
    Nobody,
    /// Programs on this machine, at a port of the broker.
    Loopback,
}

/// Knows who may come in.
pub trait Accounts: Send + Sync + 'static {
    /// Lets somebody in by name and password, or says why not.
    fn admit<'a>(
        &'a self,
        address: IpAddr,
        user: &'a str,
        password: &'a str,
    ) -> BoxFuture<'a, Result<Arc<dyn Right>, Denied>>;
}

/// By what right a client is connected.
pub trait Right: Send + Sync + 'static {
    /// Whose right it is; sessions belong to this name.
    fn account(&self) -> &str;

    /// Whether it has ended since.
    fn is_over(&self) -> bool;

    /// Whether it allows this; what is nobody's business has been refused before.
    fn allows(&self, act: Act<'_>) -> bool;
}

/// Why somebody is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// No such account, or another password: nobody learns which.
    Wrong,
    /// Too many wrong attempts, or more than can be checked: come back later.
    Later,
}

/// How much there is of everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Clients that are connected, the hub not counted.
    pub clients: usize,
    /// Sessions that outlive their connections.
    pub sessions: usize,
    /// Retained messages.
    pub retained: usize,
    /// Messages that a client did not get because it was slow or away, since the start.
    pub dropped: u64,
    /// Connections, messages and subscriptions that were refused, since the start.
    pub refused: u64,
    /// Clients that were cut off because they took nothing, since the start.
    pub cut: u64,
}

/// Why what is promised is not being kept for the next start.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Trouble {
    /// `disk_full`, `read_only` or `io_error`.
    pub code: &'static str,
    /// What the system said.
    pub reason: String,
    /// What to do.
    pub hint: &'static str,
}

/// Why the broker cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// What was kept cannot be restored.
    #[error("the broker cannot restore its sessions: {0}")]
    Restore(String),
    /// The file it is in.
    #[error(transparent)]
    Store(#[from] store::StoreError),
}
