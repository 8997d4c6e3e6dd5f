//! Filters and functions that calculate and choose, as templates of Home Assistant have them beside those of Jinja.
//!
//! What is no number is an error where no default is given: nothing becomes a zero by itself.

use minijinja::value::{Kwargs, Rest};
use minijinja::{Environment, Error, ErrorKind, Value, filters};

/// Functions, which stand without a bar: `float(value)`.
pub(super) const FUNCTIONS: [&str; 4] = ["float", "iif", "int", "is_number"];

/// Seconds of a day.
const DAY: i64 = 86_400;
/// Times are told from the year 1 to the year 9999.
const TIMES: std::ops::Range<i64> = -62_135_596_800..253_402_300_800;

/// Adds them to a world.
pub(super) fn add_to(world: &mut Environment<'static>) {
    world.add_filter("add", |value: &Value, other: f64, default: Option<Value>| {
        calculate(value, default, |number| number + other)
    });
    world.add_filter("float", float);
    world.add_filter("from_json", from_json);
    world.add_filter("iif", iif);
    world.add_filter("int", int);
    world.add_filter("is_defined", is_defined);
    world.add_filter("is_number", is_number);
    world.add_filter("multiply", |value: &Value, other: f64, default: Option<Value>| {
        calculate(value, default, |number| number * other)
    });
    world.add_filter("round", round);
    world.add_filter("timestamp_local", timestamp);
    world.add_filter("timestamp_utc", timestamp);
    world.add_function("float", float);
    world.add_function("iif", iif);
    world.add_function("int", int);
    world.add_function("is_number", is_number);
}

fn wrong(why: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, why)
}

/// A number, also one in a text.
fn number(value: &Value) -> Option<f64> {
    let number = match value.as_str() {
        Some(text) => text.trim().parse().ok(),
        None if value.is_number() => f64::try_from(value.clone()).ok(),
        None => None,
    };
    number.filter(|number: &f64| number.is_finite())
}

fn needed(value: &Value) -> Error {
    wrong(format!("a number is needed, found {value:.40}"))
}

/// The default that is given in one of both ways.
fn default(given: Option<Value>, named: &Kwargs) -> Result<Option<Value>, Error> {
    let named: Option<Value> = named.get("default")?;
    Ok(given.or(named))
}

/// `{{ value | float }}`, `{{ value | float(0) }}`
fn float(value: &Value, given: Option<Value>, named: Kwargs) -> Result<Value, Error> {
    let default = default(given, &named)?;
    let found = if value.kind() == minijinja::value::ValueKind::Bool {
        Some(f64::from(u8::from(value.is_true())))
    } else {
        number(value)
    };
    found.map(Value::from).or(default).ok_or_else(|| needed(value))
}

/// `{{ value | int }}` cuts what is behind the point.
fn int(value: &Value, given: Option<Value>, named: Kwargs) -> Result<Value, Error> {
    let default = default(given, &named)?;
    if value.is_integer() {
        return Ok(value.clone());
    }
    let whole = value.as_str().and_then(|text| text.trim().parse::<i64>().ok()).map(Value::from);
    let cut = || float(value, None, Kwargs::from_iter(std::iter::empty::<(String, Value)>())).ok();
    let cut = || cut().and_then(|number| f64::try_from(number).ok()).map(f64::trunc);
    let fits = |number: &f64| number.abs() < 9e15;
    // A whole number in these bounds.
    let found = whole.or_else(|| cut().filter(fits).map(|number| Value::from(number as i64)));
    found.or(default).ok_or_else(|| needed(value))
}

/// `{{ value | round(1) }}` takes numbers in texts, too.
fn round(value: &Value, precision: Option<i32>, method: Option<&str>, named: Kwargs) -> Result<Value, Error> {
    let value = match value.as_str() {
        Some(_) => Value::from(number(value).ok_or_else(|| needed(value))?),
        None => value.clone(),
    };
    filters::round(value, precision, method, named)
}

fn calculate(value: &Value, default: Option<Value>, with: impl Fn(f64) -> f64) -> Result<Value, Error> {
    number(value).map(|number| Value::from(with(number))).or(default).ok_or_else(|| needed(value))
}

/// `{{ json.on | iif("ON", "OFF") }}`
fn iif(value: &Value, rest: Rest<Value>) -> Result<Value, Error> {
    let choice = |at: usize, usual: Value| rest.get(at).cloned().unwrap_or(usual);
    if rest.len() > 3 {
        return Err(Error::from(ErrorKind::TooManyArguments));
    }
    if value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    Ok(match value {
        none if none.is_none() && rest.len() == 3 => choice(2, Value::from(())),
        truth if truth.is_true() => choice(0, Value::from(true)),
        _ => choice(1, Value::from(false)),
    })
}

