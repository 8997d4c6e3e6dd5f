//! A look at the record of messages that follows what changes: `clown.talk/-/messages/set` says what one wants to see,
//! `clown.talk/-/messages` tells it, thinned.
//!
//! A client with ten thousand topics before it sees a window of rows; it hears of a row only when that row has changed,
//! and of all of them together at most five times a second. The newest wins: what came between two looks is in the
//! counts and in the history. A client that does not read is not told anything until it does.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::conn::Conn;
use super::look::{LEAST, Look};
use crate::talk::{Malformed, Payload, write_text};
use crate::web::messages::Record;
use crate::web::messages::look::{MAX_OPEN, MAX_ROWS, Open, Place, Row, Wanted, time};
use crate::web::messages::search::{KindSought, Search, Sought};

/// What a client says to look.
pub(super) const ASKED: &str = "clown.talk/-/messages/set";
const TOLD: &str = "clown.talk/-/messages";

/// How often somebody is told by default, and how often at most.
const EVERY: Duration = Duration::from_millis(200);
/// A search looks at every topic.
const EVERY_SEARCH: Duration = Duration::from_millis(500);
/// How often the counts of everything are told while nothing else changes.
const COUNTS: Duration = Duration::from_secs(1);

/// What somebody wants to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    wanted: Wanted,
    /// The name of the link, which has no number before it speaks.
    link: Option<String>,
    /// The topic whose news are wanted wherever it lies.
    topic: Option<Place>,
    /// Given back with every answer, so that one to an earlier wish can be told.
    wish: Option<u64>,
    /// How often at most.
    every: Duration,
}

#[derive(serde::Deserialize)]
struct Text {
    at: Option<Place>,
    #[serde(default)]
    search: String,
    #[serde(default)]
    link: String,
    #[serde(default)]
    kind: String,
    open: Option<Vec<Place>>,
    #[serde(default)]
    shut: Vec<Place>,
    #[serde(default)]
    first: usize,
    rows: Option<usize>,
    topic: Option<Place>,
    wish: Option<u64>,
    every_ms: Option<u64>,
}

/// Reads what somebody asks for.
pub(super) fn read(payload: &Payload) -> Result<Asked, Malformed> {
    let hint = "send {\"open\": [\"nodes\"], \"first\": 0, \"rows\": 50}";
    let wrong = |reason: String| Malformed::new("messages", reason, hint);
    let asked: Text = serde_json::from_str(payload.as_str())
        .map_err(|error| wrong(format!("the wish cannot be understood: {error}")))?;
    let named = asked.open.as_ref().map_or(0, Vec::len).max(asked.shut.len());
    if named > MAX_OPEN {
        return Err(wrong(format!("{named} levels are named; at most {MAX_OPEN} are taken")));
    }
    let kind = match asked.kind.as_str() {
        "" => None,
        word => {
            Some(KindSought::of(word).ok_or_else(|| wrong(format!("`{word:.40}` is no kind of message")))?)
        }
    };
    let search = Search { text: Sought::new(&asked.search), from: None, kind };
    let least = if search.is_everything() { LEAST } else { EVERY_SEARCH };
    let open = asked.open.map_or(Open::AllBut(asked.shut), Open::These);
    let rows = asked.rows.unwrap_or(50).min(MAX_ROWS);
    Ok(Asked {
        wanted: Wanted { at: asked.at, search, open, first: asked.first, rows },
        link: Some(asked.link).filter(|link| !link.is_empty()),
        topic: asked.topic,
        wish: asked.wish,
        every: asked.every_ms.map_or(EVERY, Duration::from_millis).clamp(least, Duration::from_secs(60)),
    })
}

/// Begins to look for this client.
pub(super) fn begin(record: Record, conn: Arc<Conn>, asked: Asked) -> Look<Asked> {
    Look::begin(
        conn,
        asked,
        |asked| asked.every,
        move || {
            let (record, mut sent) = (record.clone(), Sent::default());
            move |asked: &Asked| sent.news(&record, asked)
        },
    )
}

/// What a client knows already.
#[derive(Default)]
struct Sent {
    version: Option<u64>,
    total: usize,
    rows: Vec<String>,
    topic: Option<String>,
    counted: Option<Instant>,
}

#[derive(serde::Serialize)]
struct Told<'a> {
    /// The wish it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    wish: Option<u64>,
    /// Rows there would be without a window.
    total: usize,
    /// Topics that are found.
    topics: u32,
    /// Messages heard since the record began.
    messages: u64,
    /// Messages the record was too slow for.
    missed: u64,
    /// Topics that were forgotten to make room.
    forgotten: u64,
    /// The rows of the window that have changed: where, and how they are.
    rows: Vec<(usize, &'a serde_json::value::RawValue)>,
    /// The topic that was asked about: the number of its last message, and when; `null` if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    topic: Option<Option<News>>,
}

#[derive(Debug, serde::Serialize)]
struct News {
    number: u64,
    at: String,
}

impl News {
    fn of(record: &Record, topic: &Place) -> Option<Self> {
        record.with(|state| {
            let history = &state.tree.leaf(topic.find(&state.tree)?)?.history;
            Some(Self { number: history.number(), at: time(history.last().at) })
        })
    }
}

impl Sent {
    /// What has changed since the last time, as a message; nothing if it is not worth one.
    fn news(&mut self, record: &Record, asked: &Asked) -> Option<String> {
        let version = record.version();
        if self.version == Some(version) {
            return None;
        }
        let mut wanted = asked.wanted.clone();
        if let Some(link) = &asked.link {
            // A link that has not spoken has no topics.
            wanted.search.from = Some(record.with(|state| state.source_of(link)).unwrap_or(u16::MAX));
        }
        let seen = record.look(&wanted);
        let rows: Vec<String> = seen.rows.iter().map(text_of).collect();
        let changed = rows.iter().enumerate().filter(|(at, row)| self.rows.get(*at) != Some(row));
        let changed: Vec<_> = changed
            .filter_map(|(at, row)| Some((wanted.first + at, serde_json::from_str(row).ok()?)))
            .collect();
        let topic = asked.topic.as_ref().map(|topic| News::of(record, topic));
        let about = topic.as_ref().map(|topic| format!("{topic:?}"));
        let now = Instant::now();
        let is_due = self.counted.is_none_or(|counted| now - counted >= COUNTS);
        let is_news = !changed.is_empty() || seen.total != self.total || about != self.topic;
        if !is_news && !is_due {
            return None;
        }
        let facts = record.facts();
        let told = Told {
            wish: asked.wish,
            total: seen.total,
            topics: seen.topics,
            messages: facts.messages,
            missed: facts.missed,
            forgotten: facts.forgotten.topics,
            rows: changed,
            topic,
        };
        let mut text = String::new();
        write_text(&mut text, TOLD, Payload::of(&told).as_str(), None);
        *self = Self { version: Some(version), total: seen.total, rows, topic: about, counted: Some(now) };
        Some(text)
    }
}

fn text_of(row: &Row) -> String {
    serde_json::to_string(row).unwrap_or_default()
}
