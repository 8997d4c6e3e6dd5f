//! The page that tries a WebSocket, in a real browser: open, send, bring back, close, and what goes wrong.

mod common;

use common::{Browser, Hub};
use serde_json::json;

const OVERFLOWS: &str = "return document.documentElement.scrollWidth > innerWidth";
const STATE: &str = "[data-part=state]";
const LAST: &str = "[data-part=stream] > li:last-child";
const OPEN: &str = "[data-part=open]";
const BOX: &str = "[data-part=say] textarea";

async fn set(browser: &Browser, name: &str, value: &str) {
    browser
        .script(&format!("document.querySelector('[data-part=where]').elements['{name}'].value = {value:?}"))
        .await;
}

async fn value(browser: &Browser) -> serde_json::Value {
    browser.script("return document.querySelector('[data-part=say] textarea').value").await
}

#[tokio::test]
async fn a_websocket_is_opened_spoken_with_and_closed() {
    let (hub, browser) = (Hub::demo(), Browser::open().await);
    browser.sign_in(&hub).await;
    browser.goto(&hub.url("/test")).await;
    set(&browser, "path", "/echo").await;
    browser.click(OPEN).await;
    browser.text_when(STATE, |text| text.contains("connected") && text.contains("/echo")).await;
    let input = browser.find(BOX).await;
    input.send_keys("příliš\u{e007}").await.expect("typed");
    browser
        .text_when(LAST, |text| text.contains("←") && text.contains("příliš") && text.contains("9 bytes"))
        .await;
    input.send_keys("two\u{e007}").await.expect("typed");
    browser.text_when(LAST, |text| text.contains("←") && text.contains("two")).await;
    input.send_keys("draft\u{e013}\u{e013}").await.expect("typed");
    assert_eq!(value(&browser).await, json!("příliš"));
    input.send_keys("\u{e015}\u{e015}").await.expect("typed");
    assert_eq!(value(&browser).await, json!("draft"));
    browser.click(OPEN).await;
    browser.text_when(LAST, |text| text.contains("closed: 1000 – done, as agreed")).await;

    // The hub itself: the handshake, and a relay that is there.
    set(&browser, "path", "/auth/clown-talk-server").await;
    browser.click(OPEN).await;
    browser.text_when(STATE, |text| text.contains("connected")).await;
    browser.click("[data-example]:nth-of-type(1)").await;
    browser.find(BOX).await.send_keys("\u{e007}").await.expect("typed");
    browser.text_when("[data-part=stream]", |text| text.contains("clown.talk/-/config/ok")).await;
    browser.click("[data-do=pause]").await;
    browser.screenshot("test-desktop").await;

    browser.goto(&hub.url("/test")).await;
    set(&browser, "host", "elsewhere.example").await;
    browser.click(OPEN).await;
    browser.text_when("[data-part=flash]", |text| text.contains("this hub only")).await;
    browser.goto(&hub.url("/test")).await;
    browser.prefers("prefers-color-scheme", "dark").await;
    browser.as_phone().await;
    set(&browser, "path", "/echo").await;
    browser.click(OPEN).await;
    browser.text_when(STATE, |text| text.contains("connected")).await;
    browser.find(BOX).await.send_keys("hello\u{e007}").await.expect("typed");
    browser.text_when(LAST, |text| text.contains("←")).await;
    browser.screenshot("test-phone-dark").await;
    assert_eq!(browser.script(OVERFLOWS).await, json!(false));
    assert_eq!(browser.small_targets().await, json!([]));
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn without_script_it_says_what_to_do_instead() {
    let (hub, browser) = (Hub::demo(), Browser::without_script().await);
    browser.sign_in(&hub).await;
    browser.click(".menu summary").await;
    browser.click("button[lang=cs]").await;
    browser.goto(&hub.url("/test")).await;
    assert!(browser.text("noscript, main").await.contains("websocat"));
    assert_eq!(browser.script(OVERFLOWS).await, json!(false));
    browser.screenshot("test-czech-no-script").await;
    browser.close().await;
}
