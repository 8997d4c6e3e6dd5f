//! What the dongle says, and what the hub is told of it: under bcg's topics as it was said, and translated.

use std::collections::BTreeMap;

use serde::Serialize;

use super::claims::GATEWAY_DEPTH;
use super::conversation::Conversation;
use super::gateway::Info;
use super::radio::Event;
use super::word::{id_of, is_id};
use crate::hub::{Fault, Now, Said};
use crate::talk::model::{Scenario, Value};
use crate::talk::{Message, Payload, Topic};

/// One node in `gateway/<name>/nodes`.
#[derive(Serialize)]
struct Listed<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    alias: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    firmware: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
}

impl Conversation {
    /// `/rest`
    pub(super) fn gateway_spoke(&mut self, now: Now, rest: &str, payload: &Payload) {
        if rest.split('/').count() == GATEWAY_DEPTH {
            // That is how commands look; obeying it would be a loop.
            return self.tally.count(Fault::ForeignCommand);
        }
        let told = match rest {
            "info" => self.heard_info(now, payload),
            "nodes" => {
                self.heard_nodes(now, payload);
                self.node_list()
            }
            _ => Some(payload.clone()),
        };
        if let Some(told) = told.filter(|_| !self.name.is_empty()) {
            self.tell_raw(now, &format!("gateway/{}/{rest}", self.name), told);
        }
        match (rest, id_of(payload)) {
            ("attach", Some(id)) => {
                self.meet(now, &id);
                self.claim();
                self.radio.happened(now, Event::Attached, Some(id));
            }
            ("attach-failure", Some(id)) => self.radio.happened(now, Event::AttachFailure, Some(id)),
            ("detach", Some(id)) => {
                self.part(now, &id);
                self.claim();
                self.radio.happened(now, Event::Detached, Some(id));
            }
            ("pairing-mode", _) => {
                self.radio.pairing(now, Some(payload.get::<String>().as_deref() == Some("start")))
            }
            _ => {}
        }
        self.waiting.gateway_spoke(now, &self.handle, rest, payload);
    }

    /// What is told of an `/info`: nothing of one that was only asked for to see whether the dongle lives.
    fn heard_info(&mut self, now: Now, payload: &Payload) -> Option<Payload> {
        let gateway = match Info::read(payload) {
            Info::Ready(gateway) => gateway,
            Info::NotReady => {
                self.startup.not_ready(now.mono);
                return None;
            }
            Info::Odd => {
                self.tally.count(Fault::NotUnderstood);
                return None;
            }
        };
        let is_news = self.gateway.as_ref() != Some(&gateway);
        let is_answer = self.startup.info(now.mono);
        if !is_answer {
            // It was started again, and begins anew.
            self.radio.pairing(now, None);
        }
        let was_wanted = std::mem::take(&mut self.info_is_wanted);
        let said = gateway.said.clone();
        if is_news {
            self.name = gateway.name(self.naming.gateway.as_deref());
            let as_node = gateway.is_node().then(|| (gateway.id.clone(), self.name.clone()));
            self.gateway = Some(gateway);
            if let Some((id, name)) = as_node {
                self.meet(now, &id);
                self.name_node(now, &id, Some(&name));
            }
            self.claim();
            self.radio.changed(now);
        }
        (is_news || !is_answer || was_wanted).then_some(said)
    }

    fn heard_nodes(&mut self, now: Now, payload: &Payload) {
        let Some(ids) = payload.get::<Vec<String>>() else {
            return self.tally.count(Fault::NotUnderstood);
        };
        let is_own = |id: &str| self.gateway.as_ref().is_some_and(|gateway| gateway.id == id);
        let gone: Vec<String> = self
            .nodes
            .iter()
            .filter(|(id, _)| !is_own(id) && !ids.iter().any(|listed| listed == id))
            .map(|(id, _)| id.to_owned())
            .collect();
        let was_purged = ids.is_empty() && !gone.is_empty();
        for id in gone {
            self.part(now, &id);
        }
        for id in ids.iter().filter(|id| is_id(id)) {
            self.meet(now, id);
        }
        self.claim();
        self.startup.nodes(now.mono);
        if was_purged {
            self.radio.happened(now, Event::Purged, None);
        }
        self.radio.changed(now);
    }

