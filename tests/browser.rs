//! The dashboard in a real browser, beside the demo's bridge: what a person sees, clicks and reads.

mod common;

use std::path::Path;

use common::{Browser, Hub, TalkClient};
use serde_json::json;

const RELAY: &str = "article[data-topic='nodes/bridge/simulator/relay/i2c0-3b']";
const THERMOMETER: &str = "article[data-topic='nodes/bridge/simulator/thermometer/i2c0-48']";

/// What the demo has, in a real start with an account of its own.
const SIMULATOR: &str = "\
    [[link]]\n\
    name = \"simulator\"\n\
    kind = \"simulator\"\n\
    base = \"nodes/bridge/simulator\"\n";

fn part(tile: &str, part: &str) -> String {
    format!("{tile} [data-part={part}]")
}

async fn wait_state(browser: &Browser, tile: &str, state: &str) {
    let what = format!("{tile} to be {state}");
    browser
        .script_true(&what, &format!("return document.querySelector(\"{tile}\").dataset.value === '{state}'"))
        .await;
}

#[tokio::test]
async fn temperature_moves_by_itself() {
    let (hub, browser) = (Hub::demo(), Browser::open().await);
    browser.sign_in(&hub).await;
    let number = part(THERMOMETER, "number");
    let first = browser.text_when(&number, |text| text.starts_with(|c: char| c.is_ascii_digit())).await;
    browser.text_when(&number, |text| text != first).await;
    assert_eq!(browser.text(&part(THERMOMETER, "unit")).await, "℃");
    browser.screenshot("dashboard-light").await;
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn relay_shows_switching_until_the_device_answers() {
    let (hub, browser) = (Hub::demo(), Browser::open().await);
    browser.sign_in(&hub).await;
    wait_state(&browser, RELAY, "false").await;
    // Whatever the page shows on the way is kept, so that a quick device does not hide the step between.
    let watch = format!(
        "window.steps = []; const tile = document.querySelector(\"{RELAY}\"); \
         new MutationObserver(() => window.steps.push(tile.dataset.step + ' ' + tile.dataset.value)) \
         .observe(tile, {{ attributes: true }});"
    );
    browser.script(&watch).await;
    browser.click(&part(RELAY, "toggle")).await;
    wait_state(&browser, RELAY, "true").await;
    let steps = browser.script("return window.steps").await;
    let steps: Vec<_> = steps.as_array().expect("a list").iter().filter_map(|step| step.as_str()).collect();
    assert!(steps.iter().any(|step| step.starts_with("pending") && step.ends_with("false")), "{steps:?}");
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn two_browsers_show_the_same_state() {
    let hub = Hub::demo();
    let (one, other) = (Browser::open().await, Browser::open().await);
    one.sign_in(&hub).await;
    other.sign_in(&hub).await;
    for (hand, eye, state) in [(&one, &other, "true"), (&other, &one, "false")] {
        hand.click(&part(RELAY, "toggle")).await;
        wait_state(eye, RELAY, state).await;
        wait_state(hand, RELAY, state).await;
    }
    one.close().await;
    other.close().await;
}

#[tokio::test]
async fn tutorial_page_of_2016_works_unchanged() {
    let (hub, browser) = (Hub::demo(), Browser::with_foreign_credentials().await);
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tutorial.html");
    let endpoint = hub.said("endpoint").replace("wss://", "wss://clown:bigclown@");
    browser.goto(&format!("file://{}#{endpoint}", page.display())).await;
    let heard = |topic: &str| format!("return said.findLast(entry => entry[1] === '{topic}')?.[2]");
    browser.script_true("config/ok", &heard("clown.talk/-/config/ok")).await;
    browser.script_true("a temperature", &heard("thermometer/i2c0-48")).await;
    browser.script(r#"websocket.send("[\"relay/i2c0-3b/set\", {\"state\": true}]")"#).await;
    browser.script_true("the relay to be on", &format!("{}?.state", heard("relay/i2c0-3b"))).await;
    browser.script(r#"websocket.send("[\"relay/i2c0-3b/set\", {\"state\": false}]")"#).await;
    browser.script_true("the relay to be off", &format!("{}?.state === false", heard("relay/i2c0-3b"))).await;
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn without_script_values_are_read_and_relays_switched_by_form() {
    let (hub, browser) = (Hub::demo(), Browser::without_script().await);
    let mut client = TalkClient::demo(&hub).await;
    client.handshake(json!({})).await;
    browser.sign_in(&hub).await;
    let number = browser.text(&part(THERMOMETER, "number")).await;
    assert!(number.parse::<f64>().is_ok(), "{number:?} is no temperature");
    browser.click(&format!("{RELAY} [data-part=toggle]")).await;
    client
        .wait_for("the relay to be on", |heard| {
            heard.topic == "relay/i2c0-3b" && heard.payload["state"] == true
        })
        .await;
    browser.find(&format!("{RELAY}[data-value=true]")).await;
    browser.screenshot("without-script").await;
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn phone_needs_no_sideways_scroll_and_no_sharp_finger() {
    let (hub, browser) = (Hub::demo(), Browser::open().await);
    browser.as_phone().await;
    browser.sign_in(&hub).await;
    for path in ["/", "/log"] {
        browser.goto(&hub.url(path)).await;
        let width = browser.script("return document.documentElement.scrollWidth").await;
        assert_eq!(width, 390, "{path} scrolls sideways");
        let small = browser.small_targets().await;
        assert_eq!(small, json!([]), "{path} has targets under 44 px");
        browser.screenshot(&format!("phone{}", path.replace('/', "-"))).await;
    }
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn keyboard_alone_switches_the_relay() {
    let (hub, browser) = (Hub::demo(), Browser::open().await);
    browser.sign_in(&hub).await;
    wait_state(&browser, RELAY, "false").await;
    let focused = format!("return document.activeElement?.closest(\"{RELAY}\") !== null");
    let mut presses = 0;
    while browser.script(&focused).await != true {
        assert!(presses < 60, "sixty presses of Tab did not reach the relay");
        press(&browser, "\u{e004}").await;
        presses += 1;
    }
    let outline = browser.script("return getComputedStyle(document.activeElement).outlineStyle").await;
    assert_ne!(outline, "none", "the focus is invisible");
    browser.screenshot("keyboard-focus").await;
    press(&browser, " ").await;
    wait_state(&browser, RELAY, "true").await;
    browser.close().await;
}

async fn press(browser: &Browser, key: &str) {
    let focused = browser.client().active_element().await.expect("something has the focus");
    focused.send_keys(key).await.expect("a key can be pressed");
}

#[tokio::test]
async fn dark_is_dark_and_czech_is_czech() {
    let hub = Hub::demo();
    let browser = Browser::speaking("cs").await;
    browser.prefers("prefers-color-scheme", "dark").await;
    browser.sign_in(&hub).await;
    assert_eq!(browser.script("return document.documentElement.lang").await, "cs");
    let light = "const [r, g, b] = getComputedStyle(document.body).backgroundColor.match(/\\d+/g); return r + g + b < 200";
    browser.script_true("a dark background", &light.replace("r + g + b", "+r + +g + +b")).await;
    browser.screenshot("dashboard-dark-cs").await;
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn page_says_that_it_is_not_live_and_comes_back_by_itself() {
    let (mut hub, browser) = (Hub::run(SIMULATOR), Browser::open().await);
    browser.goto(&hub.url("/")).await;
    browser.fill(&[("code", hub.said("setup_code")), ("name", "anna"), ("password", "correct horse")]).await;
    wait_state(&browser, RELAY, "false").await;
    let banner = "return document.querySelector('[data-part=banner]').checkVisibility()";
    assert_eq!(browser.script(banner).await, false);

    let again = hub.launch().listening(hub.authority());
    hub.stop();
    browser.script_true("the banner", banner).await;
    let disabled = format!("return document.querySelector(\"{RELAY} button\").matches(':disabled')");
    browser.script_true("controls nobody can press", &disabled).await;
    browser.screenshot("connection-lost").await;

    let hub = again.start();
    browser.script_true("the banner to go", &format!("{banner} === false")).await;
    browser.click(&part(RELAY, "toggle")).await;
    wait_state(&browser, RELAY, "true").await;
    browser.close().await;
    drop(hub);
}

#[tokio::test]
async fn device_that_falls_silent_looks_stale() {
    let (hub, browser) = (Hub::demo(), Browser::open().await);
    let mut client = TalkClient::demo(&hub).await;
    client.handshake(json!({})).await;
    browser.sign_in(&hub).await;
    // Its rhythm is learned from its own words.
    for _ in 0..6 {
        client.wait_topic("thermometer/i2c0-48").await;
    }
    client.say("simulator/-/config/set", json!({ "silence": true })).await;
    browser
        .script_true(
            "a stale tile",
            &format!("return document.querySelector(\"{THERMOMETER}\").dataset.presence === 'silent'"),
        )
        .await;
    browser.screenshot("silent").await;
    browser.close().await;
}

/// `make screenshots` copies the picture into the README.
#[tokio::test]
async fn picture_for_the_readme_can_be_taken() {
    let (hub, browser) = (Hub::demo(), Browser::open().await);
    browser.as_desktop(1280, 800).await;
    browser.prefers("prefers-reduced-motion", "reduce").await;
    browser.sign_in(&hub).await;
    browser.click(&part(RELAY, "toggle")).await;
    wait_state(&browser, RELAY, "true").await;
    // Every gauge has something to show.
    browser.script_true("all numbers", "return !document.querySelector('[data-known=no]')").await;
    browser.screenshot("readme").await;
    browser.close().await;
}
