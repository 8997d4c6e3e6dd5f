//! An open port and who is on it: what every conversation with wired devices has.

use std::sync::Arc;

use tokio::sync::watch;

use super::known::Known;
use super::told::Told;
use super::{Config, Turn};
use crate::device::catalog::Catalog;
use crate::hub::{LinkHandle, LinkState, Now};
use crate::link::line::Port;
use crate::link::status::Status;

/// Where a conversation takes place.
pub struct Site {
    /// What the hub is told.
    pub told: Told,
    /// How the link is used.
    pub config: Config,
    /// Who is on the line.
    pub known: Known,
    /// Which of several speeds comes next.
    pub turn: Turn,
    /// The port, for people.
    pub path: String,
    /// Its speed in bits per second.
    pub baud: u32,
    /// Something came since the last word that is none.
    pub is_noisy: bool,
    /// Why the port is closed though it is there.
    pub over: Option<LinkState>,
    status: Status,
    catalog: watch::Receiver<Arc<Catalog>>,
    /// What was told while the link was up: which units were away.
    away: Option<Vec<u8>>,
}

impl Site {
    /// A port that was opened just now.
    pub fn new(
        handle: LinkHandle,
        status: Status,
        port: &Port,
        config: &Config,
        known: Known,
        turn: Turn,
    ) -> Self {
        let mut catalog = handle.catalog();
        catalog.mark_unchanged();
        Self {
            told: Told::new(Now::now(), handle, &known),
            config: config.clone(),
            known,
            turn,
            path: port.path().display().to_string(),
            baud: port.baud(),
            is_noisy: false,
            over: None,
            status,
            catalog,
            away: None,
        }
    }

    /// Ends the conversation if other definitions are in force.
    pub fn renew(&mut self) {
        if self.catalog.has_changed().unwrap_or(false) {
            let catalog = self.catalog.borrow_and_update().clone();
            self.over = self.known.differs(&self.config, &catalog).or(self.over.take());
        }
    }

    /// Whether the link is up as it was told to be last, with these units away: there is nothing new to tell.
    pub fn is_told(&mut self, away: Option<Vec<u8>>) -> bool {
        let is_told = away.is_some() && self.away == away;
        self.away = away;
        is_told
    }

    /// Tells how the link is.
    pub fn tell(&self, now: Now, state: LinkState) {
        self.status.set(now, state);
    }

    /// Whether one of several speeds may be the wrong one.
    pub fn tries_speeds(&self) -> bool {
        self.config.baud.is_none() && self.known.bauds.len() > 1
    }
}
