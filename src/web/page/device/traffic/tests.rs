//! Lines, messages and commands side by side.

use super::*;
use crate::hub::{Hub, HubConfig, LinkInfo, LinkState, Now, Row as Line, Way};
use crate::talk::{Message, Payload, Topic};
use crate::web::messages::tree::Bounds;
use crate::web::text::EN;

const BASE: &str = "nodes/bridge/0";

fn at(ms: u64) -> Now {
    Now { wall: SystemTime::UNIX_EPOCH + Duration::from_millis(ms), ..Now::now() }
}

fn line(number: u64, ms: u64, way: Way, text: &str) -> Line {
    Line { number, at: at(ms).wall, way, by: None, bytes: text.as_bytes().into() }
}

/// A record of what was said at these milliseconds: topic below the base, and payload.
fn record(said: &[(u64, &str, &str)]) -> Record {
    let record = Record::new(Bounds::default(), at(0));
    for (ms, id, payload) in said {
        record.say(&format!("{BASE}/{id}"), payload, *ms, crate::web::messages::history::Memory::Live);
    }
    record
}

/// Rows as `time | wire | said`, newest first.
fn check(record: &Record, lines: &[Line], is_native: bool, is_alone: bool, expect: &[&str]) {
    let about = About { base: BASE, link: "usb", is_native, is_alone, rows: lines, is_mqtt: false };
    let shown = rows(&EN, record, &about).into_iter().map(|row| {
        let wire = row.wire.map_or_else(String::new, |(arrow, _, text)| format!("{arrow}{text}"));
        let said: Vec<_> = row.said.iter().map(|(topic, value)| format!("{topic}={value}")).collect();
        format!("{}|{wire}|{}{}", &row.at.1[6..], said.join(","), row.remark)
    });
    assert_eq!(shown.collect::<Vec<_>>(), expect);
}

#[test]
fn a_line_of_clown_talk_stands_beside_the_message_that_says_the_same() {
    let record =
        record(&[(1_005, "a/0", "{\"x\": 1}"), (1_006, "a/0", "{\"x\": 2}"), (9_000, "a/0", "{\"x\": 3}")]);
    // Both came in one piece, so that they have the same time.
    let lines = [
        line(0, 1_000, Way::Heard, "[\"a/0\", {\"x\": 1}]\r\n"),
        line(1, 1_000, Way::Heard, "[\"a/0\", {\"x\": 2}]\r\n"),
        line(2, 2_000, Way::Heard, "what?\n"),
    ];
    let expect = [
        "09.000||a/0={\"x\": 3}",
        "02.000|←what?|no message",
        "01.000|←[\"a/0\", {\"x\": 2}]|a/0={\"x\": 2}",
        "01.000|←[\"a/0\", {\"x\": 1}]|a/0={\"x\": 1}",
    ];
    check(&record, &lines, true, true, &expect);
}

#[test]
fn any_other_line_stands_beside_what_was_said_until_the_next() {
    let record = record(&[(1_002, "a/0", "1"), (1_002, "b/0", "2"), (1_500, "a/0", "3")]);
    let lines = [line(0, 1_000, Way::Heard, "T=1;H=2\n"), line(1, 1_499, Way::Heard, "T=3\n")];
    let shown = ["01.499|←T=3|a/0=3", "01.000|←T=1;H=2|"];
    let about =
        About { base: BASE, link: "usb", is_native: false, is_alone: true, rows: &lines, is_mqtt: false };
    let all = rows(&EN, &record, &about);
    assert_eq!(all.len(), shown.len());
    assert_eq!((all[0].said.len(), all[1].said.len()), (1, 2));
    // Beside other devices of the line only its own are shown.
    let lines = [line(0, 1_000, Way::Heard, "T=1;H=2\n"), line(1, 5_000, Way::Heard, "OTHER=3\n")];
    check(&record, &lines[1..], false, false, &["01.500||a/0=3", "01.002||a/0=1", "01.002||b/0=2"]);
}

#[tokio::test]
async fn a_command_stands_beside_the_bytes_it_became() {
    let hub = Hub::new(HubConfig::default(), at(0));
    let base = Topic::new(BASE).unwrap();
    let (link, mut commands) =
        hub.attach(at(0), LinkInfo { name: "usb".into(), kind: "serial", base: Some(base) });
    link.state(at(0), LinkState::up(""));
    let record = Record::new(Bounds::default(), at(0));
    let listening = tokio::spawn(record.listen(&hub));
    let command = crate::hub::Command {
        topic: Topic::new(&format!("{BASE}/relay/0/set")).unwrap(),
        payload: Payload::parse("{\"state\": true}").unwrap(),
        by: crate::hub::By { account: "ada".into(), client: 0, from: None },
        id: None,
    };
    hub.command(at(1_000), command);
    let outgoing = commands.try_recv().expect("it is handed over");
    link.sent(at(1_003), outgoing.id);
    link.publish(
        at(1_010),
        Message::new(Topic::new("relay/0").unwrap(), Payload::from_wire(b"{\"state\": true}")),
    );
    hub.close();
    listening.await.expect("it ends with the hub");
    let lines = [line(0, 1_002, Way::Written, "[\"relay/0/set\", {\"state\": true}]\n")];
    let about =
        About { base: BASE, link: "usb", is_native: true, is_alone: true, rows: &lines, is_mqtt: false };
    let all = rows(&EN, &record, &about);
    let written = all.iter().find(|row| row.wire.is_some()).expect("the line is shown");
    let deed = written.deed.as_ref().expect("the command stands beside it");
    assert_eq!((deed.topic.as_str(), deed.step), ("relay/0/set", "confirmed"));
    assert!(failures(&EN, &record, BASE, 9).is_empty());
}
