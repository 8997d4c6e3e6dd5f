//! What a device and its tiles show: ready values for the templates, made from plain facts.
//!
//! Facts come from the hub ([`super::facts`]); nothing is asked here and nothing is remembered. Every text from
//! outside is made visible on the way in; the templates escape it.

use std::time::SystemTime;

use super::absence::AbsenceView;
use super::instrument::{Widget, widget};
use super::lock::Lock;
use super::note::{Note, Stamp, Step};
use super::show::visible;
use super::taught::About;
use crate::device::vocabulary::Possible;
use crate::device::{Access, Kind, Range, kind_of};
use crate::hub::{LinkState, Presence};
use crate::talk::model::Value;
use crate::web::text::{Live, Text, fill};

/// Everything a tile is made of.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The full topic of the property.
    pub topic: String,
    /// The topic within its device, such as `relay/i2c0-3b`.
    pub id: String,
    /// The key within the payload.
    pub key: String,
    /// What kind of thing it is.
    pub kind: Kind,
    /// Both ends of its scale, if it has one.
    pub range: Option<Range>,
    /// Whether it can be set.
    pub access: Access,
    /// The step between numbers that can be set.
    pub grain: Option<f64>,
    /// Its picture, a word of the vocabulary.
    pub icon: &'static str,
    /// The name that somebody gave it.
    pub given: Option<String>,
    /// What it said last.
    pub said: Value,
    /// The unit it came with.
    pub unit: String,
    /// Whether it still says so.
    pub presence: Presence,
    /// Whether it speaks in a rhythm of its own.
    pub regular: bool,
    /// When it was said, if that is known.
    pub at: Option<SystemTime>,
    /// Where the last command stands.
    pub step: Option<Step>,
    /// What it can be at all, if that is limited.
    pub possible: Option<Possible>,
    /// Whether it only counts upwards.
    pub is_total: bool,
    /// Whether it ever says how it is.
    pub speaks: bool,
    /// The words that it can be set to, if they are fewer than those it says.
    pub takes: Option<Vec<String>>,
}

impl Facts {
    /// Whether somebody can set it.
    pub fn is_set(&self) -> bool {
        self.access == Access::ReadWrite
    }

    /// Whether it tells of something that happened, and not of a state.
    pub fn is_event(&self) -> bool {
        let is_word = matches!(self.kind, Kind::Text | Kind::Choice(_)) && !self.is_set();
        is_word && (self.key == "event" || kind_of(&self.id) == "button")
    }
}

/// One device with its tiles.
#[derive(Clone, Debug)]
pub struct DeviceView {
    /// The base topic.
    pub base: String,
    /// The name that was given to it, as it was given; empty if none was.
    pub given: String,
    /// The name people use.
    pub name: String,
    /// The picture in its heading.
    pub icon: &'static str,
    /// Whether it announced itself and nobody has decided about it: it cannot be switched.
    pub is_new: bool,
    /// The link that brings it.
    pub link: Option<LinkView>,
    /// That it is not there, or does not listen.
    pub absence: AbsenceView,
    /// What is known of it by its definition.
    pub about: Option<About>,
    /// What can be switched.
    pub controls: Vec<TileView>,
    /// What can only be read.
    pub readings: Vec<TileView>,
}

/// The state of a link.
#[derive(Clone, Debug)]
pub struct LinkView {
    /// The name of the link.
    pub name: String,
    /// `up`, `connecting`, `waiting` or `down`.
    pub phase: &'static str,
    /// The same in words.
    pub words: &'static str,
    /// What is the matter; empty if nothing is.
    pub reason: String,
    /// What to do about it.
    pub hint: String,
    /// How many messages it could not pass on, in words; empty if it passed on all.
    pub dropped: String,
    /// The address of its console, if it speaks on a serial line.
    pub console: Option<String>,
}

/// One tile.
#[derive(Clone, Debug)]
pub struct TileView {
    /// The full topic.
    pub topic: String,
    /// The key within the payload.
    pub key: String,
    /// The topic within its device, made visible; among favourites with the device in front of it.
    pub id: String,
    /// The name people use.
    pub name: String,
    /// Whether somebody gave it that name.
    pub is_given: bool,
    /// The picture before it.
    pub icon: &'static str,
    /// `data-kind`.
    pub kind: &'static str,
    /// `data-presence`.
    pub presence: &'static str,
    /// `data-regular`: whether it speaks in a rhythm of its own.
    pub regular: bool,
    /// `data-step`; empty if no command is under way and none failed.
    pub step: &'static str,
    /// Both ends of what it can be, for the script, and the words for a value that is outside; nothing if it is not limited.
    pub possible: Option<(String, String, String)>,
    /// Whether the value is outside.
    pub strange: bool,
    /// Why it cannot be pressed, if it cannot.
    pub lock: Option<Lock>,
    /// The line under the value.
    pub note: Note,
    /// The instrument.
    pub widget: Widget,
}

impl DeviceView {
    /// The address of its own page.
    pub fn page(&self) -> String {
        super::device::address(&self.base)
    }
}

