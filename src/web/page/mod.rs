//! The pages people see, one file per page with its handler and its test.
//!
//! A page is a struct of ready values and a template that only lays them out; every text from outside is made visible
//! on its way into the values and escaped by the template. Handlers take what they need (the hub, the [`Shell`], a form)
//! and return a whole response; who may ask is decided before (`routes`).
//!
//! Pages: [`dashboard`], [`device`] (all about one), [`arrange`] (rooms, order and names), [`messages`] (every topic),
//! [`radio`] (gateways and their nodes), [`newcomers`] (devices that announced themselves), [`history`] (graphs), [`events`]
//! (who switched what), [`links`], [`log`], [`console`] (bytes of a serial line), [`tester`] (tries a WebSocket), [`control`]
//! (forms that command), [`sure`] (what is asked first), [`language`], [`problem`], [`offline`] (the hub does not answer).
//! Parts: [`shell`] (around every page), [`facts`] (from the snapshot to facts about tiles), [`arranged`] (what stands
//! where), [`view`], [`instrument`] (with [`level`], [`color`], [`moves`]), [`mod@group`], [`lock`], [`note`] (what a tile
//! shows), [`past`] (of the last hours), [`show`] (foreign text made harmless), [`trouble`] (what ails the hub itself).

mod absence;
pub mod arrange;
pub mod arranged;
mod color;
pub mod console;
pub mod control;
pub mod dashboard;
pub mod device;
mod drawn;
pub mod events;
pub mod facts;
mod group;
pub mod history;
mod instrument;
pub mod kiosk;
pub mod language;
mod level;
pub mod links;
pub mod lock;
pub mod log;
pub mod messages;
mod moves;
pub mod newcomers;
pub mod note;
pub mod offline;
pub mod past;
pub mod problem;
pub mod radio;
pub mod shell;
pub mod show;
pub mod sure;
pub mod taught;
pub mod tester;
pub mod tile;
mod trouble;
pub mod view;

use askama::Template;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

pub use shell::Shell;

/// A page as a response that nobody keeps: it shows a moment of one account.
pub fn html(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => {
            let headers = [
                (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
                (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
            ];
            (status, headers, text).into_response()
        }
        Err(error) => {
            tracing::error!("a page could not be made; please report this line: {error}");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// The answer to a form of which became `(step, words)`: JSON for a script that accepts nothing else; after what worked the page
/// at `next`, so that loading it again repeats nothing; else the page itself, which tells it.
fn after_form(
    headers: &HeaderMap,
    (step, words): (&str, &str),
    next: impl FnOnce() -> String,
    page: impl FnOnce() -> Response,
) -> Response {
    match told_as_json(headers, step, words) {
        Some(told) => told,
        None if step == "confirmed" => control::see_other(&next()),
        None => page(),
    }
}

/// What became of a form, as JSON for a script that accepts nothing else.
fn told_as_json(headers: &HeaderMap, step: &str, words: &str) -> Option<Response> {
    let json = HeaderValue::from_static("application/json");
    let text = || serde_json::json!({ "answer": words, "step": step }).to_string();
    let is_wanted = headers.get(header::ACCEPT) == Some(&json);
    is_wanted.then(|| ([(header::CONTENT_TYPE, json)], text()).into_response())
}
