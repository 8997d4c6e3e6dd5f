//! What is taken away as a file: the record as JSON lines or CSV, and a whole payload.

use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Deserialize;

use super::{Asked, place};
use crate::hub::{Now, iso};
use crate::web::answer::download;
use crate::web::auth::Who;
use crate::web::messages::Record;
use crate::web::messages::export::{Export, Layout, Span};
use crate::web::messages::history::Form;
use crate::web::page::{Shell, problem};

/// How the export is wanted, beside what is looked for.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Wish {
    /// `past` for every message that is known, else the last of each topic.
    #[serde(default)]
    span: String,
    /// `csv`, else JSON lines.
    #[serde(default, rename = "as")]
    layout: String,
}

/// `GET /messages/export`: one topic if it is named, else everything that is found.
pub async fn export(
    State(record): State<Record>,
    Query(asked): Query<Asked>,
    Query(wish): Query<Wish>,
) -> Response {
    let span = if wish.span == "past" { Span::Past } else { Span::Present };
    let layout = if wish.layout == "csv" { Layout::Csv } else { Layout::JsonLines };
    let (kind, ending) = match layout {
        Layout::Csv => ("text/csv; charset=utf-8", "csv"),
        Layout::JsonLines => ("application/jsonl; charset=utf-8", "jsonl"),
    };
    let (one, at, search) = record.with(|recorded| {
        let find =
            |place: Option<crate::web::messages::look::Place>| place.map(|place| place.find(&recorded.tree));
        (find(asked.topic()), find(asked.at()), asked.search(recorded))
    });
    let pieces = match (one, at) {
        (Some(Some(id)), _) => Export::one(&record, id, span, layout),
        (None, None) => Export::new(&record, None, &search, span, layout),
        (None, Some(Some(at))) => Export::new(&record, Some(at), &search, span, layout),
        (Some(None), _) | (None, Some(None)) => return StatusCode::NOT_FOUND.into_response(),
    };
    // A time without colons is a file name everywhere.
    let name = format!("messages-{}.{ending}", iso(Now::now().wall)[..19].replace(':', "-"));
    let body = Body::from_stream(stream::iter(pieces.map(Ok::<_, std::convert::Infallible>)));
    download(kind, &name, body)
}

/// Which payload is wanted.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Which {
    topic: Option<String>,
    id: Option<String>,
    number: u64,
}

/// `GET /messages/payload`: the bytes of one message as they came.
pub async fn payload(
    State(record): State<Record>,
    who: Who,
    headers: HeaderMap,
    Query(which): Query<Which>,
) -> Response {
    let found = record.with(|recorded| {
        let id = place(which.topic.as_ref(), which.id.as_ref())?.find(&recorded.tree)?;
        let kept = recorded.tree.leaf(id)?.history.get(which.number)?;
        Some((kept.bytes.clone(), kept.form))
    });
    let Some((bytes, form)) = found else {
        let shell = Shell::new(&headers, Some(&who.account), "/messages");
        let topic = which.topic.or(which.id).unwrap_or_default();
        return problem::page(shell, StatusCode::NOT_FOUND, &format!("{topic} no. {}", which.number));
    };
    let body = Body::from(bytes.to_vec());
    // What a device sends is never a page of ours: neither drawn nor guessed at, whatever it looks like.
    let (kind, ending) = match form {
        Form::Json => ("application/json", "json"),
        Form::Text | Form::Empty => ("text/plain; charset=utf-8", "txt"),
        Form::Bytes => ("application/octet-stream", "bin"),
    };
    download(kind, &format!("payload-{}.{ending}", which.number), body)
}
