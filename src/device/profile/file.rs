//! A definition file: TOML to a [`Profile`], or everything that is wrong with it, each with its place.

mod binary;
mod checksum;
mod examples;
mod frame;
mod modbus;
mod pins;
mod properties;
mod sense;
mod serial;
mod ways;
mod words;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::device::expression::Expression;

use super::captures::PatternError;
use super::pattern::Pattern;
use super::pointer::Pointer;
use super::{Availability, AvailabilityMode, Profile, Quirk, Recognised, Topics, Unfold};
use crate::device::frame::registers::Registers;
use crate::sheet::{Problems, Section, Sheet, Typed, found, quoted};
use crate::talk::model::Value;
use pins::Pins;
use words::{Cut, conditions};

/// The name of the one capture that says which device it is.
const ID: &str = "id";

/// Reads the text of a definition that is known as `id` and stands in `file`.
pub fn read(id: &str, file: &Path, text: String) -> Result<Profile, Problems> {
    let sheet = Sheet::new(file, text);
    let document = sheet.parse().map_err(|wrong| advised(wrong, sheet.text()))?;
    let root = Section::root(&sheet, document.as_table());
    let mut variants = Variants::read(&root);
    variants.registers = modbus::read(&root).map(Arc::new);
    let name = root.must::<String>("name").unwrap_or_default();
    let vendor = root.must::<String>("vendor").unwrap_or_default();
    let models: Vec<String> = root.or("models", Vec::new());
    let docs = root.maybe::<String>("docs");
    let recognised = recognised(&root, &variants);
    variants.is_single = recognised.is_single();
    let serial = serial::read(&root, &variants);
    let called = called(&root, &variants);
    let mut frame = frame::read(&root);
    variants.pins = Pins::of(&root, frame.as_ref());
    if root.has("frame") && root.has("modbus") {
        let allowed = "one of [frame] and [modbus]".into();
        root.fault("modbus", "found beside [frame]".into(), allowed, None);
    }
    let properties = properties::read(&root, &variants, &recognised);
    std::mem::take(&mut variants.pins).into_frame(&root, &mut frame);
    let profile = Profile {
        id: id.into(),
        file: file.to_owned(),
        name: name.into(),
        vendor: vendor.into(),
        called: called.map(Into::into),
        models: models.into_iter().map(Into::into).collect(),
        docs: docs.map(Into::into),
        recognised,
        unfolds: root.tables("unfold").into_iter().filter_map(|one| unfold(one, &variants)).collect(),
        serial,
        frame: frame.map(Arc::new),
        registers: variants.registers.clone(),
        availability: root
            .tables("availability")
            .into_iter()
            .filter_map(|one| availability(one, &variants))
            .collect(),
        availability_mode: root
            .choice("availability_mode", &MODES, Some(AvailabilityMode::Latest))
            .unwrap_or_default(),
        quirks: root.sections("quirk").into_iter().map(quirk).collect(),
        examples: examples::read(&root, &properties),
        properties,
        variants: variants.names,
        announced: None,
    };
    same_names(&root, &profile);
    root.finish();
    sheet.close().map(|_| profile)
}

/// What is no TOML, with a way out where many go wrong in the same way.
fn advised(mut wrong: Problems, text: &str) -> Problems {
    for problem in &mut wrong.0 {
        let Some(line) = text.lines().nth(problem.line.saturating_sub(1)) else { continue };
        let key = line.split('=').next().unwrap_or_default().trim();
        let is_json = ["{\"", "[\"", "[{\""].iter().any(|start| line.contains(&format!("= {start}")));
        problem.hint = match line.trim().strip_prefix("[[").and_then(|line| line.strip_suffix("]]")) {
            Some(name) if text.lines().any(|line| line.trim() == format!("[{name}]")) => {
                Some(format!("another one is written [{name}]; write [[{name}]] everywhere"))
            }
            Some(_) => None,
            None if problem.found.starts_with("duplicate key") => {
                Some(format!("`{key}` stands twice in one table"))
            }
            None if key == "payload" && is_json => Some("JSON stands in quotes: payload = '{…}'".into()),
            None => None,
        };
    }
    wrong
}

