//! What can be done with gateways and nodes: ordinary commands of the hub, by the same way and under the same checks.

use serde::Deserialize;

use super::fact::{Fact, facts};
use super::view::full_name;
use crate::hub::{By, Hub, Now, Outcome, Snapshot, Step};
use crate::talk::{Payload, Topic};
use crate::web::page::control::ask;
use crate::web::page::note::duration;
use crate::web::page::show::visible;
use crate::web::text::{Text, fill};

/// A form of the page.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Form {
    /// The link.
    #[serde(default)]
    pub link: String,
    /// What is to be done.
    #[serde(default, rename = "do")]
    pub what: String,
    /// The node.
    #[serde(default)]
    pub id: String,
    /// Its new name.
    #[serde(default)]
    pub alias: String,
    /// How many nodes there were when the question was asked.
    #[serde(default)]
    pub count: Option<usize>,
}

/// What became of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// `confirmed`, `refused`, `unanswered` or `pending`: the name of its mark.
    pub step: &'static str,
    /// The same in words.
    pub words: String,
}

impl Done {
    fn refused(words: String) -> Self {
        Self { step: "refused", words }
    }

    /// Whether it needs a person.
    pub fn failed(&self) -> bool {
        matches!(self.step, "refused" | "unanswered")
    }
}

/// Everything a form can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Nodes may join.
    Start,
    /// No node may join.
    Stop,
    /// The gateway is to say again who it is and which nodes it has.
    Ask,
    /// A node joins by its id.
    Add,
    /// A node gets a name, or loses it.
    Name,
    /// A node leaves.
    Remove,
    /// All nodes leave.
    Purge,
}

impl Act {
    /// The act of a form.
    pub fn of(word: &str) -> Option<Self> {
        Some(match word {
            "start" => Self::Start,
            "stop" => Self::Stop,
            "ask" => Self::Ask,
            "add" => Self::Add,
            "name" => Self::Name,
            "remove" => Self::Remove,
            "purge" => Self::Purge,
            _ => return None,
        })
    }

    /// What is said when it was done.
    fn done(self, text: &Text) -> &'static str {
        let r = &text.radio;
        match self {
            Self::Start => r.started,
            Self::Stop => r.stopped,
            Self::Ask => r.asked,
            Self::Add => r.attached,
            Self::Name => r.renamed,
            Self::Remove => r.detached,
            Self::Purge => r.purged,
        }
    }

    /// The rest of the command's topic, and its payload.
    fn command(self, form: &Form) -> (&'static str, Payload) {
        let (id, alias) = (form.id.trim().to_ascii_lowercase(), form.alias.trim());
        match self {
            Self::Start => ("pairing-mode/start", Payload::of(&())),
            Self::Stop => ("pairing-mode/stop", Payload::of(&())),
            Self::Ask => ("nodes/get", Payload::of(&())),
            Self::Add => ("nodes/add", Payload::of(id.as_str())),
            Self::Name if alias.is_empty() => ("alias/remove", Payload::of(id.as_str())),
            Self::Name => ("alias/set", Payload::of(&serde_json::json!({ "id": id, "alias": alias }))),
            Self::Remove => ("nodes/remove", Payload::of(id.as_str())),
            Self::Purge => ("nodes/purge", Payload::of(&())),
        }
    }
}

/// Does what the form asks for, and waits for the gateway's word.
pub async fn act(hub: &Hub, by: By, text: &'static Text, form: &Form) -> Done {
    let snapshot = hub.snapshot(Now::now());
    let (act, fact) = match wanted(text, &snapshot, form) {
        Ok(wanted) => wanted,
        Err(words) => return Done::refused(words),
    };
    let gateway = fact.gateway.as_ref().map_or("", |gateway| &gateway.name);
    let (rest, payload) = act.command(form);
    let Ok(topic) = Topic::new(&format!("gateway/{gateway}/{rest}")) else {
        return Done::refused(text.radio.nobody.to_owned());
    };
    let node = form.id.trim().to_ascii_lowercase();
    let name = fact.nodes.iter().find(|known| known.id == node).map_or_else(|| visible(&node), full_name);
    match ask(hub, by, topic, payload).await {
        Some(outcome) => {
            let name = if act == Act::Name { name_now(hub, form, &node).unwrap_or(name) } else { name };
            told(text, act, &name, &outcome)
        }
        None => Done { step: "pending", words: text.radio.unanswered.to_owned() },
    }
}

/// What a node is called after it was named.
fn name_now(hub: &Hub, form: &Form, id: &str) -> Option<String> {
    let all = facts(&hub.snapshot(Now::now()));
    let fact = all.iter().find(|fact| fact.link == form.link)?;
    fact.nodes.iter().find(|node| node.id == id).map(full_name)
}

/// What is to be done, and with which radio; or why not.
fn wanted(text: &Text, snapshot: &Snapshot, form: &Form) -> Result<(Act, Fact), String> {
    let r = &text.radio;
    let act = Act::of(&form.what).ok_or_else(|| r.not_an_act.to_owned())?;
    let fact = facts(snapshot).into_iter().find(|fact| fact.link == form.link);
    let named = |fact: &Fact| fact.gateway.as_ref().is_some_and(|gateway| !gateway.name.is_empty());
    let fact = fact.filter(named).ok_or_else(|| r.nobody.to_owned())?;
    // More nodes have joined since the question: whoever said yes did not mean them.
    if act == Act::Purge && form.count != Some(fact.nodes.len()) {
        return Err(r.changed.to_owned());
    }
    Ok((act, fact))
}

fn told(text: &Text, act: Act, name: &str, outcome: &Outcome) -> Done {
    let (r, live) = (&text.radio, &text.live);
    let after = duration(u64::try_from(outcome.after.as_millis()).unwrap_or(u64::MAX));
    match outcome.step {
        Step::Confirmed => Done { step: "confirmed", words: fill(act.done(text), &[("node", name)]) },
        Step::Refused => {
            let refusal = outcome.refusal.as_ref();
            let reason = refusal.map(|refusal| visible(&refusal.reason)).unwrap_or_default();
            let about = refusal.and_then(|refusal| live.refusals.of(refusal.code));
            let reason = about.map_or_else(|| reason.clone(), |about| format!("{about} ({reason})"));
            Done::refused(fill(live.refused, &[("reason", &reason)]))
        }
        Step::Unanswered => Done { step: "unanswered", words: fill(r.no_answer, &[("after", &after)]) },
        Step::Accepted | Step::Sent | Step::Unconfirmable => {
            Done { step: "pending", words: r.unanswered.to_owned() }
        }
    }
}
