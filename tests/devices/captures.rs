//! Whole captures of other people's devices through every definition there is: each message gives what the maker's
//! documentation says it means, and nothing else.
//!
//! What is expected was written down from the documentation of the dialects, not from what the definitions make of it.

use std::fs;

use clown_hub::device::builtin;
use clown_hub::device::catalog::Catalog;
use clown_hub::device::profile::captures::Captures;
use clown_hub::device::translate::Translator;
use clown_hub::talk::model::{Scenario, property_of};
use clown_hub::talk::{Payload, Topic};

/// The lines of a capture that are no notes.
fn lines(file: &str) -> Vec<String> {
    let path = format!("{}/tests/data/dialects/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    text.lines().filter(|line| !line.starts_with("# ")).map(str::to_owned).collect()
}

/// One message: everything that is told of it, each reading for itself, in the order of the alphabet.
fn hear(translator: &mut Translator, topic: &str, payload: &str) -> Vec<String> {
    let mut told = Vec::new();
    for meaning in translator.hear(topic, &Payload::from_wire(payload.as_bytes())) {
        assert!(meaning.odd.is_empty(), "{topic} {payload}: {:?}", meaning.odd);
        for message in meaning.messages {
            for reading in message.payload.readings() {
                let unit = reading.unit.as_deref().map(|unit| format!(" {unit}")).unwrap_or_default();
                let value = &reading.value;
                told.push(format!("{} {} {} {value}{unit}", meaning.base, message.topic, reading.key));
            }
        }
        told.extend(meaning.word.map(|word| format!("{} {}", meaning.base, word.word())));
    }
    told.sort();
    told
}

/// Plays a capture of a broker; `expected` has what each of its messages means, in their order.
fn check(file: &str, expected: &[&[&str]]) {
    let mut translator = Translator::new(builtin::catalog());
    let lines = lines(file);
    for (at, line) in lines.iter().enumerate() {
        let (topic, payload) = line.split_once(' ').unwrap_or((line, ""));
        let mut wanted: Vec<&str> = expected.get(at).copied().unwrap_or_default().to_vec();
        wanted.sort_unstable();
        assert_eq!(hear(&mut translator, topic, payload), wanted, "{file}, message {}: {line}", at + 1);
    }
    assert_eq!(lines.len(), expected.len(), "{file}");
}

const PLUS: &str = "nodes/shelly/shellies-plus1pm";

#[test]
fn tasmota_says_its_states_sensors_and_answers() {
    check(
        "08-tasmota-runtime.mqtt",
        &[
            &[
                "nodes/tasmota/NSPanel1 relay/1 state true",
                "nodes/tasmota/NSPanel1 relay/2 state false",
                "nodes/tasmota/NSPanel1 signal/wifi rssi -79 dBm",
                "nodes/tasmota/NSPanel1 device/- uptime 1513 s",
            ],
            &[
                "nodes/tasmota/NSPanel1 thermometer/ANALOG-1 temperature 27.4 ℃",
                "nodes/tasmota/NSPanel1 thermometer/ESP32 temperature 37.8 ℃",
            ],
            &[
                "nodes/tasmota/pow1 power-meter/- energy 13.091 kWh",
                "nodes/tasmota/pow1 power-meter/- energy-yesterday 0.060 kWh",
                "nodes/tasmota/pow1 power-meter/- energy-today 0.046 kWh",
                "nodes/tasmota/pow1 power-meter/- power 9.8 W",
                "nodes/tasmota/pow1 power-meter/- power-factor 0.49",
                "nodes/tasmota/pow1 power-meter/- voltage 206.8 V",
                "nodes/tasmota/pow1 power-meter/- current 0.096 A",
            ],
            &[
                "nodes/tasmota/tasmota co2-sensor/SCD40 concentration 618 ppm",
                "nodes/tasmota/tasmota thermometer/SCD40 temperature 23.8 ℃",
                "nodes/tasmota/tasmota thermometer/SCD40 dew-point 15.8 ℃",
                "nodes/tasmota/tasmota hygrometer/SCD40 relative-humidity 61.1 %",
            ],
            // The full topic %topic%/%prefix%/, with a topic of two levels.
            &[
                "nodes/tasmota/tasmota-sc_01 thermometer/SonoffSC temperature 23.0 ℃",
                "nodes/tasmota/tasmota-sc_01 thermometer/SonoffSC dew-point 10.1 ℃",
                "nodes/tasmota/tasmota-sc_01 hygrometer/SonoffSC relative-humidity 44.0 %",
                "nodes/tasmota/tasmota-sc_01 air-quality-sensor/SonoffSC air-quality 90",
            ],
            &["nodes/tasmota/pow1 online"],
            &["nodes/tasmota/ESP1 relay/- state true"],
            &["nodes/tasmota/ESP1 relay/- state true"],
            &["nodes/tasmota/ESP1 relay/- state false"],
            &["nodes/tasmota/ESP1 relay/- state false"],
        ],
    );
}

#[test]
fn what_tasmota_announces_is_no_reading() {
    check("07-tasmota-discovery.mqtt", &[&[], &[], &[]]);
}

#[test]
fn a_shelly_1_is_there_switches_and_goes() {
    let firmware = "nodes/shelly/shelly1 device/- firmware 20220809-123240/v1.12-g99f7e0b";
    check(
        "09-shelly-gen1-relay.mqtt",
        &[
            // Nobody has heard what it is yet.
            &[],
            &[],
            &[firmware],
            &["nodes/shelly/shelly1 relay/0 state false"],
            &["nodes/shelly/shelly1 input/0 state false"],
            &[
                "nodes/shelly/shelly1 push-button/0 event-count 0",
                "nodes/shelly/shelly1 push-button/0 event ",
            ],
            &["nodes/shelly/shelly1 relay/0 state true"],
            &["nodes/shelly/shelly1 relay/0 state false"],
            &["nodes/shelly/shelly1 offline"],
        ],
    );
}

#[test]
fn a_shelly_whose_name_has_a_slash_is_one_device() {
    let meter = "nodes/shelly/shellies-shellyem3";
    let told = |what: &str| format!("{meter} {what}");
    let relay = told("relay/0 state false");
    let phase: Vec<String> = [
        "power 0.00 W",
        "power-factor 0.00",
        "current 0.01 A",
        "voltage 230.35 V",
        "energy-import 0.0 Wh",
        "energy-export 0.0 Wh",
    ]
    .iter()
    .map(|what| told(&format!("power-meter/phase-0 {what}")))
    .collect();
    let phase: Vec<&str> = phase.iter().map(String::as_str).collect();
    let (second, third) =
        (told("power-meter/phase-1 voltage 0.12 V"), told("power-meter/phase-2 voltage 0.09 V"));
    // A property is always told as a whole.
    check(
        "10-shelly-gen1-3em.mqtt",
        &[
            &[],
            &[],
            &[&relay],
            &phase[..1],
            &phase[..2],
            &phase[..3],
            &phase[..4],
            &phase[..5],
            &phase[..6],
            &[&second],
            &[&third],
        ],
    );
}

#[test]
fn what_changed_in_a_shelly_plus_leaves_the_rest_as_it_was() {
    let told = |what: &str| format!("{PLUS} {what}");
    let voltage = told("power-meter/switch-0 voltage 232.7 V");
    let meter = |voltage: &str| {
        [
            told("power-meter/switch-0 power 0.0 W"),
            told(&format!("power-meter/switch-0 voltage {voltage} V")),
            told("power-meter/switch-0 current 0.000 A"),
            told("power-meter/switch-0 energy 0.000 Wh"),
        ]
    };
    let (off, on) = (told("relay/0 state false"), told("relay/0 state true"));
    let degrees = |degrees: &str| told(&format!("thermometer/switch-0 temperature {degrees} ℃"));
    let whole = |state: &String, voltage: &str, warm: &str| -> Vec<String> {
        [state.clone(), degrees(warm)].into_iter().chain(meter(voltage)).collect()
    };
    let (first, second) = (whole(&off, "232.7", "39.2"), whole(&on, "232.6", "46.0"));
    let first: Vec<&str> = first.iter().map(String::as_str).collect();
    let second: Vec<&str> = second.iter().map(String::as_str).collect();
    let warmer = degrees("44.06");
    check(
        "11-shelly-gen2-plus1pm.mqtt",
        &[
            // Before its clock is set, and about its broker only.
            &[],
            &[],
            &[],
            &[&voltage],
            &first,
            &[&warmer],
            &[&on],
            &second,
            &[&told("offline")],
        ],
    );
}

#[test]
fn a_shelly_pro_3em_measures_three_phases() {
    let told = |what: &str| format!("nodes/shelly/shellypro3em-aabbccddeeff {what}");
    let phase = |name: &str, power: &str, apparent: &str, current: &str, factor: &str, voltage: &str| {
        [
            told(&format!("power-meter/em-0-{name} power {power} W")),
            told(&format!("power-meter/em-0-{name} apparent-power {apparent} VA")),
            told(&format!("power-meter/em-0-{name} current {current} A")),
            told(&format!("power-meter/em-0-{name} frequency 50.0 Hz")),
            told(&format!("power-meter/em-0-{name} power-factor {factor}")),
            told(&format!("power-meter/em-0-{name} voltage {voltage} V")),
        ]
    };
    let total = [
        told("power-meter/em-0-total power 558.965 W"),
        told("power-meter/em-0-total apparent-power 882.413 VA"),
        told("power-meter/em-0-total current 3.856 A"),
    ];
    let phases = [
        phase("a", "375.5", "547.4", "2.392", "0.76", "229.0"),
        phase("b", "170.8", "237.2", "1.037", "0.78", "229.0"),
        phase("c", "12.7", "97.8", "0.428", "0.53", "229.2"),
    ];
    // The current in the neutral line is null where nothing measures it.
    let neutral = told("power-meter/em-0-n current null A");
    let power: Vec<&str> =
        phases.iter().flatten().chain(&total).map(String::as_str).chain([neutral.as_str()]).collect();
    let energy = |name: &str, import: &str, export: &str| {
        [
            told(&format!("power-meter/em-0-{name} energy-import {import} Wh")),
            told(&format!("power-meter/em-0-{name} energy-export {export} Wh")),
        ]
    };
    let energies = [
        energy("a", "2034616.71", "0.0"),
        energy("b", "185686.89", "40.7"),
        energy("c", "369469.8", "985.91"),
        energy("total", "2589773.39", "1026.61"),
    ];
    // A property is told as a whole: with what it measures beside what it counts.
    let counted: Vec<&str> =
        energies.iter().flatten().chain(phases.iter().flatten()).chain(&total).map(String::as_str).collect();
    check(
        "12-shelly-gen2-pro3em-status.mqtt",
        &[
            &power,
            &counted,
            &[&told("thermometer/0 temperature 46.6 ℃")],
            &[&told("device/- uptime 2085615 s")],
        ],
    );
}

#[test]
fn a_tower_node_is_understood_at_the_broker() {
    check(
        "03-hardwario-tower-mqtt.mqtt",
        &[
            &["nodes/hardwario/836d19821664 thermometer/0:1 temperature 24.69 ℃"],
            &["nodes/hardwario/836d19821664 push-button/- event-count 5"],
            &[
                "nodes/hardwario/836d19821664 device/- firmware motion-detector",
                "nodes/hardwario/836d19821664 device/- version v1.3.0",
            ],
            &["nodes/hardwario/836d19821664 battery/standard voltage 3.12 V"],
            &["nodes/hardwario/836d19821664 relay/- state true"],
            // The gateway's own business.
            &[],
            &[],
            &[],
        ],
    );
}

#[test]
fn a_tower_node_is_understood_on_the_dongles_line() {
    let mut translator = Translator::new(builtin::catalog());
    let mut told = Vec::new();
    for line in lines("02-hardwario-tower-usb-dongle.serial.txt") {
        let (topic, payload): (String, Box<serde_json::value::RawValue>) =
            serde_json::from_str(&line).expect("a pair of topic and payload");
        told.extend(hear(&mut translator, &topic, payload.get()));
    }
    let node = |what: &str| format!("nodes/hardwario/836d1983718a {what}");
    assert_eq!(
        told,
        [
            node("device/- firmware generic-node-battery-standard"),
            node("device/- version v1.7.4"),
            node("battery/- voltage 2.31 V"),
            node("thermometer/0:0 temperature 22.25 ℃"),
            node("thermometer/0:1 temperature 21.62 ℃"),
            node("hygrometer/0:4 relative-humidity 0.0 %"),
            node("lux-meter/0:0 illuminance 22.2 lux"),
            node("thermometer/0:0 temperature 22.44 ℃"),
            node("hygrometer/0:4 relative-humidity 43.6 %"),
            node("barometer/0:0 pressure 96.93400 kPa"),
            node("barometer/0:0 altitude 372.62 m"),
            node("barometer/0:0 pressure 96.93400 kPa"),
        ]
    );
}

#[test]
fn the_bridge_of_2016_is_described_and_keeps_its_own_language() {
    let catalog = builtin::catalog();
    let profile = catalog.profile(catalog.find("bigclown/generation-a").expect("the definition")).clone();
    let base = Topic::new("nodes/bridge/0").expect("valid");
    let mut translator = Translator::new(std::sync::Arc::new(Catalog::new([profile.clone()])));
    translator.introduce(&base, &profile, Captures::default());
    let (mut described, mut given) = (0, 0);
    for line in lines("01-clown-talk-bridge-2016.talk") {
        let (direction, message) = line.split_once(' ').expect("a direction");
        let (topic, payload): (String, Box<serde_json::value::RawValue>) =
            serde_json::from_str(message).expect("a pair of topic and payload");
        let payload = Payload::parse(payload.get()).expect("JSON");
        match (direction, Scenario::of(&topic)) {
            ("<", Scenario::Data) => {
                for reading in payload.readings() {
                    let property = profile.describe(&topic, &reading.key).unwrap_or_else(|| panic!("{line}"));
                    assert_eq!(property.unit, reading.unit, "{line}");
                    assert!(property.name.is_some(), "{line}");
                    described += 1;
                }
            }
            (">", Scenario::Action) => {
                let order = translator.command(&base, &topic, &payload).expect("known").expect(&line);
                let sent: Vec<_> =
                    order.sends.iter().map(|send| (send.topic.as_deref(), &*send.payload)).collect();
                assert_eq!(sent, [(Some(&*topic), payload.as_str())], "{}", property_of(&topic));
                given += 1;
            }
            _ => {}
        }
    }
    assert_eq!((described, given), (11, 5));
}
