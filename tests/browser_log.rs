//! The LOG page in a real browser: the stream of messages, filtered, held still, and answered by hand.

mod common;

use common::{Browser, Hub};

const ROW: &str = "[data-part=stream] li";

/// Topics of the rows that are shown.
const TOPICS: &str =
    "return [...document.querySelectorAll('[data-part=stream] li .topic')].map(t => t.textContent)";

async fn open(browser: &Browser, hub: &Hub) {
    browser.sign_in(hub).await;
    browser.goto(&hub.url("/log")).await;
    browser.find(ROW).await;
}

#[tokio::test]
async fn filter_leaves_what_was_asked_for() {
    let (hub, browser) = (Hub::demo(), Browser::open().await);
    open(&browser, &hub).await;
    browser
        .find("[name=filter]")
        .await
        .send_keys("nodes/+/+/thermometer/#")
        .await
        .expect("a field takes text");
    let only = "const topics = [...document.querySelectorAll('[data-part=stream] li:not([hidden]) .topic')].map(t => t.textContent); \
                return topics.length > 2 && topics.every(topic => topic.includes('/thermometer/'))";
    browser.script_true("thermometers only", only).await;
    browser.screenshot("log-filtered").await;
    browser.assert_accessible().await;
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn pause_holds_the_stream_still_and_loses_nothing() {
    let (hub, browser) = (Hub::demo(), Browser::open().await);
    open(&browser, &hub).await;
    browser.click("[data-do=pause]").await;
    let before = browser.script(TOPICS).await;
    browser
        .text_when("[data-part=state]", |text| text.contains(|c: char| c.is_ascii_digit() && c != '0'))
        .await;
    assert_eq!(browser.script(TOPICS).await, before, "rows moved while the stream was held");
    browser.click("[data-do=pause]").await;
    let more = format!(
        "return document.querySelectorAll('{ROW}').length > {}",
        before.as_array().map_or(0, Vec::len)
    );
    browser.script_true("what was said meanwhile", &more).await;
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn message_by_hand_switches_and_tells_how_it_ended() {
    let (hub, browser) = (Hub::demo(), Browser::open().await);
    open(&browser, &hub).await;
    browser
        .fill(&[("topic", "nodes/bridge/simulator/relay/i2c0-3b/set"), ("payload", "{\"state\": true}")])
        .await;
    browser.text_when("[data-part=answer]", |text| text.contains("confirmed")).await;
    browser.fill(&[("payload", "{\"state\": maybe}")]).await;
    browser.text_when("[data-part=answer]", |text| !text.contains("confirmed") && !text.is_empty()).await;
    browser.screenshot("log-by-hand").await;
    browser.assert_accessible().await;
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn without_script_the_latest_messages_are_read_and_one_is_sent() {
    let (hub, browser) = (Hub::demo(), Browser::without_script().await);
    open(&browser, &hub).await;
    browser
        .fill(&[("topic", "nodes/bridge/simulator/relay/i2c0-3b/set"), ("payload", "{\"state\": true}")])
        .await;
    browser.text_when("[data-part=answer]", |text| text.contains("confirmed")).await;
    browser.assert_quiet().await;
    browser.close().await;
}
