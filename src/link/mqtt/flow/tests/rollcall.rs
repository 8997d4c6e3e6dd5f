//! Those who announce themselves to Home Assistant are asked to do it again.

use std::collections::BTreeSet;

use super::*;

const ASKED: &str = "homeassistant/status online";
const MOMENT: Duration = Duration::from_millis(2_100);

/// What is handed to the broker within a moment.
fn asked(play: &mut Play) -> Vec<String> {
    play.passes(MOMENT);
    play.given()
}

#[test]
fn they_are_asked_once_in_each_connection() {
    let mut play = Play::new(Version::V5, &["# in"]);
    assert_eq!(play.given(), [""; 0], "Home Assistant may say it first");
    assert_eq!(asked(&mut play), [ASKED]);
    assert_eq!(asked(&mut play), [""; 0]);
    play.flow.lost();
    assert_eq!(asked(&mut play), [""; 0]);
    play.connects();
    assert_eq!(asked(&mut play), [ASKED]);
}

#[test]
fn nothing_is_said_where_home_assistant_has_just_said_it() {
    let mut play = Play::new(Version::V5, &["# in"]);
    play.broker("homeassistant/status", "online");
    assert_eq!(asked(&mut play), [""; 0]);
    let mut play = Play::new(Version::V5, &["# in"]);
    play.broker("homeassistant/status", "offline");
    play.memory("homeassistant/status", "online");
    assert_eq!(asked(&mut play), [ASKED], "what is remembered was said to nobody who is there now");
}

#[test]
fn nothing_is_said_where_nobody_would_hear_the_answer() {
    let mut play = Play::new(Version::V5, &["nodes/# both"]);
    assert_eq!(asked(&mut play), [""; 0]);
    let mut silent = config(OWN, &["# in"]);
    silent.discovery.dialects = BTreeSet::new();
    let mut play = Play::with(Version::V5, silent);
    assert_eq!(asked(&mut play), [""; 0]);
    let mut own = config(OWN, &["# in"]);
    own.discovery.asks = false;
    let mut play = Play::with(Version::V5, own);
    assert_eq!(asked(&mut play), [""; 0]);
}

#[test]
fn they_are_asked_under_the_name_that_the_broker_has_for_it() {
    let mut other = config(OWN, &["# in 0 house/ far/"]);
    other.discovery.homeassistant = "house/ha".into();
    let mut play = Play::with(Version::V5, other);
    assert_eq!(asked(&mut play), ["far/ha/status online"]);
}
