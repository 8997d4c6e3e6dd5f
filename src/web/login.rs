//! The pages before the door: signing in and out, the first setup, and the authority to trust.
//!
//! They work without script. A form is believed only from our own page ([`auth`] sees to that); a new
//! session begins at every login; `next` leads nowhere but to a path of this hub.

use std::net::IpAddr;

use askama::Template;
use axum::{
    Form, Router,
    body::Body,
    extract::{Extension, Query, State},
    http::{HeaderMap, HeaderValue, Response, StatusCode, header},
    response::{IntoResponse, Redirect},
    routing::{get, post},
};
use serde::Deserialize;

use super::{
    account::{Account, name, password, password::Weak},
    address::{encoded, is_own},
    answer::refusal,
    auth::{self, Who},
    doors::{Denied, Doors},
    error::WebError,
    names,
    page::{self, Shell},
    server::Peer,
    text::{self, fill},
    tls::Tls,
};

/// What the pages before the door need.
#[derive(Clone, Debug)]
pub struct Entrance {
    /// Accounts and sessions.
    pub doors: Doors,
    /// The certificate, to be compared and trusted; none on plain loopback.
    pub tls: Option<Tls>,
}

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    shell: Shell,
    d: &'static text::Door,
    problem: Option<String>,
    name: String,
    next: String,
    fingerprint: Option<String>,
    by_name: Option<String>,
}

#[derive(Template)]
#[template(path = "setup.html")]
struct SetupPage {
    shell: Shell,
    d: &'static text::Door,
    problem: Option<String>,
    code: String,
    name: String,
    fingerprint: Option<String>,
    by_name: Option<String>,
}

#[derive(Deserialize)]
struct Next {
    #[serde(default)]
    next: String,
}

/// The code may stand in the address: as the picture of `clown-hub setup` has it.
#[derive(Deserialize)]
struct Scanned {
    #[serde(default)]
    code: String,
}

#[derive(Deserialize)]
struct LoginForm {
    name: String,
    password: String,
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
struct SetupForm {
    code: String,
    name: String,
    password: String,
}

/// `/login`, `/logout`, `/setup` and `/ca.pem`; they are the open paths of [`auth::require_login`].
pub fn routes(entrance: Entrance) -> Router {
    Router::new()
        .route("/login", get(login_page).post(log_in))
        .route("/logout", post(log_out))
        .route("/setup", get(setup_page).post(set_up))
        .route("/ca.pem", get(ca_pem))
        .with_state(entrance)
}

/// The login page that leads to `path` afterwards.
pub fn address(path: &str) -> String {
    match own_path(path) {
        "/" => "/login".to_owned(),
        path => format!("/login?next={}", encoded(path)),
    }
}

/// `next` if it is a path of this hub, otherwise the dashboard.
pub fn own_path(next: &str) -> &str {
    let leads_back = ["/login", "/logout", "/setup"]
        .iter()
        .any(|door| next.strip_prefix(door).is_some_and(|rest| rest.is_empty() || rest.starts_with('?')));
    if is_own(next) && !leads_back { next } else { "/" }
}

async fn login_page(
    State(entrance): State<Entrance>,
    who: Option<Extension<Who>>,
    headers: HeaderMap,
    Query(Next { next }): Query<Next>,
) -> Response<Body> {
    if who.is_some() {
        return Redirect::to(own_path(&next)).into_response();
    }
    entrance.login(&headers, StatusCode::OK, "", &next, None)
}

async fn log_in(
    State(entrance): State<Entrance>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    Form(form): Form<LoginForm>,
) -> Response<Body> {
    let (address, tls) = visitor(peer);
    match entrance.doors.by_password(address, &form.name, &form.password).await {
        Ok(account) => entrance.welcome(&account, &headers, (address, tls), own_path(&form.next)),
        Err(denied) => {
            let (status, problem) =
                said(denied, Shell::new(&headers, None, "/login").text().door.wrong, &headers);
            let answer = entrance.login(&headers, status, &form.name, &form.next, Some(problem));
            with_wait(answer, denied)
        }
    }
}

async fn log_out(
    State(entrance): State<Entrance>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
) -> Response<Body> {
    let (address, tls) = visitor(peer);
    if let Some(secret) = auth::session_cookie(&headers, tls) {
        if let Some(who) = entrance.doors.by_session(secret) {
            entrance.doors.witness().session("out", &who.account, address);
        }
        entrance.doors.end_session(secret);
    }
    with_cookie(Redirect::to("/login").into_response(), None, tls)
}

async fn setup_page(
    State(entrance): State<Entrance>,
    headers: HeaderMap,
    Query(Scanned { code }): Query<Scanned>,
) -> Response<Body> {
    if !entrance.doors.needs_setup() {
        return Redirect::to("/").into_response();
    }
    entrance.setup(&headers, StatusCode::OK, &code, "", None)
}

async fn set_up(
    State(entrance): State<Entrance>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    Form(form): Form<SetupForm>,
) -> Response<Body> {
    let door = &Shell::new(&headers, None, "/setup").text().door;
    let (address, tls) = visitor(peer);
    let again =
        |status, problem: String| entrance.setup(&headers, status, &form.code, &form.name, Some(problem));
    let weak = password::check(&form.password, &form.name).err().map(|weak| match weak {
        Weak::Short => door.short_password,
        Weak::Long => door.long_password,
        Weak::Obvious => door.obvious_password,
    });
    if let Some(problem) = name::check(&form.name).err().map(|_| door.bad_name).or(weak) {
        return again(StatusCode::UNPROCESSABLE_ENTITY, problem.to_owned());
    }
    match entrance.doors.set_up(address, &form.code, &form.name, &form.password).await {
        Ok(Ok(account)) => entrance.welcome(&account, &headers, (address, tls), "/"),
        Ok(Err(WebError::Account(_))) => Redirect::to("/login").into_response(),
        Ok(Err(error)) => {
            tracing::error!("the first account could not be made: {error}");
            again(StatusCode::INTERNAL_SERVER_ERROR, door.not_made.to_owned())
        }
        Err(denied) => {
            let (status, problem) = said(denied, door.wrong_code, &headers);
            with_wait(again(status, problem), denied)
        }
    }
}

async fn ca_pem(State(entrance): State<Entrance>) -> Response<Body> {
    let Some(pem) = entrance.tls.as_ref().and_then(Tls::ca_pem) else {
        return refusal(StatusCode::NOT_FOUND, "this hub shows a certificate that browsers know\n");
    };
    let headers = [
        (header::CONTENT_TYPE, "application/x-x509-ca-cert"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"clown-hub-ca.pem\""),
    ];
    (headers, pem.to_owned()).into_response()
}

impl Entrance {
    fn login(
        &self,
        headers: &HeaderMap,
        status: StatusCode,
        name: &str,
        next: &str,
        problem: Option<String>,
    ) -> Response<Body> {
        let shell = Shell::new(headers, None, &address(next));
        let d = &shell.text().door;
        let (name, next, fingerprint) = (name.to_owned(), own_path(next).to_owned(), self.fingerprint());
        let by_name = self.by_name(&shell.host);
        page::html(status, &LoginPage { shell, d, problem, name, next, fingerprint, by_name })
    }

