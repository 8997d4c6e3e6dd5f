//! Values on their way, and in a broker's memory.

use crate::common::{Launch, Mosquitto, Setup};
use crate::stage::{
    ON, RELAY, Stage, VERSIONS, count, counted, is_present, launch, mqtt, script, up, version,
};

const ODD: &str = r#"{"temperature": [24.50, "\u2103"], "n":1e3, "big": 12345678901234567890}"#;

#[tokio::test]
async fn readings_reach_mqtt_and_come_from_there_with_their_digits() {
    for spoken in VERSIONS {
        let mut stage = Stage::with(&["nodes/# both"], &version(spoken)).await;
        let mut subscriber = stage.broker.subscribe(&["-t", "nodes/#", "-F", "%t %r %p"]).await;
        stage.bridge.say(&format!("[\"thermometer/i2c0-48\", {ODD}]")).await;
        let heard = subscriber.hears("thermometer").await;
        assert_eq!(heard, format!("nodes/bridge/0/thermometer/i2c0-48 0 {ODD}"), "{spoken}");

        stage.broker.publish(&["-t", "nodes/bridge/1/thermometer/i2c0-48", "-m", ODD]).await;
        let heard = stage.script.wait_topic("nodes/bridge/1/thermometer/i2c0-48").await;
        assert_eq!(heard.text, format!("[\"nodes/bridge/1/thermometer/i2c0-48\", {ODD}]"), "{spoken}");
        assert_eq!(count(&stage.hub, "home", "conflict").await, 0, "{spoken}: own words are nobody else's");
    }
}

