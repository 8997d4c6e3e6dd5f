//! Circles of hubs, links and bridges: a message makes a few messages, not thousands.

use std::time::Duration;

use crate::common::{Hub, Mosquitto, Setup, Subscriber, until};
use crate::stage::{ON, VERSIONS, launch, mqtt, script, state, up, version};

/// Nothing more comes when nothing came for so long; a loop makes hundreds of messages in this time.
const QUIET: Duration = Duration::from_millis(700);
/// From so many messages on it is an endless loop.
const ENDLESS: usize = 200;

async fn hub(links: &[String]) -> Hub {
    let hub = launch(&links.concat()).start();
    for number in 0..links.len() {
        let mut client = script(&hub).await;
        up(&mut client, &format!("link{number}")).await;
    }
    hub
}

/// How many messages with this payload a subscriber hears until it is quiet.
async fn heard(subscriber: &mut Subscriber, payload: &str) -> usize {
    let mut count = 0;
    while let Some(line) = subscriber.bytes_within(QUIET).await {
        count += usize::from(String::from_utf8_lossy(&line).contains(payload));
        assert!(count < ENDLESS, "an endless loop of {payload}");
    }
    count
}

/// Says values, raw messages and commands at the first broker; every broker hears each at most `most` times.
async fn check(what: &str, brokers: &[&Mosquitto], most: usize) {
    for (number, (topic, payload)) in [
        ("nodes/bridge/9/relay/i2c0-3b", r#"{"state": false}"#),
        ("nodes/bridge/9/relay/i2c0-3b/set", ON),
        ("nodes/raw/thing", "on"),
        ("nodes/unknown/x/set", "toggle"),
    ]
    .into_iter()
    .enumerate()
    {
        let mut subscribers = Vec::new();
        for broker in brokers {
            subscribers.push(broker.subscribe(&["-t", topic, "-v"]).await);
        }
        brokers[number % brokers.len()].publish(&["-t", topic, "-m", payload]).await;
        for (broker, subscriber) in subscribers.iter_mut().enumerate() {
            let count = heard(subscriber, payload).await;
            assert!(count <= most, "{what}: {topic} {payload} came {count} times at broker {broker}");
        }
    }
}

fn link(number: usize, broker: &Mosquitto, topics: &[&str], spoken: &str) -> String {
    mqtt(&format!("link{number}"), broker, topics, &version(spoken))
}

#[tokio::test]
async fn a_hub_that_listens_where_it_speaks_does_not_hear_itself() {
    for spoken in VERSIONS {
        let broker = Mosquitto::start(Setup::default()).await;
        let simulator = "[[link]]\nname = \"sim\"\nkind = \"simulator\"\ninterval = \"200 ms\"\n".to_owned();
        let hub = launch(&(simulator + &link(0, &broker, &["nodes/# both"], spoken))).start();
        let mut client = script(&hub).await;
        up(&mut client, "link0").await;
        check("alone", &[&broker], 1).await;
        let now = state(&hub, "link0").await;
        let (sent, echo) = (now["counts"]["sent"].as_u64(), now["counts"]["echo"].as_u64());
        assert_eq!((now["counts"]["conflict"].as_u64(), now["counts"]["loop"].as_u64()), (Some(0), Some(0)));
        assert!(sent > Some(0) && (echo > Some(0)) == (spoken == "3.1.1"), "{spoken}: {now}");
    }
}

#[tokio::test]
async fn two_links_of_one_hub_to_one_broker_do_not_feed_each_other_and_say_so() {
    for spoken in VERSIONS {
        let broker = Mosquitto::start(Setup::default()).await;
        let both = &["nodes/# both"];
        let hub = hub(&[link(0, &broker, both, spoken), link(1, &broker, both, spoken)]).await;
        check(&format!("two links, {spoken}"), &[&broker], 4).await;
        let told = until("the loop to be named", || async {
            let states = [state(&hub, "link0").await, state(&hub, "link1").await];
            states.into_iter().find(|state| state["code"] == "loop")
        })
        .await;
        assert_eq!(told["state"], "up", "{told}");
        assert!(told["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "{told}");
    }
}

#[tokio::test]
async fn two_hubs_in_a_ring_of_two_brokers_do_not_send_a_message_round() {
    for spoken in VERSIONS {
        let one = Mosquitto::start(Setup::default()).await;
        let other = Mosquitto::start(Setup::default()).await;
        let both = &["nodes/# both"];
        let links = [link(0, &one, both, spoken), link(1, &other, both, spoken)];
        let (_a, _b) = (hub(&links).await, hub(&links).await);
        check(&format!("two hubs, {spoken}"), &[&one, &other], 8).await;
    }
}

#[tokio::test]
async fn a_hub_beside_a_bridge_of_its_brokers_does_not_send_a_message_round() {
    for spoken in VERSIONS {
        let one = Mosquitto::start(Setup::default()).await;
        let bridge = format!("connection ring\naddress 127.0.0.1:{}\ntopic nodes/# both 0\n", one.port());
        let other = Mosquitto::start(Setup { more: bridge, ..Setup::default() }).await;
        let both = &["nodes/# both"];
        let _hub = hub(&[link(0, &one, both, spoken), link(1, &other, both, spoken)]).await;
        // The bridge is there as soon as something has crossed it.
        let mut crossed = other.subscribe(&["-t", "nodes/crossed"]).await;
        for _ in 0..50 {
            one.publish(&["-t", "nodes/crossed", "-m", "1"]).await;
            if crossed.bytes_within(QUIET).await.is_some() {
                break;
            }
        }
        check(&format!("bridge, {spoken}"), &[&one, &other], 8).await;
    }
}

/// Each round makes the topic longer, so that no message is ever the same as the one before.
#[tokio::test]
async fn topics_that_grow_in_a_circle_end() {
    for spoken in VERSIONS {
        let one = Mosquitto::start(Setup::default()).await;
        let other = Mosquitto::start(Setup::default()).await;
        let there = [link(0, &one, &["# in"], spoken), link(1, &other, &[r#"# out 0 "" a/"#], spoken)];
        let back = [link(0, &other, &["# in"], spoken), link(1, &one, &[r#"# out 0 "" b/"#], spoken)];
        let (hub_a, hub_b) = (hub(&there).await, hub(&back).await);
        let mut subscriber = one.subscribe(&["-t", "#", "-F", "%t"]).await;
        one.publish(&["-t", "nodes/raw/thing", "-m", "on"]).await;
        one.publish(&["-t", "nodes/bridge/9/relay/i2c0-3b", "-m", r#"{"state": false}"#]).await;
        let count = heard(&mut subscriber, "nodes/").await;
        let most = if spoken == "5" { 4 } else { 2 * 64 };
        assert!(count <= most, "{spoken}: {count} messages");
        for (hub, name) in [(&hub_a, "link0"), (&hub_b, "link0")] {
            assert_eq!(state(hub, name).await["state"], "up", "{spoken}");
        }
    }
}

#[tokio::test]
async fn a_bridge_that_mirrors_our_own_topics_back_under_another_name_is_no_loop() {
    for spoken in VERSIONS {
        let mirror = "topic nodes/bridge/# out 0 \"\" nodes/mirror/";
        let port = crate::common::free_port();
        let more = format!(
            "listener {port} 127.0.0.1\nallow_anonymous true\nconnection mirror\naddress 127.0.0.1:{port}\n{mirror}\n"
        );
        let broker = Mosquitto::start(Setup { more, ..Setup::default() }).await;
        let simulator = "[[link]]\nname = \"sim\"\nkind = \"simulator\"\ninterval = \"200 ms\"\n".to_owned();
        let hub = launch(&(simulator + &link(0, &broker, &["nodes/# both"], spoken))).start();
        let mut client = script(&hub).await;
        up(&mut client, "link0").await;
        let mut subscriber = broker.subscribe(&["-t", "nodes/mirror/#", "-v"]).await;
        subscriber.hears("thermometer").await;
        check("mirror", &[&broker], 1).await;
        let now = state(&hub, "link0").await;
        assert_eq!(now["state"], "up", "{spoken}: {now}");
    }
}
