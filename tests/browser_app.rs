//! The page as an app on a phone: it can be installed, its frame appears without the hub and without any value, it is
//! small, and fifty tiles that change two hundred times a second neither jump nor stall.
//!
//! How long the page was busy is printed, not judged, because the machine may be busy as well:
//! `cargo nextest run --release --test browser_app --no-capture`.

mod common;

use std::time::{Duration, Instant};

use common::{Browser, Https, Hub, Launch, PtyDevice, until};
use serde_json::{Value, json};

const SIMULATOR: &str = "[[link]]\nname = \"bridge\"\nkind = \"simulator\"\nbase = \"nodes/bridge/0\"\n";
const PASSWORD: &str = "correct horse battery";
const TILES: usize = 50;
/// What a first view may cost, packed, with headers.
const MOST_BYTES: u64 = 100_000;

async fn enter(browser: &Browser, hub: &Hub) {
    browser.goto(&hub.url("/")).await;
    browser.fill(&[("name", "anna"), ("password", PASSWORD)]).await;
    browser.find(".tile").await;
}

#[tokio::test]
async fn frame_appears_without_the_hub_and_gives_way_to_the_page() {
    let mut hub = Launch::run(SIMULATOR).account("anna", PASSWORD).start();
    let browser = Browser::open().await;
    browser.as_phone().await;
    enter(&browser, &hub).await;
    browser.script_true("a worker", "return navigator.serviceWorker.controller?.state === 'activated'").await;
    // What the worker keeps is the frame: no page that ever held a value.
    let kept = "const all = []; for (const name of await caches.keys())
        for (const { url } of await (await caches.open(name)).keys()) all.push(new URL(url).pathname.replace(/^.assets.\\w+/, ''));
        return all.sort();";
    let kept = until("the frame to be kept", async || {
        let found = browser.script(kept).await;
        (found.as_array()?.len() > 3).then_some(found)
    });
    assert_eq!(kept.await, json!(["/icon.svg", "/offline", "/offline.js", "/style.css"]));

    let again = hub.launch().listening(hub.authority());
    hub.stop();
    browser.client().refresh().await.expect("the frame answers in the place of the hub");
    assert_eq!(browser.text("h1").await, "The hub does not answer");
    assert_eq!(browser.script("return document.querySelectorAll('.tile, .number').length").await, 0);
    browser.screenshot("offline-phone").await;
    browser.assert_accessible().await;
    browser.prefers("prefers-color-scheme", "dark").await;
    browser.screenshot("offline-phone-dark").await;

    let hub = again.start();
    // The session outlives the hub, and the page comes back by itself and is live.
    browser.find(".tile[data-presence=online]").await;
    browser.script_true("a live page", "return document.body.dataset.live === 'yes'").await;
    assert_eq!(browser.script("return location.pathname").await, "/");
    browser.close().await;
    drop(hub);
}

#[tokio::test]
async fn typed_text_outlives_the_hub() {
    let mut hub = Launch::run(SIMULATOR).account("anna", PASSWORD).start();
    let browser = Browser::open().await;
    enter(&browser, &hub).await;
    browser.goto(&hub.url("/log")).await;
    let (topic, payload) = ("[data-part=speak] [name=topic]", "[data-part=speak] [name=payload]");
    browser.script_true("a live page", "return document.body.dataset.live === 'yes'").await;
    for (field, text) in [(topic, "nodes/bridge/0/relay/i2c0-3b/set"), (payload, "{\"state\": true}")] {
        let field = browser.find(field).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }
    let again = hub.launch().listening(hub.authority());
    let cut = Instant::now();
    hub.stop();
    browser.script_true("a page that says so", "return document.body.dataset.live === 'no'").await;
    assert!(cut.elapsed() < Duration::from_secs(5), "said only after {:?}", cut.elapsed());
    let hub = again.start();
    browser.script_true("a live page again", "return document.body.dataset.live === 'yes'").await;
    let typed = format!("return ['{topic}', '{payload}'].map((css) => document.querySelector(css).value)");
    let expect = json!(["nodes/bridge/0/relay/i2c0-3b/set", "{\"state\": true}"]);
    assert_eq!(browser.script(&typed).await, expect);
    browser.close().await;
    drop(hub);
}

