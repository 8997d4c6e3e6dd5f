//! `clown-hub learn`: watches what a stranger says, and proposes a definition of it.

mod mqtt;
mod serial;

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::json;

use super::print::{Paint, Style};
use super::{exit, print};
use crate::device::builtin;
use crate::device::learn::{About, NoProposal, Proposal, Watch};
use crate::device::translate::Translator;
use crate::sheet::{parse_duration, show_duration};

/// Watch what a device says, and propose a definition of it to edit.
#[derive(Args)]
#[command(after_help = "\
The definition goes to standard output, or into --out FILE. What it cannot know is marked with
DECIDE. Ctrl-C ends the watching early, and proposes what was heard until then. Exit code 0 means
that a definition was proposed, 1 that nothing usable was heard.

Examples:
  clown-hub learn mqtt 'plug-1/#' --broker mqtt://127.0.0.1 --for 5min --out devices/acme/plug.toml
  clown-hub learn serial /dev/ttyUSB0 --baud 9600 --out devices/acme/meter.toml
  clown-hub learn mqtt 'shellies/+/#' --name \"Plug S\" --vendor Shelly > plug.toml")]
pub struct LearnArgs {
    #[command(subcommand)]
    from: From,
}

#[derive(Subcommand)]
enum From {
    /// Watch topics of a broker; a + in FILTER is taken for what names the device.
    Mqtt(mqtt::MqttArgs),
    /// Listen to a serial port that says lines; nothing is written to it.
    Serial(serial::SerialArgs),
}

/// How long is watched, and what becomes of it.
#[derive(Args)]
pub struct Common {
    /// How long to watch.
    #[arg(long = "for", value_name = "TIME", default_value = "60s", value_parser = time)]
    time: Duration,
    /// What the device is called [default: left to decide].
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// Who makes it [default: left to decide].
    #[arg(long, value_name = "TEXT")]
    vendor: Option<String>,
    /// Write the definition there instead of printing it; a file that is there already stays.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print one JSON object with everything that was found.
    #[arg(long)]
    json: bool,
}

fn time(text: &str) -> Result<Duration, String> {
    let limits = Duration::from_millis(100)..=Duration::from_secs(7 * 86_400);
    let time = parse_duration(text).filter(|time| limits.contains(time));
    time.ok_or_else(|| "a time with its unit, up to 7 d: 60s, 10min, 2h".to_owned())
}

/// Watches, then proposes.
pub fn run(args: &LearnArgs) -> ExitCode {
    match &args.from {
        From::Mqtt(args) => mqtt::run(args),
        From::Serial(args) => serial::run(args),
    }
}

