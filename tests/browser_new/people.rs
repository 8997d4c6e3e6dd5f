//! The NEW page for whoever has a keyboard only, or hears it: what it reads as, what is told, where the focus goes.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::common::Browser;
use crate::rig::{House, base};
use crate::{FLASH, card, open};

const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";

/// Presses a key as a person does, where the focus is.
async fn press(browser: &Browser, key: &str) {
    let focused = browser.client().active_element().await.expect("something has the focus");
    focused.send_keys(key).await.expect("a key can be pressed");
}

/// What has the focus: its visible words.
async fn focused(browser: &Browser) -> Value {
    browser.script("return document.activeElement.innerText.trim()").await
}

/// The page as the browser tells it to a screen reader, from top to bottom: `role name` of everything that has a name.
async fn heard(browser: &Browser) -> Vec<String> {
    browser.devtools("Accessibility.enable", json!({})).await;
    let tree = browser.devtools("Accessibility.getFullAXTree", json!({})).await;
    let nodes = tree["nodes"].as_array().expect("a tree");
    let by_id: HashMap<&str, &Value> =
        nodes.iter().filter_map(|node| Some((node["nodeId"].as_str()?, node))).collect();
    let mut waiting: Vec<&Value> = nodes.iter().take(1).collect();
    let mut all = Vec::new();
    while let Some(node) = waiting.pop() {
        let children = node["childIds"].as_array().into_iter().flatten().rev();
        waiting.extend(children.filter_map(|id| by_id.get(id.as_str()?)));
        let text = |key: &str| node[key]["value"].as_str().unwrap_or_default().trim();
        let (role, name) = (text("role"), text("name"));
        // Lines are told once more inside of their texts.
        if node["ignored"] == false && !name.is_empty() && role != "InlineTextBox" {
            all.push(format!("{role} {name}"));
        }
    }
    all
}

