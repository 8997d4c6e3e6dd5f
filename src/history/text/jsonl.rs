//! Reads the JSON lines of this hub. A line without `unit` tells of none, `null` says that there is none.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::read::{name, no_time};
use super::{Entry, Take, shown, word};
use crate::history::moment;
use crate::history::store::Recorded;

#[derive(Deserialize)]
struct Line<'a> {
    time: String,
    series: String,
    #[serde(borrow)]
    value: &'a RawValue,
    #[serde(default, deserialize_with = "told")]
    unit: Option<String>,
}

/// A unit that is told of; `null` is an empty one.
fn told<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Option::deserialize(deserializer).map(|unit| Some(unit.unwrap_or_default()))
}

/// Takes the next line.
pub fn line(number: u64, line: &str, take: &mut impl Take) -> Result<(), String> {
    if line.trim().is_empty() {
        return Ok(());
    }
    let line: Line<'_> = serde_json::from_str(line).map_err(|error| {
        format!("{error}; a line is {{\"time\": …, \"series\": …, \"value\": …, \"unit\": …}}")
    })?;
    let at =
        moment::stamp(&line.time).or_else(|| line.time.parse().ok()).ok_or_else(|| no_time(&line.time))?;
    let text: String;
    let value = match line.value.get() {
        "null" => Recorded::Unknown,
        "true" => Recorded::Truth(true),
        "false" => Recorded::Truth(false),
        raw if raw.starts_with('"') => {
            text = serde_json::from_str(raw).map_err(|error| error.to_string())?;
            word(&text)?
        }
        raw => match raw.parse::<f64>() {
            Ok(number) => Recorded::Number(number),
            Err(_) => return Err(format!("{} is no value of a series", shown(raw))),
        },
    };
    let name = name(&line.series)?;
    take(number, Entry { name: &name, at, value, unit: line.unit.as_deref() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_four_members_and_others_are_refused() {
        let check = |text: &str, expect: Result<&str, &str>| {
            let mut found = String::new();
            let result = line(1, text, &mut |_: u64, entry: Entry<'_>| {
                found =
                    format!("{} {} {:?} {}", entry.name, entry.at, entry.value, entry.unit.unwrap_or("-"));
                Ok(())
            });
            match (result, expect) {
                (Ok(()), expect) => assert_eq!(Ok(&*found), expect),
                (Err(error), Err(expect)) => assert!(error.contains(expect), "{error}"),
                (Err(error), Ok(expect)) => panic!("{error} instead of {expect}"),
            }
        };
        check(r#"{"time":"1970-01-01","series":"a#t","value":1e999,"unit":"℃"}"#, Ok("a#t 0 Number(inf) ℃"));
        check(r#"{"time":"1970-01-01","series":"a","value":"on\n"}"#, Ok("a 0 Word(\"on\\n\") -"));
        check(r#"{"time":"1970-01-01","series":"a","value":null,"unit":null}"#, Ok("a 0 Unknown "));
        check(r#"{"time":"1970-01-01","series":"a","value":[1]}"#, Err("`[1]` is no value"));
        check(r#"{"time":"x","series":"a","value":1}"#, Err("`x` is no time"));
        check(r#"{"time":"1970-01-01","series":"+","value":1}"#, Err("wildcard"));
        check(r#"{"series":"a","value":1}"#, Err("missing field `time`"));
        check("[", Err("a line is"));
        check("", Ok(""));
    }
}