/// What a file says that other parts of it refer to: the ways in which its topics may be arranged, registers and pins.
pub(super) struct Variants {
    names: Vec<Box<str>>,
    /// What stands for `{word}` in each.
    words: Vec<BTreeMap<String, String>>,
    registers: Option<Arc<Registers>>,
    pins: Pins,
    /// The file is about one single device: its topics need not say which one it is.
    is_single: bool,
    /// What was compiled so far: many properties are cut out by the same expression.
    regexes: RefCell<BTreeMap<Box<str>, Expression>>,
}

impl Variants {
    fn read(root: &Section<'_>) -> Self {
        let (mut names, mut words) = (Vec::new(), Vec::new());
        for entry in root.entries("variant") {
            let Some(table) = entry.item.as_table_like() else {
                let allowed = r#"a table of words, such as { tele = "tele/{id*}" }"#;
                root.sheet.problem(entry.span, &entry.path, found(entry.item), allowed.into(), None);
                continue;
            };
            let text =
                |(key, item): (&str, &toml_edit::Item)| Some((key.to_owned(), item.as_str()?.to_owned()));
            for (key, item) in table.iter().filter(|(_, item)| item.as_str().is_none()) {
                let path = format!("{}.{key}", entry.path);
                let allowed = r#"a text, such as "tele/{id*}""#;
                root.sheet.problem(item.span(), &path, found(item), allowed.into(), None);
            }
            names.push(entry.name.into());
            words.push(table.iter().filter_map(text).collect());
        }
        if names.is_empty() {
            (names, words) = (vec!["".into()], vec![BTreeMap::new()]);
        }
        Self {
            names,
            words,
            registers: None,
            pins: Pins::default(),
            is_single: false,
            regexes: RefCell::default(),
        }
    }

    /// The topic `text` in every arrangement.
    fn topics(&self, text: &str) -> Result<Topics, PatternError> {
        let filled = |words: &BTreeMap<String, String>| {
            let mut text = text.to_owned();
            for (word, meaning) in words {
                text = text.replace(&format!("{{{word}}}"), meaning);
            }
            Pattern::new(&text)
        };
        self.words.iter().map(filled).collect::<Result<_, _>>().map(Topics)
    }

    /// The topic that `key` names, if it does; what is wrong with it becomes a problem.
    pub(super) fn topic(&self, section: &Section<'_>, key: &'static str) -> Option<Topics> {
        let text = section.maybe::<String>(key)?;
        self.topics(&text)
            .map_err(|error| section.fault(key, format!("{} {error}", quoted(&text)), TOPIC.into(), None))
            .ok()
    }

    /// The topics that `key` names, one or a list of them.
    pub(super) fn each_topic(&self, section: &Section<'_>, key: &'static str) -> Vec<Topics> {
        let read = |value: &toml_edit::Value| match value.as_str().map(|text| self.topics(text)) {
            Some(Ok(topics)) => Some(topics),
            Some(Err(error)) => {
                let told = format!("{} {error}", value.clone().decorated("", ""));
                section.fault(key, told, TOPIC.into(), None);
                None
            }
            None => {
                section.fault(key, found(&toml_edit::Item::Value(value.clone())), TOPIC.into(), None);
                None
            }
        };
        section.value(key).into_iter().flat_map(each).filter_map(read).collect()
    }

    /// The regular expression that `key` names, compiled once in a file.
    pub(super) fn regex(&self, section: &Section<'_>, key: &'static str) -> Option<Expression> {
        let text = section.value(key)?.as_str();
        let known = text.and_then(|text| self.regexes.borrow().get(text).cloned());
        known.or_else(|| {
            let regex = section.maybe::<Cut>(key)?.0;
            self.regexes.borrow_mut().insert(regex.as_str().into(), regex.clone());
            Some(regex)
        })
    }
}

