//! What is known of nodes from before: a node tells its firmware and whether it listens only when it starts, so what the
//! hub remembers of that is all there is until then.

use std::collections::HashMap;

use super::devices::base_of;
use super::nodes::Node;
use super::word::is_id;
use crate::hub::{EntryView, Snapshot};
use crate::talk::model::Value;

/// Nodes as they were, by id.
#[derive(Debug, Default)]
pub struct Remembered(HashMap<Box<str>, Node>);

impl Remembered {
    /// From the last values of the hub.
    pub fn of(snapshot: &Snapshot) -> Self {
        let mut nodes: HashMap<Box<str>, Node> = HashMap::new();
        for entry in &snapshot.entries {
            if let Some((id, rest)) = place(entry) {
                let node = nodes.entry(id.into()).or_default();
                recall(node, rest, entry);
            }
        }
        Self(nodes)
    }

    /// What is known of a node.
    pub fn of_node(&self, id: &str) -> Option<Node> {
        self.0.get(id).cloned()
    }
}

/// Id and property of a value of a node.
fn place(entry: &EntryView) -> Option<(&str, &str)> {
    let topic = entry.topic.as_str();
    let mut ends = topic.match_indices('/').skip(1);
    let (before, after) = (ends.next()?.0, ends.next()?.0);
    let (id, rest) = (topic.get(before + 1..after)?, topic.get(after + 1..)?);
    (is_id(id) && entry.topic.below(&base_of(id)) == Some(rest)).then_some((id, rest))
}

fn recall(node: &mut Node, rest: &str, entry: &EntryView) {
    let Some(update) = &entry.update else { return };
    if !update.memory {
        node.heard = node.heard.max(Some(update.at));
    }
    let payload = &update.message.payload;
    if rest == "device/-" {
        node.inform(payload);
    } else if rest.starts_with("battery/") {
        let volts = payload.readings().iter().find(|reading| &*reading.key == "voltage");
        if let Some(Value::Number { text, .. }) = volts.map(|reading| &reading.value) {
            node.battery = Some(text.clone());
        }
    }
}
