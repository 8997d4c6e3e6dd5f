//! Removing a device: an announced one is ignored from now on, one that is gone is forgotten. Asked once more before.

use askama::Template;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;

use super::{Asked, address, missing};
use crate::hub::{By, Decision, Now, Presence, Snapshot, Standing};
use crate::talk::Topic;
use crate::web::auth::Who;
use crate::web::decisions::Meant;
use crate::web::page::show::visible;
use crate::web::page::{Shell, html};
use crate::web::parts::Web;
use crate::web::text::fill;

/// What can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ways {
    /// It announced itself and is not ignored yet.
    ignore: bool,
    /// It is not there: what is remembered of it can be forgotten.
    forget: bool,
}

/// A form of the page.
#[derive(Clone, Debug, Deserialize)]
pub struct Wish {
    base: String,
    /// `ignore` or `forget`.
    #[serde(default, rename = "do")]
    what: String,
}

#[derive(Template)]
#[template(path = "device/remove.html")]
struct RemovePage {
    shell: Shell,
    base: String,
    back: String,
    title: String,
    ways: Ways,
    /// The command that lets go of its history, if something is recorded.
    history: Option<String>,
    done: Option<(&'static str, String)>,
}

impl Ways {
    fn of(snapshot: &Snapshot, base: &str) -> Option<Self> {
        let device = snapshot.devices.iter().find(|device| device.base.as_str() == base);
        let prefix = format!("{base}/");
        let has_values = snapshot.entries.iter().any(|entry| entry.topic.as_str().starts_with(&prefix));
        if device.is_none() && !has_values {
            return None;
        }
        let is_there =
            device.is_some_and(|device| matches!(device.presence, Presence::Online | Presence::Stale));
        let standing = device.map_or(Standing::Known, |device| device.standing);
        let ignore = matches!(standing, Standing::New | Standing::Accepted);
        Some(Self { ignore, forget: !is_there && has_values })
    }
}

/// `GET /device/remove`
pub async fn ask(
    State(web): State<Web>,
    who: Who,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Response {
    page(&web, &who, &headers, &asked.base, StatusCode::OK, None)
}

/// `POST /device/remove`
pub async fn post(
    State(web): State<Web>,
    who: Who,
    by: By,
    headers: HeaderMap,
    Form(wish): Form<Wish>,
) -> Response {
    let shell = Shell::new(&headers, Some(&who.account), "/device/remove");
    let (d, live) = (&shell.text().device, &shell.text().live);
    let device = visible(&wish.base);
    let told = |words| fill(words, &[("device", &device)]);
    let refused = |reason: &str| ("refused", fill(live.refused, &[("reason", &visible(reason))]));
    let done = match (wish.what.as_str(), Topic::new(&wish.base)) {
        ("ignore", Ok(base)) => {
            let meant = Meant::Bases(vec![base]);
            match web.decisions.decide(by, meant, Some(Decision::Ignored)).await {
                Ok(_) => ("confirmed", told(d.ignored)),
                Err(error) => refused(&error.to_string()),
            }
        }
        ("forget", Ok(base)) => match web.hub.remove(Now::now(), &base) {
            Ok(n) => {
                tracing::info!(account = &*who.account, "{n} values of {base} are forgotten");
                ("confirmed", fill(d.forgotten, &[("device", &device), ("n", &n.to_string())]))
            }
            Err(refusal) => refused(&refusal.reason),
        },
        (_, Ok(_)) => refused("do is `ignore` or `forget`"),
        (_, Err(error)) => refused(&error.to_string()),
    };
    let status = if done.0 == "confirmed" { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    page(&web, &who, &headers, &wish.base, status, Some(done))
}

fn page(
    web: &Web,
    who: &Who,
    headers: &HeaderMap,
    base: &str,
    status: StatusCode,
    done: Option<(&'static str, String)>,
) -> Response {
    let shell = Shell::new(headers, Some(&who.account), "/device/remove").with_hub(&web.hub);
    let snapshot = web.hub.snapshot(Now::now());
    let ways = match (Ways::of(&snapshot, base), &done) {
        (Some(ways), _) => ways,
        (None, Some(_)) => Ways { ignore: false, forget: false },
        (None, None) => return missing(shell, &snapshot, base),
    };
    let title = fill(shell.text().device.remove_title, &[("device", &visible(base))]);
    let is_done = done.as_ref().is_some_and(|(step, _)| *step == "confirmed");
    let ways = if is_done { Ways { ignore: false, forget: false } } else { ways };
    let page = RemovePage {
        shell,
        base: base.to_owned(),
        back: if is_done { "/".to_owned() } else { address(base) },
        title,
        ways,
        history: web
            .history
            .as_ref()
            .map(|_| format!("clown-hub history forget {}", super::quote::shell(&format!("{base}/…#…")))),
        done,
    };
    html(status, &page)
}
