//! A value of another type than a key takes, under every key of every table: the message names the key, says what stands
//! there and what may stand there, and never that the key is missing.

use std::path::Path;

use clown_hub::device::profile::file;
use clown_hub::device::profile::schema::{Form, tables};
use clown_hub::sheet::Problem;

/// Where a table stands: its name, what stands in front of its keys, and what else it needs.
type Place = (&'static str, &'static str, &'static [&'static str]);

const READ: &str = "read = { topic = \"a/{id}\" }";
const PLACES: &[Place] = &[
    ("definition", "", &[]),
    ("match", "[match]\n", &[]),
    ("unfold", "[[unfold]]\n", &["topic = \"a/{id}\"", "under = \"b/{id}\""]),
    ("property", "[[property]]\n", &["id = \"thermometer/-\"", READ]),
    ("read", "[[property]]\nid = \"thermometer/-\"\nread = { ", &["topic = \"a/{id}\""]),
    ("write", "[[property]]\nid = \"relay/-\"\nwrite = { ", &["topic = \"a/{id}\""]),
    (
        "refused_by",
        "[[property]]\nid = \"relay/-\"\nread = {}\nwrite.topic = \"a/{id}\"\nwrite.refused_by = { ",
        &["topic = \"a/{id}\"", "regex = \"(?<key>x)\""],
    ),
    (
        "refused",
        "[[example]]\nsource = \"s\"\ncommand = { \"relay/-\" = true }\nsends = { payload = \"1\" }\nrefused = { ",
        &["topic = \"a\"", "payload = \"1\"", "reason = \"hot\""],
    ),
    ("send", "[[property]]\nid = \"relay/-\"\nread = {}\nask = { ", &["topic = \"a/{id}\""]),
    ("availability", "[[availability]]\n", &["topic = \"a/{id}\""]),
    ("quirk", "[[quirk]]\n", &["text = \"odd\""]),
    ("example", "[[example]]\n", &["source = \"s\"", "topic = \"a/b\"", "payload = \"1\"", "gives = {}"]),
    ("sent", "[[example]]\nsource = \"s\"\nline = \"x\"\ngives = {}\nsends = { ", &["payload = \"1\""]),
    ("serial", "[serial]\n", &["baud = 9600"]),
    ("answer", "[serial]\nbaud = 9600\nanswer = { ", &["hex = \"AA\""]),
    ("frame-lines", "[frame]\n", &["kind = \"lines\""]),
    ("checksum-line", "[frame]\nkind = \"lines\"\nchecksum = { ", &["kind = \"sum8\"", "mark = \"*\""]),
    (
        "frame-block",
        "[frame]\n",
        &["kind = \"block\"", "start = \"/\"", "end = \"!\"", "lines = { brackets = true }"],
    ),
    (
        "block-lines",
        "[frame]\nkind = \"block\"\nstart = \"/\"\nend = \"!\"\nlines = { ",
        &["brackets = true"],
    ),
    (
        "checksum-block",
        "[frame]\nkind = \"block\"\nstart = \"/\"\nend = \"!\"\nlines = { brackets = true }\nbehind = 2\nchecksum = { ",
        &["kind = \"crc16-arc\""],
    ),
    ("frame-binary", "[frame]\n", &["kind = \"binary\"", "header = \"AA\"", "length = 9"]),
    ("frame-sml", "[frame]\n", &["kind = \"sml\""]),
    ("frame-firmata", "[frame]\n", &["kind = \"firmata\""]),
    ("modbus", "[modbus]\n", &["registers = [{ name = \"v\", table = \"input\", at = 0 }]"]),
    ("register", "[[modbus.registers]]\n", &["name = \"v\"", "table = \"input\"", "at = 0"]),
    ("length", "[frame]\nkind = \"binary\"\nheader = \"AA\"\nlength = { ", &["type = \"u8\""]),
    (
        "checksum-binary",
        "[frame]\nkind = \"binary\"\nheader = \"AA\"\nlength = 9\nchecksum = { ",
        &["kind = \"sum8\""],
    ),
    (
        "checksum-sent",
        "[[property]]\nid = \"relay/-\"\nwrite = { hex = \"AA\", checksum = { ",
        &["kind = \"sum8\""],
    ),
    ("escape", "[frame]\nkind = \"binary\"\nheader = \"AA\"\nend = \"BB\"\nescape = { ", &["byte = \"7D\""]),
    (
        "field",
        "[frame]\nkind = \"binary\"\nheader = \"AA\"\nlength = 9\n[[frame.fields]]\n",
        &["name = \"v\"", "at = 1", "type = \"u8\""],
    ),
];

/// A value of each type of TOML, with the type's name.
const VALUES: [(&str, &str); 7] = [
    ("whole", "5"),
    ("decimal", "1.5"),
    ("truth", "true"),
    ("text", "\"?\""),
    ("list", "[5]"),
    ("table", "{ x = 5 }"),
    ("date", "1979-05-27"),
];

