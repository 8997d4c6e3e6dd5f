//! What is shipped: the package with its unit and configuration, and what tells whether a hub serves.

// Helpers of tests are tests.
#![allow(clippy::unwrap_used)]

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::{Https, Hub, need};
use serde_json::{Value, json};

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

/// Two bills as `cargo cyclonedx` 0.5.9 writes them, cut down to two crates each; the second machine needs one more.
fn bills(folder: &Path, place: &str) -> [PathBuf; 2] {
    let root = format!("path+file://{place}#clown-hub@0.1.0");
    [("a.json", vec!["libc@0.2.191"]), ("b.json", vec!["libc@0.2.191", "portable-atomic@1.15.0"])].map(|(name, crates)| {
        let ids: Vec<_> = crates.iter().map(|id| format!("registry+https://github.com/rust-lang/crates.io-index#{id}")).collect();
        let components: Vec<_> = ids.iter().map(|id| json!({"type": "library", "bom-ref": id, "scope": "required"})).collect();
        let bill = json!({
            "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "serialNumber": format!("urn:uuid:{place}"),
            "metadata": {
                "timestamp": place,
                "component": {"bom-ref": root, "purl": "pkg:cargo/clown-hub@0.1.0?download_url=file://."},
                "properties": [{"name": "cdx:rustc:sbom:target:triple", "value": name}],
            },
            "components": components,
            "dependencies": [{"ref": root, "dependsOn": ids}],
        });
        let path = folder.join(name);
        std::fs::write(&path, bill.to_string()).unwrap();
        path
    })
}

#[test]
fn the_bill_of_materials_is_the_same_wherever_it_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let made = ["/home/ada/hub", "/srv/build"].map(|place| {
        let mut start = Command::new(of_repository("scripts/steady-bom"));
        let output = start.arg("1760000000").args(bills(folder.path(), place)).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    });
    assert_eq!(made[0], made[1]);
    let bill: Value = serde_json::from_str(&made[0]).unwrap();
    assert_eq!(bill["metadata"]["timestamp"], "2025-10-09T08:53:20Z");
    let crates = bill["components"].as_array().unwrap().iter();
    let names: Vec<_> = crates.map(|part| part["bom-ref"].as_str().unwrap()).collect();
    assert_eq!(names.iter().filter(|name| name.contains("libc@")).count(), 1, "{names:?}");
    assert!(names.iter().any(|name| name.contains("portable-atomic")), "one machine needs it: {names:?}");
    let root = bill["dependencies"]
        .as_array()
        .unwrap()
        .iter()
        .find(|each| each["ref"] == "pkg:cargo/clown-hub@0.1.0")
        .unwrap();
    assert_eq!(root["dependsOn"].as_array().unwrap().len(), 5, "two crates and what is bundled: {root}");
    assert!(!made[0].contains("/home/ada") && !made[0].contains("file:"), "{}", made[0]);
}

#[test]
fn the_bill_of_materials_names_what_is_bundled_as_it_is() {
    let bundled: Value = serde_json::from_str(include_str!("../packaging/bundled.json")).unwrap();
    let version = |name: &str| {
        let part = bundled.as_array().unwrap().iter().find(|part| part["name"] == name);
        part.unwrap()["version"].as_str().unwrap().to_owned()
    };
    assert_eq!(version("sqlite"), rusqlite::version());
    let vendor = include_str!("../src/web/assets/vendor/README.md");
    assert!(vendor.contains(&format!("uPlot](https://github.com/leeoniya/uPlot) {}", version("uplot"))));
    let icons = include_str!("../src/web/assets/icons/README.md");
    assert!(icons.contains(&format!("Lucide](https://lucide.dev) {}", version("lucide-static"))));
}
