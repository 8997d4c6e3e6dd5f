//! What hands do: keys, mouse and fingers, choosing and taking away, back and forth, files.

use serde_json::{Value, json};

use crate::common::Browser;
use crate::house::{HUMIDITY, RELAY, TEMPERATURE, address, drawn, hub, open, press, sign_in};

const GRAPHS: &str = "[data-part=graphs]";

/// The query of the address.
async fn query(browser: &Browser) -> String {
    let query = browser.script("return location.search").await;
    query.as_str().expect("text").to_owned()
}

/// Waits until the address says something else than before, and gives it.
async fn other_query(browser: &Browser, before: &str) -> String {
    let script = format!("return location.search !== {} && location.search", json!(before));
    let query = browser.script_true("another address", &script).await;
    drawn(browser).await;
    query.as_str().expect("text").to_owned()
}

/// The middle of the first graph, and its width.
async fn middle(browser: &Browser) -> (f64, f64, f64) {
    let script = "const box = document.querySelector('.u-over').getBoundingClientRect(); \
                  return [box.left + box.width / 2, box.top + box.height / 2, box.width]";
    let place = browser.script(script).await;
    let at = |n: usize| place[n].as_f64().expect("a number");
    (at(0), at(1), at(2))
}

async fn mouse(browser: &Browser, kind: &str, x: f64, y: f64, shift: bool) {
    let modifiers = if shift { 8 } else { 0 };
    let event = json!({ "type": kind, "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1, "modifiers": modifiers });
    browser.devtools("Input.dispatchMouseEvent", event).await;
}

async fn drag(browser: &Browser, from: (f64, f64), to: (f64, f64), shift: bool) {
    mouse(browser, "mouseMoved", from.0, from.1, shift).await;
    mouse(browser, "mousePressed", from.0, from.1, shift).await;
    for part in [0.3, 0.7, 1.0] {
        mouse(browser, "mouseMoved", from.0 + (to.0 - from.0) * part, from.1, shift).await;
    }
    mouse(browser, "mouseReleased", to.0, to.1, shift).await;
}

/// How long the time is that the page shows, in milliseconds.
async fn length(browser: &Browser) -> f64 {
    let script = "const [from, to] = ['from', 'to'].map((name) => new Date(document.querySelector(`.ends [name=${name}]`).dataset.at * 1)); return to - from";
    browser.script(script).await.as_f64().expect("a number")
}

#[tokio::test]
async fn keys_alone_move_zoom_and_come_to_both_ends() {
    let (hub, browser) = (hub(), Browser::open().await);
    sign_in(&browser, &hub).await;
    open(&browser, &hub, &address(&[TEMPERATURE, RELAY], "-24h", "now")).await;
    let focused = format!("return document.activeElement?.matches('{GRAPHS}')");
    let mut presses = 0;
    while browser.script(&focused).await != true {
        assert!(presses < 60, "sixty presses of Tab did not reach the graph");
        press(&browser, "\u{e004}").await;
        presses += 1;
    }
    let mut before = query(&browser).await;
    for (key, live) in [
        ("+", false),
        ("\u{e012}", false),
        ("-", false),
        ("\u{e011}", false),
        ("\u{e010}", true),
        ("\u{e012}", false),
    ] {
        press(&browser, key).await;
        let after = other_query(&browser, &before).await;
        assert_eq!(after.contains("to=now"), live, "{key:?}: {after}");
        before = after;
    }
    browser.screenshot("history-keyboard").await;
    assert_eq!(browser.script(&focused).await, true, "the focus went away");
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn a_drag_of_the_mouse_chooses_a_time_and_shift_moves_it() {
    let (hub, browser) = (hub(), Browser::open().await);
    sign_in(&browser, &hub).await;
    open(&browser, &hub, &address(&[TEMPERATURE, HUMIDITY], "-24h", "now")).await;
    let (x, y, width) = middle(&browser).await;
    mouse(&browser, "mouseMoved", x, y, false).await;
    browser.find(".chip[data-pointed]").await;
    browser.screenshot("history-cursor").await;
    let before = query(&browser).await;
    drag(&browser, (x - width / 8.0, y), (x + width / 8.0, y), false).await;
    let chosen = other_query(&browser, &before).await;
    let hours = length(&browser).await / 3_600_000.0;
    assert!((5.5..6.5).contains(&hours), "a quarter of a day, not {hours} h: {chosen}");
    drag(&browser, (x - width / 8.0, y), (x + width / 8.0, y), true).await;
    other_query(&browser, &chosen).await;
    let moved = length(&browser).await / 3_600_000.0;
    assert!((hours - moved).abs() < 0.1, "moved and not zoomed: {moved} h");
    // Back to where it was, twice.
    browser.client().back().await.expect("there is a way back");
    browser.client().back().await.expect("there is a way back");
    browser.script_true("the first view", &format!("return location.search === {}", json!(before))).await;
    drawn(&browser).await;
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn fingers_move_and_pinch() {
    let (hub, browser) = (hub(), Browser::open().await);
    sign_in(&browser, &hub).await;
    browser.as_phone().await;
    open(&browser, &hub, &address(&[TEMPERATURE], "-24h", "now")).await;
    browser.script("document.querySelector('.graphs').scrollIntoView({ block: 'center' })").await;
    let (x, y, width) = middle(&browser).await;
    let touch = async |kind: &str, points: &[f64]| {
        let points: Vec<Value> =
            points.iter().enumerate().map(|(id, x)| json!({ "x": x, "y": y, "id": id })).collect();
        browser.devtools("Input.dispatchTouchEvent", json!({ "type": kind, "touchPoints": points })).await;
    };
    let before = query(&browser).await;
    touch("touchStart", &[x]).await;
    touch("touchMove", &[x + width / 8.0]).await;
    touch("touchMove", &[x + width / 4.0]).await;
    touch("touchEnd", &[]).await;
    let moved = other_query(&browser, &before).await;
    assert!(!moved.contains("to=now"), "{moved}");
    let day = length(&browser).await;
    touch("touchStart", &[x - 30.0, x + 30.0]).await;
    touch("touchMove", &[x - 45.0, x + 45.0]).await;
    touch("touchMove", &[x - 60.0, x + 60.0]).await;
    touch("touchEnd", &[]).await;
    other_query(&browser, &moved).await;
    let half = length(&browser).await / day;
    assert!((0.4..0.6).contains(&half), "a pinch of twice the distance shows {half} of it");
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn series_are_found_chosen_and_taken_away() {
    let (hub, browser) = (hub(), Browser::open().await);
    sign_in(&browser, &hub).await;
    let search = browser.find("[name=find]").await;
    search.send_keys("attic humid").await.expect("a field takes text");
    let shown =
        "return [...document.querySelectorAll('.choice-of')].filter((row) => row.checkVisibility()).length";
    browser.script_true("one row", &format!("{shown} === 1")).await;
    browser.click(&format!("input[value='{HUMIDITY}']")).await;
    browser.find(".graph canvas").await;
    search.clear().await.expect("a field can be emptied");
    search.send_keys("thermometer/i2c0").await.expect("a field takes text");
    browser.click(&format!("input[value='{TEMPERATURE}']")).await;
    browser.script_true("two", "return document.querySelectorAll('.chip').length === 2").await;
    drawn(&browser).await;
    assert!(query(&browser).await.starts_with("?series=nodes%2Fplug"), "the first one stays the first");
    browser.click(".chip:first-child a").await;
    browser.script_true("one", "return document.querySelectorAll('.chip').length === 1").await;
    let checked = "return [...document.querySelectorAll('[name=series]:checked')].map((box) => box.value)";
    assert_eq!(browser.script(checked).await, json!([TEMPERATURE]));
    // The address alone shows the same.
    let address = query(&browser).await;
    open(&browser, &hub, &format!("/history{address}")).await;
    assert_eq!(browser.script(checked).await, json!([TEMPERATURE]));
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn what_is_seen_can_be_saved_as_a_picture_and_as_numbers() {
    let (hub, browser) = (hub(), Browser::open().await);
    sign_in(&browser, &hub).await;
    open(&browser, &hub, &address(&[TEMPERATURE, HUMIDITY, RELAY], "-24h", "now")).await;
    let catch = "window.saved = null; HTMLAnchorElement.prototype.click = async function () { \
                 const blob = await (await fetch(this.href)).blob(); \
                 window.saved = [this.download, blob.type, blob.size, await blob.arrayBuffer()]; };";
    browser.devtools("Page.setBypassCSP", json!({ "enabled": true })).await;
    open(&browser, &hub, &address(&[TEMPERATURE, HUMIDITY, RELAY], "-24h", "now")).await;
    browser.script(catch).await;
    browser.click("[data-do=picture]").await;
    browser.script_true("a picture", "return window.saved !== null").await;
    let saved = browser.script("return window.saved.slice(0, 3)").await;
    assert!(saved[0].as_str().is_some_and(|name| name.starts_with("history-") && name.ends_with(".png")));
    assert_eq!(saved[1], "image/png");
    assert!(saved[2].as_u64() > Some(20_000), "{saved}");
    keep(&browser).await;
    let samples =
        browser.script("return document.querySelector('[data-part=samples]').getAttribute('href')").await;
    let samples = samples.as_str().expect("an address");
    for part in ["/api/history/samples?series=", "format=csv", "from="] {
        assert!(samples.contains(part), "{samples}");
    }
    browser.close().await;
}

/// The saved picture beside the screenshots, to be looked at.
async fn keep(browser: &Browser) {
    use base64::Engine;
    let script = "return btoa(Array.from(new Uint8Array(window.saved[3]), (byte) => String.fromCharCode(byte)).join(''))";
    let picture = browser.script(script).await;
    let bytes =
        base64::engine::general_purpose::STANDARD.decode(picture.as_str().expect("text")).expect("base64");
    let file = browser.screenshot("history-saved").await;
    std::fs::write(file, bytes).expect("target is writable");
}
