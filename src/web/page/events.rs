//! The EVENTS page: who switched what, newest first, a hundred at a time, and the same as a file.
//!
//! It is laid out by the server; the script asks for what is newer than the first row and puts it on top when the reader
//! wants it.

mod row;

use std::io;

use askama::Template;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Deserialize;
use tokio::task::spawn_blocking;

use super::html;
use super::shell::Shell;
use super::show::visible;
use crate::events::export::{Export, Layout};
use crate::events::read::{Found, Wanted, newest};
use crate::events::{Events, Kind};
use crate::history::moment;
use crate::history::text::cell::cell;
use crate::hub::{Hub, Now, iso};
use crate::web::address::encoded;
use crate::web::answer::{download, refusal};
use crate::web::auth::Who;
use crate::web::text::fill;
use row::Row;

/// Rows of a page.
const ROWS: usize = 100;

/// What is asked for by the address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Asked {
    text: String,
    kind: String,
    who: String,
    device: String,
    from: String,
    to: String,
    before: String,
    after: String,
    format: String,
}

#[derive(Template)]
#[template(path = "events.html")]
struct EventsPage {
    shell: Shell,
    asked: Asked,
    kinds: Vec<(&'static str, &'static str, bool)>,
    rows: Vec<Row>,
    /// Why there is nothing.
    problem: Option<String>,
    damaged: Option<String>,
    /// The address of the older ones.
    older: Option<String>,
    /// What the exports are asked for with.
    query: String,
    is_filtered: bool,
}

/// The rows alone.
#[derive(Template)]
#[template(path = "events/fragment.html")]
struct Fragment {
    rows: Vec<Row>,
    more: bool,
}

impl Asked {
    fn wanted(&self) -> Result<Wanted, ()> {
        let some = |text: &str| Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned);
        let number = |text: &str| text.trim().parse().ok();
        let now = moment::now();
        let time = |text: &str| match some(text) {
            None => Ok(None),
            Some(text) => moment::parse(&text, now).map(|at| Some(moment::show(at))).map_err(|_| ()),
        };
        Ok(Wanted {
            text: self.text.trim().to_lowercase(),
            kind: Kind::of(&self.kind),
            who: some(&self.who),
            device: some(&self.device),
            from: time(&self.from)?,
            to: time(&self.to)?,
            before: number(&self.before),
            after: number(&self.after),
        })
    }

    /// The filters as the query of an address.
    fn query(&self) -> String {
        let all = [
            ("text", &self.text),
            ("kind", &self.kind),
            ("who", &self.who),
            ("device", &self.device),
            ("from", &self.from),
            ("to", &self.to),
        ];
        let said = all.into_iter().filter(|(_, value)| !value.trim().is_empty());
        said.map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&")
    }

    /// Whether one of the filters that lie folded away is used.
    fn is_special(&self) -> bool {
        [&self.who, &self.device, &self.from, &self.to].iter().any(|text| !text.trim().is_empty())
    }
}

/// Looks on a thread that may wait for the disk.
async fn find(events: &Events, wanted: Wanted) -> io::Result<Found> {
    let folder = events.folder().to_owned();
    spawn_blocking(move || newest(&folder, &wanted, ROWS)).await.map_err(io::Error::other)?
}

