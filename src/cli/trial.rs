//! `clown-hub try`: what a definition makes of a message, step by step, or what it sends for a command.

mod capture;
mod command;
mod heard;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::check::print_problems;
use super::print::{Paint, Style};
use super::{definition, exit, print};
use crate::device::profile::Profile;
use crate::device::profile::captures::{Captures, checked};

/// Show step by step what a definition makes of a message, or sends for a command.
#[derive(Args)]
#[command(after_help = "\
Give what the device said (--topic with --payload, --line, or --serial), or what it is to do (--command with
--device). When nothing is understood, it is told how near each way came. Exit code 0 means
understood, 1 not, 2 that the definition has mistakes.

Examples:
  clown-hub try plug.toml --topic plug-1/status --payload '{\"on\": true}'
  mosquitto_sub -t plug-1/status -C 1 > status.json
  clown-hub try plug.toml --topic plug-1/status --payload-file status.json
  clown-hub try meter.toml --line '10 1250 340'
  clown-hub try nova/sds011 --serial < capture.bin
  clown-hub try plug.toml --command 'relay/0={\"state\": true}' --device id=plug-1")]
pub struct TryArgs {
    /// A definition, or the id of a built-in one such as shelly/gen1.
    #[arg(value_name = "DEFINITION")]
    definition: PathBuf,
    /// The topic of a message.
    #[arg(long, value_name = "TOPIC", group = "given")]
    topic: Option<String>,
    /// Its payload [default: empty].
    #[arg(long, value_name = "TEXT", requires = "topic", allow_hyphen_values = true)]
    payload: Option<String>,
    /// A file that holds its payload, byte for byte.
    #[arg(long, value_name = "FILE", requires = "topic", conflicts_with = "payload")]
    payload_file: Option<PathBuf>,
    /// A line that a serial port said.
    #[arg(long, value_name = "TEXT", group = "given", allow_hyphen_values = true)]
    line: Option<String>,
    /// Bytes of a serial port, as they came, on standard input.
    #[arg(long, group = "given")]
    serial: bool,
    /// What a property is to be set to: TYPE/ADDRESS={…}, or TYPE/ADDRESS/get.
    #[arg(long, value_name = "ID=PAYLOAD", group = "given", requires = "device")]
    command: Option<String>,
    /// What the device of a command is known by, such as id=plug-1; may be given more than once.
    #[arg(long, value_name = "NAME=TEXT", value_parser = part)]
    device: Vec<(String, String)>,
    /// Print one JSON object instead of text.
    #[arg(long)]
    json: bool,
}

fn part(text: &str) -> Result<(String, String), String> {
    let wrong = || "write it as id=plug-1".to_owned();
    let (name, value) = text.split_once('=').ok_or_else(wrong)?;
    checked(name).map_err(|error| format!("the name {error}"))?;
    if value.is_empty() { Err(wrong()) } else { Ok((name.to_owned(), value.to_owned())) }
}

/// Tries; exit code 1 if nothing is understood.
pub fn run(args: &TryArgs) -> ExitCode {
    let profile = match definition::named(&args.definition) {
        Ok(profile) => profile,
        Err(problems) => {
            print_problems(&problems);
            return exit::usage();
        }
    };
    let payload = match &args.payload_file {
        Some(file) => std::fs::read(file).map_err(|error| format!("{}: {error}", file.display())),
        None => Ok(args.payload.clone().unwrap_or_default().into_bytes()),
    };
    let tried = match (&args.topic, &args.line, &args.command, payload) {
        (Some(topic), _, _, Ok(bytes)) => Ok(heard::message(&profile, topic, &bytes, args.json)),
        (_, Some(line), _, _) => Ok(match &profile.frame {
            None => heard::line(&profile, line, args.json),
            Some(frame) => {
                let bytes = format!("{line}{}", frame.line_end());
                capture::show(&profile, bytes.as_bytes(), args.json)
            }
        }),
        (_, _, Some(command), _) => command::run(&profile, command, &device(&args.device), args.json),
        (_, _, _, Err(error)) => Err(error),
        (None, None, None, Ok(_)) if args.serial => capture::run(&profile, args.json),
        (None, None, None, Ok(_)) => {
            Err("give what the device said (--topic and --payload, --line or --serial) or a --command".into())
        }
    };
    match tried {
        Ok(true) => exit::DONE,
        Ok(false) => exit::failed(),
        Err(error) => {
            print::error(error);
            exit::usage()
        }
    }
}

fn device(given: &[(String, String)]) -> Captures {
    let mut captures = Captures::default();
    for (name, text) in given {
        // A name that is given twice with two meanings keeps the first.
        let _ = captures.put(&name.as_str().into(), text);
    }
    captures
}

/// A label in front of what it is about.
fn row(label: &str, text: &str) {
    let label = Paint::stdout().word(Style::Faint, format_args!("{label:<10}"));
    print::line(format_args!("  {label} {}", print::harmless(text)));
}

fn heading(text: &str, more: &str) {
    let paint = Paint::stdout();
    let text = paint.word(Style::Bold, print::harmless(text));
    print::line(format_args!("{text}  {}", paint.word(Style::Faint, print::harmless(more))));
}

/// Where a property stands.
fn place(profile: &Profile, (line, column): (usize, usize)) -> String {
    if line == 0 { String::new() } else { format!("{}:{line}:{column}", profile.file.display()) }
}
