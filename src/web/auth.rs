//! Who a request is from, and the guard in front of every route.
//!
//! [`require_login`] wraps the whole router, also paths that do not exist: what is not on the short list of open paths
//! needs a login by session cookie, HTTP Basic or bearer token. It is also where a stranger's page is turned away. Who
//! was let in is an extension of the request; handlers take it as [`Who`].

use std::{fmt, net::IpAddr, sync::Arc};

use axum::{
    body::Body,
    extract::{FromRequestParts, Query, Request, State},
    http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Redirect},
};
use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    account::{
        password::Mark,
        token::{self, TokenId},
    },
    answer::refusal,
    doors::{Denied, Doors},
    health, login, mqtt,
    origin::Origin,
    page::offline,
    rights::{self, Rights},
    server::Peer,
    session::SessionId,
    websocket,
};

/// Paths that are served without a login, exactly as written; everything else needs one.
pub const OPEN_PATHS: [&str; 10] = [
    "/login",
    "/logout",
    "/setup",
    "/language",
    "/ca.pem",
    "/favicon.ico",
    "/robots.txt",
    health::PATH,
    offline::PATH,
    offline::WORKER,
];
/// Below this lie the files of the pages, which are the same for everybody.
pub const OPEN_FOLDER: &str = "/assets/";
/// What is still served while there is no account.
const SETUP_PATHS: [&str; 5] = ["/setup", "/language", "/ca.pem", "/favicon.ico", health::PATH];

/// The session cookie over TLS: the prefix makes browsers accept it from this host over TLS only.
const COOKIE_TLS: &str = "__Host-clown-hub";
/// The session cookie on plain loopback, where the prefix is not possible.
const COOKIE_PLAIN: &str = "clown-hub";

/// Somebody who was let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    /// The account's name.
    pub account: Arc<str>,
    /// By what right.
    pub via: Via,
    /// How far it reaches.
    pub rights: Rights,
}

/// By what right somebody was let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// A browser's session.
    Session(SessionId),
    /// Name and password with the request.
    Basic(Mark),
    /// A token.
    Token(TokenId),
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Session(_) => "session",
            Self::Basic(_) => "password",
            Self::Token(_) => "token",
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Who {
    type Rejection = Response<Body>;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        // Only a route outside the guard is without it.
        parts.extensions.get::<Self>().cloned().ok_or_else(|| unauthorized(true))
    }
}

/// Lets a request through to its handler, or answers why not.
pub async fn require_login(State(doors): State<Doors>, mut request: Request, next: Next) -> Response<Body> {
    let peer = request.extensions().get::<Peer>().copied();
    let address = peer.map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.address.ip());
    let tls = peer.is_none_or(|peer| peer.tls);
    let origin = Origin::of(request.headers(), tls);
    let path = request.uri().path();
    let is_file = is_open_file(path);
    // Whoever speaks MQTT shows the password there, in the first packet.
    let is_mqtt = path == mqtt::PATH && websocket::is_upgrade(request.method(), request.headers());
    let is_open = is_file || is_mqtt || OPEN_PATHS.contains(&path);
    let shared = shared_tile(request.uri());
    let is_shared = shared.is_some();
    let found = match shared {
        Some(secret) => doors.by_token(address, &secret).and_then(of_a_tile).map_err(Some),
        None => identify(&doors, request.headers(), address, tls).await,
    };
    if doors.needs_setup() && found.is_err() && !is_file && !SETUP_PATHS.contains(&path) {
        return needs_setup(&request);
    }
    let brings_secret = is_mqtt || is_shared || request.headers().contains_key(header::AUTHORIZATION);
    let acts = !matches!(*request.method(), Method::GET | Method::HEAD) || is_upgrade(request.headers());
    if acts && !origin.may_act(brings_secret, doors.origins()) {
        // Browsers ask for a WebSocket first without the password of its address, and need the challenge to send it.
        let may_come_back = !brings_secret && !is_open && origin.may_act(true, doors.origins());
        let asks_first = found.is_err() || is_upgrade(request.headers());
        return if may_come_back && asks_first { unauthorized(true) } else { foreign(&origin) };
    }
    match found {
        Ok(who) if is_open || who.rights.permits(request.method(), path) => {
            doors.witness().used(&who, address, "http");
            request.extensions_mut().insert(who);
            next.run(request).await
        }
        Ok(who) => beyond(&request, &who.rights),
        Err(_) if is_open => next.run(request).await,
        Err(None) => not_logged_in(&request, &origin, tls),
        Err(Some(denied)) => denied_answer(denied),
    }
}

