//! The values in JSON, each with the way that leads to it.

use serde_json::Value;
use serde_json::value::RawValue;

use super::naming;

/// The deepest value that is looked at.
const DEEPEST: usize = 6;
/// The most values of one message.
const MOST: usize = 200;
/// The most items of a list; longer ones are no properties.
const LONGEST: usize = 8;

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Leaf {
    /// The keys on the way, from the outside.
    pub keys: Vec<String>,
    /// The value as it was sent.
    pub json: String,
}

/// Every value of a payload; what is the time, a name or a long list goes to `left`.
pub(super) fn leaves(json: &str, left: &mut Vec<String>) -> Vec<Leaf> {
    let mut found = Vec::new();
    walk(json, &mut Vec::new(), &mut found, left);
    found
}

fn walk(json: &str, keys: &mut Vec<String>, found: &mut Vec<Leaf>, left: &mut Vec<String>) {
    if found.len() >= MOST || keys.len() > DEEPEST {
        return;
    }
    match json.as_bytes().first() {
        Some(b'{') => {
            let Ok(members) = serde_json::from_str::<Members<'_>>(json) else { return };
            for (key, value) in members.0 {
                if key.contains(['{', '}']) || key.chars().any(char::is_control) {
                    continue;
                }
                keys.push(key);
                let is_apart = keys.last().is_some_and(|key| naming::is_no_property(key, value.get()));
                match is_apart {
                    true => leave(pointer(keys), left),
                    false => walk(value.get(), keys, found, left),
                }
                keys.pop();
            }
        }
        Some(b'[') => {
            let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(json) else { return };
            if items.len() > LONGEST {
                let (way, length) = (pointer(keys), items.len());
                let way = format!("{way} (a list of {length}; value = \"{way}/0\" is its first)");
                return leave(way.trim_start().to_owned(), left);
            }
            for (at, value) in items.iter().enumerate() {
                keys.push(at.to_string());
                walk(value.get(), keys, found, left);
                keys.pop();
            }
        }
        _ => found.push(Leaf { keys: keys.clone(), json: json.to_owned() }),
    }
}

fn leave(way: String, left: &mut Vec<String>) {
    if !left.contains(&way) {
        left.push(way);
    }
}

/// The pointer that leads to a value.
pub(super) fn pointer(keys: &[String]) -> String {
    keys.iter().map(|key| format!("/{}", key.replace('~', "~0").replace('/', "~1"))).collect()
}

/// An object in its own order.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> serde::Deserialize<'de> for Members<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> serde::de::Visitor<'de> for Each {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(members)
            }
        }
        from.deserialize_map(Each).map(Members)
    }
}

/// Whether it is an object or a list.
pub(super) fn has_parts(json: &str) -> bool {
    matches!(serde_json::from_str(json), Ok(Value::Object(_) | Value::Array(_)))
}
