//! Homie 4 and 5. Source of the meanings: the Homie convention, 4.0.0 and 5.0 (https://homieiot.github.io/specification/).

use crate::rig::Ears;

const LED: &str = "nodes/homie/2fe65700";
const CAR: &str = "nodes/homie/super-car";

#[test]
fn version_four_describes_itself_attribute_by_attribute() {
    let ears = Ears::capture("16-homie4-led.mqtt");
    assert_eq!(ears.devices(), [format!("{LED} LED test")]);
    assert_eq!(ears.properties(LED), ["relay/led-power state set"]);
    assert_eq!(ears.readings(), [format!(r#"{LED}/relay/led-power {{"state": false}}"#)]);
    assert_eq!(ears.online(LED), Some((true, None)));
    let on = ears.command(LED, "relay/led-power", r#"{"state": true}"#);
    assert_eq!(on, Ok(vec!["homie/2fe65700/led/power/set true".into()]));
    assert_eq!(ears.odd, [""; 0]);
}

#[test]
fn version_five_is_described_in_one_object_and_ends_with_an_empty_state() {
    let mut ears = Ears::new();
    for (topic, payload) in crate::rig::messages("17-homie5-car.mqtt") {
        if payload.is_empty() {
            break;
        }
        ears.hears(&topic, &payload);
    }
    assert_eq!(ears.devices(), [format!("{CAR} Supercar")]);
    assert_eq!(
        ears.properties(CAR),
        [
            "thermometer/engine-temperature temperature °C",
            "light/lights-intensity brightness % set",
            "device/alert-battery error"
        ]
    );
    assert_eq!(
        ears.readings(),
        [
            format!(r#"{CAR}/device/alert-battery {{"error": "Battery is low, at 8%"}}"#),
            format!(r#"{CAR}/thermometer/engine-temperature {{"temperature": [21.5, "°C"]}}"#)
        ]
    );
    assert_eq!(ears.presence(CAR), Some(("lost", None)));
    let command = |payload| ears.command(CAR, "light/lights-intensity", payload);
    assert_eq!(
        command(r#"{"brightness": 40}"#),
        Ok(vec!["homie/5/super-car/lights/intensity/set 40".into()])
    );
    assert!(command(r#"{"brightness": 140}"#).is_err(), "its format is 0:100");
    ears.hears("homie/5/super-car/$alert/battery", "Battery is low, at 7%");
    assert!(ears.readings().iter().any(|reading| reading.contains("at 7%")), "{:?}", ears.readings());
    ears.hears("homie/5/super-car/$state", "");
    assert_eq!(ears.devices(), [""; 0]);
}

#[test]
fn every_datatype_is_told_as_what_it_is() {
    let mut ears = Ears::new();
    let property = |datatype: &str, more: &str| format!(r#"{{"datatype":"{datatype}"{more}}}"#);
    let all = [
        ("a", property("integer", r#","unit":"W","settable":false"#)),
        (
            "b",
            property(
                "float",
                r#","format":"5:30:0.5","settable":true,"unit":"°C","name":"Target temperature""#,
            ),
        ),
        ("c", property("boolean", "")),
        ("d", property("boolean", r#","settable":true"#)),
        ("e", property("enum", r#","format":"off,heat,cool","settable":true"#)),
        ("f", property("color", r#","format":"rgb,hsv","settable":true"#)),
        ("g", property("string", "")),
        ("h", property("enum", r#","format":"single,double","retained":false"#)),
        ("i", property("json", "")),
        ("j", property("hologram", "")),
    ];
    let all: Vec<String> = all.iter().map(|(id, told)| format!(r#""{id}":{told}"#)).collect();
    let description = format!(r#"{{"homie":"5.0","nodes":{{"n":{{"properties":{{{}}}}}}}}}"#, all.join(","));
    ears.hears("homie/5/x/$state", "ready");
    ears.hears("homie/5/x/$description", &description);
    let base = "nodes/homie/x";
    assert_eq!(
        ears.properties(base),
        [
            "power-meter/n-a power W",
            "thermometer/n-b temperature °C set",
            "input/n-c state",
            "relay/n-d state set",
            "select/n-e mode set",
            "light/n-f color set",
            "sensor/n-g text",
            "button/n-h event",
            "sensor/n-i data",
        ]
    );
    assert_eq!(ears.unknown(base), ["n/j: the datatype `hologram` is not known"]);
    ears.hears("homie/5/x/n/e", "heat");
    ears.hears("homie/5/x/n/e/$target", "cool");
    ears.hears("homie/5/x/n/h", "double");
    ears.hears("homie/5/x/n/b", "21.50");
    ears.hears("homie/5/x/n/d", "TRUE");
    assert_eq!(
        ears.readings(),
        [
            r#"nodes/homie/x/button/n-h {"event": "double"}"#,
            r#"nodes/homie/x/select/n-e {"mode": "heat"}"#,
            r#"nodes/homie/x/thermometer/n-b {"temperature": [21.50, "°C"]}"#,
        ],
        "a target is no value, and only `true` is true"
    );
    assert_eq!(ears.odd.len(), 1, "{:?}", ears.odd);
    let command = |id: &str, payload: &str| ears.command(base, id, payload).map(|sent| sent.join("; "));
    assert_eq!(command("select/n-e", r#"{"mode": "cool"}"#), Ok("homie/5/x/n/e/set cool".into()));
    assert_eq!(command("thermometer/n-b", r#"{"temperature": 18.5}"#), Ok("homie/5/x/n/b/set 18.5".into()));
}

#[test]
fn a_state_is_told_as_what_it_is() {
    let mut ears = Ears::capture("16-homie4-led.mqtt");
    for (state, word) in [
        ("init", "online"),
        ("sleeping", "asleep"),
        ("ready", "online"),
        ("disconnected", "offline"),
        ("lost", "lost"),
        ("alert", "online"),
    ] {
        ears.hears("homie/2fe65700/$state", state);
        assert_eq!(ears.presence(LED), Some((word, None)), "{state}");
    }
    ears.hears("homie/2fe65700/$state", "dreaming");
    assert_eq!(ears.presence(LED), Some(("online", None)), "what is no state says nothing");
}

#[test]
fn a_child_goes_with_its_root() {
    let mut ears = Ears::new();
    ears.hears("homie/5/hub/$state", "ready");
    ears.hears("homie/5/hub/$description", r#"{"homie":"5.0","children":["lamp"]}"#);
    ears.hears(
        "homie/5/lamp/$description",
        r#"{"homie":"5.0","root":"hub","parent":"hub","nodes":{"l":{"properties":{"on":{"datatype":"boolean"}}}}}"#,
    );
    ears.hears("homie/5/lamp/$state", "ready");
    let lamp = "nodes/homie/lamp";
    ears.hears("homie/5/hub/$state", "ready");
    assert_eq!(ears.online(lamp), Some((true, None)));
    for (state, word) in [("lost", "lost"), ("disconnected", "offline"), ("sleeping", "asleep")] {
        ears.hears("homie/5/hub/$state", state);
        assert_eq!(ears.presence(lamp), Some((word, Some("hub"))), "{state}");
        ears.hears("homie/5/hub/$state", "ready");
        assert_eq!(ears.presence(lamp), Some(("online", None)), "{state}");
    }
    ears.hears("homie/5/lamp/$state", "disconnected");
    assert_eq!(ears.presence(lamp), Some(("offline", None)));
    ears.hears("homie/5/hub/$state", "lost");
    assert_eq!(ears.presence(lamp), Some(("lost", Some("hub"))), "a root that is lost takes all with it");
    ears.hears("homie/5/hub/$state", "ready");
    assert_eq!(ears.presence(lamp), Some(("offline", None)), "the root is back, the child is not");
}

#[test]
fn what_is_no_description_does_no_harm() {
    let mut ears = Ears::new();
    ears.hears("homie/5/super-car/$state", "ready");
    for odd in ["", "null", "[]", "7", r#"{"nodes":[]}"#, r#"{"nodes":{"a":7}}"#, "{", "\u{0}"] {
        ears.hears("homie/5/super-car/$description", odd);
    }
    for topic in
        ["homie", "homie/", "homie/5", "homie/5/x", "homie//$state", "homie/5//$state", "homie/$broadcast/x"]
    {
        ears.hears(topic, "ready");
    }
    ears.hears_announced((0..5_000).map(|count| (format!("homie/x/$nodes{count}"), "a,b,c".to_owned())));
    ears.hears("homie/x/$nodes", "a,b");
    ears.hears("homie/x/a/$properties", "{,+");
    ears.hears("homie/x/$state", "ready");
    assert_eq!(ears.devices(), [""; 0]);
}
