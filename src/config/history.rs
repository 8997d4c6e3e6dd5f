//! `[history]`: whether values are recorded, how often, how long they are kept, and what is different for some topics.

use std::time::Duration;

use toml_edit::Value;

use crate::history::settings::{Rule, Settings};
use crate::sheet::{MIB, Section, Typed, quoted};
use crate::talk::TopicFilter;

/// Whether and how values are recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryConfig {
    /// Whether they are.
    pub record: bool,
    /// How.
    pub settings: Settings,
}

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
/// A hundred years.
const LONGEST: Duration = Duration::from_secs(36_525 * 24 * 3600);

impl Default for HistoryConfig {
    fn default() -> Self {
        Self { record: true, settings: Settings::default() }
    }
}

pub(super) fn read(section: Section<'_>) -> HistoryConfig {
    let default = Settings::default();
    let record = section.or("record", true);
    let settings = Settings {
        flush: section.duration("flush", SECOND..=HOUR, default.flush),
        every: section.duration("every", Duration::ZERO..=DAY, default.every),
        samples: section.duration("samples", HOUR..=LONGEST, default.samples),
        hours: section.duration("hours", DAY..=LONGEST, default.hours),
        days: section.duration("days", DAY..=LONGEST, default.days),
        size: section.size("size", 8 * MIB..=1024 * 1024 * MIB, default.size),
        series: section.number("series", 1..=100_000, default.series),
        rules: section.sections("topic").into_iter().map(rule).collect(),
    };
    section.finish();
    HistoryConfig { record, settings }
}

fn rule(section: Section<'_>) -> Rule {
    let topics = section.list::<TopicFilter>("topics");
    if topics.is_none() && !section.has("topics") {
        let allowed = "a list of topics, + for one level and # for all below".to_owned();
        section.fault("topics", "is missing".to_owned(), allowed, None);
    }
    let default = Settings::default();
    let every = section.has("every").then(|| section.duration("every", Duration::ZERO..=DAY, default.every));
    let samples =
        section.has("samples").then(|| section.duration("samples", HOUR..=LONGEST, default.samples));
    let rule =
        Rule { topics: topics.unwrap_or_default(), record: section.or("record", true), every, samples };
    section.finish();
    rule
}

impl Typed for TopicFilter {
    const ALLOWED: &'static str = r##"a topic such as "nodes/+/relay/#": + for one level, # for all below"##;

    fn read(value: &Value) -> Result<Self, Option<String>> {
        let text = value.as_str().ok_or(None)?;
        Self::new(text).map_err(|error| Some(error.to_string()))
    }

    fn show(&self) -> String {
        quoted(self.as_str())
    }
}
