//! A Clown.Talk command in the device's own words, or why it cannot be given.

use super::written::on_line;
use super::{Device, Refusing};
use crate::device::profile::captures::Captures;
use crate::device::profile::pointer::Pointer;
use crate::device::profile::template::Words as Context;
use crate::device::profile::{Confirm, Form, Profile, Property, Send, Shape, Words, Write};
use crate::device::{Expect, Refusal, kind_of};
use crate::sheet::nearest;
use crate::talk::Payload;
use crate::talk::model::{Reading, Value};

/// What is sent, and what confirms it.
#[derive(Debug, PartialEq)]
pub struct Order {
    /// In this order.
    pub sends: Vec<Sending>,
    /// What the device has to say then.
    pub expect: Expect,
    /// What would say that it was not done.
    pub refusing: Vec<Refusing>,
}

/// One thing to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sending {
    /// Where; nothing on a line of its own.
    pub topic: Option<String>,
    /// What; bytes as hexadecimal digits.
    pub payload: String,
    /// What is written to a serial line, to the last byte.
    pub bytes: Option<Box<[u8]>>,
    /// Whether the same bytes have to come back.
    pub echoes: bool,
    /// How sure a broker makes of it.
    pub qos: u8,
}

/// The key that asks a device to end a state by itself, in seconds.
const FOR: &str = "for";

/// The capture that says which unit of a bus a device is.
pub(super) const UNIT: &str = "unit";

/// What a command to a device of this profile has to be answered with, or why it cannot be given.
pub fn expect(profile: &Profile, topic: &str, payload: &Payload) -> Result<Expect, Refusal> {
    let (id, verb) = topic.rsplit_once('/').unwrap_or((topic, ""));
    let known: Vec<&Property> = profile.taught(id).collect();
    if profile.recognised.native.is_some() {
        // What it can be set to is in its definition, what it answers is a matter of the language.
        if verb == "set" && !known.is_empty() {
            wishes(profile, id, &known, payload)?;
        }
        return crate::device::expect(topic, payload);
    }
    if known.is_empty() {
        return Err(unknown(profile, id));
    }
    let cannot =
        |code: &'static str, why: String| Err(Refusal::new(code, format!("a {} {why}", profile.name)));
    match verb {
        "get" if known.iter().all(|property| asks(property).is_empty()) => {
            cannot("cannot-ask", format!("cannot be asked for `{id}`; it speaks by itself"))
        }
        "get" => Ok(Expect::Word),
        "set" => wishes(profile, id, &known, payload).map(|wishes| confirmation(&wishes)),
        _ => cannot("not-a-command", format!("takes `{id}/set` and `{id}/get`")),
    }
}

/// That it has nothing of this id, and what was probably meant.
fn unknown(profile: &Profile, id: &str) -> Refusal {
    const MOST: usize = 8;
    let mut ids: Vec<String> = profile.properties.iter().map(|property| property.id.to_string()).collect();
    ids.dedup();
    // An address in a definition is often a capture, which looks like nothing.
    let by_type = || nearest(kind_of(id), ids.iter().map(|id| kind_of(id)));
    let near = nearest(id, ids.iter().map(String::as_str))
        .or_else(|| by_type().and_then(|kind| ids.iter().map(String::as_str).find(|id| kind_of(id) == kind)));
    let more = match near {
        Some(near) => format!("; did you mean `{near}`?"),
        None => {
            let rest = if ids.len() > MOST { ", …" } else { "" };
            ids.truncate(MOST);
            format!("; it has `{}`{rest}", ids.join("`, `"))
        }
    };
    Refusal::new("no-such-device", format!("a {} has no `{id}`{more}", profile.name))
}

pub(super) fn order(device: &Device, topic: &str, payload: &Payload) -> Result<Order, Refusal> {
    let expect = expect(&device.profile, topic, payload)?;
    if device.profile.recognised.native.is_some() {
        let itself = Sending::under(topic.to_owned(), payload.as_str().to_owned(), 0);
        return Ok(Order { sends: vec![itself], expect, refusing: Vec::new() });
    }
    let (id, verb) = topic.rsplit_once('/').unwrap_or((topic, ""));
    let known: Vec<&Property> = device.profile.taught(id).collect();
    let mut sends = Vec::new();
    if verb == "get" {
        for property in &known {
            let captures = captures(device, property, id);
            for send in asks(property) {
                let sending = sending(device, send, &captures, None)?;
                if !sends.contains(&sending) {
                    sends.push(sending);
                }
            }
        }
        return Ok(Order { sends, expect, refusing: Vec::new() });
    }
    let mut refusing = Vec::new();
    for Wish { property, write, reading, seconds } in wishes(&device.profile, id, &known, payload)? {
        let captures = captures(device, property, id);
        refusing.extend(Refusing::of(device, write, &captures));
        let echoes = matches!(write.confirm, Confirm::Echo);
        let mut send = |send: &Send, captures: &Captures| -> Result<(), Refusal> {
            let sending = sending(device, send, captures, Some(&reading.value))?;
            sends.push(Sending { echoes, ..sending });
            Ok(())
        };
        match (&seconds, &write.timed) {
            (Some(seconds), Some(timed)) => {
                let mut captures = captures.clone();
                captures.put(&"seconds".into(), seconds);
                send(timed, &captures)?;
            }
            _ => write.sends.iter().try_for_each(|one| send(one, &captures))?,
        }
        if let Confirm::Ask(asks) = &write.confirm {
            for send in asks {
                sends.push(sending(device, send, &captures, None)?);
            }
        }
    }
    Ok(Order { sends, expect, refusing })
}

