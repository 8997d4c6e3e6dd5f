//! A hub in one file: made while it runs, back on another machine, and nothing but the whole or nothing at all.

// Helpers of tests are tests.
#![allow(clippy::unwrap_used)]

mod common;

#[path = "backup/hostile.rs"]
mod hostile;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use common::{Https, Hub, Launch, MqttDoor, program, until};
use serde_json::{Value, json};

const PASSWORD: &str = "correct horse battery";
const CONFIG: &str = "[[link]]\nname = \"sim\"\nkind = \"simulator\"\n\
                      base = \"nodes/bridge/0\"\ninterval = \"20 ms\"\n";
const PLUG: &str = "name = \"Plug\"\nvendor = \"Acme\"\n\n[[property]]\nid = \"relay/0\"\n\
                    read = { topic = \"{id}/status\", value = \"/on\" }\n\n[[example]]\n\
                    source = \"made for this test\"\ntopic = \"plug-1/status\"\npayload = '{\"on\": true}'\n\
                    gives = { \"relay/0\" = true }\n";

/// `clown-hub COMMAND …` in `folder`.
pub fn run(folder: &Path, arguments: &[&str]) -> Output {
    program().args(arguments).current_dir(folder).stdin(Stdio::null()).output().expect("the program starts")
}

/// What it printed, errors last.
pub fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// What a subcommand prints that has to succeed.
fn good(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", said(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// Every file of a folder and below, with what is in it.
pub fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let (mut files, mut open) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(next) = open.pop() {
        let Ok(entries) = fs::read_dir(&next) else { continue };
        for path in entries.map(|entry| entry.unwrap().path()) {
            match path.is_dir() {
                true => open.push(path),
                false => {
                    drop(files.insert(path.strip_prefix(folder).unwrap().into(), fs::read(&path).unwrap()))
                }
            }
        }
    }
    files
}

/// A folder as a hub that has stopped leaves it, small.
pub fn small(folder: &Path) -> PathBuf {
    let data = folder.join("data");
    fs::create_dir_all(data.join("events")).unwrap();
    for (name, text) in [
        ("accounts.toml", "# nobody\n"),
        ("ca.pem", "a certificate"),
        ("events/2026-11.jsonl", "{\"seq\":1}\n{\"seq\":2}\n{\"seq\""),
        ("lock", "1\n"),
        ("local.json", "{}"),
        (".accounts.toml.0011223344556677.tmp", "half"),
        ("history.sqlite.damaged-1", "damaged"),
        (&"n".repeat(150), "a long name"),
    ] {
        fs::write(data.join(name), text).unwrap();
    }
    fs::write(folder.join("clown-hub.toml"), CONFIG).unwrap();
    data
}

fn restore_into<'a>(file: &'a str, config: &'a str, data: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["restore", file, "--config", config, "--data", data], more].concat()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// How many samples are in the file.
fn samples(folder: &Path, data: &str) -> usize {
    good(folder, &["history", "export", "--data", data]).lines().count()
}

