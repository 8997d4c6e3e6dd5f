//! From an HTTP request to a WebSocket: who asks properly (RFC 6455 §4.2), the answer, and the connection taken over.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::stream::Stream;

/// The key of a proper upgrade request.
pub fn key<'a>(method: &Method, headers: &'a HeaderMap) -> Option<&'a str> {
    let proper = method == Method::GET
        && names(headers, header::CONNECTION, "upgrade")
        && names(headers, header::UPGRADE, "websocket")
        && names(headers, header::SEC_WEBSOCKET_VERSION, "13");
    let key = headers.get(header::SEC_WEBSOCKET_KEY)?.to_str().ok()?.trim();
    (proper && !key.is_empty()).then_some(key)
}

/// Whether a header, a list divided by commas, has this word.
pub fn names(headers: &HeaderMap, name: header::HeaderName, word: &str) -> bool {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|part| part.trim().eq_ignore_ascii_case(word))
}

/// Whether a request wants to become a WebSocket, so that its failures are answered without a page.
pub fn is_upgrade(method: &Method, headers: &HeaderMap) -> bool {
    key(method, headers).is_some()
}

/// The answer after which both sides speak WebSocket, and the subprotocol if one was agreed on.
pub fn switching(key: &str, protocol: Option<&'static str>) -> Response<Body> {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = answer.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    if let Ok(accept) = HeaderValue::try_from(derive_accept_key(key.as_bytes())) {
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    }
    if let Some(protocol) = protocol {
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(protocol));
    }
    answer
}

/// The connection of a request that was answered so, once the answer has left, and what was read of it too early.
pub async fn taken_over(request: Request<Body>) -> Option<(Stream, Vec<u8>)> {
    let upgraded = match hyper::upgrade::on(request).await {
        Ok(upgraded) => upgraded,
        Err(error) => {
            tracing::debug!("upgrade not finished: {error}");
            return None;
        }
    };
    match upgraded.downcast::<TokioIo<Stream>>() {
        Ok(parts) => Some((parts.io.into_inner(), parts.read_buf.to_vec())),
        Err(_) => {
            tracing::error!(
                "a connection came from an unknown listener and was closed; please report this line"
            );
            None
        }
    }
}
