//! Subscriptions: which topics a filter matches, what overlapping and shared ones get, and the options of version 5.

use std::collections::BTreeMap;

use super::client::Client;
use super::packet::{BOTH, Publish, V3, V5, Version, is, message, number};
use super::stage::{Broker, Kind, With};

/// Everything `client` hears before a message that `publisher` says now.
async fn until_now(publisher: &mut Client, client: &mut Client) -> Vec<Publish> {
    client.subscribe("end", 2).await;
    publisher.publish(&message("end", "", 2)).await;
    let all = client.heard_until("end").await;
    client.unsubscribe("end").await;
    all
}

fn texts(messages: &[Publish]) -> Vec<String> {
    messages.iter().map(Publish::text).collect()
}

pub async fn filters_match_as_the_standard_says(kind: Kind) {
    const TOPICS: [&str; 12] =
        ["a", "a/b", "a/b/c", "a/", "/a", "/", "a//c", "b/b", "A/b", "a/b c", "a/č", "$a/b"];
    let check: [(&str, &[&str]); 16] = [
        ("a", &["a"]),
        ("a/b", &["a/b"]),
        ("#", &["a", "a/b", "a/b/c", "a/", "/a", "/", "a//c", "b/b", "A/b", "a/b c", "a/č"]),
        ("a/#", &["a", "a/b", "a/b/c", "a/", "a//c", "a/b c", "a/č"]),
        ("a/b/#", &["a/b", "a/b/c"]),
        ("+", &["a"]),
        ("+/+", &["a/b", "a/", "/a", "/", "b/b", "A/b", "a/b c", "a/č"]),
        ("a/+", &["a/b", "a/", "a/b c", "a/č"]),
        ("+/b", &["a/b", "b/b", "A/b"]),
        ("a/+/c", &["a/b/c", "a//c"]),
        ("/+", &["/a", "/"]),
        ("/#", &["/a", "/"]),
        ("+/#", &["a", "a/b", "a/b/c", "a/", "/a", "/", "a//c", "b/b", "A/b", "a/b c", "a/č"]),
        ("a//c", &["a//c"]),
        ("$a/#", &["$a/b"]),
        ("a/č", &["a/č"]),
    ];
    let broker = Broker::start(kind).await;
    for version in BOTH {
        let _with = With(version);
        let mut publisher = Client::connect(&broker, version.hello("publisher")).await;
        for (filter, expect) in check {
            let mut client = Client::connect(&broker, version.hello("subscriber")).await;
            let granted = client.subscribe(filter, 1).await;
            // Topics with a dollar belong to the broker; it may let clients use some, or none.
            let is_optional = filter.starts_with('$');
            assert!(granted == 1 || is_optional, "{filter}: {granted:#04x}");
            client.subscribe("the/end", 1).await;
            for topic in TOPICS {
                publisher.publish(&message(topic, topic, 1)).await;
            }
            publisher.publish(&message("the/end", "", 1)).await;
            let mut came = Vec::new();
            loop {
                let message = client.heard().await;
                if message.topic == "the/end" {
                    break;
                }
                came.push(message.topic);
            }
            if !(is_optional && came.is_empty()) {
                assert_eq!(came, expect, "{filter}");
            }
            client.leave().await;
        }
    }
}

/// The standards leave it open whether a message that several subscriptions of one client match comes once or once for
/// each; both are taken, and the test says which it is.
pub async fn overlapping_subscriptions_deliver_once_or_once_each(kind: Kind) {
    let broker = Broker::start(kind).await;
    for version in BOTH {
        let _with = With(version);
        let mut publisher = Client::connect(&broker, version.hello("publisher")).await;
        let mut client = Client::connect(&broker, version.hello("subscriber")).await;
        let filters = [("o/#", 1_u8), ("o/+", 2), ("o/x", 0)];
        for (number_of, (filter, qos)) in filters.into_iter().enumerate() {
            let id = number(is::SUBSCRIPTION_IDENTIFIER, u32::try_from(number_of + 1).expect("small"));
            let properties = if version == V5 { vec![id] } else { Vec::new() };
            assert_eq!(client.subscribe_with(filter, qos, &properties).await, qos);
        }
        publisher.publish(&message("o/x", "1", 2)).await;
        let mut came = until_now(&mut publisher, &mut client).await;
        came.sort_by_key(|message| message.qos);
        let qos: Vec<u8> = came.iter().map(|message| message.qos).collect();
        let mut ids: Vec<u32> = came
            .iter()
            .flat_map(|message| message.properties.iter())
            .filter_map(|property| match property.1 {
                super::packet::Value::Number(id) if property.0 == is::SUBSCRIPTION_IDENTIFIER => Some(id),
                _ => None,
            })
            .collect();
        ids.sort_unstable();
        let expect_ids = if version == V5 { vec![1, 2, 3] } else { Vec::new() };
        assert_eq!(ids, expect_ids, "every subscription that matches is named once: {came:?}");
        match qos.as_slice() {
            [2] => println!(
                "{kind:?}, {version:?}: overlapping subscriptions deliver once, with the highest QoS"
            ),
            [0] if kind.departs("overlapping subscriptions deliver once, with the QoS of the narrowest") => {}
            [0, 1, 2] => println!("{kind:?}, {version:?}: overlapping subscriptions deliver once each"),
            other => panic!("neither once nor once each: {other:?}"),
        }
        client.leave().await;
    }
}

