//! Commands to nodes and to the gateway: written as the dongle takes them, ended by its answer, refused with the reason.

use clown_hub::hub::Step;

use crate::common::until;
use crate::dongle::{ATTIC, Dongle, KITCHEN, Traits};
use crate::rig::Rig;

async fn started(traits: Traits) -> (Dongle, Rig) {
    let dongle = Dongle::plugged(traits);
    let mut rig = Rig::new(dongle.path());
    rig.up().await;
    rig.told();
    dongle.forget().await;
    (dongle, rig)
}

#[tokio::test]
async fn a_relay_is_switched_by_name_by_id_and_as_a_device() {
    let (dongle, mut rig) = started(Traits::default()).await;
    for (node, state) in [("kitchen", "true"), (KITCHEN, "false")] {
        rig.confirmed(&format!("node/{node}/relay/0:0/state/set"), state).await;
        assert_eq!(rig.says("node/kitchen/relay/0:0/state").await, state);
        dongle.hears(&format!("[\"{KITCHEN}/relay/0:0/state/set\", {state}]")).await;
    }
    dongle.forget().await;
    let device = format!("nodes/hardwario/{KITCHEN}/relay/0:0");
    rig.confirmed(&format!("{device}/set"), r#"{"state": true}"#).await;
    assert_eq!(dongle.heard().await, [format!("[\"{KITCHEN}/relay/0:0/state/set\", true]")]);
    rig.confirmed(&format!("{device}/get"), "{}").await;
    dongle.hears(&format!("[\"{KITCHEN}/relay/0:0/state/get\", null]")).await;
    rig.confirmed("node/kitchen/relay/0:0/state/get", "null").await;
}

async fn step(rig: &Rig, topic: &str, payload: &str) -> Step {
    rig.command(topic, payload).await.step
}

#[tokio::test]
async fn what_is_never_answered_says_so_and_what_is_not_answered_too() {
    let (dongle, mut rig) = started(Traits::default()).await;
    assert_eq!(step(&rig, "node/kitchen/led-strip/-/brightness/set", "50").await, Step::Unconfirmable);
    assert_eq!(step(&rig, "node/kitchen/lcd/-/screen/clear", "null").await, Step::Unconfirmable);
    let lcd = format!("nodes/hardwario/{KITCHEN}/lcd/-/set");
    assert_eq!(
        step(&rig, &lcd, r#"{"text": {"x": 5, "y": 10, "text": "BigClown"}}"#).await,
        Step::Unconfirmable
    );
    dongle.hears(r#""text":"BigClown""#).await;
    // A relay that falls back by itself.
    dongle.node_says(KITCHEN, "relay/0:0/state", "false").await;
    rig.says(&format!("nodes/hardwario/{KITCHEN}/relay/0:0")).await;
    let relay = format!("nodes/hardwario/{KITCHEN}/relay/0:0/set");
    assert_eq!(step(&rig, &relay, r#"{"state": true, "for": 0.2}"#).await, Step::Unconfirmable);
    dongle.hears("relay/0:0/pulse/set\", {\"duration\":200").await;
    let strip = format!("nodes/hardwario/{KITCHEN}/led-strip/-/set");
    assert_eq!(rig.refused(&strip, r#"{"color": "red"}"#).await.0, "bad-payload");
    dongle.set(|traits| traits.is_out_of_reach = true).await;
    assert_eq!(step(&rig, "node/kitchen/led/-/state/set", "true").await, Step::Unanswered);
}

#[tokio::test]
async fn a_node_that_sleeps_is_not_commanded() {
    let (dongle, mut rig) = started(Traits::default()).await;
    dongle
        .node_says(KITCHEN, "info", r#"{"firmware": "kit-push-button", "version": "v1.2.0", "mode": 3}"#)
        .await;
    rig.says("node/kitchen/info").await;
    let device = format!("nodes/hardwario/{KITCHEN}/relay/-");
    dongle.node_says(KITCHEN, "relay/-/state", "false").await;
    rig.says(&device).await;
    for (topic, payload) in [
        ("node/kitchen/relay/-/state/set".to_owned(), "true"),
        (format!("{device}/set"), r#"{"state": true}"#),
    ] {
        let (code, reason) = rig.refused(&topic, payload).await;
        assert_eq!(code, "sleeping");
        assert!(reason.contains("this node sleeps and cannot be commanded"), "{reason}");
    }
    assert_eq!(dongle.heard().await, [""; 0]);
}

#[tokio::test]
async fn what_the_dongle_would_drop_is_refused_with_the_reason() {
    let (dongle, rig) = started(Traits::default()).await;
    let check = async |topic: &str, payload: &str, code: &str| {
        let (found, reason) = rig.refused(topic, payload).await;
        assert_eq!(found, code, "{topic} {payload}: {reason}");
    };
    check("node/kitchen/relay/-/state/set", "1", "bad-payload").await;
    check("node/kitchen/led-strip/-/color/set", "\"red\"", "bad-payload").await;
    check("node/kitchen/x/-/y/set", "12345678901", "bad-payload").await;
    check("node/kitchen/x/-/y/set", &format!("\"{}\"", "a".repeat(1024)), "too-long").await;
    check("node/nobody/relay/-/state/set", "true", "no-such-device").await;
    check("gateway/other/info/get", "null", "no-such-device").await;
    check("gateway/usb-dongle/nodes/add", "\"836d\"", "bad-payload").await;
    check("gateway/usb-dongle/nodes/remove", "\"836d19830000\"", "unknown-node").await;
    assert_eq!(dongle.heard().await, [""; 0]);
}

#[tokio::test]
async fn nodes_are_added_removed_and_purged() {
    let (dongle, mut rig) = started(Traits::default()).await;
    let new = "836d19830001";
    rig.confirmed("gateway/usb-dongle/pairing-mode/start", "null").await;
    assert_eq!(rig.says("gateway/usb-dongle/pairing-mode").await, "\"start\"");
    rig.radio_says("that it pairs", |radio| radio["pairing"] == true).await;
    rig.confirmed("gateway/usb-dongle/nodes/add", &format!("\"{new}\"")).await;
    assert_eq!(rig.says("gateway/usb-dongle/attach").await, format!("\"{new}\""));
    let radio = rig.radio_says("the new one", |radio| radio["last"]["event"] == "attached").await;
    assert_eq!(radio["nodes"].as_array().map(Vec::len), Some(3));
    // The firmware says nothing of a node that it has already; so it is not asked.
    dongle.forget().await;
    rig.confirmed("gateway/usb-dongle/nodes/add", &format!("\"{new}\"")).await;
    assert_eq!(dongle.heard().await, [""; 0]);
    rig.confirmed(&format!("node/{new}/led/-/state/set"), "true").await;
    rig.confirmed("gateway/usb-dongle/nodes/remove", &format!("\"{new}\"")).await;
    rig.radio_says("that it has gone", |radio| radio["last"]["event"] == "detached").await;
    let (code, _) = rig.refused(&format!("node/{new}/led/-/state/set"), "true").await;
    assert_eq!(code, "no-such-device");
    rig.confirmed("gateway/usb-dongle/nodes/purge", "null").await;
    assert_eq!(rig.says("gateway/usb-dongle/nodes").await, "[]");
    let radio = rig.radio_says("that all have gone", |radio| radio["last"]["event"] == "purged").await;
    assert_eq!(radio["nodes"].as_array().map(Vec::len), Some(0));
    rig.confirmed("gateway/usb-dongle/pairing-mode/stop", "null").await;
    rig.radio_says("that it does not pair", |radio| radio["pairing"] == false).await;
    dongle.hears("/pairing-mode/stop").await;
}

#[tokio::test]
async fn a_full_dongle_takes_no_further_node() {
    let nodes = (0..32).map(|n| format!("836d198300{n:02x}")).collect();
    let (_dongle, mut rig) = started(Traits { nodes, ..Traits::default() }).await;
    let (code, reason) = rig.refused("gateway/usb-dongle/nodes/add", &format!("\"{ATTIC}\"")).await;
    assert_eq!(code, "table-full", "{reason}");
    assert_eq!(rig.says("gateway/usb-dongle/attach-failure").await, format!("\"{ATTIC}\""));
}

/// bcg knows its gateway by its name only, and of `gateway/all` nothing but `info/get`.
#[tokio::test]
async fn the_gateway_is_commanded_by_name_by_id_and_with_all_others() {
    let (dongle, mut rig) = started(Traits::default()).await;
    for name in ["usb-dongle", "836d19839c3b", "all"] {
        rig.confirmed(&format!("gateway/{name}/nodes/get"), "null").await;
        let list = rig.says("gateway/usb-dongle/nodes").await;
        assert_eq!(list, r#"[{"id":"836d19821664"},{"id":"836d1983718a","alias":"kitchen"}]"#);
    }
    rig.confirmed("gateway/usb-dongle/info/get", "null").await;
    rig.says("gateway/usb-dongle/info").await;
    dongle.forget().await;
    rig.confirmed("gateway/all/info/get", "null").await;
    rig.says("gateway/usb-dongle/info").await;
    rig.confirmed("gateway/ping", "null").await;
    assert_eq!(rig.says("gateway/pong").await, "\"usb-dongle\"");
    assert_eq!(dongle.heard().await, [""; 0], "that is answered here");
}

#[tokio::test]
async fn a_command_that_a_node_has_registered_goes_to_it() {
    let (dongle, rig) = started(Traits::default()).await;
    for topic in ["light/-/level/set", "mode/set"] {
        dongle.say(&format!(r#"["$sub", {{"topic": "{KITCHEN}/{topic}", "pt": 1}}]"#)).await;
    }
    let full = "node/kitchen/mode/set";
    until("the command to be known", || async { rig.hub.obeys(&crate::rig::topic(full)).then_some(()) })
        .await;
    assert_eq!(rig.command(full, "7").await.step, Step::Unconfirmable);
    dongle.hears(&format!("[\"{KITCHEN}/mode/set\", 7]")).await;
    let (code, reason) = rig.refused("node/kitchen/light/-/level/set", "\"bright\"").await;
    assert_eq!(code, "bad-payload", "{reason}");
}
