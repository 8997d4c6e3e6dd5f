//! The first start as on a Raspberry Pi: found by name, a setup code on its screen, without a clock, without a network,
//! with a root that cannot be written.

// Helpers of tests are tests.
#![allow(clippy::unwrap_used)]

mod common;

#[path = "first_start/disk.rs"]
mod disk;
#[path = "first_start/ear.rs"]
mod ear;
#[path = "first_start/network.rs"]
mod network;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use common::{Https, Hub, Launch, PATIENCE, apart, need, until};
use serde_json::Value;

const PASSWORD: &str = "correct horse battery";

/// `clown-hub setup`: its exit code, what it printed, its errors.
fn setup(data: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_clown-hub"))
        .arg("setup")
        .args(arguments)
        .arg("--data")
        .arg(data)
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn setup_json(data: &Path) -> Value {
    serde_json::from_str(&setup(data, &["--json"]).1).expect("one JSON object")
}

/// Makes the first account as the page does.
async fn make_account(hub: &Hub) {
    let visitor = Https::new(hub).header("Origin", hub.address());
    let fields = [("code", hub.said("setup_code")), ("name", "anna"), ("password", PASSWORD)];
    let answer = visitor.post_form("/setup", &fields).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/"), "{}", answer.body);
}

#[tokio::test]
async fn the_setup_code_is_on_the_screen_and_told_by_setup_until_there_is_an_account() {
    let run = tempfile::tempdir().unwrap();
    let issue = run.path().join("issue");
    let mut hub = Launch::run("").environment("RUNTIME_DIRECTORY", &run.path().display().to_string()).start();
    let (code, data) = (hub.said("setup_code").to_owned(), hub.data());
    assert!(hub.greeting()["by_name"].is_null(), "nobody else can come to loopback: {}", hub.greeting());

    let (exit, said, error) = setup(&data, &["--ascii"]);
    assert_eq!(exit, Some(0), "{error}");
    assert!(said.contains(&code) && said.contains(hub.address()) && said.contains("####"), "{said}");
    let told = setup_json(&data);
    assert_eq!((&told["needs_setup"], &told["setup_code"]), (&true.into(), &code.clone().into()), "{told}");
    assert_eq!(told["fingerprint"], hub.said("fingerprint"));
    let shown = fs::read_to_string(&issue).expect("the screen shows it");
    assert_eq!(shown, format!("clown-hub: {}\nSetup code: {code}\n\n", hub.address()));
    for file in [&issue, &data.join("local.json")] {
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600, "{}", file.display());
    }

    // What the picture holds opens the page with the code in its field.
    let page = Https::new(&hub).get(&format!("/setup?code={code}")).await;
    assert!(page.body.contains(&format!("name=\"code\" value=\"{code}\"")), "{}", page.body);
    make_account(&hub).await;
    until("the code to vanish", async || {
        let texts = [&issue, &data.join("local.json")].map(|file| fs::read_to_string(file).unwrap());
        texts.iter().all(|text| !text.contains(&code) && text.contains(hub.address())).then_some(())
    })
    .await;
    let (exit, said, _) = setup(&data, &[]);
    assert!(exit == Some(1) && said.contains("is set up") && said.contains(hub.address()), "{said}");
    assert_eq!(setup_json(&data)["needs_setup"], false);

    hub.stop();
    assert!(!issue.exists());
    let (exit, said, error) = setup(&data, &[]);
    assert!(exit == Some(3) && error.contains("systemctl start clown-hub"), "{said}{error}");
}

#[test]
fn the_words_of_a_hub_that_was_killed_are_not_believed() {
    let hub = Hub::run("");
    let (launch, data) = (hub.launch(), hub.data());
    let old = hub.said("setup_code").to_owned();
    drop(hub);
    assert!(data.join("local.json").exists(), "a killed hub cannot take it down");
    let (exit, said, error) = setup(&data, &[]);
    assert!(exit == Some(3) && said.is_empty() && error.contains("no hub serves"), "{said}{error}");
    let hub = launch.start();
    assert_ne!(hub.said("setup_code"), old);
    assert_eq!(setup_json(&hub.data())["setup_code"], hub.said("setup_code"));
    let (exit, _, error) = setup(Path::new("/nonexistent"), &[]);
    assert!(exit == Some(3) && error.contains("--data DIR"), "{error}");
}

/// A hub that is told the time by `file`.
fn clocked(launch: Launch, file: &Path) -> Launch {
    // `faketime` knows where its library is.
    let output = need("faketime", "faketime").args(["now", "env"]).output().expect("it runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let library = text.lines().find_map(|line| line.strip_prefix("LD_PRELOAD=")).expect("a library");
    launch
        .environment("LD_PRELOAD", library)
        .environment("FAKETIME_TIMESTAMP_FILE", &file.display().to_string())
        .environment("FAKETIME_NO_CACHE", "1")
        .environment("FAKETIME_DONT_FAKE_MONOTONIC", "1")
}

/// Sets the clock so many seconds beside the true time.
fn set_clock(file: &Path, by: i64) {
    let next = file.with_extension("next");
    fs::write(&next, format!("{by:+}s")).unwrap();
    fs::rename(next, file).unwrap();
}

#[tokio::test]
async fn a_hub_that_begins_in_1970_is_believed_before_and_after_its_clock_is_set() {
    let folder = tempfile::tempdir().unwrap();
    let clock = folder.path().join("clock");
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let boot = 60 - i64::try_from(now).unwrap();
    set_clock(&clock, boot);
    let hub = clocked(Launch::run(""), &clock).start();
    // This client knows the true time and accepts the certificate all the same; the setup code does not age.
    let before = hub.said("fingerprint").to_owned();
    for by in [boot + 40 * 365 * 86_400, 0, 86_400, boot] {
        set_clock(&clock, by);
        assert_eq!(Https::new(&hub).get("/setup").await.status, 200, "clock at {by:+} s");
    }
    make_account(&hub).await;
    let visitor = Https::new(&hub).header("Origin", hub.address());
    let fields = [("name", "anna"), ("password", PASSWORD)];
    assert_eq!(visitor.post_form("/login", &fields).await.status, 303);
    for by in [0, 400 * 86_400, boot, 0] {
        set_clock(&clock, by);
        assert_eq!(
            visitor.get("/").await.status,
            200,
            "the session does not end when the clock is at {by:+} s"
        );
    }
    // The next start, at the right time: the certificate of 1970 is still good, and so is the session.
    let hub = hub.restart();
    assert_eq!(hub.said("fingerprint"), before);
    assert_eq!(Https::new(&hub).basic("anna", PASSWORD).get("/").await.status, 200);
    assert!(hub.log().lines().all(|line| !line.contains("certificate")), "{}", hub.log());
}
