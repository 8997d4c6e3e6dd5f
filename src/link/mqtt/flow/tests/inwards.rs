//! What the broker says.

use super::*;

#[test]
fn a_reading_keeps_its_digits_and_makes_its_device_known() {
    let mut play = Play::new(Version::V5, &["nodes/# both"]);
    let odd = r#"{"temperature":[1e3,"\u2103"], "n": 12345678901234567890}"#;
    for payload in [CELSIUS, odd] {
        play.broker("nodes/bridge/1/thermometer/i2c0-48", payload);
        let entry = play.entry("nodes/bridge/1/thermometer/i2c0-48").expect("kept");
        assert_eq!(entry.update.expect("said").message.payload.as_str(), payload);
        assert_eq!((entry.base, entry.presence), (Some(topic("nodes/bridge/1")), Presence::Online));
    }
    assert_eq!(play.given(), [""; 0], "nothing goes back where it came from");
}

#[test]
fn anything_else_is_a_message_and_not_kept() {
    let mut play = Play::new(Version::V5, &["# in"]);
    let (_, mut stream) = play.home.listen(play.now);
    play.broker("shellies/plug/relay/0", "on");
    play.delivers(Publish { payload: vec![0xff, 0x00].into(), ..publish("camera/raw", "") });
    let heard: Vec<String> =
        std::iter::from_fn(|| stream.try_recv().ok()).map(|update| update.message.to_text()).collect();
    assert_eq!(heard, [r#"["shellies/plug/relay/0", "on"]"#, r#"["camera/raw", {"$base64": "/wA="}]"#]);
    assert!(play.entry("shellies/plug/relay/0").is_none());
}

#[test]
fn a_command_from_the_broker_switches_the_relay_on_the_line() {
    let mut play = Play::new(Version::V5, &["nodes/# both"]);
    play.broker(SET, ON);
    assert_eq!(play.line(), [r#"relay/i2c0-3b/set {"state": true}"#]);
    play.device(r#"["relay/i2c0-3b", {"state": true}]"#);
    assert_eq!(play.given(), [format!("{RELAY} {ON}")], "the device's own word goes out, and nothing else");
    assert_eq!(play.home.name(), "home");
}

#[test]
fn prefixes_are_exchanged_on_the_way_in_and_in_the_answer() {
    let mut play = Play::new(Version::V5, &[r#"nodes/# both 0 "" house/"#]);
    play.broker("house/nodes/bridge/0/relay/i2c0-3b/set", ON);
    assert_eq!(play.line().len(), 1);
    play.broker("house/nodes/bridge/0/relay/i2c0-3f/set", r#"{"state": 1}"#);
    let given = play.given();
    assert_eq!(given.len(), 1, "{given:?}");
    assert!(given[0].starts_with("house/nodes/bridge/0/clown.talk/-/error {\"code\":"), "{given:?}");
    assert!(given[0].contains(r#""topic":"house/nodes/bridge/0/relay/i2c0-3f/set""#), "{given:?}");
}

#[test]
fn a_refused_command_is_answered_on_the_error_topic() {
    let mut play = Play::new(Version::V5, &["nodes/# both"]);
    let mut check = |topic: &str, payload: &str, code: &str| {
        play.broker(topic, payload);
        let given = play.given();
        assert_eq!(given.len(), 1, "{topic} {payload}: {given:?}");
        let start = format!("nodes/bridge/0/clown.talk/-/error {{\"code\":\"{code}\",\"reason\":");
        assert!(given[0].starts_with(&start), "{given:?}");
        assert!(given[0].contains(&format!("\"topic\":\"{topic}\"")), "{given:?}");
    };
    check(SET, "", "empty-payload");
    check("nodes/bridge/0/relay/i2c0-3b/get", "", "empty-payload");
    check(SET, "on", "not-json");
    check(SET, r#"{"state": 1}"#, "bad-payload");
    check("nodes/bridge/0/thermometer/i2c0-48/set", "{}", "read-only");
    assert_eq!(play.line(), [""; 0]);
}

#[test]
fn a_command_that_nobody_answers_is_told_as_unanswered() {
    let mut play = Play::new(Version::V5, &["nodes/# both"]);
    play.broker(SET, ON);
    let command = play.line.try_recv().expect("on the line");
    play.usb.sent(play.now, command.id);
    play.passes(Duration::from_secs(4));
    let given = play.given();
    assert!(given.len() == 1 && given[0].contains(r#""code":"unanswered""#), "{given:?}");
}

#[test]
fn mqtt_5_hears_the_end_of_a_command_where_it_asked_for_it() {
    let mut play = Play::new(Version::V5, &["nodes/# both"]);
    let response = Response { topic: "me/answers".into(), correlation: Some("42".into()) };
    play.delivers(Publish { response: Some(response), ..publish(SET, ON) });
    let command = play.line.try_recv().expect("on the line");
    play.usb.sent(play.now, command.id);
    assert!(play.client.kept().iter().all(|publish| publish.topic != "me/answers"), "not at its end yet");
    play.device(r#"["relay/i2c0-3b", {"state": true}]"#);
    let given = play.client.kept();
    let answer = given.iter().find(|publish| publish.topic == "me/answers").expect("an answer");
    let text = String::from_utf8_lossy(&answer.payload);
    assert!(text.contains(r#""step":"confirmed""#) && text.contains(SET), "{text}");
    let correlation = Response { topic: String::new(), correlation: Some("42".into()) };
    assert_eq!(answer.response, Some(correlation));
}

#[test]
fn an_answer_never_becomes_a_command() {
    let mut play = Play::new(Version::V5, &["nodes/# both"]);
    let response = Response { topic: "nodes/bridge/1/relay/i2c0-3b/set".into(), correlation: None };
    play.delivers(Publish { response: Some(response), ..publish(SET, "off") });
    let given = play.given();
    assert!(given.len() == 1 && given[0].starts_with("nodes/bridge/0/clown.talk/-/error"), "{given:?}");
}

#[test]
fn an_end_that_was_missed_in_the_stream_is_answered_all_the_same() {
    let mut play = Play::new(Version::V5, &["nodes/# both"]);
    play.flow.heard(play.now, &play.client, publish(SET, r#"{"state": 1}"#));
    let (_, stream) = play.home.listen(play.now);
    play.stream = stream;
    play.passes(Duration::from_secs(40));
    assert_eq!(play.given().len(), 1);
}

#[test]
fn a_retained_command_is_never_carried_out_but_counted_and_seen() {
    let mut play = Play::new(Version::V5, &["nodes/# both"]);
    let (_, mut stream) = play.home.listen(play.now);
    play.memory(SET, ON);
    play.memory(SET, ON);
    assert_eq!((play.line().len(), play.counts().retained_command), (0, 2));
    let seen = stream.try_recv().expect("told");
    assert!(seen.memory && seen.message.topic.as_str() == SET);
    assert_eq!(play.given(), [""; 0]);
}

#[test]
fn a_command_for_a_device_of_this_very_broker_is_seen_and_nothing_else() {
    let mut play = Play::new(Version::V5, &["nodes/# both"]);
    play.broker("nodes/bridge/1/relay/i2c0-3b", ON);
    let (_, mut stream) = play.home.listen(play.now);
    play.broker("nodes/bridge/1/relay/i2c0-3b/set", ON);
    let seen = stream.try_recv().expect("told");
    assert_eq!((seen.message.topic.as_str(), &seen.base), ("nodes/bridge/1/relay/i2c0-3b/set", &None));
    assert!(play.entry("nodes/bridge/1/relay/i2c0-3b/set").is_none());
    assert_eq!(play.given(), [""; 0]);
}

#[test]
fn a_command_that_the_broker_sends_again_is_not_done_twice() {
    let mut play = Play::new(Version::V5, &["nodes/# both"]);
    let press = r#"{"press": true}"#;
    let button = "nodes/bridge/0/push-button/-/set";
    play.device(r#"["push-button/-", {"event-count": 1}]"#);
    play.delivers(Publish { qos: 1, ..publish(button, press) });
    play.delivers(Publish { qos: 1, dup: true, ..publish(button, press) });
    assert_eq!(play.line().len(), 1);
    play.delivers(Publish { qos: 1, dup: true, ..publish(SET, ON) });
    assert_eq!(play.line().len(), 1, "the first one was lost on the way");
    play.delivers(Publish { qos: 1, ..publish(button, press) });
    assert_eq!(play.line().len(), 1, "pressed once more");
}

#[test]
fn what_the_broker_remembers_is_remembered_until_its_device_speaks() {
    let mut play = Play::new(Version::V5, &["nodes/# both"]);
    let relay = "nodes/bridge/1/relay/i2c0-3b";
    play.memory(relay, ON);
    assert_eq!(play.entry(relay).expect("kept").presence, Presence::Remembered);
    play.broker(relay, ON);
    assert_eq!(play.entry(relay).expect("kept").presence, Presence::Online);
    play.broker(relay, "");
    assert!(play.entry(relay).is_none(), "an empty message takes it out");
}

#[test]
fn nobody_at_the_broker_speaks_for_a_device_of_the_line() {
    let mut play = Play::new(Version::V5, &["nodes/# both"]);
    play.broker(RELAY, ON);
    play.memory(RELAY, ON);
    play.broker(RELAY, "");
    let relay = play.entry(RELAY).expect("still there");
    assert_eq!(relay.update.expect("said").message.payload.as_str(), r#"{"state": false}"#);
    assert_eq!(play.counts().conflict, 3);
    play.device(RELAY_OFF);
    play.broker(RELAY, r#"{"state": false}"#);
    assert_eq!((play.counts().conflict, play.counts().loops), (4, 0), "by chance the same");
}

#[test]
fn topics_that_the_hub_cannot_take_are_counted() {
    let mut play = Play::new(Version::V5, &["# in"]);
    play.broker("a\u{1}b", "1");
    play.broker(&"a/".repeat(100), "1");
    play.broker("//", "1");
    assert_eq!((play.counts().malformed, play.counts().received), (3, 0));
}

#[test]
fn what_is_not_asked_for_is_not_taken() {
    let mut play = Play::new(Version::V5, &["garden/# in"]);
    play.broker("nodes/bridge/1/led/-", r#"{"state": "on"}"#);
    assert_eq!(play.counts().received, 0);
}

#[test]
fn the_hub_itself_cannot_be_imitated() {
    let mut play = Play::new(Version::V5, &["# in", r#"$SYS/# in 0 broker/ """#]);
    play.broker("$hub/link/usb", "{}");
    assert_eq!(play.counts().received, 0);
    play.broker("$SYS/broker/uptime", "7");
    assert_eq!(play.counts().received, 1);
}

const PEER: &str = "clown-hub/77ab01cd/cloud";

#[test]
fn devices_behind_a_hub_that_left_are_offline_with_the_reason() {
    let mut play = Play::new(Version::V5, &["nodes/# both"]);
    let relay = "nodes/bridge/1/relay/i2c0-3b";
    play.broker(relay, ON);
    play.memory(PEER, r#"{"state":"online","name":"attic","bases":["nodes/bridge/1","nodes/bridge/0"]}"#);
    assert_eq!(play.entry(relay).expect("kept").presence, Presence::Online);
    play.broker(PEER, r#"{"state":"offline"}"#);
    assert_eq!(play.entry(relay).expect("kept").presence, Presence::Offline);
    let device = |play: &Play, base: &str| {
        play.hub
            .snapshot(play.now)
            .devices
            .into_iter()
            .find(|device| device.base.as_str() == base)
            .expect(base)
    };
    let reason = device(&play, "nodes/bridge/1").reason.expect("a reason").to_string();
    assert_eq!(reason, "hub attic is offline since 1970-01-01T00:00:00.000Z");
    assert_eq!(device(&play, "nodes/bridge/0").presence, Presence::Online, "ours is ours");
    play.broker(relay, ON);
    assert_eq!(play.entry(relay).expect("kept").presence, Presence::Online, "its next word brings it back");
}

#[test]
fn own_births_are_nobody() {
    let mut play = Play::new(Version::V4, &["# both"]);
    play.broker("clown-hub/0f3a9c1e/home", r#"{"state":"offline"}"#);
    play.broker("clown-hub/0f3a9c1e/other", r#"{"state":"offline"}"#);
    assert_eq!(play.counts().received, 0);
}

#[test]
fn what_lies_at_the_broker_is_told_to_whoever_asked_and_changes_nothing() {
    let mut play = Play::new(Version::V5, &["nodes/# in", r#"# in 0 house/ """#]);
    let meter = "nodes/bridge/1/thermometer/i2c0-48";
    play.memory(meter, CELSIUS);
    play.broker(meter, r#"{"temperature": [30, "℃"]}"#);
    let (told, mut answers) = mpsc::channel(8);
    play.flow.recall(told);
    // What the broker tells of its own accord is no answer, however late it comes.
    play.passes(Duration::from_millis(250));
    play.memory("old/early", "1");
    assert!(play.home.serves(&topic(meter)).is_some() && answers.try_recv().is_err());
    play.passes(Duration::from_millis(1100));
    let received = play.counts().received;
    play.memory(meter, CELSIUS);
    play.memory("nodes/bridge/0/relay/i2c0-3b/set", ON);
    play.memory("old/late", "2");
    play.broker("new/now", "3");
    let mut heard = || answers.try_recv().map(|told| format!("{} {}", told.topic, told.payload));
    assert_eq!(heard(), Ok(format!("{meter} {CELSIUS}")));
    assert_eq!(heard(), Ok(format!("{SET} {ON}")));
    assert_eq!(heard(), Ok("house/old/late 2".into()));
    assert_eq!(heard(), Err(mpsc::error::TryRecvError::Empty), "more may come");
    play.passes(Duration::from_millis(800));
    assert_eq!(answers.try_recv().map(|_| ()), Err(mpsc::error::TryRecvError::Disconnected), "that was all");
    let value = play.entry(meter).expect("kept").update.expect("said").message.payload.clone();
    assert_eq!(value.as_str(), r#"{"temperature": [30, "℃"]}"#, "the live word stays");
    assert_eq!((play.counts().received, play.counts().retained_command), (received + 1, 0));
    // Later the broker speaks for itself again.
    play.memory("old/later", "4");
    assert_eq!(play.counts().received, received + 2);
}

#[test]
fn whoever_asks_hears_the_end_when_the_connection_is_lost() {
    let mut play = Play::new(Version::V4, &["# in"]);
    let (told, mut answers) = mpsc::channel(8);
    play.flow.recall(told);
    play.flow.lost();
    assert_eq!(answers.try_recv().map(|_| ()), Err(mpsc::error::TryRecvError::Disconnected));
}
