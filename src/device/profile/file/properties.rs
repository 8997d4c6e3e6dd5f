//! `[[property]]`: what a device has.

use std::time::Duration;

use super::Variants;
use super::words::{Ends, Icon, Unit};
use super::{modbus, pins, sense, ways};
use crate::device::kind_of;
use crate::device::profile::pattern::Pattern;
use crate::device::profile::{Form, Property, Read, Recognised, Send, Shape};
use crate::device::vocabulary::{self, QUANTITIES, Quantity, Sort, TYPES, quantity, usual_quantity};
use crate::sheet::{Section, nearest, quoted};

const SHAPES: [(&str, Shape); 9] = [
    ("number", Shape::Number),
    ("total", Shape::Total),
    ("switch", Shape::Switch),
    ("truth", Shape::Truth),
    ("choice", Shape::Choice(Vec::new())),
    ("text", Shape::Text),
    ("event", Shape::Event),
    ("button", Shape::Button),
    ("json", Shape::Json),
];

/// What others call these kinds.
const SYNONYMS: [(&str, &str); 14] = [
    ("enum", "choice"),
    ("select", "choice"),
    ("bool", "truth"),
    ("boolean", "truth"),
    ("binary", "truth"),
    ("relay", "switch"),
    ("string", "text"),
    ("float", "number"),
    ("int", "number"),
    ("integer", "number"),
    ("numeric", "number"),
    ("sensor", "number"),
    ("counter", "total"),
    ("object", "json"),
];

pub(super) fn read(root: &Section<'_>, variants: &Variants, recognised: &Recognised) -> Vec<Property> {
    if !root.has("property") {
        root.fault("property", "is missing".into(), "at least one [[property]]".into(), None);
    }
    root.sections("property")
        .into_iter()
        .filter_map(|section| property(section, variants, recognised))
        .collect()
}

fn property(section: Section<'_>, variants: &Variants, recognised: &Recognised) -> Option<Property> {
    let id = section.must::<Pattern>("id");
    let name = subject(&section, id.as_ref());
    let known = quantity(&name);
    let pin = pins::read(&section, variants);
    let reads = ways::reads(&section, variants, pin);
    let write = ways::write(&section, variants, pin);
    let mut ask = ways::sends(&section, "ask", variants);
    if ask.is_empty() {
        // What is read from a register or a pin can be asked for.
        ask.extend(reads.first().and_then(|read| modbus::asks(variants, &read.value)));
        ask.extend(pin.map(|pin| Send::plain(Form::Pin(pin))));
    }
    let shape = shape(&section, known, &name, write.is_some(), &reads);
    let unit = unit(&section, known, &shape);
    let range = section.maybe::<Ends>("range").map(|Ends(low, high)| (low, high));
    let step = section.maybe::<Step>("step").map(|step| step.0);
    let limits = Duration::from_millis(100)..=Duration::from_secs(366 * 86_400);
    let interval = section
        .has("interval")
        .then(|| section.duration("interval", limits.clone(), Duration::from_secs(60)));
    let ends = section.has("ends").then(|| section.duration("ends", limits, Duration::from_secs(60)));
    if ends.is_some() && !section.is_faulty() && shape != Shape::Truth {
        let allowed = "no `ends`, or kind = \"truth\"";
        section.fault("ends", format!("found beside {}", kind_in_words(&shape)), allowed.into(), None);
    }
    if reads.is_empty() && write.is_none() && recognised.native.is_none() && !section.is_faulty() {
        section.fault("read", "is missing, and so is `write`".into(), "at least one of both".into(), None);
    }
    let called = section.maybe::<String>("name").map(Into::into);
    let icon = section.maybe::<Icon>("icon").map(|icon| icon.0);
    let property = id.map(|id| Property {
        place: section.place(),
        quantity: name.into(),
        kind: shape,
        name: called,
        icon,
        unit,
        range,
        step,
        interval,
        ends,
        reads,
        write,
        ask,
        id,
    });
    if let Some(property) = &property {
        sense::check(&section, property, recognised);
    }
    section.finish();
    property
}

/// What it is about: the quantity that is said, or the usual one of its type.
fn subject(section: &Section<'_>, id: Option<&Pattern>) -> String {
    let kind = id.filter(|id| check_id(section, id)).map(|id| kind_of(id.as_str()).to_owned());
    let usual = kind.as_deref().and_then(usual_quantity);
    let named = section.maybe::<String>("quantity");
    if let (Some(kind), None, None) = (&kind, usual, &named) {
        let near = nearest(kind, TYPES.iter().map(|(name, _)| *name));
        let hint = near.map(|near| format!("did you mean {near}?"));
        let allowed = "a type of the vocabulary, or one with its `quantity`";
        section.fault("id", format!("the unknown type \"{kind}\""), allowed.into(), hint);
    }
    named.or_else(|| usual.map(str::to_owned)).unwrap_or_else(|| "state".to_owned())
}

