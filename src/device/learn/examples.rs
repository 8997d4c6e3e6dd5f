//! What was heard as examples: each gives what the proposal makes of it, and is kept only if it holds.

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use super::arrange::{Arranged, Heard, Stream};
use super::class::plain;
use super::leaves::leaves;
use super::property::Drawn;
use super::write::{key, text};
use super::{About, NoProposal};
use crate::device::catalog::Catalog;
use crate::device::frame::{self, Framer};
use crate::device::profile::captures::Captures;
use crate::device::profile::{Absence, Profile, Property, Word, file, level};
use crate::device::prove::prove;
use crate::device::translate::{Meaning, Translator};
use crate::talk::model::Value;
use crate::talk::{Payload, Topic};

/// The most examples of one kind of message.
const MOST: usize = 4;

/// The definition with its examples, and how many they are.
pub(super) fn append(
    body: String,
    about: &About,
    arranged: &Arranged,
    drawn: &Drawn,
) -> Result<(String, usize), NoProposal> {
    let profile = Arc::new(read(&body)?);
    let source = text(&about.source);
    let mut candidates = Vec::new();
    for (number, stream) in arranged.streams.iter().enumerate() {
        let presence = drawn.availability.iter().any(|presence| presence.stream == number);
        for heard in telling(stream) {
            let shown = match presence {
                true => here(&profile, heard),
                false => gives(&profile, heard),
            };
            candidates.extend(shown.and_then(|shown| {
                let said = std::str::from_utf8(heard.payload.wire()).ok()?;
                if let Some(line) = &heard.line {
                    return Some(format!(
                        "\n[[example]]\nsource = {source}\nline = {}\n{shown}\n",
                        text(line)
                    ));
                }
                let (topic, payload) = (text(&heard.topic), text(said));
                Some(format!(
                    "\n[[example]]\nsource = {source}\ntopic = {topic}\npayload = {payload}\n{shown}\n"
                ))
            }));
        }
    }
    for command in &arranged.commands {
        for heard in telling(command) {
            candidates.extend(
                told(&profile, heard).map(|told| format!("\n[[example]]\nsource = {source}\n{told}\n")),
            );
        }
    }
    let (mut whole, mut count) = (body.clone(), 0);
    for candidate in candidates {
        let holds =
            read(&format!("{body}{candidate}")).is_ok_and(|profile| prove(&Arc::new(profile)).is_empty());
        if holds {
            whole.push_str(&candidate);
            count += 1;
        }
    }
    read(&whole)?;
    Ok((whole, count))
}

fn read(text: &str) -> Result<Profile, NoProposal> {
    let file = Path::new("proposal.toml");
    file::read("proposal", file, text.to_owned()).map_err(|problems| {
        let first = problems.0.first().map(ToString::to_string);
        NoProposal::Unusable(first.unwrap_or_default())
    })
}

/// The messages that tell something the ones before did not: another field, another word.
fn telling(stream: &Stream) -> Vec<&Heard> {
    let mut known: Vec<String> = Vec::new();
    let mut chosen = Vec::new();
    for heard in &stream.heard {
        let facts = leaves(heard.payload.as_str(), &mut Vec::new()).into_iter().map(|leaf| {
            let is_word = leaf.json.starts_with(['"', 't', 'f']) && leaf.json.len() < 24;
            let word = if is_word { leaf.json.as_str() } else { "" };
            format!("{} {word}", leaf.keys.join("/"))
        });
        let new: Vec<String> = facts.filter(|fact| !known.contains(fact)).collect();
        if chosen.len() < MOST && !new.is_empty() {
            known.extend(new);
            chosen.push(heard);
        }
    }
    chosen
}

fn hear(profile: &Arc<Profile>, heard: &Heard) -> Vec<Meaning> {
    let mut translator = Translator::new(Arc::new(Catalog::new([profile.clone()])));
    let (Some(line), Some(frame)) = (&heard.line, &profile.frame) else {
        return translator.hear(&heard.topic, &heard.payload);
    };
    let mut meanings = Vec::new();
    let mut framer = Framer::in_step(frame.clone());
    framer.feed(format!("{line}{}", frame.line_end()).as_bytes(), |heard| {
        if let frame::Heard::Frame(frame) = heard {
            meanings.extend(translator.hear_frame(&profile.id, &frame));
        }
    });
    meanings
}

