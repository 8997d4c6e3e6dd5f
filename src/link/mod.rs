//! How the world speaks: one file per transport.
//!
//! A link brings messages to the hub and carries its commands out; [`supervise()`] keeps each running and says how it
//! is under `$hub/link/<name>`. Links know nothing of each other.
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`serial`] | a bridge on a serial port |
//! | [`bridge`] | the dialect such a bridge understands |
//! | [`line`](mod@line), [`ports`], [`probe`](mod@probe) | a serial port and its loop; which there are; who is on it |
//! | [`tower`] | a HARDWARIO TOWER radio dongle on a serial port |
//! | [`wired`] | meters, sensors and boards on a serial line, by their definitions |
//! | [`mqtt`] | any MQTT broker |
//! | [`simulator`] | a bridge that exists only here |
//! | [`status`], [`backoff`], [`supervise`](mod@supervise), [`ending`] | what all links share |

pub mod backoff;
pub mod bridge;
pub mod ending;
pub mod line;
pub mod mqtt;
pub mod ports;
pub mod probe;
pub mod serial;
pub mod simulator;
pub mod status;
pub mod supervise;
pub mod tower;
pub mod wired;

use tokio::sync::mpsc;

pub use supervise::supervise;

use crate::{
    hub::{LinkHandle, Outgoing},
    stop::Stop,
};

/// The kinds of links and what each needs.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A bridge on a serial port.
    Serial(serial::Config),
    /// A radio dongle on a serial port.
    Tower(tower::Config),
    /// Devices on a serial line that definitions know.
    Wired(wired::Config),
    /// A bridge that exists only here.
    Simulator(simulator::Config),
    /// A broker.
    Mqtt(Box<mqtt::Config>),
}

impl Kind {
    /// The word for it, in the configuration and in `$hub/link/<name>`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Serial(_) => "serial",
            Self::Tower(_) => "tower",
            Self::Wired(_) => "wired",
            Self::Simulator(_) => "simulator",
            Self::Mqtt(_) => "mqtt",
        }
    }

    /// Runs the link until `stop`.
    pub async fn run(self, handle: LinkHandle, commands: mpsc::Receiver<Outgoing>, stop: Stop) {
        // Every kind runs under supervision.
        match self {
            Self::Serial(config) => {
                supervise(handle, commands, stop, move |session| serial::session(config.clone(), session))
                    .await;
            }
            Self::Tower(config) => {
                supervise(handle, commands, stop, move |session| tower::session(config.clone(), session))
                    .await;
            }
            Self::Wired(config) => {
                let turn = wired::Turn::default();
                let begin = move |session| wired::session(config.clone(), turn.clone(), session);
                supervise(handle, commands, stop, begin).await;
            }
            Self::Simulator(config) => simulator::run(config, handle, commands, stop).await,
            Self::Mqtt(config) => mqtt::run(*config, handle, commands, stop).await,
        }
    }
}
