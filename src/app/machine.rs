//! What ails the machine the hub runs on: its power, its heat, its disk. Looked at as long as the hub runs, told under
//! `$hub/machine`, in the log and among the events; links that fall often hear that power is behind it.

mod judge;
mod sight;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::disk::Trouble;
use crate::events::{Event, Events, Kind};
use crate::hub::{Hub, Now};
use crate::stop::Stop;
use crate::talk::Topic;
use judge::{Change, Facts, Judge, Seen};
use sight::Sight;

/// How often the voltage is read; the kernel looks every 2 s.
const GLANCE: Duration = Duration::from_secs(1);
/// In every so many glances the rest is looked at, too.
const LOOK: u32 = 10;

/// Watches the machine of this data folder until the hub stops.
pub fn watch(data: &Path, hub: &Hub, events: &Events, stop: &Stop) {
    let (hub, events, stop) = (hub.clone(), events.clone(), stop.clone());
    let topic = Topic::new("$hub/machine").expect("the hub's own topics are topics");
    let (mut sight, mut judge) = (Sight::new(data), Judge::default());
    tokio::spawn(async move {
        let (mut seen, mut told, mut blamed) = (Seen::default(), Facts::default(), None);
        let mut glances = (0..LOOK).cycle();
        loop {
            let is_look = glances.next() == Some(0);
            if is_look {
                sight.find();
            }
            sight.glance(&mut seen);
            if is_look {
                sight.look(&mut seen);
            }
            let now = Now::now();
            for change in judge.see(now, seen) {
                say(&events, &change);
            }
            if told != *judge.facts() {
                told = judge.facts().clone();
                hub.establish(now, &topic, &told);
            }
            let blame = judge.blame();
            if blamed != blame {
                blamed = blame;
                hub.blame(now, blamed.as_deref().map(Arc::from));
            }
            if tokio::time::timeout(GLANCE, stop.requested()).await.is_ok() {
                return;
            }
        }
    });
}

fn say(events: &Events, Change { about, trouble }: &Change) {
    let event = |what: &'static str| Event::new(Kind::Hub, what).about(about);
    match trouble {
        Some(Trouble { code, reason, hint, .. }) => {
            tracing::warn!("this machine: {reason}; {hint}");
            events.note(event("ailing").why(code, reason));
        }
        None => {
            let reason = match *about {
                "power" => "no under-voltage was seen for an hour",
                "heat" => "the processor is cool enough again",
                _ => "there is space for the hub's data again",
            };
            tracing::info!("this machine: {reason}");
            events.note(event("well").why("", reason));
        }
    }
}
