//! The command line beside a running hub.

use crate::bench::{HARD, done, fails, program, write};
use crate::common::{Https, Hub, Launch};

fn visitor(hub: &Hub) -> Https {
    Https::new(hub).basic(hub.said("account"), hub.said("password"))
}

#[tokio::test]
async fn a_running_hub_takes_files_and_tells_the_same_as_its_file() {
    let hub = Hub::demo();
    let folder = tempfile::tempdir().unwrap();
    let said = done(&["import", &write(folder.path(), "hard.csv", HARD)], &hub.data());
    assert_eq!(said, "11 samples of 3 series\n");
    let direct = done(&["export", "nodes/a/#", "nodes/b/mode"], &hub.data());
    assert_eq!(direct, HARD);
    let asked = "/api/history/samples?series=nodes/a/%23&series=nodes/b/mode";
    let answer = visitor(&hub).get(asked).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, direct.as_str()));
    let json = visitor(&hub).get(&format!("{asked}&format=json")).await;
    assert_eq!(json.body, done(&["export", "nodes/a/#", "nodes/b/mode", "--format", "json"], &hub.data()));
    let again = done(&["import", &write(folder.path(), "hard.csv", HARD)], &hub.data());
    assert_eq!(again, "11 samples of 3 series, 11 of them known already\n");
    // It goes on recording, and another hub would not get the folder.
    let own = done(&["--json"], &hub.data());
    assert!(own.contains("nodes/b/mode"), "{own}");
}

#[tokio::test]
async fn what_a_hub_refuses_has_the_number_of_its_line() {
    let hub = Hub::demo();
    let folder = tempfile::tempdir().unwrap();
    let text = "time,series,value,unit\n2026-01-01,a#t,1,\nnonsense\n2026-01-02,b#t,,\n2026-01-03,a#t,2,\n";
    let file = write(folder.path(), "some.csv", text);
    let output = program(&["import", &file, "--json"], &hub.data());
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), told["samples"].as_u64()), (Some(1), Some(2)), "{told}");
    let mut lines: Vec<u64> =
        told["refused"].as_array().unwrap().iter().filter_map(|it| it["line"].as_u64()).collect();
    lines.sort_unstable();
    assert_eq!(lines, [3, 4]);
}

#[tokio::test]
async fn a_running_hub_forgets_when_it_is_asked() {
    let hub = Hub::demo();
    let folder = tempfile::tempdir().unwrap();
    done(&["import", &write(folder.path(), "hard.csv", HARD)], &hub.data());
    let said = done(
        &["forget", "nodes/a/thermometer/0#temperature", "--from", "2026-01-01T00:00:15Z", "--yes"],
        &hub.data(),
    );
    assert_eq!(said, "2 samples of nodes/a/thermometer/0#temperature are forgotten\n");
    let answer = visitor(&hub).get("/api/history/samples?series=nodes/a/thermometer/0%23temperature").await;
    assert_eq!(answer.body.lines().count(), 3, "{}", answer.body);
}

#[test]
fn a_hub_that_is_elsewhere_takes_files_too() {
    let hub = Hub::demo();
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "hard.csv", HARD);
    let url = hub
        .address()
        .replace("https://", &format!("wss://{}:{}@", hub.said("account"), hub.said("password")));
    let nowhere = folder.path().join("nowhere");
    let ca = hub.ca().display().to_string();
    let said = done(&["import", &file, "--url", &url, "--ca", &ca], &nowhere);
    assert_eq!(said, "11 samples of 3 series\n");
    assert_eq!(done(&["export", "nodes/a/#", "nodes/b/mode", "--url", &url, "--ca", &ca], &nowhere), HARD);
    let list = done(&["--json", "--url", &url, "--ca", &ca], &nowhere);
    assert!(list.contains("\"series\":\"nodes/a/thermometer/0#temperature\""), "{list}");
    let error = fails(1, &["export", "nowhere", "--url", &url, "--ca", &ca], &nowhere);
    assert!(error.contains("there is no series nowhere"), "{error}");
    let said = done(&["forget", "nodes/b/mode", "--yes", "--url", &url, "--ca", &ca], &nowhere);
    assert_eq!(said, "4 samples of nodes/b/mode are forgotten\n");
    assert!(!nowhere.exists());
    let wrong = url.replace(hub.said("password"), "wrong");
    let error = fails(3, &["import", &file, "--url", &wrong, "--ca", &ca], &nowhere);
    assert!(error.contains("wrong account or password") && !error.contains(hub.said("password")), "{error}");
}

#[test]
fn a_hub_that_does_not_record_says_so() {
    let hub = Launch::run("[history]\nrecord = false\n").account("ada", "a-long-password-1").start();
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "hard.csv", HARD);
    let error = fails(1, &["import", &file], &hub.data());
    assert!(error.contains("history is not recorded") && error.contains("record = true"), "{error}");
}
