//! `POST /api/history/import`: a file from somewhere else, read while it comes.
//!
//! Whoever sends it may send slowly or for ever, so the pauses, the whole time, the length and the number of senders are
//! bounded. What was understood is written in batches; recording waits for one batch at most.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout_at};

use super::refusal::Refusal;
use super::samples::with;
use crate::history::intake::{Imported, Intake};
use crate::history::text::Entry;
use crate::history::text::form::form;
use crate::history::text::read::{ReadError, Reader, Refused};
use crate::history::{History, moment};

/// The address whose body is not read before the guard has let the sender in.
pub const PATH: &str = "/api/history/import";
/// The longest file; `clown-hub history import` sends longer ones in parts.
const LONGEST: u64 = 1 << 30;
/// The longest pause of a sender.
const PAUSE: Duration = Duration::from_secs(30);
/// All of it; a connection does not live much longer.
const WITHIN: Duration = Duration::from_secs(9 * 60);
/// For how long the rest of a refused file is taken, so that the sender reads the answer.
const FAREWELL: Duration = Duration::from_secs(2);

/// Lets one import in at a time: each takes memory, and the disk of small machines.
#[derive(Clone)]
pub struct Gate(Arc<Semaphore>);

impl Default for Gate {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(1)))
    }
}

/// `POST /api/history/import?format=csv`
pub async fn take(
    State(history): State<Option<History>>,
    Extension(gate): Extension<Gate>,
    Query(said): Query<Vec<(String, String)>>,
    body: Body,
) -> Result<Response, Refusal> {
    let history = history.ok_or_else(Refusal::off)?;
    let form = form(&said)
        .map_err(|error| Refusal::bad(error, "clown-hub history import --help explains the words"))?;
    let Ok(_place) = gate.0.try_acquire() else {
        return Err(Refusal {
            status: StatusCode::SERVICE_UNAVAILABLE,
            error: "another import is under way".to_owned(),
            hint: "try again when it is done".to_owned(),
        });
    };
    let intake =
        with(&history, |history| history.read(|store| Ok(Intake::new(store.all().map(|(_, key)| key)))));
    let intake = intake.await?;
    let mut import = Import { history, reader: Reader::new(form, moment::now()), intake, body };
    match import.run().await {
        Ok(()) => {
            let mut refused = std::mem::take(import.reader.refused());
            let done = import.intake.finish(&mut refused);
            tracing::info!(samples = done.samples(), refused = refused.count, "history was imported");
            Ok(answer(&done, &refused))
        }
        Err(mut refusal) => {
            let done = import.intake.finish(&mut Refused::default());
            if done.samples() > 0 {
                refusal.hint =
                    format!("{}; {} samples before that are in history", refusal.hint, done.samples());
            }
            // The sender reads the answer when everything is sent, or not at all.
            let until = Instant::now() + FAREWELL;
            while Instant::now() < until {
                let Ok(Some(Ok(_))) = timeout_at(until, import.body.frame()).await else { break };
            }
            Err(refusal)
        }
    }
}

