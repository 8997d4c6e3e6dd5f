//! `[[link]]`: every way into the world, with a name and a base topic of its own.

mod mqtt;
mod port;
mod tower;
mod wired;

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use toml_edit::Value;

use crate::link;
pub use crate::link::line::PortName as Port;
use crate::link::mqtt::HubName;
use crate::link::mqtt::flow::routes::Route;
pub use crate::link::simulator::Config as SimulatorConfig;
use crate::link::simulator::Faults;
pub use crate::link::wired::Speaks;
use crate::sheet::Section;
use crate::sheet::{Typed, quoted};
use crate::talk::Topic;
pub use mqtt::MqttConfig;
pub(super) use port::show_port;
use port::{is_line, port};
pub use tower::TowerConfig;
pub use wired::WiredConfig;

/// One link.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkConfig {
    /// Unique; shown on pages and in `$hub/link/<name>`.
    pub name: String,
    /// Put in front of every topic the link brings; none for a link that carries many devices.
    pub base: Option<Topic>,
    /// What it is.
    pub kind: LinkKind,
}

/// The kinds of links and what each needs.
#[derive(Clone, Debug, PartialEq)]
pub enum LinkKind {
    /// A serial port.
    Serial(SerialConfig),
    /// Devices that exist only here.
    Simulator(SimulatorConfig),
    /// A radio dongle.
    Tower(TowerConfig),
    /// Devices on a serial line that definitions know.
    Wired(WiredConfig),
    /// A broker.
    Mqtt(MqttConfig),
}

/// A serial port and how it is spoken to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SerialConfig {
    /// Which port.
    pub port: Port,
    /// Bits per second.
    pub baud: u32,
}

impl LinkConfig {
    /// Whether it is still a way to where `other` leads: what was left there stays in use.
    pub fn leads_where(&self, other: &Self) -> bool {
        match (&self.kind, &other.kind) {
            (LinkKind::Mqtt(own), LinkKind::Mqtt(other)) => own.url == other.url,
            (LinkKind::Serial(_), LinkKind::Serial(_)) => true,
            (LinkKind::Tower(_), LinkKind::Tower(_)) => true,
            (LinkKind::Wired(_), LinkKind::Wired(_)) => true,
            (LinkKind::Simulator(_), LinkKind::Simulator(_)) => true,
            _ => false,
        }
    }

    /// The address of the broker that it goes to, if it goes to one.
    pub fn broker(&self) -> Option<String> {
        match &self.kind {
            LinkKind::Mqtt(config) => Some(config.url.to_string()),
            LinkKind::Serial(_) | LinkKind::Tower(_) | LinkKind::Wired(_) | LinkKind::Simulator(_) => None,
        }
    }

    /// What goes which way between its broker and the hub; nothing if it goes to none.
    pub fn topics(&self) -> &[Route] {
        match &self.kind {
            LinkKind::Mqtt(config) => &config.topics,
            LinkKind::Serial(_) | LinkKind::Simulator(_) | LinkKind::Tower(_) | LinkKind::Wired(_) => &[],
        }
    }

    /// The link itself, ready to run in a hub with this name and data folder.
    pub fn link(&self, hub: &HubName, data: &Path) -> link::Kind {
        match &self.kind {
            LinkKind::Mqtt(config) => link::Kind::Mqtt(Box::new(config.link(&self.name, hub, data))),
            LinkKind::Serial(SerialConfig { port, baud }) => link::Kind::Serial(link::serial::Config {
                baud: *baud,
                ..link::serial::Config::new(port.clone())
            }),
            LinkKind::Tower(config) => link::Kind::Tower(config.link()),
            LinkKind::Wired(config) => link::Kind::Wired(config.link()),
            LinkKind::Simulator(config) => link::Kind::Simulator(config.clone()),
        }
    }
}

/// The name of the hub's own link to its own broker.
pub const OWN_BROKER: &str = "own-broker";

