//! Transcripts of what goes wrong: hostile devices, links that are replaced, sleep, and commands at the worst moment.

use futures_util::FutureExt;

use super::*;

const OFF: &str = r#"{"state": false}"#;

impl Play {
    /// What was told under `$hub/presence/` since the last call.
    fn judged(&mut self) -> Vec<String> {
        let mut words = Vec::new();
        while let Ok(update) = self.stream.try_recv() {
            if let Some(about) = update.message.topic.as_str().strip_prefix("$hub/presence/nodes/bridge/0") {
                let presence = update.message.payload.as_str().split('"').nth(3).unwrap_or_default();
                words.push(format!("{about} {presence}"));
            }
        }
        words
    }

    fn presence_of(&self, id: &str) -> Presence {
        let entries = self.hub.snapshot(self.now).entries;
        entries.into_iter().find(|entry| entry.id() == id).expect(id).presence
    }

    fn lost(&self) -> LinkState {
        LinkState::not_up(Phase::Waiting, "unplugged", "unplugged", "plug it in")
    }

    fn attach(&mut self, base: &str) {
        let base = Some(Topic::new(base).expect(base));
        let info = LinkInfo { name: "usb".into(), kind: "serial", base };
        (self.link, self.outbox) = self.hub.attach(self.now, info);
    }
}

#[test]
fn a_device_cannot_speak_with_the_words_of_the_hub() {
    let mut play = Play::new();
    play.heard();
    let before = play.hub.snapshot(play.now);
    for line in [
        r#"["$hub/command", {"id": "c1", "step": "confirmed"}]"#,
        r#"["$hub/presence/relay/i2c0-3b", {"presence": "online"}]"#,
        r#"["$hub", {}]"#,
    ] {
        play.says(line);
    }
    let after = play.hub.snapshot(play.now);
    assert_eq!((before.seq, before.entries.len()), (after.seq, after.entries.len()), "nobody hears of it");
    assert_eq!(after.links[0].counts.foreign_command, 3);
}

