//! P-6, P-13, S1 … S10: what must not be heard as a message, and is counted.

use clown_hub::hub::Counts;

use crate::common::{FakeBridge, Manners, until};
use crate::rig::{BASE, Rig};

/// A link that is up, and its bridge.
async fn up() -> (FakeBridge, Rig) {
    let bridge = FakeBridge::plugged(Manners::default());
    let mut rig = Rig::new(bridge.path());
    rig.says("-/-/config/list/ok").await;
    (bridge, rig)
}

/// Sends bytes and then a last message; everything between is heard by then.
async fn after(bytes: &[u8]) -> (FakeBridge, Rig, Counts) {
    let (bridge, mut rig) = up().await;
    bridge.write(bytes).await;
    bridge.say(r#"["pir/-", {"event-count": 1467}]"#).await;
    rig.says("pir/-").await;
    // Counts are told after the lines of one read; what was counted with that read is told by the next.
    bridge.say(r#"["pir/-", {"event-count": 1468}]"#).await;
    rig.says("pir/-").await;
    let counts = rig.view("bridge").counts;
    (bridge, rig, counts)
}

#[tokio::test]
async fn nuls_and_log_lines_are_passed_over_and_counted() {
    let (_bridge, rig, counts) =
        after(b"\0\0\0[\"boot\", {}]\n# 12.34 <D> adc ready\n\0# +0.05 <I> two\n").await;
    assert_eq!((counts.nul, counts.log, counts.malformed), (4, 2, 0));
    assert_eq!(rig.view("bridge").state.code, "up");
}

#[tokio::test]
async fn malformed_lines_are_counted_and_the_next_line_is_heard() {
    let lines = [
        &b"hello"[..],
        b"[\"a/b\", {}][\"c/d\", {}]",
        b"[\"a/b\", \xff\xfe]",
        b"{\"topic\": 1}",
        b"[1, {}]",
        b"[\"lux-meter/i2c0-44\", {\"illuminance\": [600.1, \"lux\"]}",
        b"[\"relay/i2c0-3b\", {\"state\": true, \"state\": false}]",
        b"[\"a\", {}, {}, {}]",
    ];
    let (_bridge, rig, counts) = after(&[&lines.join(&b'\n')[..], b"\n"].concat()).await;
    assert_eq!(counts.malformed, lines.len() as u64);
    let known: Vec<String> =
        rig.hub.snapshot(clown_hub::hub::Now::now()).entries.iter().map(|e| e.id().to_owned()).collect();
    assert!(!known.iter().any(|id| id == "a/b" || id == "c/d"), "{known:?}");
}

#[tokio::test]
async fn a_mebibyte_without_a_newline_is_cut_once_and_forgotten() {
    let (_bridge, _rig, counts) = after(&[vec![b'x'; 1 << 20], vec![b'\n']].concat()).await;
    assert_eq!((counts.cut, counts.malformed), (1, 0));
}

#[tokio::test]
async fn a_line_of_a_hundred_kilobytes_is_cut_and_a_long_valid_one_is_not() {
    let text = |n: usize| format!("[\"uart/-\", {{\"text\": \"{}\"}}]\n", "x".repeat(n));
    let (_bridge, rig, counts) = after(format!("{}{}", text(100_000), text(60_000)).as_bytes()).await;
    assert_eq!((counts.cut, counts.malformed), (1, 0));
    let snapshot = rig.hub.snapshot(clown_hub::hub::Now::now());
    assert!(snapshot.entries.iter().any(|entry| entry.id() == "uart/-"));
}

#[tokio::test]
async fn a_command_from_the_device_is_counted_and_not_obeyed() {
    let (bridge, rig, counts) = after(
        b"[\"relay/i2c0-3b/set\", {\"state\": true}]\n[\"nodes/bridge/0/led/-/set\", {\"state\": \"on\"}]\n",
    )
    .await;
    assert_eq!(counts.foreign_command, 2);
    // The hub may ask how they are.
    let heard = bridge.heard().await;
    assert!(!heard.iter().any(|line| line.contains("relay/i2c0-3b/set") || line.contains("led/-/set")));
    let commands = rig.hub.snapshot(clown_hub::hub::Now::now()).entries;
    assert!(commands.iter().all(|entry| entry.pending.is_none() && !entry.topic.as_str().ends_with("/set")));
}

#[tokio::test]
async fn messages_of_the_radio_dongle_and_of_the_hub_itself_are_dropped_and_counted() {
    let lines = b"[\"836d1983718a/thermometer/0:0/temperature\", 22.25]\n[\"$hub/link/bridge\", {\"state\": \"up\"}]\n";
    let (_bridge, _rig, counts) = after(lines).await;
    assert_eq!(counts.dropped, 2);
}

#[tokio::test]
async fn echoes_with_the_full_base_and_older_dialects_become_plain_messages() {
    let (bridge, mut rig) = up().await;
    for (line, topic, payload) in [
        (r#"["nodes/bridge/0/relay/i2c0-3f", {"state": true}]"#, "relay/i2c0-3f", r#"{"state": true}"#),
        (
            r#"["luxmeter/i2c0-45", {"illuminance": [600, "lux"]}]"#,
            "lux-meter/i2c0-45",
            r#"{"illuminance": [600, "lux"]}"#,
        ),
        (r#"["remote/thermometer/i2c0-49", {"t": 1}]"#, "remote/thermometer/i2c0-49", r#"{"t": 1}"#),
        (
            r#"["$config/clown-talk", {"ack":false,"device":"bridge"]"#,
            "clown.talk/-/config/ok",
            r#"{"ack":false,"device":"bridge"}"#,
        ),
        (
            r#"["$config/devices/thermometer/i2c0-48", {"publish-interval": 5}]"#,
            "thermometer/i2c0-48/config/ok",
            r#"{"publish-interval": 5}"#,
        ),
    ] {
        bridge.say(line).await;
        assert_eq!(rig.says(topic).await.message.payload.as_str(), payload, "{line}");
    }
    assert_eq!(rig.view("bridge").counts.malformed, 0);
}

#[tokio::test]
async fn garbage_is_unreadable_with_the_way_out_and_passes_with_the_first_good_line() {
    let bridge = FakeBridge::plugged(Manners { deaf: true, ..Manners::default() });
    let mut rig = Rig::new(bridge.path());
    let noise: Vec<u8> = (0..4000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8 | 0x80).collect();
    for part in noise.chunks(50) {
        bridge.write(part).await;
        bridge.write(b"\n").await;
    }
    let unreadable = rig.comes_to("unreadable").await;
    assert!(unreadable.state.reason.contains("115200 baud"), "{}", unreadable.state.reason);
    assert!(unreadable.state.hint.contains("check the baud rate"), "{}", unreadable.state.hint);
    bridge.say(r#"["boot", {}]"#).await;
    rig.says("boot").await;
    rig.comes_to("up").await;
}

#[tokio::test]
async fn a_good_line_that_turns_to_noise_becomes_unreadable() {
    let bridge = FakeBridge::plugged(Manners { furious: true, deaf: true, ..Manners::default() });
    let rig = Rig::new(bridge.path());
    bridge.say(r#"["boot", {}]"#).await;
    rig.comes_to("up").await;
    until("the link to be unreadable", || async {
        bridge.write(b"\xf0\x0f\xff\n").await;
        Some(()).filter(|()| rig.view("bridge").state.code == "unreadable")
    })
    .await;
}

#[tokio::test]
async fn a_radio_dongle_on_a_serial_link_is_named() {
    let bridge = FakeBridge::plugged(Manners { deaf: true, ..Manners::default() });
    let rig = Rig::new(bridge.path());
    bridge.say(r#"["836d1983718a/thermometer/0:0/temperature", 22.25]"#).await;
    let refused = rig.comes_to("refused").await;
    assert!(refused.state.reason.contains("radio dongle"), "{}", refused.state.reason);
}

#[tokio::test]
async fn a_line_is_told_under_the_base_of_its_link_with_its_text_unchanged() {
    let (bridge, mut rig) = up().await;
    bridge.say("[\"thermometer/i2c0-48\", {\"temperature\": [24.50, \"\\u2103\"]}]\r").await;
    let update = rig.says("thermometer/i2c0-48").await;
    assert_eq!(update.message.topic.as_str(), format!("{BASE}/thermometer/i2c0-48"));
    assert_eq!(update.message.payload.as_str(), r#"{"temperature": [24.50, "\u2103"]}"#);
}
