//! Why a connection to a broker ended, and what to do about it: one code per cause.
//!
//! [`Lost`] is what the library says, in words of ours; [`Told`] turns it into the state people see. Where the
//! library's word is ambiguous the broker's port is looked at once more ([`probe`]): a closed connection may be a port
//! that wants TLS. Reasons hold nothing that differs from attempt to attempt, so each cause is told once.

mod certificate;
mod probe;

use std::io;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use rumqttc::v5::mqttbytes::v5::DisconnectReasonCode;

use super::flow::notes::short;
use super::{Address, Config, Version};
use crate::hub::{LinkState, Phase};
use probe::Probe;

/// What ended a connection.
#[derive(Debug)]
pub enum Lost {
    /// The system or TLS said no.
    Io(io::Error),
    /// The connection was not made in time.
    Late,
    /// The broker closed it without a word.
    Closed,
    /// The broker stopped answering.
    Silent,
    /// The broker does not let us in.
    Refused(Refused),
    /// The broker said why it ends the connection (MQTT 5).
    Told(DisconnectReasonCode, Option<String>),
    /// The broker sent more than we take.
    TooLarge {
        /// The bytes of the packet.
        size: usize,
    },
    /// The broker broke the rules of MQTT.
    Garbled(String),
    /// We said good-bye.
    Left,
}

/// Why a broker does not let us in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// User name or password is wrong.
    Login,
    /// Not for us.
    NotAuthorized,
    /// It does not speak our version.
    Version,
    /// It does not like our client id.
    ClientId,
    /// It is not ready.
    Unavailable,
    /// It has had enough of us.
    Banned,
    /// A limit is reached.
    Quota,
    /// It sends us elsewhere.
    Moved,
    /// It keeps no retained messages, and ours is a retained will.
    Retained,
    /// Something else.
    Other(String),
}

/// The words about one broker.
#[derive(Clone, Debug)]
pub struct Told {
    address: Address,
    user: Option<String>,
    has_identity: bool,
    client_id: String,
    version: Option<Version>,
    ca: Option<PathBuf>,
    patience: Duration,
}

/// Causes that no quick retry mends; a broker may even lock out who tries too often.
const PATIENT: [&str; 14] = [
    "not-authorized",
    "no-password",
    "tls-files",
    "tls-name",
    "tls-expired",
    "tls-not-yet",
    "tls-unknown-ca",
    "tls-certificate",
    "client-certificate",
    "tls-required",
    "not-tls",
    "client-id",
    "banned",
    "packet-too-large",
];

/// Whether the next attempt should wait long.
pub fn is_patient(state: &LinkState) -> bool {
    PATIENT.contains(&state.code)
}

/// Whether another version of MQTT may be understood where this attempt was not.
pub fn may_be_the_version(state: &LinkState) -> bool {
    matches!(state.code, "version" | "closed" | "protocol-error")
}

/// Whether a broker that keeps no messages minds a retained will. One of version 3.1.1 cannot say so: it hangs up.
pub fn may_be_the_will(state: &LinkState, version: Version) -> bool {
    state.code == "no-retain" || (state.code == "closed" && version == Version::V4)
}

/// Two clients with our client id throw each other out; `last` is how the last connection ended.
pub fn war(config: &Config, last: &LinkState) -> LinkState {
    let (address, id) = (&config.address, &config.client_id);
    let reason = if last.code == "taken-over" {
        format!("another client at {address} has the same client id {id}; the two throw each other out")
    } else {
        format!(
            "{address} closes every connection at once; most likely another client has the same client id {id}"
        )
    };
    let hint = "give each its own client_id; a copied data folder copies it, so remove its file id";
    waiting("taken-over", reason, hint)
}

impl Told {
    /// About the broker of this configuration.
    pub fn new(config: &Config) -> Self {
        Self {
            address: config.address.clone(),
            user: config.login.user.clone(),
            has_identity: config.tls.identity.is_some(),
            client_id: config.client_id.clone(),
            version: config.version,
            ca: config.tls.ca.clone(),
            patience: config.keep_alive * 2,
        }
    }

