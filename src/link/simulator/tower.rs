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

use std::io;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

pub use dongle::{Dongle, Setup};
pub use faults::{Fault, Faults, Happening};
pub use memory::MOST_NODES;

use super::line::Lines;
use super::port::{Arrived, Port, PortError};
use crate::stop::Stop;

/// How often a closed port is looked at.
const CLOSED: Duration = Duration::from_millis(20);
/// A hub that does not read loses what does not fit here.
const UNREAD: usize = 64 * 1024;
/// The dongle is asked at least this often, so that its room does not take one big step.
const LONGEST_NAP: Duration = Duration::from_secs(1);

/// Why the line of the dongle ended.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// The pseudo terminal failed.
    #[error("the pseudo terminal failed: {0}")]
    Line(#[from] io::Error),
    /// It could not be plugged in again.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Plays the dongle until somebody asks to stop; what happens to it meanwhile comes through `happenings`.
pub async fn serve(
    port: Port,
    mut dongle: Dongle,
    mut happenings: mpsc::Receiver<Happening>,
    stop: &Stop,
) -> Result<(), LineError> {
    let start = Instant::now();
    let link = port.link().to_owned();
    let mut port = port;
    loop {
        dongle.power(start.elapsed());
        let Some(away) = speak(&mut port, &mut dongle, &mut happenings, start, stop).await? else {
            return Ok(());
        };
        tracing::info!("the dongle is unplugged");
        drop(port);
        tokio::select! {
            () = stop.requested() => return Ok(()),
            () = tokio::time::sleep(away) => {}
        }
        port = Port::create(&link)?;
        tracing::info!("the dongle is plugged in again");
    }
}

/// One life of the dongle, from its power until it is unplugged; how long it stays away, or nothing at the end.
async fn speak(
    port: &mut Port,
    dongle: &mut Dongle,
    happenings: &mut mpsc::Receiver<Happening>,
    start: Instant,
    stop: &Stop,
) -> io::Result<Option<Duration>> {
    let (mut lines, mut unsent, mut buffer) = (Lines::default(), Vec::new(), [0; 4096]);
    let mut is_open = false;
    loop {
        let at = start.elapsed();
        queue(&mut unsent, dongle.take(at));
        let nap = dongle.next_due().map_or(LONGEST_NAP, |due| due.saturating_sub(at).min(LONGEST_NAP));
        let arrived = tokio::select! {
            biased;
            () = stop.requested() => return Ok(None),
            Some(happening) = happenings.recv() => {
                if let Happening::Unplug(away) = happening {
                    return Ok(Some(away));
                }
                dongle.happen(start.elapsed(), happening);
                continue;
            }
            arrived = port.read(&mut buffer) => arrived?,
            written = port.write(&mut unsent), if !unsent.is_empty() => { written?; continue }
            () = tokio::time::sleep(nap) => continue,
        };
        match arrived {
            Arrived::Bytes(count) => {
                is_open = true;
                let at = start.elapsed();
                lines.feed(&buffer[..count], |line| hear(dongle, at, line));
            }
            Arrived::Opened => port.listen_again()?,
            Arrived::HungUp => {
                // The firmware does not see who holds the port: only what nobody reads is gone.
                if std::mem::take(&mut is_open) {
                    lines.reset();
                    port.discard();
                }
                unsent.clear();
                tokio::select! {
                    () = stop.requested() => return Ok(None),
                    () = tokio::time::sleep(CLOSED) => {}
                }
            }
        }
    }
}

fn hear(dongle: &mut Dongle, at: Duration, line: &[u8]) {
    if let Err(reason) = dongle.hear(at, line) {
        tracing::debug!(reason, line = %line.escape_ascii(), "dropped");
    }
}

/// Adds what was said; when the hub does not read, whole lines are lost.
fn queue(unsent: &mut Vec<u8>, said: Vec<Vec<u8>>) {
    for bytes in said {
        if unsent.len() + bytes.len() < UNREAD {
            unsent.extend_from_slice(&bytes);
        }
    }
}

#[cfg(test)]
mod tests;
