//! `topics`: quality, filters that overlap, and how deep a topic may be.

use crate::common::{Heard, Mosquitto, Setup};
use crate::stage::{ON, RELAY, SET, Stage, VERSIONS, count, counted, launch, mqtt, script, up, version};

#[tokio::test]
async fn the_quality_of_a_line_counts_both_ways_and_each_message_comes_once() {
    for spoken in VERSIONS {
        for quality in ["0", "1", "2"] {
            let topics = format!("nodes/# both {quality}");
            let mut stage = Stage::with(&[&topics], &version(spoken)).await;
            let mut subscriber =
                stage.broker.subscribe(&["-t", "nodes/+/0/#", "-q", "2", "-F", "%q %t"]).await;
            stage.bridge.say(&format!("[\"relay/i2c0-3b\", {ON}]")).await;
            assert_eq!(subscriber.hears("relay").await, format!("{quality} {RELAY}"), "{spoken}");
            let before = count(&stage.hub, "home", "received").await;
            for number in 0..20 {
                let topic = format!("nodes/raw/{number}");
                stage.broker.publish(&["-t", &topic, "-q", "2", "-m", "1"]).await;
            }
            stage.script.wait_topic("nodes/raw/19").await;
            assert_eq!(count(&stage.hub, "home", "received").await, before + 20, "{spoken}, QoS {quality}");
            stage.broker.publish(&["-t", SET, "-q", "2", "-m", ON]).await;
            stage.bridge.hears("relay/i2c0-3b/set").await;
        }
    }
}

#[tokio::test]
async fn filters_that_overlap_bring_a_message_and_a_command_once() {
    for spoken in VERSIONS {
        let topics = ["nodes/+/0/# both", "nodes/attic/# in 1", "nodes/bridge/+/relay/# in 2"];
        let mut stage = Stage::with(&topics, &version(spoken)).await;
        stage.broker.publish(&["-t", "nodes/attic/0/raw", "-m", "one"]).await;
        stage.broker.publish(&["-t", "nodes/attic/0/end", "-m", "1"]).await;
        let mut heard: Vec<Heard> = Vec::new();
        while !heard.iter().any(|heard| heard.topic == "nodes/attic/0/end") {
            heard.push(stage.script.next().await.expect("the hub stays"));
        }
        let raw = heard.iter().filter(|heard| heard.topic == "nodes/attic/0/raw");
        assert_eq!(raw.count(), 1, "{spoken}");
        stage.broker.publish(&["-t", SET, "-m", r#"{"state":true}"#]).await;
        stage.broker.publish(&["-t", "nodes/bridge/0/led/-/set", "-m", r#"{"state":"on"}"#]).await;
        stage.bridge.hears("led/-/set").await;
        let heard = stage.bridge.heard().await;
        let sets = heard.iter().filter(|line| line.contains("relay/i2c0-3b/set"));
        assert_eq!(sets.count(), 1, "{spoken}: {heard:?}");
    }
}

#[tokio::test]
async fn a_topic_has_64_levels_at_the_most() {
    for spoken in VERSIONS {
        let broker = Mosquitto::start(Setup::default()).await;
        let hub = launch(&mqtt("home", &broker, &["nodes/# in"], &version(spoken))).start();
        let mut client = script(&hub).await;
        up(&mut client, "home").await;
        let deep = |levels: usize| format!("nodes{}", "/x".repeat(levels - 1));
        for levels in [63, 64] {
            broker.publish(&["-t", &deep(levels), "-m", "1"]).await;
            client.wait_topic(&deep(levels)).await;
        }
        assert_eq!(count(&hub, "home", "malformed").await, 0);
        broker.publish(&["-t", &deep(65), "-m", "1"]).await;
        counted(&hub, "home", "malformed", 1).await;
        assert!(hub.log().contains("more than 64 levels"), "{}", hub.log());
    }
}