/// What kind of thing it is.
fn shape(section: &Section<'_>, known: Option<&Quantity>, name: &str, is_set: bool, reads: &[Read]) -> Shape {
    let shapes: Vec<(&'static str, usize)> =
        SHAPES.iter().enumerate().map(|(at, (word, _))| (*word, at)).collect();
    let word = section.value("kind").and_then(toml_edit::Value::as_str);
    let synonym = SYNONYMS.iter().find(|(other, _)| Some(*other) == word);
    let given = match synonym {
        None => section.has("kind").then(|| section.choice("kind", &shapes, None)).flatten(),
        Some((other, ours)) => {
            let allowed = shapes.iter().map(|(word, _)| quoted(word)).collect::<Vec<_>>().join(", ");
            section.fault(
                "kind",
                format!("found \"{other}\""),
                allowed,
                Some(format!("it is called {ours} here")),
            );
            shapes.iter().find(|(word, _)| word == ours).map(|(_, at)| *at)
        }
    };
    let words: Vec<String> = section.or("words", Vec::new());
    if known.is_none() && !section.has("kind") {
        unknown_quantity(section, name);
    }
    match given.map_or_else(|| usual_shape(known, is_set, reads), |at| SHAPES[at].1.clone()) {
        Shape::Choice(_) => Shape::Choice(choice_words(section, words, reads)),
        other => other,
    }
}

/// Two levels, the first of them a type.
fn check_id(section: &Section<'_>, id: &Pattern) -> bool {
    let levels: Vec<&str> = id.as_str().split('/').collect();
    let [kind, _] = levels.as_slice() else {
        let told = if levels.len() == 1 { "one level".into() } else { format!("{} levels", levels.len()) };
        let hint = (levels.len() == 1).then(|| format!(r#"write "{id}/-" if there is only one"#));
        section.fault("id", format!("\"{id}\" has {told}"), "TYPE/ADDRESS, two levels".into(), hint);
        return false;
    };
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_word = !kind.is_empty() && kind.bytes().all(is_letter);
    if !is_word {
        let near = nearest(kind, TYPES.iter().map(|(name, _)| *name));
        let hint = near.map(|near| format!("did you mean {near}?"));
        section.fault("id", format!("the type \"{kind}\""), "a type of a-z, 0-9 and -".into(), hint);
    }
    is_word
}

fn usual_shape(known: Option<&Quantity>, is_set: bool, reads: &[Read]) -> Shape {
    match known.map(|known| known.sort) {
        Some(Sort::Number) | None => Shape::Number,
        Some(Sort::Total) => Shape::Total,
        Some(Sort::Truth) if is_set => Shape::Switch,
        Some(Sort::Truth) => Shape::Truth,
        Some(Sort::Choice) => Shape::Choice(Vec::new()),
        Some(Sort::Text) => Shape::Text,
        Some(Sort::Event) if is_set && reads.is_empty() => Shape::Button,
        Some(Sort::Event) => Shape::Event,
        Some(Sort::Any) => Shape::Json,
    }
}

/// The words of a choice: those that are listed, or else those that a map gives.
fn choice_words(section: &Section<'_>, listed: Vec<String>, reads: &[Read]) -> Vec<Box<str>> {
    let mut words: Vec<Box<str>> = listed.into_iter().map(Into::into).collect();
    if words.is_empty() {
        let mapped = reads.iter().flat_map(|read| &read.map).filter_map(|(_, value)| match value {
            crate::talk::model::Value::Text(word) => Some(word.clone()),
            _ => None,
        });
        for word in mapped {
            if !words.contains(&word) {
                words.push(word);
            }
        }
    }
    if words.is_empty() && !section.is_faulty() {
        let allowed = r#"the words of the choice, such as words = ["off", "heat", "cool"]"#;
        section.fault("words", "is missing".into(), allowed.into(), None);
    }
    words
}

fn unknown_quantity(section: &Section<'_>, name: &str) {
    let near = nearest(name, QUANTITIES.iter().map(|known| known.name));
    let hint = match near {
        Some(near) => format!("did you mean {near}? Otherwise say with `kind` what it is"),
        None => "say with `kind` what it is".to_owned(),
    };
    let told = format!("the unknown quantity \"{name}\"");
    section.fault(
        "quantity",
        told,
        "a quantity of the vocabulary, or one with its `kind`".into(),
        Some(hint),
    );
}

fn unit(section: &Section<'_>, known: Option<&Quantity>, shape: &Shape) -> Option<Box<str>> {
    let given = section.maybe::<Unit>("unit").map(|unit| String::from(unit.0));
    let is_number = matches!(shape, Shape::Number | Shape::Total);
    if let (Some(unit), Some(known)) = (&given, known)
        && !known.units.is_empty()
        && !known.units.contains(&&**unit)
    {
        let hint = nearest(unit, known.units.iter().copied()).map(|near| format!("did you mean {near}?"));
        section.fault("unit", format!("found \"{unit}\""), known.units.join(", "), hint);
    }
    if given.is_some() && !is_number {
        let told = format!("found beside {}", kind_in_words(shape));
        section.fault("unit", told, "no `unit`, or kind = \"number\"".into(), None);
    }
    let usual =
        known.and_then(|known: &vocabulary::Quantity| known.units.first()).map(|unit| (*unit).to_owned());
    given.or(usual).filter(|_| is_number).map(Into::into)
}

/// `kind = "switch"`, whether the file says so or not.
pub(super) fn kind_in_words(shape: &Shape) -> String {
    let is_same = |other: &Shape| std::mem::discriminant(other) == std::mem::discriminant(shape);
    let word = SHAPES.iter().find(|(_, other)| is_same(other)).map_or("", |(word, _)| *word);
    format!("kind = {}", quoted(word))
}

/// A step: a number above 0.
struct Step(f64);

impl crate::sheet::Typed for Step {
    const ALLOWED: &'static str = "a number above 0, such as 0.5";

    fn read(value: &toml_edit::Value) -> Result<Self, Option<String>> {
        let number = value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64)).ok_or(None)?;
        if number > 0.0 && number.is_finite() { Ok(Self(number)) } else { Err(None) }
    }

    fn show(&self) -> String {
        self.0.to_string()
    }
}
