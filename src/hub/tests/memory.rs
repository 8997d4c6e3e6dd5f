//! Transcripts of what a broker remembers, and of what a slow reader may hold.

use super::many::{PLUG, many, said};
use super::*;
use crate::device::profile::Absence;

const TOPIC: &str = "nodes/plug/0/relay/0";
const OFF: &str = r#"{"state": false}"#;

impl Play {
    fn recalls(&self, link: &LinkHandle, payload: &str) {
        let said = Said { memory: true, ..said(Some(PLUG), TOPIC, payload) };
        link.hear(self.now, said).expect("its own");
    }

    /// The payload, the second it was said, whether that is known, and the presence.
    fn known(&self) -> (String, u64, bool, Presence) {
        let entries = self.hub.snapshot(self.now).entries;
        let entry = entries.into_iter().find(|entry| entry.topic.as_str() == TOPIC).expect(TOPIC);
        let update = entry.update.expect("a value");
        let at = update.at.duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs();
        (update.message.payload.as_str().to_owned(), at, !update.memory, entry.presence)
    }
}

#[test]
fn what_only_a_broker_remembers_is_remembered_until_a_live_word() {
    let mut play = Play::new();
    let (home, _outbox) = many(&play, "home");
    play.recalls(&home, ON);
    assert_eq!(play.known(), (ON.to_owned(), 0, false, Presence::Remembered));
    let device = |play: &Play| play.hub.snapshot(play.now).devices[1].clone();
    assert_eq!((device(&play).presence, device(&play).last), (Presence::Remembered, None));
    play.passes(Duration::from_secs(5));
    play.recalls(&home, ON);
    assert_eq!(play.known(), (ON.to_owned(), 0, false, Presence::Remembered), "it knew that already");
    play.plug(&home, "relay/0", ON).expect("its own");
    assert_eq!(play.known(), (ON.to_owned(), 5, true, Presence::Online));
    play.passes(Duration::from_secs(5));
    play.recalls(&home, ON);
    assert_eq!(play.known(), (ON.to_owned(), 5, true, Presence::Online), "heard while the broker was asked");
    home.state(play.now, LinkState::not_up(Phase::Waiting, "lost", "lost", ""));
    home.state(play.now, LinkState::up("again"));
    play.recalls(&home, ON);
    assert_eq!(play.known(), (ON.to_owned(), 5, true, Presence::Remembered));
    play.recalls(&home, OFF);
    assert_eq!(play.known(), (OFF.to_owned(), 10, false, Presence::Remembered));
}

#[test]
fn a_memory_confirms_nothing_and_brings_nobody_back() {
    let mut play = Play::new();
    let (home, _outbox) = many(&play, "home");
    play.plug(&home, "relay/0", OFF).expect("its own");
    play.asks("nodes/plug/0/relay/0/set", ON);
    play.heard();
    play.recalls(&home, ON);
    assert!(play.heard().is_empty(), "nobody is told what the device said before");
    assert_eq!(play.known(), (OFF.to_owned(), 0, true, Presence::Online), "nor is it kept");
    home.device_offline(play.now, &Topic::new(PLUG).expect("base"), "said good-bye");
    play.recalls(&home, ON);
    assert_eq!(play.known().3, Presence::Offline);
    play.recalls(&home, OFF);
    assert_eq!(play.known().3, Presence::Offline);
}

#[test]
fn what_is_remembered_of_a_device_that_sleeps_or_is_lost_is_never_live() {
    let device = |play: &Play| play.device(PLUG).expect("known");
    let play = Play::new();
    let (home, _outbox) = many(&play, "home");
    let base = Topic::new(PLUG).expect("base");
    play.recalls(&home, ON);
    home.device_away(play.now, &base, Absence::Asleep, "it said that it sleeps");
    assert_eq!((play.known().3, device(&play).presence), (Presence::Remembered, Presence::Asleep));
    play.recalls(&home, OFF);
    assert_eq!((play.known().3, device(&play).presence), (Presence::Remembered, Presence::Asleep));
    home.device_away(play.now, &base, Absence::Lost, "its connection broke off");
    play.recalls(&home, ON);
    assert_eq!((play.known().3, device(&play).presence), (Presence::Lost, Presence::Lost));
    home.state(play.now, LinkState::not_up(Phase::Waiting, "lost", "lost", ""));
    home.state(play.now, LinkState::up("again"));
    play.recalls(&home, ON);
    assert_eq!((play.known().3, device(&play).presence), (Presence::Remembered, Presence::Remembered));
    play.plug(&home, "relay/0", OFF).expect("its own");
    home.device_away(play.now, &base, Absence::Asleep, "it said that it sleeps");
    play.recalls(&home, OFF);
    assert_eq!(play.known().3, Presence::Asleep, "it says what was heard");
    play.recalls(&home, ON);
    assert_eq!(play.known().3, Presence::Remembered, "others heard it say so, and we did not");
}

