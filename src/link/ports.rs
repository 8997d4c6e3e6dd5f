//! Which serial ports there are: what sysfs knows of each, whether we may use it and who holds it.
//!
//! Everything is read from files ([`Roots`]), so nothing foreign is linked and a test brings its own tree. Looking
//! never opens a port, because opening one moves its DTR and RTS lines and restarts some boards. A port given by
//! path – a pseudo-terminal, a link of udev – is described the same way, with less to say.

mod access;
mod holder;
mod usb;

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::Serialize;

pub use access::{Access, way_in};
pub use holder::{Holder, holders};
pub use usb::Usb;

/// Where the kernel's facts are read.
#[derive(Clone, Debug)]
pub struct Roots {
    /// Normally `/sys`.
    pub sys: PathBuf,
    /// Normally `/dev`.
    pub dev: PathBuf,
    /// Normally `/proc`.
    pub proc: PathBuf,
    /// Normally `/etc`.
    pub etc: PathBuf,
}

/// One serial port.
#[derive(Clone, Debug, Serialize)]
pub struct Port {
    /// The device node, such as `/dev/ttyUSB0`; its number may change with every plugging.
    pub path: PathBuf,
    /// Names by maker, model and serial number; they stay when the number changes.
    pub by_id: Vec<PathBuf>,
    /// Names by the socket the cable is in.
    pub by_path: Vec<PathBuf>,
    /// The kernel's driver.
    pub driver: Option<String>,
    /// What the USB device says of itself.
    pub usb: Option<Usb>,
    /// Whether this program may use it.
    pub access: Access,
    /// The programs that have it open, as far as this one may see them.
    pub holders: Vec<Holder>,
}

impl Roots {
    /// The running system's.
    pub fn system() -> Self {
        Self::under(Path::new("/"))
    }

    /// The same folders below another root.
    pub fn under(root: &Path) -> Self {
        Self { sys: root.join("sys"), dev: root.join("dev"), proc: root.join("proc"), etc: root.join("etc") }
    }
}

impl Port {
    /// The name to write into a configuration: the one that stays the longest.
    pub fn stable_name(&self) -> &Path {
        self.by_id.first().or(self.by_path.first()).unwrap_or(&self.path)
    }
}

/// All ports with hardware behind them, USB first, then by name.
pub fn list(roots: &Roots) -> Vec<Port> {
    let Ok(entries) = fs::read_dir(roots.sys.join("class/tty")) else { return Vec::new() };
    let mut ports: Vec<Port> = entries
        .filter_map(|entry| {
            let class = entry.ok()?.path();
            let path = roots.dev.join(class.file_name()?);
            (has_hardware(&class) && path.exists()).then(|| describe(roots, &path))
        })
        .collect();
    ports.sort_by_key(|port| (port.usb.is_none(), natural(&port.path)));
    ports
}

/// The port behind a path: a device node, one of its links, or a pseudo-terminal.
pub fn describe(roots: &Roots, path: &Path) -> Port {
    let node = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let class = node.file_name().map(|name| roots.sys.join("class/tty").join(name));
    let device = class.and_then(|class| fs::canonicalize(class.join("device")).ok());
    Port {
        by_id: links_to(&roots.dev.join("serial/by-id"), &node),
        by_path: links_to(&roots.dev.join("serial/by-path"), &node),
        driver: device.as_deref().and_then(driver),
        usb: device.as_deref().and_then(usb::of),
        access: access::of(roots, &node),
        holders: holder::holders(roots, &node),
        path: node,
    }
}

/// The names below `/dev/serial/by-id`, to say what is there when the wanted one is not.
pub fn by_id_names(roots: &Roots) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(roots.dev.join("serial/by-id")) else { return Vec::new() };
    let mut names: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    names.sort();
    names
}

/// The device nodes of a USB device, found in sysfs alone: cheap enough to ask again and again.
pub fn of_usb(roots: &Roots, vendor: u16, product: u16, serial: Option<&str>) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(roots.sys.join("class/tty")) else { return Vec::new() };
    let mut found: Vec<PathBuf> = entries
        .filter_map(|entry| {
            let class = entry.ok()?.path();
            let usb = usb::of(&fs::canonicalize(class.join("device")).ok()?)?;
            let wanted = usb.vendor_id == vendor
                && usb.product_id == product
                && serial.is_none_or(|serial| usb.serial.as_deref() == Some(serial));
            wanted.then(|| class.file_name().map(|name| roots.dev.join(name)))?
        })
        .collect();
    found.sort_by_key(|path| natural(path));
    found
}

/// Consoles and pseudo-terminals have no device; a `ttyS` without a chip has type 0.
fn has_hardware(class: &Path) -> bool {
    class.join("device").exists()
        && fs::read_to_string(class.join("type")).map_or(true, |kind| kind.trim() != "0")
}

/// The driver of the device, or of the nearest one above it that has a telling name.
fn driver(device: &Path) -> Option<String> {
    device.ancestors().take(3).find_map(|folder| {
        let name = fs::read_link(folder.join("driver")).ok()?;
        let name = name.file_name()?.to_str()?;
        // Since Linux 6.5 an 8250 port hangs below two helpers of the serial core.
        (!matches!(name, "port" | "ctrl")).then(|| name.to_owned())
    })
}

fn links_to(folder: &Path, node: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|name| fs::canonicalize(name).is_ok_and(|target| target == node))
        .collect();
    names.sort();
    names
}

/// Sorts `ttyUSB10` behind `ttyUSB9`.
fn natural(path: &Path) -> (String, u32) {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let stem = name.trim_end_matches(|digit: char| digit.is_ascii_digit());
    (stem.to_owned(), name[stem.len()..].parse().unwrap_or(0))
}
