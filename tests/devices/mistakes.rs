//! Mistakes of people who write definitions: each is told where it is, what stands there, what may stand there and what
//! was probably meant, and only once.

use std::path::Path;

use clown_hub::device::profile::file;

const GOOD: &str = r#"name = "Plus 1PM"
vendor = "Shelly"
models = ["SNSW-001P16EU"]
match = { topic = "{id*}/status/switch:{n}" }

[[property]]
id = "relay/{n}"
name = "Relay"
icon = "power"
read = { topic = "{id*}/status/switch:{n}", value = "/output" }
write = { topic = "{id*}/command/switch:{n}", on = "on", off = "off", confirm = "state" }

[[property]]
id = "power-meter/{n}"
quantity = "energy"
unit = "Wh"
range = [0, 100]
interval = "10 s"
read = { topic = "{id*}/status/switch:{n}", value = "/aenergy/total", scale = 0.1, decimals = 1 }

[[property]]
id = "select/{n}"
words = ["heat", "cool"]
read = { topic = "{id*}/status/mode:{n}", map = { H = "heat", C = "cool" } }
write = { topic = "{id*}/command/mode:{n}", map = { heat = "H", cool = "C" } }

[[availability]]
topic = "{id*}/online"
online = true
offline = false

[[quirk]]
text = "NotifyStatus holds only what changed."

[[example]]
source = "Shelly Plus 1PM, capture in a public source code"
topic = "shellies/plus1pm/status/switch:0"
payload = '{"id":0, "output":false, "aenergy":{"total":0.000}}'
gives = { "relay/0" = false, "power-meter/0" = { energy = [0.0, "Wh"] } }

[[example]]
source = "Shelly API documentation, generation 2, MQTT control"
device = { id = "shellies/plus1pm" }
command = { "relay/0" = true }
sends = { topic = "shellies/plus1pm/command/switch:0", payload = "on" }
"#;

fn read(text: &str) -> Result<(), Vec<String>> {
    let read = file::read("test", Path::new("d.toml"), text.to_owned());
    read.map(|_| ()).map_err(|problems| problems.0.iter().map(ToString::to_string).collect())
}

/// Writes `to` where `from` stood; what is told has to begin with `told` and, unless it is `""`, to end with `hint`.
fn check(from: &str, to: &str, told: &str, hint: &str) {
    assert!(GOOD.contains(from), "{from}");
    let problems = read(&GOOD.replacen(from, to, 1)).expect_err(to);
    assert_eq!(problems.len(), 1, "{from} -> {to}: {problems:#?}");
    let problem = &problems[0];
    assert!(
        problem.starts_with(&format!("d.toml:{told}")),
        "{from} -> {to}\nfound    {problem}\nexpected {told}"
    );
    assert!(problem.contains("; allowed: "), "{problem}");
    assert!(problem.ends_with(hint), "{from} -> {to}\nfound    {problem}\nexpected … {hint}");
}

#[test]
fn the_good_file_is_good() {
    assert_eq!(read(GOOD), Ok(()));
}

#[test]
fn what_is_no_toml_is_told_with_a_way_out() {
    check("name = \"Plus 1PM\"", "name = Plus 1PM", "1:8: string values must be quoted", "");
    check("value = \"/output\" }", "value = \"/output\"", "11:1: missing comma", "");
    check(
        "name = \"Relay\"",
        "name = \"Relay\"\nname = \"R\"",
        "9:1: duplicate key",
        "`name` stands twice in one table",
    );
    check(
        "[[property]]\nid = \"relay/{n}\"",
        "[property]\nid = \"relay/{n}\"",
        "13:3: duplicate key",
        "another one is written [property]; write [[property]] everywhere",
    );
    check(
        "payload = '{\"id\":0,",
        "payload = {\"id\":0,",
        "38:16: missing assignment",
        "JSON stands in quotes: payload = '{…}'",
    );
}

#[test]
fn who_it_is_has_to_be_said() {
    check("name = \"Plus 1PM\"\n", "", "1:1: name: is missing", "");
    check("name = \"Plus 1PM\"", "name = 5", "1:8: name: found 5", "");
    check("vendor = \"Shelly\"", "vendor = \"\"", "2:10: vendor: found \"\"", "without control characters");
    check(
        "models = [\"SNSW-001P16EU\"]",
        "models = \"SNSW\"",
        "3:10: models: found \"SNSW\"",
        "write [\"SNSW\"]",
    );
    let hint = "`name` is what the family is called";
    check("models", "called = \"Desk lamp\"\nmodels", "3:10: called: found \"Desk lamp\"", hint);
    check("[[quirk]]", "[[quirks]]", "32:3: quirks: unknown section", "did you mean quirk?");
}

