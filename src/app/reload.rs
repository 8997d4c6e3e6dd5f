//! Reads the configuration again while the hub runs: links that changed restart, dialects are accepted or no more,
//! everything else stays.
//!
//! A file with a mistake changes nothing; what happened is logged and told under `$hub/config`.

use serde_json::json;

use super::{App, trust};
use crate::config::{self, Config, Problems, WebConfig};
use crate::hub::{Hub, Now};
use crate::talk::Topic;

impl App {
    /// Takes over what the file says of links and of discovery.
    pub(super) async fn reload(&mut self) {
        let Some(file) = &self.plan.file else { return };
        let outcome = config::load(file).and_then(|loaded| match config::examine(&loaded) {
            problems if problems.is_empty() => Ok(loaded.config),
            problems => Err(Problems(problems)),
        });
        let config = match outcome {
            Ok(config) => config,
            Err(problems) => {
                tracing::error!("the configuration has mistakes, the old one stays in force: {problems}");
                tell(&self.hub, &json!({ "state": "refused", "problems": problems.0 }));
                return;
            }
        };
        let mut changes = self.links.apply(&[&config.links[..], self.own.as_slice()].concat()).await;
        self.running.links.clone_from(&config.links);
        if self.running.discovery != config.discovery {
            trust(&self.hub, &config.discovery);
            self.running.discovery.clone_from(&config.discovery);
            changes.push("[discovery]".into());
        }
        self.post();
        let waiting = self.waiting(&config);
        let told = if changes.is_empty() { "none".to_owned() } else { changes.join(", ") };
        tracing::info!(changes = told, "the configuration was read again");
        if !waiting.is_empty() {
            tracing::warn!(
                "changes of {} take effect at the next start; restart the hub",
                waiting.join(", ")
            );
        }
        tell(&self.hub, &json!({ "state": "reloaded", "changes": changes, "waiting": waiting }));
    }

    /// The sections that changed but are only read at the start.
    fn waiting(&self, new: &Config) -> Vec<&'static str> {
        let (plan, running) = (&self.plan, &self.running);
        // What the command line says wins at the next start, too.
        let same_data = plan.fixed_data || running.hub.data == new.hub.data;
        let listen = if plan.fixed_listen { running.web.listen } else { new.web.listen };
        let web = WebConfig { listen, ..new.web.clone() };
        let mut broker = new.broker.clone();
        if let (Some(broker), Some(running)) = (&mut broker, &running.broker)
            && plan.fixed_broker
        {
            broker.listen = running.listen;
        }
        let sections = [
            (same_data, "[hub]"),
            (running.web == web, "[web]"),
            (running.mdns == new.mdns, "[mdns]"),
            (running.broker == broker || (plan.fixed_broker && broker.is_none()), "[broker]"),
            (running.history == new.history, "[history]"),
            (running.events == new.events, "[events]"),
            (running.log == new.log, "[log]"),
        ];
        sections.into_iter().filter(|(same, _)| !same).map(|(_, section)| section).collect()
    }
}

fn tell(hub: &Hub, fact: &serde_json::Value) {
    let topic = Topic::new("$hub/config").expect("two words are a topic");
    hub.tell(Now::now(), &topic, fact);
}
