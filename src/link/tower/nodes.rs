//! The nodes of a dongle: their names, their firmware, whether they listen, and when they last spoke.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use serde::Deserialize;

use super::word::is_id;
use crate::talk::Payload;

/// The longest name a dongle stores.
pub const MAX_NAME: usize = 32;
/// Topics of one node that are remembered, to be taken back when it gets another name.
const MAX_TOPICS: usize = 256;
/// Commands that one node may register.
const MAX_COMMANDS: usize = 32;

/// Whether a node can be commanded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// It has not said so; old firmware never does.
    #[default]
    Unknown,
    /// On mains, or the gateway itself.
    Listening,
    /// On batteries: it hears nothing.
    Sleeping,
}

impl Mode {
    /// By the number in a node's `info`, or the word that the definition makes of it.
    fn of(said: &serde_json::Value) -> Self {
        match (said.as_u64(), said.as_str()) {
            (Some(1 | 2), _) | (_, Some("gateway" | "listening")) => Self::Listening,
            (Some(3), _) | (_, Some("sleeping")) => Self::Sleeping,
            _ => Self::Unknown,
        }
    }
}

/// One node.
#[derive(Clone, Debug, Default)]
pub struct Node {
    /// Its name.
    pub alias: Option<Box<str>>,
    /// Whether another link of this hub has a node of that name, so that this one goes by its id.
    pub is_taken: bool,
    /// The name of its firmware.
    pub firmware: Option<Box<str>>,
    /// The version of its firmware.
    pub version: Option<Box<str>>,
    /// Whether it listens.
    pub mode: Mode,
    /// Its battery in volts, with the digits it sent.
    pub battery: Option<Box<str>>,
    /// When it last spoke.
    pub heard: Option<SystemTime>,
    /// What it has spoken of.
    pub topics: BTreeSet<Box<str>>,
    /// The commands it has registered, each with the number of its payload's type.
    pub commands: BTreeMap<Box<str>, u8>,
}

impl Node {
    /// Takes over what it says about its firmware; whether it said so.
    pub fn inform(&mut self, payload: &Payload) -> bool {
        #[derive(Deserialize)]
        struct Said {
            firmware: Option<String>,
            version: Option<String>,
            #[serde(default)]
            mode: serde_json::Value,
        }
        let Some(Said { firmware: Some(firmware), version, mode }) = payload.get() else { return false };
        (self.firmware, self.version) = (Some(firmware.into()), version.map(Into::into));
        let mode = Mode::of(&mode);
        if mode != Mode::Unknown {
            self.mode = mode;
        }
        true
    }

    /// It spoke of something now.
    pub fn spoke(&mut self, at: SystemTime, rest: &str) {
        self.heard = Some(at);
        if self.topics.len() < MAX_TOPICS && !self.topics.contains(rest) {
            self.topics.insert(rest.into());
        }
    }

    /// It takes a command of its own; whether that is new.
    pub fn registers(&mut self, rest: &str, kind: u8) -> bool {
        let has_room = self.commands.len() < MAX_COMMANDS || self.commands.contains_key(rest);
        has_room && self.commands.insert(rest.into(), kind).is_none()
    }
}

/// All nodes of a dongle, by id.
#[derive(Debug, Default)]
pub struct Nodes(BTreeMap<Box<str>, Node>);

impl Nodes {
    /// The node with this id.
    pub fn get(&self, id: &str) -> Option<&Node> {
        self.0.get(id)
    }

    /// The node with this id, new if it was not known.
    pub fn node(&mut self, id: &str) -> &mut Node {
        self.0.entry(id.into()).or_default()
    }

    /// Whether there is such a node.
    pub fn has(&self, id: &str) -> bool {
        self.0.contains_key(id)
    }

    /// Takes a node out.
    pub fn remove(&mut self, id: &str) -> Option<Node> {
        self.0.remove(id)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.0.iter().map(|(id, node)| (&**id, node))
    }

    /// How a node is called in topics: by its name if that can stand there, otherwise by its id.
    pub fn called<'a>(&'a self, id: &'a str) -> &'a str {
        let node = self.get(id).filter(|node| !node.is_taken);
        node.and_then(|node| node.alias.as_deref()).filter(|name| is_name(name)).unwrap_or(id)
    }

    /// The id of the node that topics call so; an id names itself.
    pub fn named(&self, name: &str) -> Option<&str> {
        let by_id = self.0.get_key_value(name).map(|(id, _)| &**id);
        by_id.or_else(|| self.bearer(name).filter(|id| self.called(id) == name))
    }

    /// The id of the node with this name.
    pub fn bearer(&self, name: &str) -> Option<&str> {
        self.iter().find(|(_, node)| node.alias.as_deref() == Some(name)).map(|(id, _)| id)
    }
}

/// Whether a name can be a level of a topic and is not taken for an id.
pub fn is_name(text: &str) -> bool {
    let bad = |c: char| c.is_control() || matches!(c, '/' | '+' | '#');
    !text.is_empty() && !text.starts_with('$') && !text.contains(bad) && !is_id(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_called_by_a_name_that_can_stand_in_a_topic() {
        let mut nodes = Nodes::default();
        let check = |nodes: &mut Nodes, alias: &str, called: &str| {
            nodes.node("836d1983718a").alias = Some(alias.into());
            assert_eq!(nodes.called("836d1983718a"), called);
            assert_eq!(nodes.named(called), Some("836d1983718a"));
            assert_eq!(nodes.named("836d1983718a"), Some("836d1983718a"));
        };
        check(&mut nodes, "kitchen:0", "kitchen:0");
        check(&mut nodes, "kuchyně u okna", "kuchyně u okna");
        for odd in ["a/b", "+", "a#", "$x", "", "a\u{7}", "836d19821664"] {
            check(&mut nodes, odd, "836d1983718a");
            assert_eq!(nodes.named(odd), None, "{odd}");
        }
    }

    #[test]
    fn the_mode_is_known_by_number_and_by_word_and_stays_when_it_is_not_said() {
        let mut node = Node::default();
        for (said, mode) in [
            (r#"{"firmware": "kit-push-button", "version": "v1.2.0", "mode": 3}"#, Mode::Sleeping),
            (r#"{"firmware": "kit-push-button"}"#, Mode::Sleeping),
            (r#"{"firmware": "f", "mode": "listening"}"#, Mode::Listening),
            (r#"{"firmware": "f", "mode": 1}"#, Mode::Listening),
            (r#"{"firmware": "f", "mode": 0}"#, Mode::Listening),
        ] {
            assert!(node.inform(&Payload::parse(said).expect(said)));
            assert_eq!(node.mode, mode, "{said}");
        }
        assert!(!node.inform(&Payload::parse("5").expect("a number")));
    }
}
