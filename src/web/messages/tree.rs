//! The topics as a tree by level, each with what it last said and as much of its past as the budget allows.
//!
//! Everything is bounded. Beyond [`Bounds::topics`] or [`Bounds::present`] the topic not heard of for longest goes; beyond
//! [`Bounds::past`] the past of those goes that have more than an equal share, so a talkative topic pays for itself and
//! a silent one keeps its history. What went is counted.
//!
//! Nodes live in one vector and know each other by number; nothing here does I/O or looks at a clock.

mod node;

use std::collections::VecDeque;

use super::history::Kept;
use crate::hub::Presence;
pub use node::{Held, Leaf, Node};

/// The number of a node, good until its topic is forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(u32);

impl NodeId {
    /// Its place in a vector of [`Tree::capacity`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Above all topics.
pub const ROOT: NodeId = NodeId(0);

/// How much is kept.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Topics.
    pub topics: usize,
    /// Bytes of the levels and of the last payloads.
    pub present: usize,
    /// Bytes of older payloads.
    pub past: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { topics: 20_000, present: 24 << 20, past: 4 << 20 }
    }
}

/// What was left out, for the page to say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Forgotten {
    /// Topics that went to make room.
    pub topics: u64,
    /// Older payloads that went to make room.
    pub payloads: u64,
}

/// The tree.
#[derive(Debug)]
pub struct Tree {
    bounds: Bounds,
    nodes: Vec<Node>,
    free: Vec<u32>,
    forgotten: Forgotten,
    present: usize,
    past: usize,
    /// The ends of the order of last words.
    oldest: u32,
    newest: u32,
    /// Where the search for the past to forget goes on.
    hand: usize,
    born: u32,
    /// Grows whenever a node comes or goes.
    shape: u64,
}

const NONE: u32 = u32::MAX;

