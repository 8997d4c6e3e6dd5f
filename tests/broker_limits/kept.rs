//! What is kept: subscriptions, retained messages, sessions, and what waits in them.

use crate::client::Client;
use crate::packet::{BOTH, Publish, V3, V5, Version, message};
use crate::stage::Broker;

#[tokio::test]
async fn client_has_500_subscriptions_and_no_more() {
    let broker = Broker::with("");
    for version in BOTH {
        let mut client = Client::connect(&broker, version.hello("many")).await;
        for n in 0..500 {
            assert_eq!(client.subscribe(&format!("s/{n}"), 1).await, 1, "{n}");
        }
        let refused = if version == V5 { 0x97 } else { 0x80 };
        assert_eq!(client.subscribe("s/500", 1).await, refused);
        // What is there may be said again, and what was given back makes room.
        assert_eq!(client.subscribe("s/499", 0).await, 0);
        client.unsubscribe("s/0").await;
        assert_eq!(client.subscribe("s/500", 1).await, 1);
        assert_eq!(client.subscribe("s/501", 1).await, refused);
        client.publish(&message("s/500", "x", 1)).await;
        assert_eq!(client.heard().await.topic, "s/500");
        client.leave().await;
    }
    let line = broker.logs("a subscription was refused").await;
    assert!(line.contains("raise `subscriptions`") && line.contains("client=many"), "{line}");
    assert_eq!(broker.counts("refused", |count| count >= 4).await, 4);
}

async fn retain(client: &mut Client, topic: &str, bytes: usize, qos: u8) -> u8 {
    client.publish(&message(topic, vec![b'x'; bytes], qos).retained()).await
}

/// The topics that are retained below `r/`.
async fn retained(broker: &Broker, version: Version) -> Vec<String> {
    let mut client = Client::connect(broker, version.hello("looks")).await;
    client.subscribe("r/#", 1).await;
    client.publish(&message("r/end", "", 1)).await;
    let mut topics: Vec<String> =
        client.heard_until("r/end").await.into_iter().map(|one| one.topic).collect();
    topics.sort();
    client.leave().await;
    topics
}

#[tokio::test]
async fn as_many_messages_are_retained_as_allowed() {
    let broker = Broker::with("retained = 5");
    // The hub says retained who it is.
    let own = broker.counts("retained", |count| count == 1).await as usize;
    let room = 5 - own;
    for version in BOTH {
        let mut client = Client::connect(&broker, version.hello("keeper")).await;
        for n in 0..room {
            assert_eq!(retain(&mut client, &format!("r/{n}"), 3, (n % 3) as u8).await, 0);
        }
        let before = broker.facts().await["refused"].as_u64().expect("a number");
        for qos in 0..=2 {
            let reason = retain(&mut client, "r/more", 3, qos).await;
            assert_eq!(reason, if version == V5 && qos > 0 { 0x97 } else { 0 }, "QoS {qos}");
        }
        assert_eq!(broker.counts("refused", |count| count >= before + 3).await, before + 3);
        // A newer one takes the place of an older one, and an empty one makes room.
        assert_eq!(retain(&mut client, "r/0", 9, 1).await, 0);
        assert_eq!(retain(&mut client, "r/1", 0, 1).await, 0);
        assert_eq!(retain(&mut client, "r/new", 3, 1).await, 0);
        let mut expected: Vec<String> = (0..room).filter(|n| *n != 1).map(|n| format!("r/{n}")).collect();
        expected.push("r/new".into());
        assert_eq!(retained(&broker, version).await, expected);
        for topic in expected {
            retain(&mut client, &topic, 0, 1).await;
        }
        client.leave().await;
    }
    let line = broker.logs("too large to be retained, or too many").await;
    assert!(line.contains("raise `retained`"), "{line}");
}

#[tokio::test]
async fn retained_payloads_are_bounded_each_and_together() {
    let broker = Broker::with("retained_payload = \"10 KiB\"\nretained_bytes = \"24 KiB\"");
    let mut client = Client::connect(&broker, V5.hello("keeper")).await;
    for (bytes, expected) in [(10_239, 0), (10_240, 0), (10_241, 0x97)] {
        assert_eq!(retain(&mut client, "r/large", bytes, 1).await, expected, "{bytes}");
    }
    // Not retained it may be larger.
    assert_eq!(client.publish(&message("r/live", vec![b'x'; 20_000], 1)).await, 0);
    // The hub's own word takes a few bytes of it.
    assert_eq!(retain(&mut client, "r/two", 10_240, 1).await, 0);
    assert_eq!(retain(&mut client, "r/three", 4_096, 1).await, 0x97);
    assert_eq!(retain(&mut client, "r/three", 3_500, 1).await, 0);
    assert_eq!(retain(&mut client, "r/two", 0, 1).await, 0);
    assert_eq!(retain(&mut client, "r/four", 4_096, 1).await, 0);
    client.leave().await;
    assert_eq!(retained(&broker, V5).await, ["r/four", "r/large", "r/three"]);
}

