//! Numbers that somebody sets: a slider between two ends, a set-point with a step up and a step down, and how far a
//! cover is open.
//!
//! What the device says and what somebody wishes are two marks. The filled one stands where the device says it is; the
//! hollow one is moved by hand and goes back when the device refuses. The script does the same (`slider.js`).

use super::instrument::{Figure, figure};
use super::note::Step;
use super::view::Facts;
use crate::device::{Range, kind_of};
use crate::talk::model::Value;
use crate::web::text::{Live, fill};

/// The most steps that a slider has; beyond that a finger hits none of them, and a field is better.
const MOST_STEPS: f64 = 1000.0;
/// The step of a set-point that says nothing about it.
const USUAL_STEP: f64 = 0.5;

/// A number between two ends.
#[derive(Clone, Debug)]
pub struct Slider {
    /// What the device says.
    pub figure: Figure,
    /// Both ends.
    pub ends: (String, String),
    /// The step between numbers.
    pub step: String,
    /// Where the hollow mark stands: the wish, else what the device says.
    pub hand: String,
    /// The wish, if there is one.
    pub wish: Option<String>,
    /// Where the filled mark stands, in per cent of the way.
    pub part: f64,
}

/// A number that is changed step by step, or written.
#[derive(Clone, Debug)]
pub struct Stepper {
    /// What the device says.
    pub figure: Figure,
    /// Both ends; empty if there are none.
    pub ends: (String, String),
    /// The step, as the field has it.
    pub step: String,
    /// What the field holds: the wish, else what the device says; empty if nobody knows.
    pub hand: String,
    /// The wish, if there is one.
    pub wish: Option<String>,
}

/// How far a cover is open.
#[derive(Clone, Debug)]
pub struct Position {
    /// `open`, `closed` or how far, in words.
    pub words: String,
    /// The slider; nothing if it can only be looked at.
    pub slider: Slider,
    /// Whether it can be moved.
    pub is_set: bool,
}

impl Slider {
    /// The place of the filled mark.
    pub fn place(&self) -> String {
        format!("{:.2}%", self.part)
    }
}

impl Position {
    /// How much of the window is covered, in the units of the picture.
    pub fn shade(&self) -> String {
        format!("{:.2}", (100.0 - self.slider.part) * 0.28)
    }
}

/// The slider for these facts, if a slider is a good way to set them.
pub fn slider(facts: &Facts, text: &str) -> Option<Slider> {
    let range = facts.range?;
    let step = grain(facts, range)?;
    Some(between(facts, range, step, text))
}

/// The step of a slider; nothing if it had too many.
fn grain(facts: &Facts, Range { min, max }: Range) -> Option<f64> {
    let whole = min.fract() == 0.0 && max.fract() == 0.0 && max - min >= 10.0;
    let step = facts.grain.or(whole.then_some(1.0))?;
    (step > 0.0 && (max - min) / step <= MOST_STEPS).then_some(step)
}

fn between(facts: &Facts, Range { min, max }: Range, step: f64, text: &str) -> Slider {
    let said = said(facts);
    let part = said.map_or(0.0, |said| ((said - min) / (max - min) * 100.0).clamp(0.0, 100.0));
    let wish = wish(facts);
    let hand = wish.clone().or_else(|| said.map(|_| text.to_owned())).unwrap_or_else(|| min.to_string());
    let ends = (min.to_string(), max.to_string());
    Slider { figure: figure(facts, text.to_owned()), ends, step: step.to_string(), hand, wish, part }
}

/// The steps for these facts: of a set-point.
pub fn stepper(facts: &Facts, text: &str) -> Stepper {
    let end = |end: fn(Range) -> f64| facts.range.map_or_else(String::new, |range| end(range).to_string());
    let wish = wish(facts);
    let known = said(facts).map_or("", |_| text);
    Stepper {
        figure: figure(facts, text.to_owned()),
        ends: (end(|range| range.min), end(|range| range.max)),
        step: facts.grain.filter(|grain| *grain > 0.0).unwrap_or(USUAL_STEP).to_string(),
        hand: wish.clone().unwrap_or_else(|| known.to_owned()),
        wish,
    }
}

/// How far a cover is open, of what is a cover's position in per cent.
pub fn position(live: &Live, facts: &Facts, text: &str) -> Position {
    let words = match said(facts) {
        Some(part) if part <= 0.0 => live.closed.to_owned(),
        Some(part) if part >= 100.0 => live.open.to_owned(),
        Some(_) => fill(live.open_by, &[("n", text)]),
        None => live.unknown.to_owned(),
    };
    let range = facts.range.unwrap_or(Range { min: 0.0, max: 100.0 });
    let step = grain(facts, range).unwrap_or(1.0);
    Position { words, slider: between(facts, range, step, text), is_set: facts.is_set() }
}

/// Whether this is how far a cover is open.
pub fn is_position(facts: &Facts) -> bool {
    let is_percent = matches!(facts.unit.as_str(), "" | "%");
    kind_of(&facts.id) == "cover" && facts.key == "position" && is_percent
}

fn said(facts: &Facts) -> Option<f64> {
    match facts.said {
        Value::Number { value, .. } => Some(value),
        Value::Bool(_) | Value::Text(_) | Value::Null | Value::Other(_) => None,
    }
}

/// The number that somebody waits for.
fn wish(facts: &Facts) -> Option<String> {
    match &facts.step {
        Some(Step::Pending { wish, .. }) => wish.parse::<f64>().is_ok().then(|| wish.clone()),
        Some(Step::Refused { .. } | Step::Unanswered { .. }) | None => None,
    }
}

/// `value` and `by` added, with as many decimals as the longer of both.
pub fn stepped(value: &str, by: &str) -> Option<String> {
    let decimals = |text: &str| text.split_once('.').map_or(0, |(_, decimals)| decimals.len().min(6));
    let sum = value.trim().parse::<f64>().ok()? + by.trim().parse::<f64>().ok()?;
    Some(format!("{sum:.*}", decimals(value.trim()).max(decimals(by.trim()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_keeps_the_decimals_of_what_it_is_added_to() {
        let check = |value: &str, by: &str, sum: Option<&str>| {
            assert_eq!(stepped(value, by).as_deref(), sum, "{value} {by}");
        };
        check("21", "0.5", Some("21.5"));
        check("21.50", "-0.5", Some("21.00"));
        check("-0.5", "0.5", Some("0.0"));
        check("0.2", "0.1", Some("0.3"));
        check("", "1", None);
        check("warm", "1", None);
    }
}
