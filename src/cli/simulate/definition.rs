//! `clown-hub simulate FILE`: the device of a definition, at a broker; its neighbour plays it on a serial line.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use super::{FaultArgs, line, share, stop_by_signal};
use crate::cli::broker::BrokerArgs;
use crate::cli::check::print_problems;
use crate::cli::definition;
use crate::cli::print::{Paint, Style};
use crate::cli::{exit, print, work};
use crate::device::profile::Profile;
use crate::link::simulator::broker::{Happened, Play, play};
use crate::link::simulator::played::{Played, usual_id};
use crate::link::simulator::wired::Setup;

/// What is played, and where.
#[derive(Args)]
pub struct Definition {
    /// A definition, or the id of a built-in one such as shelly/gen1.
    #[arg(value_name = "DEFINITION")]
    pub definition: Option<PathBuf>,
    #[command(flatten)]
    broker: BrokerArgs,
    /// Play it on a serial line instead: the symlink to create, removed at the end.
    #[arg(long, value_name = "PATH", conflicts_with_all = ["broker", "retain"])]
    pub pty: Option<PathBuf>,
    /// What the device is known by, in place of the name in the examples; the unit of a Modbus device.
    #[arg(long, value_name = "ID", value_parser = id)]
    id: Option<String>,
    /// One of the definition's own ways to arrange topics [default: the first].
    #[arg(long, value_name = "NAME")]
    variant: Option<String>,
    /// Seconds between two rounds of what it says of its own accord [default: 10, or on a line its own].
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    every: Option<f64>,
    /// Let the broker keep what it says.
    #[arg(long)]
    retain: bool,
    #[command(flatten)]
    faults: FaultArgs,
    /// Share of words that break off on a line, 0 to 1.
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = share, requires = "pty")]
    halves: f64,
}

/// Time between two rounds at a broker.
const EVERY_S: f64 = 10.0;

fn id(text: &str) -> Result<String, String> {
    let is_good = !text.is_empty() && !text.contains(['+', '#', '\0']) && !text.starts_with('/');
    if is_good { Ok(text.to_owned()) } else { Err("an id stands in topics: no + and no #".to_owned()) }
}

fn seconds(text: &str) -> Result<f64, String> {
    let seconds = text.parse().ok().filter(|seconds| (0.01..=86_400.0).contains(seconds));
    seconds.ok_or_else(|| "seconds from 0.01 to 86400".to_owned())
}

/// Plays the device until Ctrl-C or SIGTERM.
pub fn run(args: &Definition, named: &Path) -> ExitCode {
    let profile = match definition::named(named) {
        Ok(profile) => profile,
        Err(problems) => {
            print_problems(&problems);
            return exit::usage();
        }
    };
    let named_variant = args.variant.as_deref().unwrap_or_default();
    let Some(variant) = variant(&profile, named_variant) else {
        let known = profile.variants.join(", ");
        let known =
            if known.is_empty() { "the definition has none".to_owned() } else { format!("known: {known}") };
        print::error(format_args!("no variant {named_variant}; {known}"));
        return exit::usage();
    };
    if let Some(pty) = &args.pty {
        return line::run(&profile, pty, args.line_setup(variant), named);
    }
    let id = args.id.clone().or_else(|| usual_id(&profile)).unwrap_or_else(|| "simulated".to_owned());
    let device = match Played::new(profile.clone(), &id, variant) {
        Ok(device) => device,
        Err(error) => {
            print::error(format_args!("{}: {error}", named.display()));
            return exit::usage();
        }
    };
    work::to_the_end(async {
        let stop = match stop_by_signal() {
            Ok(stop) => stop,
            Err(error) => {
                print::error(error);
                return exit::failed();
            }
        };
        let played = Play {
            every: Duration::from_secs_f64(args.every.unwrap_or(EVERY_S)),
            retain: args.retain,
            faults: args.faults.faults(REFUSAL),
            seed: args.faults.seed,
        };
        print::line(format_args!(
            "# A simulated {} {} known as {id}: {} in a hub on the same broker; Ctrl-C ends it.",
            profile.vendor,
            profile.name,
            device.base()
        ));
        match play(&args.broker.config("simulate"), device, played, &stop, tell).await {
            Ok(()) => exit::DONE,
            Err(state) => args.broker.report(&state),
        }
    })
}

/// Why it refuses, if it is told to.
const REFUSAL: &str = "the simulated device was told to refuse";

impl Definition {
    /// How it plays on a line.
    fn line_setup(&self, variant: usize) -> Setup {
        Setup {
            id: self.id.clone(),
            variant,
            every: self.every.map(Duration::from_secs_f64),
            faults: self.faults.faults(REFUSAL),
            halves: self.halves,
            seed: self.faults.seed,
        }
    }
}

/// The number of the variant; the first if none is named.
fn variant(profile: &Profile, name: &str) -> Option<usize> {
    if name.is_empty() { Some(0) } else { profile.variants.iter().position(|known| **known == *name) }
}

fn tell(happened: Happened) {
    let paint = Paint::stdout();
    match happened {
        Happened::Up => print::line(paint.word(Style::Green, "connected")),
        Happened::Deaf(filter, reason) => print::line(format_args!(
            "{} the broker lets nobody listen to {}: {}",
            paint.word(Style::Red, "deaf:"),
            print::harmless(&filter),
            print::harmless(&reason)
        )),
        Happened::Lost(state) => print::line(format_args!(
            "{} {}",
            paint.word(Style::Red, "lost:"),
            print::harmless(&state.reason)
        )),
        Happened::Obeyed(what) => print::line(format_args!("obeyed: {}", print::harmless(&what))),
        Happened::Ignored(what) => {
            print::line(format_args!("{} {}", paint.word(Style::Yellow, "ignored:"), print::harmless(&what)))
        }
    };
}
