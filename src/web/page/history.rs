//! The HISTORY page: graphs of what was recorded, the same in words and in a table, and a list to choose from.
//!
//! Without script the server draws the graphs, everything is moved by links and forms, and times are UTC. With script the
//! graphs are drawn in the page and go on with what is said; words, tables and links still come from here ([`fragment`]).

mod asked;
mod called;
mod choose;
mod disk;
pub(super) mod drawing;
mod figure;
mod words;

use std::ops::Range;

use askama::Template;
use axum::Extension;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;

use super::html;
use super::problem;
use super::shell::Shell;
use super::show::visible;
use crate::history::{History, HistoryError, moment};
use crate::hub::{Hub, Now};
use crate::web::auth::Who;
use crate::web::history::chart::{Line, Wanted, read};
use crate::web::history::list::{self, Recorded};
use crate::web::history::pieces::DAY;
use crate::web::history::sparks::Sparks;
use crate::web::layout::Layouts;
use crate::web::text::fill;
use asked::{Asked, LENGTHS, MOST};
use called::Names;
use choose::{Group, groups};
use disk::Disk;
use drawing::{Drawing, drawings};
use words::{Chip, Form, Row, Table};

/// Points of the drawings.
const DRAWN: u32 = 480;

/// From this length on a time is told by its days.
const LONG: i64 = 60 * DAY;

/// A link to another time.
struct Link {
    href: String,
    label: &'static str,
    /// What the script does instead: a length in milliseconds, or a word.
    what: String,
    chosen: bool,
}

/// What surrounds the graphs: the same on the page and in the fragment.
struct Sight {
    asked: Asked,
    /// The times of both fields, as they are in UTC.
    fields: (String, String),
    spans: Vec<Link>,
    steps: Vec<Link>,
    chips: Vec<Chip>,
    rows: Vec<Row>,
    table: Table,
    /// When the first of what is shown was recorded.
    first: Option<i64>,
    /// Both ends of the time, as an address says them.
    said: (String, String),
    /// The time that is shown, in UTC.
    ends: (words::Moment, words::Moment),
    samples: String,
    /// The text of the link that takes a series away.
    remove: &'static str,
}

#[derive(Template)]
#[template(path = "history.html")]
struct HistoryPage {
    shell: Shell,
    state: Recording,
    sight: Sight,
    drawings: Vec<Drawing>,
    groups: Vec<Group>,
    /// What it costs the disk, if it is recorded.
    disk: Option<Disk>,
}

/// What there is to show.
enum Recording {
    /// Something.
    Some,
    /// Nothing yet.
    Empty,
    /// Nobody wants it.
    Off,
    /// The file cannot be read: why.
    Trouble(String),
}

/// The parts that the server lays out while the script draws.
#[derive(Template)]
#[template(path = "history/fragment.html")]
struct Fragment {
    shell: Shell,
    sight: Sight,
}

/// Everything that is read for an answer.
struct Found {
    lines: Vec<Line>,
    drawn: Vec<Line>,
    all: Vec<Recorded>,
}

/// `GET /history`
pub async fn show(
    State(hub): State<Hub>,
    (State(history), State(layouts)): (State<Option<History>>, State<Layouts>),
    Extension(sparks): Extension<Sparks>,
    (who, headers, uri): (Who, HeaderMap, Uri),
    Query(pairs): Query<Vec<(String, String)>>,
) -> Response {
    let path = uri.path_and_query().map_or("/history", |path| path.as_str());
    let shell = Shell::of(&headers, &who, path).with_hub(&hub);
    let (text, lang, now) = (shell.text(), shell.lang, moment::now());
    let asked = Asked::parse(&text.history, &pairs, now);
    let names = Names::new(text, &hub.snapshot(Now::now()), &layouts.of(&who.account).layout);
    let disk = history.as_ref().map(|history| Disk::new(lang, &history.facts()));
    let (state, found) = match history {
        None => (Recording::Off, Found::none()),
        Some(history) => match find(history, &asked, true).await {
            Ok(found) if found.all.is_empty() => (Recording::Empty, found),
            Ok(found) => (Recording::Some, found),
            Err(reason) => (Recording::Trouble(visible(&reason)), Found::none()),
        },
    };
    let drawings = drawings(lang, &found.drawn, &asked.range);
    let lately = sparks.fresh().await;
    let groups = groups(&names, &found.all, &asked, &lately);
    let sight = Sight::new(&shell, asked, &names, &found, now);
    html(StatusCode::OK, &HistoryPage { shell, state, sight, drawings, groups, disk })
}

/// `GET /fragment/history`: what surrounds the graphs.
pub async fn fragment(
    State(hub): State<Hub>,
    (State(history), State(layouts)): (State<Option<History>>, State<Layouts>),
    (who, headers): (Who, HeaderMap),
    Query(pairs): Query<Vec<(String, String)>>,
) -> Response {
    let shell = Shell::of(&headers, &who, "/history");
    let (text, now) = (shell.text(), moment::now());
    let asked = Asked::parse(&text.history, &pairs, now);
    let names = Names::new(text, &hub.snapshot(Now::now()), &layouts.of(&who.account).layout);
    let Some(history) = history else {
        return problem::page(shell, StatusCode::NOT_FOUND, text.history.off);
    };
    match find(history, &asked, false).await {
        Ok(found) => {
            let sight = Sight::new(&shell, asked, &names, &found, now);
            html(StatusCode::OK, &Fragment { shell, sight })
        }
        Err(reason) => problem::page(shell, StatusCode::SERVICE_UNAVAILABLE, &reason),
    }
}

