//! One Clown.Talk message: `[topic, payload]`, optionally with an object of options as third element.
//!
//! Source: "Clown.Talk & Clown.Model". bc-bridge rejects a third element, so none is ever sent to a device; from a
//! client it carries an `id`, from the hub it carries facts about a value, such as its age.

use std::fmt;

use serde::Deserializer as _;
use serde::de::{self, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::payload::{Key, explain};
use super::{Malformed, Payload, Topic};

/// A topic and what is said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Relative to a base topic on a line or endpoint, complete inside the hub.
    pub topic: Topic,
    /// The value, byte for byte.
    pub payload: Payload,
    /// The third element, always a JSON object.
    pub options: Option<Payload>,
}

const SHAPE: &str = "send [\"topic\", {…}], for example [\"relay/i2c0-3b/set\", {\"state\": true}]";

impl Message {
    /// A message without options.
    pub fn new(topic: Topic, payload: Payload) -> Self {
        Self { topic, payload, options: None }
    }

    /// Reads one message from one line; surrounding blanks and the line's end do not matter.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let text = text.trim_matches([' ', '\t', '\r', '\n']);
        match text.as_bytes().first() {
            None => return Err(Malformed::new("empty", "the message is empty", SHAPE)),
            Some(b'[') => {}
            Some(_) => {
                return Err(Malformed::new("not-an-array", "the message does not begin with `[`", SHAPE));
            }
        }
        if let Some(message) = plain(text) {
            return Ok(message);
        }
        let mut json = serde_json::Deserializer::from_str(text);
        let parts = json.deserialize_seq(Parts).map_err(|error| wrong_shape(&error))?;
        if json.end().is_err() {
            return Err(Malformed::new(
                "trailing",
                "something follows the closing `]`",
                "send one message per line",
            ));
        }
        parts.into_message()
    }

    /// `["topic", payload]`, with the options if there are any, without a line end.
    pub fn to_text(&self) -> String {
        let options = self.options.as_ref().map_or(0, |options| options.as_str().len() + 2);
        let mut text =
            String::with_capacity(self.topic.as_str().len() + self.payload.as_str().len() + options + 8);
        write_text(&mut text, self.topic.as_str(), self.payload.as_str(), self.options.as_ref());
        text
    }
}

/// The usual `["topic", payload]` in one pass; `None` leaves everything else, faults above all, to the full reading.
fn plain(text: &str) -> Option<Message> {
    let rest = text.strip_prefix("[\"")?;
    let end = memchr::memchr2(b'"', b'\\', rest.as_bytes())?;
    let after = rest[end..].strip_prefix('"')?.trim_start_matches([' ', '\t']).strip_prefix(',')?;
    let payload = Payload::parse(after.strip_suffix(']')?).ok()?;
    Some(Message::new(Topic::new(&rest[..end]).ok()?, payload))
}

/// Appends `["topic", payload]` to `text`; for views that show a topic without its base.
pub(crate) fn write_text(text: &mut String, topic: &str, payload: &str, options: Option<&Payload>) {
    text.push('[');
    push_string(text, topic);
    text.push_str(", ");
    text.push_str(payload);
    if let Some(options) = options {
        text.push_str(", ");
        text.push_str(options.as_str());
    }
    text.push(']');
}

/// A topic holds no control characters, so quote and backslash are all there is to escape.
fn push_string(text: &mut String, topic: &str) {
    text.push('"');
    if topic.contains(['"', '\\']) {
        for c in topic.chars() {
            if matches!(c, '"' | '\\') {
                text.push('\\');
            }
            text.push(c);
        }
    } else {
        text.push_str(topic);
    }
    text.push('"');
}

const TOPIC_TYPE: &str = "the topic must be a string";

fn wrong_shape(error: &serde_json::Error) -> Malformed {
    let said = error.to_string();
    let said = said.split(" at line").next().unwrap_or_default().to_owned();
    let code = match said.as_str() {
        TOO_FEW => "too-few",
        TOO_MANY => "too-many",
        _ if said.contains(TOPIC_TYPE) => return Malformed::new("topic", TOPIC_TYPE, SHAPE),
        _ => return explain(error),
    };
    Malformed::new(code, said, SHAPE)
}

const TOO_FEW: &str = "the array has fewer than two elements";
const TOO_MANY: &str = "the array has more than three elements";

struct Parts;

struct Borrowed<'de> {
    topic: std::borrow::Cow<'de, str>,
    payload: &'de RawValue,
    options: Option<&'de RawValue>,
}

