//! What a part of the hub says of itself, told to everybody whenever it has changed.

use std::time::Duration;

use serde::Serialize;
use tokio::sync::watch;

use crate::hub::{Hub, Now};
use crate::stop::Stop;
use crate::talk::Topic;

/// Establishes `facts` under the hub's own topic `name`, now and after each change, at most once in `every`, until the hub
/// stops.
pub fn tell<T: Serialize + Clone + Send + Sync + 'static>(
    hub: &Hub,
    stop: &Stop,
    name: &'static str,
    mut facts: watch::Receiver<T>,
    every: Duration,
) {
    let (hub, stop) = (hub.clone(), stop.clone());
    let topic = Topic::new(name).expect("the hub's own topics are topics");
    // It may have said something before anybody listened.
    facts.mark_changed();
    tokio::spawn(async move {
        loop {
            tokio::select! {
                () = stop.requested() => return,
                changed = facts.changed() => if changed.is_err() {
                    return;
                },
            }
            let told = facts.borrow_and_update().clone();
            hub.establish(Now::now(), &topic, &told);
            tokio::time::sleep(every).await;
        }
    });
}