/// Reads what is asked for, off the threads that serve.
async fn find(history: History, asked: &Asked, is_drawn: bool) -> Result<Found, String> {
    let (names, range) = (asked.names.clone(), asked.range.clone());
    let read_all = move || -> Result<Found, HistoryError> {
        let lines = |points| {
            let wanted = Wanted { names: names.clone(), range: range.clone(), points };
            let (lines, _) = read(&history, &wanted)?;
            Ok::<_, HistoryError>(lines.into_iter().filter_map(Result::ok).collect::<Vec<_>>())
        };
        Ok(Found {
            lines: lines(words::points(range.end - range.start))?,
            drawn: if is_drawn { lines(DRAWN)? } else { Vec::new() },
            all: list::all(&history)?,
        })
    };
    let found = tokio::task::spawn_blocking(read_all).await.map_err(|error| error.to_string())?;
    found.map_err(|error| error.to_string())
}

impl Found {
    fn none() -> Self {
        Self { lines: Vec::new(), drawn: Vec::new(), all: Vec::new() }
    }
}

impl Sight {
    fn new(shell: &Shell, mut asked: Asked, names: &Names, found: &Found, now: i64) -> Self {
        let (text, lang) = (shell.text(), shell.lang);
        let unknown = asked.names.extract_if(.., |name| !found.lines.iter().any(|line| line.name == *name));
        let h = &text.history;
        let unknown: Vec<String> =
            unknown.map(|name| fill(h.no_series, &[("name", &visible(&name.to_string()))])).collect();
        asked.words.extend(unknown);
        let shown = |one: &&Recorded| asked.names.contains(&one.name);
        let first = found.all.iter().filter(shown).map(|one| one.first).min();
        let width = match asked.length() {
            ..600_000 => 0,
            600_000..LONG => 60_000,
            _ => DAY,
        };
        Self {
            said: asked.ends(now),
            fields: (words::field(asked.range.start), words::field(asked.range.end)),
            spans: spans(shell, &asked, first, now),
            steps: steps(shell, &asked, now),
            chips: words::chips(text, lang, names, &asked, &found.lines, now),
            rows: words::rows(text, lang, names, &asked, &found.lines),
            table: words::table(text, lang, names, &found.lines),
            first,
            ends: (words::Moment::new(asked.range.start, width), words::Moment::new(asked.range.end, width)),
            samples: asked.samples(now),
            remove: h.remove,
            asked,
        }
    }
}

/// Links to usual lengths of time that end now, and to everything.
fn spans(shell: &Shell, asked: &Asked, first: Option<i64>, now: i64) -> Vec<Link> {
    let h = &shell.text().history;
    // A second more or less is nothing that anybody chose.
    let chosen = |length: i64| asked.is_live && (asked.length() - length).abs() < 2_000;
    let link = |(length, label): (i64, &&'static str)| Link {
        href: asked.at(&(now - length..now), now),
        label,
        what: length.to_string(),
        chosen: chosen(length),
    };
    let mut links: Vec<Link> = LENGTHS.into_iter().zip(&h.lengths).map(link).collect();
    if let Some(first) = first.filter(|first| *first < now) {
        let range: Range<i64> = first..now;
        let length = now - first;
        links.push(Link {
            href: asked.at(&range, now),
            label: h.all,
            what: "all".to_owned(),
            chosen: chosen(length),
        });
    }
    links
}

/// Links that move and zoom.
fn steps(shell: &Shell, asked: &Asked, now: i64) -> Vec<Link> {
    let h = &shell.text().history;
    let link = |what: &str, label: &'static str, range: Range<i64>| Link {
        href: asked.at(&(range.start..range.end.min(now)), now),
        label,
        what: what.to_owned(),
        chosen: false,
    };
    let mut now_link = link("now", h.now, now - asked.length()..now);
    now_link.chosen = asked.is_live;
    vec![
        link("earlier", h.earlier, asked.moved(false)),
        link("in", h.zoom_in, asked.zoomed(2, true)),
        link("out", h.zoom_out, asked.zoomed(2, false)),
        link("later", h.later, asked.moved(true)),
        now_link,
    ]
}

impl Sight {
    /// What the link that takes a series away is called.
    fn removes(&self, chip: &Chip) -> String {
        fill(self.remove, &[("name", &chip.called.whole())])
    }

    /// Whether the table in words tells what was added.
    fn has_counter(&self) -> bool {
        self.chips.iter().any(|chip| chip.form == Form::Bars)
    }
}

impl HistoryPage {
    /// What the script says, as JSON.
    fn words(&self) -> String {
        serde_json::to_string(&self.shell.text().history.live).unwrap_or_default()
    }

    /// The most series at once, for the script.
    fn most(&self) -> usize {
        MOST
    }
}

#[cfg(test)]
mod tests;
