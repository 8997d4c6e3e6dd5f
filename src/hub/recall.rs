//! What brokers remember, asked for on purpose.
//!
//! A link hears a broker's memory when it connects; what is retained later comes like any other word and cannot be told
//! from it. Whoever wants to tidy up asks again. The answer goes to whoever asked and is told to nobody else: what lies
//! there may be older than what devices have said since.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::{Hub, LinkHandle, Phase};
use crate::talk::{Payload, Topic};

/// Retained messages that wait for whoever asked.
const WAITING: usize = 4096;
/// Questions that wait for a link.
const QUESTIONS: usize = 4;

/// A message that lies in a broker's memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recalled {
    /// The link to that broker.
    pub link: Arc<str>,
    /// The complete topic.
    pub topic: Topic,
    /// What lies there.
    pub payload: Payload,
}

/// Where a link tells what its broker remembers; dropped when it has told all.
pub type Recall = mpsc::Sender<Recalled>;

impl Hub {
    /// Asks the brokers of all links that are up; the answers end when each has told all or has gone.
    pub fn recall(&self) -> mpsc::Receiver<Recalled> {
        let (told, answers) = mpsc::channel(WAITING);
        for link in self.lock().links.values().filter(|link| link.state.phase == Phase::Up) {
            if let Some(recalls) = &link.recalls {
                // A link that is still busy with four others is left out; its broker is being asked anyway.
                let _ = recalls.try_send(told.clone());
            }
        }
        answers
    }
}

impl LinkHandle {
    /// The questions for this link's broker.
    pub fn recalls(&self) -> mpsc::Receiver<Recall> {
        let (recalls, questions) = mpsc::channel(QUESTIONS);
        if let Some(link) = self.hub.lock().links.get_mut(self.name()) {
            link.recalls = Some(recalls);
        }
        questions
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::{HubConfig, LinkInfo, LinkState, Now};

    #[test]
    fn only_links_that_are_up_and_have_a_broker_are_asked() {
        let now = Now::now();
        let hub = Hub::new(HubConfig::default(), now);
        let link = |name: &str, up: bool| {
            let (link, _) = hub.attach(now, LinkInfo { name: name.into(), kind: "mqtt", base: None });
            if up {
                link.state(now, LinkState::up("a broker"));
            }
            link
        };
        let (_usb, home, cloud) = (link("usb", true), link("home", true), link("cloud", false));
        let (mut home_asked, mut cloud_asked) = (home.recalls(), cloud.recalls());
        let mut answers = hub.recall();
        assert!(cloud_asked.try_recv().is_err());
        let told = home_asked.try_recv().expect("it is asked");
        let topic = Topic::new("old/a").expect("a topic");
        let old = Recalled { link: "home".into(), topic, payload: Payload::from_wire(b"1") };
        told.try_send(old.clone()).expect("there is room");
        drop(told);
        assert_eq!(answers.try_recv(), Ok(old));
        assert_eq!(answers.try_recv(), Err(mpsc::error::TryRecvError::Disconnected), "all is told");
    }
}
