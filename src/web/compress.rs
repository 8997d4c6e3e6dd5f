//! Answers in a fifth of their size, for browsers and programs that accept gzip (RFC 9110 §12.5.3).
//!
//! A page with fifty tiles is 100 kB of markup that says the same words again and again; over a weak wireless link its
//! size is what people wait for. Whole texts are packed on their way out; streams (exports) go as they are, because
//! packing would hold back what has been read, and pictures are packed already. Files of the pages are packed once
//! ([`assets`](super::assets)).
//!
//! A packed answer over TLS tells a listener its size, which matters where an answer holds a secret beside a text that a
//! stranger chose. No answer of ours does: sessions live in a cookie, and forms are told apart by their origin.

use std::io::Write;

use axum::{
    body::{Body, Bytes},
    extract::Request,
    http::{
        HeaderMap, HeaderValue, Response, StatusCode,
        header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, VARY},
    },
    middleware::Next,
};
use flate2::{Compression, write::GzEncoder};
use http_body_util::BodyExt;
use hyper::body::Body as _;

/// Below this the headers are most of an answer.
const LEAST: u64 = 1024;
/// Above this a small machine would be busy with it for longer than the wire.
const MOST: u64 = 4 * 1024 * 1024;
/// More than this takes a small machine milliseconds.
const LONG: usize = 128 * 1024;
/// Quick: most of the gain, in a few milliseconds for a page.
const QUICK: Compression = Compression::new(3);

/// Packs the answer to a request if both sides gain by it.
pub async fn pack(request: Request, next: Next) -> Response<Body> {
    let is_wanted = accepts_gzip(request.headers());
    let mut answer = next.run(request).await;
    if !is_text(answer.headers()) || answer.headers().contains_key(CONTENT_ENCODING) {
        return answer;
    }
    answer.headers_mut().append(VARY, HeaderValue::from_static("accept-encoding"));
    let size = answer.body().size_hint().exact();
    let is_worth = size.is_some_and(|size| (LEAST..=MOST).contains(&size));
    if !is_wanted || !is_worth || answer.status() == StatusCode::PARTIAL_CONTENT {
        return answer;
    }
    let (mut head, body) = answer.into_parts();
    // The body is whole already; collecting it waits for nobody.
    let Ok(whole) = body.collect().await.map(http_body_util::Collected::to_bytes) else {
        head.status = StatusCode::INTERNAL_SERVER_ERROR;
        return Response::from_parts(head, Body::empty());
    };
    let Some(packed) = packed(whole.clone()).await else {
        return Response::from_parts(head, Body::from(whole));
    };
    head.headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    head.headers.remove(CONTENT_LENGTH);
    head.headers.remove(ETAG);
    Response::from_parts(head, Body::from(packed))
}

/// The text packed, a long one where nobody waits for a thread that serves.
async fn packed(whole: Bytes) -> Option<Bytes> {
    if whole.len() <= LONG {
        return gzip(&whole).ok();
    }
    tokio::task::spawn_blocking(move || gzip(&whole).ok()).await.ok().flatten()
}

/// The text packed.
fn gzip(text: &[u8]) -> std::io::Result<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(text.len() / 3), QUICK);
    encoder.write_all(text)?;
    encoder.finish().map(Bytes::from)
}

/// Whether the asker takes gzip: it names it, or everything, and not with the weight 0.
pub fn accepts_gzip(headers: &HeaderMap) -> bool {
    let lists = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|list| list.to_str().ok());
    let weights = lists.flat_map(|list| list.split(',')).filter_map(|item| {
        let mut parts = item.split(';').map(str::trim);
        let name = parts.next()?.to_ascii_lowercase();
        let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1.0), |q| q.parse().ok())?;
        Some((name, weight))
    });
    let weights: Vec<(String, f32)> = weights.collect();
    let of = |name: &str| weights.iter().find(|(found, _)| found == name).map(|(_, weight)| *weight);
    of("gzip").or_else(|| of("*")).is_some_and(|weight| weight > 0.0)
}

/// Whether an answer is text of one of the kinds that the hub sends.
fn is_text(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.starts_with("text/")
        || ["application/json", "application/manifest+json", "image/svg+xml"].contains(&kind)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use axum::{Router, middleware::from_fn, routing::get};
    use flate2::read::GzDecoder;
    use tower::ServiceExt;

    use super::*;

    #[test]
    fn gzip_is_used_only_for_those_who_take_it() {
        let check = |accept: &str, expect: bool| {
            let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_str(accept).unwrap())]);
            assert_eq!(accepts_gzip(&headers), expect, "{accept}");
        };
        check("gzip, deflate, br", true);
        check("br;q=1.0, GZIP;q=0.2", true);
        check("gzip;q=0", false);
        check("*", true);
        check("*;q=0.1, gzip;q=0", false);
        check("br", false);
        check("", false);
        check("gzip;q=nonsense", false);
        assert!(!accepts_gzip(&HeaderMap::new()));
    }

    async fn ask(kind: &'static str, size: usize, accept: &str) -> Response<Body> {
        let body = move || async move { ([(CONTENT_TYPE, kind)], "tile ".repeat(size / 5)) };
        let router = Router::new().route("/", get(body)).layer(from_fn(pack));
        let request = Request::builder().uri("/").header(ACCEPT_ENCODING, accept);
        router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    #[tokio::test]
    async fn whole_texts_arrive_packed_and_say_the_same() {
        let answer = ask("text/html; charset=utf-8", 100_000, "gzip").await;
        assert_eq!(
            (&answer.headers()[CONTENT_ENCODING], &answer.headers()[VARY]),
            (&"gzip".parse().unwrap(), &"accept-encoding".parse().unwrap())
        );
        let packed = answer.into_body().collect().await.unwrap().to_bytes();
        assert!(packed.len() < 2_000, "{}", packed.len());
        let mut text = String::new();
        GzDecoder::new(&*packed).read_to_string(&mut text).unwrap();
        assert_eq!(text, "tile ".repeat(20_000));
    }

    #[tokio::test]
    async fn small_answers_pictures_and_strangers_to_gzip_get_theirs_as_it_is() {
        let check = async |kind, size, accept, varies: bool| {
            let answer = ask(kind, size, accept).await;
            assert!(!answer.headers().contains_key(CONTENT_ENCODING), "{kind} {size} {accept}");
            assert_eq!(answer.headers().contains_key(VARY), varies, "{kind} {size} {accept}");
        };
        check("application/json", 500, "gzip", true).await;
        check("image/png", 100_000, "gzip", false).await;
        check("text/css", 100_000, "br", true).await;
    }
}
