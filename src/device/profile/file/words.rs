//! Values that stand in definitions only: patterns, pointers, templates, numbers with their digits, words with a meaning.

use crate::device::expression::Expression;
use toml_edit::Value as Toml;

use crate::device::frame::hex;
use crate::device::profile::Condition;
use crate::device::profile::captures::PatternError;
use crate::device::profile::file::each;
use crate::device::profile::number::{Digits, fraction, number};
use crate::device::profile::pattern::Pattern;
use crate::device::profile::pointer::Pointer;
use crate::device::profile::template::Template;
use crate::device::vocabulary::ICONS;
use crate::sheet::{Section, Sheet, Typed, found, nearest, quoted};
use crate::talk::model::Value;
use rust_decimal::Decimal;

fn told(error: PatternError) -> Option<String> {
    Some(format!("it {error}"))
}

impl Typed for Pattern {
    const ALLOWED: &'static str = r#"TYPE/ADDRESS, such as "relay/0", "thermometer/-" or "relay/{n}""#;

    fn read(value: &Toml) -> Result<Self, Option<String>> {
        Pattern::new(value.as_str().ok_or(None)?).map_err(told)
    }

    fn show(&self) -> String {
        quoted(self.as_str())
    }
}

impl Typed for Pointer {
    const ALLOWED: &'static str =
        r#"a pointer into JSON, such as "/output", "/ENERGY/Power" or "/POWER{n}"; "" is all of it"#;

    fn read(value: &Toml) -> Result<Self, Option<String>> {
        let text = value.as_str().ok_or(None)?;
        Pointer::new(text).map_err(|error| match error {
            PatternError::Slash => Some(format!("write {}", quoted(&slashed(text)))),
            _ => told(error),
        })
    }

    fn show(&self) -> String {
        quoted(self.as_str())
    }
}

/// `$.a.b[0]`, `value_json.a` and `['a']['b']` as a pointer.
fn slashed(text: &str) -> String {
    let text = text.trim().trim_start_matches("value_json").trim_start_matches('$');
    let steps = text.split(['.', '[', ']', '\'', '"']).filter(|step| !step.is_empty());
    steps.map(|step| format!("/{step}")).collect()
}

impl Typed for Template {
    const ALLOWED: &'static str = r#"a template, such as "{{ value }}" or "{{ json.a * 0.5 }}""#;

    fn read(value: &Toml) -> Result<Self, Option<String>> {
        Template::new(value.as_str().ok_or(None)?).map_err(Some)
    }

    fn show(&self) -> String {
        quoted(self.as_str())
    }
}

/// A regular expression.
pub(super) struct Cut(pub Expression);

impl Typed for Cut {
    const ALLOWED: &'static str =
        "a regular expression with the value in a group, such as 'T=(?<value>[0-9.]+)'";

    fn read(value: &Toml) -> Result<Self, Option<String>> {
        let text = value.as_str().ok_or(None)?;
        Expression::new(text).map(Cut).map_err(|error| {
            error.to_string().lines().last().map(|why| why.trim_start_matches("error: ").to_owned())
        })
    }

    fn show(&self) -> String {
        quoted(self.0.as_str())
    }
}

/// A unit.
pub(super) struct Unit(pub Box<str>);

impl Typed for Unit {
    const ALLOWED: &'static str = r#"a text in quotes, such as "°C""#;

    fn read(value: &Toml) -> Result<Self, Option<String>> {
        String::read(value).map(|text| Self(text.into()))
    }

    fn show(&self) -> String {
        quoted(&self.0)
    }
}

/// Any text at all.
pub(super) struct AnyText(pub Box<str>);

impl Typed for AnyText {
    const ALLOWED: &'static str = "a text in quotes";

    fn read(value: &Toml) -> Result<Self, Option<String>> {
        value.as_str().map(|text| Self(text.into())).ok_or(None)
    }

    fn show(&self) -> String {
        quoted(&self.0)
    }
}

/// A text whose every character counts.
pub(super) struct Exactly(pub Box<str>);

impl Typed for Exactly {
    const ALLOWED: &'static str = r#"a text in quotes, not empty, such as ";" or "\r\n""#;

    fn read(value: &Toml) -> Result<Self, Option<String>> {
        let text = value.as_str().filter(|text| !text.is_empty()).ok_or(None)?;
        Ok(Self(text.into()))
    }

    fn show(&self) -> String {
        quoted(&self.0)
    }
}

/// Bytes as hexadecimal digits.
pub(super) struct HexBytes(pub Box<[u8]>);

impl Typed for HexBytes {
    const ALLOWED: &'static str = r#"bytes as pairs of hexadecimal digits, such as "AA C0""#;

    fn read(value: &Toml) -> Result<Self, Option<String>> {
        let bytes = hex::read(value.as_str().ok_or(None)?).filter(|bytes| !bytes.is_empty()).ok_or(None)?;
        Ok(Self(bytes.into()))
    }

