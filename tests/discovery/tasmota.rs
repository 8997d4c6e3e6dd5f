//! Tasmota's own discovery. Source of the meanings: https://tasmota.github.io/docs/MQTT/ and /Commands/.

use crate::rig::Ears;

const PLUG: &str = "nodes/tasmota/tasmota_49A3BC";
const B1: &str = "nodes/tasmota/SONOFF_B1";

#[test]
fn announced_devices_are_there_with_what_they_switch_and_measure() {
    let ears = Ears::capture("07-tasmota-discovery.mqtt");
    assert_eq!(ears.devices(), [format!("{B1} SONOFF_B1"), format!("{PLUG} Tasmota")]);
    assert_eq!(
        ears.properties(PLUG),
        ["relay/1 state set", "signal/wifi rssi dBm", "device/- uptime s"],
        "one relay of eight is used"
    );
    assert_eq!(
        ears.properties(B1),
        [
            "relay/1 state set",
            "thermometer/ds18b20 temperature °C",
            "signal/wifi rssi dBm",
            "device/- uptime s"
        ]
    );
    let name = |base: &str| ears.profile(base).properties[0].name.clone();
    assert_eq!(name(PLUG).as_deref(), Some("Test"), "the friendly name of the relay");
    assert_eq!(name(B1), None, "which is the device's own there");
}

