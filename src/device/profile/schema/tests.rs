//! The table of fields against the reader of files, and every built-in file against the schema.

use std::path::Path;

use super::*;
use crate::device::{builtin, profile::file};

/// Every table of the file with a key that none has: the reader then names all keys it asks for.
const STRANGERS: &[(&str, &str)] = &[
    ("definition", "stranger = 1"),
    ("match", "[match]\nstranger = 1"),
    ("unfold", "[[unfold]]\nstranger = 1"),
    ("property", "[[property]]\nstranger = 1"),
    ("read", "[[property]]\nread = { stranger = 1 }"),
    ("write", "[[property]]\nwrite = { stranger = 1 }"),
    ("send", "[[property]]\nask = { stranger = 1 }"),
    ("send", "[[property]]\nwrite = { timed = { stranger = 1 } }"),
    ("send", "[[property]]\nwrite = { confirm = { stranger = 1 } }"),
    ("availability", "[[availability]]\nstranger = 1"),
    ("quirk", "[[quirk]]\nstranger = 1"),
    ("example", "[[example]]\nstranger = 1"),
    ("sent", "[[example]]\nsends = { stranger = 1 }"),
    ("refused_by", "[[property]]\nwrite = { refused_by = { stranger = 1 } }"),
    ("refused", "[[example]]\nrefused = { stranger = 1 }"),
    ("serial", "[serial]\nstranger = 1"),
    ("answer", "[serial]\nanswer = { stranger = 1 }"),
    ("frame-lines", "[frame]\nkind = \"lines\"\nstranger = 1"),
    ("frame-lines", "[frame]\nkind = \"talk\"\nstranger = 1"),
    (
        "checksum-line",
        "[frame]\nkind = \"lines\"\nchecksum = { kind = \"crc8\", mark = \"*\", stranger = 1 }",
    ),
    ("frame-block", "[frame]\nkind = \"block\"\nstranger = 1"),
    ("block-lines", "[frame]\nkind = \"block\"\nlines = { stranger = 1 }"),
    ("checksum-block", "[frame]\nkind = \"block\"\nchecksum = { kind = \"crc8\", stranger = 1 }"),
    ("frame-sml", "[frame]\nkind = \"sml\"\nstranger = 1"),
    ("frame-firmata", "[frame]\nkind = \"firmata\"\nstranger = 1"),
    ("modbus", "[modbus]\nstranger = 1"),
    ("register", "[modbus]\nregisters = [{ stranger = 1 }]"),
    ("frame-binary", "[frame]\nkind = \"binary\"\nstranger = 1"),
    ("length", "[frame]\nkind = \"binary\"\nlength = { type = \"u8\", stranger = 1 }"),
    ("checksum-binary", "[frame]\nkind = \"binary\"\nchecksum = { kind = \"crc8\", stranger = 1 }"),
    ("checksum-sent", "[serial]\nask = { hex = \"FF\", checksum = { kind = \"crc8\", stranger = 1 } }"),
    ("escape", "[frame]\nkind = \"binary\"\nescape = { stranger = 1 }"),
    ("field", "[frame]\nkind = \"binary\"\nfields = [{ type = \"u8\", stranger = 1 }]"),
];

#[test]
fn the_table_has_every_key_that_the_reader_asks_for_and_no_other() {
    for (name, text) in STRANGERS {
        let problems = file::read("test", Path::new("test.toml"), (*text).to_owned()).expect_err(text).0;
        let unknown = problems.iter().find(|problem| problem.key.ends_with("stranger")).expect(text);
        let mut asked: Vec<&str> = unknown.allowed.split(", ").collect();
        let table = tables().find(|table| table.name == *name).expect(name);
        let mut known: Vec<&str> = table.fields.iter().map(|field| field.key).collect();
        asked.sort_unstable();
        known.sort_unstable();
        assert_eq!(known, asked, "src/device/profile/schema, table {name}: left ours, right the reader's");
    }
    for table in tables() {
        assert!(STRANGERS.iter().any(|(name, _)| *name == table.name), "{} is not compared", table.name);
    }
}

