//! `[[link]]` of kind `wired`: a serial line, and which definitions know who is on it.

use std::time::Duration;

use toml_edit::Value;

use super::{Port, Taken, port};
use crate::device::profile::serial::Settings;
use crate::link::wired::{self, Speaks, Timing};
use crate::sheet::{Section, Typed, quoted};

/// Wired devices as the file describes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WiredConfig {
    /// Which port.
    pub port: Port,
    /// Who is on the line.
    pub speaks: Vec<Speaks>,
    /// Bits per second; none takes it from the definition.
    pub baud: Option<u32>,
    /// What a character is made of; none takes it from the definition.
    pub settings: Option<Settings>,
    /// How long an answer is waited for.
    pub answer: Duration,
}

impl WiredConfig {
    /// The link itself.
    pub fn link(&self) -> wired::Config {
        let base = wired::Config::new(self.port.clone(), self.speaks.clone());
        let timing = Timing { answer: self.answer, ..base.timing };
        wired::Config { baud: self.baud, settings: self.settings, timing, ..base }
    }
}

pub(super) fn read(section: &Section<'_>, taken: &mut Taken) -> Option<WiredConfig> {
    let port = port(section, taken);
    let speaks = section.list::<Speaks>("speaks");
    let baud = section.maybe::<Baud>("baud").map(|baud| baud.0);
    let settings = section.maybe::<Settings>("settings");
    let answer = section.duration("answer", ANSWERS, Timing::default().answer);
    Some(WiredConfig { port: port?, speaks: speaks?, baud, settings, answer })
}

/// How long an answer may be waited for.
const ANSWERS: std::ops::RangeInclusive<Duration> = Duration::from_millis(10)..=Duration::from_secs(10);

impl Typed for Speaks {
    const ALLOWED: &'static str = r#"a list of definitions, such as ["victron/mppt"], for units of Modbus with their numbers, ["1 eastron/sdm230"]"#;

    fn read(value: &Value) -> Result<Self, Option<String>> {
        Self::parse(value.as_str().ok_or(None)?)
    }

    fn show(&self) -> String {
        let unit = self.unit.map(|unit| format!("{unit} ")).unwrap_or_default();
        quoted(&format!("{unit}{}", self.definition))
    }
}

/// Bits per second.
struct Baud(u32);

impl Typed for Baud {
    const ALLOWED: &'static str = "a whole number from 300 to 4000000";

    fn read(value: &Value) -> Result<Self, Option<String>> {
        let baud = value.as_integer().and_then(|baud| u32::try_from(baud).ok());
        baud.filter(|baud| (300..=4_000_000).contains(baud)).map(Self).ok_or(None)
    }

    fn show(&self) -> String {
        self.0.to_string()
    }
}