    /// The state after a connection was lost; `was_up` if the broker had let us in before.
    pub async fn state(&self, lost: Lost, was_up: bool) -> LinkState {
        match lost {
            Lost::Io(error) => self.io(&error, was_up).await,
            Lost::Late => self.late().await,
            Lost::Closed => self.closed(was_up).await,
            Lost::Silent => waiting(
                "keep-alive",
                format!("{} has not answered for {} s", self.address, self.patience.as_secs()),
                "check the network; the hub goes on trying",
            ),
            Lost::Refused(refused) => self.refused(refused),
            Lost::Told(code, reason) => self.told(code, reason),
            Lost::TooLarge { size } => self.too_large(size),
            Lost::Garbled(what) => self.garbled(&what),
            Lost::Left => LinkState::not_up(Phase::Down, "stopped", "the link said good-bye", ""),
        }
    }

    async fn io(&self, error: &io::Error, was_up: bool) -> LinkState {
        if let Some(error) = tls_error(error) {
            return certificate::state(self, error, was_up, SystemTime::now()).await;
        }
        let address = &self.address;
        if was_up {
            return self.lost();
        }
        match error.kind() {
            io::ErrorKind::ConnectionRefused => self.absent(),
            io::ErrorKind::NotFound if address.host_and_port().is_none() => self.absent(),
            io::ErrorKind::PermissionDenied => waiting(
                "no-access",
                format!("the hub's user may not open {address}"),
                "add the user to the group of the socket, or check the firewall",
            ),
            io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::NetworkDown => waiting(
                "no-route",
                format!("no network leads to {address}"),
                "check the cable or Wi-Fi of this machine, and the host in url",
            ),
            io::ErrorKind::TimedOut => self.unreachable(),
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::UnexpectedEof => self.closed(was_up).await,
            // What the library says of a connection that ends within a packet.
            io::ErrorKind::Other => self.garbled("it hung up in the middle of a word"),
            _ if probe::run(address).await == Probe::UnknownHost => self.unknown_host(),
            _ => waiting("failed", format!("{address} cannot be reached: {error}"), "the hub goes on trying"),
        }
    }

    fn garbled(&self, what: &str) -> LinkState {
        waiting(
            "protocol-error",
            format!("{} does not keep to the rules of MQTT: {what}", self.address),
            "is it an MQTT broker? if so, please report this line",
        )
    }

    fn absent(&self) -> LinkState {
        waiting(
            "broker-absent",
            format!("no broker listens on {}", self.address),
            match self.address.host_and_port() {
                Some(_) => "start the broker, or check host and port in url",
                None => "start the broker, or check the path in url",
            },
        )
    }

    fn unknown_host(&self) -> LinkState {
        let host = self.address.host_and_port().map_or("the host", |(host, _)| host);
        waiting(
            "unknown-host",
            format!("the name {host} is not known"),
            "check the host in url and the DNS of this machine, or write its IP address",
        )
    }

    fn unreachable(&self) -> LinkState {
        waiting(
            "timeout",
            format!("{} did not answer in time", self.address),
            "check that the machine is on, its address, and firewalls in between",
        )
    }

    async fn late(&self) -> LinkState {
        match probe::run(&self.address).await {
            Probe::UnknownHost => self.unknown_host(),
            Probe::Unreachable => self.unreachable(),
            Probe::Tls if !self.address.is_tls() => self.tls_required(),
            Probe::Open | Probe::Tls => waiting(
                "no-answer",
                format!("{} takes the connection but says nothing", self.address),
                "is it an MQTT broker? if so, it is overloaded or stopped: look at it",
            ),
        }
    }

    async fn closed(&self, was_up: bool) -> LinkState {
        if was_up {
            return self.lost();
        }
        if self.address.is_tls() {
            return self.not_tls();
        }
        match probe::run(&self.address).await {
            Probe::Tls => self.tls_required(),
            Probe::UnknownHost => self.unknown_host(),
            Probe::Unreachable => self.absent(),
            Probe::Open => waiting(
                "closed",
                format!("{} closed the connection without a word", self.address),
                "its log says why; it may not speak MQTT at all",
            ),
        }
    }

    fn lost(&self) -> LinkState {
        waiting("lost", format!("the connection to {} was lost", self.address), "")
    }

    fn tls_required(&self) -> LinkState {
        waiting("tls-required", format!("{} speaks TLS only", self.address), "write mqtts:// in url")
    }

