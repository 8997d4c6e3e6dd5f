//! Devices that speak their own language.

use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::device::catalog::Catalog;
use crate::device::profile::file;
use crate::hub::Step;

const PLUG: &str = r#"
name = "Plug"
vendor = "Maker"

[[property]]
id = "relay/{n}"
read = { topic = "{id}/relay/{n}", map = { on = true, off = false } }
write = { topic = "{id}/relay/{n}/command", on = "on", off = "off" }

[[property]]
id = "power-meter/{n}"
interval = "30 s"
read = { topic = "{id}/relay/{n}/power" }

[[property]]
id = "button/restart"
write = { topic = "{id}/restart", payload = "now", confirm = "nothing" }

[[availability]]
topic = "{id}/online"
online = "true"
offline = "false"
"#;

const RELAY: &str = "nodes/maker/plug-1/relay/0";

fn play(topics: &[&str]) -> Play {
    let mut play = Play::absent(Version::V5, config(OWN, topics));
    let profile = file::read("maker/plug", Path::new("plug.toml"), PLUG.to_owned()).expect("a good file");
    play.hub.teach(play.now, Arc::new(Catalog::new([Arc::new(profile)])));
    play.connects();
    play.given();
    play
}

fn said(play: &Play, topic: &str) -> Option<(String, Presence)> {
    let entry = play.entry(topic)?;
    let payload = entry.update.as_ref().map_or_else(String::new, |update| update.message.payload.to_string());
    Some((payload, entry.presence))
}

