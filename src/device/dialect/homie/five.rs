//! Version 5: the whole device in one JSON object.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value as Json;

use super::presence;
use super::property::Told;
use crate::device::dialect::draft::Draft;
use crate::device::profile::AvailabilityMode;

/// `$description`.
#[derive(Debug, Deserialize)]
pub(super) struct Description {
    #[serde(default)]
    name: String,
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    /// Each is read for itself, so that one that is damaged costs no other.
    nodes: BTreeMap<String, Json>,
    root: Option<String>,
    parent: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Node {
    #[serde(default)]
    name: String,
    #[serde(default)]
    properties: BTreeMap<String, Json>,
}

#[derive(Debug, Deserialize)]
struct Property {
    #[serde(default)]
    name: String,
    #[serde(default)]
    datatype: String,
    #[serde(default)]
    format: String,
    #[serde(default)]
    unit: String,
    #[serde(default)]
    settable: bool,
    #[serde(default = "yes")]
    retained: bool,
}

fn yes() -> bool {
    true
}

impl Description {
    /// Adds what it tells.
    pub fn draw(&self, draft: &mut Draft, key: &str) {
        if !self.name.is_empty() {
            draft.name.clone_from(&self.name);
        }
        draft.model = Some(self.kind.clone()).filter(|kind| !kind.is_empty());
        // The connection of its root is its own: a child is lost, and sleeps, when its root is.
        let siblings = key.rsplit_once('/').map_or("", |(before, _)| before);
        if let Some(root) = self.root.as_deref().or(self.parent.as_deref()).filter(|root| !root.is_empty()) {
            draft.availability.push(presence(&format!("{siblings}/{root}"), Some(root)));
            draft.mode = AvailabilityMode::All;
        }
        for (node, json) in &self.nodes {
            let Some(known) = read::<Node>(draft, node, json) else { continue };
            for (id, json) in &known.properties {
                let Some(property) = read::<Property>(draft, &format!("{node}/{id}"), json) else { continue };
                let plain = if property.name.is_empty() { id } else { &property.name };
                // Many nodes have a property of the same name.
                let name = match known.name.is_empty() || self.nodes.len() == 1 {
                    true => plain.clone(),
                    false => format!("{} {plain}", known.name),
                };
                Told {
                    node,
                    id,
                    name: &name,
                    datatype: &property.datatype,
                    format: &property.format,
                    unit: &property.unit,
                    is_settable: property.settable,
                    lasts: property.retained,
                }
                .draw(draft, key);
            }
        }
    }
}

/// A part of the description; nothing if it is damaged, which is listed.
fn read<'a, T: Deserialize<'a>>(draft: &mut Draft, what: &str, json: &'a Json) -> Option<T> {
    T::deserialize(json).map_err(|error| draft.skip(what, error.to_string())).ok()
}
