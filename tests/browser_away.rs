//! The dashboard in a real browser beside devices of every presence: each has its words, its mark and its age, and what does
//! not listen cannot be pressed.

mod common;

// Each test binary uses its own part.
#[path = "taught/shelf.rs"]
mod shelf;

use common::Browser;
use shelf::{At, PASSWORD, Shelf};

/// A thing with a reading in the rhythm of a second and one in its own time, a switch, and four words about itself.
const THING: &str = r#"
name = "Thing"
vendor = "Acme"

[[property]]
id = "relay/-"
read = { topic = "acme/{id}/on", map = { on = true, off = false } }
write = { topic = "acme/{id}/on/set", on = "on", off = "off" }

[[property]]
id = "thermometer/-"
quantity = "temperature"
unit = "°C"
interval = "1 s"
read = { topic = "acme/{id}/t" }

[[property]]
id = "hygrometer/-"
quantity = "relative-humidity"
unit = "%"
interval = "1 h"
read = { topic = "acme/{id}/h" }

[[availability]]
topic = "acme/{id}/is"
online = "here"
offline = "bye"
lost = "gone"
asleep = "zzz"
"#;

fn device(name: &str) -> String {
    format!(".device[data-base='nodes/acme/{name}']")
}

/// Waits until a device's head says `words`, its relay is `presence`, and whether it can be pressed.
async fn sees(browser: &Browser, name: &str, presence: &str, words: &str, can_be_pressed: bool) {
    let script = format!(
        "const device = document.querySelector(\"{}\"); \
         const [tile, away] = [device?.querySelector('[data-kind=switch]'), device?.querySelector('.away')]; \
         return tile?.dataset.presence === '{presence}' && away.hidden === ({} === 0) \
         && (away.hidden || away.textContent.includes('{words}') && away.querySelector('time').textContent !== '') \
         && tile.querySelector('.note use').getAttribute('href') === '#mark-{presence}' \
         && !tile.querySelector('.toggle').matches(':disabled') === {can_be_pressed}",
        device(name),
        words.len(),
    );
    browser.script_true(&format!("{name} {presence}, {words}"), &script).await;
}

#[tokio::test]
async fn each_presence_has_its_look_and_what_does_not_listen_cannot_be_pressed() {
    let shelf = Shelf::new(At::Mosquitto, &[("acme/thing.toml", THING)]).await;
    let says = async |name: &str, what: &str, payload: &str| {
        shelf.door.publish(&["-t", &format!("acme/{name}/{what}"), "-m", payload, "-q", "1"]).await;
    };
    for name in ["asleep", "gone", "late", "lost", "still"] {
        says(name, "on", "on").await;
        if name != "still" {
            says(name, "h", "41.5").await;
        }
        says(name, "t", "21.50").await;
    }
    let browser = Browser::open().await;
    browser.goto(&shelf.hub.url("/")).await;
    browser.fill(&[("name", "ada"), ("password", PASSWORD)]).await;
    sees(&browser, "late", "online", "", true).await;
    says("asleep", "is", "zzz").await;
    says("gone", "is", "bye").await;
    says("lost", "is", "gone").await;
    sees(&browser, "asleep", "asleep", "It can be switched when it wakes.", false).await;
    sees(&browser, "asleep", "asleep", "(it said that it sleeps)", false).await;
    sees(&browser, "gone", "offline", "Went offline", false).await;
    sees(&browser, "lost", "lost", "Lost its connection", false).await;
    // Its humidity comes once an hour, so the device is not silent when its temperature is late.
    let thermometer = |name: &str, presence: &str| {
        let tile = format!("{} [data-topic='nodes/acme/{name}/thermometer/-']", device(name));
        format!("return document.querySelector(\"{tile}\").dataset.presence === '{presence}'")
    };
    browser.script_true("a stale thermometer", &thermometer("late", "stale")).await;
    sees(&browser, "late", "online", "", true).await;
    sees(&browser, "still", "silent", "Fell silent", true).await;
    browser.screenshot("away").await;
    for (scheme, picture) in [("light", "away-phone-light"), ("dark", "away-phone-dark")] {
        browser.as_phone().await;
        browser.prefers("prefers-color-scheme", scheme).await;
        browser.screenshot(picture).await;
    }
    // The server says the same to whoever comes now.
    browser.goto(&shelf.hub.url("/")).await;
    sees(&browser, "asleep", "asleep", "Fell asleep", false).await;
    sees(&browser, "lost", "lost", "It can be switched when it is back.", false).await;
    browser.script_true("a stale thermometer", &thermometer("late", "stale")).await;
    says("asleep", "is", "here").await;
    says("lost", "on", "on").await;
    sees(&browser, "asleep", "online", "", true).await;
    sees(&browser, "lost", "online", "", true).await;
    let wide = "return document.documentElement.scrollWidth <= window.innerWidth";
    browser.script_true("nothing sideways", wide).await;
    browser.assert_quiet().await;
    browser.close().await;
}