impl Tree {
    /// An empty tree.
    pub fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            nodes: vec![Node { parent: NONE, ..Node::default() }],
            free: Vec::new(),
            forgotten: Forgotten::default(),
            present: 0,
            past: 0,
            oldest: NONE,
            newest: NONE,
            hand: 0,
            born: 0,
            shape: 0,
        }
    }

    /// Takes what was said under `topic`.
    pub fn hear(&mut self, topic: &str, said: Kept) -> NodeId {
        let id = self.reach(topic);
        let (at, live) = (said.at, said.is_live());
        let mut above = id.0;
        while above != NONE {
            let node = &mut self.nodes[above as usize];
            node.pulse.hear(at, live);
            above = node.parent;
        }
        self.present += said.weight();
        match &mut self.nodes[id.0 as usize].leaf {
            Some(leaf) => leaf.hear(said, &mut self.present, &mut self.past),
            None => self.sprout(id, said),
        }
        self.move_to_newest(id.0);
        self.forget_past(id);
        self.forget_topics(id);
        id
    }

    /// Forgets a topic: its property is gone.
    pub fn remove(&mut self, id: NodeId) {
        let Some(leaf) = self.node_mut(id).leaf.take() else { return };
        self.unlink(&leaf);
        self.past -= leaf.history.weight();
        self.present -= leaf.weight();
        let mut above = id.0;
        while above != NONE {
            self.nodes[above as usize].topics -= 1;
            above = self.nodes[above as usize].parent;
        }
        self.prune(id.0);
        self.shape += 1;
    }

    /// The hub judges a topic, if it is known here.
    pub fn set_presence(&mut self, topic: &str, presence: Presence) {
        if let Some(leaf) = self.find(topic).and_then(|id| self.leaf_mut(id.0)) {
            leaf.presence = Some(presence);
        }
    }

    /// A broker, asked for it, says that it remembers this of a topic.
    pub fn hold(&mut self, topic: &str, said: Kept) {
        match self.find(topic).and_then(|id| self.leaf_mut(id.0)) {
            // It is no word, and may be older than the last one.
            Some(leaf) => {
                let is_last = leaf.history.last().bytes == said.bytes;
                leaf.held = Some(Held { from: said.from, is_last });
            }
            None => {
                self.hear(topic, said);
            }
        }
    }

    /// Nobody remembers a topic any more.
    pub fn forget_memory(&mut self, topic: &str) {
        if let Some(leaf) = self.find(topic).and_then(|id| self.leaf_mut(id.0)) {
            (leaf.remembered, leaf.held) = (None, None);
        }
    }

    /// A node.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// A topic, if the node is one.
    pub fn leaf(&self, id: NodeId) -> Option<&Leaf> {
        self.node(id).leaf.as_deref()
    }

    /// The levels right below a node, in order.
    pub fn children(&self, id: NodeId) -> &[NodeId] {
        &self.node(id).children
    }

    /// The node one level up; `None` for the root.
    pub fn parent(&self, id: NodeId) -> Option<NodeId> {
        (id != ROOT).then(|| NodeId(self.node(id).parent))
    }

    /// The topic, or the beginning of topics, that a node stands for.
    pub fn path(&self, id: NodeId) -> String {
        let mut levels = VecDeque::new();
        let mut above = id;
        while let Some(parent) = self.parent(above) {
            levels.push_front(&*self.node(above).name);
            above = parent;
        }
        levels.make_contiguous().join("/")
    }

    /// The node at exactly this path.
    pub fn find(&self, path: &str) -> Option<NodeId> {
        path.split('/')
            .try_fold(ROOT, |above, level| self.place(above, level).ok().map(|at| self.children(above)[at]))
    }

    /// A name for a node that stays its own, also when its topic is too long to be one: `17.4`.
    pub fn mark(&self, id: NodeId) -> String {
        format!("{}.{}", id.0, self.node(id).born)
    }

    /// The node with this mark, if it is still there.
    pub fn marked(&self, mark: &str) -> Option<NodeId> {
        let (id, born) = mark.split_once('.')?;
        let id = NodeId(id.parse().ok()?);
        let node = self.nodes.get(id.0 as usize)?;
        (Some(node.born) == born.parse().ok() && (id == ROOT || node.parent != NONE)).then_some(id)
    }

    /// How many nodes there may be; every number is below it.
    pub fn capacity(&self) -> usize {
        self.nodes.len()
    }

    /// Grows whenever a node comes or goes.
    pub fn shape(&self) -> u64 {
        self.shape
    }

    /// What was left out.
    pub fn forgotten(&self) -> Forgotten {
        self.forgotten
    }

    /// The bytes that are kept: of levels and last payloads, and of older payloads.
    pub fn weight(&self) -> (usize, usize) {
        (self.present, self.past)
    }

    fn node_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.nodes[id.0 as usize]
    }

    /// Where a level stands among those below `above`, or would stand.
    fn place(&self, above: NodeId, level: &str) -> Result<usize, usize> {
        self.children(above).binary_search_by(|child| order(&self.node(*child).name, level))
    }

    /// The node of a topic, made if it is not there.
    fn reach(&mut self, topic: &str) -> NodeId {
        let mut above = ROOT;
        for level in topic.split('/') {
            above = match self.place(above, level) {
                Ok(at) => self.children(above)[at],
                Err(at) => self.grow(above, at, level),
            };
        }
        above
    }

    fn grow(&mut self, above: NodeId, at: usize, level: &str) -> NodeId {
        self.born = self.born.wrapping_add(1);
        self.shape += 1;
        let node = Node { name: level.into(), parent: above.0, born: self.born, ..Node::default() };
        self.present += node.weight();
        let id = match self.free.pop() {
            Some(free) => {
                self.nodes[free as usize] = node;
                NodeId(free)
            }
            None => {
                self.nodes.push(node);
                // The budget of bytes ends long before the numbers do.
                NodeId(u32::try_from(self.nodes.len() - 1).unwrap_or(NONE - 1))
            }
        };
        self.node_mut(above).children.insert(at, id);
        id
    }

    fn sprout(&mut self, id: NodeId, said: Kept) {
        self.present += size_of::<Leaf>();
        self.node_mut(id).leaf = Some(Box::new(Leaf::new(said)));
        let mut above = id.0;
        while above != NONE {
            self.nodes[above as usize].topics += 1;
            above = self.nodes[above as usize].parent;
        }
        self.shape += 1;
    }

    /// Takes away a node that is no topic any more and has none below, and so on upwards.
    fn prune(&mut self, mut id: u32) {
        while id != ROOT.0 && self.nodes[id as usize].topics == 0 {
            let above = NodeId(self.nodes[id as usize].parent);
            if let Ok(at) = self.place(above, &self.nodes[id as usize].name) {
                self.node_mut(above).children.remove(at);
            }
            let gone = Node { parent: NONE, ..Node::default() };
            self.present -= std::mem::replace(&mut self.nodes[id as usize], gone).weight();
            self.free.push(id);
            id = above.0;
        }
    }

    fn leaf_mut(&mut self, id: u32) -> Option<&mut Leaf> {
        self.nodes.get_mut(id as usize)?.leaf.as_deref_mut()
    }

    /// Takes a leaf out of the order of last words.
    fn unlink(&mut self, leaf: &Leaf) {
        match self.leaf_mut(leaf.older) {
            Some(older) => older.newer = leaf.newer,
            None => self.oldest = leaf.newer,
        }
        match self.leaf_mut(leaf.newer) {
            Some(newer) => newer.older = leaf.older,
            None => self.newest = leaf.older,
        }
    }

    fn move_to_newest(&mut self, id: u32) {
        if self.newest == id {
            return;
        }
        let Some(mut leaf) = self.nodes[id as usize].leaf.take() else { return };
        // A new leaf is in no order yet; of the others only the newest has none after it.
        if leaf.newer != NONE {
            self.unlink(&leaf);
        }
        (leaf.older, leaf.newer) = (self.newest, NONE);
        match self.leaf_mut(self.newest) {
            Some(newest) => newest.newer = id,
            None => self.oldest = id,
        }
        self.newest = id;
        self.nodes[id as usize].leaf = Some(leaf);
    }

    /// Brings the past back into its budget: first that of the topic that spoke, then wherever there is too much.
    fn forget_past(&mut self, spoke: NodeId) {
        let share = self.bounds.past / (self.node(ROOT).topics.max(1) as usize);
        let mut at = spoke.0 as usize;
        while self.past > self.bounds.past {
            let (mut freed, mut dropped) = (0, 0);
            if let Some(leaf) = &mut self.nodes[at].leaf {
                let before = leaf.history.weight();
                while before - freed > share
                    && self.past - freed > self.bounds.past
                    && leaf.history.drop_oldest()
                {
                    (freed, dropped) = (before - leaf.history.weight(), dropped + 1);
                }
            }
            self.past -= freed;
            self.forgotten.payloads += dropped;
            // As long as all together have too much, somebody has more than an equal share.
            self.hand = (self.hand + 1) % self.nodes.len();
            at = self.hand;
        }
    }

    /// Brings topics and their last payloads back into their budget; the one that spoke stays.
    fn forget_topics(&mut self, spoke: NodeId) {
        while (self.node(ROOT).topics as usize > self.bounds.topics || self.present > self.bounds.present)
            && self.oldest != spoke.0
        {
            self.remove(NodeId(self.oldest));
            self.forgotten.topics += 1;
        }
    }
}

/// Levels in the order of their bytes, those of the system (`$…`) last.
fn order(a: &str, b: &str) -> std::cmp::Ordering {
    a.starts_with('$').cmp(&b.starts_with('$')).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests;
