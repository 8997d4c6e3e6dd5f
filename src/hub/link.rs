//! A link as the hub sees it: its name, its state with the way out, its faults, and the handle it publishes with.
//!
//! Facts about a link are told under `$hub/link/<name>` whenever its state changes, and at most once a second while
//! only its counts change.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{Notify, broadcast};

use super::command::{By, Command, CommandId, Delivery, Means, Ticket, Whence};
use super::hear::{Conflict, Said};
use super::presence::Presence;
use super::{Fault, Hub, Now, Snapshot, Update};
use crate::device::Refusal;
use crate::talk::{Message, Payload, Topic};

/// What a link says about itself when it is attached.
#[derive(Clone, Debug)]
pub struct LinkInfo {
    /// Its name in the configuration; unique.
    pub name: Arc<str>,
    /// Its kind, for example `serial`.
    pub kind: &'static str,
    /// The base topic its device appears under; none for a link that carries many devices, each with its own.
    pub base: Option<Topic>,
}

/// How a link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Words go both ways.
    Up,
    /// Being opened or greeted.
    Connecting,
    /// Not there; tried again soon.
    Waiting,
    /// Ended by configuration or at stop.
    Down,
}

/// A link's state with its reason and the way out.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct LinkState {
    /// How it is.
    #[serde(rename = "state")]
    pub phase: Phase,
    /// A kebab-case word for programs, for example `unplugged`.
    pub code: &'static str,
    /// What happened, for people.
    pub reason: String,
    /// What to do about it; empty if nothing.
    pub hint: String,
}

impl LinkState {
    /// Up, with what is worth knowing about the other end.
    pub fn up(reason: impl Into<String>) -> Self {
        Self { phase: Phase::Up, code: "up", reason: reason.into(), hint: String::new() }
    }

    /// Not up, and why.
    pub fn not_up(
        phase: Phase,
        code: &'static str,
        reason: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self { phase, code, reason: reason.into(), hint: hint.into() }
    }
}

/// A command on its way through a link's outbox.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// To be named in [`LinkHandle::sent`] or [`LinkHandle::refuse`].
    pub id: CommandId,
    /// Relative to the link's base; complete where the link has none.
    pub topic: Topic,
    /// The payload as it was given.
    pub payload: Payload,
    /// After this moment it must not be sent any more.
    pub deadline: Instant,
    /// Set for what is published by hand: exactly so.
    pub post: Option<Delivery>,
    /// Set for what came through a link that carries many devices: the hubs it has passed through (`a,b`).
    pub via: Option<Arc<str>>,
}

/// The end that a link holds; cheap to clone.
#[derive(Clone)]
pub struct LinkHandle {
    pub(super) hub: Hub,
    name: Arc<str>,
    base: Option<Topic>,
    /// Whose commands come through this link, such as `mqtt:home`.
    account: Arc<str>,
    again: Arc<Notify>,
}

impl LinkHandle {
    pub(super) fn new(hub: Hub, info: &LinkInfo, again: Arc<Notify>) -> Self {
        let account = format!("{}:{}", info.kind, info.name).into();
        Self { hub, name: info.name.clone(), base: info.base.clone(), account, again }
    }

    pub(super) fn hub(&self) -> &Hub {
        &self.hub
    }

    /// The link's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Somebody mended what it waits for: it need not wait for its next try.
    pub fn again(&self) -> Arc<Notify> {
        self.again.clone()
    }

    /// The base topic its devices appear under.
    pub fn base(&self) -> Option<&Topic> {
        self.base.as_ref()
    }

    /// Tells what the device said; the topic is relative to the base.
    pub fn publish(&self, now: Now, message: Message) {
        let heard = super::state::Heard::new(message, self.base.as_ref());
        self.hub.lock().publish(now, &self.name, heard);
    }

    /// Tells what was heard on a link that carries many devices. With a base the device becomes known and is served by
    /// this link. `Err` if another link serves it; that is counted and told to nobody.
    pub fn hear(&self, now: Now, said: Said) -> Result<(), Conflict> {
        self.hub.lock().hear(now, &self.name, said)
    }

    /// The property is gone: its device, or a broker on its behalf, said so; `via` as in [`Said`].
    pub fn forget(&self, now: Now, topic: &Topic, via: Option<Arc<str>>) {
        self.hub.lock().forget(now, &self.name, topic, via);
    }

    /// The longest known base above `topic`, and the link that serves it now.
    pub fn serves(&self, topic: &Topic) -> Option<(Topic, Arc<str>)> {
        self.hub.lock().serves(topic)
    }

    /// Whether there is a link with this name that carries many devices.
    pub fn is_beside(&self, link: &str) -> bool {
        self.hub.lock().links.get(link).is_some_and(|known| known.info.base.is_none())
    }

    /// What is true now and everything after it, as [`Hub::subscribe`] has it.
    pub fn listen(&self, now: Now) -> (Snapshot, broadcast::Receiver<Arc<Update>>) {
        self.hub.subscribe(now)
    }

    /// Asks for something that was heard on this link, in its name (`mqtt:home`); `via` are the hubs it has passed
    /// through, which the link that carries it on needs to know a loop.
    pub fn command(
        &self,
        now: Now,
        topic: Topic,
        payload: Payload,
        id: Option<Arc<str>>,
        via: Arc<str>,
    ) -> Ticket {
        let from = Some(Whence { means: Means::Broker, address: None });
        let by = By { account: self.account.clone(), client: 0, from };
        self.hub.lock().command(now, Command { topic, payload, by, id }, Some(via))
    }

    /// Counts what was given to the other end without being a command.
    pub fn gave(&self, n: u64) {
        self.hub.lock().gave(&self.name, n);
    }

    /// Tells how the link is.
    pub fn state(&self, now: Now, state: LinkState) {
        self.hub.lock().link_state(now, &self.name, state);
    }

    /// Counts odd input.
    pub fn count(&self, fault: Fault, n: u64) {
        self.hub.lock().count(&self.name, fault, n);
    }

    /// Whether a device is there.
    pub fn is_online(&self, base: &Topic) -> bool {
        self.hub.lock().devices.get(base).is_some_and(|device| device.presence == Presence::Online)
    }

    /// Whether a command still waits to be carried out: one that was followed by a newer wish, or told as refused, must
    /// not be written any more.
    pub fn wants(&self, id: CommandId) -> bool {
        self.hub.lock().is_wanted(id)
    }

    /// The command was written to the device.
    pub fn sent(&self, now: Now, id: CommandId) {
        self.hub.lock().sent(now, &self.name, id);
    }

    /// What was published by hand was acknowledged by the broker, or a claimed command was answered.
    pub fn confirm(&self, now: Now, id: CommandId) {
        self.hub.lock().confirm(now, &self.name, id);
    }

    /// The command was not or cannot be carried out.
    pub fn refuse(&self, now: Now, id: CommandId, refusal: Refusal) {
        self.hub.lock().refuse(now, id, refusal);
    }
}