#[test]
fn facts_about_a_value_are_the_hubs_to_tell() {
    let mut play = Play::new();
    play.heard();
    play.says(r#"["relay/i2c0-3b", {"state": true}, {"presence": "offline", "at": "1970-01-01T00:00:00Z"}]"#);
    assert_eq!(play.heard(), [r#"["nodes/bridge/0/relay/i2c0-3b", {"state": true}]"#]);
}

#[test]
fn a_lost_link_is_told_for_every_property_and_so_is_its_return() {
    let mut play = Play::new();
    play.says(r#"["thermometer/i2c0-48", {"temperature": [20.01, "℃"]}]"#);
    play.judged();
    play.link.state(play.now, play.lost());
    assert_eq!(play.judged(), [" offline", "/relay/i2c0-3b offline", "/thermometer/i2c0-48 offline"]);
    play.link.state(play.now, LinkState::up("bridge"));
    assert_eq!(play.judged(), [""; 0], "a link that is up has said nothing yet");
    play.says(r#"["thermometer/i2c0-48", {"temperature": [20.01, "℃"]}]"#);
    assert_eq!(play.judged(), ["/thermometer/i2c0-48 online", " online"]);
    assert_eq!(play.presence_of("relay/i2c0-3b"), Presence::Offline, "it has not spoken since");
}

#[test]
fn a_link_that_is_replaced_while_it_is_up_leaves_nothing_live_behind() {
    let mut play = Play::new();
    play.asks(SET, ON);
    play.heard();
    play.attach("nodes/bridge/0");
    assert_eq!(play.heard(), ["refused vanished"]);
    assert_eq!(play.presence_of("relay/i2c0-3b"), Presence::Offline);
}

#[test]
fn the_old_base_of_a_link_takes_no_commands_for_the_new_one() {
    let mut play = Play::new();
    play.link.state(play.now, play.lost());
    play.attach("nodes/bridge/1");
    play.link.state(play.now, LinkState::up("bridge"));
    play.heard();
    play.asks(SET, ON);
    assert_eq!(play.heard(), ["refused offline"]);
    assert!(play.outbox.try_recv().is_err(), "it would be carried out by somebody else");
}

#[test]
fn a_device_that_dies_while_the_process_sleeps_becomes_silent_afterwards() {
    let mut play = Play::new();
    for _ in 0..6 {
        play.says(r#"["thermometer/i2c0-48", {"temperature": [20.01, "℃"]}]"#);
        play.passes(Duration::from_secs(1));
    }
    play.passes(Duration::from_secs(60));
    assert_eq!(play.presence_of("thermometer/i2c0-48"), Presence::Online);
    for _ in 0..10 {
        play.passes(Duration::from_secs(1));
    }
    assert_eq!(play.presence_of("thermometer/i2c0-48"), Presence::Silent);
}

#[test]
fn a_relay_that_was_switched_in_time_with_a_clock_is_not_silent_when_that_ends() {
    let mut play = Play::new();
    for second in 0..12 {
        play.says(&format!(r#"["relay/i2c0-3b", {{"state": {}}}]"#, second % 2 == 0));
        play.says(&format!(r#"["pir/-", {{"event-count": {second}}}]"#));
        play.passes(Duration::from_secs(1));
    }
    for _ in 0..60 {
        play.passes(Duration::from_secs(1));
    }
    assert_eq!(play.presence_of("relay/i2c0-3b"), Presence::Online);
    assert_eq!(play.presence_of("pir/-"), Presence::Online);
}

#[test]
fn a_command_that_finds_no_place_was_never_accepted_and_ends_no_other() {
    let mut play = Play::new();
    let fill = [("relay/i2c0-3b/get", 10), ("led/-/get", 16), ("thermometer/i2c0-48/get", 16)];
    for (topic, times) in fill.into_iter().chain([("-/-/config/list", 16), ("i2c/0/config/get", 5)]) {
        for _ in 0..times {
            play.asks(&format!("nodes/bridge/0/{topic}"), "{}");
        }
    }
    play.asks(SET, ON);
    play.heard();
    play.asks(SET, OFF);
    assert_eq!(play.heard(), ["refused busy"]);
    play.says(r#"["relay/i2c0-3b", {"state": true}]"#);
    assert_eq!(play.heard().last().map(String::as_str), Some("confirmed"), "the first wish still stands");
}

#[test]
fn a_wish_that_was_followed_by_another_is_not_wanted_any_more() {
    let mut play = Play::new();
    play.asks(SET, ON);
    let first = play.outbox.try_recv().expect("handed over").id;
    assert!(play.link.wants(first));
    play.asks(SET, OFF);
    assert!(!play.link.wants(first), "the link must not write it");
    let second = play.outbox.try_recv().expect("handed over").id;
    assert!(play.link.wants(second));
    play.link.sent(play.now, second);
    let ticket = play.asks(SET, ON);
    let failed = play.stream.len();
    assert!(failed > 0 && play.link.wants(ticket.id));
    let mut reasons = Vec::new();
    while let Ok(update) = play.stream.try_recv() {
        reasons.extend(update.event.as_ref().and_then(|event| event.refusal.clone()));
    }
    assert!(reasons[0].reason.ends_with("was not sent"), "{}", reasons[0]);
    assert!(reasons[1].reason.ends_with("nobody knows whether it was done"), "{}", reasons[1]);
}

#[test]
fn a_long_command_is_refused_and_not_told_to_everybody_at_length() {
    let mut play = Play::new();
    play.heard();
    play.asks(SET, &format!(r#"{{"state": "{}"}}"#, "x".repeat(60_000)));
    play.asks(&format!("nodes/bridge/0/{}/set", "℃".repeat(20_000)), ON);
    let mut told = 0;
    while let Ok(update) = play.stream.try_recv() {
        let event = update.event.as_ref().expect("a step");
        assert_eq!(event.refusal.as_ref().map(|refusal| refusal.code), Some("too-long"));
        assert!(update.message.payload.as_str().len() < 2_000, "{:.100}", update.message.payload);
        told += 1;
    }
    assert_eq!(told, 2);
}

#[test]
fn a_device_gone_mad_fills_no_memory() {
    let play = Play::new();
    let (bytes, lines) = (60_000, 600);
    let text = "x".repeat(bytes);
    for n in 0..lines {
        play.says(&format!(r#"["mad/{n}", {{"text": "{text}"}}]"#));
    }
    let snapshot = play.hub.snapshot(play.now);
    let kept = snapshot.entries.iter().filter_map(|entry| entry.update.as_ref());
    assert!(kept.map(|update| update.message.payload.as_str().len()).sum::<usize>() < 32 << 20);
    assert!(bytes * lines > 32 << 20 && snapshot.links[0].counts.dropped > 0, "what is not kept is counted");
    assert_eq!(play.relay().presence, Presence::Online, "what was there stays");
    let keys: Vec<String> = (0..5_000).map(|key| format!(r#""k{key}":{key}"#)).collect();
    let (_, mut stream) = play.hub.subscribe(play.now);
    play.says(&format!(r#"["mad/0", {{{}}}]"#, keys.join(",")));
    assert!(
        stream.try_recv().expect("told").message.payload.readings().len() <= 256,
        "readings cost more than their text"
    );
}

#[test]
fn a_refusal_names_what_was_probably_meant() {
    let play = Play::new();
    let why = |topic: &str| {
        let outcome = play.asks(topic, ON).outcome.try_recv().expect("refused at once");
        outcome.refusal.as_ref().expect("a reason").reason.clone().into_owned()
    };
    assert!(why("nodes/bridge/0/relai/i2c0-3b/set").ends_with("did you mean `relay/i2c0-3b`?"));
    assert!(why("nodes/bridge/0/cover/-/set").ends_with("has no `cover/-`"));
    assert!(why("nodes/bridge/1/relay/i2c0-3b/set").ends_with("known here; known are `nodes/bridge/0`"));
}

#[test]
fn only_a_link_that_waits_is_told_to_try_again() {
    let play = Play::new();
    let again = play.link.again();
    assert!(!play.hub.try_again("usb") && !play.hub.try_again("nobody"));
    assert_eq!(again.notified().now_or_never(), None);
    play.link.state(play.now, LinkState::not_up(Phase::Waiting, "unplugged", "unplugged", "plug it in"));
    assert!(play.hub.try_again("usb"));
    assert_eq!(again.notified().now_or_never(), Some(()));
}
