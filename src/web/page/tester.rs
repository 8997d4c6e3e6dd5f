//! The page that tries a WebSocket: where it leads, who opens it, what is sent and what comes back.
//!
//! All of it is script; without script the page says how to do the same from a terminal. A page may connect to its own
//! hub only, because its policy (`headers`) names no other host.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::html;
use super::shell::Shell;
use crate::device::{Access, property};
use crate::hub::{Hub, Now};
use crate::talk::model::Value;
use crate::web::auth::Who;
use crate::web::echo;
use crate::web::talk::{ENDPOINT, segment_of};

/// The most endpoints that are suggested.
const MOST: usize = 50;
/// A relay to switch where there is none.
const SOME_RELAY: &str = "nodes/bridge/0/relay/i2c0-3b";

#[derive(Template)]
#[template(path = "tester.html")]
struct TesterPage {
    shell: Shell,
    host: String,
    port: String,
    path: String,
    paths: Vec<String>,
    examples: Vec<(&'static str, String)>,
}

/// `GET /test`
pub async fn show(State(hub): State<Hub>, who: Who, headers: HeaderMap) -> Response {
    let shell = Shell::new(&headers, Some(&who.account), "/test").with_hub(&hub);
    let (host, port) = match shell.host.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (host, port),
        _ => (&*shell.host, "443"),
    };
    let (host, port) = (host.to_owned(), port.to_owned());
    let path = format!("/auth/{ENDPOINT}");
    let mut bases: Vec<_> = hub.bases().into_iter().map(|(base, _)| base).collect();
    bases.sort();
    let own = bases.iter().take(MOST).map(|base| format!("/auth/{}", segment_of(base)));
    let paths = [path.clone(), echo::PATH.to_owned()].into_iter().chain(own).collect();
    let examples = examples(&hub, shell.text().tester.chips);
    html(StatusCode::OK, &TesterPage { shell, host, port, path, paths, examples })
}

fn examples(hub: &Hub, [hello, ask, switch, nonsense]: [&'static str; 4]) -> Vec<(&'static str, String)> {
    let snapshot = hub.snapshot(Now::now());
    let can_be_set = |entry: &&crate::hub::EntryView| {
        entry.id().contains("relay/")
            && property(entry.id(), "state", &Value::Null, None).access == Access::ReadWrite
    };
    let relay = snapshot.entries.iter().find(can_be_set).map(|entry| entry.topic.to_string());
    let relay = relay.unwrap_or_else(|| SOME_RELAY.to_owned());
    let set = serde_json::json!([format!("{relay}/set"), { "state": true }, { "id": "test-1" }]);
    vec![
        (hello, r#"["clown.talk/-/config/set", {"events": true}]"#.to_owned()),
        (ask, r#"["clown.talk/-/config/get", {}]"#.to_owned()),
        (switch, set.to_string()),
        (nonsense, "not JSON at all".to_owned()),
    ]
}

impl TesterPage {
    /// What the script says, and what close codes mean, as JSON.
    fn words(&self) -> String {
        let tester = &self.shell.text().tester;
        let codes: std::collections::BTreeMap<_, _> = tester.codes.iter().copied().collect();
        serde_json::json!({ "words": tester.live, "codes": codes }).to_string()
    }

    fn echo(&self) -> &'static str {
        echo::PATH
    }
}
