//! Tiles with more than a switch: a slider, a colour, a cover and a thermostat, operated with a mouse, a finger, keys and
//! without script; confirmed, refused and unanswered.

mod common;

#[path = "taught/shelf.rs"]
mod shelf;

use common::{Browser, Subscriber};
use serde_json::json;
use shelf::{At, PASSWORD, Shelf};

const HOUSE: &str = r#"name = "House"
vendor = "Kvart"
property = [
  { id = "light/0", quantity = "brightness", step = 1, unit = "%", name = "Lamp", read = { topic = "house/{id}/lamp", value = "/b" }, write = { topic = "house/{id}/lamp/set", refused_by = { topic = "house/{id}/lamp/error", regex = "^too .*" } } },
  { id = "light/0", quantity = "color", read = { topic = "house/{id}/lamp", value = "/c" }, write = { topic = "house/{id}/color/set" } },
  { id = "cover/0", quantity = "position", unit = "%", name = "Bedroom blind", read = { topic = "house/{id}/blind", value = "/p" }, write = { topic = "house/{id}/blind/set" } },
  { id = "cover/0", quantity = "action", kind = "choice", words = ["opening", "open", "closing", "closed", "stopped"], name = "Bedroom blind", read = { topic = "house/{id}/blind", value = "/a" }, write = { topic = "house/{id}/blind/move", map = { opening = "OPEN", closing = "CLOSE", stopped = "STOP" } } },
  { id = "thermostat/0", quantity = "mode", kind = "choice", words = ["heat", "eco", "off"], read = { topic = "house/{id}/heat", value = "/m" }, write = { topic = "house/{id}/heat/mode" } },
  { id = "thermostat/0", quantity = "set-point", unit = "℃", range = [5, 30], step = 0.5, read = { topic = "house/{id}/heat", value = "/s" }, write = { topic = "house/{id}/heat/set" } },
  { id = "thermostat/0", quantity = "temperature", unit = "℃", read = { topic = "house/{id}/heat", value = "/t" } },
  { id = "power-meter/0", quantity = "energy", unit = "kWh", read = { topic = "house/{id}/meter", value = "/e" } },
  { id = "button/0", quantity = "event", name = "Doorbell", read = { topic = "house/{id}/bell" } },
]
"#;
const LAMP: &str = ".tile[data-kind=slider]";
const COLOR: &str = ".tile[data-kind=color]";
const BLIND: &str = ".tile[data-kind=position]";
const MOVES: &str = ".tile[data-kind=moves]";
const SET_POINT: &str = ".tile[data-kind=stepper]";

