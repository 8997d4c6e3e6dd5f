//! The last raw messages of a device: what it said itself, from the record of the MESSAGES page.

use std::time::SystemTime;

use crate::device::profile::Profile;
use crate::web::address::encoded;
use crate::web::messages::Record;
use crate::web::messages::look::{beginning, moment};
use crate::web::page::note::Stamp;
use crate::web::page::show::visible;

/// The most messages of one device.
const MOST: usize = 8;

/// A raw message.
#[derive(Clone, Debug)]
pub struct Raw {
    /// Its topic.
    pub topic: String,
    /// The beginning of its payload.
    pub payload: String,
    /// When it came.
    pub at: Stamp,
    /// The address of all that is known of the topic.
    pub address: String,
}

/// What was said last under the topics that a profile reads, newest first.
pub fn raw(record: &Record, profile: &Profile, now: SystemTime) -> Vec<Raw> {
    let mut heard: Vec<(u64, String, String)> = record.with(|recorded| {
        let topics = profile.heard().into_iter();
        let said = topics.filter_map(|topic| {
            let leaf = recorded.tree.leaf(recorded.tree.find(topic)?)?;
            let last = leaf.history.last();
            let (text, cut) = beginning(last);
            Some((last.at, topic.to_owned(), if cut { text + "…" } else { text }))
        });
        said.collect()
    });
    heard.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let shown = heard.into_iter().take(MOST).map(|(at, topic, payload)| Raw {
        address: format!("/messages?topic={}", encoded(&topic)),
        topic: visible(&topic),
        payload: visible(&payload),
        at: Stamp::new(moment(at), now),
    });
    shown.collect()
}
