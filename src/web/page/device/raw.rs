//! What went over the wire: rows of a serial line, and messages of a broker as they came.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::traffic::{About, Said};
use crate::hub::{Row, Way};
use crate::talk::Message;
use crate::talk::dialect::modern;
use crate::web::bytes;
use crate::web::messages::deeds::Deed;
use crate::web::messages::history::Kept;
use crate::web::messages::recorder::{State as Recorded, millis};
use crate::web::page::show::visible;

/// How long a command may take from the press to the wire.
const ON_ITS_WAY: u64 = 2_500;
/// Messages of one topic that are looked at.
const PER_TOPIC: u64 = 20;

/// One line, frame or message on the wire.
#[derive(Clone, Debug)]
pub struct Wire {
    /// When, in milliseconds since 1970.
    pub at: u64,
    /// Its place among those of the same millisecond.
    pub number: u64,
    /// From the device, not to it.
    pub is_heard: bool,
    /// What it was.
    pub text: String,
    /// The topic, complete, and the payload if it is a message of Clown.Talk.
    pub message: Option<(String, Arc<[u8]>)>,
    /// That it was told at this very instant.
    is_instant: bool,
}

impl Wire {
    fn of_row(row: &Row, about: &About<'_>) -> Option<Self> {
        let is_heard = match row.way {
            Way::Heard => true,
            Way::Written => false,
            Way::Opened | Way::Closed | Way::Withdrawn => return None,
        };
        let line = std::str::from_utf8(&row.bytes).ok().map(|line| line.trim_matches('\0'));
        let message = line.filter(|_| about.is_native).and_then(|line| Message::parse(line).ok());
        let message = message.map(|Message { topic, payload, .. }| {
            (format!("{}/{}", about.base, modern(topic.as_str())), payload.wire().into())
        });
        Some(Self {
            at: millis(row.at),
            number: row.number,
            is_heard,
            // The end of a line is on the console of the link.
            text: bytes::text(row.bytes.trim_ascii_end()),
            message,
            is_instant: false,
        })
    }

    fn of_message(number: u64, topic: &str, kept: &Kept, message: bool) -> Self {
        let text = format!("{}  {}", visible(topic), visible(&bytes::text(&kept.bytes)));
        let message = message.then(|| (topic.to_owned(), kept.bytes.clone()));
        Self { at: kept.at, number, is_heard: true, text, message, is_instant: true }
    }

    /// Whether what was said at `at` comes of it; the next line came at `until`.
    pub fn means(&self, at: u64, topic: &str, payload: &[u8], until: u64) -> bool {
        match &self.message {
            Some((own, bytes)) if self.is_instant => at == self.at && own == topic && **bytes == *payload,
            Some((own, bytes)) => {
                // The first byte of a line may have come long before its last one.
                let is_then = at >= self.at && at < self.at.saturating_add(ON_ITS_WAY);
                is_then && own == topic && **bytes == *payload
            }
            None if self.is_instant => at == self.at,
            None => at >= self.at && at < until,
        }
    }

    /// Whether a command became this.
    pub fn carries(&self, deed: &Deed) -> bool {
        let is_then = self.at >= deed.at && self.at < deed.at.saturating_add(ON_ITS_WAY);
        let is_it = self
            .message
            .as_ref()
            .is_none_or(|(topic, payload)| *topic == *deed.topic && **payload == *deed.payload.as_bytes());
        is_then && is_it
    }
}

/// What went over the wire lately, oldest first.
pub fn wires(recorded: &Recorded, about: &About<'_>, said: &[Said]) -> Vec<Wire> {
    let mut all: Vec<Wire> = about.rows.iter().filter_map(|row| Wire::of_row(row, about)).collect();
    if about.is_mqtt && about.is_native {
        let own = |said: &Said| Wire::of_message(said.number, &said.topic, &said.kept, true);
        all.extend(said.iter().rev().map(own));
    } else if about.is_mqtt {
        all.extend(foreign(recorded, about, said));
        all.sort_by_key(|wire| (wire.at, wire.number));
    }
    all
}

/// The messages of the broker that were told at the same instants as what was made of them.
fn foreign(recorded: &Recorded, about: &About<'_>, said: &[Said]) -> Vec<Wire> {
    let instants: BTreeSet<u64> = said.iter().map(|said| said.at).collect();
    let (Some(first), Some(from)) = (instants.first(), recorded.source_of(about.link)) else {
        return Vec::new();
    };
    let tree = &recorded.tree;
    let mut found = Vec::new();
    let mut open = vec![crate::web::messages::tree::ROOT];
    while let Some(id) = open.pop() {
        // Nothing below has spoken since.
        if tree.node(id).pulse.at < *first {
            continue;
        }
        open.extend(tree.children(id));
        let Some(leaf) = tree.leaf(id) else { continue };
        let last = leaf.history.number();
        for number in (last.saturating_sub(PER_TOPIC)..=last).rev() {
            let Some(kept) = leaf.history.get(number).filter(|kept| kept.at >= *first) else { break };
            if kept.from == from && instants.contains(&kept.at) {
                let topic = tree.path(id);
                // What the hub made of messages stands below bases; a message as it came does not.
                if !topic.starts_with("nodes/") && !topic.starts_with('$') {
                    found.push(Wire::of_message(number, &topic, kept, false));
                }
            }
        }
    }
    found
}
