//! One read of one property: from what was said to a value with its unit.

use std::borrow::Cow;

use super::{Found, Odd, holds};
use crate::device::profile::captures::Captures;
use crate::device::profile::number::number;
use crate::device::profile::template::Words;
use crate::device::profile::{Property, Read, Shape, level};
use crate::talk::Payload;
use crate::talk::model::Value;

/// The longest text that a regular expression looks through.
const LONGEST_CUT: usize = 16 << 10;

/// Reads everything that `read` finds in `json`.
pub(super) fn read(
    property: &Property,
    read: &Read,
    captures: &Captures,
    json: &str,
    found: &mut Vec<Found>,
    odd: &mut Vec<Odd>,
) {
    if !read.when.iter().all(|when| holds(when, json)) {
        return;
    }
    let divided = read.parts.as_ref().map(|parts| parts.divide(&text(json)));
    let json = divided.as_deref().unwrap_or(json);
    for (captures, raw) in read.value.find(json, captures) {
        let Some(id) = address(property, &captures) else { continue };
        match value_of(property, read, &captures, raw, json) {
            Ok(Some(json)) => found.push(Found { id, captures, quantity: property.quantity.clone(), json }),
            Ok(None) => {}
            Err(why) => odd.push(Odd {
                property: property.id.as_str().into(),
                found: raw.chars().take(80).collect::<String>().into(),
                why: why.into(),
            }),
        }
    }
}

/// `relay/{n}` with what was captured, each capture as one level.
pub(super) fn address(property: &Property, captures: &Captures) -> Option<Box<str>> {
    let mut levels = Captures::default();
    for (name, text) in captures.iter() {
        levels.put(&name.into(), &level(text))?;
    }
    property.id.fill(&levels).ok().map(Into::into)
}

/// The value as JSON; nothing if this is not what the read is about.
pub(super) fn value_of(
    property: &Property,
    read: &Read,
    captures: &Captures,
    raw: &str,
    json: &str,
) -> Result<Option<String>, String> {
    let mut said = text(raw);
    if let Some(regex) = &read.regex {
        if said.len() > LONGEST_CUT {
            return Err(format!("a regular expression looks through {} KiB at most", LONGEST_CUT >> 10));
        }
        let Some(cut) = regex.captures(&said) else { return Ok(None) };
        let value = cut.name("value").or_else(|| cut.get(0)).map(|found| found.as_str().to_owned());
        said = value.unwrap_or_default().into();
    }
    if let Some(template) = &read.template {
        let words = Words::of(captures).with("value", &said).with_payload(json);
        said = template.render(&words)?.trim().to_owned().into();
        // A template that writes nothing says nothing.
        if said.is_empty() {
            return Ok(None);
        }
    } else if raw == "null" {
        return Ok(Some(with_unit(property, "null")));
    }
    let is_number = matches!(property.kind, Shape::Number | Shape::Total | Shape::Event);
    match read.map.iter().find(|(word, _)| **word == *said) {
        Some((_, value)) => return shaped(property, value).map(Some),
        None if read.map.is_empty() => {}
        // Beside words with a meaning a number speaks for itself: -1 is nothing, 91 is 91.
        None if is_number && number(&said, read.digits).is_some() => {}
        None => return Err(format!("only {} are understood", words(read))),
    }
    let value = match property.kind {
        Shape::Number | Shape::Total | Shape::Event => {
            let text = number(&said, read.digits).ok_or("a number is expected")?;
            let text = read.scale.apply(&text).ok_or("the number is too large")?;
            return Ok(Some(with_unit(property, &text)));
        }
        Shape::Switch | Shape::Truth => match &*said {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => return Err("true or false is expected; say with `map` what other words mean".into()),
        },
        Shape::Choice(_) | Shape::Text | Shape::Button => Value::Text(said.into()),
        Shape::Json if *said == *text(raw) => Value::Other(raw.into()),
        // What was cut or calculated is JSON if it can be, a text otherwise.
        Shape::Json => Value::Other(Payload::from_wire(said.as_bytes()).as_str().into()),
    };
    shaped(property, &value).map(Some)
}

fn words(read: &Read) -> String {
    read.map.iter().map(|(word, _)| &**word).collect::<Vec<_>>().join(", ")
}

/// A value as JSON, if it is one of this property.
fn shaped(property: &Property, value: &Value) -> Result<String, String> {
    match (&property.kind, value) {
        (Shape::Choice(words), Value::Text(word)) if !words.contains(word) => {
            Err(format!("only {} are known", words.join(", ")))
        }
        (_, Value::Number { text, .. }) => Ok(with_unit(property, text)),
        (_, Value::Bool(truth)) => Ok(truth.to_string()),
        (_, Value::Text(text)) => Ok(Payload::of(&**text).as_str().to_owned()),
        (_, Value::Null) => Ok(with_unit(property, "null")),
        (_, Value::Other(json)) => Ok(json.to_string()),
    }
}

fn with_unit(property: &Property, number: &str) -> String {
    match &property.unit {
        Some(unit) => format!("[{number}, {}]", Payload::of(&**unit).as_str()),
        None => number.to_owned(),
    }
}

/// What a JSON value says as text: a string without its quotes, everything else as it stands.
pub(super) fn text(json: &str) -> Cow<'_, str> {
    if !json.starts_with('"') {
        return Cow::Borrowed(json);
    }
    serde_json::from_str::<String>(json).map_or(Cow::Borrowed(json), Cow::Owned)
}

/// A JSON value by meaning.
pub(super) fn value(json: &str) -> Value {
    match json.as_bytes().first() {
        Some(b'"') => Value::Text(text(json).into()),
        Some(b't') => Value::Bool(true),
        Some(b'f') => Value::Bool(false),
        Some(b'n') => Value::Null,
        Some(b'{' | b'[') | None => Value::Other(json.into()),
        Some(_) => match json.parse() {
            Ok(value) => Value::Number { text: json.into(), value },
            Err(_) => Value::Other(json.into()),
        },
    }
}
