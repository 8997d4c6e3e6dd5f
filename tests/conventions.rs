//! Homie and Wiren Board at a real Mosquitto and at the hub's own broker, with a real hub: a device describes itself, is
//! read, is accepted, obeys, and takes its description back. The devices are played from recorded messages.

mod common;

// Each test binary uses its own part.
#[path = "discovery/captured.rs"]
mod captured;
#[path = "taught/shelf.rs"]
mod shelf;

use std::cell::RefCell;

use captured::messages;
use common::Heard;
use serde_json::{Value, json};
use shelf::{At, Shelf};

/// A device of a convention, and what the convention says about it.
struct Device {
    base: &'static str,
    name: &'static str,
    dialect: &'static str,
    /// What it says when it comes; it asks the broker to remember all of it, as both conventions want.
    says: Vec<(String, String)>,
    /// What it measures and how it is, by property.
    reads: Vec<(&'static str, Value)>,
    /// A property that can be set, and to what.
    order: (&'static str, Value),
    /// `topic payload`: how the convention wants that to be told.
    told: &'static str,
    /// What the device says when it has done so: the last one is the proof.
    does: &'static [(&'static str, &'static str)],
    /// What it empties to be gone.
    leaves: Vec<String>,
}

/// Source: the Homie convention 4.0.0, "Topics" and "Property command topic"; a device is removed by emptying what was kept.
fn homie_four() -> Device {
    let says = messages("16-homie4-led.mqtt");
    Device {
        base: "nodes/homie/2fe65700",
        name: "LED test",
        dialect: "homie",
        leaves: says.iter().map(|(topic, _)| topic.clone()).collect(),
        says,
        reads: vec![("relay/led-power", json!({ "state": false }))],
        order: ("relay/led-power", json!({ "state": true })),
        told: "homie/2fe65700/led/power/set true",
        does: &[("homie/2fe65700/led/power", "true")],
    }
}

/// Source: the Homie convention 5.0. `$target` says what the device is on its way to and proves nothing; an empty `$state`
/// removes the device.
fn homie_five() -> Device {
    let mut says = messages("17-homie5-car.mqtt");
    says.retain(|(topic, _)| topic.starts_with("homie/5/super-car/"));
    let lost = says.iter().position(|(_, payload)| payload == "lost").expect("it is lost in the end");
    says.truncate(lost);
    Device {
        base: "nodes/homie/super-car",
        name: "Supercar",
        dialect: "homie",
        says,
        reads: vec![
            ("thermometer/engine-temperature", json!({ "temperature": [21.5, "°C"] })),
            ("device/alert-battery", json!({ "error": "Battery is low, at 8%" })),
        ],
        order: ("light/lights-intensity", json!({ "brightness": 40 })),
        told: "homie/5/super-car/lights/intensity/set 40",
        does: &[
            ("homie/5/super-car/lights/intensity/$target", "40"),
            ("homie/5/super-car/lights/intensity", "20"),
            ("homie/5/super-car/lights/intensity", "40"),
        ],
        leaves: vec!["homie/5/super-car/$state".into()],
    }
}

const LAMP: &str = "/devices/room_light/controls/lamp";

/// Source: the conventions of Wiren Board, README.md: one JSON object under `…/meta`.
fn wiren_board() -> Device {
    let says = messages("22-wirenboard.mqtt");
    Device {
        base: "nodes/wiren-board/room_light",
        name: "Room light",
        dialect: "wirenboard",
        leaves: says.iter().map(|(topic, _)| topic.clone()).collect(),
        says,
        reads: vec![
            ("relay/lamp", json!({ "state": false })),
            ("input/switch", json!({ "state": true, "error": "r" })),
            ("power-meter/power", json!({ "power": [42.5, "W"] })),
        ],
        order: ("relay/lamp", json!({ "state": true })),
        told: "/devices/room_light/controls/lamp/on 1",
        does: &[(LAMP, "1")],
    }
}

/// The same device in the older form, which the conventions keep beside the newer one: every part of `meta` is a topic.
fn older_wiren_board() -> Device {
    let room = "/devices/room_light";
    let says: Vec<(String, String)> = [
        ("meta/name", "Room light"),
        ("controls/lamp/meta/type", "switch"),
        ("controls/lamp/meta/order", "1"),
        ("controls/lamp", "0"),
        ("controls/power/meta/type", "value"),
        ("controls/power/meta/units", "W"),
        ("controls/power/meta/readonly", "1"),
        ("controls/power", "42.5"),
    ]
    .map(|(topic, payload)| (format!("{room}/{topic}"), payload.to_owned()))
    .into();
    Device {
        leaves: says.iter().map(|(topic, _)| topic.clone()).collect(),
        says,
        reads: vec![
            ("relay/lamp", json!({ "state": false })),
            ("power-meter/power", json!({ "power": [42.5, "W"] })),
        ],
        ..wiren_board()
    }
}

/// Waits until somebody who comes now is told all of this.
async fn shows(shelf: &Shelf, base: &str, all: &[(&str, Value)]) {
    let mut late = shelf::script(&shelf.hub).await;
    let left: RefCell<Vec<_>> =
        RefCell::new(all.iter().map(|(id, said)| (format!("{base}/{id}"), said)).collect());
    let is_last = |heard: &Heard| {
        left.borrow_mut().retain(|(topic, said)| heard.topic != *topic || heard.payload != **said);
        left.borrow().is_empty()
    };
    late.wait_for(&format!("{all:?} of {base}"), is_last).await;
}

async fn comes_obeys_and_goes(at: At, device: Device) {
    let Device { base, order: (id, wish), .. } = &device;
    let mut shelf = Shelf::that_asks(at).await;
    for (topic, payload) in &device.says {
        shelf.device_says(topic, payload, true).await;
    }
    let is_new = |heard: &Heard| heard.topic == "$hub/standing" && heard.payload["base"] == *base;
    let told = shelf.script.wait_for("the device to be there", is_new).await.payload;
    let new = json!({ "base": base, "standing": "new", "dialect": device.dialect, "name": device.name });
    assert_eq!(told, new, "{at:?}");
    shows(&shelf, base, &device.reads).await;

    let mut ears = shelf.door.subscribe(&["-t", device.told.split(' ').next().expect("a topic"), "-v"]).await;
    let set = format!("{base}/{id}/set");
    shelf.script.command(&set, wish.clone(), "early").await;
    assert_eq!(shelf.script.outcome("early").await["code"], "not-accepted", "{at:?}");
    shelf.script.say("clown.talk/-/standing/set", json!({ "base": base, "standing": "accepted" })).await;
    shelf.script.wait_topic("clown.talk/-/standing/ok").await;
    shelf.script.command(&set, wish.clone(), "order").await;
    assert_eq!(ears.line().await, device.told, "{at:?}: and nothing before it");
    for (topic, payload) in device.does {
        shelf.device_says(topic, payload, true).await;
    }
    assert_eq!(shelf.script.outcome("order").await["step"], "confirmed", "{at:?}");
    // What is set to a number with a unit is told with its unit.
    let is_so = |heard: &Heard| {
        heard.topic == format!("{base}/{id}") && {
            wish.as_object().is_some_and(|wish| {
                wish.iter()
                    .all(|(key, value)| heard.payload[key] == *value || heard.payload[key][0] == *value)
            })
        }
    };
    shelf::script(&shelf.hub).await.wait_for("what was wished", is_so).await;

    for topic in &device.leaves {
        shelf.device_says(topic, "", true).await;
    }
    let is_gone = |heard: &Heard| shelf::is_present(heard, base, "unknown");
    shelf.script.wait_for("the device to be gone", is_gone).await;
    shelf.script.command(&set, wish.clone(), "late").await;
    assert_eq!(shelf.script.outcome("late").await["code"], "no-such-device", "{at:?}");
    shelf.script.say("clown.talk/-/standing/get", json!({})).await;
    let listed = shelf.script.wait_topic("clown.talk/-/standing").await.payload;
    assert_eq!(listed, json!({ "devices": [] }), "{at:?}");
}

#[tokio::test]
async fn homie_four_device_comes_obeys_and_goes() {
    for at in At::ALL {
        comes_obeys_and_goes(at, homie_four()).await;
    }
}

#[tokio::test]
async fn homie_five_device_comes_obeys_and_goes() {
    for at in At::ALL {
        comes_obeys_and_goes(at, homie_five()).await;
    }
}

#[tokio::test]
async fn wiren_board_control_comes_obeys_and_goes() {
    for at in At::ALL {
        comes_obeys_and_goes(at, wiren_board()).await;
    }
}

#[tokio::test]
async fn older_wiren_board_control_comes_obeys_and_goes() {
    for at in At::ALL {
        comes_obeys_and_goes(at, older_wiren_board()).await;
    }
}
