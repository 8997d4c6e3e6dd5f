//! What only a broker remembers: listed with its age, chosen, confirmed, cleared, and told topic by topic.
//!
//! Clearing is publishing an empty retained message, by the same way and under the same checks as anything published
//! by hand. It takes two steps; the second one names how many topics it is about.

use std::collections::HashSet;
use std::time::Duration;

use askama::Template;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;

use super::publish::{ended, told};
use super::{Choice, links};
use crate::hub::{By, Delivery, Hub, Now, Post};
use crate::talk::{Payload, Topic};
use crate::web::auth::Who;
use crate::web::messages::Record;
use crate::web::messages::ghosts::{Ghost, ghosts};
use crate::web::messages::look::moment;
use crate::web::messages::recorder::millis;
use crate::web::messages::search::Search;
use crate::web::page::control::is_failure;
use crate::web::page::note::Stamp;
use crate::web::page::show::visible;
use crate::web::page::{Shell, html};
use crate::web::text::{Text, fill};

/// The most topics that are listed; all of them can be cleared.
const LISTED: usize = 500;
/// Topics that are cleared at the same time; a link takes a few dozen at once.
const AT_ONCE: usize = 16;
/// How long brokers may take to tell what they remember.
const RECALLED_WITHIN: Duration = Duration::from_secs(25);
/// The ages to choose from, in hours.
const AGES: [u64; 5] = [0, 1, 24, 7 * 24, 30 * 24];

/// What is listed.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Asked {
    /// A filter or a text.
    #[serde(default)]
    search: String,
    /// The name of a link.
    #[serde(default)]
    link: String,
    /// For how many hours nobody has refreshed it.
    #[serde(default)]
    silent: String,
}

impl Asked {
    fn ghosts(&self, record: &Record, now: u64) -> Vec<Ghost> {
        let hours: u64 = self.silent.parse().unwrap_or(0);
        let until = now.saturating_sub(hours.saturating_mul(3_600_000));
        self.until(record, until, now)
    }

    fn until(&self, record: &Record, until: u64, now: u64) -> Vec<Ghost> {
        let filter = super::Asked { search: self.search.clone(), ..super::Asked::default() };
        record.with(|recorded| {
            let search = Search { from: None, kind: None, ..filter.search(recorded) };
            let mut found = ghosts(recorded, &search, until, now);
            found.retain(|ghost| self.link.is_empty() || ghost.link == self.link);
            found
        })
    }
}

