//! Brokers of MQTT 5 that allow little: the link keeps to it, and says what that costs.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::common::{Mosquitto, Setup};
use crate::packets::{SIMULATOR, everything_else_runs, hub};
use crate::puppet::{Manners, Puppet, V4, V5, packet, publish, welcome};
use crate::stage::{counted, launch, mqtt, script, state, up};

/// Properties of a CONNACK.
const RECEIVE_MAXIMUM: u8 = 0x21;
const MAXIMUM_QOS: u8 = 0x24;
const RETAIN_AVAILABLE: u8 = 0x25;
const MAXIMUM_PACKET_SIZE: u8 = 0x27;
const WILDCARDS: u8 = 0x28;
const SESSION_EXPIRY: u8 = 0x11;
const SERVER_KEEP_ALIVE: u8 = 0x13;

async fn puppet(properties: &[u8]) -> Puppet {
    Puppet::new(Manners { welcome: welcome(properties), ..Manners::default() }).await
}

const IS_PUBLISH: fn(u8, &[u8]) -> bool = |first, body| first >> 4 == 3 && body.starts_with(b"\0");

#[tokio::test]
async fn a_broker_that_takes_one_message_at_a_time_gets_all_of_them() {
    let puppet = puppet(&[RECEIVE_MAXIMUM, 0, 1]).await;
    let (hub, mut client) = hub(&puppet, V5, "").await;
    up(&mut client, "home").await;
    puppet.is_used(1).await;
    counted(&hub, "home", "sent", 50).await;
    let now = state(&hub, "home").await;
    assert_eq!((&now["counts"]["dropped"], puppet.connections()), (&json!(0), 1), "{now}");
}

#[tokio::test]
async fn a_broker_that_takes_small_packets_only_costs_the_large_ones() {
    let puppet = puppet(&[MAXIMUM_PACKET_SIZE, 0, 0, 0, 110]).await;
    let (hub, mut client) = hub(&puppet, V5, "").await;
    up(&mut client, "home").await;
    counted(&hub, "home", "dropped", 1).await;
    counted(&hub, "home", "sent", 10).await;
    assert_eq!(puppet.connections(), 1, "{}", hub.log());
    assert!(puppet.heard().iter().skip(1).all(|(_, body)| body.len() <= 108));
}

#[tokio::test]
async fn a_broker_without_retained_messages_is_connected_to() {
    let welcome = welcome(&[RETAIN_AVAILABLE, 0, MAXIMUM_QOS, 0]);
    let puppet = Puppet::new(Manners { welcome, retains: false, ..Manners::default() }).await;
    let (_hub, mut client) = hub(&puppet, V5, "retain = true").await;
    up(&mut client, "home").await;
    let connect = puppet.hears("a CONNECT", |first, _| first == 0x10).await;
    // The length, `MQTT` and the version stand in front of the flags.
    assert_eq!(connect[7] & 0b0011_1100, 0b0000_0100, "a will, not retained, of QoS 0: {:#b}", connect[7]);
    puppet.hears("a value", IS_PUBLISH).await;
    let heard = puppet.heard();
    let publishes = heard.iter().filter(|(first, _)| first >> 4 == 3);
    for (first, body) in publishes {
        assert_eq!(first & 0x07, 0, "retained or with a QoS: {}", String::from_utf8_lossy(body));
    }
}

#[tokio::test]
async fn a_broker_that_wants_to_hear_from_us_more_often_does() {
    // Between two pings of the link's own keep-alive it would give up.
    let puppet = puppet(&[SERVER_KEEP_ALIVE, 0, 2, SESSION_EXPIRY, 0xff, 0xff, 0xff, 0xff]).await;
    let (_hub, mut client) = hub(&puppet, V5, "").await;
    up(&mut client, "home").await;
    puppet.hears("a ping", |first, _| first >> 4 == 12).await;
    let (start, pings) =
        (Instant::now(), || puppet.heard().iter().filter(|(first, _)| first >> 4 == 12).count());
    crate::common::until("a second ping", || async { (pings() >= 2).then_some(()) }).await;
    assert!(
        start.elapsed() < Duration::from_secs(3),
        "it gives up after 3 s of silence: {:?}",
        start.elapsed()
    );
}

#[tokio::test]
async fn a_broker_without_wildcards_is_told_by_its_filter() {
    let manners = Manners { welcome: welcome(&[WILDCARDS, 0]), grant: 0xa2, ..Manners::default() };
    let puppet = Puppet::new(manners).await;
    let (hub, mut client) = hub(&puppet, V5, "").await;
    let told = client
        .wait_for("the filter", |heard| {
            heard.topic == "$hub/link/home" && heard.payload["code"] == "not-subscribed"
        })
        .await;
    let reason = told.payload["reason"].as_str().expect("a reason");
    assert!(reason.contains("nodes/#") && reason.contains("wildcard"), "{reason}");
    // What goes out is not disturbed by that.
    counted(&hub, "home", "sent", 10).await;
}

