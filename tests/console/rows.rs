//! What came and went: in order, as text and as digits, bounded, followed, and from before when the port has gone.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::common::{Https, Launch, PtyDevice, TalkClient};
use crate::{PASSWORD, ada, bridge, follower, follows, page_with, shown};

/// The rows of a page, without tags.
fn rows(page: &str) -> Vec<String> {
    let said = page.split("<span class=\"said\">").skip(1).filter_map(|rest| rest.split("</span>").next());
    said.map(|row| row.replace("<i>", "").replace("</i>", "")).collect()
}

#[tokio::test]
async fn bytes_in_and_out_are_on_the_page_in_their_order() {
    let mut device = PtyDevice::plugged();
    let hub = bridge(&device);
    device.hear_about("clown.talk/-/config/set").await;
    device.write(b"[\"thermometer/i2c0-48\", {\"temperature\": [24.50, \"\xe2\x84\x83\"]}]\r\n").await;
    device.write(b"<script>alert(1)</script>\xff\x1b[31m\n").await;
    let visitor = ada(&hub);
    let page = page_with(&visitor, "/console?link=usb", "alert(1)").await;
    let rows = rows(&page);
    let at =
        |part: &str| rows.iter().position(|row| row.contains(part)).unwrap_or_else(|| panic!("{rows:?}"));
    let order = [at("opened"), at("config/set"), at("24.50, &#34;℃&#34;]}]␍␊"), at("&#60;script&#62;")];
    assert!(order.is_sorted(), "{rows:?}");
    assert_eq!(rows[at("script")], "&#60;script&#62;alert(1)&#60;/script&#62;\\xff␛[31m␊");

    let page = visitor.get("/console?link=usb&as=hex").await.body;
    assert!(page.contains("3c 73 63 72 69 70 74 3e 61"), "{page}");
    assert!(page.contains("ff 1b 5b 33 31 6d 0a"), "{page}");
    // The way there.
    assert!(visitor.get("/").await.body.contains("href=\"/console?link=usb\""));
}

#[tokio::test]
async fn only_the_newest_bytes_are_kept() {
    let device = PtyDevice::plugged();
    let hub = bridge(&device);
    let (mut script, _) = follower(&hub).await;
    let lines = |from: usize| (from..from + 100).map(|number| format!("# a line with number {number:06}\n"));
    let mut lost = 0;
    for from in (0..4000).step_by(100) {
        device.write(lines(from).collect::<String>().as_bytes()).await;
    }
    // Whoever follows hears the last line, and how much was too fast. A row that has grown is told again.
    let mut heard = BTreeMap::new();
    while !heard.values().any(|row: &String| row.contains("003999")) {
        let told = script.wait_topic("clown.talk/-/console").await.payload;
        lost += told["lost"].as_u64().unwrap_or_default();
        let rows = told["rows"].as_array().expect("rows").iter().filter(|row| row["way"] == "heard");
        heard.extend(rows.map(|row| (row["n"].as_u64(), shown(row))));
    }
    let (heard, all) = (heard.values().map(|row| row.chars().count() as u64 - 1).sum::<u64>(), 4000 * 28);
    assert!(heard <= all && heard + lost >= all, "{heard} bytes heard and {lost} lost");

    let page = ada(&hub).get("/console").await.body;
    let rows = rows(&page);
    assert_eq!(rows.last().map(String::as_str), Some("# a line with number 003999␊"));
    let bytes: usize = rows.iter().map(|row| row.chars().count()).sum();
    assert!(bytes <= 16 * 1024 && rows.len() > 400, "{} rows with {bytes} bytes", rows.len());
}

