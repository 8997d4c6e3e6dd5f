//! Retained messages: all of them come, the newest wins, an empty one removes, and a kill loses none.

use std::collections::BTreeMap;

use super::client::Client;
use super::flood::flood;
use super::packet::{BOTH, Publish, V3, V5, message};
use super::stage::{Broker, Kind, With};

const MANY: usize = 3_000;

/// The figure: other brokers were seen to give 200 of 1,000.
pub async fn late_subscriber_gets_all_of_3_000_before_and_after_a_kill(kind: Kind) {
    let mut broker = Broker::start(kind).await;
    for (version, half) in [(V3, 0..MANY / 2), (V5, MANY / 2..MANY)] {
        let messages = half.map(|n| message(&format!("a/{n}/c"), format!("value {n}"), 1).retained());
        flood(&broker, version.hello("publisher"), messages).await;
    }
    everything_comes(&broker).await;
    broker.keeps_what_it_acknowledged().await;
    broker.kill9_and_restart().await;
    everything_comes(&broker).await;
}

async fn everything_comes(broker: &Broker) {
    for version in BOTH {
        for (filter, qos) in [("#", 0), ("a/+/c", 1)] {
            let _with = With(version);
            let mut late = Client::connect(broker, version.hello("late")).await;
            assert_eq!(late.subscribe(filter, qos).await, qos);
            let mut came = BTreeMap::new();
            while came.len() < MANY {
                let Some(message) = late.heard_within(crate::common::PATIENCE).await else {
                    panic!("{} of {MANY} came by {filter} with QoS {qos}", came.len());
                };
                assert!(message.retain && message.qos == qos, "{message:?}");
                let text = message.text();
                let twice = came.insert(message.topic, text);
                assert_eq!(twice, None, "a retained message came twice");
            }
            for n in 0..MANY {
                assert_eq!(came[&format!("a/{n}/c")], format!("value {n}"));
            }
            late.leave().await;
        }
    }
}

pub async fn newest_retained_message_wins_and_an_empty_one_removes(kind: Kind) {
    let mut broker = Broker::start(kind).await;
    for version in BOTH {
        let _with = With(version);
        let mut publisher = Client::connect(&broker, version.hello("publisher")).await;
        let mut here = Client::connect(&broker, version.hello("here")).await;
        here.subscribe("r/#", 2).await;
        for (topic, payload, qos) in [
            ("r/a", "1", 1),
            ("r/a", "2", 2),
            ("r/b", "1", 1),
            ("r/b", "", 1),
            ("r/c", "", 0),
            ("r/d", "x", 0),
        ] {
            publisher.publish(&message(topic, payload, qos).retained()).await;
            let live = here.heard().await;
            let expect = (topic.to_owned(), payload.to_owned(), qos, false);
            assert_eq!((live.topic.clone(), live.text(), live.qos, live.retain), expect);
        }
        // Not retained: what is kept stays as it is.
        publisher.publish(&message("r/a", "passing", 1)).await;
        let expect = [("r/a".to_owned(), "2".to_owned(), 2), ("r/d".to_owned(), "x".to_owned(), 0)];
        assert_eq!(kept(&broker, "r/#").await, expect);
        publisher.vanish();
        here.vanish();
        broker.keeps_everything().await;
        broker.kill9_and_restart().await;
        assert_eq!(kept(&broker, "r/#").await, expect);
        let mut cleaner = Client::connect(&broker, version.hello("cleaner")).await;
        for topic in ["r/a", "r/d"] {
            cleaner.publish(&message(topic, "", 1).retained()).await;
        }
        assert_eq!(kept(&broker, "r/#").await, []);
        cleaner.leave().await;
    }
}

/// What a late subscriber with QoS 2 gets, sorted.
pub async fn kept(broker: &Broker, filter: &str) -> Vec<(String, String, u8)> {
    let mut late = Client::connect(broker, V3.hello("late")).await;
    late.subscribe(filter, 2).await;
    late.subscribe("fence", 2).await;
    let mut other = Client::connect(broker, V3.hello("fence")).await;
    other.publish(&message("fence", "", 2)).await;
    let came = late.heard_until("fence").await;
    late.leave().await;
    let row = |message: Publish| {
        assert!(message.retain, "{message:?}");
        let text = message.text();
        (message.topic, text, message.qos)
    };
    let mut rows: Vec<_> = came.into_iter().map(row).collect();
    rows.sort();
    rows
}

pub async fn topics_with_a_dollar_are_hidden_from_wildcards_and_sys_is_not_writable(kind: Kind) {
    let broker = Broker::start(kind).await;
    for version in BOTH {
        let _with = With(version);
        let mut all = Client::connect(&broker, version.hello("all")).await;
        all.subscribe("#", 1).await;
        all.subscribe("+/x", 1).await;
        all.subscribe("+/broker/#", 1).await;
        let mut system = Client::connect(&broker, version.hello("system")).await;
        system.subscribe("$SYS/#", 1).await;
        system.subscribe("end", 1).await;
        let mut publisher = Client::connect(&broker, version.hello("publisher")).await;
        let reason = publisher.publish(&message("$SYS/broker/load", "forged", 1)).await;
        assert!(version == V3 || reason == 0x87 || reason == 0x90, "told {reason:#04x}");
        let mut publisher = Client::connect(&broker, version.hello("publisher 2")).await;
        publisher.publish(&message("end", "", 1)).await;
        assert_eq!(all.heard_until("end").await, [], "# shows what begins with a dollar");
        let forged = system.heard_until("end").await.into_iter().find(|message| message.text() == "forged");
        assert_eq!(forged, None);
    }
}
