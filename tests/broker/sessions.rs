//! Sessions that stay: what was said meanwhile comes in order, after a kill of the broker, too; what has expired is gone.

use std::time::Duration;

use super::client::{Client, session_expiry};
use super::flood::flood;
use super::packet::{BOTH, Hello, V3, V5, is, message, number};
use super::stage::{Broker, Kind, With};

const OFFLINE: usize = 200;

pub async fn offline_messages_come_in_order_after_return_and_after_a_kill(kind: Kind) {
    let mut broker = Broker::start(kind).await;
    for version in BOTH {
        let _with = With(version);
        let hello = version.hello("sleeper").staying();
        let (mut sleeper, welcome) = Client::welcomed(&broker, hello.clone()).await;
        assert!(!welcome.present, "a new session is said to be an old one");
        sleeper.subscribe("news/1/#", 1).await;
        sleeper.subscribe("news/2/#", 2).await;
        sleeper.leave().await;
        for kill in [false, true] {
            if kill {
                // What was delivered a moment ago might come again.
                broker.keeps_everything().await;
            }
            let say = |n: usize| message(&format!("news/{}/{n}", 1 + n % 2), n.to_string(), 1);
            flood(&broker, version.hello("publisher"), (0..OFFLINE).map(say)).await;
            if kill {
                broker.keeps_what_it_acknowledged().await;
                broker.kill9_and_restart().await;
            }
            let (mut sleeper, welcome) = Client::welcomed(&broker, hello.clone()).await;
            assert!(welcome.present, "the session is gone (kill: {kill})");
            for n in 0..OFFLINE {
                let came = sleeper.heard().await;
                assert_eq!((came.text(), came.qos), (n.to_string(), 1), "(kill: {kill})");
                assert!(!came.dup, "a first delivery that calls itself a second one");
            }
            // The subscriptions are there, too.
            let mut publisher = Client::connect(&broker, version.hello("publisher")).await;
            publisher.publish(&message("news/2/x", "live", 2)).await;
            let live = sleeper.heard().await;
            assert_eq!((live.text(), live.qos), ("live".into(), 2));
            // Whatever was acknowledged does not come again.
            sleeper.ping().await;
            sleeper.leave().await;
        }
        Client::connect(&broker, version.hello("sleeper")).await.leave().await;
    }
}

pub async fn message_on_its_way_comes_again_after_a_kill(kind: Kind) {
    let mut broker = Broker::start(kind).await;
    for version in BOTH {
        let _with = With(version);
        let hello = version.hello("sleeper").staying();
        let mut sleeper = Client::connect(&broker, hello.clone()).await;
        sleeper.subscribe("way", 1).await;
        let messages = (0..10).map(|n| message("way", n.to_string(), 1));
        flood(&broker, version.hello("publisher"), messages).await;
        for n in 0..5 {
            assert_eq!(sleeper.heard().await.text(), n.to_string());
        }
        let open = sleeper.came().await;
        assert_eq!(open.text(), "5");
        // The answer to the ping comes after the five acknowledgements were read.
        sleeper.ping().await;
        broker.keeps_everything().await;
        broker.kill9_and_restart().await;
        let (mut sleeper, welcome) = Client::welcomed(&broker, hello).await;
        assert!(welcome.present);
        let again = sleeper.heard().await;
        assert_eq!(
            (again.text(), again.dup, again.id),
            ("5".into(), true, open.id),
            "what is acknowledged comes again"
        );
        for n in 6..10 {
            assert_eq!(sleeper.heard().await.text(), n.to_string());
        }
        sleeper.leave().await;
        Client::connect(&broker, version.hello("sleeper")).await.leave().await;
    }
}

pub async fn clean_start_forgets_the_session_and_its_messages(kind: Kind) {
    let broker = Broker::start(kind).await;
    for version in BOTH {
        let _with = With(version);
        let staying = version.hello("sleeper").staying();
        let mut sleeper = Client::connect(&broker, staying.clone()).await;
        sleeper.subscribe("clean/#", 1).await;
        sleeper.leave().await;
        let mut publisher = Client::connect(&broker, version.hello("publisher")).await;
        publisher.publish(&message("clean/a", "old", 1)).await;
        let (clean, welcome) = Client::welcomed(&broker, version.hello("sleeper")).await;
        assert!(!welcome.present, "a clean session is said to be an old one");
        clean.leave().await;
        // The clean session has ended with its connection.
        let (mut sleeper, welcome) = Client::welcomed(&broker, staying).await;
        assert!(!welcome.present);
        publisher.publish(&message("clean/a", "nobody listens", 1)).await;
        sleeper.subscribe("end", 1).await;
        publisher.publish(&message("end", "", 1)).await;
        assert_eq!(sleeper.heard_until("end").await, []);
        sleeper.leave().await;
    }
}

