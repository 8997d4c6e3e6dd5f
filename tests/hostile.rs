//! Hostility against the real binary: visitors who break the protocol, vanish, flood or do not read, devices that lie,
//! a process that is stopped. Everybody else must not notice.

mod common;
#[path = "hostile/raw.rs"]
mod raw;

use std::time::{Duration, Instant};

use common::{FakeBridge, Heard, Https, Hub, Launch, Manners, TalkClient, basic, until};
use raw::{Raw, open_files, resident};
use rustix::process::Signal;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

const RELAY: &str = "relay/i2c0-3b";

/// Whoever else is connected: hears the room's temperature go on, and no relay move.
async fn undisturbed(witness: &mut TalkClient) {
    let heard = witness.wait_topic("thermometer/i2c0-48").await;
    assert!(heard.payload["temperature"].is_array());
}

async fn greeted(hub: &Hub, wishes: serde_json::Value) -> TalkClient {
    let mut client = TalkClient::demo(hub).await;
    client.handshake(wishes).await;
    client
}

#[tokio::test]
async fn texts_that_are_no_proper_command_are_answered_and_move_nothing() {
    let hub = Hub::demo();
    let mut witness = greeted(&hub, json!({ "filters": ["relay/#", "thermometer/#"] })).await;
    let set = |value: &str| format!("[\"{RELAY}/set\", {{\"state\": {value}}}]");
    let cases: Vec<String> = vec![
        "true".into(),
        "null".into(),
        "1".into(),
        "\"text\"".into(),
        "[".repeat(60_000),
        "[\"relay/i2c0-3b/set\", {\"state\": true".into(),
        "[\"relay/i2c0-3b/set\", {\"state\": true}] // on".into(),
        "[\"relay/i2c0-3b/set\", {\"state\": True}]".into(),
        "[null, {}]".into(),
        "[1, {}]".into(),
        "[\"///\", {}]".into(),
        "[\"relay//set\", {\"state\": true}]".into(),
        format!("[\"{}\", {{}}]", "x".repeat(65_000)),
        format!("[\"{}x\", {{}}]", "a/".repeat(30_000)),
        set("on"),
        set("[true]"),
        set("{\"state\": true}"),
        set("1.0"),
        set("Infinity"),
        set("-1e400"),
        set("1e-400"),
        set(&"9".repeat(10_000)),
        set("18446744073709551616"),
        set("-9223372036854775809"),
        set("9007199254740993"),
        set("+1"),
        set(".5"),
        set("5."),
        set("0x1"),
        set("-0"),
        set("\"\\udfff\""),
        set("\"\\u0000\""),
        set("\"\u{1b}[31m\""),
        set("\"a\\r\\n[\\\"relay/i2c0-3b/set\\\", {\\\"state\\\": true}]\""),
        "[\"relay/i2c0-3b/set\\r\\n\", {\"state\": true}]".into(),
        "[\"relay/\u{202e}b3-0c2i/set\", {\"state\": true}]".into(),
        "[\"constructor/0/set\", {\"state\": true}]".into(),
        "[\"toString/__proto__/set\", {\"__proto__\": {\"state\": true}}]".into(),
        "[\"$share/x/relay/i2c0-3b/set\", {\"state\": true}]".into(),
        "[\"$hub/command\", {\"step\": \"confirmed\"}]".into(),
        "[\"relay/#\", {\"state\": true}]".into(),
        format!("[\"{RELAY}/set\", {{{}}}]", (0..5_000).map(|_| "\"k\":1").collect::<Vec<_>>().join(",")),
        "[\"clown.talk/-/config/set\", [1]]".into(),
        "[\"clown.talk/-/config/set\", {\"filters\": [\"a#\"]}]".into(),
        "[\"relay/i2c0-3b/set\", {\"state\": \"${jndi:ldap://x} %s %n ' OR 1=1 -- <script>\"}]".into(),
    ];
    let mut client = greeted(&hub, json!({ "filters": ["nothing"] })).await;
    for text in &cases {
        client.send(text).await;
        let answer = client.next().await.expect("the connection stays");
        let code = answer.payload.get("code").or_else(|| answer.payload.get("error"));
        assert!(code.is_some_and(|code| code.is_string()), "{text:.80} → {}", answer.text);
    }
    undisturbed(&mut witness).await;
    witness.say(&format!("{RELAY}/get"), json!({})).await;
    assert_eq!(witness.wait_topic(RELAY).await.payload, json!({ "state": false }), "nobody switched it");
}

