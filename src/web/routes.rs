//! Every address of the hub on one screen, and what stands behind it.
//!
//! The guard ([`require_login`]) is around all of them, also around addresses that do not exist: what it does not name
//! as open needs a login. Handlers here only unpack a request for the page that answers it.

use axum::body::Body;
use axum::extract::{Form, Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};

use super::auth::{Who, require_login};
use super::doors::Doors;
use super::history::sparks::Sparks;
use super::history::{chart, import, list, samples};
use super::layout::Layouts;
use super::login::{self, Entrance};
use super::mqtt::Mqtt;
use super::page::past::Past;
use super::page::{
    Shell, arrange, console, dashboard, device, events, history, kiosk, language, links, log, messages,
    newcomers, offline, problem, radio, sure, tester, tile,
};
use super::parts::Web;
use super::server::Peer;
use super::talk::Endpoint;
use super::{assets, compress, echo, health, mqtt, websocket};
use crate::hub::{By, Hub};

/// All addresses.
pub fn router(web: Web) -> Router {
    let entrance = Entrance { doors: web.doors.clone(), tls: web.tls.clone() };
    let guard = middleware::from_fn_with_state(web.doors.clone(), require_login);
    let sparks = Sparks::new(web.history.clone());
    pages()
        .merge(programs())
        .merge(open())
        .fallback(missing)
        .layer(Extension(sparks))
        .with_state(web)
        // `/login`, `/logout`, `/setup`, `/ca.pem`.
        .merge(login::routes(entrance))
        .layer(guard)
        .layer(middleware::from_fn(compress::pack))
}

/// For everybody who is signed in.
fn pages() -> Router<Web> {
    Router::new()
        .route("/", get(show_dashboard))
        .route("/set", post(set))
        .route("/arrange", get(arrange::show).post(arrange::post))
        .route("/fragment/arrange", get(arrange::fragment))
        .route("/device", get(device::show))
        .route("/device/definition", get(device::definition))
        .route("/device/remove", get(device::remove::ask).post(device::remove::post))
        .route("/fragment/device", get(device::fragment))
        .route("/log", get(show_log))
        .route("/send", post(send))
        .route("/messages", get(messages::show))
        .route("/messages/publish", post(messages::publish::publish))
        .route("/messages/retained", get(messages::retained::show).post(messages::retained::clear))
        .route("/messages/export", get(messages::files::export))
        .route("/messages/payload", get(messages::files::payload))
        .route("/new", get(newcomers::show).post(newcomers::post))
        .route("/new/definition", get(newcomers::definition))
        .route("/new/file", get(newcomers::ask_for_file).post(newcomers::make_file))
        .route("/fragment/new", get(newcomers::fragment))
        .route("/radio", get(radio::show).post(radio::post))
        .route("/radio/sure", get(radio::sure))
        .route("/fragment/radio", get(radio::fragment))
        .route("/console", get(console::show).post(console::post))
        .route("/history", get(history::show))
        .route("/fragment/history", get(history::fragment))
        .route("/events", get(events::show))
        .route("/fragment/events", get(events::fragment))
        .route("/links", get(links::show).post(links::post))
        .route("/fragment/links", get(links::fragment))
        .route("/test", get(tester::show))
        .route("/kiosk", get(kiosk::show).post(kiosk::post))
        .route("/tile/{*topic}", get(tile::show).post(tile::post))
}

/// For programs, with a login as well; over MQTT the first packet brings the password.
fn programs() -> Router<Web> {
    Router::new()
        .route("/api/history", get(list::tell))
        .route("/api/events", get(events::export))
        .route("/api/history/chart", get(chart::tell))
        .route("/api/history/samples", get(samples::send).delete(samples::forget))
        .route(import::PATH, post(import::take).layer(Extension(import::Gate::default())))
        .route("/fragment/message", get(messages::topic::fragment))
        .route("/fragment/devices", get(fragment))
        .route("/fragment/version", get(assets::version))
        .route("/auth/{segment}", get(upgrade))
        .route(echo::PATH, get(echo::upgrade))
        // A WebSocket whose first packet brings the password.
        .route(mqtt::PATH, get(mqtt))
}

/// For everybody.
fn open() -> Router<Web> {
    Router::new()
        .route("/language", post(choose_language))
        .route("/favicon.ico", get(assets::favicon))
        .route("/robots.txt", get(assets::robots))
        .route(health::PATH, get(health::tell))
        .route("/offline", get(offline::show))
        .route("/worker.js", get(offline::worker))
        .route("/assets/{hash}/{name}", get(assets::serve))
}

