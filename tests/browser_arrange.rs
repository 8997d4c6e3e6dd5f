//! Arranging the dashboard in a real browser: by mouse, finger and keyboard, and without script.

#[path = "common/mod.rs"]
mod common;
#[path = "browser_arrange/hands.rs"]
mod hands;
#[path = "newcomers/rig.rs"]
mod rig;

use common::{Browser, Hub, Launch, until};
use rig::{House, PASSWORD, base};
use serde_json::json;

/// Three bridges, and two people.
fn hub() -> Hub {
    let link = |n| format!("[[link]]\nname = \"{n}\"\nkind = \"simulator\"\nbase = \"nodes/bridge/{n}\"\n");
    Launch::run(&(0..3).map(link).collect::<String>())
        .account("ada", PASSWORD)
        .account("bob", PASSWORD)
        .start()
}

async fn open(browser: &Browser, hub: &Hub, name: &str, path: &str) {
    browser.goto(&hub.url(path)).await;
    browser.fill(&[("name", name), ("password", PASSWORD)]).await;
    browser.find("main h1").await;
}

fn thing(what: &str) -> String {
    format!("[data-list=device] > [data-thing='{what}']")
}

fn bridge(n: u8) -> String {
    format!("nodes/bridge/{n}")
}

fn relay(n: u8) -> String {
    format!("article[data-topic='nodes/bridge/{n}/relay/i2c0-3b']")
}

/// Waits until the lists of devices are these: rooms and their devices.
async fn lists(browser: &Browser, expect: &str) {
    let script = "return [...document.querySelectorAll('[data-list=device]')].map((list) => list.dataset.room + ':' + \
                  [...list.children].map((one) => one.dataset.thing?.split('/').pop()).join('')).join(' ')";
    until(&format!("the lists {expect}"), async || {
        let shown = browser.script(script).await;
        let still = browser.script("return document.querySelector('[data-part=flash]').dataset.step").await;
        (shown == expect && still != "pending").then_some(())
    })
    .await;
}

/// Waits until the dashboard has these devices in this order.
async fn order(browser: &Browser, expect: &str) {
    let script = "return [...document.querySelectorAll('.room .device')].map((one) => one.dataset.base.split('/').pop()).join('')";
    browser
        .script_true(&format!("devices {expect}"), &format!("return (() => {{ {script} }})() === '{expect}'"))
        .await;
}

async fn fits(browser: &Browser) {
    let wide = "return document.documentElement.scrollWidth <= window.innerWidth";
    browser.script_true("nothing sideways", wide).await;
}

async fn says(browser: &Browser, part: &str) {
    let script = format!("return document.querySelector('[data-part=said]').textContent.includes({part:?})");
    browser.script_true(&format!("the words {part}"), &script).await;
}