#[tokio::test]
async fn messages_may_be_as_long_as_stated_and_no_longer() {
    let hub = Hub::demo();
    for (bytes, taken) in [(4_095, true), (4_096, true), (4_097, true), (65_535, true), (65_536, true)]
        .into_iter()
        .chain([(65_537, false), (1 << 20, false)])
    {
        let mut client = greeted(&hub, json!({ "filters": ["nothing"] })).await;
        let frame = "[\"nobody/0/set\", {\"k\": \"\"}]".len();
        client.send(&format!("[\"nobody/0/set\", {{\"k\": \"{}\"}}]", "x".repeat(bytes - frame))).await;
        match client.next().await {
            Ok(answer) => assert!(taken && answer.topic == "clown.talk/-/error", "{bytes}: {}", answer.text),
            Err(closed) => assert!(!taken && closed.code == 1009, "{bytes}: {closed:?}"),
        }
    }
}

#[tokio::test]
async fn frames_against_the_protocol_close_with_their_code() {
    let hub = Hub::demo();
    let mut witness = greeted(&hub, json!({})).await;
    let before = resident(&hub);
    let mut huge = vec![0x81, 0xff];
    huge.extend_from_slice(&(1_u64 << 62).to_be_bytes());
    huge.extend_from_slice(&[0; 5]);
    let unmasked = b"\x81\x02{}".to_vec();
    let cases: [(&str, Vec<u8>, u16); 8] = [
        ("unmasked", unmasked, 1002),
        ("declared 2^62", huge, 1009),
        ("reserved bit", raw::frame(0xc1, b"{}"), 1002),
        ("reserved opcode", raw::frame(0x83, b"{}"), 1002),
        ("long ping", raw::frame(0x89, &[0; 126]), 1002),
        ("ping in pieces", raw::frame(0x09, b""), 1002),
        ("a continuation of nothing", raw::frame(0x80, b"{}"), 1002),
        ("half a character", raw::frame(0x81, b"\xe2\x84"), 1007),
    ];
    for (what, bytes, code) in cases {
        let mut raw = Raw::talking(&hub).await;
        raw.write(&bytes).await;
        assert_eq!(raw.closed().await, code, "{what}");
    }
    // Fragments without end: empty ones cost nothing, full ones are cut at the limit.
    let mut raw = Raw::talking(&hub).await;
    raw.write(&raw::frame(0x01, b"[\"clown.talk/-/config/set\"")).await;
    raw.write(&raw::frame(0x00, b"").repeat(10_000)).await;
    raw.write(&raw::frame(0x80, b", {}]")).await;
    assert!(raw.text().await.contains("config/ok"), "ten thousand empty pieces are still one message");
    raw.write(&raw::frame(0x01, b"[")).await;
    raw.write(&raw::frame(0x00, &[b' '; 1_000]).repeat(70)).await;
    assert_eq!(raw.closed().await, 1009);
    let grown = resident(&hub).saturating_sub(before);
    assert!(grown < 5 << 20, "grown by {grown} bytes");
    undisturbed(&mut witness).await;
}

