//! `clown-hub ports`: the serial ports of this machine, who holds them, and on request what answers.
//!
//! Looking disturbs nobody. Probing opens a port, which restarts some boards, so it has its own flag and says what it
//! wrote.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::place::Place;
use super::print::{Paint, Style};
use super::{exit, print, work};
use crate::app::definitions::Definitions;
use crate::device::catalog::Catalog;
use crate::link::line::PortName;
use crate::link::ports::{self, Port, Roots};
use crate::link::probe::{By, Device, Found, Plan, Probed, Step, probe};
use crate::link::wired::Speaks;
use crate::sheet::nearest;

/// List serial ports: what is plugged in, whether it may be used, and who holds it.
#[derive(Args)]
#[command(after_help = "\
A probe asks a radio dongle and a bridge first. If neither answers, it listens at each speed that a
definition knows, and at last asks what definitions ask an unknown port. It writes nothing else, and
shows each word that it wrote. Units of Modbus are asked only when --speaks names them.

Examples:
  clown-hub ports
  clown-hub ports --probe                     also ask who is there
  clown-hub ports --probe /dev/pts/7          one port, also a pseudo-terminal
  clown-hub ports --probe tcp://10.0.0.7:4001 a port of another machine
  clown-hub ports --probe --speaks \"3 eastron/sdm230\" /dev/ttyUSB0
  clown-hub ports --json | jq -r '.ports[].path'")]
