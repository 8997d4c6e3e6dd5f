//! The NEW page: devices that announced themselves – what they say, what of it is understood, and what becomes of them.
//!
//! Readings are live from the start; nothing is switched until somebody accepts the device ([`act()`]). The guessed definition
//! can be taken along, or saved into the folder of definitions ([`own_file`]). With script the list follows `$hub/standing`; without it
//! every step is a form.

mod act;
mod aside;
mod own_file;
mod raw;
mod view;

use std::path::Path;
use std::sync::Arc;

use askama::Template;
use axum::extract::{self, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::control::see_other;
use super::shell::Shell;
use super::show::visible;
use super::{html, problem};
use crate::hub::{By, Hub};
use crate::talk::Topic;
use crate::web::auth::Who;
use crate::web::decisions::Decisions;
use crate::web::messages::Record;
use crate::web::text::fill;
use act::{Done, Form, act};
use own_file::{Found, find, save};
use view::Newcomers;

/// The folder of the user's own definitions.
#[derive(Clone, Debug)]
pub struct OwnFolder(pub Arc<Path>);

/// The page.
#[derive(Template)]
#[template(path = "newcomers.html")]
struct NewcomersPage {
    shell: Shell,
    list: Newcomers,
    done: Option<Done>,
}

/// The list alone.
#[derive(Template)]
#[template(path = "newcomers/fragment.html")]
struct Fragment {
    shell: Shell,
    list: Newcomers,
}

/// The file that would be written.
#[derive(Template)]
#[template(path = "newcomers/file.html")]
struct FilePage {
    shell: Shell,
    base: String,
    title: String,
    path: String,
    text: String,
    mark: String,
    trouble: Option<String>,
}

/// What the address of the page asks for, or says about a form that was just sent.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Wanted {
    done: Option<String>,
    /// The device that was meant; the number of them.
    about: Option<String>,
    #[serde(default)]
    from: usize,
}

/// A device, by its base; with a mark of the definition that was shown.
#[derive(Clone, Debug, Deserialize)]
pub struct About {
    base: String,
    #[serde(default)]
    mark: String,
}

/// `GET /new`
pub async fn show(
    State(hub): State<Hub>,
    State(record): State<Record>,
    who: Who,
    headers: HeaderMap,
    Query(wanted): Query<Wanted>,
) -> Response {
    let shell = shell(&hub, &headers, &who);
    let done = wanted
        .done
        .as_deref()
        .and_then(|word| Done::again(shell.text(), word, wanted.about.as_deref().unwrap_or_default()));
    let list = Newcomers::new(shell.text(), &hub, &record, wanted.from);
    html(StatusCode::OK, &NewcomersPage { shell, list, done })
}

/// `GET /fragment/new`: what the page would show now, without the page around it.
pub async fn fragment(
    State(hub): State<Hub>,
    State(record): State<Record>,
    who: Who,
    headers: HeaderMap,
    Query(wanted): Query<Wanted>,
) -> Response {
    let shell = shell(&hub, &headers, &who);
    let list = Newcomers::new(shell.text(), &hub, &record, wanted.from);
    html(StatusCode::OK, &Fragment { shell, list })
}

/// `POST /new`: accepts, ignores or takes back; as JSON for whoever accepts only that.
pub async fn post(
    State(hub): State<Hub>,
    State(record): State<Record>,
    State(decisions): State<Decisions>,
    who: Who,
    by: By,
    headers: HeaderMap,
    extract::Form(form): extract::Form<Form>,
) -> Response {
    let shell = shell(&hub, &headers, &who);
    let done = act(&decisions, by, shell.text(), &form).await;
    if headers.get(header::ACCEPT) == Some(&HeaderValue::from_static("application/json")) {
        let text = serde_json::json!({ "answer": done.words, "step": done.step }).to_string();
        return ([(header::CONTENT_TYPE, "application/json")], text).into_response();
    }
    if let Some(address) = &done.address {
        return see_other(address);
    }
    let list = Newcomers::new(shell.text(), &hub, &record, 0);
    html(StatusCode::UNPROCESSABLE_ENTITY, &NewcomersPage { shell, list, done: Some(done) })
}