#[tokio::test]
async fn an_upgrade_is_asked_for_in_one_way_only() {
    let hub = Hub::demo();
    for method in ["POST", "PUT", "DELETE", "HEAD", "CONNECT"] {
        let mut raw = Raw::connect(&hub).await;
        raw.write(raw::upgrade(&hub, method).as_bytes()).await;
        let answer = raw.head().await;
        assert!(answer.starts_with("HTTP/1.1 4"), "{method}: {answer}");
    }
    let mut raw = Raw::connect(&hub).await;
    raw.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    let answer = raw.head().await;
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 4") || answer.starts_with("HTTP/1.1 5"),
        "{answer}"
    );
    // What comes right behind the request belongs to the conversation, and no second request does.
    let mut raw = Raw::connect(&hub).await;
    let mut bytes = raw::upgrade(&hub, "GET").into_bytes();
    bytes.extend_from_slice(&raw::frame(0x81, b"[\"clown.talk/-/config/set\", {}]"));
    raw.write(&bytes).await;
    assert!(raw.head().await.starts_with("HTTP/1.1 101"));
    assert!(raw.text().await.contains("config/ok"));
    let mut raw = Raw::connect(&hub).await;
    let twice = format!("{}GET / HTTP/1.1\r\nHost: {}\r\n\r\n", raw::upgrade(&hub, "GET"), hub.authority());
    raw.write(twice.as_bytes()).await;
    assert!(raw.head().await.starts_with("HTTP/1.1 101"));
    assert_eq!(raw.closed().await, 1002);
    let giant = format!("GET / HTTP/1.1\r\nHost: {}\r\nX: {}\r\n\r\n", hub.authority(), "x".repeat(1 << 20));
    let asked = Instant::now();
    let mut raw = Raw::connect(&hub).await;
    raw.write(giant.as_bytes()).await;
    let answer = raw.head().await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    assert!(asked.elapsed() < Duration::from_secs(2));
    assert_eq!(Https::new(&hub).get("/login").await.status, 200);
}

#[tokio::test]
async fn visitors_who_vanish_in_the_midst_of_a_frame_leave_nothing_open() {
    let hub = Hub::demo();
    let mut witness = greeted(&hub, json!({})).await;
    let before = open_files(&hub);
    for round in 0..10 {
        let visitors = (0..30).map(|_| Raw::talking(&hub));
        let visitors = futures_util::future::join_all(visitors).await;
        for (number, mut visitor) in visitors.into_iter().enumerate() {
            visitor.write(&[0x81, 0xfe, 0xff]).await;
            if (round + number) % 2 == 0 {
                visitor.reset();
            }
        }
    }
    until("the descriptors to come back", || async { (open_files(&hub) <= before + 1).then_some(()) }).await;
    undisturbed(&mut witness).await;
}

#[tokio::test]
async fn pings_and_junk_by_the_thousand_disturb_nobody() {
    let hub = Hub::demo();
    let mut witness = greeted(&hub, json!({})).await;
    let mut raw = Raw::talking(&hub).await;
    raw.write(&raw::frame(0x89, b"x").repeat(10_000)).await;
    raw.write(&raw::frame(0x81, b"[\"clown.talk/-/config/set\", {}]")).await;
    assert!(raw.text().await.contains("config/ok"), "pings are no fault");
    for _ in 0..3 {
        let mut junk = Raw::talking(&hub).await;
        junk.write(&raw::frame(0x81, b"junk").repeat(5_000)).await;
        assert_eq!(junk.closed().await, 1008);
    }
    undisturbed(&mut witness).await;
}

#[tokio::test]
async fn one_that_does_not_read_slows_nobody_and_is_told_what_it_missed() {
    let hub = Hub::demo();
    let mut slow = Raw::talking(&hub).await;
    slow.window(32 * 1024);
    slow.write(&raw::frame(0x81, b"[\"clown.talk/-/config/set\", {\"events\": true}]")).await;
    let mut quick = greeted(&hub, json!({ "events": true })).await;
    let before = resident(&hub);
    // Every refusal is told to both, 7 MB in all; more than that many commands at once are too fast.
    let command = format!("[\"nobody/0/set\", {{\"k\": \"{}\"}}]\n", "x".repeat(7_500));
    let refused = |heard: &Heard| heard.topic == "$hub/command" && heard.payload["step"] == "refused";
    for _ in 0..120 {
        quick.send(&command.repeat(8)).await;
        for _ in 0..8 {
            quick.wait_for("the refusal", refused).await;
        }
    }
    let asked = Instant::now();
    quick.command(&format!("{RELAY}/set"), json!({ "state": true }), "c1").await;
    assert_eq!(quick.outcome("c1").await["step"], "confirmed");
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    let grown = resident(&hub).saturating_sub(before);
    assert!(grown < 96 << 20, "grown by {grown} bytes");
    slow.window(1 << 20);
    while !slow.text().await.starts_with("[\"$hub/lost\", {\"missed\": ") {}
    let newest = format!("[\"nodes/bridge/simulator/{RELAY}\", {{\"state\": true}}");
    while !slow.text().await.starts_with(&newest) {}
}

