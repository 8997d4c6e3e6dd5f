//! What a template may do: a few filters and tests, `if` and `set`, and nothing that could take long or much memory.
//!
//! A template is a formula over what one device said; it has no loops. Filters that could make a long text of a short one
//! have a limit, and so has the number of operators that could.

use minijinja::value::ValueKind;
use minijinja::{Environment, Error, ErrorKind, Value, filters, tests};

use super::methods::{METHODS, TESTS};
use super::{MOST, methods, numbers};
use crate::sheet::nearest;

/// Every filter there is.
const FILTERS: &[&str] = &[
    "abs",
    "add",
    "bool",
    "capitalize",
    "default",
    "first",
    "float",
    "from_json",
    "hex",
    "iif",
    "int",
    "is_defined",
    "is_number",
    "join",
    "last",
    "length",
    "lower",
    "max",
    "min",
    "multiply",
    "replace",
    "round",
    "split",
    "string",
    "sum",
    "timestamp_local",
    "timestamp_utc",
    "title",
    "to_json",
    "tojson",
    "trim",
    "upper",
];

/// Statements a template may have.
const STATEMENTS: [&str; 5] = ["if", "elif", "else", "endif", "set"];

/// How many of each may stand in a template: those that make a long text of a short one.
const LIMITS: [(&str, usize); 3] = [("*", 8), ("+~", 16), ("{% set %}", 4)];

/// A world with those filters and no others.
pub(super) fn world() -> Environment<'static> {
    let mut world = Environment::empty();
    world.add_filter("abs", filters::abs);
    world.add_filter("bool", filters::bool);
    world.add_filter("capitalize", filters::capitalize);
    world.add_filter("default", filters::default);
    world.add_filter("first", filters::first);
    world.add_filter("hex", hex);
    world.add_filter("join", join);
    world.add_filter("last", filters::last);
    world.add_filter("length", filters::length);
    world.add_filter("lower", filters::lower);
    world.add_filter("max", filters::max);
    world.add_filter("min", filters::min);
    world.add_filter("replace", replace);
    world.add_filter("split", filters::split);
    world.add_filter("string", filters::string);
    world.add_filter("sum", filters::sum);
    world.add_filter("title", filters::title);
    world.add_filter("to_json", tojson);
    world.add_filter("tojson", tojson);
    world.add_filter("trim", filters::trim);
    world.add_filter("upper", filters::upper);
    numbers::add_to(&mut world);
    methods::add_to(&mut world);
    world.add_test("defined", tests::is_defined);
    world.add_test("none", tests::is_none);
    world.add_test("number", tests::is_number);
    world.add_test("string", tests::is_string);
    world.add_test("true", tests::is_true);
    world.add_test("false", tests::is_false);
    world.add_test("undefined", tests::is_undefined);
    world
}

fn too_long() -> Error {
    Error::new(ErrorKind::InvalidOperation, format!("a text of more than {} KiB", MOST >> 10))
}

/// `{{ value | replace(",", ".") }}`
pub(super) fn replace(value: String, from: String, to: String) -> Result<String, Error> {
    let longest = value.matches(&*from).count().saturating_mul(to.len());
    if longest.saturating_add(value.len()) > MOST { Err(too_long()) } else { Ok(value.replace(&*from, &to)) }
}

/// `{{ json.colors | join(",") }}`
fn join(list: Value, between: Option<String>) -> Result<String, Error> {
    let between = between.unwrap_or_default();
    let mut text = String::new();
    for (at, item) in list.try_iter()?.enumerate() {
        if at > 0 {
            text.push_str(&between);
        }
        text.push_str(&item.to_string());
        if text.len() > MOST {
            return Err(too_long());
        }
    }
    Ok(text)
}

/// `{{ value | tojson }}`
fn tojson(value: &Value) -> Result<String, Error> {
    // Lists are as long as the payload they come from, unless one was multiplied.
    if matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable)
        && value.len().is_none_or(|len| len > MOST)
    {
        return Err(too_long());
    }
    serde_json::to_string(value).map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))
}

/// `{{ 300 | hex(2) }}` is `012C`: so many bytes, the highest first; one if it is not said.
fn hex(value: &Value, bytes: Option<usize>) -> Result<String, Error> {
    let wrong = |why: String| Error::new(ErrorKind::InvalidOperation, why);
    let read = value.as_str().map_or_else(|| value.as_i64(), |text| text.parse().ok());
    let number = read.ok_or_else(|| wrong(format!("hex needs a whole number, found {value}")))?;
    let bits = bytes.unwrap_or(1).saturating_mul(8);
    match bits {
        8..=56 if (-(1i64 << (bits - 1))..1i64 << bits).contains(&number) => {
            Ok(format!("{:0digits$X}", number & ((1i64 << bits) - 1), digits = bits / 4))
        }
        8..=56 => Err(wrong(format!("{number} does not fit into {} bytes", bits / 8))),
        _ => Err(wrong("hex writes 1 to 7 bytes".into())),
    }
}

