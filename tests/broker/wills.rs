//! Wills: published when a client goes without a word, and only then.

use std::time::{Duration, Instant};

use super::client::{Client, session_expiry};
use super::packet::{
    BOTH, Hello, Property, Publish, V3, V5, Value, Version, is, message, number, text, user,
};
use super::retained::kept;
use super::stage::{Broker, Kind, With};

/// Somebody who hears wills, and an end mark.
async fn heir(broker: &Broker, version: Version) -> Client {
    let mut heir = Client::connect(broker, version.hello("heir")).await;
    heir.subscribe("will/#", 2).await;
    heir.subscribe("end", 2).await;
    heir
}

/// Everything the heir hears before a message that is published now.
async fn until_now(broker: &Broker, heir: &mut Client) -> Vec<Publish> {
    let mut other = Client::connect(broker, V3.hello("end mark")).await;
    other.publish(&message("end", "", 2)).await;
    other.leave().await;
    heir.heard_until("end").await
}

pub async fn will_is_published_when_the_connection_breaks_with_its_quality(kind: Kind) {
    let broker = Broker::start(kind).await;
    for version in BOTH {
        let _with = With(version);
        let mut heir = heir(&broker, version).await;
        for qos in 0..3 {
            let bytes: Vec<u8> = (0..=255).collect();
            let hello = version.hello("mortal").will(message("will/broken", &bytes, qos));
            // A reset, as a pulled cable gives, and an orderly end of the connection without DISCONNECT.
            Client::connect(&broker, hello.clone()).await.vanish();
            let came = heir.heard().await;
            assert_eq!((came.qos, &came.payload, came.retain), (qos, &bytes, false));
            drop(Client::connect(&broker, hello).await);
            let came = heir.heard().await;
            assert_eq!((came.qos, &came.payload, came.retain), (qos, &bytes, false));
        }
        heir.leave().await;
    }
}

pub async fn will_is_not_published_after_a_good_bye(kind: Kind) {
    let broker = Broker::start(kind).await;
    for version in BOTH {
        let _with = With(version);
        let mut heir = heir(&broker, version).await;
        let hello = version.hello("mortal").will(message("will/bye", "dead", 1));
        Client::connect(&broker, hello.clone()).await.leave().await;
        assert_eq!(until_now(&broker, &mut heir).await, []);
        if version == V5 {
            // 0x04: good-bye, but publish my will.
            Client::connect(&broker, hello).await.leave_with(4, &[]).await;
            assert_eq!(heir.heard().await.text(), "dead");
        }
        heir.leave().await;
    }
}

/// Mosquitto looks for silent clients every five seconds, so it may be that much late.
pub async fn silent_client_is_cut_after_one_and_a_half_keep_alives_and_its_will_published(kind: Kind) {
    let broker = Broker::start(kind).await;
    let latest = Duration::from_millis(if kind == Kind::Mosquitto { 9_000 } else { 4_500 });
    let cut = async |version: Version| {
        let _with = With(version);
        let topic = format!("will/{version:?}");
        let mut heir = Client::connect(&broker, version.hello(&format!("heir {version:?}"))).await;
        heir.subscribe(&topic, 1).await;
        let will = message(&topic, "dead", 1);
        let hello = version.hello(&format!("silent {version:?}")).keep_alive(2).will(will);
        let mut silent = Client::connect(&broker, hello).await;
        let start = Instant::now();
        let ended = silent.ended_within(latest).await;
        assert!(ended.is_some(), "the silent client is still there after {latest:?}");
        let took = start.elapsed();
        assert!(took > Duration::from_millis(2_900), "cut after {took:?} already");
        assert_eq!(heir.heard().await.text(), "dead");
    };
    let kept = async |version: Version| {
        let _with = With(version);
        let hello = version.hello(&format!("speaking {version:?}")).keep_alive(2);
        let mut speaking = Client::connect(&broker, hello).await;
        let start = Instant::now();
        while start.elapsed() < latest {
            speaking.ping().await;
            tokio::time::sleep(Duration::from_millis(1_200)).await;
        }
    };
    tokio::join!(cut(V3), cut(V5), kept(V3), kept(V5), never_silent(&broker, latest));
}

