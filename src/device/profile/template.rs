//! Small templates in definitions: minijinja with a little fuel, nothing to include and no way out.
//!
//! In a template stand `value` (text, number or truth), `json` (a payload that is JSON) and everything that was captured.
//! An expression that runs out of fuel or uses what is not there is an error, never an empty text. One filter is our own:
//! `hex` writes a number as bytes.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use minijinja::value::ValueKind;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value, escape_formatter};

use super::captures::Captures;

/// Steps a template may take; a formula of one line takes about twenty.
const FUEL: u64 = 5_000;
/// The longest template, in bytes.
const LONGEST: usize = 4_096;
/// The longest text a template may write, in bytes.
const MOST: usize = 64 << 10;

static WORLD: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut world = Environment::new();
    world.set_fuel(Some(FUEL));
    world.set_undefined_behavior(UndefinedBehavior::Strict);
    world.set_auto_escape_callback(|_| AutoEscape::None);
    // Devices write truth and nothing as JSON does, minijinja as Python: True, None.
    world.set_formatter(|out, state, value| match value.kind() {
        ValueKind::Bool => Ok(out.write_str(if value.is_true() { "true" } else { "false" })?),
        ValueKind::None => Ok(out.write_str("null")?),
        _ => escape_formatter(out, state, value),
    });
    world.add_filter("hex", hex);
    world
});

/// A template that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Box<str>);

/// What a template may use.
#[derive(Clone, Debug, Default)]
pub struct Words(BTreeMap<String, Value>);

/// `{{ 300 | hex(2) }}` is `012C`: so many bytes, the highest first; one if it is not said.
fn hex(value: &Value, bytes: Option<usize>) -> Result<String, Error> {
    let wrong = |why: String| Error::new(ErrorKind::InvalidOperation, why);
    let read = value.as_str().map_or_else(|| value.as_i64(), |text| text.parse().ok());
    let number = read.ok_or_else(|| wrong(format!("hex needs a whole number, found {value}")))?;
    let bits = 8 * bytes.unwrap_or(1);
    match bits {
        8..=56 if (-(1i64 << (bits - 1))..1i64 << bits).contains(&number) => {
            Ok(format!("{:0digits$X}", number & ((1i64 << bits) - 1), digits = bits / 4))
        }
        8..=56 => Err(wrong(format!("{number} does not fit into {} bytes", bits / 8))),
        _ => Err(wrong("hex writes 1 to 7 bytes".into())),
    }
}

impl Words {
    /// Everything that was captured.
    pub fn of(captures: &Captures) -> Self {
        let texts = captures.iter().map(|(name, text)| (name.to_owned(), Value::from(text)));
        Self(texts.collect())
    }

    /// With one more text.
    pub fn with(mut self, name: &str, text: &str) -> Self {
        self.0.insert(name.to_owned(), Value::from(text));
        self
    }

    /// With one more value that is JSON.
    pub fn with_json(mut self, name: &str, json: &str) -> Self {
        self.0.insert(name.to_owned(), serde_json::from_str(json).unwrap_or_default());
        self
    }
}

impl Template {
    /// Checks `text`, or says what is wrong with it.
    pub fn new(text: &str) -> Result<Self, String> {
        if text.len() > LONGEST {
            return Err(format!("is longer than {LONGEST} bytes"));
        }
        WORLD.template_from_str(text).map_err(|error| plain(&error))?;
        Ok(Self(text.into()))
    }

    /// The text it was made of.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Writes it out, or says what is in the way.
    pub fn render(&self, words: &Words) -> Result<String, String> {
        let text = WORLD.render_str(&self.0, &words.0).map_err(|error| plain(&error))?;
        match text.len() > MOST {
            true => Err(format!("writes more than {} KiB", MOST >> 10)),
            false => Ok(text),
        }
    }
}

/// What is wrong, without the name of a file that is none.
fn plain(error: &minijinja::Error) -> String {
    match error.detail() {
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(template: &str) -> Result<String, String> {
        let mut captures = Captures::default();
        captures.put(&"id".into(), "plug").expect("new");
        let words = Words::of(&captures).with("value", "ON").with_json("json", r#"{"a": {"b": 242}}"#);
        Template::new(template)?.render(&words)
    }

    #[test]
    fn templates_calculate_and_choose() {
        let check =
            |template: &str, expect: &str| assert_eq!(render(template).as_deref(), Ok(expect), "{template}");
        check("{{ json.a.b * 0.5 }}", "121.0");
        check("{{ id }}/{{ value | lower }}", "plug/on");
        check("{% if value == 'ON' %}1{% else %}0{% endif %}", "1");
        check("<{{ '<b>' }}>", "<<b>>");
        check("{{ json.a.b > 200 }} {{ not json.a.b }} {{ none }} {{ json.a.b }}", "true false null 242");
        check("{{ 1 | hex }} {{ 300 | hex(2) }} {{ '7' | hex }} {{ -1 | hex }}", "01 012C 07 FF");
    }

    #[test]
    fn templates_that_go_wrong_say_so() {
        for (template, why) in [
            ("{{ value", "syntax error"),
            ("{{ nothing }}", "undefined"),
            ("{{ json.x.y }}", "undefined"),
            ("{% for a in range(100000) %}{{ a }}{% endfor %}", "fuel"),
            ("{% include 'x' %}", ""),
            ("{{ value | nofilter }}", "unknown filter"),
            ("{{ 256 | hex }}", "does not fit"),
            ("{{ 1.5 | hex }}", "whole number"),
        ] {
            let error = render(template).expect_err(template);
            assert!(error.contains(why), "{template}: {error}");
        }
    }
}