/// The page is looked at again; Chromium leaves it hidden after it was frozen.
async fn wake(browser: &Browser) {
    browser.devtools("Page.setWebLifecycleState", json!({ "state": "active" })).await;
    let client = browser.client();
    let page = client.window().await.expect("a window");
    let other = client.new_window(true).await.expect("another tab").handle;
    client.switch_to_window(other).await.expect("the other tab");
    client.close_window().await.expect("it closes");
    client.switch_to_window(page).await.expect("the page again");
    browser.devtools("Page.bringToFront", json!({})).await;
}

/// A phone sleeps: the page stands still while the world goes on.
#[tokio::test]
async fn page_wakes_to_the_right_state_in_two_seconds() {
    let mut hub = Launch::run(SIMULATOR).account("anna", PASSWORD).start();
    let browser = Browser::open().await;
    enter(&browser, &hub).await;
    let relay = ".tile[data-topic='nodes/bridge/0/relay/i2c0-3b']";
    browser.find(&format!("{relay}[data-value=false]")).await;
    browser.script_true("a live page", "return document.body.dataset.live === 'yes'").await;
    let visitor = Https::new(&hub).basic("anna", PASSWORD).header("Origin", hub.address());
    let switch = async |value| {
        let fields = [("topic", "nodes/bridge/0/relay/i2c0-3b"), ("key", "state"), ("value", value)];
        assert_eq!(visitor.post_form("/set", &fields).await.status, 303);
    };
    browser.devtools("Page.setWebLifecycleState", json!({ "state": "frozen" })).await;
    switch("true").await;
    wake(&browser).await;
    let woken = Instant::now();
    browser.find(&format!("{relay}[data-value=true]")).await;
    assert!(woken.elapsed() < Duration::from_secs(2), "right only after {:?}", woken.elapsed());

    // Meanwhile the hub was another one, and nobody told the page.
    browser.devtools("Page.setWebLifecycleState", json!({ "state": "frozen" })).await;
    let again = hub.launch().listening(hub.authority());
    hub.stop();
    let hub = again.start();
    let visitor = Https::new(&hub).basic("anna", PASSWORD).header("Origin", hub.address());
    let state = until("the relay's state", async || {
        let page = visitor.get("/").await.body;
        let tile = page.split("data-topic=\"nodes/bridge/0/relay/i2c0-3b\"").nth(1)?;
        let value = tile.split("data-value=\"").nth(1)?.split('"').next()?.to_owned();
        (value != "null").then_some(value)
    });
    let state = state.await;
    wake(&browser).await;
    let woken = Instant::now();
    let right = format!("const tile = document.querySelector(\"{relay}\");
        return document.body.dataset.live === 'yes' && tile.dataset.value === '{state}' && tile.dataset.presence === 'online'");
    browser.script_true("the right state", &right).await;
    assert!(woken.elapsed() < Duration::from_secs(2), "right only after {:?}", woken.elapsed());
    browser.close().await;
}

#[tokio::test]
async fn app_can_be_installed() {
    let hub = Launch::run(SIMULATOR).account("anna", PASSWORD).start();
    let visitor = Https::new(&hub);
    let login = visitor.get("/login").await.body;
    let path =
        login.split("rel=\"manifest\" href=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let manifest: Value = serde_json::from_str(&visitor.get(path).await.body).unwrap();
    assert_eq!((&manifest["start_url"], &manifest["display"]), (&json!("/"), &json!("standalone")));
    let folder = path.rsplit_once('/').unwrap().0;
    for icon in manifest["icons"].as_array().unwrap() {
        let answer = visitor.get(&format!("{folder}/{}", icon["src"].as_str().unwrap())).await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, icon["type"].as_str().unwrap()),
            "{icon}"
        );
    }
    // Nobody has signed in: the frame names nobody, and the worker belongs to everybody.
    assert_eq!(visitor.get("/worker.js").await.status, 200);
    let offline = visitor.get("/offline").await;
    assert!(offline.status == 200 && !offline.body.contains("anna"), "{}", offline.body);
}

/// A bridge with fifty things, of which ten can be switched.
fn things() -> Vec<(String, &'static str)> {
    let kind = |at: usize| match at % 5 {
        0 => ("relay", "state"),
        1 => ("thermometer", "temperature"),
        2 => ("humidity-sensor", "relative-humidity"),
        3 => ("lux-meter", "illuminance"),
        _ => ("co2-sensor", "concentration"),
    };
    (0..TILES).map(|at| (format!("{}/i2c0-{at:02}", kind(at).0), kind(at).1)).collect()
}