#[tokio::test]
async fn rooms_are_made_by_mouse_and_keyboard_and_each_person_sees_their_own() {
    let hub = hub();
    let (ada, bob) = (Browser::open().await, Browser::open().await);
    ada.as_desktop(1280, 1500).await;
    open(&ada, &hub, "ada", "/").await;
    open(&bob, &hub, "bob", "/").await;
    for browser in [&ada, &bob] {
        browser.find(&relay(2)).await;
        order(browser, "012").await;
    }
    ada.click("[data-part=arrange] a").await;
    ada.find("[data-carries] .handle").await;
    for room in ["Workshop", "Kitchen"] {
        ada.find(".add input").await.send_keys(room).await.expect("a field takes text");
        ada.click(".add button").await;
        ada.find(&format!(".shelf[data-thing={room}]")).await;
    }
    lists(&ada, "Workshop: Kitchen: :012").await;

    // By mouse into an empty room, beside another one, and not at all.
    hands::drag(&ada, &thing(&bridge(2)), ".shelf[data-thing=Workshop] .things", hands::Hand::Mouse).await;
    lists(&ada, "Workshop:2 Kitchen: :01").await;
    hands::drag(&ada, &thing(&bridge(0)), &thing(&bridge(2)), hands::Hand::Mouse).await;
    lists(&ada, "Workshop:20 Kitchen: :1").await;

    // By the keyboard: back where it was, and then down into the next room.
    let handle = format!("{} > .bar .handle", thing(&bridge(0)));
    hands::focus(&ada, &handle).await;
    hands::press(&ada, " ").await;
    says(&ada, "picked up").await;
    hands::press(&ada, hands::UP).await;
    says(&ada, "1 of 2 in Workshop").await;
    ada.screenshot("arrange-keyboard").await;
    hands::press(&ada, hands::ESCAPE).await;
    says(&ada, "back where it was").await;
    lists(&ada, "Workshop:20 Kitchen: :1").await;
    hands::press(&ada, " ").await;
    hands::press(&ada, hands::DOWN).await;
    says(&ada, "1 of 1 in Kitchen").await;
    hands::press(&ada, " ").await;
    lists(&ada, "Workshop:2 Kitchen:0 :1").await;
    let focused = format!("return document.activeElement === document.querySelector(\"{handle}\")");
    ada.script_true("the focus stays in the hand", &focused).await;

    // A name, a favourite, something hidden.
    let details = format!("{} > details", thing(&bridge(0)));
    ada.click(&format!("{details} > summary")).await;
    ada.find(&format!("{details} > form input[name=name]"))
        .await
        .send_keys("Bridge by the door")
        .await
        .expect("text");
    ada.click(&format!("{details} > form [data-key=keep]")).await;
    ada.text_when(&format!("{} > .bar b", thing(&bridge(0))), |text| text == "Bridge by the door").await;
    let tile = |n: u8, id: &str| format!("[data-list=tile] > [data-thing='nodes/bridge/{n}/{id}']");
    ada.click(&format!("{} [data-key=star]", tile(0, "relay/i2c0-3b#state"))).await;
    ada.find("[data-list=favourite] > .thing").await;
    ada.click(&format!("{} > details > summary", tile(0, "thermometer/i2c0-48#temperature"))).await;
    ada.click(&format!("{} [data-key=hide]", tile(0, "thermometer/i2c0-48#temperature"))).await;
    ada.find(&format!("{} .tag", tile(0, "thermometer/i2c0-48#temperature"))).await;
    ada.screenshot("arrange").await;
    ada.prefers("prefers-color-scheme", "dark").await;
    ada.screenshot("arrange-dark").await;
    ada.prefers("prefers-color-scheme", "light").await;

    ada.goto(&hub.url("/")).await;
    order(&ada, "201").await;
    ada.find(&format!("#favourites {}", relay(0))).await;
    ada.text_when("#room-2 h2", |text| text == "Kitchen").await;
    ada.script_true("a name", "return [...document.querySelectorAll('.device h2')].some((h) => h.textContent.includes('Bridge by the door'))").await;
    ada.text_when("[data-part=arrange]", |text| text.contains("Hidden: 1")).await;
    ada.click(&format!("{} .toggle", relay(0))).await;
    ada.find(&format!("{}[data-value=true]", relay(0))).await;
    ada.screenshot("rooms").await;
    ada.click("[data-part=arrange] a:last-child").await;
    ada.click("#hidden [data-key=show]").await;
    ada.script_true("nothing hidden", "return document.querySelector('#hidden').hidden").await;
    order(&bob, "012").await;
    bob.goto(&hub.url("/")).await;
    order(&bob, "012").await;
    bob.find(&format!("{}[data-value=true]", relay(0))).await;
    for browser in [ada, bob] {
        browser.assert_quiet().await;
        browser.close().await;
    }
}

