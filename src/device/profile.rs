//! A profile: what one definition file teaches about a family of devices.
//!
//! It says how a device is recognised, what it has, how each property is read from the device's own words and how it is
//! commanded. A profile is data; [`super::translate`] acts on it. Files become profiles in [`mod@file`], which reports every
//! mistake with its place.
//!
//! Everything a device says is JSON here: a payload that is text is a JSON text, a line of columns an array, a binary
//! frame an object of its fields. So there is one way to point at a value.

mod announced;
mod availability;
pub mod captures;
mod example;
pub mod file;
pub mod number;
pub mod parts;
pub mod pattern;
pub mod pointer;
mod refused_by;
pub mod schema;
pub mod serial;
pub mod template;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::device::expression::Expression;

use super::frame::Format;
use super::frame::firmata::Firmata;
use super::frame::registers::Registers;
use crate::talk::model::Value;
pub use announced::{Announced, Unknown};
pub use availability::{Absence, Availability, AvailabilityMode, Word};
pub use example::{Example, Given, Gives, Refused, Sent};
use number::{Digits, Scale};
use pattern::Pattern;
use pointer::Pointer;
pub use refused_by::RefusedBy;
pub use serial::{Form, Tail};

use serial::Serial;
use template::Template;

/// What one file teaches.
#[derive(Debug)]
pub struct Profile {
    /// The path of the file below its folder, without its end: `shelly/plus-1pm`. Another file of that name takes its
    /// place.
    pub id: Box<str>,
    /// The file, for messages.
    pub file: PathBuf,
    /// The family, for people: `Plus 1PM`.
    pub name: Box<str>,
    /// Who makes it: `Shelly`.
    pub vendor: Box<str>,
    /// What its owner calls it, if this is the profile of one single device: `Desk lamp`.
    pub called: Option<Box<str>>,
    /// Names of models it holds for.
    pub models: Vec<Box<str>>,
    /// Where the maker documents it.
    pub docs: Option<Box<str>>,
    /// The names of the ways its topics may be arranged; one without a name for most.
    pub variants: Vec<Box<str>>,
    /// How such a device is recognised.
    pub recognised: Recognised,
    /// Messages that hold several.
    pub unfolds: Vec<Unfold>,
    /// What is known of the serial port it is on.
    pub serial: Option<Serial>,
    /// How its words stand on a serial line; without it, each line is a text or JSON.
    pub frame: Option<Arc<Format>>,
    /// What it keeps in registers of Modbus.
    pub registers: Option<Arc<Registers>>,
    /// What it has.
    pub properties: Vec<Property>,
    /// How it says that it is there.
    pub availability: Vec<Availability>,
    /// Which of several words about that counts.
    pub availability_mode: AvailabilityMode,
    /// What is odd about it.
    pub quirks: Vec<Quirk>,
    /// What it was heard to say, and what that means.
    pub examples: Vec<Example>,
    /// Set if the device announced itself: then this is its profile alone.
    pub announced: Option<Announced>,
}

/// A topic in each arrangement, in the order of [`Profile::variants`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topics(pub Vec<Pattern>);

/// How a device is recognised.
#[derive(Debug, Default)]
pub struct Recognised {
    /// The word by which it introduces itself, if Clown.Talk is its own language: nothing is translated then, the
    /// profile describes it.
    pub native: Option<Box<str>>,
    /// A message under one of these topics shows that it is there; without any, every topic a property is read from.
    pub topics: Vec<Topics>,
    /// What the payload of such a message has to have.
    pub when: Vec<Condition>,
    /// Where its id stands in the payload, if it is not captured as `{id}`; what stands in several places is joined.
    pub id: Vec<Pointer>,
    /// The id, made of what was captured, where the payload does not tell it.
    pub id_as: Option<Pattern>,
    /// What an id looks like; another one is no id.
    pub id_looks: Option<Expression>,
    /// The id of a device that does not tell one.
    pub id_else: Option<Box<str>>,
    /// What is captured from the payload, by name.
    pub capture: Vec<(Arc<str>, Pointer)>,
}

/// A message that holds what is said under other topics, too.
#[derive(Debug)]
pub struct Unfold {
    /// Where it is said.
    pub topics: Topics,
    /// What its payload has to have.
    pub when: Vec<Condition>,
    /// Where its parts stand.
    pub value: Pointer,
    /// The topic of each part.
    pub under: Topics,
}

/// Something a payload has to have.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// Where.
    pub at: Pointer,
    /// One of these; anything at all if there are none.
    pub is: Vec<Value>,
}

/// What is shown and used as one thing.
#[derive(Debug)]
pub struct Property {
    /// `TYPE/ADDRESS`, perhaps with captures: `relay/{n}`.
    pub id: Pattern,
    /// The key in its payload.
    pub quantity: Box<str>,
    /// How it is shown and used.
    pub kind: Shape,
    /// Its name for people, if the id will not do.
    pub name: Option<Box<str>>,
    /// What is shown beside it.
    pub icon: Option<&'static str>,
    /// Its unit.
    pub unit: Option<Box<str>>,
    /// Both ends of a gauge and of what may be set.
    pub range: Option<(f64, f64)>,
    /// The step between values that may be set.
    pub step: Option<f64>,
    /// How often it usually speaks.
    pub interval: Option<Duration>,
    /// How long `true` lasts where the device does not say that it is over.
    pub ends: Option<Duration>,
    /// How it is read, each in its turn.
    pub reads: Vec<Read>,
    /// How it is set.
    pub write: Option<Write>,
    /// How it is asked for.
    pub ask: Vec<Send>,
    /// Line and column in the file.
    pub place: (usize, usize),
}

