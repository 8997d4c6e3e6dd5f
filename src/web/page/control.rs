//! Forms that command: a switch or choice pressed without script, and a message sent by hand.
//!
//! The answer waits until the command has ended, so that the page that follows tells the outcome and not a hope.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::color;
use super::level::stepped;
use super::problem;
use super::shell::Shell;
use crate::device::profile::number::{Digits, number};
use crate::hub::{By, Command, Hub, Now, Outcome, Step};
use crate::talk::{Payload, Topic};
use crate::web::address::encoded;
use crate::web::rights::{KIOSK, Rights};

/// How long a form waits; a little longer than a device may take.
const WAIT: Duration = Duration::from_millis(3500);

/// A press on a control.
#[derive(Clone, Debug, Deserialize)]
pub struct Press {
    /// The full topic of the property.
    topic: String,
    /// The key within the payload; empty for a bare value.
    key: String,
    /// What is asked for: `true`, `false`, a word or a number.
    value: String,
    /// `number` or `color` where the value is one.
    #[serde(rename = "as")]
    sort: Option<String>,
    /// What is added to a number.
    by: Option<String>,
    /// How the device says its colour now, so that the chosen one is said in the same form.
    form: Option<String>,
}

/// `POST /set`: asks, waits and goes back to the dashboard, which shows how it ended. The body, which a browser does
/// not show, tells a script the same in one line.
pub async fn set(hub: &Hub, shell: Shell, rights: &Rights, by: impl Into<By>, press: &Press) -> Response {
    let topic = match Topic::new(&format!("{}/set", press.topic)) {
        Ok(topic) => topic,
        Err(error) => return problem::page(shell, StatusCode::BAD_REQUEST, &error.to_string()),
    };
    if let Err(refusal) = rights.may_command(&topic, Instant::now()) {
        let reason = refusal.reason.clone();
        hub.forbid(Now::now(), Command { topic, payload: press.payload(), by: by.into(), id: None }, refusal);
        return match rights {
            Rights::Kiosk(_) => see_other(KIOSK),
            Rights::All | Rights::Tile(_) => problem::page(shell, StatusCode::FORBIDDEN, &reason),
        };
    }
    let outcome = ask(hub, by, topic, press.payload()).await;
    let refusal = outcome.as_ref().and_then(|outcome| outcome.refusal.as_ref());
    // The dashboard tells a refusal at the tile; what has no tile is told here.
    if let Some(refusal) = refusal.filter(|refusal| refusal.code == "no-such-device") {
        return problem::page(shell, StatusCode::NOT_FOUND, &refusal.reason);
    }
    let step = outcome.as_ref().map_or("pending", |outcome| outcome.step.word());
    let line = outcome.as_ref().map_or_else(|| step.to_owned(), |outcome| in_one_line(outcome));
    let back = match (rights, &shell.token) {
        (Rights::Tile(share), Some(token)) => format!("{}?token={}", share.address(), encoded(token)),
        // Back to the page of the device, or to the dashboard.
        _ => {
            let page = if shell.path.contains('?') { format!("{}&", shell.path) } else { "/?".to_owned() };
            format!("{page}about={}&step={step}", encoded(&press.topic))
        }
    };
    let back = see_other(&back);
    (back.status(), back.headers().clone(), line + "\n").into_response()
}

/// Asks the hub and waits for the end; `None` if there was none in time.
pub(super) async fn ask(
    hub: &Hub,
    by: impl Into<By>,
    topic: Topic,
    payload: Payload,
) -> Option<Arc<Outcome>> {
    let ticket = hub.command(Now::now(), Command { topic, payload, by: by.into(), id: None });
    tokio::time::timeout(WAIT, ticket.outcome()).await.ok().flatten()
}

/// An outcome in one line: `confirmed (12 ms)`, `refused (0 ms) – why`.
pub(super) fn in_one_line(outcome: &Outcome) -> String {
    let after = super::note::duration(u64::try_from(outcome.after.as_millis()).unwrap_or(u64::MAX));
    match &outcome.refusal {
        Some(refusal) => format!("{} ({after}) – {}", outcome.step.word(), refusal.reason),
        None => format!("{} ({after})", outcome.step.word()),
    }
}