#[tokio::test]
async fn as_many_sessions_are_kept_as_allowed_and_clean_ones_are_always_let_in() {
    let broker = Broker::with("sessions = 3");
    for version in BOTH {
        let name = |n: usize| format!("{version:?}-{n}");
        for n in 0..3 {
            Client::connect(&broker, version.hello(&name(n)).staying()).await.leave().await;
        }
        assert_eq!(broker.counts("sessions", |count| count == 3).await, 3);
        let (_, welcome) = Client::asked(&broker, version.hello(&name(3)).staying()).await;
        assert_eq!(welcome.code, if version == V5 { 0x97 } else { 3 });
        let line = broker.logs("all sessions there may be are kept").await;
        assert!(line.contains("raise `sessions`"), "{line}");
        Client::connect(&broker, version.hello(&name(3))).await.leave().await;
        // Who has one has it still, and who gives it up makes room.
        let (client, welcome) = Client::welcomed(&broker, version.hello(&name(2)).staying()).await;
        assert!(welcome.present);
        client.leave().await;
        Client::connect(&broker, version.hello(&name(2))).await.leave().await;
        Client::connect(&broker, version.hello(&name(3)).staying()).await.leave().await;
        for n in [0, 1, 3] {
            Client::connect(&broker, version.hello(&name(n))).await.leave().await;
        }
        broker.counts("sessions", |count| count == 0).await;
    }
}

/// Numbered messages for a session that is away; what it gets when it is back; what it does not get is counted.
async fn wait(broker: &Broker, version: Version, count: usize, bytes: usize) -> Vec<usize> {
    let hello = version.hello("away").staying();
    let before = broker.facts().await["dropped"].as_u64().expect("a number");
    let mut away = Client::connect(broker, hello.clone()).await;
    away.subscribe("w/#", 1).await;
    away.leave().await;
    let messages = (0..count).map(|n| {
        let mut payload = n.to_string().into_bytes();
        payload.resize(bytes.max(payload.len()), b' ');
        Publish { qos: 1, ..message("w/a", payload, 1) }
    });
    let mut publisher = Client::connect(broker, version.hello("sends")).await;
    for one in messages {
        publisher.publish(&one).await;
    }
    let mut away = Client::connect(broker, hello).await;
    publisher.publish(&message("w/end", "", 1)).await;
    let heard = away.heard_until("w/end").await;
    let numbers = heard.iter().map(|one| one.text().trim().parse().expect("a number")).collect();
    away.leave().await;
    let numbers: Vec<usize> = numbers;
    let lost = (count - numbers.len()) as u64;
    broker.counts("dropped", |count| count == before + lost).await;
    numbers
}

#[tokio::test]
async fn messages_for_an_absent_client_are_bounded_in_bytes_and_the_oldest_are_dropped_and_counted() {
    let broker = Broker::with("queue = \"64 KiB\"");
    for version in BOTH {
        // Each takes its payload and some hundred bytes around it.
        assert_eq!(wait(&broker, version, 30, 1_000).await, (0..30).collect::<Vec<_>>());
        let heard = wait(&broker, version, 200, 1_000).await;
        assert!((30..=64).contains(&heard.len()), "{} messages of 1,000 bytes fit", heard.len());
        let first = 200 - heard.len();
        assert_eq!(heard, (first..200).collect::<Vec<_>>(), "the newest are there, in order");
    }
    let line = broker.logs("are full").await;
    assert!(line.contains("client=away") && line.contains("raise `queue`"), "{line}");
}

#[tokio::test]
async fn ten_thousand_messages_wait_for_an_absent_client_and_one_more_drops_the_oldest() {
    let broker = Broker::with("queue = \"64 MiB\"");
    let hello = V3.hello("away").staying();
    let mut away = Client::connect(&broker, hello.clone()).await;
    away.subscribe("w/#", 1).await;
    away.leave().await;
    let messages = (0..10_001).map(|n: usize| message("w/a", n.to_string(), 1));
    crate::flood::flood(&broker, V3.hello("sends"), messages).await;
    assert_eq!(broker.counts("dropped", |count| count > 0).await, 1);
    let mut away = Client::connect(&broker, hello).await;
    for n in 1..10_001 {
        assert_eq!(away.heard().await.text(), n.to_string());
    }
}

#[tokio::test]
async fn session_is_kept_as_long_as_allowed_and_version_5_is_told() {
    use crate::packet::{find_number, is, number};
    let broker = Broker::with("session = \"10 s\"");
    for (asked, told) in [(9, None), (10, None), (11, Some(10)), (u32::MAX, Some(10))] {
        let hello = V5.hello("lasting").with(number(is::SESSION_EXPIRY, asked));
        let (client, welcome) = Client::welcomed(&broker, hello).await;
        assert_eq!(find_number(&welcome.properties, is::SESSION_EXPIRY), told, "{asked}");
        client.leave().await;
    }
    for seconds in ["1 s", "0 s"] {
        let broker = Broker::with(&format!("session = \"{seconds}\""));
        for version in BOTH {
            let hello = version.hello("lasting").staying();
            Client::connect(&broker, hello.clone()).await.leave().await;
            tokio::time::sleep(std::time::Duration::from_millis(1_600)).await;
            let (_, welcome) = Client::welcomed(&broker, hello).await;
            assert!(!welcome.present, "a session of {seconds} with {version:?}");
        }
    }
}