fn answer(done: &Imported, refused: &Refused) -> Response {
    let series: Vec<_> = done
        .series
        .iter()
        .map(|(name, samples)| json!({ "series": name.to_string(), "samples": samples }))
        .collect();
    let body = json!({
        "samples": done.samples(),
        "known": done.known,
        "series": series,
        "first": done.first.map(moment::show),
        "last": done.last.map(moment::show),
        "refused_lines": refused.count,
        "refused": refused.named,
    });
    ([(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

/// An import under way.
struct Import {
    history: History,
    reader: Reader,
    intake: Intake,
    body: Body,
}

impl Import {
    async fn run(&mut self) -> Result<(), Refusal> {
        let end = Instant::now() + WITHIN;
        let mut length = 0;
        while let Some(piece) = self.piece(end).await? {
            length += piece.len() as u64;
            if length > LONGEST {
                return Err(refusal(StatusCode::PAYLOAD_TOO_LARGE, "the file is longer than 1 GiB"));
            }
            let Self { reader, intake, .. } = self;
            reader
                .feed(&piece, &mut |line, entry: Entry<'_>| intake.take(line, &entry))
                .map_err(unreadable)?;
            if self.intake.is_full() {
                self.write().await?;
            }
        }
        let Self { reader, intake, .. } = self;
        reader.finish(&mut |line, entry: Entry<'_>| intake.take(line, &entry)).map_err(unreadable)?;
        self.write().await
    }

    /// The next bytes; nothing at the end.
    async fn piece(&mut self, end: Instant) -> Result<Option<Bytes>, Refusal> {
        loop {
            let until = end.min(Instant::now() + PAUSE);
            let frame = timeout_at(until, self.body.frame()).await;
            let frame =
                frame.map_err(|_| refusal(StatusCode::REQUEST_TIMEOUT, "the file came too slowly"))?;
            match frame {
                None => return Ok(None),
                Some(Ok(frame)) => {
                    if let Ok(piece) = frame.into_data() {
                        return Ok(Some(piece));
                    }
                }
                Some(Err(_)) => return Err(refusal(StatusCode::BAD_REQUEST, "the file broke off")),
            }
        }
    }

    async fn write(&mut self) -> Result<(), Refusal> {
        let (history, mut intake) = (self.history.clone(), std::mem::take(&mut self.intake));
        let written = spawn_blocking(move || {
            let written = history.write(|store| intake.write(store));
            (intake, written)
        });
        let (intake, written) = written.await.map_err(|error| Refusal::failed(&error))?;
        self.intake = intake;
        Ok(written?)
    }
}

fn refusal(status: StatusCode, error: &str) -> Refusal {
    let hint = "send it in parts, or let `clown-hub history import` do that".to_owned();
    Refusal { status, error: error.to_owned(), hint }
}

fn unreadable(error: ReadError) -> Refusal {
    let hint = match error {
        ReadError::NotText(..) | ReadError::Rubbish { .. } => {
            "format= says what the file is: csv, json or line"
        }
        ReadError::Heading { .. } => {
            "time_column=, value_column= and series_column= name columns, series= the one series"
        }
    };
    Refusal { status: StatusCode::UNPROCESSABLE_ENTITY, error: error.to_string(), hint: hint.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::{StreamExt, stream};

    use super::*;
    use crate::hub::{Hub, HubConfig, Now};

    /// History in a fresh folder, as soon as its file is open.
    async fn history(folder: &tempfile::TempDir) -> History {
        let hub = Hub::new(HubConfig::default(), Now::now());
        let path = folder.path().join("history.sqlite");
        let (history, _) = History::record(&path, Default::default(), &hub).expect("a thread starts");
        while history.read(|_| Ok(())).is_err() {
            tokio::task::yield_now().await;
        }
        // The hub goes on for as long as the test.
        std::mem::forget(hub);
        history
    }

    async fn refused(asked: &str, body: Body) -> Refusal {
        let folder = tempfile::tempdir().expect("a folder");
        let said = vec![("format".to_owned(), asked.to_owned())];
        let history = history(&folder).await;
        take(State(Some(history)), Extension(Gate::default()), Query(said), body)
            .await
            .expect_err("it is refused")
    }

    #[tokio::test(start_paused = true)]
    async fn a_sender_that_pauses_for_too_long_is_refused_and_told_what_was_taken() {
        let begun = stream::iter([Ok::<_, Infallible>(Bytes::from("time,series,value\n1,a#t,1\n2,a#t"))]);
        let refusal = refused("csv", Body::from_stream(begun.chain(stream::pending()))).await;
        assert_eq!(refusal.status, StatusCode::REQUEST_TIMEOUT, "{refusal:?}");
        assert!(refusal.hint.contains("in parts"), "{refusal:?}");
    }

    #[tokio::test]
    async fn a_file_that_never_ends_is_refused() {
        let piece = Bytes::from(vec![b'x'; 8 << 20]);
        let endless = stream::repeat_with(move || Ok::<_, Infallible>(piece.clone()));
        let refusal = refused("line", Body::from_stream(endless)).await;
        assert_eq!(refusal.status, StatusCode::PAYLOAD_TOO_LARGE, "{refusal:?}");
    }
}
