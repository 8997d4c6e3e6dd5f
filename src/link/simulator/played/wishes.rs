//! What somebody may have wished for who sent these words: every value worth trying.

use crate::device::profile::captures::Captures;
use crate::device::profile::{Profile, Shape, Words};
use crate::talk::Payload;
use crate::talk::model::Value;

/// The longest list of numbers or texts that is tried.
const MOST: usize = 32;

/// Ids, quantities and values that may be meant by `payload`.
pub(in crate::link::simulator) fn wishes(
    profile: &Profile,
    ids: &[(String, String)],
    payload: &str,
) -> Vec<(String, String, Value)> {
    let mut wishes = Vec::new();
    for property in &profile.properties {
        let Some(write) = &property.write else { continue };
        let values: Vec<Value> = match &property.kind {
            Shape::Switch | Shape::Truth => vec![Value::Bool(true), Value::Bool(false)],
            Shape::Button => vec![Value::Bool(true)],
            Shape::Choice(words) => words.iter().cloned().map(Value::Text).collect(),
            Shape::Text => texts(payload).into_iter().map(|text| Value::Text(text.into())).collect(),
            Shape::Json => {
                let json = Payload::from_wire(payload.as_bytes());
                vec![Value::Other(json.as_str().into())]
            }
            Shape::Number | Shape::Total | Shape::Event => {
                let scaled = write.sends.iter().filter_map(|send| match &send.words {
                    Words::Value(scale) => scale.apply(payload.trim()),
                    Words::Map(_) | Words::Template(_) => None,
                });
                let numbers = numbers(payload);
                // What is calculated in a template is told as it is read, as a rule.
                let read = property.reads.iter().filter(|read| !read.scale.is_one());
                let read = read.flat_map(|read| numbers.iter().filter_map(|text| read.scale.apply(text)));
                let all = scaled.chain(numbers.iter().cloned()).chain(read);
                all.filter_map(|text| number(&text)).collect()
            }
        };
        let named = ids.iter().filter(|(id, quantity)| {
            *quantity == *property.quantity && property.id.captures(id, &Captures::default()).is_some()
        });
        for (id, quantity) in named {
            wishes.extend(values.iter().map(|value| (id.clone(), quantity.clone(), value.clone())));
        }
    }
    wishes
}

fn number(text: &str) -> Option<Value> {
    // Only what JSON writes so.
    serde_json::from_str::<serde_json::Number>(text).ok()?;
    Some(Value::Number { text: text.into(), value: text.parse().ok()? })
}

/// The value as JSON.
pub(in crate::link::simulator) fn json(value: &Value) -> String {
    match value {
        Value::Text(text) => Payload::of(&**text).as_str().to_owned(),
        other => other.to_string(),
    }
}

/// The numbers in a text.
fn numbers(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | '-'))
        .filter(|part| number(part).is_some())
        .take(MOST)
        .map(str::to_owned)
        .collect()
}

/// Seconds that may be meant, in a device's own seconds or milliseconds.
pub(in crate::link::simulator) fn seconds(text: &str) -> impl Iterator<Item = String> {
    numbers(text).into_iter().flat_map(|number| {
        let milliseconds = number.parse::<f64>().map(|number| (number / 1000.0).to_string()).ok();
        std::iter::once(number).chain(milliseconds)
    })
}

/// The text itself, and every text in it if it is JSON.
fn texts(payload: &str) -> Vec<String> {
    let mut texts = vec![payload.to_owned()];
    let mut open: Vec<serde_json::Value> = serde_json::from_str(payload).into_iter().collect();
    while let Some(value) = open.pop() {
        match value {
            serde_json::Value::String(text) if texts.len() < MOST => texts.push(text),
            serde_json::Value::Array(items) => open.extend(items),
            serde_json::Value::Object(members) => open.extend(members.into_iter().map(|(_, value)| value)),
            serde_json::Value::String(_)
            | serde_json::Value::Null
            | serde_json::Value::Bool(_)
            | serde_json::Value::Number(_) => {}
        }
    }
    texts
}
