//! Modbus of another make at the other end: read, switched, written and refused, on a line and by TCP.

use serde_json::json;
use tokio_modbus::ExceptionCode;

use crate::common::Heard;
use crate::library::{Door, Unit, Units};
use crate::rig::{Rig, section};

const METER: &str = "nodes/eastron/line-3/power-meter/-";
const RELAY: &str = "nodes/waveshare/line-17/relay";

/// The same units on a line and at a port.
async fn doors(units: &Units) -> [Door; 2] {
    [units.on_terminal(), units.on_network().await]
}

/// The bits of numbers in registers, as the meter's manual has them: the high word first.
fn words(numbers: &[(usize, f32)]) -> Vec<u16> {
    let mut words = vec![0; 0x60];
    for (at, number) in numbers {
        let bits = number.to_bits();
        (words[*at], words[at + 1]) = ((bits >> 16) as u16, bits as u16);
    }
    words
}

#[tokio::test]
async fn a_meter_is_read_and_a_board_is_switched_and_read_back() {
    let inputs = words(&[(0, 230.2), (6, 0.512), (0x0c, 110.5), (0x46, 49.98), (0x48, 1234.567)]);
    let meter = Unit { inputs, ..Unit::default() };
    let board = Unit { coils: vec![false; 8], ..Unit::default() };
    let units = Units::of([(3, meter), (17, board)]);
    for door in doors(&units).await {
        let keys = "speaks = [\"3 eastron/sdm230\", \"17 waveshare/modbus-rtu-relay\"]\nbaud = 9600";
        let mut rig = Rig::of(&section(&door.device, keys)).await;
        let is_right = |heard: &Heard| {
            heard.topic == METER
                && heard.payload["voltage"] == json!([230.2, "V"])
                && heard.payload["current"] == json!([0.512, "A"])
                && heard.payload["power"] == json!([110.5, "W"])
                && heard.payload["frequency"] == json!([49.98, "Hz"])
                && heard.payload["energy-import"] == json!([1234.567, "kWh"])
        };
        rig.script.wait_for("the readings", is_right).await;
        assert_eq!(rig.now(&format!("{RELAY}/8")).await, json!({ "state": false }));

        let done = rig.command(&format!("{RELAY}/8/set"), json!({ "state": true }), "on").await;
        assert_eq!(done["step"], "confirmed", "{}: {done}", door.device);
        assert_eq!(units.with(17, |board| board.coils.clone()), [&[false; 7][..], &[true]].concat());
        assert_eq!(rig.now(&format!("{RELAY}/8")).await, json!({ "state": true }));
        let done = rig.command(&format!("{RELAY}/8/set"), json!({ "state": false }), "off").await;
        assert_eq!(done["step"], "confirmed", "{}: {done}", door.device);
        assert!(!units.with(17, |board| board.coils[7]));
    }
}

