//! Units of Modbus: values, commands that are read back, dead ones that hold nobody up.

use std::time::Duration;

use serde_json::json;

use crate::common::{Heard, PtyDevice};
use crate::rig::Rig;
use crate::slaves::{Slaves, Unit};

const RELAY: &str = "nodes/waveshare/line-1";

fn relays() -> Unit {
    Unit { coils: vec![false; 8], ..Unit::default() }
}

#[tokio::test]
async fn a_relay_is_on_when_it_was_read_back_and_not_before() {
    let line = PtyDevice::plugged();
    let mut rig = Rig::new(&line, "speaks = [\"1 waveshare/modbus-rtu-relay\"]\nbaud = 115200").await;
    let slaves = Slaves::play(line, [(1, relays())]);
    rig.link("up").await;
    rig.says(&format!("{RELAY}/relay/3"), json!({ "state": false })).await;

    let done = rig.command(&format!("{RELAY}/relay/3/set"), json!({ "state": true }), "on").await;
    assert_eq!(done["step"], "confirmed", "{done}");
    assert!(slaves.bus.lock().expect("nobody panics").units[&1].coils[2]);
    assert_eq!(rig.now(&format!("{RELAY}/relay/3")).await, json!({ "state": true }));

    // It says that it does, and the coil stays off: never shown as switched.
    slaves.change(1, |unit| unit.is_stuck = true);
    let done = rig.command(&format!("{RELAY}/relay/4/set"), json!({ "state": true }), "stuck").await;
    assert_eq!(done["step"], "unanswered", "{done}");
    assert_eq!(rig.now(&format!("{RELAY}/relay/4")).await, json!({ "state": false }));

    slaves.change(1, |unit| unit.refuses = Some(4));
    let done = rig.command(&format!("{RELAY}/relay/5/set"), json!({ "state": true }), "refused").await;
    assert_eq!((&done["step"], &done["code"]), (&json!("refused"), &json!("device")), "{done}");
    assert!(done["reason"].as_str().is_some_and(|why| why.contains("failed to do it")), "{done}");

    slaves.change(1, |unit| unit.is_dead = true);
    let done = rig.command(&format!("{RELAY}/relay/6/set"), json!({ "state": true }), "dead").await;
    assert_eq!(done["step"], "refused", "{done}");
    assert_eq!(done["code"], "no-answer", "{done}");
}

#[tokio::test]
async fn dead_units_hold_nobody_up_and_come_back_by_themselves() {
    let line = PtyDevice::plugged();
    let units: Vec<String> = (1..=10).map(|unit| format!("\"{unit} waveshare/modbus-rtu-relay\"")).collect();
    let keys = format!("speaks = [{}]\nbaud = 115200\nanswer = \"100 ms\"", units.join(", "));
    let mut rig = Rig::new(&line, &keys).await;
    let dead = |unit: u8| matches!(unit, 2 | 5 | 9);
    let slaves = Slaves::play(line, (1..=10).map(|unit| (unit, relays())));
    rig.link("up").await;
    for unit in 1..=10 {
        rig.now(&format!("nodes/waveshare/line-{unit}/relay/1")).await;
    }
    (1..=10).filter(|unit| dead(*unit)).for_each(|unit| slaves.change(unit, |unit| unit.is_dead = true));
    let is_told = |heard: &Heard| {
        heard.topic == "$hub/link/line"
            && heard.payload["reason"].as_str().is_some_and(|why| why.contains("units 2, 5, 9 do not answer"))
    };
    rig.script.wait_for("the dead ones to be named", is_told).await;
    let gone = rig.now("$hub/presence/nodes/waveshare/line-5").await;
    assert_eq!(gone["presence"], "offline", "{gone}");
    assert!(gone["reason"].as_str().is_some_and(|why| why.contains("unit 5 does not answer")), "{gone}");

    // Seven units are read every two seconds, whatever the three do.
    slaves.take_asked();
    tokio::time::sleep(Duration::from_secs(6)).await;
    let asked = slaves.take_asked();
    for unit in (1..=10).filter(|unit| !dead(*unit)) {
        assert!((2..=4).contains(&asked[&unit]), "unit {unit} in six seconds: {asked:?}");
    }
    let done = rig.command("nodes/waveshare/line-7/relay/1/set", json!({ "state": true }), "quick").await;
    assert_eq!(done["step"], "confirmed", "{done}");
    let done = rig.command("nodes/waveshare/line-5/relay/1/set", json!({ "state": true }), "gone").await;
    assert_eq!((&done["step"], &done["code"]), (&json!("refused"), &json!("offline")), "{done}");

    slaves.change(5, |unit| unit.is_dead = false);
    rig.says("nodes/waveshare/line-5/relay/1", json!({ "state": false })).await;
    let done = rig.command("nodes/waveshare/line-5/relay/1/set", json!({ "state": true }), "back").await;
    assert_eq!(done["step"], "confirmed", "{done}");
}

#[tokio::test]
async fn meters_and_relays_share_a_bus_and_what_is_damaged_is_counted() {
    let line = PtyDevice::plugged();
    let keys = "speaks = [\"3 eastron/sdm230\", \"9 eastron/sdm230\", \"17 waveshare/modbus-rtu-relay\"]\nbaud = 9600";
    let mut rig = Rig::new(&line, keys).await;
    let mut inputs = vec![0; 0x60];
    // 230.2 V, as the maker's manual writes it in two registers.
    (inputs[0], inputs[1]) = (0x4366, 0x3334);
    let slaves = Slaves::play(line, [(3, Unit { inputs, ..Unit::default() }), (17, relays())]);
    rig.link("up").await;
    let voltage = |heard: &Heard| {
        heard.topic == "nodes/eastron/line-3/power-meter/-" && heard.payload["voltage"] == json!([230.2, "V"])
    };
    rig.script.wait_for("the voltage", voltage).await;
    rig.says("nodes/waveshare/line-17/relay/8", json!({ "state": false })).await;
    // One that has never answered is there all the same, and says why it tells nothing.
    let is_gone = |heard: &Heard| {
        heard.topic == "$hub/presence/nodes/eastron/line-9" && heard.payload["presence"] == "offline"
    };
    rig.script.wait_for("the one that is missing to be offline", is_gone).await;
    let done = rig.command("nodes/eastron/line-9/power-meter/-/get", json!({}), "get").await;
    assert_eq!((&done["step"], &done["code"]), (&json!("refused"), &json!("offline")), "{done}");
    slaves.change(3, |unit| unit.is_damaged = true);
    rig.counts("checksum", 2).await;
    assert_eq!(rig.now("$hub/link/line").await["code"], "up");
}

#[tokio::test]
async fn mistakes_of_the_configuration_are_named() {
    let line = PtyDevice::plugged();
    let mut rig = Rig::new(&line, "speaks = [\"eastron/sdm23\"]").await;
    let told = rig.link("definition").await;
    assert!(
        told["reason"].as_str().is_some_and(|why| why.contains("did you mean `eastron/sdm230`?")),
        "{told}"
    );
    let mut rig = Rig::new(&line, "speaks = [\"eastron/sdm230\", \"victron/mppt\"]").await;
    let told = rig.link("definition").await;
    assert!(told["reason"].as_str().is_some_and(|why| why.contains("cannot share a line")), "{told}");
    assert!(told["hint"].as_str().is_some_and(|why| why.contains("adapter")), "{told}");
}
