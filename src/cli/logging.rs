//! Logs: readable on a terminal, with priorities under systemd, JSON on request; always on standard error.
//!
//! Every line passes through [`Line`], so control characters are escaped and passwords in addresses are masked in one
//! place, whoever logs.

use std::fmt::{self, Write};
use std::io::{self, IsTerminal};
use std::time::SystemTime;

use clap::Args;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

use super::mask::mask;
use super::print::{self, Paint, Style};
use crate::config::{self, LogConfig, LogFormat};
use crate::hub::iso;

/// Options about logs; they win over the configuration file.
#[derive(Args, Clone, Debug)]
pub struct LoggingArgs {
    /// Form of the log on standard error: auto, text, journal or json.
    #[arg(
        long,
        global = true,
        value_enum,
        hide_possible_values = true,
        value_name = "FORM",
        help_heading = "Output"
    )]
    log: Option<LogFormat>,
    /// What is logged: off, error, warn, info, debug or trace, also per room: info,link=debug.
    #[arg(long, global = true, value_name = "LEVEL", help_heading = "Output", env = "CLOWN_HUB_LOG")]
    log_level: Option<config::Level>,
}

/// Starts logging as the options say, otherwise as `config` says.
pub fn start(args: &LoggingArgs, config: &LogConfig) {
    let form = match args.log.unwrap_or(config.format) {
        LogFormat::Auto if is_journal() => Form::Journal,
        LogFormat::Auto | LogFormat::Text => Form::Text,
        LogFormat::Journal => Form::Journal,
        LogFormat::Json => Form::Json,
    };
    let line = Line { form, terminal: io::stderr().is_terminal() };
    let level = args.log_level.as_ref().unwrap_or(&config.level);
    let layer = tracing_subscriber::fmt::layer().event_format(line).with_writer(io::stderr);
    // A second start (tests that run in one process) keeps the first log.
    let _ = tracing_subscriber::registry().with(layer).with(targets(level)).try_init();
}

/// Whether standard error is connected to the journal of systemd.
fn is_journal() -> bool {
    std::env::var_os("JOURNAL_STREAM").is_some_and(|stream| !stream.is_empty()) && !io::stderr().is_terminal()
}

/// Where the broker's library logs.
const BROKER_LIBRARY: &str = "mqtt5";

fn targets(level: &config::Level) -> Targets {
    let mut targets = Targets::new();
    for (room, level) in level.parts() {
        // The words were checked when the level was read.
        let level: LevelFilter = level.parse().unwrap_or(LevelFilter::INFO);
        targets = match room {
            // Who asks for more of the broker wants to hear its library, too.
            Some("broker") => {
                targets.with_target("clown_hub::broker", level).with_target(BROKER_LIBRARY, level)
            }
            Some(room) => targets.with_target(format!("clown_hub::{room}"), level),
            // Libraries are heard when they warn, never their chatter. The broker's warns of whatever a client does.
            None => targets
                .with_default(level.min(LevelFilter::WARN))
                .with_target("clown_hub", level)
                .with_target(BROKER_LIBRARY, level.min(LevelFilter::ERROR)),
        };
    }
    targets
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Text,
    Journal,
    Json,
}

/// Writes one event as one line.
struct Line {
    form: Form,
    terminal: bool,
}

impl<S, N> FormatEvent<S, N> for Line
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut facts = Facts::default();
        event.record(&mut facts);
        let meta = event.metadata();
        let line = match self.form {
            Form::Text => text(*meta.level(), meta.target(), &facts, self.terminal),
            Form::Journal => format!("<{}>{}", priority(*meta.level()), plain(meta.target(), &facts)),
            Form::Json => json(*meta.level(), meta.target(), &facts),
        };
        writeln!(writer, "{line}")
    }
}

/// What an event says.
#[derive(Default)]
struct Facts {
    message: String,
    fields: Vec<(&'static str, String)>,
}

impl Visit for Facts {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let value = mask(value).into_owned();
        if field.name() == "message" {
            self.message = value;
        } else {
            self.fields.push((field.name(), value));
        }
    }
}

/// The room an event comes from: `link` for `clown_hub::link::serial`, the library's name for others.
fn room(target: &str) -> &str {
    let own = target.strip_prefix("clown_hub::").unwrap_or(target);
    own.split("::").next().unwrap_or(own)
}

fn text(level: Level, target: &str, facts: &Facts, terminal: bool) -> String {
    let time = iso(SystemTime::now());
    // On a terminal the day is known.
    let time = if terminal { time.get(11..).unwrap_or_default() } else { &time };
    let style = match level {
        Level::ERROR => Style::Red,
        Level::WARN => Style::Yellow,
        Level::INFO => Style::Green,
        Level::DEBUG | Level::TRACE => Style::Faint,
    };
    let paint = Paint::stderr();
    let level = paint.word(style, format_args!("{level:<5}"));
    format!("{} {level} {}", paint.word(Style::Faint, time), plain(target, facts))
}

fn plain(target: &str, facts: &Facts) -> String {
    let mut line = format!("{}: {}", room(target), print::harmless(&facts.message));
    for (name, value) in &facts.fields {
        let value = print::harmless(value);
        let quotes = if value.contains(' ') { "\"" } else { "" };
        let _ = write!(line, " {name}={quotes}{value}{quotes}");
    }
    line
}

/// Priorities of syslog, as the journal reads them from the beginning of a line.
fn priority(level: Level) -> u8 {
    match level {
        Level::ERROR => 3,
        Level::WARN => 4,
        Level::INFO => 6,
        Level::DEBUG | Level::TRACE => 7,
    }
}

fn json(level: Level, target: &str, facts: &Facts) -> String {
    let mut line = Map::new();
    line.insert("time".into(), iso(SystemTime::now()).into());
    line.insert("level".into(), level.as_str().to_lowercase().into());
    line.insert("room".into(), room(target).into());
    line.insert("message".into(), facts.message.clone().into());
    for (name, value) in &facts.fields {
        line.insert((*name).into(), value.clone().into());
    }
    Value::Object(line).to_string()
}
