//! Who is there, which names it has stored, which nodes: asked in this order, asked again, and told when nobody answers.

use std::time::Duration;

use clown_hub::link::tower::Timing;
use serde_json::json;

use crate::dongle::{ATTIC, Dongle, KITCHEN, OWN, Traits};
use crate::rig::{Rig, TIMING, naming};

#[tokio::test]
async fn the_dongle_is_asked_who_it_is_which_names_it_has_and_which_nodes() {
    let dongle = Dongle::plugged(Traits::default());
    let mut rig = Rig::new(dongle.path());
    rig.up().await;
    let questions = [r#"["/info/get", null]"#, r#"["$eeprom/alias/list", 0]"#, r#"["/nodes/get", null]"#];
    assert_eq!(dongle.heard().await, questions);
    let reason = rig.view("radio").state.reason;
    assert!(reason.contains("bcf-gateway-usb-dongle v1.10.0 (836d19839c3b)"), "{reason}");
    let info = r#"{"firmware":"bcf-gateway-usb-dongle","id":"836d19839c3b","version":"v1.10.0"}"#;
    let nodes = r#"[{"id":"836d19821664"},{"id":"836d1983718a","alias":"kitchen"}]"#;
    let told = rig.told();
    assert_eq!(
        told,
        [format!("gateway/usb-dongle/info {info}"), format!("gateway/usb-dongle/nodes {nodes}")]
    );
    let radio = rig.radio_says("who is there", |radio| radio["nodes"][1]["alias"] == "kitchen").await;
    let gateway = json!({ "id": OWN, "firmware": "bcf-gateway-usb-dongle", "version": "v1.10.0", "name": "usb-dongle" });
    assert_eq!(
        (&radio["gateway"], &radio["capacity"], &radio["pairing"]),
        (&gateway, &json!(31), &json!(null))
    );
    let node = |id: &str, alias: Option<&str>| {
        json!({ "id": id, "alias": alias, "mode": "unknown", "firmware": null, "version": null, "battery": null,
                "heard": null })
    };
    assert_eq!(radio["nodes"], json!([node(ATTIC, None), node(KITCHEN, Some("kitchen"))]));
}

/// bcg asks for a fifth page that the firmware never answers, and waits for ever.
#[tokio::test]
async fn thirty_two_names_are_read_from_four_pages_and_no_fifth_is_asked_for() {
    let id = |n: u32| format!("836d198300{n:02x}");
    let traits = Traits {
        nodes: (0..32).map(id).collect(),
        names: (0..32).map(|n| (id(n), format!("node-{n}"))).collect(),
        ..Traits::default()
    };
    let dongle = Dongle::plugged(traits);
    let mut rig = Rig::new(dongle.path());
    rig.up().await;
    let asked: Vec<String> =
        dongle.heard().await.into_iter().filter(|line| line.contains("alias/list")).collect();
    assert_eq!(asked, (0..4).map(|page| format!("[\"$eeprom/alias/list\", {page}]")).collect::<Vec<_>>());
    dongle.node_says(&id(31), "thermometer/0:0/temperature", "21.50").await;
    assert_eq!(rig.says("node/node-31/thermometer/0:0/temperature").await, "21.50");
}

#[tokio::test]
async fn a_radio_that_is_not_ready_is_asked_again() {
    let dongle = Dongle::plugged(Traits { not_ready: 2, ..Traits::default() });
    let rig = Rig::new(dongle.path());
    rig.up().await;
    let asked = dongle.heard().await.into_iter().filter(|line| line.contains("/info/get")).count();
    assert_eq!(asked, 3);
}

#[tokio::test]
async fn what_is_no_dongle_is_named() {
    let dongle = Dongle::plugged(Traits { is_deaf: true, ..Traits::default() });
    let rig = Rig::new(dongle.path());
    rig.comes_to("radio", "silent").await;
    dongle.say("hello, I am a modem").await;
    rig.comes_to("radio", "unreadable").await;
    dongle.say(r#"["thermometer/i2c0-48", {"temperature": [24.50, "℃"]}]"#).await;
    let refused = rig.comes_to("radio", "refused").await;
    assert!(refused.state.hint.contains("kind = \"serial\""), "{}", refused.state.hint);
    let (code, reason) = rig.refused("gateway/all/info/get", "null").await;
    assert_eq!(code, "no-such-device", "{reason}");
    dongle.set(|traits| traits.is_deaf = false).await;
    rig.up().await;
}

#[tokio::test]
async fn a_dongle_that_falls_silent_is_noticed_and_taken_back() {
    let timing = Timing { quiet: Duration::from_millis(300), ..TIMING };
    let dongle = Dongle::plugged(Traits::default());
    let mut rig = Rig::with(dongle.path(), naming(false), timing);
    rig.up().await;
    rig.told();
    // Asking whether it lives is nobody else's business.
    dongle.forget().await;
    dongle.hears("/info/get").await;
    assert_eq!(rig.told(), [""; 0]);
    dongle.set(|traits| traits.is_deaf = true).await;
    rig.comes_to("radio", "silent").await;
    let (code, _) = rig.refused(&format!("node/{KITCHEN}/led/-/state/set"), "true").await;
    assert_eq!(code, "offline");
    dongle.set(|traits| traits.is_deaf = false).await;
    rig.up().await;
}

#[tokio::test]
async fn a_dongle_comes_back_with_new_names_after_it_was_unplugged() {
    let dongle = Dongle::plugged(Traits::default());
    let mut rig = Rig::new(dongle.path());
    rig.up().await;
    dongle.unplug().await;
    // Nobody must believe that the gateway is still there; bcg means to say so and does not.
    assert_eq!(
        rig.says("gateway/usb-dongle/info").await,
        r#"{"firmware":"bcf-gateway-usb-dongle","id":"836d19839c3b","version":"v1.10.0"}"#
    );
    assert_eq!(rig.says("gateway/usb-dongle/info").await, "null");
    rig.radio_says("that nobody is there", |radio| radio["gateway"].is_null()).await;
    let (code, reason) = rig.refused("node/kitchen/led/-/state/set", "true").await;
    assert_eq!(code, "offline", "{reason}");
    dongle.set(|traits| drop(traits.names.insert(KITCHEN.into(), "cellar".into()))).await;
    dongle.plug().await;
    rig.up().await;
    dongle.node_says(KITCHEN, "battery/-/voltage", "2.98").await;
    assert_eq!(rig.says("node/cellar/battery/-/voltage").await, "2.98");
}

/// The firmware says `/info` of its own accord when its radio is ready: after a reset everything may be another.
#[tokio::test]
async fn a_dongle_that_was_reset_is_asked_for_everything_again() {
    let dongle = Dongle::plugged(Traits::default());
    let mut rig = Rig::new(dongle.path());
    rig.up().await;
    dongle.set(|traits| traits.names.clear()).await;
    dongle.forget().await;
    dongle.say(r#"["/info", {"id": "836d19839c3b", "firmware": "bcf-gateway-usb-dongle", "version": "v1.10.0"}]"#).await;
    dongle.hears("/nodes/get").await;
    rig.up().await;
    dongle.node_says(KITCHEN, "battery/-/voltage", "2.98").await;
    assert_eq!(rig.says(&format!("node/{KITCHEN}/battery/-/voltage")).await, "2.98");
}

/// A node that speaks while the dongle is still asked for its names is told under its name all the same.
#[tokio::test]
async fn words_of_nodes_wait_until_names_are_known() {
    let dongle = Dongle::plugged(Traits { not_ready: 1, ..Traits::default() });
    let mut rig = Rig::new(dongle.path());
    dongle.node_says(KITCHEN, "thermometer/0:1/temperature", "21.62").await;
    assert_eq!(rig.says("node/kitchen/thermometer/0:1/temperature").await, "21.62");
    rig.up().await;
}
