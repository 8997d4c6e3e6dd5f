//! Commands that were given, and the words that answer them.

use crate::device::Refusal;
use crate::hub::{CommandId, LinkHandle, Now};
use crate::talk::Payload;
use crate::talk::model::Value;

/// The most commands that wait; the hub ends those that nobody answers.
const MOST: usize = 256;

/// What answers a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The node's word about `rest`, whatever it is or as it was wished.
    Node {
        /// What it speaks of, `relay/0:0/state`.
        rest: Box<str>,
        /// What it has to say.
        wish: Option<bool>,
    },
    /// The gateway's word.
    Gateway {
        /// What it speaks of, `attach`.
        rest: &'static str,
        /// What it has to say; whatever it is if there is nothing.
        wish: Option<Payload>,
        /// What it speaks of when it fails with the same payload.
        failure: Option<&'static str>,
    },
    /// The end of a change in the dongle's memory, which is followed elsewhere.
    Memory,
    /// The hub compares the device's words with the wish itself.
    Hub,
    /// Nothing: such a command is never answered.
    Nothing,
}

struct Given {
    id: CommandId,
    /// The node it was given to; nothing for the gateway.
    node: Option<Box<str>>,
    answer: Answer,
}

/// The commands that wait for an answer.
#[derive(Default)]
pub struct Waiting(Vec<Given>);

impl Waiting {
    /// A command goes out.
    pub fn give(&mut self, handle: &LinkHandle, id: CommandId, node: Option<&str>, answer: Answer) {
        if self.0.len() >= MOST {
            self.0.retain(|given| handle.wants(given.id));
        }
        self.0.push(Given { id, node: node.map(Into::into), answer });
    }

    /// It went out completely: one that is never answered has come to its end.
    pub fn went_out(&mut self, now: Now, handle: &LinkHandle) {
        for given in self.0.extract_if(.., |given| given.answer == Answer::Nothing) {
            handle.unconfirmable(now, given.id);
        }
    }

    /// A node speaks.
    pub fn node_spoke(&mut self, now: Now, handle: &LinkHandle, id: &str, rest: &str, payload: &Payload) {
        let answers = |given: &mut Given| match &given.answer {
            Answer::Node { rest: asked, wish } if **asked == *rest => {
                given.node.as_deref() == Some(id) && wish.is_none_or(|wish| is_so(payload, wish))
            }
            _ => false,
        };
        for given in self.0.extract_if(.., answers) {
            handle.confirm(now, given.id);
        }
    }

    /// The gateway speaks.
    pub fn gateway_spoke(&mut self, now: Now, handle: &LinkHandle, rest: &str, payload: &Payload) {
        let fits = |wish: &Option<Payload>| wish.as_ref().is_none_or(|wish| wish == payload);
        let speaks_of = |given: &Given| match &given.answer {
            Answer::Gateway { rest: asked, wish, .. } if *asked == rest && fits(wish) => Some(true),
            Answer::Gateway { wish, failure, .. } if *failure == Some(rest) && fits(wish) => Some(false),
            _ => None,
        };
        for given in self.0.extract_if(.., |given| speaks_of(given).is_some()) {
            if speaks_of(&given) == Some(true) {
                handle.confirm(now, given.id);
            } else {
                let reason = "the dongle has no room for another node; remove one first";
                handle.refuse(now, given.id, Refusal::new("table-full", reason));
            }
        }
    }
}

fn is_so(payload: &Payload, wish: bool) -> bool {
    payload.readings().iter().any(|reading| reading.value == Value::Bool(wish))
}
