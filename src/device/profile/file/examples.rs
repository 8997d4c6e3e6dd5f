//! `[[example]]`: what a device was heard to say or is to be told, and what comes of it.

use std::sync::Arc;

use toml_edit::{TableLike, Value as Toml};

use super::sense;
use super::words::{AnyText, Exactly, HexBytes, exact, scalar};
use crate::device::frame::{Why, hex};
use crate::device::profile::captures::{Captures, checked};
use crate::device::profile::{Absence, Example, Given, Gives, Property, Refused, Sent, Word};
use crate::sheet::{Entry, Section, Sheet, found};
use crate::talk::Payload;
use crate::talk::model::Value;

const GIVES: &str =
    r#"a value or quantities, such as { "relay/0" = true, "power-meter/0" = { power = [12.4, "W"] } }"#;

pub(super) fn read(root: &Section<'_>, properties: &[Property]) -> Vec<Example> {
    // What is wrong with properties would be told of their examples, too.
    let properties = if root.sheet.has_problems() { &[] } else { properties };
    root.sections("example").into_iter().filter_map(|section| example(section, properties)).collect()
}

fn example(section: Section<'_>, properties: &[Property]) -> Option<Example> {
    let place = section.place();
    let source = section.must::<String>("source").unwrap_or_default();
    let given = given(&section, properties);
    let mut gives = Vec::new();
    for entry in section.entries("gives") {
        match values(section.sheet, &entry) {
            Some(values) => {
                sense::given(section.sheet, &entry, properties);
                gives.extend(values);
            }
            None => section.sheet.problem(entry.span, &entry.path, found(entry.item), GIVES.into(), None),
        }
    }
    let sends = sends(&section);
    let refused = refused(&section);
    let word = word(&section);
    let damage = section.has("damage").then(|| section.choice("damage", &Why::WORDS, None)).flatten();
    let is_command = matches!(given, Some(Given::Command { .. }));
    section
        .entries("command")
        .iter()
        .for_each(|command| sense::commanded(section.sheet, command, properties));
    if let Some(Given::Command { device, id, .. }) = &given
        && device.get("id").is_none()
        && sense::needs_id(properties, id)
    {
        let allowed = r#"what the device is known by, such as device = { id = "plug-1" }"#;
        section.fault("device", "is missing, or has no id".into(), allowed.into(), None);
    }
    if is_command && !section.has("sends") {
        let allowed = r#"what goes to the device, such as [{ topic = "plug/command", payload = "on" }]"#;
        section.fault("sends", "is missing".into(), allowed.into(), None);
    }
    if !is_command && refused.is_some() {
        let allowed = "a `command` beside it, which is refused";
        section.fault("refused", "found without a command".into(), allowed.into(), None);
    }
    if !is_command && !section.has("gives") && word.is_none() && damage.is_none() && sends.is_empty() {
        section.fault(
            "gives",
            "is missing".into(),
            GIVES.into(),
            Some("gives = {} if nothing comes of it".into()),
        );
    }
    section.finish();
    Some(Example { source: source.into(), given: given?, gives, sends, refused, word, damage, place })
}

/// How the device says that it is: `online = true` or `false` for most, `presence` for all of it.
fn word(section: &Section<'_>) -> Option<Word> {
    let online = section.maybe::<bool>("online");
    let presence = section.has("presence").then(|| section.choice("presence", &Word::ALL, None)).flatten();
    if online.is_some() && presence.is_some() {
        let allowed = "one of `online` and `presence`".into();
        section.fault("presence", "found beside `online`".into(), allowed, None);
    }
    let gone = Word::Away(Absence::Offline);
    presence.or(online.map(|online| if online { Word::Online } else { gone }))
}

fn given(section: &Section<'_>, properties: &[Property]) -> Option<Given> {
    let topic = section.maybe::<String>("topic");
    let payload = section.maybe::<AnyText>("payload").map(|text| text.0);
    let line = serial(section);
    let commands = section.entries("command");
    let device = device(section);
    match (topic, line, commands.as_slice()) {
        (Some(topic), None, []) => {
            if !section.has("payload") {
                section.fault("payload", "is missing".into(), "the payload as a text in quotes".into(), None);
            }
            Some(Given::Message { topic: topic.into(), payload: payload? })
        }
        (None, Some(given), []) => Some(given),
        (None, None, [command]) => {
            let payload = command_payload(section.sheet, command, properties);
            if payload.is_none() {
                let allowed = r#"the property and what it is set to, such as { "relay/0" = true }"#;
                section.sheet.problem(
                    command.span.clone(),
                    &command.path,
                    found(command.item),
                    allowed.into(),
                    None,
                );
            }
            Some(Given::Command { device, id: command.name.into(), payload: payload?.into() })
        }
        // What is wrong with the command was told.
        (None, None, []) if section.has("command") || section.is_faulty() => None,
        _ => {
            let allowed =
                "one of: `topic` with `payload`, `line`, `text`, `hex`, `command` with one property";
            section.fault("topic", "found none, or several beside each other".into(), allowed.into(), None);
            None
        }
    }
}

/// What comes in on a serial port: one line without its end, characters or bytes.
fn serial(section: &Section<'_>) -> Option<Given> {
    let request = section.maybe::<HexBytes>("request").map(|request| request.0);
    let line = section.maybe::<Exactly>("line").map(|line| Given::Line(line.0));
    let text = section.maybe::<Exactly>("text").map(|text| Given::Bytes(text.0.as_bytes().into()));
    let hex = section.maybe::<HexBytes>("hex").map(|hex| hex.0);
    if request.is_some() && hex.is_none() {
        let allowed = "the bytes that came behind the request".into();
        section.fault("hex", "is missing".into(), allowed, None);
    }
    let hex = hex.map(|bytes| match request {
        Some(request) => Given::Answer { request, bytes },
        None => Given::Bytes(bytes),
    });
    line.or(text).or(hex)
}

