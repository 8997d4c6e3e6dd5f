//! Speeds and characters: tried in turn where a device may have several, fixed by the link, set as they were declared.

use serde_json::json;

use crate::com_port::{ComPort, Line};
use crate::rig::{Rig, section};
use crate::slaves::{Bus, Unit, answer, length};

/// A thermometer whose speed nobody knows, for certain that its characters are 7E1.
const SENSOR: &str = r#"
name = "Sensor"
vendor = "Acme"
serial = { baud = [9600, 19200, 115200], settings = "7E1" }
frame = { kind = "lines", pattern = '^T:[0-9.]+$' }
match = { id_else = "-" }

[[property]]
id = "thermometer/-"
interval = "1 s"
read = { regex = '^T:(?<value>[0-9.]+)$' }

[[example]]
source = "made for this test"
line = "T:21.5"
gives = { "thermometer/-" = [21.5, "℃"] }
"#;

const TOLD: &str = "nodes/acme/line/thermometer/-";

/// Says a temperature again and again, at 19,200 baud; what is heard of that at another speed is no text.
fn thermometer(line: Line, _: &[u8]) -> Vec<u8> {
    match line.baud {
        19_200 => b"T:21.5\r\n".to_vec(),
        _ => vec![0xe6, 0x00, 0x9e, 0xff, 0x78, 0x0a],
    }
}

/// A hub with the sensor on this port.
async fn rig(port: &ComPort, keys: &str) -> Rig {
    let rig = Rig::of(&section(port.url(), &format!("speaks = [\"acme/sensor\"]\n{keys}"))).await;
    let folder = rig.folder().join("acme");
    std::fs::create_dir_all(&folder).expect("the folder of definitions");
    std::fs::write(folder.join("sensor.toml"), SENSOR).expect("it can be written");
    rig
}

fn bauds(port: &ComPort) -> Vec<u32> {
    port.lines().iter().map(|line| line.baud).collect()
}

#[tokio::test]
async fn speeds_are_tried_in_turn_and_the_one_that_makes_sense_is_kept() {
    let port = ComPort::serve(thermometer).await;
    let mut rig = rig(&port, "").await;
    let told = rig.link("unreadable").await;
    assert!(
        told["reason"].as_str().is_some_and(|why| why.contains("its speeds are tried in turn")),
        "{told}"
    );
    rig.says(TOLD, json!({ "temperature": [21.5, "℃"] })).await;
    rig.link("up").await;
    assert_eq!(bauds(&port), [9_600, 19_200]);
    // 3 is even parity.
    for line in port.lines() {
        assert_eq!((line.data, line.parity, line.stop), (7, 3, 1), "{line:?}");
    }
    // It is not looked for again when the connection is made anew.
    port.hang_up();
    rig.link("server-lost").await;
    rig.says(TOLD, json!({ "temperature": [21.5, "℃"] })).await;
    assert_eq!(bauds(&port), [9_600, 19_200, 19_200]);
}

#[tokio::test]
async fn a_speed_and_characters_that_the_link_fixes_are_set_and_no_others() {
    let port = ComPort::serve(thermometer).await;
    let mut right = rig(&port, "baud = 19200\nsettings = \"8O2\"").await;
    right.says(TOLD, json!({ "temperature": [21.5, "℃"] })).await;
    assert_eq!(port.lines(), [Line { baud: 19_200, data: 8, parity: 2, stop: 2 }]);

    let port = ComPort::serve(thermometer).await;
    let mut wrong = rig(&port, "baud = 115200").await;
    let told = wrong.link("unreadable").await;
    assert!(told["reason"].as_str().is_some_and(|why| why.contains("at 115200 baud")), "{told}");
    wrong.counts("malformed", 1).await;
    assert_eq!(bauds(&port), [115_200], "it is not opened anew at another speed");
}

#[tokio::test]
async fn a_bus_is_asked_at_each_speed_until_somebody_answers() {
    let board = Unit { coils: vec![false; 8], ..Unit::default() };
    let mut bus = Bus { units: [(1, board)].into(), asked: Vec::new() };
    let mut heard = Vec::new();
    let port = ComPort::serve(move |line, bytes| {
        heard.extend_from_slice(bytes);
        if line.baud != 19_200 {
            heard.clear();
        }
        let whole = length(&heard).map(|length| heard.drain(..length).collect::<Vec<u8>>());
        whole.and_then(|request| answer(&mut bus, &request)).unwrap_or_default()
    })
    .await;
    let keys = "speaks = [\"1 waveshare/modbus-rtu-relay\"]\nanswer = \"100 ms\"";
    let mut rig = Rig::of(&section(port.url(), keys)).await;
    rig.says("nodes/waveshare/line-1/relay/1", json!({ "state": false })).await;
    assert_eq!(bauds(&port), [9_600, 4_800, 19_200]);
    let done = rig.command("nodes/waveshare/line-1/relay/1/set", json!({ "state": true }), "on").await;
    assert_eq!(done["step"], "confirmed", "{done}");
}
