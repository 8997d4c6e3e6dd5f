//! The page of a device in a real browser: live tiles, what goes over its line, errors, a piece to copy, removing it.

mod common;

use common::{Browser, FakeBridge, Hub, Launch, Manners};
use serde_json::json;

const PASSWORD: &str = "correct horse battery";
const OVERFLOWS: &str = "return document.documentElement.scrollWidth > innerWidth";
const RELAY: &str = ".tile[data-topic='nodes/bridge/0/relay/i2c0-3b']";
const PAGE: &str = "/device?base=nodes/bridge/0";

/// A hub with a bridge on a line.
async fn house(bridge: &FakeBridge) -> Hub {
    let port = bridge.path().display().to_string();
    let config = format!(
        "[[link]]\nname = \"usb\"\nkind = \"serial\"\nbase = \"nodes/bridge/0\"\ndevice = {port:?}\n"
    );
    Launch::run(&config).account("anna", PASSWORD).start()
}

async fn enter(browser: &Browser, hub: &Hub) {
    browser.goto(&hub.url("/")).await;
    browser.fill(&[("name", "anna"), ("password", PASSWORD)]).await;
    browser.find(RELAY).await;
    // The way that a person takes.
    browser.click(".device h2 > a").await;
    browser.find("#traffic").await;
}

#[tokio::test]
async fn what_goes_over_the_line_stands_beside_what_it_means() {
    let (bridge, browser) = (FakeBridge::plugged(Manners::default()), Browser::open().await);
    let hub = house(&bridge).await;
    bridge.say(r#"["thermometer/i2c0-48", {"temperature": [21.5, "℃"]}]"#).await;
    enter(&browser, &hub).await;
    browser
        .script_true(
            "the line beside its message",
            "return [...document.querySelectorAll('.pass')].some(row => \
               row.querySelector('.wire').textContent.includes('[\"thermometer/i2c0-48\"') && \
               row.querySelector('.means').textContent.includes('thermometer/i2c0-48'))",
        )
        .await;
    // Nobody knows how it is before the bridge has said so.
    browser.click(&format!("{RELAY} > .choice [value=true]")).await;
    browser
        .script_true(
            "the command beside the bytes it became, confirmed",
            "return [...document.querySelectorAll('.pass')].some(row => \
               row.querySelector('.wire').textContent.includes('→') && \
               row.querySelector('.wire').textContent.includes('relay/i2c0-3b/set') && \
               row.querySelector('.deed [data-step=confirmed]'))",
        )
        .await;
    browser
        .script_true(
            "the tile to say so",
            &format!("return document.querySelector(\"{RELAY}\").dataset.value === 'true'"),
        )
        .await;
    let time = browser.text(".pass time").await;
    assert!(time.len() == 12 && time.contains('.'), "{time} is not to the millisecond");
    bridge.say("what is this").await;
    browser.text_when("#traffic", |text| text.contains("no message")).await;
    browser.text_when("#errors", |text| text.contains("lines that were no message")).await;
    bridge.behave(Manners { deaf: true, ..Manners::default() }).await;
    browser.click(&format!("{RELAY} .toggle")).await;
    browser.text_when("#errors", |text| text.contains("unanswered")).await;
    browser.screenshot("device-desktop").await;
    browser.assert_accessible().await;
    browser.click("[data-snippet=python] > summary").await;
    browser.click("[data-snippet=python] [data-do=copy]").await;
    browser.find("[data-part=flash][data-step=confirmed], [data-part=flash][data-step=refused]").await;
    browser.prefers("prefers-color-scheme", "dark").await;
    browser.as_phone().await;
    assert_eq!(browser.script(OVERFLOWS).await, json!(false));
    browser.screenshot("device-phone-dark").await;
    browser.assert_accessible().await;
    assert_eq!(browser.small_targets().await, json!([]));
    browser.as_desktop(320, 800).await;
    assert_eq!(browser.script(OVERFLOWS).await, json!(false));
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn the_piece_for_the_browser_switches_in_the_browser() {
    let (bridge, browser) = (FakeBridge::plugged(Manners::default()), Browser::open().await);
    let hub = house(&bridge).await;
    enter(&browser, &hub).await;
    browser.click(".pick").await;
    browser.click("[data-snippet=browser] > summary").await;
    let text =
        browser.script("return document.querySelector('[data-snippet=browser] pre').textContent").await;
    let text = text.as_str().expect("a piece is text").to_owned();
    browser.script(&text).await;
    browser
        .script_true(
            "the relay to be on",
            &format!("return document.querySelector(\"{RELAY}\").dataset.value === 'true'"),
        )
        .await;
    let said = common::until("the outcome on the console", async || {
        browser.console().await.into_iter().find(|line| line.contains("confirmed"))
    });
    said.await;
    browser.close().await;
}

#[tokio::test]
async fn without_script_and_in_czech_it_reads_switches_and_removes() {
    let (bridge, browser) = (FakeBridge::plugged(Manners::default()), Browser::without_script().await);
    let hub = house(&bridge).await;
    enter(&browser, &hub).await;
    browser.click("details.menu > summary").await;
    browser.click("button[name=lang][value=cs]").await;
    browser.text_when("#traffic h2", |text| text == "Provoz").await;
    browser.click(&format!("{RELAY} > .choice [value=true]")).await;
    // Back on this page with the outcome, not on the dashboard.
    browser.text_when("[data-part=flash]", |text| !text.is_empty()).await;
    // The record hears of it a moment later.
    common::until("the outcome among the traffic", async || {
        browser.goto(&hub.url(PAGE)).await;
        browser.text("#traffic").await.contains("potvrzeno").then_some(())
    })
    .await;
    browser.screenshot("device-czech-no-script").await;
    browser.goto(&hub.url("/device?base=nodes/bridge/1")).await;
    browser.text_when(".lesson", |text| text.contains("Nemyslíte nodes/bridge/0")).await;
    browser.goto(&hub.url("/device/remove?base=nodes/bridge/0")).await;
    browser.text_when(".card", |text| text.contains("Nejdřív ho odpojte")).await;
    bridge.unplug().await;
    common::until("the bridge to be gone", async || {
        browser.goto(&hub.url("/device/remove?base=nodes/bridge/0")).await;
        let text = browser.text(".card").await;
        text.contains("Zapomenout").then_some(())
    })
    .await;
    browser.screenshot("device-remove-czech").await;
    browser.click("button[value=forget]").await;
    browser.text_when(".card .flash", |text| text.contains("je odebráno")).await;
    browser.goto(&hub.url(PAGE)).await;
    browser.text_when("#values", |text| text.contains("Zatím nic neřeklo")).await;
    browser.close().await;
}