impl Borrowed<'_> {
    fn into_message(self) -> Result<Message, Malformed> {
        let topic = Topic::new(&self.topic).map_err(|error| {
            Malformed::new("topic", error.to_string(), "use levels like relay/i2c0-3b/set")
        })?;
        let payload = Payload::parse(self.payload.get())?;
        let options = match self.options {
            None => None,
            Some(raw) if raw.get().starts_with('{') => Some(Payload::parse(raw.get())?),
            Some(_) => {
                let reason = "the third element is not an object";
                return Err(Malformed::new("options", reason, "leave it out or send {\"id\": …}"));
            }
        };
        Ok(Message { topic, payload, options })
    }
}

impl<'de> Visitor<'de> for Parts {
    type Value = Borrowed<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(TOPIC_TYPE)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Borrowed<'de>, A::Error> {
        let topic = match items.next_element::<Key<'de>>() {
            Ok(Some(Key(topic))) => topic,
            Ok(None) => return Err(de::Error::custom(TOO_FEW)),
            Err(error) if error.to_string().starts_with("invalid type") => {
                return Err(de::Error::custom(TOPIC_TYPE));
            }
            Err(error) => return Err(error),
        };
        let payload = items.next_element::<&'de RawValue>()?.ok_or_else(|| de::Error::custom(TOO_FEW))?;
        let options = items.next_element::<&'de RawValue>()?;
        if options.is_some() && items.next_element::<de::IgnoredAny>()?.is_some() {
            return Err(de::Error::custom(TOO_MANY));
        }
        Ok(Borrowed { topic, payload, options })
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_comes_out_as_it_went_in() {
        for text in [
            r#"["thermometer/i2c0-48", {"temperature": [24.50, "\u2103"]}]"#,
            r#"["relay/i2c0-3b/set", {"state": true}, {"id": "c1"}]"#,
            r#"["836d1983718a/thermometer/0:0/temperature", 22.25]"#,
            r#"["/info/get", null]"#,
            r#"["a\"b\\c", {}]"#,
        ] {
            assert_eq!(Message::parse(text).expect(text).to_text(), text);
        }
    }

    #[test]
    fn ends_of_line_and_blanks_do_not_matter() {
        let plain = Message::parse(r#"["a", {}]"#).expect("plain");
        for text in ["[\"a\", {}]\n", "[\"a\", {}]\r\n", "  [\"a\",{}]\t", "[ \"a\" , {} ]"] {
            assert_eq!(Message::parse(text).expect(text), plain);
        }
    }

    #[test]
    fn every_fault_is_named() {
        let check = |text: &str, code: &str| match Message::parse(text) {
            Ok(message) => panic!("accepted {message}"),
            Err(malformed) => assert_eq!(malformed.code, code, "{text:.60} → {malformed}"),
        };
        check("", "empty");
        check(" \n", "empty");
        check("hello", "not-an-array");
        check("null", "not-an-array");
        check("{\"topic\": 1}", "not-an-array");
        check("\u{feff}[\"a\", {}]", "not-an-array");
        check("[", "not-json");
        check(&"[".repeat(100_000), "topic");
        check("[\"a", "not-json");
        check("[\"a\", {},]", "not-json");
        check("['a', {}]", "not-json");
        check("[\"a\", {}] // x", "trailing");
        check("[\"a\", True]", "not-json");
        check("[]", "too-few");
        check("[\"a\"]", "too-few");
        check("[\"a\", {}, {}, {}]", "too-many");
        check("[\"a\", {}, 1]", "options");
        check("[{}, \"a\"]", "topic");
        check("[1, {}]", "topic");
        check("[null, {}]", "topic");
        check("[[\"a\", {}], [\"b\", {}]]", "topic");
        check("[\"a\", {}][\"b\", {}]", "trailing");
        check("[\"a\", {}]\0", "trailing");
        check("[\"\", {}]", "topic");
        check("[\"relay/+/set\", {}]", "topic");
        check("[\"a\\nb\", {}]", "topic");
        check("[\"a\\u0000\", {}]", "topic");
        check("[\"\\ud800\", {}]", "encoding");
        check("[\"a\", {\"state\":true,\"state\":false}]", "duplicate-key");
        check("[\"a\", NaN]", "not-json");
        check("[\"lux-meter/i2c0-44\", {\"illuminance\": [600.1, \"lux\"}", "not-json");
    }
}
