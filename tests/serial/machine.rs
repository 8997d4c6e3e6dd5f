//! A machine made of files: sysfs, device nodes, processes and groups, for looking at ports that are not there.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use clown_hub::link::ports::Roots;
use tempfile::TempDir;

/// A machine made of files.
pub struct Machine {
    folder: TempDir,
}

impl Machine {
    pub fn new() -> Self {
        let machine = Self { folder: TempDir::new().expect("a folder") };
        for folder in ["sys/class/tty", "dev/serial/by-id", "dev/serial/by-path", "proc", "etc"] {
            fs::create_dir_all(machine.path(folder)).expect(folder);
        }
        machine.write("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n");
        machine.write("etc/group", "root:x:0:\ndialout:x:20:\n");
        machine
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().canonicalize().expect("the folder").join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        fs::write(path, text).expect(name);
    }

    pub fn link(&self, name: &str, target: &Path) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        symlink(target, path).expect(name);
    }

    /// Plugs a dongle into socket `1-<socket>`.
    pub fn plug(&self, tty: &str, socket: u32, serial: &str) {
        self.write(&format!("dev/{tty}"), "");
        self.plug_sys(tty, socket, serial);
        let id = format!("dev/serial/by-id/usb-FTDI_BigClown_USB_Dongle_{serial}-if00-port0");
        self.link(&id, &self.path(&format!("dev/{tty}")));
    }

    /// The same as sysfs sees it; the device node is somebody else's business.
    pub fn plug_sys(&self, tty: &str, socket: u32, serial: &str) {
        let usb = format!("sys/devices/pci0000:00/usb1/1-{socket}");
        self.write(&format!("{usb}/idVendor"), "0403\n");
        self.write(&format!("{usb}/idProduct"), "6015\n");
        self.write(&format!("{usb}/manufacturer"), "FTDI\n");
        self.write(&format!("{usb}/product"), "BigClown USB Dongle \n");
        self.write(&format!("{usb}/serial"), &format!("{serial}\n"));
        let device = format!("{usb}/1-{socket}:1.0/{tty}");
        fs::create_dir_all(self.path(&device)).expect("device");
        self.link(&format!("{device}/driver"), Path::new("../../../../../bus/usb-serial/drivers/ftdi_sio"));
        self.link(&format!("sys/class/tty/{tty}/device"), &self.path(&device));
    }

    pub fn roots(&self) -> Roots {
        Roots::under(&self.path(""))
    }
}
