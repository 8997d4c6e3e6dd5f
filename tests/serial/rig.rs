//! A hub with serial links of short patience, and eyes on what comes out of it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clown_hub::hub::{By, Command, CommandEvent, Hub, HubConfig, LinkInfo, LinkView, Now, Update};
use clown_hub::link::{Kind, line, serial};
use clown_hub::stop::Stop;
use clown_hub::talk::{Payload, Topic};
use tokio::sync::broadcast;
use tokio::task::JoinHandle;

use crate::common::{PATIENCE, until};

/// Short enough for a test, long enough for a busy machine.
pub const TIMING: serial::Timing = serial::Timing {
    greet_every: Duration::from_millis(100),
    silent_after: Duration::from_millis(500),
    quiet: Duration::from_secs(1),
    write_within: Duration::from_millis(300),
};

/// The base of the link `bridge`.
pub const BASE: &str = "nodes/bridge/0";

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

impl Rig {
    /// A hub with a link `bridge` on a port.
    pub fn new(path: PathBuf) -> Self {
        Self::with_base(path, BASE)
    }

    /// The same below another base.
    pub fn with_base(path: PathBuf, base: &str) -> Self {
        let config =
            HubConfig { confirm_within: Duration::from_secs(1), ring: 1 << 16, ..HubConfig::default() };
        let hub = Hub::new(config, Now::now());
        let (_, updates) = hub.subscribe(Now::now());
        let clock = hub.clone();
        let ticks = tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_millis(50)).await;
                clock.tick(Now::now());
            }
        });
        let mut rig = Self { hub, stop: Stop::new(), links: Vec::new(), ticks, updates };
        rig.link("bridge", line::PortName::Path(path), base);
        rig
    }

    /// Adds a link.
    pub fn link(&mut self, name: &str, port: line::PortName, base: &str) {
        self.start(name, serial::Config { timing: TIMING, ..serial::Config::new(port) }, base);
    }

    /// Adds a link with its whole configuration.
    pub fn start(&mut self, name: &str, config: serial::Config, base: &str) {
        let info = LinkInfo { name: name.into(), kind: "serial", base: Some(topic(base)) };
        let (handle, commands) = self.hub.attach(Now::now(), info);
        self.links.push(tokio::spawn(Kind::Serial(config).run(handle, commands, self.stop.clone())));
    }

    /// The link as the hub sees it.
    pub fn view(&self, name: &str) -> LinkView {
        let snapshot = self.hub.snapshot(Now::now());
        snapshot.links.into_iter().find(|link| &*link.name == name).expect("the link is attached")
    }

    /// Waits until the link `bridge` is in the state with this code.
    pub async fn comes_to(&self, code: &str) -> LinkView {
        until(&format!("the link to be {code}"), || async {
            Some(self.view("bridge")).filter(|link| link.state.code == code)
        })
        .await
    }

    /// The next update under a topic below the base; others are passed over.
    pub async fn says(&mut self, below: &str) -> Arc<Update> {
        self.hears(|update| update.message.topic.as_str() == format!("{BASE}/{below}")).await
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

    /// Asks for something and waits for the last step.
    pub async fn command(&self, full: &str, payload: &str) -> Arc<CommandEvent> {
        let by = By { account: "clown".into(), client: 1, from: None };
        let payload = Payload::parse(payload).expect(payload);
        let ticket = self.hub.command(Now::now(), Command { topic: topic(full), payload, by, id: None });
        tokio::time::timeout(PATIENCE, ticket.outcome()).await.expect("in time").expect("the hub lives")
    }

    /// Stops all links.
    pub async fn end(mut self) {
        self.stop.request();
        for link in std::mem::take(&mut self.links) {
            tokio::time::timeout(Duration::from_secs(3), link).await.expect("in time").expect("no panic");
        }
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.ticks.abort();
        self.links.iter().for_each(JoinHandle::abort);
    }
}

/// The code of a refused command.
pub fn refusal(event: &CommandEvent) -> &'static str {
    event.refusal.as_ref().map_or("not refused", |refusal| refusal.code)
}
