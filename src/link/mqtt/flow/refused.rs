//! Commands that somebody refuses after they were given, such as a gateway that tells in its log what it could not pass on.
//!
//! A refusal names no command. It counts if it fits just one that still waits for its end; where it fits several, each
//! ends by what its device says.

use crate::device::Refusal;
use crate::device::translate::Refusing;
use crate::hub::{CommandId, LinkHandle, Now, Outgoing};
use crate::talk::{Payload, Topic, printable};

use super::Flow;

/// The most commands that are waited for.
const MOST: usize = 256;

/// Commands that somebody may refuse.
#[derive(Debug, Default)]
pub struct Awaited(Vec<One>);

#[derive(Debug)]
struct One {
    id: CommandId,
    base: Topic,
    /// Relative to the base.
    topic: Box<str>,
    payload: Payload,
    refusing: Vec<Refusing>,
}

impl Awaited {
    /// A command was given; `topic` is relative to `base`.
    pub fn put(&mut self, command: &Outgoing, base: &Topic, topic: &str, refusing: Vec<Refusing>) {
        if refusing.is_empty() {
            return;
        }
        if self.0.len() >= MOST {
            self.0.remove(0);
        }
        let (base, payload) = (base.clone(), command.payload.clone());
        self.0.push(One { id: command.id, base, topic: topic.into(), payload, refusing });
    }

    /// The only command that a message refuses, with the reason.
    fn refused(&mut self, handle: &LinkHandle, topic: &str, payload: &Payload) -> Option<(One, String)> {
        let reason = |one: &One| one.refusing.iter().find_map(|refusing| refusing.reason(topic, payload));
        let mut fitting = self.0.iter().enumerate().filter_map(|(at, one)| Some((at, reason(one)?)));
        let (at, reason) = fitting.next()?;
        let is_only = fitting.next().is_none();
        (is_only && handle.wants(self.0[at].id)).then(|| (self.0.remove(at), reason))
    }

    /// Those whose end is known are waited for no more.
    fn forget_ended(&mut self, handle: &LinkHandle) {
        self.0.retain(|one| handle.wants(one.id));
    }
}

impl Flow {
    /// Somebody may say that a command was not carried out.
    pub(super) fn hear_refusals(&mut self, now: Now, topic: &Topic, payload: &Payload) {
        if self.foreign.awaited.0.is_empty() {
            return;
        }
        self.foreign.awaited.forget_ended(&self.handle);
        let refused = self.foreign.awaited.refused(&self.handle, topic.as_str(), payload);
        let Some((one, said)) = refused else { return };
        self.foreign.translator.not_done(&one.base, &one.topic, &one.payload);
        let reason = format!("it was refused on the way to the device: \"{}\"", printable(&said));
        self.handle.refuse(now, one.id, Refusal::new("device", reason));
    }
}
