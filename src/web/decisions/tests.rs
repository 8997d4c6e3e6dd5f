//! Decisions and their file.

use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::device::dialect::Dialect;
use crate::device::dialect::draft::Draft;
use crate::device::dialect::entry::{Entry, Way};
use crate::hub::{HubConfig, LinkHandle, LinkInfo};

fn topic(text: &str) -> Topic {
    Topic::new(text).expect(text)
}

/// A hub with two devices that announced themselves and one that did not.
fn house() -> (Hub, LinkHandle) {
    let now = Now::now();
    let hub = Hub::new(HubConfig::default(), now);
    let (link, _) = hub.attach(now, LinkInfo { name: "home".into(), kind: "mqtt", base: None });
    for id in ["a", "b"] {
        let entry = Entry::new("relay", "1").read(Way::at("a/state").truth("1", "0"));
        let draft = Draft { id: id.into(), vendor: "Acme".into(), entries: vec![entry], ..Draft::default() };
        let draft = Draft { family: "Plug".into(), ..draft };
        let profile = draft.read(Dialect::Tasmota, id).expect("valid").profile;
        link.introduce(now, &topic(&format!("nodes/acme/{id}")), Some(profile.into())).expect("free");
    }
    link.introduce(now, &topic("nodes/known/0"), None).expect("free");
    (hub, link)
}

fn one(base: &str) -> Meant {
    Meant::Bases(vec![topic(base)])
}

fn standings(hub: &Hub) -> Vec<String> {
    hub.announced().iter().map(|device| format!("{} {}", device.base, device.standing.word())).collect()
}

#[tokio::test]
async fn what_was_decided_is_there_after_a_restart_and_private() {
    let data = tempfile::tempdir().expect("a folder");
    let (hub, _link) = house();
    let decisions = Decisions::open(&hub, data.path(), Now::now());
    let accepted = Some(Decision::Accepted);
    let done = decisions.decide("ada".into(), one("nodes/acme/a"), accepted).await;
    assert_eq!(done.expect("done"), [topic("nodes/acme/a")]);
    decisions.decide("bob".into(), one("nodes/acme/b"), Some(Decision::Ignored)).await.expect("done");
    let expected = ["nodes/acme/a accepted", "nodes/acme/b ignored"];
    assert_eq!((standings(&hub), hub.newcomers()), (expected.map(String::from).to_vec(), Some(0)));

    let file = data.path().join("devices.jsonl");
    let text = std::fs::read_to_string(&file).expect("it was written");
    assert!(text.starts_with(r#"{"base":"nodes/acme/a","standing":"accepted","by":"ada","at":"2"#), "{text}");
    let mode = std::fs::metadata(&file).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let (next, _link) = house();
    let decisions = Decisions::open(&next, data.path(), Now::now());
    assert_eq!(standings(&next), expected);
    // Said once more it changes nothing, not even who said it first.
    decisions.decide("eve".into(), one("nodes/acme/a"), accepted).await.expect("done");
    assert_eq!(std::fs::read_to_string(&file).expect("it is there"), text);
    decisions.decide("ada".into(), one("nodes/acme/b"), None).await.expect("done");
    assert_eq!(standings(&next), ["nodes/acme/a accepted", "nodes/acme/b new"]);
    assert_eq!(std::fs::read_to_string(&file).expect("it is there").lines().count(), 1);
}

#[tokio::test]
async fn damage_costs_its_lines_and_a_file_that_cannot_be_read_is_not_written_over() {
    let data = tempfile::tempdir().expect("a folder");
    let file = data.path().join("devices.jsonl");
    let good = |base: &str| format!(r#"{{"base":"nodes/acme/{base}","standing":"accepted"}}"#);
    let text = format!(
        "{}\n{{\"base\":\n\u{0}\n{}\n{{\"base\":\"#\",\"standing\":\"ignored\"}}\n",
        good("a"),
        good("b")
    );
    std::fs::write(&file, text).expect("writable");
    let (hub, _link) = house();
    Decisions::open(&hub, data.path(), Now::now());
    assert_eq!(standings(&hub), ["nodes/acme/a accepted", "nodes/acme/b accepted"]);

    std::fs::remove_file(&file).expect("it is there");
    std::fs::create_dir(&file).expect("writable");
    let (hub, _link) = house();
    let decisions = Decisions::open(&hub, data.path(), Now::now());
    let failed = decisions.decide("ada".into(), one("nodes/acme/a"), Some(Decision::Accepted)).await;
    let error = failed.expect_err("it cannot be kept");
    assert_eq!(error.code(), "not-kept");
    assert!(error.to_string().contains("devices.jsonl cannot be read"), "{error}");
    assert_eq!(hub.newcomers(), Some(2), "what is not kept does not count");
}

#[tokio::test]
async fn all_new_ones_are_meant_or_those_that_are_named() {
    let (hub, link) = house();
    let decisions = Decisions::in_memory(&hub);
    let decide = async |meant, decision| decisions.decide("ada".into(), meant, decision).await;
    let accepted = Some(Decision::Accepted);
    for strange in ["nodes/known/0", "nodes/elsewhere/0"] {
        let meant = Meant::Bases(vec![topic("nodes/acme/a"), topic(strange)]);
        let error = decide(meant, accepted).await.expect_err("it did not announce itself");
        assert_eq!((error.code(), hub.newcomers()), ("no-such-device", Some(2)), "all or none");
    }
    let none = decide(Meant::New(Some("homie".into())), accepted).await.expect("done");
    assert_eq!(none, []);
    decide(one("nodes/acme/b"), Some(Decision::Ignored)).await.expect("done");
    let all = decide(Meant::New(Some("tasmota".into())), accepted).await.expect("done");
    assert_eq!(all, [topic("nodes/acme/a")], "the other one is ignored");
    // One that is away now can be taken back, too.
    link.device_gone(Now::now(), &topic("nodes/acme/b"));
    assert_eq!(decide(one("nodes/acme/b"), None).await.expect("done"), [topic("nodes/acme/b")]);
    let many = Meant::Bases(vec![topic("nodes/acme/a"); MOST + 1]);
    assert_eq!(decide(many, accepted).await.expect_err("too many").code(), "too-many");
}
