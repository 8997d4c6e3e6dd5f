//! A link of kind `wired`: devices on a serial line that definitions know, as a meter, a sensor or a relay board.
//!
//! What stands on the line is told by the definitions it is to be heard with: lines, telegrams or frames are
//! [`spoken`], units of Modbus are asked in turn on a [`bus`]. Either is a talk on the port's [line](mod@line), and
//! [`told`] is what both of them tell the hub.
//!
//! | file | what lives there |
//! | --- | --- |
//! | `site` | an open port and who is on it |
//! | [`known`] | which definitions are meant, and what they say of the port |
//! | [`told`] | devices and commands, as the hub sees them |
//! | [`spoken`], `ears`, `questions` | devices that speak, by themselves or when they are asked |
//! | `board` | a board that speaks Firmata: its pins are set up, and asked |
//! | [`bus`], `units` | units of Modbus, each with its own patience |

mod board;
pub mod bus;
pub(super) mod ears;
pub mod known;
mod questions;
mod site;
pub mod spoken;
pub mod told;
mod units;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::line::{self, PortName, Speech, Speed, Wiring};
use super::ports::Roots;
use super::supervise::Session;
use crate::device::profile::serial::Settings;
use crate::hub::LinkState;
use bus::Bus;
use known::Known;
use site::Site;
use spoken::Spoken;

/// What can be chosen about a link to wired devices.
#[derive(Clone, Debug)]
pub struct Config {
    /// Which port.
    pub port: PortName,
    /// Who is on the line.
    pub speaks: Vec<Speaks>,
    /// Bits per second; none takes it from the definition.
    pub baud: Option<u32>,
    /// What a character is made of; none takes it from the definition.
    pub settings: Option<Settings>,
    /// Where ports are looked up.
    pub roots: Roots,
    /// The link's patience.
    pub timing: Timing,
}

impl Config {
    /// Whether its units are reached by Modbus TCP.
    fn is_tcp(&self) -> bool {
        matches!(&self.port, PortName::Server(server) if server.speech == Speech::Modbus)
    }
}

/// A device, or devices of one kind, on the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Speaks {
    /// Which unit of a Modbus it is; none is the usual one of its definition.
    pub unit: Option<u8>,
    /// The id of its definition, `eastron/sdm230`.
    pub definition: String,
}

impl Speaks {
    /// Reads `victron/mppt` or `1 eastron/sdm230`; otherwise perhaps says what is wrong.
    pub fn parse(text: &str) -> Result<Self, Option<String>> {
        let (unit, definition) = match text.split_once(' ') {
            Some((unit, definition)) => (Some(unit), definition.trim_start()),
            None => (None, text),
        };
        let unit = unit.map(|unit| {
            let number = unit.parse::<u8>().ok().filter(|unit| (1..=247).contains(unit));
            let is_number = unit.bytes().all(|byte| byte.is_ascii_digit());
            number.ok_or_else(|| is_number.then(|| "a unit of Modbus has a number from 1 to 247".to_owned()))
        });
        let is_id = definition.split('/').count() == 2
            && !definition.contains(char::is_whitespace)
            && definition.split('/').all(|part| !part.is_empty());
        if !is_id {
            return Err(None);
        }
        Ok(Self { unit: unit.transpose()?, definition: definition.to_owned() })
    }
}

/// How long the link waits for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// For an answer, on top of the time that its bytes need on the line.
    pub answer: Duration,
    /// From the last word to the verdict that nobody is there, if the definition does not say how often it speaks.
    pub silent_after: Duration,
    /// For the device to take what is written.
    pub write_within: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            answer: Duration::from_millis(500),
            silent_after: Duration::from_secs(30),
            write_within: Duration::from_secs(1),
        }
    }
}

impl Config {
    /// A port of this system, as the definitions say it is used.
    pub fn new(port: PortName, speaks: Vec<Speaks>) -> Self {
        let (roots, timing) = (Roots::system(), Timing::default());
        Self { port, speaks, baud: None, settings: None, roots, timing }
    }
}

/// Which of the speeds that a device may have comes next; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Turn(Arc<AtomicUsize>);

impl Turn {
    /// The one whose turn it is, among `all`.
    fn of(&self, all: &[u32]) -> Option<u32> {
        let count = all.len().max(1);
        all.get(self.0.load(Ordering::Relaxed) % count).copied()
    }

    /// Whether no other one was tried yet.
    fn is_first(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }

    /// Nobody was understood at this one.
    fn next(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// One conversation, from opening the port to losing it; returns why it ended.
pub async fn session(config: Config, turn: Turn, session: Session) -> LinkState {
    let catalog = session.handle.catalog();
    let found = Known::of(&config, &catalog.borrow());
    let known = match found {
        Ok(known) => known,
        Err(unfit) => return unfit.state(),
    };
    let baud = config.baud.or_else(|| turn.of(&known.bauds)).unwrap_or(known::USUAL_BAUD);
    let speed = Speed { baud, settings: known.settings };
    let Config { port, roots, timing, .. } = &config;
    let wiring = Wiring { port, speed, roots, write_within: timing.write_within, end: b"" };
    if known.is_bus {
        line::session(wiring, session, |handle, status, port| {
            Bus::new(Site::new(handle, status, port, &config, known, turn))
        })
        .await
    } else {
        line::session(wiring, session, |handle, status, port| {
            Spoken::new(Site::new(handle, status, port, &config, known, turn))
        })
        .await
    }
}
