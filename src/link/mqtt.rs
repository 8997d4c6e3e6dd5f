//! A link of kind `mqtt`: any broker, in MQTT 3.1.1 or 5, over TCP, TLS or a Unix socket.
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`address`] | where the broker is |
//! | [`login`], [`tls`] | who we are, and whom we believe |
//! | [`leaks`] | what could give a secret away |
//! | [`client`] | one connection: messages out, events in |
//! | [`failure`] | why a connection ended, and the way out |
//! | [`flow`] | what goes where |
//! | [`session`] | the link's life: connect, speak, good-bye, rest |
//! | [`war`] | two clients with one client id |

pub mod address;
pub mod client;
pub mod failure;
pub mod flow;
pub mod guest;
pub mod leaks;
pub mod login;
mod session;
pub mod tls;
mod war;

use std::path::PathBuf;
use std::time::Duration;

use sha2::{Digest, Sha256};

pub use address::Address;
pub use session::run;

use crate::device::dialect::Settings;
use crate::talk::Topic;
use flow::routes::Route;

/// How often a silent connection is asked whether it lives, if nothing else is said: a broken one is noticed within 41 s.
pub const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// What can be chosen about an MQTT link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where the broker is.
    pub address: Address,
    /// The language spoken; none tries 5 first and 3.1.1 for a broker that does not know it.
    pub version: Option<Version>,
    /// User name and password.
    pub login: login::Source,
    /// Certificates.
    pub tls: tls::Files,
    /// What the broker knows us by; two clients with the same name throw each other out.
    pub client_id: String,
    /// How often a silent connection is asked whether it lives.
    pub keep_alive: Duration,
    /// What goes which way.
    pub topics: Vec<Route>,
    /// Bases of devices besides those that are recognised.
    pub bases: Vec<Topic>,
    /// Whether the broker keeps what the hub publishes.
    pub retain: bool,
    /// Dialects in which devices may announce themselves.
    pub discovery: Settings,
    /// Who we are to other hubs and people.
    pub hub: HubName,
    /// The data folder, for what the link has to remember; none remembers nothing.
    pub folder: Option<PathBuf>,
    /// The link's patience.
    pub timing: Timing,
}

/// How long the link waits for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// The longest usual pause: a broker that comes back after ten minutes is found within half of one.
    pub pause: Duration,
    /// The pause where a quick retry does harm, less up to a quarter by chance.
    pub patience: Duration,
    /// A connection that lived so long was a good one: the next failure is a first one.
    pub good: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            pause: Duration::from_secs(20),
            // Never under a minute.
            patience: Duration::from_secs(80),
            good: Duration::from_secs(10),
        }
    }
}

/// Which hub this is, on a broker it shares with others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubName {
    /// Eight hexadecimal digits, by chance, the same for the hub's whole life.
    pub id: String,
    /// The name of this machine, for people.
    pub host: String,
}

impl HubName {
    /// The client id of a link: 23 characters, which every broker has to accept.
    pub fn client_id(&self, link: &str) -> String {
        let hash = Sha256::digest(link.as_bytes());
        format!("clown-hub-{}-{:02x}{:02x}", self.id, hash[0], hash[1])
    }
}

/// The language spoken with a broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// MQTT 3.1.1.
    V4,
    /// MQTT 5.
    V5,
}

impl Version {
    /// The version as people write it.
    pub fn word(self) -> &'static str {
        match self {
            Self::V4 => "3.1.1",
            Self::V5 => "5",
        }
    }

    /// The one to try when this one is not understood.
    pub fn other(self) -> Self {
        match self {
            Self::V4 => Self::V5,
            Self::V5 => Self::V4,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_ids_differ_by_hub_and_link_and_fit_every_broker() {
        let hub = |id: &str| HubName { id: id.into(), host: "pi".into() };
        let id = hub("0badcafe").client_id("home");
        assert_eq!(id.len(), 23);
        assert_eq!(id, hub("0badcafe").client_id("home"));
        assert_ne!(id, hub("0badcafe").client_id("cloud"));
        assert_ne!(id, hub("0badcaff").client_id("home"));
    }
}
