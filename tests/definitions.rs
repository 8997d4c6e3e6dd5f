//! The tools for definitions at their border: the program itself with files on disk, without a hub.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

const PLUG: &str = r#"name = "Plug"
vendor = "Acme"

[[property]]
id = "relay/{n}"
read = { topic = "{id}/status/switch:{n}", value = "/output" }
write = { topic = "{id}/command/switch:{n}", on = "on", off = "off" }

[[property]]
id = "power-meter/{n}"
read = { topic = "{id}/status/switch:{n}", value = "/energy/power", scale = 0.1 }

[[property]]
id = "thermometer/-"
read = [{ topic = "{id}/air", is = "=", between = ";", value = "/T" }, { topic = "{id}/env", when = { "/ok" = true }, value = "/T" }]

[[availability]]
topic = "{id}/online"
online = true
offline = false

[[example]]
source = "made for this test"
topic = "plug-1/status/switch:0"
payload = '{"output": true, "energy": {"power": 2305}}'
gives = { "relay/0" = true, "power-meter/0" = { power = [230.5, "W"] } }

[[example]]
source = "made for this test"
command = { "relay/0" = false }
device = { id = "plug-1" }
sends = { topic = "plug-1/command/switch:0", payload = "off" }

[[example]]
source = "made for this test"
topic = "plug-1/online"
payload = "false"
online = false
"#;

fn hub(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_clown-hub"))
        .args(arguments)
        .current_dir(folder)
        .stdin(std::process::Stdio::null())
        .env_remove("CLOWN_HUB_LOG")
        .env("HOME", folder)
        .output()
        .expect("the program starts")
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in files {
        let file = folder.path().join(name);
        std::fs::create_dir_all(file.parent().expect("below the folder")).expect("writable");
        std::fs::write(file, text).expect("writable");
    }
    folder
}

fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "wanted {part}\ngot\n{text}");
    }
}

