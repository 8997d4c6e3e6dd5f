//! The options of an announcement under their long names, whatever their sender called them and wrote them as.

use serde_json::{Map, Value};

use super::abbreviation::long;
use crate::device::dialect::MOST_WORDS;
use crate::talk::Topic;

/// The longest text that is taken from an announcement where people read it, in characters.
const LONGEST: usize = 160;

/// Options by their long names.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Options(Map<String, Value>);

impl Options {
    /// Of a JSON object; where an option has both its names, the long one counts.
    pub fn new(object: Map<String, Value>) -> Self {
        let mut options = Map::new();
        for (name, value) in object {
            let known = long(&name);
            if known == name {
                options.insert(name, value);
            } else {
                options.entry(known).or_insert(value);
            }
        }
        Self(options)
    }

    /// Of a member that is an object.
    pub fn object(&self, key: &str) -> Option<Self> {
        self.0.get(key).and_then(Value::as_object).cloned().map(Self::new)
    }

    /// The members of an object, each an object of its own; others are left out.
    pub fn objects(&self, key: &str) -> impl Iterator<Item = (&str, Self)> {
        let members = self.0.get(key).and_then(Value::as_object).into_iter().flatten();
        members.filter_map(|(name, value)| Some((name.as_str(), Self::new(value.as_object()?.clone()))))
    }

    /// The names of members that should be objects and are none.
    pub fn others(&self, key: &str) -> impl Iterator<Item = &str> {
        let members = self.0.get(key).and_then(Value::as_object).into_iter().flatten();
        members.filter(|(_, value)| !value.is_object()).map(|(name, _)| name.as_str())
    }

    /// The objects of a list, or one object alone.
    pub fn each(&self, key: &str) -> Vec<Self> {
        let one = |value: &Value| value.as_object().cloned().map(Self::new);
        match self.value(key) {
            Some(Value::Array(items)) => items.iter().take(MOST_WORDS).filter_map(one).collect(),
            Some(value) => one(value).into_iter().collect(),
            None => Vec::new(),
        }
    }

    /// Below other options, whose base it shares.
    pub fn below(mut self, above: &Self) -> Self {
        self.inherit(above, &["~"]);
        self
    }

    /// Whether it is there and not `null`.
    pub fn has(&self, key: &str) -> bool {
        self.value(key).is_some()
    }

    /// Whether it is there and says that there is none.
    pub fn is_null(&self, key: &str) -> bool {
        self.0.get(key).is_some_and(Value::is_null)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The value, if it is there and not `null`.
    pub fn value(&self, key: &str) -> Option<&Value> {
        self.0.get(key).filter(|value| !value.is_null())
    }

    /// What is shared by all parts of a device, where a part says nothing else.
    pub fn inherit(&mut self, from: &Self, keys: &[&str]) {
        for key in keys {
            if let Some(value) = from.0.get(*key) {
                self.0.entry(*key).or_insert_with(|| value.clone());
            }
        }
    }

    /// A text, number or truth as text; nothing if it is empty.
    pub fn text(&self, key: &str) -> Option<String> {
        self.value(key).and_then(text).filter(|text| !text.trim().is_empty())
    }

    /// A text for people, cut where it is too long to be one.
    pub fn shown(&self, key: &str) -> Option<String> {
        let text = self.text(key)?;
        let shown: String = text.trim().chars().filter(|c| !c.is_control()).take(LONGEST).collect();
        (!shown.is_empty()).then_some(shown)
    }

    /// A word on the wire, or the usual one.
    pub fn word(&self, key: &str, usual: &str) -> String {
        self.value(key).and_then(text).unwrap_or_else(|| usual.to_owned())
    }

    /// A number, also one in quotes.
    pub fn number(&self, key: &str) -> Option<f64> {
        let text = self.text(key)?;
        text.trim().parse::<f64>().ok().filter(|number| number.is_finite())
    }

    /// A truth, also one in quotes.
    pub fn is(&self, key: &str) -> Option<bool> {
        match self.text(key)?.to_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Some(true),
            "false" | "no" | "off" | "0" => Some(false),
            _ => None,
        }
    }

    /// Texts of a list, or of one text alone.
    pub fn list(&self, key: &str) -> Vec<String> {
        match self.value(key) {
            Some(Value::Array(items)) => items.iter().take(MOST_WORDS).filter_map(text).collect(),
            Some(one) => text(one).into_iter().collect(),
            None => Vec::new(),
        }
    }

    /// A topic with its base filled in; an error if it cannot be one.
    pub fn topic(&self, key: &str) -> Result<Option<String>, String> {
        let Some(mut topic) = self.text(key) else { return Ok(None) };
        if let Some(base) = self.text("~") {
            if let Some(behind) = topic.strip_prefix('~') {
                topic = format!("{base}{behind}");
            } else if let Some(before) = topic.strip_suffix('~') {
                topic = format!("{before}{base}");
            }
        }
        let is_plain = !topic.contains(['{', '}', '+', '#']);
        match Topic::new(&topic) {
            Ok(_) if is_plain => Ok(Some(topic)),
            Ok(_) | Err(_) => Err(format!("its {key} is no topic: {topic:.80}")),
        }
    }
}

/// A scalar as text.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(json: &str) -> Options {
        let Ok(Value::Object(object)) = serde_json::from_str(json) else { panic!("{json}") };
        Options::new(object)
    }

    #[test]
    fn options_are_known_by_both_names_and_in_many_shapes() {
        let known = options(
            r#"{"stat_t": "~/s", "~": "a/b", "min": "1.5", "opt": "True", "ops": ["a", 2], "name": null}"#,
        );
        assert_eq!(known.topic("state_topic"), Ok(Some("a/b/s".into())));
        assert_eq!((known.number("min"), known.is("optimistic")), (Some(1.5), Some(true)));
        assert_eq!(known.list("options"), ["a", "2"]);
        assert!(!known.has("name"));
        let both = options(r#"{"stat_t": "short", "state_topic": "long"}"#);
        assert_eq!(both.topic("state_topic"), Ok(Some("long".into())));
        let end = options(r#"{"cmd_t": "set/~", "~": "x"}"#);
        assert_eq!(end.topic("command_topic"), Ok(Some("set/x".into())));
    }

    #[test]
    fn what_is_no_topic_is_told() {
        for topic in ["a/#", "+/a", "a/{id}", "a/\\u0000b"] {
            let known = options(&format!(r#"{{"t": "{topic}"}}"#));
            assert!(known.topic("topic").is_err(), "{topic}");
        }
        assert_eq!(options(r#"{"t": ""}"#).topic("topic"), Ok(None));
        assert_eq!(options(r#"{"t": ["a"]}"#).topic("topic"), Ok(None));
    }
}