const MODES: [(&str, AvailabilityMode); 3] =
    [("latest", AvailabilityMode::Latest), ("all", AvailabilityMode::All), ("any", AvailabilityMode::Any)];

const TOPIC: &str = r#"a topic with captures, such as "{id}/status/switch:{n}" or "tele/{id*}/STATE""#;

fn recognised(root: &Section<'_>, variants: &Variants) -> Recognised {
    let section = root.section("match");
    let mut topics = Vec::new();
    for value in section.value("topic").into_iter().flat_map(each) {
        let Some(text) = value.as_str() else {
            let told = found(&toml_edit::Item::Value(value.clone()));
            root.sheet.problem(value.span(), "match.topic", told, TOPIC.into(), None);
            continue;
        };
        match variants.topics(text) {
            Ok(read) => topics.push(read),
            Err(error) => {
                let told = format!("{} {error}", value.clone().decorated("", ""));
                root.sheet.problem(value.span(), "match.topic", told, TOPIC.into(), None);
            }
        }
    }
    let id = pointers(&section, "id");
    let without_id = |topics: &&Topics| !topics.0.iter().all(|topic| topic.names().any(|name| name == ID));
    let is_single = id.is_empty() && section.has("id_else");
    let id_as = section.maybe::<Pattern>("id_as");
    if id.is_empty() && !is_single && id_as.is_none() && topics.iter().any(|topics| without_id(&topics)) {
        let hint = r#"name the part that tells devices apart {id}, or say with `id = "/mac"` where it stands in the payload"#;
        section.fault("topic", "captures no {id}".into(), TOPIC.into(), Some(hint.into()));
    }
    let when = conditions(&section);
    let id_looks = section.maybe::<Cut>("id_looks").map(|cut| cut.0);
    let id_else = section.maybe::<String>("id_else").map(Into::into);
    let capture = capture(&section);
    let native = section.maybe::<String>("native").map(Into::into);
    section.finish();
    Recognised { native, topics, when, id, id_as, id_looks, id_else, capture }
}

/// One pointer, or a list of them.
fn pointers(section: &Section<'_>, key: &'static str) -> Vec<Pointer> {
    match section.value(key).is_some_and(toml_edit::Value::is_array) {
        true => section.list(key).unwrap_or_default(),
        false => section.maybe(key).into_iter().collect(),
    }
}

/// What the owner calls the device: only one single device has such a name.
fn called(root: &Section<'_>, variants: &Variants) -> Option<String> {
    let called = root.maybe::<String>("called")?;
    if !variants.is_single {
        let allowed =
            "a name only where `id_else` under [match], without `id`, makes the file be about one device";
        let hint = "`name` is what the family is called";
        root.fault("called", format!("found {}", quoted(&called)), allowed.into(), Some(hint.into()));
    }
    Some(called.trim().to_owned()).filter(|called| !called.is_empty())
}

/// `capture = { model = "/2" }`: what is captured from a payload.
fn capture(section: &Section<'_>) -> Vec<(Arc<str>, Pointer)> {
    let mut all = Vec::new();
    for entry in section.entries("capture") {
        let pointer = entry.item.as_value().and_then(|value| <Pointer as Typed>::read(value).ok());
        match super::captures::checked(entry.name).ok().zip(pointer) {
            Some(one) => all.push(one),
            None => {
                let allowed = r#"names of a-z, 0-9 and _, and where they stand, such as { node = "/0" }"#;
                section.sheet.problem(entry.span, &entry.path, found(entry.item), allowed.into(), None);
            }
        }
    }
    all
}

/// A value that may stand alone or in a list.
pub(super) fn each(value: &toml_edit::Value) -> Vec<&toml_edit::Value> {
    value.as_array().map_or_else(|| vec![value], |list| list.iter().collect())
}

