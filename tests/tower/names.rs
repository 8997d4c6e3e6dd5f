//! Names: set, removed, refused, given by themselves, and what is told under them.

use clown_hub::hub::{Now, Step};
use clown_hub::link::tower::Naming;
use serde_json::json;

use crate::common::until;
use crate::dongle::{ATTIC, Dongle, KITCHEN, OWN, Traits};
use crate::rig::{Rig, TIMING, naming};

async fn started(traits: Traits) -> (Dongle, Rig) {
    let dongle = Dongle::plugged(traits);
    let mut rig = Rig::new(dongle.path());
    rig.up().await;
    rig.told();
    (dongle, rig)
}

fn device_name(rig: &Rig, id: &str) -> Option<String> {
    let base = format!("nodes/hardwario/{id}");
    let devices = rig.hub.snapshot(Now::now()).devices;
    devices.into_iter().find(|device| device.base.as_str() == base)?.name.map(|name| name.to_string())
}

#[tokio::test]
async fn a_name_is_stored_told_and_used_from_then_on() {
    let (dongle, mut rig) = started(Traits::default()).await;
    assert_eq!(device_name(&rig, KITCHEN).as_deref(), Some("kitchen"));
    let wish = format!(r#"{{"id": "{ATTIC}", "alias": "attic"}}"#);
    rig.confirmed("gateway/usb-dongle/alias/set", &wish).await;
    assert_eq!(
        dongle.hears("alias/add").await,
        r#"["$eeprom/alias/add", {"id": "836d19821664", "name": "attic"}]"#
    );
    let ok = rig.says("gateway/usb-dongle/alias/set/ok").await;
    assert_eq!(ok, r#"{"id":"836d19821664","alias":"attic"}"#);
    dongle.node_says(ATTIC, "push-button/-/event-count", "5").await;
    assert_eq!(rig.says("node/attic/push-button/-/event-count").await, "5");
    rig.confirmed("node/attic/led/-/state/set", "true").await;
    assert_eq!(device_name(&rig, ATTIC).as_deref(), Some("attic"));
    let radio = rig.radio_says("what happened", |radio| radio["last"]["event"] == "renamed").await;
    assert_eq!((&radio["last"]["id"], &radio["nodes"][0]["alias"]), (&json!(ATTIC), &json!("attic")));
}

#[tokio::test]
async fn a_name_is_removed_in_both_ways() {
    let (dongle, mut rig) = started(Traits::default()).await;
    for (topic, payload) in [
        ("gateway/usb-dongle/alias/set", format!(r#"{{"id": "{KITCHEN}", "alias": null}}"#)),
        ("gateway/usb-dongle/alias/remove", format!("\"{KITCHEN}\"")),
    ] {
        rig.confirmed(topic, &payload).await;
        assert_eq!(
            rig.says("gateway/usb-dongle/alias/remove/ok").await,
            format!(r#"{{"id":"{KITCHEN}","alias":null}}"#)
        );
    }
    dongle.node_says(KITCHEN, "push-button/-/event-count", "5").await;
    assert_eq!(rig.says(&format!("node/{KITCHEN}/push-button/-/event-count")).await, "5");
    let (code, _) = rig.refused("node/kitchen/led/-/state/set", "true").await;
    assert_eq!(code, "no-such-device");
}

/// bcg says nothing at all when a name is taken.
#[tokio::test]
async fn a_name_that_cannot_be_is_refused_with_the_reason() {
    let (dongle, rig) = started(Traits::default()).await;
    let set = "gateway/usb-dongle/alias/set";
    let check = async |payload: String, code: &str, part: &str| {
        let (found, reason) = rig.refused(set, &payload).await;
        assert_eq!(found, code, "{payload}: {reason}");
        assert!(reason.contains(part), "{reason}");
    };
    check(format!(r#"{{"id": "{ATTIC}", "alias": "kitchen"}}"#), "name-taken", KITCHEN).await;
    check(r#"{"id": "836d19830000", "alias": "x"}"#.into(), "unknown-node", "836d19830000").await;
    check(r#"{"id": "836D1983718A", "alias": "x"}"#.into(), "bad-payload", "12 digits").await;
    check(r#"{"alias": "x"}"#.into(), "bad-payload", "alias").await;
    check(format!(r#"{{"id": "{ATTIC}", "alias": "a/b"}}"#), "bad-name", "a/b").await;
    check(format!(r#"{{"id": "{ATTIC}", "alias": "{KITCHEN}"}}"#), "bad-name", "no id").await;
    check(format!(r#"{{"id": "{ATTIC}", "alias": "{}"}}"#, "x".repeat(33)), "bad-name", "32 bytes").await;
    dongle.set(|traits| traits.is_full = true).await;
    check(format!(r#"{{"id": "{ATTIC}", "alias": "attic"}}"#), "not-stored", "memory").await;
}

/// The dongle is asked for its names then, and those are true, whatever became of the answer.
#[tokio::test]
async fn a_rename_without_an_answer_ends_with_the_name_that_is_true() {
    let many: Vec<String> = (0..10).map(|number| format!("836d1990000{number}")).collect();
    let names = many.iter().map(|id| (id.clone(), format!("n{id}"))).collect();
    let dongle = Dongle::plugged(Traits {
        nodes: [KITCHEN, ATTIC].map(String::from).into_iter().chain(many).collect(),
        names,
        is_mute_about_names: true,
        ..Traits::default()
    });
    let mut rig = Rig::patient(dongle.path());
    rig.up().await;
    rig.told();
    dongle.forget().await;
    let wish = |name: &str| format!(r#"{{"id": "{ATTIC}", "alias": "{name}"}}"#);
    let set = "gateway/usb-dongle/alias/set";
    rig.confirmed(set, &wish("attic")).await;
    assert_eq!(rig.says(&format!("{set}/ok")).await, r#"{"id":"836d19821664","alias":"attic"}"#);
    assert_eq!(device_name(&rig, ATTIC).as_deref(), Some("attic"));
    let asked: Vec<String> =
        dongle.heard().await.into_iter().filter(|line| line.contains("alias/list")).collect();
    assert_eq!(asked, [r#"["$eeprom/alias/list", 0]"#, r#"["$eeprom/alias/list", 1]"#]);

    dongle.set(|traits| traits.drops_names = true).await;
    let (code, reason) = rig.refused(set, &wish("loft")).await;
    assert_eq!(code, "not-stored");
    assert!(reason.ends_with("836d19821664 is still called attic"), "{reason}");
    assert_eq!(device_name(&rig, ATTIC).as_deref(), Some("attic"));
    assert_eq!(device_name(&rig, "836d19900009").as_deref(), Some("n836d19900009"), "of the second page");
    assert_eq!(rig.view("radio").state.code, "up", "nothing was held up");
}

#[tokio::test]
async fn a_dongle_that_tells_its_names_no_more_changes_none() {
    let (dongle, rig) = started(Traits::default()).await;
    dongle.set(|traits| traits.is_deaf = true).await;
    let wish = format!(r#"{{"id": "{ATTIC}", "alias": "x"}}"#);
    assert_eq!(rig.command("gateway/usb-dongle/alias/set", &wish).await.step, Step::Unanswered);
    dongle.hears("alias/add").await;
    dongle.forget().await;
    dongle.hears("/info/get").await;
    let asked = dongle.heard().await.into_iter().filter(|line| line.contains("alias/list")).count();
    assert_eq!(asked, 2, "once more, and then whether it lives at all");
    assert_eq!(device_name(&rig, KITCHEN).as_deref(), Some("kitchen"));
    assert_eq!(device_name(&rig, ATTIC), None);
    dongle.set(|traits| traits.is_deaf = false).await;
    rig.confirmed("gateway/usb-dongle/alias/set", &wish).await;
    assert_eq!(device_name(&rig, ATTIC).as_deref(), Some("x"));
}

#[tokio::test]
async fn names_are_stored_one_after_the_other() {
    let (dongle, rig) = started(Traits::default()).await;
    let wish = |id: &str, name: &str| format!(r#"{{"id": "{id}", "alias": "{name}"}}"#);
    let (first, second) = (wish(KITCHEN, "one"), wish(ATTIC, "two"));
    let set = "gateway/usb-dongle/alias/set";
    tokio::join!(rig.confirmed(set, &first), rig.confirmed(set, &second));
    let stored: Vec<String> =
        dongle.heard().await.into_iter().filter(|line| line.contains("alias/add")).collect();
    assert_eq!(stored.len(), 2, "{stored:?}");
}

#[tokio::test]
async fn a_node_without_a_name_gets_one_after_its_firmware() {
    let traits = Traits { names: [(KITCHEN.into(), "push-button:0".into())].into(), ..Traits::default() };
    let dongle = Dongle::plugged(traits);
    let mut rig = Rig::with(dongle.path(), naming(true), TIMING);
    rig.up().await;
    let info = r#"{"firmware": "kit-push-button", "version": "v1.2.0", "mode": 3}"#;
    dongle.node_says(KITCHEN, "info", info).await;
    dongle.node_says(ATTIC, "info", info).await;
    assert_eq!(
        dongle.hears("alias/add").await,
        r#"["$eeprom/alias/add", {"id": "836d19821664", "name": "push-button:1"}]"#
    );
    assert_eq!(
        rig.says("gateway/usb-dongle/alias/set/ok").await,
        r#"{"id":"836d19821664","alias":"push-button:1"}"#
    );
    dongle.node_says(ATTIC, "battery/-/voltage", "2.31").await;
    assert_eq!(rig.says("node/push-button:1/battery/-/voltage").await, "2.31");
    let added = dongle.heard().await.into_iter().filter(|line| line.contains("alias/add")).count();
    assert_eq!(added, 1, "one that has a name keeps it");
}

#[tokio::test]
async fn no_names_are_given_where_that_is_switched_off() {
    let (dongle, mut rig) = started(Traits::default()).await;
    dongle
        .node_says(ATTIC, "info", r#"{"firmware": "kit-push-button", "version": "v1.2.0", "mode": 3}"#)
        .await;
    rig.says(&format!("node/{ATTIC}/info")).await;
    rig.confirmed("gateway/usb-dongle/nodes/get", "null").await;
    assert!(!dongle.heard().await.iter().any(|line| line.contains("alias/add")));
}

#[tokio::test]
async fn names_and_the_gateways_name_may_stand_in_the_configuration() {
    let dongle = Dongle::plugged(Traits::default());
    let fixed = vec![(ATTIC.to_owned(), "room".to_owned())];
    let naming = Naming { gateway: Some("attic-{id}".into()), automatic: false, fixed };
    let mut rig = Rig::with(dongle.path(), naming, TIMING);
    rig.up().await;
    let gateway = format!("gateway/attic-{OWN}");
    rig.says(&format!("{gateway}/info")).await;
    dongle.node_says(ATTIC, "battery/-/voltage", "2.31").await;
    assert_eq!(rig.says("node/room/battery/-/voltage").await, "2.31");
    let wish = format!(r#"{{"id": "{ATTIC}", "alias": "other"}}"#);
    let (code, _) = rig.refused(&format!("{gateway}/alias/set"), &wish).await;
    assert_eq!(code, "fixed");
}

/// A core module that is a gateway has sensors of its own; it is a node with the gateway's name.
#[tokio::test]
async fn a_core_module_is_gateway_and_node() {
    let (dongle, mut rig) =
        started(Traits { firmware: "twr-gateway-core-module", ..Traits::default() }).await;
    dongle.node_says(OWN, "thermometer/0:1/temperature", "24.69").await;
    assert_eq!(rig.says("node/core-module/thermometer/0:1/temperature").await, "24.69");
    let base = format!("nodes/hardwario/{OWN}/thermometer/0:1");
    assert_eq!(rig.says(&base).await, r#"{"temperature": [24.69, "℃"]}"#);
    dongle.set(|traits| traits.nodes.push(OWN.into())).await;
    rig.confirmed("node/core-module/led/-/state/set", "true").await;
    dongle.hears(&format!("[\"{OWN}/led/-/state/set\", true]")).await;
}

#[tokio::test]
async fn two_dongles_with_one_name_keep_apart() {
    let (first, mut rig) = started(Traits::default()).await;
    let second = Dongle::plugged(Traits {
        nodes: vec!["836d19830001".into()],
        names: [("836d19830001".into(), "kitchen".into())].into(),
        ..Traits::default()
    });
    rig.link("other", second.path(), naming(false), TIMING);
    rig.comes_to("other", "up").await;
    // The second gateway goes by its id, and so does its node.
    until("the second gateway to have its id for a name", || async {
        (rig.radio("other")["gateway"]["name"] == OWN).then_some(())
    })
    .await;
    second.node_says("836d19830001", "led/-/state", "true").await;
    assert_eq!(rig.says("node/836d19830001/led/-/state").await, "true");
    rig.confirmed("node/kitchen/led/-/state/set", "true").await;
    first.hears(&format!("{KITCHEN}/led/-/state/set")).await;
    // Both hear what is meant for all.
    rig.confirmed("gateway/all/pairing-mode/start", "null").await;
    first.hears("/pairing-mode/start").await;
    second.hears("/pairing-mode/start").await;
}
