//! Packets that no broker should send, at the wrong moment or of the wrong shape: the hub runs on, and hears what is said
//! properly afterwards.

use std::time::Duration;

use serde_json::json;

use crate::common::{FakeBridge, Heard, Hub, Manners as BridgeManners, TalkClient};
use crate::puppet::{Manners, Puppet, V4, V5, packet, publish, publish_with, text};
use crate::stage::{SET, count, counted, launch, script, state, up, usb};

/// A bridge that speaks ten times a second.
pub const SIMULATOR: &str = "[[link]]\nname = \"sim\"\nkind = \"simulator\"\ninterval = \"100 ms\"\n";
const RELAY: &str = "nodes/bridge/simulator/relay/i2c0-3b/set";

/// A hub with a simulated bridge and a link to the puppet in this version.
pub async fn hub(puppet: &Puppet, version: u8, more: &str) -> (Hub, TalkClient) {
    let spoken = if version == V4 { "3.1.1" } else { "5" };
    let more = format!("version = \"{spoken}\"\n{more}");
    let hub = launch(&(SIMULATOR.to_owned() + &puppet.link("home", &["nodes/# both"], &more))).start();
    let client = script(&hub).await;
    (hub, client)
}

/// A device of another link is switched.
pub async fn everything_else_runs(client: &mut TalkClient, id: &str) {
    client.command(RELAY, json!({ "state": true }), id).await;
    let outcome = client.outcome(id).await;
    assert_eq!(outcome["step"], "confirmed", "{id}: {outcome}");
}

/// What a broker says, and with which code the hub leaves it over that; none if it stays.
struct Case(&'static str, Vec<u8>, Option<&'static str>);

fn stays(name: &'static str, bytes: Vec<u8>) -> Case {
    Case(name, bytes, None)
}

fn leaves(name: &'static str, bytes: Vec<u8>) -> Case {
    Case(name, bytes, Some("protocol-error"))
}

