//! Small templates in definitions: minijinja with a little fuel, nothing to include and no way out.
//!
//! In a template stand `value` (text, number or truth), `json` (a payload that is JSON; `value_json` is the same) and
//! everything that was captured. An expression that runs out of fuel or uses what is not there is an error, never an empty
//! text. Filters are those of Jinja and Home Assistant; one is our own: `hex` writes a number as bytes.

mod filters;
mod methods;
mod numbers;

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
/// A text or list of a device is not repeated more often than this.
const MOST_TIMES: f64 = 10_000.0;
/// The longest text a template may be given or may write, in bytes.
const MOST: usize = 64 << 10;

/// Names that stand in templates without being captured.
pub const GIVEN: [&str; 4] = ["value", "json", "value_json", "seconds"];

/// Whether that is the name of a function.
pub fn is_function(name: &str) -> bool {
    numbers::FUNCTIONS.contains(&name)
}

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
pub struct Template {
    text: Box<str>,
    /// The names it uses, without those it makes itself.
    names: Box<[Box<str>]>,
}

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

    /// Whether a device says both a text or a list and a number that would make a very long one of it. What the template
    /// itself says is its author's affair.
    fn could_repeat(&self, template: &Template) -> bool {
        let used: Vec<&Value> = template.names().filter_map(|name| self.values.get(name)).collect();
        let used = || used.iter().copied();
        used().any(|value| has(value, &|part| part.as_str().is_some() || part.kind() == ValueKind::Seq))
            && used().any(|value| {
                has(value, &|part| f64::try_from(part.clone()).is_ok_and(|number| number > MOST_TIMES))
            })
    }

    /// With the payload under both its names.
    pub fn with_payload(self, json: &str) -> Self {
        let mut words = self.with_json("json", json);
        if let Some(value) = words.values.get("json").cloned() {
            words.values.insert("value_json".to_owned(), value);
        }
        words
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

/// Whether a value or a part of it is like that.
fn has(value: &Value, like: &dyn Fn(&Value) -> bool) -> bool {
    if like(value) {
        return true;
    }
    match value.kind() {
        ValueKind::Seq => value.try_iter().is_ok_and(|mut items| items.any(|item| has(&item, like))),
        ValueKind::Map => value
            .try_iter()
            .is_ok_and(|mut keys| keys.any(|key| value.get_item(&key).is_ok_and(|item| has(&item, like)))),
        _ => false,
    }
}

impl Template {
    /// Checks `text`, or says what is wrong with it.
    pub fn new(text: &str) -> Result<Self, String> {
        if text.len() > LONGEST {
            return Err(format!("is longer than {LONGEST} bytes"));
        }
        let template = WORLD.template_from_str(text).map_err(|error| plain(&error))?;
        filters::check(text)?;
        let names: BTreeSet<String> = template.undeclared_variables(false).into_iter().collect();
        Ok(Self { text: text.into(), names: names.into_iter().map(Into::into).collect() })
    }

    /// The text it was made of.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The names it uses, without those it makes itself, each once and sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|name| &**name)
    }

    /// Writes it out, or says what is in the way.
    pub fn render(&self, words: &Words) -> Result<String, String> {
        if words.longest > MOST {
            return Err(format!("a template is given {} KiB at most", MOST >> 10));
        }
        if self.text.contains('*') && words.could_repeat(self) {
            return Err(format!("a text or list times more than {MOST_TIMES} is not calculated"));
        }
        let mut page = Page(Vec::new());
        let template = WORLD.template_from_str(&self.text).map_err(|error| plain(&error))?;
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
    fn a_device_cannot_make_a_long_text_of_a_short_one() {
        let product = Template::new("{{ json.a * json.b }}").expect("valid");
        let render =
            |json: &str| product.render(&Words::default().with("value", "x").with_json("json", json));
        assert_eq!(render(r#"{"a": 3000000, "b": 0.5}"#).as_deref(), Ok("1500000.0"));
        assert_eq!(render(r#"{"a": "ab", "b": 3}"#).as_deref(), Ok("ababab"));
        for json in [
            r#"{"a": "ab", "b": 99999999}"#,
            r#"{"a": [1], "b": 99999999}"#,
            r#"{"b": [[1]], "a": 99999999}"#,
        ] {
            let error = render(json).expect_err(json);
            assert!(error.contains("is not calculated"), "{json}: {error}");
        }
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
            ("{{ ([value] * 90000) | join }}", "no list"),
            ("{{ value | split * 90000 }}", "no list"),
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
