//! Transcripts of who is there: properties that are late, devices that fall silent or asleep, leave and come back.

use super::*;
use crate::device::profile::Absence;

const BASE: &str = "nodes/bridge/0";
const WARM: &str = r#"["thermometer/i2c0-48", {"temperature": [20.01, "℃"]}]"#;
const DAMP: &str = r#"["hygrometer/i2c0-40", {"relative-humidity": [40.1, "%"]}]"#;

impl Play {
    fn presence(&self, id: &str) -> &'static str {
        let entries = self.hub.snapshot(self.now).entries;
        entries.into_iter().find(|entry| entry.id() == id).expect(id).presence.word()
    }

    fn bridge(&self) -> DeviceView {
        self.device(BASE).expect("it is known")
    }

    /// The device, its thermometer, its hygrometer, its relay.
    fn all(&self) -> [&'static str; 4] {
        let [warm, damp] = ["thermometer/i2c0-48", "hygrometer/i2c0-40"].map(|id| self.presence(id));
        [self.bridge().presence.word(), warm, damp, self.relay().presence.word()]
    }

    fn away(&self, how: Absence, reason: &str) {
        self.link.device_away(self.now, &Topic::new(BASE).expect("base"), how, reason);
    }

    fn goes_on(&mut self, seconds: u64, lines: &[&str]) {
        for _ in 0..seconds {
            lines.iter().for_each(|line| self.says(line));
            self.passes(Duration::from_secs(1));
        }
    }

    /// The code and the reason of the refusal of a command.
    fn refused(&mut self) -> (String, String) {
        self.heard();
        self.asks(SET, ON);
        let update = self.stream.try_recv().expect("a step");
        let refusal = update.event.as_ref().and_then(|event| event.refusal.clone()).expect("refused");
        assert!(self.outbox.try_recv().is_err(), "nothing reaches the link");
        (refusal.code.to_owned(), refusal.reason.into_owned())
    }
}

/// A device with two readings in the rhythm of a second and a relay.
fn lively() -> Play {
    let mut play = Play::new();
    play.goes_on(8, &[WARM, DAMP]);
    assert_eq!(play.all(), ["online"; 4]);
    play
}

#[test]
fn what_is_late_is_stale_while_its_device_speaks_and_silent_with_it() {
    let mut play = lively();
    play.goes_on(8, &[DAMP]);
    assert_eq!(play.all(), ["online", "stale", "online", "online"]);
    play.goes_on(8, &[]);
    assert_eq!(play.all(), ["silent"; 4]);
    play.says(DAMP);
    assert_eq!(play.all(), ["online", "stale", "online", "online"], "the thermometer was not heard");
    play.says(WARM);
    assert_eq!(play.all(), ["online"; 4]);
}