/// `GET /events`
pub async fn show(
    State(hub): State<Hub>,
    State(events): State<Option<Events>>,
    who: Who,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Response {
    let query = asked.query();
    let path = if query.is_empty() { "/events".to_owned() } else { format!("/events?{query}") };
    let shell = Shell::new(&headers, Some(&who.account), &path).with_hub(&hub);
    let words = &shell.text().events;
    let (found, problem) = match (&events, asked.wanted()) {
        (None, _) => (Found::default(), Some(words.off.to_owned())),
        (_, Err(())) => (Found::default(), Some(words.bad_time.to_owned())),
        (Some(events), Ok(wanted)) => match find(events, wanted).await {
            Ok(found) => (found, None),
            Err(error) => {
                let reason = visible(&error.to_string());
                (Found::default(), Some(fill(words.unreadable, &[("reason", &reason)])))
            }
        },
    };
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    html(status, &EventsPage::new(shell, asked, query, &found, problem))
}

/// `GET /fragment/events`: the rows with a number after `after`.
pub async fn fragment(
    State(events): State<Option<Events>>,
    _: Who,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Response {
    let shell = Shell::new(&headers, None, "/events");
    let (Some(events), Ok(wanted)) = (events, asked.wanted()) else {
        return StatusCode::UNPROCESSABLE_ENTITY.into_response();
    };
    match find(&events, wanted).await {
        Ok(found) => {
            let now = Now::now().wall;
            let rows = found.lines.iter().map(|line| Row::new(shell.text(), line, now)).collect();
            html(StatusCode::OK, &Fragment { rows, more: found.more })
        }
        Err(error) => {
            refusal(StatusCode::INTERNAL_SERVER_ERROR, &format!("events cannot be read: {error}\n"))
        }
    }
}

/// `GET /api/events`: everything that is found, oldest first, as a file.
pub async fn export(State(events): State<Option<Events>>, _: Who, Query(asked): Query<Asked>) -> Response {
    let (layout, kind, ending) = match &*asked.format {
        "" | "jsonl" => (Layout::JsonLines, "application/x-ndjson", "jsonl"),
        "csv" => (Layout::Csv, "text/csv; charset=utf-8", "csv"),
        _ => {
            return refusal(
                StatusCode::UNPROCESSABLE_ENTITY,
                "there is no such format: write csv or jsonl\n",
            );
        }
    };
    let Some(events) = events else {
        return refusal(StatusCode::NOT_FOUND, "events are not recorded by this hub\n");
    };
    let Ok(wanted) = asked.wanted() else {
        return refusal(StatusCode::UNPROCESSABLE_ENTITY, "a time cannot be read: write 2026-11-20 or -7d\n");
    };
    let folder = events.folder().to_owned();
    let begun = spawn_blocking(move || Export::new(&folder, wanted, layout, |text| cell(text).into_owned()));
    match begun.await.map_err(io::Error::other).and_then(|export| export) {
        Ok(export) => {
            let name = format!("events-{}.{ending}", iso(Now::now().wall)[..19].replace(':', "-"));
            download(kind, &name, Body::from_stream(stream::unfold(Some(export), next)))
        }
        Err(error) => {
            refusal(StatusCode::INTERNAL_SERVER_ERROR, &format!("events cannot be read: {error}\n"))
        }
    }
}

/// The next piece; an error ends the answer, so that half of it is not taken for all.
async fn next(export: Option<Export>) -> Option<(io::Result<Vec<u8>>, Option<Export>)> {
    let mut export = export?;
    let step = spawn_blocking(move || {
        let piece = export.piece();
        (export, piece)
    });
    match step.await {
        Ok((export, Ok(piece))) => Some((Ok(piece?), Some(export))),
        Ok((_, Err(error))) => Some((Err(error), None)),
        Err(error) => Some((Err(io::Error::other(error)), None)),
    }
}

impl EventsPage {
    fn new(shell: Shell, asked: Asked, query: String, found: &Found, problem: Option<String>) -> Self {
        let (text, now) = (shell.text(), Now::now().wall);
        let words = &text.events;
        let kinds = Kind::ALL.into_iter();
        let kinds = kinds.map(|kind| (kind.word(), words.of(kind), kind.word() == asked.kind)).collect();
        let places: Vec<String> = found.damaged.iter().map(|(file, at)| format!("{file} @{at}")).collect();
        let damaged = (!places.is_empty()).then(|| fill(words.damaged, &[("places", &places.join(", "))]));
        let older = found.lines.last().filter(|_| found.more);
        let older = older.map(|line| format!("/events?{query}{}before={}", joint(&query), line.seq));
        let rows = found.lines.iter().map(|line| Row::new(text, line, now)).collect();
        let is_filtered = !query.is_empty();
        Self { shell, asked, kinds, rows, problem, damaged, older, query, is_filtered }
    }
}

fn joint(query: &str) -> &'static str {
    if query.is_empty() { "" } else { "&" }
}
