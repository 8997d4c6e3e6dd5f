//! The JavaScript of docs/scripting.md, run in a page of the hub.

mod common;

use common::{Browser, Hub, until};

const MANUAL: &str = include_str!("../docs/scripting.md");

#[tokio::test]
async fn the_manuals_script_switches_the_relay_and_hears_it() {
    let hub = Hub::demo();
    let script = MANUAL.split("```js\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a script");
    let script = script
        .replace("ada:secret@hub.local:8443", hub.authority())
        .replace("nodes_bridge_0", "nodes_bridge_simulator");
    let browser = Browser::open().await;
    browser.sign_in(&hub).await;
    browser
        .script(&format!(
            "window.heard = []; console.log = (...said) => heard.push(JSON.stringify(said));\n{script}"
        ))
        .await;
    let relay = r#"["relay/i2c0-3b",{"state":true}]"#;
    until("the page to hear the relay", async || {
        let heard = browser.script("return heard.join('\\n');").await;
        heard.as_str().is_some_and(|heard| heard.contains(relay)).then_some(())
    })
    .await;
    browser.close().await;
}
