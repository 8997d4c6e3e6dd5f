//! Where these tests happen: a hub with its devices, a browser that is signed in, and what a test looks for.

use crate::common::{Browser, FakeBridge, Hub};

/// The account of a hub that was set up by its page.
pub const NAME: &str = "anna";
pub const PASSWORD: &str = "correct horse";

/// A row of the tree.
pub const ROW: &str = "[data-part=tree] [role=treeitem]";

/// The names of the rows that are drawn, from top to bottom.
pub const NAMES: &str = "return [...document.querySelectorAll('[data-part=tree] [role=treeitem]')] \
    .sort((a, b) => Number(a.id.slice(4)) - Number(b.id.slice(4))).map(r => r.querySelector('.leaf').textContent)";

/// Signs in as the demo's person and opens the page.
pub async fn open(browser: &Browser, hub: &Hub) {
    browser.sign_in(hub).await;
    browser.goto(&hub.url("/messages")).await;
    browser.find(ROW).await;
}

/// A hub with this configuration and a browser that has set it up.
pub async fn house(config: &str) -> (Hub, Browser) {
    let hub = Hub::run(config);
    let browser = Browser::open().await;
    browser.goto(&hub.url("/")).await;
    browser.fill(&[("code", hub.said("setup_code")), ("name", NAME), ("password", PASSWORD)]).await;
    browser.find("form[action='/logout']").await;
    (hub, browser)
}

/// The same with a bridge on a serial line, greeted.
pub async fn bridge_house(bridge: &FakeBridge) -> (Hub, Browser) {
    let device = bridge.path().display().to_string();
    let link = format!(
        "[[link]]\nname = \"usb\"\nkind = \"serial\"\ndevice = {device:?}\nbase = \"nodes/bridge/0\"\n"
    );
    let house = house(&link).await;
    bridge.hears("clown.talk/-/config/set").await;
    house
}

/// Script that sets `value` to what the row of this name shows.
pub fn value_of(name: &str) -> String {
    format!(
        "const value = [...document.querySelectorAll('[role=treeitem]')] \
         .find(row => row.querySelector('.leaf').textContent === '{name}')?.querySelector('.value').textContent;"
    )
}

/// Clicks the row of this name.
pub async fn choose(browser: &Browser, name: &str) {
    let click = format!(
        "const leaf = [...document.querySelectorAll('[role=treeitem] .leaf')].find(leaf => leaf.textContent === '{name}'); \
         leaf?.click(); return leaf !== undefined"
    );
    browser.script_true(&format!("the row {name}"), &click).await;
}

/// Presses a key where the focus is.
pub async fn press(browser: &Browser, key: &str) {
    let focused = browser.client().active_element().await.expect("something has the focus");
    focused.send_keys(key).await.expect("a key can be pressed");
}