fn is_number(value: &Value) -> bool {
    number(value).is_some()
}

/// `{{ json.a | is_defined }}` is an error without it.
fn is_defined(value: &Value) -> Result<Value, Error> {
    if value.is_undefined() { Err(Error::from(ErrorKind::UndefinedError)) } else { Ok(value.clone()) }
}

/// `{{ (value | from_json).a }}`
fn from_json(text: &str) -> Result<Value, Error> {
    serde_json::from_str(text).map_err(|error| wrong(format!("it is no JSON: {error}")))
}

/// Seconds since 1970 as a time, `2024-01-02T23:52:18+00:00`. It is the same moment everywhere; here it is told in UTC.
fn timestamp(value: &Value) -> Result<String, Error> {
    let number = number(value).ok_or_else(|| needed(value))?;
    // A whole number of seconds within these bounds.
    let seconds = number.floor() as i64;
    if !TIMES.contains(&seconds) {
        return Err(wrong(format!("{number} is no time")));
    }
    let (day, second) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
    let (year, month, day) = date(day);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    Ok(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}+00:00"))
}

/// Year, month and day of a day counted from 1970-01-01, in the calendar that repeats every 400 years.
fn date(day: i64) -> (i64, i64, i64) {
    // Counted from 1 March of the year 0, so that the odd day of a leap year comes last.
    let day = day + 719_468;
    let (era, of_era) = (day.div_euclid(146_097), day.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + i64::from(month <= 2), month, of_month)
}

#[cfg(test)]
mod tests {
    use crate::device::profile::template::{Template, Words};

    fn render(text: &str, json: &str) -> Result<String, String> {
        let value = json.trim_matches('"');
        Template::new(text)?.render(&Words::default().with("value", value).with_payload(json))
    }

    #[test]
    fn numbers_are_calculated_as_home_assistant_does() {
        for (text, json, expect) in [
            ("{{ value | float * 2 }}", "1.5", "3.0"),
            ("{{ float(value) * 99 + 1 }}", "1", "100.0"),
            ("{{ value | int }}", "23.7", "23"),
            ("{{ value_json.x | int(0) }}", r#"{"x": "?"}"#, "0"),
            ("{{ value_json.x | int }}", r#"{"x": 12345678901234567}"#, "12345678901234567"),
            ("{{ value_json.x | float(default=7) }}", r#"{"x": null}"#, "7"),
            ("{{ value | round(1) }}", "23.25", "23.2"),
            ("{{ value_json.x | multiply(0.5) }}", r#"{"x": "3"}"#, "1.5"),
            ("{{ value_json.x | add(1) }}", r#"{"x": 3}"#, "4.0"),
            ("{{ value_json.x | iif('a', 'b') }}", r#"{"x": false}"#, "b"),
            ("{{ iif(value_json.x, 'a', 'b', 'c') }}", r#"{"x": null}"#, "c"),
            ("{{ is_number(value) }} {{ value_json | is_number }}", "7", "true true"),
            ("{{ 'a' | is_number }}", "7", "false"),
            ("{{ value_json.x | is_defined }}", r#"{"x": 0}"#, "0"),
            ("{{ (value | from_json).a }}", r#"{"a": 5}"#, "5"),
            ("{{ value | timestamp_utc }}", "1704239538", "2024-01-02T23:52:18+00:00"),
            ("{{ value | timestamp_local }}", "951782400.9", "2000-02-29T00:00:00+00:00"),
            ("{{ -1 | timestamp_utc }}", "0", "1969-12-31T23:59:59+00:00"),
        ] {
            assert_eq!(render(text, json).as_deref(), Ok(expect), "{text} {json}");
        }
    }

    #[test]
    fn what_is_no_number_becomes_none() {
        for (text, json) in [
            ("{{ value_json.x | float }}", r#"{"x": null}"#),
            ("{{ value_json.x | int }}", r#"{"x": null}"#),
            ("{{ value_json.x | int }}", r#"{"x": "?"}"#),
            ("{{ value_json.x | float }}", r#"{"x": "nan"}"#),
            ("{{ value_json.x | float }}", "{}"),
            ("{{ value_json.x | iif(1, 2) }}", "{}"),
            ("{{ value_json.x | multiply(2) }}", r#"{"x": true}"#),
            ("{{ value_json.x | is_defined }}", "{}"),
            ("{{ value | timestamp_utc }}", "9e99"),
            ("{{ value | from_json }}", "x"),
        ] {
            assert!(render(text, json).is_err(), "{text} {json}");
        }
    }
}