/// A session of version 5 that lives `seconds` after its connection.
fn lasting(name: &str, seconds: u32) -> Hello {
    Hello { clean: false, ..V5.hello(name).with(session_expiry(seconds)) }
}

pub async fn session_of_version_5_lives_as_long_as_it_was_told(kind: Kind) {
    let mut broker = Broker::start(kind).await;
    for (name, seconds) in
        [("none", 0), ("short", 1), ("shortened", 3600), ("long", 3600), ("ever", u32::MAX)]
    {
        let mut client = Client::connect(&broker, lasting(name, seconds)).await;
        client.subscribe("expiry", 1).await;
        if name == "shortened" {
            client.leave_with(0, &[session_expiry(1)]).await;
        } else {
            client.leave().await;
        }
    }
    let mut publisher = Client::connect(&broker, V5.hello("publisher")).await;
    publisher.publish(&message("expiry", "x", 1)).await;
    assert!(!present(&broker, "none").await, "a session that ends with its connection is still there");
    if !kind.departs("a session that was read from the database never expires") {
        broker.kill9_and_restart().await;
    }
    // Nothing tells a client that its session has ended but the next connection.
    tokio::time::sleep(Duration::from_millis(3_200)).await;
    for (name, there) in [("short", false), ("shortened", false), ("long", true), ("ever", true)] {
        assert_eq!(present(&broker, name).await, there, "the session {name:?}");
    }
}

async fn present(broker: &Broker, name: &str) -> bool {
    let (mut client, welcome) = Client::welcomed(broker, lasting(name, 3600)).await;
    client.subscribe("end", 1).await;
    let mut publisher = Client::connect(broker, V3.hello("end mark")).await;
    publisher.publish(&message("end", "", 1)).await;
    let came = client.heard_until("end").await;
    assert_eq!(!came.is_empty(), welcome.present, "{name}: {came:?} with {welcome:?}");
    client.leave().await;
    welcome.present
}

pub async fn message_of_version_5_expires_while_it_waits_and_tells_what_is_left(kind: Kind) {
    let mut broker = Broker::start(kind).await;
    let mut sleeper = Client::connect(&broker, lasting("sleeper", 3600)).await;
    sleeper.subscribe("fresh/#", 1).await;
    sleeper.leave().await;
    let mut publisher = Client::connect(&broker, V5.hello("publisher")).await;
    // Not one second: Mosquitto forgets an expiry whose last second begins while it is not there.
    for (topic, seconds) in [("fresh/short", 2), ("fresh/long", 100)] {
        publisher.publish(&message(topic, "x", 1).with(number(is::MESSAGE_EXPIRY, seconds))).await;
        publisher.publish(&message(topic, "x", 1).with(number(is::MESSAGE_EXPIRY, seconds)).retained()).await;
    }
    publisher.publish(&message("fresh/ever", "x", 1)).await;
    broker.keeps_what_it_acknowledged().await;
    broker.kill9_and_restart().await;
    tokio::time::sleep(Duration::from_millis(3_200)).await;
    let mut sleeper = Client::connect(&broker, lasting("sleeper", 3600)).await;
    for _ in 0..2 {
        let long = sleeper.heard().await;
        assert_eq!(long.topic, "fresh/long");
        let left = long.number(is::MESSAGE_EXPIRY).expect("the rest of its life is told");
        assert!((80..=97).contains(&left), "{left} of 100 s are left after 3 s");
    }
    let ever = sleeper.heard().await;
    assert_eq!((ever.topic.as_str(), ever.number(is::MESSAGE_EXPIRY)), ("fresh/ever", None));
    let mut late = Client::connect(&broker, V5.hello("late")).await;
    late.subscribe("fresh/#", 1).await;
    let kept = late.heard().await;
    assert_eq!(kept.topic, "fresh/long", "an expired retained message came");
    assert!(kept.number(is::MESSAGE_EXPIRY).is_some_and(|left| (80..=97).contains(&left)), "{kept:?}");
}
