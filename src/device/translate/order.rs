//! A Clown.Talk command in the device's own words, or why it cannot be given.

use super::Device;
use crate::device::profile::captures::Captures;
use crate::device::profile::template::Words as Context;
use crate::device::profile::{Confirm, Property, Send, Shape, Words, Write};
use crate::device::{Expect, Refusal};
use crate::talk::Payload;
use crate::talk::model::{Reading, Value};

/// What is sent, and what confirms it.
#[derive(Debug, PartialEq)]
pub struct Order {
    /// In this order.
    pub sends: Vec<Sending>,
    /// What the device has to say then.
    pub expect: Expect,
}

/// One thing to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sending {
    /// Where; nothing on a line of its own.
    pub topic: Option<String>,
    /// What.
    pub payload: String,
    /// How sure a broker makes of it.
    pub qos: u8,
}

/// The key that asks a device to end a state by itself, in seconds.
const FOR: &str = "for";

pub(super) fn order(device: &Device, topic: &str, payload: &Payload) -> Result<Order, Refusal> {
    let (id, verb) = topic.rsplit_once('/').unwrap_or((topic, ""));
    let known: Vec<(&Property, Captures)> = device
        .profile
        .properties
        .iter()
        .filter_map(|property| Some((property, captures(device, property, id)?)))
        .collect();
    if known.is_empty() {
        let reason = format!("a {} has no `{id}`", device.profile.name);
        return Err(Refusal::new("no-such-device", reason));
    }
    match verb {
        "get" => ask(device, &known),
        "set" => set(device, id, &known, payload),
        _ => Err(Refusal::new(
            "not-a-command",
            format!("a {} takes `{id}/set` and `{id}/get`", device.profile.name),
        )),
    }
}

/// What fills the topics of a property with this id.
fn captures(device: &Device, property: &Property, id: &str) -> Option<Captures> {
    let mut all = match device.values.get(id) {
        // What was heard is known to the letter.
        Some(slot) if property.id.captures(id, &Captures::default()).is_some() => slot.captures.clone(),
        _ => property.id.captures(id, &Captures::default())?,
    };
    for (name, text) in device.captures.iter() {
        if all.get(name).is_none() {
            all.put(&name.into(), text)?;
        }
    }
    Some(all)
}

fn ask(device: &Device, known: &[(&Property, Captures)]) -> Result<Order, Refusal> {
    let mut sends = Vec::new();
    for (property, captures) in known {
        let confirm = property.write.as_ref().map(|write| &write.confirm);
        let ask = match confirm {
            Some(Confirm::Ask(ask)) if property.ask.is_empty() => ask,
            _ => &property.ask,
        };
        for send in ask {
            let sending = sending(device, send, captures, None)?;
            if !sends.contains(&sending) {
                sends.push(sending);
            }
        }
    }
    if sends.is_empty() {
        let reason = format!("a {} cannot be asked; it speaks by itself", device.profile.name);
        return Err(Refusal::new("cannot-ask", reason));
    }
    Ok(Order { sends, expect: Expect::Word })
}

