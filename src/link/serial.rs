//! A link of kind `serial`: a bridge that speaks Clown.Talk lines on a serial port.
//!
//! [`session`] opens the [`Port`], greets the device, publishes what it says and writes the hub's commands, until the
//! port is lost or the hub stops; [`super::supervise()`] then begins anew. One task does both directions, so a device
//! that does not read holds up its own commands and nothing else. Lines are [`super::bridge`]'s business.

mod conversation;
mod greeting;
mod outbox;
mod port;
mod port_name;
mod probe;
mod tally;
mod trouble;

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

pub(super) use outbox::Outbox;
pub use port::Port;
pub use port_name::PortName;
pub use probe::{Found, Probed, probe};
pub(super) use tally::Tally;
pub use trouble::Trouble;

use super::{ports::Roots, supervise::Session};
use crate::{
    hub::{LinkState, Now, Phase},
    talk::LineDecoder,
};
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

/// What is read in one pass: four times what a terminal gives at once.
const BUFFER: usize = 16 * 1024;

/// One conversation, from opening the port to losing it; returns why it ended.
pub async fn session(config: Config, session: Session) -> LinkState {
    let port = match Port::open(&config.port, config.baud, &config.roots).await {
        Ok(port) => port,
        Err(trouble) => return trouble.state(),
    };
    let Session { handle, status, mut commands, stop } = session;
    let mut talk = Conversation::new(handle.clone(), status, &port, config.timing);
    let mut outbox = Outbox::new(handle, config.timing.write_within);
    let mut decoder = LineDecoder::default();
    let mut buffer = vec![0; BUFFER];
    let stopping = stop.requested();
    let alarm = sleep_until(Instant::now());
    tokio::pin!(stopping, alarm);
    let ended = loop {
        // Here and not only by the alarm, which a flood of lines from the device would keep from its turn.
        outbox.expire(Now::now(), &port);
        talk.speak(Now::now(), &mut outbox);
        let wake = outbox.due().map_or(talk.due(), |due| due.min(talk.due()));
        if alarm.deadline() != Instant::from_std(wake) {
            alarm.as_mut().reset(Instant::from_std(wake));
        }
        tokio::select! {
            biased;
            () = &mut stopping => break LinkState::not_up(Phase::Down, "stopped", "the link was stopped", ""),
            Some(command) = commands.recv(), if outbox.is_empty() => {
                talk.command(Now::now(), command, &mut outbox);
            }
            written = port.write(outbox.bytes()), if !outbox.is_empty() => match written {
                Ok(count) => outbox.wrote(Now::now(), count),
                Err(error) => break port.lost(&error).state(),
            },
            read = port.read(&mut buffer) => match read {
                Ok(0) => break port.unplugged().state(),
                Ok(count) => {
                    let now = Now::now();
                    decoder.feed(&buffer[..count], |line| talk.hear(now, line));
                    talk.took(now, &decoder);
                }
                Err(error) => break port.lost(&error).state(),
            },
            () = &mut alarm => {}
        }
    };
    outbox.give_up(Now::now(), &ended);
    talk.end(decoder.reset());
    ended
}
