//! The HISTORY page in a real browser, beside a hub that remembers a year.

#[path = "common/mod.rs"]
mod common;
#[path = "browser_history/hands.rs"]
mod hands;
#[path = "browser_history/house.rs"]
mod house;
#[path = "browser_history/live.rs"]
mod live;

use common::Browser;
use house::{
    ENERGY, HUMIDITY, MODE, PRESSURE, RELAY, TEMPERATURE, address, drawn, hub, open, other_hub, sign_in,
};
use serde_json::json;

const EVERYTHING: [&str; 6] = [TEMPERATURE, PRESSURE, HUMIDITY, ENERGY, RELAY, MODE];

#[tokio::test]
async fn graphs_are_calm_in_both_schemes() {
    let (hub, browser) = (hub(), Browser::open().await);
    sign_in(&browser, &hub).await;
    browser.find("input[name=series]").await;
    browser.screenshot("history-start").await;
    open(&browser, &hub, &address(&[TEMPERATURE, HUMIDITY, RELAY], "-24h", "now")).await;
    browser.screenshot("history-day-light").await;
    browser.assert_accessible().await;
    browser.prefers("prefers-color-scheme", "dark").await;
    browser.screenshot("history-day-dark").await;
    browser.assert_accessible().await;
    open(&browser, &hub, &address(&EVERYTHING, "-7d", "now")).await;
    let graphs = browser.script("return document.querySelectorAll('.graph canvas').length").await;
    assert_eq!(graphs, 4, "two units, the third one, the counter, the bands");
    browser.screenshot("history-week-dark").await;
    browser.prefers("prefers-color-scheme", "light").await;
    open(&browser, &hub, &address(&[TEMPERATURE, ENERGY], "-1y", "now")).await;
    browser.screenshot("history-year-light").await;
    browser.prefers("forced-colors", "active").await;
    browser.screenshot("history-forced-colors").await;
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn it_speaks_czech_and_tells_everything_in_words() {
    let (hub, browser) = (hub(), Browser::speaking("cs").await);
    sign_in(&browser, &hub).await;
    open(&browser, &hub, &address(&[TEMPERATURE, ENERGY, RELAY], "-7d", "now")).await;
    assert_eq!(browser.text("h1").await, "Historie");
    let words = browser.text("[data-part=facts] table").await;
    for part in ["Teplota, Bridge simulátor", "Nejméně", "℃", "Přibylo", "zapnuto", "změn:"] {
        assert!(words.contains(part), "no {part} in {words}");
    }
    browser.click("[data-key=numbers] summary").await;
    let rows = browser.script("return document.querySelectorAll('.tall tbody tr').length").await;
    assert!(rows.as_u64() > Some(80), "{rows} rows");
    browser.screenshot("history-czech").await;
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn phones_need_no_sideways_scroll_and_no_sharp_finger() {
    let (hub, browser) = (hub(), Browser::open().await);
    sign_in(&browser, &hub).await;
    browser.as_phone().await;
    for width in [390, 320] {
        let screen = json!({ "width": width, "height": 844, "deviceScaleFactor": 2, "mobile": true });
        browser.devtools("Emulation.setDeviceMetricsOverride", screen).await;
        for (name, address) in [
            ("start", "/history".to_owned()),
            ("day", address(&[TEMPERATURE, HUMIDITY, RELAY], "-24h", "now")),
        ] {
            open(&browser, &hub, &address).await;
            let scrolls = browser.script("return document.documentElement.scrollWidth").await;
            assert_eq!(scrolls, width, "{address} scrolls sideways");
            browser.screenshot(&format!("history-{width}-{name}")).await;
            let small = browser.small_targets().await;
            assert_eq!(small, json!([]), "{address} has targets under 44 px");
        }
    }
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn without_script_the_server_draws_and_links_move() {
    let (hub, browser) = (hub(), Browser::without_script().await);
    sign_in(&browser, &hub).await;
    for name in [TEMPERATURE, HUMIDITY, RELAY, ENERGY] {
        browser.click(&format!("input[value='{name}']")).await;
    }
    browser.click("[data-part=chooser] noscript button").await;
    browser.find(".drawing path.curve").await;
    browser.screenshot("history-without-script").await;
    let before = browser.client().current_url().await.expect("an address").to_string();
    browser.click("[data-do=earlier]").await;
    browser.find(".drawing path.curve").await;
    let after = browser.client().current_url().await.expect("an address").to_string();
    assert!(before != after && after.contains("series=") && !after.contains("to=now"), "{after}");
    browser.click("[data-span='604800000']").await;
    browser.text_when("[aria-current=true]", |text| text == "1 week").await;
    assert!(browser.text("[data-part=facts] table").await.contains("changes:"));
    browser.click(".chip:first-child a").await;
    browser.find(".drawing").await;
    let chips = browser.client().find_all(fantoccini::Locator::Css(".chip")).await.expect("chips");
    assert_eq!(chips.len(), 3);
    browser.close().await;
}

#[tokio::test]
async fn a_hub_without_history_says_why_there_is_none() {
    let browser = Browser::open().await;
    let off = other_hub("[history]\nrecord = false\n");
    sign_in(&browser, &off).await;
    browser.text_when("h1", |text| text == "History is switched off").await;
    assert!(browser.text(".lesson pre").await.contains("record = true"));
    browser.screenshot("history-off").await;
    drop(off);
    let empty = other_hub("");
    sign_in(&browser, &empty).await;
    browser.text_when("h1", |text| text == "Nothing has been recorded yet").await;
    browser.screenshot("history-empty").await;
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn tiles_show_the_last_hours_and_lead_to_more() {
    let (hub, browser) = (hub(), Browser::open().await);
    sign_in(&browser, &hub).await;
    browser.goto(&hub.url("/")).await;
    let tile = "article[data-topic='nodes/bridge/simulator/thermometer/i2c0-48']";
    browser.find(&format!("{tile} .spark path[d^=M]")).await;
    browser.script_true("a live page", "return document.body.dataset.live === 'yes'").await;
    browser.screenshot("history-tiles-light").await;
    browser.prefers("prefers-color-scheme", "dark").await;
    browser.screenshot("history-tiles-dark").await;
    browser.as_phone().await;
    browser.screenshot("history-tiles-phone").await;
    assert_eq!(browser.small_targets().await, json!([]));
    browser.click(&format!("{tile} a.lately")).await;
    browser.text_when(".chip .what", |text| text.contains("Temperature")).await;
    drawn(&browser).await;
    browser.assert_quiet().await;
    browser.close().await;
}
