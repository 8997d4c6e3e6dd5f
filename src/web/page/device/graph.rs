//! The last day of what a device measures first, drawn as on the HISTORY page.

use crate::history::name::Name;
use crate::history::{History, moment};
use crate::web::address::encoded;
use crate::web::history::chart::{Wanted, read};
use crate::web::page::history::drawing::{Drawing, drawings};
use crate::web::page::view::{DeviceView, TileView};
use crate::web::text::Lang;

/// The time that is drawn.
const SPAN: i64 = 24 * 3_600_000;
/// Quantities in it.
const MOST: usize = 2;
/// Points of a line.
const POINTS: u32 = 360;

/// A graph, and the way to all of it.
pub struct Graph {
    /// What is drawn.
    pub drawings: Vec<Drawing>,
    /// The names of the lines with the numbers of their inks.
    pub names: Vec<(String, String)>,
    /// The address of the same with everything that can be done with it.
    pub address: String,
}

/// The graph of a device; nothing if nothing of it is recorded.
pub async fn graph(lang: Lang, history: Option<History>, device: &DeviceView) -> Option<Graph> {
    let history = history?;
    let is_number = |tile: &&TileView| matches!(tile.kind, "gauge" | "number");
    let tiles = device.readings.iter().flat_map(TileView::leaves);
    let tiles: Vec<&TileView> = tiles.filter(is_number).take(MOST).collect();
    let name =
        |tile: &&TileView| Name { topic: tile.topic.as_str().into(), quantity: tile.key.as_str().into() };
    let names: Vec<Name> = tiles.iter().map(name).collect();
    if names.is_empty() {
        return None;
    }
    let now = moment::now();
    let wanted = Wanted { names: names.clone(), range: now - SPAN..now, points: POINTS };
    let range = wanted.range.clone();
    // A memory card may take its time.
    let found = tokio::task::spawn_blocking(move || read(&history, &wanted)).await;
    let lines: Vec<_> = match found {
        Ok(Ok((lines, _))) => lines.into_iter().filter_map(Result::ok).collect(),
        Ok(Err(error)) => {
            tracing::debug!("no graph: {error}");
            return None;
        }
        Err(error) => {
            tracing::error!("a graph could not be read: {error}");
            return None;
        }
    };
    if lines.iter().all(|line| line.places.len() < 2) {
        return None;
    }
    let called = lines.iter().enumerate().map(|(ink, line)| {
        let tile = tiles.iter().zip(&names).find(|(_, name)| **name == line.name);
        (ink.to_string(), tile.map_or_else(String::new, |(tile, _)| tile.name.clone()))
    });
    let series: String = names.iter().map(|name| format!("series={}&", encoded(&name.to_string()))).collect();
    Some(Graph {
        names: called.collect(),
        address: format!("/history?{series}from=-1d&to=now"),
        drawings: drawings(lang, &lines, &range),
    })
}
