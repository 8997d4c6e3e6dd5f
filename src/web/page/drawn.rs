//! Parts of pages that many pages show: a tile, a device with its tiles.
//!
//! Each is a template of its own, asked for by [`Shell`]. Were they included, the compiler would make them anew for every
//! place that includes them, and half of the pages' code in the binary were copies of tiles.

use askama::Template;
use askama::filters::HtmlSafe;

use super::instrument::Widget;
use super::past::Past;
use super::shell::Shell;
use super::view::{DeviceView, TileView};
use crate::web::text::Text;

/// A device with its tiles.
#[derive(Template)]
#[template(path = "device.html")]
pub struct DrawnDevice<'a> {
    device: &'a DeviceView,
    shell: &'a Shell,
    past: &'a Past,
    t: &'static Text,
}

/// A tile, or tiles that belong together.
#[derive(Template)]
#[template(path = "widget/tile.html")]
pub struct DrawnTile<'a> {
    tile: &'a TileView,
    shell: &'a Shell,
    past: &'a Past,
}

/// A tile that is no group.
#[derive(Template)]
#[template(path = "widget/single.html")]
pub struct DrawnSingle<'a> {
    tile: &'a TileView,
    shell: &'a Shell,
    past: &'a Past,
    t: &'static Text,
}

// What they put out is escaped already.
impl HtmlSafe for DrawnDevice<'_> {}
impl HtmlSafe for DrawnTile<'_> {}
impl HtmlSafe for DrawnSingle<'_> {}

impl Shell {
    /// A device, drawn.
    pub fn device<'a>(&'a self, device: &'a DeviceView, past: &'a Past) -> DrawnDevice<'a> {
        DrawnDevice { device, shell: self, past, t: self.text() }
    }

    /// A tile, drawn.
    pub fn tile<'a>(&'a self, tile: &'a TileView, past: &'a Past) -> DrawnTile<'a> {
        DrawnTile { tile, shell: self, past }
    }

    /// A tile of a group, drawn.
    pub fn single<'a>(&'a self, tile: &'a TileView, past: &'a Past) -> DrawnSingle<'a> {
        DrawnSingle { tile, shell: self, past, t: self.text() }
    }
}
