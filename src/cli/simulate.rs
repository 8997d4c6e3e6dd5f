//! `clown-hub simulate`: devices that exist only here, offered where real ones would be plugged in.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::{Args, Subcommand};

use crate::link::simulator::port::Port;
use crate::link::simulator::{Faults, Manner, Setup, Simulator, serve};
use crate::stop::Stop;

/// Arguments of `simulate`.
#[derive(Args, Debug)]
pub struct Simulate {
    #[command(subcommand)]
    device: Device,
}

#[derive(Subcommand, Debug)]
enum Device {
    /// A BigClown bridge that speaks Clown.Talk lines, behind a pseudo terminal.
    Bridge(Bridge),
}

#[derive(Args, Debug)]
struct Bridge {
    /// Symlink to create; the hub opens it as its serial port. It is removed at the end.
    #[arg(long, value_name = "PATH")]
    pty: PathBuf,
    /// Readings a second of each sensor (the CO₂ module measures 16 times more slowly).
    #[arg(long, value_name = "N", default_value_t = 1.0, value_parser = rate)]
    rate: f64,
    /// The same seed gives the same values.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Hear and obey, but say nothing.
    #[arg(long)]
    silence: bool,
    /// Share of damaged lines, 0 to 1.
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = share)]
    garbage: f64,
    /// Ignore every command, as bc-bridge ignores what it does not like.
    #[arg(long)]
    refuse: bool,
    /// Say everything late by so many milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=3_600_000))]
    delay_ms: u64,
    /// Share of lost lines, 0 to 1.
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = share)]
    loss: f64,
}

/// Plays the device until `stop`; says on standard output how to connect to it.
pub async fn run(arguments: Simulate, stop: &Stop) -> ExitCode {
    let Device::Bridge(bridge) = arguments.device;
    match play(&bridge, stop).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("clown-hub simulate: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn play(bridge: &Bridge, stop: &Stop) -> Result<(), Box<dyn std::error::Error>> {
    let port = Port::create(&bridge.pty)?;
    let path = std::path::absolute(&bridge.pty)?;
    println!("A simulated bridge listens on {} ({}).", path.display(), port.slave().display());
    println!("Put this into the configuration of the hub; Ctrl-C ends the bridge.\n");
    println!("[[link]]\nname = \"bridge\"\nkind = \"serial\"\ndevice = {:?}", path.display().to_string());
    serve(&port, Simulator::new(&bridge.setup(), bridge.faults()), stop).await?;
    Ok(())
}

impl Bridge {
    fn setup(&self) -> Setup {
        Setup {
            manner: Manner::BcBridge,
            seed: self.seed,
            time_of_day: time_of_day(),
            second: Duration::from_secs_f64(1.0 / self.rate),
        }
    }

    fn faults(&self) -> Faults {
        Faults {
            silence: self.silence,
            garbage: self.garbage,
            refuse: self.refuse.then(|| "the simulated bridge was told to refuse".to_owned()),
            delay: Duration::from_millis(self.delay_ms),
            loss: self.loss,
        }
    }
}

/// What the clock says, in UTC: the room's people get up by it.
fn time_of_day() -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Duration::from_secs(now.as_secs() % 86_400)
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "a share is a number from 0 to 1, such as 0.1".to_owned())
}

fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok().filter(|rate| (0.001..=10_000.0).contains(rate));
    rate.ok_or_else(|| "a rate is a number from 0.001 to 10000".to_owned())
}
