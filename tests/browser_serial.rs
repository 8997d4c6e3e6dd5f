//! A bridge on a serial line, seen in a real browser: it appears, it is pulled out, and whatever it says is only text.

mod common;

use common::{Browser, FakeBridge, Hub, Manners};

const THERMOMETER: &str = "article[data-topic='nodes/bridge/0/thermometer/i2c0-48']";

/// A hub with this bridge and a browser that has set it up.
async fn house(bridge: &FakeBridge) -> (Hub, Browser) {
    let hub = Hub::run(&format!(
        "[[link]]\nname = \"usb\"\nkind = \"serial\"\ndevice = {:?}\nbase = \"nodes/bridge/0\"\n",
        bridge.path().display().to_string()
    ));
    let browser = Browser::open().await;
    browser.goto(&hub.url("/")).await;
    browser.fill(&[("code", hub.said("setup_code")), ("name", "anna"), ("password", "correct horse")]).await;
    browser.find("form[action='/logout']").await;
    (hub, browser)
}

#[tokio::test]
async fn tile_appears_the_moment_a_device_speaks() {
    let bridge = FakeBridge::plugged(Manners::default());
    let (_hub, browser) = house(&bridge).await;
    bridge.hears("clown.talk/-/config/set").await;
    bridge.say(r#"["thermometer/i2c0-48", {"temperature": [24.50, "℃"]}]"#).await;
    browser.text_when(&format!("{THERMOMETER} [data-part=number]"), |text| text == "24.50").await;
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn page_says_who_was_pulled_out_and_shows_it_live_again() {
    let bridge = FakeBridge::plugged(Manners::default());
    let (_hub, browser) = house(&bridge).await;
    bridge.hears("clown.talk/-/config/set").await;
    bridge.say(r#"["thermometer/i2c0-48", {"temperature": [24.50, "℃"]}]"#).await;
    // Its tile is there as soon as it is listed; a word that the hub has not read yet would go with the plug.
    browser.text_when(&format!("{THERMOMETER} [data-part=number]"), |text| text == "24.50").await;

    bridge.unplug().await;
    browser.find(&format!("{THERMOMETER}[data-presence=offline]")).await;
    let trouble = browser.text_when(".trouble [data-part=reason]", |text| !text.is_empty()).await;
    browser.screenshot("unplugged").await;
    assert!(!trouble.is_empty());

    bridge.plug().await;
    bridge.say(r#"["thermometer/i2c0-48", {"temperature": [25.00, "℃"]}]"#).await;
    browser.find(&format!("{THERMOMETER}[data-presence=online]")).await;
    browser.close().await;
}

#[tokio::test]
async fn hostile_words_are_shown_and_never_run() {
    let bridge = FakeBridge::plugged(Manners::default());
    let (hub, browser) = house(&bridge).await;
    bridge.hears("clown.talk/-/config/set").await;
    let attack = "<img src=x onerror=window.hacked=1>";
    for line in [
        format!(r#"["thermometer/{attack}", {{"temperature": [24.50, "℃"]}}]"#),
        format!(r#"["thermometer/i2c0-48", {{"temperature": [24.50, "{attack}"]}}]"#),
        format!(r#"["thermometer/i2c0-49", {{"{attack}": [24.50, "℃"]}}]"#),
        format!(r#"["display/x", {{"text": "{attack}"}}]"#),
        r#"["__proto__/constructor", {"__proto__": {"hacked": 1}, "toString": "x"}]"#.to_owned(),
    ] {
        bridge.say(&line).await;
    }
    bridge.say(r#"["thermometer/i2c1-4f", {"temperature": [1.00, "℃"]}]"#).await;
    for path in ["/", "/log"] {
        // As rendered by the hub, and as drawn by the page from live messages.
        browser.goto(&hub.url(path)).await;
        bridge.say(&format!(r#"["thermometer/i2c0-48", {{"temperature": [24.75, "{attack}"]}}]"#)).await;
        bridge.say(&format!(r#"["display/y", {{"text": "{attack}{path}"}}]"#)).await;
        let shown = format!("return document.body.textContent.includes('{attack}{path}')");
        browser.script_true("the hostile words as text", &shown).await;
        let hacked =
            browser.script("return [window.hacked, ({}).hacked, document.querySelector('main img')]").await;
        assert_eq!(hacked, serde_json::json!([null, null, null]), "{path}");
        browser.screenshot(&format!("hostile{}", path.replace('/', "-"))).await;
    }
    // An attack that the policy had to stop would stand in the console.
    browser.assert_quiet().await;
    browser.close().await;
}
