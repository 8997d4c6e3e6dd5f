//! One property of a draft, as a definition file writes it.

use toml_edit::{Array, InlineTable, Value};

use crate::device::profile::level;
use crate::device::vocabulary::quantity;

/// A property in the words of the format.
#[derive(Clone, Debug)]
pub struct Entry {
    kind: String,
    address: String,
    quantity: Option<String>,
    /// What its sender calls it, for lists of what is not understood.
    pub(super) called: String,
    keys: Vec<(&'static str, Value)>,
    ways: [Vec<Way>; 3],
}

/// A `read`, `write` or `ask`.
#[derive(Clone, Debug)]
pub struct Way(InlineTable);

const READ: usize = 0;
const WRITE: usize = 1;
const ASK: usize = 2;
const KEYS: [&str; 3] = ["read", "write", "ask"];

impl Entry {
    /// `TYPE/ADDRESS`; whatever a sender calls an address becomes one level.
    pub fn new(kind: &str, address: &str) -> Self {
        let address = match level(address.trim()).to_lowercase() {
            address if address.is_empty() => "-".to_owned(),
            address => address,
        };
        Self {
            kind: kind.to_owned(),
            called: address.clone(),
            address,
            quantity: None,
            keys: Vec::new(),
            ways: Default::default(),
        }
    }

    /// What it is about, if it is not the usual quantity of its type.
    pub fn quantity(mut self, quantity: &str) -> Self {
        self.quantity = Some(quantity.to_owned());
        self
    }

    /// A number of a quantity in a unit as its sender writes it. A unit that the vocabulary does not have for the
    /// quantity stays, and the quantity is told as a plain value.
    pub fn measures(self, name: &str, unit: Option<&str>) -> Self {
        let unit = unit.map(usual_unit).filter(|unit| !unit.is_empty());
        let known = quantity(name);
        let fits = known.is_some_and(|known| match unit {
            Some(unit) => known.units.contains(&unit),
            None => known.units.is_empty(),
        });
        let entry = if fits { self.quantity(name) } else { self.quantity("value").number() };
        match unit {
            Some(unit) => entry.key("unit", unit),
            None => entry,
        }
    }

    fn number(self) -> Self {
        self.kind("number")
    }

    /// What kind of thing it is: `switch`, `choice` …
    pub fn kind(self, kind: &str) -> Self {
        self.key("kind", kind)
    }

    /// Its unit, whatever the vocabulary has.
    pub fn unit(self, unit: &str) -> Self {
        self.key("unit", unit)
    }

    /// Whether it is of this type.
    pub fn is_of(&self, kind: &str) -> bool {
        self.kind == kind
    }

    /// Its name for people.
    pub fn name(mut self, name: &str) -> Self {
        if !name.trim().is_empty() {
            self.called = name.trim().to_owned();
            return self.key("name", name.trim());
        }
        self
    }

    /// The picture beside it.
    pub fn icon(self, icon: &str) -> Self {
        self.key("icon", icon)
    }

    /// Both ends of what may be set.
    pub fn range(self, low: f64, high: f64) -> Self {
        if !(low.is_finite() && high.is_finite() && low < high) {
            return self;
        }
        self.key("range", Array::from_iter([low, high]))
    }

    /// The step between values that may be set.
    pub fn step(self, step: f64) -> Self {
        if step.is_finite() && step > 0.0 { self.key("step", step) } else { self }
    }

    /// The words of a choice.
    pub fn words<'a>(self, words: impl IntoIterator<Item = &'a str>) -> Self {
        self.kind("choice").key("words", words.into_iter().collect::<Array>())
    }

    /// How often it usually speaks, in seconds.
    pub fn interval(self, seconds: u64) -> Self {
        if seconds == 0 { self } else { self.key("interval", format!("{seconds} s")) }
    }

    /// How long `true` lasts, in seconds, where nobody says that it is over.
    pub fn ends(self, seconds: f64) -> Self {
        let ms = (seconds * 1000.0).round() as u64;
        if ms < 100 { self } else { self.key("ends", format!("{ms} ms")) }
    }

    /// One more way to read it.
    pub fn read(self, way: Way) -> Self {
        self.way(READ, way)
    }

    /// One more thing that sets it.
    pub fn write(self, way: Way) -> Self {
        self.way(WRITE, way)
    }

    /// One more thing that asks for it.
    pub fn ask(self, way: Way) -> Self {
        self.way(ASK, way)
    }

    /// What its sender calls it, where that is not its name.
    pub fn called(mut self, name: &str) -> Self {
        self.called = name.to_owned();
        self
    }

    /// Another quantity of the same thing.
    pub fn beside(&self, quantity: &str) -> Self {
        let (kind, address) = (self.kind.clone(), self.address.clone());
        let called = format!("{} {quantity}", self.called);
        let quantity = Some(quantity.to_owned());
        Self { kind, address, quantity, called, keys: Vec::new(), ways: Default::default() }
    }

    fn way(mut self, which: usize, way: Way) -> Self {
        self.ways[which].push(way);
        self
    }

    fn key(mut self, key: &'static str, value: impl Into<Value>) -> Self {
        self.keys.retain(|(known, _)| *known != key);
        self.keys.push((key, value.into()));
        self
    }

    /// What two properties of one device must not share.
    pub(super) fn subject(&self) -> (String, Option<String>) {
        (self.id(), self.quantity.clone())
    }

    /// The same under another address, where one of its name is there already.
    pub(super) fn numbered(&self, number: usize) -> Self {
        Self { address: format!("{}-{number}", self.address), ..self.clone() }
    }