    fn show(&self) -> String {
        quoted(&hex::shown(&self.0))
    }
}

/// A number that is kept as it was written.
pub(super) struct Exact(pub Decimal);

impl Typed for Exact {
    const ALLOWED: &'static str = "a number, such as -40 or 0.5";

    fn read(value: &Toml) -> Result<Self, Option<String>> {
        digits(value).and_then(|text| text.parse().ok()).map(Self).ok_or(None)
    }

    fn show(&self) -> String {
        self.0.to_string()
    }
}

/// A factor: a number, or a fraction in quotes.
pub(super) struct Factor(pub (Decimal, Decimal));

impl Typed for Factor {
    const ALLOWED: &'static str =
        r#"a number other than 0, such as 0.1, or a fraction in quotes, such as "1/60000""#;

    fn read(value: &Toml) -> Result<Self, Option<String>> {
        let text = digits(value).or_else(|| value.as_str().map(str::to_owned)).ok_or(None)?;
        fraction(&text).map(Self).ok_or(None)
    }

    fn show(&self) -> String {
        quoted(&format!("{}/{}", self.0.0, self.0.1))
    }
}

/// Both ends of a range.
pub(super) struct Ends(pub f64, pub f64);

impl Typed for Ends {
    const ALLOWED: &'static str = "two numbers, the smaller one first, such as [0, 100]";

    fn read(value: &Toml) -> Result<Self, Option<String>> {
        let number = |value: &Toml| value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64));
        let ends: Vec<Option<f64>> = value.as_array().ok_or(None)?.iter().map(number).collect();
        match ends.as_slice() {
            [Some(low), Some(high)] if low < high && high.is_finite() && low.is_finite() => {
                Ok(Self(*low, *high))
            }
            [Some(low), Some(high)] if low > high => Err(Some(format!("write [{high}, {low}]"))),
            _ => Err(None),
        }
    }

    fn show(&self) -> String {
        format!("[{}, {}]", self.0, self.1)
    }
}

/// What is shown beside a property.
pub(super) struct Icon(pub &'static str);

impl Typed for Icon {
    const ALLOWED: &'static str = "a picture of the vocabulary";

    fn read(value: &Toml) -> Result<Self, Option<String>> {
        let word = value.as_str().ok_or(None)?;
        if let Some(icon) = ICONS.iter().find(|icon| **icon == word) {
            return Ok(Self(icon));
        }
        let near = nearest(word, ICONS.iter().copied()).map(|near| format!("did you mean {near}? "));
        Err(Some(format!("{}there are {}", near.unwrap_or_default(), ICONS.join(", "))))
    }

    fn show(&self) -> String {
        quoted(self.0)
    }
}

/// The digits of a number as they stand in the file.
pub(super) fn digits(value: &Toml) -> Option<String> {
    let text = match value {
        Toml::Integer(whole) => whole.display_repr().replace('_', ""),
        Toml::Float(float) => float.display_repr().replace('_', ""),
        _ => return None,
    };
    number(&text, Digits::Decimal).map(Into::into)
}

/// The digits of a number to the letter: `24.50` is not `24.5` where an example says what has to come out.
pub(super) fn exact(sheet: &Sheet, value: &Toml) -> Option<String> {
    if !(value.is_integer() || value.is_float()) {
        return None;
    }
    let text = value.span().and_then(|span| sheet.text().get(span)).map(|text| text.replace('_', ""));
    text.and_then(|text| number(&text, Digits::Decimal).map(Into::into)).or_else(|| digits(value))
}

/// A value that has no parts.
pub(super) fn scalar(value: &Toml) -> Option<Value> {
    if let Some(truth) = value.as_bool() {
        return Some(Value::Bool(truth));
    }
    if let Some(text) = value.as_str() {
        return Some(Value::Text(text.into()));
    }
    let text = digits(value)?;
    let value = text.parse().ok()?;
    Some(Value::Number { text: text.into(), value })
}

/// `when = { "/model" = "SHSW-1", "/output" = [] }`: what a payload has to have.
pub(super) fn conditions(section: &Section<'_>) -> Vec<Condition> {
    let mut conditions = Vec::new();
    for entry in section.entries("when") {
        let at = Pointer::new(entry.name);
        let values: Option<Vec<Value>> =
            entry.item.as_value().and_then(|value| each(value).into_iter().map(scalar).collect());
        match (at, values) {
            (Ok(at), Some(is)) => conditions.push(Condition { at, is }),
            (at, _) => {
                let hint = at.err().and_then(told);
                let allowed = r#"pointers and what stands there, such as { "/model" = "SHSW-1" }, a list of values, or [] for any"#;
                section.sheet.problem(entry.span, &entry.path, found(entry.item), allowed.into(), hint);
            }
        }
    }
    conditions
}