#[test]
fn both_orders_of_topics_are_read_and_written() {
    let mut ears = Ears::capture("07-tasmota-discovery.mqtt");
    ears.hears("tasmota_49A3BC/tele/STATE", r#"{"POWER":"ON","UptimeSec":7,"Wifi":{"Signal":-79}}"#);
    ears.hears(
        "tele/SONOFF_B1/SENSOR",
        r#"{"Time":"x","DS18B20":{"Id":"1","Temperature":18.10},"TempUnit":"C"}"#,
    );
    ears.hears("stat/SONOFF_B1/RESULT", r#"{"POWER":"OFF"}"#);
    assert_eq!(
        ears.readings(),
        [
            format!(r#"{B1}/relay/1 {{"state": false}}"#),
            format!(r#"{B1}/thermometer/ds18b20 {{"temperature": [18.10, "°C"]}}"#),
            format!(r#"{PLUG}/device/- {{"uptime": [7, "s"]}}"#),
            format!(r#"{PLUG}/relay/1 {{"state": true}}"#),
            format!(r#"{PLUG}/signal/wifi {{"rssi": [-79, "dBm"]}}"#),
        ]
    );
    assert_eq!(ears.odd, [""; 0]);
    let on = |base| ears.command(base, "relay/1", r#"{"state": true}"#).expect("it can be switched");
    assert_eq!(on(PLUG), ["tasmota_49A3BC/cmnd/POWER1 ON"]);
    assert_eq!(on(B1), ["cmnd/SONOFF_B1/POWER1 ON"]);
}

#[test]
fn its_last_will_and_an_empty_announcement_are_understood() {
    let mut ears = Ears::capture("07-tasmota-discovery.mqtt");
    ears.hears("tasmota_49A3BC/tele/LWT", "Online");
    assert_eq!(ears.online(PLUG), Some((true, None)));
    ears.hears("tasmota_49A3BC/tele/LWT", "Offline");
    assert_eq!(ears.online(PLUG), Some((false, None)));
    ears.hears("tasmota/discovery/00000049A3BC/config", "");
    assert_eq!(ears.devices(), [format!("{B1} SONOFF_B1")]);
}

#[test]
fn relays_lights_shutters_switches_and_buttons_are_told_apart() {
    let mut ears = Ears::new();
    let config = |rl: &str, more: &str| {
        format!(
            r#"{{"t":"t1","dn":"T","md":"M","mac":"2C3AE82EB8AE","ft":"%prefix%/%topic%/","tp":["cmnd","stat","tele"],"state":["AUS","EIN","TOGGLE","HOLD"],"rl":{rl}{more}}}"#
        )
    };
    let announce = |ears: &mut Ears, rl: &str, more: &str| {
        ears.hears("tasmota/discovery/2C3AE82EB8AE/config", &config(rl, more));
        ears.properties("nodes/tasmota/t1")
    };
    let has = announce(
        &mut ears,
        "[1,1,3,3,2]",
        r#","lt_st":5,"swc":[0,-1],"swn":["Door",null],"btn":[0,1],"so":{"114":1}"#,
    );
    assert_eq!(
        has,
        [
            "relay/1 state set",
            "relay/2 state set",
            "cover/1 position % set",
            "cover/1 action set",
            "light/5 state set",
            "light/5 brightness % set",
            "light/5 color-temperature set",
            "light/5 color set",
            "input/1 state",
            "button/2 event",
            "signal/wifi rssi dBm",
            "device/- uptime s",
        ]
    );
    let base = "nodes/tasmota/t1";
    let sends = |id: &str, payload: &str| ears.command(base, id, payload).expect(payload).join("; ");
    assert_eq!(sends("relay/2", r#"{"state": false}"#), "cmnd/t1/POWER2 AUS", "in the words of its owner");
    assert_eq!(sends("light/5", r#"{"brightness": 40}"#), "cmnd/t1/Dimmer 40");
    assert_eq!(sends("cover/1", r#"{"position": 25}"#), "cmnd/t1/ShutterPosition1 25");
    assert_eq!(sends("cover/1", r#"{"action": "closing"}"#), "cmnd/t1/Backlog ShutterClose1");
    ears.hears("stat/t1/RESULT", r#"{"Shutter1":{"Position":30,"Direction":-1,"Target":25}}"#);
    ears.hears("stat/t1/SWITCH1", r#"{"ACTION":"EIN"}"#);
    ears.hears("stat/t1/BUTTON2", r#"{"ACTION":"DOUBLE"}"#);
    assert_eq!(
        ears.readings(),
        [
            r#"nodes/tasmota/t1/button/2 {"event": "DOUBLE"}"#,
            r#"nodes/tasmota/t1/cover/1 {"position": [30, "%"], "action": "closing"}"#,
            r#"nodes/tasmota/t1/input/1 {"state": true}"#,
        ]
    );
    let has = announce(&mut ears, "[7]", "");
    assert_eq!(has, ["signal/wifi rssi dBm", "device/- uptime s"]);
    assert_eq!(ears.unknown(base), ["rl[0] = 7: an unknown kind of relay"]);
}

#[test]
fn meters_with_phases_and_unknown_sensors_are_measured() {
    let mut ears = Ears::capture("07-tasmota-discovery.mqtt");
    ears.hears(
        "tasmota/discovery/2C3AE82EB8AE/sensors",
        r#"{"sn":{"Time":"x","ENERGY":{"TotalStartTime":"x","Total":3.185,"Power":[100,200],"Voltage":230},"ANALOG":{"Temperature1":27.4},"WEIRD":{"Flux":1.5,"Mode":"eco"},"TempUnit":"F"},"ver":1}"#,
    );
    assert_eq!(
        ears.properties(B1)[1..9],
        [
            "thermometer/analog-1 temperature °F",
            "power-meter/1 power W",
            "power-meter/2 power W",
            "power-meter/- energy kWh",
            "power-meter/- voltage V",
            "sensor/weird-flux value",
            "sensor/weird-mode value",
            "signal/wifi rssi dBm",
        ]
    );
    ears.hears(
        "stat/SONOFF_B1/STATUS10",
        r#"{"StatusSNS":{"ENERGY":{"Power":[10.50,0]},"WEIRD":{"Mode":"full"}}}"#,
    );
    assert_eq!(
        ears.readings(),
        [
            format!(r#"{B1}/power-meter/1 {{"power": [10.50, "W"]}}"#),
            format!(r#"{B1}/power-meter/2 {{"power": [0, "W"]}}"#),
            format!(r#"{B1}/sensor/weird-mode {{"value": "full"}}"#),
        ]
    );
}
