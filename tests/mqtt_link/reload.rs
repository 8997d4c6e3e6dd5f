//! The configuration is changed while everything runs: what changed changes, nothing else is disturbed.

use std::time::Duration;

use rustix::process::Signal;

use crate::common::{FakeBridge, Heard, Hub, Manners, Mosquitto, Setup};
use crate::stage::{RELAY, VERSIONS, is_present, launch, mqtt, script, up, usb, version};

/// Nothing more comes when nothing came for so long.
const QUIET: Duration = Duration::from_millis(700);

fn reload(hub: &Hub, config: &str) {
    hub.launch().write_config(config);
    hub.signal(Signal::HUP);
}

#[tokio::test]
async fn changed_topics_are_heard_and_the_old_ones_are_not_and_other_links_stay_connected() {
    for spoken in VERSIONS {
        let (broker, other) =
            (Mosquitto::start(Setup::default()).await, Mosquitto::start(Setup::default()).await);
        let bridge = FakeBridge::plugged(Manners::default());
        let beside = usb(&bridge) + &mqtt("other", &other, &["nodes/# out"], &version(spoken));
        let with = |topics: &[&str]| beside.clone() + &mqtt("home", &broker, topics, &version(spoken));
        let hub = launch(&with(&["old/# in", "both/# in"])).start();
        let mut client = script(&hub).await;
        for link in ["usb", "home", "other"] {
            up(&mut script(&hub).await, link).await;
        }
        broker.publish(&["-t", "old/thing", "-m", "1"]).await;
        client.wait_topic("old/thing").await;

        reload(&hub, &with(&["new/# in", "both/# in"]));
        let is_down = |heard: &Heard| heard.topic == "$hub/link/home" && heard.payload["state"] != "up";
        client.wait_for("the link to be restarted", is_down).await;
        up(&mut client, "home").await;
        broker.publish(&["-t", "old/thing", "-m", "2"]).await;
        broker.publish(&["-t", "both/thing", "-m", "2"]).await;
        broker.publish(&["-t", "new/thing", "-m", "2"]).await;
        let mut heard = Vec::new();
        while !heard.iter().any(|topic| topic == "new/thing") {
            heard.push(client.next().await.expect("the hub stays").topic);
        }
        assert!(!heard.iter().any(|topic| topic == "old/thing"), "{spoken}: {heard:?}");
        assert!(heard.iter().any(|topic| topic == "both/thing"), "{spoken}: {heard:?}");
        assert_eq!(other.log().matches("New client connected").count(), 1, "{spoken}: {}", other.log());
        assert!(!other.log().contains("disconnected"), "{spoken}");
        let log = hub.log();
        assert_eq!(log.matches("link usb: ").count(), 1, "{spoken}: the line was left alone:\n{log}");
    }
}

#[tokio::test]
async fn the_devices_of_a_link_that_is_taken_out_are_not_shown_as_there() {
    let broker = Mosquitto::start(Setup::default()).await;
    let bridge = FakeBridge::plugged(Manners::default());
    let hub = launch(&(usb(&bridge) + &mqtt("home", &broker, &["nodes/# both"], ""))).start();
    let mut client = script(&hub).await;
    up(&mut client, "home").await;
    let far = "nodes/bridge/7/relay/i2c0-3b";
    broker.publish(&["-t", far, "-m", r#"{"state": false}"#]).await;
    client.wait_for("the device", |heard| is_present(heard, far, "online")).await;
    reload(&hub, &usb(&bridge));
    client
        .wait_for("its end", |heard| is_present(heard, far, "offline") || is_present(heard, far, "unknown"))
        .await;
    client.command(&format!("{far}/set"), serde_json::json!({ "state": true }), "late").await;
    let refused = client.outcome("late").await;
    assert_eq!(refused["step"], "refused", "{refused}");
    // It says good-bye, and nothing goes there any more.
    let mut rest = broker.subscribe(&["-t", "nodes/#", "-v"]).await;
    bridge.say(r#"["relay/i2c0-3b", {"state": true}]"#).await;
    client.wait_for("the relay", |heard| heard.topic == RELAY && heard.payload["state"] == true).await;
    assert_eq!(rest.bytes_within(QUIET).await, None);
}
