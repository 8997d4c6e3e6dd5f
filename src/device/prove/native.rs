//! Examples of devices whose own language is Clown.Talk: nothing is translated, so what they say has to be as described.

use crate::device::profile::captures::Captures;
use crate::device::profile::{Profile, Property, Shape};
use crate::device::translate::{Meaning, Odd};
use crate::talk::model::{Reading, Value};
use crate::talk::{Message, Payload, Topic};

/// What a message says, with everything that the profile says otherwise or not at all.
pub(super) fn meanings(profile: &Profile, topic: &str, payload: &str) -> Vec<Meaning> {
    let (Ok(topic), Ok(payload)) = (Topic::new(topic), Payload::parse(payload)) else { return Vec::new() };
    let known: Vec<&Property> = profile
        .properties
        .iter()
        .filter(|property| property.id.captures(topic.as_str(), &Captures::default()).is_some())
        .collect();
    let odd = |reading: &Reading| {
        let property = known.iter().find(|property| *property.quantity == *reading.key);
        let why = match property {
            None => "is not described".into(),
            Some(property) if property.unit != reading.unit => match &property.unit {
                Some(unit) => format!("is described in {unit}"),
                None => "is described without a unit".into(),
            },
            Some(property) if !fits(&property.kind, &reading.value) => {
                "is described as something else".into()
            }
            Some(_) => return None,
        };
        let found = format!("{:.80}", reading.value).into();
        Some(Odd { property: format!("{topic} {}", reading.key).into(), found, why: why.into() })
    };
    let odd = payload.readings().iter().filter_map(odd).collect();
    let device = profile.recognised.native.as_deref().unwrap_or_default();
    let Ok(base) = Topic::new(&format!("nodes/{device}/0")) else { return Vec::new() };
    let messages = vec![Message::new(topic.clone(), payload.clone())];
    let (word, bridge, asks) = (None, None, Vec::new());
    vec![Meaning { base, profile: profile.id.clone(), messages, word, bridge, odd, asks, ends: Vec::new() }]
}

fn fits(kind: &Shape, value: &Value) -> bool {
    match (kind, value) {
        (_, Value::Null) | (Shape::Json, _) => true,
        (Shape::Number | Shape::Total | Shape::Event, value) => matches!(value, Value::Number { .. }),
        (Shape::Switch | Shape::Truth | Shape::Button, value) => matches!(value, Value::Bool(_)),
        (Shape::Text, value) => matches!(value, Value::Text(_)),
        (Shape::Choice(words), Value::Text(word)) => words.contains(word),
        (Shape::Choice(_), _) => false,
    }
}
