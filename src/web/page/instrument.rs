//! The instruments of tiles: what shows a value, and what somebody presses or writes to change it.

use super::note::Step;
use super::show::visible;
use super::view::{Facts, word_shown};
use crate::device::{Access, Kind, Range};
use crate::talk::model::Value;
use crate::web::text::Live;

/// The instrument of a tile.
#[derive(Clone, Debug)]
pub enum Widget {
    /// An arc.
    Gauge(Gauge),
    /// A number or a count.
    Plain(Figure),
    /// Words.
    Words(String),
    /// A switch.
    Switch(Switch),
    /// Buttons, one of which is chosen.
    Choice(Vec<Choice>),
    /// A value and a field for another one.
    Setting(Setting),
    /// One button.
    Button,
}

/// A value that can be set by writing it.
#[derive(Clone, Debug)]
pub struct Setting {
    /// What it is now.
    pub figure: Figure,
    /// Both ends of what it takes, as the field has them; empty if it is not limited.
    pub ends: (String, String),
    /// The step between numbers; empty for a text.
    pub step: String,
}

/// A number as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// The text; a dash if nobody knows.
    pub text: String,
    /// The unit.
    pub unit: String,
    /// How much smaller the digits must be to fit: 0 to 3.
    pub long: u8,
    /// Whether it is a number at all.
    pub known: bool,
}

/// An arc of 270 degrees and a number in it.
#[derive(Clone, Debug)]
pub struct Gauge {
    /// The number.
    pub figure: Figure,
    /// The left end.
    pub min: String,
    /// The right end.
    pub max: String,
    /// The same ends for the script.
    pub ends: (f64, f64),
    /// Where between them, in per cent of the arc.
    pub part: f64,
}

/// A switch.
#[derive(Clone, Debug)]
pub struct Switch {
    /// `true`, `false` or `null`.
    pub value: &'static str,
    /// In words.
    pub words: &'static str,
    /// What pressing it asks for.
    pub next: &'static str,
    /// `aria-checked`: `mixed` while nobody can say.
    pub checked: &'static str,
    /// A switch can only be checked or not; what nobody can say is a checkbox, which may be mixed.
    pub role: &'static str,
}

/// One of the buttons of a choice.
#[derive(Clone, Debug)]
pub struct Choice {
    /// The word of the protocol.
    pub word: String,
    /// The word shown.
    pub label: String,
    /// Whether the device says it is this one.
    pub chosen: bool,
    /// Whether somebody asked for this one.
    pub wished: bool,
}

impl Gauge {
    /// The offset that lets the arc's line end at the value.
    pub fn line(&self) -> String {
        format!("{:.2}", 100.0 - self.part)
    }

    /// The offset that puts the arc's tip at the value.
    pub fn tip(&self) -> String {
        format!("{:.2}", -self.part)
    }
}

/// The instrument for these facts; `value` is what they say, in words.
pub fn widget(live: &'static Live, facts: &Facts, value: String) -> Widget {
    match (&facts.kind, facts.range) {
        (Kind::Number | Kind::Text, _) if facts.access == Access::ReadWrite => {
            Widget::Setting(setting(facts, value))
        }
        (Kind::Button, _) => Widget::Button,
        (Kind::Number, Some(range)) => Widget::Gauge(gauge(facts, range, value)),
        (Kind::Number | Kind::Event, _) => Widget::Plain(figure(facts, value)),
        (Kind::Text, _) => Widget::Words(value),
        (Kind::Switch, _) => Widget::Switch(switch(live, facts)),
        (Kind::Choice(words), _) => {
            Widget::Choice(words.iter().map(|word| choice(live, word, facts)).collect())
        }
    }
}

fn gauge(facts: &Facts, Range { min, max }: Range, text: String) -> Gauge {
    let part = match facts.said {
        Value::Number { value, .. } => ((value - min) / (max - min) * 100.0).clamp(0.0, 100.0),
        Value::Bool(_) | Value::Text(_) | Value::Null | Value::Other(_) => 0.0,
    };
    Gauge { figure: figure(facts, text), min: end(min), max: end(max), ends: (min, max), part }
}

fn setting(facts: &Facts, text: String) -> Setting {
    let is_number = facts.kind == Kind::Number;
    let end = |end: fn(Range) -> f64| facts.range.filter(|_| is_number).map(|range| end(range).to_string());
    let ends = (end(|range| range.min).unwrap_or_default(), end(|range| range.max).unwrap_or_default());
    let step = facts.grain.map_or_else(|| "any".to_owned(), |grain| grain.to_string());
    Setting { figure: figure(facts, text), ends, step: if is_number { step } else { String::new() } }
}

fn figure(facts: &Facts, text: String) -> Figure {
    let known = facts.said != Value::Null;
    let text = if known { text } else { "–".to_owned() };
    let long = match text.chars().count() {
        0..=6 => 0,
        7 => 1,
        8..=9 => 2,
        _ => 3,
    };
    Figure { text, unit: visible(&facts.unit), long, known }
}

fn switch(live: &'static Live, facts: &Facts) -> Switch {
    let pending = matches!(facts.step, Some(Step::Pending { .. }));
    let (value, words, next, checked) = match facts.said {
        Value::Bool(true) => ("true", live.on, "false", "true"),
        Value::Bool(false) => ("false", live.off, "true", "false"),
        Value::Null | Value::Number { .. } | Value::Text(_) | Value::Other(_) => {
            ("null", live.unknown, "true", "mixed")
        }
    };
    let checked = if pending { "mixed" } else { checked };
    let role = if checked == "mixed" { "checkbox" } else { "switch" };
    Switch { value, words, next, checked, role }
}

fn choice(live: &Live, word: &str, facts: &Facts) -> Choice {
    let label = word_shown(live, word);
    let wished = matches!(&facts.step, Some(Step::Pending { wish, .. }) if *wish == label);
    let chosen = matches!(&facts.said, Value::Text(said) if **said == *word);
    Choice { word: word.to_owned(), label, chosen, wished }
}

fn end(value: f64) -> String {
    format!("{value}").replace('-', "−")
}
