//! The configuration file: composes the configuration of the rooms and reports all problems at once.
//!
//! A file becomes a [`Config`] through [`load`]; every room's struct brings its own defaults, and [`Loaded::settings`]
//! lists every setting as it takes effect. Whatever the file says and the hub does not understand is a problem: there
//! are no warnings and nothing is ignored, because an ignored key about security is an open door.

mod broker;
mod discovery;
mod events;
mod examine;
mod history;
mod hub;
mod link;
mod log;
mod mdns;
mod offer;
mod sample;
mod search;
mod web;

use std::path::{Path, PathBuf};

pub use crate::sheet::{Problem, Problems, Setting};
pub use broker::BrokerConfig;
pub use discovery::DiscoveryConfig;
pub use examine::{examine, examine_links, warnings};
pub use history::HistoryConfig;
pub use hub::HubSection;
pub use link::{
    LinkConfig, LinkKind, MqttConfig, OWN_BROKER, Port, SerialConfig, SimulatorConfig, Speaks, TowerConfig,
    WiredConfig,
};
pub use log::{Level, LogConfig, LogFormat};
pub use mdns::MdnsConfig;
pub use sample::{SampleLink, SampleWay, sample};
pub use search::{FILE_NAME, find, places};
pub use web::WebConfig;

use crate::events::Settings as Events;
use crate::sheet::{self, Advice, Section, Sheet};

/// Everything the configuration file says.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// `[hub]`
    pub hub: HubSection,
    /// `[web]`
    pub web: WebConfig,
    /// `[mdns]`
    pub mdns: MdnsConfig,
    /// `[broker]`; none without the section.
    pub broker: Option<BrokerConfig>,
    /// `[discovery]`
    pub discovery: DiscoveryConfig,
    /// `[history]`
    pub history: HistoryConfig,
    /// `[events]`
    pub events: Events,
    /// `[[link]]`, each with a name and a base of its own.
    pub links: Vec<LinkConfig>,
    /// `[log]`
    pub log: LogConfig,
}

/// A configuration and where it came from.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The file.
    pub file: PathBuf,
    /// What it says.
    pub config: Config,
    /// Every setting as it takes effect, in the order of the sections.
    pub settings: Vec<Setting>,
}

impl Loaded {
    /// A problem with the value of `key`, at its place in the file, or at none if the file does not mention it.
    pub fn problem(&self, key: &str, found: String, hint: Option<String>) -> Problem {
        let place = self.settings.iter().find(|setting| setting.key == key).and_then(|setting| setting.place);
        let (line, column) = place.unwrap_or_default();
        Problem {
            file: self.file.clone(),
            line,
            column,
            key: key.into(),
            found,
            allowed: String::new(),
            hint,
        }
    }
}

/// What is said of a configuration that cannot be read.
const ADVICE: Advice = Advice {
    missing: "write one with `clown-hub init`, or name another with --config FILE",
    denied: "let the user who runs the hub read it, e.g. chmod 640 and chgrp",
    other: "name another file with --config FILE",
    // 1,000 links need about 100 kB.
    most: 4 << 20,
    too_long: "a configuration has at most 4 MiB",
};

/// Reads `file`, or says everything that is wrong with it.
pub fn load(file: &Path) -> Result<Loaded, Problems> {
    read(file, sheet::open(file, &ADVICE)?)
}

/// Reads `text` as if it stood in `file`.
pub fn read(file: &Path, text: String) -> Result<Loaded, Problems> {
    let sheet = Sheet::with_settings(file, text);
    let document = sheet.parse()?;
    let root = Section::root(&sheet, document.as_table());
    let config = Config {
        hub: hub::read(root.section("hub")),
        web: web::read(root.section("web")),
        mdns: mdns::read(root.section("mdns")),
        broker: root.has("broker").then(|| broker::read(root.section("broker"))),
        discovery: discovery::read(root.section("discovery")),
        history: history::read(root.section("history")),
        events: events::read(root.section("events")),
        links: link::read_all(root.sections("link")),
        log: log::read(root.section("log")),
    };
    root.finish();
    let settings = sheet.close()?;
    Ok(Loaded { file: file.to_owned(), config, settings })
}