#[tokio::test]
async fn finger_carries_a_device_and_a_locked_tile_asks_for_a_second_press() {
    let hub = hub();
    let browser = Browser::speaking("cs").await;
    browser.as_phone().await;
    open(&browser, &hub, "ada", "/arrange").await;
    browser.find(&thing(&bridge(2))).await;
    hands::drag(&browser, &thing(&bridge(2)), &thing(&bridge(0)), hands::Hand::Finger).await;
    until("a finger moved it", async || {
        let script = "return [...document.querySelectorAll('[data-list=device] > li')].map((one) => one.dataset.thing.split('/').pop()).join('')";
        let shown = browser.script(script).await;
        (shown == "021" || shown == "201").then_some(())
    })
    .await;
    browser.text_when("[data-part=flash]", |text| text == "Uloženo.").await;
    let lock = "[data-list=tile] > [data-thing='nodes/bridge/0/relay/i2c0-3b#state']";
    browser.click(&format!("{} > details > summary", thing(&bridge(0)))).await;
    browser.click(&format!("{lock} > details > summary")).await;
    browser.click(&format!("{lock} [data-key=lock]")).await;
    browser.text_when(&format!("{lock} .tag"), |text| text == "zamčeno").await;
    assert_eq!(browser.small_targets().await, json!([]));
    fits(&browser).await;
    browser.screenshot("arrange-phone-czech").await;
    browser.prefers("prefers-color-scheme", "dark").await;
    browser.screenshot("arrange-phone-dark").await;

    browser.goto(&hub.url("/")).await;
    browser.script_true("a live page", "return document.body.dataset.live === 'yes'").await;
    let toggle = format!("{} .toggle", relay(0));
    browser.click(&toggle).await;
    browser
        .text_when(&format!("{} [data-part=again]", relay(0)), |text| text == "Pro přepnutí stiskněte znovu")
        .await;
    browser.find(&format!("{}[data-value=false][data-step='']", relay(0))).await;
    browser.screenshot("locked-phone").await;
    fits(&browser).await;
    browser.click(&toggle).await;
    browser.find(&format!("{}[data-value=true]", relay(0))).await;
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn without_script_everything_is_arranged_by_forms() {
    let hub = hub();
    let browser = Browser::without_script().await;
    open(&browser, &hub, "ada", "/").await;
    until("all bridges", async || {
        browser.goto(&hub.url("/")).await;
        let all = browser
            .client()
            .find_all(fantoccini::Locator::Css("article[data-topic$='/relay/i2c0-3b']"))
            .await
            .ok()?;
        (all.len() == 3).then_some(())
    })
    .await;
    browser.click(".menu > summary").await;
    browser.click(".sheet a[href='/arrange']").await;
    browser.click(&format!("{} > .bar [data-key=up]", thing(&bridge(2)))).await;
    browser.find(&format!("li:nth-child(2){}", thing(&bridge(2)).replace("[data-list=device] > ", ""))).await;
    browser.find(".add input").await.send_keys("Dílna").await.expect("text");
    browser.click(".add button").await;
    let details = format!("{} > details", thing(&bridge(1)));
    browser.click(&format!("{details} > summary")).await;
    browser.click(&format!("{details} select option[value='Dílna']")).await;
    browser.click(&format!("{details} [data-key=put]")).await;
    browser.find(&format!(".shelf[data-thing='Dílna'] {}", thing(&bridge(1)))).await;
    let lock = "[data-list=tile] > [data-thing='nodes/bridge/1/relay/i2c0-3b#state']";
    browser.click(&format!("{lock} > details > summary")).await;
    browser.click(&format!("{lock} [data-key=lock]")).await;
    browser.find(&format!("{lock} .tag")).await;
    browser.screenshot("arrange-without-script").await;
    browser.goto(&hub.url("/")).await;
    browser.click(&format!("{} .toggle", relay(1))).await;
    browser.text_when("h1", |text| text == "Switch Relay?").await;
    browser.screenshot("locked-without-script").await;
    browser.click("main [name=sure]").await;
    browser.find(&format!("#room-1 {}[data-value=true]", relay(1))).await;
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn new_device_lands_in_its_room_while_the_page_is_open() {
    let house = House::new("[discovery]\naccept = [\"tasmota\"]\n").await;
    let folder = house.hub.data().join("dashboard");
    std::fs::create_dir_all(&folder).expect("the data folder is writable");
    let file = |order: &str| {
        let rooms = ["Desk", "Shelf"].map(|room| {
            format!("[[room]]\nname = \"{room}\"\ndevices = [\"{}\"]\n", base(&room.to_lowercase()))
        });
        let text = format!("favourites = [\"{}/relay/1#state\"]\n{order}{}", base("desk"), rooms.join("\n"));
        std::fs::write(folder.join("everyone.toml"), text).expect("the data folder is writable");
    };
    file("");
    let browser = Browser::open().await;
    open(&browser, &house.hub, "ada", "/").await;
    browser.script("window.same = true").await;
    for name in ["lamp", "shelf", "desk"] {
        house.announces(name, name).await;
        house.is_there(name).await;
        house.measures(name, "21.50").await;
    }
    browser.find(&format!("#favourites article[data-topic='{}/relay/1']", base("desk"))).await;
    order(&browser, "deskshelflamp").await;
    let chips = "return [...document.querySelectorAll('.rooms a:not([hidden])')].map((chip) => chip.textContent).join()";
    browser
        .script_true(
            "ways to all",
            &format!("return (() => {{ {chips} }})() === 'Favourites,Desk,Shelf,Other devices'"),
        )
        .await;
    house.switched("desk", "ON").await;
    browser.find("#favourites .tile[data-value=true]").await;
    // The file is edited, and the next device brings the new arrangement along.
    file(&format!("hidden = [\"{}\"]\n", base("lamp")));
    house.announces("door", "door").await;
    house.is_there("door").await;
    order(&browser, "deskshelfdoor").await;
    house.measures("shelf", "19.25").await;
    browser.text_when("#room-2 .number", |text| text == "19.25").await;
    assert_eq!(browser.script("return window.same").await, true, "no page was loaded again");
    browser.as_phone().await;
    fits(&browser).await;
    browser.screenshot("rooms-phone").await;
    browser.assert_quiet().await;
    browser.close().await;
}