pub struct PortsArgs {
    /// Only these ports: a path, usb:VID:PID, usb:VID:PID:SERIAL, tcp://HOST:PORT, rfc2217://HOST:PORT or
    /// modbus://HOST:PORT; all of the machine if none is given.
    #[arg(value_name = "PORT", value_parser = PortName::parse)]
    port: Vec<PortName>,
    /// Open each free port and find out who is there; this may restart a board.
    #[arg(long)]
    probe: bool,
    /// Seconds to wait for each answer of a probe.
    #[arg(long, value_name = "SECONDS", default_value_t = 2.0, value_parser = seconds, requires = "probe")]
    wait: f64,
    /// The longest time in seconds to listen at each speed for what speaks by itself.
    #[arg(long, value_name = "SECONDS", default_value_t = 12.0, value_parser = seconds, requires = "probe")]
    listen: f64,
    /// Bits per second of the first two questions.
    #[arg(long, value_name = "BAUD", default_value_t = 115_200, requires = "probe")]
    baud: u32,
    /// Look for this definition alone; with its number in front if it is a unit of Modbus. May be repeated.
    #[arg(long, value_name = "DEFINITION", value_parser = speaks, requires = "probe")]
    speaks: Vec<Speaks>,
    /// Print one JSON object instead of text.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// A port and what answered on it.
#[derive(Serialize)]
struct Listed {
    #[serde(flatten)]
    port: Option<Port>,
    /// The name for the configuration.
    stable: String,
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

fn speaks(text: &str) -> Result<Speaks, String> {
    let usual =
        || "a definition, such as sml/meter, or a unit of Modbus, such as \"3 eastron/sdm230\"".to_owned();
    Speaks::parse(text).map_err(|why| why.unwrap_or_else(usual))
}

/// Lists; a port that was named and is not there makes the exit code 1.
pub fn run(args: &PortsArgs) -> ExitCode {
    let roots = Roots::system();
    let (mut found, mut missing) = (Vec::new(), false);
    if args.port.is_empty() {
        let all = ports::list(&roots).into_iter();
        found.extend(all.map(|port| (PortName::Path(port.path.clone()), Some(port))));
    }
    for named in &args.port {
        match named_port(&roots, named, args.probe) {
            Ok(port) => found.push(port),
            Err(error) => {
                print::error(error);
                missing = true;
            }
        }
    }
    let catalog = match catalog(args) {
        Ok(catalog) => catalog,
        Err(error) => {
            print::error(error);
            return exit::usage();
        }
    };
    let code = if missing { exit::failed() } else { exit::DONE };
    work::until_interrupted(exit::failed(), async {
        if found.is_empty() && args.port.is_empty() && !args.json {
            print::remark("no serial port is plugged in; `clown-hub demo` needs none");
        }
        let mut listed = Vec::new();
        for (index, port) in found.into_iter().enumerate() {
            if index > 0 && !args.json {
                print::line("");
            }
            listed.push(look(args, port, &catalog).await);
        }
        if args.json {
            match serde_json::to_string(&List { ports: listed }) {
                Ok(text) => print::line(text),
                Err(error) => {
                    print::error(error);
                    return exit::failed();
                }
            };
        }
        code
    })
}

/// A port, and what is known of it before it is opened.
fn named_port(roots: &Roots, named: &PortName, is_probed: bool) -> Result<(PortName, Option<Port>), String> {
    match named {
        PortName::Path(path) if path.exists() => Ok((named.clone(), Some(ports::describe(roots, path)))),
        PortName::Path(path) => Err(format!("{} is not there", path.display())),
        PortName::Usb { .. } => match named.resolve(roots) {
            Ok(path) => Ok((named.clone(), Some(ports::describe(roots, &path)))),
            Err(trouble) => Err(format!("{trouble}; {}", trouble.hint())),
        },
        PortName::Server(_) if is_probed => Ok((named.clone(), None)),
        PortName::Server(_) => Err(format!("nothing is known of {named} before it is opened; use --probe")),
    }
}

/// The definitions of the binary and those of the user, if there is a configuration that says where they are.
fn catalog(args: &PortsArgs) -> Result<Arc<Catalog>, String> {
    let folder = match args.place.load() {
        Ok(loaded) => Some(loaded.config.hub.devices),
        Err(problems) if args.place.config.is_some() => return Err(problems.to_string()),
        Err(_) => None,
    };
    let (catalog, problems) = Definitions::load(folder.as_deref());
    for problems in &problems {
        print::remark(problems);
    }
    for Speaks { definition, .. } in &args.speaks {
        if catalog.find(definition).is_none() {
            let near = nearest(definition, catalog.iter().map(|profile| &*profile.id));
            let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            return Err(format!("there is no definition `{definition}`{near}"));
        }
    }
    Ok(catalog)
}

async fn look(args: &PortsArgs, (name, port): (PortName, Option<Port>), catalog: &Arc<Catalog>) -> Listed {
    let stable = match &port {
        Some(port) => port.stable_name().display().to_string(),
        None => name.to_string(),
    };
    let view = View { paint: Paint::stdout(), is_silent: args.json };
    match &port {
        Some(port) => view.port(port),
        None => view.title(&stable),
    }
    let is_free = port.as_ref().is_none_or(|port| port.holders.is_empty() && port.access.is_full());
    let probe = match args.probe && is_free {
        true => {
            let plan = Plan {
                port: name,
                baud: args.baud,
                wait: Duration::from_secs_f64(args.wait),
                listen: Duration::from_secs_f64(args.listen),
                catalog: catalog.clone(),
                only: args.speaks.clone(),
            };
            let probed = probe(&plan, |step| view.step(step)).await;
            view.found(&probed.found, &stable);
            Some(probed)
        }
        false => {
            if args.probe {
                view.row("probe", "not asked, because it is held or may not be used");
            }
            None
        }
    };
    Listed { stable, port, probe }
}

/// What a person sees, one thing after the other.
struct View {
    paint: Paint,
    /// One JSON object is printed instead.
    is_silent: bool,
}

fn safe(text: &str) -> String {
    print::harmless(text).into_owned()
}

impl View {
    fn title(&self, name: &str) {
        if !self.is_silent {
            print::line(self.paint.word(Style::Bold, print::harmless(name)));
        }
    }

