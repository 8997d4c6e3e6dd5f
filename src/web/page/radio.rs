//! The RADIO page: gateways of HARDWARIO TOWER with their nodes – pairing, names, removal, batteries, last words.
//!
//! What it shows are the facts of links ([`fact`]), laid out anew by the server for each change ([`fragment`]), so that it is
//! the same with script and without. What it does are commands ([`act()`]); before something is lost a page of its own asks.

mod act;
mod fact;
mod view;

use askama::Template;
use axum::extract::{self, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;

use super::problem;
use super::shell::Shell;
use super::show::visible;
use super::{after_form, html};
use crate::hub::{By, Hub, Now};
use crate::web::auth::Who;
use crate::web::text::fill;
use act::{Act, Done, Form, act};
use fact::facts;
pub use view::KIND;
use view::{GatewayView, full_name, gateways};

/// The page.
#[derive(Template)]
#[template(path = "radio.html")]
struct RadioPage {
    shell: Shell,
    gateways: Vec<GatewayView>,
    done: Option<Done>,
}

/// The gateways alone.
#[derive(Template)]
#[template(path = "radio/fragment.html")]
struct Fragment {
    shell: Shell,
    gateways: Vec<GatewayView>,
}

/// The question before something is lost.
#[derive(Template)]
#[template(path = "radio/sure.html")]
struct Sure {
    shell: Shell,
    form: Form,
    question: String,
    hint: &'static str,
    yes: &'static str,
}

/// What the address of the page says about a form that was just sent. Only words of our own are repeated.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Said {
    done: Option<String>,
}

/// `GET /radio`
pub async fn show(
    State(hub): State<Hub>,
    who: Who,
    headers: HeaderMap,
    Query(said): Query<Said>,
) -> Response {
    let shell = Shell::new(&headers, Some(&who.account), "/radio").with_hub(&hub);
    let words = match said.done.as_deref().and_then(Act::of) {
        Some(Act::Start) => shell.text().radio.started,
        Some(Act::Stop) => shell.text().radio.stopped,
        Some(Act::Ask) => shell.text().radio.asked,
        // What happened to a node the gateway tells itself.
        Some(Act::Add | Act::Name | Act::Remove | Act::Purge) => shell.text().radio.done,
        None => "",
    };
    let done = (!words.is_empty()).then(|| Done { step: "confirmed", words: words.to_owned() });
    html(StatusCode::OK, &RadioPage::new(shell, &hub, done))
}

/// `GET /fragment/radio`: what the page would show now, without the page around it.
pub async fn fragment(State(hub): State<Hub>, who: Who, headers: HeaderMap) -> Response {
    let shell = Shell::new(&headers, Some(&who.account), "/radio");
    let gateways = gateways(shell.text(), &hub.snapshot(Now::now()));
    html(StatusCode::OK, &Fragment { shell, gateways })
}

/// `GET /radio/sure`: asks before a node, or all of them, are removed.
pub async fn sure(
    State(hub): State<Hub>,
    who: Who,
    headers: HeaderMap,
    Query(mut form): Query<Form>,
) -> Response {
    let shell = Shell::new(&headers, Some(&who.account), "/radio/sure").with_hub(&hub);
    let r = &shell.text().radio;
    let known = facts(&hub.snapshot(Now::now()));
    let Some(fact) = known.iter().find(|fact| fact.link == form.link) else {
        return problem::page(shell, StatusCode::NOT_FOUND, r.nobody);
    };
    let gateway = fact.gateway.as_ref().map_or(fact.link.as_str(), |gateway| &gateway.name);
    let (question, hint, yes) = match Act::of(&form.what) {
        Some(Act::Purge) => {
            form.count = Some(fact.nodes.len());
            let values = [("n", &*fact.nodes.len().to_string()), ("gateway", &*visible(gateway))];
            (fill(r.sure_purge, &values), r.sure_purge_hint, r.yes_purge)
        }
        Some(Act::Remove) => {
            let Some(node) = fact.nodes.iter().find(|node| node.id == form.id) else {
                return problem::page(shell, StatusCode::NOT_FOUND, r.gone);
            };
            (fill(r.sure_remove, &[("node", &full_name(node))]), r.sure_remove_hint, r.yes_remove)
        }
        _ => return problem::page(shell, StatusCode::BAD_REQUEST, r.not_an_act),
    };
    html(StatusCode::OK, &Sure { shell, form, question, hint, yes })
}

/// `POST /radio`: does it, waits for the gateway's word and tells it; as JSON for whoever accepts only that.
pub async fn post(
    State(hub): State<Hub>,
    who: Who,
    by: By,
    headers: HeaderMap,
    extract::Form(form): extract::Form<Form>,
) -> Response {
    let shell = Shell::new(&headers, Some(&who.account), "/radio").with_hub(&hub);
    let done = act(&hub, by, shell.text(), &form).await;
    let (step, words) = (done.step, done.words.clone());
    // The word is one of our own, or there would be nothing confirmed.
    let next = || format!("/radio?done={}", form.what);
    let status = if done.failed() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    after_form(&headers, (step, &words), next, || html(status, &RadioPage::new(shell, &hub, Some(done))))
}

impl RadioPage {
    fn new(shell: Shell, hub: &Hub, done: Option<Done>) -> Self {
        let gateways = gateways(shell.text(), &hub.snapshot(Now::now()));
        Self { shell, gateways, done }
    }

    /// What the script says, as JSON.
    fn words(&self) -> String {
        serde_json::to_string(&self.shell.text().radio.live).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
