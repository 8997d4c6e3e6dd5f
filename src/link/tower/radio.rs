//! What the RADIO page shows: one fact under `$hub/radio/<link>`, told at once when something has changed, and once a
//! second while nodes only speak.

use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::value::RawValue;

use super::gateway::Gateway;
use super::nodes::{Mode, Node, Nodes};
use crate::hub::{Now, iso};

/// Nodes that a dongle has room for. Its table has 32 places, but the firmware (twr-sdk, `twr_radio.c`) refuses the node
/// that would take the last one.
const CAPACITY: usize = 31;
/// Between two facts that only say that somebody spoke.
const SECOND: Duration = Duration::from_secs(1);

/// What happened to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// It was paired.
    Attached,
    /// There is no room for it.
    AttachFailure,
    /// It was taken out.
    Detached,
    /// All were taken out.
    Purged,
    /// It has another name.
    Renamed,
}

/// What the page is told beside the nodes.
#[derive(Debug)]
pub struct Radio {
    /// Nothing where the dongle has not said so: it goes on pairing while nobody has its port open, and cannot be asked.
    pairing: Option<bool>,
    last: Option<Last>,
    told: Instant,
    due: Option<Instant>,
}

#[derive(Clone, Debug, Serialize)]
struct Last {
    event: Event,
    id: Option<String>,
    at: String,
}

/// The fact itself.
#[derive(Serialize)]
pub struct Fact<'a> {
    link: &'a str,
    gateway: Option<GatewayText<'a>>,
    pairing: Option<bool>,
    capacity: usize,
    nodes: Vec<NodeText<'a>>,
    last: Option<Last>,
}

#[derive(Serialize)]
struct GatewayText<'a> {
    id: &'a str,
    firmware: &'a str,
    version: Option<&'a str>,
    name: &'a str,
}

#[derive(Serialize)]
struct NodeText<'a> {
    id: &'a str,
    alias: Option<&'a str>,
    mode: Mode,
    firmware: Option<&'a str>,
    version: Option<&'a str>,
    battery: Option<(Box<RawValue>, &'static str)>,
    heard: Option<String>,
}

impl Radio {
    /// Nothing was told yet.
    pub fn new(now: Instant) -> Self {
        Self { pairing: None, last: None, told: now, due: None }
    }

    /// When the fact is to be told.
    pub fn due(&self) -> Option<Instant> {
        self.due
    }

    /// A node spoke.
    pub fn spoke(&mut self, now: Now) {
        self.due = self.due.or(Some((self.told + SECOND).max(now.mono)));
    }

    /// Something is not as it was told.
    pub fn changed(&mut self, now: Now) {
        self.due = Some(now.mono);
    }

    /// Something happened to a node, or to all.
    pub fn happened(&mut self, now: Now, event: Event, id: Option<String>) {
        self.last = Some(Last { event, id, at: iso(now.wall) });
        self.changed(now);
    }

    /// Nodes can be paired now, or not any more, or nobody knows.
    pub fn pairing(&mut self, now: Now, pairing: Option<bool>) {
        self.pairing = pairing;
        self.changed(now);
    }

    /// What is to be told now.
    pub fn fact<'a>(
        &mut self,
        now: Now,
        link: &'a str,
        gateway: Option<&'a Gateway>,
        name: &'a str,
        nodes: &'a Nodes,
    ) -> Fact<'a> {
        (self.told, self.due) = (now.mono, None);
        let text = |gateway: &'a Gateway| GatewayText {
            id: &gateway.id,
            firmware: &gateway.firmware,
            version: gateway.version.as_deref(),
            name,
        };
        Fact {
            link,
            gateway: gateway.map(text),
            pairing: self.pairing,
            capacity: CAPACITY,
            nodes: nodes.iter().map(node).collect(),
            last: self.last.clone(),
        }
    }
}

fn node<'a>((id, node): (&'a str, &'a Node)) -> NodeText<'a> {
    let volts = |digits: &str| RawValue::from_string(digits.to_owned()).ok();
    NodeText {
        id,
        alias: node.alias.as_deref(),
        mode: node.mode,
        firmware: node.firmware.as_deref(),
        version: node.version.as_deref(),
        battery: node.battery.as_deref().and_then(volts).map(|volts| (volts, "V")),
        heard: node.heard.map(iso),
    }
}
