//! What hands do on the page: they drag by mouse or finger, and press keys.

use serde_json::{Value, json};

use crate::common::Browser;

pub const UP: &str = "\u{e013}";
pub const DOWN: &str = "\u{e015}";
pub const ESCAPE: &str = "\u{e00c}";

/// How it is held.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Hand {
    Mouse,
    Finger,
}

/// Carries a thing by its handle to the lower part of another one.
pub async fn drag(browser: &Browser, thing: &str, goal: &str, hand: Hand) {
    let both = format!(
        "document.querySelector(\"{goal}\").scrollIntoView({{ block: 'center', behavior: 'instant' }}); \
         const middle = (css, part) => {{ const box = document.querySelector(css).getBoundingClientRect(); \
         return [box.left + box.width / 2, box.top + box.height * part]; }}; \
         return [middle(\"{thing} > .bar .handle\", 0.5), middle(\"{goal}\", 0.9)]"
    );
    let points = browser.script(&both).await;
    let at = |point: usize, axis: usize| points[point][axis].as_f64().expect("a place");
    let (from, to) = ((at(0, 0), at(0, 1)), (at(1, 0), at(1, 1)));
    act(browser, hand, "down", from).await;
    for step in 1..=6 {
        let part = f64::from(step) / 6.0;
        let place = (from.0 + (to.0 - from.0) * part, from.1 + (to.1 - from.1) * part);
        act(browser, hand, "move", place).await;
    }
    browser
        .script_true("a mark where it goes", "return document.querySelector('[data-drop]') !== null")
        .await;
    act(browser, hand, "up", to).await;
}

async fn act(browser: &Browser, hand: Hand, what: &str, (x, y): (f64, f64)) {
    let (command, wish): (&str, Value) = match hand {
        Hand::Mouse => {
            let sort = match what {
                "down" => "mousePressed",
                "up" => "mouseReleased",
                _ => "mouseMoved",
            };
            let button =
                json!({ "type": sort, "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1 });
            ("Input.dispatchMouseEvent", button)
        }
        Hand::Finger => {
            let sort = match what {
                "down" => "touchStart",
                "up" => "touchEnd",
                _ => "touchMove",
            };
            let points = if what == "up" { json!([]) } else { json!([{ "x": x, "y": y }]) };
            ("Input.dispatchTouchEvent", json!({ "type": sort, "touchPoints": points }))
        }
    };
    browser.devtools(command, wish).await;
}

/// Gives the focus to something.
pub async fn focus(browser: &Browser, css: &str) {
    browser.script(&format!("document.querySelector(\"{css}\").focus()")).await;
}

/// Presses a key where the focus is.
pub async fn press(browser: &Browser, key: &str) {
    let focused = browser.client().active_element().await.expect("something has the focus");
    focused.send_keys(key).await.expect("a key can be pressed");
}
