//! What ails the machine, at the top of the dashboard: as it begins on an open page, on a phone, in the dark, in Czech.

mod common;

#[path = "machine/pi.rs"]
mod pi;

use common::{Browser, FakeBridge, Hub, Launch, Manners, TalkClient};
use pi::Pi;

const POWER: &str = "[data-about=\"machine/power\"]";

async fn looks_well(browser: &Browser, name: &str) {
    browser.screenshot(&format!("machine-{name}")).await;
    browser.as_phone().await;
    browser.screenshot(&format!("machine-{name}-phone")).await;
    let is_wide = "return document.documentElement.scrollWidth > innerWidth";
    assert_eq!(browser.script(is_wide).await, false, "{name}: wider than the phone");
    browser.prefers("prefers-color-scheme", "dark").await;
    browser.screenshot(&format!("machine-{name}-phone-dark")).await;
    browser.assert_accessible().await;
    browser.assert_quiet().await;
}

async fn dashboard(browser: &Browser, hub: &Hub) {
    browser.sign_in(hub).await;
    browser.script_true("the page to be live", "return document.body.dataset.live === 'yes'").await;
}

#[tokio::test]
async fn too_little_power_is_told_while_the_page_is_open() {
    let pi = Pi::new();
    let (hub, browser) = (pi.runs(Launch::demo()).start(), Browser::open().await);
    dashboard(&browser, &hub).await;
    assert!(!browser.find(POWER).await.is_displayed().await.expect("it is there"), "nothing ails it yet");
    pi.low(true);
    let said = browser.text_when(POWER, |text| text.contains("too low now")).await;
    assert!(said.starts_with("This Raspberry Pi gets too little power:"), "{said}");
    pi.low(false);
    browser.text_when(POWER, |text| text.contains("under-voltage was seen once in the last hour")).await;
    looks_well(&browser, "en").await;
    browser.close().await;

    let browser = Browser::speaking("cs").await;
    dashboard(&browser, &hub).await;
    let said = browser.text(POWER).await;
    assert!(said.starts_with("Tomuto Raspberry Pi nestačí napájení:"), "{said}");
    looks_well(&browser, "cs").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dongle_that_dropped_for_want_of_power_says_so_on_the_open_page() {
    let (pi, bridge) = (Pi::new(), FakeBridge::plugged(Manners::default()));
    let password = "correct horse battery";
    let config = format!(
        "[[link]]\nname = \"usb\"\nkind = \"serial\"\nbase = \"nodes/bridge/0\"\ndevice = {:?}\n",
        bridge.path().display().to_string()
    );
    let hub = pi.runs(Launch::run(&config).account("ada", password)).start();
    let mut client = TalkClient::of(&hub).basic("ada", password).connect().await.expect("let in");
    client.handshake(serde_json::json!({ "events": true, "filters": ["$hub/link/usb"] })).await;
    for _ in 0..3 {
        client.wait_for("the link to be up", |heard| heard.payload["state"] == "up").await;
        bridge.unplug().await;
        client.wait_for("the link to drop", |heard| heard.payload["state"] == "waiting").await;
        bridge.plug().await;
    }
    client.wait_for("the link to be up", |heard| heard.payload["state"] == "up").await;
    let browser = Browser::speaking("cs").await;
    browser.goto(&hub.url("/login")).await;
    browser.fill(&[("name", "ada"), ("password", password)]).await;
    browser.script_true("the page to be live", "return document.body.dataset.live === 'yes'").await;
    pi.low(true);
    let link = ".trouble[data-link=usb]";
    browser.text_when(link, |text| text.contains("nejspíš za to může napájení")).await;
    looks_well(&browser, "link").await;
    browser.goto(&hub.url("/links")).await;
    browser.text_when("main", |text| text.contains("nejspíš za to může napájení")).await;
    browser.screenshot("machine-link-links").await;
    browser.assert_accessible().await;
    browser.close().await;
}
