//! `read`, `write`, `ask`: how a value is taken out of what a device says, and what it is told.

use std::sync::Arc;

use super::words::{Exact, Exactly, Factor, HexBytes, conditions, scalar};
use super::{Variants, checksum, modbus, pins};
use crate::device::frame::checksum::Written;
use crate::device::frame::firmata::Pin;
use crate::device::profile::number::{Digits, Scale};
use crate::device::profile::pointer::Pointer;
use crate::device::profile::template::Template;
use crate::device::profile::{Confirm, Form, Parts, Read, RefusedBy, Send, Tail, Words, Write};
use crate::sheet::{Section, found, nearest};
use crate::talk::model::Value;

const DIGITS: [(&str, Digits); 6] = [
    ("decimal", Digits::Decimal),
    ("hex", Digits::Hex),
    ("hex-int16", Digits::HexInt16),
    ("hex-sign16", Digits::HexSign16),
    ("hex-little", Digits::HexLittle),
    ("hex-little-int", Digits::HexLittleInt),
];

pub(super) fn reads(property: &Section<'_>, variants: &Variants, pin: Option<Pin>) -> Vec<Read> {
    let mut reads: Vec<Read> =
        property.tables("read").into_iter().map(|section| read(section, variants, pin)).collect();
    if reads.is_empty() {
        reads.extend(pin.map(pins::usual_read));
    }
    reads
}

fn read(section: Section<'_>, variants: &Variants, pin: Option<Pin>) -> Read {
    let regex = variants.regex(&section, "regex");
    let read = Read {
        topics: variants.topic(&section, "topic"),
        when: conditions(&section),
        parts: parts(&section),
        value: section.maybe("value").unwrap_or_else(|| pin.map_or_else(Pointer::whole, pins::pointer)),
        regex,
        template: section.maybe("template"),
        map: map(&section),
        digits: section.choice("digits", &DIGITS, Some(Digits::Decimal)).unwrap_or_default(),
        scale: scale(&section),
    };
    section.finish();
    read
}

fn parts(section: &Section<'_>) -> Option<Parts> {
    let pairs = section.maybe::<String>("is");
    let between = section.maybe::<Exactly>("between").map(|text| text.0);
    match (pairs, between) {
        (Some(is), between) => {
            Some(Parts::Pairs { between: between.unwrap_or_else(|| ",".into()), is: is.into() })
        }
        (None, Some(between)) => Some(Parts::Columns { between }),
        (None, None) => None,
    }
}

/// `map = { ON = true, OFF = false }`.
fn map(section: &Section<'_>) -> Vec<(Box<str>, Value)> {
    let mut map = Vec::new();
    for entry in section.entries("map") {
        match entry.item.as_value().and_then(scalar) {
            // TOML has no `null`; its word is taken for it.
            Some(Value::Text(word)) if &*word == "null" => map.push((entry.name.into(), Value::Null)),
            Some(value) => map.push((entry.name.into(), value)),
            None => {
                let allowed = "a truth, a number or a text";
                section.sheet.problem(entry.span, &entry.path, found(entry.item), allowed.into(), None);
            }
        }
    }
    map
}

fn scale(section: &Section<'_>) -> Scale {
    let usual = Scale::default();
    Scale {
        factor: section.maybe::<Factor>("scale").map_or(usual.factor, |factor| factor.0),
        offset: section.maybe::<Exact>("offset").map_or(usual.offset, |offset| offset.0),
        decimals: section.has("decimals").then(|| section.number("decimals", 0..=9, 0)),
    }
}

