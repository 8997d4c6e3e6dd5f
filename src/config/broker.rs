//! `[broker]`: whether the hub runs an MQTT broker of its own, where it listens and what it allows.

use std::net::SocketAddr;
use std::time::Duration;

use toml_edit::Value;

use super::offer;
use crate::broker::{Anonymous, Limits};
use crate::link::mqtt::flow::routes::Route;
use crate::sheet::Section;
use crate::sheet::{KIB, MIB, Typed, quoted};

/// The broker; without the section there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokerConfig {
    /// MQTT without encryption; on loopback unless somebody wants it otherwise.
    pub listen: SocketAddr,
    /// MQTT over TLS, with the certificate of the web.
    pub tls_listen: Option<SocketAddr>,
    /// Who may come in without a password.
    pub anonymous: Anonymous,
    /// Whether `/mqtt` at the web's port is open.
    pub websocket: bool,
    /// What goes which way between it and the hub.
    pub topics: Vec<Route>,
    /// Whether the hub's devices are offered to Home Assistant there.
    pub offers: bool,
    /// Connections from one address; loopback is not capped.
    pub connections_per_address: usize,
    /// What one client may ask.
    pub limits: Limits,
}

impl Default for BrokerConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 1883)),
            tls_listen: None,
            anonymous: Anonymous::Nobody,
            websocket: true,
            topics: ["# in", "nodes/# out"].iter().filter_map(|route| route.parse().ok()).collect(),
            offers: false,
            connections_per_address: 50,
            limits: Limits::default(),
        }
    }
}

pub(super) fn read(section: Section<'_>) -> BrokerConfig {
    let default = BrokerConfig::default();
    let many = 1..=1_000_000;
    let topics = topics(&section, default.topics);
    let broker = BrokerConfig {
        listen: section.or("listen", default.listen),
        tls_listen: section.maybe("tls_listen"),
        anonymous: section.or("anonymous", Strangers(default.anonymous)).0,
        websocket: section.or("websocket", default.websocket),
        offers: offer::read(&section, &topics),
        topics,
        connections_per_address: section.number(
            "connections_per_address",
            many,
            default.connections_per_address,
        ),
        limits: limits(&section, default.limits),
    };
    if broker.tls_listen.is_some_and(|tls| tls.port() == broker.listen.port()) {
        let found = format!("port {} is taken by `listen`", broker.listen.port());
        section.fault("tls_listen", found, "a port of its own".into(), None);
    }
    section.finish();
    broker
}

fn topics(section: &Section<'_>, default: Vec<Route>) -> Vec<Route> {
    // Each entry has a place of its own in what is said about it.
    if section.has("topics") {
        section.list("topics").unwrap_or(default)
    } else {
        section.or("topics", default)
    }
}

fn limits(section: &Section<'_>, default: Limits) -> Limits {
    let day = Duration::from_secs(24 * 3600);
    let size = |key, [least, most]: [u64; 2], default: usize| {
        let size = section.size(key, least..=most, default as u64);
        usize::try_from(size).unwrap_or(usize::MAX)
    };
    let many = 1..=1_000_000;
    Limits {
        clients: section.number("connections", many.clone(), default.clients),
        newcomers: section.number("newcomers", many.clone(), default.newcomers),
        sessions: section.number("sessions", many, default.sessions),
        packet: size("packet", [KIB, 64 * MIB], default.packet),
        topic: section.number("topic_bytes", 16..=65_535, default.topic),
        levels: section.number("topic_levels", 2..=200, default.levels),
        subscriptions: section.number("subscriptions", 1..=100_000, default.subscriptions),
        retained: section.number("retained", 1..=15_000, default.retained),
        retained_payload: size("retained_payload", [KIB, 64 * MIB], default.retained_payload),
        retained_bytes: size("retained_bytes", [KIB, 1024 * MIB], default.retained_bytes),
        queue: size("queue", [16 * KIB, 1024 * MIB], default.queue),
        session: section.duration("session", Duration::ZERO..=365 * day, default.session),
    }
}

/// `false` or `"loopback"`.
struct Strangers(Anonymous);

impl Typed for Strangers {
    const ALLOWED: &'static str = r#"false, or "loopback" for programs on this machine"#;

    fn read(value: &Value) -> Result<Self, Option<String>> {
        match (value.as_bool(), value.as_str()) {
            (Some(false), _) => Ok(Self(Anonymous::Nobody)),
            (_, Some("loopback")) => Ok(Self(Anonymous::Loopback)),
            (Some(true), _) => Err(Some("nobody beyond this machine gets in without a password".into())),
            _ => Err(None),
        }
    }

    fn show(&self) -> String {
        match self.0 {
            Anonymous::Nobody => "false".to_owned(),
            Anonymous::Loopback => quoted("loopback"),
        }
    }
}
