//! A device on a pseudo-terminal: it can speak, hear, be unplugged and come back under another number.
//!
//! The hub is given a symbolic link, as udev's by-id names are; unplugging removes it and hangs up, plugging in again
//! makes a new terminal. Nobody but the hub holds the hub's side, so a port that nobody opened hears nothing.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Instant;

use rustix::fs::{Mode, OFlags};
use rustix::io::{Errno, ioctl_fionbio, read, write};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use tempfile::TempDir;

use super::{PATIENCE, until};

/// A serial device under our hands.
pub struct PtyDevice {
    folder: TempDir,
    line: Option<OwnedFd>,
    heard: Vec<u8>,
}

impl PtyDevice {
    /// A device that is plugged in.
    pub fn plugged() -> Self {
        let mut device = Self::unplugged();
        device.plug();
        device
    }

    /// A device that is not there yet.
    pub fn unplugged() -> Self {
        let folder = tempfile::Builder::new().prefix("clown-hub-pty-").tempdir().expect("a temporary folder");
        Self { folder, line: None, heard: Vec::new() }
    }

    /// The name under which the hub finds it, whatever its number.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("bridge")
    }

    /// The terminal behind the name.
    pub fn terminal(&self) -> PathBuf {
        std::fs::read_link(self.path()).expect("the device is plugged in")
    }

    /// Plugs it in, as a new terminal.
    pub fn plug(&mut self) {
        assert!(self.line.is_none(), "it is plugged in already");
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let line = openpt(flags).expect("the machine has pseudo-terminals");
        ioctl_fionbio(&line, true).expect("a terminal can be asked without waiting");
        grantpt(&line).expect("our own terminal");
        unlockpt(&line).expect("our own terminal");
        let name = ptsname(&line, Vec::new()).expect("a terminal has a name");
        let name = Path::new(name.to_str().expect("terminals have plain names")).to_owned();
        make_raw(&name);
        symlink(&name, self.path()).expect("the temporary folder is writable");
        self.line = Some(line);
        self.heard.clear();
    }

    /// Pulls it out: the name goes, the line hangs up.
    pub fn unplug(&mut self) {
        std::fs::remove_file(self.path()).expect("the device is plugged in");
        self.line = None;
    }

    /// Pulls it out and plugs it in elsewhere: another terminal behind the same name.
    pub fn renumber(&mut self) {
        // The old line is kept until the new one exists; otherwise the kernel gives the same number again.
        std::fs::remove_file(self.path()).expect("the device is plugged in");
        let old = self.line.take();
        self.plug();
        drop(old);
    }

    /// Says one line.
    pub async fn say(&self, line: &str) {
        self.write(format!("{line}\n").as_bytes()).await;
    }

    /// Sends bytes as they are.
    pub async fn write(&self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let line = self.line.as_ref().expect("the device is plugged in");
            let sent =
                until("the hub to take what the device says", || async { settled(write(line, bytes)) }).await;
            bytes = &bytes[sent..];
        }
    }

    /// The next line the hub wrote, without its newline.
    pub async fn hear(&mut self) -> String {
        until("a line from the hub", || {
            let line = self.take_line();
            async move { line }
        })
        .await
    }

    /// Hears until a line contains `part`; the others are dropped.
    pub async fn hear_about(&mut self, part: &str) -> String {
        let start = Instant::now();
        loop {
            let line = self.hear().await;
            if line.contains(part) {
                return line;
            }
            assert!(start.elapsed() < PATIENCE, "the hub never wrote a line with {part}");
        }
    }

    /// A line that is complete already; does not wait.
    pub fn take_line(&mut self) -> Option<String> {
        self.listen();
        let end = self.heard.iter().position(|byte| *byte == b'\n')?;
        let rest = self.heard.split_off(end + 1);
        let whole = std::mem::replace(&mut self.heard, rest);
        Some(String::from_utf8_lossy(&whole[..end]).into_owned())
    }

    /// All bytes that came and were not taken; does not wait.
    pub fn take_bytes(&mut self) -> Vec<u8> {
        self.listen();
        std::mem::take(&mut self.heard)
    }

    fn listen(&mut self) {
        let line = self.line.as_ref().expect("the device is plugged in");
        let mut buffer = [0; 4096];
        while let Some(count @ 1..) = settled(read(line, &mut buffer)) {
            self.heard.extend_from_slice(&buffer[..count]);
        }
    }
}

/// Nothing to read, no room to write or nobody at the other end are all "not now".
fn settled(outcome: Result<usize, Errno>) -> Option<usize> {
    match outcome {
        Ok(count) => Some(count),
        Err(Errno::AGAIN | Errno::IO | Errno::INTR) => None,
        Err(error) => panic!("the pseudo-terminal failed: {}", io::Error::from(error)),
    }
}

fn make_raw(terminal: &Path) {
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let side = rustix::fs::open(terminal, flags, Mode::empty()).expect("our own terminal");
    let mut settings = tcgetattr(&side).expect("it is a terminal");
    settings.make_raw();
    tcsetattr(&side, OptionalActions::Now, &settings).expect("it is a terminal");
}
