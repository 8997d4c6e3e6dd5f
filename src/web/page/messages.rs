//! The MESSAGES page: the topics as a tree, one topic with its past, and a form to publish.
//!
//! Without script the tree is walked level by level by links, and loaded again for newer values. With script the same
//! place shows all of it, live (`messages.js`). Both are rows of [`look`](crate::web::messages::look); one topic is
//! always laid out here ([`topic`]). Beside it: [`publish`], [`retained`] (what only a broker remembers) and [`files`] (exports, whole payloads).

pub mod files;
pub mod publish;
pub mod retained;
mod row;
pub mod topic;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use serde::Deserialize;

use super::html;
use super::shell::Shell;
use super::show::visible;
use crate::hub::{Hub, Now};
use crate::web::address::encoded;
use crate::web::auth::Who;
use crate::web::messages::Record;
use crate::web::messages::look::{MAX_ROWS, Open, Place, Wanted};
use crate::web::messages::recorder::State as Recorded;
use crate::web::messages::search::{KindSought, Search, Sought};
use crate::web::text::{Text, fill};
use publish::Form;
use row::RowView;
use topic::TopicView;

/// Rows that are opened at first.
const FIRST_ROWS: usize = 40;

/// What is asked for by the address.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Asked {
    /// Only what lies below this.
    at: Option<String>,
    /// The same for a topic that is too long to be named.
    at_id: Option<String>,
    /// The topic that is looked at.
    topic: Option<String>,
    /// The same for a topic that is too long to be named.
    id: Option<String>,
    /// A filter or a text.
    #[serde(default)]
    search: String,
    /// The name of a link.
    #[serde(default)]
    link: String,
    /// The word for a kind.
    #[serde(default)]
    kind: String,
    /// The first row.
    #[serde(default)]
    first: String,
    /// The numbers of the messages that are compared.
    #[serde(default)]
    a: String,
    #[serde(default)]
    b: String,
    /// Only messages before this number.
    #[serde(default)]
    before: String,
}

impl Asked {
    fn at(&self) -> Option<Place> {
        place(self.at.as_ref(), self.at_id.as_ref())
    }

    fn topic(&self) -> Option<Place> {
        place(self.topic.as_ref(), self.id.as_ref())
    }

    /// What is looked for, as the record knows it.
    fn search(&self, recorded: &Recorded) -> Search {
        // A link that has not spoken has no topics.
        let number = |link: &str| recorded.source_of(link).unwrap_or(u16::MAX);
        Search {
            text: Sought::new(&self.search),
            from: (!self.link.is_empty()).then(|| number(&self.link)),
            kind: KindSought::of(&self.kind),
        }
    }

    /// The address of this page with what is looked for, and with `more`.
    fn href(&self, more: &[(&str, &str)]) -> String {
        let kept = [("search", self.search.as_str()), ("link", &self.link), ("kind", &self.kind)];
        let kept = kept.into_iter().filter(|(_, value)| !value.is_empty());
        let pairs = kept.chain(more.iter().copied()).map(|(key, value)| format!("{key}={}", encoded(value)));
        let query = pairs.collect::<Vec<_>>().join("&");
        if query.is_empty() { "/messages".to_owned() } else { format!("/messages?{query}") }
    }
}

fn place(path: Option<&String>, mark: Option<&String>) -> Option<Place> {
    let mark = mark.map(|id| Place::Mark { id: id.clone() });
    mark.or_else(|| path.map(|path| Place::Topic(path.clone())))
}

/// A way up from a part of the tree.
struct Crumb {
    href: String,
    name: String,
}

/// One of a choice.
pub struct Choice {
    /// What it means.
    pub value: String,
    /// What it is called.
    pub label: String,
    /// Whether it is the one.
    pub chosen: bool,
}

#[derive(Template)]
#[template(path = "messages.html")]
struct MessagesPage {
    shell: Shell,
    search: String,
    links: Vec<Choice>,
    kinds: Vec<Choice>,
    crumbs: Vec<Crumb>,
    rows: Vec<RowView>,
    /// The address of the rows that follow.
    further: Option<String>,
    facts: String,
    /// What is open, for the script to go on with.
    open: String,
    at: String,
    topic: Option<TopicView>,
    form: Form,
    query: String,
}

/// `GET /messages`
pub async fn show(
    State(hub): State<Hub>,
    State(record): State<Record>,
    who: Who,
    headers: HeaderMap,
    uri: Uri,
    Query(asked): Query<Asked>,
) -> Response {
    let path = uri.path_and_query().map_or("/messages", |path| path.as_str());
    let shell = Shell::new(&headers, Some(&who.account), path).with_hub(&hub);
    let form = Form::empty(&hub.snapshot(Now::now()), asked.topic.as_deref());
    html(StatusCode::OK, &MessagesPage::new(shell, &record, &asked, form))
}