#[tokio::test]
async fn a_process_that_was_stopped_calls_nobody_late() {
    let hub = Hub::demo();
    let mut client = greeted(&hub, json!({ "events": true })).await;
    // A rhythm has to be known before it can be missed.
    for _ in 0..5 {
        undisturbed(&mut client).await;
    }
    hub.signal(Signal::STOP);
    // Three missed beats, and longer than the hub takes for a sleep.
    tokio::time::sleep(Duration::from_millis(5_500)).await;
    hub.signal(Signal::CONT);
    let woken = Instant::now();
    while woken.elapsed() < Duration::from_secs(2) {
        let Some(heard) = client.next_within(Duration::from_millis(100)).await else { continue };
        let heard = heard.expect("the connection stays");
        let presence = heard.payload.get("presence").and_then(|presence| presence.as_str());
        assert!(!matches!(presence, Some("silent" | "offline")), "{}", heard.text);
    }
    client.command(&format!("{RELAY}/set"), json!({ "state": true }), "c1").await;
    assert_eq!(client.outcome("c1").await["step"], "confirmed");
}

#[tokio::test]
async fn wishes_of_two_in_the_same_breath_have_one_order_for_all() {
    let hub = Hub::demo();
    let (mut one, mut two) =
        (greeted(&hub, json!({ "events": true })).await, greeted(&hub, json!({ "events": true })).await);
    let (on, off) = (json!({ "state": true }), json!({ "state": false }));
    for _ in 0..10 {
        let (topic, other) = (format!("{RELAY}/set"), format!("{RELAY}/set"));
        tokio::join!(one.command(&topic, on.clone(), "one"), two.command(&other, off.clone(), "two"));
        let (mut seen, mut also) = (steps(&mut one).await, steps(&mut two).await);
        assert_eq!(seen, also, "everybody hears the same in the same order");
        // A double click is one wish twice: both are true, and so is the relay.
        tokio::join!(one.command(&topic, on.clone(), "one"), two.command(&other, on.clone(), "two"));
        (seen, also) = (steps(&mut one).await, steps(&mut two).await);
        assert_eq!(seen, also);
        assert_eq!(seen.iter().filter(|step| step.ends_with("confirmed")).count(), 2, "{seen:?}");
    }
}

/// What is heard of the relay and of commands until both commands have ended.
async fn steps(client: &mut TalkClient) -> Vec<String> {
    let (mut seen, mut open) = (Vec::new(), 2);
    while open > 0 {
        let heard =
            client.wait_for("a step", |heard| heard.topic == "$hub/command" || heard.topic == RELAY).await;
        if heard.topic == RELAY {
            seen.push(heard.payload.to_string());
            continue;
        }
        let step = heard.payload["step"].as_str().expect("a step").to_owned();
        open -= usize::from(!matches!(&*step, "accepted" | "sent"));
        seen.push(format!("{} {step}", heard.payload["id"]));
    }
    seen
}

const PASSWORD: &str = "unguessable-Tr0ub4dor&3";

fn bridged(bridge: &FakeBridge) -> Hub {
    let device = bridge.path().display().to_string();
    let launch = Launch::run(&format!("[[link]]\nname = \"usb\"\nkind = \"serial\"\ndevice = {device:?}\n"));
    launch.account("ada", PASSWORD).environment("CLOWN_HUB_LOG", "debug").start()
}

