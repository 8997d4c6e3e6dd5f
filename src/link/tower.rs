//! A link of kind `tower`: a HARDWARIO TOWER (BigClown) radio dongle, or a core module that is one, on a serial port.
//!
//! A [`Conversation`] on the port's [line](mod@line) asks who is there, and carries words both ways. Nodes appear as
//! devices, translated by their definition; beside that everything is said under the topics of bcg, the vendor's own
//! gateway, so that what was built for it goes on.
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

use super::line::{self, PortName, Speed, Wiring};
use super::ports::Roots;
use super::supervise::Session;
use crate::hub::LinkState;
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

/// One conversation, from opening the port to losing it; returns why it ended.
pub async fn session(config: Config, session: Session) -> LinkState {
    let (port, roots, write_within) = (&config.port, &config.roots, config.timing.write_within);
    let wiring = Wiring { port, speed: Speed::of(BAUD), roots, write_within, end: b"\n" };
    line::session(wiring, session, |handle, status, port| Conversation::new(handle, status, port, &config))
        .await
}
