//! What an installed page shows while the hub does not answer: its frame, and that it tries again.
//!
//! `/worker.js` is the service worker that keeps this page and its files in the browser; it never keeps a page with values,
//! because an old value must not look live. Both are open to everybody and name nobody.

use askama::Template;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::html;
use super::shell::Shell;
use crate::web::assets;

/// Where the page is.
pub const PATH: &str = "/offline";
/// Where the worker is: it may look after what lies beside and below it.
pub const WORKER: &str = "/worker.js";
/// The files of the page.
const FILES: [&str; 3] = ["style.css", "icon.svg", "offline.js"];

#[derive(Template)]
#[template(path = "offline.html")]
struct Offline {
    shell: Shell,
}

/// `GET /offline`
pub async fn show(headers: HeaderMap) -> Response {
    html(StatusCode::OK, &Offline { shell: Shell::new(&headers, None, "/") })
}

/// `GET /worker.js`: the worker of this version.
pub async fn worker() -> Response {
    let files = FILES.map(assets::url);
    let facts = serde_json::json!([assets::hash(), PATH, files]);
    let text =
        format!("const [VERSION, OFFLINE, SHELL] = {facts};\n{}", include_str!("../assets/js/worker.js"));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, text).into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    #[tokio::test]
    async fn worker_keeps_the_frame_of_this_version_and_the_frame_names_nobody() {
        let text = to_bytes(worker().await.into_body(), 65_536).await.unwrap();
        let first = String::from_utf8_lossy(&text).lines().next().unwrap().to_owned();
        assert!(first.contains(&format!("[\"{}\",\"/offline\",[\"/assets/", assets::hash())), "{first}");
        let headers = HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, HeaderValue::from_static("cs"))]);
        let page = to_bytes(show(headers).await.into_body(), 65_536).await.unwrap();
        let page = String::from_utf8_lossy(&page);
        assert!(page.contains("lang=\"cs\"") && page.contains("Hub neodpovídá"), "{page}");
        assert!(!page.contains("/logout"), "{page}");
        for file in FILES {
            assert!(page.contains(&assets::url(file)), "{file} is kept for nothing");
        }
    }
}
