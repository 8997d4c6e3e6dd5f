//! What only shows when the parts of a property are seen together: captures that nothing fills, words that no list has,
//! keys that a kind of thing has no use for.

use std::collections::BTreeSet;

use super::ID;
use super::properties::kind_in_words;
use crate::device::kind_of;
use crate::device::profile::captures::Captures;
use crate::device::profile::pattern::Pattern;
use crate::device::profile::template::{GIVEN, is_function};
use crate::device::profile::{Confirm, Form, Property, Read, Recognised, Send, Shape, Topics, Words};
use crate::sheet::{Entry, Section, Sheet, nearest};
use crate::talk::model::Value;

/// The key of a command that asks a device to end a state by itself.
const FOR: &str = "for";

/// Reports what cannot be meant.
pub(super) fn check(section: &Section<'_>, property: &Property, recognised: &Recognised) {
    useless_keys(section, &property.kind);
    captures(section, property, recognised);
    if let Shape::Choice(words) = &property.kind {
        choices(section, property, words);
    }
}

fn useless_keys(section: &Section<'_>, kind: &Shape) {
    let is_number = matches!(kind, Shape::Number | Shape::Total | Shape::Event);
    for key in ["range", "step"] {
        if section.has(key) && !is_number {
            let told = format!("found beside {}", kind_in_words(kind));
            section.fault(key, told, format!("no `{key}`, or kind = \"number\""), None);
        }
    }
    if section.has("words") && !matches!(kind, Shape::Choice(_)) {
        let told = format!("found beside {}", kind_in_words(kind));
        section.fault("words", told, "no `words`, or kind = \"choice\"".into(), None);
    }
}

/// Whether a name stands in templates without being captured.
fn is_given(name: &str) -> bool {
    GIVEN.contains(&name) || is_function(name)
}

fn captures(section: &Section<'_>, property: &Property, recognised: &Recognised) {
    let of_id: BTreeSet<&str> = property.id.names().collect();
    let mut all = of_id.clone();
    all.insert(ID);
    all.extend(recognised.topics.iter().flat_map(names));
    for read in &property.reads {
        let mut known = captured(read);
        known.extend(recognised.capture.iter().map(|(name, _)| &**name));
        if let Some(missing) = of_id.iter().find(|name| !known.contains(**name)) {
            let told = format!("\"{}\" needs {{{missing}}}, which a `read` does not capture", property.id);
            unknown(section, "id", told, missing, &known);
        }
        let is_made = |id: &Pattern| id.names().all(|name| known.contains(name));
        let is_known = recognised.is_single()
            || !recognised.id.is_empty()
            || known.contains(ID)
            || recognised.id_as.as_ref().is_some_and(is_made);
        if read.topics.is_some() && !is_known {
            let told = "has a topic without {id}".into();
            let hint = "name the part that tells devices apart {id}, or say in [match] where the id stands";
            section.fault("read", told, super::TOPIC.into(), Some(hint.into()));
        }
        let template = read.template.iter().flat_map(|template| template.names());
        for name in template.filter(|name| !is_given(name) && !known.contains(name)) {
            let told = format!("has a template with `{name}`, which nothing captures");
            unknown(section, "read", told, name, &known);
        }
        all.extend(known);
    }
    let write = property.write.iter().flat_map(|write| {
        let asked = match &write.confirm {
            Confirm::Ask(asks) => asks.as_slice(),
            Confirm::State | Confirm::Echo | Confirm::Nothing => &[],
        };
        write.sends.iter().chain(&write.timed).chain(asked)
    });
    write.for_each(|send| sent(section, "write", send, &all));
    for by in property.write.iter().flat_map(|write| &write.refused_by) {
        let template = by.template.iter().flat_map(|template| template.names());
        let used = by.topics.iter().flat_map(names).chain(template.filter(|name| !is_given(name)));
        for name in used.filter(|name| !all.contains(name)) {
            unknown(
                section,
                "write",
                format!("has a refused_by with {{{name}}}, which nothing captures"),
                name,
                &all,
            );
        }
    }
    property.ask.iter().for_each(|send| sent(section, "ask", send, &all));
}

fn names(topics: &Topics) -> impl Iterator<Item = &str> {
    topics.0.iter().flat_map(|pattern| pattern.names())
}

fn captured(read: &Read) -> BTreeSet<&str> {
    read.topics.iter().flat_map(names).chain(read.value.names()).collect()
}

