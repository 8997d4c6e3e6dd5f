//! The RADIO page in a real browser, beside a hub with a simulated dongle on a pseudo-terminal.

#[path = "common/mod.rs"]
mod common;
#[path = "browser_radio/house.rs"]
mod house;

use common::Browser;
use house::{BUTTON, CLIMATE, CO2, Dongle, RELAY, hub, node, open, press, unfold};
use serde_json::json;

const START: &str = "button[value=start]";
const STOP: &str = "button[value=stop]";
const FLASH: &str = "[data-part=flash] [data-part=words]";
const LAST: &str = "[data-part=last]";

#[tokio::test]
async fn a_node_that_is_paired_appears_by_itself() {
    let dongle = Dongle::start(&["--waiting", "1", "--asks-after", "1"]);
    let hub = hub(&dongle);
    let browser = Browser::open().await;
    open(&browser, &hub).await;
    browser.find(&node(RELAY)).await;
    browser.text_when("h2", |text| text == "usb-dongle").await;
    browser.text_when("[data-part=count]", |text| text.starts_with("Nodes: 3 of ")).await;
    assert_eq!(browser.text("nav [aria-current=page]").await, "Radio");
    browser.text_when(&format!("{} .mode", node(CLIMATE)), |text| text.contains("sleeps and cannot")).await;
    browser.text_when(&format!("{} .mode", node(RELAY)), |text| text.contains("can be commanded")).await;
    browser.text_when(&format!("{} dl", node(CLIMATE)), |text| text.contains("3.12 V")).await;
    browser.text_when(&format!("{} h3", node(CLIMATE)), |text| text == "climate-monitor:0").await;
    browser
        .text_when("[data-part=pairing]", |text| text.contains("does not say whether it still pairs"))
        .await;
    browser.click(STOP).await;
    browser.text_when("[data-part=pairing]", |text| text.starts_with("Pairing is off")).await;
    browser.screenshot("radio-light").await;
    browser.assert_accessible().await;
    browser.prefers("prefers-color-scheme", "dark").await;
    browser.screenshot("radio-dark").await;
    browser.assert_accessible().await;
    browser.prefers("prefers-color-scheme", "light").await;
    // Whatever happens from now on happens without the page being loaded again.
    browser.script("window.same = true").await;
    browser.click(START).await;
    browser.text_when("[data-part=pairing]", |text| text.starts_with("Pairing is on.")).await;
    browser.find(&format!("{}[data-new]", node(CO2))).await;
    browser.text_when(LAST, |text| text.starts_with("Paired: ") && text.contains(CO2)).await;
    browser.text_when(&format!("{} .mode", node(CO2)), |text| text.contains("sleeps and cannot")).await;
    browser.screenshot("radio-paired").await;
    browser.click(STOP).await;
    browser.text_when("[data-part=pairing]", |text| text.starts_with("Pairing is off")).await;
    assert_eq!(browser.script("return window.same").await, true);
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn a_node_is_renamed_and_removed_and_nobody_is_disturbed_meanwhile() {
    let mut dongle = Dongle::start(&["--every", "0.3"]);
    let hub = hub(&dongle);
    let browser = Browser::open().await;
    open(&browser, &hub).await;
    unfold(&browser, BUTTON).await;
    let field = format!("{} input[name=alias]", node(BUTTON));
    let name = browser.find(&field).await;
    name.send_keys("před").await.expect("a field takes text");
    // The node speaks, its tile is laid out anew: what is typed and where the focus is stay.
    dongle.happen(&format!("press {CLIMATE}"));
    dongle.happen("pair");
    let seen = format!("return document.querySelector(\"{} time\").dateTime", node(BUTTON));
    let before = browser.script(&seen).await;
    browser.script_true("the node speaks again", &format!("{seen} !== {before}")).await;
    name.send_keys("síň").await.expect("a field takes text");
    press(&browser, "\u{e007}").await;
    browser.text_when(&format!("{} h3", node(BUTTON)), |text| text == "předsíň").await;
    browser.text_when(FLASH, |text| text == format!("Renamed: předsíň ({BUTTON})")).await;
    let focus = format!("return document.activeElement === document.querySelector(\"{field}\")");
    assert_eq!(browser.script(&focus).await, true, "the focus went away");
    assert_eq!(browser.script(&format!("return document.querySelector(\"{field}\").value")).await, "předsíň");
    browser.screenshot("radio-renamed").await;
    // A name that somebody has is refused with the reason.
    let name = browser.find(&field).await;
    name.clear().await.expect("a field can be emptied");
    name.send_keys("climate-monitor:0").await.expect("a field takes text");
    press(&browser, "\u{e007}").await;
    browser.text_when(FLASH, |text| text.starts_with("refused: ") && text.contains(CLIMATE)).await;
    // Removal asks on a page of its own.
    browser.click(&format!("{} [data-key=remove]", node(BUTTON))).await;
    browser.text_when("h1", |text| text == format!("Remove předsíň ({BUTTON})?")).await;
    browser.screenshot("radio-sure").await;
    browser.assert_accessible().await;
    browser.click("button[value=remove]").await;
    browser.text_when("[data-part=count]", |text| text.starts_with("Nodes: 2 of ")).await;
    browser.text_when(LAST, |text| text.contains(&format!("Removed: {BUTTON}"))).await;
    // The names are those of the dashboard, too.
    browser.goto(&hub.url("/")).await;
    let heading = format!("section[data-base='nodes/hardwario/{CLIMATE}'] h2");
    browser.text_when(&heading, |text| text == "climate-monitor:0").await;
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn an_open_dashboard_follows_a_new_name() {
    let dongle = Dongle::start(&[]);
    let hub = hub(&dongle);
    let browser = Browser::open().await;
    open(&browser, &hub).await;
    browser.find(&node(CLIMATE)).await;
    browser.goto(&hub.url("/")).await;
    let heading = format!("section[data-base='nodes/hardwario/{CLIMATE}'] h2");
    browser.text_when(&heading, |text| text == "climate-monitor:0").await;
    browser.script("window.same = true").await;
    // As the RADIO page in another window would.
    let rename = async |alias: &str| {
        let form = format!("{{ link: 'radio', do: 'name', id: '{CLIMATE}', alias: '{alias}' }}");
        let post = format!("fetch('/radio', {{ method: 'POST', body: new URLSearchParams({form}) }})");
        browser.script(&post).await;
    };
    rename("půda").await;
    browser.text_when(&heading, |text| text == "půda").await;
    let label = format!(
        "return document.querySelector(\"section[data-base='nodes/hardwario/{CLIMATE}']\").ariaLabel"
    );
    assert_eq!(browser.script(&label).await, "půda");
    rename("").await;
    browser.text_when(&heading, |text| text == format!("HARDWARIO {CLIMATE}")).await;
    assert_eq!(browser.script("return window.same").await, true, "the page was not loaded again");
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn everything_works_without_script() {
    let dongle = Dongle::start(&["--waiting", "1", "--asks-after", "0.2"]);
    let hub = hub(&dongle);
    let browser = Browser::without_script().await;
    open(&browser, &hub).await;
    // Without script a person asks again.
    let look = async |css: &str, wish: &str| {
        common::until(&format!("{wish:?} in {css}"), async || {
            browser.goto(&hub.url("/radio")).await;
            let found = browser.client().find(fantoccini::Locator::Css(css)).await.ok()?;
            found.text().await.ok().filter(|text| text.contains(wish))
        })
        .await
    };
    look("[data-part=count]", "Nodes: 3 of ").await;
    browser.click(START).await;
    browser.text_when(FLASH, |text| text == "Pairing was started.").await;
    look(&node(CO2), CO2).await;
    browser.click(STOP).await;
    browser.text_when(FLASH, |text| text == "Pairing was stopped.").await;
    unfold(&browser, CO2).await;
    browser.find(&format!("{} input[name=alias]", node(CO2))).await.send_keys("sklep").await.expect("text");
    browser.click(&format!("{} button[value=name]", node(CO2))).await;
    // What is looked at next must not overtake the form.
    browser.text_when(FLASH, |text| text == "Done.").await;
    look(&format!("{} h3", node(CO2)), "sklep").await;
    browser.screenshot("radio-without-script").await;
    browser.click("[data-key=by-hand]").await;
    browser.click("[data-key=purge]").await;
    browser.text_when("h1", |text| text == "Remove all 4 nodes from usb-dongle?").await;
    browser.click("button[value=purge]").await;
    browser.text_when(FLASH, |text| text == "Done.").await;
    look("[data-part=count]", "Nodes: 0 of ").await;
    look("[data-part=radio]", "No node is paired yet").await;
    // By its id a node comes back; one on mains says at once who it is.
    browser.click("[data-key=by-hand]").await;
    browser.find("input[name=id]:not([type=hidden])").await.send_keys(RELAY).await.expect("text");
    browser.click("button[value=add]").await;
    browser.text_when(FLASH, |text| text == "Done.").await;
    look(&node(RELAY), "power-controller").await;
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn a_lost_gateway_never_looks_live_and_comes_back_by_itself() {
    let mut dongle = Dongle::start(&[]);
    let hub = hub(&dongle);
    let browser = Browser::open().await;
    open(&browser, &hub).await;
    browser.find(&format!("{}[data-presence=online]", node(RELAY))).await;
    dongle.happen("unplug 6");
    browser.text_when("[data-part=pairing]", |text| text.starts_with("The gateway is not there")).await;
    assert_eq!(browser.script("return document.querySelectorAll('[data-presence=online]').length").await, 0);
    let can =
        "return [...document.querySelectorAll('main button')].filter(button => !button.disabled).length";
    assert_eq!(browser.script(can).await, 0, "a button that cannot do anything");
    browser.screenshot("radio-lost").await;
    browser.assert_accessible().await;
    browser.find(&format!("{}[data-presence=online]", node(RELAY))).await;
    browser
        .script_true("the button comes back", &format!("return !document.querySelector('{START}').disabled"))
        .await;
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn a_hub_that_is_gone_leaves_nothing_that_looks_live() {
    let dongle = Dongle::start(&[]);
    let mut hub = hub(&dongle);
    let browser = Browser::open().await;
    open(&browser, &hub).await;
    browser.find(&node(RELAY)).await;
    let again = hub.launch().listening(hub.authority());
    hub.stop();
    let banner = "return document.querySelector('[data-part=banner]').checkVisibility()";
    browser.script_true("the banner", banner).await;
    let grey = "return getComputedStyle(document.querySelector('.devices')).filter.includes('grayscale')";
    browser.script_true("the nodes step back", grey).await;
    let can = "return document.querySelector('main button:not(:disabled)') === null";
    browser.script_true("buttons nobody can press", can).await;
    let _hub = again.start();
    browser.script_true("the banner to go", &format!("{banner} === false")).await;
    browser.find(&node(RELAY)).await;
    browser.close().await;
}

#[tokio::test]
async fn a_full_dongle_fits_a_phone_in_the_dark_in_czech() {
    let dongle = Dongle::start(&["--paired", "31", "--waiting", "1", "--asks-after", "0.2"]);
    let hub = hub(&dongle);
    let browser = Browser::speaking("cs").await;
    browser.as_phone().await;
    browser.prefers("prefers-color-scheme", "dark").await;
    open(&browser, &hub).await;
    browser.text_when("[data-part=count]", |text| text.starts_with("Uzly: 31 z ")).await;
    browser.click(START).await;
    browser.text_when("[data-part=pairing]", |text| text.starts_with("Párování je zapnuté.")).await;
    browser.text_when(LAST, |text| text.contains("Nespárováno, není místo: 836d19f0001f")).await;
    unfold(&browser, CLIMATE).await;
    let width = browser.script("return document.documentElement.scrollWidth").await;
    assert_eq!(width, 390, "it scrolls sideways");
    let small = browser.small_targets().await;
    assert_eq!(small, json!([]), "targets under 44 px");
    browser.script("scrollTo(0, 0)").await;
    browser.screenshot("radio-phone-dark-cs").await;
    browser.assert_accessible().await;
    browser.prefers("prefers-color-scheme", "light").await;
    browser.screenshot("radio-phone-light-cs").await;
    browser.prefers("prefers-color-scheme", "dark").await;
    browser.click(&format!("{} [data-key=remove]", node(CLIMATE))).await;
    browser.text_when("h1", |text| text.starts_with("Odebrat ")).await;
    assert_eq!(browser.small_targets().await, json!([]));
    browser.screenshot("radio-phone-sure-dark-cs").await;
    browser.assert_accessible().await;
    // The narrowest phone that is sold.
    let narrow = json!({ "width": 320, "height": 600, "deviceScaleFactor": 2, "mobile": true });
    browser.devtools("Emulation.setDeviceMetricsOverride", narrow).await;
    browser.goto(&hub.url("/radio")).await;
    unfold(&browser, CLIMATE).await;
    assert_eq!(
        browser.script("return document.documentElement.scrollWidth").await,
        320,
        "it scrolls sideways"
    );
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn the_keyboard_alone_reaches_everything_and_the_focus_is_seen() {
    let dongle = Dongle::start(&[]);
    let hub = hub(&dongle);
    let browser = Browser::open().await;
    open(&browser, &hub).await;
    browser.find(&node(RELAY)).await;
    let mut reached = Vec::new();
    for _ in 0..40 {
        press(&browser, "\u{e004}").await;
        let at = "const at = document.activeElement; if (!at.closest('main')) return ''; \
            if (getComputedStyle(at).outlineStyle === 'none') throw new Error('the focus is invisible'); \
            return at.dataset.key ?? ''";
        let at = browser.script(at).await.as_str().unwrap_or_default().to_owned();
        if at == "more" && !reached.contains(&at) {
            press(&browser, " ").await;
        }
        reached.push(at);
    }
    for key in ["pairing", "ask", "more", "alias", "name", "messages", "remove", "by-hand"] {
        assert!(reached.iter().any(|at| at == key), "{key} is not among {reached:?}");
    }
    let named = "return [...document.querySelectorAll('main input:not([type=hidden]), main button, main summary, main a')] \
        .filter(e => e.checkVisibility() && !(e.labels?.[0]?.textContent ?? e.textContent).trim()).map(e => e.outerHTML)";
    assert_eq!(browser.script(named).await, json!([]), "controls without a name");
    browser.close().await;
}
