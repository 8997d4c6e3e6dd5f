//! The list of everything that was recorded, device by device, each with a small picture of its last hours.

use std::collections::BTreeMap;

use super::asked::Asked;
use super::called::{Called, Names};
use crate::web::history::list::Recorded;
use crate::web::history::sparks::Lately;
use crate::web::page::show::visible;

/// One device.
pub struct Group {
    /// What it is called.
    pub device: String,
    /// What was recorded of it.
    pub choices: Vec<Choice>,
}

/// One series to choose.
pub struct Choice {
    /// Its name in addresses.
    pub series: String,
    /// How it is called.
    pub called: Called,
    /// Its unit.
    pub unit: String,
    /// Whether it is chosen.
    pub chosen: bool,
    /// The line of its last hours; empty if there is none.
    pub spark: String,
}

/// The list, by the names of devices.
pub fn groups(names: &Names, all: &[Recorded], asked: &Asked, lately: &Lately) -> Vec<Group> {
    let mut by_device: BTreeMap<String, Vec<Choice>> = BTreeMap::new();
    for one in all {
        let called = names.of(&one.name);
        by_device.entry(called.device.clone()).or_default().push(Choice {
            series: one.name.to_string(),
            unit: one.unit.as_deref().map_or_else(String::new, visible),
            chosen: asked.names.contains(&one.name),
            spark: lately.of(&one.name).map_or_else(String::new, |spark| spark.path.clone()),
            called,
        });
    }
    by_device.into_iter().map(|(device, choices)| Group { device, choices }).collect()
}
