//! Writing by hand: exactly these bytes, seen and logged with the account, or refused with the reason.

use serde_json::{Value, json};

use crate::common::{Answer, Https, Hub, PtyDevice, until};
use crate::{ada, bridge, follower, follows, page_with};

/// Sends the form and gives the answer.
async fn write(visitor: &Https, link: &str, bytes: &str, end: &str) -> Answer {
    visitor.post_form("/console", &[("link", link), ("bytes", bytes), ("end", end), ("as", "text")]).await
}

/// The step and the words that a script gets.
async fn told(visitor: Https, link: &str, bytes: &str, end: &str) -> (String, String) {
    let visitor = visitor.header("Accept", "application/json");
    let answer: Value = serde_json::from_str(&write(&visitor, link, bytes, end).await.body).expect("JSON");
    let text = |key: &str| answer[key].as_str().expect("text").to_owned();
    (text("step"), text("answer"))
}

async fn logged(hub: &Hub, what: &str) {
    until(&format!("the log to say {what}"), || async { hub.log().contains(what).then_some(()) }).await;
}

#[tokio::test]
async fn what_is_written_reaches_the_device_and_is_seen_and_logged_with_the_name() {
    let mut device = PtyDevice::plugged();
    let hub = bridge(&device);
    device.hear_about("clown.talk/-/config/set").await;
    let (mut script, _) = follower(&hub).await;
    let answer = write(&ada(&hub), "usb", "AT+<b>", "crlf").await;
    let back = "/console?link=usb&as=text&done=written";
    assert_eq!((answer.status, answer.header("location")), (303, back), "{}", answer.body);
    assert_eq!(device.hear_about("AT+").await, "AT+<b>\r");
    let row = follows(&mut script, ">AT+<b>␍␊").await;
    assert_eq!(row["by"], "ada");
    logged(&hub, "link usb: ada wrote 8 bytes by hand: AT+<b>\\r\\n").await;
    let page = page_with(&ada(&hub), back, "AT+&#60;b&#62;<i>␍␊</i>").await;
    assert!(page.contains("by hand: ada") && page.contains("Written to the port."), "{page}");

    let (step, words) = told(ada(&hub), "usb", "01 0a ff 0a", "hex").await;
    assert_eq!(step, "confirmed", "{words}");
    // A row of its own, as each piece of the hub's: by its author.
    script
        .wait_for("everyone to hear of it", |heard| {
            heard.topic == "$hub/written/usb" && heard.payload["bytes"] == json!(4)
        })
        .await;
    until("the bytes as they are", || {
        let found = device.take_bytes().windows(4).any(|bytes| bytes == [0x01, 0x0a, 0xff, 0x0a]);
        async move { found.then_some(()) }
    })
    .await;
}

#[tokio::test]
async fn line_begun_by_hand_does_not_swallow_the_next_of_the_hub() {
    let mut device = PtyDevice::plugged();
    let hub = bridge(&device);
    device.hear_about("clown.talk/-/config/set").await;
    assert_eq!(told(ada(&hub), "usb", "[\"half", "none").await.0, "confirmed");
    // The hub goes on greeting, on a line of its own.
    device.hear_about("[\"half").await;
    assert!(device.hear().await.starts_with("[\"clown.talk/-/config/set\""));
}

#[tokio::test]
async fn what_cannot_be_written_is_refused_with_the_reason() {
    let mut device = PtyDevice::plugged();
    let hub = bridge(&device);
    device.hear_about("clown.talk/-/config/set").await;
    let refused = async |link: &str, bytes: &str, end: &str, why: &str| {
        let (step, words) = told(ada(&hub), link, bytes, end).await;
        assert!(step == "refused" && words.contains(why), "{step}: {words}");
    };
    refused("usb", "01 0g", "hex", "character 5 is no hexadecimal digit: g").await;
    refused("usb", "01 0", "hex", "the byte at character 4 has one digit").await;
    refused("usb", "", "hex", "there is nothing to write").await;
    refused("usb", &"x".repeat(1024), "lf", "1025 bytes are too many at once; 1024 are taken").await;
    refused("usb", "x", "?", "no such choice").await;
    refused("other", "x", "lf", "there is no serial line `other`").await;
    logged(&hub, "writing to the line other by hand was refused").await;
    // Without script: the page with the reason and what was typed.
    let answer = write(&ada(&hub), "usb", "01 <g", "hex").await;
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains("character 4 is no hexadecimal digit: &#60;"), "{}", answer.body);
    assert!(
        answer.body.contains("value=\"01 &#60;g\"") && answer.body.contains("<details class=\"more\" open>")
    );
    assert!(!hub.log().contains("by hand: "), "nothing of it was written:\n{}", hub.log());

    device.unplug();
    page_with(&ada(&hub), "/console", "what is shown is from before").await;
    refused("usb", "x", "lf", "the port is not open").await;
    device.plug();
    device.hear_about("clown.talk/-/config/set").await;
    assert!(!device.take_bytes().contains(&b'x'), "nothing is kept for later");
}

#[tokio::test]
async fn what_the_device_does_not_take_is_withdrawn_and_said_so() {
    let mut device = PtyDevice::plugged();
    let hub = bridge(&device);
    device.hear_about("clown.talk/-/config/set").await;
    let (mut script, _) = follower(&hub).await;
    // Nobody reads at the other end from now on: sooner or later the line is full.
    let mut last = String::new();
    for number in 0..64 {
        let (step, words) = told(ada(&hub), "usb", &format!("{number:01024}"), "none").await;
        last = format!("{step}: {words}");
        if step == "refused" {
            break;
        }
    }
    assert!(last.starts_with("refused") && last.contains("takes no data"), "{last}");
    follows(&mut script, "withdrawn").await;
    // What was withdrawn does not come when the device reads again.
    device.take_bytes();
    let (step, words) = until("the line to be free", || async {
        Some(told(ada(&hub), "usb", "now", "lf").await).filter(|(step, _)| step == "confirmed")
    })
    .await;
    assert_eq!(step, "confirmed", "{words}");
    device.hear_about("now").await;
}

#[tokio::test]
async fn nobody_writes_who_may_not_command() {
    let mut device = PtyDevice::plugged();
    let hub = bridge(&device);
    device.hear_about("clown.talk/-/config/set").await;
    let status = async |visitor: Https| write(&visitor, "usb", "secretly", "lf").await.status;
    assert_eq!(status(Https::new(&hub)).await, 401);
    assert_eq!(status(Https::new(&hub).header("Origin", hub.address())).await, 401);
    assert_eq!(status(Https::new(&hub).basic("ada", "wrong")).await, 401);
    // A stranger's page, with the cookie of somebody who is signed in.
    let visitor = Https::new(&hub).header("Origin", hub.address());
    let fields = [("name", "ada"), ("password", crate::PASSWORD)];
    assert_eq!(visitor.post_form("/login", &fields).await.status, 303);
    let cookie = visitor.cookies();
    let stranger = Https::new(&hub).header("Origin", "https://evil.example").header("Cookie", &cookie);
    assert_eq!(status(stranger).await, 403);
    assert_eq!(status(visitor).await, 303);
    assert_eq!(device.hear_about("secretly").await, "secretly");
    assert!(!String::from_utf8_lossy(&device.take_bytes()).contains("secretly"), "once is enough");
}
