//! One request's way from the wire to the router and back: what is refused before any handler sees it.
//!
//! A wrong `Host` (421), no place left (429, 503), a body too large (413) or too slow (408), plain HTTP where TLS is
//! spoken (308). Every answer leaves with the headers of [`headers`].

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes},
    http::{
        HeaderMap, HeaderValue, Request, Response, StatusCode,
        header::{
            CACHE_CONTROL, CONNECTION, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE, HOST, LOCATION,
            RETRY_AFTER,
        },
    },
};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use tower::ServiceExt;

use super::{headers, history::import, names::Names, places::Full, server::Peer};

/// The largest form is a few fields.
pub const MAX_BODY_BYTES: usize = 64 * 1024;
/// A body is at most 64 KiB: whoever needs longer is not sending it.
const BODY_WITHIN: Duration = Duration::from_secs(10);

/// What is known of a visitor before the first request.
pub struct Door {
    /// Where the visitor comes from.
    pub peer: Peer,
    /// The names we answer to.
    pub names: Arc<Names>,
    /// Whether browsers trust our certificate without being asked.
    pub trusted_certificate: bool,
    /// Send the visitor to https: at this port, or at the port they asked for.
    pub redirect: Option<Option<u16>>,
    /// Tell the visitor that there is no place.
    pub full: Option<Full>,
}

/// Answers the requests of one connection.
pub struct Answer {
    /// The visitor.
    pub door: Door,
    /// Where requests go that are not refused.
    pub router: Router,
}

impl Answer {
    /// The answer to one request, headers complete.
    pub async fn to(&self, request: Request<Incoming>) -> Response<Body> {
        let authority = match authority(&request) {
            Ok(authority) => authority,
            Err(refusal) => return self.complete(refusal.answer(), None),
        };
        if !self.door.names.answer_to(&authority) {
            let text = format!(
                "this hub is not called {authority:?}: use its host name or address, or add the name to `names` in \
                 the configuration\n"
            );
            return self.complete(closing(StatusCode::MISDIRECTED_REQUEST, &text), None);
        }
        let answer = match (self.door.redirect, self.door.full) {
            (Some(port), _) => redirect(&request, &authority, port),
            (None, Some(full)) => no_place(full),
            (None, None) => self.forward(request).await,
        };
        self.complete(answer, Some(&authority))
    }

    async fn forward(&self, request: Request<Incoming>) -> Response<Body> {
        let (mut parts, body) = request.into_parts();
        // Files are long; who may send them is asked before they are read, and how they are read is bounded there.
        let body = if parts.uri.path() == import::PATH {
            Body::new(body)
        } else {
            match whole(&parts.headers, body).await {
                Ok(body) => Body::from(body),
                Err(refusal) => return refusal.answer(),
            }
        };
        parts.extensions.insert(self.door.peer);
        let request = Request::from_parts(parts, body);
        let Ok(answer) = self.router.clone().oneshot(request).await;
        answer
    }

    fn complete(&self, mut answer: Response<Body>, authority: Option<&str>) -> Response<Body> {
        let setting = headers::Setting {
            authority,
            tls: self.door.peer.tls,
            trusted_certificate: self.door.trusted_certificate,
            framed: answer.extensions().get::<headers::Framed>().is_some(),
        };
        headers::complete(answer.headers_mut(), setting);
        answer
    }
}

/// The one `Host` of a request; a second one, or a different one in the request line, is a trick.
fn authority(request: &Request<Incoming>) -> Result<String, Refusal> {
    let bad = |text| Err(Refusal(StatusCode::BAD_REQUEST, text));
    let mut hosts = request.headers().get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return bad("a request needs exactly one Host header\n");
    };
    let Ok(host) = host.to_str() else { return bad("the Host header is not text\n") };
    match request.uri().authority() {
        Some(authority) if authority.as_str() != host => bad("the request line and the Host header differ\n"),
        _ => Ok(host.to_owned()),
    }
}

/// The body, read to its end within the limits of size and time.
async fn whole(headers: &HeaderMap, body: Incoming) -> Result<Bytes, Refusal> {
    let declared = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    let too_large = || Refusal(StatusCode::PAYLOAD_TOO_LARGE, "a request body may have 64 KiB\n");
    if declared.is_some_and(|length| length > MAX_BODY_BYTES) {
        return Err(too_large());
    }
    match tokio::time::timeout(BODY_WITHIN, Limited::new(body, MAX_BODY_BYTES).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(Refusal(StatusCode::BAD_REQUEST, "the request body ended early\n")),
        Err(_) => Err(Refusal(StatusCode::REQUEST_TIMEOUT, "the request body came too slowly\n")),
    }
}

fn redirect(request: &Request<Incoming>, authority: &str, port: Option<u16>) -> Response<Body> {
    let host = super::names::host_of(authority).unwrap_or(authority);
    let place = match port {
        None => authority.to_owned(),
        Some(443) => host.to_owned(),
        Some(port) => format!("{host}:{port}"),
    };
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let mut answer = Refusal(StatusCode::PERMANENT_REDIRECT, "this hub speaks https\n").answer();
    if let Ok(location) = HeaderValue::try_from(format!("https://{place}{path}")) {
        answer.headers_mut().insert(LOCATION, location);
    }
    answer
}

fn no_place(full: Full) -> Response<Body> {
    let refusal = match full {
        Full::Address => Refusal(StatusCode::TOO_MANY_REQUESTS, "too many connections from your address\n"),
        Full::Hub => Refusal(StatusCode::SERVICE_UNAVAILABLE, "too many connections\n"),
    };
    let mut answer = refusal.answer();
    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("10"));
    answer
}

/// A refusal after which the connection ends, because what follows on it may be the rest of a body.
struct Refusal(StatusCode, &'static str);

impl Refusal {
    fn answer(self) -> Response<Body> {
        closing(self.0, self.1)
    }
}

fn closing(status: StatusCode, text: &str) -> Response<Body> {
    let mut answer = refusal(status, text);
    answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    answer
}

/// A file to be kept, never a page of ours.
pub fn download(kind: &'static str, name: &str, body: Body) -> Response<Body> {
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    let mut answer = Response::new(body);
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CONTENT_DISPOSITION, disposition.unwrap_or(HeaderValue::from_static("attachment")));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// A short answer in plain text.
pub fn refusal(status: StatusCode, text: &str) -> Response<Body> {
    let mut answer = Response::new(Body::from(text.to_owned()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    answer
}
