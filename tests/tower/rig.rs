//! A hub with links to dongles of short patience, and eyes on what comes out of it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clown_hub::device::builtin;
use clown_hub::hub::{By, Command, CommandEvent, Hub, HubConfig, LinkInfo, LinkView, Now, Step, Update};
use clown_hub::link::tower::{self, Naming, Timing};
use clown_hub::link::{Kind, line};
use clown_hub::stop::Stop;
use clown_hub::talk::{Payload, Topic};
use serde_json::Value;
use tokio::sync::broadcast;
use tokio::task::JoinHandle;

use crate::common::{PATIENCE, until};

/// Short enough for a test, long enough for a busy machine.
pub const TIMING: Timing = Timing {
    ask_every: Duration::from_millis(200),
    silent_after: Duration::from_secs(1),
    quiet: Duration::from_secs(30),
    write_within: Duration::from_secs(1),
};

/// A hub and its links.
pub struct Rig {
    pub hub: Hub,
    pub stop: Stop,
    links: Vec<JoinHandle<()>>,
    ticks: JoinHandle<()>,
    updates: broadcast::Receiver<Arc<Update>>,
}

pub fn topic(text: &str) -> Topic {
    Topic::new(text).expect(text)
}

/// What bcg does, or not.
pub fn naming(automatic: bool) -> Naming {
    Naming { automatic, ..Naming::default() }
}

impl Rig {
    /// A hub with a link `radio` on a port, which gives no names of its own.
    pub fn new(path: PathBuf) -> Self {
        Self::with(path, naming(false), TIMING)
    }

    /// The same with other names or another patience.
    pub fn with(path: PathBuf, naming: Naming, timing: Timing) -> Self {
        Self::of(path, naming, timing, Duration::from_secs(1))
    }

    /// Whose hub waits for answers as long as it does by default.
    pub fn patient(path: PathBuf) -> Self {
        Self::of(path, naming(false), TIMING, HubConfig::default().confirm_within)
    }

    fn of(path: PathBuf, naming: Naming, timing: Timing, confirm_within: Duration) -> Self {
        let config = HubConfig { confirm_within, ring: 1 << 16, ..HubConfig::default() };
        let hub = Hub::new(config, Now::now());
        hub.teach(Now::now(), builtin::catalog());
        let (_, updates) = hub.subscribe(Now::now());
        let clock = hub.clone();
        let ticks = tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_millis(50)).await;
                clock.tick(Now::now());
            }
        });
        let mut rig = Self { hub, stop: Stop::new(), links: Vec::new(), ticks, updates };
        rig.link("radio", path, naming, timing);
        rig
    }

    /// Adds a link.
    pub fn link(&mut self, name: &str, path: PathBuf, naming: Naming, timing: Timing) {
        let config = tower::Config { naming, timing, ..tower::Config::new(line::PortName::Path(path)) };
        let info = LinkInfo { name: name.into(), kind: "tower", base: None };
        let (handle, commands) = self.hub.attach(Now::now(), info);
        self.links.push(tokio::spawn(Kind::Tower(config).run(handle, commands, self.stop.clone())));
    }

    /// The link as the hub sees it.
    pub fn view(&self, name: &str) -> LinkView {
        let snapshot = self.hub.snapshot(Now::now());
        snapshot.links.into_iter().find(|link| &*link.name == name).expect("the link is attached")
    }

    /// Waits until a link is in the state with this code.
    pub async fn comes_to(&self, name: &str, code: &str) -> LinkView {
        until(&format!("{name} to be {code}"), || async {
            Some(self.view(name)).filter(|link| link.state.code == code)
        })
        .await
    }

    /// Waits until the link is up.
    pub async fn up(&self) {
        self.comes_to("radio", "up").await;
    }

    /// The payload of the next update under this topic; others are passed over.
    pub async fn says(&mut self, wanted: &str) -> String {
        self.hears(|update| update.message.topic.as_str() == wanted).await.message.payload.as_str().to_owned()
    }

    /// The next update that `wanted` accepts.
    pub async fn hears(&mut self, wanted: impl Fn(&Update) -> bool) -> Arc<Update> {
        let next = async {
            loop {
                let update = self.updates.recv().await.expect("the ring is large enough");
                if wanted(&update) {
                    return update;
                }
            }
        };
        tokio::time::timeout(PATIENCE, next).await.expect("the update comes")
    }

    /// Everything that was told until now and not looked at, as `topic payload`, without the hub's own facts.
    pub fn told(&mut self) -> Vec<String> {
        let mut told = Vec::new();
        while let Ok(update) = self.updates.try_recv() {
            if !update.is_own() {
                told.push(format!("{} {}", update.message.topic, update.message.payload));
            }
        }
        told
    }

    /// What the RADIO page would be told now.
    pub fn radio(&self, link: &str) -> Value {
        let name = format!("$hub/radio/{link}");
        let facts = self.hub.snapshot(Now::now()).facts;
        let fact = facts.into_iter().find(|(topic, _)| topic.as_str() == name);
        fact.map_or(Value::Null, |(_, fact)| serde_json::from_str(fact.as_str()).expect("JSON"))
    }

    /// Waits until the RADIO page would be told so.
    pub async fn radio_says(&self, what: &str, wish: impl Fn(&Value) -> bool) -> Value {
        until(&format!("the fact about the radio to say {what}"), || async {
            Some(self.radio("radio")).filter(&wish)
        })
        .await
    }

    /// Asks for something and waits for the last step.
    pub async fn command(&self, full: &str, payload: &str) -> Arc<CommandEvent> {
        let by = By { account: "clown".into(), client: 1, from: None };
        let payload = Payload::parse(payload).expect(payload);
        let ticket = self.hub.command(Now::now(), Command { topic: topic(full), payload, by, id: None });
        tokio::time::timeout(PATIENCE, ticket.outcome()).await.expect("in time").expect("the hub lives")
    }

    /// Asks for something that the dongle confirms.
    pub async fn confirmed(&self, full: &str, payload: &str) {
        let event = self.command(full, payload).await;
        assert_eq!(event.step, Step::Confirmed, "{full} {payload}: {:?}", event.refusal);
    }

    /// Asks for something that is refused; gives code and reason.
    pub async fn refused(&self, full: &str, payload: &str) -> (&'static str, String) {
        let event = self.command(full, payload).await;
        assert_eq!(event.step, Step::Refused, "{full} {payload}");
        event.refusal.as_ref().map(|refusal| (refusal.code, refusal.reason.to_string())).expect("a reason")
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.ticks.abort();
        self.links.iter().for_each(JoinHandle::abort);
    }
}
