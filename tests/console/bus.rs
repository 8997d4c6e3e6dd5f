//! Writing by hand to a bus: between two questions of the hub, and its answer before the next.

use serde_json::{Value, json};

use crate::common::PtyDevice;
use crate::slaves::{Slaves, Unit};
use crate::{ada, follower, hub};

/// Reads coil 1 to 8 of unit 1, with the checksum of the specification.
const READ_COILS: &str = "01 01 00 00 00 08 3d cc";

#[tokio::test]
async fn frame_by_hand_goes_between_two_questions_and_is_answered_alone() {
    let line = PtyDevice::plugged();
    // Three units that are always being asked: the bus is never idle of itself.
    let speaks = "speaks = [\"1 waveshare/modbus-rtu-relay\", \"2 waveshare/modbus-rtu-relay\", \"3 waveshare/modbus-rtu-relay\"]";
    let hub = hub(&line, &format!("kind = \"wired\"\n{speaks}\nbaud = 115200"));
    let _slaves =
        Slaves::play(line, (1..=3).map(|unit| (unit, Unit { coils: vec![false; 8], ..Unit::default() })));
    let (mut script, _) = follower(&hub).await;
    script
        .wait_for("the bus to be up", |heard| heard.topic == "$hub/link/usb" && heard.payload["code"] == "up")
        .await;
    for _ in 0..5 {
        let answer = ada(&hub)
            .post_form("/console", &[("link", "usb"), ("bytes", READ_COILS), ("end", "hex"), ("as", "hex")])
            .await;
        assert_eq!(answer.header("location"), "/console?link=usb&as=hex&done=written", "{}", answer.body);
    }
    let (_, first) = follower(&hub).await;
    let rows = first["rows"].as_array().expect("rows");
    let is_mine = |row: &Value| row["by"] == json!("ada");
    // The answer to the last one may still be on its way.
    let mine: Vec<_> = rows.iter().enumerate().filter(|(_, row)| is_mine(row)).map(|(at, _)| at).collect();
    assert_eq!(mine.len(), 5, "{rows:?}");
    for at in mine.iter().take(4) {
        assert_eq!(rows[*at]["hex"], READ_COILS, "nothing was mixed with it");
        assert_eq!(
            (&rows[at + 1]["way"], &rows[at + 1]["hex"]),
            (&json!("heard"), &json!("01 01 01 00 51 88"))
        );
        assert_eq!(rows[at - 1]["way"], "heard", "the hub's own question had its answer: {rows:?}");
    }
    let counts = script
        .wait_for("the answers to be counted", |heard| {
            heard.topic == "$hub/link/usb" && heard.payload["counts"]["noise"].as_u64() >= Some(4)
        })
        .await
        .payload;
    for fault in ["checksum", "malformed", "cut"] {
        assert_eq!(counts["counts"][fault], json!(0), "{counts}");
    }
    assert_eq!(counts["code"], "up", "{counts}");
}