impl Common {
    /// Refuses early what could not be written in the end.
    fn check(&self) -> Result<(), String> {
        match &self.out {
            Some(file) if file.exists() => {
                Err(format!("{} is there already; choose another name for --out", file.display()))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Proposes a definition and says what is left to do.
    fn conclude(&self, watch: &Watch, about: &About) -> ExitCode {
        let known = known(watch);
        let proposed = watch.propose(about);
        if self.json {
            print::line(as_json(watch, &proposed, &known));
        }
        let proposal = match proposed {
            Ok(proposal) => proposal,
            Err(why) => {
                print::error(format_args!("{why}{}", advice(&why)));
                return exit::failed();
            }
        };
        let written = match &self.out {
            Some(file) => write(file, &proposal.text).map(|()| Some(file)),
            None => Ok(None),
        };
        let file = match written {
            Ok(file) => file,
            Err(error) => {
                print::error(error);
                return exit::failed();
            }
        };
        if file.is_none() && !self.json {
            print::line(proposal.text.trim_end());
        }
        summarise(watch, &proposal, &known, file.map(PathBuf::as_path));
        exit::DONE
    }
}

fn advice(why: &NoProposal) -> &'static str {
    match why {
        NoProposal::Silence => "; watch longer with --for, or check where it speaks",
        NoProposal::NoValues => "; look at it with --json",
        NoProposal::Unusable(_) => "; watch fewer topics",
    }
}

/// The built-in definitions that know what was heard already, and how many topics each.
fn known(watch: &Watch) -> Vec<(String, usize)> {
    let mut translator = Translator::new(builtin::catalog());
    let mut known: Vec<(String, usize)> = Vec::new();
    for (topic, payload) in watch.topics() {
        for meaning in translator.hear(topic, payload).iter().filter(|meaning| !meaning.messages.is_empty()) {
            match known.iter_mut().find(|(id, _)| **id == *meaning.profile) {
                Some((_, count)) => *count += 1,
                None => known.push((meaning.profile.to_string(), 1)),
            }
        }
    }
    known
}

fn as_json(
    watch: &Watch,
    proposed: &Result<Proposal, NoProposal>,
    known: &[(String, usize)],
) -> serde_json::Value {
    let topics: Vec<_> = watch
        .topics()
        .map(|(topic, payload)| json!({ "topic": topic, "payload": payload.as_str() }))
        .collect();
    let known: Vec<_> =
        known.iter().map(|(id, topics)| json!({ "definition": id, "topics": topics })).collect();
    let decide = |(line, what): &(usize, String)| json!({ "line": line, "what": what });
    let proposal = proposed.as_ref().ok();
    json!({
        "ok": proposed.is_ok(),
        "reason": proposed.as_ref().err().map(ToString::to_string),
        "messages": watch.messages(),
        "ignored": watch.ignored(),
        "topics": topics,
        "known": known,
        "devices": proposal.map(|proposal| &proposal.devices),
        "properties": proposal.map(|proposal| proposal.properties),
        "examples": proposal.map(|proposal| proposal.examples),
        "decide": proposal.map(|proposal| proposal.decide.iter().map(decide).collect::<Vec<_>>()),
        "definition": proposal.map(|proposal| &proposal.text),
    })
}

fn write(file: &Path, text: &str) -> Result<(), String> {
    let told = |error: std::io::Error| format!("{}: {error}", file.display());
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(told)?;
    }
    let mut file_is_new = std::fs::File::create_new(file).map_err(told)?;
    file_is_new.write_all(text.as_bytes()).map_err(told)
}

/// What a person needs to know next.
fn summarise(watch: &Watch, proposal: &Proposal, known: &[(String, usize)], file: Option<&Path>) {
    let paint = Paint::stderr();
    print::aside(format_args!(
        "{} messages of {}: {} properties, {} examples, {}",
        watch.messages(),
        if proposal.devices.len() == 1 {
            "1 device".to_owned()
        } else {
            format!("{} devices", proposal.devices.len())
        },
        proposal.properties,
        proposal.examples,
        paint.word(Style::Yellow, format_args!("{} to decide", proposal.decide.len())),
    ));
    if watch.ignored() > 0 {
        print::aside(format_args!(
            "{} messages were too long, or too many; watch fewer topics",
            watch.ignored()
        ));
    }
    for (id, topics) in known {
        print::aside(format_args!(
            "{} {id} understands {topics} of these topics already",
            paint.word(Style::Yellow, "built in:")
        ));
    }
    if let Some(file) = file {
        let file = print::harmless(&file.display().to_string()).into_owned();
        print::aside(format_args!("written to {file}; decide, then: clown-hub check {file}"));
    }
}

/// How far the watching is, on a terminal only.
struct Progress {
    is_shown: bool,
    of: Duration,
}

impl Progress {
    fn new(of: Duration) -> Self {
        Self { is_shown: std::io::stderr().is_terminal(), of }
    }

    /// Says that it has begun; programs wait for this, too.
    fn begin(&self, what: &str) {
        print::aside(format_args!(
            "watching {what} for {}; Ctrl-C proposes what was heard until then",
            show_duration(self.of)
        ));
    }

    fn show(&self, passed: Duration, watch: &Watch) {
        if self.is_shown {
            let topics = watch.topics().count();
            let under = if topics > 0 { format!(" under {topics} topics") } else { String::new() };
            let _ = write!(
                std::io::stderr(),
                "\r\x1b[K{} s of {} s: {} messages{under}; Ctrl-C proposes now",
                passed.as_secs(),
                self.of.as_secs(),
                watch.messages()
            );
        }
    }

    fn end(&self) {
        if self.is_shown {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}
