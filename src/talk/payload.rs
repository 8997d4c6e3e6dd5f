//! Payloads: JSON text, kept byte for byte and checked once.
//!
//! [`Payload::parse`] walks the text a single time and takes its readings along. It refuses what two readers could
//! understand differently (a key that stands twice, half a surrogate pair, a number no program can hold) or what could
//! exhaust a reader (nesting beyond 127). The text itself stays the truth: nothing is ever rebuilt from the readings.
//! What a device says that knows no JSON becomes a payload in [`super::foreign`].

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, OnceLock};

use serde::Deserializer as _;
use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};

use super::Malformed;
use super::foreign::Foreign;
use super::model::{self, Reading};

/// One JSON value as text, exactly as it was written; cheap to clone.
#[derive(Clone)]
pub struct Payload(Arc<Inner>);

struct Inner {
    text: Box<str>,
    readings: OnceLock<Vec<Reading>>,
    /// Only where other bytes than the text came in.
    foreign: Option<Box<Foreign>>,
}

impl Payload {
    /// Checks one JSON value; surrounding blanks are not kept.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let text = text.trim_matches(BLANKS);
        let readings = read(text)?;
        Ok(Self::with(text.into(), readings, None))
    }

    /// A text whose readings are known, with the bytes that came in if those were others.
    pub(super) fn with(text: Box<str>, readings: Vec<Reading>, foreign: Option<Foreign>) -> Self {
        Self(Arc::new(Inner { text, readings: readings.into(), foreign: foreign.map(Box::new) }))
    }

    /// `{}`: nothing more to say.
    pub fn empty() -> Self {
        Self::own("{}".into())
    }

    /// A payload of the hub's own making.
    pub fn of(value: &(impl serde::Serialize + ?Sized)) -> Self {
        // Our own event structs have string keys only, the one thing that could fail.
        Self::own(serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned()).into())
    }

    fn own(text: Box<str>) -> Self {
        Self(Arc::new(Inner { text, readings: OnceLock::new(), foreign: None }))
    }

    /// The JSON text.
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// What was made of bytes that are no plain JSON text.
    pub(super) fn foreign(&self) -> Option<&Foreign> {
        self.0.foreign.as_deref()
    }

    /// What it says, in its own order, at most [`model::MAX_READINGS`]; a bare value is one reading with an empty key.
    pub fn readings(&self) -> &[Reading] {
        // Only what the hub made itself was not read when it came in.
        self.0.readings.get_or_init(|| {
            Self::parse(self.as_str()).map(|read| read.readings().to_vec()).unwrap_or_default()
        })
    }

    /// Whether the value is a JSON object, the only payload of Clown.Talk's first generation.
    pub fn is_object(&self) -> bool {
        self.0.text.starts_with('{')
    }

    /// A typed look at the text; `None` if it has another shape.
    pub fn get<'a, T: serde::Deserialize<'a>>(&'a self) -> Option<T> {
        serde_json::from_str(self.as_str()).ok()
    }
}

/// Two payloads are equal when their texts are.
impl PartialEq for Payload {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Payload {}

impl fmt::Display for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What may surround a JSON value.
pub(super) const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];

/// Checks one JSON value without blanks around it, and takes its readings.
pub(super) fn read(text: &str) -> Result<Vec<Reading>, Malformed> {
    let mut json = serde_json::Deserializer::from_str(text);
    let readings = if text.starts_with('{') {
        json.deserialize_map(model::Readings)
    } else {
        json.deserialize_any(Check).map(|()| model::bare(text))
    };
    let readings = readings.and_then(|readings| json.end().map(|()| readings));
    readings.map_err(|error| explain(&error))
}

pub(super) const DUPLICATE: &str = "the key stands twice: ";
pub(super) const NUL: &str = "a text holds NUL";

/// Turns the parser's word into ours.
pub(super) fn explain(error: &serde_json::Error) -> Malformed {
    let said = error.to_string();
    let at = format!("{} at column {}", said.split(" at line").next().unwrap_or(&said), error.column());
    if said.starts_with(DUPLICATE) {
        return Malformed::new("duplicate-key", at, "write each key once");
    }
    if said.starts_with(NUL) {
        return Malformed::new("nul", at, "leave NUL characters out");
    }
    if said.starts_with("recursion limit") {
        return Malformed::new("too-deep", "the value is nested deeper than 127 levels", "nest less deeply");
    }
    if said.starts_with("number out of range") {
        return Malformed::new("number", at, "send a number that fits a 64-bit float");
    }
    if said.contains("surrogate") || said.contains("hex escape") {
        return Malformed::new(
            "encoding",
            at,
            "write both halves of the surrogate pair or the character itself",
        );
    }
    Malformed::new("not-json", at, "send strict JSON, for example [\"relay/i2c0-3b/set\", {\"state\": true}]")
}

