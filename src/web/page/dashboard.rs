//! The dashboard: a tile for every property of every device.

use askama::Template;

use super::shell::Shell;
use super::view::{DeviceView, LinkView, Widget};

/// The whole page.
#[derive(Template)]
#[template(path = "dashboard.html")]
pub struct Dashboard {
    /// Its surroundings.
    pub shell: Shell,
    /// Devices in order.
    pub devices: Vec<DeviceView>,
    /// Links in trouble that have no device yet.
    pub links: Vec<LinkView>,
    /// What became of the form that was just sent.
    pub flash: Option<Flash>,
}

/// The outcome of a form.
#[derive(Clone, Debug)]
pub struct Flash {
    /// `confirmed`, `refused` or `unanswered`.
    pub step: &'static str,
    /// In words.
    pub words: String,
}