pub(super) fn write(property: &Section<'_>, variants: &Variants, pin: Option<Pin>) -> Option<Write> {
    let sections = property.tables("write");
    let Some(first) = sections.first() else { return pin.and_then(pins::usual_write) };
    if pin.is_some_and(|pin| !pin.mode.is_set()) {
        let allowed = r#"no `write`, or mode = "output", "pwm" or "servo""#.into();
        property.fault("write", "found beside an input".into(), allowed, None);
    }
    let allowed = r#""state", "echo", "nothing", or what asks for it: { topic = "…", payload = "" }"#;
    let confirm = match first.value("confirm") {
        // What was written to a register is read back.
        None => match form(first, variants, pin) {
            Form::Pin(pin) => Confirm::Ask(vec![Send::plain(Form::Pin(pin))]),
            Form::Register(path) if modbus::is_read(variants, &path) => Confirm::Ask(vec![Send::asks(path)]),
            Form::Register(_) | Form::Line | Form::Hex(_) => Confirm::State,
        },
        Some(value) => match value.as_str() {
            Some("state") => Confirm::State,
            Some("nothing") => Confirm::Nothing,
            Some("echo") => Confirm::Echo,
            None if value.is_inline_table() || value.is_array() => {
                Confirm::Ask(sends(first, "confirm", variants))
            }
            _ => {
                let told = found(&toml_edit::Item::Value(value.clone()));
                let near = value.as_str().and_then(|word| nearest(word, ["state", "echo", "nothing"]));
                let hint = near.map(|near| format!("did you mean \"{near}\"?"));
                first.fault("confirm", told, allowed.into(), hint);
                Confirm::State
            }
        },
    };
    let timed = sends(first, "timed", variants).into_iter().next();
    let optimistic = first.or("optimistic", false);
    if optimistic && !matches!(confirm, Confirm::Ask(_)) {
        let allowed = r#"`confirm` beside it that asks: { topic = "…", payload = "" }"#;
        first.fault("optimistic", "found without what asks the device".into(), allowed.into(), None);
    }
    if matches!(confirm, Confirm::Echo) && sections.iter().any(|section| section.has("topic")) {
        let allowed = "`state`, `nothing` or what asks for it: only a serial line echoes";
        first.fault("confirm", "found \"echo\" for a topic".into(), allowed.into(), None);
    }
    let write = Write {
        sends: sections.iter().filter_map(|section| send(section, variants, pin)).collect(),
        confirm,
        timed,
        optimistic,
        refused_by: refused_by(first, variants),
    };
    for section in sections {
        section.finish();
    }
    Some(write)
}

/// What says that a command was not carried out.
fn refused_by(section: &Section<'_>, variants: &Variants) -> Vec<Arc<RefusedBy>> {
    let one = |section: Section<'_>| {
        let topics = variants.each_topic(&section, "topic");
        if topics.is_empty() && !section.is_faulty() {
            section.fault("topic", "is missing".into(), super::TOPIC.into(), None);
        }
        let by = RefusedBy {
            topics,
            when: conditions(&section),
            value: section.maybe("value").unwrap_or_else(Pointer::whole),
            regex: variants.regex(&section, "regex").map(|regex| regex.as_str().into()),
            keys: keys(&section),
            template: section.maybe("template"),
        };
        if !by.keys.is_empty() && !by.regex.as_deref().is_some_and(|regex| regex.contains("<key>")) {
            let allowed = "a `regex` with a group `key`, such as `set (?<key>[a-z]+) failed`";
            section.fault("key", "found without it".into(), allowed.into(), None);
        }
        if by.regex.is_none() && by.template.is_none() && by.when.is_empty() && !section.is_faulty() {
            let allowed = "`regex`, `template` or `when`: not every message refuses a command";
            section.fault("regex", "is missing".into(), allowed.into(), None);
        }
        section.finish();
        Arc::new(by)
    };
    section.tables("refused_by").into_iter().map(one).collect()
}

