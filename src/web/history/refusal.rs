//! Why something of history cannot be told to a program: `{"error", "hint"}` with a fitting status.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::history::HistoryError;

/// A refusal.
#[derive(Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The status of the answer.
    pub status: StatusCode,
    /// What is wrong.
    pub error: String,
    /// What to do instead.
    pub hint: String,
}

impl Refusal {
    /// The request makes no sense.
    pub fn bad(error: impl ToString, hint: &str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error: error.to_string(), hint: hint.to_owned() }
    }

    /// Nothing is recorded because nobody wants it.
    pub fn off() -> Self {
        let hint = "write record = true in the section [history] of the configuration";
        let error = "history is not recorded".to_owned();
        Self { status: StatusCode::NOT_FOUND, error, hint: hint.to_owned() }
    }

    /// The hub itself failed.
    pub fn failed(error: &impl ToString) -> Self {
        let hint = "this is the hub's fault; its log says more".to_owned();
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, error: error.to_string(), hint }
    }

    /// There is no such series.
    pub fn no_series(name: &str) -> Self {
        let hint = "GET /api/history lists the series there are";
        let error = format!("there is no series {name}");
        Self { status: StatusCode::NOT_FOUND, error, hint: hint.to_owned() }
    }
}

impl From<HistoryError> for Refusal {
    fn from(error: HistoryError) -> Self {
        let hint = "the log of the hub says more; what is recorded meanwhile waits in memory".to_owned();
        Self { status: StatusCode::SERVICE_UNAVAILABLE, error: error.to_string(), hint }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({ "error": self.error, "hint": self.hint }).to_string();
        (self.status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
    }
}
