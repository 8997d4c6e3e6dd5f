//! The LINKS page: every link with its state, since when, what comes and goes, odd input and what ailed it last, and a
//! button for whoever does not want to wait for the next try.
//!
//! It is laid out by the server, and with script laid out again whenever a link tells something.

use std::sync::Arc;
use std::time::SystemTime;

use askama::Template;
use axum::extract::{self, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;

use super::facts::link_view;
use super::note::Stamp;
use super::shell::Shell;
use super::show::visible;
use super::view::LinkView;
use super::{after_form, html};
use crate::hub::{self, Counts, Fault, Hub, Now, Phase, Snapshot};
use crate::talk::Topic;
use crate::web::address::encoded;
use crate::web::auth::Who;
use crate::web::text::{Text, fill};

/// The page.
#[derive(Template)]
#[template(path = "links.html")]
struct LinksPage {
    shell: Shell,
    links: Vec<OneLink>,
    done: Option<Done>,
}

/// The links alone.
#[derive(Template)]
#[template(path = "links/fragment.html")]
struct Fragment {
    shell: Shell,
    links: Vec<OneLink>,
}

/// A link.
struct OneLink {
    /// Its name, as forms send it.
    id: String,
    state: LinkView,
    kind: &'static str,
    since: Stamp,
    base: String,
    devices: usize,
    rates: String,
    total: String,
    /// How often what happened.
    odd: Vec<(u64, &'static str)>,
    trouble: Option<(String, Stamp)>,
    is_waiting: bool,
    messages: String,
}

/// What became of a form.
struct Done {
    step: &'static str,
    words: String,
}

/// What the address says about a form that was just sent.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Said {
    /// The link that was to try.
    tried: Option<String>,
}

/// A form of the page.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Form {
    /// The link.
    #[serde(default)]
    link: String,
}

/// `GET /links`
pub async fn show(
    State(hub): State<Hub>,
    who: Who,
    headers: HeaderMap,
    Query(said): Query<Said>,
) -> Response {
    let shell = Shell::new(&headers, Some(&who.account), "/links").with_hub(&hub);
    let snapshot = hub.snapshot(Now::now());
    let known = |name: &String| snapshot.links.iter().any(|link| *link.name == **name);
    let words = |name: String| fill(shell.text().links.tried, &[("link", &visible(&name))]);
    let done = said.tried.filter(known).map(|name| Done { step: "confirmed", words: words(name) });
    page(shell, &snapshot, StatusCode::OK, done)
}

/// `GET /fragment/links`: what the page would show now, without the page around it.
pub async fn fragment(State(hub): State<Hub>, who: Who, headers: HeaderMap) -> Response {
    let shell = Shell::new(&headers, Some(&who.account), "/links");
    let links = links(shell.text(), &hub.snapshot(Now::now()));
    html(StatusCode::OK, &Fragment { shell, links })
}

/// `POST /links`: the link does not wait for its next try.
pub async fn post(
    State(hub): State<Hub>,
    who: Who,
    headers: HeaderMap,
    extract::Form(form): extract::Form<Form>,
) -> Response {
    let shell = Shell::new(&headers, Some(&who.account), "/links").with_hub(&hub);
    let done = again(&hub, &who.account, shell.text(), &form.link);
    let (step, words) = (done.step, done.words.clone());
    let next = || format!("/links?tried={}", encoded(&form.link));
    let told = || page(shell, &hub.snapshot(Now::now()), StatusCode::UNPROCESSABLE_ENTITY, Some(done));
    after_form(&headers, (step, &words), next, told)
}

fn again(hub: &Hub, account: &Arc<str>, text: &'static Text, link: &str) -> Done {
    let told = |words| fill(words, &[("link", &visible(link))]);
    if hub.try_again(link) {
        tracing::info!(
            link,
            account = &**account,
            "the link is tried at once, because somebody asked for it"
        );
        Done { step: "confirmed", words: told(text.links.tried) }
    } else {
        Done { step: "refused", words: told(text.links.not_waiting) }
    }
}

fn page(shell: Shell, snapshot: &Snapshot, status: StatusCode, done: Option<Done>) -> Response {
    let links = links(shell.text(), snapshot);
    html(status, &LinksPage { shell, links, done })
}

