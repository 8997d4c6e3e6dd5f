//! `GET /api/history/samples`: what was recorded, as a file that is made while it is sent; and `DELETE` of the same
//! address, which forgets.
//!
//! A reader that is slow or stops costs nothing: each piece is read when the one before has gone, and the store is
//! needed for that moment only.

use std::io;
use std::ops::Range;

use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use serde_json::json;
use tokio::task::spawn_blocking;

use super::refusal::Refusal;
use crate::history::export::Export;
use crate::history::name::{Name, Pattern};
use crate::history::text::write::Layout;
use crate::history::{History, HistoryError, moment};
use crate::web::answer::download;

/// What is asked for, as pairs of words: `series` may come several times.
type Asked = Vec<(String, String)>;

/// `GET /api/history/samples?series=…&from=…&to=…&format=csv`
pub async fn send(
    State(history): State<Option<History>>,
    Query(asked): Query<Asked>,
) -> Result<Response, Refusal> {
    let history = history.ok_or_else(Refusal::off)?;
    only(&asked, &["series", "from", "to", "format"])?;
    let layout = match one(&asked, "format")? {
        None => Layout::Csv,
        Some(word) => Layout::of(word)
            .ok_or_else(|| Refusal::bad(format!("there is no format {word:?}"), "write csv or json"))?,
    };
    let patterns = series::<Pattern>(&asked)?;
    let range = range(&asked)?;
    let names = patterns.clone();
    let begun =
        with(&history, move |history| history.read(|store| Export::new(store, &names, range, layout)));
    let export = begun.await?;
    if export.series() == 0 && !patterns.is_empty() {
        let named: Vec<&str> =
            asked.iter().filter(|(key, _)| key == "series").map(|(_, name)| &**name).collect();
        return Err(Refusal::no_series(&named.join(", ")));
    }
    let (kind, ending) = layout.media();
    // A time without colons is a file name everywhere.
    let name = format!("history-{}.{ending}", moment::show(moment::now()).replace(':', "-"));
    let pieces = stream::unfold(Some(export), move |export| next(history.clone(), export));
    Ok(download(kind, &name, Body::from_stream(pieces)))
}

/// The next piece that is not empty; an error ends the answer, so that half of it is not taken for all.
async fn next(history: History, export: Option<Export>) -> Option<(io::Result<Bytes>, Option<Export>)> {
    let mut export = export?;
    loop {
        let step = spawn_blocking({
            let history = history.clone();
            move || {
                let piece = history.read(|store| export.piece(store));
                (export, piece)
            }
        });
        let (rest, piece) = match step.await {
            Ok((rest, piece)) => (rest, piece.map_err(io::Error::other)),
            Err(error) => return Some((Err(io::Error::other(error)), None)),
        };
        match piece {
            Ok(None) => return None,
            Ok(Some(piece)) if piece.is_empty() => export = rest,
            Ok(Some(piece)) => return Some((Ok(piece.into()), Some(rest))),
            Err(error) => {
                tracing::warn!("an export of history broke off: {error}");
                return Some((Err(error), None));
            }
        }
    }
}

/// `DELETE /api/history/samples?series=…&from=…&to=…`: forgets these samples of one series.
pub async fn forget(
    State(history): State<Option<History>>,
    Query(asked): Query<Asked>,
) -> Result<Response, Refusal> {
    let history = history.ok_or_else(Refusal::off)?;
    only(&asked, &["series", "from", "to"])?;
    let names = series::<Name>(&asked)?;
    let [name] = names.as_slice() else {
        return Err(Refusal::bad("one series has to be named", "write series=TOPIC%23QUANTITY"));
    };
    let range = range(&asked)?;
    let (wanted, shown) = (name.clone(), name.to_string());
    let gone = with(&history, move |history| {
        history.write(|store| {
            let ids: Vec<i64> = store.all().filter(|(_, key)| wanted.is_of(key)).map(|(id, _)| id).collect();
            let mut gone = None;
            for id in ids {
                gone = Some(gone.unwrap_or(0) + store.forget(id, &range)?);
            }
            Ok(gone)
        })
    });
    let gone = gone.await?.ok_or_else(|| Refusal::no_series(&shown))?;
    tracing::info!(series = shown, samples = gone, "a part of history was forgotten");
    let body = json!({ "series": shown, "samples": gone }).to_string();
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}

/// Asks history on a thread that may wait for the disk.
pub async fn with<T: Send + 'static>(
    history: &History,
    ask: impl FnOnce(&History) -> Result<T, HistoryError> + Send + 'static,
) -> Result<T, Refusal> {
    let history = history.clone();
    let told = spawn_blocking(move || ask(&history)).await;
    Ok(told.map_err(|error| Refusal::failed(&error))??)
}

/// Refuses words that would not be heeded.
pub fn only(asked: &Asked, known: &[&str]) -> Result<(), Refusal> {
    match asked.iter().find(|(key, _)| !known.contains(&&**key)) {
        Some((key, _)) => Err(Refusal::bad(
            format!("{key:?} is not known here"),
            &format!("there are {}", known.join(", ")),
        )),
        None => Ok(()),
    }
}

fn one<'a>(asked: &'a Asked, key: &str) -> Result<Option<&'a str>, Refusal> {
    let mut values = asked.iter().filter(|(said, _)| said == key).map(|(_, value)| value.as_str());
    match (values.next(), values.next()) {
        (_, Some(_)) => Err(Refusal::bad(format!("{key} is there twice"), "write it once")),
        (value, None) => Ok(value),
    }
}

fn series<T: std::str::FromStr<Err: ToString>>(asked: &Asked) -> Result<Vec<T>, Refusal> {
    let named = asked.iter().filter(|(key, _)| key == "series");
    let hint = "in an address # is written %23 and + is written %2B";
    named
        .map(|(_, name)| name.parse().map_err(|error: T::Err| Refusal::bad(error.to_string(), hint)))
        .collect()
}

/// `from` and `to`; all times without them.
fn range(asked: &Asked) -> Result<Range<i64>, Refusal> {
    let now = moment::now();
    let moment = |key, other| match one(asked, key)? {
        None | Some("") => Ok(other),
        Some(text) => moment::parse(text, now)
            .map_err(|error| Refusal::bad(format!("{key}: {error}"), "in an address + is written %2B")),
    };
    let range = moment("from", i64::MIN)?..moment("to", i64::MAX)?;
    match range.is_empty() {
        true => Err(Refusal::bad("from is not before to", "write an earlier from, or a later to")),
        false => Ok(range),
    }
}
