//! A link of kind `mqtt`: any broker, in MQTT 3.1.1 or 5, over TCP, TLS or a Unix socket.
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`address`] | where the broker is |
//! | [`login`], [`tls`] | who we are, and whom we believe |
//! | [`client`] | one connection: messages out, events in |
//! | [`failure`] | why a connection ended, and the way out |
//! | [`flow`] | what goes where |

pub mod address;
pub mod client;
pub mod failure;
pub mod flow;
pub mod login;
pub mod tls;

use std::time::Duration;

pub use address::Address;

use crate::talk::Topic;

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
    /// What is passed in which direction, a line of words each.
    pub topics: Vec<String>,
    /// Bases of devices besides those that are recognised.
    pub bases: Vec<Topic>,
    /// Whether the broker keeps what the hub publishes.
    pub retain: bool,
    /// The hub's own id, eight hexadecimal digits.
    pub hub: String,
    /// The name of this machine, for people.
    pub host: String,
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
}
