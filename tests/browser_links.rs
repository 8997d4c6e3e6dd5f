//! The LINKS page in a real browser: how each link is, what ailed it, and a try at once.

mod common;

use common::{Browser, Hub, Launch, PtyDevice, free_port};
use serde_json::json;

const PASSWORD: &str = "correct horse battery";
const OVERFLOWS: &str = "return document.documentElement.scrollWidth > innerWidth";
const FLASH: &str = "[data-part=flash] [data-part=words]";

/// A hub with a bridge on this port, a simulated one, and a broker that is not there.
async fn house(device: &mut PtyDevice) -> Hub {
    let (port, nobody) = (device.path().display().to_string(), free_port());
    let config = format!(
        "[[link]]\nname = \"usb\"\nkind = \"serial\"\nbase = \"nodes/bridge/0\"\ndevice = {port:?}\n
         [[link]]\nname = \"sim\"\nkind = \"simulator\"\nbase = \"nodes/bridge/1\"\n
         [[link]]\nname = \"home\"\nkind = \"mqtt\"\nurl = \"mqtt://127.0.0.1:{nobody}\"\ntopics = [\"# in\"]\n"
    );
    let hub = Launch::run(&config).account("anna", PASSWORD).start();
    greet(device).await;
    hub
}

/// The bridge answers the hub's greeting.
async fn greet(device: &mut PtyDevice) {
    device.hear_about("clown.talk/-/config/set").await;
    device.say("[\"clown.talk/-/config/ok\", {\"ack\": false, \"device\": \"bridge\", \"capabilities\": 1, \"firmware-datetime\": \"2016-12-26T17:58:02Z\", \"firmware-release\": \"1.1.1\"}]").await;
}

async fn enter(browser: &Browser, hub: &Hub) {
    browser.goto(&hub.url("/links")).await;
    browser.fill(&[("name", "anna"), ("password", PASSWORD)]).await;
    browser.find("[data-part=links] [data-key=usb]").await;
}

fn part(link: &str, rest: &str) -> String {
    format!("[data-part=links] > [data-key={link}] {rest}")
}

#[tokio::test]
async fn each_link_says_how_it_is_and_what_ailed_it() {
    let (mut device, browser) = (PtyDevice::plugged(), Browser::open().await);
    let hub = house(&mut device).await;
    enter(&browser, &hub).await;
    let waits = part("home", "[data-key=again]");
    browser.find(&waits).await;
    // Those that need somebody come first.
    let first =
        browser.script("return document.querySelector('[data-part=links] > section').dataset.key").await;
    assert_eq!(first, json!("home"));
    assert!(browser.text(&part("usb", "dl")).await.contains("none since the start"));
    device.say("not a message").await;
    browser.text_when(&part("usb", "dl"), |text| text.contains("1× lines that were no message")).await;
    browser
        .text_when(&part("sim", "[data-part=rates]"), |text| text.contains(" in and 0 out a minute"))
        .await;
    browser.screenshot("links-desktop").await;
    browser.prefers("prefers-color-scheme", "dark").await;
    browser.as_phone().await;
    assert_eq!(browser.script(OVERFLOWS).await, json!(false));
    browser.screenshot("links-phone-dark").await;
    assert_eq!(browser.small_targets().await, json!([]));
    browser.as_desktop(1280, 900).await;

    browser.click(&waits).await;
    browser.text_when(FLASH, |text| text == "home: the hub tries it now.").await;

    device.unplug();
    browser
        .script_true(
            "the link to wait",
            "return document.querySelector('[data-key=usb]').dataset.phase === 'waiting'",
        )
        .await;
    browser.text_when(&part("usb", ".trouble"), |text| text.contains("plug")).await;
    device.plug();
    greet(&mut device).await;
    browser.text_when(&part("usb", "dl"), |text| text.contains("over ")).await;
    browser
        .script_true("no trouble any more", "return document.querySelector('[data-key=usb] .trouble').hidden")
        .await;
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn without_script_and_in_czech_it_says_and_does_the_same() {
    let (mut device, browser) = (PtyDevice::plugged(), Browser::without_script().await);
    let hub = house(&mut device).await;
    enter(&browser, &hub).await;
    browser.click("details.menu > summary").await;
    browser.click("button[name=lang][value=cs]").await;
    browser.text_when("h1", |text| text == "Spojení").await;
    // The way that a person takes.
    browser.click("a.name").await;
    browser.click("details.menu > summary").await;
    browser.click(".sheet a[href='/links']").await;
    browser.text_when("h1", |text| text == "Spojení").await;
    browser.click(&part("home", "button")).await;
    browser.text_when(FLASH, |text| text == "home: hub to právě zkouší.").await;
    browser.screenshot("links-czech").await;
    browser.close().await;
}
