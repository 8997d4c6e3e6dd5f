//! Answers of Modbus damaged in every way on a real port: no wrong value is told, each is counted once, and the next whole
//! answer is heard. Every position is tried at the request itself (tests/frames).

use serde_json::json;

use crate::common::{Heard, PtyDevice, until};
use crate::dialects::frames;
use crate::rig::Rig;
use crate::slaves::{Slaves, Unit};

/// A meter that is asked what the capture asks, as often as may be.
const METER: &str = r#"
name = "Meter"
vendor = "Acme"
serial = { baud = 9600, interval = "50 ms" }

[modbus]
registers = [{ name = "voltage", table = "input", at = 0, type = "f32" }]

[[property]]
id = "power-meter/-"
quantity = "voltage"
interval = "1 s"
read = { value = "/voltage", decimals = 1 }

[[example]]
source = "Tasmota SDM driver comments: 0x43663334 is 230.2 V"
request = "01 04 00 00 00 02 71 CB"
hex = "01 04 04 43 66 33 34 1B 38"
gives = { "power-meter/-" = { voltage = [230.2, "V"] } }
"#;

const VOLTAGE: &str = "nodes/acme/line-1/power-meter/-";

/// Waits until the hub asks what the capture asks.
async fn asked(line: &mut PtyDevice, question: &[u8]) {
    let mut heard = Vec::new();
    until("the hub to ask", || {
        heard.extend(line.take_bytes());
        let is_it = heard.ends_with(question).then_some(());
        async move { is_it }
    })
    .await;
}

#[tokio::test]
async fn a_damaged_answer_is_counted_once_and_never_told() {
    let question = &frames("32-modbus-rtu-sdm-meter.serial.hex", '>')[0];
    let told = &frames("32-modbus-rtu-sdm-meter.serial.hex", '<')[0];
    let mut line = PtyDevice::plugged();
    let keys = "speaks = [\"acme/meter\"]\nanswer = \"150 ms\"";
    let mut rig = Rig::new(&line, keys).await;
    let folder = rig.folder().join("acme");
    std::fs::create_dir_all(&folder).expect("the folder of definitions");
    std::fs::write(folder.join("meter.toml"), METER).expect("it can be written");

    let flipped = |at: usize, bit: usize| {
        let mut damaged = told.clone();
        damaged[at] ^= 1 << bit;
        damaged
    };
    let mut damaged: Vec<Vec<u8>> =
        [(0, 1), (1, 7), (2, 0), (3, 6), (4, 0), (6, 3), (8, 2)].map(|(at, bit)| flipped(at, bit)).into();
    damaged.extend([1, 4, 8].map(|at| told[..at].to_vec()));
    damaged.extend([3, 7].map(|at| told[at..].to_vec()));
    damaged.push([told, &told[..4]].concat());
    damaged.push([told, &[0][..]].concat());
    for (number, damaged) in damaged.iter().enumerate() {
        asked(&mut line, question).await;
        line.write(damaged).await;
        // Twice it may miss; the answer to the next question makes up for it. Noise in front does not matter.
        asked(&mut line, question).await;
        let noise: &[u8] = if number % 2 == 0 { &[] } else { &[0x00, 0xfe, 0x01] };
        line.write(&[noise, told].concat()).await;
        let heard = rig.script.wait_topic(VOLTAGE).await;
        assert_eq!(heard.payload, json!({ "voltage": [230.2, "V"] }), "behind {damaged:02X?}");
    }
    let faults = ["malformed", "cut", "checksum", "noise"];
    let counted = |heard: &Heard| -> u64 {
        faults.iter().filter_map(|what| heard.payload["counts"][what].as_u64()).sum()
    };
    let is_counted = |heard: &Heard| {
        heard.topic == "$hub/link/line" && heard.payload["counts"]["received"] == damaged.len() as u64
    };
    let link = rig.script.wait_for("all to be counted", is_counted).await;
    assert_eq!(counted(&link), damaged.len() as u64, "{}", link.payload);
}

#[tokio::test]
async fn a_command_whose_acknowledgement_is_damaged_is_told_as_it_is_read_back() {
    let line = PtyDevice::plugged();
    let keys = "speaks = [\"1 waveshare/modbus-rtu-relay\"]\nbaud = 115200\nanswer = \"150 ms\"";
    let mut rig = Rig::new(&line, keys).await;
    let board = Unit { coils: vec![false; 8], is_echo_damaged: true, ..Unit::default() };
    let slaves = Slaves::play(line, [(1, board)]);
    rig.link("up").await;
    let topic = "nodes/waveshare/line-1/relay/2/set";
    for state in [true, false] {
        let done = rig.command(topic, json!({ "state": state }), &format!("relay {state}")).await;
        assert_eq!(done["step"], "confirmed", "{done}");
        assert_eq!(slaves.bus.lock().expect("nobody panics").units[&1].coils[1], state);
    }
    slaves.change(1, |unit| unit.is_stuck = true);
    let done = rig.command(topic, json!({ "state": true }), "stuck").await;
    assert_eq!(done["step"], "unanswered", "{done}");
    rig.counts("checksum", 3).await;
}
