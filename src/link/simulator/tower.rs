//! A HARDWARIO radio dongle and its nodes that exist only here, behind a pseudo terminal.
//!
//! [`Dongle`] is pure: lines in, bytes out, time as an argument. [`serve`] puts it behind a [`Port`], where it behaves as
//! the firmware does: it goes on when the hub closes the port, and starts again only when it was unplugged.

mod commands;
mod dongle;
mod faults;
mod memory;
mod node;
mod wire;

use std::time::Duration;

use tokio::sync::mpsc;

pub use dongle::{Dongle, Setup};
pub use faults::{Fault, Faults, Happening};
pub(super) use faults::{line_fault, seconds};
pub use memory::MOST_NODES;

use super::line::Lines;
use super::plugged::{self, LineError, Plugged};
use super::port::Port;
use crate::stop::Stop;

/// Plays the dongle until somebody asks to stop; what happens to it meanwhile comes through `happenings`.
pub async fn serve(
    port: Port,
    dongle: Dongle,
    happenings: mpsc::Receiver<Happening>,
    stop: &Stop,
) -> Result<(), LineError> {
    plugged::play(port, &mut OnLine { dongle, lines: Lines::default() }, happenings, stop).await
}

/// The dongle and what it has heard of a line.
struct OnLine {
    dongle: Dongle,
    lines: Lines,
}

impl Plugged for OnLine {
    type Happening = Happening;

    const WAITS_FOR_THE_FIRST: bool = true;

    fn power(&mut self, at: Duration) {
        self.lines.reset();
        self.dongle.power(at);
    }

    fn opened(&mut self, _: Duration) {}

    fn closed(&mut self) {
        // The firmware does not see who holds the port: only what nobody reads is gone.
        self.lines.reset();
    }

    fn hear(&mut self, at: Duration, bytes: &[u8]) {
        let dongle = &mut self.dongle;
        self.lines.feed(bytes, |line| {
            if let Err(reason) = dongle.hear(at, line) {
                tracing::debug!(reason, line = %line.escape_ascii(), "dropped");
            }
        });
    }

    fn take(&mut self, at: Duration) -> Vec<Vec<u8>> {
        self.dongle.take(at)
    }

    fn next_due(&self) -> Option<Duration> {
        self.dongle.next_due()
    }

    fn happen(&mut self, at: Duration, happening: Happening) -> Option<Duration> {
        if let Happening::Unplug(away) = happening {
            return Some(away);
        }
        self.dongle.happen(at, happening);
        None
    }
}

#[cfg(test)]
mod tests;