#[tokio::test]
async fn a_broker_that_sends_its_clients_away_is_named_in_both_ways() {
    for code in [0x9c, 0x9d] {
        let refusing = Manners { welcome: vec![0x20, 3, 0, code, 0], ..Manners::default() };
        let puppet = Puppet::new(refusing).await;
        let (_hub, mut client) = hub(&puppet, V5, "").await;
        let is_moved = |heard: &crate::common::Heard| {
            heard.topic == "$hub/link/home" && heard.payload["code"] == "moved"
        };
        client.wait_for("the refusal", is_moved).await;
        puppet.behave(Manners::default());
        up(&mut client, "home").await;
        puppet.say(&packet(0xe0, &[code, 0]));
        client.wait_for("the farewell", is_moved).await;
        everything_else_runs(&mut client, "moved").await;
    }
}

#[tokio::test]
async fn a_broker_that_acknowledges_nothing_holds_up_nothing_else() {
    for version in [V4, V5] {
        let puppet = Puppet::new(Manners { acknowledges: false, ..Manners::default() }).await;
        let spoken = if version == V4 { "3.1.1" } else { "5" };
        let config = "[[link]]\nname = \"sim\"\nkind = \"simulator\"\ninterval = \"10 ms\"\n".to_owned()
            + &puppet.link("home", &["nodes/# both 1"], &format!("version = \"{spoken}\""));
        let hub = launch(&config).start();
        let mut client = script(&hub).await;
        up(&mut client, "home").await;
        counted(&hub, "home", "dropped", 100).await;
        everything_else_runs(&mut client, "meanwhile").await;
        puppet.say(&publish(version, b"nodes/raw/in", b"1"));
        client.wait_topic("nodes/raw/in").await;
        assert_eq!(puppet.connections(), 1);
    }
}

#[tokio::test]
async fn a_broker_that_claims_to_remember_us_is_subscribed_to_all_the_same() {
    let remembers = Manners { welcome: vec![0x20, 3, 1, 0, 0], ..Manners::default() };
    let puppet = Puppet::new(remembers).await;
    let (_hub, mut client) = hub(&puppet, V5, "").await;
    for round in 1..=3 {
        puppet.is_used(round).await;
        puppet.say(&publish(V5, format!("nodes/raw/round/{round}").as_bytes(), b"1"));
        client.wait_topic(&format!("nodes/raw/round/{round}")).await;
        puppet.hang_up();
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn a_mosquitto_without_retained_messages_serves_in_both_versions() {
    let more = "retain_available false".to_owned();
    let broker = Mosquitto::start(Setup { more, ..Setup::default() }).await;
    for spoken in ["3.1.1", "5", "auto"] {
        let more = format!("version = \"{spoken}\"\nretain = true");
        let hub = launch(&(SIMULATOR.to_owned() + &mqtt("home", &broker, &["nodes/# both"], &more))).start();
        let mut client = script(&hub).await;
        let topic = "$hub/link/home";
        let told = client
            .wait_for("the link to be up", |heard| heard.topic == topic && heard.payload["state"] == "up")
            .await;
        let reason = told.payload["reason"].as_str().expect("a reason");
        assert!(reason.ends_with("keeps no retained messages"), "{spoken}: {reason}");
        let mut subscriber = broker.subscribe(&["-t", "nodes/#", "-v"]).await;
        subscriber.hears("thermometer").await;
        broker.publish(&["-t", "nodes/raw/in", "-m", "1"]).await;
        client.wait_topic("nodes/raw/in").await;
        assert_eq!(state(&hub, "home").await["state"], "up", "{spoken}");
    }
}

#[tokio::test]
async fn a_broker_that_allows_nothing_in_version_5_is_spoken_to_in_3_1_1() {
    for nothing in [&[RECEIVE_MAXIMUM, 0, 0][..], &[MAXIMUM_PACKET_SIZE, 0, 0, 0, 0]] {
        let puppet = puppet(nothing).await;
        let config = SIMULATOR.to_owned() + &puppet.link("home", &["nodes/# both"], "");
        let hub = launch(&config).start();
        let mut client = script(&hub).await;
        up(&mut client, "home").await;
        puppet.hears("a value", IS_PUBLISH).await;
        puppet.hears("MQTT 3.1.1", |first, connect| first == 0x10 && connect[6] == V4).await;
    }
}