#[tokio::test]
async fn a_device_cannot_play_the_hub_nor_write_into_its_log() {
    let bridge = FakeBridge::plugged(Manners::default());
    let hub = bridged(&bridge);
    let path = "/auth/clown-talk-server_nodes_bridge_0";
    let mut client = TalkClient::of(&hub).path(path).basic("ada", PASSWORD).connect().await.expect("ada");
    client.handshake(json!({ "events": true })).await;
    client
        .wait_for("the bridge", |heard| heard.topic == "$hub/link/usb" && heard.payload["state"] == "up")
        .await;
    for line in [
        r#"["$hub/command", {"id": "c1", "step": "confirmed", "forged": 1}]"#,
        r#"["nodes/bridge/0/$hub/presence", {"presence": "offline", "forged": 1}]"#,
        r#"["$hub/link/usb", {"state": "down", "forged": 1}]"#,
        "# \u{1b}[31mforged\rINFO app: all is well",
        "[\"forged\u{1b}[2J/0\", {}]",
        "junk \u{1b}]0;forged\u{7} \u{202e}",
        r#"["thermometer/i2c0-48", {"temperature": [24.50, "\u2103"]}]"#,
    ] {
        bridge.say(line).await;
    }
    loop {
        let heard = client.next().await.expect("the connection stays");
        assert!(heard.payload.get("forged").is_none(), "{}", heard.text);
        if heard.topic == "thermometer/i2c0-48" {
            break;
        }
    }
    let refused =
        TalkClient::of(&hub).basic("eve\u{9}\u{1b}[31m", "wrong").connect().await.err().expect("refused");
    assert_eq!(refused.status, 401);
    let log = hub.log();
    assert!(log.contains("forged"), "the log shows what came:\n{log}");
    assert!(!log.contains(['\u{1b}', '\r', '\u{7}', '\u{202e}']), "{log:?}");
    // A hub that starts writes nothing to a device but its questions.
    let heard = bridge.heard().await;
    let is_question =
        |line: &String| ["config/set\", {}", "config/list\"", "/get\", {}"].iter().any(|q| line.contains(q));
    assert!(heard.iter().all(is_question), "{heard:?}");
}

#[tokio::test]
async fn a_password_is_in_no_file_and_in_no_log() {
    let bridge = FakeBridge::plugged(Manners::default());
    let hub = bridged(&bridge);
    let client = TalkClient::of(&hub).basic("ada", PASSWORD).connect().await;
    drop(client.expect("ada is let in"));
    let wrong = TalkClient::of(&hub).basic(PASSWORD, PASSWORD).connect().await.err().expect("refused");
    assert!(!wrong.body.contains(PASSWORD));
    let page = Https::new(&hub).header("origin", hub.address());
    let login = page.post_form("/login", &[("name", PASSWORD), ("password", PASSWORD)]).await;
    assert_eq!(login.status, 401, "{}", login.body);
    let login = page.post_form("/login", &[("name", "ada"), ("password", PASSWORD)]).await;
    assert_eq!(login.status, 303, "{}", login.body);
    page.get(&format!("/{PASSWORD}?password={PASSWORD}")).await;
    let mut hub = hub;
    hub.stop();
    let encoded = basic("ada", PASSWORD).split_off("Basic ".len());
    let mut all = vec![("the log".to_owned(), hub.log().into_bytes())];
    let mut folders = vec![hub.data()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("the data folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                all.push((path.display().to_string(), std::fs::read(&path).expect("our own file")));
            }
        }
    }
    assert!(all.len() > 3, "{} places were searched", all.len());
    for (place, bytes) in all {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains(PASSWORD) && !text.contains(&encoded), "in {place}");
    }
}

#[tokio::test]
async fn a_binary_frame_and_a_close_with_a_wrong_code_are_no_harm() {
    let hub = Hub::demo();
    let mut client = greeted(&hub, json!({ "filters": ["nothing"] })).await;
    client.send_frame(Message::binary(format!("[\"{RELAY}/set\", {{\"state\": true}}]").into_bytes())).await;
    assert_eq!(client.next().await.expect("the connection stays").payload["code"], "binary");
    for code in [0_u16, 999, 1004, 1005, 1006, 1015, 2999, 5000] {
        let mut raw = Raw::talking(&hub).await;
        raw.write(&raw::frame(0x88, &code.to_be_bytes())).await;
        raw.ended().await;
    }
    let mut raw = Raw::talking(&hub).await;
    raw.write(&raw::frame(0x88, b"\x03\xe8\xff")).await;
    raw.ended().await;
}