    fn row(&self, label: &str, text: &str) {
        if !self.is_silent {
            let label = self.paint.word(Style::Faint, format_args!("{label:<8}"));
            print::line(format_args!("  {label}  {text}"));
        }
    }

    fn port(&self, port: &Port) {
        self.title(&port.path.display().to_string());
        if let Some(usb) = &port.usb {
            let names: Vec<&str> =
                [&usb.vendor, &usb.product].into_iter().flatten().map(String::as_str).collect();
            self.row("device", &safe(&names.join(" ")));
            self.row("usb", &safe(&usb.to_string()));
        }
        if let Some(driver) = &port.driver {
            self.row("driver", &safe(driver));
        }
        for (label, paths) in [("by id", &port.by_id), ("by path", &port.by_path)] {
            for path in paths {
                self.row(label, &safe(&path.display().to_string()));
            }
        }
        match &port.access.hint {
            None => self.row("access", &self.paint.word(Style::Green, "read and write")),
            Some(hint) => {
                self.row("access", &format!("{} {}", self.paint.word(Style::Red, "none:"), safe(hint)));
            }
        }
        let holder = |holder: &ports::Holder| {
            let lock = if holder.locked { ", locked" } else { "" };
            format!("{holder}{lock}")
        };
        let holders: Vec<String> = port.holders.iter().map(holder).collect();
        match holders.is_empty() {
            true => self.row("held by", "nobody that can be seen"),
            false => self.row("held by", &self.paint.word(Style::Yellow, safe(&holders.join("; ")))),
        }
    }

    fn step(&self, step: &Step) {
        let at = step.at.as_ref().map(|at| format!(" at {at}")).unwrap_or_default();
        match (&step.asked, &step.wrote) {
            (Some(asked), Some(wrote)) => self.row("asked", &safe(&format!("{asked}{at}: {wrote}"))),
            (Some(asked), None) => self.row("asked", &safe(&format!("{asked}{at}: it takes nothing"))),
            (None, _) => self.row("listened", at.trim_start()),
        }
        if step.bytes > 0 {
            let text = format!("{}: {}", print::counted(step.bytes, "byte"), step.came);
            self.row("came", &safe(&text));
        }
    }

    fn found(&self, found: &Found, port: &str) {
        let (style, text) = match found {
            Found::Bridge(facts) => (Style::Green, format!("a bridge: {facts}")),
            Found::Speaks(line) => (Style::Green, format!("no answer, but it speaks Clown.Talk: {line}")),
            Found::Dongle(line) => {
                (Style::Green, format!("a radio dongle, for a link of kind \"tower\": {line}"))
            }
            Found::Device(device) => return self.device(device, port),
            Found::Noise(text) => (Style::Yellow, format!("nothing that any definition knows: {text}")),
            Found::Silence => (Style::Yellow, "nothing".to_owned()),
            Found::Trouble(text) => (Style::Red, text.clone()),
        };
        self.row("found", &self.paint.word(style, print::harmless(&text)));
        if let Found::Noise(_) = found {
            self.row(
                "next",
                "`clown-hub learn serial` proposes a definition of text; for another speed use --baud there",
            );
        }
    }

    fn device(&self, device: &Device, port: &str) {
        let (style, how) = match device.by {
            By::Answer => (Style::Green, "it answered"),
            By::Checksum => (Style::Green, "its checksums are right"),
            By::FirstLine => (Style::Green, "it said so when it started"),
            By::Words => (Style::Yellow, "its words look like that"),
        };
        let text = format!("{}, {}: {how}", device.name, device.definition);
        self.row("found", &self.paint.word(style, print::harmless(&text)));
        for says in &device.says {
            self.row("says", &safe(says));
        }
        if !device.others.is_empty() {
            self.row("or", &safe(&device.others.join(", ")));
        }
        let line = format!("kind = \"wired\", device = \"{port}\", speaks = [\"{}\"]", device.definition);
        self.row("link", &safe(&line));
    }
}
