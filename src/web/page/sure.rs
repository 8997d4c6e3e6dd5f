//! A locked control that was pressed without script: asked once more, on a page of its own.
//!
//! A lock keeps a finger from slipping and is no right: it asks people in browsers. Programs command as before.

use std::sync::Arc;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::arranged::call;
use super::control::{Press, set};
use super::shell::Shell;
use super::view::{TileView, word_shown};
use super::{facts, html, problem};
use crate::hub::{By, Hub, Now};
use crate::web::auth::{Via, Who};
use crate::web::layout::{Layout, tile_name};
use crate::web::text::fill;

/// A form as it was sent.
pub type Fields = Vec<(String, String)>;

/// The question.
#[derive(Template)]
#[template(path = "arrange/sure.html")]
struct Sure {
    shell: Shell,
    title: String,
    yes: String,
    fields: Fields,
}

/// `POST /set`: commands, or asks first.
pub async fn press(
    hub: &Hub,
    layout: &Arc<Layout>,
    shell: Shell,
    (who, by): (Who, By),
    fields: Fields,
) -> Response {
    if matches!(who.via, Via::Session(_)) && is_locked(layout, &fields) {
        return ask(hub, layout, shell, fields);
    }
    let text = |(name, value): (String, String)| (name, serde_json::Value::from(value));
    match Press::deserialize(serde_json::Value::Object(fields.into_iter().map(text).collect())) {
        Ok(press) => set(hub, shell, &who.rights, by, &press).await,
        Err(error) => problem::page(shell, StatusCode::UNPROCESSABLE_ENTITY, &error.to_string()),
    }
}

fn field<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str()).unwrap_or_default()
}

fn is_locked(layout: &Layout, fields: &Fields) -> bool {
    let topic = field(fields, "topic");
    // A cover is one tile, whose parts have keys of their own.
    let locks = |key: &str| layout.locks(&tile_name(topic, key));
    field(fields, "sure") != "yes" && (locks(field(fields, "key")) || locks(""))
}

fn ask(hub: &Hub, layout: &Layout, shell: Shell, fields: Fields) -> Response {
    let text = shell.text();
    let mut devices = facts::devices(text, &hub.snapshot(Now::now()));
    call(layout, &mut devices);
    let (topic, key) = (field(&fields, "topic"), field(&fields, "key"));
    let mut tiles = devices.iter().flat_map(|device| &device.controls).flat_map(TileView::leaves);
    let tile = tiles.find(|tile| tile.topic == topic && tile.key == key);
    let name = tile.map_or(topic, |tile| &tile.name);
    let value = match field(&fields, "value") {
        "true" if tile.is_some_and(|tile| tile.kind == "button") => text.live.press.to_owned(),
        "true" => text.live.on.to_owned(),
        "false" => text.live.off.to_owned(),
        word => word_shown(&text.live, word),
    };
    let title = fill(text.arrange.sure_title, &[("name", name)]);
    let yes = fill(text.arrange.sure_yes, &[("value", &value)]);
    html(StatusCode::OK, &Sure { shell, title, yes, fields })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_locked_tile_asks_and_only_once() {
        let layout = Layout { locked: vec!["a/relay/0#state".into(), "a/lamp".into()], ..Layout::default() };
        let check = |fields: &[(&str, &str)], expect: bool| {
            let all = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            assert_eq!(is_locked(&layout, &all), expect, "{fields:?}");
        };
        check(&[("topic", "a/relay/0"), ("key", "state"), ("value", "true")], true);
        check(&[("topic", "a/relay/0"), ("key", "state"), ("sure", "yes")], false);
        check(&[("topic", "a/relay/1"), ("key", "state")], false);
        check(&[("topic", "a/lamp"), ("key", "")], true);
        check(&[], false);
    }
}