    fn not_tls(&self) -> LinkState {
        waiting(
            "not-tls",
            format!("{} does not answer in TLS", self.address),
            "check the port: TLS is usually 8883; a broker without TLS is mqtt://",
        )
    }

    fn refused(&self, refused: Refused) -> LinkState {
        let address = &self.address;
        match refused {
            Refused::Login | Refused::NotAuthorized => self.not_authorized(),
            Refused::Version => waiting(
                "version",
                format!("{address} does not speak this version of MQTT"),
                "set version = \"3.1.1\" or \"5\", or leave it out",
            ),
            Refused::ClientId => waiting(
                "client-id",
                format!("{address} does not accept the client id {}", self.client_id),
                "set client_id to one it accepts",
            ),
            Refused::Unavailable => {
                waiting("broker-busy", format!("{address} is not ready or full"), "the hub goes on trying")
            }
            Refused::Banned => {
                waiting("banned", format!("{address} has banned this client"), "ask who runs the broker")
            }
            Refused::Quota => waiting(
                "quota",
                format!("{address} has no more room for this client"),
                "raise the broker's limits, or lower what is sent",
            ),
            Refused::Moved => {
                waiting("moved", format!("{address} sends its clients to another broker"), "change url")
            }
            Refused::Retained => waiting(
                "no-retain",
                format!("{address} keeps no retained messages"),
                "the hub tries without; other hubs that come later then do not see it",
            ),
            Refused::Other(what) => {
                waiting("broker-refused", format!("{address} refused: {what}"), "its log says more")
            }
        }
    }

    fn not_authorized(&self) -> LinkState {
        let address = &self.address;
        match &self.user {
            Some(user) => waiting(
                "not-authorized",
                format!("{address} does not accept user {user} with this password"),
                "check user and the password; it is tried again every minute",
            ),
            None => waiting(
                "not-authorized",
                format!("{address} lets nobody in without a login"),
                "set user, and password_file or password_env",
            ),
        }
    }

    fn told(&self, code: DisconnectReasonCode, reason: Option<String>) -> LinkState {
        use DisconnectReasonCode as Code;
        let address = &self.address;
        match code {
            Code::SessionTakenOver => self.taken_over(),
            Code::ServerShuttingDown => {
                waiting("broker-stopped", format!("{address} was stopped"), "the hub goes on trying")
            }
            Code::NotAuthorized => self.not_authorized(),
            Code::QuotaExceeded => self.refused(Refused::Quota),
            Code::ServerBusy | Code::ConnectionRateExceeded => self.refused(Refused::Unavailable),
            Code::UseAnotherServer | Code::ServerMoved => self.refused(Refused::Moved),
            code => {
                let said = reason.map(|reason| format!(" ({})", short(&reason))).unwrap_or_default();
                let code = spoken(code);
                waiting("ended", format!("{address} ended the connection: {code}{said}"), "its log says more")
            }
        }
    }

    /// Another client came with our name.
    fn taken_over(&self) -> LinkState {
        let reason = format!("another client came to {} with the client id {}", self.address, self.client_id);
        waiting("taken-over", reason, "give every client a client_id of its own")
    }

    fn too_large(&self, size: usize) -> LinkState {
        let hint = match self.version {
            // It was told how much we take, and does not care.
            Some(Version::V5) => "remove that message, exclude it from topics, or use version = \"3.1.1\"",
            Some(Version::V4) | None => {
                "remove that message, exclude it from topics, or use version = \"5\", which leaves it at the broker"
            }
        };
        let reason = format!("{} sends a message of {size} bytes, more than the hub takes", self.address);
        waiting("packet-too-large", reason, hint)
    }
}

fn waiting(code: &'static str, reason: impl Into<String>, hint: impl Into<String>) -> LinkState {
    LinkState::not_up(Phase::Waiting, code, reason, hint)
}

/// The error of rustls inside an error of a socket.
fn tls_error(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
}

/// `TopicNameInvalid` as a person writes it: `topic name invalid`.
pub fn spoken(reason: impl std::fmt::Debug) -> String {
    let mut words = String::new();
    for c in format!("{reason:?}").chars() {
        if c.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(c.to_lowercase());
    }
    words
}
