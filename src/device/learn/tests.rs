//! Whole captures of other people's devices, and what is proposed of them.

use super::*;
use crate::device::profile::file;
use crate::device::prove::{prove, unproven};
use std::path::Path;
use std::sync::Arc;

/// Watches messages, one a line, that come in this rhythm.
fn watch(messages: &[(&str, &str)], seconds: u64) -> Watch {
    let mut watch = Watch::default();
    for (at, (topic, payload)) in messages.iter().enumerate() {
        watch.hear(Duration::from_secs(at as u64 * seconds), topic, payload.as_bytes(), false);
    }
    watch
}

fn about(filter: &str) -> About {
    About { source: "heard by a test".to_owned(), filter: Some(filter.to_owned()), ..About::default() }
}

fn proposed(watch: &Watch, about: &About) -> Proposal {
    let proposal = watch.propose(about).unwrap_or_else(|error| panic!("{error}"));
    let profile = file::read("test", Path::new("test.toml"), proposal.text.clone())
        .unwrap_or_else(|problems| panic!("{problems:?}\n{}", proposal.text));
    let profile = Arc::new(profile);
    let differences = prove(&profile);
    assert!(differences.is_empty(), "{differences:#?}\n{}", proposal.text);
    assert_eq!(profile.examples.len(), proposal.examples);
    let unproven = unproven(&profile);
    assert!(unproven.is_empty(), "{unproven:?}\n{}", proposal.text);
    proposal
}

fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "wanted\n{part}\ngot\n{text}");
    }
}

#[test]
fn a_weather_station_is_proposed_with_units_ranges_and_rhythm() {
    let heard = watch(
        &[
            (
                "garden/weather",
                r#"{"ts": 1, "temp": 21.5, "hum": 45, "press": 1003.2, "foo": 3, "wifi": {"rssi": -60}}"#,
            ),
            (
                "garden/weather",
                r#"{"ts": 2, "temp": 21.70, "hum": 46, "press": 1003.1, "foo": 7, "wifi": {"rssi": -61}}"#,
            ),
            (
                "garden/weather",
                r#"{"ts": 3, "temp": 22.5, "hum": 44, "press": 1003.1, "foo": 5, "wifi": {"rssi": -60}}"#,
            ),
            (
                "garden/weather",
                r#"{"ts": 4, "temp": 21.5, "hum": 45, "press": 1003.2, "foo": 4, "wifi": {"rssi": -60}}"#,
            ),
        ],
        10,
    );
    let proposal = proposed(&heard, &about("garden/#"));
    has(
        &proposal.text,
        &[
            "id = \"thermometer/-\"\nname = \"Temp\"\nunit = \"℃\"\nrange = [-20, 60]\ninterval = \"10 s\"\nread = { topic = \"{id}/weather\", value = \"/temp\" }\n# seen: 21.5 … 22.5 in 4 messages\n",
            "id = \"hygrometer/-\"\nname = \"Hum\"\nrange = [0, 100]\n",
            "id = \"barometer/-\"\nname = \"Press\"\nunit = \"hPa\"\nrange = [950, 1050]\n",
            "id = \"signal/-\"\n",
            "# DECIDE: what is \"Foo\"? Give it a type",
            "id = \"device/-\"\nquantity = \"foo\"\nkind = \"number\"\n",
            "#   {id}/weather /ts\n",
            "gives = { \"thermometer/-\" = { temperature = [21.5, \"℃\"] }",
        ],
    );
    assert_eq!(proposal.devices, ["garden"]);
    assert!(proposal.decide.iter().any(|(line, told)| told.contains("Foo") && *line > 10), "{proposal:?}");
}