#[test]
fn a_device_that_says_other_things_has_not_fallen_silent() {
    let mut play = Play::new();
    play.goes_on(8, &[WARM]);
    play.goes_on(2, &[]);
    play.says(r#"["pir/-", {"event-count": 1}]"#);
    play.goes_on(2, &[]);
    let two = |play: &Play| [play.bridge().presence.word(), play.presence("thermometer/i2c0-48")];
    assert_eq!(two(&play), ["online", "stale"]);
    // It was heard before the thermometer became late, and nothing since.
    play.goes_on(3, &[]);
    assert_eq!(two(&play), ["silent", "silent"]);
    play.says(r#"["pir/-", {"event-count": 2}]"#);
    play.goes_on(60, &[]);
    assert_eq!(two(&play), ["online", "stale"], "what was late already tells nothing about the device");
}

#[test]
fn nobody_is_late_by_a_sleep_of_the_whole_process() {
    let mut play = lively();
    play.passes(Duration::from_secs(600));
    assert_eq!(play.all(), ["online"; 4]);
    play.goes_on(4, &[DAMP]);
    assert_eq!(play.all(), ["online"; 4], "there is a grace behind it");
    play.goes_on(8, &[DAMP]);
    assert_eq!(play.all(), ["online", "stale", "online", "online"]);
}

#[test]
fn a_device_that_sleeps_keeps_its_values_and_is_not_late() {
    let mut play = lively();
    let slept = play.now.wall;
    play.away(Absence::Asleep, "it said that it sleeps");
    assert_eq!(play.all(), ["asleep"; 4]);
    assert_eq!(play.presence("led/-"), "unknown", "what was never heard is not known by a sleep");
    assert_eq!(
        (play.bridge().since, play.bridge().reason.as_deref()),
        (Some(slept), Some("it said that it sleeps"))
    );
    play.goes_on(600, &[]);
    assert_eq!(play.all(), ["asleep"; 4]);
    assert_eq!(play.relay().update.expect("kept").message.payload.as_str(), r#"{"state": false}"#);
    play.says(DAMP);
    assert_eq!(play.all(), ["online"; 4], "its word wakes it");
    assert_eq!(play.bridge().reason, None);
    play.goes_on(2, &[]);
    assert_eq!(play.all(), ["online"; 4], "the time of its sleep does not count");
    play.goes_on(8, &[]);
    assert_eq!(play.all(), ["silent"; 4]);
}

#[test]
fn a_command_to_a_device_that_sleeps_is_refused_at_once() {
    let mut play = lively();
    play.away(Absence::Asleep, "it said that it sleeps");
    play.goes_on(60, &[]);
    let (code, reason) = play.refused();
    assert_eq!(code, "asleep");
    assert_eq!(
        reason,
        "`nodes/bridge/0` sleeps since 1970-01-01T00:00:08.000Z (it said that it sleeps) and it was last heard at \
         1970-01-01T00:00:07.000Z; the command was NOT delivered, ask again when it is awake"
    );
    play.says(WARM);
    play.heard();
    play.asks(SET, ON);
    assert_eq!(play.heard(), ["accepted"], "nothing is done late, and it is awake now");
}

#[test]
fn what_was_asked_of_a_device_that_falls_asleep_is_refused() {
    let mut play = lively();
    play.asks(SET, ON);
    let id = play.outbox.try_recv().expect("handed over").id;
    play.heard();
    play.away(Absence::Asleep, "it said that it sleeps");
    assert_eq!(play.heard(), ["refused vanished"]);
    assert!(!play.link.wants(id), "the link must not write it any more");
}

#[test]
fn a_lost_connection_is_no_good_bye() {
    let mut play = lively();
    play.away(Absence::Lost, "its connection broke off");
    assert_eq!(play.all(), ["lost"; 4]);
    let (code, reason) = play.refused();
    assert_eq!(code, "offline");
    assert!(reason.contains("is lost since 1970-01-01T00:00:08.000Z (its connection broke off)"), "{reason}");
    play.away(Absence::Offline, "it has left its broker");
    assert_eq!(play.all(), ["offline"; 4]);
    let (code, reason) = play.refused();
    assert_eq!(code, "offline");
    assert!(reason.contains("is offline since"), "{reason}");
    play.says(WARM);
    assert_eq!(play.all(), ["online", "online", "offline", "offline"], "the others have not spoken since");
    play.away(Absence::Asleep, "it said that it sleeps");
    assert_eq!(play.all(), ["asleep", "asleep", "remembered", "remembered"], "nor have they now");
    play.says(WARM);
    assert_eq!(play.all(), ["online", "online", "remembered", "remembered"]);
}

#[test]
fn another_reason_for_the_same_absence_is_told_and_its_time_stays() {
    let mut play = lively();
    play.away(Absence::Lost, "its connection broke off");
    let since = play.bridge().since;
    play.goes_on(5, &[]);
    play.away(Absence::Lost, "the connection of its gateway broke off");
    let device = play.bridge();
    assert_eq!(
        (device.since, device.reason.as_deref()),
        (since, Some("the connection of its gateway broke off"))
    );
    assert!(play.refused().1.contains("lost since 1970-01-01T00:00:08.000Z"));
}

#[test]
fn a_link_that_goes_down_is_the_end_of_every_sleep() {
    let mut play = lively();
    play.away(Absence::Asleep, "it said that it sleeps");
    play.link.state(play.now, LinkState::not_up(Phase::Waiting, "unplugged", "unplugged", "plug it in"));
    assert_eq!(play.all(), ["offline"; 4]);
    let (code, reason) = play.refused();
    assert_eq!(code, "offline");
    assert!(reason.contains("(unplugged)"), "{reason}");
}