#[test]
fn a_value_from_before_a_restart_keeps_its_time_and_finds_its_link() {
    let mut play = Play::new();
    let message = Message::parse(&format!("[\"{TOPIC}\", {ON}]")).expect("message");
    play.hub.restore(play.now, Kept { message, at: play.now.wall, memory: false });
    let (home, mut outbox) = many(&play, "home");
    play.passes(Duration::from_secs(60));
    play.heard();
    play.asks("nodes/plug/0/relay/0/set", ON);
    assert_eq!(play.heard(), ["refused no-such-device"], "no link has heard of it yet");
    play.recalls(&home, ON);
    assert_eq!(play.known(), (ON.to_owned(), 0, true, Presence::Remembered));
    play.heard();
    play.asks("nodes/plug/0/relay/0/set", ON);
    assert_eq!((play.heard(), outbox.try_recv().is_ok()), (vec!["accepted".to_owned()], true));
}

#[test]
fn a_memory_that_was_kept_over_a_restart_is_still_one() {
    let play = Play::new();
    let message = Message::parse(&format!("[\"{TOPIC}\", {ON}]")).expect("message");
    play.hub.restore(play.now, Kept { message, at: play.now.wall, memory: true });
    assert!(play.hub.remembered().iter().any(|kept| kept.memory));
    assert_eq!(play.known(), (ON.to_owned(), 0, false, Presence::Remembered));
}

#[test]
fn a_reader_that_stands_still_costs_no_ring_of_the_largest_messages() {
    let mut play = Play::new();
    let (home, _outbox) = many(&play, "home");
    let (_, mut still) = play.hub.subscribe(play.now);
    let (_, mut awake) = play.hub.subscribe(play.now);
    let large = said(None, "camera/0/picture", &"x".repeat(1 << 20));
    let (mut whole, mut marked) = (0, 0);
    for _ in 0..200 {
        home.hear(play.now, large.clone()).expect("its own");
        let update = awake.try_recv().expect("one for one");
        match update.message.topic.as_str() {
            "camera/0/picture" => whole += 1,
            "$hub/too-large" => {
                marked += 1;
                assert_eq!(
                    update.message.payload.as_str(),
                    r#"{"topic":"camera/0/picture","bytes":1048576,"from":"home"}"#
                );
            }
            topic => panic!("{topic}"),
        }
    }
    assert!((20..=64).contains(&whole), "{whole}");
    assert_eq!((whole + marked, play.counts("home").dropped), (200, marked));
    let mut last = None;
    while let Ok(update) = still.try_recv() {
        assert!(last.is_none_or(|last| update.seq == last + 1), "no number is missing");
        last = Some(update.seq);
    }
    play.heard();
    home.hear(play.now, large.clone()).expect("its own");
    assert_eq!(awake.try_recv().expect("told").message.topic.as_str(), "camera/0/picture", "it reads again");
    let before = play.counts("home").dropped;
    for n in 0..100 {
        let topic = Topic::new(&format!("{PLUG}/picture/{n}")).expect("topic");
        let message = Message::new(topic, large.message.payload.clone());
        home.hear(play.now, Said { base: Topic::new(PLUG).ok(), message, ..large.clone() }).expect("its own");
    }
    let dropped = play.counts("home").dropped - before;
    assert!((60..100).contains(&dropped), "{dropped} of 100 were neither told nor kept, or one of both");
}

#[test]
fn thousands_of_devices_that_vanish_push_nobody_out_of_the_ring() {
    let mut play = Play::new();
    let (home, _outbox) = many(&play, "home");
    for n in 0..6_000 {
        home.hear(play.now, said(Some(PLUG), &format!("{PLUG}/text/{n}"), "x")).expect("its own");
    }
    let (_, mut stream) = play.hub.subscribe(play.now);
    home.state(play.now, LinkState::not_up(Phase::Waiting, "lost", "lost", ""));
    let mut told = 0;
    for _ in 0..20 {
        while let Ok(update) = stream.try_recv() {
            told += usize::from(update.message.payload.as_str().contains("\"offline\""));
        }
        play.passes(Duration::from_millis(250));
    }
    assert_eq!(told, 6_001, "every property and the device");
}
