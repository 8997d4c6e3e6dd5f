//! The ARRANGE page: rooms, order, favourites, names, what is hidden and what is locked – for one account or for everyone.
//!
//! Every change is one form and one small operation on the file (`web::layout`). Without script each form leads back to
//! where it was pressed; with script the list is laid out again, and handles are dragged or moved by the keyboard.

mod act;
mod view;

use askama::Template;
use axum::extract::{self, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;

use super::facts;
use super::shell::Shell;
use super::show::visible;
use super::{after_form, html};
use crate::hub::{Hub, Now};
use crate::web::auth::Who;
use crate::web::layout::{Layouts, Seen};
use crate::web::text::Text;
use act::{Done, Form, act};
use view::Plan;

/// The page.
#[derive(Template)]
#[template(path = "arrange.html")]
struct ArrangePage {
    shell: Shell,
    plan: Plan,
    done: Option<Done>,
}

/// The plan alone.
#[derive(Template)]
#[template(path = "arrange/fragment.html")]
struct Fragment {
    shell: Shell,
    plan: Plan,
}

/// What the address of the page says about a form that was just sent.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Wanted {
    done: Option<String>,
    /// What it was about, so that it is unfolded.
    #[serde(default)]
    at: String,
}

/// `GET /arrange`
pub async fn show(
    State(hub): State<Hub>,
    State(layouts): State<Layouts>,
    who: Who,
    headers: HeaderMap,
    Query(wanted): Query<Wanted>,
) -> Response {
    let shell = shell(&hub, &headers, &who);
    let done = wanted.done.as_deref().and_then(|word| Done::again(shell.text(), word));
    let plan = plan(shell.text(), &hub, &layouts.of(&who.account), &wanted.at);
    html(StatusCode::OK, &ArrangePage { shell, plan, done })
}

/// `GET /fragment/arrange`: what the page would show now, without the page around it.
pub async fn fragment(
    State(hub): State<Hub>,
    State(layouts): State<Layouts>,
    who: Who,
    headers: HeaderMap,
) -> Response {
    let shell = shell(&hub, &headers, &who);
    let plan = plan(shell.text(), &hub, &layouts.of(&who.account), "");
    html(StatusCode::OK, &Fragment { shell, plan })
}

/// `POST /arrange`: one change; as JSON for whoever accepts only that.
pub async fn post(
    State(hub): State<Hub>,
    State(layouts): State<Layouts>,
    who: Who,
    headers: HeaderMap,
    extract::Form(form): extract::Form<Form>,
) -> Response {
    let shell = shell(&hub, &headers, &who);
    let devices = facts::devices(shell.text(), &hub.snapshot(Now::now()));
    let done = act(&layouts, &who.account, shell.text(), &form, &devices).await;
    let (step, words, address) = (done.step, done.words.clone(), done.address.clone().unwrap_or_default());
    let page = || {
        let plan = plan(shell.text(), &hub, &layouts.of(&who.account), form.about());
        html(StatusCode::UNPROCESSABLE_ENTITY, &ArrangePage { shell, plan, done: Some(done) })
    };
    after_form(&headers, (step, &words), || address, page)
}

fn shell(hub: &Hub, headers: &HeaderMap, who: &Who) -> Shell {
    Shell::new(headers, Some(&who.account), "/arrange").with_hub(hub)
}

fn plan(text: &'static Text, hub: &Hub, seen: &Seen, open: &str) -> Plan {
    Plan::new(text, facts::devices(text, &hub.snapshot(Now::now())), seen, open)
}

impl ArrangePage {
    /// What the script says, as JSON.
    fn words(&self) -> String {
        serde_json::to_string(&self.shell.text().arrange.live).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
