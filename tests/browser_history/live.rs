//! How fast it is, and what happens while devices go on speaking.

use serde_json::{Value, json};

use crate::common::{Browser, FakeBridge, Hub, Launch, Manners};
use crate::house::{ENERGY, NAME, PASSWORD, RELAY, TEMPERATURE, address, drawn, hub, open, sign_in};

/// From the click until the frame after the graphs are drawn.
const WATCH: &str = "
    window.took = null;
    const place = document.querySelector('[data-part=graphs]');
    document.addEventListener('click', () => {
        const begin = performance.now();
        const before = place.dataset.drawn;
        const look = () => {
            if (place.dataset.drawn === before || place.hasAttribute('aria-busy')) requestAnimationFrame(look);
            else requestAnimationFrame(() => (window.took = performance.now() - begin));
        };
        requestAnimationFrame(look);
    }, { capture: true, once: true });";

#[tokio::test]
async fn a_year_appears_at_once() {
    let (hub, browser) = (hub(), Browser::open().await);
    sign_in(&browser, &hub).await;
    for length in ["31536000000", "604800000", "31536000000"] {
        open(&browser, &hub, &address(&[TEMPERATURE, ENERGY, RELAY], "-24h", "now")).await;
        browser.script(WATCH).await;
        browser.click(&format!("[data-span='{length}']")).await;
        let took = browser.script_true("a graph", "return window.took").await;
        let took = took.as_f64().expect("a number");
        println!("{length} ms of history drawn {took:.0} ms after the click");
        assert!(took < 2_000.0, "{took} ms");
    }
    browser.close().await;
}

/// Bytes of the page's heap after it was cleaned.
async fn heap(browser: &Browser) -> u64 {
    browser.devtools("HeapProfiler.enable", json!({})).await;
    browser.devtools("HeapProfiler.collectGarbage", json!({})).await;
    let usage: Value = browser.devtools("Runtime.getHeapUsage", json!({})).await;
    // Bytes of a heap are whole.
    usage["usedSize"].as_f64().map_or(0, |size| size as u64)
}

#[tokio::test]
async fn what_is_said_appears_and_hours_of_it_do_not_grow_the_page() {
    let bridge = FakeBridge::plugged(Manners::default());
    let device = bridge.path().display().to_string();
    let link = format!(
        "[[link]]\nname = \"usb\"\nkind = \"serial\"\ndevice = {device:?}\nbase = \"nodes/bridge/0\"\n"
    );
    let hub: Hub = Launch::run(&link).account(NAME, PASSWORD).start();
    let browser = Browser::open().await;
    bridge.hears("clown.talk/-/config/set").await;
    bridge.say(r#"["thermometer/i2c0-48", {"temperature": [20.00, "℃"]}]"#).await;
    sign_in(&browser, &hub).await;
    let name = "nodes/bridge/0/thermometer/i2c0-48#temperature";
    let address = address(&[name], "-10m", "now");
    // The page is there as soon as the first value is recorded.
    for _ in 0..200 {
        browser.goto(&hub.url(&address)).await;
        if browser.script("return document.querySelector('.chip') !== null").await == true {
            break;
        }
    }
    drawn(&browser).await;
    browser.script_true("a live page", "return document.body.dataset.live === 'yes'").await;
    let say = async |from: i32, to: i32| {
        for n in from..to {
            let value = 20.0 + f64::from(n % 1_000) / 100.0;
            bridge.say(&format!(r#"["thermometer/i2c0-48", {{"temperature": [{value:.2}, "℃"]}}]"#)).await;
        }
    };
    say(0, 1_500).await;
    bridge.say(r#"["thermometer/i2c0-48", {"temperature": [33.25, "℃"]}]"#).await;
    browser.text_when(".chip [data-part=value]", |text| text == "33.25").await;
    let before = heap(&browser).await;
    // An hour and a half, one a second.
    say(0, 5_400).await;
    bridge.say(r#"["thermometer/i2c0-48", {"temperature": [34.75, "℃"]}]"#).await;
    browser.text_when(".chip [data-part=value]", |text| text == "34.75").await;
    let after = heap(&browser).await;
    println!("the page's heap: {before} bytes, after 5,400 values {after}");
    assert!(after < before + 2 * 1024 * 1024, "the heap grew from {before} to {after} bytes");
    browser.screenshot("history-live").await;
    browser.assert_quiet().await;
    browser.close().await;
}