#[tokio::test]
async fn prefixes_are_put_on_and_taken_off_both_ways() {
    let mut stage = Stage::new(&[r#"nodes/# both 1 "" house/"#, r#"# in 0 other/ foreign/"#]).await;
    let mut subscriber = stage.broker.subscribe(&["-t", "#", "-v"]).await;
    stage.bridge.say(&format!("[\"relay/i2c0-3b\", {ON}]")).await;
    assert_eq!(subscriber.hears("relay").await, format!("house/{RELAY} {ON}"));
    stage.broker.publish(&["-t", "house/nodes/bridge/1/led/-", "-m", r#"{"state": "on"}"#]).await;
    stage.script.wait_topic("nodes/bridge/1/led/-").await;
    stage.broker.publish(&["-t", "foreign/lamp", "-m", "ON"]).await;
    let heard = stage.script.wait_topic("other/lamp").await;
    assert!(heard.text.starts_with(r#"["other/lamp", "ON""#), "{}", heard.text);
    // What no route names stays at the broker.
    stage.broker.publish(&["-t", "nodes/bridge/2/led/-", "-m", r#"{"state": "on"}"#]).await;
    stage.broker.publish(&["-t", "foreign/end", "-m", "1"]).await;
    stage
        .script
        .wait_for("the end", |heard| {
            assert!(!heard.topic.contains("bridge/2"), "{}", heard.text);
            heard.topic == "other/end"
        })
        .await;
}

#[tokio::test]
async fn a_brokers_memory_is_shown_as_such_until_the_device_speaks_and_can_be_taken_out() {
    let relay = "nodes/bridge/1/relay/i2c0-3b";
    for spoken in VERSIONS {
        let stage = Stage::with(&["nodes/# both"], &version(spoken)).await;
        let Stage { broker, hub, .. } = stage;
        broker.publish(&["-t", relay, "-m", ON, "-r"]).await;
        counted(&hub, "home", "received", 1).await;
        let hub = hub.restart();
        let mut script = crate::stage::script(&hub).await;
        let heard = script.wait_topic(relay).await;
        assert_eq!(heard.options["presence"], "remembered", "{}", heard.text);
        assert!(heard.text.contains(ON), "{}", heard.text);
        broker.publish(&["-t", relay, "-m", ON]).await;
        script.wait_for("the device", |heard| is_present(heard, relay, "online")).await;
        broker.publish(&["-t", relay, "-n", "-r"]).await;
        script.wait_for("its end", |heard| is_present(heard, relay, "unknown")).await;
    }
}

/// Nobody can say whether the broker or the hub heard the device last; what the broker has is shown as what it is.
#[tokio::test]
async fn what_the_broker_remembers_otherwise_after_an_outage_is_shown_as_remembered() {
    let relay = "nodes/bridge/1/relay/i2c0-3b";
    for spoken in VERSIONS {
        let broker = Mosquitto::start(Setup { persistence: true, ..Setup::default() }).await;
        let hub = launch(&mqtt("home", &broker, &["nodes/# both"], &version(spoken))).start();
        let mut client = script(&hub).await;
        up(&mut client, "home").await;
        broker.publish(&["-t", relay, "-m", ON, "-r", "-q", "1"]).await;
        broker.publish(&["-t", relay, "-m", r#"{"state": false}"#]).await;
        client.wait_for("the device", |heard| heard.topic == relay && heard.payload["state"] == false).await;
        let mut broker = broker;
        broker.stop();
        client.wait_for("its loss", |heard| is_present(heard, relay, "offline")).await;
        broker.restart().await;
        client.wait_for("the memory", |heard| heard.topic == relay && heard.options["memory"] == true).await;
        let now = script(&hub).await.wait_topic(relay).await;
        assert_eq!((&now.payload["state"], &now.options["presence"]), (&true.into(), &"remembered".into()));
        broker.publish(&["-t", relay, "-m", r#"{"state": false}"#]).await;
        client.wait_for("the device", |heard| is_present(heard, relay, "online")).await;
    }
}

#[tokio::test]
async fn a_broker_only_remembers_is_told_with_memory() {
    let broker = crate::common::Mosquitto::start(crate::common::Setup::default()).await;
    broker.publish(&["-t", "garden/thermometer/0", "-m", r#"{"temperature": [3.5, "℃"]}"#, "-r"]).await;
    let hub = crate::stage::launch(&crate::stage::mqtt("home", &broker, &["# in"], "")).start();
    let mut script = crate::stage::script(&hub).await;
    let heard = script.wait_topic("garden/thermometer/0").await;
    assert_eq!(heard.options["memory"], true, "{}", heard.text);
}

#[tokio::test]
async fn what_is_retained_is_taken_out_when_its_route_or_link_is_gone() {
    let retain = "retain = true\n";
    let Stage { broker, bridge, hub, .. } = Stage::with(&["nodes/# out"], retain).await;
    let mut watcher = broker.subscribe(&["-t", "#", "-F", "%t %r %p"]).await;
    bridge.say(&format!("[\"relay/i2c0-3b\", {ON}]")).await;
    watcher.hears(&format!("{RELAY} 0 {ON}")).await;
    let mut later = broker.subscribe(&["-t", "nodes/#", "-F", "%t %r %p"]).await;
    assert_eq!(later.hears(&format!("{RELAY} ")).await, format!("{RELAY} 1 {ON}"), "it lies there");

    let config =
        |topics: &[&str]| crate::stage::usb(&bridge) + &crate::stage::mqtt("home", &broker, topics, retain);
    let reload = |launch: Launch, config: &str| launch.write_config(config);
    reload(hub.launch(), &config(&["nodes/+/+/thermometer/# out"]));
    hub.signal(rustix::process::Signal::HUP);
    assert_eq!(later.hears(&format!("{RELAY} ")).await, format!("{RELAY} 0 "), "the route is gone");

    let said_anew = async |later: &mut crate::common::Subscriber| {
        reload(hub.launch(), &config(&["nodes/# out"]));
        hub.signal(rustix::process::Signal::HUP);
        assert_eq!(later.hears(&format!("{RELAY} ")).await, format!("{RELAY} 0 {ON}"), "it is said anew");
    };
    said_anew(&mut later).await;
    let forgetful = crate::stage::usb(&bridge)
        + &crate::stage::mqtt("home", &broker, &["nodes/# out"], "retain = false\n");
    reload(hub.launch(), &forgetful);
    hub.signal(rustix::process::Signal::HUP);
    assert_eq!(
        later.hears(&format!("{RELAY} ")).await,
        format!("{RELAY} 0 "),
        "nothing is retained any more"
    );
    said_anew(&mut later).await;
    reload(hub.launch(), &crate::stage::usb(&bridge));
    hub.signal(rustix::process::Signal::HUP);
    assert_eq!(later.hears(&format!("{RELAY} ")).await, format!("{RELAY} 0 "), "the link is gone");
    let mut rest = broker.subscribe(&["-t", "#", "-t", "end", "-v"]).await;
    broker.publish(&["-t", "end", "-m", "1"]).await;
    assert_eq!(rest.line().await, "end 1", "nothing of this hub lies there any more");
}

#[tokio::test]
async fn what_a_renamed_link_left_is_taken_out_by_its_heir() {
    let retain = "retain = true\n";
    let Stage { broker, bridge, mut hub, .. } = Stage::with(&["nodes/# out"], retain).await;
    let mut watcher = broker.subscribe(&["-t", "#", "-F", "%t %r %p"]).await;
    bridge.say(&format!("[\"relay/i2c0-3b\", {ON}]")).await;
    watcher.hears(&format!("{RELAY} 0 {ON}")).await;
    hub.stop();
    let launch = hub.launch();
    launch.write_config(
        &(crate::stage::usb(&bridge) + &crate::stage::mqtt("cloud", &broker, &["x/# out"], "")),
    );
    let _hub = launch.start();
    watcher.hears(&format!("{RELAY} 0 ")).await;
    until_gone(&broker, "/home").await;
}

/// Waits until nothing with `part` in its topic lies in the broker's memory.
async fn until_gone(broker: &crate::common::Mosquitto, part: &str) {
    crate::common::until(&format!("{part} to be taken out"), || async {
        let mut rest = broker.subscribe(&["-t", "#", "-F", "%t %r"]).await;
        broker.publish(&["-t", "end", "-m", "1"]).await;
        loop {
            let line = rest.line().await;
            if line == "end 0" {
                return Some(());
            }
            if line.contains(part) {
                return None;
            }
        }
    })
    .await;
}
