//! `clown.talk/-/messages/set` on a real socket: a window of all topics that follows what changes, thinned.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::stage::{Client, Stage, client};

/// A client of the endpoint without a base that hears nothing else.
async fn looking(stage: &Stage, wish: Value) -> Client {
    let mut client = client(stage.url("clown-talk-server")).await;
    client.say(r#"["clown.talk/-/config/set", {"snapshot": false, "filters": ["nothing"]}]"#).await;
    assert!(client.hear().await.contains("config/ok"));
    client.say(&json!(["clown.talk/-/messages/set", wish]).to_string()).await;
    client
}

async fn told(client: &mut Client) -> Value {
    let text = client.hear().await;
    let message: Value = serde_json::from_str(&text).expect("a message is JSON");
    assert_eq!(message[0], "clown.talk/-/messages", "{text}");
    message[1].clone()
}

/// Hears until the row of this topic has this value; gives its place and the row.
async fn row_says(client: &mut Client, topic: &str, value: &str) -> (u64, Value) {
    loop {
        let told = told(client).await;
        let rows = told["rows"].as_array().expect("rows").clone();
        if let Some(row) = rows.into_iter().find(|row| row[1]["topic"] == topic && row[1]["value"] == value) {
            return (row[0].as_u64().expect("a place"), row[1].clone());
        }
    }
}

#[tokio::test]
async fn window_is_told_whole_and_then_what_changes() {
    let stage = Stage::new().await;
    stage.says(r#"["thermometer/i2c0-48", {"temperature": [24.50, "℃"]}]"#);
    let mut client = looking(&stage, json!({ "open": ["nodes/bridge/0"], "rows": 10 })).await;
    let (topic, value) = ("nodes/bridge/0/thermometer/i2c0-48", r#"{"temperature": [24.50, "℃"]}"#);
    let (_, row) = row_says(&mut client, topic, value).await;
    assert_eq!((&row["name"], &row["level"]), (&json!("thermometer/i2c0-48"), &json!(2)));
    assert_eq!(
        (&row["from"], &row["kind"], &row["presence"]),
        (&json!("usb"), &json!("value"), &json!("online"))
    );

    stage.says(r#"["relay/i2c0-3b", {"state": true}]"#);
    loop {
        // Between the word and the count of everything there may be a count alone.
        let next = told(&mut client).await;
        let changed = next["rows"].as_array().expect("rows").clone();
        if !changed.is_empty() {
            let topics: Vec<_> = changed.iter().map(|row| row[1]["topic"].clone()).collect();
            assert_eq!(topics, ["nodes/bridge/0", "nodes/bridge/0/relay/i2c0-3b"], "and nothing else");
            assert_eq!(changed[1][1]["value"], r#"{"state": true}"#);
            return;
        }
    }
}

#[tokio::test]
async fn flood_is_thinned_and_counted() {
    let stage = Stage::new().await;
    let mut client =
        looking(&stage, json!({ "search": "text/flood", "topic": "nodes/bridge/0/text/flood" })).await;
    let start = Instant::now();
    for n in 0..3000 {
        stage.says(&format!(r#"["text/flood", {n}]"#));
        if n % 100 == 0 {
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }
    let mut heard = 0;
    loop {
        let told = told(&mut client).await;
        heard += 1;
        if told["topic"]["number"] == 3000 {
            assert_eq!(told["rows"][0][1]["value"], "2999");
            assert_eq!(told["rows"][0][1]["count"], 3000);
            break;
        }
    }
    // Two a second for a search, and one at the beginning.
    let most = start.elapsed().as_millis() / 500 + 2;
    assert!(heard <= most, "{heard} messages in {:?}", start.elapsed());
}

#[tokio::test]
async fn another_wish_takes_the_place_of_the_first() {
    let stage = Stage::new().await;
    stage.says(r#"["text/0", "hello"]"#);
    let mut client = looking(&stage, json!({ "open": [], "rows": 10 })).await;
    assert_eq!(told(&mut client).await["topics"], 3);
    for wish in [json!({ "search": "no such" }), json!({ "search": "hello", "link": "usb" })] {
        client.say(&json!(["clown.talk/-/messages/set", wish]).to_string()).await;
    }
    loop {
        let told = told(&mut client).await;
        if told["total"] == 1 {
            assert_eq!(told["rows"][0][1]["name"], "nodes/bridge/0/text/0");
            return;
        }
    }
}

#[tokio::test]
async fn wishes_that_make_no_sense_are_answered_by_name() {
    let stage = Stage::new().await;
    let mut client = looking(&stage, json!({ "rows": 1 })).await;
    told(&mut client).await;
    for wish in
        [json!([]), json!({ "rows": "many" }), json!({ "kind": "thing" }), json!({ "open": vec!["a"; 1001] })]
    {
        client.say(&json!(["clown.talk/-/messages/set", wish]).to_string()).await;
        let answer = client.hear().await;
        assert!(answer.starts_with(r#"["clown.talk/-/error", {"code":"messages","#), "{answer:.200}");
    }
    let mut based = stage.greeted("{}").await;
    based.say(r#"["clown.talk/-/messages/set", {}]"#).await;
    assert!(based.hear().await.contains("without a base"));
}