fn door(hub: &Hub) -> MqttDoor {
    let port = hub.said("mqtt").rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
    MqttDoor::tcp(port).account("ada", PASSWORD)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_moves_to_another_machine_while_it_runs() {
    let old = Launch::run(&format!("{CONFIG}[history]\nflush = \"1 s\"\n")).account("ada", PASSWORD);
    let folder = old.config_file().parent().unwrap().to_owned();
    fs::create_dir_all(folder.join("devices/acme")).unwrap();
    fs::write(folder.join("devices/acme/plug.toml"), PLUG).unwrap();
    let token = good(&folder, &["user", "token", "ada", "grafana", "--data", text(&old.data())]);
    let old = old.argument("--broker").argument("127.0.0.1:0").start();
    let ada = Https::new(&old).basic("ada", PASSWORD);
    let attic = ada.post_form("/arrange", &[("do", "add-room"), ("name", "Attic")]).await;
    assert_eq!(attic.status, 303);
    let data = old.data();
    let recorded = async || Some(samples(&folder, text(&data))).filter(|kept| *kept > 20);
    let kept = until("samples", recorded).await;
    tokio::time::timeout(Duration::from_secs(30), async {
        // The broker, history and events are written all the while.
        for number in 0..10 {
            let payload = number.to_string();
            door(&old).publish(&["-t", "kitchen/note", "-m", &payload, "-r", "-q", "1"]).await;
            let (file, config) = (format!("{number}.tar.gz"), old.launch().config_file());
            good(&folder, &["backup", &file, "--config", text(&config), "--data", text(&old.data())]);
        }
    })
    .await
    .expect("ten backups");
    let fingerprint = old.said("fingerprint").to_owned();
    let ca = fs::read(old.ca()).unwrap();
    // Its folder, in which the files are, goes with the last launch of it.
    let _folder = old.launch();
    drop(old);

    let new = Launch::run("# the package's own\n");
    let (config, data) = (new.config_file(), new.data());
    let (config, data) = (text(&config), text(&data));
    for number in [3, 9] {
        let file = format!("{number}.tar.gz");
        good(&folder, &restore_into(&file, config, data, &["--force"]));
        assert!(samples(&folder, data) >= kept);
        let hub = new.clone().argument("--broker").argument("127.0.0.1:0").start();
        assert_eq!(hub.said("fingerprint"), fingerprint);
        assert_eq!(fs::read(hub.ca()).unwrap(), ca);
        assert!(Https::new(&hub).basic("ada", PASSWORD).get("/").await.body.contains("Attic"));
        let bearer = format!("Bearer {}", token.trim());
        assert_eq!(Https::new(&hub).header("Authorization", &bearer).get("/api/history").await.status, 200);
        let mut notes = door(&hub).subscribe(&["-t", "kitchen/note"]).await;
        assert_eq!(notes.line().await, number.to_string());
        assert!(hub.log().contains("own=1"), "the definition is in force: {}", hub.log());
        let verified = good(&folder, &["events", "verify", "--data", data]);
        assert!(verified.contains("none is missing, none was changed"), "{verified}");
        assert!(!hub.log().contains("damaged"), "{}", hub.log());
    }
}

#[test]
fn what_is_taken_is_the_hubs_own_in_one_order_and_ends_at_whole_lines() {
    let folder = tempfile::tempdir().unwrap();
    small(folder.path());
    for name in ["one", "two"] {
        good(folder.path(), &["backup", &format!("{name}.tar.gz")]);
    }
    let told = good(folder.path(), &["backup", "three.tar.gz", "--json"]);
    let told: Value = serde_json::from_str(&told).unwrap();
    let names: Vec<_> = told["files"].as_array().unwrap().iter().map(|file| &file["path"]).collect();
    let long = format!("data/{}", "n".repeat(150));
    let expect =
        ["config/clown-hub.toml", "data/accounts.toml", "data/ca.pem", "data/events/2026-11.jsonl", &long];
    assert_eq!(json!(names), json!(expect));
    assert_eq!(told["files"][3]["size"], 20, "half a line is left out");
    let listed = Command::new("tar").args(["tzf", "one.tar.gz"]).current_dir(folder.path()).output();
    let listed = String::from_utf8(listed.unwrap().stdout).unwrap();
    assert_eq!(listed.lines().next(), Some("backup.json"));
    assert_eq!(listed.lines().skip(1).collect::<Vec<_>>(), expect);
    let mode = fs::metadata(folder.path().join("one.tar.gz")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let piped = run(folder.path(), &["backup", "-"]);
    assert_eq!(piped.status.code(), Some(0));
    fs::write(folder.path().join("piped.tar.gz"), &piped.stdout).unwrap();
    good(folder.path(), &restore_into("piped.tar.gz", "p/hub.toml", "p/data", &[]));
    assert_eq!(fs::read(folder.path().join("p/hub.toml")).unwrap(), CONFIG.as_bytes());
    assert_eq!(tree(&folder.path().join("p/data")).len(), 4);
}

#[test]
fn a_backup_that_would_do_harm_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let check = |arguments: &[&str], code: i32, part: &str| {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", said(&output));
        assert!(said(&output).contains(part), "{arguments:?}: {}", said(&output));
    };
    check(&["backup", "--data", "data"], 1, "there is no hub to back up in data");
    small(folder.path());
    good(folder.path(), &["backup", "a.tar.gz"]);
    check(&["backup", "a.tar.gz"], 1, "a.tar.gz is already there; --force overwrites it");
    good(folder.path(), &["backup", "a.tar.gz", "--force"]);
    check(&["backup", "data/a.tar.gz"], 1, "choose another folder");
    check(&["backup", "nowhere/a.tar.gz"], 1, "cannot write the backup");
    check(&["backup", "-", "--json"], 2, "a backup is no text");
    fs::write(folder.path().join("data/broker.sqlite"), "no database").unwrap();
    check(&["backup", "b.tar.gz"], 1, "broker.sqlite");
    let left: Vec<_> = tree(folder.path()).into_keys().filter(|path| !path.starts_with("data")).collect();
    assert_eq!(left, [Path::new("a.tar.gz"), Path::new("clown-hub.toml")], "nothing half is left behind");
}

#[test]
fn a_restore_is_looked_at_first_and_keeps_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    small(here);
    good(here, &["backup", "hub.tar.gz"]);
    fs::create_dir_all(here.join("new/data")).unwrap();
    for (name, text) in [
        ("hub.toml", "# mine\nurl = \"mqtt://u:secret@h\"\n"),
        ("data/lock", ""),
        ("data/accounts.toml", "mine"),
        ("data/ca.pem", "a certificate"),
        ("data/history.sqlite", "mine"),
    ] {
        fs::write(here.join("new").join(name), text).unwrap();
    }
    let arguments = |more: &[&'static str]| restore_into("hub.tar.gz", "new/hub.toml", "new/data", more);
    let before = tree(here);
    let told = good(here, &arguments(&["--dry-run"]));
    for part in [
        "replaced   config/clown-hub.toml",
        "replaced   data/accounts.toml",
        "same       data/ca.pem",
        "added      data/events/2026-11.jsonl",
        "set aside  data/history.sqlite",
        "-# mine",
        "-url = \"mqtt://u:***@h\"",
        "+kind = \"simulator\"",
    ] {
        assert!(told.contains(part), "{part} in {told}");
    }
    let refused = run(here, &arguments(&[]));
    assert_eq!(refused.status.code(), Some(1));
    assert!(said(&refused).contains("3 files are there already"), "{}", said(&refused));
    assert_eq!(tree(here), before, "nothing was touched");

    let done: Value = serde_json::from_str(&good(here, &arguments(&["--force", "--json"]))).unwrap();
    let new = tree(&here.join("new/data"));
    assert_eq!(new.len(), 4);
    assert_eq!(new[Path::new("accounts.toml")], b"# nobody\n");
    assert_eq!(fs::read_to_string(here.join("new/hub.toml")).unwrap(), CONFIG);
    let kept: Vec<&str> = done["kept"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let [data, config] = kept[..] else { panic!("{kept:?}") };
    assert!(data.contains("/new/data.before-restore-20"), "{data}");
    assert_eq!(fs::read(Path::new(data).join("accounts.toml")).unwrap(), b"mine");
    assert!(fs::read_to_string(config).unwrap().starts_with("# mine"));

    let again = good(here, &arguments(&[]));
    assert!(again.contains("everything is here already; nothing was changed"), "{again}");
    let again: Value = serde_json::from_str(&good(here, &arguments(&["--dry-run", "--json"]))).unwrap();
    assert!(again["files"].as_array().unwrap().iter().all(|file| file["what"] == "same"), "{again}");
}

#[test]
fn files_get_the_owner_of_what_was_there_and_are_his_alone() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    small(here);
    good(here, &["backup", "hub.tar.gz"]);
    let (data, config) = (here.join("new/data"), here.join("new/hub.toml"));
    fs::create_dir_all(&data).unwrap();
    fs::write(&config, "").unwrap();
    fs::set_permissions(&config, fs::Permissions::from_mode(0o640)).unwrap();
    // As root, the folder is the service's; as anybody else it is one's own.
    let own = fs::metadata(here).unwrap();
    let (user, group) = if own.uid() == 0 { (1234, 1235) } else { (own.uid(), own.gid()) };
    chown(&data, Some(user), Some(group)).unwrap();
    good(here, &restore_into("hub.tar.gz", "new/hub.toml", "new/data", &["--force"]));
    let check = |path: &str, expect: (u32, u32, u32)| {
        let meta = fs::metadata(here.join("new").join(path)).unwrap();
        assert_eq!((meta.uid(), meta.gid(), meta.mode() & 0o777), expect, "{path}");
    };
    check("data", (user, group, 0o700));
    check("data/events", (user, group, 0o700));
    check("data/events/2026-11.jsonl", (user, group, 0o600));
    check("data/ca.pem", (user, group, 0o600));
    check("hub.toml", (own.uid(), own.gid(), 0o640));
}

#[test]
fn history_that_is_not_in_the_backup_stays() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let data = small(here);
    good(here, &["backup", "--without-history", "hub.tar.gz"]);
    fs::write(data.join("history.sqlite"), "years").unwrap();
    fs::write(data.join("accounts.toml"), "other").unwrap();
    good(here, &["restore", "hub.tar.gz", "--data", "data", "--force"]);
    assert_eq!(fs::read(data.join("history.sqlite")).unwrap(), b"years");
    assert_eq!(fs::read(data.join("accounts.toml")).unwrap(), b"# nobody\n");
    let mut others = fs::read_dir(here).unwrap().map(|entry| entry.unwrap().path());
    let kept = others.find(|path| text(path).contains(".before-restore-")).unwrap();
    assert!(!kept.join("history.sqlite").exists() && kept.join("accounts.toml").exists());
}

