//! The page for whoever has a keyboard only, does not see it, comes back to it, or has lost the hub.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::json;

use crate::common::{Browser, FakeBridge, Hub, Manners};
use crate::house::{NAMES, bridge_house, choose, open, press, value_of};

const FIELD: &str = "[name=search]";
/// What is looked for, the topic that is looked at.
const SEEN: &str = "return [document.querySelector('[name=search]').value, \
    document.querySelector('.about h2')?.textContent ?? '']";

async fn seen(browser: &Browser, search: &str, topic: &str) {
    let expect = json!([search, topic]);
    let script = format!("const seen = (() => {{ {SEEN} }})(); return JSON.stringify(seen) === '{expect}'");
    browser.script_true(&format!("{expect}"), &script).await;
}

async fn look_for(browser: &Browser, text: &str) {
    browser.find(FIELD).await.clear().await.expect("a field can be emptied");
    browser.find(FIELD).await.send_keys(text).await.expect("a field takes text");
    browser.script_true("the address", &format!("return location.search.includes('search={text}')")).await;
}

#[tokio::test]
async fn address_is_the_view_and_the_way_back() {
    let (hub, browser) = (Hub::demo(), Browser::open().await);
    open(&browser, &hub).await;
    look_for(&browser, "barometer").await;
    choose(&browser, "barometer/i2c0-60").await;
    let barometer = "nodes/bridge/simulator/barometer/i2c0-60";
    seen(&browser, "barometer", barometer).await;
    look_for(&browser, "relay").await;
    choose(&browser, "i2c0-3b").await;
    let relay = "nodes/bridge/simulator/relay/i2c0-3b";
    seen(&browser, "relay", relay).await;
    browser.client().refresh().await.expect("a page can be loaded again");
    seen(&browser, "relay", relay).await;
    browser.script_true("what was looked for", &format!("const names = (() => {{ {NAMES} }})(); return names.join().includes('3b') && !names.join().includes('barometer')")).await;
    browser.client().back().await.expect("there is a page before");
    seen(&browser, "relay", barometer).await;
    browser.client().back().await.expect("there is a page before");
    seen(&browser, "barometer", "").await;
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn back_to_the_tree_leaves_no_topic_behind() {
    let bridge = FakeBridge::plugged(Manners::default());
    let (hub, browser) = bridge_house(&bridge).await;
    bridge.say(r#"["meter/a", {"t": 1}]"#).await;
    browser.goto(&hub.url("/messages")).await;
    browser.script_true("the meter", &format!("{} return value;", value_of("meter/a"))).await;
    browser.script("document.querySelector('[role=tree]').focus()").await;
    for key in ["\u{e015}", "\u{e015}"] {
        press(&browser, key).await;
    }
    let active = "document.getElementById(document.querySelector('[role=tree]').getAttribute('aria-activedescendant')).querySelector('.leaf').textContent";
    let before = browser.script_true("a row", &format!("return {active}")).await;
    choose(&browser, "meter/a").await;
    browser.script_true("the way back", "return document.activeElement.dataset.do === 'back'").await;
    press(&browser, "\u{e007}").await;
    browser.text_when(".about", |text| text.starts_with("Choose a topic")).await;
    browser.script_true("the tree", "return document.activeElement.getAttribute('role') === 'tree'").await;
    // Rows that come above do not move whoever is at one.
    choose(&browser, "meter/a").await;
    press(&browser, "\u{e007}").await;
    bridge.say(r#"["aaa/a", {"t": 1}]"#).await;
    browser.script_true("a new row", &format!("{} return value;", value_of("aaa/a"))).await;
    assert_eq!(browser.script(&format!("return {active}")).await, "meter/a", "was at {before}");
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn screen_reader_hears_what_matters_and_not_each_message() {
    let (hub, browser) = (Hub::demo(), Browser::open().await);
    open(&browser, &hub).await;
    browser.script_true("a live page", "return document.body.dataset.live === 'yes'").await;
    let listen = "window.told = []; const live = '[aria-live=polite], [aria-live=assertive], [role=status], [role=alert]'; \
        new MutationObserver(all => all.forEach(one => { \
            const place = (one.target.nodeType === 1 ? one.target : one.target.parentElement).closest(live); \
            if (place) told.push(place.textContent); \
        })).observe(document.body, { subtree: true, childList: true, characterData: true })";
    browser.script(listen).await;
    let count = browser.text("[data-part=state]").await;
    browser.text_when("[data-part=state]", |text| text != count).await;
    assert_eq!(browser.script("return told").await, json!([]));
    look_for(&browser, "barometer").await;
    browser.script_true("the count", "return told.some(text => /^Topics found: [1-9]$/.test(text))").await;
    // The rows are read in the order they are seen, each with its place.
    browser.find(FIELD).await.clear().await.expect("a field can be emptied");
    browser.find(FIELD).await.send_keys("x\u{8}").await.expect("a field takes text");
    let rows = "const rows = [...document.querySelectorAll('[role=treeitem]')]; if (rows.length < 8) return false; \
        const at = rows.map(row => Number(row.id.slice(4))); \
        const second = rows.filter(row => row.ariaLevel === '2'); \
        return at.every((n, i) => !i || n > at[i - 1]) && rows.every(row => Number(row.ariaPosInSet) <= Number(row.ariaSetSize)) \
            && second[0].ariaPosInSet === '1' && Number(second[0].ariaSetSize) >= second.length";
    browser.script_true("rows in order", rows).await;
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn lost_hub_is_named_within_five_seconds_and_nothing_can_be_published() {
    let (hub, browser) = (Hub::demo(), Browser::open().await);
    open(&browser, &hub).await;
    let can =
        "return !document.querySelector('.publish .send').disabled && document.body.dataset.live === 'yes'";
    browser.script_true("a live page", can).await;
    let count = browser.text("[data-part=state]").await;
    browser.text_when("[data-part=state]", |text| text != count).await;
    let start = Instant::now();
    hub.signal(Signal::STOP);
    browser
        .script_true("a word about it", "return !document.querySelector('[data-part=banner]').hidden")
        .await;
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    browser.script_true("nothing to press", "return document.querySelector('.publish .send').disabled").await;
    let faded = "return Number(getComputedStyle(document.querySelector('.branches')).opacity) < 1";
    browser.script_true("a tree that steps back", faded).await;
    let rates = "return [...document.querySelectorAll('.rate')].map(rate => rate.textContent).join()";
    let before = browser.script(rates).await;
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(browser.script(rates).await, before, "a rate that falls because nobody hears it");
    browser.screenshot("messages-lost").await;
    let count = browser.text("[data-part=state]").await;
    hub.signal(Signal::CONT);
    browser.script_true("a live page", can).await;
    browser.text_when("[data-part=state]", |text| text != count).await;
    browser.close().await;
}

#[tokio::test]
async fn narrow_phone_has_the_way_around_in_one_line() {
    let (hub, browser) = (Hub::demo(), Browser::open().await);
    browser.as_desktop(320, 640).await;
    open(&browser, &hub).await;
    for path in ["/messages", "/messages/retained"] {
        browser.goto(&hub.url(path)).await;
        let wide = "return document.documentElement.scrollWidth <= document.documentElement.clientWidth";
        assert_eq!(browser.script(wide).await, true, "{path} scrolls sideways");
        let one_line = "const all = [...document.querySelectorAll('.top > a, .nav > a, .nav > .menu > summary')].map(e => e.getBoundingClientRect()); \
            return all.every((box, i) => box.height < 50 && Math.abs(box.top - all[0].top) < 8 && (!i || box.left >= all[i - 1].right - 1))";
        assert_eq!(browser.script(one_line).await, true, "{path}");
        let current = browser.text(".nav [aria-current]").await;
        assert_eq!(current, "Messages", "{path}");
    }
    browser.screenshot("messages-narrow").await;
    browser.assert_quiet().await;
    browser.close().await;
}
