//! `clown-hub learn serial`: lines of a serial port, only listened to.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::{Common, Progress};
use crate::cli::{exit, print, work};
use crate::device::learn::{About, Watch};
use crate::link::line::{Port, PortName, Speech, Speed, Trouble};
use crate::link::ports::Roots;

/// What is listened to.
#[derive(Args)]
pub struct SerialArgs {
    /// The port: a path, best one under /dev/serial/by-id, usb:VID:PID, tcp://HOST:PORT or rfc2217://HOST:PORT.
    #[arg(value_name = "PORT", value_parser = PortName::parse)]
    port: PortName,
    /// Bits per second, 8N1.
    #[arg(long, value_name = "BAUD", default_value_t = 115_200)]
    baud: u32,
    #[command(flatten)]
    common: Common,
}

/// Bytes of which lines are made.
#[derive(Default)]
struct Ear {
    rest: Vec<u8>,
    /// The first line may have begun before anybody listened.
    is_in_step: bool,
    /// Bytes that are no text.
    strange: usize,
}

/// Listens, then proposes.
pub(super) fn run(args: &SerialArgs) -> ExitCode {
    if let Err(error) = args.common.check() {
        print::error(error);
        return exit::usage();
    }
    if matches!(&args.port, PortName::Server(server) if server.speech == Speech::Modbus) {
        print::error("units of Modbus say nothing by themselves; their definitions are written by hand");
        return exit::usage();
    }
    work::to_the_end(async {
        let (mut watch, mut ear) = (Watch::default(), Ear::default());
        if let Err(trouble) = listen(args, &mut watch, &mut ear).await {
            print::error(format_args!("{trouble}; {}", trouble.hint()));
            return exit::failed();
        }
        if ear.strange > 0 {
            print::error(format_args!(
                "{} bytes are no text: is {} the right --baud? A device that speaks in bytes needs a [frame] by hand",
                ear.strange, args.baud
            ));
        }
        let about = About {
            name: args.common.name.clone(),
            vendor: args.common.vendor.clone(),
            source: format!("heard on {} by clown-hub learn", args.port),
            filter: None,
            id: None,
            baud: Some(args.baud),
        };
        args.common.conclude(&watch, &about)
    })
}

/// Listens until the time is over or somebody asks to stop.
async fn listen(args: &SerialArgs, watch: &mut Watch, ear: &mut Ear) -> Result<(), Trouble> {
    let port = Port::open(&args.port, Speed::of(args.baud), &Roots::system()).await?;
    let progress = Progress::new(args.common.time);
    progress.begin(&args.port.to_string());
    let begin = Instant::now();
    let end = begin + args.common.time;
    let interrupted = work::interrupted();
    tokio::pin!(interrupted);
    let mut tick = interval(Duration::from_millis(500));
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut buffer = [0; 4096];
    loop {
        tokio::select! {
            () = &mut interrupted => break,
            () = sleep_until(end) => break,
            _ = tick.tick() => progress.show(begin.elapsed(), watch),
            read = port.read(&mut buffer) => match read {
                Ok(0) => return Err(port.unplugged()),
                Ok(count) => ear.take(&buffer[..count], begin.elapsed(), watch),
                Err(error) => return Err(port.lost(&error)),
            },
        }
    }
    progress.end();
    Ok(())
}

impl Ear {
    /// The longest line.
    const LONGEST: usize = 4 << 10;

    fn take(&mut self, bytes: &[u8], at: Duration, watch: &mut Watch) {
        self.rest.extend_from_slice(bytes);
        while let Some(end) = memchr::memchr(b'\n', &self.rest) {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            let is_whole = std::mem::replace(&mut self.is_in_step, true);
            match std::str::from_utf8(&line).map(|line| line.trim_end_matches(['\r', '\n'])) {
                Ok("") => {}
                Ok(text) if !text.chars().any(|c| c.is_control() && c != '\t') => {
                    if is_whole {
                        watch.hear_line(at, text);
                    }
                }
                Ok(_) | Err(_) => self.strange += line.len(),
            }
        }
        if self.rest.len() > Self::LONGEST {
            self.strange += self.rest.len();
            self.rest.clear();
        }
    }
}