/// Who sent a request; nothing to go by is `Err(None)`. What the request says itself goes before the cookie.
async fn identify(
    doors: &Doors,
    headers: &HeaderMap,
    address: IpAddr,
    tls: bool,
) -> Result<Who, Option<Denied>> {
    let mut authorizations = headers.get_all(header::AUTHORIZATION).iter();
    match (authorizations.next(), authorizations.next()) {
        (Some(authorization), None) => match credentials(authorization) {
            Some(Credentials::Basic { name, password }) => {
                let account = doors.by_password(address, &name, &password).await.map_err(Some)?;
                let via = Via::Basic(account.password.mark());
                Ok(Who { account: account.name.clone(), via, rights: Rights::All })
            }
            Some(Credentials::Bearer(secret)) => doors.by_token(address, &secret).map_err(Some),
            None => Err(Some(Denied::Wrong)),
        },
        (Some(_), Some(_)) => Err(Some(Denied::Wrong)),
        (None, _) => session_cookie(headers, tls).and_then(|secret| doors.by_session(secret)).ok_or(None),
    }
}

/// The token in the address of a shared tile: a frame in a foreign page brings no cookie, and can send no header.
fn shared_tile(uri: &Uri) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Asked {
        token: Option<String>,
    }
    let takes = |path: &str| path.starts_with(rights::TILE) || path == "/set" || path.starts_with("/auth/");
    let Query(asked) = takes(uri.path()).then(|| Query::<Asked>::try_from_uri(uri).ok())??;
    asked.token.filter(|secret| token::looks_like(secret))
}

/// Addresses are written down by many; a token that may do everything does not belong there.
fn of_a_tile(who: Who) -> Result<Who, Denied> {
    if matches!(who.rights, Rights::Tile(_)) { Ok(who) } else { Err(Denied::Wrong) }
}

/// Who came in goes further than their right reaches.
fn beyond(request: &Request, rights: &Rights) -> Response<Body> {
    match rights {
        Rights::Kiosk(_) if wants_page(request) => Redirect::to("/").into_response(),
        Rights::Kiosk(_) => {
            refusal(StatusCode::FORBIDDEN, "this screen is a kiosk: leave it first, at /kiosk\n")
        }
        Rights::Tile(share) => {
            let text = format!("this token is for {} alone\n", share.address());
            refusal(StatusCode::FORBIDDEN, &text)
        }
        Rights::All => refusal(StatusCode::FORBIDDEN, "this is not permitted\n"),
    }
}

enum Credentials {
    Basic { name: String, password: String },
    Bearer(String),
}

/// RFC 7617 (Basic, UTF-8) and RFC 6750 (Bearer).
fn credentials(value: &HeaderValue) -> Option<Credentials> {
    let (scheme, rest) = value.to_str().ok()?.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(Credentials::Bearer(rest.trim().to_owned()));
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()?;
    let (name, password) = text.split_once(':')?;
    Some(Credentials::Basic { name: name.to_owned(), password: password.to_owned() })
}

/// The secret of the session cookie; two cookies of that name are a trick of a neighbouring site.
pub fn session_cookie(headers: &HeaderMap, tls: bool) -> Option<&str> {
    let name = if tls { COOKIE_TLS } else { COOKIE_PLAIN };
    let values = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = values.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut secrets = pairs.filter(|(found, _)| *found == name).map(|(_, secret)| secret);
    match (secrets.next(), secrets.next()) {
        (Some(secret), None) => Some(secret),
        _ => None,
    }
}

