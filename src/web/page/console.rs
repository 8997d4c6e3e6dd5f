//! The console of a serial line: what came and went lately, as text or as hexadecimal digits, and a form to write.
//!
//! Without script it shows the rows of the moment; with script it follows the line over the endpoint
//! (`clown.talk/-/console/set`). Looking is for everybody who is signed in. So is writing, as is every command: the form is
//! folded, says what it may do, and what it wrote is in the log with the account.

mod row;
mod write;

use askama::Template;
use axum::extract::{self, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;

use super::facts::link_view;
use super::problem;
use super::shell::Shell;
use super::show::visible;
use super::view::LinkView;
use super::{after_form, html};
use crate::hub::{self, Hub, Now};
use crate::web::address::encoded;
use crate::web::auth::Who;
use row::RowView;
use write::{Done, ENDS, Form, write};

/// What is asked for by the address.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Asked {
    /// The link; the first one if there is none.
    link: Option<String>,
    /// `hex`, or `text`.
    #[serde(default, rename = "as")]
    shown: String,
    /// Set after something was written.
    done: Option<String>,
}

/// One of a choice.
struct Choice {
    /// Its word.
    value: &'static str,
    href: String,
    label: String,
    chosen: bool,
}

/// One line.
struct Line {
    /// The name of its link, as forms send it.
    link: String,
    state: LinkView,
    is_open: bool,
    shown: &'static str,
    rows: Vec<RowView>,
    forms: Vec<Choice>,
    form: Form,
    ends: Vec<Choice>,
}

#[derive(Template)]
#[template(path = "console.html")]
struct ConsolePage {
    shell: Shell,
    lines: Vec<Choice>,
    line: Option<Line>,
    done: Option<Done>,
}

/// The address of a line's console.
pub fn address(link: &str) -> String {
    format!("/console?link={}", encoded(link))
}

/// `GET /console`
pub async fn show(
    State(hub): State<Hub>,
    who: Who,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Response {
    let shell = Shell::new(&headers, Some(&who.account), "/console").with_hub(&hub);
    let done = asked.done.as_deref().filter(|done| *done == "written").map(|_| Done::written(shell.text()));
    let form = Form { shown: asked.shown, ..Form::default() };
    answer(&hub, shell, StatusCode::OK, (asked.link.as_deref(), form), done)
}

/// `POST /console`: writes, and tells what became of it; as JSON for whoever accepts only that.
pub async fn post(
    State(hub): State<Hub>,
    who: Who,
    headers: HeaderMap,
    extract::Form(form): extract::Form<Form>,
) -> Response {
    let shell = Shell::new(&headers, Some(&who.account), "/console").with_hub(&hub);
    let done = write(&hub, who.account, shell.text(), &form).await;
    let (step, words, link) = (done.step, done.words.clone(), form.link.clone());
    let next = format!("{}&as={}&done=written", address(&link), shown_as(&form.shown));
    let status = if step == "refused" { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = || answer(&hub, shell, status, (Some(&link), form), Some(done));
    after_form(&headers, (step, &words), || next, page)
}

/// The page, or that there is no such line.
fn answer(
    hub: &Hub,
    mut shell: Shell,
    status: StatusCode,
    (asked, form): (Option<&str>, Form),
    done: Option<Done>,
) -> Response {
    let snapshot = hub.snapshot(Now::now());
    let mut links: Vec<_> = snapshot.links.iter().filter(|link| link.has_console).collect();
    links.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    let chosen = match asked {
        Some(name) => links.iter().find(|link| *link.name == *name),
        None => links.first(),
    };
    if chosen.is_none() && asked.is_some() {
        let words = shell.text().console.no_such;
        return problem::page(shell, StatusCode::NOT_FOUND, words);
    }
    let shown = shown_as(&form.shown);
    let named = |link: &&hub::LinkView| Choice {
        value: "",
        href: format!("{}&as={shown}", address(&link.name)),
        label: visible(&link.name),
        chosen: chosen.is_some_and(|chosen| chosen.name == link.name),
    };
    let lines = links.iter().map(named).collect();
    if let Some(chosen) = chosen {
        shell.path = format!("{}&as={shown}", address(&chosen.name));
    }
    let line = chosen.and_then(|link| Line::new(hub, &shell, link, form));
    html(status, &ConsolePage { shell, lines, line, done })
}

/// The word for how rows are shown.
fn shown_as(word: &str) -> &'static str {
    if word == "hex" { "hex" } else { "text" }
}

impl Line {
    fn new(hub: &Hub, shell: &Shell, link: &hub::LinkView, mut form: Form) -> Option<Self> {
        let (text, console) = (shell.text(), hub.console(&link.name)?);
        let shown = shown_as(&form.shown);
        let rows = console.read(None, usize::MAX).rows;
        let as_word = |(value, label): (&'static str, &&'static str)| Choice {
            value,
            href: format!("{}&as={value}", address(&link.name)),
            label: (*label).to_owned(),
            chosen: value == shown,
        };
        // Whoever reads digits writes digits.
        let end = Some(&*form.end).filter(|end| !end.is_empty()).unwrap_or(if shown == "hex" {
            "hex"
        } else {
            "lf"
        });
        let as_end = |(value, label): (&'static str, &&'static str)| Choice {
            value,
            href: String::new(),
            label: (*label).to_owned(),
            chosen: value == end,
        };
        let ends = ENDS.into_iter().zip(&text.console.ends).map(as_end).collect();
        form.link = link.name.to_string();
        Some(Self {
            link: link.name.to_string(),
            state: link_view(&text.live, link),
            is_open: console.is_open(),
            shown,
            rows: rows.iter().map(|row| RowView::new(text, row, shown == "hex")).collect(),
            forms: ["text", "hex"].into_iter().zip(&text.console.forms).map(as_word).collect(),
            form,
            ends,
        })
    }
}

impl ConsolePage {
    /// What the script says, as JSON.
    fn words(&self) -> String {
        serde_json::to_string(&self.shell.text().console.live).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
