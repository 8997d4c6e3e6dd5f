//! Publishing by hand: to a topic of a broker, through the same checks as any command, with the outcome told.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{self, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::{Asked, Choice, MessagesPage};
use crate::hub::{By, Delivery, Hub, Now, Outcome, Phase, Post, Snapshot, Step, Ticket};
use crate::talk::{Payload, Topic};
use crate::web::auth::Who;
use crate::web::messages::Record;
use crate::web::page::control::is_failure;
use crate::web::page::note::duration;
use crate::web::page::show::visible;
use crate::web::page::{Shell, html};
use crate::web::text::Text;

/// How long the answer waits for the outcome; a little longer than a broker may take.
const WAIT: Duration = Duration::from_millis(3500);
/// The kind of the links that carry topics to a broker.
const MQTT: &str = "mqtt";
/// Topics suggested for the form.
const MAX_TOPICS: usize = 50;

/// The form with what it holds.
pub struct Form {
    /// The links that carry MQTT.
    pub links: Vec<Choice>,
    /// The topic.
    pub topic: String,
    /// The payload.
    pub payload: String,
    /// 0, 1 and 2, one of them chosen.
    pub qos: [(u8, bool); 3],
    /// Whether the broker shall remember it.
    pub retain: bool,
    /// What came of it.
    pub answer: String,
    /// Whether that needs a person.
    pub failed: bool,
    /// Suggestions for the topic.
    pub topics: Vec<String>,
}

/// What was sent with the form.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Filled {
    #[serde(default)]
    link: String,
    #[serde(default)]
    topic: String,
    #[serde(default)]
    payload: String,
    #[serde(default)]
    qos: u8,
    #[serde(default)]
    retain: Option<String>,
}

impl Form {
    /// A form that was not filled yet.
    pub fn empty(snapshot: &Snapshot, topic: Option<&str>) -> Self {
        let filled = Filled { topic: topic.unwrap_or_default().to_owned(), ..Filled::default() };
        Self::new(snapshot, filled, String::new(), false)
    }

    fn new(snapshot: &Snapshot, filled: Filled, answer: String, failed: bool) -> Self {
        let carriers = snapshot.links.iter().filter(|link| link.kind == MQTT);
        let links = carriers.map(|link| {
            let (name, is_up) = (visible(&link.name), link.state.phase == Phase::Up);
            let label = if is_up { name } else { format!("{name} (–)") };
            Choice { value: link.name.to_string(), label, chosen: *link.name == *filled.link }
        });
        let set = snapshot.entries.iter().filter(|entry| entry.update.is_some());
        Self {
            links: links.collect(),
            qos: [0, 1, 2].map(|qos| (qos, qos == filled.qos)),
            retain: filled.retain.is_some(),
            topic: filled.topic,
            payload: filled.payload,
            answer,
            failed,
            topics: set.take(MAX_TOPICS).map(|entry| entry.topic.to_string()).collect(),
        }
    }
}

/// `POST /messages/publish`: publishes, waits for the outcome and shows it; as JSON for whoever accepts only that.
pub async fn publish(
    State(hub): State<Hub>,
    State(record): State<Record>,
    who: Who,
    by: By,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
    extract::Form(filled): extract::Form<Filled>,
) -> Response {
    let shell = Shell::new(&headers, Some(&who.account), "/messages").with_hub(&hub);
    let (answer, failed) = match post(&hub, by, &filled) {
        Err(reason) => (reason, true),
        Ok(ticket) => match ended(ticket).await {
            Some(outcome) => (told(shell.text(), &outcome), is_failure(&outcome)),
            None => (shell.text().live.sent.to_owned(), false),
        },
    };
    if headers.get(header::ACCEPT) == Some(&HeaderValue::from_static("application/json")) {
        let text = serde_json::json!({ "answer": visible(&answer), "failed": failed }).to_string();
        return ([(header::CONTENT_TYPE, "application/json")], text).into_response();
    }
    let status = if failed { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let form = Form::new(&hub.snapshot(Now::now()), filled, visible(&answer), failed);
    html(status, &MessagesPage::new(shell, &record, &asked, form))
}

fn post(hub: &Hub, by: By, filled: &Filled) -> Result<Ticket, String> {
    let topic = Topic::new(filled.topic.trim()).map_err(|error| error.to_string())?;
    // Forms end each line with CR LF, whatever was typed.
    let payload = Payload::from_wire(filled.payload.replace("\r\n", "\n").as_bytes());
    let delivery = Delivery { qos: filled.qos, retain: filled.retain.is_some() };
    Ok(hub
        .post(Now::now(), Post { link: filled.link.as_str().into(), topic, payload, delivery, by, id: None }))
}

/// Waits for the last step; `None` if there was none in time.
pub(super) async fn ended(ticket: Ticket) -> Option<Arc<Outcome>> {
    tokio::time::timeout(WAIT, ticket.outcome()).await.ok().flatten()
}

/// The steps up to the outcome, how long it took, and why: `accepted → sent → confirmed (12 ms)`.
pub(super) fn told(text: &Text, outcome: &Outcome) -> String {
    let after = duration(u64::try_from(outcome.after.as_millis()).unwrap_or(u64::MAX));
    let [accepted, sent, confirmed, refused, unanswered, unconfirmable] = text.messages.steps;
    let way = match outcome.step {
        Step::Confirmed => format!("{accepted} → {sent} → {confirmed}"),
        Step::Unanswered => format!("{accepted} → {sent} → {unanswered}"),
        Step::Unconfirmable => format!("{accepted} → {sent} → {unconfirmable}"),
        Step::Refused => refused.to_owned(),
        Step::Accepted => accepted.to_owned(),
        Step::Sent => format!("{accepted} → {sent}"),
    };
    let told = format!("{way} ({after})");
    match &outcome.refusal {
        None => told,
        Some(refusal) => match text.live.refusals.of(refusal.code) {
            Some(words) => format!("{told} – {words} ({})", refusal.reason),
            None => format!("{told} – {}", refusal.reason),
        },
    }
}