async fn house() -> (Shelf, Subscriber) {
    let shelf = Shelf::new(At::Own, &[("kvart/house.toml", HOUSE)]).await;
    let orders = shelf.door.subscribe(&["-t", "house/+/+/set", "-t", "house/+/+/move", "-F", "%t %p"]).await;
    shelf.device_says("house/one/lamp", r#"{"b": 40, "c": "FF8A00"}"#, false).await;
    shelf.device_says("house/one/blind", r#"{"p": 35, "a": "stopped"}"#, false).await;
    shelf.device_says("house/one/heat", r#"{"t": 20.94, "s": 21.5, "m": "heat"}"#, false).await;
    shelf.device_says("house/one/meter", r#"{"e": 1284.62}"#, false).await;
    shelf.device_says("house/one/bell", "pressed twice", false).await;
    (shelf, orders)
}

async fn open(browser: &Browser, shelf: &Shelf) {
    browser.goto(&shelf.hub.url("/")).await;
    browser.fill(&[("name", "ada"), ("password", PASSWORD)]).await;
    for tile in [LAMP, COLOR, BLIND, MOVES, SET_POINT] {
        browser.find(tile).await;
    }
}

/// Whether the page is live and a tile is in this state.
async fn is(browser: &Browser, tile: &str, step: &str, more: &str) {
    let asked = format!(
        "const tile = document.querySelector('{tile}'); \
         return document.body.dataset.live === 'yes' && tile.dataset.step === '{step}' && ({more})"
    );
    browser.script_true(&format!("{tile} {step} {more}"), &asked).await;
}

/// Where on the screen a part of a slider's way is.
async fn place(browser: &Browser, tile: &str, part: f64) -> (f64, f64) {
    let asked = format!(
        "const input = document.querySelector('{tile} [type=range]'); \
         input.scrollIntoView({{ block: 'center', behavior: 'instant' }}); \
         const box = input.getBoundingClientRect(); \
         return [box.left + 16 + (box.width - 32) * {part}, box.top + box.height / 2]"
    );
    let place = browser.script(&asked).await;
    (place[0].as_f64().expect("a place"), place[1].as_f64().expect("a place"))
}

async fn mouse(browser: &Browser, kind: &str, (x, y): (f64, f64)) {
    let event = json!({ "type": kind, "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1 });
    browser.devtools("Input.dispatchMouseEvent", event).await;
}

async fn touch(browser: &Browser, kind: &str, points: &[(f64, f64)]) {
    let points: Vec<_> = points.iter().map(|(x, y)| json!({ "x": x, "y": y })).collect();
    browser.devtools("Input.dispatchTouchEvent", json!({ "type": kind, "touchPoints": points })).await;
}

#[tokio::test]
async fn a_slider_shows_what_is_and_what_is_wished_and_never_mistakes_them() {
    let (shelf, mut orders) = house().await;
    let browser = Browser::open().await;
    open(&browser, &shelf).await;
    is(&browser, LAMP, "", "true").await;

    // While a mouse holds it, what the device says moves the filled mark and not the thumb; nothing is sent yet.
    let there = place(&browser, LAMP, 0.7).await;
    mouse(&browser, "mousePressed", place(&browser, LAMP, 0.4).await).await;
    mouse(&browser, "mouseMoved", there).await;
    is(&browser, LAMP, "", "tile.querySelector('.wish').textContent === '70'").await;
    shelf.device_says("house/one/lamp", r#"{"b": 45, "c": "FF8A00"}"#, false).await;
    let apart = "tile.querySelector('.number').textContent === '45' && tile.querySelector('[type=range]').value === '70' \
                 && tile.querySelector('.rail-tip').getAttribute('x1') === '45.00%'";
    is(&browser, LAMP, "", apart).await;
    mouse(&browser, "mouseReleased", there).await;
    assert_eq!(orders.line().await, "house/one/lamp/set 70");
    is(&browser, LAMP, "pending", apart).await;
    browser.screenshot("tiles-pending").await;
    shelf.device_says("house/one/lamp", r#"{"b": 70, "c": "FF8A00"}"#, false).await;
    let confirmed = "tile.querySelector('.number').textContent === '70' && tile.querySelector('.wish').textContent === '' \
                     && tile.querySelector('.note use').getAttribute('href') === '#mark-confirmed'";
    is(&browser, LAMP, "confirmed", confirmed).await;

    // Keys that follow each other are one wish; refused, it goes back to what the device says.
    let thumb = browser.find(&format!("{LAMP} [type=range]")).await;
    thumb.send_keys("\u{e014}\u{e014}\u{e014}").await.expect("it takes keys");
    assert_eq!(orders.line().await, "house/one/lamp/set 73");
    is(&browser, LAMP, "pending", "true").await;
    shelf.device_says("house/one/lamp/error", "too hot for that", false).await;
    let refused = "tile.querySelector('[type=range]').value === '70' && tile.querySelector('.note').textContent.includes('too hot')";
    is(&browser, LAMP, "refused", refused).await;

    // A finger; nobody answers.
    browser.as_phone().await;
    let (from, to) = (place(&browser, LAMP, 0.7).await, place(&browser, LAMP, 0.2).await);
    touch(&browser, "touchStart", &[from]).await;
    touch(&browser, "touchMove", &[to]).await;
    touch(&browser, "touchEnd", &[]).await;
    assert_eq!(orders.line().await, "house/one/lamp/set 20");
    is(&browser, LAMP, "unanswered", "tile.querySelector('[type=range]').value === '70'").await;
    assert_eq!(browser.small_targets().await, json!([]));
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn a_colour_a_cover_and_a_thermostat_are_set_in_their_own_words() {
    let (shelf, mut orders) = house().await;
    let browser = Browser::open().await;
    browser.as_phone().await;
    open(&browser, &shelf).await;
    is(&browser, COLOR, "", "tile.textContent.includes('orange')").await;
    browser.screenshot("tiles-phone").await;
    browser.assert_accessible().await;

    let choose = format!(
        "const field = document.querySelector('{COLOR} [type=color]'); field.value = '#0040ff'; \
         for (const name of ['input', 'change']) field.dispatchEvent(new Event(name, {{ bubbles: true }}))"
    );
    browser.script(&choose).await;
    assert_eq!(orders.line().await, "house/one/color/set 0040FF");
    let paint = "tile.querySelector('[data-part=paint]').getAttribute('fill')";
    is(&browser, COLOR, "pending", &format!("{paint} === '#ff8a00'")).await;
    shelf.device_says("house/one/lamp", r#"{"b": 40, "c": "0040FF"}"#, false).await;
    is(&browser, COLOR, "confirmed", &format!("{paint} === '#0040ff' && tile.textContent.includes('blue')"))
        .await;

    browser.click(&format!("{MOVES} [data-sign=open]")).await;
    assert_eq!(orders.line().await, "house/one/blind/move OPEN");
    is(&browser, MOVES, "pending", "tile.querySelector('[data-wish]').dataset.sign === 'open'").await;
    shelf.device_says("house/one/blind", r#"{"p": 60, "a": "opening"}"#, false).await;
    is(&browser, MOVES, "confirmed", "!tile.querySelector('[data-wish]')").await;
    is(&browser, BLIND, "", "tile.querySelector('.state').textContent === '60 % open'").await;
    shelf.device_says("house/one/blind", r#"{"p": 100, "a": "stopped"}"#, false).await;
    is(&browser, BLIND, "", "tile.querySelector('[data-part=shade]').getAttribute('height') === '0.00'")
        .await;

    // Two steps are one wish; both parts of a thermostat keep their own notes.
    let more = format!("{SET_POINT} .step[value=\"0.5\"]");
    browser.click(&more).await;
    browser.click(&more).await;
    is(&browser, SET_POINT, "", "tile.querySelector('.wish').textContent === '22.5'").await;
    assert_eq!(orders.line().await, "house/one/heat/set 22.5");
    is(&browser, SET_POINT, "pending", "tile.querySelector('.number').textContent === '21.5'").await;
    browser.screenshot("tiles-phone-pending").await;
    is(&browser, SET_POINT, "unanswered", "tile.querySelector('[type=number]').value === '21.5'").await;
    is(&browser, ".group .tile[data-kind=choice]", "", "true").await;
    // What is read aloud stands where it is read from, and nowhere else.
    let own =
        format!("return document.querySelector('{COLOR} code[data-part=own]').textContent === '0040FF'");
    browser.script_true("the colour in its own words", &own).await;
    assert_eq!(browser.small_targets().await, json!([]));

    browser.screenshot("tiles-phone-unanswered").await;
    browser.prefers("prefers-color-scheme", "dark").await;
    browser.screenshot("tiles-phone-dark").await;
    browser.assert_accessible().await;
    browser.prefers("forced-colors", "active").await;
    browser.screenshot("tiles-forced-colours").await;
    browser.prefers("prefers-color-scheme", "light").await;
    browser.as_desktop(320, 800).await;
    let wide = "return document.documentElement.scrollWidth <= window.innerWidth";
    browser.script_true("nothing sideways at 320 px", wide).await;
    browser.screenshot("tiles-320").await;
    browser.as_desktop(1280, 800).await;
    browser.screenshot("tiles-desktop").await;
    browser.assert_accessible().await;
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn all_of_it_is_set_without_script() {
    let (shelf, mut orders) = house().await;
    let browser = Browser::without_script().await;
    browser.as_phone().await;
    open(&browser, &shelf).await;
    browser.find(&format!("{LAMP} [type=range]")).await.send_keys("\u{e014}").await.expect("it takes keys");
    browser.click(&format!("{LAMP} .slider > .button")).await;
    assert_eq!(orders.line().await, "house/one/lamp/set 41");
    let note = browser.text_when(&format!("{LAMP} .note"), |text| text.contains("no answer")).await;
    assert!(note.contains("still shows 40"), "{note}");
    browser.click(&format!("{COLOR} .button")).await;
    assert_eq!(orders.line().await, "house/one/color/set FF8A00");
    browser.click(&format!("{MOVES} [data-sign=close]")).await;
    assert_eq!(orders.line().await, "house/one/blind/move CLOSE");
    browser.click(&format!("{SET_POINT} .step[value=\"-0.5\"]")).await;
    assert_eq!(orders.line().await, "house/one/heat/set 21.0");
    browser.text_when(&format!("{SET_POINT} .note"), |text| text.contains("no answer")).await;
    browser.screenshot("tiles-without-script").await;
    browser.close().await;
}
