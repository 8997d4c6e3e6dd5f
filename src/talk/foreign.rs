//! What devices say that know nothing of Clown.Talk: any bytes at all, as MQTT carries them, to a [`Payload`] and back.
//!
//! Every payload has a text that [`Payload::parse`] would take and that stands on one line, so that pages, files and
//! clients need no second kind of value; the bytes that came in are kept beside it where they are others, and
//! [`Payload::wire`] gives back exactly those.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::Payload;
use super::model::{Reading, Value};
use super::payload::{BLANKS, read};

/// Why the bytes on the wire are others than the text, and which they are.
pub(super) enum Foreign {
    /// Text without anything to escape: it stands between the quotes.
    Quoted,
    /// JSON in another layout.
    Json(Box<[u8]>),
    /// Nothing, text with something to escape, or no text.
    Bytes(Box<[u8]>),
}

impl Payload {
    /// What a foreign device said, whatever it is: JSON stays JSON, digit for digit; other text is shown as a JSON
    /// string; nothing at all as `null`; other bytes as `{"$base64": "…"}`. Line ends between the parts of a value
    /// are shown as blanks, a text with NUL as bytes. Never fails. [`Payload::wire`] gives back exactly the bytes.
    pub fn from_wire(bytes: &[u8]) -> Self {
        if bytes.is_empty() {
            return Self::with("null".into(), vec![bare(Value::Null)], Some(Foreign::Bytes([].into())));
        }
        match std::str::from_utf8(bytes) {
            Ok(text) if !bytes.contains(&0) => json(text).unwrap_or_else(|| plain_text(text)),
            _ => binary(bytes),
        }
    }

    /// The bytes to publish: those that came in; for JSON payloads the text.
    pub fn wire(&self) -> &[u8] {
        let text = self.as_str().as_bytes();
        match self.foreign() {
            None => text,
            Some(Foreign::Quoted) => text.get(1..text.len() - 1).unwrap_or_default(),
            Some(Foreign::Json(bytes) | Foreign::Bytes(bytes)) => bytes,
        }
    }

    /// Whether the bytes are JSON; `false` for what [`Payload::from_wire`] had to put into words.
    pub fn is_json(&self) -> bool {
        matches!(self.foreign(), None | Some(Foreign::Json(_)))
    }

    /// The bytes of memory it takes at most, near enough: text, readings and what came in.
    pub(crate) fn held(&self) -> usize {
        let apart = match self.foreign() {
            None | Some(Foreign::Quoted) => 0,
            Some(Foreign::Json(bytes) | Foreign::Bytes(bytes)) => bytes.len(),
        };
        2 * self.as_str().len() + apart
    }
}

/// JSON; `None` for what two readers could understand differently as much as for what is none.
fn json(bytes: &str) -> Option<Payload> {
    let text = bytes.trim_matches(BLANKS);
    let readings = read(text).ok()?;
    if text.contains(['\n', '\r']) {
        // Only between the parts of a value: a string with a line end in it is no JSON.
        let line = text.replace(['\n', '\r'], " ");
        let readings = read(&line).ok()?;
        return Some(Payload::with(line.into(), readings, Some(Foreign::Json(bytes.as_bytes().into()))));
    }
    let foreign = (text.len() < bytes.len()).then(|| Foreign::Json(bytes.as_bytes().into()));
    Some(Payload::with(text.into(), readings, foreign))
}

fn plain_text(text: &str) -> Payload {
    let shown = serde_json::Value::from(text).to_string();
    let is_verbatim = shown.len() == text.len() + 2;
    let foreign = if is_verbatim { Foreign::Quoted } else { Foreign::Bytes(text.as_bytes().into()) };
    Payload::with(shown.into(), vec![bare(Value::Text(text.into()))], Some(foreign))
}

fn binary(bytes: &[u8]) -> Payload {
    let shown = format!("{{\"$base64\": \"{}\"}}", BASE64_STANDARD.encode(bytes));
    Payload::with(shown.into(), Vec::new(), Some(Foreign::Bytes(bytes.into())))
}