/// What is sent has to be filled with something that is known by then.
fn sent(section: &Section<'_>, key: &'static str, send: &Send, known: &BTreeSet<&str>) {
    for name in send.topics.iter().flat_map(names).filter(|name| !known.contains(name)) {
        let told = format!("has a topic with {{{name}}}, which nothing captures");
        unknown(section, key, told, name, known);
    }
    if let Form::Register(path) = &send.form {
        for name in path.names().filter(|name| !known.contains(name)) {
            let told = format!("has a register with {{{name}}}, which nothing captures");
            unknown(section, key, told, name, known);
        }
    }
    let Words::Template(template) = &send.words else { return };
    for name in template.names().filter(|name| !is_given(name) && !known.contains(name)) {
        let told = format!("has a template with `{name}`, which nothing captures");
        unknown(section, key, told, name, known);
    }
}

fn unknown(section: &Section<'_>, key: &'static str, told: String, name: &str, known: &BTreeSet<&str>) {
    let allowed = known.iter().map(|name| format!("{{{name}}}")).collect::<Vec<_>>().join(", ");
    let near = nearest(name, known.iter().copied()).map(|near| format!("did you mean {{{near}}}?"));
    section.fault(key, told, if allowed.is_empty() { "no captures".into() } else { allowed }, near);
}

/// Words that are read or written have to be those of the choice.
fn choices(section: &Section<'_>, property: &Property, words: &[Box<str>]) {
    let strange = |key: &'static str, word: &str| {
        if words.iter().any(|known| **known == *word) {
            return;
        }
        let near = nearest(word, words.iter().map(|known| &**known));
        let hint = near.map(|near| format!("did you mean {near}?"));
        section.fault(key, format!("has the word \"{word}\""), words.join(", "), hint);
    };
    for (_, value) in property.reads.iter().flat_map(|read| &read.map) {
        if let Value::Text(word) = value {
            strange("read", word);
        }
    }
    let sends = property.write.iter().flat_map(|write| &write.sends);
    for send in sends {
        let Words::Map(map) = &send.words else { continue };
        // Not every word has to be there: a cover says that it is opening, nobody sets it so.
        map.iter().for_each(|(value, _)| strange("write", &value.to_string()));
    }
}

/// A value that an example gives has to be one of a property.
pub(super) fn given(sheet: &Sheet, entry: &Entry<'_>, properties: &[Property]) {
    example(sheet, entry, properties.iter().collect());
}

/// What an example sets has to be a property that can be set.
pub(super) fn commanded(sheet: &Sheet, entry: &Entry<'_>, properties: &[Property]) {
    example(sheet, entry, properties.iter().filter(|property| property.write.is_some()).collect());
}

fn example(sheet: &Sheet, entry: &Entry<'_>, properties: Vec<&Property>) {
    if properties.is_empty() {
        return;
    }
    let has_id = |property: &&&Property| property.id.captures(entry.name, &Captures::default()).is_some();
    let of_it: Vec<&str> = properties.iter().filter(has_id).map(|property| &*property.quantity).collect();
    let wrong = |told: String, word: &str, words: Vec<&str>| {
        let hint = nearest(word, words.iter().copied()).map(|near| format!("did you mean {near}?"));
        let words: BTreeSet<&str> = words.into_iter().collect();
        let allowed = words.into_iter().collect::<Vec<_>>().join(", ");
        sheet.problem(entry.span.clone(), &entry.path, told, allowed, hint);
    };
    if of_it.is_empty() {
        let ids: Vec<&str> = properties.iter().map(|property| property.id.as_str()).collect();
        // What is misspelled is the type, as a rule; addresses are captured.
        let kind = nearest(kind_of(entry.name), ids.iter().map(|id| kind_of(id)));
        let near = kind.and_then(|kind| ids.iter().find(|id| kind_of(id) == kind)).copied();
        return wrong(format!("no such property \"{}\"", entry.name), near.unwrap_or(entry.name), ids);
    }
    let Some(table) = entry.item.as_table_like() else { return };
    for (quantity, _) in table.iter().filter(|(quantity, _)| *quantity != FOR && !of_it.contains(quantity)) {
        wrong(format!("\"{}\" has no \"{quantity}\"", entry.name), quantity, of_it.clone());
    }
}

/// Whether a command to `id` goes to a topic, which needs to know the device.
pub(super) fn needs_id(properties: &[Property], id: &str) -> bool {
    let mut of_it =
        properties.iter().filter(|property| property.id.captures(id, &Captures::default()).is_some());
    of_it.any(|property| {
        let mut sends = property.write.iter().flat_map(|write| &write.sends);
        sends.any(|send| send.topics.iter().flat_map(names).any(|name| name == ID))
    })
}
