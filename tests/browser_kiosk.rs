//! A screen on the wall in a real browser, and one tile in a frame of a foreign page.

mod common;

use common::{Browser, Hub, Launch};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const PASSWORD: &str = "correct horse battery";
const HOUSE: &str = "[[link]]\nname = \"bridge\"\nkind = \"simulator\"\nbase = \"nodes/bridge/0\"\n";
const RELAY: &str = ".tile[data-topic='nodes/bridge/0/relay/i2c0-3b']";
const OVERFLOWS: &str = "return document.documentElement.scrollWidth > innerWidth";
const MENU: &str = "[data-part=kiosk]";

async fn enter(browser: &Browser, hub: &Hub) {
    browser.goto(&hub.url("/")).await;
    browser.fill(&[("name", "anna"), ("password", PASSWORD)]).await;
    browser.find(&format!("{RELAY}[data-presence=online]")).await;
}

async fn type_pin(browser: &Browser, form: &str) {
    let pin = browser.find(&format!("{form} [name=pin]")).await;
    pin.clear().await.expect("a field can be emptied");
    pin.send_keys("2468").await.expect("a field takes text");
}

/// A page of somebody else; gives its address.
async fn serve(page: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut visitor, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = visitor.read(&mut request).await;
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                page.len()
            );
            let _ = visitor.write_all((head + &page).as_bytes()).await;
        }
    });
    format!("http://{address}/")
}

#[tokio::test]
async fn screen_on_the_wall_is_locked_opened_and_locked_again() {
    let hub = Launch::run(HOUSE).account("anna", PASSWORD).start();
    let browser = Browser::open().await;
    enter(&browser, &hub).await;
    browser.goto(&hub.url("/kiosk")).await;
    type_pin(&browser, "main").await;
    browser.assert_accessible().await;
    browser.screenshot("kiosk-start").await;
    browser.click("main [value=start]").await;

    let locked = format!("{RELAY}[data-locked]");
    browser.find(&locked).await;
    let pressed = format!(
        "return [...document.querySelectorAll(\"{RELAY} button\")].every((one) => one.matches(':disabled'))"
    );
    browser.script_true("a live page", "return document.body.dataset.live === 'yes'").await;
    assert_eq!(browser.script(&pressed).await, true);
    browser.screenshot("kiosk-locked-desktop").await;
    browser.as_phone().await;
    browser.prefers("prefers-color-scheme", "dark").await;
    assert_eq!(browser.script(OVERFLOWS).await, false);
    assert_eq!(browser.small_targets().await, json!([]));
    browser.click(&format!("{MENU} summary")).await;
    browser.screenshot("kiosk-pin-phone-dark").await;
    browser.assert_accessible().await;
    type_pin(&browser, MENU).await;
    browser.click(&format!("{MENU} [value=open]")).await;

    browser.find(&format!("{RELAY}:not([data-locked])")).await;
    browser.script_true("a live page", "return document.body.dataset.live === 'yes'").await;
    browser.click(&format!("{RELAY} [data-part=toggle]")).await;
    browser.find(&format!("{RELAY}[data-value=true]")).await;
    browser.screenshot("kiosk-open-phone-dark").await;
    // It locks itself when its time is over, which the page need not wait for here.
    browser.click(&format!("{MENU} summary")).await;
    browser.click(&format!("{MENU} [value=lock]")).await;
    browser.find(&locked).await;
    browser.close().await;
}

#[tokio::test]
async fn tile_in_a_frame_of_a_foreign_page_lives_and_switches() {
    let hub = Launch::run(HOUSE).account("anna", PASSWORD).start();
    let browser = Browser::open().await;
    enter(&browser, &hub).await;
    browser.goto(&hub.url("/tile/nodes/bridge/0/relay/i2c0-3b")).await;
    browser.click(".sharing summary").await;
    browser.find(".sharing [name=name]").await.send_keys("tablet").await.expect("a field takes text");
    browser.click(".sharing [name=switch]").await;
    browser.screenshot("tile-share").await;
    browser.click(".sharing [value=make]").await;
    let frame = browser.text(".sharing dd:last-of-type code").await;
    browser.as_phone().await;
    assert_eq!(browser.script(OVERFLOWS).await, false);
    browser.assert_accessible().await;
    browser.screenshot("tile-shared-phone").await;

    // Somebody else's page, in a browser that knows nobody.
    let wall = Browser::open().await;
    wall.goto(&serve(format!("<!doctype html><title>Wall</title><h1>My wall</h1>{frame}")).await).await;
    let inner = wall.client().clone();
    inner.enter_frame(0).await.expect("the frame is there");
    wall.find(&format!("{RELAY}[data-presence=online][data-value=false]")).await;
    wall.script_true("a live tile", "return document.body.dataset.live === 'yes'").await;
    wall.click(&format!("{RELAY} [data-part=toggle]")).await;
    wall.find(&format!("{RELAY}[data-value=true]")).await;
    assert_eq!(wall.script(OVERFLOWS).await, false);
    inner.enter_parent_frame().await.expect("the page around it");
    wall.screenshot("tile-framed").await;
    wall.assert_quiet().await;
    wall.close().await;
    browser.close().await;
}
