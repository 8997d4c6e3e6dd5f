//! Small templates in definitions: minijinja with a little fuel, nothing to include and no way out.
//!
//! In a template stand `value` (text, number or truth), `json` (a payload that is JSON) and everything that was captured.
//! An expression that runs out of fuel or uses what is not there is an error, never an empty text. One filter is our own:
//! `hex` writes a number as bytes.

mod filters;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::LazyLock;

use minijinja::value::ValueKind;
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior, Value, escape_formatter};

use super::captures::Captures;

/// Steps a template may take; a formula of one line takes about twenty.
const FUEL: u64 = 5_000;
/// The longest template, in bytes.
const LONGEST: usize = 2_048;
/// The longest text a template may be given or may write, in bytes.
const MOST: usize = 64 << 10;

static WORLD: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut world = filters::world();
    world.set_fuel(Some(FUEL));
    world.set_undefined_behavior(UndefinedBehavior::Strict);
    world.set_auto_escape_callback(|_| AutoEscape::None);
    // Devices write truth and nothing as JSON does, minijinja as Python: True, None.
    world.set_formatter(|out, state, value| match value.kind() {
        ValueKind::Bool => Ok(out.write_str(if value.is_true() { "true" } else { "false" })?),
        ValueKind::None => Ok(out.write_str("null")?),
        _ => escape_formatter(out, state, value),
    });
    world
});

/// A template that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Box<str>);

/// What a template may use.
#[derive(Clone, Debug, Default)]
pub struct Words {
    values: BTreeMap<String, Value>,
    /// The length of the longest text.
    longest: usize,
}

/// What a template has written so far, up to its limit.
struct Page(Vec<u8>);

impl io::Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MOST {
            return Err(io::Error::other("too long"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Words {
    /// Everything that was captured.
    pub fn of(captures: &Captures) -> Self {
        captures.iter().fold(Self::default(), |words, (name, text)| words.with(name, text))
    }

    /// With one more text.
    pub fn with(mut self, name: &str, text: &str) -> Self {
        self.longest = self.longest.max(text.len());
        self.values.insert(name.to_owned(), Value::from(text));
        self
    }

    /// With one more value that is JSON.
    pub fn with_json(mut self, name: &str, json: &str) -> Self {
        self.longest = self.longest.max(json.len());
        if json.len() <= MOST {
            self.values.insert(name.to_owned(), serde_json::from_str(json).unwrap_or_default());
        }
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
        filters::check(text)?;
        Ok(Self(text.into()))
    }

    /// The text it was made of.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The names it uses, without those it makes itself.
    pub fn names(&self) -> BTreeSet<String> {
        WORLD
            .template_from_str(&self.0)
            .map(|world| world.undeclared_variables(false))
            .into_iter()
            .flatten()
            .collect()
    }

    /// Writes it out, or says what is in the way.
    pub fn render(&self, words: &Words) -> Result<String, String> {
        if words.longest > MOST {
            return Err(format!("a template is given {} KiB at most", MOST >> 10));
        }
        let mut page = Page(Vec::new());
        let template = WORLD.template_from_str(&self.0).map_err(|error| plain(&error))?;
        let context = Value::from(words.values.clone());
        template.render_captured_to(context, &mut page).map_err(|error| match error.kind() {
            ErrorKind::WriteFailure => format!("writes more than {} KiB", MOST >> 10),
            _ => plain(&error),
        })?;
        String::from_utf8(page.0).map_err(|error| error.to_string())
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
            ("{% for a in json %}{{ a }}{% endfor %}", "only `if` and `set`"),
            ("{{ value * 90000 }}", "more than 64 KiB"),
            ("{{ value * 900000000 }}", "too large"),
            ("{{ (value * 30000) | replace('O', 'long') }}", "more than 64 KiB"),
            ("{{ ([value] * 90000) | join }}", "more than 64 KiB"),
            ("{{ ([value] * 90000) | tojson }}", "more than 64 KiB"),
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