fn cases(version: u8) -> Vec<Case> {
    let publish = |topic: &[u8], payload: &[u8]| publish(version, topic, payload);
    let long = vec![b'x'; 65_535];
    let deep = "a/".repeat(30_000);
    let mut cases = vec![
        stays(
            "an answer to no unsubscription",
            packet(0xb0, if version == V4 { &[0, 9] } else { &[0, 9, 0, 0] }),
        ),
        stays(
            "an answer to no subscription",
            packet(0x90, if version == V4 { &[0, 99, 0] } else { &[0, 99, 0, 0] }),
        ),
        stays("a pong to no ping", vec![0xd0, 0]),
        stays("a topic of 65,535 bytes", publish(&[b"nodes/", &long[6..]].concat(), b"1")),
        stays("a topic of 30,000 levels", publish(&[b"nodes/", deep.as_bytes()].concat(), b"1")),
        stays("a topic of the broker's own", publish(b"$SYS/broker/uptime", b"1")),
        stays("a topic of the hub's own", publish(b"$hub/link/home", br#"{"state":"up"}"#)),
        stays("a topic that was not asked for", publish(b"other/thing", b"1")),
        stays("a wildcard in a topic", publish(b"nodes/+/relay/i2c0-3b", br#"{"state":true}"#)),
        stays("a number sign in a topic", publish(b"nodes/#", b"1")),
        stays("a NUL in a topic", publish(b"nodes/a\0b", b"1")),
        stays("a topic with a line break", publish(b"nodes/a\nlink home: up: all is well", b"1")),
        stays("an empty level", publish(b"nodes//x", b"1")),
        stays("a hundred thousand brackets", publish(b"nodes/bridge/7/led/-", &vec![b'['; 100_000])),
        stays("an object ten thousand deep", {
            let deep = [br#"{"state":"#.repeat(10_000), b"1".to_vec(), b"}".repeat(10_000)].concat();
            publish(b"nodes/bridge/7/led/-", &deep)
        }),
        stays("bytes that are no text", publish(b"nodes/bridge/7/led/-", b"\xff\x00\xfe")),
        stays("a number beyond all numbers", publish(b"nodes/bridge/7/led/-", br#"{"state":1e999999}"#)),
        stays("a key twice", publish(b"nodes/bridge/7/led/-", br#"{"state":"on","state":"off"}"#)),
        stays("names of JavaScript", publish(b"nodes/__proto__/constructor/toString", br#"{"__proto__":1}"#)),
        stays("ten thousand keys", {
            let keys: Vec<String> = (0..10_000).map(|n| format!(r#""k{n}":{n}"#)).collect();
            publish(b"nodes/bridge/7/led/-", format!("{{{}}}", keys.join(",")).as_bytes())
        }),
        stays("nothing where nothing was", publish_with(version, 1, b"nodes/nobody", &[], b"")),
        stays("a device at the root", publish(b"nodes/led/-", br#"{"state":"on"}"#)),
        stays("a device within a device of another link", {
            publish(b"nodes/bridge/simulator/relay/led/-", br#"{"state":"on"}"#)
        }),
        stays("a birth of two hundred thousand devices", {
            let bases = vec![r#""x""#; 200_000].join(",");
            publish(b"clown-hub/a/b", format!(r#"{{"state":"online","bases":[{bases}]}}"#).as_bytes())
        }),
        stays("a birth of nonsense", publish(b"clown-hub/a/b", b"\xff{")),
        stays("two messages of QoS 2 with one number", {
            let once = publish_with(version, 4, b"nodes/raw/twice", &[], b"1");
            [once.clone(), publish_with(version, 12, b"nodes/raw/twice", &[], b"1")].concat()
        }),
        leaves("an answer to nothing we sent", packet(0x40, &[0, 9])),
        leaves("a completion of nothing we sent", packet(0x70, &[0, 9])),
        leaves("a release of nothing it sent", packet(0x62, &[0, 9])),
        leaves("an answer with a number we never use", packet(0x40, &[0xff, 0xff])),
        leaves("a CONNECT", packet(0x10, &[text(b"MQTT"), vec![version, 2, 0, 20, 0, 0, 0]].concat())),
        leaves("a SUBSCRIBE", packet(0x82, &[vec![0, 1], text(b"#"), vec![0]].concat())),
        leaves("a packet of no kind", packet(0x00, &[0, 0])),
        leaves("a length that never ends", vec![0x30, 0xff, 0xff, 0xff, 0xff, 0xff]),
        Case("a packet of 256 MiB", vec![0x30, 0xff, 0xff, 0xff, 0x7f, 0, 1, b'x'], Some("packet-too-large")),
        leaves("a topic longer than its packet", packet(0x30, &[0xff, 0xff, b'x'])),
        leaves("QoS 3", publish_with(version, 6, b"nodes/x", &[], b"1")),
        leaves("the number 0", packet(0x32, &[text(b"nodes/x"), vec![0, 0, 0]].concat())),
    ];
    if version == V5 {
        let alias = |topic: &[u8]| publish_with(V5, 0, topic, &[0x23, 0, 1], b"1");
        cases.extend([
            stays("a topic that is no UTF-8", publish(b"nodes/\xff\xfe", b"1")),
            stays("no topic at all", publish(b"", b"1")),
            stays("an answer wanted nowhere in particular", {
                let nowhere = [vec![0x08], text(&long), vec![0x09], text(&long)].concat();
                publish_with(V5, 0, b"nodes/bridge/simulator/relay/i2c0-3b/set", &nowhere, b"no JSON")
            }),
            stays("an answer wanted at a wildcard", {
                let wild = [vec![0x08], text(b"a/#")].concat();
                publish_with(V5, 0, b"nodes/bridge/simulator/relay/i2c0-3b/set", &wild, b"no JSON")
            }),
            stays("a thousand properties", {
                let one = [vec![0x26], text(b"k"), text(b"v")].concat();
                publish_with(V5, 0, b"nodes/raw/x", &one.repeat(1_000), b"1")
            }),
            stays("a long way", {
                let way = [vec![0x26], text(b"clown-hub-via"), text(&long)].concat();
                publish_with(V5, 0, b"nodes/raw/x", &way, b"1")
            }),
            leaves("an alias for a topic", alias(b"nodes/raw/alias")),
            leaves("an alias instead of a topic", alias(b"")),
            leaves("a property of no kind", publish_with(V5, 0, b"nodes/x", &[0x7f, 1], b"1")),
            leaves("a way that is no UTF-8", {
                let way = [vec![0x26], text(b"clown-hub-via"), text(b"\xff")].concat();
                publish_with(V5, 0, b"nodes/x", &way, b"1")
            }),
            leaves("a word about more authentication", packet(0xf0, &[0x18, 0])),
        ]);
    } else {
        cases.push(leaves("a topic that is no UTF-8", publish(b"nodes/\xff\xfe", b"1")));
    }
    cases
}

fn is_whole(hub: &Hub, what: &str) {
    let log = hub.log();
    assert!(!log.contains("fault of clown-hub") && !log.contains("panicked"), "{what}:\n{log}");
}

#[tokio::test]
async fn odd_messages_are_left_out_and_the_next_good_one_is_heard() {
    for version in [V4, V5] {
        let puppet = Puppet::new(Manners::default()).await;
        let (hub, mut client) = hub(&puppet, version, "").await;
        up(&mut client, "home").await;
        puppet.is_used(1).await;
        for (number, Case(name, bytes, _)) in only(version, |left| left.is_none()).enumerate() {
            puppet.say(&bytes);
            let topic = format!("nodes/raw/after/{number}");
            puppet.say(&publish(version, topic.as_bytes(), b"1"));
            client.wait_for(&format!("a word after {name}"), |heard| heard.topic == topic).await;
            assert_eq!(puppet.connections(), 1, "{version}: {name}");
        }
        is_whole(&hub, "odd messages");
        everything_else_runs(&mut client, "after all").await;
        assert!(!hub.log().contains("\nlink home: up: all is well"), "nobody writes lines of his own");
    }
}

#[tokio::test]
async fn a_broker_that_breaks_the_rules_is_left_named_and_tried_again() {
    for version in [V4, V5] {
        for Case(name, bytes, code) in only(version, |left| left.is_some()) {
            let puppet = Puppet::new(Manners::default()).await;
            let (hub, mut client) = hub(&puppet, version, "").await;
            up(&mut client, "home").await;
            puppet.is_used(1).await;
            puppet.say(&bytes);
            let code = code.expect("it leaves");
            let is_so = |heard: &Heard| heard.topic == "$hub/link/home" && heard.payload["code"] == code;
            client.wait_for(&format!("{version}: the end after {name}"), is_so).await;
            if code == "protocol-error" {
                puppet.is_used(2).await;
            }
            is_whole(&hub, name);
        }
    }
}

fn only(version: u8, wish: fn(Option<&str>) -> bool) -> impl Iterator<Item = Case> {
    cases(version).into_iter().filter(move |Case(_, _, left)| wish(*left))
}

#[tokio::test]
async fn a_broker_that_speaks_in_halves_is_understood_and_one_that_stops_in_the_middle_is_left() {
    for version in [V4, V5] {
        let puppet = Puppet::new(Manners { pongs: false, ..Manners::default() }).await;
        let (_hub, mut client) = hub(&puppet, version, "keep_alive = \"5 s\"").await;
        up(&mut client, "home").await;
        puppet.is_used(1).await;
        for byte in publish(version, b"nodes/raw/drops", br#""one by one""#) {
            puppet.say(&[byte]);
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        client.wait_topic("nodes/raw/drops").await;
        let whole = publish(version, b"nodes/raw/half", b"1");
        puppet.say(&whole[..whole.len() - 1]);
        let lost = client
            .wait_for("the silence", |heard| {
                heard.topic == "$hub/link/home" && heard.payload["code"] == "keep-alive"
            })
            .await;
        assert!(
            lost.payload["reason"].as_str().is_some_and(|reason| reason.contains("10 s")),
            "{}",
            lost.text
        );
        everything_else_runs(&mut client, "meanwhile").await;
        puppet.is_used(2).await;
    }
}

#[tokio::test]
async fn a_hundred_thousand_messages_at_once_are_all_heard() {
    const MANY: usize = 100_000;
    for version in [V4, V5] {
        let puppet = Puppet::new(Manners::default()).await;
        let (hub, mut client) = hub(&puppet, version, "").await;
        up(&mut client, "home").await;
        puppet.is_used(1).await;
        let mut burst = Vec::new();
        for number in 0..MANY {
            let payload = format!(r#"{{"n": {number}}}"#);
            burst.extend(publish(
                version,
                format!("nodes/burst/{}", number % 100).as_bytes(),
                payload.as_bytes(),
            ));
        }
        let before = count(&hub, "home", "received").await;
        puppet.say(&burst);
        everything_else_runs(&mut client, "meanwhile").await;
        counted(&hub, "home", "received", before + MANY as u64).await;
        let now = state(&hub, "home").await;
        assert_eq!((&now["state"], &now["counts"]["malformed"]), (&json!("up"), &json!(0)), "{now}");
        assert_eq!(now["counts"]["dropped"], 0, "{now}");
        assert_eq!(puppet.connections(), 1);
    }
}

/// A broker that lost our answer on its way sends a message once more: a toggle must not toggle twice.
#[tokio::test]
async fn a_command_that_a_broker_sends_again_is_carried_out_once() {
    for version in [V4, V5] {
        let puppet = Puppet::new(Manners::default()).await;
        let bridge = FakeBridge::plugged(BridgeManners::default());
        let more = format!("version = \"{}\"", if version == V4 { "3.1.1" } else { "5" });
        let hub = launch(&(usb(&bridge) + &puppet.link("home", &["nodes/# both"], &more))).start();
        for link in ["usb", "home"] {
            up(&mut script(&hub).await, link).await;
        }
        puppet.is_used(1).await;
        for (qos, payload) in [(2, r#"{"state":true}"#), (4, r#"{"state":false}"#)] {
            for again in [0, 8, 8] {
                let set = publish_with(version, qos | again, SET.as_bytes(), &[], payload.as_bytes());
                puppet.say(&set);
            }
            // Behind them, so that all of them have been heard when this one has.
            puppet.say(&publish(version, b"nodes/bridge/0/led/-/set", br#"{"state":"on"}"#));
            bridge.hears("led/-/set").await;
            let heard = bridge.heard().await;
            let sets =
                heard.iter().filter(|line| line.contains("relay/i2c0-3b/set") && line.contains(payload));
            assert_eq!(sets.count(), 1, "{version}, QoS {}: {heard:?}", qos / 2);
            bridge.forget().await;
        }
    }
}

/// A broker may hand out its memory after the device's own word, which is newer.
#[tokio::test]
async fn a_memory_that_comes_after_the_devices_own_word_overrides_nothing() {
    for version in [V4, V5] {
        let puppet = Puppet::new(Manners::default()).await;
        let (hub, mut client) = hub(&puppet, version, "").await;
        up(&mut client, "home").await;
        puppet.is_used(1).await;
        let relay = "nodes/bridge/7/relay/i2c0-3b";
        puppet.say(&publish(version, relay.as_bytes(), br#"{"state": false}"#));
        client.wait_topic(relay).await;
        puppet.say(&publish_with(version, 1, relay.as_bytes(), &[], br#"{"state": true}"#));
        puppet.say(&publish(version, b"nodes/raw/after", b"1"));
        let mut heard = client.next().await.expect("the hub stays");
        while heard.topic != "nodes/raw/after" {
            assert_ne!(heard.topic, relay, "{version}: {}", heard.text);
            heard = client.next().await.expect("the hub stays");
        }
        let now = script(&hub).await.wait_topic(relay).await;
        assert_eq!((&now.payload["state"], &now.options["presence"]), (&json!(false), &json!("online")));
    }
}

#[tokio::test]
async fn what_a_broker_says_at_its_end_is_one_line_and_short() {
    let puppet = Puppet::new(Manners::default()).await;
    let (hub, mut client) = hub(&puppet, V5, "").await;
    up(&mut client, "home").await;
    puppet.is_used(1).await;
    let said =
        ["go away\n2026-11-21 INFO link home: up: all is well \u{1b}[31m", &"x".repeat(9_000)].concat();
    let reason = [vec![0x1f], text(said.as_bytes())].concat();
    let length = packet(0, &vec![0; reason.len()]);
    let length = &length[1..length.len() - reason.len()];
    puppet.say(&packet(0xe0, &[&[0x98], length, &reason].concat()));
    let is_so = |heard: &Heard| heard.topic == "$hub/link/home" && heard.payload["code"] == "ended";
    let told = client.wait_for("the end", is_so).await;
    let reason = told.payload["reason"].as_str().expect("a reason");
    assert!(reason.contains("administrative action (go away\\u{a}2026") && reason.len() < 300, "{reason}");
    assert!(!hub.log().contains("\n2026-11-21 INFO") && !hub.log().contains('\u{1b}'), "{}", hub.log());
}

/// Most of them are followed by a newer wish or refused, with their reasons; nobody waits for them.
#[tokio::test]
async fn twenty_thousand_commands_at_once_leave_a_hub_that_still_obeys() {
    const MANY: usize = 20_000;
    for version in [V4, V5] {
        let puppet = Puppet::new(Manners::default()).await;
        let (hub, mut client) = hub(&puppet, version, "").await;
        up(&mut client, "home").await;
        puppet.is_used(1).await;
        let set = |on: bool| publish(version, RELAY.as_bytes(), format!(r#"{{"state":{on}}}"#).as_bytes());
        puppet.say(&(0..MANY).flat_map(|number| set(number % 2 == 0)).collect::<Vec<u8>>());
        puppet.say(&publish(version, b"nodes/raw/after", b"1"));
        // The word behind them is counted when all of them have been heard.
        counted(&hub, "home", "received", 1).await;
        // Who listened meanwhile has missed some of it.
        let mut fresh = script(&hub).await;
        everything_else_runs(&mut fresh, "after the storm").await;
        assert_eq!(state(&hub, "home").await["state"], "up");
        is_whole(&hub, "a storm");
    }
}