/// What is sent to be told a value.
pub(super) fn asks(property: &Property) -> &[Send] {
    match property.write.as_ref().map(|write| &write.confirm) {
        Some(Confirm::Ask(asks)) if property.ask.is_empty() => asks,
        _ => &property.ask,
    }
}

/// What fills the topics of a property with this id.
pub(super) fn captures(device: &Device, property: &Property, id: &str) -> Captures {
    // What was heard is known to the letter.
    let heard = device.values.get(id).map(|slot| slot.captures.clone());
    let mut all = heard.or_else(|| property.id.captures(id, &Captures::default())).unwrap_or_default();
    for (name, text) in device.captures.iter() {
        if all.get(name).is_none() {
            all.put(&name.into(), text);
        }
    }
    all
}

/// One quantity that is to become something else.
struct Wish<'a> {
    property: &'a Property,
    write: &'a Write,
    reading: Reading,
    seconds: Option<String>,
}

fn wishes<'a>(
    profile: &Profile,
    id: &str,
    known: &[&'a Property],
    payload: &'a Payload,
) -> Result<Vec<Wish<'a>>, Refusal> {
    let settable: Vec<(&Property, &Write)> =
        known.iter().filter_map(|property| Some((*property, property.write.as_ref()?))).collect();
    if settable.is_empty() {
        return Err(Refusal::new("read-only", format!("`{id}` of a {} cannot be set", profile.name)));
    }
    let names: Vec<String> =
        settable.iter().map(|(property, _)| format!("`{}`", property.quantity)).collect();
    let wrong = |why: String| {
        Refusal::new("bad-payload", format!("`{id}/set` needs an object with {}; {why}", names.join(", ")))
    };
    if !payload.is_object() {
        return Err(wrong("found none".into()));
    }
    let seconds = payload.readings().iter().find(|reading| &*reading.key == FOR).map(seconds).transpose()?;
    let mut wishes = Vec::new();
    for reading in payload.readings().iter().filter(|reading| &*reading.key != FOR) {
        let found = settable.iter().find(|(property, _)| *property.quantity == *reading.key);
        let (property, write) = found.ok_or_else(|| wrong(format!("found `{}`", reading.key)))?;
        let reading = as_json(property, reading, payload);
        check(property, &reading).map_err(|why| wrong(format!("`{}` {why}", reading.key)))?;
        if seconds.is_some() && write.timed.is_none() {
            let reason = format!("`{id}` of a {} has no timer of its own", profile.name);
            return Err(Refusal::new("no-timer", reason));
        }
        wishes.push(Wish { property, write, reading, seconds: seconds.clone() });
    }
    if wishes.is_empty() { Err(wrong("found nothing".into())) } else { Ok(wishes) }
}

/// Several wishes at once are confirmed by the last one, which the device hears last.
fn confirmation(wishes: &[Wish<'_>]) -> Expect {
    let echoes = |wish: &Wish<'_>| matches!(wish.write.confirm, Confirm::Echo);
    let is_silent = |wish: &Wish<'_>| {
        matches!(wish.write.confirm, Confirm::Nothing) || wish.property.reads.is_empty() && !echoes(wish)
    };
    match wishes.last() {
        Some(last) if echoes(last) && !wishes.iter().any(is_silent) => Expect::Receipt,
        Some(last) if !wishes.iter().any(is_silent) => {
            Expect::Reading { key: last.reading.key.clone(), value: last.reading.value.clone() }
        }
        _ => Expect::Nothing,
    }
}

/// What is anything at all is kept as it stands: `[20, "#ff0000"]` is no number with a unit there.
fn as_json(property: &Property, reading: &Reading, payload: &Payload) -> Reading {
    let raw = Pointer::new(&format!("/{}", reading.key)).ok();
    match raw.as_ref().and_then(|pointer| pointer.get(payload.as_str())) {
        Some(raw) if property.kind == Shape::Json => {
            Reading { key: reading.key.clone(), value: Value::Other(raw.into()), unit: None }
        }
        _ => reading.clone(),
    }
}

