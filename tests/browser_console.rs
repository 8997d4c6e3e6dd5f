//! The console of a serial line in a real browser: live, held, as text and as digits, written to, and from before.

mod common;

use common::{Browser, Hub, Launch, PtyDevice};
use serde_json::json;

const PASSWORD: &str = "correct horse battery";
const OVERFLOWS: &str = "return document.documentElement.scrollWidth > innerWidth";

/// A hub with a bridge on this port, and a browser at its console.
async fn house(device: &mut PtyDevice, browser: &Browser) -> Hub {
    let port = device.path().display().to_string();
    let config = format!(
        "[[link]]\nname = \"usb\"\nkind = \"serial\"\nbase = \"nodes/bridge/0\"\ndevice = {port:?}\n"
    );
    let hub = Launch::run(&config).account("anna", PASSWORD).start();
    device.hear_about("clown.talk/-/config/set").await;
    device.say("[\"clown.talk/-/config/ok\", {\"ack\": false, \"device\": \"bridge\", \"capabilities\": 1, \"firmware-datetime\": \"2016-12-26T17:58:02Z\", \"firmware-release\": \"1.1.1\"}]").await;
    device.say("[\"thermometer/i2c0-48\", {\"temperature\": [24.50, \"℃\"]}]").await;
    browser.goto(&hub.url("/")).await;
    browser.fill(&[("name", "anna"), ("password", PASSWORD)]).await;
    // The way that a person takes.
    browser.click("a[href='/console?link=usb']").await;
    browser.find("[data-part=stream]").await;
    hub
}

/// Waits until the page follows the line.
async fn live(browser: &Browser) {
    browser
        .script_true("the page to follow", "return document.querySelector('.said[data-form]') !== null")
        .await;
}

/// Waits until there is such a row.
async fn shows(browser: &Browser, what: &str) {
    let script = format!(
        "return [...document.querySelectorAll('[data-part=stream] .said')].some(said => said.textContent === {})",
        json!(what)
    );
    browser.script_true(&format!("the row {what}"), &script).await;
}

