//! The conventions of Wiren Board. Source of the meanings: github.com/wirenboard/conventions, README.md.

use crate::rig::Ears;

const ROOM: &str = "nodes/wiren-board/room_light";

#[test]
fn controls_are_there_with_their_types_and_errors() {
    let ears = Ears::capture("22-wirenboard.mqtt");
    assert_eq!(ears.devices(), [format!("{ROOM} Room light")]);
    assert_eq!(
        ears.properties(ROOM),
        [
            "power-meter/power power W",
            "power-meter/power error",
            "input/switch state",
            "input/switch error",
            "relay/lamp state set",
            "relay/lamp error",
        ],
        "a switch that says that it is read only is an input; the order is the sender's"
    );
    assert_eq!(
        ears.readings(),
        [
            format!(r#"{ROOM}/input/switch {{"state": true, "error": "r"}}"#),
            format!(r#"{ROOM}/power-meter/power {{"power": [42.5, "W"]}}"#),
            format!(r#"{ROOM}/relay/lamp {{"state": false}}"#),
        ]
    );
    let on = ears.command(ROOM, "relay/lamp", r#"{"state": true}"#);
    assert_eq!(on, Ok(vec!["/devices/room_light/controls/lamp/on 1".into()]));
}

#[test]
fn parts_under_topics_of_their_own_are_put_together_in_any_order() {
    let mut ears = Ears::new();
    let base = "nodes/wiren-board/d1";
    for (part, said) in [("max", "255"), ("min", "0"), ("type", "range"), ("order", "1")] {
        ears.hears(&format!("/devices/d1/controls/Level/meta/{part}"), said);
    }
    ears.hears("/devices/d1/controls/Go/meta/type", "pushbutton");
    ears.hears("/devices/d1/controls/Odd/meta/type", "teleporter");
    ears.hears("/devices/d1/meta/name", "Cellar");
    ears.hears("/devices/d1/controls/Level", "12.50");
    assert_eq!(ears.devices(), [format!("{base} Cellar")]);
    assert_eq!(
        ears.properties(base),
        ["button/go press set", "button/go error", "sensor/level value set", "sensor/level error"]
    );
    assert_eq!(ears.unknown(base), ["Odd: the type `teleporter` is not known"]);
    assert_eq!(ears.readings(), [r#"nodes/wiren-board/d1/sensor/level {"value": 12.50}"#]);
    let command = |id: &str, payload: &str| ears.command(base, id, payload).map(|sent| sent.join("; "));
    assert_eq!(command("button/go", r#"{"press": true}"#), Ok("/devices/d1/controls/Go/on 1".into()));
    assert_eq!(command("sensor/level", r#"{"value": 200}"#), Ok("/devices/d1/controls/Level/on 200".into()));
    assert!(command("sensor/level", r#"{"value": 256}"#).is_err());
}

#[test]
fn numbers_that_stand_for_words_are_told_as_words() {
    let mut ears = Ears::new();
    ears.hears(
        "/devices/ac/controls/mode/meta",
        r#"{"type":"value","readonly":false,"enum":{"0":{"en":"off"},"1":{"en":"cool"}},"title":{"ru":"Режим"}}"#,
    );
    ears.hears("/devices/ac/controls/mode", "1");
    let base = "nodes/wiren-board/ac";
    assert_eq!(ears.readings(), [r#"nodes/wiren-board/ac/select/mode {"mode": "cool"}"#]);
    assert_eq!(ears.profile(base).properties[0].name.as_deref(), Some("Режим"));
    let off = ears.command(base, "select/mode", r#"{"mode": "off"}"#);
    assert_eq!(off, Ok(vec!["/devices/ac/controls/mode/on 0".into()]));
    ears.hears("/devices/ac/controls/mode/meta", "");
    assert_eq!(ears.devices(), [""; 0]);
}

#[test]
fn what_is_no_control_does_no_harm() {
    let mut ears = Ears::new();
    for odd in ["null", "[]", "7", "{", r#"{"type":7,"enum":[],"min":"x","title":[]}"#, r#"{"order":1e300}"#]
    {
        ears.hears("/devices/x/controls/y/meta", odd);
        ears.hears("/devices/x/meta", odd);
    }
    for topic in
        ["/devices", "/devices/", "/devices/x", "/devices//controls//meta", "/devices/x/controls/y/meta/a/b"]
    {
        ears.hears(topic, "switch");
    }
    ears.hears_announced(
        (0..2_000).map(|count| (format!("/devices/many/controls/c{count}/meta/type"), "switch".to_owned())),
    );
    assert!(ears.properties("nodes/wiren-board/many").len() <= 256);
}