#[test]
fn switches_are_proposed_with_what_was_heard_to_switch_them() {
    let heard = watch(
        &[
            ("shellies/plug-1/online", "true"),
            ("shellies/plug-1/relay/0", "off"),
            ("shellies/plug-1/relay/1", "off"),
            ("shellies/plug-1/relay/0/command", "on"),
            ("shellies/plug-1/relay/0", "on"),
            ("shellies/plug-1/relay/0/power", "12.40"),
            ("shellies/plug-1/online", "false"),
        ],
        1,
    );
    let proposal = proposed(&heard, &about("shellies/#"));
    has(
        &proposal.text,
        &[
            "id = \"relay/{n}\"\n",
            "read = { topic = \"shellies/{id}/relay/{n}\", map = { on = true, off = false } }\nwrite = { topic = \"shellies/{id}/relay/{n}/command\", on = \"on\", off = \"off\" }\n",
            "[[availability]]\ntopic = \"shellies/{id}/online\"\nonline = true\noffline = false\n",
            "command = { \"relay/0\" = { state = true } }\nsends = { topic = \"shellies/plug-1/relay/0/command\", payload = \"on\" }\n",
            "gives = { \"power-meter/-\" = { power = [12.40, \"W\"] } }",
            "online = false\n",
        ],
    );
}