/// `600` or `[600, "s"]`.
fn seconds(reading: &Reading) -> Result<String, Refusal> {
    match (&reading.value, reading.unit.as_deref()) {
        (Value::Number { text, value }, None | Some("s")) if *value > 0.0 => Ok(text.to_string()),
        _ => Err(Refusal::new("bad-payload", "`for` needs seconds, such as {\"state\": true, \"for\": 600}")),
    }
}

/// Whether a value can be one of this property; otherwise what is wrong with it.
fn check(property: &Property, reading: &Reading) -> Result<(), String> {
    if let (Some(unit), Some(known)) = (&reading.unit, &property.unit)
        && unit != known
    {
        return Err(format!("is told in {known}, found {unit}"));
    }
    match (&property.kind, &reading.value) {
        (Shape::Switch | Shape::Truth, Value::Bool(_)) | (Shape::Text, Value::Text(_)) => Ok(()),
        (Shape::Json, _) => Ok(()),
        (Shape::Button, Value::Bool(true) | Value::Number { .. }) => Ok(()),
        (Shape::Button, _) => Err("takes true".into()),
        (Shape::Switch | Shape::Truth, found) => Err(format!("takes true or false, found {}", shown(found))),
        (Shape::Choice(words), Value::Text(word)) if words.contains(word) => Ok(()),
        (Shape::Choice(words), found) => Err(format!("takes {}, found {}", words.join(", "), shown(found))),
        (Shape::Text, found) => Err(format!("takes a text, found {}", shown(found))),
        (Shape::Number | Shape::Total | Shape::Event, Value::Number { value, .. }) => match property.range {
            Some((low, high)) if !(low..=high).contains(value) => {
                Err(format!("takes {low} to {high}, found {value}"))
            }
            _ => Ok(()),
        },
        (Shape::Number | Shape::Total | Shape::Event, found) => {
            Err(format!("takes a number, found {}", shown(found)))
        }
    }
}

/// A value in a sentence: a text stands in quotes, so that it is no word of the sentence.
fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) => format!("\"{text:.40}\""),
        Value::Number { .. } | Value::Bool(_) | Value::Null | Value::Other(_) => format!("{value:.40}"),
    }
}

pub(super) fn sending(
    device: &Device,
    send: &Send,
    captures: &Captures,
    value: Option<&Value>,
) -> Result<Sending, Refusal> {
    let topic = match &send.topics {
        None => None,
        Some(topics) => {
            let pattern = topics.0.get(device.variant).or_else(|| topics.0.first());
            let filled = pattern.map(|pattern| pattern.fill(captures)).transpose();
            filled.map_err(|name| unfit(device, &format!("nothing is known for {{{name}}} of its topic")))?
        }
    };
    // What asks for a register or a pin has nothing to say.
    let told = match (&send.form, value) {
        (Form::Register(_) | Form::Pin(_), None) => None,
        _ => Some(words(&send.words, captures, value).map_err(|why| unfit(device, &why))?),
    };
    if let Some(topic) = topic {
        return Ok(Sending::under(topic, told.unwrap_or_default(), send.qos));
    }
    let (payload, bytes) =
        on_line(&device.profile, &send.form, captures, told).map_err(|why| unfit(device, &why))?;
    Ok(Sending { topic: None, payload, bytes: Some(bytes), echoes: false, qos: send.qos })
}

impl Sending {
    /// A message for a broker.
    fn under(topic: String, payload: String, qos: u8) -> Self {
        Self { topic: Some(topic), payload, bytes: None, echoes: false, qos }
    }
}

fn unfit(device: &Device, why: &str) -> Refusal {
    Refusal::new("definition", format!("the definition `{}` cannot say this: {why}", device.profile.id))
}

/// What is said to a device for a value.
pub(super) fn words(words: &Words, captures: &Captures, value: Option<&Value>) -> Result<String, String> {
    match (words, value) {
        (Words::Map(map), Some(value)) => {
            let found = map.iter().find(|(meaning, _)| meaning.means(value));
            found
                .map(|(_, word)| word.to_string())
                .ok_or_else(|| format!("it has no word for {}", shown(value)))
        }
        (Words::Template(template), _) => {
            let context = Context::of(captures);
            let context = match value {
                Some(Value::Bool(truth)) => context.with_json("value", &truth.to_string()),
                Some(Value::Other(json)) => context.with_json("value", json),
                Some(value) => context.with("value", &value.to_string()),
                None => context,
            };
            template.render(&context)
        }
        (Words::Value(scale), Some(value)) => match value {
            Value::Number { text, .. } => scale.undo(text).ok_or_else(|| "the number is too large".into()),
            other => Ok(other.to_string()),
        },
        (Words::Map(_), None) => Err("it has no word for nothing".into()),
        (Words::Value(_), None) => Ok(String::new()),
    }
}
