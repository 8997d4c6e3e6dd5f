//! Topics with what differs from device to device captured: `plug-1/status/switch:0` is `{id}/status/switch:{n}`.
//!
//! Which level names the device cannot be known, only supposed; whoever watches can say it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::class::Class;
use super::leaves::has_parts;
use super::{About, Sample, naming};
use crate::talk::Payload;

/// Everything that was heard, by its kind.
#[derive(Debug, Default)]
pub(super) struct Arranged {
    /// What devices say.
    pub streams: Vec<Stream>,
    /// What they are told.
    pub commands: Vec<Stream>,
    /// Topics in which no device can be named.
    pub lone: Vec<String>,
    /// The level that names the device, counted from 0, if somebody had to suppose it.
    pub supposed: Option<usize>,
}

/// One kind of message.
#[derive(Debug)]
pub(super) struct Stream {
    /// The levels of its topic, with captures; none on a serial line.
    pub levels: Vec<String>,
    /// How a line is divided, as a `read` says it.
    pub parts: Option<String>,
    /// What was heard, in the order it was.
    pub heard: Vec<Heard>,
}

/// One message.
#[derive(Clone, Debug)]
pub(super) struct Heard {
    pub topic: String,
    pub id: String,
    pub at: Duration,
    pub payload: Payload,
    pub retained: bool,
    /// The line of a serial port, as it was.
    pub line: Option<String>,
}

/// Levels under which devices are told something.
const COMMANDS: &[&str] = &["set", "command", "commands", "cmd", "cmnd", "rpc", "get"];
/// Levels at the front that are no device.
const ROOTS: &[&str] = &[
    "tele",
    "stat",
    "cmnd",
    "shellies",
    "zigbee2mqtt",
    "tasmota",
    "home",
    "homie",
    "esphome",
    "sensors",
    "sensor",
    "devices",
    "device",
    "homeassistant",
    "nodes",
    "node",
    "rtl_433",
    "ruuvi",
    "theengs",
    "iot",
    "house",
    "mqtt",
];
/// What stands for the number of a part.
pub(super) const NUMBER: &str = "{n}";

impl Arranged {
    /// Everything that stands for `{id}`.
    pub(super) fn devices(&self) -> Vec<String> {
        let heard = self.streams.iter().chain(&self.commands).flat_map(|stream| &stream.heard);
        let mut ids: Vec<String> = heard.map(|heard| heard.id.clone()).collect();
        ids.sort();
        ids.dedup();
        ids
    }
}

impl Stream {
    /// Its topic, with captures.
    pub(super) fn topic(&self) -> String {
        self.levels.join("/")
    }

    /// The sort of payload.
    fn class(&self) -> Option<Class> {
        Class::of(self.heard.iter().map(|heard| heard.payload.as_str()))
    }
}

/// Arranges messages by their topics.
pub(super) fn topics(topics: &BTreeMap<String, Vec<Sample>>, about: &About) -> Arranged {
    let mut arranged = Arranged::default();
    let mut known: Vec<(Vec<String>, Stream)> = Vec::new();
    let is_deeper = about.id.is_none() && below(topics, about);
    for (topic, samples) in topics {
        let levels: Vec<&str> = topic.split('/').collect();
        let at = level(&levels, about).map(|at| at + usize::from(is_deeper && at + 2 < levels.len()));
        let at = at.filter(|at| !levels[*at].is_empty());
        let (Some(at), false) = (at, topic.contains(['{', '}']) || topic.chars().any(char::is_control))
        else {
            arranged.lone.push(topic.clone());
            continue;
        };
        if about.id.is_none() && !about.filter.as_deref().is_some_and(|filter| filter.contains('+')) {
            arranged.supposed.get_or_insert(at);
        }
        let mut pattern: Vec<String> = levels.iter().map(|level| (*level).to_owned()).collect();
        pattern[at] = "{id}".to_owned();
        let heard = samples.iter().map(|sample| Heard {
            topic: topic.clone(),
            id: levels[at].to_owned(),
            at: sample.at,
            payload: sample.payload.clone(),
            retained: sample.retained,
            line: None,
        });
        match known.iter_mut().find(|(levels, _)| *levels == pattern) {
            Some((_, stream)) => stream.heard.extend(heard),
            None => {
                known.push((pattern.clone(), Stream { levels: pattern, parts: None, heard: heard.collect() }))
            }
        }
    }
    let is_command = |stream: &Stream| stream.levels.iter().any(|level| COMMANDS.contains(&level.as_str()));
    let (commands, said): (Vec<Stream>, Vec<Stream>) =
        known.into_iter().map(|(_, stream)| stream).partition(is_command);
    arranged.commands = commands;
    arranged.streams = merged(said);
    arranged.streams.iter_mut().for_each(|stream| stream.heard.sort_by_key(|heard| heard.at));
    arranged
}

