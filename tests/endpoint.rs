//! The Clown.Talk endpoint on a real socket, with a link that the test holds: what clients hear, and what each fault
//! is answered with.

mod endpoint {
    pub mod messages;
    pub mod stage;
}

use clown_hub::hub::LinkState;
use endpoint::stage::{Stage, client};
use tokio_tungstenite::tungstenite::Message as Frame;

const HELLO: &str = "[\"clown.talk/-/config/set\", {}]\n";
const RELAY_ON: &str = r#"["relay/i2c0-3b/set", {"state": true}]"#;

#[tokio::test]
async fn the_conversation_of_2016_works_unchanged() {
    let mut stage = Stage::new().await;
    stage.says(r#"["thermometer/i2c0-48", {"temperature": [24.50, "\u2103"]}]"#);
    let mut client = stage.client().await;
    client.say(HELLO).await;
    let ok = client.hear().await;
    assert!(
        ok.starts_with(r#"["clown.talk/-/config/ok", {"ack":false,"device":"bridge","capabilities":1,"#),
        "{ok}"
    );
    assert_eq!(client.hear().await, r#"["relay/i2c0-3b", {"state": false}]"#);
    assert_eq!(client.hear().await, r#"["thermometer/i2c0-48", {"temperature": [24.50, "\u2103"]}]"#);
    client.say(RELAY_ON).await;
    let outgoing = stage.asked().await;
    assert_eq!(
        (outgoing.topic.as_str(), outgoing.payload.as_str()),
        ("relay/i2c0-3b/set", r#"{"state": true}"#)
    );
    stage.sent(outgoing.id);
    stage.says(r#"["relay/i2c0-3b", {"state": true}]"#);
    assert_eq!(client.hear().await, r#"["relay/i2c0-3b", {"state": true}]"#);
    stage.says(r#"["boot", {"reason-for-reset": "power-on"}]"#);
    assert_eq!(client.hear().await, r#"["boot", {"reason-for-reset": "power-on"}]"#);
}

#[tokio::test]
async fn nothing_is_pushed_or_done_before_the_handshake() {
    let stage = Stage::new().await;
    let mut client = stage.client().await;
    stage.says(r#"["relay/i2c0-3b", {"state": false}]"#);
    client.say(RELAY_ON).await;
    let refused = client.hear().await;
    assert!(refused.starts_with(r#"["clown.talk/-/error", {"code":"handshake","#), "{refused}");
    client.say(HELLO).await;
    assert!(client.hear().await.contains("config/ok"));
}

#[tokio::test]
async fn an_older_handshake_is_understood() {
    let stage = Stage::new().await;
    for hello in [r#"["$config/clown-talk/create", {}]"#, r#"["$config/clown.talk/-/create", {}]"#] {
        let mut client = stage.client().await;
        client.say(hello).await;
        assert!(client.hear().await.contains("config/ok"));
    }
}

#[tokio::test]
async fn the_device_list_comes_on_the_documented_topic_from_every_device() {
    let mut stage = Stage::new().await;
    let mut client = stage.greeted("{}").await;
    for answer in ["-/-/config/ok", "-/-/config/list/ok"] {
        client.say(r#"["-/-/config/list", {}]"#).await;
        let asked = stage.asked().await;
        stage.sent(asked.id);
        stage.says(&format!(r#"["{answer}", {{"sensors": [], "actuators": ["relay/i2c0-3b"]}}]"#));
        let list = r#"["-/-/config/ok", {"sensors": [], "actuators": ["relay/i2c0-3b"]}]"#;
        assert_eq!(client.hear().await, list, "{answer}");
    }
}

#[tokio::test]
async fn a_command_with_an_id_is_answered_with_each_step() {
    let mut stage = Stage::new().await;
    let (mut asker, mut other) = (stage.greeted("{}").await, stage.greeted("{}").await);
    asker.say(r#"["relay/i2c0-3b/set", {"state": true}, {"id": "c1"}]"#).await;
    let outgoing = stage.asked().await;
    stage.sent(outgoing.id);
    stage.says(r#"["relay/i2c0-3b", {"state": true}]"#);
    let step = |heard: &str, word: &str| {
        assert!(heard.contains(r#"["$hub/command", {"id":"c1","topic":"relay/i2c0-3b/set""#), "{heard}");
        assert!(heard.contains(&format!(r#""step":"{word}""#)), "{heard}");
    };
    step(&asker.hear().await, "accepted");
    step(&asker.hear().await, "sent");
    assert_eq!(asker.hear().await, r#"["relay/i2c0-3b", {"state": true}]"#);
    step(&asker.hear().await, "confirmed");
    assert_eq!(other.hear().await, r#"["relay/i2c0-3b", {"state": true}]"#, "the other hears the relay only");
}

#[tokio::test]
async fn a_modern_client_hears_the_hubs_own_facts() {
    let stage = Stage::new().await;
    let mut client = stage.client().await;
    client.say(r#"["clown.talk/-/config/set", {"events": true, "snapshot": true}]"#).await;
    assert!(client.hear().await.contains(r#""events":true"#));
    let relay = client.hear().await;
    assert!(relay.starts_with(r#"["relay/i2c0-3b", {"state": false}, {"at":"20"#), "{relay}");
    assert!(relay.contains(r#""presence":"online""#), "{relay}");
    let link = client.hear().await;
    assert!(link.starts_with(r#"["$hub/link/usb", {"state":"up","#), "{link}");
    assert!(client.hear().await.starts_with(r#"["$hub/presence", {"presence":"online","last":"20"#));
    assert_eq!(client.hear().await, r#"["$hub/snapshot", {"topics": 1}]"#);
    stage.state(LinkState::not_up(clown_hub::hub::Phase::Waiting, "unplugged", "unplugged", "plug it in"));
    let link = client.hear().await;
    assert!(link.starts_with(r#"["$hub/link/usb", {"state":"waiting","code":"unplugged""#), "{link}");
    assert!(client.hear().await.starts_with(r#"["$hub/presence", {"presence":"offline""#));
    let relay = client.hear().await;
    assert!(relay.starts_with(r#"["$hub/presence/relay/i2c0-3b", {"presence":"offline""#), "{relay}");
    client.say(RELAY_ON).await;
    let refused = client.hear().await;
    assert!(refused.contains("NOT delivered"), "{refused}");
}

#[tokio::test]
async fn filters_and_the_whole_tree() {
    let stage = Stage::new().await;
    let mut filtered = stage.client().await;
    filtered.say(r#"["clown.talk/-/config/set", {"filters": ["thermometer/#"], "snapshot": false}]"#).await;
    filtered.hear().await;
    let mut whole = client(stage.url("clown-talk-server")).await;
    whole.say(HELLO).await;
    whole.hear().await;
    assert_eq!(whole.hear().await, r#"["nodes/bridge/0/relay/i2c0-3b", {"state": false}]"#);
    stage.says(r#"["relay/i2c0-3b", {"state": true}]"#);
    stage.says(r#"["thermometer/i2c0-48", {"temperature": [1.0, "℃"]}]"#);
    assert_eq!(filtered.hear().await, r#"["thermometer/i2c0-48", {"temperature": [1.0, "℃"]}]"#);
    assert_eq!(whole.hear().await, r#"["nodes/bridge/0/relay/i2c0-3b", {"state": true}]"#);
}

#[tokio::test]
async fn every_fault_is_answered_by_name_and_moves_nothing() {
    let mut stage = Stage::new().await;
    let mut witness = stage.greeted("{}").await;
    let deep = format!("[\"relay/i2c0-3b/set\", {}{}]", "[".repeat(50_000 / 4), "]".repeat(50_000 / 4));
    let keys: Vec<String> = (0..4_000).map(|n| format!("\"k{n}\":{n}")).collect();
    let cases: Vec<(String, &str)> = [
        ("", "empty"),
        (" \n", "empty"),
        ("hello", "not-an-array"),
        ("[", "not-json"),
        ("[\"relay/i2c0-3b/set\", {\"state\": true},]", "not-json"),
        ("['relay/i2c0-3b/set', {}]", "not-json"),
        ("{\"topic\":\"relay/i2c0-3b/set\"}", "not-an-array"),
        ("[]", "too-few"),
        ("[\"relay/i2c0-3b/set\"]", "too-few"),
        ("[\"relay/i2c0-3b/set\", {}, 1]", "options"),
        ("[\"relay/i2c0-3b/set\", {}, {}, {}]", "too-many"),
        ("[{\"state\": true}, \"relay/i2c0-3b/set\"]", "topic"),
        ("[[\"relay/i2c0-3b/set\", {\"state\": true}]]", "topic"),
        ("[\"relay/i2c0-3b/set\", {\"state\":true}][\"relay/i2c0-3b/set\", {}]", "trailing"),
        ("[\"\", {}]", "topic"),
        ("[\"/\", {}]", "topic"),
        ("[\"relay/i2c0-3b//set\", {\"state\":true}]", "bad-topic"),
        ("[\"relay/i2c0-3b/set/\", {\"state\":true}]", "not-a-command"),
        ("[\"#\", {}]", "topic"),
        ("[\"relay/+/set\", {\"state\":true}]", "topic"),
        ("[\"$SYS/broker/set\", {}]", "reserved"),
        ("[\"$eeprom/alias/set\", {}]", "reserved"),
        ("[\"relay/i2c0-3b/set\", {\"state\":true,\"state\":false}]", "duplicate-key"),
        ("[\"relay/i2c0-3b/set\", {\"state\": 1}]", "bad-payload"),
        ("[\"relay/i2c0-3b/set\", {\"state\": \"true\"}]", "bad-payload"),
        ("[\"relay/i2c0-3b/set\", {\"state\": null}]", "bad-payload"),
        ("[\"relay/i2c0-3b/set\", true]", "bad-payload"),
        ("[\"relay/i2c0-3b/set\", {\"state\": NaN}]", "not-json"),
        ("[\"relay/i2c0-3b/set\", {\"state\": 1e400}]", "number"),
        ("[\"relay/i2c0-3b/set\", {\"state\": 01}]", "not-json"),
        ("[\"relay/i2c0-3b/set\", {\"state\": \"\\ud800\"}]", "encoding"),
        ("[\"relay/i2c0-3b\\u0000/set\", {\"state\": true}]", "topic"),
        ("\u{feff}[\"relay/i2c0-3b/set\", {\"state\": true}]", "not-an-array"),
        ("[\"rel\u{430}y/i2c0-3b/set\", {\"state\": true}]", "no-such-device"),
        ("[\"relay/i2c0-3b\\n/set\", {\"state\": true}]", "topic"),
        ("[\"relay/i2c0-3b/set\", {\"state\": true}]\0", "trailing"),
        ("[\"__proto__/constructor/set\", {\"state\": true}]", "no-such-device"),
        ("[\"relay/i2c0-3f/set\", {\"state\": true}]", "no-such-device"),
        ("[\"relay/i2c0-3b/open\", {\"state\": true}]", "not-a-command"),
        ("[\"thermometer/i2c0-48\", {\"temperature\": [99, \"℃\"]}]", "not-a-command"),
        ("[\"relay/i2c0-3b/set\", {\"state\": true}, {\"id\": {}}]", "id"),
        ("[\"clown.talk/-/config/set\", null]", "handshake"),
    ]
    .map(|(text, code)| (text.to_owned(), code))
    .into_iter()
    .chain([
        (deep, "too-deep"),
        (format!("[\"relay/i2c0-3b/set\", {{{}}}]", keys.join(",")), "too-long"),
        (format!("[\"{}\", {{}}]", "a/".repeat(30_000)), "topic"),
    ])
    .collect();
    let mut client = stage.greeted("{}").await;
    for (number, (text, code)) in cases.iter().enumerate() {
        if number % 40 == 39 {
            client = stage.greeted("{}").await;
        }
        client.say(text).await;
        let answer = client.hear().await;
        let named = answer.contains(&format!("\"code\":\"{code}\""))
            || answer.contains(&format!("\"error\":\"{code}\""));
        assert!(named, "{text:.80} → {answer}");
    }
    client.frame(Frame::Binary(RELAY_ON.as_bytes().to_vec().into())).await;
    assert!(client.hear().await.contains("\"code\":\"binary\""));
    assert!(stage.nothing_asked(), "no fault may reach a device");
    stage.says(r#"["relay/i2c0-3b", {"state": true}]"#);
    assert_eq!(witness.hear().await, r#"["relay/i2c0-3b", {"state": true}]"#, "nobody else was disturbed");
}

#[tokio::test]
async fn line_ends_and_several_messages_in_one_frame() {
    let mut stage = Stage::new().await;
    let mut client = stage.greeted("{}").await;
    for text in [
        RELAY_ON.to_owned(),
        format!("{RELAY_ON}\n"),
        format!("  {RELAY_ON}\r\n"),
        format!("\n{RELAY_ON}\n\n"),
    ] {
        client.say(&text).await;
        assert_eq!(stage.asked().await.topic.as_str(), "relay/i2c0-3b/set");
    }
    client.say(&format!("{RELAY_ON}\n[\"relay/i2c0-3b/get\", {{}}]\n")).await;
    assert_eq!(stage.asked().await.topic.as_str(), "relay/i2c0-3b/set");
    assert_eq!(stage.asked().await.topic.as_str(), "relay/i2c0-3b/get");
}

#[tokio::test]
async fn violations_of_the_protocol_close_with_their_code() {
    let stage = Stage::new().await;
    let mut client = stage.greeted("{}").await;
    let largest = format!("[\"x/y/set\", {{\"k\": \"{}\"}}]", "x".repeat(65_536 - 22));
    assert_eq!(largest.len(), 65_536);
    client.say(&largest).await;
    assert!(client.hear().await.contains("too-long"), "a message, but no command");
    client.say(&format!("{largest} ")).await;
    assert_eq!(client.closed().await, 1009);

    for bad in [&b"\xff"[..], b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"caf\xe9"] {
        let mut client = stage.greeted("{}").await;
        client.raw_text(bad).await;
        assert_eq!(client.closed().await, 1007, "{bad:x?}");
    }
    let mut client = stage.greeted("{}").await;
    for _ in 0..101 {
        client.say("junk").await;
    }
    assert_eq!(client.closed().await, 1008);
}

#[tokio::test]
async fn a_client_that_does_not_read_is_told_what_it_missed_and_slows_nobody() {
    let stage = Stage::new().await;
    let mut slow = stage.greeted("{}").await;
    let mut quick = stage.greeted("{}").await;
    const MESSAGES: usize = 40_000;
    let filler = "x".repeat(400);
    for n in 0..MESSAGES {
        stage.says(&format!("[\"text/0\", {{\"value\": \"{n} {filler}\"}}]"));
        if n % 50 == 49 {
            // The quick one keeps up.
            let expect = format!("{} ", n - 49);
            assert!(quick.hear_value().await.starts_with(&expect));
            for _ in 0..49 {
                quick.hear_value().await;
            }
        }
    }
    let mut heard = 0;
    loop {
        let text = slow.hear().await;
        if text.starts_with("[\"$hub/lost\"") {
            let missed: usize =
                text.chars().filter(char::is_ascii_digit).collect::<String>().parse().expect("a number");
            assert!(missed > 0 && heard + missed <= MESSAGES, "heard {heard}, missed {missed}");
            assert!(slow.hear().await.contains("relay"), "the present values follow");
            assert!(slow.hear_value().await.starts_with(&format!("{} ", MESSAGES - 1)), "the newest text");
            break;
        }
        heard += 1;
    }
    stage.says(r#"["relay/i2c0-3b", {"state": true}]"#);
    assert_eq!(slow.hear().await, r#"["relay/i2c0-3b", {"state": true}]"#);
}

#[tokio::test]
async fn asking_for_the_present_values_without_reading_them_ends_the_conversation() {
    let stage = Stage::new().await;
    for n in 0..10 {
        stage.says(&format!("[\"text/{n}\", {{\"value\": \"{}\"}}]", "x".repeat(40_000)));
    }
    let mut client = stage.client().await;
    client.say(&HELLO.repeat(90)).await;
    assert_eq!(client.closed().await, 1013, "90 times 400 kB");
    let mut client = stage.client().await;
    client.say(r#"["clown.talk/-/config/set", {"snapshot": false}]"#).await;
    client.say(&"[\"clown.talk/-/config/set\", {\"snapshot\": false}]\n".repeat(101)).await;
    assert_eq!(client.closed().await, 1008);
}

#[tokio::test]
async fn commands_whose_answers_are_not_read_fill_no_memory() {
    let stage = Stage::new().await;
    let mut client = stage.narrow().await;
    client.say(HELLO).await;
    let command =
        format!("[\"nobody/0/set\", {{\"k\": \"{}\"}}, {{\"id\": 1}}]\n", "x".repeat(7_000)).repeat(9);
    for _ in 0..100 {
        // Once it is closed there is nobody to write to.
        if client.try_say(&command).await.is_err() {
            break;
        }
    }
    assert_eq!(client.closed().await, 1013, "6 MB of answers");
}

#[tokio::test]
async fn a_flood_of_commands_takes_nothing_from_the_others() {
    let stage = Stage::new().await;
    let mut witness = stage.greeted("{}").await;
    let mut flooder = stage.greeted("{}").await;
    // On one thread nobody else has a turn while such a frame is read.
    flooder.say(&"[\"x/0/set\",{}]\n".repeat(4_300)).await;
    assert_eq!(flooder.closed().await, 1008);
    stage.says(r#"["relay/i2c0-3b", {"state": true}]"#);
    assert_eq!(witness.hear().await, r#"["relay/i2c0-3b", {"state": true}]"#, "nothing was lost before it");
}

#[tokio::test]
async fn the_reason_reaches_whoever_sends_far_too_much() {
    let stage = Stage::new().await;
    for _ in 0..5 {
        let mut client = stage.greeted("{}").await;
        client.say(&"x".repeat(16 << 20)).await;
        assert_eq!(client.closed().await, 1009);
    }
}

#[tokio::test]
async fn nothing_is_carried_out_behind_the_closing() {
    let mut stage = Stage::new().await;
    let mut client = stage.greeted("{}").await;
    client.say(&format!("{}{RELAY_ON}", "junk\n".repeat(101))).await;
    assert_eq!(client.closed().await, 1008);
    assert!(stage.nothing_asked());
}

#[tokio::test]
async fn unknown_endpoints_are_named_and_plain_requests_are_told_what_this_is() {
    let stage = Stage::new().await;
    let (status, text) = stage.refused("clown-talk-server_nodes_bridge_9").await;
    assert_eq!(status, 404);
    assert!(text.contains("`clown-talk-server_nodes_bridge_0`"), "{text}");
    let (status, _) = stage.plain("clown-talk-server").await;
    assert_eq!(status, 426);
}

#[tokio::test]
async fn whoever_takes_thousands_of_present_values_may_ask_something_meanwhile() {
    let stage = Stage::new().await;
    let long = "x".repeat(60_000);
    for n in 0..150 {
        stage.says(&format!(r#"["text/{n}", {{"value": "{long}"}}]"#));
    }
    let mut client = stage.narrow().await;
    client.say(HELLO).await;
    assert!(client.hear().await.contains("config/ok"));
    for _ in 0..3 {
        client.say(r#"["clown.talk/-/config/get", {}]"#).await;
    }
    for _ in 0..151 {
        assert!(!client.hear().await.contains("config/ok"), "the present values come first");
    }
    for _ in 0..3 {
        assert!(client.hear().await.contains("config/ok"));
    }
}
