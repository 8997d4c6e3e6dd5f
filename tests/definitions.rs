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
    assert_eq!(err(&output), "plug.toml:13:1: remark: no example proves thermometer/- temperature\n");
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
