//! What comes up the line: readings in both views, logs, damage, noise, and what nobody understands.

use std::time::Duration;

use clown_hub::hub::Now;

use crate::common::until;
use crate::dongle::{Dongle, KITCHEN, Traits};
use crate::rig::Rig;

async fn started() -> (Dongle, Rig) {
    let dongle = Dongle::plugged(Traits::default());
    let mut rig = Rig::new(dongle.path());
    rig.up().await;
    rig.told();
    (dongle, rig)
}

#[tokio::test]
async fn a_reading_is_told_as_it_was_said_and_with_its_unit() {
    let (dongle, mut rig) = started().await;
    dongle.node_says(KITCHEN, "barometer/0:0/pressure", "96934.00").await;
    assert_eq!(rig.says("node/kitchen/barometer/0:0/pressure").await, "96934.00", "every digit of it");
    let base = format!("nodes/hardwario/{KITCHEN}");
    assert_eq!(rig.says(&format!("{base}/barometer/0:0")).await, r#"{"pressure": [96.93400, "kPa"]}"#);
    dongle.node_says(KITCHEN, "thermometer/0:1/temperature", "null").await;
    assert_eq!(rig.says(&format!("{base}/thermometer/0:1")).await, r#"{"temperature": [null, "℃"]}"#);
    let device = rig.hub.snapshot(Now::now()).devices.into_iter().find(|known| known.base.as_str() == base);
    let device = device.expect("the node is a device");
    assert_eq!(device.name.as_deref(), Some("kitchen"));
    assert_eq!(device.profile.map(|profile| profile.id.to_string()).as_deref(), Some("hardwario/tower"));
}

#[tokio::test]
async fn battery_and_mode_are_known_to_the_radio_page() {
    let (dongle, rig) = started().await;
    dongle
        .node_says(KITCHEN, "info", r#"{"firmware": "kit-push-button", "version": "v1.2.0", "mode": 3}"#)
        .await;
    dongle.node_says(KITCHEN, "battery/-/voltage", "2.90").await;
    let radio = rig.radio_says("the battery", |radio| !radio["nodes"][1]["battery"].is_null()).await;
    let node = &radio["nodes"][1];
    let facts = rig.hub.snapshot(Now::now()).facts;
    let text = facts
        .iter()
        .find(|(topic, _)| topic.as_str() == "$hub/radio/radio")
        .map(|(_, fact)| fact.to_string());
    assert!(
        text.is_some_and(|text| text.contains(r#""battery":[2.90,"V"]"#)),
        "with the digits it sent: {node}"
    );
    assert_eq!((&node["mode"], &node["firmware"]), (&"sleeping".into(), &"kit-push-button".into()));
    assert!(node["heard"].is_string());
}

/// The firmware's log makes bcg fall over and start again.
#[tokio::test]
async fn log_lines_are_told_by_their_level_and_counted() {
    let (dongle, mut rig) = started().await;
    dongle.say("# 12.34 <E> radio: \"no\" answer").await;
    assert_eq!(rig.says("log/usb-dongle/error").await, r#""radio: \"no\" answer""#);
    dongle.say("# +0.05 <I> hello").await;
    assert_eq!(rig.says("log/usb-dongle/info").await, r#""hello""#);
    counts(&rig, |counts| counts.log == 2).await;
    assert_eq!(rig.view("radio").state.code, "up");
}

async fn counts(rig: &Rig, wish: impl Fn(&clown_hub::hub::Counts) -> bool) {
    until("the link to have counted", || async { Some(rig.view("radio").counts).filter(&wish) }).await;
}

#[tokio::test]
async fn damaged_lines_are_counted_and_the_next_one_is_read() {
    let (dongle, mut rig) = started().await;
    dongle.write(b"\0\0").await;
    for line in [
        r#"["836d1983718a/thermometer/0:0/temperature", 22."#,
        r#"836d1983718a/thermometer/0:0/temperature", 22.25]"#,
        r#"["836d1983718a/thermo["836d1983718a/battery/-/voltage", 2.31]"#,
        r#"{"topic": 1}"#,
        "[1, {}]",
    ] {
        dongle.say(line).await;
    }
    dongle.write(b"\xff\xfe\n").await;
    dongle.node_says(KITCHEN, "lux-meter/0:0/illuminance", "22.2").await;
    assert_eq!(rig.says("node/kitchen/lux-meter/0:0/illuminance").await, "22.2");
    counts(&rig, |counts| counts.malformed == 6 && counts.nul == 2).await;
}

#[tokio::test]
async fn what_is_of_another_protocol_or_out_of_place_is_counted_and_told_to_nobody() {
    let (dongle, mut rig) = started().await;
    dongle.say(r#"["thermometer/i2c0-48", {"temperature": [24.50, "℃"]}]"#).await;
    dongle.say(r#"["836d1983718a/relay/-/state/set", true]"#).await;
    dongle.say(r#"["/nodes/purge", null]"#).await;
    dongle.say(r#"["$eeprom/what", null]"#).await;
    dongle.say(r#"["836d1983718a/a/+/b", 1]"#).await;
    counts(&rig, |counts| {
        counts.dropped == 1
            && counts.foreign_command == 2
            && counts.not_understood == 1
            && counts.malformed == 1
    })
    .await;
    assert_eq!(rig.told(), [""; 0]);
}

/// A topic of a node's own with as many levels as a command: bcg writes it back to the dongle.
#[tokio::test]
async fn what_a_node_says_is_never_written_back_to_it() {
    let (dongle, mut rig) = started().await;
    dongle.forget().await;
    dongle.node_says(KITCHEN, "garden/pump/flow/total", "12.5").await;
    assert_eq!(rig.says("node/kitchen/garden/pump/flow/total").await, "12.5");
    rig.confirmed("gateway/usb-dongle/nodes/get", "null").await;
    assert_eq!(dongle.heard().await, [r#"["/nodes/get", null]"#]);
}

#[tokio::test]
async fn a_flood_of_readings_all_comes_through() {
    let (dongle, mut rig) = started().await;
    let lines: String =
        (0..2000).map(|n| format!("[\"{KITCHEN}/push-button/-/event-count\", {n}]\n")).collect();
    tokio::time::timeout(Duration::from_secs(20), dongle.write(lines.as_bytes())).await.expect("it is read");
    for n in 0..2000 {
        assert_eq!(rig.says("node/kitchen/push-button/-/event-count").await, n.to_string());
    }
}
