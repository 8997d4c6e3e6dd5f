//! Definitions on the dashboard: what they know is shown, a saved file is followed, a mistake is told with its place.

mod common;

#[path = "taught/shelf.rs"]
mod shelf;

use common::Browser;
use shelf::{At, PASSWORD, Shelf};

const PUMP: &str = r#"name = "Pump"
vendor = "Kvart"
docs = "https://example.org/pump"
property = [
  { id = "relay/0", name = "Well", read = { topic = "kvart/{id}/state", value = "/run" }, write = { topic = "kvart/{id}/cmd" } },
  { id = "thermometer/0", name = "Motor", read = { topic = "kvart/{id}/state", value = "/t" } },
  { id = "buzzer/0", kind = "button", quantity = "beep", name = "Horn", write = { topic = "kvart/{id}/horn", payload = "1", confirm = "nothing" } },
]

[[quirk]]
text = "It forgets its state when the power fails."
link = "https://example.org/quirk"
"#;

fn tile(name: &str) -> String {
    format!(
        "return [...document.querySelectorAll('.tile')].some(tile => tile.getAttribute('aria-label')?.includes('{name}'))"
    )
}

async fn open(browser: &Browser, shelf: &Shelf) {
    browser.goto(&shelf.hub.url("/")).await;
    browser.fill(&[("name", "ada"), ("password", PASSWORD)]).await;
    browser.find("[data-part=definitions]").await;
}

