//! One topic: its last payload in every reading, what changed, its past, and what can be taken along.
//!
//! A payload is never cut without a word, and never changed: JSON is laid out from its own text, bytes are shown as
//! digits, the whole is one link away. Script fetches the same part again when the topic has spoken.

mod past;
mod payload;

use std::time::SystemTime;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::Asked;
use super::row::{rate, word};
use crate::web::address::encoded;
use crate::web::auth::Who;
use crate::web::messages::Record;
use crate::web::messages::history::{Kept, Kind};
use crate::web::messages::look::{Place, moment};
use crate::web::messages::recorder::{State as Recorded, millis};
use crate::web::messages::search::KindSought;
use crate::web::messages::tree::Leaf;
use crate::web::page::note::Stamp;
use crate::web::page::show::visible;
use crate::web::page::{Shell, html};
use crate::web::text::{Text, fill};
use past::{Change, Moment, Past};
use payload::{Copy, Reading};

/// A topic, ready to be laid out.
pub struct TopicView {
    /// How this page and others name it: `topic=…` or `id=…`.
    pub query: String,
    /// The topic or mark in it.
    pub value: String,
    /// Its name, made visible, cut.
    pub name: String,
    /// How many bytes the name has, if it was cut.
    pub cut: Option<usize>,
    /// Back to the tree.
    pub back: String,
    /// What is known; nothing if nobody has spoken.
    pub known: Option<Known>,
}

/// What is known of a topic.
pub struct Known {
    /// When it last spoke.
    pub at: Stamp,
    /// From whom, how often: short sentences.
    pub facts: Vec<String>,
    /// Since when all of it is from memory.
    pub memory: Option<Stamp>,
    /// `data-presence`.
    pub presence: &'static str,
    /// The last payload, in one reading after the other.
    pub readings: Vec<Reading>,
    /// The address of the whole payload.
    pub whole: String,
    /// What changed, and between which messages.
    pub change: Option<Change>,
    /// The past, newest first.
    pub moments: Vec<Moment>,
    /// Where the past begins.
    pub begins: String,
    /// The address of older messages.
    pub older: Option<String>,
    /// What can be copied.
    pub copies: Vec<Copy>,
    /// The number of the last message.
    pub number: u64,
}

#[derive(Template)]
#[template(path = "messages/fragment.html")]
struct Fragment {
    shell: Shell,
    topic: TopicView,
}

/// `GET /fragment/message`: the topic alone.
pub async fn fragment(
    State(record): State<Record>,
    who: Who,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Response {
    let shell = Shell::new(&headers, Some(&who.account), "/messages");
    let place = asked.topic().unwrap_or_else(|| Place::Topic(String::new()));
    let topic = TopicView::new(shell.text(), &record, &place, &asked, SystemTime::now());
    html(StatusCode::OK, &Fragment { shell, topic })
}

impl TopicView {
    /// Everything about a topic.
    pub fn new(text: &'static Text, record: &Record, place: &Place, asked: &Asked, now: SystemTime) -> Self {
        let (key, Place::Topic(value) | Place::Mark { id: value }) = (place.key(), place);
        let query = format!("{key}={}", encoded(value));
        let found = record.with(|recorded| {
            let id = place.find(&recorded.tree)?;
            let leaf = recorded.tree.leaf(id)?;
            let topic = recorded.tree.path(id);
            let known = Known::new(text, recorded, leaf, &topic, asked, now, &query);
            Some((topic, known))
        });
        let (topic, known) = match found {
            Some((topic, known)) => (topic, Some(known)),
            None => (value.clone(), None),
        };
        let back = asked.at.as_ref().map_or_else(|| asked.href(&[]), |at| asked.href(&[("at", at)]));
        let name = visible(&topic);
        Self {
            cut: name.ends_with('…').then_some(topic.len()),
            query,
            value: value.clone(),
            name,
            back,
            known,
        }
    }

    /// The file of this topic's past.
    pub fn export(&self, layout: &str) -> String {
        format!("/messages/export?span=past&as={layout}&only={}", &self.query)
    }
}

impl Known {
    fn new(
        text: &'static Text,
        recorded: &Recorded,
        leaf: &Leaf,
        topic: &str,
        asked: &Asked,
        now: SystemTime,
        query: &str,
    ) -> Self {
        let (m, history) = (&text.messages, &leaf.history);
        let last = history.last();
        let at = Stamp::new(moment(last.at), now);
        let past = Past::new(text, recorded, leaf, asked, now);
        let mut facts = vec![fill(m.from, &[("from", &visible(recorded.source(last.from)))])];
        facts.extend([kind_of(text, last), rate(leaf.pulse.rate(millis(now)))]);
        facts.retain(|fact| !fact.is_empty());
        Self {
            at,
            facts,
            memory: leaf.remembered.map(|(since, _)| Stamp::new(moment(since), now)),
            presence: leaf.presence.map_or("", |presence| presence.word()),
            readings: payload::readings(text, last),
            whole: format!("/messages/payload?{query}&number={}", history.number()),
            change: past.change(text, leaf),
            older: past.older(asked, query),
            begins: past.begins,
            moments: past.moments,
            copies: payload::copies(text, topic, last, leaf.remembered.is_some()),
            number: history.number(),
        }
    }
}

/// What it was for, unless it is a value as most are.
fn kind_of(text: &Text, last: &Kept) -> String {
    if last.kind == Kind::Value {
        return String::new();
    }
    let place = KindSought::ALL.iter().position(|(known, _)| *known == word(last.kind));
    place.map_or("", |place| text.messages.kinds[place]).to_owned()
}

#[cfg(test)]
mod tests;