fn line(topic: &str, key: &str, number: usize) -> String {
    let value = match key {
        "state" => json!(number.is_multiple_of(2)),
        "temperature" => json!([20.0 + (number % 50) as f64 / 10.0, "℃"]),
        "relative-humidity" => json!([40.0 + (number % 30) as f64 / 10.0, "%"]),
        "illuminance" => json!([100 + number % 900, "lux"]),
        _ => json!([400 + number % 900, "ppm"]),
    };
    json!([topic, { key: value }]).to_string()
}

#[tokio::test]
async fn fifty_tiles_are_small_and_stay_in_their_places_at_two_hundred_changes_a_second() {
    let mut device = PtyDevice::plugged();
    let config = format!(
        "[[link]]\nname = \"usb\"\nkind = \"serial\"\nbase = \"nodes/bridge/0\"\ndevice = {:?}\n",
        device.path().display().to_string()
    );
    let hub = Launch::run(&config).account("anna", PASSWORD).start();
    device.hear_about("clown.talk/-/config/set").await;
    let things = things();
    for (at, (topic, key)) in things.iter().enumerate() {
        device.say(&line(topic, key, at)).await;
    }
    let browser = Browser::open().await;
    browser.as_phone().await;
    enter(&browser, &hub).await;
    browser
        .script_true("fifty tiles", &format!("return document.querySelectorAll('.tile').length >= {TILES}"))
        .await;
    // A worker's answers are counted as if they had not been packed; a first view has none yet.
    let leave = "for (const one of await navigator.serviceWorker.getRegistrations()) await one.unregister();";
    browser.script(leave).await;
    browser.goto("about:blank").await;
    browser.devtools("Network.enable", json!({})).await;
    browser.devtools("Network.clearBrowserCache", json!({})).await;
    for rate in [1, 6] {
        browser.devtools("Emulation.setCPUThrottlingRate", json!({ "rate": rate })).await;
        let seen = watch(&browser, &hub, &device, &things).await;
        println!("processor {rate}× slower: {seen}");
        assert_eq!(seen["shift"], json!(0), "tiles moved when values changed: {seen}");
        if rate == 1 {
            let bytes = seen["bytes"].as_u64().unwrap();
            assert!(bytes > 10_000 && bytes < MOST_BYTES, "a first view of {TILES} tiles: {seen}");
        }
        // How many of them a slow processor shows one by one is its own affair; it goes on.
        let least = if rate == 1 { 500 } else { 100 };
        assert!(seen["changes"].as_u64().unwrap() > least, "{seen}");
    }
    browser.screenshot("fifty-phone").await;
    browser.close().await;
}

/// Opens the page, changes two hundred values a second for five seconds, and gives what that cost.
async fn watch(browser: &Browser, hub: &Hub, device: &PtyDevice, things: &[(String, &'static str)]) -> Value {
    browser.goto(&hub.url("/")).await;
    browser.script_true("a live page", "return document.body.dataset.live === 'yes'").await;
    let bytes = browser
        .script(
            "const all = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
             return all.reduce((sum, entry) => sum + entry.transferSize, 0);",
        )
        .await;
    browser
        .script(
            "window.seen = { long: [], shift: 0, changes: 0 };
             new PerformanceObserver((list) => seen.long.push(...list.getEntries().map((task) => task.duration)))
                .observe({ type: 'longtask' });
             new PerformanceObserver((list) => { for (const entry of list.getEntries()) seen.shift += entry.value; })
                .observe({ type: 'layout-shift' });
             new MutationObserver((list) => seen.changes += list.length)
                .observe(document.querySelector('main'), { subtree: true, characterData: true, childList: true });",
        )
        .await;
    let begin = Instant::now();
    for number in 0..1000_u32 {
        let (topic, key) = &things[number as usize % things.len()];
        device.say(&line(topic, key, number as usize + things.len())).await;
        let due = begin + Duration::from_millis(5) * number;
        tokio::time::sleep_until(due.into()).await;
    }
    let mut seen = browser.script("return seen").await;
    seen["bytes"] = bytes;
    seen["longest_ms"] = seen["long"]
        .as_array()
        .map_or(json!(0), |all| all.iter().filter_map(Value::as_f64).fold(0.0, f64::max).into());
    seen["long"] = seen["long"].as_array().map(Vec::len).into();
    seen
}
