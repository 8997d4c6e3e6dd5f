//! The kiosk: a browser on the wall that shows the dashboard and commands nothing before somebody typed its PIN.
//!
//! It is the browser's session that becomes a kiosk, until the PIN makes it an ordinary one again; what it may do is
//! decided in [`rights`]. Pages show it as locked, with and without script.

use std::sync::Arc;
use std::time::Instant;

use askama::Template;
use axum::Extension;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::control::see_other;
use super::html;
use super::lock::Lock;
use super::shell::Shell;
use super::view::{DeviceView, TileView};
use crate::hub::Hub;
use crate::web::auth::{Via, Who};
use crate::web::doors::{Denied, Doors};
use crate::web::rights::{self, Rights};
use crate::web::server::Peer;
use crate::web::session::SessionId;
use crate::web::text::{Kiosk as Texts, fill};

/// How many digits a PIN may have.
const DIGITS: std::ops::RangeInclusive<usize> = 4..=12;

#[derive(Template)]
#[template(path = "kiosk.html")]
struct KioskPage {
    shell: Shell,
    /// Whether the browser can become one.
    is_possible: bool,
    problem: Option<String>,
}

/// A form of the page or of its frame.
#[derive(Clone, Debug, Deserialize)]
pub struct Wish {
    /// `start`, `open`, `lock` or `leave`.
    #[serde(rename = "do")]
    what: String,
    #[serde(default)]
    pin: String,
}

/// `GET /kiosk`
pub async fn show(State(hub): State<Hub>, who: Who, headers: HeaderMap) -> Response {
    page(&hub, &who, &headers, StatusCode::OK, None)
}

/// `POST /kiosk`: becomes one, is opened, locked or left.
pub async fn post(
    State(hub): State<Hub>,
    State(doors): State<Doors>,
    who: Who,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    Form(wish): Form<Wish>,
) -> Response {
    let text = &Shell::new(&headers, None, rights::KIOSK).text().kiosk;
    let done = match (&who.via, &who.rights, wish.what.as_str()) {
        (Via::Session(id), Rights::All, "start") => start(&doors, *id, &wish.pin, text).await,
        (_, Rights::Kiosk(kiosk), "lock") => {
            kiosk.lock();
            Ok(())
        }
        (Via::Session(id), Rights::Kiosk(kiosk), "open" | "leave") => {
            match doors.check_pin(peer.address.ip(), kiosk, &wish.pin).await {
                Ok(()) if wish.what == "open" => {
                    kiosk.open(Instant::now());
                    Ok(())
                }
                Ok(()) => doors.set_kiosk(*id, None).await.map_err(|error| not_kept(&error)),
                Err(denied) => Err(said(denied, &headers, text)),
            }
        }
        _ => Err((StatusCode::UNPROCESSABLE_ENTITY, text.no_session.to_owned())),
    };
    match done {
        Ok(()) => see_other("/"),
        Err((status, problem)) => page(&hub, &who, &headers, status, Some(problem)),
    }
}

async fn start(doors: &Doors, id: SessionId, pin: &str, text: &Texts) -> Result<(), (StatusCode, String)> {
    if !is_pin(pin) {
        return Err((StatusCode::UNPROCESSABLE_ENTITY, text.bad_pin.to_owned()));
    }
    doors.set_kiosk(id, Some(pin)).await.map_err(|error| not_kept(&error))
}

fn is_pin(pin: &str) -> bool {
    DIGITS.contains(&pin.len()) && pin.bytes().all(|byte| byte.is_ascii_digit())
}

fn not_kept(error: &crate::web::WebError) -> (StatusCode, String) {
    tracing::error!("a kiosk could not be made or left: {error}");
    (StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
}

fn said(denied: Denied, headers: &HeaderMap, text: &Texts) -> (StatusCode, String) {
    match denied {
        Denied::Wrong => (StatusCode::FORBIDDEN, text.wrong.to_owned()),
        Denied::TooMany(too_many) => {
            let door = &Shell::new(headers, None, "/").text().door;
            let wait = too_many.retry_after.as_secs().to_string();
            (StatusCode::TOO_MANY_REQUESTS, fill(door.too_many, &[("wait", &wait)]))
        }
        Denied::Busy => {
            (StatusCode::SERVICE_UNAVAILABLE, Shell::new(headers, None, "/").text().door.busy.to_owned())
        }
    }
}

fn page(hub: &Hub, who: &Who, headers: &HeaderMap, status: StatusCode, problem: Option<String>) -> Response {
    let shell = Shell::of(headers, who, rights::KIOSK).with_hub(hub);
    let is_possible = matches!(who.via, Via::Session(_));
    html(status, &KioskPage { shell, is_possible, problem }).into_response()
}

/// The devices as a kiosk shows them: locked, unless its PIN was typed a moment ago.
pub fn locked(shell: &Shell, devices: Vec<DeviceView>) -> Vec<DeviceView> {
    if shell.kiosk.is_none_or(|kiosk| kiosk.is_open) {
        return devices;
    }
    let lock = |tiles: Vec<TileView>| tiles.into_iter().map(|tile| tile.locked(Lock::ReadOnly)).collect();
    let locked = |device: DeviceView| DeviceView { controls: lock(device.controls), ..device };
    devices.into_iter().map(locked).collect()
}

/// What the frame of a page says of the kiosk that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KioskView {
    /// Whether something can be switched.
    pub is_open: bool,
    /// For how many seconds more.
    pub seconds: u64,
}

impl KioskView {
    /// As it is now.
    pub fn new(kiosk: &Arc<rights::Kiosk>) -> Self {
        let left = kiosk.open_for(Instant::now());
        // The script looks again a little later than that.
        Self { is_open: left.is_some(), seconds: left.map_or(0, |left| left.as_secs() + 1) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_a_few_digits() {
        let check = |pin: &str, expect: bool| assert_eq!(is_pin(pin), expect, "{pin:?}");
        check("1234", true);
        check("123456789012", true);
        check("123", false);
        check("1234567890123", false);
        check("12a4", false);
        check("١٢٣٤", false);
        check("", false);
    }
}