#[test]
fn commands_in_json_and_brightness_of_another_scale_are_understood() {
    let heard = watch(
        &[
            ("zigbee2mqtt/bulb", r#"{"state":"ON","brightness":215,"color_temp":325,"linkquality":90}"#),
            ("zigbee2mqtt/bulb/set", r#"{"state":"OFF"}"#),
            ("zigbee2mqtt/bulb", r#"{"state":"OFF","brightness":215,"color_temp":325,"linkquality":90}"#),
            ("zigbee2mqtt/bulb/availability", r#"{"state":"online"}"#),
        ],
        1,
    );
    let proposal = proposed(&heard, &about("zigbee2mqtt/+/#"));
    has(
        &proposal.text,
        &[
            "value = \"/brightness\", scale = \"100/255\", decimals = 0 }",
            r#"write = { topic = "zigbee2mqtt/{id}/set", on = '{"state": "ON"}', off = '{"state": "OFF"}' }"#,
            "value = \"/state\"\nonline = \"online\"\n",
            "what is \"Color temp\"?",
        ],
    );
    assert!(!proposal.text.contains("own name?"), "the filter says which level it is");
}

#[test]
fn a_numbered_device_below_the_filter_is_the_device_and_a_level_may_name_a_key() {
    let status = |pump: &str| format!(r#"{{"water_temp": 18.25, "pump": "{pump}"}}"#);
    let (on, off) = (status("on"), status("off"));
    let messages =
        [("pond/pump-1/status", on.as_str()), ("pond/pump-1/pump/set", "off"), ("pond/pump-1/status", &off)];
    let proposal = proposed(&watch(&messages, 2), &about("pond/#"));
    has(
        &proposal.text,
        &[
            "write = { topic = \"pond/{id}/pump/set\", on = \"on\", off = \"off\" }",
            "is level 2 of the topics (pump-1) the device's own name?",
            "command = { \"relay/-\" = { state = false } }",
        ],
    );
}

#[test]
fn what_strangers_say_cannot_break_out_of_the_file() {
    let heard = watch(
        &[
            ("evil/a\"b/\u{e9}", "1"),
            (
                "evil/x/''' \" \\ #",
                r#"{"a\nb": 1, "c]": "'''\n[[property]]\n\"\"\"", "{x}": 1, "te~m/p": 21.5, "": 2}"#,
            ),
            ("evil/x/text", "\u{1b}[2J\n[[property]]\nid = 5"),
            ("{id}/x", "1"),
            ("evil//", "2"),
            ("/", "3"),
            ("", "4"),
            ("evil/x/big", "123456789012345678901234567890"),
            ("evil/x/exp", "1e400"),
            ("evil/x/deep", "[[[[[[[[1]]]]]]]]"),
            ("evil/x/bin", "\u{0}\u{1}"),
        ],
        1,
    );
    for filter in ["#", "evil/#", "evil/+/#", "+/#"] {
        let proposal = heard.propose(&about(filter)).unwrap_or_else(|error| panic!("{filter}: {error}"));
        let profile = file::read("test", Path::new("test.toml"), proposal.text.clone())
            .unwrap_or_else(|problems| panic!("{problems:?}\n{}", proposal.text));
        assert!(prove(&Arc::new(profile)).is_empty());
    }
}

fn lines(lines: &[&str]) -> Watch {
    let mut watch = Watch::default();
    for (at, line) in lines.iter().enumerate() {
        watch.hear_line(Duration::from_secs(at as u64 * 10), line);
    }
    watch
}

#[test]
fn lines_of_pairs_columns_and_json_become_properties() {
    let serial = About { source: "heard by a test".to_owned(), baud: Some(9600), ..About::default() };
    let check = |heard: &[&str], parts: &[&str]| has(&proposed(&lines(heard), &serial).text, parts);
    check(
        &["T:21.50,H:45,light:1003", "T:21.60,H:44,light:1001", "T:21.55,H:45,light:999", "# boot"],
        &[
            "[serial]\nbaud = 9600\n\n[frame]\nkind = \"lines\"\n",
            "interval = \"10 s\"\nread = { between = \",\", is = \":\", value = \"/T\" }",
            "line = \"T:21.50,H:45,light:1003\"\ngives = { \"thermometer/-\" = { temperature = [21.50, \"℃\"] }",
            "Lines of another form:\n#   # boot\n",
        ],
    );
    check(
        &["10 1250 340 -5", "10 1251 341 -5"],
        &[
            "id = \"device/column-1\"\nquantity = \"value\"",
            "read = { between = \" \", value = \"/1\" }",
            "Column 3",
        ],
    );
    check(
        &[r#"{"temperature": 21.5, "relay": true}"#, r#"{"temperature": 21.5, "relay": false}"#],
        &["read = { value = \"/temperature\" }", "can it be switched? Then write = { payload"],
    );
    check(&["21.5", "22.5"], &["read = {  }"]);
}

#[test]
fn silence_and_words_alone_are_no_definition() {
    assert_eq!(Watch::default().propose(&about("#")).map(|_| ()), Err(NoProposal::Silence));
    let heard = watch(&[("x/y", r#"{"ts": 5}"#), ("x/z", "[]")], 1);
    assert_eq!(heard.propose(&about("#")).map(|_| ()), Err(NoProposal::NoValues));
}

#[test]
fn a_long_list_is_left_out_with_the_way_to_its_values() {
    let heard = watch(
        &[("box/1/nrg", "[1,2,3,4,5,6,7,8,9]"), ("box/1/w", r#"{"w": 5, "l": [1,2,3,4,5,6,7,8,9]}"#)],
        1,
    );
    let text = proposed(&heard, &about("box/#")).text;
    has(
        &text,
        &[
            "or is a long list:\n",
            "nrg (a list of 9; value = \"/0\" is its first)\n",
            "w /l (a list of 9; value = \"/l/0\" is its first)\n",
        ],
    );
}

#[test]
fn every_recorded_capture_becomes_a_proposal_that_holds() {
    // It announces devices and says nothing of them.
    const ANNOUNCEMENT: &str = "13-zigbee2mqtt-bridge-devices.mqtt";
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/dialects");
    let mut count = 0;
    for entry in std::fs::read_dir(&folder).expect("the captures") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|end| end != "mqtt") || path.ends_with(ANNOUNCEMENT) {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("text");
        let messages: Vec<(&str, &str)> = text
            .lines()
            .filter(|line| !line.starts_with('#') && !line.is_empty())
            .map(|line| line.split_once(' ').unwrap_or((line, "")))
            .collect();
        let heard = watch(&messages, 1);
        let proposal =
            heard.propose(&about("#")).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let profile = file::read("test", Path::new("test.toml"), proposal.text.clone())
            .unwrap_or_else(|problems| panic!("{}: {problems:?}\n{}", path.display(), proposal.text));
        let differences = prove(&Arc::new(profile));
        assert!(differences.is_empty(), "{}: {differences:#?}", path.display());
        assert!(proposal.examples > 0, "{}", proposal.text);
        count += 1;
    }
    assert!(count >= 5, "only {count} captures in {}", folder.display());
}
