//! The fields of a definition file in one table, and the JSON Schema that editors complete and check by.
//!
//! The reader of the file does not use the table; a test holds both together. What only reading can tell – whether a
//! topic captures `{id}`, whether an example is true – is left to `clown-hub check`.

mod columns;
mod fields;
mod serial;

use serde_json::{Map, Value, json};

use crate::device::frame::checksum::SUMS;

/// Every table of a definition; the first is the file itself.
pub fn tables() -> impl Iterator<Item = &'static Table> {
    fields::FILE.iter().chain(serial::SERIAL)
}

/// One sort of table in the file.
pub struct Table {
    /// Its name in the schema.
    pub name: &'static str,
    /// What it is about.
    pub about: &'static str,
    /// What it may hold.
    pub fields: &'static [Field],
}

/// One key.
pub struct Field {
    /// The key.
    pub key: &'static str,
    /// Whether the table needs it.
    pub must: bool,
    /// What may stand there.
    pub form: Form,
    /// What it means, for who hovers over it.
    pub about: &'static str,
}

/// What may stand behind a key.
pub enum Form {
    /// A text that is not empty.
    Text,
    /// Any text.
    AnyText,
    /// A list of texts.
    Texts,
    /// A text or a list of texts.
    TextOrTexts,
    /// Bytes as pairs of hexadecimal digits.
    Hex,
    /// Bytes, or a list of them.
    HexOrHexes,
    /// A text that may be another way to say it than the examples of the schema.
    Suggested(fn() -> Vec<&'static str>, &'static str),
    /// One of these words.
    Words(&'static [&'static str]),
    /// True or false.
    Truth,
    /// Any number.
    Number,
    /// A number other than 0, or a fraction in quotes.
    Factor,
    /// A number above 0.
    Above0,
    /// A whole number.
    Whole(i64, i64),
    /// A whole number or a list of them.
    Wholes(i64, i64),
    /// A whole number, or this word.
    WholeOrWord(i64, i64, &'static str),
    /// A whole number, or a table of that name.
    WholeOr(i64, i64, &'static str),
    /// A time with its unit.
    Time,
    /// The number of a pin, or the name of an analog input.
    Pin,
    /// Two numbers.
    Range,
    /// A topic with captures.
    Topic,
    /// One topic or a list of them.
    Topics,
    /// A pointer into JSON.
    Pointer,
    /// A value without parts, or a list of them.
    Scalars,
    /// A table of values without parts, by any word.
    Map,
    /// A table of pointers and what stands there.
    When,
    /// A table of texts, by any word.
    Names,
    /// Tables of texts, by any word.
    Variants,
    /// Values of properties, by id.
    Values,
    /// One of these words, or tables of that name.
    WordOrSome(&'static [&'static str], &'static str),
    /// One of the words of checksums and these, or a table of that name.
    Checksum(&'static [&'static str], &'static str),
    /// A text, or a table of that name.
    TextOr(&'static str),
    /// One table, of any of these names.
    OneOf(&'static [&'static str]),
    /// A pointer into JSON, or several that are joined.
    Pointers,
    /// Bytes for bytes.
    Bytes,
    /// `[key]`
    One(&'static str),
    /// `[[key]]`
    Each(&'static str),
    /// One table of that name or a list of them.
    Some(&'static str),
}

/// The JSON Schema, draft 2020-12.
pub fn schema() -> Value {
    let mut definitions: Map<String, Value> =
        tables().map(|table| (table.name.to_owned(), object(table))).collect();
    let mut root = definitions.remove("definition").unwrap_or_default();
    if let Value::Object(root) = &mut root {
        root.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
        root.insert("title".into(), "Definition of a device for clown-hub".into());
        root.insert("$defs".into(), Value::Object(definitions));
    }
    root
}

fn object(table: &Table) -> Value {
    let properties: Map<String, Value> = table
        .fields
        .iter()
        .map(|field| {
            let mut value = form(&field.form);
            if let Value::Object(members) = &mut value {
                members.insert("description".into(), field.about.into());
            }
            (field.key.to_owned(), value)
        })
        .collect();
    let required: Vec<&str> = table.fields.iter().filter(|field| field.must).map(|field| field.key).collect();
    json!({
        "type": "object",
        "description": table.about,
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn form(form: &Form) -> Value {
    let scalar = || json!({ "type": ["boolean", "number", "string"] });
    let text = || json!({ "type": "string", "minLength": 1 });
    let table = |name: &str| json!({ "$ref": format!("#/$defs/{name}") });
    let list = |name: &str| json!({ "type": "array", "items": table(name) });
    let by_word = |of: Value| json!({ "type": "object", "additionalProperties": of });
    match form {
        Form::Text => text(),
        Form::AnyText => json!({ "type": "string" }),
        Form::Texts => json!({ "type": "array", "items": text() }),
        Form::TextOrTexts => one_or_more(text()),
        Form::Pin => json!({ "anyOf": [
            { "type": "integer", "minimum": 0, "maximum": 127 },
            { "type": "string", "pattern": "^A([0-9]|1[0-5])$" },
        ] }),
        Form::Hex => json!({ "type": "string", "pattern": HEX }),
        Form::HexOrHexes => one_or_more(json!({ "type": "string", "pattern": HEX })),
        Form::Bytes => by_word(json!({ "type": "string", "pattern": HEX })),
        Form::Suggested(words, end) => {
            let examples: Vec<String> = words().iter().map(|word| format!("{word}{end}")).collect();
            json!({ "type": "string", "minLength": 1, "examples": examples })
        }
        Form::Words(words) => json!({ "enum": words }),
        Form::Truth => json!({ "type": "boolean" }),
        Form::Number => json!({ "type": "number" }),
        Form::Factor => json!({ "anyOf": [{ "type": "number" }, { "type": "string", "pattern": FRACTION }] }),
        Form::Above0 => json!({ "type": "number", "exclusiveMinimum": 0 }),
        Form::Whole(least, most) => whole(*least, *most),
        Form::Wholes(least, most) => one_or_more(whole(*least, *most)),
        Form::WholeOrWord(least, most, word) => {
            json!({ "anyOf": [whole(*least, *most), { "enum": [word] }] })
        }
        Form::WholeOr(least, most, name) => json!({ "anyOf": [whole(*least, *most), table(name)] }),
        Form::Time => json!({ "type": "string", "pattern": "^[0-9]+ ?(ms|s|min|h|d)$" }),
        Form::Range => {
            json!({ "type": "array", "items": { "type": "number" }, "minItems": 2, "maxItems": 2 })
        }
        Form::Topic => json!({ "type": "string", "pattern": TOPIC }),
        Form::Topics => one_or_more(json!({ "type": "string", "pattern": TOPIC })),
        Form::Pointer => json!({ "type": "string", "pattern": POINTER }),
        Form::Pointers => one_or_more(json!({ "type": "string", "pattern": POINTER })),
        Form::Scalars => one_or_more(scalar()),
        Form::Map => by_word(scalar()),
        Form::When => by_word(one_or_more(scalar())),
        Form::Names => by_word(json!({ "type": "string" })),
        Form::Variants => by_word(by_word(json!({ "type": "string" }))),
        Form::Values => by_word(json!({ "type": ["boolean", "number", "string", "array", "object"] })),
        Form::WordOrSome(words, name) => json!({ "anyOf": [{ "enum": words }, table(name), list(name)] }),
        Form::Checksum(words, name) => {
            let words: Vec<&str> = SUMS.iter().map(|(word, _)| *word).chain(words.iter().copied()).collect();
            json!({ "anyOf": [{ "enum": words }, table(name)] })
        }
        Form::TextOr(name) => json!({ "anyOf": [text(), table(name)] }),
        Form::OneOf(names) => json!({ "anyOf": names.iter().map(|name| table(name)).collect::<Vec<_>>() }),
        Form::One(name) => json!({ "allOf": [table(name)] }),
        Form::Each(name) => list(name),
        Form::Some(name) => json!({ "anyOf": [table(name), list(name)] }),
    }
}

fn whole(least: i64, most: i64) -> Value {
    json!({ "type": "integer", "minimum": least, "maximum": most })
}

fn one_or_more(one: Value) -> Value {
    json!({ "anyOf": [one.clone(), { "type": "array", "items": one }] })
}

const FRACTION: &str = "^-?[0-9.]+ *(/ *-?[0-9.]+)?$";
const POINTER: &str = "^(/.*)?$";
const HEX: &str = "^\\s*([0-9A-Fa-f]{2}\\s*)+$";
/// Wildcards are captures here.
const TOPIC: &str = "^[^+#]+$";

#[cfg(test)]
mod tests;