#[tokio::test]
async fn what_a_unit_refuses_is_told_in_words_and_what_it_is_too_busy_for_is_asked_again() {
    let board = Unit { coils: vec![false; 8], ..Unit::default() };
    // A meter that lacks the registers of frequency and energy.
    let meter = Unit { inputs: words(&[(0, 230.5)])[..0x20].to_vec(), ..Unit::default() };
    let units = Units::of([(3, meter), (17, board)]);
    for door in doors(&units).await {
        // Before anything else it is busy, for one question.
        units.with(17, |board| board.refuses = Some((ExceptionCode::ServerDeviceBusy, 1)));
        let keys = "speaks = [\"3 eastron/sdm230\", \"17 waveshare/modbus-rtu-relay\"]\nbaud = 9600";
        let mut rig = Rig::of(&section(&door.device, keys)).await;
        let is_read = |heard: &Heard| heard.topic == METER && heard.payload["voltage"] == json!([230.5, "V"]);
        rig.script.wait_for("the registers that are there", is_read).await;
        assert_eq!(rig.now(&format!("{RELAY}/1")).await, json!({ "state": false }));
        rig.counts("not-understood", 2).await;
        for (code, words) in [
            (ExceptionCode::IllegalFunction, "does not know this function (exception 1)"),
            (ExceptionCode::IllegalDataAddress, "has no such register (exception 2)"),
            (ExceptionCode::IllegalDataValue, "does not take this value (exception 3)"),
            (ExceptionCode::ServerDeviceFailure, "failed to do it (exception 4)"),
            (ExceptionCode::ServerDeviceBusy, "is busy (exception 6)"),
        ] {
            // It is read between the commands, too, and that is not refused for ever.
            units.with(17, |board| board.refuses = Some((code, usize::MAX)));
            let done = rig.command(&format!("{RELAY}/2/set"), json!({ "state": true }), words).await;
            units.with(17, |board| board.refuses = None);
            assert_eq!((&done["step"], &done["code"]), (&json!("refused"), &json!("device")), "{done}");
            let reason = done["reason"].as_str().unwrap_or_default();
            assert!(reason.starts_with("unit 17: the device") && reason.ends_with(words), "{reason}");
        }
        assert_eq!(units.with(17, |board| board.coils.clone()), [false; 8]);
    }
}

#[tokio::test]
async fn of_ten_units_seven_are_read_whether_three_are_silent_or_a_gateway_says_so() {
    let board = Unit { coils: vec![false; 8], ..Unit::default() };
    let silent = Unit { is_dead: true, ..board.clone() };
    let code = ExceptionCode::GatewayTargetDevice;
    let unreached = Unit { refuses: Some((code, usize::MAX)), ..board.clone() };
    let is_gone = |unit: u8| matches!(unit, 2 | 5 | 9);
    let units = |gone: &Unit| {
        Units::of((1..=10).map(|unit| (unit, if is_gone(unit) { gone } else { &board }.clone())))
    };
    let (on_line, by_gateway) = (units(&silent), units(&unreached));
    for (units, door) in [(&on_line, on_line.on_terminal()), (&by_gateway, by_gateway.on_network().await)] {
        let names: Vec<String> =
            (1..=10).map(|unit| format!("\"{unit} waveshare/modbus-rtu-relay\"")).collect();
        let keys = format!("speaks = [{}]\nbaud = 115200\nanswer = \"100 ms\"", names.join(", "));
        let mut rig = Rig::of(&section(&door.device, &keys)).await;
        let is_told = |heard: &Heard| {
            let reason = heard.payload["reason"].as_str().unwrap_or_default();
            heard.topic == "$hub/link/line" && reason.contains("units 2, 5, 9 do not answer")
        };
        rig.script.wait_for("those that are gone to be named", is_told).await;
        let gone = rig.now("$hub/presence/nodes/waveshare/line-5").await;
        assert_eq!(gone["presence"], "offline", "{gone}");
        for unit in (1..=10).filter(|unit| !is_gone(*unit)) {
            let told = rig.now(&format!("nodes/waveshare/line-{unit}/relay/1")).await;
            assert_eq!(told, json!({ "state": false }));
        }
        let topic = "nodes/waveshare/line-7/relay/1/set";
        let done = rig.command(topic, json!({ "state": true }), "quick").await;
        assert_eq!(done["step"], "confirmed", "{done}");
        // One comes back by itself, however it was gone.
        units.with(5, |unit| *unit = board.clone());
        rig.says("nodes/waveshare/line-5/relay/1", json!({ "state": false })).await;
    }
}

/// Numbers of several registers, and functions for several where one would do.
const HEATER: &str = r#"
name = "Heater"
vendor = "Acme"
serial = { baud = 9600, interval = "1 s" }

[modbus]
registers = [
  { name = "setpoint", table = "holding", at = 2, type = "f32", order = "cdab" },
  { name = "budget", table = "holding", at = 4, type = "i32" },
  { name = "level", table = "holding", at = 6, many = true },
  { name = "mode", table = "holding", at = 7 },
  { name = "pump", table = "coil", at = 3, many = true },
]

