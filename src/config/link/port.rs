//! Which port a link is on: a path, a USB device, or a port of another machine.

use std::path::PathBuf;

use toml_edit::Value;

use super::{Port, Taken};
use crate::link::line::{Server, Speech};
use crate::sheet::{Section, Typed, quoted};

/// `device` or `usb`.
pub(super) fn port(section: &Section<'_>, taken: &mut Taken) -> Option<Port> {
    let device = section.maybe::<Device>("device");
    let usb = section.maybe::<Usb>("usb");
    match (device, usb) {
        (Some(Device(device)), None) => {
            taken.claim(section, "device", device.to_string());
            Some(device)
        }
        (None, Some(usb)) => {
            taken.claim(section, "usb", usb.show());
            Some(usb.0)
        }
        (Some(_), Some(_)) => {
            let hint = "keep `usb` if the port may change its name, `device` otherwise";
            section.fault(
                "usb",
                "found beside `device`".into(),
                "one of `device` and `usb`".into(),
                Some(hint.into()),
            );
            None
        }
        (None, None) => {
            if !section.has("device") && !section.has("usb") {
                let hint = "`clown-hub ports` lists what is plugged in";
                section.fault("device", "is missing".into(), "`device` or `usb`".into(), Some(hint.into()));
            }
            None
        }
    }
}

/// Whether lines can be spoken there: Modbus TCP carries nothing else.
pub(super) fn is_line(section: &Section<'_>, port: &Port) -> bool {
    let is_line = !matches!(port, Port::Server(server) if server.speech == Speech::Modbus);
    if !is_line {
        let hint = "kind = \"wired\" is for units of Modbus; use tcp:// or rfc2217:// otherwise";
        let found = quoted(&port.to_string());
        section.fault("device", found, "a port that carries lines".into(), Some(hint.into()));
    }
    is_line
}

/// A path, or an address on the network.
struct Device(Port);

impl Typed for Device {
    const ALLOWED: &'static str =
        r#"a path in quotes, or "tcp://HOST:PORT", "rfc2217://HOST:PORT", "modbus://HOST:PORT""#;

    fn read(value: &Value) -> Result<Self, Option<String>> {
        let text = value.as_str().ok_or(None)?;
        if Server::is_meant(text) {
            return Server::parse(text).map(|server| Self(Port::Server(server))).ok_or(None);
        }
        PathBuf::read(value).map(|path| Self(Port::Path(path)))
    }

    fn show(&self) -> String {
        show_port(&self.0)
    }
}

/// `VID:PID` or `VID:PID:SERIAL`.
struct Usb(Port);

impl Typed for Usb {
    const ALLOWED: &'static str =
        r#""VID:PID" or "VID:PID:SERIAL" with four hexadecimal digits each, such as "0403:6015""#;

    fn read(value: &Value) -> Result<Self, Option<String>> {
        let text = value.as_str().ok_or(None)?;
        let hint = || {
            text.ends_with(':')
                .then(|| "leave out the last colon if the serial number does not matter".into())
        };
        Port::usb(text).map(Self).ok_or_else(hint)
    }

    fn show(&self) -> String {
        show_port(&self.0)
    }
}

/// The port as the file names it.
pub fn show_port(port: &Port) -> String {
    match port {
        Port::Path(path) => path.show(),
        Port::Server(server) => quoted(&server.to_string()),
        Port::Usb { vendor, product, serial } => {
            let serial = serial.as_ref().map(|serial| format!(":{serial}")).unwrap_or_default();
            quoted(&format!("{vendor:04x}:{product:04x}{serial}"))
        }
    }
}
