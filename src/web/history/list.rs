//! `GET /api/history`: every series there is, and how large the file is.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::refusal::Refusal;
use crate::disk::Fault;
use crate::history::name::Name;
use crate::history::series::Kind;
use crate::history::store::Store;
use crate::history::{Facts, History, HistoryError, moment};

/// What is recorded under one name.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// What it is called.
    pub name: Name,
    /// What its values are.
    pub kind: Kind,
    /// The newest unit.
    pub unit: Option<Box<str>>,
    /// The times of the first and the last sample, in milliseconds since 1970.
    pub first: i64,
    /// The last one.
    pub last: i64,
    /// How many samples there are.
    pub samples: u64,
}

/// `GET /api/history`
pub async fn tell(State(history): State<Option<History>>) -> Result<Response, Refusal> {
    let history = history.ok_or_else(Refusal::off)?;
    let facts = history.facts();
    let read = tokio::task::spawn_blocking(move || all(&history)).await;
    let series = read.map_err(|error| Refusal::failed(&error))??;
    Ok(answer(&series, &facts))
}

fn answer(series: &[Recorded], facts: &Facts) -> Response {
    let one = |it: &Recorded| {
        json!({
            "series": it.name.to_string(),
            "topic": it.name.topic,
            "quantity": it.name.quantity,
            "kind": it.kind.word(),
            "unit": it.unit,
            "first": moment::show(it.first),
            "last": moment::show(it.last),
            "samples": it.samples,
        })
    };
    let series: Vec<_> = series.iter().map(one).collect();
    let body = json!({ "series": series, "file": facts }).to_string();
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// Everything that is recorded, by name. It may wait for the disk.
pub fn all(history: &History) -> Result<Vec<Recorded>, HistoryError> {
    history.read(recorded)
}

fn recorded(store: &Store) -> Result<Vec<Recorded>, Fault> {
    let mut all: Vec<Recorded> = Vec::new();
    let mut keys: Vec<_> = store.all().collect();
    // Those of one name side by side, the newest last.
    keys.sort_by_key(|(id, key)| (Name::of(key), *id));
    for (id, key) in keys {
        let Some(extent) = store.extent(id)? else { continue };
        let one = Recorded {
            name: Name::of(key),
            kind: key.kind,
            unit: key.unit.clone(),
            first: extent.first,
            last: extent.last,
            samples: extent.samples,
        };
        match all.pop_if(|known| known.name == one.name) {
            Some(known) => all.push(Recorded {
                first: known.first.min(one.first),
                last: known.last.max(one.last),
                samples: known.samples + one.samples,
                ..one
            }),
            None => all.push(one),
        }
    }
    Ok(all)
}
