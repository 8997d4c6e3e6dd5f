//! The hub as a transcript: what a link says and a person asks, and what everyone hears.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::{broadcast, mpsc};

use super::*;
use crate::device::Refusal;
use crate::talk::{Message, Payload};

mod attendance;
mod claims;
mod edges;
mod many;
mod memory;
mod posts;
mod standing;
mod taught;

struct Play {
    hub: Hub,
    link: LinkHandle,
    outbox: mpsc::Receiver<Outgoing>,
    stream: broadcast::Receiver<Arc<Update>>,
    now: Now,
}

impl Play {
    /// A link that is up, with a device that said that its relay is off.
    fn new() -> Self {
        let now = Now { mono: Instant::now(), wall: SystemTime::UNIX_EPOCH };
        let hub = Hub::new(HubConfig::default(), now);
        let base = Topic::new("nodes/bridge/0").expect("base");
        let info = LinkInfo { name: "usb".into(), kind: "serial", base: Some(base) };
        let (link, outbox) = hub.attach(now, info);
        link.state(now, LinkState::up("bridge"));
        let (_, stream) = hub.subscribe(now);
        let play = Self { hub, link, outbox, stream, now };
        play.says(r#"["-/-/config/ok", {"sensors": ["thermometer/i2c0-48"], "actuators": ["relay/i2c0-3b", "led/-"]}]"#);
        play.says(r#"["relay/i2c0-3b", {"state": false}]"#);
        play
    }

    fn says(&self, line: &str) {
        self.link.publish(self.now, Message::parse(line).expect(line));
    }

    fn asks(&self, topic: &str, payload: &str) -> Ticket {
        let command = Command {
            topic: Topic::new(topic).expect(topic),
            payload: Payload::parse(payload).expect(payload),
            by: By { account: "ada".into(), client: 1, from: None },
            id: Some("\"c1\"".into()),
        };
        self.hub.command(self.now, command)
    }

    fn passes(&mut self, time: Duration) {
        self.now = Now { mono: self.now.mono + time, wall: self.now.wall + time };
        self.hub.tick(self.now);
    }

    /// The steps and data heard since the last call, as short words.
    fn heard(&mut self) -> Vec<String> {
        let mut words = Vec::new();
        while let Ok(update) = self.stream.try_recv() {
            if let Some(event) = &update.event {
                let code =
                    event.refusal.as_ref().map_or(String::new(), |refusal| format!(" {}", refusal.code));
                words.push(format!("{}{code}", event.step.word()));
            } else if !update.is_own() {
                words.push(update.message.to_text());
            }
        }
        words
    }

    fn relay(&self) -> EntryView {
        let entries = self.hub.snapshot(self.now).entries;
        entries.into_iter().find(|entry| entry.id() == "relay/i2c0-3b").expect("relay")
    }
}

const SET: &str = "nodes/bridge/0/relay/i2c0-3b/set";
const ON: &str = r#"{"state": true}"#;

#[test]
fn a_command_is_confirmed_by_the_devices_own_word_only() {
    let mut play = Play::new();
    play.heard();
    play.asks(SET, ON);
    let outgoing = play.outbox.try_recv().expect("handed over");
    assert_eq!((outgoing.topic.as_str(), outgoing.payload.as_str()), ("relay/i2c0-3b/set", ON));
    assert!(play.relay().pending.is_some());
    play.link.sent(play.now, outgoing.id);
    play.says(r#"["relay/i2c0-3b", {"state": null}]"#);
    play.says(r#"["relay/i2c0-3b", {"state": false}]"#);
    assert_eq!(play.heard()[..2], ["accepted", "sent"]);
    assert!(play.relay().pending.is_some(), "neither null nor the old state confirms");
    play.says(r#"["relay/i2c0-3b", {"state": true}]"#);
    assert_eq!(play.heard(), [r#"["nodes/bridge/0/relay/i2c0-3b", {"state": true}]"#, "confirmed"]);
    assert!(play.relay().pending.is_none());
}

#[test]
fn what_cannot_be_done_is_refused_with_its_reason() {
    let mut play = Play::new();
    let mut check = |topic: &str, payload: &str, code: &str| {
        play.heard();
        play.asks(topic, payload);
        assert_eq!(play.heard(), [format!("refused {code}")], "{topic} {payload}");
    };
    check("nodes/bridge/1/relay/i2c0-3b/set", ON, "no-such-device");
    check("nodes/bridge/0/relay/i2c0-3f/set", ON, "no-such-device");
    check("nodes/bridge/0/rel\u{430}y/i2c0-3b/set", ON, "no-such-device");
    check("nodes/bridge/0/__proto__/constructor/set", ON, "no-such-device");
    check("nodes/bridge/0/relay//i2c0-3b/set", ON, "bad-topic");
    check("$SYS/broker/set", "{}", "reserved");
    check("nodes/bridge/0/relay/i2c0-3b", ON, "not-a-command");
    check("nodes/bridge/0/relay/i2c0-3b/open", ON, "not-a-command");
    check(SET, r#"{"state": 1}"#, "bad-payload");
    assert!(play.outbox.try_recv().is_err(), "nothing reached the link");
}

#[test]
fn no_answer_is_said_and_the_old_value_stays() {
    let mut play = Play::new();
    play.asks(SET, ON);
    let id = play.outbox.try_recv().expect("handed over").id;
    play.link.sent(play.now, id);
    play.heard();
    play.passes(Duration::from_millis(2_900));
    assert_eq!(play.heard(), [""; 0]);
    play.passes(Duration::from_millis(200));
    assert_eq!(play.heard(), ["unanswered unanswered"]);
    let relay = play.relay();
    assert_eq!(relay.failed.expect("failed").step, Step::Unanswered);
    assert_eq!(relay.update.expect("value").message.payload.as_str(), r#"{"state": false}"#);
}

#[test]
fn a_command_that_was_not_sent_in_time_is_refused() {
    let mut play = Play::new();
    play.asks(SET, ON);
    play.heard();
    play.passes(Duration::from_millis(2_100));
    assert_eq!(play.heard(), ["refused not-sent"]);
    assert!(
        play.outbox.try_recv().expect("the link sees it").deadline < play.now.mono,
        "and may not send it"
    );
}

#[test]
fn of_two_wishes_the_later_one_holds() {
    let mut play = Play::new();
    play.heard();
    play.asks(SET, ON);
    play.asks(SET, r#"{"state": false}"#);
    assert_eq!(play.heard(), ["accepted", "refused superseded", "accepted"]);
    play.says(r#"["relay/i2c0-3b", {"state": true}]"#);
    play.says(r#"["relay/i2c0-3b", {"state": false}]"#);
    assert_eq!(play.heard().last().map(String::as_str), Some("confirmed"));
}

#[test]
fn two_equal_wishes_are_confirmed_by_one_word() {
    let mut play = Play::new();
    play.asks(SET, ON);
    play.asks(SET, ON);
    play.heard();
    play.says(r#"["relay/i2c0-3b", {"state": true}]"#);
    assert_eq!(play.heard()[1..], ["confirmed", "confirmed"]);
}

#[test]
fn a_device_that_vanished_refuses_at_once() {
    let mut play = Play::new();
    play.asks(SET, ON);
    play.heard();
    play.link.state(play.now, LinkState::not_up(Phase::Waiting, "unplugged", "unplugged", "plug it in"));
    assert_eq!(play.heard(), ["refused vanished"]);
    assert_eq!(play.relay().presence, Presence::Offline);
    play.asks(SET, ON);
    assert_eq!(play.heard(), ["refused offline"]);
}

#[test]
fn a_device_is_offline_since_it_went_however_its_absence_is_called() {
    let mut play = Play::new();
    play.passes(Duration::from_secs(1));
    play.link.state(play.now, LinkState::not_up(Phase::Waiting, "unplugged", "unplugged", "plug it in"));
    play.passes(Duration::from_secs(1));
    play.link.state(play.now, LinkState::not_up(Phase::Waiting, "missing", "not there", "plug it in"));
    let link = &play.hub.snapshot(play.now).links[0];
    assert_eq!(link.since, SystemTime::UNIX_EPOCH + Duration::from_secs(1));
}

#[test]
fn requests_are_answered_by_ok_or_error() {
    let mut play = Play::new();
    play.heard();
    let set = "nodes/bridge/0/thermometer/i2c0-48/config/set";
    play.asks(set, r#"{"publish-interval": 30}"#);
    play.says(r#"["thermometer/i2c0-48/config/ok", {"publish-interval": 30}]"#);
    assert_eq!(play.heard().last().map(String::as_str), Some("confirmed"));
    play.asks(set, r#"{"publish-interval": 30}"#);
    play.says(r#"["thermometer/i2c0-48/config/error", {"error": "range", "message": "too long"}]"#);
    assert_eq!(play.heard().last().map(String::as_str), Some("refused device"));
}

#[test]
fn a_link_can_refuse_and_nobody_answers_for_a_display() {
    let mut play = Play::new();
    play.asks(SET, ON);
    let id = play.outbox.try_recv().expect("handed over").id;
    play.heard();
    play.link.refuse(play.now, id, Refusal::new("too-long", "too long"));
    assert_eq!(play.heard(), ["refused too-long"]);
    play.says(r#"["display-oled/i2c0-3c", {}]"#);
    play.asks("nodes/bridge/0/display-oled/i2c0-3c/set", r#"{"line-0": "hi"}"#);
    let id = play.outbox.try_recv().expect("handed over").id;
    play.heard();
    play.link.sent(play.now, id);
    assert_eq!(play.heard(), ["sent", "unconfirmable"]);
}

#[test]
fn the_stream_continues_the_snapshot_without_a_gap() {
    let mut play = Play::new();
    let (snapshot, mut stream) = play.hub.subscribe(play.now);
    play.says(r#"["thermometer/i2c0-48", {"temperature": [20.01, "℃"]}]"#);
    assert_eq!(stream.try_recv().expect("next").seq, snapshot.seq + 1);
    play.hub.close();
    while stream.try_recv().is_ok() {}
    assert_eq!(stream.try_recv().unwrap_err(), broadcast::error::TryRecvError::Closed);
    assert!(!play.heard().is_empty());
}

#[test]
fn a_regular_speaker_that_stops_becomes_silent_and_comes_back() {
    let mut play = Play::new();
    let reading = r#"["thermometer/i2c0-48", {"temperature": [20.01, "℃"]}]"#;
    for _ in 0..6 {
        play.says(reading);
        play.passes(Duration::from_secs(1));
    }
    assert_eq!(play.relay().presence, Presence::Online);
    for _ in 0..3 {
        play.passes(Duration::from_secs(1));
    }
    assert_eq!(play.relay().presence, Presence::Silent, "the device as a whole is silent");
    assert_eq!(play.hub.snapshot(play.now).devices[0].presence, Presence::Silent);
    play.says(reading);
    assert_eq!(play.relay().presence, Presence::Online);
}

#[test]
fn a_sleep_of_the_whole_process_is_nobodys_silence() {
    let mut play = Play::new();
    for _ in 0..6 {
        play.says(r#"["thermometer/i2c0-48", {"temperature": [20.01, "℃"]}]"#);
        play.passes(Duration::from_secs(1));
    }
    play.passes(Duration::from_secs(60));
    assert_eq!(play.relay().presence, Presence::Online);
}

#[test]
fn values_from_before_a_restart_are_remembered_not_live() {
    let play = Play::new();
    let kept = play.hub.remembered();
    let hub = Hub::new(HubConfig::default(), play.now);
    for kept in kept {
        hub.restore(play.now, kept);
    }
    let base = Topic::new("nodes/bridge/0").expect("base");
    let (link, _outbox) =
        hub.attach(play.now, LinkInfo { name: "usb".into(), kind: "serial", base: Some(base) });
    let entry = &hub.snapshot(play.now).entries[0];
    assert_eq!((entry.id(), entry.presence), ("relay/i2c0-3b", Presence::Remembered));
    link.publish(play.now, Message::parse(r#"["relay/i2c0-3b", {"state": false}]"#).expect("message"));
    assert_eq!(hub.snapshot(play.now).entries[0].presence, Presence::Online);
}

#[test]
fn a_device_cannot_command_nor_speak_for_the_hub() {
    let mut play = Play::new();
    play.heard();
    play.says(r#"["relay/i2c0-3b/set", {"state": true}]"#);
    assert!(play.outbox.try_recv().is_err());
    assert_eq!(play.heard(), [""; 0]);
    assert_eq!(play.hub.snapshot(play.now).links[0].counts.foreign_command, 1);
}

#[test]
fn listed_properties_are_unknown_until_they_speak() {
    let play = Play::new();
    let snapshot = play.hub.snapshot(play.now);
    let led = snapshot.entries.iter().find(|entry| entry.id() == "led/-").expect("listed");
    assert_eq!(led.presence, Presence::Unknown);
    assert!(led.update.is_none());
}
