//! The page beside a real Mosquitto: publishing by hand, and what the broker alone remembers.

use crate::common::{Browser, Hub, Mosquitto, Setup};
use crate::house::{choose, house};

async fn broker_house(broker: &Mosquitto) -> (Hub, Browser) {
    let url = format!("mqtt://127.0.0.1:{}", broker.port());
    house(&format!("[[link]]\nname = \"home\"\nkind = \"mqtt\"\nurl = \"{url}\"\ntopics = [\"# in 1\"]\n"))
        .await
}

/// Fills the form as a person does and gives the answer once it is there.
async fn publish(browser: &Browser, topic: &str, payload: &str, answer: &str) -> String {
    browser.script("document.querySelector('[data-part=answer]').textContent = ''").await;
    browser.fill(&[("topic", topic), ("payload", payload)]).await;
    browser.text_when("[data-part=answer]", |text| text.contains(answer)).await
}

#[tokio::test]
async fn message_by_hand_goes_out_with_qos_and_retain() {
    let broker = Mosquitto::start(Setup::default()).await;
    let (hub, browser) = broker_house(&broker).await;
    browser.goto(&hub.url("/messages")).await;
    browser.script_true("a live page", "return document.body.dataset.live === 'yes'").await;
    browser.click("[name=qos][value='1']").await;
    browser.click("[name=retain]").await;
    let answer = publish(&browser, "garden/lamp", "{\"on\": 1.50}", "confirmed").await;
    assert!(answer.starts_with("accepted → sent → confirmed ("), "{answer}");
    broker
        .subscribe(&["-t", "garden/#", "-v", "-F", "%t %r %p"])
        .await
        .hears("garden/lamp 1 {\"on\": 1.50}")
        .await;

    publish(&browser, "$SYS/x", "1", "begin with `$`").await;
    publish(&browser, "garden/#", "1", "+").await;
    browser.find("[name=payload]").await.send_keys("x").await.expect("a field takes text");
    browser.text_when("[data-part=check]", |text| text.contains("not JSON")).await;
    browser.screenshot("messages-publish").await;
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn longest_topic_and_largest_payload_are_shown_and_said_to_be_cut() {
    let broker = Mosquitto::start(Setup::default()).await;
    let (hub, browser) = broker_house(&broker).await;
    let (topic, payload) = ("t".repeat(60_000), format!("<b>{}</b>", "ž".repeat(100_000)));
    let file = hub.data().join("payload");
    std::fs::write(&file, &payload).expect("the folder is writable");
    browser.goto(&hub.url("/messages")).await;
    broker.publish(&["-t", &topic, "-f", &file.display().to_string()]).await;
    choose(&browser, &topic[..256]).await;
    browser.text_when("[data-part=about] h2", |text| text.contains("(60000 B)")).await;
    let cut = browser.text("[data-reading=as-sent] summary").await;
    assert!(cut.contains("first 64 KiB of 195.3 KiB"), "{cut}");
    let whole = "const answer = await fetch(document.querySelector('[data-part=payload] .title a').href); \
        return (await answer.text()).length";
    let script = format!("const done = arguments[0]; (async () => {{ {whole} }})().then(done)");
    let length = browser.client().execute_async(&script, Vec::new()).await.expect("the whole payload");
    assert_eq!(length, 100_007);
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn retained_message_nobody_refreshed_is_found_and_cleared() {
    let broker = Mosquitto::start(Setup::default()).await;
    for topic in ["old/a", "old/b", "new/c"] {
        broker.publish(&["-r", "-t", topic, "-m", "{\"t\": 1}"]).await;
    }
    let (hub, browser) = broker_house(&broker).await;
    browser.goto(&hub.url("/messages")).await;
    choose(&browser, "new/c").await;
    browser.text_when("[data-part=facts]", |text| text.contains("from memory")).await;
    broker.publish(&["-r", "-t", "new/c", "-m", "{\"t\": 2}"]).await;
    browser.text_when("[data-part=facts]", |text| !text.contains("from memory")).await;

    browser.goto(&hub.url("/messages/retained")).await;
    let topics = "return [...document.querySelectorAll('.ghosts .topic')].map(t => t.textContent)";
    assert_eq!(browser.script(topics).await, serde_json::json!(["old/a", "old/b"]));
    browser.screenshot("messages-retained").await;
    let choose = "[...document.querySelectorAll('.ghosts li')].find(li => li.textContent.includes('old/a')).querySelector('input').click()";
    browser.script(choose).await;
    browser.click(".ghosts .row button:first-child").await;
    browser.text_when("h2", |text| text == "Clear topics (1)?").await;
    browser.screenshot("messages-retained-sure").await;
    browser.click(".sure button").await;
    browser.text_when("[role=status]", |text| text == "1 cleared, 0 not.").await;
    assert_eq!(browser.script(topics).await, serde_json::json!(["old/b"]));
    browser.click(".ghosts [name=all]").await;
    browser.click(".sure button").await;
    browser.text_when("[role=status]", |text| text == "1 cleared, 0 not.").await;
    browser.screenshot("messages-retained-cleared").await;
    let mut left = broker.subscribe(&["-t", "old/#", "-t", "new/#", "-t", "end", "-v"]).await;
    assert_eq!(left.line().await, "new/c {\"t\": 2}", "the broker forgot the others");
    broker.publish(&["-t", "end", "-m", "1"]).await;
    assert_eq!(left.line().await, "end 1");
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn clearing_is_given_up_where_a_broker_answers_nothing() {
    let broker = Mosquitto::start(Setup::default()).await;
    for n in 0..20 {
        broker.publish(&["-r", "-t", &format!("old/{n}"), "-m", "1"]).await;
    }
    let (hub, browser) = broker_house(&broker).await;
    browser.goto(&hub.url("/messages")).await;
    choose(&browser, "19").await;
    browser.goto(&hub.url("/messages/retained?search=old/%23")).await;
    browser.click(".ghosts [name=all]").await;
    broker.freeze();
    browser.click(".sure button").await;
    browser
        .text_when("[role=status]", |text| {
            text == "0 cleared, 20 not. Stopped, because the last ones all failed; not tried: 4."
        })
        .await;
    broker.thaw();
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn brokers_are_asked_what_they_remember_and_no_live_value_is_replaced() {
    let broker = Mosquitto::start(Setup::default()).await;
    for version in ["5", "3.1.1"] {
        let link = format!(
            "[[link]]\nname = \"home\"\nkind = \"mqtt\"\nurl = \"mqtt://127.0.0.1:{}\"\ntopics = [\"# in\"]\nversion = {version:?}\n",
            broker.port()
        );
        let (hub, browser) = house(&link).await;
        browser.goto(&hub.url("/messages")).await;
        browser.script_true("a live page", "return document.body.dataset.live === 'yes'").await;
        broker.publish(&["-r", "-t", "later/a", "-m", "1"]).await;
        broker.publish(&["-t", "later/a", "-m", "2"]).await;
        choose(&browser, "later/a").await;
        browser
            .text_when("[data-reading=as-sent] pre, [data-reading=laid-out] pre", |text| text == "2")
            .await;
        browser.goto(&hub.url("/messages/retained")).await;
        browser.click("[name=ask]").await;
        browser.text_when("[role=status]", |text| text == "Retained messages told by the brokers: 1.").await;
        browser.goto(&hub.url("/messages?topic=later/a")).await;
        let value = browser.text("[data-part=payload] pre").await;
        assert_eq!(value, "2", "the live word stays");
        browser.assert_quiet().await;
        browser.close().await;
    }
}
