//! `clown-hub simulate FILE --pty PATH`: the device of a definition, behind a pseudo terminal.

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use super::{happenings, stop_by_signal};
use crate::cli::print::{self, Paint, Style};
use crate::cli::{exit, work};
use crate::device::profile::Profile;
use crate::link::simulator::plugged::play;
use crate::link::simulator::port::Port;
use crate::link::simulator::wired::{Answer, Happening, Setup, Wired};

/// Plays the device until Ctrl-C or SIGTERM.
pub(super) fn run(profile: &Arc<Profile>, pty: &Path, setup: Setup, named: &Path) -> ExitCode {
    let device = match Wired::new(profile, setup, tell as fn(Answer)) {
        Ok(device) => device,
        Err(error) => {
            print::error(format_args!("{}: {error}", named.display()));
            return exit::usage();
        }
    };
    work::to_the_end(async {
        match offer(profile, pty, device).await {
            Ok(()) => exit::DONE,
            Err(error) => {
                print::error(error);
                exit::failed()
            }
        }
    })
}

async fn offer(profile: &Profile, pty: &Path, mut device: Wired<fn(Answer)>) -> Result<(), Box<dyn Error>> {
    let stop = stop_by_signal()?;
    let port = Port::closed(pty)?;
    let path = std::path::absolute(pty)?.display().to_string();
    let speed = profile
        .serial
        .as_ref()
        .and_then(|serial| Some(format!(", {} baud {}", serial.baud.first()?, serial.settings)));
    print::line(format_args!(
        "# A simulated {} {} listens on {path} ({}{}); Ctrl-C ends it.",
        profile.vendor,
        profile.name,
        port.slave().display(),
        speed.unwrap_or_default()
    ));
    print::line(format_args!("# It {}.", device.manner()));
    play(port, &mut device, happenings(Happening::parse)?, &stop).await?;
    Ok(())
}

fn tell(answer: Answer) {
    let paint = Paint::stdout();
    match answer {
        Answer::Nothing => {}
        Answer::Obeyed(what) => {
            print::line(format_args!("obeyed: {}", print::harmless(&what)));
        }
        Answer::Ignored(what) => {
            print::line(format_args!("{} {}", paint.word(Style::Yellow, "ignored:"), print::harmless(&what)));
        }
    }
}
