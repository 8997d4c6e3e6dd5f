//! The page of one device: what it is and has, its tiles, what goes over its line, what went wrong, and pieces to copy.
//!
//! The tiles and the graph stand apart, as on the dashboard; everything else is laid out by the server, and with script
//! laid out again when the device says something ([`fragment`]).

mod about;
mod definition;
mod graph;
mod properties;
pub mod quote;
mod raw;
pub mod remove;
pub mod snippets;
mod traffic;
mod way;

use askama::Template;
use axum::Extension;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::arranged;
use super::facts;
use super::html;
use super::past::Past;
use super::shell::Shell;
use super::show::visible;
use super::view::{DeviceView, TileView};
use crate::hub::{Hub, Now, Snapshot};
use crate::sheet::nearest;
use crate::web::address::encoded;
use crate::web::auth::Who;
use crate::web::history::sparks::Sparks;
use crate::web::messages::Record;
use crate::web::parts::Web;
use crate::web::server::Peer;
use crate::web::text::{Text, fill};
use about::What;
pub use definition::definition;
use graph::Graph;
use properties::Line;
use snippets::{Snippet, Way, Wish, snippets};
use traffic::{About, DeedView, Row};
use way::way;

/// Rows of a serial line that are looked at.
const LOOKED_AT: usize = 120;
/// Failures that are shown.
const FAILURES: usize = 8;

/// What the address asks for.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Asked {
    /// The device.
    #[serde(default)]
    pub base: String,
    /// The property that pieces to copy are about, `TOPIC#QUANTITY`.
    #[serde(default)]
    property: String,
    /// The topic of a form that was just sent, and how it ended.
    #[serde(default)]
    about: String,
    #[serde(default)]
    step: String,
}

