//! Versions 3 and 4: every attribute under a topic of its own, in any order.

use std::collections::BTreeMap;

use super::property::Told;
use crate::device::dialect::draft::Draft;

/// The most attributes of one device, and the longest one in bytes.
const MOST: usize = 2_048;
const LONGEST: usize = 4_096;

/// Attributes by what stands behind the device: `$nodes`, `led/power/$datatype`.
#[derive(Debug, Default)]
pub(super) struct Attributes(BTreeMap<Box<str>, Box<str>>);

impl Attributes {
    /// Keeps one; whether it says something new, or why it is not kept.
    pub fn put(&mut self, name: &str, said: &str) -> Result<bool, String> {
        // What a device counts and tells while it runs is nothing that it has.
        if ["$stats", "$fw", "$log"].iter().any(|start| name.starts_with(start)) {
            return Ok(false);
        }
        if said.len() > LONGEST {
            return Err(format!("is {} bytes long; {LONGEST} at most are read", said.len()));
        }
        if self.0.len() >= MOST && !self.0.contains_key(name) {
            return Err(format!("its device has {MOST} attributes, which is all that are kept"));
        }
        Ok(match said.is_empty() {
            true => self.0.remove(name).is_some(),
            false => self.0.insert(name.into(), said.into()).is_none_or(|before| *before != *said),
        })
    }

    fn get(&self, name: &str) -> &str {
        self.0.get(name).map(|said| &**said).unwrap_or_default()
    }

    /// Adds what the attributes tell; nothing while they name no property.
    pub fn draw(&self, draft: &mut Draft, key: &str) -> Option<()> {
        let nodes = self.get("$nodes");
        if nodes.is_empty() {
            return None;
        }
        if !self.get("$name").is_empty() {
            draft.name = self.get("$name").to_owned();
        }
        draft.model = Some(self.get("$implementation").to_owned()).filter(|model| !model.is_empty());
        draft.identifiers.push(self.get("$mac").to_owned());
        for node in listed(nodes) {
            let properties = self.get(&format!("{node}/$properties"));
            if properties.is_empty() {
                draft.skip(node, "its `$properties` were not announced");
            }
            for id in listed(properties) {
                let attribute = |name: &str| self.get(&format!("{node}/{id}/{name}"));
                for name in ["$settable", "$retained"] {
                    let said = attribute(name);
                    if !matches!(said, "" | "true" | "false") {
                        let why = format!("says `{said:.40}`, neither true nor false");
                        draft.skip(format!("{node}/{id}/{name}"), why);
                    }
                }
                Told {
                    node,
                    id,
                    name: attribute("$name"),
                    datatype: attribute("$datatype"),
                    format: attribute("$format"),
                    unit: attribute("$unit"),
                    is_settable: attribute("$settable") == "true",
                    lasts: attribute("$retained") != "false",
                }
                .draw(draft, key);
            }
        }
        (!draft.entries.is_empty()).then_some(())
    }
}

/// `a,b`; an array of nodes of version 3 is told as `a[]`.
fn listed(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(|one| one.trim().trim_end_matches("[]")).filter(|one| !one.is_empty())
}
