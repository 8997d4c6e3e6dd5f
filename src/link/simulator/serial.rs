//! The simulated bridge behind a pseudo terminal: bytes of the hub in, lines of the bridge out.
//!
//! As bc-bridge it waits for the handshake and drops in silence what its parser does not take. When the hub closes
//! the port, the bridge starts again as bc-bridge would; the room and the coils go on.

use std::convert::Infallible;
use std::io;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::faults::{Said, Simulator};
use super::line::{self, Lines};
use super::plugged::{Plugged, speak};
use super::port::Port;
use crate::stop::Stop;

/// Plays the bridge until somebody asks to stop.
pub async fn serve(port: &mut Port, simulator: Simulator, stop: &Stop) -> io::Result<()> {
    let mut bridge = OnLine { simulator, lines: Lines::default() };
    let (_, mut nothing) = mpsc::channel(1);
    speak(port, &mut bridge, &mut nothing, Instant::now(), stop).await.map(drop)
}

/// The bridge and what it has heard of a line.
struct OnLine {
    simulator: Simulator,
    lines: Lines,
}

impl Plugged for OnLine {
    type Happening = Infallible;

    const WAITS_FOR_THE_FIRST: bool = true;

    fn power(&mut self, _: Duration) {}

    fn opened(&mut self, _: Duration) {}

    fn closed(&mut self) {
        tracing::info!("the port was closed; the bridge starts again and waits for the handshake");
        self.simulator.restart();
        self.lines.reset();
    }

    fn hear(&mut self, at: Duration, bytes: &[u8]) {
        let simulator = &mut self.simulator;
        self.lines.feed(bytes, |line| hear(simulator, at, line));
    }

    fn take(&mut self, at: Duration) -> Vec<Vec<u8>> {
        let line = |said| {
            let mut line = match said {
                Said::Message(message) => message.to_text().into_bytes(),
                Said::Garbage(bytes) => bytes,
            };
            line.push(b'\n');
            line
        };
        self.simulator.take(at).into_iter().map(line).collect()
    }

    fn next_due(&self) -> Option<Duration> {
        self.simulator.next_due()
    }

    fn happen(&mut self, _: Duration, happening: Infallible) -> Option<Duration> {
        match happening {}
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