    /// The list with names and firmware, as bcg tells it.
    pub(super) fn node_list(&self) -> Option<Payload> {
        let is_own = |id: &str| self.gateway.as_ref().is_some_and(|gateway| gateway.id == id);
        let list: Vec<Listed<'_>> = self
            .nodes
            .iter()
            .filter(|(id, _)| !is_own(id))
            .map(|(id, node)| Listed {
                id,
                alias: node.alias.as_deref(),
                firmware: node.firmware.as_deref(),
                version: node.version.as_deref(),
            })
            .collect();
        Some(Payload::of(&list))
    }

    /// `$rest`
    pub(super) fn memory_spoke(&mut self, now: Now, rest: &str, payload: &Payload) {
        match (rest.strip_prefix("eeprom/alias/"), rest) {
            (Some("add/ok"), _) => self.stored(now, payload, false),
            (Some("remove/ok"), _) => self.stored(now, payload, true),
            (Some("add/error"), _) => self.not_stored(now, payload, false),
            (Some("remove/error"), _) => self.not_stored(now, payload, true),
            (Some(list), _) if list.starts_with("list/") => {
                let page = list.trim_start_matches("list/").parse();
                match (page, payload.get::<BTreeMap<String, String>>()) {
                    (Ok(page), Some(names)) => {
                        if self.startup.names(now.mono, page, names.len()) {
                            self.listed.get_or_insert_default().extend(names);
                        }
                    }
                    _ => self.tally.count(Fault::NotUnderstood),
                }
            }
            (None, "sub") => self.heard_registration(payload),
            _ => self.tally.count(Fault::NotUnderstood),
        }
    }

    /// A node takes a command of its own.
    fn heard_registration(&mut self, payload: &Payload) {
        #[derive(serde::Deserialize)]
        struct Sub {
            topic: String,
            pt: u8,
        }
        let sub = payload.get::<Sub>();
        let parts = sub.as_ref().and_then(|sub| Some((sub.topic.split_once('/')?, sub.pt)));
        match parts {
            Some(((id, rest), kind)) if is_id(id) && !rest.is_empty() => {
                if self.nodes.node(id).registers(rest, kind) {
                    self.claim();
                }
            }
            _ => self.tally.count(Fault::NotUnderstood),
        }
    }

    /// `ID/rest`
    pub(super) fn node_spoke(&mut self, now: Now, id: &str, rest: &str, payload: &Payload) {
        if Scenario::of(rest).is_command() {
            return self.tally.count(Fault::ForeignCommand);
        }
        if !self.nodes.has(id) {
            self.meet(now, id);
            self.claim();
        }
        let node = self.nodes.node(id);
        node.spoke(now.wall, rest);
        if rest == "info" && node.inform(payload) {
            self.radio.changed(now);
            self.name_after_firmware(id);
        }
        if let Some(volts) = battery(rest, payload) {
            self.nodes.node(id).battery = Some(volts);
        }
        let called = self.nodes.called(id).to_owned();
        self.tell_raw(now, &format!("node/{called}/{rest}"), payload.clone());
        self.waiting.node_spoke(now, &self.handle, id, rest, payload);
        self.translate(now, id, rest, payload);
        self.radio.spoke(now);
    }

    /// Tells what belongs to no device.
    pub(super) fn tell_raw(&mut self, now: Now, topic: &str, payload: Payload) {
        let Ok(topic) = Topic::new(topic) else { return self.tally.count(Fault::Malformed) };
        let message = Message::new(topic, payload);
        let said = Said { base: None, message, memory: false, via: None, profile: None };
        if let Err(conflict) = self.handle.hear(now, said) {
            tracing::debug!("link {}: {conflict}", self.handle.name());
        }
    }

    /// The port is gone: nobody must believe that the gateway is there.
    pub(super) fn gateway_left(&mut self, now: Now) {
        if self.gateway.take().is_some() {
            let nobody = Payload::of(&());
            self.tell_raw(now, &format!("gateway/{}/info", self.name), nobody);
        }
        self.radio.pairing(now, None);
        self.tell_radio(now);
    }

    /// Tells what the RADIO page shows.
    pub(super) fn tell_radio(&mut self, now: Now) {
        let fact = self.radio.fact(now, self.handle.name(), self.gateway.as_ref(), &self.name, &self.nodes);
        self.handle.establish(now, "radio", &fact);
    }
}

fn battery(rest: &str, payload: &Payload) -> Option<Box<str>> {
    let is_it = rest.starts_with("battery/") && rest.ends_with("/voltage");
    match payload.readings().first().map(|reading| &reading.value) {
        Some(Value::Number { text, .. }) if is_it => Some(text.clone()),
        _ => None,
    }
}