/// Closes what is open by a right that has ended; runs until the doors close.
pub async fn end_with_rights(doors: Doors, endpoint: Endpoint) {
    let mut changes = doors.changes();
    while changes.changed().await.is_ok() {
        endpoint.clients().end(|who| doors.is_over(who));
    }
}

fn shell(hub: &Hub, headers: &HeaderMap, who: &Who, path: &str) -> Shell {
    Shell::of(headers, who, path).with_hub(hub)
}

async fn show_dashboard(
    State(hub): State<Hub>,
    State(layouts): State<Layouts>,
    Extension(sparks): Extension<Sparks>,
    (who, headers): (Who, HeaderMap),
    Query(said): Query<dashboard::Said>,
) -> Response {
    let (shell, seen) = (shell(&hub, &headers, &who, "/"), layouts.of(&who.account));
    dashboard::page(&hub, shell, &seen, &said, Past::now(&sparks).await)
}

async fn fragment(
    State(hub): State<Hub>,
    State(layouts): State<Layouts>,
    Extension(sparks): Extension<Sparks>,
    who: Who,
    headers: HeaderMap,
) -> Response {
    let (shell, seen) = (shell(&hub, &headers, &who, "/"), layouts.of(&who.account));
    dashboard::fragment(&hub, shell, &seen, Past::now(&sparks).await)
}

async fn set(
    State(hub): State<Hub>,
    State(layouts): State<Layouts>,
    who: Who,
    by: By,
    headers: HeaderMap,
    Query(asked): Query<tile::Asked>,
    Form(fields): Form<sure::Fields>,
) -> Response {
    let from = device::came_from(&headers).unwrap_or_else(|| "/".to_owned());
    let shell = asked.token_of(shell(&hub, &headers, &who, &from), &who.rights);
    let seen = layouts.of(&who.account);
    sure::press(&hub, &seen.layout, shell, (who, by), fields).await
}

async fn show_log(
    State(hub): State<Hub>,
    who: Who,
    headers: HeaderMap,
    uri: Uri,
    Query(wanted): Query<log::Wanted>,
) -> Response {
    let path = uri.path_and_query().map_or("/log", |path| path.as_str());
    log::page(&hub, shell(&hub, &headers, &who, path), wanted)
}

async fn send(
    State(hub): State<Hub>,
    who: Who,
    by: By,
    headers: HeaderMap,
    Form(by_hand): Form<log::ByHand>,
) -> Response {
    log::send(&hub, shell(&hub, &headers, &who, "/log"), by, by_hand).await
}

async fn choose_language(
    State(hub): State<Hub>,
    who: Option<Extension<Who>>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    Form(choice): Form<language::Choice>,
) -> Response {
    language::choose(perhaps_signed_in(&hub, &headers, who), peer.map(|Extension(peer)| peer), &choice)
}

async fn upgrade(
    State(hub): State<Hub>,
    State(endpoint): State<Endpoint>,
    who: Who,
    Path(segment): Path<String>,
    request: Request<Body>,
) -> Response {
    let shell = Shell::new(request.headers(), Some(&who.account), "/").with_hub(&hub);
    let is_upgrade = websocket::is_upgrade(request.method(), request.headers());
    match endpoint.upgrade(request, &segment, who) {
        Ok(answer) => answer,
        Err(error) if is_upgrade => (error.status(), format!("{error}\n")).into_response(),
        Err(error) => problem::page(shell, error.status(), &error.to_string()),
    }
}

async fn mqtt(
    State(hub): State<Hub>,
    State(mqtt): State<Option<Mqtt>>,
    who: Option<Extension<Who>>,
    Extension(peer): Extension<Peer>,
    request: Request<Body>,
) -> Response {
    match mqtt {
        Some(mqtt) => mqtt.upgrade(request, peer),
        None => missing(State(hub), who, request.headers().clone(), request.uri().clone()).await,
    }
}

async fn missing(
    State(hub): State<Hub>,
    who: Option<Extension<Who>>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    problem::page(perhaps_signed_in(&hub, &headers, who), StatusCode::NOT_FOUND, uri.path())
}

fn perhaps_signed_in(hub: &Hub, headers: &HeaderMap, who: Option<Extension<Who>>) -> Shell {
    Shell::new(headers, who.as_ref().map(|Extension(who)| &*who.account), "/").with_hub(hub)
}