fn bare(value: Value) -> Reading {
    Reading { key: "".into(), value, unit: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `bytes` are shown as, whether they are JSON, and what they say.
    fn check(bytes: &[u8], text: &str, is_json: bool, readings: &[&str]) {
        let payload = Payload::from_wire(bytes);
        assert_eq!(payload.as_str(), text);
        assert_eq!(payload.wire(), bytes, "{text}");
        assert_eq!(payload.is_json(), is_json, "{text}");
        let said: Vec<String> = payload.readings().iter().map(|r| format!("{}={}", r.key, r.value)).collect();
        assert_eq!(said, readings, "{text}");
        assert!(Payload::parse(text).is_ok(), "{text} is no payload of its own");
        assert!(!text.contains(['\n', '\r', '\0']), "{text:?} is more than a line");
    }

    #[test]
    fn json_stays_as_it_was_written() {
        check(b"21.5", "21.5", true, &["=21.5"]);
        check(b"24.50", "24.50", true, &["=24.50"]);
        check(b"1e3", "1e3", true, &["=1e3"]);
        check(b"true", "true", true, &["=true"]);
        check(b"null", "null", true, &["=null"]);
        check(b"\"ON\"", "\"ON\"", true, &["=ON"]);
        check(br#"{"a": 1.0, "b": "\u2103"}"#, r#"{"a": 1.0, "b": "\u2103"}"#, true, &["a=1.0", "b=℃"]);
        check(b" 21.5\r\n", "21.5", true, &["=21.5"]);
        check(b"{\n  \"a\": [1,\r\n2, 3]\n}\n", "{   \"a\": [1,  2, 3] }", true, &["a=[1,  2, 3]"]);
    }

    #[test]
    fn text_becomes_a_string_and_one_reading() {
        check(b"ON", "\"ON\"", false, &["=ON"]);
        check("21,5 °C".as_bytes(), "\"21,5 °C\"", false, &["=21,5 °C"]);
        check(b"21.5 ", "21.5", true, &["=21.5"]);
        check(b"021.5", "\"021.5\"", false, &["=021.5"]);
        check(b"  ", "\"  \"", false, &["=  "]);
        check(b"\n", "\"\\n\"", false, &["=\n"]);
        check(b"NaN", "\"NaN\"", false, &["=NaN"]);
        check(b"say \"hi\"\t\\", r#""say \"hi\"\t\\""#, false, &["=say \"hi\"\t\\"]);
        check(b"\"a\nb\"", r#""\"a\nb\"""#, false, &["=\"a\nb\""]);
        check("\u{feff}{}".as_bytes(), "\"\u{feff}{}\"", false, &["=\u{feff}{}"]);
        check(b"\x1b[0m", "\"\\u001b[0m\"", false, &["=\x1b[0m"]);
    }

    #[test]
    fn json_that_could_be_misread_is_text() {
        check(br#"{"a":1,"a":2}"#, r#""{\"a\":1,\"a\":2}""#, false, &[r#"={"a":1,"a":2}"#]);
        check(b"1e400", "\"1e400\"", false, &["=1e400"]);
        check(br#""\u0000""#, r#""\"\\u0000\"""#, false, &[r#"="\u0000""#]);
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        check(deep.as_bytes(), &format!("\"{deep}\""), false, &[&format!("={deep}")]);
    }

    #[test]
    fn nothing_and_bytes_have_their_words() {
        check(b"", "null", false, &["=null"]);
        check(b"\xff\xfe", r#"{"$base64": "//4="}"#, false, &[]);
        check(b"21.5\0", r#"{"$base64": "MjEuNQA="}"#, false, &[]);
        check(b"\0", r#"{"$base64": "AA=="}"#, false, &[]);
        check("ab\u{0}c".as_bytes(), r#"{"$base64": "YWIAYw=="}"#, false, &[]);
        check(b"caf\xe9", r#"{"$base64": "Y2Fm6Q=="}"#, false, &[]);
    }

    #[test]
    fn a_mebibyte_of_anything_comes_out_as_it_went_in() {
        for bytes in [vec![b'x'; 1 << 20], vec![0xff; 1 << 20], vec![b'"'; 1 << 20], vec![b'1'; 1 << 20]] {
            let payload = Payload::from_wire(&bytes);
            assert_eq!(payload.wire(), bytes);
            assert!(!payload.is_json());
            assert!(payload.held() <= 6 << 20, "{}", payload.held());
        }
        let json = format!("{{\"text\": \"{}\"}}", "x".repeat(1 << 20));
        assert_eq!(Payload::from_wire(json.as_bytes()).as_str(), json);
    }

    #[test]
    fn a_payload_costs_one_pointer_more_for_it() {
        let inner = size_of::<Box<str>>() + size_of::<std::sync::OnceLock<Vec<Reading>>>();
        assert_eq!(super::super::payload::SIZE, inner + size_of::<usize>());
    }
}
