//! The dashboard: a tile for every property of every device, and the same tiles as a fragment for the script.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::arranged::Arranged;
use super::facts;
use super::html;
use super::kiosk;
use super::past::Past;
use super::shell::Shell;
use super::taught::Definitions;
use super::view::{LinkView, TileView};
use crate::hub::{Hub, Now, Snapshot};
use crate::talk::printable;
use crate::web::layout::Seen;
use crate::web::text::{Text, fill};

/// The whole page.
#[derive(Template)]
#[template(path = "dashboard.html")]
struct Dashboard {
    shell: Shell,
    arranged: Arranged,
    definitions: Definitions,
    /// Links that brought no device yet.
    links: Vec<LinkView>,
    flash: Option<Flash>,
    past: Past,
}

/// The devices alone, and how their definitions are.
#[derive(Template)]
#[template(path = "fragment.html")]
struct Fragment {
    shell: Shell,
    arranged: Arranged,
    definitions: Definitions,
    past: Past,
}

/// What became of the form that was just sent.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Flash {
    step: &'static str,
    words: String,
}

/// What the address of the page says about a form that was just sent. Only topics and steps that exist are repeated.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Said {
    /// The topic of the property.
    about: Option<String>,
    /// How its command ended.
    step: Option<String>,
}

/// `GET /`
pub fn page(hub: &Hub, shell: Shell, seen: &Seen, said: &Said, past: Past) -> Response {
    html(StatusCode::OK, &Dashboard::new(shell, &hub.snapshot(Now::now()), seen, said, past))
}

/// `GET /fragment/devices`: what the page would show now, without the page around it.
pub fn fragment(hub: &Hub, shell: Shell, seen: &Seen, past: Past) -> Response {
    let (text, snapshot) = (shell.text(), hub.snapshot(Now::now()));
    let arranged = Arranged::new(text, kiosk::locked(&shell, facts::devices(text, &snapshot)), seen);
    let definitions = Definitions::new(text, &snapshot);
    html(StatusCode::OK, &Fragment { shell, arranged, definitions, past })
}

impl Dashboard {
    fn new(shell: Shell, snapshot: &Snapshot, seen: &Seen, said: &Said, past: Past) -> Self {
        let text = shell.text();
        let arranged = Arranged::new(text, kiosk::locked(&shell, facts::devices(text, snapshot)), seen);
        let links = facts::lonely_links(text, snapshot, arranged.devices());
        let definitions = Definitions::new(text, snapshot);
        let flash = arranged
            .tiles()
            .flat_map(TileView::leaves)
            .filter(|tile| said.about.as_deref() == Some(&tile.topic))
            .find_map(|tile| flash(text, tile, said));
        Self { shell, arranged, definitions, links, flash, past }
    }
}

/// What is told on another page about a form that was just sent from there.
pub fn told(text: &Text, tile: &TileView, step: &str) -> Option<(&'static str, String)> {
    let said = Said { about: None, step: Some(step.to_owned()) };
    flash(text, tile, &said).map(|flash| (flash.step, flash.words))
}

fn flash(text: &Text, tile: &TileView, said: &Said) -> Option<Flash> {
    let name = format!("{}, {}", tile.name, tile.id);
    let failed = |step| {
        let words = fill(text.live.say_failed, &[("name", &name), ("reason", &tile.note.sentence())]);
        Some(Flash { step, words })
    };
    match said.step.as_deref()? {
        "confirmed" => {
            let value = tile.words().unwrap_or_default();
            let words = fill(text.live.say_confirmed, &[("name", &name), ("value", &value)]);
            Some(Flash { step: "confirmed", words: printable(&words) })
        }
        // The tile itself knows the reason, and whether that still is the last word.
        "refused" if tile.step == "refused" => failed("refused"),
        "unanswered" if tile.step == "unanswered" => failed("unanswered"),
        "pending" if tile.step == "pending" => failed("pending"),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