pub async fn new_subscription_to_the_same_filter_replaces_the_old_one(kind: Kind) {
    let broker = Broker::start(kind).await;
    for version in BOTH {
        let _with = With(version);
        let mut publisher = Client::connect(&broker, version.hello("publisher")).await;
        publisher.publish(&message("same", "kept", 1).retained()).await;
        let mut client = Client::connect(&broker, version.hello("subscriber")).await;
        for qos in [2, 0, 1] {
            assert_eq!(client.subscribe("same", qos).await, qos);
            let kept = client.heard().await;
            assert_eq!((kept.text(), kept.retain), ("kept".into(), true), "retained messages come again");
            publisher.publish(&message("same", "live", 2)).await;
            let live = until_now(&mut publisher, &mut client).await;
            assert_eq!(texts(&live), ["live"]);
            assert_eq!(live[0].qos, qos);
        }
        client.unsubscribe("same").await;
        publisher.publish(&message("same", "live", 1)).await;
        assert_eq!(until_now(&mut publisher, &mut client).await, []);
        client.unsubscribe("never subscribed").await;
        publisher.publish(&message("same", "", 1).retained()).await;
        client.leave().await;
    }
}

pub async fn shared_subscription_gives_each_message_to_one_member_and_goes_on_without_one(kind: Kind) {
    let broker = Broker::start(kind).await;
    for version in BOTH {
        let _with = With(version);
        let mut publisher = Client::connect(&broker, version.hello("publisher")).await;
        publisher.publish(&message("s/kept", "kept", 1).retained()).await;
        let mut members = Vec::new();
        for number in 0..3 {
            let mut member = Client::connect(&broker, version.hello(&format!("member {number}"))).await;
            assert_eq!(member.subscribe("$share/workers/s/#", 1).await, 1);
            members.push(member);
        }
        let mut other = Client::connect(&broker, version.hello("of another group")).await;
        other.subscribe("$share/others/s/#", 1).await;
        for member in members.iter_mut().chain([&mut other]) {
            let kept = texts(&until_now(&mut publisher, member).await);
            let none = kept.is_empty() || kind.departs("a shared subscription brings retained messages");
            assert!(none, "a shared subscription brings nothing retained: {kept:?}");
        }
        let mut alone = Client::connect(&broker, version.hello("not sharing")).await;
        alone.subscribe("s/#", 1).await;
        assert_eq!(alone.heard().await.text(), "kept");
        for (first, count) in [(0, 3), (90, 2), (150, 1)] {
            let expect: Vec<String> = (first..first + 30 * count).map(|n| n.to_string()).collect();
            for n in &expect {
                publisher.publish(&message("s/x", n, 1)).await;
            }
            assert_eq!(texts(&until_now(&mut publisher, &mut other).await), expect);
            assert_eq!(texts(&until_now(&mut publisher, &mut alone).await), expect);
            let mut shares = BTreeMap::new();
            let mut all: Vec<Publish> = Vec::new();
            for (number, member) in members.iter_mut().enumerate() {
                let came = until_now(&mut publisher, member).await;
                shares.insert(number, came.len());
                all.extend(came);
            }
            println!("{kind:?}, {version:?}: {} of {count} members took {shares:?}", expect.len());
            let mut numbers: Vec<u32> = all.iter().map(|m| m.text().parse().expect("a number")).collect();
            numbers.sort_unstable();
            assert_eq!(numbers.iter().map(u32::to_string).collect::<Vec<_>>(), expect);
            let fair = shares.values().all(|share| *share >= 10);
            assert!(fair, "a member took next to nothing: {shares:?}");
            // One leaves in good order, the next is torn away.
            let gone = members.pop().expect("three members");
            if count == 3 { gone.leave().await } else { torn(&broker, gone).await }
        }
        publisher.publish(&message("s/kept", "", 1).retained()).await;
    }
}

/// Tears a client away and sees the broker notice it.
async fn torn(broker: &Broker, client: Client) {
    client.vanish();
    // The broker has noticed when it has published a will that was torn away later.
    let mut heir = Client::connect(broker, V3.hello("heir of the torn")).await;
    heir.subscribe("torn", 1).await;
    let hello = V3.hello("torn later").will(message("torn", "", 1));
    Client::connect(broker, hello).await.vanish();
    heir.heard().await;
}

