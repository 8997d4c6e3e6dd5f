//! Why a port cannot be used, with the way out: one code per cause.

use std::path::{Path, PathBuf};

use crate::{
    hub::{LinkState, Phase},
    link::ports::Holder,
};

/// What is wrong with a port.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// No such device.
    #[error("{port} is not there")]
    Missing {
        /// What was looked for.
        port: String,
        /// The by-id names that do exist.
        there: Vec<PathBuf>,
    },
    /// Several devices fit.
    #[error("{port} is not one device but {}", paths(.found))]
    Ambiguous {
        /// What was looked for.
        port: String,
        /// What fits.
        found: Vec<PathBuf>,
    },
    /// Another program has it.
    #[error("{} is in use by {}", .path.display(), names(.holders))]
    Busy {
        /// The port.
        path: PathBuf,
        /// Who has it, as far as that can be seen.
        holders: Vec<Holder>,
    },
    /// We may not.
    #[error("no permission to use {}", .path.display())]
    Forbidden {
        /// The port.
        path: PathBuf,
        /// How to get the permission.
        hint: String,
    },
    /// It was there and is gone.
    #[error("{} was unplugged", .path.display())]
    Unplugged {
        /// The port.
        path: PathBuf,
    },
    /// There is no way to a port of another machine, or no more.
    #[error("{server} cannot be reached: {reason}")]
    Server {
        /// The server.
        server: String,
        /// What is the matter.
        code: &'static str,
        /// The system's word.
        reason: String,
    },
    /// The system said no.
    #[error("{} cannot be used: {reason}", .path.display())]
    Refused {
        /// The port.
        path: PathBuf,
        /// The system's word.
        reason: String,
    },
}

impl Trouble {
    /// A word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "missing",
            Self::Busy { .. } => "busy",
            Self::Forbidden { .. } => "forbidden",
            Self::Unplugged { .. } => "unplugged",
            Self::Server { code, .. } => code,
            Self::Ambiguous { .. } | Self::Refused { .. } => "refused",
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Missing { there, .. } if there.is_empty() => {
                "plug the device in; no USB serial port is there now (clown-hub ports lists them)".to_owned()
            }
            Self::Missing { there, .. } => format!("plug the device in, or use one of {}", paths(there)),
            Self::Ambiguous { .. } => {
                "add the serial number, usb = \"VID:PID:serial\"; clown-hub ports shows it".to_owned()
            }
            Self::Busy { .. } => "end that program, or give the hub another port".to_owned(),
            Self::Forbidden { hint, .. } => hint.clone(),
            Self::Unplugged { .. } => "plug it in again; the hub goes on by itself".to_owned(),
            Self::Server { .. } => {
                "check the address, and whether the server runs and lets this machine in".to_owned()
            }
            Self::Refused { .. } => "check its name and speed; clown-hub ports lists the ports".to_owned(),
        }
    }

    /// The state of a link with this trouble. All of them may pass, so it is tried again.
    pub fn state(&self) -> LinkState {
        LinkState::not_up(Phase::Waiting, self.code(), self.to_string(), self.hint())
    }
}

fn paths(paths: &[PathBuf]) -> String {
    let paths: Vec<String> = paths.iter().map(|path: &PathBuf| Path::display(path).to_string()).collect();
    paths.join(", ")
}

fn names(holders: &[Holder]) -> String {
    if holders.is_empty() {
        return "another program".to_owned();
    }
    let names: Vec<String> = holders.iter().map(ToString::to_string).collect();
    names.join(", ")
}
