//! Nodes get, change and lose their names, and what was told under the old one is taken back.

use std::collections::BTreeSet;
use std::time::Instant;

use serde::Serialize;

use super::alias::{self, Change};
use super::conversation::Conversation;
use super::devices::base_of;
use super::radio::Event;
use super::word::{id_of, is_id};
use crate::device::Refusal;
use crate::hub::{CommandId, Now};
use crate::talk::{Payload, Topic, printable};

/// What became of a name.
#[derive(Serialize)]
struct Named<'a> {
    id: &'a str,
    alias: Option<&'a str>,
}

impl Conversation {
    /// All names are read: those and no others are the names of nodes.
    pub(super) fn take_names(&mut self, now: Now) {
        if self.startup.asks_names() {
            return;
        }
        let Some(listed) = self.listed.take() else { return };
        let own = self.gateway.as_ref().filter(|gateway| gateway.is_node()).map(|gateway| gateway.id.clone());
        let known: BTreeSet<String> = self
            .nodes
            .iter()
            .map(|(id, _)| id)
            .chain(listed.keys().map(String::as_str))
            .map(Into::into)
            .collect();
        for id in known.iter().filter(|id| is_id(id) && own.as_ref() != Some(id)) {
            if !self.naming.fixed.iter().any(|(fixed, _)| fixed == id) {
                self.name_node(now, id, listed.get(id).map(String::as_str));
            }
        }
        self.claim();
        for doubt in std::mem::take(&mut self.doubts) {
            self.settle(now, doubt);
        }
    }

    /// A change of a name was not answered: whether it was stored is seen by the names that are stored.
    pub(super) fn doubt(&mut self, now: Now, late: Change) {
        tracing::debug!("link {}: the dongle did not answer `{}`", self.handle.name(), late.line());
        self.startup.ask_names(now.mono);
        self.listed = None;
        self.doubts.push(late);
    }

    /// The dongle does not tell its names either.
    pub(super) fn give_names_up(&mut self) {
        if self.doubts.is_empty() || self.startup.asks_names() || !self.startup.has_names() {
            return;
        }
        self.listed = None;
        for doubt in std::mem::take(&mut self.doubts) {
            let link = self.handle.name();
            tracing::warn!(
                "link {link}: the dongle did not answer `{}`, nor tell its names; unplug it and plug it in again",
                doubt.line()
            );
        }
    }

    /// The names have been read again after a change that was not answered: says which one is true.
    fn settle(&mut self, now: Now, doubt: Change) {
        let true_name = self.nodes.get(&doubt.id).and_then(|node| node.alias.clone());
        if true_name == doubt.name {
            return self.has_stored(now, doubt);
        }
        let (id, called) = (&doubt.id, printable(true_name.as_deref().unwrap_or("nothing but its id")));
        let reason =
            format!("the dongle did not answer and has not stored it; {id} is still called {called}");
        self.has_not_stored(now, doubt.command, reason);
    }

    /// A new node without a name gets one.
    pub(super) fn name_after_firmware(&mut self, id: &str) {
        let Some(node) = self.nodes.get(id) else { return };
        let Some(firmware) = node.firmware.as_deref().filter(|_| self.naming.automatic) else { return };
        if node.alias.is_some() || self.changes.changes(id) {
            return;
        }
        let is_taken = |name: &str| {
            let elsewhere =
                Topic::new(&format!("node/{name}")).ok().and_then(|topic| self.handle.claimed(&topic));
            self.nodes.bearer(name).is_some() || self.changes.gives(name) || elsewhere.is_some()
        };
        if let Some(name) = alias::after_firmware(firmware, is_taken) {
            self.changes.push(Change { id: id.into(), name: Some(name.into()), command: None });
        }
    }

    /// The dongle has stored or removed a name.
    pub(super) fn stored(&mut self, now: Now, payload: &Payload, removes: bool) {
        let change = id_of(payload).and_then(|id| self.changes.answered(&id, removes));
        let Some(change) = change else { return };
        self.name_node(now, &change.id, change.name.as_deref());
        self.claim();
        self.has_stored(now, change);
    }

    fn has_stored(&mut self, now: Now, Change { id, name, command }: Change) {
        let removes = name.is_none();
        let verb = if removes { "remove" } else { "set" };
        let named = Payload::of(&Named { id: &id, alias: name.as_deref() });
        self.tell_raw(now, &format!("gateway/{}/alias/{verb}/ok", self.name), named);
        if let Some((command, _)) = command {
            self.handle.confirm(now, command);
        }
        self.radio.happened(now, Event::Renamed, Some(id.into()));
    }

    pub(super) fn not_stored(&mut self, now: Now, payload: &Payload, removes: bool) {
        let change = id_of(payload).and_then(|id| self.changes.answered(&id, removes));
        let Some(Change { id, command, .. }) = change else { return };
        let reason = format!("the dongle could not store the name of {id}; its memory may be full");
        self.has_not_stored(now, command, reason);
    }

    fn has_not_stored(&self, now: Now, command: Option<(CommandId, Instant)>, reason: String) {
        match command.filter(|(command, _)| self.handle.wants(*command)) {
            Some((command, _)) => self.handle.refuse(now, command, Refusal::new("not-stored", reason)),
            None => tracing::warn!("link {}: {reason}", self.handle.name()),
        }
    }

    pub(super) fn name_node(&mut self, now: Now, id: &str, name: Option<&str>) {
        let before = self.nodes.called(id).to_owned();
        let topics = self.nodes.get(id).map(|node| node.topics.clone()).unwrap_or_default();
        self.nodes.node(id).alias = name.map(Into::into);
        if self.nodes.called(id) != before {
            for rest in topics {
                self.forget(now, &format!("node/{before}/{rest}"));
            }
        }
        self.handle.name_device(now, &base_of(id), name);
    }

    pub(super) fn forget_topics(&mut self, now: Now, id: &str) {
        let called = self.nodes.called(id).to_owned();
        for rest in self.nodes.get(id).map(|node| node.topics.clone()).unwrap_or_default() {
            self.forget(now, &format!("node/{called}/{rest}"));
        }
    }

    /// What a broker may have kept under a topic is not said any more.
    fn forget(&self, now: Now, topic: &str) {
        if let Ok(topic) = Topic::new(topic) {
            self.handle.forget(now, &topic, None);
        }
    }
}