/// A topic that has to be there and has to say which device it is.
fn of_a_device(section: &Section<'_>, key: &'static str, variants: &Variants) -> Option<Topics> {
    if !section.has(key) {
        section.fault(key, "is missing".into(), TOPIC.into(), None);
    }
    let topics = variants.topic(section, key)?;
    let tells_id = |topic: &Pattern| topic.names().any(|name| name == ID);
    if !variants.is_single && !topics.0.iter().all(tells_id) {
        let hint = "name the part that tells devices apart {id}";
        section.fault(key, "has no {id}".into(), TOPIC.into(), Some(hint.into()));
    }
    Some(topics)
}

fn availability(section: Section<'_>, variants: &Variants) -> Option<Availability> {
    let topics = of_a_device(&section, "topic", variants);
    let value = section.maybe("value").unwrap_or_else(Pointer::whole);
    let template = section.maybe("template");
    let words = |key: &'static str, usual: Option<&str>| {
        let mut given = Vec::new();
        for value in section.value(key).into_iter().flat_map(each) {
            match words::scalar(value) {
                Some(word) => given.push(word),
                None => {
                    let told = found(&toml_edit::Item::Value(value.clone()));
                    section.fault(key, told, format!("a word such as \"{key}\", or a list of them"), None);
                }
            }
        }
        let usual = usual.filter(|_| given.is_empty());
        given.extend(usual.map(|word| Value::Text(word.into())));
        given
    };
    let (online, offline) = (words("online", Some("online")), words("offline", Some("offline")));
    let (lost, asleep) = (words("lost", None), words("asleep", None));
    said_twice(&section, &[("online", &online), ("offline", &offline), ("lost", &lost), ("asleep", &asleep)]);
    let bridge = section.maybe::<String>("bridge").map(Into::into);
    section.finish();
    Some(Availability { topics: topics?, value, template, online, offline, lost, asleep, bridge })
}

/// Words that are to mean two things.
fn said_twice(section: &Section<'_>, lists: &[(&'static str, &[Value])]) {
    for (at, (key, words)) in lists.iter().enumerate().skip(2) {
        for (other, earlier) in &lists[..at] {
            let Some(word) = words.iter().find(|word| earlier.contains(word)) else { continue };
            let hint = format!("take it out of `{key}` or of `{other}`");
            let told = format!("`{word}` is a word for `{other}`, too");
            section.fault(key, told, "each word once".into(), Some(hint));
        }
    }
}

fn unfold(section: Section<'_>, variants: &Variants) -> Option<Unfold> {
    let topics = of_a_device(&section, "topic", variants);
    let under = of_a_device(&section, "under", variants);
    let when = conditions(&section);
    let value = section.maybe("value").unwrap_or_else(Pointer::whole);
    section.finish();
    Some(Unfold { topics: topics?, when, value, under: under? })
}

fn quirk(section: Section<'_>) -> Quirk {
    let text = section.must::<String>("text").unwrap_or_default();
    let link = section.maybe::<String>("link");
    section.finish();
    Quirk { text: text.into(), link: link.map(Into::into) }
}

/// Two properties that would overwrite each other.
fn same_names(root: &Section<'_>, profile: &Profile) {
    for (at, property) in profile.properties.iter().enumerate() {
        let same = |other: &super::Property| other.id == property.id && other.quantity == property.quantity;
        if let Some(first) = profile.properties[..at].iter().find(|other| same(other)) {
            let told = format!(
                "`{}` with `{}` stands in line {}, too",
                property.id, property.quantity, first.place.0
            );
            let hint = "put both ways to read it into one property: read = [{…}, {…}]";
            root.sheet.problem_at(
                property.place,
                "property",
                told,
                "each property once".into(),
                Some(hint.into()),
            );
        }
    }
}
