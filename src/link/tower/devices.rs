//! Nodes as devices: known before they speak, translated by their definition, gone when they are not paired any more.

use std::sync::Arc;

use super::conversation::Conversation;
use super::nodes::Node;
use crate::device::catalog::Catalog;
use crate::device::profile::captures::Captures;
use crate::device::translate::Meaning;
use crate::hub::{Fault, Now, Said};
use crate::talk::{Message, Payload, Topic};

/// The definition of the nodes, and where they appear.
const DEFINITION: &str = "hardwario/tower";
const BASES: &str = "nodes/hardwario";

/// Where a node appears.
pub fn base_of(id: &str) -> Topic {
    Topic::new(&format!("{BASES}/{id}")).expect("an id is a level")
}

impl Conversation {
    /// A node is there.
    pub(super) fn meet(&mut self, now: Now, id: &str) {
        let is_new = !self.nodes.has(id) || !self.translator.knows(&base_of(id));
        let known = self.remembered.of_node(id);
        let fixed = self.naming.fixed.iter().find(|(known, _)| known == id).map(|(_, name)| name.clone());
        let node = self.nodes.node(id);
        if let Some(known) = known {
            node.remember(&known);
        }
        if let Some(name) = fixed {
            node.alias = Some(name.into());
        }
        if is_new {
            self.introduce(now, id);
        }
    }

    /// A node has been taken out of the dongle's list.
    pub(super) fn part(&mut self, now: Now, id: &str) {
        self.forget_topics(now, id);
        self.nodes.remove(id);
        self.handle.device_offline(now, &base_of(id), "it is not paired any more");
    }

    fn introduce_all(&mut self, now: Now) {
        let ids: Vec<String> = self.nodes.iter().map(|(id, _)| id.to_owned()).collect();
        ids.iter().for_each(|id| self.introduce(now, id));
    }

    fn introduce(&mut self, now: Now, id: &str) {
        let catalog: Arc<Catalog> = self.catalog.borrow().clone();
        let profile = catalog.find(DEFINITION).map(|number| catalog.profile(number).clone());
        let base = base_of(id);
        if let Some(profile) = &profile {
            let mut captures = Captures::default();
            if captures.put(&"id".into(), id).is_some() {
                self.translator.introduce(&base, profile, captures);
            }
        }
        if let Err(other) = self.handle.introduce(now, &base, profile) {
            tracing::warn!(
                "link {}: node {id} is served by the link {other}; remove it from one of the two dongles",
                self.handle.name()
            );
        }
        let alias = self.nodes.get(id).and_then(|node| node.alias.as_deref());
        self.handle.name_device(now, &base, alias);
    }

    /// Tells what a word means.
    pub(super) fn translate(&mut self, now: Now, id: &str, rest: &str, payload: &Payload) {
        if self.catalog.has_changed().unwrap_or(false) {
            let catalog = self.catalog.borrow_and_update().clone();
            self.translator.renew(catalog);
            self.introduce_all(now);
        }
        for meaning in self.translator.hear(&format!("{id}/{rest}"), payload) {
            // Another definition may take the id for something else.
            if meaning.base.levels().next_back() != Some(id) {
                continue;
            }
            let profile = self.translator.profile(&meaning.base).cloned();
            let Meaning { base, messages, odd, .. } = meaning;
            for message in messages {
                let message = Message::new(base.join(&message.topic), message.payload);
                let said = Said {
                    base: Some(base.clone()),
                    message,
                    memory: false,
                    via: None,
                    profile: profile.clone(),
                };
                if let Err(conflict) = self.handle.hear(now, said) {
                    tracing::debug!("link {}: {conflict}", self.handle.name());
                }
            }
            for odd in odd {
                self.tally.count(Fault::NotUnderstood);
                tracing::debug!("link {}: {base}: {odd}", self.handle.name());
            }
        }
    }
}

impl Node {
    /// Takes over what is known from before, where it has said nothing itself.
    fn remember(&mut self, known: &Node) {
        if self.firmware.is_none() {
            self.firmware.clone_from(&known.firmware);
            self.version.clone_from(&known.version);
            self.mode = known.mode;
        }
        self.battery = self.battery.take().or_else(|| known.battery.clone());
        self.heard = self.heard.or(known.heard);
    }
}
