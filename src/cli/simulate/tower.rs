//! `clown-hub simulate tower`: a HARDWARIO radio dongle with its nodes, behind a pseudo terminal.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use clap::Args;

use super::{happenings, share, stop_by_signal};
use crate::cli::print;
use crate::link::simulator::port::Port;
use crate::link::simulator::time_of_day;
use crate::link::simulator::tower::{Dongle, Faults, Happening, MOST_NODES, Setup, serve};

/// The dongle and how it misbehaves.
#[derive(Args)]
#[command(after_help = "\
While it runs it reads from standard input what happens to it:
  press ID            somebody presses the button of a node, or walks by
  boot ID             a node gets its power anew
  pair                the next waiting node asks to be paired
  unplug SECONDS      the dongle is pulled out, and plugged in again
  silence on|off, eeprom broken|good, garbage SHARE, halves SHARE, loss SHARE, delay-ms MS
  say LINE            it writes this line

Examples:
  clown-hub simulate tower --pty /tmp/dongle
  clown-hub simulate tower --pty /tmp/dongle --paired 31 --every 1")]
pub struct Tower {
    /// Symlink to create; the hub opens it as its serial port. It is removed at the end.
    #[arg(long, value_name = "PATH")]
    pty: PathBuf,
    /// Nodes that are paired from before; 31 fill the dongle.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = nodes)]
    paired: usize,
    /// Nodes that can be paired.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = nodes)]
    waiting: usize,
    /// Seconds between two rounds of readings; a real node takes up to 900.
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0, value_parser = seconds)]
    every: f64,
    /// Seconds until a waiting node asks, once pairing began.
    #[arg(long, value_name = "SECONDS", default_value_t = 2.0, value_parser = seconds)]
    asks_after: f64,
    /// Write log lines between the messages.
    #[arg(long)]
    logs: bool,
    /// The same seed gives the same values.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Hear and obey, but say nothing.
    #[arg(long)]
    silence: bool,
    /// Share of damaged lines, 0 to 1.
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = share)]
    garbage: f64,
    /// Share of lines that break off, 0 to 1.
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = share)]
    halves: f64,
    /// Share of lost lines, 0 to 1.
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = share)]
    loss: f64,
}

/// Plays the dongle until Ctrl-C or SIGTERM.
pub async fn play(tower: &Tower) -> Result<(), Box<dyn std::error::Error>> {
    let stop = stop_by_signal()?;
    let port = Port::create(&tower.pty)?;
    let path = std::path::absolute(&tower.pty)?.display().to_string();
    print::line(format_args!(
        "# A simulated radio dongle listens on {path} ({}); Ctrl-C ends it.",
        port.slave().display()
    ));
    print::line("# This belongs into the configuration of the hub:");
    print::line(format_args!("[[link]]\nname = \"tower\"\nkind = \"tower\"\ndevice = {path:?}"));
    serve(port, Dongle::new(tower.setup(), tower.faults()), happenings(Happening::parse)?, &stop).await?;
    Ok(())
}

impl Tower {
    fn setup(&self) -> Setup {
        Setup {
            seed: self.seed,
            time_of_day: time_of_day(SystemTime::now()),
            paired: self.paired,
            waiting: self.waiting,
            every: Duration::from_secs_f64(self.every),
            asks_after: Duration::from_secs_f64(self.asks_after),
            logs: self.logs,
            ..Setup::default()
        }
    }

    fn faults(&self) -> Faults {
        Faults {
            silence: self.silence,
            garbage: self.garbage,
            halves: self.halves,
            loss: self.loss,
            ..Faults::default()
        }
    }
}

fn nodes(text: &str) -> Result<usize, String> {
    let nodes = text.parse().ok().filter(|nodes| *nodes <= MOST_NODES);
    nodes.ok_or_else(|| format!("a dongle takes 0 to {MOST_NODES} nodes"))
}

fn seconds(text: &str) -> Result<f64, String> {
    let seconds = text.parse().ok().filter(|seconds| (0.01..=86_400.0).contains(seconds));
    seconds.ok_or_else(|| "seconds from 0.01 to 86400".to_owned())
}