/// With a keep-alive of 0 nobody is ever cut.
async fn never_silent(broker: &Broker, latest: Duration) {
    let mut quiet = Client::connect(broker, V3.hello("quiet").keep_alive(0)).await;
    assert_eq!(quiet.ended_within(latest).await, None);
    quiet.ping().await;
}

pub async fn retained_will_stays_for_late_subscribers_over_a_kill(kind: Kind) {
    let mut broker = Broker::start(kind).await;
    for version in BOTH {
        let _with = With(version);
        let mut heir = heir(&broker, version).await;
        let will = message("will/kept", format!("dead {version:?}"), 1).retained();
        Client::connect(&broker, version.hello("mortal").will(will)).await.vanish();
        // What was kept of another client's will comes first, if there was one.
        while heir.heard().await.retain {}
        heir.leave().await;
        let expect = [("will/kept".to_owned(), format!("dead {version:?}"), 1)];
        assert_eq!(kept(&broker, "will/#").await, expect);
        broker.keeps_everything().await;
        broker.kill9_and_restart().await;
        assert_eq!(kept(&broker, "will/#").await, expect);
    }
}

pub async fn will_of_version_5_waits_for_its_delay_and_is_dropped_when_the_client_returns(kind: Kind) {
    let broker = Broker::start(kind).await;
    let mut heir = heir(&broker, V5).await;
    let will = |topic: &str| message(topic, "dead", 1).with(number(is::WILL_DELAY, 2));
    let hello = |name: &str| V5.hello(name).with(session_expiry(60)).will(will(&format!("will/{name}")));
    let start = Instant::now();
    Client::connect(&broker, hello("gone")).await.vanish();
    Client::connect(&broker, hello("back")).await.vanish();
    // The session's end does not wait for the delay.
    let short = V5
        .hello("short")
        .with(session_expiry(1))
        .will(message("will/short", "dead", 1).with(number(is::WILL_DELAY, 60)));
    Client::connect(&broker, short).await.vanish();
    let back = Hello { clean: false, will: None, ..hello("back") };
    let back = Client::connect(&broker, back).await;
    assert_eq!(heir.heard().await.topic, "will/short");
    let took = start.elapsed();
    assert!((900..3_500).contains(&took.as_millis()), "the session of 1 s ended after {took:?}");
    assert_eq!(heir.heard().await.topic, "will/gone");
    let took = start.elapsed();
    assert!((1_900..4_500).contains(&took.as_millis()), "the delay of 2 s took {took:?}");
    assert_eq!(until_now(&broker, &mut heir).await, [], "the will of a client that came back");
    back.leave().await;
}

pub async fn will_of_version_5_keeps_its_properties(kind: Kind) {
    let broker = Broker::start(kind).await;
    let mut heir = heir(&broker, V5).await;
    let properties = [
        number(is::PAYLOAD_FORMAT, 1),
        text(is::CONTENT_TYPE, "application/json"),
        text(is::RESPONSE_TOPIC, "answers"),
        Property(is::CORRELATION_DATA, Value::Bytes(vec![0, 255])),
        user("b", "1"),
        user("a", "2"),
    ];
    let will = Publish { properties: properties.to_vec(), ..message("will/full", "{}", 1) };
    Client::connect(&broker, V5.hello("mortal").will(will)).await.vanish();
    let mut came = heir.heard().await.properties;
    let mut expect = properties.to_vec();
    let users = |list: &[Property]| list.iter().filter(|p| p.0 == is::USER).cloned().collect::<Vec<_>>();
    assert_eq!(users(&came), users(&expect), "user properties keep their order");
    came.sort_by_key(|property| property.0);
    expect.sort_by_key(|property| property.0);
    assert_eq!(came, expect);
}

pub async fn will_is_published_when_another_takes_the_client_id(kind: Kind) {
    let broker = Broker::start(kind).await;
    for version in BOTH {
        let _with = With(version);
        let mut heir = heir(&broker, version).await;
        let hello = version.hello("mortal").will(message("will/taken", "dead", 1));
        let mut old = Client::connect(&broker, hello).await;
        let new = Client::connect(&broker, version.hello("mortal")).await;
        old.ended().await;
        assert_eq!(heir.heard().await.topic, "will/taken");
        new.leave().await;
        heir.leave().await;
    }
}