    fn setup(
        &self,
        headers: &HeaderMap,
        status: StatusCode,
        code: &str,
        name: &str,
        problem: Option<String>,
    ) -> Response<Body> {
        let shell = Shell::new(headers, None, "/setup");
        let d = &shell.text().door;
        let (code, name, fingerprint) = (code.to_owned(), name.to_owned(), self.fingerprint());
        let by_name = self.by_name(&shell.host);
        page::html(status, &SetupPage { shell, d, problem, code, name, fingerprint, by_name })
    }

    /// The address by the announced name, for whoever has come by another.
    fn by_name(&self, host: &str) -> Option<String> {
        let name = self.tls.as_ref()?.announced()?;
        let typed = names::host_of(host)?;
        let port = host.get(typed.len()..).unwrap_or_default();
        (!typed.eq_ignore_ascii_case(&name)).then(|| format!("https://{name}{port}"))
    }

    /// The fingerprint to compare; none where browsers do not warn.
    fn fingerprint(&self) -> Option<String> {
        self.tls.as_ref().filter(|tls| !tls.is_own()).map(Tls::fingerprint)
    }

    /// A new session in place of whatever the browser had, and on to the page it wanted.
    fn welcome(
        &self,
        account: &Account,
        headers: &HeaderMap,
        (address, tls): (IpAddr, bool),
        next: &str,
    ) -> Response<Body> {
        if let Some(old) = auth::session_cookie(headers, tls) {
            self.doors.end_session(old);
        }
        match self.doors.begin_session(account, address) {
            Ok(secret) => with_cookie(Redirect::to(next).into_response(), Some(&secret), tls),
            Err(error) => {
                tracing::error!("no session could be made: {error}");
                refusal(StatusCode::INTERNAL_SERVER_ERROR, "no session could be made; the log says why\n")
            }
        }
    }
}

fn visitor(peer: Option<Extension<Peer>>) -> (IpAddr, bool) {
    peer.map_or((IpAddr::from([0, 0, 0, 0]), true), |Extension(peer)| (peer.address.ip(), peer.tls))
}

fn said(denied: Denied, wrong: &str, headers: &HeaderMap) -> (StatusCode, String) {
    let door = &Shell::new(headers, None, "/").text().door;
    match denied {
        Denied::Wrong => (StatusCode::UNAUTHORIZED, wrong.to_owned()),
        Denied::TooMany(too_many) => {
            let wait = too_many.retry_after.as_secs().to_string();
            (StatusCode::TOO_MANY_REQUESTS, fill(door.too_many, &[("wait", &wait)]))
        }
        Denied::Busy => (StatusCode::SERVICE_UNAVAILABLE, door.busy.to_owned()),
    }
}

fn with_wait(mut answer: Response<Body>, denied: Denied) -> Response<Body> {
    if let Denied::TooMany(too_many) = denied {
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(too_many.retry_after.as_secs()));
    }
    answer
}

fn with_cookie(mut answer: Response<Body>, secret: Option<&str>, tls: bool) -> Response<Body> {
    if let Ok(cookie) = HeaderValue::try_from(auth::cookie(secret, tls)) {
        answer.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_leads_nowhere_else() {
        for good in ["/", "/log", "/log?filter=%23&x=//y", "/a/b#c"] {
            assert_eq!(own_path(good), good);
        }
        let long = format!("/{}", "a".repeat(2000));
        for bad in [
            "",
            "log",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "data:text/html,x",
            " /log",
            "/log\r\nSet-Cookie: a=b",
            "/\t/evil.example",
            "/ž",
            "/login",
            "/login?next=/login",
            "/logout",
            "/setup",
            &long,
        ] {
            assert_eq!(own_path(bad), "/", "{bad:?}");
        }
        assert_eq!(address("/log?a=b&c"), "/login?next=/log%3Fa%3Db%26c");
        assert_eq!(address("//evil.example"), "/login");
    }
}