/// What the group `key` has to be, one word or a list of them.
fn keys(section: &Section<'_>) -> Vec<Value> {
    let one = |value: &toml_edit::Value| {
        let key = scalar(value);
        if key.is_none() {
            let told = found(&toml_edit::Item::Value(value.clone()));
            section.fault("key", told, r#"a text or a list of them, such as ["state", "on"]"#.into(), None);
        }
        key
    };
    section.value("key").into_iter().flat_map(super::each).filter_map(one).collect()
}

pub(super) fn sends(section: &Section<'_>, key: &'static str, variants: &Variants) -> Vec<Send> {
    let mut sends = Vec::new();
    for section in section.tables(key) {
        sends.extend(send(&section, variants, None));
        section.finish();
    }
    sends
}

/// What is sent for one state: a text, or a truth or number as it stands.
fn word(section: &Section<'_>, key: &'static str, value: &toml_edit::Value) -> Option<Box<str>> {
    let word = scalar(value);
    if word.is_none() {
        let told = found(&toml_edit::Item::Value(value.clone()));
        section.fault(key, told, r#"what is sent, such as "on""#.into(), None);
    }
    word.map(|word| word.to_string().into())
}

fn send(section: &Section<'_>, variants: &Variants, pin: Option<Pin>) -> Option<Send> {
    let topics = variants.topic(section, "topic");
    let on_off = (section.value("on"), section.value("off"));
    let (key, payload) = written(section);
    let words = match (on_off, payload, section.has("map")) {
        ((Some(on), Some(off)), None, false) => {
            let (on, off) = (word(section, "on", on), word(section, "off", off));
            Words::Map(vec![(Value::Bool(true), on?), (Value::Bool(false), off?)])
        }
        ((None, None), Some(payload), false) => {
            let text = payload.as_str().unwrap_or_default();
            match Template::new(text) {
                Ok(template) if payload.is_str() => Words::Template(template),
                Ok(_) | Err(_) => {
                    let why = Template::new(text).err();
                    let told = found(&toml_edit::Item::Value(payload.clone()));
                    section.fault(key, told, r#"a text or template, such as "{{ value }}""#.into(), why);
                    return None;
                }
            }
        }
        ((None, None), None, true) => Words::Map(
            map(section)
                .into_iter()
                .map(|(word, sent)| (Value::Text(word), sent.to_string().into()))
                .collect(),
        ),
        ((None, None), None, false) => Words::Value(scale(section)),
        ((on, off), payload, _) => {
            let missing = match (on, off, payload) {
                (Some(_), None, _) => "`on` without `off`",
                (None, Some(_), _) => "`off` without `on`",
                _ => "`payload` or `map` beside `on` and `off`",
            };
            section.fault(
                "on",
                format!("found {missing}"),
                "`on` and `off`, or `payload`, or `map`".into(),
                None,
            );
            return None;
        }
    };
    let qos = section.number("qos", 0..=2, 0);
    Some(Send { topics, words, form: form(section, variants, pin), qos })
}

/// What is sent, by the key that says in which form.
fn written<'a>(section: &Section<'a>) -> (&'static str, Option<&'a toml_edit::Value>) {
    let keys = ["payload", "line", "hex"];
    let given: Vec<_> = keys.into_iter().filter_map(|key| Some((key, section.value(key)?))).collect();
    if let [_, (second, _), ..] = given.as_slice() {
        let told = "found beside another of them".into();
        section.fault(second, told, "one of `payload`, `line`, `hex`".into(), None);
    }
    given.first().map_or(("payload", None), |(key, value)| (key, Some(value)))
}

/// What becomes of the words on a serial line: `hex = "…"`, or `on = "AA", off = "BB", as = "hex"`; of a property with
/// a pin they are what that is set to.
fn form(section: &Section<'_>, variants: &Variants, pin: Option<Pin>) -> Form {
    let is_hex = section.choice("as", &[("line", false), ("hex", true)], Some(section.has("hex")));
    let given = checksum::read(section, &[]);
    let end = section.maybe::<HexBytes>("end").map(|end| end.0);
    if let Some(path) = section.maybe::<Pointer>("register") {
        modbus::check(section, variants, &path);
        return Form::Register(path);
    }
    if let Some(pin) = pin
        && !["as", "hex", "line"].into_iter().any(|key| section.has(key))
    {
        return Form::Pin(pin);
    }
    if is_hex != Some(true) {
        for key in ["checksum", "end"].into_iter().filter(|key| section.has(key)) {
            let allowed = "neither checksum nor end, or `hex`: a line says its own";
            section.fault(key, "found with a line".into(), allowed.into(), None);
        }
        return Form::Line;
    }
    let sum = given.map(|given| {
        let (sum, written) = (given.sum, given.written(Written::Big));
        let from = given.table.as_ref().map_or(0, |table| table.number("from", 0..=64usize, 0));
        if let Some(table) = given.table {
            table.finish();
        }
        (sum, from, written)
    });
    Form::Hex(Tail { sum, end: end.unwrap_or_default() })
}