#[test]
fn a_restore_that_is_killed_leaves_the_old_or_the_new() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let data = small(here);
    let mut noise = 7_u64;
    let mut large = |size: usize| -> Vec<u8> {
        let step = |_| {
            noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (noise >> 56) as u8
        };
        (0..size).map(step).collect()
    };
    fs::write(data.join("large"), large(4 << 20)).unwrap();
    good(here, &["backup", "hub.tar.gz"]);
    good(here, &restore_into("hub.tar.gz", "clown-hub.toml", "good", &[]));
    let new = tree(&here.join("good"));
    for delay in [0, 40, 80, 120, 160, 200, 300, 400, 600] {
        fs::write(data.join("accounts.toml"), "old").unwrap();
        fs::write(data.join("lock"), "").unwrap();
        let old = tree(&data);
        let mut restore = program()
            .args(["restore", "hub.tar.gz", "--data", "data", "--force"])
            .current_dir(here)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(delay));
        restore.kill().unwrap();
        restore.wait().unwrap();
        let mut now = tree(&data);
        now.remove(Path::new("lock"));
        let mut old = old;
        old.remove(Path::new("lock"));
        assert!(now == old || now == new, "after {delay} ms: {:?}", now.keys());
    }
    good(here, &["restore", "hub.tar.gz", "--data", "data", "--force"]);
    assert_eq!(tree(&data), new);
    assert!(!here.join("data.restoring").exists());
}

#[test]
fn a_running_hub_keeps_its_folder() {
    let hub = Launch::run(CONFIG).account("ada", PASSWORD).start();
    let folder = hub.launch().config_file().parent().unwrap().to_owned();
    let (config, data) = (hub.launch().config_file(), hub.data());
    good(&folder, &["backup", "hub.tar.gz", "--config", text(&config), "--data", text(&data)]);
    let refused = run(&folder, &restore_into("hub.tar.gz", text(&config), text(&data), &["--force"]));
    assert_eq!(refused.status.code(), Some(1));
    assert!(said(&refused).contains("is in use by another hub (process"), "{}", said(&refused));
    good(&folder, &restore_into("hub.tar.gz", text(&config), text(&data), &["--dry-run"]));
}
