//! Asks those who announce themselves to Home Assistant to do it again: many do when it says that it has come.
//!
//! Once in each connection, a moment after it was made, the hub says `online` under `<prefix>/status`, as Home Assistant
//! does, and does not leave it in the broker's memory. It says nothing if Home Assistant itself has just said it, if
//! nobody listens to that dialect, at the hub's own broker, or if the link does not take in what is announced. It never says `offline`: whether
//! Home Assistant is there is not ours to say.

use std::time::{Duration, Instant};

use super::super::client::{Client, Full, Publish};
use super::Flow;
use super::routes::Routes;
use crate::device::dialect::{Dialect, Settings};
use crate::hub::Now;
use crate::talk::Topic;

/// How long is waited for Home Assistant's own word.
const AFTER: Duration = Duration::from_secs(2);
const ONLINE: &[u8] = b"online";

/// When it is to be asked, and under which topic.
#[derive(Debug, Default)]
pub(super) struct Rollcall {
    /// The broker's name for it; nothing if nobody is to be asked.
    topic: Option<String>,
    due: Option<Instant>,
}

impl Rollcall {
    /// By what the link listens to and takes in.
    pub fn new(discovery: &Settings, routes: &Routes) -> Self {
        let below = |end: &str| Topic::new(&format!("{}/{end}", discovery.homeassistant)).ok();
        let is_heard = discovery.asks
            && discovery.dialects.contains(&Dialect::HomeAssistant)
            && below("device/x/config")
                .is_some_and(|topic| routes.into_hub(routes.named(&topic, None).as_str()).is_some());
        let topic = below("status").filter(|_| is_heard);
        Self { topic: topic.map(|topic| routes.named(&topic, None).to_string()), due: None }
    }

    /// A connection begins.
    pub fn begin(&mut self, now: Now) {
        self.due = self.topic.as_ref().map(|_| now.mono + AFTER);
    }

    /// The connection is gone.
    pub fn lost(&mut self) {
        self.due = None;
    }

    /// Home Assistant may have asked itself. What is only remembered was said to nobody who is there now.
    pub fn hear(&mut self, publish: &Publish) {
        if !publish.retain && self.topic.as_deref() == Some(&*publish.topic) && *publish.payload == *ONLINE {
            self.due = None;
        }
    }
}

impl Flow {
    /// Asks when it is time.
    pub(super) fn call_roll(&mut self, now: Now, client: &Client) {
        if self.rollcall.due.is_none_or(|due| now.mono < due) {
            return;
        }
        let Some(topic) = self.rollcall.topic.clone() else { return };
        let publish = Publish { topic, payload: ONLINE.into(), ..Publish::default() };
        match self.send(now, client, publish) {
            // Later, when there is room.
            Err(Full::Queue) => {}
            Ok(_) | Err(Full::Packet { .. } | Full::Topic) => self.rollcall.due = None,
        }
    }
}
