//! Two hubs on one broker: births, wills, and devices behind another hub.

use serde_json::json;

use crate::common::{FakeBridge, Hub, Manners, Mosquitto, Setup, TalkClient, until};
use crate::stage::{RELAY, VERSIONS, count, is_present, launch, mqtt, script, up, usb, version};

/// A hub `near` with a bridge, a hub `far` without, and a broker between them.
struct Two {
    broker: Mosquitto,
    bridge: FakeBridge,
    near: Hub,
    far: Hub,
    script: TalkClient,
}

impl Two {
    async fn new(spoken: &str) -> Self {
        let broker = Mosquitto::start(Setup::default()).await;
        let bridge = FakeBridge::plugged(Manners::default());
        let link = mqtt("home", &broker, &["nodes/# both"], &version(spoken));
        let far = launch(&link).start();
        let near = launch(&(usb(&bridge) + &link)).start();
        let mut script = script(&far).await;
        up(&mut script, "home").await;
        let mut there = self::script(&near).await;
        up(&mut there, "usb").await;
        until("the birth to name the bridge", || async {
            let mut births = broker.subscribe(&["-t", "clown-hub/+/home", "-C", "2"]).await;
            let both = [births.line().await, births.line().await];
            both.iter().any(|birth| birth.contains(r#""bases":["nodes/bridge/0"]"#)).then_some(())
        })
        .await;
        bridge.say(&format!("[\"relay/i2c0-3b\", {}]", r#"{"state": false}"#)).await;
        script.wait_topic(RELAY).await;
        Self { broker, bridge, near, far, script }
    }
}

#[tokio::test]
async fn a_command_reaches_a_device_behind_another_hub_and_is_confirmed() {
    for spoken in VERSIONS {
        let mut two = Two::new(spoken).await;
        two.script.command(&format!("{RELAY}/set"), json!({ "state": true }), "c1").await;
        assert_eq!(two.script.outcome("c1").await["step"], "confirmed", "{spoken}");
        two.bridge.hears("relay/i2c0-3b/set").await;
        for hub in [&two.near, &two.far] {
            assert_eq!(count(hub, "home", "loop").await, 0, "{spoken}: nothing goes round");
        }
        two.script.command("nodes/bridge/0/led/-/set", json!({ "state": "2-dot" }), "c2").await;
        assert_eq!(two.script.outcome("c2").await["step"], "confirmed", "{spoken}");
        two.script.command("nodes/bridge/0/i2c/0/set", json!({ "address": "FF", "write": "00" }), "c3").await;
        let refused = two.script.outcome("c3").await;
        let reason = refused["reason"].as_str().expect("a reason");
        assert!(reason.starts_with("the device's hub refused it: "), "{spoken}: {refused}");
    }
}

#[tokio::test]
async fn devices_of_a_killed_hub_are_offline_with_the_reason_until_it_is_back() {
    let mut two = Two::new("5").await;
    two.near.signal(rustix::process::Signal::KILL);
    two.near.wait();
    let gone =
        two.script.wait_for("the device to go", |heard| is_present(heard, "nodes/bridge/0", "offline")).await;
    let reason = gone.payload["reason"].as_str().expect("a reason");
    assert!(reason.starts_with("hub ") && reason.contains("is offline since"), "{reason}");
    two.script.wait_for("its relay to go", |heard| is_present(heard, RELAY, "offline")).await;
    two.script.command(&format!("{RELAY}/set"), json!({ "state": true }), "late").await;
    let refused = two.script.outcome("late").await;
    assert_eq!((&refused["step"], &refused["code"]), (&json!("refused"), &json!("offline")), "{refused}");

    two.bridge.unplug().await;
    two.bridge.plug().await;
    let _near = two.near.launch().start();
    two.script.wait_for("its return", |heard| is_present(heard, "nodes/bridge/0", "online")).await;
}

#[tokio::test]
async fn a_device_that_is_unplugged_at_its_hub_is_offline_at_the_other() {
    let mut two = Two::new("5").await;
    two.bridge.unplug().await;
    let gone =
        two.script.wait_for("the device to go", |heard| is_present(heard, "nodes/bridge/0", "offline")).await;
    assert!(gone.payload["reason"].as_str().expect("a reason").contains("says that it is offline"));
    two.bridge.plug().await;
    two.script.wait_for("its return", |heard| is_present(heard, "nodes/bridge/0", "online")).await;
}

#[tokio::test]
async fn a_hub_says_that_it_is_there_and_the_broker_says_when_it_is_not() {
    for spoken in VERSIONS {
        let broker = Mosquitto::start(Setup::default()).await;
        let mut births = broker.subscribe(&["-t", "clown-hub/#", "-F", "%t %p"]).await;
        let config = mqtt("home", &broker, &["nodes/# both"], &version(spoken));
        let mut hub = launch(&config).start();
        let birth = births.line().await;
        let topic = birth.split(' ').next().expect("a topic").to_owned();
        let levels: Vec<&str> = topic.split('/').collect();
        assert_eq!((levels[0], levels[1].len(), levels[2]), ("clown-hub", 8, "home"), "{birth}");
        assert!(birth.contains(r#""state":"online""#) && birth.contains(r#""bases":[]"#), "{birth}");
        hub.stop();
        assert_eq!(births.line().await, format!("{topic} {}", r#"{"state":"offline"}"#), "its good-bye");

        let mut hub = hub.launch().start();
        assert!(births.line().await.starts_with(&topic), "the same hub");
        hub.signal(rustix::process::Signal::KILL);
        hub.wait();
        assert_eq!(births.line().await, format!("{topic} {}", r#"{"state":"offline"}"#), "its will");
        let mut kept = broker.subscribe(&["-t", "clown-hub/#", "-F", "%r %p"]).await;
        assert_eq!(kept.line().await, r#"1 {"state":"offline"}"#, "and it stays there");
    }
}

#[tokio::test]
async fn a_hub_that_comes_later_hears_at_once_what_is_true() {
    for spoken in VERSIONS {
        let broker = Mosquitto::start(Setup::default()).await;
        let bridge = FakeBridge::plugged(Manners::default());
        let link = mqtt("home", &broker, &["nodes/# both"], &version(spoken));
        let near = launch(&(usb(&bridge) + &link)).start();
        let mut there = script(&near).await;
        up(&mut there, "home").await;
        bridge.hears("relay/i2c0-3b/get").await;
        bridge.say(r#"["relay/i2c0-3b", {"state": false}]"#).await;
        there.wait_for("the relay", |heard| heard.topic == RELAY && heard.payload["state"] == false).await;
        let far = launch(&link).start();
        let mut here = script(&far).await;
        let heard = here.wait_topic(RELAY).await;
        assert!(heard.text.starts_with(&format!("[\"{RELAY}\", {{\"state\": false}}")), "{}", heard.text);
    }
}

#[tokio::test]
async fn both_hubs_know_again_what_is_true_when_their_broker_is_back() {
    let mut two = Two::new("5").await;
    two.broker.kill9();
    two.script.wait_for("the relay to go", |heard| is_present(heard, RELAY, "offline")).await;
    two.broker.restart().await;
    two.script.wait_for("its return", |heard| is_present(heard, RELAY, "online")).await;
}
