//! The instruments of tiles: what shows a value, and what somebody presses or writes to change it.

use super::color::{Swatch, swatch};
use super::level::{Position, Slider, Stepper, is_position, position, slider, stepper};
use super::moves::{Moves, moves};
use super::note::Step;
use super::show::visible;
use super::view::{Facts, TileView, word_shown};
use crate::device::{Kind, Range};
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
    /// A number between two ends.
    Slider(Slider),
    /// A number that is changed step by step.
    Stepper(Stepper),
    /// How far a cover is open.
    Position(Position),
    /// A cover's buttons.
    Moves(Moves),
    /// A colour.
    Color(Swatch),
    /// Several tiles that belong together.
    Group(Vec<TileView>),
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

impl Widget {
    /// Its word for styles and scripts, `data-kind`.
    pub fn code(&self, facts: &Facts) -> &'static str {
        match self {
            Self::Gauge(_) => "gauge",
            Self::Plain(_) if facts.kind == Kind::Event => "count",
            Self::Plain(_) if facts.is_total => "total",
            Self::Plain(_) => "number",
            Self::Words(_) => "text",
            Self::Switch(_) => "switch",
            Self::Choice(_) => "choice",
            Self::Setting(_) => "setting",
            Self::Button => "button",
            Self::Slider(_) => "slider",
            Self::Stepper(_) => "stepper",
            Self::Position(_) => "position",
            Self::Moves(_) => "moves",
            Self::Color(_) => "color",
            Self::Group(_) => "group",
        }
    }

    /// Whether there is something to press.
    pub fn is_control(&self) -> bool {
        match self {
            Self::Gauge(_) | Self::Plain(_) | Self::Words(_) => false,
            Self::Position(position) => position.is_set,
            Self::Group(tiles) => tiles.iter().any(TileView::is_control),
            Self::Switch(_)
            | Self::Choice(_)
            | Self::Setting(_)
            | Self::Button
            | Self::Slider(_)
            | Self::Stepper(_)
            | Self::Moves(_)
            | Self::Color(_) => true,
        }
    }

    /// What a control shows now, in words.
    pub fn words(&self) -> Option<String> {
        match self {
            Self::Switch(switch) => Some(switch.words.to_owned()),
            Self::Choice(choices) => {
                choices.iter().find(|choice| choice.chosen).map(|choice| choice.label.clone())
            }
            Self::Setting(Setting { figure, .. })
            | Self::Slider(Slider { figure, .. })
            | Self::Stepper(Stepper { figure, .. }) => Some(figure.text.clone()),
            Self::Position(position) => Some(position.words.clone()),
            Self::Moves(moves) => Some(moves.words.clone()),
            Self::Color(swatch) => Some(swatch.said.clone()),
            Self::Gauge(_) | Self::Plain(_) | Self::Words(_) | Self::Button | Self::Group(_) => None,
        }
    }

    /// `data-value`.
    pub fn value(&self) -> &str {
        match self {
            Self::Switch(switch) => switch.value,
            Self::Position(position) if position.slider.figure.known => &position.slider.figure.text,
            Self::Moves(moves) => &moves.said,
            Self::Color(swatch) => &swatch.form,
            _ => "",
        }
    }

    /// Whether somebody knows the value; what has other words for that counts as known.
    pub fn is_known(&self) -> bool {
        match self {
            Self::Gauge(Gauge { figure, .. })
            | Self::Plain(figure)
            | Self::Setting(Setting { figure, .. })
            | Self::Slider(Slider { figure, .. })
            | Self::Stepper(Stepper { figure, .. })
            | Self::Position(Position { slider: Slider { figure, .. }, .. }) => figure.known,
            Self::Color(swatch) => swatch.hex.is_some(),
            _ => true,
        }
    }
}

/// The instrument for these facts; `value` is what they say, in words.
pub fn widget(live: &'static Live, facts: &Facts, value: String) -> Widget {
    if let Some(swatch) = swatch(live, facts) {
        return Widget::Color(swatch);
    }
    if let Some(moves) = moves(live, facts) {
        return Widget::Moves(moves);
    }
    match (&facts.kind, facts.range) {
        (Kind::Number, _) if is_position(facts) => Widget::Position(position(live, facts, &value)),
        (Kind::Number, _) if facts.is_set() => settable(facts, value),
        (Kind::Text, _) if facts.is_set() => Widget::Setting(setting(facts, value)),
        (Kind::Button, _) => Widget::Button,
        (Kind::Number, Some(range)) if !facts.is_total => Widget::Gauge(gauge(facts, range, value)),
        (Kind::Number | Kind::Event, _) => Widget::Plain(figure(facts, value)),
        (Kind::Text, _) => Widget::Words(value),
        (Kind::Switch, _) => Widget::Switch(switch(live, facts)),
        (Kind::Choice(_), _) if !facts.is_set() => Widget::Words(value),
        (Kind::Choice(words), _) => {
            Widget::Choice(words.iter().map(|word| choice(live, word, facts)).collect())
        }
    }
}

/// A number that somebody sets: degrees by steps, what has two ends by a slider, anything else by writing it.
fn settable(facts: &Facts, value: String) -> Widget {
    if facts.key == "set-point" && matches!(facts.unit.as_str(), "℃" | "°C" | "°F" | "K") {
        return Widget::Stepper(stepper(facts, &value));
    }
    match slider(facts, &value) {
        Some(slider) => Widget::Slider(slider),
        None => Widget::Setting(setting(facts, value)),
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

/// A number as it is shown.
pub(super) fn figure(facts: &Facts, text: String) -> Figure {
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