#[tokio::test]
async fn page_reads_as_headings_and_buttons_that_name_their_device() {
    let house = House::new("").await;
    let mut script = house.script().await;
    for (device, name) in [("desk", "Desk lamp"), ("shelf", "Bookshelf")] {
        house.announces(device, name).await;
        script.wait_topic("$hub/standing").await;
    }
    house.measures("desk", "21.50").await;
    let browser = Browser::open().await;
    open(&browser, &house, "/new").await;
    browser.text_when(&format!("{} .said", card("desk")), |text| text.contains("21.50")).await;
    let all = heard(&browser).await;
    let place = |part: &str| {
        all.iter().position(|one| one == part).unwrap_or_else(|| panic!("{part} is not in {all:#?}"))
    };
    let read = [
        "heading New",
        "region Bookshelf",
        "heading Bookshelf",
        "button Accept: Bookshelf",
        "button Ignore: Bookshelf",
        "region Desk lamp",
        "heading Desk lamp",
        "button Accept: Desk lamp",
        "button Ignore: Desk lamp",
        "heading All at once",
        "button Accept all of tasmota (2)",
    ];
    // In the order of bases.
    let desk_first: Vec<&str> = [&read[..1], &read[5..9], &read[1..5], &read[9..]].concat();
    let places: Vec<usize> = desk_first.iter().map(|part| place(part)).collect();
    assert!(places.is_sorted(), "{places:?} in {all:#?}");
    assert!(all.iter().any(|one| one.contains("21.50")), "{all:#?}");
    // What is folded away is reached by its summary, and each of its links says whose it is.
    for part in ["Not understood: 1", "Last messages as they came", "Definition made of the announcement"] {
        let summary = format!("DisclosureTriangle {part}");
        assert_eq!(all.iter().filter(|one| **one == summary).count(), 2, "{part} in {all:#?}");
    }
    browser.click(&format!("{} [data-key=definition] > summary", card("desk"))).await;
    let all = heard(&browser).await;
    for part in ["button Copy: Desk lamp", "link Download: Desk lamp", "link Make a file of it: Desk lamp"] {
        assert!(all.iter().any(|one| one == part), "{part} is not in {all:#?}");
    }
    assert!(all.iter().all(|one| *one != "button Copy: Bookshelf"), "that one is folded");
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn keyboard_alone_decides_and_the_focus_goes_on_to_the_next_device() {
    let house = House::new("").await;
    let mut script = house.script().await;
    for device in ["one", "two", "three"] {
        house.announces(device, device).await;
        script.wait_topic("$hub/standing").await;
    }
    let browser = Browser::open().await;
    open(&browser, &house, "/new").await;
    browser.find(&card("two")).await;
    browser.script_true("a live page", "return document.body.dataset.live === 'yes'").await;
    let mut reached = Vec::new();
    for _ in 0..30 {
        press(&browser, TAB).await;
        let at = "const at = document.activeElement; if (!at.closest('main')) return ''; \
            if (getComputedStyle(at).outlineStyle === 'none') throw new Error('the focus is invisible'); \
            const card = at.closest('.newcomer'); if (!card) return ''; \
            return `${card.getAttribute('aria-label')} ${at.dataset.key ?? at.closest('[data-key]').dataset.key}`";
        reached.push(browser.script(at).await.as_str().unwrap_or_default().to_owned());
        if reached.last().is_some_and(|at| at == "three ignore") {
            break;
        }
    }
    // By base: one, three, two.
    for at in [
        "one accept",
        "one ignore",
        "one unknown",
        "one raw",
        "one definition",
        "three accept",
        "three ignore",
    ] {
        assert!(reached.iter().any(|one| one == at), "{at} is not among {reached:?}");
    }
    press(&browser, ENTER).await;
    browser.text_when(FLASH, |text| text == format!("Ignored: {}", base("three"))).await;
    browser
        .script_true("the next one has the focus", "return document.activeElement.innerText.trim() === 'two'")
        .await;
    press(&browser, TAB).await;
    press(&browser, ENTER).await;
    browser.text_when(FLASH, |text| text == format!("Accepted: {}", base("two"))).await;
    browser
        .script_true("the one before has it", "return document.activeElement.innerText.trim() === 'one'")
        .await;
    browser.screenshot("new-focus").await;
    press(&browser, TAB).await;
    press(&browser, ENTER).await;
    browser.text_when(FLASH, |text| text == format!("Accepted: {}", base("one"))).await;
    browser.script_true("the page's heading has it", "return document.activeElement.matches('h1')").await;
    // What was decided is taken back, and the focus stays in that list while there is one.
    browser.script("document.querySelector('[data-key=accepted] > summary').focus()").await;
    press(&browser, ENTER).await;
    press(&browser, TAB).await;
    press(&browser, ENTER).await;
    browser.find(&card("one")).await;
    let undo = "return document.activeElement.getAttribute('aria-label') === 'Take back: two'";
    browser.script_true("the other one of the list has it", undo).await;
    assert_eq!(focused(&browser).await, "Take back");
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn screen_reader_hears_who_has_come_and_what_was_decided_and_not_each_value() {
    let house = House::new("").await;
    let mut script = house.script().await;
    house.announces("desk", "Desk lamp").await;
    script.wait_topic("$hub/standing").await;
    let browser = Browser::open().await;
    open(&browser, &house, "/new").await;
    browser.script_true("a live page", "return document.body.dataset.live === 'yes'").await;
    // A live region is heard if it was there, unhidden, before its words changed.
    let listen = "window.told = []; const live = '[aria-live=polite], [role=status], [role=alert]'; \
        const regions = [...document.querySelectorAll(live)].filter((one) => one.checkVisibility() || one.matches('.unseen')); \
        for (const region of regions) new MutationObserver(() => { \
            const text = region.innerText.trim(); if (text && told.at(-1) !== text) told.push(text); \
        }).observe(region, { subtree: true, childList: true, characterData: true, attributes: true })";
    browser.script(listen).await;
    house.measures("desk", "21.50").await;
    browser.text_when(&format!("{} .said", card("desk")), |text| text.contains("21.50")).await;
    assert_eq!(browser.script("return told").await, json!([]));
    house.announces("shelf", "Bookshelf").await;
    browser.script_true("a word about it", "return told.includes('New: Bookshelf')").await;
    browser.click(&format!("{} [data-key=accept]", card("desk"))).await;
    let done = format!("return told.includes('Accepted: {}')", base("desk"));
    browser.script_true("a word about the decision", &done).await;
    let told = browser.script("return told").await;
    assert_eq!(told.as_array().map(Vec::len), Some(3), "on its way, done, and who has come: {told}");
    browser.assert_quiet().await;
    browser.close().await;
}
