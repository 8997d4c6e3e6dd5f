//! Devices that announce themselves at a broker.

use super::*;
use crate::hub::Decision;

const CONFIG: &str = "tasmota/discovery/2C3AE82EB8AE/config";
const PLUG: &str = r#"{"t":"plug","dn":"Desk lamp","md":"Sonoff Basic","mac":"2C3AE82EB8AE","rl":[1]}"#;
const RELAY: &str = "nodes/tasmota/plug/relay/1";

fn play() -> Play {
    let play = Play::new(Version::V5, &["# in"]);
    play.given();
    play
}

fn presence(play: &Play, topic: &str) -> Option<Presence> {
    play.entry(topic).map(|entry| entry.presence)
}

fn name(play: &Play) -> Option<String> {
    let devices = play.hub.snapshot(play.now).devices;
    let device = devices.into_iter().find(|device| device.base.as_str() == "nodes/tasmota/plug")?;
    device.name.map(|name| name.to_string())
}

#[test]
fn an_announced_device_is_there_at_once_and_obeys_as_soon_as_it_is_accepted() {
    let mut play = play();
    play.memory(CONFIG, PLUG);
    assert_eq!(presence(&play, RELAY), None, "more may be announced");
    play.passes(Duration::from_millis(250));
    assert_eq!((presence(&play, RELAY), name(&play)), (Some(Presence::Unknown), Some("Desk lamp".into())));
    let ticket = play.asks(&format!("{RELAY}/set"), ON);
    let outcome = ticket.outcome().now_or_never().flatten().expect("it has ended");
    let code = outcome.refusal.as_ref().map(|refusal| refusal.code);
    assert_eq!((code, play.given().len()), (Some("not-accepted"), 0));
    play.hub.decide(play.now, &topic("nodes/tasmota/plug"), Some(Decision::Accepted));
    let ticket = play.asks(&format!("{RELAY}/set"), ON);
    assert_eq!(play.given(), ["cmnd/plug/POWER1 ON"]);
    play.broker("stat/plug/RESULT", r#"{"POWER":"ON"}"#);
    let outcome = ticket.outcome().now_or_never().flatten().expect("it has ended");
    assert_eq!(outcome.step, crate::hub::Step::Confirmed);
    assert_eq!(presence(&play, RELAY), Some(Presence::Online));
}

#[test]
fn what_the_broker_remembers_of_it_is_asked_for_again() {
    let mut play = play();
    play.memory("tele/plug/LWT", "Online");
    play.memory(CONFIG, PLUG);
    play.passes(Duration::from_millis(250));
    play.passes(Duration::from_millis(1_250));
    let heard = play.counts().received;
    play.memory("tele/plug/STATE", r#"{"POWER":"OFF"}"#);
    assert_eq!(presence(&play, RELAY), Some(Presence::Remembered));
    assert_eq!(play.counts().received, heard + 1, "what it means is told, not the message again");
}

#[test]
fn it_goes_with_its_announcement() {
    let mut play = play();
    play.broker(CONFIG, PLUG);
    play.passes(Duration::from_millis(250));
    play.broker("stat/plug/POWER", "ON");
    play.broker(CONFIG, "");
    play.passes(Duration::from_millis(250));
    assert_eq!((presence(&play, RELAY), name(&play)), (None, None));
    let ticket = play.asks(&format!("{RELAY}/set"), ON);
    let outcome = ticket.outcome().now_or_never().flatten().expect("it has ended");
    assert_eq!(outcome.step, crate::hub::Step::Refused);
}

#[test]
fn other_definitions_do_not_take_it_away() {
    let mut play = play();
    play.broker(CONFIG, PLUG);
    play.passes(Duration::from_millis(250));
    play.hub.teach(play.now, std::sync::Arc::default());
    play.passes(Duration::from_millis(250));
    play.broker("stat/plug/POWER", "ON");
    assert_eq!(presence(&play, RELAY), Some(Presence::Online));
}
