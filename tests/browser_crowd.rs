//! Five hundred devices announced at once, in a real browser: all of them are there, and one of them is accepted.
//!
//! How long that takes is printed, not judged: `cargo nextest run --release --test browser_crowd --no-capture`. The time
//! counts from the first byte to the broker until the frame that follows the last device in the page.

mod common;

#[path = "discovery/captured.rs"]
mod captured;
#[path = "crowd/many.rs"]
mod many;
#[path = "discovery/plugs.rs"]
mod plugs;
// Each test binary uses its own part.
#[path = "taught/shelf.rs"]
mod shelf;

use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};

use common::Browser;
use plugs::plugs;
use serde_json::{Value, json};
use shelf::{At, PASSWORD, Shelf};

const DEVICES: usize = 500;

/// Notes when the page is as wished: `window.done` is a time of the wall clock then.
const WATCH: &str = "
    const isDone = () => { CONDITION };
    window.done = null;
    const look = () => {
        if (window.done !== null || !isDone()) return;
        window.done = 0;
        requestAnimationFrame(() => setTimeout(() => window.done = Date.now()));
    };
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true });";

/// 500 plugs of Zigbee2MQTT with 8 entities each, in the one message that a bridge sends.
fn listed() -> Vec<(String, String)> {
    vec![("zigbee2mqtt/bridge/devices".into(), Value::from(plugs(DEVICES)).to_string())]
}

/// 500 switches announced to Home Assistant one by one, each of a device of its own.
fn single() -> Vec<(String, String)> {
    let one = |at: usize| {
        let config = json!({
            "name": "Relay", "unique_id": format!("relay-{at:03}"), "state_topic": format!("crowd/{at}/state"),
            "value_template": "{{ value_json.state }}",
            "command_topic": format!("crowd/{at}/set"),
            "device": { "identifiers": [format!("crowd-{at:03}")], "name": format!("Plug {at}"), "manufacturer": "Acme" },
        });
        (format!("homeassistant/switch/crowd-{at:03}/config"), config.to_string())
    };
    (0..DEVICES).map(one).collect()
}

async fn open(shelf: &Shelf, path: &str) -> Browser {
    let browser = Browser::open().await;
    browser.goto(&shelf.hub.url(path)).await;
    browser.fill(&[("name", "ada"), ("password", PASSWORD)]).await;
    browser.script_true("the page to be live", "return document.body.dataset.live === 'yes'").await;
    browser
}

async fn watch(browser: &Browser, condition: &str) {
    browser.script(&WATCH.replace("CONDITION", condition)).await;
}

/// When the page was as wished, in milliseconds of the wall clock.
async fn done(browser: &Browser) -> u64 {
    browser
        .script_true("all devices in the page", "return window.done || null")
        .await
        .as_u64()
        .expect("a time")
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
    u64::try_from(since.as_millis()).expect("it is before the year 500 million")
}

/// The devices come while both pages are open.
async fn come(name: &str, crowd: Vec<(String, String)>) -> (Shelf, Browser, Browser) {
    let shelf = Shelf::that_asks(At::Mosquitto).await;
    let dashboard = open(&shelf, "/").await;
    let page = open(&shelf, "/new").await;
    page.as_phone().await;
    watch(&dashboard, "return document.querySelectorAll('.newcomers .device').length === 500").await;
    let condition = "return document.querySelector('[data-total]').dataset.total === '500' \
                     && document.querySelectorAll('.newcomer').length === 30";
    watch(&page, condition).await;
    let port = shelf.door.port;
    let start = now_ms();
    tokio::task::spawn_blocking(move || many::publish(port, &crowd)).await.expect("they were published");
    let (on_page, on_dashboard) = (done(&page).await - start, done(&dashboard).await - start);
    println!("{name}: 500 devices on NEW after {on_page} ms, on the dashboard after {on_dashboard} ms");
    (shelf, dashboard, page)
}

/// Turns the pages of NEW to the end: every device that is offered there.
async fn turned(page: &Browser) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    loop {
        let bases = page
            .script("return [...document.querySelectorAll('.newcomer')].map((one) => one.dataset.key)")
            .await;
        all.extend(bases.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned));
        let next = "return document.querySelector('[data-key=pages] a:last-child')?.textContent === 'More'";
        if page.script(next).await != true {
            return all;
        }
        page.click("[data-key=pages] a:last-child").await;
        let other = format!("return !document.querySelector(`[data-key='{}']`)", all.last().expect("one"));
        page.script_true("the next page", &other).await;
    }
}

/// The last one is on the page and on the dashboard, and is accepted; both stay usable in a hand and on a desk.
async fn all_are_there_and_one_is_accepted(
    shelf: &Shelf,
    dashboard: &Browser,
    page: &Browser,
    last: [&str; 2],
) {
    let [base, state] = last;
    assert_eq!(turned(page).await.len(), DEVICES);
    let section = format!(".device[data-base='{base}']");
    for as_phone in [false, true] {
        if as_phone {
            dashboard.as_phone().await;
        }
        let scroll = format!(
            "document.querySelector(\"{section} h2\").scrollIntoView({{ behavior: 'instant', block: 'center' }})"
        );
        dashboard.script(&scroll).await;
        let is_seen = format!(
            "const box = document.querySelector(\"{section} h2\").getBoundingClientRect();
             return box.top > 0 && box.bottom < innerHeight && document.documentElement.scrollWidth <= innerWidth"
        );
        dashboard.script_true("the last device in the window", &is_seen).await;
    }
    let start = now_ms();
    page.click(&format!(".newcomer[data-key='{base}'] [data-key=accept]")).await;
    page.text_when("[data-part=flash] [data-part=words]", |text| text == format!("Accepted: {base}")).await;
    page.text_when("[data-part=badge]", |text| text == "499").await;
    shelf.device_says(state, r#"{"state":"ON"}"#, false).await;
    let toggle = format!(".devices[data-group=known] > {section} [data-kind=switch]");
    let is_on = format!(
        "const tile = document.querySelector(\"{toggle}\");
        return tile?.dataset.value === 'true' && tile.querySelector('.toggle').matches(':enabled')"
    );
    dashboard.script_true("it is on and can be switched", &is_on).await;
    println!("accepting one of them: {} ms until both pages show it", now_ms() - start);
    assert_eq!(dashboard.script("return document.querySelectorAll('.newcomers .device').length").await, 499);
    for browser in [dashboard, page] {
        browser.assert_quiet().await;
    }
}

#[tokio::test]
async fn five_hundred_devices_of_one_bridge_are_there_and_one_is_accepted() {
    let (shelf, dashboard, page) = come("Zigbee2MQTT", listed()).await;
    let last = ["nodes/xiaomi/0x00158d00000001f3", "zigbee2mqtt/room 499/plug"];
    all_are_there_and_one_is_accepted(&shelf, &dashboard, &page, last).await;
    dashboard.close().await;
    page.close().await;
}

#[tokio::test]
async fn five_hundred_devices_announced_one_by_one_are_there_and_one_is_accepted() {
    let (shelf, dashboard, page) = come("Home Assistant", single()).await;
    all_are_there_and_one_is_accepted(&shelf, &dashboard, &page, ["nodes/acme/crowd-499", "crowd/499/state"])
        .await;
    dashboard.close().await;
    page.close().await;
}
