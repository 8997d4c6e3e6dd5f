//! `clown-hub ports` on pseudo-terminals: what it shows of them, and what a probe writes and finds.

mod common;

use std::process::Output;

use common::{FakeBridge, Manners, PtyDevice};
use serde_json::Value;

async fn ports(args: &[&str], path: &std::path::Path) -> Output {
    tokio::process::Command::new(env!("CARGO_BIN_EXE_clown-hub"))
        .arg("ports")
        .args(args)
        .arg(path)
        .output()
        .await
        .expect("the program starts")
}

/// The only port of the JSON list.
async fn port(args: &[&str], path: &std::path::Path) -> Value {
    let output = ports(&[&["--json"], args].concat(), path).await;
    assert!(output.status.success(), "{output:?}");
    let mut list: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    list["ports"][0].take()
}

#[tokio::test]
async fn looking_at_a_port_writes_nothing_to_it() {
    let mut device = PtyDevice::plugged();
    let shown = port(&[], &device.path()).await;
    assert_eq!(shown["path"], device.terminal().to_str().expect("plain"));
    assert_eq!(shown["access"]["write"], true);
    assert_eq!(shown.get("probe"), None);
    assert_eq!(device.take_line(), None);
}

#[tokio::test]
async fn a_bridge_answers_the_second_question_of_a_probe() {
    let bridge = FakeBridge::plugged(Manners::default());
    let shown = port(&["--probe", "--wait", "0.5"], &bridge.path()).await;
    let written = [r#"["/info/get", null]"#, r#"["clown.talk/-/config/set", {}]"#];
    assert_eq!(shown["probe"]["written"], serde_json::json!(written));
    assert_eq!(shown["probe"]["found"]["kind"], "bridge");
    assert_eq!(shown["probe"]["found"]["says"], "bridge, firmware 1.1.1 of 2016-12-26T17:58:02Z");
    assert_eq!(bridge.heard().await, ["", written[0], "", written[1]]);
}

#[tokio::test]
async fn a_radio_dongle_answers_the_first_and_is_not_asked_the_second() {
    let mut device = PtyDevice::plugged();
    let path = device.path();
    let asked = tokio::spawn(async move { port(&["--probe"], &path).await });
    device.hear_about("/info/get").await;
    device.say(r#"["/info", {"id": "836d1983718a", "firmware": "bcf-gateway-usb-dongle"}]"#).await;
    let shown = asked.await.expect("no panic");
    assert_eq!(shown["probe"]["found"]["kind"], "dongle");
    assert_eq!(shown["probe"]["written"], serde_json::json!([r#"["/info/get", null]"#]));
}

#[tokio::test]
async fn silence_and_noise_are_told_apart() {
    let mut device = PtyDevice::plugged();
    let quick = ["--probe", "--wait", "0.2"];
    assert_eq!(port(&quick, &device.path()).await["probe"]["found"]["kind"], "silence");
    let path = device.path();
    let asked = tokio::spawn(async move { port(&["--probe", "--wait", "0.5"], &path).await });
    device.hear_about("/info/get").await;
    device.write(b"\xff\xf0\x80\n\x1b[2J").await;
    let shown = asked.await.expect("no panic");
    assert_eq!(shown["probe"]["found"]["kind"], "noise");
}

#[tokio::test]
async fn a_held_port_is_shown_with_its_holder_and_is_not_probed() {
    let bridge = FakeBridge::plugged(Manners::default());
    let held = std::fs::File::open(bridge.path()).expect("a terminal");
    let output = ports(&["--probe"], &bridge.path()).await;
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(text.contains(&format!("(pid {})", std::process::id())), "{text}");
    assert!(text.contains("not asked, because it is held"), "{text}");
    assert_eq!(bridge.heard().await, [] as [&str; 0]);
    drop(held);
}

#[tokio::test]
async fn a_port_that_is_not_there_is_an_error() {
    let output = ports(&[], std::path::Path::new("/dev/nowhere")).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("/dev/nowhere is not there"), "{output:?}");
}