impl LinksPage {
    /// What the script says, as JSON.
    fn words(&self) -> String {
        serde_json::to_string(&self.shell.text().links.live).unwrap_or_default()
    }
}

/// Those that need a person first.
fn links(text: &'static Text, snapshot: &Snapshot) -> Vec<OneLink> {
    let mut links: Vec<_> = snapshot.links.iter().collect();
    links.sort_by_key(|link| (link.state.phase == Phase::Up, link.name.clone()));
    links.into_iter().map(|link| one(text, snapshot, link)).collect()
}

fn one(text: &'static Text, snapshot: &Snapshot, link: &hub::LinkView) -> OneLink {
    let l = &text.links;
    let Counts { received, sent, .. } = link.counts;
    let both =
        |words, received: String, sent: String| fill(words, &[("received", &*received), ("sent", &*sent)]);
    let stamp = |at: SystemTime| Stamp::new(at, snapshot.at);
    let trouble = link.trouble.as_ref().map(|trouble| {
        let words = text.live.links.of(trouble.state.code).map(str::to_owned);
        (words.unwrap_or_else(|| visible(&trouble.state.reason)), stamp(trouble.until))
    });
    let odd = Fault::ALL.into_iter().zip(l.faults).map(|(fault, words)| (link.counts.of(fault), words));
    let base = link.base.as_ref().map(Topic::as_str);
    OneLink {
        id: link.name.to_string(),
        state: link_view(&text.live, link),
        kind: link.kind,
        since: stamp(link.since),
        base: base.map(visible).unwrap_or_default(),
        devices: snapshot.devices.iter().filter(|device| device.link == link.name).count(),
        rates: link.rates.map_or_else(
            || l.too_early.to_owned(),
            |rates| both(l.rates, rates.received.to_string(), rates.sent.to_string()),
        ),
        total: both(l.total, received.to_string(), sent.to_string()),
        odd: odd.filter(|(count, _)| *count > 0).collect(),
        trouble,
        is_waiting: link.state.phase == Phase::Waiting,
        messages: format!("/messages?link={}", encoded(&link.name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::{HubConfig, LinkInfo, LinkState};
    use crate::web::text::Lang;

    #[test]
    fn links_that_need_somebody_come_first_with_what_ails_and_ailed_them() {
        let hub = Hub::new(HubConfig::default(), Now::now());
        let attach = |name: &str| {
            let base = Topic::new(&format!("nodes/{name}")).ok();
            hub.attach(Now::now(), LinkInfo { name: name.into(), kind: "serial", base })
        };
        let ((a, _a), (b, _b)) = (attach("a"), attach("b"));
        let waits = || LinkState::not_up(Phase::Waiting, "unplugged", "no <port>", "plug it in");
        a.state(Now::now(), waits());
        a.state(Now::now(), LinkState::up(""));
        a.count(Fault::Malformed, 3);
        b.state(Now::now(), waits());
        let all = links(Lang::En.text(), &hub.snapshot(Now::now()));
        let names: Vec<_> = all.iter().map(|link| (&*link.id, link.is_waiting)).collect();
        assert_eq!(names, [("b", true), ("a", false)]);
        assert_eq!(all[1].odd, [(3, "lines that were no message")]);
        assert_eq!(all[1].trouble.as_ref().unwrap().0, "no <port>");
        assert_eq!((all[1].devices, &*all[1].total), (1, "0 in, 0 out"));
        assert!(all[0].trouble.is_none(), "it still has it");
        assert_eq!(all[0].state.reason, "no <port>");
    }

    #[test]
    fn only_a_link_that_waits_is_tried_at_once() {
        let hub = Hub::new(HubConfig::default(), Now::now());
        let info = LinkInfo { name: "a".into(), kind: "serial", base: None };
        let (link, _commands) = hub.attach(Now::now(), info);
        let text = Lang::En.text();
        assert_eq!(again(&hub, &"ann".into(), text, "a").step, "refused");
        assert_eq!(again(&hub, &"ann".into(), text, "<b>").words, "<b> does not wait for a try.");
        link.state(Now::now(), LinkState::not_up(Phase::Waiting, "unplugged", "gone", ""));
        assert_eq!(again(&hub, &"ann".into(), text, "a").step, "confirmed");
    }
}
