//! One quantity of a property as it is offered: by its definition, or else by its type and what it says.

use std::time::Duration;

use crate::device::profile::{Profile, Property as Taught, Shape, Words};
use crate::device::vocabulary;
use crate::device::{Access, Kind, listed_keys, property};
use crate::talk::model::{Reading, Value};

/// One quantity.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantity {
    /// Its key in the payload; empty where the payload is a bare value.
    pub key: Box<str>,
    /// What it is; never JSON, for which Home Assistant has no word.
    pub sort: Shape,
    /// Its unit, in the words of the hub.
    pub unit: Option<Box<str>>,
    /// Whether it is told with its unit, `[24.50, "℃"]`.
    pub is_paired: bool,
    /// Both ends of what may be set.
    pub range: Option<(f64, f64)>,
    /// The step between numbers that may be set.
    pub step: Option<f64>,
    /// How often it says something, if that is promised.
    pub interval: Option<Duration>,
    /// Its name for people.
    pub name: Option<Box<str>>,
    /// Whether it says how it is.
    pub is_told: bool,
    /// Whether it can be set.
    pub is_set: bool,
    /// Of a choice, the words that can be set.
    pub set: Vec<Box<str>>,
}

/// Everything that is offered of the property `id`, which last said `readings`.
pub fn quantities(profile: Option<&Profile>, id: &str, readings: &[Reading]) -> Vec<Quantity> {
    let mut keys: Vec<&str> = Vec::new();
    if let Some(profile) = profile {
        keys.extend(profile.keys(id));
    }
    for key in listed_keys(id) {
        keys.push(key);
    }
    keys.extend(readings.iter().map(|reading| &*reading.key));
    let mut seen: Vec<&str> = Vec::new();
    keys.retain(|key| {
        let is_new = !seen.contains(key);
        seen.push(key);
        is_new && can_be_named(key)
    });
    let read = |key: &str| readings.iter().find(|reading| &*reading.key == key);
    keys.into_iter().filter_map(|key| quantity(profile, id, key, read(key))).collect()
}

/// Whether a template can point at it.
fn can_be_named(key: &str) -> bool {
    !key.contains(['\'', '"', '\\', '{', '}', '%', '#']) && key.chars().all(|c| !c.is_control())
}

fn quantity(profile: Option<&Profile>, id: &str, key: &str, reading: Option<&Reading>) -> Option<Quantity> {
    match profile
        .and_then(|profile| Some((profile, profile.taught(id).find(|known| *known.quantity == *key)?)))
    {
        Some((profile, taught)) => of_definition(profile, taught, id, key, reading),
        None => of_type(id, key, reading),
    }
}

fn of_definition(
    profile: &Profile,
    taught: &Taught,
    id: &str,
    key: &str,
    reading: Option<&Reading>,
) -> Option<Quantity> {
    let known = profile.describe(id, key)?;
    let is_set = taught.write.is_some();
    let sort = match &taught.kind {
        Shape::Json => return None,
        Shape::Switch if !is_set => Shape::Truth,
        kind => kind.clone(),
    };
    Some(Quantity {
        key: key.into(),
        is_paired: is_paired(reading, known.unit.is_some()),
        unit: known.unit.or_else(|| reading?.unit.clone()),
        range: known.range.map(|range| (range.min, range.max)),
        step: known.step,
        interval: known.interval,
        name: known.name,
        // What speaks Clown.Talk itself is read by that.
        is_told: profile.recognised.native.is_some() || !taught.reads.is_empty(),
        is_set,
        set: set_words(taught, &sort),
        sort,
    })
}

/// The words of a choice that a device can be told.
fn set_words(taught: &Taught, sort: &Shape) -> Vec<Box<str>> {
    let Shape::Choice(words) = sort else { return Vec::new() };
    let mapped = taught.write.iter().flat_map(|write| &write.sends).find_map(|send| match &send.words {
        Words::Map(words) => Some(words.iter().map(|(word, _)| word.to_string().into()).collect()),
        Words::Template(_) | Words::Value(_) => None,
    });
    mapped.unwrap_or_else(|| words.clone())
}

fn of_type(id: &str, key: &str, reading: Option<&Reading>) -> Option<Quantity> {
    let (value, unit) = match reading {
        Some(reading) => (&reading.value, reading.unit.as_deref()),
        None => (&Value::Null, None),
    };
    let known = property(id, key, value, unit);
    let is_set = known.access == Access::ReadWrite;
    let sort = match (known.kind, value) {
        (Kind::Number, _) => match vocabulary::quantity(key).map(|quantity| quantity.sort) {
            Some(vocabulary::Sort::Total) => Shape::Total,
            _ => Shape::Number,
        },
        (Kind::Switch, _) if is_set => Shape::Switch,
        (Kind::Switch, _) | (Kind::Text, Value::Bool(_)) => Shape::Truth,
        (Kind::Choice(words), _) => Shape::Choice(words.iter().map(|word| (**word).into()).collect()),
        // What it is will be seen when it says something.
        (Kind::Text, Value::Other(_) | Value::Null) => return None,
        (Kind::Text, Value::Text(_) | Value::Number { .. }) => Shape::Text,
        (Kind::Event, _) => Shape::Event,
        (Kind::Button, _) => Shape::Button,
    };
    let set = match &sort {
        Shape::Choice(words) => words.clone(),
        _ => Vec::new(),
    };
    Some(Quantity {
        key: key.into(),
        is_paired: is_paired(reading, known.unit.is_some()),
        unit: known.unit,
        range: known.range.map(|range| (range.min, range.max)),
        step: known.step,
        interval: known.interval,
        name: known.name,
        is_told: true,
        is_set,
        set,
        sort,
    })
}

/// Whether it is told with its unit: as it was, or as is usual for what has one.
fn is_paired(reading: Option<&Reading>, has_unit: bool) -> bool {
    match reading {
        Some(reading) if reading.unit.is_some() => true,
        Some(Reading { value: Value::Null, .. }) | None => has_unit,
        Some(_) => false,
    }
}
