//! P-8, P-14, O-1, M-47, M-48: commands that arrive, are refused with a reason, or are withdrawn; never late.

use std::time::{Duration, Instant};

use clown_hub::hub::Step;
use clown_hub::link::line::PortName;

use crate::common::{FakeBridge, Manners, until};
use crate::rig::{BASE, Rig, refusal};

async fn up() -> (FakeBridge, Rig) {
    let bridge = FakeBridge::plugged(Manners::default());
    let mut rig = Rig::new(bridge.path());
    rig.says("-/-/config/list/ok").await;
    // The states it was asked for at first are told.
    rig.says("led/-").await;
    bridge.forget().await;
    (bridge, rig)
}

fn full(below: &str) -> String {
    format!("{BASE}/{below}")
}

#[tokio::test]
async fn a_relay_is_switched_and_confirmed_by_its_own_word() {
    let (bridge, rig) = up().await;
    let done = rig.command(&full("relay/i2c0-3b/set"), r#"{"state": true}"#).await;
    assert_eq!(done.step, Step::Confirmed, "{:?}", done.refusal);
    assert_eq!(bridge.heard().await, [r#"["relay/i2c0-3b/set",{"state":true}]"#]);
    assert_eq!(rig.view("bridge").counts.sent, 1);
}

#[tokio::test]
async fn an_interval_is_set_with_the_verb_the_bridge_knows() {
    let (bridge, rig) = up().await;
    let done = rig.command(&full("thermometer/i2c0-48/config/set"), r#"{ "publish-interval" : 30 }"#).await;
    assert_eq!(done.step, Step::Confirmed, "{:?}", done.refusal);
    let line = r#"["thermometer/i2c0-48/config/update",{"publish-interval":30}]"#;
    assert_eq!(bridge.heard().await, [line]);
}

#[tokio::test]
async fn nothing_that_the_bridge_would_drop_reaches_it() {
    let (bridge, rig) = up().await;
    for (topic, payload) in [
        ("relay/i2c0-3b/set", r#"{"state": "on"}"#),
        ("relay/i2c0-48/set", r#"{"state": true}"#),
        ("thermometer/i2c0-48/config/update", r#"{"publish-interval": -1}"#),
        ("thermometer/i2c0-48/config/update", r#"{"publish-interval": 1.5}"#),
        ("display-oled/i2c0-3c/set", r#"{"line-0": "1234567890123456789012"}"#),
        ("led/-/set", r#"{"state": "4-dot"}"#),
        ("i2c/0/config/scan", r#"{"all": true}"#),
        ("clown.talk/-/config/set", "{}"),
    ] {
        let done = rig.command(&full(topic), payload).await;
        assert_eq!(done.step, Step::Refused, "{topic} {payload}");
        assert!(!done.refusal.as_ref().expect("a refusal").reason.is_empty());
    }
    assert_eq!(bridge.heard().await, [] as [&str; 0]);
}

#[tokio::test]
async fn no_command_becomes_two_lines() {
    let (bridge, rig) = up().await;
    let done = rig.command(&full("relay/i2c0-3b/set"), "{\r\n\"state\"\n:\r\ntrue\n}").await;
    assert_eq!(done.step, Step::Confirmed, "{:?}", done.refusal);
    let text = r#"{"line-0": "a\r\n[\"relay\""}"#;
    assert_eq!(rig.command(&full("display-oled/i2c0-3c/set"), text).await.step, Step::Refused);
    assert_eq!(bridge.heard().await, [r#"["relay/i2c0-3b/set",{"state":true}]"#]);
    assert_eq!(bridge.dropped().await, [] as [&str; 0]);
}

#[tokio::test]
async fn a_deaf_bridge_leaves_the_command_unanswered_and_is_told_once() {
    let (bridge, rig) = up().await;
    bridge.behave(Manners { deaf: true, ..Manners::default() }).await;
    let done = rig.command(&full("relay/i2c0-3b/set"), r#"{"state": true}"#).await;
    assert_eq!(done.step, Step::Unanswered);
    let told = bridge.heard().await.iter().filter(|line| line.contains("relay")).count();
    assert_eq!(told, 1);
}

#[tokio::test]
async fn a_bridge_that_does_not_read_gets_nothing_late_and_holds_up_nobody() {
    let (bridge, mut rig) = up().await;
    let other = FakeBridge::plugged(Manners::default());
    rig.link("other", PortName::Path(other.path()), "nodes/bridge/1");
    until("the other link to be up", || async { Some(()).filter(|()| rig.view("other").state.code == "up") })
        .await;
    bridge.behave(Manners { asleep: true, ..Manners::default() }).await;
    // Pictures of 1,024 bytes, the longest lines there are, each with its number in front.
    let picture = |n: usize| format!("{n:04}{}==", "A".repeat(1362));
    let (mut last, mut count) = (None, 0);
    while last.is_none() && count < 200 {
        count += 1;
        let payload = format!("{{\"raw\": \"{}\"}}", picture(count));
        let done = rig.command(&full("display-oled/i2c0-3c/set"), &payload).await;
        last = Some(done).filter(|done| done.step == Step::Refused);
    }
    let refused = last.expect("the terminal fills up");
    assert_eq!(refusal(&refused), "blocked");
    assert!(refused.after < Duration::from_secs(2), "{:?}", refused.after);
    let start = Instant::now();
    let done = rig.command("nodes/bridge/1/relay/i2c0-3b/set", r#"{"state": true}"#).await;
    assert_eq!(done.step, Step::Confirmed, "{:?}", done.refusal);
    assert!(start.elapsed() < Duration::from_millis(500), "{:?}", start.elapsed());
    bridge.forget().await;
    bridge.behave(Manners::default()).await;
    let done = rig.command(&full("relay/i2c0-3b/set"), r#"{"state": true}"#).await;
    assert_eq!(done.step, Step::Confirmed, "{:?}", done.refusal);
    // What the terminal had taken before is the device's; the withdrawn line is not among it.
    let withdrawn = picture(count);
    assert!(!bridge.heard().await.iter().any(|line| line.contains(&withdrawn)));
    assert!(bridge.dropped().await.len() <= 1, "half a line at most");
}

#[tokio::test]
async fn a_command_to_a_bridge_that_was_just_pulled_out_ends_within_the_second() {
    let (bridge, rig) = up().await;
    bridge.unplug().await;
    let start = Instant::now();
    let done = rig.command(&full("relay/i2c0-3b/set"), r#"{"state": true}"#).await;
    assert!(!matches!(done.step, Step::Confirmed | Step::Unconfirmable), "{:?}", done.step);
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    bridge.plug().await;
    rig.comes_to("up").await;
    assert!(
        !bridge.heard().await.iter().any(|line| line.contains("relay/i2c0-3b/set")),
        "nothing is carried out later"
    );
}

#[tokio::test]
async fn a_command_before_the_greeting_is_answered_is_refused() {
    let bridge = FakeBridge::plugged(Manners { deaf: true, ..Manners::default() });
    let rig = Rig::new(bridge.path());
    bridge.hears("clown.talk").await;
    let done = rig.command(&full("relay/i2c0-3b/set"), r#"{"state": true}"#).await;
    assert_eq!(refusal(&done), "offline");
    assert!(!bridge.heard().await.iter().any(|line| line.contains("relay")));
}
