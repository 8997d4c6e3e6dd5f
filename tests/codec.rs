//! The codec on messages that somebody else recorded: they come out as they went in.

use clown_hub::talk::model::{Scenario, Value};
use clown_hub::talk::{Line, LineDecoder, Message};

#[derive(serde::Deserialize)]
struct Record<'a> {
    generation: &'a str,
    direction: &'a str,
    topic: String,
    #[serde(borrow)]
    payload: &'a serde_json::value::RawValue,
}

const RECORDS: &str = include_str!("data/clown-talk.jsonl");

fn records() -> Vec<Record<'static>> {
    RECORDS.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

#[test]
fn all_recorded_messages_come_out_as_they_went_in() {
    let records = records();
    assert_eq!(records.len(), 168);
    for record in records {
        let line =
            format!("[{}, {}]", serde_json::to_string(&record.topic).expect("topic"), record.payload.get());
        let message = Message::parse(&line).expect(&line);
        assert_eq!(message.to_text(), line);

        let mut lines = 0;
        LineDecoder::default().feed(format!("{line}\n").as_bytes(), |decoded| {
            assert_eq!(decoded, Line::Message(message.clone()));
            lines += 1;
        });
        assert_eq!(lines, 1);
    }
}

#[test]
fn commands_and_data_of_the_first_generation_are_told_apart() {
    for record in records().iter().filter(|record| record.generation == "clown-talk") {
        if record.topic.starts_with('$') || record.topic.starts_with("plugin/") {
            continue;
        }
        let command = Scenario::of(&record.topic).is_command();
        assert_eq!(command, record.direction == "to-device", "{}", record.topic);
    }
}

#[test]
fn a_recorded_temperature_is_a_quantity_with_a_unit() {
    let message =
        Message::parse(r#"["thermometer/i2c0-48", {"temperature": [20.01, "\u2103"]}]"#).expect("message");
    let readings = message.payload.readings();
    assert_eq!(readings[0].value, Value::Number { text: "20.01".into(), value: 20.01 });
    assert_eq!(readings[0].unit.as_deref(), Some("℃"));
}
