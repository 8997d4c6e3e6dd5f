//! Times: to log in, and between two signs of life.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::client::{Client, Ended};
use crate::packet::{BOTH, Packet, V3, V5};
use crate::stage::Broker;

#[tokio::test]
async fn connection_that_does_not_log_in_is_closed_after_ten_seconds() {
    let broker = Broker::with("");
    let start = Instant::now();
    let mut mute = Client::open(&broker, V5, "mute").await;
    let mut slow = Client::open(&broker, V5, "slow").await;
    let mut dripping = Client::open(&broker, V3, "dripping").await;
    let drip = async {
        // A byte now and then does not help.
        for byte in V3.hello("dripping, very slowly indeed").bytes() {
            if dripping.next_within(Duration::from_millis(900)).await.is_some() {
                break;
            }
            dripping.send(&[byte]).await;
        }
        start.elapsed()
    };
    let in_time = async {
        sleep(Duration::from_millis(8_500)).await;
        slow.send(&V5.hello("slow").bytes()).await;
        let welcome = slow.next().await;
        assert!(matches!(welcome, Ok(Packet::Connack { code: 0, .. })), "{welcome:?}");
        slow.ping().await;
    };
    let closed = async {
        assert_eq!(mute.ended().await, Ended::Closed);
        start.elapsed()
    };
    let (dripped, (), closed) = tokio::join!(drip, in_time, closed);
    let about_ten = Duration::from_millis(9_800)..Duration::from_millis(14_000);
    assert!(about_ten.contains(&closed), "{closed:?}");
    assert!(about_ten.contains(&dripped), "{dripped:?}");
    let line = broker.logs("no CONNECT came in time").await;
    assert!(line.contains("127.0.0.1"), "{line}");
    slow.ping().await;
}

#[tokio::test]
async fn silent_client_stays_for_one_and_a_half_keep_alives_and_no_longer() {
    let broker = Broker::with("");
    for version in BOTH {
        let mut client = Client::connect(&broker, version.hello("silent").keep_alive(2)).await;
        for _ in 0..2 {
            sleep(Duration::from_millis(2_300)).await;
            client.ping().await;
        }
        let silent_since = Instant::now();
        let told = if version == V5 { Ended::Told { reason: 0x8D } } else { Ended::Closed };
        assert_eq!(client.ended().await, told);
        let stayed = silent_since.elapsed();
        assert!((Duration::from_millis(2_900)..Duration::from_millis(6_000)).contains(&stayed), "{stayed:?}");
    }
}