#[test]
fn a_device_is_recognised_by_a_topic_with_its_id() {
    let topic = "match = { topic = \"{id*}/status/switch:{n}\" }";
    check(
        topic,
        "match = { topics = \"{id*}/x\" }",
        "4:11: match.topics: unknown key",
        "did you mean topic?",
    );
    check(topic, "match = { topic = 5 }", "4:19: match.topic: found 5", "");
    check(
        topic,
        "match = { topic = \"+/status\" }",
        "4:19: match.topic: \"+/status\" has a wildcard; write a capture",
        "",
    );
    check(
        topic,
        "match = { topic = \"plug/status\" }",
        "4:19: match.topic: captures no {id}",
        "in the payload",
    );
    check(
        "topic = \"{id*}/online\"",
        "topic = \"plug/online\"",
        "28:9: availability[1].topic: has no {id}",
        "name the part that tells devices apart {id}",
    );
    check(
        "read = { topic = \"{id*}/status/switch:{n}\", value = \"/output\" }",
        "read = { topic = \"plug/switch:{n}\", value = \"/output\" }",
        "10:8: property[1].read: has a topic without {id}",
        "say in [match] where the id stands",
    );
}

#[test]
fn types_quantities_and_units_are_those_of_the_vocabulary() {
    let id = "id = \"relay/{n}\"";
    check(
        id,
        "id = \"relay\"",
        "7:6: property[1].id: \"relay\" has one level",
        "write \"relay/-\" if there is only one",
    );
    check(id, "id = \"Relay/{n}\"", "7:6: property[1].id: the type \"Relay\"", "did you mean relay?");
    check(
        id,
        "id = \"rellay/{n}\"",
        "7:6: property[1].id: the unknown type \"rellay\"",
        "did you mean relay?",
    );
    check(
        id,
        "id = \"relay/{n\"",
        "7:6: property[1].id: found \"relay/{n\"",
        "it has a bracket without its other one",
    );
    check(
        "quantity = \"energy\"",
        "quantity = \"enrgy\"",
        "15:12: property[2].quantity: the unknown quantity \"enrgy\"",
        "did you mean energy? Otherwise say with `kind` what it is",
    );
    check("unit = \"Wh\"", "unit = \"wh\"", "16:8: property[2].unit: found \"wh\"", "did you mean Wh?");
    check("icon = \"power\"", "icon = \"bulbs\"", "9:8: property[1].icon: found \"bulbs\"", "window");
    check(
        "unit = \"Wh\"",
        "unit = \"Wh\"\nkind = \"int\"",
        "17:8: property[2].kind: found \"int\"",
        "it is called number here",
    );
}

#[test]
fn numbers_times_and_ranges_are_told_as_they_are_written() {
    check(
        "range = [0, 100]",
        "range = [100, 0]",
        "17:9: property[2].range: found [100, 0]",
        "write [0, 100]",
    );
    check("range = [0, 100]", "range = \"0-100\"", "17:9: property[2].range: found \"0-100\"", "");
    check(
        "interval = \"10 s\"",
        "interval = 10",
        "18:12: property[2].interval: found 10",
        "write \"10 s\" if seconds are meant",
    );
    check("scale = 0.1", "scale = 0", "19:79: property[2].read.scale: found 0", "");
    check("decimals = 1", "decimals = 12", "19:95: property[2].read.decimals: found 12", "");
    check("name = \"Relay\"", "range = [0, 1]", "8:9: property[1].range: found beside kind = \"switch\"", "");
}

#[test]
fn ways_to_read_are_checked_before_the_device_speaks() {
    let value = "value = \"/output\" }";
    check(
        value,
        "value = \"output\" }",
        "10:53: property[1].read.value: found \"output\"",
        "write \"/output\"",
    );
    check(
        value,
        "value = \"$.a[0].b\" }",
        "10:53: property[1].read.value: found \"$.a[0].b\"",
        "write \"/a/0/b\"",
    );
    check(
        value,
        "vlaue = \"/output\" }",
        "10:45: property[1].read.vlaue: unknown key",
        "did you mean value?",
    );
    check(value, "regex = '(' }", "10:53: property[1].read.regex: found \"(\"", "unclosed group");
    check(value, "template = '{{ value' }", "10:56: property[1].read.template: found \"{{ value\"", "");
    check(
        value,
        "template = '{{ value | lowr }}' }",
        "10:56: property[1].read.template: found \"{{ value | lowr }}\"",
        "upper",
    );
    check(
        value,
        "template = '{{ vlaue }}' }",
        "10:8: property[1].read: has a template with `vlaue`, which nothing captures",
        "",
    );
    check(
        value,
        "digits = \"hexa\" }",
        "10:54: property[1].read.digits: found \"hexa\"",
        "did you mean \"hex\"?",
    );
    check(
        value,
        "when = { model = 5 } }",
        "10:54: property[1].read.when.model: found 5",
        "it does not begin with a slash",
    );
    check(
        "id = \"relay/{n}\"",
        "id = \"relay/{m}\"",
        "7:6: property[1].id: \"relay/{m}\" needs {m}, which a `read` does not capture",
        "",
    );
    check(
        "map = { H = \"heat\", C = \"cool\" }",
        "map = { H = \"hot\", C = \"cool\" }",
        "24:8: property[3].read: has the word \"hot\"",
        "did you mean heat?",
    );
}

