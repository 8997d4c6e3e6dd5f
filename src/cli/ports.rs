//! `clown-hub ports`: the serial ports of this machine, who holds them, and on request what answers.
//!
//! Looking disturbs nobody. Probing opens a port, which restarts some boards, so it has its own flag and says what it
//! wrote.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::print::{Paint, Style};
use super::{exit, print, work};
use crate::link::ports::{self, Port, Roots};
use crate::link::serial::{Found, Probed, probe};

/// List serial ports: what is plugged in, whether it may be used, and who holds it.
#[derive(Args)]
#[command(after_help = "\
Examples:
  clown-hub ports
  clown-hub ports --probe                     also ask who is there
  clown-hub ports --probe /dev/pts/7          one port, also a pseudo-terminal
  clown-hub ports --json | jq -r '.ports[].path'")]
pub struct PortsArgs {
    /// Only these ports, by path; all of the machine if none is given.
    #[arg(value_name = "PATH")]
    path: Vec<PathBuf>,
    /// Open each free port and ask in both protocols who is there; this may restart a board.
    #[arg(long)]
    probe: bool,
    /// Seconds to wait for each answer of a probe.
    #[arg(long, value_name = "SECONDS", default_value_t = 2.0, value_parser = seconds, requires = "probe")]
    wait: f64,
    /// Bits per second of a probe.
    #[arg(long, value_name = "BAUD", default_value_t = 115_200, requires = "probe")]
    baud: u32,
    /// Print one JSON object instead of text.
    #[arg(long)]
    json: bool,
}

/// A port and what answered on it.
#[derive(Serialize)]
struct Listed {
    #[serde(flatten)]
    port: Port,
    /// The name for the configuration.
    stable: PathBuf,
    #[serde(skip_serializing_if = "Option::is_none")]
    probe: Option<Probed>,
}

#[derive(Serialize)]
struct List {
    ports: Vec<Listed>,
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.1..=60.0).contains(&seconds) => Ok(seconds),
        _ => Err("between 0.1 and 60".to_owned()),
    }
}

/// Lists; a port that was named and is not there makes the exit code 1.
pub fn run(args: &PortsArgs) -> ExitCode {
    let roots = Roots::system();
    let missing: Vec<&PathBuf> = args.path.iter().filter(|path| !path.exists()).collect();
    for path in &missing {
        print::error(format_args!("{} is not there", path.display()));
    }
    let found = match args.path.is_empty() {
        true => ports::list(&roots),
        false => {
            args.path.iter().filter(|path| path.exists()).map(|path| ports::describe(&roots, path)).collect()
        }
    };
    let code = if missing.is_empty() { exit::DONE } else { exit::failed() };
    work::until_interrupted(exit::failed(), async {
        let mut listed = Vec::new();
        for port in found {
            listed.push(look(args, port).await);
        }
        if args.json {
            match serde_json::to_string(&List { ports: listed }) {
                Ok(text) => print::line(text),
                Err(error) => {
                    print::error(error);
                    return exit::failed();
                }
            };
        } else {
            show(&listed, args);
        }
        code
    })
}

async fn look(args: &PortsArgs, port: Port) -> Listed {
    let asked = args.probe && port.holders.is_empty() && port.access.is_full();
    let answer = match asked {
        true => Some(probe(&port.path, args.baud, Duration::from_secs_f64(args.wait)).await),
        false => None,
    };
    Listed { stable: port.stable_name().to_owned(), port, probe: answer }
}

fn show(listed: &[Listed], args: &PortsArgs) {
    if listed.is_empty() && args.path.is_empty() {
        print::remark("no serial port is plugged in; `clown-hub demo` needs none");
    }
    for (index, port) in listed.iter().enumerate() {
        if index > 0 {
            print::line("");
        }
        show_port(port, args.probe);
    }
}

fn show_port(listed: &Listed, probing: bool) {
    let paint = Paint::stdout();
    let port = &listed.port;
    print::line(paint.word(Style::Bold, print::harmless(&port.path.display().to_string())));
    let row = |label: &str, text: &str| {
        let label = paint.word(Style::Faint, format_args!("{label:<8}"));
        print::line(format_args!("  {label}  {text}"));
    };
    let safe = |text: &str| print::harmless(text).into_owned();
    if let Some(usb) = &port.usb {
        let names: Vec<&str> =
            [&usb.vendor, &usb.product].into_iter().flatten().map(String::as_str).collect();
        row("device", &safe(&names.join(" ")));
        row("usb", &safe(&usb.to_string()));
    }
    if let Some(driver) = &port.driver {
        row("driver", &safe(driver));
    }
    for (label, paths) in [("by id", &port.by_id), ("by path", &port.by_path)] {
        for path in paths {
            row(label, &safe(&path.display().to_string()));
        }
    }
    match &port.access.hint {
        None => row("access", &paint.word(Style::Green, "read and write")),
        Some(hint) => row("access", &format!("{} {}", paint.word(Style::Red, "none:"), safe(hint))),
    }
    let holders: Vec<String> = port
        .holders
        .iter()
        .map(|holder| {
            let lock = if holder.locked { ", locked" } else { "" };
            format!("{holder}{lock}")
        })
        .collect();
    match holders.is_empty() {
        true => row("held by", "nobody that can be seen"),
        false => row("held by", &paint.word(Style::Yellow, safe(&holders.join("; ")))),
    }
    match &listed.probe {
        Some(probed) => show_probe(probed, row, paint),
        None if probing => row("probe", "not asked, because it is held or may not be used"),
        None => {}
    }
}

fn show_probe(probed: &Probed, row: impl Fn(&str, &str), paint: Paint) {
    for line in &probed.written {
        row("wrote", line);
    }
    let (style, text) = match &probed.found {
        Found::Bridge(facts) => (Style::Green, format!("a bridge: {facts}")),
        Found::Speaks(line) => (Style::Green, format!("no answer, but it speaks Clown.Talk: {line}")),
        Found::Dongle(line) => {
            (Style::Yellow, format!("a radio dongle, for a link of kind \"tower\": {line}"))
        }
        Found::Noise(text) => (Style::Yellow, format!("no message; check the baud rate: {text}")),
        Found::Silence => (Style::Yellow, "nothing".to_owned()),
        Found::Trouble(text) => (Style::Red, text.clone()),
    };
    row("found", &paint.word(style, print::harmless(&text)));
}