impl TileView {
    /// The tile for these facts.
    pub fn new(text: &'static Text, facts: &Facts, now: SystemTime) -> Self {
        let live = &text.live;
        let at = facts.at.map(|at| Stamp::new(at, now));
        let value = in_words(live, &facts.said);
        let mut note = Note::new(live, facts.presence, facts.step.as_ref(), &value, at);
        let never_says = matches!(facts.said, Value::Null) && facts.at.is_none() && facts.step.is_none();
        if never_says && facts.presence == Presence::Online {
            note.words = if facts.kind == Kind::Button { "" } else { live.never_said }.to_owned();
        } else if note.words.is_empty() {
            note.words = match (&facts.said, &facts.kind) {
                (Value::Null, _) => live.said_unknown.to_owned(),
                (_, Kind::Event) => live.counted.to_owned(),
                _ if facts.is_event() => live.counted.to_owned(),
                _ => String::new(),
            };
        }
        let strange = is_outside(facts);
        if strange && facts.presence == Presence::Online && facts.step.is_none() {
            note = Note {
                mark: "strange",
                words: facts.possible.map_or_else(String::new, |it| cannot_be(live, it)),
                ..note
            };
        }
        let widget = widget(live, facts, value);
        Self {
            topic: facts.topic.clone(),
            key: facts.key.clone(),
            id: visible(&facts.id),
            name: name_of(text, facts),
            is_given: facts.given.is_some(),
            icon: facts.icon,
            kind: if facts.is_event() { "event" } else { widget.code(facts) },
            presence: facts.presence.word(),
            regular: facts.regular,
            step: facts.step.as_ref().map_or("", Step::code),
            possible: facts.possible.map(|it| (bound(it.low), bound(it.high), cannot_be(live, it))),
            strange,
            lock: None,
            note,
            widget,
        }
    }

    /// Whether this tile is something to press.
    pub fn is_control(&self) -> bool {
        self.widget.is_control()
    }

    /// What a control shows now, in words.
    pub fn words(&self) -> Option<String> {
        self.widget.words()
    }

    /// `data-value`: of a switch, of a cover and of a colour; empty for the others.
    pub fn value(&self) -> &str {
        self.widget.value()
    }

    /// `data-known`: `no` for a value that nobody knows.
    pub fn known(&self) -> &'static str {
        if self.widget.is_known() { "" } else { "no" }
    }
}

impl LinkView {
    /// The state of a link in words.
    pub fn new(
        live: &'static Live,
        name: &str,
        phase: &'static str,
        state: &LinkState,
        dropped: u64,
    ) -> Self {
        let words = match phase {
            "up" => live.link_up,
            "connecting" => live.link_connecting,
            "waiting" => live.link_waiting,
            _ => live.link_down,
        };
        let (reason, hint) = (visible(&state.reason), visible(&state.hint));
        let (reason, hint) = match live.links.of(state.code) {
            Some(words) if hint.is_empty() => (words.to_owned(), format!("({reason})")),
            Some(words) => (words.to_owned(), format!("({reason}; {hint})")),
            // That all is well needs no words.
            None if phase == "up" && hint.is_empty() => (String::new(), hint),
            None => (reason, hint),
        };
        let dropped = match dropped {
            0 => String::new(),
            n => fill(live.dropped, &[("n", &n.to_string())]),
        };
        Self { name: visible(name), phase, words, reason, hint, dropped, console: None }
    }

    /// Whether there is something to say beyond its state.
    pub fn is_trouble(&self) -> bool {
        !self.reason.is_empty() || !self.dropped.is_empty()
    }
}

/// Whether the value is none that can be.
fn is_outside(facts: &Facts) -> bool {
    match (&facts.said, facts.possible) {
        (Value::Number { value, .. }, Some(possible)) => !possible.has(*value),
        _ => false,
    }
}

/// What is said under a value that cannot be.
fn cannot_be(live: &Live, Possible { low, high }: Possible) -> String {
    let shown = |end: f64| end.to_string().replace('-', "−");
    match (low.is_finite(), high.is_finite()) {
        (true, true) => fill(live.outside, &[("low", &shown(low)), ("high", &shown(high))]),
        _ => fill(live.below, &[("low", &shown(low))]),
    }
}

/// An end for the script; empty if there is none.
fn bound(end: f64) -> String {
    if end.is_finite() { end.to_string() } else { String::new() }
}

/// States and buttons are called after their device (`Relay`), readings after their quantity (`Temperature`).
fn name_of(text: &Text, facts: &Facts) -> String {
    if let Some(name) = &facts.given {
        return visible(text.names.given(name));
    }
    let device = facts.id.split('/').next().unwrap_or_default();
    let word = match facts.kind {
        Kind::Button => device,
        // A state alone is called after what has it.
        _ if facts.key == "state" => device,
        // A bare value has no key; its topic says what it is.
        _ if facts.key.is_empty() => facts.id.rsplit('/').next().unwrap_or_default(),
        _ => facts.key.as_str(),
    };
    text.names.of(word).map_or_else(|| visible(word), str::to_owned)
}

/// A word of the protocol as people read it.
pub fn word_shown(live: &Live, word: &str) -> String {
    match word {
        "on" => live.on.to_owned(),
        "off" => live.off.to_owned(),
        other => visible(other),
    }
}

/// A value as people read it.
pub fn in_words(live: &Live, value: &Value) -> String {
    match value {
        Value::Bool(true) => live.on.to_owned(),
        Value::Bool(false) => live.off.to_owned(),
        Value::Null => live.unknown.to_owned(),
        Value::Text(word) => word_shown(live, word),
        Value::Number { text, .. } | Value::Other(text) => visible(text),
    }
}

/// The name of a device: its base without what all bases share, with the words people use.
pub fn device_name(text: &Text, base: &str) -> String {
    let mut parts =
        base.split('/').filter(|part| *part != "nodes").map(|part| text.names.of(part).unwrap_or(part));
    let Some(first) = parts.next() else { return visible(base) };
    let mut name = first.to_owned();
    for part in parts {
        name = fill("{name} {part}", &[("name", &name), ("part", part)]);
    }
    visible(&name)
}

#[cfg(test)]
mod tests;