#[tokio::test]
async fn line_is_followed_over_an_unplug_and_back() {
    let mut device = PtyDevice::plugged();
    let hub = bridge(&device);
    device.hear_about("clown.talk/-/config/set").await;
    let (mut script, first) = follower(&hub).await;
    assert_eq!((&first["first"], &first["open"]), (&json!(true), &json!(true)), "{first}");
    assert_eq!(shown(&first["rows"][0]), "opened");
    device.write(b"# half a ").await;
    let half = follows(&mut script, "<# half a ").await;
    device.write(b"line\n").await;
    let whole = follows(&mut script, "<# half a line␊").await;
    assert_eq!((&whole["n"], &whole["at"]), (&half["n"], &half["at"]), "it is the same row, grown");

    device.unplug();
    let is_closed = |told: &Value| told["open"] == json!(false);
    let closed = script.wait_for("the port to close", |heard| is_closed(&heard.payload)).await.payload;
    assert_eq!(closed["rows"].as_array().and_then(|rows| rows.last()).map(shown), Some("closed".into()));
    let page = page_with(&ada(&hub), "/console", "what is shown is from before").await;
    assert!(page.contains("data-past role") && page.contains("half a line"), "{page}");

    device.plug();
    device.hear_about("clown.talk/-/config/set").await;
    let again = |told: &Value| told["open"] == json!(true);
    script.wait_for("the port to open", |heard| again(&heard.payload)).await;
    let (_, first) = follower(&hub).await;
    let rows: Vec<_> = first["rows"].as_array().expect("rows").iter().map(shown).collect();
    let at = |what: &str| rows.iter().rposition(|row| row == what);
    assert!(at("<# half a line␊") < at("closed") && at("closed") < at("opened"), "{rows:?}");
}

#[tokio::test]
async fn every_line_of_a_hub_is_one_link_away() {
    let (one, other) = (PtyDevice::plugged(), PtyDevice::unplugged());
    let (port, second) = (one.path().display().to_string(), other.path().display().to_string());
    let hub = Launch::run(&format!(
        "[[link]]\nname = \"b\"\nkind = \"serial\"\nbase = \"nodes/b\"\ndevice = {port:?}\n\
         [[link]]\nname = \"a\"\nkind = \"tower\"\ndevice = {second:?}\n\
         [[link]]\nname = \"c\"\nkind = \"simulator\"\nbase = \"nodes/c\"\n"
    ));
    let hub = hub.account("ada", PASSWORD).start();
    // A port that is not there has a console, too: it says so.
    let page = page_with(&ada(&hub), "/console", "href=\"/console?link=b&#38;as=text\"").await;
    let first = page_with(&ada(&hub), "/console?link=a", "what is shown is from before").await;
    assert!(first.contains("Nothing has come or gone yet.") && page.contains("<code>a</code>"), "{page}");
    assert!(!page.contains("link=c"), "what has no line has no console: {page}");
    assert_eq!(ada(&hub).get("/console?link=c").await.status, 404);
}

#[tokio::test]
async fn nobody_looks_who_is_not_signed_in() {
    let device = PtyDevice::plugged();
    let hub = bridge(&device);
    for path in ["/console", "/console?link=usb"] {
        assert_eq!(Https::new(&hub).get(path).await.status, 401);
        assert_eq!(Https::new(&hub).basic("ada", "wrong").get(path).await.status, 401);
    }
    assert_eq!(ada(&hub).get("/console?link=other").await.status, 404);

    let dial = TalkClient::of(&hub).basic("ada", PASSWORD);
    let mut script = dial.connect().await.expect("ada may come in");
    script.handshake(json!({ "snapshot": false })).await;
    for wish in [json!({ "link": "other" }), json!({ "link": 1 }), json!([])] {
        script.say("clown.talk/-/console/set", wish).await;
        let error = script.wait_topic("clown.talk/-/error").await.payload;
        assert_eq!(error["code"], "console", "{error}");
    }
    let path = "/auth/clown-talk-server_nodes_bridge_0";
    let dial = TalkClient::of(&hub).path(path).basic("ada", PASSWORD);
    let mut script = dial.connect().await.expect("ada may come in");
    script.handshake(json!({ "snapshot": false })).await;
    script.say("clown.talk/-/console/set", json!({ "link": "usb" })).await;
    assert_eq!(script.wait_topic("clown.talk/-/error").await.payload["code"], "console");
}