/// Whether an outcome needs a person.
pub(super) fn is_failure(outcome: &Outcome) -> bool {
    matches!(outcome.step, Step::Refused | Step::Unanswered)
}

impl Press {
    fn payload(&self) -> Payload {
        if let Some(color) = self.color() {
            return Payload::of(&std::collections::BTreeMap::from([(&self.key, color)]));
        }
        let value = self.by.as_deref().and_then(|by| stepped(&self.value, by));
        let value = value.as_deref().unwrap_or(&self.value);
        let number = || number(value.trim(), Digits::Decimal);
        let number = self.sort.as_deref().filter(|sort| *sort == "number").and_then(|_| number());
        let raw =
            number.and_then(|digits| serde_json::value::RawValue::from_string(digits.into_owned()).ok());
        if let Some(digits) = raw {
            return Payload::of(&std::collections::BTreeMap::from([(&self.key, digits)]));
        }
        let value = match value {
            "true" => serde_json::Value::Bool(true),
            "false" => serde_json::Value::Bool(false),
            word => serde_json::Value::from(word),
        };
        if self.key.is_empty() {
            return Payload::of(&value);
        }
        Payload::of(&std::collections::BTreeMap::from([(&self.key, value)]))
    }
}

impl Press {
    /// The chosen colour as the device says its own.
    fn color(&self) -> Option<serde_json::Value> {
        self.sort.as_deref().filter(|sort| *sort == "color")?;
        color::sent(&self.key, self.form.as_deref()?, &self.value)
    }
}

/// After a form: look at another page, so that loading it again repeats nothing.
pub fn see_other(location: &str) -> Response {
    let Ok(location) = HeaderValue::from_str(location) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_press_becomes_the_payload_the_device_understands() {
        let check = |key: &str, value: &str, expect: &str| {
            let press = Press {
                topic: "a".into(),
                key: key.into(),
                value: value.into(),
                sort: None,
                by: None,
                form: None,
            };
            assert_eq!(press.payload().as_str(), expect);
        };
        let number = Press {
            topic: "a".into(),
            key: "set-point".into(),
            value: "21.50".into(),
            sort: Some("number".into()),
            by: None,
            form: None,
        };
        let step = Press { by: Some("0.5".into()), ..number.clone() };
        assert_eq!(step.payload().as_str(), r#"{"set-point":22.00}"#);
        let color = Press {
            key: "color".into(),
            value: "#00ff80".into(),
            sort: Some("color".into()),
            form: Some("FF2A00".into()),
            ..number.clone()
        };
        assert_eq!(color.payload().as_str(), r#"{"color":"00FF80"}"#);
        assert_eq!(number.payload().as_str(), r#"{"set-point":21.50}"#);
        check("state", "true", r#"{"state":true}"#);
        check("state", "1-dot", r#"{"state":"1-dot"}"#);
        check("", "false", "false");
        check("a\"b", "<x>", r#"{"a\"b":"<x>"}"#);
    }

    #[tokio::test]
    async fn a_press_on_nothing_is_told_on_a_page_of_its_own() {
        let hub = Hub::new(crate::hub::HubConfig::default(), Now::now());
        let shell = Shell::new(&axum::http::HeaderMap::new(), None, "/");
        let press = |topic: &str| Press {
            topic: topic.into(),
            key: "state".into(),
            value: "true".into(),
            sort: None,
            by: None,
            form: None,
        };
        let unknown =
            set(&hub, shell.clone(), &Rights::All, By::from("ada"), &press("nodes/elsewhere/relay/0")).await;
        assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
        let wildcard = set(&hub, shell, &Rights::All, By::from("ada"), &press("nodes/#")).await;
        assert_eq!(wildcard.status(), StatusCode::BAD_REQUEST);
    }
}