/// A topic of the list.
struct GhostView {
    mark: String,
    name: String,
    link: String,
    value: String,
    /// Said before the value if it may not be what lies there, and before the time.
    words: [&'static str; 2],
    since: Stamp,
}

/// What became of a topic.
struct Cleared {
    name: String,
    words: String,
    failed: bool,
}

/// Where somebody stands.
enum Stage {
    /// Looking at the list.
    List,
    /// Asked whether they are sure.
    Sure {
        /// All that are listed, and not only those that were chosen.
        all: bool,
    },
    /// Told what became of it.
    Done {
        /// Topic by topic.
        done: Vec<Cleared>,
        /// How many were left alone after too many failures.
        untried: usize,
    },
}

#[derive(Template)]
#[template(path = "messages/retained.html")]
struct RetainedPage {
    shell: Shell,
    search: String,
    silent: String,
    link: String,
    links: Vec<Choice>,
    ages: Vec<Choice>,
    ghosts: Vec<GhostView>,
    total: usize,
    /// What is said above the list.
    words: String,
    /// The moment of the list, so that later ones are not cleared with it.
    until: u64,
    stage: Stage,
}

/// `GET /messages/retained`
pub async fn show(
    State(hub): State<Hub>,
    State(record): State<Record>,
    who: Who,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Response {
    let shell = Shell::new(&headers, Some(&who.account), "/messages/retained").with_hub(&hub);
    let found = asked.ghosts(&record, millis(Now::now().wall));
    html(StatusCode::OK, &RetainedPage::new(shell, &record, &asked, found, Stage::List))
}

/// What was sent with a form: everything by name, topics any number of times.
struct Sent {
    asked: Asked,
    /// Marks.
    topics: HashSet<String>,
    all: bool,
    sure: bool,
    ask: bool,
    until: u64,
}

impl Sent {
    fn of(fields: Vec<(String, String)>) -> Self {
        let mut sent = Self {
            asked: Asked::default(),
            topics: HashSet::new(),
            all: false,
            sure: false,
            ask: false,
            until: u64::MAX,
        };
        for (name, value) in fields {
            match name.as_str() {
                "search" => sent.asked.search = value,
                "link" => sent.asked.link = value,
                "silent" => sent.asked.silent = value,
                "topic" => {
                    sent.topics.insert(value);
                }
                "all" => sent.all = value == "yes",
                "sure" => sent.sure = value == "yes",
                "ask" => sent.ask = value == "yes",
                "until" => sent.until = value.parse().unwrap_or(0),
                _ => {}
            }
        }
        sent
    }
}

/// `POST /messages/retained`: asks the brokers, or asks whether somebody is sure, then clears.
pub async fn clear(
    State(hub): State<Hub>,
    State(record): State<Record>,
    who: Who,
    by: By,
    headers: HeaderMap,
    Form(fields): Form<Vec<(String, String)>>,
) -> Response {
    let shell = Shell::new(&headers, Some(&who.account), "/messages/retained").with_hub(&hub);
    let sent = Sent::of(fields);
    if sent.ask {
        let n = recall(&hub, &record).await;
        let found = sent.asked.ghosts(&record, millis(Now::now().wall));
        let mut page = RetainedPage::new(shell, &record, &sent.asked, found, Stage::List);
        page.words = fill(page.shell.text().messages.asked, &[("n", &n.to_string())]);
        return html(StatusCode::OK, &page);
    }
    // Only what is silent still: a device that has spoken since is left alone.
    let now = millis(Now::now().wall);
    let hours: u64 = sent.asked.silent.parse().unwrap_or(0);
    let mut chosen =
        sent.asked.until(&record, sent.until.min(now).saturating_sub(hours.saturating_mul(3_600_000)), now);
    if !sent.all {
        chosen.retain(|ghost| sent.topics.contains(&ghost.mark));
    }
    if chosen.is_empty() {
        let found = sent.asked.ghosts(&record, now);
        let mut page = RetainedPage::new(shell, &record, &sent.asked, found, Stage::List);
        page.words = page.shell.text().messages.none_chosen.to_owned();
        return html(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    if !sent.sure {
        let stage = Stage::Sure { all: sent.all };
        return html(StatusCode::OK, &RetainedPage::new(shell, &record, &sent.asked, chosen, stage));
    }
    let mut done = Vec::with_capacity(chosen.len());
    for some in chosen.chunks(AT_ONCE) {
        let tickets: Vec<_> = some.iter().map(|ghost| (ghost, forget(&hub, by.clone(), ghost))).collect();
        for (ghost, ticket) in tickets {
            done.push(Cleared::of(shell.text(), ghost, ticket).await);
        }
        // A broker that answers none of them is asked no more: each would take seconds.
        if done.iter().rev().take(some.len()).all(|one| one.failed) {
            break;
        }
    }
    let untried = chosen.len() - done.len();
    // The record hears of each confirmation through the hub's ring.
    tokio::time::sleep(Duration::from_millis(50)).await;
    let found = sent.asked.ghosts(&record, now);
    html(
        StatusCode::OK,
        &RetainedPage::new(shell, &record, &sent.asked, found, Stage::Done { done, untried }),
    )
}

/// Asks the brokers what they remember, and how many messages that were.
async fn recall(hub: &Hub, record: &Record) -> usize {
    let mut answers = hub.recall();
    let mut n = 0;
    let all = async {
        while let Some(told) = answers.recv().await {
            record.hold(Now::now(), &told);
            n += 1;
        }
    };
    // Links end by themselves; one that hangs must not hold the page.
    let _ = tokio::time::timeout(RECALLED_WITHIN, all).await;
    n
}

fn forget(hub: &Hub, by: By, ghost: &Ghost) -> Result<crate::hub::Ticket, String> {
    let topic = Topic::new(&ghost.topic).map_err(|error| error.to_string())?;
    let delivery = Delivery { qos: 1, retain: true };
    let payload = Payload::from_wire(b"");
    let link = ghost.link.as_str().into();
    Ok(hub.post(Now::now(), Post { link, topic, payload, delivery, by, id: None }))
}

impl Cleared {
    async fn of(text: &Text, ghost: &Ghost, ticket: Result<crate::hub::Ticket, String>) -> Self {
        let (words, failed) = match ticket {
            Err(reason) => (reason, true),
            Ok(ticket) => match ended(ticket).await {
                Some(outcome) => (told(text, &outcome), is_failure(&outcome)),
                None => (text.live.sent.to_owned(), true),
            },
        };
        Self { name: visible(&ghost.topic), words: visible(&words), failed }
    }
}

impl RetainedPage {
    fn new(shell: Shell, record: &Record, asked: &Asked, found: Vec<Ghost>, stage: Stage) -> Self {
        let (text, now) = (shell.text(), Now::now().wall);
        let filter = super::Asked { link: asked.link.clone(), ..super::Asked::default() };
        let ages = AGES.iter().zip(text.messages.ages).map(|(hours, label)| Choice {
            value: hours.to_string(),
            label: label.to_owned(),
            chosen: asked.silent == hours.to_string() || (*hours == 0 && asked.silent.is_empty()),
        });
        let total = found.len();
        let listed = found.into_iter().take(LISTED).map(|ghost| GhostView {
            name: visible(&ghost.topic),
            mark: ghost.mark,
            link: visible(&ghost.link),
            value: visible(&ghost.value.0) + if ghost.value.1 { "…" } else { "" },
            words: [
                if ghost.sure { "" } else { text.messages.last_heard },
                if ghost.heard { text.messages.silent_since } else { text.messages.since },
            ],
            since: Stamp::new(moment(ghost.since), now),
        });
        let words = match &stage {
            Stage::List if total == 0 => text.messages.retained_none.to_owned(),
            Stage::List => String::new(),
            Stage::Sure { .. } => text.messages.sure_hint.to_owned(),
            Stage::Done { done, untried } => {
                let failed = done.iter().filter(|one| one.failed).count();
                let (n, failed) = ((done.len() - failed).to_string(), (failed + untried).to_string());
                let words = fill(text.messages.cleared, &[("n", &n), ("failed", &failed)]);
                let stopped = fill(text.messages.stopped, &[("n", &untried.to_string())]);
                if *untried > 0 { format!("{words} {stopped}") } else { words }
            }
        };
        Self {
            links: links(text, record, &filter),
            ages: ages.collect(),
            ghosts: listed.collect(),
            total,
            words,
            until: millis(now),
            search: asked.search.clone(),
            silent: asked.silent.clone(),
            link: asked.link.clone(),
            stage,
            shell,
        }
    }

    /// What became of the topics, failures first, and whether there are more.
    fn results(&self) -> (Vec<&Cleared>, bool) {
        let Stage::Done { done, .. } = &self.stage else { return (Vec::new(), false) };
        let mut told: Vec<_> = done.iter().collect();
        told.sort_by_key(|one| !one.failed);
        told.truncate(LISTED);
        (told, done.len() > LISTED)
    }

    fn counted(&self, words: &str) -> String {
        fill(words, &[("n", &self.total.to_string())])
    }
}