impl MessagesPage {
    fn new(shell: Shell, record: &Record, asked: &Asked, form: Form) -> Self {
        let text = shell.text();
        let first = asked.first.parse().unwrap_or(0);
        let open = if asked.search.is_empty() { Open::Fitting(FIRST_ROWS) } else { Open::AllBut(Vec::new()) };
        let search = record.with(|recorded| asked.search(recorded));
        let wanted = Wanted { at: asked.at(), search, open, first, rows: MAX_ROWS };
        let seen = record.look(&wanted);
        let now = Now::now().wall;
        let next = first + seen.rows.len();
        let further = (next < seen.total).then(|| asked.href(&[("first", &next.to_string())]));
        Self {
            search: asked.search.clone(),
            links: links(text, record, asked),
            kinds: kinds(text, asked),
            crumbs: crumbs(text, asked),
            rows: seen.rows.into_iter().map(|row| RowView::new(text, row, asked, now)).collect(),
            further,
            facts: facts(text, record),
            open: serde_json::to_string(&seen.open).unwrap_or_default(),
            at: asked.at().and_then(|at| serde_json::to_string(&at).ok()).unwrap_or_default(),
            topic: asked.topic().map(|place| TopicView::new(text, record, &place, asked, now)),
            form,
            query: asked.href(&[]).trim_start_matches("/messages").trim_start_matches('?').to_owned(),
            shell,
        }
    }

    /// What the script says, as JSON.
    fn words(&self) -> String {
        serde_json::to_string(&self.shell.text().messages.live).unwrap_or_default()
    }

    fn exports(&self) -> [(String, &'static str); 2] {
        let m = &self.shell.text().messages;
        let and = if self.query.is_empty() { "" } else { "&" };
        [("present", m.export_tree), ("past", m.export_past)]
            .map(|(span, label)| (format!("/messages/export?span={span}{and}{}", self.query), label))
    }
}

fn links(text: &Text, record: &Record, asked: &Asked) -> Vec<Choice> {
    let all =
        Choice { value: String::new(), label: text.messages.all.to_owned(), chosen: asked.link.is_empty() };
    let mut names: Vec<String> = record.with(|recorded| recorded.sources().map(str::to_owned).collect());
    names.sort_unstable();
    let known = names.into_iter().map(|name| Choice {
        chosen: name == asked.link,
        label: visible(&name),
        value: name,
    });
    [all].into_iter().chain(known).collect()
}

fn kinds(text: &Text, asked: &Asked) -> Vec<Choice> {
    let all =
        Choice { value: String::new(), label: text.messages.all.to_owned(), chosen: asked.kind.is_empty() };
    let known = KindSought::ALL.iter().zip(text.messages.kinds).map(|((word, _), label)| Choice {
        value: (*word).to_owned(),
        label: label.to_owned(),
        chosen: asked.kind == *word,
    });
    [all].into_iter().chain(known).collect()
}

/// The way from all topics to the part that is shown.
fn crumbs(text: &Text, asked: &Asked) -> Vec<Crumb> {
    let Some(at) = &asked.at else { return Vec::new() };
    let mut crumbs = vec![Crumb { href: asked.href(&[]), name: text.messages.root.to_owned() }];
    let ends = at.match_indices('/').map(|(end, _)| end).chain([at.len()]);
    let mut begin = 0;
    for end in ends {
        let name = visible(&at[begin..end]);
        let name = if name.is_empty() { text.messages.live.no_name.to_owned() } else { name };
        crumbs.push(Crumb { href: asked.href(&[("at", &at[..end])]), name });
        begin = end + 1;
    }
    crumbs
}

/// How many topics and messages there are, and what is not among them.
fn facts(text: &Text, record: &Record) -> String {
    let (facts, live) = (record.facts(), &text.messages.live);
    let (topics, messages) = (facts.topics.to_string(), facts.messages.to_string());
    let mut parts = vec![fill(live.facts, &[("topics", &topics), ("messages", &messages)])];
    let left_out = [(live.missed, facts.missed), (live.forgotten, facts.forgotten.topics)];
    for (words, n) in left_out.into_iter().filter(|(_, n)| *n > 0) {
        parts.push(fill(words, &[("n", &n.to_string())]));
    }
    parts.join(" · ")
}

#[cfg(test)]
pub mod tests;
