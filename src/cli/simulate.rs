//! `clown-hub simulate`: devices that exist only here, offered where real ones would be plugged in.

mod definition;
mod line;
mod tower;

use std::io::BufRead;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use clap::{Args, Subcommand};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use super::{exit, print};
use crate::link::simulator::port::Port;
use crate::link::simulator::{Faults, Manner, Setup, Simulator, serve, time_of_day};
use crate::stop::Stop;

/// Play a device that exists only here, behind a pseudo-terminal or at a broker.
#[derive(Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
With a DEFINITION its device says what it says in the examples, and answers commands as the
examples say: at a broker, where its own words are made for the id, or on a serial line with
--pty, where its words are those of the examples to the byte. On a line it reads from standard
input what happens to it:
  unplug SECONDS      it is pulled out, and plugged in again
  silence on|off, refuse on|off, garbage SHARE, halves SHARE, loss SHARE, delay-ms MS
  say LINE            it says this line
  say-hex BYTES       it says these bytes

Examples:
  clown-hub simulate shelly/gen1 --broker mqtt://127.0.0.1 --id shelly-kitchen
  clown-hub simulate eastron/sdm230 --pty /tmp/meter --id 3
  clown-hub simulate devices/plug.toml --every 2 --delay-ms 500
  clown-hub simulate bridge --pty /tmp/bridge
  clown-hub simulate bridge --pty /tmp/bridge --rate 100 --loss 0.05
  clown-hub simulate tower --pty /tmp/dongle"
)]
pub struct SimulateArgs {
    #[command(subcommand)]
    device: Option<Device>,
    #[command(flatten)]
    definition: definition::Definition,
}

#[derive(Subcommand)]
enum Device {
    /// A BigClown bridge that speaks Clown.Talk lines, behind a pseudo terminal.
    Bridge(Bridge),
    /// A HARDWARIO radio dongle and its nodes, behind a pseudo terminal.
    Tower(tower::Tower),
}

#[derive(Args)]
struct Bridge {
    /// Symlink to create; the hub opens it as its serial port. It is removed at the end.
    #[arg(long, value_name = "PATH")]
    pty: PathBuf,
    /// Readings a second of each sensor (the CO₂ module measures 16 times more slowly).
    #[arg(long, value_name = "N", default_value_t = 1.0, value_parser = rate)]
    rate: f64,
    #[command(flatten)]
    faults: FaultArgs,
}

/// How a simulated device misbehaves.
#[derive(Args)]
struct FaultArgs {
    /// The same seed gives the same values.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Hear and obey, but say nothing.
    #[arg(long)]
    silence: bool,
    /// Share of damaged messages, 0 to 1.
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = share)]
    garbage: f64,
    /// Ignore every command, as bc-bridge ignores what it does not like.
    #[arg(long)]
    refuse: bool,
    /// Say everything late by so many milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=3_600_000))]
    delay_ms: u64,
    /// Share of lost messages, 0 to 1.
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = share)]
    loss: f64,
}

impl FaultArgs {
    fn faults(&self, refusal: &str) -> Faults {
        Faults {
            silence: self.silence,
            garbage: self.garbage,
            refuse: self.refuse.then(|| refusal.to_owned()),
            delay: Duration::from_millis(self.delay_ms),
            loss: self.loss,
        }
    }
}

/// Plays the device until Ctrl-C or SIGTERM.
pub fn run(args: &SimulateArgs) -> ExitCode {
    let device = match (&args.device, &args.definition.definition) {
        (Some(device), _) => device,
        (None, Some(named)) => return definition::run(&args.definition, named),
        (None, None) => {
            print::error("say what to play: a DEFINITION, `bridge --pty PATH`, or `tower --pty PATH`");
            return exit::usage();
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let played = runtime.map_err(Into::into).and_then(|runtime| match device {
        Device::Bridge(bridge) => runtime.block_on(play(bridge)),
        Device::Tower(tower) => runtime.block_on(tower::play(tower)),
    });
    match played {
        Ok(()) => exit::DONE,
        Err(error) => {
            print::aside(format_args!("clown-hub simulate: {error}"));
            exit::failed()
        }
    }
}

async fn play(bridge: &Bridge) -> Result<(), Box<dyn std::error::Error>> {
    let stop = stop_by_signal()?;
    let mut port = Port::create(&bridge.pty)?;
    let path = std::path::absolute(&bridge.pty)?.display().to_string();
    print::line(format_args!(
        "# A simulated bridge listens on {path} ({}); Ctrl-C ends it.",
        port.slave().display()
    ));
    print::line("# This belongs into the configuration of the hub:");
    print::line(format_args!("[[link]]\nname = \"bridge\"\nkind = \"serial\"\ndevice = {path:?}"));
    serve(
        &mut port,
        Simulator::new(&bridge.setup(), bridge.faults.faults("the simulated bridge was told to refuse")),
        &stop,
    )
    .await?;
    Ok(())
}

/// Asks to stop at the first Ctrl-C, at SIGTERM, and when the terminal is closed: a symlink that stays would lead the
/// hub to whoever gets that pseudo terminal next.
fn stop_by_signal() -> std::io::Result<Stop> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let stop = Stop::new();
    let asked = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
        asked.request();
    });
    Ok(stop)
}

/// What happens to a device, one line of standard input each; its end changes nothing.
fn happenings<H: Send + 'static>(parse: fn(&str) -> Result<H, String>) -> std::io::Result<mpsc::Receiver<H>> {
    let (sender, receiver) = mpsc::channel(16);
    // A thread of its own: a read of standard input cannot be cancelled, and must not hold up the end.
    std::thread::Builder::new().name("stdin".into()).spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            match parse(&line) {
                Ok(happening) => {
                    if sender.blocking_send(happening).is_err() {
                        return;
                    }
                }
                Err(reason) => print::error(reason),
            }
        }
    })?;
    Ok(receiver)
}

impl Bridge {
    fn setup(&self) -> Setup {
        Setup {
            manner: Manner::BcBridge,
            seed: self.faults.seed,
            time_of_day: time_of_day(SystemTime::now()),
            second: Duration::from_secs_f64(1.0 / self.rate),
        }
    }
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "a share is a number from 0 to 1, such as 0.1".to_owned())
}

fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok().filter(|rate| (0.001..=10_000.0).contains(rate));
    rate.ok_or_else(|| "a rate is a number from 0.001 to 10000".to_owned())
}
