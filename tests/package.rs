//! What is shipped: the package with its unit and configuration, and what tells whether a hub serves.

// Helpers of tests are tests.
#![allow(clippy::unwrap_used)]

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::{Https, Hub, need};
use serde_json::Value;

/// A file of the repository.
fn of_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Runs the program away from the caller's own hub.
fn program(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_clown-hub"))
        .args(arguments)
        .env_remove("CLOWN_HUB_URL")
        .env_remove("CLOWN_HUB_TOKEN")
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs a script of the repository on the binary under test; its last line is one JSON object.
fn script(name: &str, arguments: &[&str]) -> Value {
    let mut start = Command::new(of_repository(name));
    let binary = ["--binary", env!("CARGO_BIN_EXE_clown-hub"), "--json"];
    let output = start.args(arguments).args(binary).output().unwrap();
    let said = format!("{}\n{}", text(&output.stderr), text(&output.stdout));
    println!("{said}");
    assert!(output.status.success(), "{name} failed:\n{said}");
    serde_json::from_str(text(&output.stdout).lines().last().unwrap()).unwrap()
}

#[tokio::test]
async fn whether_a_hub_serves_is_told_to_everybody_and_by_the_exit_code() {
    let mut hub = Hub::run("");
    let data = hub.data().display().to_string();
    let (address, ca) = (hub.address().to_owned(), hub.ca().display().to_string());
    // No account has been made yet, and nobody is signed in.
    let answer = Https::new(&hub).get("/healthz").await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "{\"ok\":true}\n"));
    assert_eq!(answer.header("cache-control"), "no-store");

    let healthy = program(&["health", "--data", &data, "--json"]);
    let told: Value = serde_json::from_slice(&healthy.stdout).unwrap();
    assert_eq!((healthy.status.code(), &told["ok"]), (Some(0), &Value::Bool(true)));
    let by_address = program(&["health", "--url", &address, "--ca", &ca]);
    assert_eq!(by_address.status.code(), Some(0), "{}", text(&by_address.stderr));
    assert!(text(&by_address.stdout).contains("serves; it answered in"), "{}", text(&by_address.stdout));
    let stranger = program(&["health", "--url", &address]);
    assert_eq!(stranger.status.code(), Some(3), "an unknown certificate is no good answer");

    hub.stop();
    let gone = program(&["health", "--url", &address, "--ca", &ca, "--json"]);
    let told: Value = serde_json::from_slice(&gone.stdout).unwrap();
    assert_eq!((gone.status.code(), &told["ok"]), (Some(3), &Value::Bool(false)));
    assert!(told["error"].as_str().unwrap().contains("cannot reach"), "{told}");
    assert_eq!(program(&["health", "--data", &data]).status.code(), Some(3));
}

#[test]
fn the_configuration_of_the_package_is_good_as_it_is_and_with_every_line_uncommented() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data").display().to_string();
    let shipped = of_repository("packaging/debian/clown-hub.toml");
    let check = |file: &Path| {
        let output = program(&["check", "--json", "--data", &data, "--config", &file.display().to_string()]);
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    let as_it_is = check(&shipped);
    assert_eq!((&as_it_is["ok"], &as_it_is["warnings"]), (&Value::Bool(true), &serde_json::json!([])));

    let setting = |line: &&str| {
        let is_name = |name: &str| name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        line.starts_with('[') || line.split_once(" = ").is_some_and(|(name, _)| is_name(name))
    };
    let lines = std::fs::read_to_string(&shipped).unwrap();
    let lines: Vec<&str> =
        lines.lines().map(|line| line.strip_prefix("# ").filter(setting).unwrap_or(line)).collect();
    let all = folder.path().join("clown-hub.toml");
    std::fs::write(&all, lines.join("\n")).unwrap();
    // Files that only their owner can bring are not there; nothing else may be wrong.
    let all = check(&all);
    for problem in all["problems"].as_array().unwrap() {
        let found = problem["found"].as_str().unwrap();
        assert!(found.contains("no such file") || found.contains("cannot be read"), "{problem}");
    }
}

#[test]
fn what_is_served_unencrypted_by_the_package_only_leads_to_https() {
    let text = std::fs::read_to_string(of_repository("packaging/debian/clown-hub.toml")).unwrap();
    // On loopback the pages themselves would be served; anywhere else nothing but the way to HTTPS.
    assert!(text.contains("\nplain_http = \"0.0.0.0:80\"\n"), "{text}");
}

#[test]
fn the_unit_is_hardened_and_systemd_understands_it() {
    let unit = of_repository("packaging/debian/clown-hub.service");
    let mut analyze = need("systemd-analyze", "systemd");
    let output = analyze.args(["security", "--offline=true", "--threshold=30"]).arg(&unit).output().unwrap();
    assert!(output.status.success(), "{}\n{}", text(&output.stdout), text(&output.stderr));
    // It complains that the program is not installed, and must not complain of anything else.
    let output = need("systemd-analyze", "systemd").args(["verify", "--man=no"]).arg(&unit).output().unwrap();
    let said = text(&output.stderr);
    let complaints: Vec<&str> = said
        .lines()
        .filter(|line| line.contains("clown-hub.service") && !line.contains("is not executable"))
        .collect();
    assert!(complaints.is_empty(), "{complaints:?}");
}

#[test]
fn the_package_is_installed_upgraded_removed_and_purged() {
    let told = script("scripts/package-test", &["amd64", "--strip", "--fast"]);
    assert_eq!(told["ok"], true, "{told}");
}

#[test]
fn the_container_is_built_runs_without_rights_and_keeps_its_volume() {
    let told = script("scripts/container-check", &[]);
    assert_eq!(told["ok"], true, "{told}");
}
