//! What a USB device says of itself, read from the folder in sysfs that bears its ids.

use std::{fmt, fs, path::Path};

use serde::{Serialize, Serializer};

/// The descriptors of the USB device behind a port.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct Usb {
    /// The vendor's number.
    #[serde(serialize_with = "hex")]
    pub vendor_id: u16,
    /// The product's number.
    #[serde(serialize_with = "hex")]
    pub product_id: u16,
    /// The vendor's name.
    pub vendor: Option<String>,
    /// The product's name.
    pub product: Option<String>,
    /// The serial number of this very device.
    pub serial: Option<String>,
}

impl fmt::Display for Usb {
    /// `VID:PID` or `VID:PID:serial`, as the configuration takes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04x}:{:04x}", self.vendor_id, self.product_id)?;
        self.serial.as_ref().map_or(Ok(()), |serial| write!(f, ":{serial}"))
    }
}

/// The USB device that a device folder of sysfs belongs to: itself or one of the folders above.
pub(super) fn of(device: &Path) -> Option<Usb> {
    let folder = device.ancestors().find(|folder| folder.join("idVendor").exists())?;
    let number = |name| u16::from_str_radix(&text(folder, name)?, 16).ok();
    Some(Usb {
        vendor_id: number("idVendor")?,
        product_id: number("idProduct")?,
        vendor: text(folder, "manufacturer"),
        product: text(folder, "product"),
        serial: text(folder, "serial"),
    })
}

/// Descriptors are written by strangers: blanks around them and control characters go.
fn text(folder: &Path, name: &str) -> Option<String> {
    let bytes = fs::read(folder.join(name)).ok()?;
    let text: String = String::from_utf8_lossy(&bytes).chars().filter(|c| !c.is_control()).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn hex<S: Serializer>(number: &u16, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&format_args!("{number:04x}"))
}
