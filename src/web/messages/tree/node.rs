//! What stands in the tree: levels, and the topics among them.

use super::{NONE, NodeId};
use crate::hub::Presence;
use crate::web::messages::history::{History, Kept, Kind, Memory};
use crate::web::messages::pulse::Pulse;

/// One level, which may be a topic itself.
#[derive(Debug, Default)]
pub struct Node {
    /// The level's own name.
    pub name: Box<str>,
    /// All that is said at it and below.
    pub pulse: Pulse,
    /// Topics at it and below.
    pub topics: u32,
    /// Set where something was said under exactly this topic.
    pub leaf: Option<Box<Leaf>>,
    pub(super) parent: u32,
    /// In the order they are shown.
    pub(super) children: Vec<NodeId>,
    /// Distinguishes this node from an earlier one with the same number.
    pub(super) born: u32,
}

/// A topic.
#[derive(Debug)]
pub struct Leaf {
    /// What it said.
    pub history: History,
    /// How often it speaks, without those below.
    pub pulse: Pulse,
    /// Since when all that is known of it is what somebody remembered, in milliseconds since 1970, and who.
    pub remembered: Option<(u64, Memory)>,
    /// That it lies in a broker's memory, as far as is known.
    pub held: Option<Held>,
    /// Whether it speaks as usual, if the hub judges it.
    pub presence: Option<Presence>,
    /// The neighbours in the order of last words.
    pub(super) older: u32,
    pub(super) newer: u32,
}

/// What a broker remembers of a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// The number of the link to the broker.
    pub from: u16,
    /// Whether it is what was said last.
    pub is_last: bool,
}

impl Node {
    pub(super) fn weight(&self) -> usize {
        // With its place among the children of the node above.
        size_of::<Self>() + self.name.len() + 2 * size_of::<NodeId>()
    }
}

impl Leaf {
    pub(super) fn new(said: Kept) -> Self {
        let mut pulse = Pulse::default();
        pulse.hear(said.at, said.is_live());
        let remembered = (!said.is_live()).then_some((said.at, said.memory));
        let held = (said.memory == Memory::Broker).then_some(Held { from: said.from, is_last: true });
        Self {
            history: History::new(said),
            pulse,
            remembered,
            held,
            presence: None,
            older: NONE,
            newer: NONE,
        }
    }

    pub(super) fn hear(&mut self, said: Kept, present: &mut usize, past: &mut usize) {
        self.pulse.hear(said.at, said.is_live());
        let last = self.history.last();
        let is_same = last.bytes == said.bytes;
        self.held = match (said.memory, self.held) {
            (Memory::Broker, _) => Some(Held { from: said.from, is_last: true }),
            // Nobody can tell whether what is said now is retained; nothing at all takes it out.
            (Memory::Live, _) if said.bytes.is_empty() && said.kind != Kind::Command => None,
            (Memory::Live | Memory::Hub, held) => {
                held.map(|held| Held { is_last: held.is_last && is_same, ..held })
            }
        };
        self.remembered = match (said.memory, self.remembered) {
            // Whoever asks for something does not refresh what was said.
            (Memory::Live, known) if said.kind == Kind::Command => known,
            (Memory::Live, _) => None,
            // A broker tells what it remembers at every connection; the first time counts.
            (memory, Some((since, _))) => Some((since.min(said.at), memory)),
            // What was heard once and lies there still was refreshed when it was heard.
            (memory, None) if is_same => Some((last.at, memory)),
            (memory, None) => Some((said.at, memory)),
        };
        *present -= self.history.last().weight();
        *past -= self.history.weight();
        self.history.push(said);
        *past += self.history.weight();
    }

    pub(super) fn weight(&self) -> usize {
        size_of::<Self>() + self.history.last().weight()
    }
}
