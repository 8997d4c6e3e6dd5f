//! The MESSAGES page in a real browser: the tree of topics, one topic with its past, publishing, what brokers remember.

mod common;

#[path = "browser_messages/house.rs"]
mod house;
#[path = "browser_messages/many.rs"]
mod many;
#[path = "browser_messages/mqtt.rs"]
mod mqtt;
#[path = "browser_messages/people.rs"]
mod people;

use common::{Browser, FakeBridge, Hub, Manners};
use house::{NAMES, ROW, bridge_house, choose, open, press, value_of};
use serde_json::json;

#[tokio::test]
async fn tree_shows_every_topic_and_follows_it() {
    let (hub, browser) = (Hub::demo(), Browser::open().await);
    open(&browser, &hub).await;
    let value = value_of("barometer/i2c0-60");
    let first = browser.script_true("a pressure", &format!("{value} return value;")).await;
    browser.script_true("another pressure", &format!("{value} return value && value !== {first};")).await;
    browser
        .script_true(
            "its rate",
            "return [...document.querySelectorAll('.rate')].some(r => r.textContent.endsWith('/s'))",
        )
        .await;
    browser.screenshot("messages-light").await;
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn search_leaves_what_was_asked_for() {
    let (hub, browser) = (Hub::demo(), Browser::open().await);
    open(&browser, &hub).await;
    let field = browser.find("[name=search]").await;
    let only = |part: &str| {
        format!(
            "const names = (() => {{ {NAMES} }})(); return names.length > 0 && names.every(name => name.includes('{part}'))"
        )
    };
    field.send_keys("RELAY").await.expect("a field takes text");
    let relays = "const names = [...document.querySelectorAll('.leaf')].map(leaf => leaf.textContent).join(); \
        return names.includes('relay') && !names.includes('barometer')";
    browser.script_true("relays by text", relays).await;
    field.clear().await.expect("a field can be emptied");
    field.send_keys("nodes/+/+/barometer/#").await.expect("a field takes text");
    browser.script_true("barometers by filter", &only("barometer")).await;
    browser.screenshot("messages-search").await;
    field.clear().await.expect("a field can be emptied");
    // An emptied field tells nobody; a person's last key does.
    field.send_keys("x\u{8}").await.expect("a field takes text");
    browser
        .script_true("the tree as before", "return document.querySelectorAll('[role=treeitem]').length > 5")
        .await;
    let kind = "document.querySelector('[name=kind]').value = 'hub'; \
                document.querySelector('[name=kind]').dispatchEvent(new Event('input', { bubbles: true }))";
    browser.script(kind).await;
    browser.script_true("the hub's own", &only("$hub")).await;
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn pause_holds_the_view_and_loses_nothing() {
    let (hub, browser) = (Hub::demo(), Browser::open().await);
    open(&browser, &hub).await;
    browser.script_true("messages", "return document.querySelectorAll('[role=treeitem]').length > 5").await;
    browser.click("[data-do=pause]").await;
    let values =
        "return [...document.querySelectorAll('.tree .value, .tree .count')].map(e => e.textContent).join()";
    let before = browser.script(values).await;
    browser
        .text_when("[data-part=state]", |text| text.contains("Paused, 1") || text.contains("Paused, 2"))
        .await;
    assert_eq!(browser.script(values).await, before, "the view moved while it was held");
    browser.click("[data-do=pause]").await;
    browser
        .script_true(
            "what was said meanwhile",
            &format!("const now = (() => {{ {values} }})(); return now !== {before}"),
        )
        .await;
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn keyboard_alone_walks_the_tree() {
    let bridge = FakeBridge::plugged(Manners::default());
    let (hub, browser) = bridge_house(&bridge).await;
    for line in
        [r#"["meter/a", {"t": 1}]"#, r#"["relay/b", {"state": true}]"#, r#"["relay/c", {"state": true}]"#]
    {
        bridge.say(line).await;
    }
    browser.goto(&hub.url("/messages")).await;
    browser.script_true("the relays", &format!("{} return value;", value_of("c"))).await;
    browser.script("document.querySelector('[role=tree]').focus()").await;
    let active = "return document.getElementById(document.querySelector('[role=tree]') \
        .getAttribute('aria-activedescendant'))?.querySelector('.leaf').textContent";
    let at = async |name: &str| {
        browser
            .script_true(
                &format!("{name} to be active"),
                &format!("const name = (() => {{ {active} }})(); return name === '{name}'"),
            )
            .await;
    };
    at("nodes/bridge/0").await;
    // Up to the end and back, into the branch, out of it, and shut.
    press(&browser, "\u{e010}").await;
    press(&browser, "\u{e011}").await;
    at("nodes/bridge/0").await;
    let mut name = json!("nodes/bridge/0");
    while name != json!("relay") {
        press(&browser, "\u{e015}").await;
        name = browser
            .script_true(
                "the next row",
                &format!("const name = (() => {{ {active} }})(); return name !== {name} && name"),
            )
            .await;
        assert_ne!(name, json!("$hub"), "the relays were passed by");
    }
    press(&browser, "\u{e014}").await;
    at("b").await;
    press(&browser, "\u{e012}").await;
    at("relay").await;
    press(&browser, "\u{e012}").await;
    let expanded = "return [...document.querySelectorAll('[role=treeitem]')] \
        .find(r => r.querySelector('.leaf').textContent === 'relay').getAttribute('aria-expanded')";
    let is = async |state: &str| {
        let script = format!("const is = (() => {{ {expanded} }})(); return is === '{state}'");
        browser.script_true(&format!("a branch that is open: {state}"), &script).await;
    };
    is("false").await;
    press(&browser, "\u{e014}").await;
    is("true").await;
    press(&browser, "\u{e014}").await;
    at("b").await;
    press(&browser, "\u{e007}").await;
    browser.text_when("[data-part=about] h2", |text| text == "nodes/bridge/0/relay/b").await;
    browser.screenshot("messages-keyboard").await;
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn topic_shows_what_changed_and_what_was() {
    let bridge = FakeBridge::plugged(Manners::default());
    let (hub, browser) = bridge_house(&bridge).await;
    for value in ["24.50", "24.50", "24.75"] {
        bridge.say(&format!(r#"["thermometer/a", {{"temperature": [{value}, "℃"]}}]"#)).await;
    }
    browser.goto(&hub.url("/messages")).await;
    choose(&browser, "thermometer/a").await;
    browser.text_when("[data-part=change]", |text| text.contains("24.50") && text.contains("24.75")).await;
    assert_eq!(browser.text("[data-part=payload] pre").await, "{\n  \"temperature\": [24.75, \"℃\"]\n}");
    // Any two can be compared.
    browser.click("[data-part=moments] li:nth-child(3) [name=a]").await;
    browser.click("[data-part=moments] li:nth-child(2) [name=b]").await;
    browser
        .text_when("[data-part=change]", |text| {
            text.contains("no. 1 to no. 2") && text.contains("byte for byte")
        })
        .await;
    // It is followed, and what somebody has opened stays open.
    browser.click("[data-reading=bytes] summary").await;
    bridge.say(r#"["thermometer/a", {"temperature": [25.00, "℃"]}]"#).await;
    browser.text_when("[data-part=payload] pre", |text| text.contains("25.00")).await;
    assert_eq!(browser.script("return document.querySelector('[data-reading=bytes]').open").await, true);
    browser.screenshot("messages-topic").await;
    browser.click("[data-part=copies] summary").await;
    let copied = "return [...document.querySelectorAll('[data-part=copies] textarea')].map(t => t.value)";
    let copied = browser.script(copied).await;
    assert_eq!(
        copied[2],
        r#"mosquitto_pub -t 'nodes/bridge/0/thermometer/a' -m '{"temperature": [25.00, "℃"]}'"#
    );
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn hostile_words_are_shown_and_never_run() {
    let bridge = FakeBridge::plugged(Manners::default());
    let (hub, browser) = bridge_house(&bridge).await;
    let attack = "<img src=x onerror=window.hacked=1>";
    for line in [
        format!(r#"["{attack}/\u202eevil", {{"<b>{attack}": "{attack}"}}]"#),
        r#"["__proto__/constructor", {"__proto__": {"hacked": 1}}]"#.to_owned(),
        r#"["\"'><svg/onload=hacked=1", "</textarea></pre><script>hacked=1</script>"]"#.to_owned(),
        format!(r#"["{}/deep", 1]"#, vec!["x"; 55].join("/")),
        format!(r#"["{}", 1]"#, "t".repeat(4_000)),
    ] {
        bridge.say(&line).await;
    }
    browser.goto(&hub.url("/messages")).await;
    browser.click("[data-do=expand]").await;
    browser
        .script_true(
            "the hostile words as text",
            "return document.body.textContent.includes('onerror=window.hacked')",
        )
        .await;
    let rows = browser
        .script("return document.querySelectorAll('[role=treeitem]').length")
        .await
        .as_u64()
        .expect("a number");
    for at in 0..rows {
        browser
            .script(&format!("document.querySelector('[id=row-{at}]:not([data-kind=\"\"]) .leaf')?.click()"))
            .await;
        browser
            .script_true(
                "an answer",
                "return document.querySelector('[data-part=about]').textContent.length > 20",
            )
            .await;
    }
    choose(&browser, &"t".repeat(256)).await;
    browser.text_when("[data-part=about] h2", |text| text.contains("(4015 B)")).await;
    let hacked = browser
        .script("return [window.hacked, ({}).hacked, document.querySelector('main img, main script')]")
        .await;
    assert_eq!(hacked, json!([null, null, null]));
    browser.screenshot("messages-hostile").await;
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn without_script_the_tree_is_walked_by_links() {
    let bridge = FakeBridge::plugged(Manners::default());
    let (hub, browser) = bridge_house(&bridge).await;
    drop(browser);
    let browser = Browser::without_script().await;
    for value in ["24.50", "24.75"] {
        bridge.say(&format!(r#"["thermometer/a", {{"temperature": [{value}, "℃"]}}]"#)).await;
    }
    browser.goto(&hub.url("/messages")).await;
    browser.fill(&[("name", house::NAME), ("password", house::PASSWORD)]).await;
    common::until("the topic", async || {
        browser.goto(&hub.url("/messages?at=nodes")).await;
        browser.client().find(fantoccini::Locator::LinkText("thermometer/a")).await.ok()
    })
    .await
    .click()
    .await
    .expect("a link");
    browser.text_when("[data-part=change]", |text| text.contains("24.50") && text.contains("24.75")).await;
    browser.screenshot("messages-without-script").await;
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn phone_shows_one_thing_at_a_time() {
    let (hub, browser) = (Hub::demo(), Browser::speaking("cs").await);
    browser.as_phone().await;
    browser.prefers("prefers-color-scheme", "dark").await;
    open(&browser, &hub).await;
    browser.script_true("rows", &format!("return document.querySelectorAll('{ROW}').length > 5")).await;
    let wide = "return document.documentElement.scrollWidth";
    assert_eq!(browser.script(wide).await, 390, "the tree scrolls sideways");
    browser.screenshot("messages-phone-dark-cs").await;
    choose(&browser, "barometer/i2c0-60").await;
    browser.find("[data-part=payload] pre").await;
    assert_eq!(browser.script(wide).await, 390, "the topic scrolls sideways");
    let tree = "return document.querySelector('[role=tree]').checkVisibility()";
    assert_eq!(browser.script(tree).await, false);
    browser.screenshot("messages-phone-topic-dark-cs").await;
    assert_eq!(browser.small_targets().await, json!([]), "targets under 44 px");
    browser.click("[data-do=back]").await;
    assert_eq!(browser.script(tree).await, true);
    assert_eq!(browser.small_targets().await, json!([]), "targets under 44 px");
    browser.assert_quiet().await;
    browser.close().await;
}
