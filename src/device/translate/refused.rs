//! What refuses a command that was given: somebody says so under a topic that the definition names.

use std::sync::Arc;

use super::{Device, Translator, extract, holds};
use crate::device::profile::captures::Captures;
use crate::device::profile::{RefusedBy, Write};
use crate::talk::{Payload, Topic};

/// A way in which one command may be refused.
#[derive(Clone, Debug)]
pub struct Refusing {
    topics: Vec<Box<str>>,
    by: Arc<RefusedBy>,
    captures: Captures,
}

impl PartialEq for Refusing {
    fn eq(&self, other: &Self) -> bool {
        self.topics == other.topics && Arc::ptr_eq(&self.by, &other.by)
    }
}

impl Refusing {
    /// The ways of a property, with what is known of its device.
    pub(super) fn of(device: &Device, write: &Write, captures: &Captures) -> Vec<Self> {
        let one = |by: &Arc<RefusedBy>| Self {
            topics: by.topics(device.variant, captures),
            by: by.clone(),
            captures: captures.clone(),
        };
        write.refused_by.iter().map(one).collect()
    }

    /// The reason in the words of whoever refuses it; nothing if this message does not.
    pub fn reason(&self, topic: &str, payload: &Payload) -> Option<String> {
        if !self.topics.iter().any(|known| **known == *topic) {
            return None;
        }
        let json = payload.as_str();
        if !self.by.when.iter().all(|when| holds(when, json)) {
            return None;
        }
        let found = self.by.value.get(json)?;
        self.by.reason(&extract::text(found), &self.captures, json)
    }
}

impl Translator {
    /// A command was not carried out: nobody will repeat its wish.
    pub fn not_done(&mut self, base: &Topic, topic: &str, payload: &Payload) {
        let Some((id, "set")) = topic.rsplit_once('/') else { return };
        let Some(slot) = self.devices.get_mut(base).and_then(|device| device.values.get_mut(id)) else {
            return;
        };
        for reading in payload.readings() {
            slot.believe(&reading.key, &reading.value);
        }
    }
}