#[tokio::test]
async fn line_is_shown_live_as_text_and_as_digits_and_held_still() {
    let (mut device, browser) = (PtyDevice::plugged(), Browser::open().await);
    let hub = house(&mut device, &browser).await;
    live(&browser).await;
    device.write(b"<img src=x onerror=window.hacked=1>\xff\r\n").await;
    shows(&browser, "<img src=x onerror=window.hacked=1>\\xff␍␊").await;
    browser.screenshot("console-text").await;
    browser.assert_accessible().await;

    browser.click("[data-as=hex]").await;
    let digits = browser.text_when("[data-part=stream]", |text| text.contains("ff 0d 0a")).await;
    assert!(!digits.contains("onerror"), "{digits}");
    assert_eq!(browser.script("return location.search").await, json!("?link=usb&as=hex"));
    browser.screenshot("console-hex").await;
    browser.assert_accessible().await;
    browser.click("[data-as=text]").await;

    browser.click("[data-do=pause]").await;
    device.say("# while it is held").await;
    browser.text_when("[data-part=state]", |text| text.ends_with(" 1")).await;
    assert!(!browser.text("[data-part=stream]").await.contains("while it is held"));
    browser.click("[data-do=pause]").await;
    shows(&browser, "# while it is held␊").await;

    browser.click("[data-do=clear]").await;
    assert_eq!(browser.text("[data-part=stream]").await, "");
    device.say("# after it was cleared").await;
    shows(&browser, "# after it was cleared␊").await;
    assert!(!browser.text("[data-part=stream]").await.contains("while it is held"));

    // Loaded again, also without what the script knew, it is as it was chosen.
    browser.goto(&hub.url("/console?link=usb&as=hex")).await;
    browser.find("[data-part=stream][data-as=hex]").await;
    assert_eq!(browser.script("return window.hacked ?? null").await, json!(null));
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn whoever_reads_further_up_is_left_there() {
    let (mut device, browser) = (PtyDevice::plugged(), Browser::open().await);
    let _hub = house(&mut device, &browser).await;
    live(&browser).await;
    for number in 0..60 {
        device.say(&format!("# line {number}")).await;
    }
    shows(&browser, "# line 59␊").await;
    let at_end = "const s = document.querySelector('[data-part=stream]'); return s.scrollHeight - s.scrollTop - s.clientHeight < 2";
    browser.script_true("the newest to be seen", at_end).await;

    // By keyboard.
    browser.script("document.querySelector('[data-part=stream]').focus()").await;
    let home = "\u{e011}";
    browser.find("[data-part=stream]").await.send_keys(home).await.expect("it takes keys");
    let top = "return document.querySelector('[data-part=stream]').scrollTop";
    browser.script_true("the oldest to be seen", &format!("{top} === 0")).await;
    browser.script_true("a way back", "return !document.querySelector('[data-do=newest]').hidden").await;
    device.say("# one more").await;
    shows(&browser, "# one more␊").await;
    assert_eq!(browser.script(top).await, json!(0), "nothing moved under the reader");

    browser.click("[data-do=newest]").await;
    browser.script_true("the newest again", at_end).await;
    let focused = browser.script("return document.activeElement.dataset.part").await;
    assert_eq!(focused, json!("stream"));
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn line_that_is_too_fast_is_followed_to_its_end_and_the_page_says_what_it_lost() {
    let (mut device, browser) = (PtyDevice::plugged(), Browser::open().await);
    let _hub = house(&mut device, &browser).await;
    live(&browser).await;
    for from in (0..10_000).step_by(100) {
        let lines: String = (from..from + 100).map(|number| format!("# line {number:04}\n")).collect();
        device.write(lines.as_bytes()).await;
    }
    shows(&browser, "# line 9999␊").await;
    let lost = browser.text("[data-part=stream] > p[data-way=lost] .said").await;
    assert!(lost.ends_with("bytes were too fast to be shown"), "{lost}");
    let rows = browser.script("return document.querySelectorAll('[data-part=stream] > p').length").await;
    assert!(rows.as_u64().is_some_and(|rows| rows <= 2000), "{rows} rows");
    let long = "return document.documentElement.scrollHeight > 2 * innerHeight";
    assert_eq!(browser.script(long).await, json!(false), "the page itself does not grow");
    browser.screenshot("console-flood").await;
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn writing_is_unfolded_on_purpose_and_seen_with_its_author() {
    let (mut device, browser) = (PtyDevice::plugged(), Browser::open().await);
    let _hub = house(&mut device, &browser).await;
    live(&browser).await;
    let field = "[data-part=write] [name=bytes]";
    assert_eq!(
        browser.script(&format!("return document.querySelector('{field}').checkVisibility()")).await,
        json!(false)
    );
    browser.script("document.querySelector('.more > summary').focus()").await;
    browser.find(".more > summary").await.send_keys("\u{e007}").await.expect("it takes keys");
    assert!(browser.text(".danger").await.contains("nobody confirms"));
    browser.find(field).await.send_keys("[\"relay/i2c0-3b/get\", {}]\u{e007}").await.expect("it takes keys");
    device.hear_about("relay/i2c0-3b/get").await;
    browser.text_when("[data-part=flash]", |text| text.contains("Written to the port.")).await;
    browser
        .text_when("[data-part=stream] > p[data-way=written]:last-child .remark", |text| {
            text == "by hand: anna"
        })
        .await;
    assert_eq!(browser.script("return document.activeElement.name").await, json!("bytes"));
    browser.screenshot("console-written").await;

    browser.script("document.querySelector('[name=end]').value = 'hex'").await;
    browser.find(field).await.send_keys("01 0\u{e007}").await.expect("it takes keys");
    browser.text_when("[data-part=flash]", |text| text.contains("has one digit")).await;
    let typed = browser.script(&format!("return document.querySelector('{field}').value")).await;
    assert_eq!(typed, json!("01 0"), "what was typed can be mended");
    browser.screenshot("console-refused").await;
    browser.assert_accessible().await;
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn page_says_that_what_it_shows_is_from_before() {
    let (mut device, browser) = (PtyDevice::plugged(), Browser::open().await);
    let _hub = house(&mut device, &browser).await;
    live(&browser).await;
    device.unplug();
    browser.find("[data-part=stream][data-past]").await;
    assert!(browser.text("[data-part=past]").await.contains("from before"));
    browser.text_when(".trouble [data-part=reason]", |text| !text.is_empty()).await;
    shows(&browser, "The port was closed, or has gone.").await;
    browser.script("document.querySelector('.more').open = true").await;
    let is_off = "return document.querySelector('[data-part=write] button').matches(':disabled')";
    assert_eq!(browser.script(is_off).await, json!(true));
    browser.screenshot("console-past").await;

    device.plug();
    device.hear_about("clown.talk/-/config/set").await;
    browser.find("[data-part=stream]:not([data-past])").await;
    device.say("# back again").await;
    shows(&browser, "# back again␊").await;
    assert_eq!(browser.script(is_off).await, json!(false));
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn console_fits_a_phone_in_the_dark() {
    let (mut device, browser) = (PtyDevice::plugged(), Browser::open().await);
    browser.as_phone().await;
    browser.prefers("prefers-color-scheme", "dark").await;
    let _hub = house(&mut device, &browser).await;
    live(&browser).await;
    device.say(&format!("# {}", "a line that is longer than a phone is wide, ".repeat(3))).await;
    device.write(&[0x02; 90]).await;
    browser.text_when("[data-part=stream]", |text| text.contains("longer than a phone")).await;
    assert_eq!(browser.script(OVERFLOWS).await, json!(false), "wider than the phone");
    browser.screenshot("console-phone").await;
    browser.assert_accessible().await;
    browser.click("[data-as=hex]").await;
    browser.click(".more > summary").await;
    assert_eq!(browser.script(OVERFLOWS).await, json!(false), "wider than the phone");
    browser.screenshot("console-phone-hex").await;
    assert_eq!(browser.small_targets().await, json!([]));
    browser.assert_quiet().await;
    browser.close().await;
}

#[tokio::test]
async fn without_script_the_line_is_read_and_written_by_links_and_a_form() {
    let (mut device, browser) = (PtyDevice::plugged(), Browser::without_script().await);
    let hub = house(&mut device, &browser).await;
    assert!(browser.text("[data-part=stream]").await.contains("config/set"));
    browser.click("[data-as=hex]").await;
    browser.find("[data-as=hex][aria-current]").await;
    assert!(browser.text("[data-part=stream]").await.contains("5b 22 63 6c"));
    device.say("# since it was loaded").await;
    browser.click("[data-as=text]").await;
    browser.text_when("[data-part=stream]", |text| text.contains("since it was loaded")).await;

    browser.click(".more > summary").await;
    browser.find("[name=bytes]").await.send_keys("by a form").await.expect("it takes keys");
    browser.click("[data-part=write] button").await;
    assert_eq!(device.hear_about("by a form").await, "by a form");
    browser.text_when("[data-part=flash]", |text| text.contains("Written to the port.")).await;
    assert!(browser.text("[data-part=stream]").await.contains("by hand: anna"));
    browser.screenshot("console-plain").await;
    browser.goto(&hub.url("/console?link=nobody")).await;
    assert!(browser.text("main").await.contains("no serial line with this name"));
    browser.close().await;
}

#[tokio::test]
async fn console_speaks_czech() {
    let (mut device, browser) = (PtyDevice::plugged(), Browser::speaking("cs").await);
    let _hub = house(&mut device, &browser).await;
    live(&browser).await;
    assert_eq!(browser.text("h1").await, "Konzole usb");
    shows(&browser, "Port byl otevřen.").await;
    browser.click(".more > summary").await;
    browser.find("[name=bytes]").await.send_keys("ahoj\u{e007}").await.expect("it takes keys");
    browser.text_when("[data-part=flash]", |text| text.contains("Zapsáno na port.")).await;
    browser
        .text_when("[data-part=stream] > p[data-way=written]:last-child .remark", |text| {
            text == "ručně: anna"
        })
        .await;
    device.unplug();
    browser.text_when("[data-part=past]", |text| text.contains("z dřívějška")).await;
    browser.screenshot("console-czech").await;
    browser.assert_accessible().await;
    browser.assert_quiet().await;
    browser.close().await;
}