    fn id(&self) -> String {
        format!("{}/{}", self.kind, self.address)
    }

    /// As a file has it, line by line.
    pub(super) fn lines(&self) -> Vec<String> {
        let line = |key: &str, value: &Value| format!("{key} = {}", value.to_string().trim());
        let mut lines = vec!["[[property]]".to_owned(), line("id", &Value::from(self.id()))];
        lines.extend(self.quantity.as_deref().map(|quantity| line("quantity", &Value::from(quantity))));
        lines.extend(self.keys.iter().map(|(key, value)| line(key, value)));
        for (key, ways) in KEYS.into_iter().zip(&self.ways) {
            match ways.as_slice() {
                [] => {}
                [only] => lines.push(line(key, &Value::InlineTable(only.0.clone()))),
                several => {
                    let list: Array = several.iter().map(|way| Value::InlineTable(way.0.clone())).collect();
                    lines.push(line(key, &Value::Array(list)));
                }
            }
        }
        lines
    }
}

impl Way {
    /// Under this topic.
    pub fn at(topic: &str) -> Self {
        Self(InlineTable::from_iter([("topic", topic)]))
    }

    /// Where in the payload: a pointer.
    pub fn value(self, pointer: &str) -> Self {
        self.key("value", pointer)
    }

    /// What is made of it.
    pub fn template(self, template: &str) -> Self {
        self.key("template", template)
    }

    /// What its words mean: `{ ON = true }`; the word `null` stands for nothing.
    pub fn map<'a>(self, words: impl IntoIterator<Item = (&'a str, Value)>) -> Self {
        self.key("map", words.into_iter().collect::<InlineTable>())
    }

    /// Words for on and off, read.
    pub fn truth(self, on: &str, off: &str) -> Self {
        self.map([(on, Value::from(true)), (off, Value::from(false))])
    }

    /// What is sent for on and off.
    pub fn on_off(self, on: &str, off: &str) -> Self {
        self.key("on", on).key("off", off)
    }

    /// What is sent, to the letter.
    pub fn literal(self, payload: &str) -> Self {
        let payload = literal(payload);
        self.key("payload", payload)
    }

    /// What is sent, with `{{ value }}` in it.
    pub fn payload(self, template: &str) -> Self {
        self.key("payload", template)
    }

    /// The factor of a number, exact: `1/60000`.
    pub fn scale(self, factor: &str) -> Self {
        self.key("scale", factor)
    }

    /// What is added to it afterwards.
    pub fn offset(self, offset: f64) -> Self {
        self.key("offset", offset)
    }

    /// What its number is rounded to.
    pub fn decimals(self, decimals: u8) -> Self {
        self.key("decimals", i64::from(decimals))
    }

    /// What is cut out of a text; what does not match says nothing.
    pub fn regex(self, regex: &str) -> Self {
        self.key("regex", regex)
    }

    /// What else the payload has to have: one of these words at a pointer, or anything there.
    pub fn when(mut self, pointer: &str, words: impl IntoIterator<Item = Value>) -> Self {
        let words: Array = words.into_iter().collect();
        let mut when = self.0.get("when").and_then(Value::as_inline_table).cloned().unwrap_or_default();
        when.insert(pointer, Value::Array(words));
        self.0.insert("when", Value::InlineTable(when));
        self
    }

    /// How sure a broker makes of it.
    pub fn qos(self, qos: u8) -> Self {
        if qos == 0 { self } else { self.key("qos", i64::from(qos.min(2))) }
    }

    /// What shows that a command is done: `state`, `nothing`.
    pub fn confirm(self, by: &str) -> Self {
        self.key("confirm", by)
    }

    /// What is asked after a command, so that the device says how it is.
    pub fn confirm_by_asking(self, way: Way) -> Self {
        self.key("confirm", way.0)
    }

    /// The wished value is said before the device has answered.
    pub fn optimistic(self) -> Self {
        self.key("optimistic", true)
    }

    /// Under one of these topics somebody says that the command was not done: `regex` has a group `key`, which is one of
    /// these words.
    pub fn refused_by(self, topics: &[String], value: &str, regex: &str, keys: &[&str]) -> Self {
        let topics: Array = topics.iter().map(String::as_str).collect();
        let mut by = InlineTable::from_iter([("topic", Value::Array(topics))]);
        by.insert("value", value.into());
        by.insert("regex", regex.into());
        by.insert("key", Value::Array(keys.iter().copied().collect()));
        self.key("refused_by", by)
    }

    /// What is sent instead for a state that the device ends itself after `seconds`.
    pub fn timed(self, way: Way) -> Self {
        self.key("timed", way.0)
    }

    fn key(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.insert(key, value.into());
        self
    }
}

/// A text as a template that writes just it.
pub fn literal(text: &str) -> String {
    if !["{{", "{%", "{#"].iter().any(|mark| text.contains(mark)) {
        return text.to_owned();
    }
    let quoted = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("{{{{ \"{quoted}\" }}}}")
}

/// A unit as the vocabulary writes it.
fn usual_unit(unit: &str) -> &str {
    match unit.trim() {
        "lx" => "lux",
        "m3" => "m³",
        "L" => "l",
        "C" | "ºC" => "°C",
        "F" => "°F",
        "ug/m3" | "μg/m³" | "ug/m³" => "µg/m³",
        "L/min" => "l/min",
        "m³/h" | "m3/h" => "m³/h",
        "uS/cm" | "μS/cm" => "µS/cm",
        "VAr" | "VAR" => "var",
        "dB(A)" | "dBA" => "dB",
        other => other,
    }
}
