//! A broker that is not there yet, dies, comes back, or stands still.

use std::time::{Duration, Instant};

use clown_hub::hub::Now;
use clown_hub::link::mqtt::Config;
use clown_hub::talk::Message;

use crate::common::{Mosquitto, Setup, until};
use crate::rig::{Rig, VERSIONS, plain};

const BASE: &str = "nodes/bridge/7";

fn reading(n: u32) -> Message {
    Message::parse(&format!(r#"["thermometer/i2c0-48", {{"temperature": [{n}, "℃"]}}]"#)).expect("valid")
}

#[tokio::test]
async fn a_broker_that_comes_later_is_found() {
    let mut broker = Mosquitto::absent(Setup::default());
    let rig = Rig::new(plain(&broker));
    rig.comes_to("broker-absent").await;
    broker.restart().await;
    rig.comes_to("up").await;
    rig.end().await;
}

#[tokio::test]
async fn a_broker_that_was_killed_is_found_and_subscribed_again() {
    for version in VERSIONS {
        // Without persistence it has forgotten every session and subscription.
        let mut broker = Mosquitto::start(Setup::default()).await;
        let rig = Rig::new(Config { version: Some(version), ..plain(&broker) });
        rig.comes_to("up").await;
        for round in 0..3 {
            broker.kill9();
            until("the link to notice", || async { (rig.view("broker").state.code != "up").then_some(()) })
                .await;
            broker.restart().await;
            rig.comes_to("up").await;
            let before = rig.view("broker").counts.received;
            until("a message to come in", || async {
                broker.publish(&["-t", "nodes/x/0/light/0", "-m", &format!("{{\"round\": {round}}}")]).await;
                (rig.view("broker").counts.received > before).then_some(())
            })
            .await;
        }
        rig.end().await;
    }
}

#[tokio::test]
async fn thirty_restarts_leave_no_descriptor_behind() {
    let open = || std::fs::read_dir("/proc/self/fd").expect("Linux").count();
    let mut broker = Mosquitto::start(Setup::default()).await;
    let rig = Rig::new(plain(&broker));
    rig.comes_to("up").await;
    let before = open();
    for round in 0..30 {
        broker.kill9();
        rig.comes_to("broker-absent").await;
        broker.restart().await;
        rig.comes_to("up").await;
        assert!(open() <= before + 4, "round {round}: {} descriptors, {before} before", open());
    }
    rig.end().await;
}

/// Nothing tells a frozen broker, or a pulled cable, from a silent one but the answer to a ping.
#[tokio::test]
async fn a_broker_that_stands_still_is_noticed_by_its_silence() {
    for version in VERSIONS {
        let broker = Mosquitto::start(Setup::default()).await;
        let keep_alive = Duration::from_secs(5);
        let rig = Rig::new(Config { version: Some(version), keep_alive, ..plain(&broker) });
        rig.comes_to("up").await;
        broker.freeze();
        let start = Instant::now();
        let state = rig.comes_to("keep-alive").await;
        // With the usual 20 s that is 45 s.
        assert!(start.elapsed() <= keep_alive * 2 + Duration::from_secs(5), "{:?}", start.elapsed());
        assert!(state.reason.contains("10 s"), "{state:?}");
        broker.thaw();
        rig.comes_to("up").await;
        rig.end().await;
    }
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("a line VmRSS");
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number")
}

/// The library's queue fills, then its socket; whoever waits in there would never see the next ping.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_towards_a_broker_that_stands_still_locks_nothing_up() {
    for version in VERSIONS {
        let broker = Mosquitto::start(Setup::default()).await;
        let keep_alive = Duration::from_secs(5);
        let rig = Rig::new(Config { version: Some(version), keep_alive, ..plain(&broker) });
        let device = rig.device(BASE);
        rig.comes_to("up").await;
        let mut subscriber = broker.subscribe(&["-t", &format!("{BASE}/#"), "-F", "%p"]).await;
        broker.freeze();
        let before = resident_kib();
        let start = Instant::now();
        // Until the silence is noticed, as fast as a hub's own links could ever be.
        for n in 0.. {
            (0..100).for_each(|k| device.publish(Now::now(), reading(n * 100 + k)));
            tokio::time::sleep(Duration::from_millis(10)).await;
            if rig.view("broker").state.code == "keep-alive" {
                break;
            }
            assert!(start.elapsed() < Duration::from_secs(20), "the silence was not noticed");
        }
        let grown = resident_kib().saturating_sub(before);
        assert!(grown < 40 << 10, "{grown} KiB more");
        assert!(rig.view("broker").counts.dropped > 0, "{:?}", rig.view("broker").counts);
        broker.thaw();
        rig.comes_to("up").await;
        let last = reading(4_000_000);
        device.publish(Now::now(), last.clone());
        subscriber.hears(r#"{"temperature": [4000000, "℃"]}"#).await;
        rig.end().await;
    }
}
