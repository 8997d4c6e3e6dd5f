//! What devices were told, and which of their properties that set.

use super::arrange::{Arranged, NUMBER, Stream};
use super::class::{Class, is_number, plain};
use super::leaves::{leaves, pointer};
use super::property::{Drawing, Drawn};
use super::write::text;

/// Words at the level that tells something, and what stands there instead where it is answered.
const LEVELS: &[(&str, &str)] = &[
    ("set", ""),
    ("command", ""),
    ("command", "state"),
    ("command", "status"),
    ("cmd", ""),
    ("cmnd", "stat"),
    ("cmnd", "tele"),
    ("set", "state"),
];

/// Gives the properties their `write`.
pub(super) fn draw(arranged: &Arranged, drawn: &mut Drawn) {
    for command in &arranged.commands {
        let answers = answers(&command.levels);
        let mut is_known = false;
        for property in &mut drawn.properties {
            let levels = &arranged.streams[property.stream].levels;
            let direct = answers.iter().find(|answer| fits(levels, answer));
            let written = match direct {
                Some(at) => write(command, property, levels, at),
                // The key of a value may be a level where it is told: …/pump/set sets /pump of …/status.
                None if answers.iter().any(|(_, answer)| names_key(property, levels, answer)) => {
                    plainly(command, &command.topic(), property)
                }
                None => None,
            };
            if property.write.is_none() && written.is_some() {
                property.write = written;
                is_known = true;
            }
        }
        if !is_known {
            let said = command.heard.first().map(|heard| heard.payload.as_str()).unwrap_or_default();
            drawn.strange.push(format!("{} {:.80}", command.topic(), said));
        }
    }
    for property in &mut drawn.properties {
        if property.write.is_none() && matches!(property.class, Class::Truth(_)) && is_switch(property) {
            let topic = arranged.streams[property.stream].topic();
            if topic.is_empty() {
                property.decide.push(
                    "can it be switched? Then write = { payload = \"…\" } with the line it takes".into(),
                );
                continue;
            }
            let (on, off) = match property.class {
                Class::Truth(Some(words)) => words,
                Class::Truth(None) | Class::Number | Class::Word | Class::Text => ("true", "false"),
            };
            property.decide.push(format!(
                "can it be switched? Then write = {{ topic = {}, on = {}, off = {} }} or whatever it takes",
                text(&format!("{topic}/set")),
                text(on),
                text(off)
            ));
        }
    }
}

fn is_switch(property: &Drawing) -> bool {
    ["relay", "light", "led", "fan", "valve", "lock"].contains(&property.kind.as_str())
}

/// Where a device may answer what it is told there, and at which level the word for telling stands.
fn answers(levels: &[String]) -> Vec<(usize, Vec<String>)> {
    let mut all = Vec::new();
    for (at, level) in levels.iter().enumerate() {
        for (_, instead) in LEVELS.iter().filter(|(word, _)| word == level) {
            let mut answer = levels.to_vec();
            match *instead {
                "" => drop(answer.remove(at)),
                instead => instead.clone_into(&mut answer[at]),
            }
            all.push((at, answer));
        }
    }
    all
}

/// Whether both are the same, a number being any number.
fn fits(levels: &[String], (_, answer): &(usize, Vec<String>)) -> bool {
    let same = |level: &String, other: &String| {
        level == other
            || level.strip_suffix(NUMBER).and_then(|stem| other.strip_prefix(stem)).is_some_and(is_number)
    };
    levels.len() == answer.len() && levels.iter().zip(answer).all(|(level, other)| same(level, other))
}

/// Whether an answer ends in the key of the property, below the place where the device speaks.
fn names_key(property: &Drawing, levels: &[String], answer: &[String]) -> bool {
    let Some((last, before)) = answer.split_last() else { return false };
    let is_key = property.pointer.rsplit('/').next() == Some(last.as_str()) && !last.contains('{');
    is_key && !property.pointer.is_empty() && levels.starts_with(before)
}

/// The value alone, as a payload of its own.
fn plainly(command: &Stream, topic: &str, property: &Drawing) -> Option<String> {
    let topic = text(topic);
    let scale = property.scale.map(|scale| format!(", scale = {}", text(scale))).unwrap_or_default();
    Some(match Class::of(command.heard.iter().map(|heard| heard.payload.as_str()))? {
        Class::Truth(words) => {
            let (on, off) = words.unwrap_or(("true", "false"));
            format!("{{ topic = {topic}, on = {}, off = {} }}", text(on), text(off))
        }
        Class::Number | Class::Word | Class::Text => format!("{{ topic = {topic}{scale} }}"),
    })
}

/// The `write` of a property that is set by such commands.
fn write(
    command: &Stream,
    property: &Drawing,
    levels: &[String],
    (at, answer): &(usize, Vec<String>),
) -> Option<String> {
    let mut topic: Vec<String> = levels.to_vec();
    let word = &command.levels[*at];
    if answer.len() == command.levels.len() {
        topic[*at].clone_from(word)
    } else {
        topic.insert(*at, word.clone())
    }
    if property.pointer.is_empty() {
        return plainly(command, &topic.join("/"), property);
    }
    let topic = text(&topic.join("/"));
    let said = command.heard.iter().map(|heard| heard.payload.as_str());
    let values: Vec<String> = said
        .flat_map(|said| leaves(said, &mut Vec::new()))
        .filter(|leaf| pointer(&leaf.keys) == property.pointer && leaf.keys.len() == 1)
        .map(|leaf| leaf.json)
        .collect();
    let key = serde_json::to_string(&property.pointer[1..]).ok()?;
    match Class::of(values.iter().map(String::as_str))? {
        Class::Truth(Some((on, off))) => {
            let sent = |word: &str| match values.iter().any(|value| plain(value) == *value) {
                true => text(&format!("{{{key}: {word}}}")),
                false => text(&format!("{{{key}: \"{word}\"}}")),
            };
            Some(format!("{{ topic = {topic}, on = {}, off = {} }}", sent(on), sent(off)))
        }
        // A payload that is a template is not scaled.
        Class::Number if property.scale.is_some() => None,
        Class::Number | Class::Truth(None) => {
            Some(format!("{{ topic = {topic}, payload = {} }}", text(&format!("{{{key}: {{{{ value }}}}}}"))))
        }
        Class::Word | Class::Text => {
            let payload = text(&format!("{{{key}: {{{{ value | tojson }}}}}}"));
            Some(format!("{{ topic = {topic}, payload = {payload} }}"))
        }
    }
}
