//! A link as the hub sees it: its name, its state with the way out, its faults, and the handle it publishes with.
//!
//! Facts about a link are told under `$hub/link/<name>` whenever its state changes, and at most once a second while
//! only its counts change.

use std::sync::Arc;
use std::time::Instant;

use super::{CommandId, Hub, Now};
use crate::device::Refusal;
use crate::talk::{Message, Payload, Topic};

/// What a link says about itself when it is attached.
#[derive(Clone, Debug)]
pub struct LinkInfo {
    /// Its name in the configuration; unique.
    pub name: Arc<str>,
    /// Its kind, for example `serial`.
    pub kind: &'static str,
    /// The base topic its devices appear under.
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

/// Odd input of a device: not an error but a counted fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A line that is no message.
    Malformed,
    /// A line cut off by an unplug or by its length.
    Cut,
    /// A log line of the firmware.
    Log,
    /// A NUL byte in front of a line.
    Nul,
    /// A command coming from a device; never obeyed.
    ForeignCommand,
    /// A message that could not be kept.
    Dropped,
}

/// How often each [`Fault`] happened, and how many messages came and went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Counts {
    /// Messages from the device.
    pub received: u64,
    /// Commands written to the device.
    pub sent: u64,
    /// Lines that were no message.
    pub malformed: u64,
    /// Lines cut off.
    pub cut: u64,
    /// Log lines.
    pub log: u64,
    /// NUL bytes.
    pub nul: u64,
    /// Commands that came from a device.
    pub foreign_command: u64,
    /// Messages that could not be kept.
    pub dropped: u64,
}

impl Counts {
    pub(super) fn add(&mut self, fault: Fault, n: u64) {
        *match fault {
            Fault::Malformed => &mut self.malformed,
            Fault::Cut => &mut self.cut,
            Fault::Log => &mut self.log,
            Fault::Nul => &mut self.nul,
            Fault::ForeignCommand => &mut self.foreign_command,
            Fault::Dropped => &mut self.dropped,
        } += n;
    }
}

/// A command on its way through a link's outbox.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// To be named in [`LinkHandle::sent`] or [`LinkHandle::refuse`].
    pub id: CommandId,
    /// Relative to the link's base.
    pub topic: Topic,
    /// The payload as it was given.
    pub payload: Payload,
    /// After this moment it must not be sent any more.
    pub deadline: Instant,
}

/// The end that a link holds; cheap to clone.
#[derive(Clone)]
pub struct LinkHandle {
    hub: Hub,
    name: Arc<str>,
    base: Option<Topic>,
}

impl LinkHandle {
    pub(super) fn new(hub: Hub, info: &LinkInfo) -> Self {
        Self { hub, name: info.name.clone(), base: info.base.clone() }
    }

    /// The link's name.
    pub fn name(&self) -> &str {
        &self.name
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

    /// Tells how the link is.
    pub fn state(&self, now: Now, state: LinkState) {
        self.hub.lock().link_state(now, &self.name, state);
    }

    /// Counts odd input.
    pub fn count(&self, fault: Fault, n: u64) {
        self.hub.lock().count(&self.name, fault, n);
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

    /// The command was not or cannot be carried out.
    pub fn refuse(&self, now: Now, id: CommandId, refusal: Refusal) {
        self.hub.lock().refuse(now, id, refusal);
    }
}