#[test]
fn check_runs_examples_both_ways_and_remarks_what_is_not_proven() {
    let folder = folder(&[("plug.toml", PLUG)]);
    let output = hub(folder.path(), &["check", "plug.toml"]);
    assert_eq!(out(&output), "plug.toml: good, 3 examples\n");
    assert_eq!(
        err(&output),
        "plug.toml:13:1: remark: no example gives a value of thermometer/- temperature\n"
    );
    assert_eq!(output.status.code(), Some(0));

    let wrong = PLUG.replace("230.5", "23.05").replace(r#"payload = "off""#, r#"payload = "aus""#);
    std::fs::write(folder.path().join("plug.toml"), wrong).expect("writable");
    let output = hub(folder.path(), &["check", "plug.toml"]);
    assert_eq!((output.status.code(), out(&output).as_str()), (Some(1), ""));
    let told = err(&output);
    has(
        &told,
        &[
            "plug.toml:22:1: power-meter/0 power: expected [23.05, \"W\"], found [230.5, \"W\"]\n",
            "plug.toml:28:1: sends: expected plug-1/command/switch:0 aus, found plug-1/command/switch:0 off\n",
        ],
    );
}

#[test]
fn check_takes_folders_and_one_bad_file_hides_no_other() {
    let bad = "name = \"Bad\"\nvendor = \"Acme\"\n[[proprety]]\nid = \"relay/0\"\n";
    let folder = folder(&[
        ("devices/acme/plug.toml", PLUG),
        ("devices/acme/bad.toml", bad),
        ("devices/_new.toml", "["),
    ]);
    let output = hub(folder.path(), &["check", "devices"]);
    assert_eq!(output.status.code(), Some(2));
    has(&err(&output), &["devices/acme/bad.toml:3:3: proprety: unknown section", "did you mean property?"]);
    has(
        &out(&output),
        &[
            "devices/acme/plug.toml: good, 3 examples\n",
            "2 definitions, 1 good; 2 mistakes, 0 differences, 1 remark\n",
        ],
    );

    let output = hub(folder.path(), &["check", "devices", "--json"]);
    assert_eq!((output.status.code(), err(&output).as_str()), (Some(2), ""));
    let answer: Value = serde_json::from_str(&out(&output)).expect("JSON");
    assert_eq!(answer["ok"], false);
    assert_eq!(answer["definitions"][0]["id"], "acme/bad");
    assert_eq!(answer["definitions"][0]["problems"][1]["line"], 3);
    assert_eq!(answer["definitions"][1]["ok"], true);
    assert_eq!(answer["definitions"][1]["unproven"][0]["about"], "thermometer/- temperature");

    let nowhere = hub(folder.path(), &["check", "nowhere.toml"]);
    assert_eq!(nowhere.status.code(), Some(2));
    has(
        &err(&nowhere),
        &["nowhere.toml: cannot be read: no such file or directory; name a file that is there"],
    );
}

#[test]
fn without_files_the_folder_of_the_configuration_is_checked_too() {
    let folder =
        folder(&[("hub/clown-hub.toml", ""), ("hub/devices/acme/plug.toml", PLUG), ("mine/a.toml", "name")]);
    let check =
        |more: &[&str]| hub(folder.path(), &[&["check", "--config", "hub/clown-hub.toml"], more].concat());
    let output = check(&[]);
    assert_eq!(output.status.code(), Some(0));
    has(
        &out(&output),
        &["hub/clown-hub.toml: good, no links yet\n", "hub/devices/acme/plug.toml: good, 3 examples\n"],
    );

    let silent = "warning: hub/devices/acme/plug.toml: no link hears its devices, which speak under topics such as \
                  plug-1/status/switch:0; add for example \"plug-1/# in\"";
    has(&err(&output), &[silent]);
    let config = folder.path().join("hub/clown-hub.toml");
    std::fs::write(&config, "[broker]\n").expect("writable");
    assert_eq!(err(&check(&[])).matches("no link hears").count(), 0);
    let link = "[[link]]\nname = \"home\"\nkind = \"mqtt\"\nurl = \"mqtt://localhost\"\n";
    for (topics, warnings) in [("plug-1/# out", 1), ("nodes/# both", 1), ("+/status/# in", 0)] {
        std::fs::write(&config, format!("{link}topics = [\"{topics}\"]\n")).expect("writable");
        assert_eq!(err(&check(&[])).matches("no link hears").count(), warnings, "{topics}");
    }

    std::fs::write(folder.path().join("hub/clown-hub.toml"), "[hub]\ndevices = \"../mine\"\n")
        .expect("writable");
    let output = check(&[]);
    assert_eq!(output.status.code(), Some(2));
    has(&err(&output), &["hub/../mine/a.toml:1:5:"]);
    let answer: Value = serde_json::from_str(&out(&check(&["--json"]))).expect("JSON");
    assert_eq!((&answer["ok"], &answer["definitions"][0]["ok"]), (&Value::Bool(false), &Value::Bool(false)));

    let named = hub(folder.path(), &["check", "hub/clown-hub.toml"]);
    assert_eq!(named.status.code(), Some(2));
    has(&err(&named), &["check it with --config hub/clown-hub.toml"]);
}

#[test]
fn try_shows_every_step_from_the_payload_to_the_reading() {
    let folder = folder(&[("plug.toml", PLUG)]);
    let payload = r#"{"output": true, "energy": {"power": 2305}}"#;
    let output =
        hub(folder.path(), &["try", "plug.toml", "--topic", "plug-1/status/switch:0", "--payload", payload]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let told = out(&output);
    has(
        &told,
        &[
            "relay/{n} state  plug.toml:4:1\n",
            "topic      {id}/status/switch:{n}\n",
            "captures   id = plug-1, n = 0\n",
            "value      /energy/power → 2305\n",
            "scale      × 0.1 → 230.5\n",
            "gives      power-meter/0 [230.5, \"W\"]\n",
            "base       nodes/acme/plug-1\n",
            "says       [\"relay/0\", {\"state\": true}]\n",
            "power-meter/0 power = 230.5 W\n",
        ],
    );
    assert!(!told.contains('\x1b') && !told.contains("thermometer"), "{told}");

    std::fs::write(folder.path().join("payload"), "ok=1;T=21.50").expect("writable");
    let output =
        hub(folder.path(), &["try", "plug.toml", "--topic", "plug-1/air", "--payload-file", "payload"]);
    has(
        &out(&output),
        &["parts      → {\"ok\": \"1\", \"T\": \"21.50\"}\n", "thermometer/- temperature = 21.50 ℃\n"],
    );
}

#[test]
fn try_takes_built_in_definitions_and_shows_what_a_message_holds() {
    let folder = folder(&[]);
    let payload = r#"{"method": "NotifyStatus", "params": {"ts": 1.5, "switch:0": {"output": true}}}"#;
    let attempt =
        |of: &str| hub(folder.path(), &["try", of, "--topic", "plus-1/events/rpc", "--payload", payload]);
    let output = attempt("shelly/gen2");
    assert_eq!(output.status.code(), Some(0), "{}", out(&output));
    has(
        &out(&output),
        &[
            "means      the message holds what belongs under other topics\n",
            "means      plus-1/status/switch:0 {\"output\": true}\n",
            "value      /output → true\n",
            "relay/0 state = true \n",
        ],
    );
    has(&out(&attempt("bigclown/generation-a")), &["speaks Clown.Talk itself"]);
    let output = attempt("shelly/gen3");
    assert_eq!(output.status.code(), Some(2));
    has(
        &err(&output),
        &["shelly/gen3: is neither a file nor a built-in definition; did you mean shelly/gen1?"],
    );
}

#[test]
fn try_says_how_near_each_way_came_when_nothing_is_understood() {
    let folder = folder(&[("plug.toml", PLUG)]);
    let attempt = |topic: &str, payload: &str| {
        let output = hub(folder.path(), &["try", "plug.toml", "--topic", topic, "--payload", payload]);
        assert_eq!(output.status.code(), Some(1), "{}", out(&output));
        out(&output)
    };
    has(
        &attempt("plug-1/status/input:0", "{}"),
        &[
            "{id}/status/switch:{n}  differs at level 3: `switch:{n}` is asked for, found `input:0`\n",
            "{id}/air  differs at level 2: `air` is asked for, found `status`\n",
            "nothing: the definition understands nothing of it\n",
        ],
    );
    has(
        &attempt("plug-1/status/switch:0", r#"{"output1": true, "energy": {"powr": 1}}"#),
        &[
            "/output finds nothing; the payload has energy, output1; did you mean /output1?\n",
            "/energy/power finds nothing; /energy has powr; did you mean /energy/powr?\n",
        ],
    );
    has(
        &attempt("plug-1/status/switch:0", r#"{"output": "maybe"}"#),
        &["odd        true or false is expected; say with `map` what other words mean\n"],
    );
    has(&attempt("plug-1/env", r#"{"ok": 0, "T": 21}"#), &["not met: /ok has to be true, found 0\n"]);
}

#[test]
fn try_shows_what_a_command_sends_and_what_confirms_it() {
    let folder = folder(&[("plug.toml", PLUG)]);
    let command = |command: &str, more: &[&str]| {
        hub(
            folder.path(),
            &[&["try", "plug.toml", "--command", command, "--device", "id=plug-1"], more].concat(),
        )
    };
    let output = command(r#"relay/0={"state": true}"#, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    has(
        &out(&output),
        &[
            "topic      nodes/acme/plug-1/relay/0/set\n",
            "plug-1/command/switch:0 on\n",
            "the device saying that relay/0 state is true\n",
        ],
    );
    let output = command("relay/0=5", &[]);
    assert_eq!(output.status.code(), Some(1));
    has(
        &out(&output),
        &[
            "refused (bad-payload): `relay/0/set` needs an object with `state`; `state` takes true or false, found 5",
        ],
    );
    has(&out(&command("relay/0=maybe", &[])), &["`state` takes true or false, found \"maybe\"\n"]);
    has(&out(&command("realy/0=true", &[])), &["a Plug has no `realy/0`; did you mean `relay/{n}`?\n"]);
    has(
        &out(&command("cover/-=5", &[])),
        &["has no `cover/-`; it has `relay/{n}`, `power-meter/{n}`, `thermometer/-`\n"],
    );
    let answer: Value = serde_json::from_str(&out(&command("relay/0=false", &["--json"]))).expect("JSON");
    assert_eq!(answer["sends"][0]["payload"], "off");
    assert_eq!(hub(folder.path(), &["try", "plug.toml"]).status.code(), Some(2));
    std::fs::write(folder.path().join("plug.toml"), "name = 5").expect("writable");
    let output = command("relay/0=true", &[]);
    assert_eq!(output.status.code(), Some(2));
    has(&err(&output), &["plug.toml:1:8: name: found 5"]);
}

/// Runs it with bytes on standard input.
fn fed(folder: &Path, arguments: &[&str], bytes: &[u8]) -> Output {
    let file = folder.join("capture");
    std::fs::write(&file, bytes).expect("writable");
    Command::new(env!("CARGO_BIN_EXE_clown-hub"))
        .args(arguments)
        .current_dir(folder)
        .stdin(std::fs::File::open(file).expect("it was written"))
        .output()
        .expect("the program starts")
}

#[test]
fn try_takes_the_bytes_of_a_serial_port_apart() {
    let folder = folder(&[]);
    // The example of the data sheet, then one with a wrong checksum.
    let good = [0xAA, 0xC0, 0xD4, 0x04, 0x3A, 0x0A, 0xA1, 0x60, 0x1D, 0xAB];
    let mut bad = good;
    bad[8] = 0x1E;
    let output = fed(folder.path(), &["try", "nova/sds011", "--serial"], &good);
    assert_eq!(output.status.code(), Some(0), "{}{}", out(&output), err(&output));
    has(
        &out(&output),
        &[
            "frame 1",
            "bytes      AA C0 D4 04 3A 0A A1 60 1D AB\n",
            "pm2-5 = 123.6 µg/m³\n",
            "pm10 = 261.8 µg/m³\n",
            "10 bytes: 1 frame, 1 understood, 0 bytes damaged\n",
        ],
    );
    let output = fed(folder.path(), &["try", "nova/sds011", "--serial"], &[good, bad].concat());
    assert_eq!(output.status.code(), Some(1));
    has(&out(&output), &["damaged: 10 bytes, checksum", "1 frame, 1 understood, 10 bytes damaged"]);
    let output = fed(folder.path(), &["try", "nova/sds011", "--serial", "--json"], &good);
    let answer: Value = serde_json::from_str(&out(&output)).expect("JSON");
    assert_eq!(
        (&answer["ok"], &answer["frames"][0]["bytes"]),
        (&true.into(), &"AA C0 D4 04 3A 0A A1 60 1D AB".into())
    );

    let lines = b"10 1250 340 0 0 24050\r\nnonsense\r\n";
    let output = fed(folder.path(), &["try", "openenergymonitor/node-columns", "--serial"], lines);
    has(&out(&output), &["frame 1", "bytes      \"10 1250 340 0 0 24050\"\n"]);
}

#[test]
fn the_schema_is_one_that_editors_take() {
    let folder = folder(&[]);
    let output = hub(folder.path(), &["schema", "device"]);
    let schema: Value = serde_json::from_str(&out(&output)).expect("JSON");
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["properties"]["property"]["items"]["$ref"], "#/$defs/property");
    assert!(schema["$defs"]["property"]["properties"]["interval"]["description"].is_string());
}
