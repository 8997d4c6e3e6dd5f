//! Every first word a broker can have for us, and what becomes of it.

use clown_hub::link::mqtt::{Config, Version};

use crate::fake::{Answer, Fake};
use crate::rig::{Rig, config};

async fn check(version: Option<Version>, answer: Answer, code: &str, says: &str) {
    let broker = Fake::new(answer).await;
    let rig = Rig::new(Config { version, ..config(&broker.url) });
    let state = rig.comes_to(code).await;
    assert!(state.reason.contains(says), "wanted {says}, got {state:?}");
    rig.end().await;
}

const V4: Option<Version> = Some(Version::V4);
const V5: Option<Version> = Some(Version::V5);

#[tokio::test]
async fn every_refusal_of_version_3_1_1_has_its_code() {
    check(V4, |_| Some(vec![0x20, 2, 0, 1]), "version", "this version of MQTT").await;
    check(V4, |_| Some(vec![0x20, 2, 0, 2]), "client-id", "clown-hub-test-").await;
    check(V4, |_| Some(vec![0x20, 2, 0, 3]), "broker-busy", "not ready or full").await;
    check(V4, |_| Some(vec![0x20, 2, 0, 4]), "not-authorized", "without a login").await;
    check(V4, |_| Some(vec![0x20, 2, 0, 5]), "not-authorized", "without a login").await;
}

#[tokio::test]
async fn every_refusal_of_version_5_has_its_code() {
    check(V5, |_| Some(vec![0x20, 3, 0, 0x84, 0]), "version", "this version of MQTT").await;
    check(V5, |_| Some(vec![0x20, 3, 0, 0x85, 0]), "client-id", "clown-hub-test-").await;
    check(V5, |_| Some(vec![0x20, 3, 0, 0x86, 0]), "not-authorized", "without a login").await;
    check(V5, |_| Some(vec![0x20, 3, 0, 0x87, 0]), "not-authorized", "without a login").await;
    check(V5, |_| Some(vec![0x20, 3, 0, 0x88, 0]), "broker-busy", "not ready").await;
    check(V5, |_| Some(vec![0x20, 3, 0, 0x8a, 0]), "banned", "banned").await;
    check(V5, |_| Some(vec![0x20, 3, 0, 0x97, 0]), "quota", "no more room").await;
    check(V5, |_| Some(vec![0x20, 3, 0, 0x9d, 0]), "moved", "another broker").await;
    check(V5, |_| Some(vec![0x20, 3, 0, 0x95, 0]), "broker-refused", "packet too large").await;
}

#[tokio::test]
async fn what_is_no_broker_is_no_fault_of_ours() {
    for version in [V4, V5] {
        check(version, |_| Some(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()), "protocol-error", "rules")
            .await;
        check(version, |_| Some(vec![0xff, 0xff, 0xff, 0xff, 0xff]), "protocol-error", "rules").await;
        check(version, |_| Some(Vec::new()), "closed", "without a word").await;
    }
}

#[tokio::test]
async fn a_broker_that_takes_the_connection_and_says_nothing_is_told_apart_from_no_route() {
    check(V5, |_| None, "no-answer", "says nothing").await;
}

/// A broker that only knows version 3.1.1 answers a CONNECT of version 5 in its own words, or just hangs up.
#[tokio::test]
async fn a_broker_of_version_3_1_1_is_understood_by_itself() {
    let answers: [Answer; 2] = [
        |version| Some(if version == 4 { vec![0x20, 2, 0, 0] } else { vec![0x20, 2, 0, 1] }),
        |version| Some(if version == 4 { vec![0x20, 2, 0, 0] } else { Vec::new() }),
    ];
    for answer in answers {
        let broker = Fake::new(answer).await;
        let rig = Rig::new(config(&broker.url));
        let state = rig.comes_to("up").await;
        assert!(state.reason.ends_with("MQTT 3.1.1"), "{state:?}");
        rig.end().await;
    }
}

/// A broker may wish for no keep-alive at all; the library then pings without a pause and leaves.
#[tokio::test]
async fn a_broker_without_keep_alive_is_stayed_with() {
    // Server Keep Alive (0x13) of 0.
    let broker = Fake::new(|_| Some(vec![0x20, 6, 0, 0, 3, 0x13, 0, 0])).await;
    let rig = Rig::new(Config { version: V5, ..config(&broker.url) });
    rig.comes_to("up").await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert_eq!(rig.view("broker").state.code, "up");
    assert_eq!(broker.connections(), 1);
    rig.end().await;
}
