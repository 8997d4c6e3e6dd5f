//! A link of kind `serial`: a bridge that speaks Clown.Talk lines on a serial port.
//!
//! A [`Conversation`] greets the device on its [line](mod@line), publishes what it says and writes the hub's commands.
//! What the lines mean is [`super::bridge`]'s business.

mod conversation;
mod greeting;

use std::time::Duration;

pub(super) use greeting::HANDSHAKE;

use super::line::{self, PortName, Speed, Wiring};
use super::{ports::Roots, supervise::Session};
use crate::hub::LinkState;
use conversation::Conversation;

/// What can be chosen about a serial link.
#[derive(Clone, Debug)]
pub struct Config {
    /// Which port.
    pub port: PortName,
    /// Bits per second.
    pub baud: u32,
    /// Where ports are looked up.
    pub roots: Roots,
    /// The link's patience.
    pub timing: Timing,
}

/// How long the link waits for what.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// Between two greetings of a device that has not answered.
    pub greet_every: Duration,
    /// From the last good word to the verdict `silent` or `unreadable`.
    pub silent_after: Duration,
    /// A device that answers is asked for a word when it was quiet for so long.
    pub quiet: Duration,
    /// For the device to take one line.
    pub write_within: Duration,
}

impl Config {
    /// A port of this system at 115,200 bits per second, the speed of every known bridge.
    pub fn new(port: PortName) -> Self {
        Self { port, baud: 115_200, roots: Roots::system(), timing: Timing::default() }
    }
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            greet_every: Duration::from_secs(1),
            silent_after: Duration::from_secs(5),
            quiet: Duration::from_secs(10),
            write_within: Duration::from_secs(1),
        }
    }
}

/// One conversation, from opening the port to losing it; returns why it ended.
pub async fn session(config: Config, session: Session) -> LinkState {
    let Config { port, baud, roots, timing } = &config;
    let write_within = timing.write_within;
    let wiring = Wiring { port, speed: Speed::of(*baud), roots, write_within, end: b"\n" };
    line::session(wiring, session, |handle, status, port| Conversation::new(handle, status, port, *timing))
        .await
}