fn set(
    device: &Device,
    id: &str,
    known: &[(&Property, Captures)],
    payload: &Payload,
) -> Result<Order, Refusal> {
    let allowed = || {
        let settable = known.iter().filter(|(property, _)| property.write.is_some());
        settable.map(|(property, _)| format!("`{}`", property.quantity)).collect::<Vec<_>>().join(", ")
    };
    if allowed().is_empty() {
        return Err(Refusal::new("read-only", format!("`{id}` of a {} cannot be set", device.profile.name)));
    }
    let wrong = |why: String| Refusal::new("bad-payload", format!("`{id}/set` needs {}; {why}", allowed()));
    if !payload.is_object() {
        return Err(wrong("found no object such as {\"state\": true}".into()));
    }
    let seconds = payload.readings().iter().find(|reading| &*reading.key == FOR).map(seconds).transpose()?;
    let (mut sends, mut expects, mut is_certain) = (Vec::new(), Vec::new(), true);
    for reading in payload.readings().iter().filter(|reading| &*reading.key != FOR) {
        let settable = known.iter().find(|(property, _)| *property.quantity == *reading.key);
        let Some((property, captures, write)) =
            settable.and_then(|(property, captures)| Some((property, captures, property.write.as_ref()?)))
        else {
            return Err(wrong(format!("found `{}`", reading.key)));
        };
        check(property, reading).map_err(|why| wrong(format!("`{}` {why}", reading.key)))?;
        sends.extend(written(device, property, write, captures, reading, seconds.as_deref())?);
        match &write.confirm {
            Confirm::State => {}
            Confirm::Nothing => is_certain = false,
            Confirm::Ask(asks) => {
                for send in asks {
                    sends.push(sending(device, send, captures, None)?);
                }
            }
        }
        expects.push(Expect::Reading { key: reading.key.clone(), value: reading.value.clone() });
    }
    let expect = match expects.len() {
        0 => return Err(wrong("found nothing".into())),
        _ if !is_certain => Expect::Nothing,
        1 => expects.remove(0),
        // Several at once are confirmed by the last one, which the device takes last.
        _ => expects.pop().unwrap_or(Expect::Word),
    };
    Ok(Order { sends, expect })
}

/// `600` or `[600, "s"]`.
fn seconds(reading: &Reading) -> Result<String, Refusal> {
    match (&reading.value, reading.unit.as_deref()) {
        (Value::Number { text, value }, None | Some("s")) if *value > 0.0 => Ok(text.to_string()),
        _ => Err(Refusal::new("bad-payload", "`for` needs seconds, such as {\"state\": true, \"for\": 600}")),
    }
}

fn written(
    device: &Device,
    property: &Property,
    write: &Write,
    captures: &Captures,
    reading: &Reading,
    seconds: Option<&str>,
) -> Result<Vec<Sending>, Refusal> {
    let Some(seconds) = seconds else {
        return write
            .sends
            .iter()
            .map(|send| sending(device, send, captures, Some(&reading.value)))
            .collect();
    };
    let Some(timed) = &write.timed else {
        let reason = format!("`{}` of a {} has no timer of its own", property.id, device.profile.name);
        return Err(Refusal::new("no-timer", reason));
    };
    let mut with_time = captures.clone();
    with_time.put(&"seconds".into(), seconds);
    sending(device, timed, &with_time, Some(&reading.value)).map(|sending| vec![sending])
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
        (Shape::Button, Value::Bool(true) | Value::Number { .. }) => Ok(()),
        (Shape::Button, _) => Err("takes true".into()),
        (Shape::Switch | Shape::Truth, found) => Err(format!("takes true or false, found {found:.40}")),
        (Shape::Choice(words), Value::Text(word)) if words.contains(word) => Ok(()),
        (Shape::Choice(words), found) => Err(format!("takes {}, found {found:.40}", words.join(", "))),
        (Shape::Text, found) => Err(format!("takes a text, found {found:.40}")),
        (Shape::Number | Shape::Total | Shape::Event, Value::Number { value, .. }) => match property.range {
            Some((low, high)) if !(low..=high).contains(value) => {
                Err(format!("takes {low} to {high}, found {value}"))
            }
            _ => Ok(()),
        },
        (Shape::Number | Shape::Total | Shape::Event, found) => {
            Err(format!("takes a number, found {found:.40}"))
        }
    }
}

fn sending(
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
    let payload = words(&send.words, captures, value).map_err(|why| unfit(device, &why))?;
    Ok(Sending { topic, payload, qos: send.qos })
}

fn unfit(device: &Device, why: &str) -> Refusal {
    Refusal::new("definition", format!("the definition `{}` cannot say this: {why}", device.profile.id))
}

fn words(words: &Words, captures: &Captures, value: Option<&Value>) -> Result<String, String> {
    match (words, value) {
        (Words::Map(map), Some(value)) => {
            let found = map.iter().find(|(meaning, _)| meaning.means(value));
            found.map(|(_, word)| word.to_string()).ok_or_else(|| format!("it has no word for {value:.40}"))
        }
        (Words::Template(template), _) => {
            let context = Context::of(captures);
            let context = match value {
                Some(Value::Bool(truth)) => context.with_json("value", &truth.to_string()),
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