/// What the server lays out again and again.
struct Live {
    what: What,
    lines: Vec<Line>,
    rows: Vec<Row>,
    /// How lines and messages were put together, in words.
    joined: &'static str,
    failures: Vec<DeedView>,
    odd: Vec<(u64, &'static str)>,
    /// The address of the messages of the device.
    messages: String,
}

/// One property in the list of those that pieces can be about.
struct Choice {
    href: String,
    label: String,
    id: String,
    is_chosen: bool,
}

/// What became of a form.
struct Done {
    step: &'static str,
    words: String,
}

#[derive(Template)]
#[template(path = "device/page.html")]
struct DevicePage {
    shell: Shell,
    device: DeviceView,
    past: Past,
    live: Live,
    graph: Option<Graph>,
    choices: Vec<Choice>,
    snippets: Vec<Snippet>,
    way: Way,
    done: Option<Done>,
}

#[derive(Template)]
#[template(path = "device/fragment.html")]
struct Fragment {
    shell: Shell,
    live: Live,
}

#[derive(Template)]
#[template(path = "device/missing.html")]
struct Missing {
    shell: Shell,
    detail: String,
    near: Vec<(String, String)>,
}

/// The address of the page of a device.
pub fn address(base: &str) -> String {
    format!("/device?base={}", encoded(base))
}

/// `GET /device`
pub async fn show(
    State(web): State<Web>,
    Extension(sparks): Extension<Sparks>,
    peer: Option<Extension<Peer>>,
    (who, headers, uri): (Who, HeaderMap, Uri),
    Query(asked): Query<Asked>,
) -> Response {
    let path = uri.path_and_query().map_or("/device", |path| path.as_str());
    let shell = Shell::new(&headers, Some(&who.account), path).with_hub(&web.hub);
    let snapshot = web.hub.snapshot(Now::now());
    let Some(mut device) = find(shell.text(), &snapshot, &asked.base) else {
        return missing(shell, &snapshot, &asked.base);
    };
    arranged::call(&web.layouts.of(&who.account).layout, std::slice::from_mut(&mut device));
    let is_tls = peer.is_none_or(|Extension(peer)| peer.tls);
    let way = way(&web, &shell, is_tls);
    let live = Live::new(shell.text(), &web.hub, &web.record, &snapshot, &device);
    let graph = graph::graph(shell.lang, web.history.clone(), &device).await;
    let past = Past::now(&sparks).await;
    let page = DevicePage::new(shell, device, (past, live, graph), way, &asked);
    html(StatusCode::OK, &page)
}

/// `GET /fragment/device`: what changes while one looks.
pub async fn fragment(
    State(web): State<Web>,
    who: Who,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Response {
    let shell = Shell::new(&headers, Some(&who.account), "/device");
    let snapshot = web.hub.snapshot(Now::now());
    let Some(device) = find(shell.text(), &snapshot, &asked.base) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let live = Live::new(shell.text(), &web.hub, &web.record, &snapshot, &device);
    html(StatusCode::OK, &Fragment { shell, live })
}

/// The device with this base: with its tiles, or at least known.
fn find(text: &'static Text, snapshot: &Snapshot, base: &str) -> Option<DeviceView> {
    let tiled = facts::devices_of(text, snapshot, |known| known == base).into_iter().next();
    tiled.or_else(|| facts::bare_device(text, snapshot, base))
}

fn missing(mut shell: Shell, snapshot: &Snapshot, base: &str) -> Response {
    shell.path.clear();
    let text = shell.text();
    let known: Vec<String> = facts::devices(text, snapshot).into_iter().map(|device| device.base).collect();
    let near = nearest(base, known.iter().map(String::as_str)).map(str::to_owned);
    let near = near.map(|base| (address(&base), visible(&base)));
    let detail = fill(text.device.missing, &[("base", &visible(base))]);
    html(StatusCode::NOT_FOUND, &Missing { shell, detail, near: near.into_iter().collect() })
}

impl Live {
    fn new(
        text: &'static Text,
        hub: &Hub,
        record: &Record,
        snapshot: &Snapshot,
        device: &DeviceView,
    ) -> Self {
        let (d, base) = (&text.device, device.base.as_str());
        let known = snapshot.devices.iter().find(|known| known.base.as_str() == base);
        let link = known.and_then(|known| snapshot.links.iter().find(|link| link.name == known.link));
        let name = link.map_or("", |link| &*link.name);
        let seen = hub.console(name).map(|console| console.read(None, LOOKED_AT));
        let has_console = seen.is_some();
        let rows = seen.map_or_else(Vec::new, |seen| seen.rows);
        let profile = known.and_then(|known| known.profile.as_ref());
        let is_native = profile.is_none_or(|profile| profile.recognised.native.is_some());
        let is_mqtt = link.is_some_and(|link| link.kind == "mqtt");
        let about = About {
            base,
            link: name,
            is_native,
            is_alone: snapshot.devices.iter().filter(|other| *other.link == *name).count() == 1,
            rows: &rows,
            is_mqtt,
        };
        Self {
            what: What::new(text, snapshot, record, base),
            lines: properties::lines(text, snapshot, device),
            rows: traffic::rows(text, record, &about),
            joined: match (has_console, is_mqtt, is_native) {
                (true, _, true) => d.joined_by_words,
                (true, _, false) => d.joined_by_time,
                (_, true, _) => d.joined_by_instant,
                (false, false, _) => d.no_wire,
            },
            failures: traffic::failures(text, record, base, FAILURES),
            odd: about::odd(text, link),
            messages: format!("/messages?at={}", encoded(base)),
        }
    }
}

impl DevicePage {
    fn new(
        shell: Shell,
        device: DeviceView,
        (past, live, graph): (Past, Live, Option<Graph>),
        way: Way,
        asked: &Asked,
    ) -> Self {
        let text = shell.text();
        let tiles = device.controls.iter().chain(&device.readings).flat_map(TileView::leaves);
        let tiles: Vec<&TileView> = tiles.collect();
        let chosen = tiles.iter().find(|tile| series(tile) == asked.property).or(tiles.first()).copied();
        let choices = tiles.iter().map(|tile| Choice {
            href: format!(
                "/device?base={}&property={}#snippets",
                encoded(&device.base),
                encoded(&series(tile))
            ),
            label: tile.name.clone(),
            id: tile.id.clone(),
            is_chosen: chosen.is_some_and(|chosen| series(chosen) == series(tile)),
        });
        let choices = choices.collect();
        let wish = chosen.map(|tile| Wish::of(&device.base, tile));
        let pieces = wish.as_ref().map(|wish| snippets(wish, &way, text.device.tools)).unwrap_or_default();
        let done = tiles
            .iter()
            .find(|tile| tile.topic == asked.about)
            .and_then(|tile| super::dashboard::told(text, tile, &asked.step))
            .map(|(step, words)| Done { step, words });
        Self { snippets: pieces, shell, past, live, graph, choices, way, done, device }
    }

    /// What the script says, as JSON.
    fn words(&self) -> String {
        serde_json::to_string(&self.shell.text().device.live).unwrap_or_default()
    }

    fn query(&self) -> String {
        encoded(&self.device.base)
    }
}

fn series(tile: &TileView) -> String {
    let name =
        crate::history::name::Name { topic: tile.topic.as_str().into(), quantity: tile.key.as_str().into() };
    name.to_string()
}

/// The page that a form of a tile was sent from, if that is the page of a device.
pub fn came_from(headers: &HeaderMap) -> Option<String> {
    let referer = headers.get(header::REFERER)?.to_str().ok()?;
    let uri: Uri = referer.parse().ok()?;
    let query = uri.query().filter(|_| uri.path() == "/device")?;
    let base = query.split('&').find_map(|pair| pair.strip_prefix("base="))?;
    let back = format!("/device?base={base}");
    crate::web::address::is_own(&back).then_some(back)
}
