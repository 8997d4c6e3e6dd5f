//! The configuration file: composes the configuration of the rooms and reports all problems at once.
//!
//! A file becomes a [`Config`] through [`load`]; every room's struct brings its own defaults, and [`Loaded::settings`]
//! lists every setting as it takes effect. Whatever the file says and the hub does not understand is a problem: there
//! are no warnings and nothing is ignored, because an ignored key about security is an open door.

mod broker;
mod examine;
mod hub;
mod link;
mod log;
mod nearest;
mod problem;
mod sample;
mod search;
mod section;
mod sheet;
mod typed;
mod web;

use std::path::{Path, PathBuf};

pub use broker::BrokerConfig;
pub use examine::{examine, examine_links, warnings};
pub use hub::HubSection;
pub use link::{LinkConfig, LinkKind, MqttConfig, OWN_BROKER, Port, SerialConfig, SimulatorConfig, usb_port};
pub use log::{Level, LogConfig, LogFormat};
pub use nearest::nearest;
pub use problem::{Problem, Problems};
pub use sample::{SampleLink, SampleWay, sample};
pub use search::{FILE_NAME, find, places};
pub use sheet::Setting;
pub use web::WebConfig;

use section::Section;
use sheet::Sheet;

/// Everything the configuration file says.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// `[hub]`
    pub hub: HubSection,
    /// `[web]`
    pub web: WebConfig,
    /// `[broker]`; none without the section.
    pub broker: Option<BrokerConfig>,
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
    fn problem(&self, key: &str, found: String, hint: Option<String>) -> Problem {
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

/// Reads `file`, or says everything that is wrong with it.
pub fn load(file: &Path) -> Result<Loaded, Problems> {
    read(file, sheet::open(file)?)
}

/// Reads `text` as if it stood in `file`.
pub fn read(file: &Path, text: String) -> Result<Loaded, Problems> {
    let sheet = Sheet::new(file, text);
    let document = match toml_edit::Document::parse(sheet.text()) {
        Ok(document) => document,
        Err(error) => {
            let found = error.message().replace('\n', ", ");
            sheet.problem(error.span(), "", found, "TOML, https://toml.io".into(), None);
            return Err(sheet.close().err().unwrap_or(Problems(Vec::new())));
        }
    };
    let root = Section::root(&sheet, document.as_table());
    let config = Config {
        hub: hub::read(root.section("hub")),
        web: web::read(root.section("web")),
        broker: root.has("broker").then(|| broker::read(root.section("broker"))),
        links: link::read_all(root.sections("link")),
        log: log::read(root.section("log")),
    };
    root.finish();
    let settings = sheet.close()?;
    Ok(Loaded { file: file.to_owned(), config, settings })
}