#[test]
fn what_is_sent_has_to_be_complete() {
    check(", off = \"off\"", "", "11:52: property[1].write.on: found `on` without `off`", "");
    check("on = \"on\"", "on = []", "11:52: property[1].write.on: found []", "");
    check(
        "confirm = \"state\"",
        "confirm = \"stat\"",
        "11:81: property[1].write.confirm: found \"stat\"",
        "did you mean \"state\"?",
    );
    check(
        "topic = \"{id*}/command/switch:{n}\"",
        "topic = \"{id*}/command/switch:{m}\"",
        "11:9: property[1].write: has a topic with {m}, which nothing captures",
        "",
    );
    check(
        "map = { heat = \"H\",",
        "map = { heta = \"H\",",
        "25:9: property[3].write: has the word \"heta\"",
        "did you mean heat?",
    );
}

#[test]
fn a_word_of_availability_means_one_thing() {
    check(
        "offline = false",
        "offline = false\nlost = [\"will\", true]",
        "31:8: availability[1].lost: `true` is a word for `online`, too",
        "take it out of `lost` or of `online`",
    );
    check(
        "offline = false",
        "asleep = [\"zzz\"]\nlost = \"zzz\"",
        "30:10: availability[1].asleep: `zzz` is a word for `lost`, too",
        "take it out of `asleep` or of `lost`",
    );
    check(
        "offline = false",
        "asleeep = \"zzz\"",
        "30:1: availability[1].asleeep: unknown key",
        "did you mean asleep?",
    );
    check(
        "sends = { topic = \"shellies/plus1pm/command/switch:0\", payload = \"on\" }",
        "sends = { topic = \"shellies/plus1pm/command/switch:0\", payload = \"on\" }\npresence = \"sleeping\"",
        "46:12: example[2].presence: found",
        "",
    );
}

#[test]
fn examples_speak_of_what_the_device_has() {
    check(
        "source = \"Shelly Plus 1PM, capture in a public source code\"\n",
        "",
        "35:1: example[1].source: is missing",
        "",
    );
    check(
        "gives = { \"relay/0\" = false,",
        "gives = { \"rely/0\" = false,",
        "39:11: example[1].gives.rely/0: no such property \"rely/0\"",
        "did you mean relay/{n}?",
    );
    check(
        "{ energy = [0.0, \"Wh\"] }",
        "{ energi = [0.0, \"Wh\"] }",
        "39:30: example[1].gives.power-meter/0: \"power-meter/0\" has no \"energi\"",
        "did you mean energy?",
    );
    check(
        "{ energy = [0.0, \"Wh\"] }",
        "{ energy = [0.0] }",
        "39:30: example[1].gives.power-meter/0: found",
        "",
    );
    check("device = { id = \"shellies/plus1pm\" }\n", "", "41:1: example[2].device: is missing", "");
    check(
        "command = { \"relay/0\" = true }",
        "command = \"relay/0\"",
        "44:11: example[2].command: found \"relay/0\"",
        "",
    );
    check(
        "command = { \"relay/0\" = true }",
        "command = { \"power-meter/0\" = { energy = 1 } }",
        "44:13: example[2].command.power-meter/0: no such property",
        "",
    );
    check(
        "sends = { topic = \"shellies/plus1pm/command/switch:0\", payload = \"on\" }",
        "",
        "41:1: example[2].sends: is missing",
        "",
    );
}

#[test]
fn several_mistakes_are_told_in_the_order_of_the_file() {
    let text = GOOD
        .replace("unit = \"Wh\"", "unit = \"wh\"")
        .replace("vendor", "vendr")
        .replace("online = true", "onlin = true");
    let problems = read(&text).expect_err("three mistakes");
    let keys: Vec<&str> = problems.iter().filter_map(|problem| problem.split(": ").nth(1)).collect();
    assert_eq!(keys, ["vendor", "vendr", "property[2].unit", "availability[1].onlin"]);
}