/// The `Set-Cookie` that gives a browser its session, or takes it away.
///
/// `SameSite=Strict`: the cookie never leaves with a request that another site caused. A link from elsewhere therefore
/// arrives without it; [`require_login`] lets the browser ask again from our own page.
pub fn cookie(secret: Option<&str>, tls: bool) -> String {
    let (name, secure) = if tls { (COOKIE_TLS, "; Secure") } else { (COOKIE_PLAIN, "") };
    let age = secret.map_or(0, |_| super::session::LONGEST.as_secs());
    let secret = secret.unwrap_or_default();
    format!("{name}={secret}; Path=/; HttpOnly; SameSite=Strict; Max-Age={age}{secure}")
}

/// Files of the pages, by a plain path: whatever could mean another place needs a login.
fn is_open_file(path: &str) -> bool {
    let is_plain = |name: &str| {
        !name.is_empty()
            && !name.starts_with('.')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
    };
    path.strip_prefix(OPEN_FOLDER).is_some_and(|rest| rest.split('/').all(is_plain))
}

fn is_upgrade(headers: &HeaderMap) -> bool {
    headers.contains_key(header::UPGRADE)
}

/// Whether a person with a browser asked for a page.
fn wants_page(request: &Request) -> bool {
    let accepts = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    request.method() == Method::GET
        && !is_upgrade(request.headers())
        && accepts.is_some_and(|accept| accept.contains("text/html"))
}

fn needs_setup(request: &Request) -> Response<Body> {
    if wants_page(request) {
        return Redirect::to("/setup").into_response();
    }
    refusal(StatusCode::SERVICE_UNAVAILABLE, "this hub has no account yet: open its page and set it up\n")
}

fn not_logged_in(request: &Request, origin: &Origin, tls: bool) -> Response<Body> {
    let path = login::own_path(request.uri().path_and_query().map_or("/", |path| path.as_str()));
    if wants_page(request) {
        return match origin {
            Origin::Foreign(_) => ask_again(path),
            Origin::Own | Origin::Absent => Redirect::to(&login::address(path)).into_response(),
        };
    }
    // A page whose session ended gets no challenge: the browser would ask for a password in a window of its own.
    let had_session = session_cookie(request.headers(), tls).is_some();
    unauthorized(!(had_session && *origin == Origin::Own))
}

/// A link from another site came without the cookie. The browser asks once more, now from our own page and with it.
fn ask_again(path: &str) -> Response<Body> {
    let escaped: String = path.chars().map(escape).collect();
    let page = format!(
        "<!doctype html><meta charset=\"utf-8\"><meta http-equiv=\"refresh\" content=\"0;url={escaped}\">\
         <title>clown-hub</title><a href=\"{escaped}\">clown-hub</a>\n"
    );
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response()
}

fn escape(character: char) -> String {
    match character {
        '&' => "&amp;".into(),
        '"' => "&quot;".into(),
        '\'' => "&#39;".into(),
        '<' => "&lt;".into(),
        '>' => "&gt;".into(),
        other => other.into(),
    }
}

fn unauthorized(challenge: bool) -> Response<Body> {
    let text = "a user name with password, or a token, is needed\n";
    let mut answer = refusal(StatusCode::UNAUTHORIZED, text);
    if challenge {
        let basic = HeaderValue::from_static("Basic realm=\"clown-hub\", charset=\"UTF-8\"");
        answer.headers_mut().insert(header::WWW_AUTHENTICATE, basic);
    }
    answer
}

fn denied_answer(denied: Denied) -> Response<Body> {
    let (status, text, wait) = match denied {
        Denied::Wrong => return unauthorized(true),
        Denied::TooMany(too_many) => {
            let wait = too_many.retry_after.as_secs().max(1);
            (StatusCode::TOO_MANY_REQUESTS, format!("too many wrong attempts: wait {wait} s\n"), wait)
        }
        Denied::Busy => (StatusCode::SERVICE_UNAVAILABLE, "too many logins at once: try again\n".into(), 1),
    };
    let mut answer = refusal(status, &text);
    answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait));
    answer
}

fn foreign(origin: &Origin) -> Response<Body> {
    let text = match origin {
        Origin::Foreign(origin) => format!("a page of {origin:?} may not do this here\n"),
        Origin::Own | Origin::Absent => {
            "this needs an Origin header of this hub, or a password or token with the request\n".to_owned()
        }
    };
    refusal(StatusCode::FORBIDDEN, &text)
}