/// Walks a value and builds nothing.
pub(super) struct Check;

impl<'de> DeserializeSeed<'de> for Check {
    type Value = ();
    fn deserialize<D: de::Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Check {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }
    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }
    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }
    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<(), E> {
        if text.contains('\0') { Err(E::custom(NUL)) } else { Ok(()) }
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(Check)?.is_some() {}
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let mut seen = Seen::default();
        while let Some(Key(key)) = entries.next_key()? {
            if key.contains('\0') {
                return Err(de::Error::custom(NUL));
            }
            if !seen.insert(key.clone()) {
                return Err(de::Error::custom(format_args!("{DUPLICATE}{key:?}")));
            }
            entries.next_value_seed(Check)?;
        }
        Ok(())
    }
}

/// An object key, borrowed from the text unless it holds escapes.
pub(super) struct Key<'de>(pub Cow<'de, str>);

impl<'de> serde::Deserialize<'de> for Key<'de> {
    fn deserialize<D: de::Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Key<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }
        json.deserialize_str(Text)
    }
}

/// The keys of one object: a list while short, a set when long, so that 10,000 keys cost no square.
#[derive(Default)]
pub(super) struct Seen<'de> {
    few: Vec<Cow<'de, str>>,
    many: HashSet<Cow<'de, str>>,
}

impl<'de> Seen<'de> {
    /// `false` if the key was there before.
    pub(super) fn insert(&mut self, key: Cow<'de, str>) -> bool {
        const FEW: usize = 16;
        if !self.many.is_empty() {
            return self.many.insert(key);
        }
        if self.few.contains(&key) {
            return false;
        }
        self.few.push(key);
        if self.few.len() > FEW {
            self.many = self.few.drain(..).collect();
        }
        true
    }
}

/// What one payload takes beside its text.
#[cfg(test)]
pub(super) const SIZE: usize = size_of::<Inner>();

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_as_it_was_written() {
        for text in [
            r#"{"temperature": [24.50, "\u2103"]}"#,
            "1e3",
            "12345678901234567890",
            r#"{"b":1, "a":2}"#,
            "null",
        ] {
            assert_eq!(Payload::parse(text).expect(text).as_str(), text);
        }
        assert_eq!(Payload::parse(" {} \r\n").expect("blanks").as_str(), "{}");
    }

    #[test]
    fn what_could_be_misread_is_refused() {
        let check = |text: &str, code: &str| match Payload::parse(text) {
            Ok(_) => panic!("accepted {text:.60}"),
            Err(malformed) => assert_eq!(malformed.code, code, "{text:.60} {malformed}"),
        };
        check(r#"{"state":true,"state":false}"#, "duplicate-key");
        check(r#"{"state":true,"st\u0061te":false}"#, "duplicate-key");
        check(r#"{"a":{"b":1,"b":2}}"#, "duplicate-key");
        check(&format!("{{{}\"x\":1}}", r#""x":1,"#.repeat(5_000)), "duplicate-key");
        check(r#""\ud800""#, "encoding");
        check(r#""a\u0000""#, "nul");
        check("1e400", "number");
        check(&"9".repeat(10_000), "number");
        check(&format!("{}{}", "[".repeat(129), "]".repeat(129)), "too-deep");
        check(&"[".repeat(100_000), "too-deep");
        for text in [
            "",
            "{",
            "01",
            "+1",
            ".5",
            "5.",
            "0x1",
            "NaN",
            "Infinity",
            "{'a':1}",
            "{} x",
            "{a:1}",
            "[1,]",
            "True",
            "\u{feff}{}",
        ] {
            check(text, "not-json");
        }
    }

    #[test]
    fn deep_and_wide_values_within_limits_pass() {
        assert!(Payload::parse(&format!("{}{}", "[".repeat(127), "]".repeat(127))).is_ok());
        let wide: Vec<String> = (0..10_000).map(|n| format!("\"k{n}\":{n}")).collect();
        assert!(Payload::parse(&format!("{{{}}}", wide.join(","))).is_ok());
        for text in ["1e-400", "-0", "9007199254740993", "18446744073709551616"] {
            assert!(Payload::parse(text).is_ok(), "{text}");
        }
    }
}