/// `GET /new/definition`: the guessed definition as a file to take along.
pub async fn definition(
    State(hub): State<Hub>,
    who: Who,
    headers: HeaderMap,
    Query(about): Query<About>,
) -> Response {
    let announced = Topic::new(&about.base).ok().and_then(|base| own_file::announced(&hub, &base));
    let Some((device, profile)) = announced else {
        return missing(shell(&hub, &headers, &who), &about.base);
    };
    let text = profile.announced.as_ref().map(|announced| announced.text.to_string()).unwrap_or_default();
    let name = format!("attachment; filename=\"{}.toml\"", own_file::stem(&device.base));
    let disposition = HeaderValue::from_str(&name).unwrap_or(HeaderValue::from_static("attachment"));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/toml; charset=utf-8")),
        (header::CONTENT_DISPOSITION, disposition),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (headers, text).into_response()
}

/// `GET /new/file`: shows which file would be written.
pub async fn ask_for_file(
    State(hub): State<Hub>,
    State(folder): State<OwnFolder>,
    who: Who,
    headers: HeaderMap,
    Query(about): Query<About>,
) -> Response {
    let shell = shell(&hub, &headers, &who);
    match find(&hub, &folder.0, &about.base) {
        Some(found) => html(StatusCode::OK, &FilePage::new(shell, found, None)),
        None => missing(shell, &about.base),
    }
}

/// `POST /new/file`: writes it, if it still is what was shown.
pub async fn make_file(
    State(hub): State<Hub>,
    State(folder): State<OwnFolder>,
    who: Who,
    headers: HeaderMap,
    extract::Form(about): extract::Form<About>,
) -> Response {
    let shell = shell(&hub, &headers, &who);
    let Some(found) = find(&hub, &folder.0, &about.base) else {
        return missing(shell, &about.base);
    };
    let n = &shell.text().newcomers;
    if found.mark != about.mark {
        return html(StatusCode::CONFLICT, &FilePage::new(shell, found, Some(n.other_text.to_owned())));
    }
    let (path, text) = (found.path.clone(), found.text.clone());
    let saved = tokio::task::spawn_blocking(move || save(&path, &text)).await;
    let saved = saved.map_err(|error| error.to_string()).and_then(|saved| saved.map_err(|e| e.to_string()));
    match saved {
        Ok(()) => {
            let path = found.path.display().to_string();
            tracing::info!(account = &*who.account, "a definition was made of {}: {path}", found.base);
            see_other(&format!("/new?done=file&about={}", crate::web::address::encoded(&path)))
        }
        Err(error) => {
            let values = [("path", &*visible(&found.path.display().to_string())), ("reason", &*error)];
            let trouble = Some(fill(n.not_written, &values));
            html(StatusCode::UNPROCESSABLE_ENTITY, &FilePage::new(shell, found, trouble))
        }
    }
}

fn shell(hub: &Hub, headers: &HeaderMap, who: &Who) -> Shell {
    Shell::new(headers, Some(&who.account), "/new").with_hub(hub)
}

fn missing(shell: Shell, base: &str) -> Response {
    let words = fill(shell.text().newcomers.not_announced, &[("base", base)]);
    problem::page(shell, StatusCode::NOT_FOUND, &words)
}

impl NewcomersPage {
    /// What the script says, as JSON.
    fn words(&self) -> String {
        serde_json::to_string(&self.shell.text().newcomers.live).unwrap_or_default()
    }
}

impl FilePage {
    fn new(shell: Shell, found: Found, trouble: Option<String>) -> Self {
        let Found { base, name, path, text, mark } = found;
        let shell = Shell { path: "/new/file".to_owned(), ..shell };
        let title = fill(shell.text().newcomers.make_title, &[("device", &visible(&name))]);
        Self {
            shell,
            base: base.to_string(),
            title,
            path: visible(&path.display().to_string()),
            text: view::legible(&text),
            mark,
            trouble,
        }
    }
}

#[cfg(test)]
mod tests;
