//! The text of the definition by which a device is understood, to be kept.

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::{Asked, missing};
use crate::device::builtin;
use crate::hub::Now;
use crate::web::answer::download;
use crate::web::auth::Who;
use crate::web::page::shell::Shell;
use crate::web::parts::Web;

/// `GET /device/definition`: the text of the definition by which a device is understood.
pub async fn definition(
    State(web): State<Web>,
    who: Who,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Response {
    let snapshot = web.hub.snapshot(Now::now());
    let device = snapshot.devices.iter().find(|device| device.base.as_str() == asked.base);
    let Some(profile) = device.and_then(|device| device.profile.clone()) else {
        let shell = Shell::new(&headers, Some(&who.account), "/device").with_hub(&web.hub);
        return missing(shell, &snapshot, &asked.base);
    };
    let text = match &profile.announced {
        Some(announced) => Some(announced.text.to_string()),
        None if profile.file == builtin::path(&profile.id) => builtin::text(&profile.id),
        None => tokio::fs::read_to_string(&profile.file).await.ok(),
    };
    match text {
        Some(text) => {
            let name: String =
                profile.id.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
            download("text/plain; charset=utf-8", &format!("{name}.toml"), text.into())
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
