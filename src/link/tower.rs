//! A link of kind `tower`: a HARDWARIO TOWER (BigClown) radio dongle, or a core module that is one, on a serial port.
//!
//! One task opens the port, asks who is there, and carries words both ways until the port is lost or the hub stops;
//! [`super::supervise()`] then begins anew. Nodes appear as devices, translated by their definition; beside that
//! everything is said under the topics of bcg, the vendor's own gateway, so that what was built for it goes on.
//!
//! | file | what lives there |
//! | --- | --- |
//! | `word`, [`gateway`] | what a line is about; who the dongle is and what it is called |
//! | `startup`, `conversation` | what is asked first, and whether anybody answers; lines in and out |
//! | `spoken`, `devices`, `remember` | what the hub is told; nodes as devices, and what is known of them from before |
//! | [`nodes`], `alias`, `naming`, `claims` | the nodes, their names, and what can be commanded under those |
//! | `order`, `check`, `waiting` | commands: what the dongle would drop, and what answers them |
//! | `journal`, `radio` | the firmware's log; what the RADIO page shows |

mod alias;
mod check;
mod claims;
mod conversation;
mod devices;
pub mod gateway;
mod journal;
mod naming;
pub mod nodes;
mod order;
mod radio;
mod remember;
mod spoken;
mod startup;
mod waiting;
mod word;

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::ports::Roots;
use super::serial::{Outbox, Port, PortName};
use super::supervise::Session;
use crate::hub::{LinkState, Now, Phase};
use crate::talk::LineDecoder;
use conversation::Conversation;

/// The speed of every dongle; the port is 8N1 without flow control.
pub const BAUD: u32 = 115_200;

/// What can be chosen about a link to a dongle.
#[derive(Clone, Debug)]
pub struct Config {
    /// Which port.
    pub port: PortName,
    /// Where ports are looked up.
    pub roots: Roots,
    /// How names are given.
    pub naming: Naming,
    /// The link's patience.
    pub timing: Timing,
}

/// How gateway and nodes get their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Naming {
    /// What the gateway is called; none takes it from its firmware. `{id}` is its id.
    pub gateway: Option<String>,
    /// Whether a node without a name gets one after its firmware, stored in the dongle.
    pub automatic: bool,
    /// Ids of nodes and their names, whatever the dongle has stored.
    pub fixed: Vec<(String, String)>,
}

/// How long the link waits for what.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// Between two questions of which the first was not answered.
    pub ask_every: Duration,
    /// From the last word to the verdict `silent`.
    pub silent_after: Duration,
    /// A dongle that was quiet for so long is asked whether it lives.
    pub quiet: Duration,
    /// For the dongle to take one line.
    pub write_within: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            ask_every: Duration::from_secs(1),
            silent_after: Duration::from_secs(5),
            quiet: Duration::from_secs(60),
            write_within: Duration::from_secs(1),
        }
    }
}

impl Config {
    /// A port of this system, with the names bcg would give.
    pub fn new(port: PortName) -> Self {
        let naming = Naming { automatic: true, ..Naming::default() };
        Self { port, roots: Roots::system(), naming, timing: Timing::default() }
    }
}

/// What is read in one pass.
const BUFFER: usize = 16 * 1024;

/// One conversation, from opening the port to losing it; returns why it ended.
pub async fn session(config: Config, session: Session) -> LinkState {
    let port = match Port::open(&config.port, BAUD, &config.roots).await {
        Ok(port) => port,
        Err(trouble) => return trouble.state(),
    };
    let Session { handle, status, mut commands, stop } = session;
    let mut talk = Conversation::new(handle.clone(), status, port.path(), &config);
    let mut outbox = Outbox::new(handle, config.timing.write_within);
    let mut decoder = LineDecoder::default();
    let mut buffer = vec![0; BUFFER];
    let stopping = stop.requested();
    let alarm = sleep_until(Instant::now());
    tokio::pin!(stopping, alarm);
    let ended = loop {
        // Here and not only by the alarm, which a flood of lines would keep from its turn.
        outbox.expire(Now::now(), &port);
        talk.speak(Now::now(), &mut outbox);
        let wake = outbox.due().map_or(talk.due(), |due| due.min(talk.due()));
        if alarm.deadline() != Instant::from_std(wake) {
            alarm.as_mut().reset(Instant::from_std(wake));
        }
        tokio::select! {
            biased;
            () = &mut stopping => break LinkState::not_up(Phase::Down, "stopped", "the link was stopped", ""),
            Some(command) = commands.recv(), if outbox.is_empty() => talk.command(Now::now(), command),
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
    talk.end(Now::now(), decoder.reset());
    ended
}
