//! The dongle's line: what its parser takes, and how it writes.
//!
//! Source: hardwario/twr-gateway-radio-dongle, `src/usb_talk.c`. What it does not take it drops in silence.

use serde_json::Value;

/// Longest line it collects; a longer one is thrown away up to the newline.
pub const LONGEST: usize = 1_024;
/// Room for JSON tokens: every value and every key is one.
const TOKENS: usize = 100;
/// Longest text of a number.
const DIGITS: usize = 10;

/// What a line asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// As it was written.
    pub topic: String,
    /// Any JSON.
    pub payload: Value,
}

/// The request in a line without its newline, or why the dongle drops it.
pub fn parse(line: &[u8]) -> Result<Request, &'static str> {
    if line.len() > LONGEST {
        return Err("too long");
    }
    let text = std::str::from_utf8(line).map_err(|_| "not UTF-8")?;
    let value: Value = serde_json::from_str(text).map_err(|_| "not JSON")?;
    if tokens(&value) > TOKENS {
        return Err("too many tokens");
    }
    let Value::Array(mut elements) = value else { return Err("not an array") };
    let (Some(payload), Some(topic), None) = (elements.pop(), elements.pop(), elements.pop()) else {
        return Err("not two elements");
    };
    let Value::String(topic) = topic else { return Err("the topic is not a string") };
    Ok(Request { topic, payload })
}

fn tokens(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(tokens).sum::<usize>(),
        Value::Object(members) => 1 + members.values().map(|value| 1 + tokens(value)).sum::<usize>(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 1,
    }
}

/// `true`, and also `"true"`: the dongle looks at the word alone.
pub fn truth(payload: &Value) -> Option<bool> {
    match payload {
        Value::Bool(truth) => Some(*truth),
        Value::String(word) if word == "true" => Some(true),
        Value::String(word) if word == "false" => Some(false),
        Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A whole number of at most ten characters.
pub fn whole(payload: &Value) -> Option<i64> {
    payload.as_i64().filter(|number| number.to_string().len() <= DIGITS)
}

/// The id of a node: exactly twelve hexadecimal digits, which the dongle writes small.
pub fn id(payload: &Value) -> Option<String> {
    let text = payload.as_str().filter(|text| is_id(text))?;
    Some(text.to_ascii_lowercase())
}

/// Whether this is the id of a node, in either case.
pub fn is_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A line as the dongle writes it; `payload` is JSON.
pub fn line(topic: &str, payload: &str) -> String {
    format!("[\"{topic}\", {payload}]")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: Result<(&str, Value), &str>) {
        let found = parse(line.as_bytes());
        let expected = expected.map(|(topic, payload)| Request { topic: topic.to_owned(), payload });
        assert_eq!(found, expected, "{line}");
    }

    #[test]
    fn the_parser_takes_two_elements_and_a_topic_and_nothing_else() {
        check(r#"["/info/get", null]"#, Ok(("/info/get", Value::Null)));
        check(r#" [ "/nodes/add" , "836d1983718a" ]"#, Ok(("/nodes/add", "836d1983718a".into())));
        check(r#"["/info/get"]"#, Err("not two elements"));
        check(r#"["/info/get", null, null]"#, Err("not two elements"));
        check(r#"[1, null]"#, Err("the topic is not a string"));
        check(r#"{"/info/get": null}"#, Err("not an array"));
        check("", Err("not JSON"));
        check(&format!("[\"/info/get\", [{}]]", vec!["1"; 98].join(",")), Err("too many tokens"));
        check(&format!("[\"/info/get\", \"{}\"]", "x".repeat(LONGEST)), Err("too long"));
    }

    #[test]
    fn payloads_are_read_as_loosely_as_the_dongle_reads_them() {
        assert_eq!(truth(&Value::from("true")), Some(true));
        assert_eq!(truth(&Value::from(1)), None);
        assert_eq!(whole(&Value::from(12_345_678_901_i64)), None);
        assert_eq!(id(&Value::from("836D1983718A")).as_deref(), Some("836d1983718a"));
        assert_eq!(id(&Value::from("836d1983718")), None);
    }
}
