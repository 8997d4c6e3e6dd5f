//! What is true at one moment, for pages and for clients that have just arrived.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::{CommandEvent, Counts, LinkState, Presence, Update};
use crate::talk::Topic;

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
}