/// Whether every topic has the same numbered name below the level that would be taken: `pond/pump-1/…`.
fn below(topics: &BTreeMap<String, Vec<Sample>>, about: &About) -> bool {
    if about.filter.as_deref().is_some_and(|filter| filter.contains('+')) {
        return false;
    }
    let mut names = topics.keys().map(|topic| {
        let levels: Vec<&str> = topic.split('/').collect();
        let at = level(&levels, about).filter(|at| at + 2 < levels.len())?;
        levels[at + 1].contains(|c: char| c.is_ascii_digit()).then(|| levels[at + 1].to_owned())
    });
    match names.next() {
        Some(Some(first)) => topics.len() > 1 && names.all(|name| name.as_ref() == Some(&first)),
        Some(None) | None => false,
    }
}

/// The level of a topic that names the device.
fn level(levels: &[&str], about: &About) -> Option<usize> {
    if let Some(id) = &about.id {
        return levels.iter().position(|level| level == id);
    }
    let filter: Vec<&str> = about.filter.as_deref().unwrap_or("#").split('/').collect();
    if let Some(at) = filter.iter().position(|level| *level == "+") {
        return (at < levels.len()).then_some(at);
    }
    let is_root = |level: &str| ROOTS.contains(&level) || level.bytes().all(|byte| byte.is_ascii_digit());
    let given = filter.iter().position(|level| *level == "#").unwrap_or(0);
    if given > 0 && !is_root(filter[given - 1]) {
        return Some(given - 1);
    }
    let free = (given..levels.len()).find(|at| !is_root(levels[*at]));
    free.or(levels.len().checked_sub(1))
}

/// Topics that differ in one number are one.
fn merged(streams: Vec<Stream>) -> Vec<Stream> {
    let paths: Vec<Vec<String>> = streams.iter().map(|stream| stream.levels.clone()).collect();
    let kinds: Vec<String> = streams
        .iter()
        .map(|stream| match stream.heard.first() {
            Some(heard) if has_parts(heard.payload.as_str()) => "parts".to_owned(),
            _ => format!("{:?}", stream.class()),
        })
        .collect();
    let mut all: Vec<Stream> = Vec::new();
    for (levels, stream) in numbered(&paths, &kinds).into_iter().zip(streams) {
        match all.iter_mut().find(|known| known.levels == levels) {
            Some(known) => known.heard.extend(stream.heard),
            None => all.push(Stream { levels, parts: None, heard: stream.heard }),
        }
    }
    all
}

/// Ways that differ in one number only, and are of the same kind, with the number captured.
pub(super) fn numbered(paths: &[Vec<String>], kinds: &[String]) -> Vec<Vec<String>> {
    let variants = |path: &Vec<String>| -> Vec<Vec<String>> {
        let level = |at: usize| {
            let stem = path[at].trim_end_matches(|c: char| c.is_ascii_digit());
            let is_one = stem.len() < path[at].len() && !is_word(&path[at]) && !path[at].starts_with('{');
            is_one.then(|| {
                let mut other = path.clone();
                other[at] = format!("{stem}{NUMBER}");
                other
            })
        };
        (0..path.len()).filter_map(level).collect()
    };
    let all: Vec<Vec<Vec<String>>> = paths.iter().map(variants).collect();
    let shared = |wanted: &Vec<String>, kind: &String| {
        let same = all.iter().zip(kinds).filter(|(variants, of)| *of == kind && variants.contains(wanted));
        same.count() > 1
    };
    let chosen = |(at, path): (usize, &Vec<String>)| {
        all[at].iter().find(|variant| shared(variant, &kinds[at])).unwrap_or(path).clone()
    };
    paths.iter().enumerate().map(chosen).collect()
}

/// Whether the digits belong to a name: `pm10`.
fn is_word(level: &str) -> bool {
    let stem = level.trim_end_matches(|c: char| c.is_ascii_digit());
    let whole = naming::exactly(level, Class::Number);
    whole.is_some() && whole != naming::exactly(stem, Class::Number)
}
