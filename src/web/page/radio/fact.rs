//! What a link tells of its radio, under `$hub/radio/<link>`.

use std::time::SystemTime;

use serde::Deserialize;
use serde_json::value::RawValue;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::hub::Snapshot;

/// Where such facts are told.
const ABOVE: &str = "$hub/radio/";

/// A radio and its nodes.
#[derive(Debug, Deserialize)]
pub struct Fact {
    /// The link that tells it.
    pub link: String,
    /// The gateway, if one answers.
    pub gateway: Option<Gateway>,
    /// Whether nodes can be paired now, if that is known.
    #[serde(default)]
    pub pairing: Option<bool>,
    /// How many nodes have room.
    #[serde(default)]
    pub capacity: usize,
    /// The nodes that are paired.
    #[serde(default)]
    pub nodes: Vec<Node>,
    /// What happened last.
    pub last: Option<Last>,
}

/// A gateway.
#[derive(Debug, Deserialize)]
pub struct Gateway {
    /// Twelve hexadecimal digits.
    pub id: String,
    /// What it runs.
    pub firmware: String,
    /// Which version of it.
    pub version: Option<String>,
    /// The level of its topics, `gateway/<name>/…`.
    pub name: String,
}

/// A node.
#[derive(Debug, Deserialize)]
pub struct Node {
    /// Twelve hexadecimal digits.
    pub id: String,
    /// The name that somebody gave it.
    pub alias: Option<String>,
    /// `listening`, `sleeping` or what the page does not know.
    #[serde(default)]
    pub mode: String,
    /// What it runs.
    pub firmware: Option<String>,
    /// Which version of it.
    pub version: Option<String>,
    /// The voltage with the digits it came in, and its unit.
    pub battery: Option<(Box<RawValue>, String)>,
    /// When it last spoke.
    pub heard: Option<String>,
}

/// Something that happened to a node.
#[derive(Debug, Deserialize)]
pub struct Last {
    /// `attached`, `attach-failure`, `detached`, `purged`, `renamed`.
    pub event: String,
    /// The node.
    pub id: Option<String>,
    /// When.
    pub at: String,
}

impl Node {
    /// What people call it.
    pub fn called(&self) -> &str {
        self.alias.as_deref().filter(|alias| !alias.is_empty()).unwrap_or(&self.id)
    }
}

/// The radios of a snapshot; what is no such fact is left out.
pub fn facts(snapshot: &Snapshot) -> Vec<Fact> {
    let told = snapshot.facts.iter().filter(|(topic, _)| topic.as_str().starts_with(ABOVE));
    told.filter_map(|(_, payload)| serde_json::from_str(payload.as_str()).ok()).collect()
}

/// The moment of an RFC 3339 text.
pub fn moment(text: &str) -> Option<SystemTime> {
    OffsetDateTime::parse(text, &Rfc3339).ok().map(SystemTime::from)
}
