//! The rules for udev that the package brings, read by udev itself: what a plugged-in board is called. The devices are folders in
//! the shape of the kernel's `/sys`, in name spaces of the test's own. Ids: HARDWARIO's gateway and server pages (see the rules).

// Helpers of tests are tests.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use common::need;

/// A USB device with one port, as the kernel shows it.
struct Plugged {
    vendor: &'static str,
    product: &'static str,
    serial: &'static str,
    subsystem: &'static str,
    port: &'static str,
}

const USB: &str = "devices/pci0000:00/0000:00:14.0/usb1/1-2";

impl Plugged {
    fn port(&self) -> String {
        format!("{USB}/1-2:1.0/{}/{}", self.subsystem, self.port)
    }

    /// Writes the tree of `/sys`: the device, its interface, its port.
    fn write(&self, sys: &Path) {
        let port = sys.join(self.port());
        fs::create_dir_all(&port).unwrap();
        for class in ["bus/usb", &format!("class/{}", self.subsystem)] {
            fs::create_dir_all(sys.join(class)).unwrap();
        }
        let usb = sys.join(USB);
        for (name, value) in [("idVendor", self.vendor), ("idProduct", self.product), ("serial", self.serial)]
        {
            fs::write(usb.join(name), format!("{value}\n")).unwrap();
        }
        fs::write(usb.join("uevent"), "DEVTYPE=usb_device\nDEVNAME=bus/usb/001/002\nMAJOR=189\nMINOR=1\n")
            .unwrap();
        fs::write(usb.join("1-2:1.0/uevent"), "DEVTYPE=usb_interface\n").unwrap();
        fs::write(port.join("uevent"), format!("MAJOR=188\nMINOR=3\nDEVNAME={}\n", self.port)).unwrap();
        for (folder, what) in [
            (usb.clone(), "bus/usb"),
            (usb.join("1-2:1.0"), "bus/usb"),
            (port, &format!("class/{}", self.subsystem)),
        ] {
            symlink(Path::new("/sys").join(what), folder.join("subsystem")).unwrap();
        }
    }
}

/// What udev makes of `device` (a path below `/sys`): its properties, and the lines it says about our rules.
fn properties(plugged: &Plugged, device: &str) -> (BTreeMap<String, String>, String) {
    let sys = tempfile::tempdir().unwrap();
    plugged.write(sys.path());
    let script =
        "set -e; mount --bind \"$1\" /sys; mount -t tmpfs none /run; mount -t tmpfs none /dev; : >/dev/null
        mount -t tmpfs none /usr/lib/udev/rules.d; mkdir -p /run/udev/rules.d; cp \"$2\" /run/udev/rules.d/
        exec udevadm test \"$3\" 2>&1";
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/debian/60-clown-hub.rules");
    need("udevadm", "udev");
    let output = need("unshare", "util-linux")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"])
        .args([sys.path(), &rules])
        .arg(device)
        .env("SYSTEMD_DEVICE_VERIFY_SYSFS", "0")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "name spaces of users are needed for this test\n{said}");
    let found = said.lines().filter(|line| !line.contains(' ')).filter_map(|line| line.split_once('='));
    let found: BTreeMap<_, _> = found.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    assert!(found.contains_key("ACTION"), "{said}");
    let ours =
        said.lines().filter(|line| line.contains("60-clown-hub.rules:")).collect::<Vec<_>>().join("\n");
    (found, ours)
}

const fn tty(
    vendor: &'static str,
    product: &'static str,
    serial: &'static str,
    port: &'static str,
) -> Plugged {
    Plugged { vendor, product, serial, subsystem: "tty", port }
}

#[test]
fn each_board_has_the_name_that_its_makers_documents_give_it() {
    let bridge =
        Plugged { vendor: "0403", product: "6030", serial: "x", subsystem: "hidraw", port: "hidraw0" };
    for (plugged, name) in [
        (tty("0403", "6015", "bc-usb-dongle-r1-0123", "ttyUSB3"), "/dev/bcUD3"),
        (tty("0403", "6015", "hio-core-module-r2-01", "ttyUSB0"), "/dev/bcCore0"),
        (tty("0483", "5740", "206A36A04E31", "ttyACM1"), "/dev/bcCM1"),
        (bridge, "/dev/ft260hidraw0"),
    ] {
        let (found, said) = properties(&plugged, &plugged.port());
        assert_eq!(found.get("DEVLINKS").map(String::as_str), Some(name), "{found:?}");
        assert_eq!(
            found.get("SYSTEMD_ALIAS").map(String::as_str),
            Some(name),
            "a unit can wait for it: {found:?}"
        );
        assert!(found["TAGS"].contains("systemd"), "{found:?}");
        assert!(said.contains("GROUP") && said.contains("MODE 0660"), "{said}");
        let modem = found.get("ID_MM_PORT_IGNORE").map(String::as_str);
        assert_eq!(modem, (plugged.subsystem == "tty").then_some("1"), "{found:?}");
    }
}

#[test]
fn modem_manager_lets_boards_be_and_may_have_everything_else() {
    for (plugged, ours) in [
        (tty("0403", "6015", "bc-usb-dongle-r1-0123", "ttyUSB3"), true),
        (tty("0403", "6015", "hio-core-module-r2-01", "ttyUSB0"), true),
        (tty("0483", "5740", "206A36A04E31", "ttyACM1"), true),
        // The same chip in a cable of somebody else, an older chip, a real modem.
        (tty("0403", "6015", "DN03ABCD", "ttyUSB0"), false),
        (tty("0403", "6001", "bc-usb-dongle", "ttyUSB0"), false),
        (tty("12d1", "1001", "", "ttyUSB0"), false),
    ] {
        let (device, said) = properties(&plugged, USB);
        assert_eq!(device.contains_key("ID_MM_DEVICE_IGNORE"), ours, "{device:?}\n{said}");
        let (port, said) = properties(&plugged, &plugged.port());
        assert_eq!((port.contains_key("DEVLINKS"), said.is_empty()), (ours, !ours), "{port:?}\n{said}");
    }
}