/// The types that such a value may have; what is wrong with it otherwise, if anything is, is not told here.
fn taken(key: &str, form: &Form) -> &'static [&'static str] {
    match form {
        // What is sent may be a number or a truth as it stands.
        Form::AnyText if matches!(key, "on" | "off") => &["whole", "decimal", "truth", "text"],
        Form::Text
        | Form::AnyText
        | Form::TextOrTexts
        | Form::Hex
        | Form::HexOrHexes
        | Form::Suggested(..)
        | Form::Words(_)
        | Form::Time
        | Form::Topic
        | Form::Topics
        | Form::Pointer
        | Form::Pointers => &["text"],
        Form::Texts | Form::Range | Form::Each(_) => &[],
        Form::Truth => &["truth"],
        Form::Number | Form::Above0 => &["whole", "decimal"],
        Form::Factor => &["whole", "decimal", "text"],
        Form::Whole(..) => &["whole"],
        Form::Wholes(..) => &["whole", "list"],
        Form::Pin => &["whole", "text"],
        Form::WholeOrWord(..) => &["whole"],
        Form::WholeOr(..) => &["whole", "table"],
        Form::Scalars => &["whole", "decimal", "truth", "text", "list"],
        Form::Map
        | Form::When
        | Form::Names
        | Form::Variants
        | Form::Values
        | Form::Bytes
        | Form::One(_)
        | Form::OneOf(_)
        | Form::Some(_) => &["table"],
        Form::WordOrSome(..) | Form::Checksum(..) | Form::TextOr(_) => &["text", "table"],
    }
}

/// What else a key needs beside it, in place of what stands there otherwise.
fn beside(table: &str, key: &str) -> Option<&'static str> {
    match (table, key) {
        ("write" | "send", "on") => Some("off = \"0\""),
        ("write" | "send", "off") => Some("on = \"1\""),
        ("write" | "send", "end" | "checksum") => Some("hex = \"AA\""),
        ("property", "words") => Some("kind = \"choice\""),
        ("frame-binary", "longest") => Some("length = { type = \"u8\" }"),
        ("frame-lines", "columns") => Some("between = \",\""),
        ("field" | "register", "length") => Some("type = \"hex\""),
        ("register", "many" | "read") => Some("table = \"holding\""),
        _ => None,
    }
}

/// A definition with `key = value` in the table of `place`, and otherwise what it needs.
fn written((name, before, needs): &Place, key: &str, value: &str) -> String {
    let beside = beside(name, key);
    let key_of = |line: &str| line.split(" = ").next().unwrap_or_default().to_owned();
    let is_other =
        |line: &&str| key_of(line) != key && beside.is_none_or(|more| key_of(more) != key_of(line));
    let is_root = *name == "definition";
    let root = ["name = \"N\"", "vendor = \"V\""].into_iter().filter(|line| !is_root || is_other(line));
    let line = format!("{key} = {value}");
    let keys: Vec<&str> =
        std::iter::once(&*line).chain(needs.iter().copied().filter(is_other)).chain(beside).collect();
    let open = before.rsplit('\n').next().unwrap_or_default().matches('{').count();
    let keys = keys.join(if open == 0 { "\n" } else { ", " });
    let has_property = before.contains("[[property]]") || is_root && key == "property";
    let property = format!("[[property]]\nid = \"thermometer/-\"\n{READ}\n");
    let property = if has_property { "" } else { &property };
    format!("{}\n{before}{keys}{}\n{property}", root.collect::<Vec<_>>().join("\n"), " }".repeat(open))
}

/// What is wrong with what is told of `key`, if anything.
fn complaint(problems: &[Problem], key: &str, value: &str, form: &Form) -> Option<String> {
    let is_of_key = |problem: &&Problem| problem.key.split(['.', '[']).any(|level| level == key);
    let told: Vec<&Problem> = problems.iter().filter(is_of_key).collect();
    let Some(first) = told.first() else { return Some("nothing is told of it".into()) };
    let shown = match form {
        Form::Each(_) | Form::Some(_) | Form::One(_) | Form::OneOf(_) if value.starts_with('{') => "found",
        _ => &*format!("found {}", value.trim_start_matches('[').trim_end_matches(']')),
    };
    if !(first.found.starts_with(shown) || first.found == format!("found {value}")) {
        return Some(format!("does not say what stands there: {first}"));
    }
    if first.allowed.is_empty() {
        return Some(format!("does not say what may stand there: {first}"));
    }
    let takes_table = taken(key, form).contains(&"table") || matches!(form, Form::Each(_));
    if !takes_table && first.allowed.contains("table") {
        return Some(format!("asks for a table: {first}"));
    }
    let more =
        told.iter().skip(1).find(|problem| (problem.line, problem.column) == (first.line, first.column));
    more.map(|second| format!("tells two things: {first} and {second}"))
}

#[test]
fn every_key_says_what_it_takes_when_the_type_is_wrong() {
    let mut complaints = Vec::new();
    for table in tables() {
        let place = PLACES.iter().find(|(name, ..)| *name == table.name);
        let place = place.unwrap_or_else(|| panic!("no place for the table {}", table.name));
        for field in table.fields {
            for (kind, value) in
                VALUES.iter().filter(|(kind, _)| !taken(field.key, &field.form).contains(kind))
            {
                let text = written(place, field.key, value);
                let wrong = match file::read("test", Path::new("d.toml"), text.clone()) {
                    Ok(_) => Some("is taken".to_owned()),
                    Err(problems) => complaint(&problems.0, field.key, value, &field.form),
                };
                complaints
                    .extend(wrong.map(|wrong| format!("{}.{} as {kind}: {wrong}", table.name, field.key)));
            }
        }
    }
    assert!(complaints.is_empty(), "{}\n{}", complaints.len(), complaints.join("\n"));
}

#[test]
fn a_unit_is_a_text() {
    let place = PLACES.iter().find(|(name, ..)| *name == "property").expect("listed");
    let told = |before: &str, value: &str| {
        let text = written(place, "unit", value).replace(READ, &format!("{READ}\n{before}"));
        file::read("test", Path::new("d.toml"), text).expect_err(value).to_string()
    };
    let expected = "d.toml:4:8: property[1].unit: found 5; allowed: a text in quotes, such as \"°C\"";
    assert_eq!(told("", "5"), expected);
    assert_eq!(told("kind = \"text\"", "5"), expected);
}