/// `gives = { "relay/0" = { state = true } }`.
fn gives(profile: &Arc<Profile>, heard: &Heard) -> Option<String> {
    let mut given: Vec<String> = Vec::new();
    for message in hear(profile, heard).iter().flat_map(|meaning| &meaning.messages) {
        let mut values = Vec::new();
        for reading in message.payload.readings() {
            let value = value(&reading.value)?;
            values.push(match &reading.unit {
                Some(unit) => format!("{} = [{value}, {}]", key(&reading.key), text(unit)),
                None => format!("{} = {value}", key(&reading.key)),
            });
        }
        given.push(format!("{} = {{ {} }}", text(message.topic.as_str()), values.join(", ")));
    }
    (!given.is_empty()).then(|| format!("gives = {{ {} }}", given.join(", ")))
}

/// A value as a definition writes it.
fn value(value: &Value) -> Option<String> {
    match value {
        Value::Number { text, .. } => Some(text.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Text(word) => Some(text(word)),
        Value::Null => Some(text("null")),
        Value::Other(_) => None,
    }
}

fn here(profile: &Profile, heard: &Heard) -> Option<String> {
    let json = heard.payload.as_str();
    let words = profile.availability.iter().find(|one| {
        one.topics.0.iter().any(|topic| topic.captures(&heard.topic, &Captures::default()).is_some())
    })?;
    let said = plain(words.value.get(json)?);
    let is_word = |known: &[Value]| known.iter().any(|word| word.to_string() == said);
    match words.meaning(is_word)? {
        Word::Online => Some("online = true".to_owned()),
        Word::Away(Absence::Offline) => Some("online = false".to_owned()),
        word @ Word::Away(Absence::Asleep | Absence::Lost) => Some(format!("presence = \"{}\"", word.word())),
    }
}

/// The command that sends just what was heard.
fn told(profile: &Arc<Profile>, heard: &Heard) -> Option<String> {
    let said = std::str::from_utf8(heard.payload.wire()).ok()?;
    let mut device = Captures::default();
    device.put(&"id".into(), &heard.id)?;
    let base = Topic::new(&format!("nodes/{}/{}", profile.vendor_level(), level(&heard.id))).ok()?;
    let mut translator = Translator::new(Arc::new(Catalog::new([profile.clone()])));
    translator.introduce(&base, profile, device);
    for property in profile.properties.iter().filter(|property| property.write.is_some()) {
        for id in ids(property, heard) {
            for value in values(said) {
                let wish =
                    Payload::parse(&format!("{{{}: {value}}}", Payload::of(&*property.quantity).as_str()));
                let order = translator.command(&base, &format!("{id}/set"), &wish.ok()?)?.ok();
                let is_it = order.is_some_and(|order| {
                    let mut sends = order.sends.iter();
                    sends.any(|sent| sent.topic.as_deref() == Some(&heard.topic) && sent.payload == said)
                });
                if is_it {
                    let mut out = String::new();
                    let (id, quantity) = (text(&id), key(&property.quantity));
                    let _ = writeln!(out, "device = {{ id = {} }}", text(&heard.id));
                    let _ = writeln!(out, "command = {{ {id} = {{ {quantity} = {value} }} }}");
                    let _ =
                        write!(out, "sends = {{ topic = {}, payload = {} }}", text(&heard.topic), text(said));
                    return Some(out);
                }
            }
        }
    }
    None
}

/// The ids of a property that a command under this topic may mean.
fn ids(property: &Property, heard: &Heard) -> Vec<String> {
    let sends = property.write.iter().flat_map(|write| &write.sends);
    let topics = sends.filter_map(|send| send.topics.as_ref()).flat_map(|topics| &topics.0);
    let captured = topics.filter_map(|topic| topic.captures(&heard.topic, &Captures::default()));
    captured.filter_map(|captures| property.id.fill(&captures).ok()).collect()
}

/// What may have been asked for by these words, as JSON.
fn values(said: &str) -> Vec<String> {
    let mut values = vec!["true".to_owned(), "false".to_owned()];
    let json = Payload::from_wire(said.as_bytes());
    values.extend(leaves(json.as_str(), &mut Vec::new()).into_iter().map(|leaf| leaf.json));
    values
}
