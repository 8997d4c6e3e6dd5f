//! The LOG page: what is said, as it is said. With script the stream; without it the last message of every topic, and
//! a form to say something by hand either way.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::control::{ask, in_one_line, is_failure};
use super::html;
use super::note::Stamp;
use super::shell::Shell;
use super::show::visible;
use crate::device::{Access, property};
use crate::hub::{By, Hub, Now, Snapshot};
use crate::talk::model::Value;
use crate::talk::{Payload, Topic, TopicFilter};

/// The most lines of a page, with and without script.
const MAX_LINES: usize = 500;
/// The most topics suggested for the form.
const MAX_TOPICS: usize = 50;

#[derive(Template)]
#[template(path = "log.html")]
struct LogPage {
    shell: Shell,
    filter: String,
    contains: String,
    bad_filter: bool,
    lines: Vec<Line>,
    topics: Vec<String>,
    said: Said,
}

struct Line {
    at: Stamp,
    topic: String,
    payload: String,
}

/// What the form holds and what came of it.
struct Said {
    topic: String,
    payload: String,
    answer: String,
    failed: bool,
}

/// What is wanted of the stream.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Wanted {
    /// A topic filter; all topics if empty.
    #[serde(default)]
    filter: String,
    /// A text in topic or payload.
    #[serde(default)]
    contains: String,
}

/// A message typed by hand.
#[derive(Clone, Debug, Deserialize)]
pub struct ByHand {
    topic: String,
    payload: String,
}

/// `GET /log`
pub fn page(hub: &Hub, shell: Shell, wanted: Wanted) -> Response {
    let said = Said { topic: String::new(), payload: "{}".to_owned(), answer: String::new(), failed: false };
    html(StatusCode::OK, &LogPage::new(shell, &hub.snapshot(Now::now()), wanted, said))
}

/// `POST /send`: says it, waits for the answer and shows both.
pub async fn send(hub: &Hub, shell: Shell, by: By, form: ByHand) -> Response {
    let (answer, failed) = match read(&form) {
        Err(reason) => (reason, true),
        Ok((topic, payload)) => match ask(hub, by, topic, payload).await {
            Some(outcome) => (in_one_line(&outcome), is_failure(&outcome)),
            None => (shell.text().live.sent.to_owned(), false),
        },
    };
    let status = if failed { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let said = Said { topic: form.topic, payload: form.payload, answer: visible(&answer), failed };
    html(status, &LogPage::new(shell, &hub.snapshot(Now::now()), Wanted::default(), said))
}

fn read(form: &ByHand) -> Result<(Topic, Payload), String> {
    let topic = Topic::new(form.topic.trim()).map_err(|error| error.to_string())?;
    let payload =
        Payload::parse(form.payload.trim()).map_err(|what| format!("{} – {}", what.reason, what.hint))?;
    Ok((topic, payload))
}

impl LogPage {
    fn new(shell: Shell, snapshot: &Snapshot, wanted: Wanted, said: Said) -> Self {
        let Wanted { filter, contains } = wanted;
        let parsed = Some(filter.trim()).filter(|filter| !filter.is_empty()).map(TopicFilter::new);
        let bad_filter = matches!(parsed, Some(Err(_)));
        let parsed = parsed.and_then(Result::ok);
        let text = contains.to_lowercase();
        let updates = snapshot.entries.iter().filter_map(|entry| entry.update.as_ref());
        let lines = updates
            .filter(|update| {
                parsed.as_ref().is_none_or(|filter| filter.matches(update.message.topic.as_str()))
            })
            .filter(|update| text.is_empty() || update.message.to_text().to_lowercase().contains(&text))
            .take(MAX_LINES)
            .map(|update| Line {
                at: Stamp::new(update.at, snapshot.at),
                topic: visible(update.message.topic.as_str()),
                payload: visible(update.message.payload.as_str()),
            })
            .collect();
        Self { shell, filter, contains, bad_filter, lines, topics: topics(snapshot), said }
    }
}

/// What can be set, for the form's suggestions.
fn topics(snapshot: &Snapshot) -> Vec<String> {
    let can_be_set = |entry: &&crate::hub::EntryView| {
        property(entry.topic.as_str(), "state", &Value::Null, None).access == Access::ReadWrite
    };
    let entries = snapshot.entries.iter().filter(can_be_set);
    entries.take(MAX_TOPICS).map(|entry| format!("{}/set", entry.topic)).collect()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;

    use super::*;
    use crate::hub::{HubConfig, LinkInfo};
    use crate::talk::Message;

    fn hub() -> Hub {
        let now = Now::now();
        let hub = Hub::new(HubConfig::default(), now);
        let base = Topic::new("nodes/bridge/0").ok();
        let (link, _) = hub.attach(now, LinkInfo { name: "usb".into(), kind: "serial", base });
        for line in [r#"["relay/i2c0-3b", {"state": true}]"#, r#"["note/0", {"text": "<b>\u202e24.50"}]"#] {
            link.publish(now, Message::parse(line).unwrap());
        }
        hub
    }

    fn render(wanted: Wanted) -> String {
        let said =
            Said { topic: String::new(), payload: String::new(), answer: String::new(), failed: false };
        let shell = Shell::new(&HeaderMap::new(), Some("ada"), "/log");
        LogPage::new(shell, &hub().snapshot(Now::now()), wanted, said).render().unwrap()
    }

    #[test]
    fn the_log_can_be_filtered_without_script() {
        let check = |filter: &str, contains: &str, relay: bool, note: bool| {
            let page = render(Wanted { filter: filter.into(), contains: contains.into() });
            let has = |topic: &str| page.contains(&format!("class=\"topic\">{topic}<"));
            assert_eq!(
                (has("nodes/bridge/0/relay/i2c0-3b"), has("nodes/bridge/0/note/0")),
                (relay, note),
                "{filter:?} {contains:?}"
            );
        };
        check("", "", true, true);
        check("nodes/+/+/relay/#", "", true, false);
        check("#", "24.50", false, true);
        check("", "TRUE", true, false);
        check("a#", "", true, true);
        assert!(
            render(Wanted { filter: "a#".into(), contains: String::new() }).contains("aria-invalid=\"true\"")
        );
    }

    #[test]
    fn payloads_are_shown_as_sent_and_only_shown() {
        let page = render(Wanted::default());
        assert!(page.contains("{&#34;text&#34;: &#34;&#60;b&#62;\\u202e24.50&#34;}"), "{page}");
        assert!(page.contains("<option value=\"nodes/bridge/0/relay/i2c0-3b/set\">"));
    }

    #[tokio::test]
    async fn what_cannot_be_sent_is_answered_with_the_reason() {
        let check = async |topic: &str, payload: &str, expect: &str| {
            let form = ByHand { topic: topic.into(), payload: payload.into() };
            let shell = Shell::new(&HeaderMap::new(), Some("ada"), "/log");
            let answer = send(&hub(), shell, "ada".into(), form).await;
            assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
            let body = axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap();
            let body = String::from_utf8_lossy(&body).into_owned();
            assert!(body.contains(expect), "{expect} not in {body}");
        };
        check("a/+", "{}", "wildcard").await;
        check("nodes/bridge/0/relay/i2c0-3b/set", "{", "JSON").await;
        check("nodes/elsewhere/relay/0/set", "{}", "refused (&#60; 1 ms)").await;
    }
}