/// Says what a template has that none may have. That its brackets belong together is minijinja's to say.
pub(super) fn check(text: &str) -> Result<(), String> {
    let mut counts = [0; LIMITS.len()];
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let inside = &rest[at + 1..];
        rest = match inside.as_bytes().first() {
            Some(b'{') => expression(&inside[1..], "}}", &mut counts)?,
            Some(b'%') => {
                counts[2] += usize::from(statement(&inside[1..])? == "set");
                expression(&inside[1..], "%}", &mut counts)?
            }
            _ => inside,
        };
    }
    match LIMITS.iter().zip(counts).find(|((_, most), count)| count > most) {
        None if counts[0] > 0 && has_list(text) => {
            Err("multiplies, and so may have no list and no `split`".into())
        }
        Some(((what, most), count)) => Err(format!("has {count} of `{what}`, {most} at most are calculated")),
        None => Ok(()),
    }
}

/// Whether a list is made: a bracket that stands behind nothing it could look into, or `split`.
fn has_list(text: &str) -> bool {
    let looks_into = |c: char| c.is_alphanumeric() || matches!(c, '_' | ']' | ')' | '"' | '\'');
    let mut brackets = text.match_indices('[').map(|(at, _)| text[..at].trim_end());
    text.contains("split") || brackets.any(|before| !before.ends_with(looks_into))
}

/// The word that a statement begins with.
fn statement(text: &str) -> Result<&str, String> {
    let text = text.trim_start_matches(['-', '+']).trim_start();
    let end = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
    match &text[..end] {
        word if STATEMENTS.contains(&word) => Ok(word),
        word => Err(format!("only `if` and `set` are understood, found `{word:.20}`")),
    }
}

/// Looks through an expression up to its `end`; gives what stands behind it.
fn expression<'a>(text: &'a str, end: &str, counts: &mut [usize]) -> Result<&'a str, String> {
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some(behind) = rest.strip_prefix(end) {
            return Ok(behind);
        }
        rest = &rest[first.len_utf8()..];
        match first {
            '"' | '\'' => rest = behind_literal(rest, first),
            '|' => {
                filter(word(rest.trim_start()))?;
            }
            '.' => {
                let name = word(rest);
                if rest[name.len()..].starts_with('(') {
                    known("method", name, &METHODS)?;
                }
                rest = &rest[name.len()..];
            }
            first if first.is_alphabetic() || first == '_' => {
                let behind = &rest[word(rest).len()..];
                let is_test = first == 'i' && word(rest) == "s";
                rest = behind;
                if is_test {
                    let test = behind.trim_start();
                    let test = test.strip_prefix("not ").unwrap_or(test).trim_start();
                    known("test", word(test), &TESTS)?;
                }
            }
            _ => {
                let limits = LIMITS.iter().zip(counts.iter_mut());
                limits
                    .take(2)
                    .filter(|((what, _), _)| what.contains(first))
                    .for_each(|(_, count)| *count += 1);
            }
        }
    }
    Ok(rest)
}

/// The word that a text begins with.
fn word(text: &str) -> &str {
    &text[..text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len())]
}

/// What stands behind a text in quotes.
fn behind_literal(text: &str, quote: char) -> &str {
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => {
                letters.next();
            }
            letter if letter == quote => return &text[at + 1..],
            _ => {}
        }
    }
    ""
}

fn filter(name: &str) -> Result<(), String> {
    known("filter", name, FILTERS)
}

/// Whether a template may use what it names; otherwise what it may use.
fn known(what: &str, name: &str, all: &[&str]) -> Result<(), String> {
    if all.contains(&name) {
        return Ok(());
    }
    let near = nearest(name, all.iter().copied()).map(|near| format!(", did you mean {near}?"));
    Err(format!("unknown {what} `{name:.30}`{}; there are {}", near.unwrap_or_default(), all.join(", ")))
}

#[cfg(test)]
mod tests_of_checks {
    use super::*;

    #[test]
    fn every_filter_of_the_list_is_there() {
        let world = world();
        for name in FILTERS {
            assert!(world.template_from_str(&format!("{{{{ x | {name} }}}}")).is_ok(), "{name}");
            assert!(check(&format!("{{{{ x | {name} }}}}")).is_ok(), "{name}");
        }
        assert!(FILTERS.is_sorted());
    }

    #[test]
    fn what_no_template_may_have_is_named() {
        for (text, why) in [
            ("{{ value | lowr }}", "did you mean lower"),
            ("{{ value |indent(9) }}", "unknown filter `indent`"),
            ("{% for a in json %}x{% endfor %}", "only `if` and `set` are understood, found `for`"),
            ("{%- macro a() %}", "found `macro`"),
            ("{{ a*a*a*a*a*a*a*a*a*a }}", "has 9 of `*`, 8 at most"),
            ("{{ a~a~a~a~a~a~a~a~a~a~a~a~a~a~a~a+a+a }}", "has 17 of `+~`"),
            ("{% set a=1 %}{% set a=1 %}{% set a=1 %}{% set a=1 %}{% set a=1 %}", "has 5 of `{% set %}`"),
            ("{% if a | nope %}{% endif %}", "unknown filter `nope`"),
            ("{{ a.decode() }}", "unknown method `decode`"),
            ("{{ a is not match('b') }}", "unknown test `match`"),
        ] {
            let error = check(text).expect_err(text);
            assert!(error.contains(why), "{text}: {error}");
        }
        for text in [
            "{{ '|nofilter }} {% for %}' }}",
            "{{ \"\\\"|x\" }}",
            "{ {x} | y",
            "{% if value == '%}' %}a{% elif x %}b{% else %}c{% endif %}",
            "{{ value | float * 0.1 + 3 | int }}",
            "plain",
            "",
            "{",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }
}