/// `device = { id = "plug-1" }`: what a command's device is known by.
fn device(section: &Section<'_>) -> Captures {
    let mut captures = Captures::default();
    for entry in section.entries("device") {
        let put = checked(entry.name)
            .ok()
            .zip(entry.item.as_str())
            .and_then(|(name, text): (Arc<str>, _)| captures.put(&name, text));
        if put.is_none() {
            let allowed = r#"captures and their texts, such as { id = "plug-1" }"#;
            section.sheet.problem(entry.span, &entry.path, found(entry.item), allowed.into(), None);
        }
    }
    captures
}

/// A value alone is that of the first quantity that can be set, such as `{"state": true}`; a table names its quantities.
fn command_payload(sheet: &Sheet, entry: &Entry<'_>, properties: &[Property]) -> Option<String> {
    if let Some(table) = entry.item.as_table_like() {
        let members: Option<Vec<String>> = table
            .iter()
            .map(|(key, item)| Some(format!("{}: {}", json_text(key), json(sheet, item.as_value()?)?)))
            .collect();
        return Some(format!("{{{}}}", members?.join(", ")));
    }
    let has_id = |property: &&Property| property.id.captures(entry.name, &Captures::default()).is_some();
    let property = properties.iter().filter(has_id).find(|property| property.write.is_some());
    let quantity = property.map_or("state", |property| &property.quantity);
    Some(format!("{{{}: {}}}", json_text(quantity), json(sheet, entry.item.as_value()?)?))
}

/// A value as JSON, with its digits.
fn json(sheet: &Sheet, value: &Toml) -> Option<String> {
    match value {
        Toml::Boolean(truth) => Some(truth.value().to_string()),
        Toml::String(text) => Some(json_text(text.value())),
        Toml::Integer(_) | Toml::Float(_) => exact(sheet, value),
        Toml::Array(list) => {
            let items: Option<Vec<String>> = list.iter().map(|value| json(sheet, value)).collect();
            Some(format!("[{}]", items?.join(", ")))
        }
        Toml::InlineTable(table) => {
            let members: Option<Vec<String>> = table
                .iter()
                .map(|(key, value)| Some(format!("{}: {}", json_text(key), json(sheet, value)?)))
                .collect();
            Some(format!("{{{}}}", members?.join(", ")))
        }
        Toml::Datetime(_) => None,
    }
}

fn json_text(text: &str) -> String {
    Payload::of(&text).as_str().to_owned()
}

/// What one line of `gives` says.
fn values(sheet: &Sheet, entry: &Entry<'_>) -> Option<Vec<Gives>> {
    let one = |quantity: Option<&str>, value: &Toml| {
        let (value, unit) = match value.as_array() {
            Some(pair) => {
                let unit = pair.get(1)?.as_str()?;
                (scalar_or_null(sheet, pair.get(0)?)?, Some(unit.into()))
            }
            None => (scalar_or_null(sheet, value)?, None),
        };
        Some(Gives { id: entry.name.into(), quantity: quantity.map(Into::into), value, unit })
    };
    match entry.item.as_table_like() {
        Some(table) => {
            let table: &dyn TableLike = table;
            table.iter().map(|(key, item)| one(Some(key), item.as_value()?)).collect()
        }
        None => Some(vec![one(None, entry.item.as_value()?)?]),
    }
}

/// TOML has no `null`; its word is taken for it.
fn scalar_or_null(sheet: &Sheet, value: &Toml) -> Option<Value> {
    if value.as_str() == Some("null") {
        return Some(Value::Null);
    }
    match exact(sheet, value) {
        Some(text) => Some(Value::Number { value: text.parse().ok()?, text: text.into() }),
        None => scalar(value),
    }
}

/// What refuses a command: a message, and the reason that comes of it.
fn refused(section: &Section<'_>) -> Option<Refused> {
    let one = section.tables("refused").into_iter().next()?;
    let (topic, reason) = (one.must::<String>("topic"), one.must::<String>("reason"));
    let payload = one.maybe::<AnyText>("payload").map(|text| text.0);
    if payload.is_none() && !one.is_faulty() {
        one.fault("payload", "is missing".into(), "the payload as a text in quotes".into(), None);
    }
    one.finish();
    Some(Refused { topic: topic?.into(), payload: payload?, reason: reason?.into() })
}

/// What is sent: a payload under a topic, a line without its end, or bytes.
fn sends(section: &Section<'_>) -> Vec<Sent> {
    let mut sends = Vec::new();
    for one in section.tables("sends") {
        let topic = one.maybe::<String>("topic").map(Into::into);
        let (text, line) = (one.maybe::<AnyText>("payload"), one.maybe::<AnyText>("line"));
        let text = text.or(line).map(|text| text.0);
        let bytes = one.maybe::<HexBytes>("hex").map(|bytes| hex::shown(&bytes.0).into());
        let payload: Option<Box<str>> = text.or(bytes);
        if payload.is_none() && !one.is_faulty() {
            let allowed = "`payload` or `line` as a text in quotes, or `hex`";
            one.fault("payload", "is missing".into(), allowed.into(), None);
        }
        sends.push(Sent { topic, payload: payload.unwrap_or_default() });
        one.finish();
    }
    sends
}
