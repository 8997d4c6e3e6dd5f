//! Reads the configuration again while the hub runs: links that changed restart, everything else stays.
//!
//! A file with a mistake changes nothing; what happened is logged and told under `$hub/config`.

use serde_json::json;

use super::Plan;
use super::links::Links;
use crate::config::{self, Config, Problems};
use crate::hub::{Hub, Now};
use crate::talk::Topic;

/// Takes over the links of the file; `running` is what is in force.
pub async fn reload(plan: &Plan, running: &mut Config, hub: &Hub, links: &mut Links) {
    let Some(file) = &plan.file else {
        tracing::info!("there is no configuration file to read again");
        return;
    };
    let outcome = config::load(file).and_then(|loaded| match config::examine(&loaded) {
        problems if problems.is_empty() => Ok(loaded.config),
        problems => Err(Problems(problems)),
    });
    let config = match outcome {
        Ok(config) => config,
        Err(problems) => {
            tracing::error!("the configuration has mistakes, the old one stays in force:\n{problems}");
            tell(hub, &json!({ "state": "refused", "problems": problems.0 }));
            return;
        }
    };
    let changes = links.apply(&config.links).await;
    running.links.clone_from(&config.links);
    let waiting = waiting(plan, running, &config);
    tracing::info!(changes = changes.join(", "), "the configuration was read again");
    if !waiting.is_empty() {
        tracing::warn!("changes of {} take effect at the next start", waiting.join(", "));
    }
    tell(hub, &json!({ "state": "reloaded", "changes": changes, "waiting": waiting }));
}

/// The sections that changed but are only read at the start.
fn waiting(plan: &Plan, running: &Config, new: &Config) -> Vec<&'static str> {
    let mut waiting = Vec::new();
    // What the command line says wins at the next start, too.
    let same_hub = running.hub.name == new.hub.name && (plan.fixed_data || running.hub.data == new.hub.data);
    let mut web = new.web.clone();
    if plan.fixed_listen {
        web.listen = running.web.listen;
    }
    for (same, section) in
        [(same_hub, "[hub]"), (running.web == web, "[web]"), (running.log == new.log, "[log]")]
    {
        if !same {
            waiting.push(section);
        }
    }
    waiting
}

fn tell(hub: &Hub, fact: &serde_json::Value) {
    let topic = Topic::new("$hub/config").expect("two words are a topic");
    hub.tell(Now::now(), &topic, fact);
}
