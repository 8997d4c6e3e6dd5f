//! One topic: nothing of it is cut without a word, the past is numbered, and what is copied works elsewhere.

use super::*;
use crate::hub::{Hub, Now};
use crate::talk::{Message, Topic};
use crate::web::messages::recorder::Record;
use crate::web::page::messages::tests::house;
use crate::web::text::EN;

/// A topic after these payloads, the record listening all the while.
async fn after(payloads: &[Payload], asked: &Asked) -> TopicView {
    let (hub, link, _) = house(&[]);
    let record = Record::new(crate::web::messages::tree::Bounds::default(), Now::now());
    let listening = tokio::spawn(record.listen(&hub));
    for payload in payloads {
        let topic = Topic::new("text/0").unwrap();
        link.publish(Now::now(), Message::new(topic, payload.clone()));
    }
    hub.close();
    listening.await.unwrap();
    view(&hub, &record, asked)
}

fn view(_: &Hub, record: &Record, asked: &Asked) -> TopicView {
    TopicView::new(&EN, record, &Place::Topic("nodes/bridge/0/text/0".into()), asked, SystemTime::now())
}

use crate::talk::Payload;

fn words(texts: &[&str]) -> Vec<Payload> {
    texts.iter().map(|text| Payload::from_wire(text.as_bytes())).collect()
}

#[tokio::test]
async fn last_two_payloads_are_compared_or_any_two_chosen() {
    let said = words(&[r#"{"t": 24.50}"#, r#"{"t": 24.50}"#, r#"{"t": 24.75}"#]);
    let known = after(&said, &Asked::default()).await.known.unwrap();
    let change = known.change.unwrap();
    assert_eq!(change.title, "What changed from no. 2 to no. 3");
    assert_eq!(change.paths, [("/t".to_owned(), "24.50".to_owned(), "24.75".to_owned())]);
    let same: Vec<_> = known.moments.iter().map(|moment| (moment.number, moment.same)).collect();
    assert_eq!(same, [(3, false), (2, true), (1, false)]);
    let asked = Asked { a: "1".into(), b: "2".into(), ..Asked::default() };
    let change = after(&said, &asked).await.known.unwrap().change.unwrap();
    assert_eq!(change.words, "Nothing: byte for byte the same.");
    let asked = Asked { a: "1".into(), b: "99".into(), ..Asked::default() };
    let change = after(&said, &asked).await.known.unwrap().change.unwrap();
    assert_eq!(change.title, "What changed from no. 2 to no. 3", "what is not there cannot be compared");
}

#[tokio::test]
async fn nothing_is_cut_without_a_word() {
    let long = format!("\"{}\"", "č".repeat(40_000));
    let known = after(&words(&[&long]), &Asked::default()).await.known.unwrap();
    let cuts: Vec<_> = known.readings.iter().map(|reading| (reading.part, reading.cut.as_str())).collect();
    assert_eq!(cuts, [("as-sent", "first 64 KiB of 78.1 KiB"), ("bytes", "first 4 KiB of 78.1 KiB")]);
    assert!(known.whole.starts_with("/messages/payload?topic=nodes/bridge/0/text/0&number=1"));
    assert!(known.change.is_none());
    assert_eq!(known.copies.len(), 1, "too long for a line");
}

#[tokio::test]
async fn past_is_listed_in_pages_and_says_where_it_begins() {
    let said: Vec<_> = (0..250).map(|n| Payload::from_wire(n.to_string().as_bytes())).collect();
    let known = after(&said, &Asked::default()).await.known.unwrap();
    assert_eq!(known.begins, "The history begins with no. 51; older messages forgotten to make room: 50.");
    assert_eq!((known.moments[0].number, known.moments.len()), (250, 30));
    assert_eq!(known.older.unwrap(), "/messages?before=221&topic=nodes/bridge/0/text/0");
    let asked = Asked { before: "60".into(), ..Asked::default() };
    let known = after(&said, &asked).await.known.unwrap();
    let numbers: Vec<_> = known.moments.iter().map(|moment| moment.number).collect();
    assert_eq!((numbers.first(), numbers.last(), known.older), (Some(&59), Some(&51), None));
}

#[tokio::test]
async fn every_kind_of_payload_can_be_taken_along() {
    let check = async |bytes: &[u8], expect: &[(&str, &str)]| {
        let known = after(&[Payload::from_wire(bytes)], &Asked::default()).await.known.unwrap();
        let found: Vec<_> = known.copies.iter().map(|copy| (copy.label, copy.text.as_str())).collect();
        assert_eq!(found[1..], *expect);
    };
    let json = r#"{"name": "it's"}"#;
    let line = r#"mosquitto_pub -t 'nodes/bridge/0/text/0' -m '{"name": "it'\''s"}'"#;
    let talk = r#"["nodes/bridge/0/text/0", {"name": "it's"}]"#;
    check(json.as_bytes(), &[("Payload", json), ("mosquitto_pub", line), ("Clown.Talk", talk)]).await;
    let line = "mosquitto_pub -t 'nodes/bridge/0/text/0' -m 'on \"x\"'";
    let talk = r#"["nodes/bridge/0/text/0", "on \"x\""]"#;
    check(b"on \"x\"", &[("Payload", "on \"x\""), ("mosquitto_pub", line), ("Clown.Talk", talk)]).await;
    let line = "echo A1xudG91Y2ggeAo= | base64 -d | mosquitto_pub -t 'nodes/bridge/0/text/0' -s";
    let talk = r#"["nodes/bridge/0/text/0", "\u0003\\ntouch x\n"]"#;
    let keys = "\u{3}\\ntouch x\n";
    check(keys.as_bytes(), &[("Payload", keys), ("mosquitto_pub", line), ("Clown.Talk", talk)]).await;
    let line = "echo /wA= | base64 -d | mosquitto_pub -t 'nodes/bridge/0/text/0' -s";
    let talk = r#"["nodes/bridge/0/text/0", {"$base64": "/wA="}]"#;
    check(&[0xff, 0], &[("mosquitto_pub", line), ("Clown.Talk", talk)]).await;
}
