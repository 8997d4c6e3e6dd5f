//! What the system asks of the hub: stop, stop at once, read the configuration again.

use std::io::{self, IsTerminal};

use tokio::signal::unix::{self, SignalKind};

/// The signals the hub listens to.
pub struct Signals {
    interrupt: unix::Signal,
    terminate: unix::Signal,
    hangup: unix::Signal,
    /// Whether a person started the hub on a terminal.
    terminal: bool,
}

/// A wish of the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Finish what is under way and end; the name of the signal.
    Stop(&'static str),
    /// Read the configuration again.
    Reload,
}

impl Signals {
    /// From now on no signal ends the process by itself.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: unix::signal(SignalKind::interrupt())?,
            terminate: unix::signal(SignalKind::terminate())?,
            hangup: unix::signal(SignalKind::hangup())?,
            terminal: io::stdin().is_terminal(),
        })
    }

    /// The next wish.
    pub async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Stop("SIGINT"),
            _ = self.terminate.recv() => Signal::Stop("SIGTERM"),
            // A terminal that was closed is none any more; nobody would find the hub that goes on without it.
            _ = self.hangup.recv() => {
                if self.terminal && !io::stdin().is_terminal() {
                    Signal::Stop("the terminal was closed")
                } else {
                    Signal::Reload
                }
            }
        }
    }

    /// The hub is stopping; whoever asks a second time does not want to wait.
    pub fn leave_at_the_next(mut self) {
        tokio::spawn(async move {
            while let Signal::Reload = self.next().await {}
            tracing::warn!("asked twice: the hub leaves at once");
            std::process::exit(1);
        });
    }
}
