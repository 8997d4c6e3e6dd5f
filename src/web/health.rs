//! `/healthz`: whether the hub serves, for what watches it; open to everybody, and says nothing else.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use crate::hub::Hub;
use crate::stop::Stop;

/// Where it is.
pub const PATH: &str = "/healthz";

/// `GET /healthz`: asked of the hub itself, so that a hub that is stuck does not answer.
pub async fn tell(State(hub): State<Hub>, State(stop): State<Stop>) -> Response {
    // Any question that waits for the hub's state; the answer does not matter.
    hub.has_link_of("");
    let (status, text) = if stop.is_requested() {
        let text = r#"{"ok":false,"error":"the hub is stopping","hint":"ask again in a moment"}"#;
        (StatusCode::SERVICE_UNAVAILABLE, text)
    } else {
        (StatusCode::OK, r#"{"ok":true}"#)
    };
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    (status, headers, format!("{text}\n")).into_response()
}
