//! Commands: taken from the hub, checked, and made a line for the dongle, or refused with the reason.

use std::time::Instant;

use serde::Deserialize;

use super::alias::{self, Change};
use super::check;
use super::conversation::{Conversation, ToSay};
use super::devices::base_of;
use super::nodes::Mode;
use super::waiting::Answer;
use super::word::{id_of, is_id};
use crate::device::Refusal;
use crate::hub::{CommandId, Now, Outgoing};
use crate::link::supervise;
use crate::talk::{Payload, Topic, printable};

/// A relay that falls back by itself does not say that it was switched.
const PULSE: &str = "/pulse/set";

/// A wish for another name.
#[derive(Deserialize)]
struct Wish {
    id: String,
    #[serde(default)]
    alias: Option<String>,
}

impl Conversation {
    /// Carries out a command, or refuses it.
    pub(super) fn order(&mut self, now: Now, command: Outgoing) {
        if !self.startup.is_up(now.mono) {
            return supervise::refuse(&self.handle, &command, &self.state(now));
        }
        if !self.handle.wants(command.id) {
            // Its end was told already: a newer wish followed.
            return;
        }
        let topic = command.topic.as_str();
        let payload = &command.payload;
        let place = (command.id, command.deadline);
        let done = if topic == "gateway/ping" {
            self.pong(now, command.id);
            Ok(())
        } else if let Some((name, rest)) = below(topic, "gateway/") {
            self.order_gateway(now, place, name, rest, payload)
        } else if let Some((name, rest)) = below(topic, "node/") {
            self.order_node(place, name, rest, payload)
        } else {
            self.order_device(place, &command.topic, payload)
        };
        if let Err(refusal) = done {
            self.handle.refuse(now, command.id, refusal);
        }
    }

    fn pong(&mut self, now: Now, id: CommandId) {
        self.tell_raw(now, "gateway/pong", Payload::of(self.name.as_str()));
        self.at_once(now, id);
    }

    /// What needs no word of the dongle is done already.
    fn at_once(&self, now: Now, id: CommandId) {
        self.handle.sent(now, id);
        self.handle.confirm(now, id);
    }

    /// `node/<name>/rest`
    fn order_node(
        &mut self,
        command: (CommandId, Instant),
        name: &str,
        rest: &str,
        payload: &Payload,
    ) -> Result<(), Refusal> {
        let id = self.nodes.named(name).ok_or_else(|| unknown(name))?.to_owned();
        self.listens(&id)?;
        let kind = self.nodes.get(&id).and_then(|node| node.commands.get(rest).copied());
        let answer = check::node(rest, payload, kind)?;
        let line = check::line(&format!("{id}/{rest}"), payload)?;
        self.say(ToSay { line, command: Some(command), node: Some(id.into()), answer });
        Ok(())
    }

    /// A node on batteries hears nothing.
    fn listens(&self, id: &str) -> Result<(), Refusal> {
        match self.nodes.get(id).map(|node| node.mode) {
            Some(Mode::Listening | Mode::Unknown) => Ok(()),
            Some(Mode::Sleeping) => {
                let name = printable(self.nodes.called(id));
                let reason = format!("`{name}` runs on batteries: this node sleeps and cannot be commanded");
                Err(Refusal::new("sleeping", reason))
            }
            None => Err(unknown(id)),
        }
    }

    /// `nodes/hardwario/<id>/…`, in the words of its definition.
    fn order_device(
        &mut self,
        command: (CommandId, Instant),
        topic: &Topic,
        payload: &Payload,
    ) -> Result<(), Refusal> {
        let id = topic.levels().nth(2).filter(|id| is_id(id)).unwrap_or_default();
        let base = base_of(if id.is_empty() { "-" } else { id });
        let not_ours = || {
            let reason = "a radio dongle takes commands for its nodes and its gateway, and nothing else";
            Refusal::new("not-a-command", reason)
        };
        let relative = topic.below(&base).ok_or_else(not_ours)?;
        self.listens(id)?;
        let order = self.translator.command(&base, relative, payload).ok_or_else(|| unknown(id))??;
        let (mut lines, mut answer) = (Vec::new(), Answer::Hub);
        for sending in order.sends {
            let topic = sending.topic.ok_or_else(not_ours)?;
            let line = topic.strip_prefix("node/").unwrap_or(&topic);
            let rest = line.split_once('/').map_or("", |(_, rest)| rest);
            let words = if sending.payload.is_empty() { "null" } else { &sending.payload };
            let words = Payload::parse(words).map_err(|wrong| {
                Refusal::new("definition", format!("the definition cannot say this: {}", wrong.reason))
            })?;
            check::node(rest, &words, None)?;
            if rest.ends_with(PULSE) {
                answer = Answer::Nothing;
            }
            lines.push(check::line(line, &words)?);
        }
        let last = lines.pop().ok_or_else(not_ours)?;
        for line in lines {
            self.say(ToSay { line, command: None, node: None, answer: Answer::Nothing });
        }
        self.say(ToSay { line: last, command: Some(command), node: Some(id.into()), answer });
        Ok(())
    }