[[property]]
id = "thermostat/-"
quantity = "setpoint"
kind = "number"
unit = "℃"
read = { value = "/setpoint", decimals = 2 }
write = { register = "/setpoint" }

[[property]]
id = "thermostat/-"
quantity = "budget"
kind = "number"
unit = "W"
read = { value = "/budget" }
write = { register = "/budget" }

[[property]]
id = "thermostat/-"
quantity = "level"
kind = "number"
unit = "%"
read = { value = "/level", scale = 0.1 }
write = { register = "/level", scale = 0.1 }

[[property]]
id = "relay/pump"
read = { value = "/pump" }
write = { register = "/pump" }

[[example]]
source = "made for this test: 21.5 is 41AC0000"
device = { id = "1" }
command = { "thermostat/-" = { setpoint = 21.5 } }
sends = [{ hex = "01 10 00 02 00 02 04 00 00 41 AC 42 5B" }, { hex = "01 03 00 02 00 02 65 CB" }]
"#;

#[tokio::test]
async fn numbers_of_several_registers_are_written_at_once_and_read_back() {
    let heater = Unit { coils: vec![false; 8], holding: vec![0; 8], ..Unit::default() };
    let units = Units::of([(1, heater)]);
    for door in doors(&units).await {
        let mut rig = Rig::of(&section(&door.device, "speaks = [\"acme/heater\"]")).await;
        let folder = rig.folder().join("acme");
        std::fs::create_dir_all(&folder).expect("the folder of definitions");
        std::fs::write(folder.join("heater.toml"), HEATER).expect("it can be written");
        rig.link("up").await;
        let mut holding = vec![0; 8];
        for (quantity, value, at, written, function) in [
            // The low word first, as `cdab` has it.
            ("setpoint", json!(21.5), 2, vec![0x0000, 0x41ac], 16),
            ("setpoint", json!(-7.25), 2, vec![0x0000, 0xc0e8], 16),
            ("budget", json!(-70_000), 4, vec![0xfffe, 0xee90], 16),
            ("level", json!(45.5), 6, vec![455], 16),
        ] {
            units.with(1, |unit| unit.asked.clear());
            let (topic, id) = ("nodes/acme/line-1/thermostat/-/set", format!("{quantity} {value}"));
            let done = rig.command(topic, json!({ quantity: value }), &id).await;
            assert_eq!(done["step"], "confirmed", "{}: {done}", door.device);
            holding[at..at + written.len()].copy_from_slice(&written);
            let (kept, asked) = units.with(1, |unit| (unit.holding.clone(), unit.asked.clone()));
            assert_eq!(kept, holding, "{id}");
            assert!(asked.contains(&function) && !asked.contains(&6), "{id}: {asked:?}");
        }
        for state in [true, false] {
            units.with(1, |unit| unit.asked.clear());
            let topic = "nodes/acme/line-1/relay/pump/set";
            let done = rig.command(topic, json!({ "state": state }), &format!("pump {state}")).await;
            assert_eq!(done["step"], "confirmed", "{}: {done}", door.device);
            let (coil, asked) = units.with(1, |unit| (unit.coils[3], unit.asked.clone()));
            assert_eq!(coil, state);
            assert!(asked.contains(&15) && !asked.contains(&5), "{asked:?}");
        }
        units.with(1, |unit| (unit.coils, unit.holding) = (vec![false; 8], vec![0; 8]));
        units.with(1, |unit| unit.holding.truncate(5));
        let topic = "nodes/acme/line-1/thermostat/-/set";
        let done = rig.command(topic, json!({ "budget": 5 }), "short").await;
        assert_eq!((&done["step"], &done["code"]), (&json!("refused"), &json!("device")), "{done}");
        units.with(1, |unit| unit.holding = vec![0; 8]);
    }
}