#[tokio::test]
async fn page_follows_a_definition_and_says_what_is_wrong_with_one() {
    let shelf = Shelf::new(At::Own, &[("kvart/pump.toml", PUMP)]).await;
    shelf.device_says("kvart/well/state", r#"{"run": true, "t": 31.5}"#, false).await;
    let browser = Browser::open().await;
    browser.as_phone().await;
    open(&browser, &shelf).await;
    for name in ["Well", "Motor", "Horn"] {
        browser.script_true(name, &tile(name)).await;
    }
    browser.click("details.about > summary").await;
    let quirk = browser.text("details.about li").await;
    assert!(quirk.contains("forgets its state"), "{quirk}");
    browser.screenshot("taught-phone").await;
    browser.assert_accessible().await;
    assert_eq!(browser.small_targets().await, serde_json::json!([]));

    // Saved with another name and without a property: the open page follows.
    let horn = PUMP.lines().find(|line| line.contains("Horn")).expect("it has one");
    shelf.save("kvart/pump.toml", &PUMP.replace("Motor", "Winding").replace(horn, ""));
    browser.script_true("the new name", &tile("Winding")).await;
    browser.script_true("no horn", &tile("Horn").replace("return ", "return !")).await;
    let open = "return document.querySelector('details.about').open && \
        document.querySelector('.tile[data-kind=switch]').dataset.presence === 'online'";
    browser.script_true("what was unfolded stays so, what is live stays live", open).await;

    // A mistake: what was right stays, and the page says what is wrong and where.
    shelf.save("kvart/pump.toml", &PUMP.replace("name = \"Motor\"", "nmae = \"Motor\""));
    let told = browser.text_when("[data-part=definitions] .trouble", |text| text.contains("pump.toml")).await;
    assert!(told.contains("its earlier version stays in force") && told.contains("pump.toml:6:"), "{told}");
    browser.script_true("the old name", &tile("Winding")).await;
    browser.screenshot("taught-mistake-phone").await;
    let wide = "return document.documentElement.scrollWidth <= window.innerWidth";
    browser.script_true("nothing sideways", wide).await;
    browser.prefers("prefers-color-scheme", "dark").await;
    browser.as_desktop(1280, 800).await;
    browser.screenshot("taught-mistake-dark").await;
    browser.assert_accessible().await;

    shelf.save("kvart/pump.toml", PUMP);
    browser.script_true("mended", "return !document.querySelector('[data-part=definitions] .trouble')").await;
    browser.script_true("the horn again", &tile("Horn")).await;
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn page_without_script_says_it_too_in_czech() {
    let shelf = Shelf::new(At::Own, &[("pump.toml", PUMP), ("bad.toml", "name = 1\n")]).await;
    shelf.device_says("kvart/well/state", r#"{"run": true, "t": 31.5}"#, true).await;
    let browser = Browser::without_script().await;
    open(&browser, &shelf).await;
    browser.click(".menu > summary").await;
    browser.click("button[name=lang][value=cs]").await;
    let told = browser.text_when("[data-part=definitions] .trouble", |text| text.contains("Definice")).await;
    assert!(told.contains("Definice má chybu;") && told.contains("bad.toml:1:8"), "{told}");
    browser.screenshot("taught-without-script").await;
    browser.close().await;
}

#[tokio::test]
async fn every_tile_and_device_has_a_drawn_picture_in_the_colour_of_words() {
    let shelf =
        Shelf::new(At::Own, &[("kvart/pump.toml", &PUMP.replace("name = \"Well\"", "icon = \"tap\""))]).await;
    shelf.device_says("kvart/well/state", r#"{"run": true, "t": 31.5}"#, false).await;
    let browser = Browser::open().await;
    browser.as_phone().await;
    open(&browser, &shelf).await;
    browser.script_true("the motor", &tile("Motor")).await;
    let pictures = "[...document.querySelectorAll('.tile .icon use, h2 > .icon use')]";
    browser
        .script_true("pictures", &format!("return {pictures}.every(use => use.getBBox().width > 1)"))
        .await;
    let names = format!("return {pictures}.map(use => use.getAttribute('href').split('#')[1])");
    assert_eq!(browser.script(&names).await, serde_json::json!(["tap", "tap", "speaker", "thermometer"]));
    let hidden = format!("return {pictures}.every(use => use.parentNode.ariaHidden === 'true')");
    browser.script_true("nothing read aloud", &hidden).await;
    browser.prefers("forced-colors", "active").await;
    let same = format!(
        "return {pictures}.every(use => getComputedStyle(use).stroke === getComputedStyle(document.querySelector('h3')).color)"
    );
    browser.script_true("the colour of words", &same).await;
    browser.screenshot("taught-forced-colours").await;
    browser.assert_accessible().await;
    browser.assert_quiet().await;
    browser.close().await;
}

/// Longer than anything that was drawn for.
const LONG: &str = r#"name = "Heat pump with an outdoor unit, professional edition"
vendor = "Donaudampfschifffahrtsgesellschaft"
property = [
  { id = "relay/0", name = "Circulation pump of the heating upstairs on the left", read = { topic = "long/{id}/state", value = "/run" }, write = { topic = "long/{id}/cmd" } },
  { id = "display-oled/0", name = "Message", read = { topic = "long/{id}/state", value = "/m" }, write = { topic = "long/{id}/m" } },
  { id = "thermometer/outdoor-sensor-below-the-roof", name = "Temperature outside below the roof", read = { topic = "long/{id}/state", value = "/t" } },
]

[[quirk]]
text = "It says everything twice, with OneVeryLongWordWithoutAnyPlaceToBreakItAtAllSoThatItMustBeBrokenSomewhere."
link = "https://example.org/quirk"
"#;

#[tokio::test]
async fn long_names_and_texts_stay_within_their_tiles_on_a_phone() {
    let shelf = Shelf::new(At::Own, &[("long/pump.toml", LONG)]).await;
    let said =
        r#"{"run": true, "t": -12.75, "m": "Change the filter soon, maintenance comes on Monday morning"}"#;
    shelf.device_says("long/pump-1/state", said, false).await;
    let browser = Browser::open().await;
    browser.as_phone().await;
    open(&browser, &shelf).await;
    browser.script_true("the message", &tile("Message")).await;
    browser.click("details.about > summary").await;
    let inside = "const parts = [...document.querySelectorAll('.tile, .device > header, details.about')]; \
        return parts.every(part => [...part.querySelectorAll('h2, h3, li, .number, input, button')] \
        .every(inner => inner.getBoundingClientRect().right <= part.getBoundingClientRect().right))";
    browser.script_true("everything inside", inside).await;
    browser
        .script_true("nothing sideways", "return document.documentElement.scrollWidth <= window.innerWidth")
        .await;
    let edge = "const [button] = document.querySelectorAll('.setting > .button'), toggle = document.querySelector('.toggle'); \
        return Math.abs(button.getBoundingClientRect().right - toggle.getBoundingClientRect().right) < 1";
    browser.script_true("one edge of what is pressed", edge).await;
    let whole = "const number = [...document.querySelectorAll('.desk .number')].find(one => one.textContent.startsWith('Change')); \
        return number.scrollWidth <= number.clientWidth && number.textContent.endsWith('morning')";
    browser.script_true("the whole message", whole).await;
    assert_eq!(browser.small_targets().await, serde_json::json!([]));
    browser.screenshot("taught-long-phone").await;
    browser.assert_quiet().await;
    browser.close().await;
}

const WEATHER: &str = r#"name = "Weather"
vendor = "Kvart"
property = [
  { id = "hygrometer/-", read = { topic = "kvart/{id}/air", value = "/h" } },
  { id = "thermometer/-", read = { topic = "kvart/{id}/air", value = "/t" } },
]
"#;

#[tokio::test]
async fn a_value_that_cannot_be_is_marked_when_it_comes_and_when_the_page_is_opened() {
    let shelf = Shelf::new(At::Own, &[("kvart/weather.toml", WEATHER)]).await;
    let browser = Browser::open().await;
    let shows = |text: &'static str, number: &'static str, words: &'static str, strange: bool| {
        let script = format!(
            "const tile = [...document.querySelectorAll('.tile')].find(tile => tile.dataset.key === '{text}'); \
             return tile?.querySelector('[data-part=number]').textContent === '{number}' && \
             tile.querySelector('[data-part=words]').textContent === '{words}' && \
             tile.hasAttribute('data-strange') === {strange}"
        );
        script
    };
    const RANGE: &str = "cannot be: only 0 to 100 is possible, said";
    const BELOW: &str = "cannot be: nothing below −273.15 is possible, said";
    shelf.device_says("kvart/roof/air", r#"{"h": 104.70, "t": -300}"#, false).await;
    open(&browser, &shelf).await;
    browser.script_true("marked at once", &shows("relative-humidity", "104.70", RANGE, true)).await;
    browser.script_true("too cold", &shows("temperature", "-300", BELOW, true)).await;
    browser.screenshot("impossible-light").await;
    browser.assert_accessible().await;
    // The script says the same, and takes it back.
    shelf.device_says("kvart/roof/air", r#"{"h": 99.9, "t": -273.15}"#, false).await;
    browser.script_true("a good value", &shows("relative-humidity", "99.9", "", false)).await;
    browser.script_true("just as cold", &shows("temperature", "-273.15", "", false)).await;
    shelf.device_says("kvart/roof/air", r#"{"h": 100.3, "t": -273.16}"#, false).await;
    browser.script_true("marked live", &shows("relative-humidity", "100.3", RANGE, true)).await;
    browser.script_true("too cold live", &shows("temperature", "-273.16", BELOW, true)).await;
    browser.prefers("prefers-color-scheme", "dark").await;
    browser.as_phone().await;
    browser.screenshot("impossible-dark-phone").await;
    browser.assert_quiet().await;
    browser.close().await;
}