#[test]
fn what_a_device_says_appears_in_clown_model_and_goes_out_so() {
    let mut play = play(&["# both"]);
    play.broker("plug-1/relay/0", "on");
    play.broker("plug-1/relay/0/power", "020.50");
    assert_eq!(said(&play, RELAY), Some((r#"{"state": true}"#.into(), Presence::Online)));
    let power = said(&play, "nodes/maker/plug-1/power-meter/0");
    assert_eq!(power, Some((r#"{"power": [20.50, "W"]}"#.into(), Presence::Online)));
    assert_eq!(
        play.given(),
        [
            format!(r#"{RELAY} {{"state": true}}"#),
            r#"nodes/maker/plug-1/power-meter/0 {"power": [20.50, "W"]}"#.into()
        ],
        "the translation is the hub's own word; the raw message is the broker's"
    );
    // What always was there is there with its device.
    assert_eq!(said(&play, "nodes/maker/plug-1/button/restart"), Some((String::new(), Presence::Online)));
}

#[test]
fn a_command_goes_back_in_the_devices_own_words_and_is_confirmed_by_them() {
    let mut play = play(&["# in"]);
    play.broker("plug-1/relay/0", "off");
    let ticket = play.asks("nodes/maker/plug-1/relay/0/set", r#"{"state": true}"#);
    assert_eq!(play.given(), ["plug-1/relay/0/command on"]);
    play.broker("plug-1/relay/0", "off");
    play.broker("plug-1/relay/0", "on");
    let outcome = ticket.outcome().now_or_never().flatten().expect("it has ended");
    assert_eq!(outcome.step, Step::Confirmed);

    let press = play.asks("nodes/maker/plug-1/button/restart/set", r#"{"press": true}"#);
    assert_eq!(play.given(), ["plug-1/restart now"]);
    assert_eq!(press.outcome().now_or_never().flatten().expect("ended").step, Step::Unconfirmable);
}

#[test]
fn commands_that_make_no_sense_are_refused_with_the_reason() {
    let mut play = play(&["# in"]);
    play.broker("plug-1/relay/0", "off");
    let mut check = |topic: &str, payload: &str, code: &str| {
        let ticket = play.asks(&format!("nodes/maker/plug-1/{topic}"), payload);
        let outcome = ticket.outcome().now_or_never().flatten().expect("it has ended");
        assert_eq!(outcome.refusal.as_ref().map(|refusal| refusal.code), Some(code), "{topic} {payload}");
        assert_eq!(play.given(), [""; 0]);
    };
    check("relay/0/set", r#"{"state": "on"}"#, "bad-payload");
    check("relay/7/set", r#"{"state": true}"#, "no-such-device");
    check("relay/0/get", "{}", "cannot-ask");
    check("power-meter/0/set", r#"{"power": 1}"#, "read-only");
    check("lamp/0/set", r#"{"state": true}"#, "no-such-device");
}

#[test]
fn somebody_at_the_broker_may_command_it_in_clown_model_too() {
    let mut play = play(&["# both"]);
    play.broker("plug-1/relay/0", "off");
    play.given();
    play.broker("nodes/maker/plug-1/relay/0/set", r#"{"state": true}"#);
    assert_eq!(play.given(), ["plug-1/relay/0/command on"]);
}

#[test]
fn another_hub_that_translates_the_same_device_is_an_echo() {
    let mut play = play(&["# both"]);
    play.broker("plug-1/relay/0", "off");
    play.given();
    play.broker(RELAY, r#"{"state": false}"#);
    assert_eq!((play.given(), play.counts().echo), (Vec::new(), 1));
}

#[test]
fn a_command_at_the_broker_is_left_to_the_hub_that_comes_first_and_understands_it_too() {
    let mut play = play(&["# in"]);
    let birth = |id: &str| format!("clown-hub/{id}/home");
    let online = r#"{"state":"online","name":"attic","bases":["nodes/maker/plug-1"],"commands":["nodes/maker/plug-1"]}"#;
    let (command, on) = ("nodes/maker/plug-1/relay/0/set", r#"{"state": true}"#);
    let up = || LinkState::up("connected");
    play.broker("plug-1/relay/0", "off");
    // It has not been heard by the other one yet, who has been there before.
    play.broker(&birth("ffffffff"), online);
    play.given();
    play.broker(command, on);
    assert_eq!(play.given(), [""; 0]);
    play.passes(Duration::from_secs(1));
    assert!(play.births().iter().any(|said| said.contains(r#""commands":["nodes/maker/plug-1"]"#)));
    play.given();
    play.broker(command, on);
    assert_eq!(play.given(), ["plug-1/relay/0/command on"], "the other one comes after us");
    play.broker("plug-1/relay/0", "on");

    play.broker(&birth("00000000"), online);
    play.given();
    play.broker(command, r#"{"state": false}"#);
    assert_eq!(play.given(), [""; 0]);
    let state = play.flow.state(play.now, up());
    assert_eq!((state.phase, state.code), (Phase::Up, "shared-devices"));
    assert!(
        state.reason.contains("`nodes/maker/plug-1` are carried out by the hub attic (00000000)"),
        "{state:?}"
    );
    play.asks(command, r#"{"state": false}"#);
    assert_eq!(play.given(), ["plug-1/relay/0/command off"], "its own people ask it");

    play.broker(&birth("00000000"), r#"{"state":"offline"}"#);
    assert_eq!(
        said(&play, RELAY).map(|(_, presence)| presence),
        Some(Presence::Online),
        "it is heard here, too"
    );
    assert_eq!(play.flow.state(play.now, up()), up());
    play.given();
    play.broker(command, on);
    assert_eq!(play.given(), ["plug-1/relay/0/command on"]);
}

#[test]
fn its_own_will_takes_it_offline_and_a_memory_does_not_bring_it_back() {
    let mut play = play(&["# in"]);
    play.broker("plug-1/relay/0", "on");
    play.broker("plug-1/online", "false");
    assert_eq!(said(&play, RELAY).map(|(_, presence)| presence), Some(Presence::Offline));
    play.memory("plug-1/online", "true");
    assert_eq!(said(&play, RELAY).map(|(_, presence)| presence), Some(Presence::Offline));
    let ticket = play.asks("nodes/maker/plug-1/relay/0/set", r#"{"state": false}"#);
    let outcome = ticket.outcome().now_or_never().flatten().expect("it has ended");
    assert_eq!(outcome.refusal.as_ref().map(|refusal| refusal.code), Some("offline"));
    play.broker("plug-1/online", "true");
    play.broker("plug-1/relay/0", "on");
    assert_eq!(said(&play, RELAY).map(|(_, presence)| presence), Some(Presence::Online));
}

#[test]
fn a_retained_state_is_shown_as_remembered_and_a_word_not_understood_is_counted() {
    let mut play = play(&["# in"]);
    play.memory("plug-1/relay/0", "on");
    assert_eq!(said(&play, RELAY), Some((r#"{"state": true}"#.into(), Presence::Remembered)));
    play.broker("plug-1/relay/0", "overpower");
    assert_eq!(said(&play, RELAY), Some((r#"{"state": true}"#.into(), Presence::Remembered)));
    assert_eq!(play.counts().not_understood, 1);
}

#[test]
fn other_definitions_are_in_force_as_soon_as_they_are_there() {
    let mut play = play(&["# in"]);
    play.broker("plug-1/relay/0", "on");
    let other = PLUG.replace("on = true, off = false", "on = false, off = true");
    let profile = file::read("maker/plug", Path::new("plug.toml"), other).expect("a good file");
    play.hub.teach(play.now, Arc::new(Catalog::new([Arc::new(profile)])));
    play.broker("plug-1/relay/0", "on");
    assert_eq!(said(&play, RELAY).map(|(payload, _)| payload).as_deref(), Some(r#"{"state": false}"#));
}

const LAMP: &str = r#"
name = "Lamp"
vendor = "Maker"

[[property]]
id = "light/{n}"
read = { topic = "{id}/{n}", map = { on = true, off = false } }
write = { topic = "{id}/{n}/set", on = "on", off = "off", refused_by = { topic = "{id}/log", value = "/text", when = { "/level" = "error" }, regex = "^(?<key>[a-z]+) failed: (?<value>.*)$", key = "state" } }
"#;

#[test]
fn a_message_refuses_the_one_command_that_it_fits_and_none_of_several() {
    let mut play = Play::absent(Version::V5, config(OWN, &["# both"]));
    let profile = file::read("maker/lamp", Path::new("lamp.toml"), LAMP.to_owned()).expect("a good file");
    play.hub.teach(play.now, Arc::new(Catalog::new([Arc::new(profile)])));
    play.connects();
    play.broker("lamp-1/a", "off");
    play.broker("lamp-1/b", "off");
    let failed = r#"{"level": "error", "text": "state failed: too \u202ehot"}"#;
    let a = play.asks("nodes/maker/lamp-1/light/a/set", r#"{"state": true}"#);
    play.given();
    // Of another key, of another level, of another device, from the broker's memory.
    play.broker("lamp-1/log", r#"{"level": "error", "text": "color failed: too hot"}"#);
    play.broker("lamp-1/log", r#"{"level": "info", "text": "state failed: too hot"}"#);
    play.broker("lamp-1/log", "[");
    play.broker("lamp-2/log", failed);
    play.memory("lamp-1/log", failed);
    let b = play.asks("nodes/maker/lamp-1/light/b/set", r#"{"state": true}"#);
    play.given();
    // It fits both.
    play.broker("lamp-1/log", failed);
    play.broker("lamp-1/a", "on");
    assert_eq!(a.outcome().now_or_never().flatten().expect("ended").step, Step::Confirmed);
    play.broker("lamp-1/log", failed);
    let refused = b.outcome().now_or_never().flatten().expect("ended");
    let refusal = refused.refusal.as_ref().expect("refused");
    let why = r#"it was refused on the way to the device: "too \u{202e}hot""#;
    assert_eq!((refused.step, refusal.code, &*refusal.reason), (Step::Refused, "device", why));
}

const MOTION: &str = r#"
name = "Motion"
vendor = "Maker"

[[property]]
id = "motion-sensor/-"
ends = "30 s"
read = { topic = "{id}/moves", map = { 1 = true } }

[[availability]]
topic = "{id}/online"
online = "true"
offline = "false"
"#;

#[test]
fn what_never_says_that_it_is_over_ends_after_its_time() {
    let mut play = Play::absent(Version::V5, config(OWN, &["# both"]));
    let profile =
        file::read("maker/motion", Path::new("motion.toml"), MOTION.to_owned()).expect("a good file");
    play.hub.teach(play.now, Arc::new(Catalog::new([Arc::new(profile)])));
    play.connects();
    let state = |play: &Play| said(play, "nodes/maker/pir-1/motion-sensor/-").map(|(payload, _)| payload);
    let (on, off) = (Some(r#"{"state": true}"#.to_owned()), Some(r#"{"state": false}"#.to_owned()));
    play.broker("pir-1/moves", "1");
    play.passes(Duration::from_secs(20));
    // It is said again, and lasts from then on.
    play.broker("pir-1/moves", "1");
    play.passes(Duration::from_secs(20));
    assert_eq!(state(&play), on);
    play.passes(Duration::from_secs(11));
    assert_eq!(state(&play), off);
    // Who has gone is shown so; what it said last is over when it is back.
    play.broker("pir-1/moves", "1");
    play.broker("pir-1/online", "false");
    play.passes(Duration::from_secs(60));
    assert_eq!(
        said(&play, "nodes/maker/pir-1/motion-sensor/-"),
        Some((on.clone().expect("on"), Presence::Offline))
    );
    play.broker("pir-1/online", "true");
    play.passes(Duration::from_secs(1));
    assert_eq!(state(&play), off);
}
