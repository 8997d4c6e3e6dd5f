//! What a tile shows of the last hours, and the way to its history.

use std::sync::Arc;

use super::view::TileView;
use crate::history::name::Name;
use crate::web::address::encoded;
use crate::web::history::sparks::{Lately, Spark, Sparks};
use crate::web::text::{Text, fill};

/// What tiles know of the last hours.
#[derive(Clone, Debug, Default)]
pub struct Past {
    lately: Arc<Lately>,
    is_on: bool,
}

impl Past {
    /// As it is now.
    pub async fn now(sparks: &Sparks) -> Self {
        Self { lately: sparks.fresh().await, is_on: sparks.is_on() }
    }

    /// Whether a tile has room for it: it is a number that is only read.
    pub fn is_shown(&self, tile: &TileView) -> bool {
        self.is_on && matches!(tile.kind, "gauge" | "number" | "total" | "count")
    }

    /// The small picture of a tile.
    pub fn of(&self, tile: &TileView) -> Option<&Spark> {
        self.lately.of(&name(tile))
    }

    /// The address of a tile's history.
    pub fn address(&self, tile: &TileView) -> String {
        format!("/history?series={}", encoded(&name(tile).to_string()))
    }

    /// What the way there is called.
    pub fn label(&self, text: &Text, tile: &TileView) -> String {
        fill(text.history.of, &[("name", &format!("{}, {}", tile.name, tile.id))])
    }
}

fn name(tile: &TileView) -> Name {
    Name { topic: tile.topic.as_str().into(), quantity: tile.key.as_str().into() }
}
