//! How the entities of a device say that it is there: in all forms, and which of several words counts.
//!
//! Here a device is there or gone as a whole. So a word counts if all entities that have any share it; what only one
//! entity has is listed.

use std::collections::BTreeSet;

use super::entity::Entity;
use super::options::Options;
use super::template::Taken;
use crate::device::dialect::MOST_WORDS;
use crate::device::dialect::draft::{Draft, Presence};
use crate::device::profile::AvailabilityMode;

/// Options that say it, where a device announces them for all its parts.
pub(super) const KEYS: [&str; 6] = [
    "availability",
    "availability_mode",
    "availability_topic",
    "availability_template",
    "payload_available",
    "payload_not_available",
];

/// What the entities say, added to the draft; `gateway` is the name of what carries the device, if it is carried.
pub(super) fn draw(draft: &mut Draft, entities: &[Entity], gateway: Option<&str>) {
    let mut shared: Option<Vec<Presence>> = None;
    let mut alone: BTreeSet<(String, String)> = BTreeSet::new();
    for entity in entities {
        let said = match presences(&entity.options) {
            Ok(said) if said.is_empty() => continue,
            Ok(said) => said,
            Err(why) => {
                draft.skip(format!("{} availability", entity.called()), why);
                continue;
            }
        };
        if shared.is_none() {
            draft.mode = mode(&entity.options);
        }
        let earlier = shared.take().unwrap_or_else(|| said.clone());
        for one in &said {
            if !earlier.contains(one) {
                alone.insert((one.topic.clone(), entity.called()));
            }
        }
        shared = Some(earlier.into_iter().filter(|one| said.contains(one)).collect());
    }
    let states: Vec<String> =
        entities.iter().filter_map(|entity| entity.options.topic("state_topic").ok().flatten()).collect();
    for mut presence in shared.unwrap_or_default() {
        presence.bridge = gateway.filter(|_| !is_own(&presence.topic, &states)).map(str::to_owned);
        draft.availability.push(presence);
    }
    for (topic, called) in alone {
        let why = "only this part of the device says so; here a device is there or gone as a whole";
        draft.skip(format!("{called} availability {topic}"), why);
    }
}

/// Whether a carried device says it itself: beside or below what it tells its state under.
fn is_own(topic: &str, states: &[String]) -> bool {
    let parent = |topic: &str| topic.rsplit_once('/').map(|(parent, _)| parent.to_owned());
    states.iter().any(|state| {
        topic.strip_prefix(&**state).is_some_and(|rest| rest.starts_with('/'))
            || parent(topic) == parent(state)
    })
}

fn mode(options: &Options) -> AvailabilityMode {
    match options.text("availability_mode").as_deref() {
        Some("all") => AvailabilityMode::All,
        Some("any") => AvailabilityMode::Any,
        _ => AvailabilityMode::Latest,
    }
}

/// Every word about it that one entity knows.
fn presences(options: &Options) -> Result<Vec<Presence>, String> {
    let mut all = Vec::new();
    if let Some(topic) = options.topic("availability_topic")? {
        all.push(presence(topic, options, "availability_template")?);
    }
    for one in options.each("availability").into_iter().take(MOST_WORDS) {
        let one = one.below(options);
        let topic = one.topic("topic")?.ok_or("has no topic")?;
        let presence = presence(topic, &one, "value_template")?;
        if !all.contains(&presence) {
            all.push(presence);
        }
    }
    Ok(all)
}

fn presence(topic: String, options: &Options, template: &str) -> Result<Presence, String> {
    let taken = options.text(template).map_or(Ok(Taken::all()), |text| Taken::by(&text))?;
    let words = |key: &str, usual: &str| {
        let word = options.word(key, usual);
        // Python's words for truth are JSON's.
        let json =
            Some(word.to_lowercase()).filter(|json| *json != word && matches!(&**json, "true" | "false"));
        [word].into_iter().chain(json).collect::<Vec<String>>()
    };
    let (online, offline) = (words("payload_available", "online"), words("payload_not_available", "offline"));
    let (value, template) = match taken {
        Taken::At { pointer, factor: None, decimals: None } => (pointer, None),
        Taken::At { .. } => return Err("calculates with what is no number".into()),
        Taken::Made { text, .. } => (String::new(), Some(text)),
    };
    Ok(Presence { topic, value, template, online, offline, ..Presence::default() })
}
