//! One publisher, a hundred subscribers of both versions: everything comes to everyone, in order.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::task::JoinSet;

use super::client::Client;
use super::flood::flood;
use super::packet::{BOTH, V5, message};
use super::stage::{Broker, Kind};
use crate::common::until;

const SUBSCRIBERS: usize = 100;
const MESSAGES: usize = 1_000;

async fn subscribers(broker: &Broker, qos: u8) -> (JoinSet<usize>, Vec<Arc<AtomicUsize>>) {
    let (mut tasks, mut counts) = (JoinSet::new(), Vec::new());
    for number in 0..SUBSCRIBERS {
        let version = BOTH[number % 2];
        let mut client = Client::connect(broker, version.hello(&format!("subscriber {number}"))).await;
        client.subscribe("fan/#", qos).await;
        let count = Arc::new(AtomicUsize::new(0));
        counts.push(count.clone());
        tasks.spawn(async move {
            for expected in 0..MESSAGES {
                let message = client.heard().await;
                assert_eq!(message.text(), expected.to_string(), "subscriber {number} lost the order");
                assert_eq!((message.qos, message.dup), (qos, false));
                count.store(expected + 1, Ordering::Relaxed);
            }
            MESSAGES
        });
    }
    (tasks, counts)
}

pub async fn a_hundred_subscribers_get_a_thousand_messages_each_in_order_with_qos_1(kind: Kind) {
    let broker = Broker::start(kind).await;
    let (tasks, _) = subscribers(&broker, 1).await;
    let messages = (0..MESSAGES).map(|n| message(&format!("fan/{}", n % 7), n.to_string(), 1));
    flood(&broker, V5.hello("publisher"), messages).await;
    assert_eq!(tasks.join_all().await.into_iter().sum::<usize>(), SUBSCRIBERS * MESSAGES);
}

/// A broker may drop what a reader with QoS 0 does not take; nobody here is more than 50 messages behind.
pub async fn a_hundred_subscribers_that_keep_up_get_a_thousand_messages_each_with_qos_0(kind: Kind) {
    let broker = Broker::start(kind).await;
    let (tasks, counts) = subscribers(&broker, 0).await;
    let mut publisher = Client::connect(&broker, V5.hello("publisher")).await;
    for n in 0..MESSAGES {
        publisher.publish(&message("fan/x", n.to_string(), 0)).await;
        if n % 50 == 49 {
            until("the subscribers to keep up", || async {
                counts.iter().all(|count| count.load(Ordering::Relaxed) > n).then_some(())
            })
            .await;
        }
    }
    assert_eq!(tasks.join_all().await.into_iter().sum::<usize>(), SUBSCRIBERS * MESSAGES);
}
