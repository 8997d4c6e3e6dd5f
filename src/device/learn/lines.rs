//! Lines of a serial port: JSON, pairs of names and values, or columns; the form that most of them have.

use std::time::Duration;

use super::arrange::{Arranged, Heard, Stream};
use super::class::is_number;
use super::leaves::has_parts;
use super::write::text;
use crate::device::profile::Parts;
use crate::talk::Payload;

/// Arranges the lines of one device.
pub(super) fn arrange(lines: &[(Duration, String)]) -> Arranged {
    let forms = [None].into_iter().chain(known().into_iter().map(Some));
    // Of forms that fit as many lines, the first is the plainest.
    let best =
        forms.rev().max_by_key(|form| lines.iter().filter(|(_, line)| fits(form.as_ref(), line)).count());
    let form = best.flatten();
    let (like, other): (Vec<_>, Vec<_>) = lines.iter().partition(|(_, line)| fits(form.as_ref(), line));
    // A port that says nothing but texts is one property, whose text it is.
    let (like, other) = if like.is_empty() { (other, like) } else { (like, other) };
    let heard = |(at, line): &(Duration, String)| Heard {
        topic: String::new(),
        id: "-".to_owned(),
        at: *at,
        payload: match &form {
            Some(parts) => Payload::from_wire(parts.divide(line).as_bytes()),
            None => Payload::from_wire(line.as_bytes()),
        },
        retained: false,
        line: Some(line.clone()),
    };
    let stream = Stream {
        levels: Vec::new(),
        parts: form.as_ref().map(told),
        heard: like.into_iter().map(heard).collect(),
    };
    let mut lone: Vec<String> = other.into_iter().map(|(_, line)| format!("{line:.100}")).collect();
    lone.dedup();
    Arranged { streams: vec![stream], lone, ..Arranged::default() }
}

/// The ways in which lines are divided, the more telling ones first.
fn known() -> Vec<Parts> {
    let mut all = Vec::new();
    for is in [":", "="] {
        for between in [",", ";", " ", "\t"] {
            all.push(Parts::Pairs { between: between.into(), is: is.into() });
        }
    }
    all.extend([",", ";", "\t", " "].map(|between| Parts::Columns { between: between.into() }));
    all
}

/// Whether a line has this form; without one, whether it is JSON, or a number.
fn fits(form: Option<&Parts>, line: &str) -> bool {
    let Some(parts) = form else { return has_parts(line) || is_number(line.trim()) };
    if has_parts(line) {
        return false;
    }
    let split = parts.split(line);
    let is_name = |name: &str| {
        !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
    };
    match parts {
        Parts::Pairs { is, .. } => {
            let good = split.iter().filter(|part| {
                part.name.is_some_and(is_name) && !part.value.is_empty() && !part.value.contains(&**is)
            });
            good.count() * 2 > split.len()
        }
        Parts::Columns { .. } => {
            let numbers = split.iter().filter(|part| is_number(part.value)).count();
            split.len() > 1 && numbers * 2 >= split.len()
        }
    }
}

fn told(parts: &Parts) -> String {
    match parts {
        Parts::Columns { between } => format!("between = {}", text(between)),
        Parts::Pairs { between, is } => format!("between = {}, is = {}", text(between), text(is)),
    }
}
