//! How a port is named in the configuration, and which device node that is now.

use std::{fmt, path::PathBuf};

use super::server::Server;
use super::trouble::Trouble;
use crate::link::ports::{self, Roots};

/// A port that is found again after it was unplugged.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PortName {
    /// A path; best one under `/dev/serial/by-id`.
    Path(PathBuf),
    /// The USB device itself, whatever number it got.
    Usb {
        /// The vendor's number.
        vendor: u16,
        /// The product's number.
        product: u16,
        /// The serial number, needed when two of a kind are plugged in.
        serial: Option<String>,
    },
    /// A port of another machine.
    Server(Server),
}

impl PortName {
    /// Reads a path, `usb:VID:PID`, `usb:VID:PID:SERIAL`, or the address of a port of another machine.
    pub fn parse(text: &str) -> Result<Self, String> {
        let server = "write tcp://HOST:PORT, rfc2217://HOST:PORT or modbus://HOST:PORT";
        match text.strip_prefix("usb:") {
            Some(id) => Self::usb(id).ok_or_else(|| "write usb:VID:PID or usb:VID:PID:SERIAL".into()),
            None if Server::is_meant(text) => {
                Server::parse(text).map(Self::Server).ok_or_else(|| server.to_owned())
            }
            None => Ok(Self::Path(text.into())),
        }
    }

    /// Reads `VID:PID` or `VID:PID:SERIAL`.
    pub fn usb(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, ':');
        let mut id = || {
            let text = parts.next()?;
            let is_id = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
            is_id.then(|| u16::from_str_radix(text, 16).ok())?
        };
        let (vendor, product) = (id()?, id()?);
        let serial = parts.next().map(str::to_owned);
        if serial.as_deref() == Some("") { None } else { Some(Self::Usb { vendor, product, serial }) }
    }

    /// The device node it means at this moment.
    pub fn resolve(&self, roots: &Roots) -> Result<PathBuf, Trouble> {
        match self {
            Self::Path(path) if path.exists() => Ok(path.clone()),
            Self::Path(_) | Self::Server(_) => Err(self.missing(roots)),
            Self::Usb { vendor, product, serial } => {
                let mut found = ports::of_usb(roots, *vendor, *product, serial.as_deref());
                match found.len() {
                    0 => Err(self.missing(roots)),
                    1 => Ok(found.remove(0)),
                    _ => Err(Trouble::Ambiguous { port: self.to_string(), found }),
                }
            }
        }
    }

    /// The trouble of a port that is not there.
    pub fn missing(&self, roots: &Roots) -> Trouble {
        Trouble::Missing { port: self.to_string(), there: ports::by_id_names(roots) }
    }
}

impl fmt::Display for PortName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.display().fmt(f),
            Self::Server(server) => server.fmt(f),
            Self::Usb { vendor, product, serial } => {
                write!(f, "USB device {vendor:04x}:{product:04x}")?;
                serial.as_ref().map_or(Ok(()), |serial| write!(f, ":{serial}"))
            }
        }
    }
}
