//! Finding ports, on a tree of files that looks like a machine with two USB devices and a chip on the board.

#[path = "serial/machine.rs"]
#[allow(dead_code)]
mod machine;

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use clown_hub::link::ports::{self, Roots};
use machine::Machine;

#[test]
fn a_usb_port_is_shown_with_everything_that_is_known() {
    let machine = Machine::new();
    machine.plug("ttyUSB0", 1, "bc-usb-dongle-1");
    let ports = ports::list(&machine.roots());
    assert_eq!(ports.len(), 1);
    let port = &ports[0];
    assert_eq!(port.path, machine.path("dev/ttyUSB0"));
    let by_id = machine.path("dev/serial/by-id/usb-FTDI_BigClown_USB_Dongle_bc-usb-dongle-1-if00-port0");
    assert_eq!(port.stable_name(), by_id);
    assert_eq!(port.driver.as_deref(), Some("ftdi_sio"));
    let usb = port.usb.as_ref().expect("usb");
    assert_eq!(usb.to_string(), "0403:6015:bc-usb-dongle-1");
    assert_eq!(usb.product.as_deref(), Some("BigClown USB Dongle"));
    assert!(port.access.is_full() && port.holders.is_empty());
}

#[test]
fn consoles_and_sockets_without_a_chip_are_no_ports() {
    let machine = Machine::new();
    for name in ["tty1", "ptmx", "ttyS0", "ttyS1"] {
        machine.write(&format!("dev/{name}"), "");
        fs::create_dir_all(machine.path(&format!("sys/class/tty/{name}"))).expect("class");
    }
    for (name, kind) in [("ttyS0", "4"), ("ttyS1", "0")] {
        machine.write(&format!("sys/class/tty/{name}/type"), kind);
        machine.link(&format!("sys/class/tty/{name}/device"), &machine.path("sys"));
    }
    let names: Vec<PathBuf> = ports::list(&machine.roots()).into_iter().map(|port| port.path).collect();
    assert_eq!(names, [machine.path("dev/ttyS0")]);
}

#[test]
fn usb_ports_come_first_and_are_counted_like_people_count() {
    let machine = Machine::new();
    machine.write("sys/class/tty/ttyAMA0/type", "32");
    machine.link("sys/class/tty/ttyAMA0/device", &machine.path("sys"));
    machine.write("dev/ttyAMA0", "");
    for number in [10, 2] {
        machine.plug(&format!("ttyUSB{number}"), number, &format!("s{number}"));
    }
    let ports = ports::list(&machine.roots());
    let names: Vec<&str> =
        ports.iter().map(|port| port.path.file_name().and_then(|n| n.to_str()).expect("name")).collect();
    assert_eq!(names, ["ttyUSB2", "ttyUSB10", "ttyAMA0"]);
}

#[test]
fn a_usb_device_is_found_under_whatever_number_it_has() {
    let machine = Machine::new();
    machine.plug("ttyUSB0", 1, "one");
    machine.plug("ttyUSB1", 2, "two");
    let roots = machine.roots();
    let found = |serial| ports::of_usb(&roots, 0x0403, 0x6015, serial);
    assert_eq!(found(Some("two")), [machine.path("dev/ttyUSB1")]);
    assert_eq!(found(None), [machine.path("dev/ttyUSB0"), machine.path("dev/ttyUSB1")]);
    assert_eq!(found(Some("three")), [] as [PathBuf; 0]);
    assert_eq!(ports::of_usb(&roots, 0x0403, 0x6001, None), [] as [PathBuf; 0]);
}

#[test]
fn the_program_that_holds_a_port_is_named_even_if_its_files_are_hidden() {
    let machine = Machine::new();
    machine.plug("ttyUSB0", 1, "one");
    let node = machine.path("dev/ttyUSB0");
    machine.link("proc/4711/fd/5", &node);
    machine.write("proc/4711/comm", "minicom\n");
    machine.write("proc/815/comm", "bcg\n");
    let facts = fs::metadata(&node).expect("node");
    let (major, minor) = (rustix::fs::major(facts.dev()), rustix::fs::minor(facts.dev()));
    let lock = format!("1: FLOCK  ADVISORY  WRITE 815 {major:02x}:{minor:02x}:{} 0 EOF\n", facts.ino());
    machine.write("proc/locks", &format!("1: POSIX  ADVISORY  READ 1 00:01:7 0 EOF\n{lock}"));
    let holders = &ports::list(&machine.roots())[0].holders;
    let shown: Vec<(String, bool)> = holders.iter().map(|h| (h.to_string(), h.locked)).collect();
    assert_eq!(shown, [("bcg (pid 815)".to_owned(), true), ("minicom (pid 4711)".to_owned(), false)]);
}

#[test]
fn a_machine_without_ports_or_sysfs_has_none() {
    assert!(ports::list(&Roots::under(Path::new("/nowhere"))).is_empty());
}

#[test]
fn a_pseudo_terminal_given_by_path_is_described() {
    let master =
        rustix::pty::openpt(rustix::pty::OpenptFlags::RDWR | rustix::pty::OpenptFlags::NOCTTY).expect("pty");
    let name = rustix::pty::ptsname(&master, Vec::new()).expect("name");
    let path = PathBuf::from(name.to_str().expect("text"));
    rustix::pty::unlockpt(&master).expect("unlocked");
    let slave = fs::OpenOptions::new().read(true).write(true).open(&path).expect("slave");
    let port = ports::describe(&Roots::system(), &path);
    assert_eq!(port.path, path);
    assert!(port.access.is_full() && port.usb.is_none());
    assert_eq!(port.holders.iter().map(|holder| holder.pid).collect::<Vec<_>>(), [std::process::id()]);
    drop(slave);
}

/// Says its name when it has opened the pseudo-terminal of the given number among those of a world of its own.
const NAMESAKE: &str = "
import os, sys, time
held = []
while not held or held[-1] < int(sys.argv[1]):
    held.append(int(os.ttyname(os.openpty()[1]).rsplit('/', 1)[1]))
print(held[-1], flush=True)
time.sleep(60)
";

#[test]
fn a_pseudo_terminal_of_a_container_is_not_taken_for_ours() {
    let master =
        rustix::pty::openpt(rustix::pty::OpenptFlags::RDWR | rustix::pty::OpenptFlags::NOCTTY).expect("pty");
    let name = rustix::pty::ptsname(&master, Vec::new()).expect("name").into_string().expect("text");
    let number = name.rsplit('/').next().expect("a number");
    let script =
        "mount -t devpts -o newinstance,ptmxmode=0666 none /dev/pts && exec python3 -c \"$1\" \"$2\"";
    let mut container = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh", NAMESAKE, number])
        .stdout(Stdio::piped())
        .spawn()
        .expect("unshare, of Debian's package util-linux");
    let mut said = String::new();
    BufReader::new(container.stdout.take().expect("piped")).read_line(&mut said).expect("a line");
    assert_eq!(said.trim(), number, "name spaces of users and python3 are needed for this test");
    let port = ports::describe(&Roots::system(), Path::new(&name));
    container.kill().and_then(|()| container.wait()).expect("it ends");
    assert!(port.holders.is_empty(), "{:?}", port.holders);
}
