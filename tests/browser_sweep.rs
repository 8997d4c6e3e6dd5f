//! Every page as different people see it: on narrow screens, magnified, by keyboard alone, in forced colours, without
//! motion, in the dark. Pictures of all are `target/screenshots/page-*.png`; `make screenshots` keeps a choice of them.

mod common;
mod house;

use common::Browser;
use house::{PAGES, enter, house};
use serde_json::json;

const OVERFLOWS: &str = "
    if (document.documentElement.scrollWidth <= innerWidth) return null;
    const wide = [...document.querySelectorAll('main *')].filter((one) => one.getBoundingClientRect().right > innerWidth + 1);
    return wide.slice(0, 3).map((one) => one.outerHTML.slice(0, 160)).join('\\n') || 'something';";
const MOVES: &str =
    "return document.getAnimations().filter(({ playState }) => playState === 'running').length";
/// The next stop of the keyboard, if it cannot be seen.
const STOP: &str = "
    const at = document.activeElement;
    if (at === document.body || at === null) return 'end';
    if (at.dataset.swept !== undefined) return 'end';
    at.dataset.swept = '';
    const told = (one) => {
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(one);
        return (outlineStyle !== 'none' && outlineWidth !== '0px') || boxShadow !== 'none';
    };
    const near = [at, ...at.querySelectorAll('*'), at.parentElement];
    const box = at.getBoundingClientRect();
    const isSeen = box.width > 0 && near.some(told);
    return isSeen ? 'seen' : at.outerHTML.slice(0, 160);";

#[tokio::test]
async fn no_page_is_wider_than_its_screen_and_every_control_fits_a_finger() {
    let (hub, browser) = (house(), Browser::open().await);
    enter(&browser, &hub).await;
    let mut found = Vec::new();
    for (name, path, sign) in PAGES {
        browser.as_desktop(1280, 900).await;
        browser.goto(&hub.url(path)).await;
        browser.find(sign).await;
        browser.screenshot(&format!("page-{name}-desktop")).await;
        // 640 pixels are what 200 % leaves of a screen with 1280.
        for width in [640, 320] {
            browser.as_desktop(width, 800).await;
            let wide = browser.script(OVERFLOWS).await;
            if !wide.is_null() {
                found.push(format!("{name} at {width}: {wide}"));
            }
        }
        browser.screenshot(&format!("page-{name}-320")).await;
        browser.as_phone().await;
        let small = browser.small_targets().await;
        if small != json!([]) {
            found.push(format!("{name}: small {small}"));
        }
        browser.script("scrollTo(0, 0)").await;
        browser.prefers("prefers-color-scheme", "dark").await;
        browser.screenshot(&format!("page-{name}-phone-dark")).await;
        browser.prefers("prefers-color-scheme", "light").await;
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    browser.close().await;
}

#[tokio::test]
async fn keyboard_reaches_everything_and_shows_where_it_is() {
    let (hub, browser) = (house(), Browser::open().await);
    enter(&browser, &hub).await;
    let mut found = Vec::new();
    for (name, path, sign) in PAGES {
        browser.goto(&hub.url(path)).await;
        browser.find(sign).await;
        let mut stops = 0;
        loop {
            let key =
                json!({ "type": "rawKeyDown", "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9 });
            browser.devtools("Input.dispatchKeyEvent", key).await;
            let stop = browser.script(STOP).await;
            match stop.as_str() {
                Some("end") => break,
                Some("seen") => stops += 1,
                other => found.push(format!("{name}: {other:?} does not show the focus")),
            }
        }
        if stops < 5 {
            found.push(format!("{name}: only {stops} stops"));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    browser.close().await;
}

#[tokio::test]
async fn pages_keep_their_sense_in_forced_colours_and_stand_still_where_motion_is_unwanted() {
    let (hub, browser) = (house(), Browser::open().await);
    enter(&browser, &hub).await;
    let mut found = Vec::new();
    for (name, path, sign) in PAGES {
        browser.prefers("prefers-reduced-motion", "reduce").await;
        browser.goto(&hub.url(path)).await;
        browser.find(sign).await;
        let moving = browser.script(MOVES).await;
        if moving != json!(0) {
            found.push(format!("{name}: {moving} animations"));
        }
        browser.prefers("forced-colors", "active").await;
        browser.screenshot(&format!("page-{name}-forced")).await;
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    browser.close().await;
}