/// How a property is shown and used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A number.
    Number,
    /// A number that only counts upwards.
    Total,
    /// On or off.
    Switch,
    /// Yes or no, which nobody can set.
    Truth,
    /// One of these words.
    Choice(Vec<Box<str>>),
    /// Any text.
    Text,
    /// A count of things that happened.
    Event,
    /// Something that can be pressed and has no state.
    Button,
    /// Anything that JSON can say, as it stands.
    Json,
}

/// How a value is taken out of what a device says.
#[derive(Debug)]
pub struct Read {
    /// Where it is said; without it, wherever the device is heard.
    pub topics: Option<Topics>,
    /// What else the payload has to have.
    pub when: Vec<Condition>,
    /// How a text becomes something to point into.
    pub parts: Option<Parts>,
    /// Where the value stands.
    pub value: Pointer,
    /// What is cut out of it: the group `value`, or the whole match.
    pub regex: Option<Expression>,
    /// What is made of it.
    pub template: Option<Template>,
    /// What its words mean. A word that is not here is not understood, unless it is a number and one is expected.
    pub map: Vec<(Box<str>, Value)>,
    /// How its digits are written.
    pub digits: Digits,
    /// What is done with the number.
    pub scale: Scale,
}

/// How a text is divided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parts {
    /// `TEMP=00cf;HUM=16`: an object of texts.
    Pairs {
        /// Between pairs.
        between: Box<str>,
        /// Between a name and its value.
        is: Box<str>,
    },
    /// `10 1250 340`: an array of texts.
    Columns {
        /// Between columns; blanks of any length if it is one blank.
        between: Box<str>,
    },
}

/// How a property is set.
#[derive(Debug)]
pub struct Write {
    /// What is sent, in this order.
    pub sends: Vec<Send>,
    /// What shows that it is done.
    pub confirm: Confirm,
    /// What is sent instead for a state that the device ends itself after `seconds`.
    pub timed: Option<Send>,
    /// Whether the wished value is said before the device has answered.
    pub optimistic: bool,
    /// What says that it was not done.
    pub refused_by: Vec<Arc<RefusedBy>>,
}

/// One thing that is sent.
#[derive(Debug)]
pub struct Send {
    /// Where; without it, to the device itself, as on a serial line.
    pub topics: Option<Topics>,
    /// What.
    pub words: Words,
    /// What becomes of the words on a serial line.
    pub form: Form,
    /// How sure a broker makes of it.
    pub qos: u8,
}

impl Send {
    /// Asks for what is kept in a register.
    pub fn asks(register: Pointer) -> Self {
        Self::plain(Form::Register(register))
    }

    /// The value as it is, or the question for it if there is none.
    pub fn plain(form: Form) -> Self {
        Self { topics: None, words: Words::Value(Scale::default()), form, qos: 0 }
    }
}

/// What is said to a device.
#[derive(Debug)]
pub enum Words {
    /// These words for these values.
    Map(Vec<(Value, Box<str>)>),
    /// Written out with `value`, `seconds` and the captures.
    Template(Template),
    /// The value itself: a number, a word, `true`.
    Value(Scale),
}

/// What shows that a command is done.
#[derive(Debug)]
pub enum Confirm {
    /// The property says so.
    State,
    /// The property says so after it was asked.
    Ask(Vec<Send>),
    /// The same bytes come back.
    Echo,
    /// Nothing: the device never answers.
    Nothing,
}

/// Something odd about a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quirk {
    /// What.
    pub text: Box<str>,
    /// Where that can be read.
    pub link: Option<Box<str>>,
}

impl Profile {
    /// `nodes/<vendor>` as it stands in topics: `Shelly` is `shelly`, `BigClown Labs` is `bigclown-labs`.
    pub fn vendor_level(&self) -> String {
        level(&self.vendor).to_lowercase()
    }

    /// What it says of a board that does nothing of its own accord: its pins are set up and asked.
    pub fn board(&self) -> Option<&Firmata> {
        match self.frame.as_deref()? {
            Format::Firmata(firmata) => Some(firmata),
            Format::Lines(_) | Format::Block(_) | Format::Binary(_) | Format::Sml => None,
        }
    }

    /// Whether it holds for one single device, whose id it names.
    pub fn is_single(&self) -> bool {
        self.recognised.is_single()
    }
}

impl Recognised {
    /// Whether the id is told by the file and by nothing else.
    pub fn is_single(&self) -> bool {
        self.id_else.is_some() && self.id.is_empty()
    }
}

/// A text as one level of a topic: what could be mistaken there is a dash.
pub fn level(text: &str) -> String {
    let keeps = |c: char| c.is_alphanumeric() || matches!(c, '.' | ':' | '_' | '-' | '@');
    text.chars().map(|c| if keeps(c) { c } else { '-' }).collect()
}