const NO_LOCAL: u8 = 4;
const AS_PUBLISHED: u8 = 8;
const ONLY_NEW: u8 = 16;
const NEVER: u8 = 32;

pub async fn options_of_version_5_no_local_and_retain_as_published(kind: Kind) {
    let broker = Broker::start(kind).await;
    let mut own = Client::connect(&broker, V5.hello("own")).await;
    let mut other = Client::connect(&broker, V5.hello("other")).await;
    own.subscribe("n/#", 1 | NO_LOCAL).await;
    own.publish(&message("n/a", "own", 1)).await;
    other.publish(&message("n/a", "other's", 1)).await;
    assert_eq!(texts(&until_now(&mut other, &mut own).await), ["other's"]);
    let mut plain = Client::connect(&broker, V5.hello("plain")).await;
    let mut exact = Client::connect(&broker, V5.hello("exact")).await;
    plain.subscribe("p", 1).await;
    exact.subscribe("p", 1 | AS_PUBLISHED).await;
    for retain in [true, false] {
        other.publish(&Publish { retain, ..message("p", "x", 1) }).await;
        assert!(!plain.heard().await.retain);
        assert_eq!(exact.heard().await.retain, retain);
    }
}

pub async fn options_of_version_5_retain_handling(kind: Kind) {
    let broker = Broker::start(kind).await;
    let mut publisher = Client::connect(&broker, V5.hello("publisher")).await;
    publisher.publish(&message("h", "kept", 1).retained()).await;
    let mut client = Client::connect(&broker, V5.hello("subscriber")).await;
    let check: [(u8, &[&str]); 6] =
        [(NEVER, &[]), (ONLY_NEW, &[]), (0, &["kept"]), (0, &["kept"]), (ONLY_NEW, &[]), (NEVER, &[])];
    for (step, (options, expect)) in check.into_iter().enumerate() {
        client.subscribe("h", 1 | options).await;
        assert_eq!(texts(&until_now(&mut publisher, &mut client).await), expect, "step {step}");
    }
    client.unsubscribe("h").await;
    client.subscribe("h", 1 | ONLY_NEW).await;
    assert_eq!(texts(&until_now(&mut publisher, &mut client).await), ["kept"], "it is new again");
}

pub async fn subscription_identifier_of_version_5_is_told_and_replaced(kind: Kind) {
    let mut broker = Broker::start(kind).await;
    let hello = V5.hello("subscriber").staying();
    let mut client = Client::connect(&broker, hello.clone()).await;
    for id in [1, 268_435_455] {
        client.subscribe_with("i/#", 1, &[number(is::SUBSCRIPTION_IDENTIFIER, id)]).await;
        let mut publisher = Client::connect(&broker, V5.hello("publisher")).await;
        publisher.publish(&message("i/a", "x", 1)).await;
        assert_eq!(client.heard().await.number(is::SUBSCRIPTION_IDENTIFIER), Some(id));
    }
    client.leave().await;
    broker.keeps_everything().await;
    broker.kill9_and_restart().await;
    let mut client = Client::connect(&broker, hello).await;
    let mut publisher = Client::connect(&broker, V5.hello("publisher")).await;
    publisher.publish(&message("i/a", "x", 1)).await;
    assert_eq!(client.heard().await.number(is::SUBSCRIPTION_IDENTIFIER), Some(268_435_455));
    client.subscribe("i/#", 1).await;
    publisher.publish(&message("i/a", "x", 1)).await;
    assert_eq!(client.heard().await.number(is::SUBSCRIPTION_IDENTIFIER), None);
}

pub async fn wrong_filter_is_refused_and_the_others_of_the_packet_are_not(kind: Kind) {
    let broker = Broker::start(kind).await;
    for version in BOTH {
        let _with = With(version);
        let shared_nothing =
            kind.departs("a shared subscription to nothing, or of a group without a name, is granted");
        for filter in ["a#", "a/#/b", "a+", "+a/b", "", "a/b#", "$share/g/", "$share//a", "$share/g+/a"] {
            if !(shared_nothing && filter.starts_with('$')) {
                refused(&broker, version, filter).await;
            }
        }
    }
}

/// A refusal in SUBACK or the end of the connection; a subscription that is granted is a mistake.
async fn refused(broker: &Broker, version: Version, filter: &str) {
    use super::packet::{Packet, subscribe};
    let mut client = Client::connect(broker, version.hello("wrong")).await;
    client.send(&subscribe(version, 1, &[("right", 1), (filter, 1)], &[])).await;
    match client.next().await {
        Ok(Packet::Suback { codes, .. }) => {
            assert_eq!(codes[0], 1, "the right filter beside {filter:?}");
            assert!(codes[1] >= 0x80, "{filter:?} is granted");
        }
        Ok(other) => panic!("{filter:?}: instead of SUBACK came {other:?}"),
        Err(_) => {}
    }
}
