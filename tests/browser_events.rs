//! The EVENTS page in a real browser: what comes while somebody reads, filters, a phone, no script.

mod common;

use common::{Browser, Hub, TalkClient, until};
use serde_json::json;

const OVERFLOWS: &str = "return document.documentElement.scrollWidth > innerWidth";
const RELAY: &str = "relay/i2c0-3b/set";
const FIRST: &str = "[data-part=events] > li:first-child";
const FRESH: &str = "[data-part=fresh]";

async fn command(client: &mut TalkClient, on: bool, id: &str) {
    client.command(RELAY, json!({ "state": on }), id).await;
    client.outcome(id).await;
}

#[tokio::test]
async fn what_happens_comes_to_the_top_and_moves_nobody_who_reads() {
    let hub = Hub::demo();
    let mut client = TalkClient::demo(&hub).await;
    client.handshake(json!({ "events": true })).await;
    client.wait_for("the relay", |heard| heard.topic == "relay/i2c0-3b").await;
    let browser = Browser::open().await;
    browser.sign_in(&hub).await;
    browser.goto(&hub.url("/events")).await;
    browser.script_true("a live page", "return document.body.dataset.live === 'yes'").await;
    command(&mut client, true, "1").await;
    browser.text_when(FIRST, |text| text.contains("clown set Relay i2c0-3b to on – confirmed after")).await;
    command(&mut client, false, "2").await;
    client.command("relay/none/set", json!({}), "3").await;
    browser.text_when(FIRST, |text| text.contains("refused")).await;
    client.command("simulator/-/config/set", json!({ "silence": true }), "4").await;
    command(&mut client, true, "5").await;
    browser.text_when(FIRST, |text| text.contains("no answer")).await;

    // Whoever has something unfolded is not moved.
    browser.click(&format!("{FIRST} summary")).await;
    client.command("relay/none/set", json!({}), "6").await;
    browser.text_when(FRESH, |text| text == "1 new").await;
    browser.screenshot("events-desktop").await;
    browser.click(FRESH).await;
    browser.text_when(FIRST, |text| text.contains("refused")).await;

    browser.goto(&hub.url("/events?kind=login&from=-1h")).await;
    browser.text_when(FIRST, |text| text.contains("clown")).await;
    let all = browser.script("return [...document.querySelectorAll('.events > li')].every((li) => li.dataset.kind === 'login')").await;
    assert_eq!(all, json!(true));
    browser.prefers("prefers-color-scheme", "dark").await;
    browser.as_phone().await;
    browser.goto(&hub.url("/events")).await;
    browser.text_when(FIRST, |text| text.contains("refused")).await;
    browser.screenshot("events-phone-dark").await;
    assert_eq!(browser.script(OVERFLOWS).await, json!(false));
    assert_eq!(browser.small_targets().await, json!([]));
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn without_script_and_in_czech_the_same_is_read_and_filtered() {
    let hub = Hub::demo();
    let mut client = TalkClient::demo(&hub).await;
    client.handshake(json!({ "events": true })).await;
    client.wait_for("the relay", |heard| heard.topic == "relay/i2c0-3b").await;
    command(&mut client, true, "1").await;
    let browser = Browser::without_script().await;
    browser.sign_in(&hub).await;
    browser.click(".menu summary").await;
    browser.click("button[lang=cs]").await;
    until("the event", async || {
        browser.goto(&hub.url("/events?kind=command")).await;
        browser.text(".events").await.contains("nastavuje Relé i2c0-3b na zapnuto – potvrzeno").then_some(())
    })
    .await;
    browser.click(".event summary").await;
    browser.screenshot("events-czech-no-script").await;
    browser.goto(&hub.url("/events?text=nothing+like+it")).await;
    assert!(browser.text("[data-part=empty]").await.contains("Nic takového"));
    browser.close().await;
}
