//! `[log]`: how loud the hub is and in which form.

use toml_edit::Value;

use crate::sheet::Section;
use crate::sheet::nearest;
use crate::sheet::{Typed, quoted};

/// How the hub logs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogConfig {
    /// The form of a line.
    pub format: LogFormat,
    /// What is logged.
    pub level: Level,
}

/// The form of a log line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// `journal` under systemd, otherwise `text`.
    #[default]
    Auto,
    /// For a person: time, level, message; coloured on a terminal.
    Text,
    /// For journald: priority prefix, no time.
    Journal,
    /// One JSON object per line.
    Json,
}

/// How loud: one level for all, then exceptions for single rooms, such as `info,link=debug`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Level(String);

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
const ROOMS: [&str; 11] =
    ["talk", "device", "hub", "link", "broker", "history", "disk", "web", "config", "app", "cli"];

impl Level {
    /// Reads `LEVEL` or `LEVEL,ROOM=LEVEL,…`; the error says what was not understood.
    pub fn parse(text: &str) -> Result<Self, String> {
        for part in text.split(',') {
            let (room, level) = match part.trim().split_once('=') {
                Some((room, level)) => (Some(room), level),
                None => (None, part.trim()),
            };
            check(level, &LEVELS, "level")?;
            if let Some(room) = room {
                check(room, &ROOMS, "room")?;
            }
        }
        Ok(Self(text.to_owned()))
    }

    /// The parts: the room (or none for all) and its level.
    pub fn parts(&self) -> impl Iterator<Item = (Option<&str>, &str)> {
        self.0.split(',').map(|part| match part.trim().split_once('=') {
            Some((room, level)) => (Some(room), level),
            None => (None, part.trim()),
        })
    }
}

fn check(word: &str, words: &[&'static str], what: &str) -> Result<(), String> {
    if words.contains(&word) {
        return Ok(());
    }
    let hint = nearest(word, words.iter().copied()).map_or_else(
        || format!("a {what} is one of {}", words.join(", ")),
        |near| format!("did you mean {near:?}?"),
    );
    Err(format!("{word:?} is no {what}; {hint}"))
}

impl Default for Level {
    fn default() -> Self {
        Self("info".into())
    }
}

impl std::str::FromStr for Level {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::parse(text)
    }
}

impl Typed for Level {
    const ALLOWED: &'static str =
        r#""off", "error", "warn", "info", "debug" or "trace", also per room: "info,link=debug""#;

    fn read(value: &Value) -> Result<Self, Option<String>> {
        Self::parse(value.as_str().ok_or(None)?).map_err(Some)
    }

    fn show(&self) -> String {
        quoted(&self.0)
    }
}

pub(super) fn read(section: Section<'_>) -> LogConfig {
    let default = LogConfig::default();
    let words = [
        ("auto", LogFormat::Auto),
        ("text", LogFormat::Text),
        ("journal", LogFormat::Journal),
        ("json", LogFormat::Json),
    ];
    let log = LogConfig {
        format: section.choice("format", &words, Some(default.format)).unwrap_or_default(),
        level: section.or("level", default.level),
    };
    section.finish();
    log
}
