//! Packets of just under, at and just over the limit in both directions, and what is far too large.

use std::path::PathBuf;

use bytes::Bytes;
use clown_hub::link::mqtt::client::{self, Client, Event, Full, MAX_HEARD, MAX_PACKET, Poll, Publish};
use clown_hub::link::mqtt::{Config, Version};
use tokio::time::timeout;

use crate::common::{Mosquitto, PATIENCE, Setup};
use crate::rig::{Rig, VERSIONS, plain, welcomes};

const TOPIC: &str = "nodes/x/0/blob";

/// The payload that makes a packet of QoS 0 on [`TOPIC`] so large.
fn payload(version: Version, packet: usize) -> usize {
    let properties = usize::from(version == Version::V5);
    // From 2 MiB on the length takes four bytes.
    let length = if packet > 2 << 20 { 4 } else { 3 };
    packet - (1 + length) - (2 + TOPIC.len()) - properties
}

async fn next(poll: &mut Poll) -> Event {
    timeout(PATIENCE, poll.next()).await.expect("an event in time").expect("the connection lives")
}

/// A connection that is subscribed to everything.
async fn connect(broker: &Mosquitto, version: Version) -> (Client, Poll) {
    let config = Config { version: Some(version), ..plain(broker) };
    let will = Publish { topic: "clown-hub/0badcafe/broker".into(), ..Publish::default() };
    let (client, mut poll) = client::open(&config, will).expect("it opens");
    assert!(matches!(next(&mut poll).await, Event::Up { .. }));
    client.subscribe("nodes/#", 0).expect("there is room");
    let subscribed = Event::Subscribed { filter: "nodes/#".into(), granted: Ok(0) };
    assert_eq!(next(&mut poll).await, subscribed);
    (client, poll)
}

fn file(folder: &tempfile::TempDir, size: usize) -> PathBuf {
    let path = folder.path().join(size.to_string());
    std::fs::write(&path, vec![b'x'; size]).expect("the temporary folder is writable");
    path
}

#[tokio::test]
async fn packets_come_in_up_to_the_limit_and_no_further() {
    let (broker, folder) = (Mosquitto::start(Setup::default()).await, tempfile::tempdir().unwrap());
    for version in VERSIONS {
        let (_client, mut poll) = connect(&broker, version).await;
        for packet in [MAX_HEARD - 1, MAX_HEARD, MAX_HEARD + 1] {
            let size = payload(version, packet);
            let path = file(&folder, size);
            broker.publish(&["-t", TOPIC, "-f", &path.display().to_string()]).await;
            broker.publish(&["-t", "nodes/x/0/after", "-m", "1"]).await;
            match next(&mut poll).await {
                Event::Heard(heard) if heard.topic == TOPIC => {
                    assert!(packet <= MAX_HEARD, "{packet}");
                    assert_eq!(heard.payload.len(), size);
                }
                Event::Unheard { topic, why } => {
                    assert_eq!((topic.as_str(), packet), (TOPIC, MAX_HEARD + 1));
                    assert!(why.contains(&packet.to_string()), "{why}");
                }
                // Told how much we take, a broker of version 5 keeps the rest to itself.
                Event::Heard(heard) => {
                    assert_eq!((version, packet), (Version::V5, MAX_HEARD + 1));
                    assert_eq!(heard.topic, "nodes/x/0/after");
                    continue;
                }
                other => panic!("{other:?}"),
            }
            assert!(matches!(next(&mut poll).await, Event::Heard(heard) if heard.topic == "nodes/x/0/after"));
        }
    }
}

#[tokio::test]
async fn packets_go_out_up_to_the_limit_and_no_further() {
    let broker = Mosquitto::start(Setup::default()).await;
    for version in VERSIONS {
        let (client, mut poll) = connect(&broker, version).await;
        let mut subscriber = broker.subscribe(&["-t", TOPIC, "-F", "%l"]).await;
        for packet in [MAX_PACKET - 1, MAX_PACKET, MAX_PACKET + 1] {
            let size = payload(version, packet);
            let publish =
                Publish { topic: TOPIC.into(), payload: Bytes::from(vec![b'x'; size]), ..Publish::default() };
            let taken = client.publish(publish);
            if packet > MAX_PACKET {
                assert_eq!(taken, Err(Full::Packet { size: packet, limit: MAX_PACKET }));
                continue;
            }
            taken.expect("it fits");
            let heard = async {
                loop {
                    tokio::select! {
                        line = subscriber.line() => return line,
                        event = poll.next() => drop(event.expect("the connection lives")),
                    }
                }
            };
            let length = timeout(PATIENCE, heard).await.expect("it arrives");
            assert_eq!(length, size.to_string());
        }
    }
}

/// The library would leave the broker over it, come back, and be sent it again, for ever.
#[tokio::test]
async fn a_retained_ghost_of_two_megabytes_is_no_reconnect_loop() {
    let (broker, folder) = (Mosquitto::start(Setup::default()).await, tempfile::tempdir().unwrap());
    let ghost = file(&folder, 2 << 20).display().to_string();
    broker.publish(&["-t", "nodes/x/0/ghost", "-r", "-f", &ghost]).await;
    broker.publish(&["-t", "nodes/x/0/after", "-r", "-m", "1"]).await;
    for version in VERSIONS {
        let rig = Rig::new(Config { version: Some(version), ..plain(&broker) });
        let before = welcomes(&broker);
        let state = rig.comes_to("left-out").await;
        assert!(state.reason.contains("nodes/x/0/ghost"), "{state:?}");
        assert!(rig.view("broker").counts.dropped >= 1);
        let wait = crate::rig::TIMING.pause * 4;
        tokio::time::sleep(wait).await;
        assert!(welcomes(&broker) <= before + 1, "it came back again and again");
        rig.end().await;
    }
}

#[tokio::test]
async fn what_is_even_larger_is_named_and_retried_slowly() {
    let (broker, folder) = (Mosquitto::start(Setup::default()).await, tempfile::tempdir().unwrap());
    let ghost = file(&folder, 17 << 20).display().to_string();
    broker.publish(&["-t", "nodes/x/0/ghost", "-r", "-f", &ghost]).await;
    let rig = Rig::new(Config { version: Some(Version::V4), ..plain(&broker) });
    let state = rig.comes_to("packet-too-large").await;
    assert!(state.reason.contains("17825") && state.hint.contains("version = \"5\""), "{state:?}");
    let rounds = welcomes(&broker);
    tokio::time::sleep(crate::rig::TIMING.pause * 3).await;
    assert_eq!(welcomes(&broker), rounds, "it came back at once");
    rig.end().await;
}
