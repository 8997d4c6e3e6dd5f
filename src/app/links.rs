//! The links that run: started from the configuration, restarted when theirs changes, stopped with the hub.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::config::LinkConfig;
use crate::hub::{Hub, LinkInfo, Now};
use crate::link::mqtt::HubName;
use crate::link::mqtt::flow::ledger;
use crate::stop::Stop;

/// How long a link may take to end when it is restarted.
const END_WITHIN: Duration = Duration::from_secs(3);

/// Every link that runs, by its name.
pub struct Links {
    hub: Hub,
    name: HubName,
    data: PathBuf,
    running: HashMap<String, Running>,
}

struct Running {
    config: LinkConfig,
    stop: Stop,
    task: JoinHandle<()>,
}

impl Links {
    /// None yet, of a hub with this name and data folder.
    pub fn new(hub: Hub, name: HubName, data: &Path) -> Self {
        Self { hub, name, data: data.to_owned(), running: HashMap::new() }
    }

    /// Makes the running links those of `wanted`: what is the same runs on untouched. Returns what changed, in words.
    pub async fn apply(&mut self, wanted: &[LinkConfig]) -> Vec<String> {
        let same = |running: &Running| wanted.contains(&running.config);
        let mut changes = self.hurry(same);
        let ending: Vec<String> =
            self.running.iter().filter(|(_, running)| !same(running)).map(|(name, _)| name.clone()).collect();
        // All at once: meanwhile nothing else of the hub is looked after, so it must not take each its time.
        for running in ending.iter().filter_map(|name| self.running.get(name)) {
            let next = wanted.iter().find(|link| link.name == running.config.name);
            if next.is_some_and(|next| next.leads_where(&running.config)) {
                running.stop.request();
            } else {
                running.stop.request_for_good();
            }
        }
        for name in ending {
            if let Some(running) = self.running.remove(&name) {
                running.end(&name).await;
            }
            if !wanted.iter().any(|link| link.name == name) {
                self.hub.detach(Now::now(), &name);
                changes.push(format!("link {name} removed"));
            } else {
                changes.push(format!("link {name} restarted"));
            }
        }
        let brokers: Vec<_> =
            wanted.iter().filter_map(|link| Some((link.name.as_str(), link.broker()?))).collect();
        ledger::inherit(&self.data, &brokers);
        for link in wanted {
            if !self.running.contains_key(&link.name) {
                let restarted =
                    changes.iter().any(|change| *change == format!("link {} restarted", link.name));
                if !restarted {
                    changes.push(format!("link {} started", link.name));
                }
                self.start(link);
            }
        }
        changes
    }

    /// Lets those that stay and wait try again at once: a password, a certificate or a device may have come.
    fn hurry(&self, stays: impl Fn(&Running) -> bool) -> Vec<String> {
        let mut names: Vec<&str> =
            self.running.values().filter(|link| stays(link)).map(Running::name).collect();
        names.retain(|name| self.hub.try_again(name));
        names.sort_unstable();
        names.into_iter().map(|name| format!("link {name} tries again")).collect()
    }

    fn start(&mut self, config: &LinkConfig) {
        let link = config.link(&self.name, &self.data);
        let info =
            LinkInfo { name: config.name.as_str().into(), kind: link.name(), base: config.base.clone() };
        let (handle, commands) = self.hub.attach(Now::now(), info);
        let stop = Stop::new();
        let task = tokio::spawn(link.run(handle, commands, stop.clone()));
        self.running.insert(config.name.clone(), Running { config: config.clone(), stop, task });
    }

    /// Ends all links; returns the names of those that were late.
    pub async fn end(&mut self, within: Duration) -> Vec<String> {
        for running in self.running.values() {
            running.stop.request();
        }
        let end = tokio::time::Instant::now() + within;
        let mut late = Vec::new();
        for (name, running) in self.running.drain() {
            if tokio::time::timeout_at(end, running.task).await.is_err() {
                late.push(format!("link {name}"));
            }
        }
        late
    }
}

impl Running {
    fn name(&self) -> &str {
        &self.config.name
    }

    async fn end(mut self, name: &str) {
        self.stop.request();
        if timeout(END_WITHIN, &mut self.task).await.is_err() {
            tracing::warn!(
                link = name,
                "the link did not end in time and was cut off; report this line if it happens again"
            );
            self.task.abort();
        }
    }
}
