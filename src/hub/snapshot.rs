//! What is true at one moment, for pages and for clients that have just arrived.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::links::Link;
use super::{CommandEvent, Counts, LinkState, Now, Presence, Rates, Standing, Trouble, Update, iso};
use crate::device::profile::Profile;
use crate::talk::{Payload, Topic};

/// Everything the hub knows, ordered by topic.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The number of the last update it contains.
    pub seq: u64,
    /// When it was taken.
    pub at: SystemTime,
    /// The properties.
    pub entries: Vec<EntryView>,
    /// The devices, one per base.
    pub devices: Vec<DeviceView>,
    /// The links.
    pub links: Vec<LinkView>,
    /// Further facts of the hub's own.
    pub facts: Vec<(Topic, Payload)>,
}

/// One property.
#[derive(Clone, Debug)]
pub struct EntryView {
    /// The complete topic.
    pub topic: Topic,
    /// The base of its device.
    pub base: Option<Topic>,
    /// What it last said; nothing if it is only listed.
    pub update: Option<Arc<Update>>,
    /// Whether it still says so.
    pub presence: Presence,
    /// How often it usually speaks, if regularly.
    pub usual: Option<Duration>,
    /// The command under way.
    pub pending: Option<Arc<CommandEvent>>,
    /// The last command if it failed.
    pub failed: Option<Arc<CommandEvent>>,
}

impl EntryView {
    /// The id below the base, for example `relay/i2c0-3b`.
    pub fn id(&self) -> &str {
        let below = self.base.as_ref().and_then(|base| self.topic.below(base));
        below.unwrap_or(self.topic.as_str())
    }
}

/// One device.
#[derive(Clone, Debug)]
pub struct DeviceView {
    /// Its base topic.
    pub base: Topic,
    /// Its link.
    pub link: Arc<str>,
    /// Whether it speaks.
    pub presence: Presence,
    /// What a definition teaches about it.
    pub profile: Option<Arc<Profile>>,
    /// Whether a person has accepted it, if it announced itself.
    pub standing: Standing,
    /// What people call it, if its link knows.
    pub name: Option<Arc<str>>,
    /// Since when it is so, if that changed while the hub runs.
    pub since: Option<SystemTime>,
    /// Why it is not there, or does not listen.
    pub reason: Option<Arc<str>>,
    /// When it last did.
    pub last: Option<SystemTime>,
}

/// One link.
#[derive(Clone, Debug)]
pub struct LinkView {
    /// Its name.
    pub name: Arc<str>,
    /// Its kind.
    pub kind: &'static str,
    /// Its base topic.
    pub base: Option<Topic>,
    /// How it is.
    pub state: LinkState,
    /// Since when.
    pub since: SystemTime,
    /// What came and went.
    pub counts: Counts,
    /// How much of it in the last minute.
    pub rates: Option<Rates>,
    /// What ailed it last.
    pub trouble: Option<Trouble>,
    /// Whether it speaks on a serial line, which can be looked at.
    pub has_console: bool,
}

impl Link {
    /// As pages and clients see it.
    pub(super) fn view(&self, now: Now) -> LinkView {
        LinkView {
            name: self.info.name.clone(),
            kind: self.info.kind,
            base: self.info.base.clone(),
            state: self.explained(),
            since: self.since,
            counts: self.counts,
            rates: self.pace.rates(now.mono, self.counts),
            trouble: self.trouble.clone(),
            has_console: self.console.is_some(),
        }
    }
}

impl LinkView {
    /// The payload of `$hub/link/<name>`.
    pub fn to_payload(&self) -> Payload {
        #[derive(serde::Serialize)]
        struct LinkText<'a> {
            #[serde(flatten)]
            state: &'a LinkState,
            kind: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            base: Option<&'a str>,
            since: String,
            counts: Counts,
        }
        Payload::of(&LinkText {
            state: &self.state,
            kind: self.kind,
            base: self.base.as_ref().map(Topic::as_str),
            since: iso(self.since),
            counts: self.counts,
        })
    }
}

impl DeviceView {
    /// The payload of `$hub/presence/<base>`.
    pub fn to_payload(&self) -> Payload {
        let fact = PresenceFact {
            last: self.last,
            since: self.since,
            reason: self.reason.as_deref(),
            name: self.name.as_deref(),
            ..PresenceFact::new(self.presence)
        };
        fact.to_payload()
    }
}

/// What is told under `$hub/presence/<topic>`.
pub(super) struct PresenceFact<'a> {
    pub(super) presence: Presence,
    pub(super) last: Option<SystemTime>,
    pub(super) since: Option<SystemTime>,
    pub(super) usual: Option<Duration>,
    pub(super) reason: Option<&'a str>,
    pub(super) name: Option<&'a str>,
}

impl PresenceFact<'_> {
    pub(super) fn new(presence: Presence) -> Self {
        Self { presence, last: None, since: None, usual: None, reason: None, name: None }
    }

    pub(super) fn to_payload(&self) -> Payload {
        #[derive(serde::Serialize)]
        struct PresenceText<'a> {
            presence: Presence,
            #[serde(skip_serializing_if = "Option::is_none")]
            last: Option<String>,
            #[serde(skip_serializing_if = "Option::is_none")]
            since: Option<String>,
            #[serde(skip_serializing_if = "Option::is_none")]
            usual_s: Option<f64>,
            #[serde(skip_serializing_if = "Option::is_none")]
            reason: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            name: Option<&'a str>,
        }
        let Self { presence, reason, name, .. } = *self;
        let usual_s = self.usual.map(|usual| (usual.as_secs_f64() * 1000.0).round() / 1000.0);
        let (last, since) = (self.last.map(iso), self.since.map(iso));
        Payload::of(&PresenceText { presence, last, since, usual_s, reason, name })
    }
}