impl LinkConfig {
    /// The hub's own link to its own broker, which listens at `socket`; `offers` if devices are offered to Home Assistant.
    pub fn to_own_broker(socket: &Path, topics: Vec<Route>, offers: bool) -> Self {
        let kind = LinkKind::Mqtt(MqttConfig::through(socket, topics, offers));
        Self { name: OWN_BROKER.to_owned(), base: None, kind }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Serial,
    Tower,
    Wired,
    Simulator,
    Mqtt,
}

const KINDS: [(&str, Kind); 5] = [
    ("serial", Kind::Serial),
    ("tower", Kind::Tower),
    ("wired", Kind::Wired),
    ("simulator", Kind::Simulator),
    ("mqtt", Kind::Mqtt),
];

pub(super) fn read_all(sections: Vec<Section<'_>>) -> Vec<LinkConfig> {
    let mut taken = Taken::default();
    let mut serial_links = 0;
    sections.into_iter().filter_map(|section| read(section, &mut serial_links, &mut taken)).collect()
}

fn read(section: Section<'_>, serial_links: &mut usize, taken: &mut Taken) -> Option<LinkConfig> {
    let name = section.must::<Name>("name").map(|name| name.0);
    // Without a kind nobody can say which of the other keys are right.
    let kind = section.choice("kind", &KINDS, None)?;
    if let Some(name) = &name {
        taken.claim(&section, "name", name.clone());
        if name == OWN_BROKER {
            let found = format!("{} is the hub's own link to its own broker", quoted(name));
            section.fault("name", found, "another name".into(), None);
        }
    }
    let base = match kind {
        Kind::Tower | Kind::Wired | Kind::Mqtt => None,
        Kind::Simulator => Some(base(&section, "nodes/bridge/simulator", taken)),
        Kind::Serial => {
            *serial_links += 1;
            Some(base(&section, &format!("nodes/bridge/{}", *serial_links - 1), taken))
        }
    };
    let kind = match kind {
        Kind::Serial => serial(&section, taken).map(LinkKind::Serial),
        Kind::Tower => tower::read(&section, taken).map(LinkKind::Tower),
        Kind::Wired => wired::read(&section, taken).map(LinkKind::Wired),
        Kind::Simulator => Some(LinkKind::Simulator(simulator(&section))),
        Kind::Mqtt => mqtt::read(&section).map(|config| {
            config.bases.iter().for_each(|base| taken.expect(&section, base.as_str()));
            if config.discovery.offers {
                taken.offer(&section, config.url.to_string());
            }
            LinkKind::Mqtt(config)
        }),
    };
    section.finish();
    Some(LinkConfig { name: name?, base, kind: kind? })
}

fn base(section: &Section<'_>, default: &str, taken: &mut Taken) -> Topic {
    let default = Topic::new(default).expect("a base made of words and a number is a topic");
    let base = section.or("base", default);
    if taken.0.contains_key(&("bases", base.to_string())) {
        let found = format!("{} is named in `bases` of an earlier link", quoted(base.as_str()));
        section.fault("base", found, ELSEWHERE.into(), None);
    }
    taken.claim(section, "base", base.to_string());
    base
}

/// What earlier links have claimed: two links must never share a name, a base or a port.
#[derive(Default)]
struct Taken(HashMap<(&'static str, String), usize>);

const ELSEWHERE: &str = "a device that no other link brings";

impl Taken {
    /// A device is to come through a broker; two brokers may bring the same one, a broker and a line may not.
    fn expect(&mut self, section: &Section<'_>, base: &str) {
        if self.0.contains_key(&("base", base.to_owned())) {
            let found = format!("{} is the base of an earlier link", quoted(base));
            section.fault("bases", found, ELSEWHERE.into(), None);
        }
        let number = self.0.len();
        self.0.insert(("bases", base.to_owned()), number);
    }

    /// Devices are offered at a broker; two links that do so would take each other's offers out.
    fn offer(&mut self, section: &Section<'_>, broker: String) {
        let number = self.0.len();
        let found = format!("an earlier link offers devices at {broker}, too");
        if self.0.insert(("offer", broker), number).is_some() {
            section.fault("offer", found, "one link of each broker".into(), None);
        }
    }

    fn claim(&mut self, section: &Section<'_>, key: &'static str, value: String) {
        let number = self.0.len();
        let found = format!("{} is taken by an earlier link", quoted(&value));
        if self.0.insert((key, value), number).is_some() {
            let hint = (key == "base").then(|| "give this link another base".to_owned());
            section.fault(key, found, format!("a {key} that no other link has"), hint);
        }
    }
}

fn serial(section: &Section<'_>, taken: &mut Taken) -> Option<SerialConfig> {
    let port = port(section, taken).filter(|port| is_line(section, port));
    let baud = section.number("baud", 300..=4_000_000, 115_200);
    Some(SerialConfig { port: port?, baud })
}

fn simulator(section: &Section<'_>) -> SimulatorConfig {
    let limits = Duration::from_millis(1)..=Duration::from_secs(3600);
    let delays = Duration::ZERO..=Duration::from_secs(3600);
    let default = SimulatorConfig::default();
    SimulatorConfig {
        interval: section.duration("interval", limits, default.interval),
        seed: section.number("seed", 0..=i64::MAX as u64, default.seed),
        faults: Faults {
            silence: section.or("silence", default.faults.silence),
            garbage: section.or("garbage", Share(default.faults.garbage)).0,
            refuse: section.maybe("refuse"),
            delay: section.duration("delay", delays, default.faults.delay),
            loss: section.or("loss", Share(default.faults.loss)).0,
        },
    }
}

/// A part of a whole.
struct Share(f64);

impl Typed for Share {
    const ALLOWED: &'static str = "a share from 0 to 1, such as 0.1";

    fn read(value: &Value) -> Result<Self, Option<String>> {
        let number = value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64)).ok_or(None)?;
        if (0.0..=1.0).contains(&number) { Ok(Self(number)) } else { Err(None) }
    }

    fn show(&self) -> String {
        self.0.to_string()
    }
}

/// A link's name: it is a level of `$hub/link/<name>`.
struct Name(String);

impl Typed for Name {
    const ALLOWED: &'static str = "1 to 32 letters, digits, `-` and `_` in quotes";

    fn read(value: &Value) -> Result<Self, Option<String>> {
        let text = value.as_str().ok_or(None)?;
        let good = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
        if text.is_empty() || text.chars().count() > 32 || !text.chars().all(good) {
            return Err(None);
        }
        Ok(Self(text.to_owned()))
    }

    fn show(&self) -> String {
        quoted(&self.0)
    }
}

impl Typed for Topic {
    const ALLOWED: &'static str =
        r#"a topic in quotes, levels divided by `/`, without `+`, `#` and `$`, such as "nodes/bridge/0""#;

    fn read(value: &Value) -> Result<Self, Option<String>> {
        let text = value.as_str().ok_or(None)?;
        let topic = Topic::new(text).map_err(|error| Some(error.to_string()))?;
        if topic.has_empty_level() {
            return Err(Some("no level may be empty: no `/` in front, behind or twice".into()));
        }
        if text.starts_with('$') || text.contains(char::is_whitespace) {
            return Err(None);
        }
        Ok(topic)
    }

    fn show(&self) -> String {
        quoted(self.as_str())
    }
}