    /// `gateway/<name>/rest`
    fn order_gateway(
        &mut self,
        now: Now,
        command: (CommandId, Instant),
        name: &str,
        rest: &str,
        payload: &Payload,
    ) -> Result<(), Refusal> {
        let gateway = |rest, wish, failure| Answer::Gateway { rest, wish, failure };
        let word = |word: &str| Some(Payload::of(word));
        let nothing = Payload::of(&());
        let (words, answer) = match rest {
            "info/get" if name == "all" => {
                self.tell_info(now);
                self.at_once(now, command.0);
                return Ok(());
            }
            "info/get" => {
                self.startup.asks_info();
                self.info_is_wanted = true;
                (nothing, gateway("info", None, None))
            }
            "nodes/get" => (nothing, gateway("nodes", None, None)),
            "nodes/purge" => (nothing, gateway("nodes", Some(Payload::of(&[(); 0])), None)),
            "nodes/add" => {
                let id = needed(payload)?;
                if self.known(&id).is_ok() {
                    // The dongle says nothing about a node that it has already.
                    self.at_once(now, command.0);
                    return Ok(());
                }
                (id.clone(), gateway("attach", Some(id), Some("attach-failure")))
            }
            "nodes/remove" => {
                let id = needed(payload)?;
                self.known(&id)?;
                (id.clone(), gateway("detach", Some(id), None))
            }
            "pairing-mode/start" => (nothing, gateway("pairing-mode", word("start"), None)),
            "pairing-mode/stop" => (nothing, gateway("pairing-mode", word("stop"), None)),
            "scan/start" => (nothing, gateway("scan", word("start"), None)),
            "scan/stop" => (nothing, gateway("scan", word("stop"), None)),
            "automatic-pairing/start" => (nothing, gateway("automatic-pairing", word("start"), None)),
            "automatic-pairing/stop" => (nothing, gateway("automatic-pairing", word("stop"), None)),
            "alias/set" | "alias/remove" => return self.order_name(command, rest, payload),
            // Other firmware may know more.
            _ => (payload.clone(), Answer::Nothing),
        };
        let line = check::line(&format!("/{rest}"), &words)?;
        self.say(ToSay { line, command: Some(command), node: None, answer });
        Ok(())
    }

    /// What the gateway last said of itself, once more.
    fn tell_info(&mut self, now: Now) {
        if let Some(said) = self.gateway.as_ref().map(|gateway| gateway.said.clone()) {
            self.tell_raw(now, &format!("gateway/{}/info", self.name), said);
        }
    }

    fn order_name(
        &mut self,
        command: (CommandId, Instant),
        rest: &str,
        payload: &Payload,
    ) -> Result<(), Refusal> {
        let bare = || Some(Wish { id: id_of(payload)?, alias: None });
        let wish = payload.get::<Wish>().filter(|_| payload.is_object()).or_else(bare);
        let Some(Wish { id, alias }) = wish.filter(|wish| is_id(&wish.id)) else {
            let needs =
                if rest == "alias/set" { "{\"id\": …, \"alias\": …}" } else { "the id of a node" };
            return Err(Refusal::new(
                "bad-payload",
                format!("`{rest}` takes {needs}; an id has 12 digits, 0-9 a-f"),
            ));
        };
        self.known(&Payload::of(id.as_str()))?;
        if self.naming.fixed.iter().any(|(known, _)| *known == id) {
            let reason = format!("the name of {id} stands in the configuration of the link; change it there");
            return Err(Refusal::new("fixed", reason));
        }
        let name = alias.filter(|name| !name.is_empty() && rest == "alias/set");
        if let Some(name) = &name {
            if let Some(why) = alias::wrong(name) {
                return Err(Refusal::new("bad-name", format!("{why}; found `{}`", printable(name))));
            }
            let bearer = self.nodes.bearer(name).filter(|bearer| *bearer != id);
            let is_given = self.changes.gives(name);
            if bearer.is_some() || is_given {
                let whose = bearer.unwrap_or("another node");
                let reason = format!("`{}` is the name of {whose} already", printable(name));
                return Err(Refusal::new("name-taken", reason));
            }
        }
        let change = Change { id: id.into(), name: name.map(Into::into), command: Some(command) };
        if self.changes.push(change) {
            return Ok(());
        }
        Err(Refusal::new("busy", "too many names wait to be stored; try again"))
    }

    /// Whether there is a node with the id that a payload is.
    fn known(&self, id: &Payload) -> Result<(), Refusal> {
        let id = id_of(id).unwrap_or_default();
        if self.nodes.has(&id) { Ok(()) } else { Err(unknown(&id)) }
    }
}

/// What follows `prefix`, in front of and behind its first slash.
fn below<'a>(topic: &'a str, prefix: &str) -> Option<(&'a str, &'a str)> {
    topic.strip_prefix(prefix)?.split_once('/')
}

/// The payload with an id in it, in one way of writing.
fn needed(payload: &Payload) -> Result<Payload, Refusal> {
    let wrong = || Refusal::new("bad-payload", "the id of a node is needed, 12 digits 0-9 a-f in quotes");
    id_of(payload).map(|id| Payload::of(id.as_str())).ok_or_else(wrong)
}

fn unknown(name: &str) -> Refusal {
    let reason = format!("no node `{}` is paired with this dongle", printable(name));
    Refusal::new("unknown-node", reason)
}