#[test]
fn every_built_in_file_is_valid_by_the_schema() {
    let schema = schema();
    for (id, text) in builtin::files() {
        let document: toml_edit::Document<&str> = toml_edit::Document::parse(text.as_str()).expect(id);
        let mut wrong = Vec::new();
        check(&schema, &schema, &json_of(document.as_item()), id, &mut wrong);
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

#[test]
fn the_schema_finds_what_an_editor_should_underline() {
    let schema = schema();
    let check = |text: &str, told: &str| {
        let text = format!("name = \"X\"\nvendor = \"Y\"\n{text}");
        let document = toml_edit::Document::parse(text.as_str()).expect("TOML");
        let mut wrong = Vec::new();
        check(&schema, &schema, &json_of(document.as_item()), "", &mut wrong);
        assert!(wrong.iter().any(|one| one.contains(told)), "{told}: {wrong:?}");
    };
    check("", "property is missing");
    check("[[property]]\nid = \"relay/0\"\nunit = 5", "/property/0/unit");
    check("[[property]]\nid = \"relay/0\"\nkind = \"swich\"", "/property/0/kind");
    check("[[property]]\nid = \"relay/0\"\nraed = {}", "raed is unknown");
    check("[[property]]\nid = \"relay/0\"\nread = { topic = \"a/+\" }", "/property/0/read");
    check("[[property]]\nid = \"relay/0\"\ninterval = \"soon\"", "/property/0/interval");
    check("[[property]]\nid = \"relay/0\"\nwrite = { qos = 3 }", "/property/0/write");
    check("[[property]]\nid = \"relay/0\"\n[[example]]\npayload = \"\"", "source is missing");
}

fn json_of(item: &toml_edit::Item) -> Value {
    use toml_edit::Value as Toml;
    if let Some(table) = item.as_table_like() {
        return Value::Object(table.iter().map(|(key, item)| (key.to_owned(), json_of(item))).collect());
    }
    if let Some(list) = item.as_array_of_tables() {
        let tables = list.iter().map(|table| json_of(&toml_edit::Item::Table(table.clone())));
        return Value::Array(tables.collect());
    }
    match item.as_value() {
        Some(Toml::String(text)) => text.value().as_str().into(),
        Some(Toml::Integer(number)) => (*number.value()).into(),
        Some(Toml::Float(number)) => (*number.value()).into(),
        Some(Toml::Boolean(truth)) => (*truth.value()).into(),
        Some(Toml::Array(list)) => {
            Value::Array(list.iter().map(|value| json_of(&toml_edit::Item::Value(value.clone()))).collect())
        }
        Some(Toml::Datetime(_) | Toml::InlineTable(_)) | None => Value::Null,
    }
}

/// As much of JSON Schema as ours uses; a word that is not here fails the test.
fn check(root: &Value, schema: &Value, value: &Value, at: &str, wrong: &mut Vec<String>) {
    for (word, rule) in schema.as_object().expect("a schema") {
        let list = || rule.as_array().expect("a list").iter();
        match word.as_str() {
            "$schema" | "title" | "description" | "examples" | "$defs" | "properties" => {}
            "$ref" => {
                let pointer = rule.as_str().and_then(|text| text.strip_prefix('#')).expect("a local one");
                let target = root.pointer(pointer).unwrap_or_else(|| panic!("{pointer} is not there"));
                check(root, target, value, at, wrong);
            }
            "allOf" => list().for_each(|rule| check(root, rule, value, at, wrong)),
            "anyOf" => {
                let fits = |rule: &Value| {
                    let mut wrong = Vec::new();
                    check(root, rule, value, at, &mut wrong);
                    wrong.is_empty()
                };
                if !list().any(fits) {
                    wrong.push(format!("{at}: {value} is none of {rule}"));
                }
            }
            "required" => {
                let missing = list().filter_map(Value::as_str).filter(|name| value.get(name).is_none());
                wrong.extend(missing.map(|name| format!("{at}: {name} is missing")));
            }
            "items" => {
                for (number, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, rule, item, &format!("{at}/{number}"), wrong);
                }
            }
            "additionalProperties" => {
                for (key, member) in value.as_object().into_iter().flatten() {
                    let own = schema.get("properties").and_then(|own| own.get(key));
                    match own.or(rule.is_object().then_some(rule)) {
                        Some(rule) => check(root, rule, member, &format!("{at}/{key}"), wrong),
                        None => wrong.push(format!("{at}: {key} is unknown")),
                    }
                }
            }
            word if !simple(word, rule, value) => wrong.push(format!("{at}: {value} is not {word} {rule}")),
            _ => {}
        }
    }
}

/// Words that look at one value alone.
fn simple(word: &str, rule: &Value, value: &Value) -> bool {
    let is = |name: &Value| match name.as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("number") => value.is_number(),
        Some("integer") => value.is_i64(),
        Some("boolean") => value.is_boolean(),
        other => panic!("the type {other:?}"),
    };
    let (length, number) = (value.as_array().map(Vec::len), (value.as_f64(), rule.as_f64()));
    match word {
        "type" => rule.as_array().map_or_else(|| is(rule), |names| names.iter().any(is)),
        "enum" => rule.as_array().is_some_and(|words| words.contains(value)),
        "pattern" => {
            let regex = regex::Regex::new(rule.as_str().expect("a text")).expect("a pattern");
            value.as_str().is_none_or(|text| regex.is_match(text))
        }
        "minLength" => value.as_str() != Some(""),
        "minItems" | "maxItems" => length.is_none_or(|length| *rule == json!(length)),
        "minimum" => number.0 >= number.1,
        "maximum" => number.0 <= number.1,
        "exclusiveMinimum" => number.0 > number.1,
        other => panic!("the word {other} of JSON Schema"),
    }
}
