//! The simulated bridge behind a pseudo terminal: bytes of the hub in, lines of the bridge out.
//!
//! As bc-bridge it waits for the handshake and drops in silence what its parser does not take. When the hub closes
//! the port, the bridge starts again as bc-bridge would; the room and the coils go on.

use std::io;
use std::time::{Duration, Instant};

use super::faults::{Said, Simulator};
use super::line::{self, Lines};
use super::port::{Arrived, Port};
use crate::stop::Stop;

/// How often a closed port is looked at.
const CLOSED: Duration = Duration::from_millis(20);
/// A hub that does not read loses what does not fit here.
const UNREAD: usize = 64 * 1024;
/// The bridge is asked at least this often, so that its room does not take one big step.
const LONGEST_NAP: Duration = Duration::from_secs(1);

/// Plays the bridge until somebody asks to stop.
pub async fn serve(port: &mut Port, mut simulator: Simulator, stop: &Stop) -> io::Result<()> {
    let start = Instant::now();
    let mut lines = Lines::default();
    let mut unsent = Vec::new();
    let mut open = false;
    let mut buffer = [0; 4096];
    loop {
        let at = start.elapsed();
        queue(&mut unsent, simulator.take(at));
        let nap = simulator.next_due().map_or(LONGEST_NAP, |due| due.saturating_sub(at).min(LONGEST_NAP));
        let arrived = tokio::select! {
            biased;
            () = stop.requested() => return Ok(()),
            arrived = port.read(&mut buffer) => arrived?,
            written = port.write(&mut unsent), if !unsent.is_empty() => { written?; continue }
            () = tokio::time::sleep(nap) => continue,
        };
        match arrived {
            Arrived::Bytes(count) => {
                open = true;
                let at = start.elapsed();
                lines.feed(&buffer[..count], |line| hear(&mut simulator, at, line));
            }
            Arrived::Opened => port.listen_again()?,
            Arrived::HungUp => {
                if std::mem::take(&mut open) {
                    tracing::info!(
                        "the port was closed; the bridge starts again and waits for the handshake"
                    );
                    simulator.restart();
                    lines.reset();
                    unsent.clear();
                    port.discard();
                }
                tokio::select! {
                    () = stop.requested() => return Ok(()),
                    () = tokio::time::sleep(CLOSED) => {}
                }
            }
        }
    }
}

fn hear(simulator: &mut Simulator, at: Duration, line: &[u8]) {
    match line::parse(line) {
        Ok(message) => {
            tracing::debug!(%message, "heard");
            if let Some(refused) = simulator.hear(at, &message) {
                tracing::debug!(%message, reason = refused.reason, "ignored");
            }
        }
        Err(reason) => tracing::debug!(reason, line = %line.escape_ascii(), "dropped"),
    }
}

/// Adds what was said; when the hub does not read, whole lines are lost, never halves.
fn queue(unsent: &mut Vec<u8>, said: Vec<Said>) {
    for said in said {
        let line = match said {
            Said::Message(message) => message.to_text().into_bytes(),
            Said::Garbage(bytes) => bytes,
        };
        if unsent.len() + line.len() < UNREAD {
            unsent.extend_from_slice(&line);
            unsent.push(b'\n');
        }
    }
}
