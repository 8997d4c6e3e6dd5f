//! The device's end of a line: a pseudo-terminal, written and read by a thread that waits.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

/// A line and the terminal at its other end.
pub struct Line {
    end: OwnedFd,
    /// Held open, so that the line does not hang up before anybody has it.
    _other: OwnedFd,
    pub path: PathBuf,
}

impl Line {
    /// A new one.
    pub fn new() -> Self {
        Self::open().unwrap_or_else(|errno| panic!("a pseudo-terminal: {errno}"))
    }

    fn open() -> Result<Self, Errno> {
        let end = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&end)?;
        unlockpt(&end)?;
        let path = PathBuf::from(ptsname(&end, Vec::new())?.to_string_lossy().into_owned());
        let other = raw(&path)?;
        Ok(Self { end, _other: other, path })
    }

    /// Writes all of it, waiting as long as the other end does not read.
    pub fn write(&self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            match rustix::io::write(&self.end, bytes) {
                Ok(count) => bytes = &bytes[count..],
                Err(Errno::INTR) => {}
                Err(errno) => panic!("writing to a line: {errno}"),
            }
        }
    }

    /// What has come within this time, added to `heard`; whether there was something.
    pub fn read(&self, heard: &mut Vec<u8>, within: Duration) -> bool {
        let nanos = i64::from(within.subsec_nanos());
        let seconds = i64::try_from(within.as_secs()).unwrap_or(i64::MAX);
        let timeout = Timespec { tv_sec: seconds, tv_nsec: nanos };
        match poll(&mut [PollFd::new(&self.end, PollFlags::IN)], Some(&timeout)) {
            Ok(1..) => {}
            Ok(0) | Err(Errno::INTR) => return false,
            Err(errno) => panic!("waiting for a line: {errno}"),
        }
        let mut buffer = [0; 4096];
        match rustix::io::read(&self.end, &mut buffer) {
            Ok(count) => {
                heard.extend_from_slice(&buffer[..count]);
                count > 0
            }
            Err(Errno::IO | Errno::INTR | Errno::AGAIN) => false,
            Err(errno) => panic!("reading a line: {errno}"),
        }
    }
}

/// Opens a terminal, raw.
pub fn raw(path: &Path) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let terminal = rustix::fs::open(path, flags, Mode::empty())?;
    let mut settings = tcgetattr(&terminal)?;
    settings.make_raw();
    tcsetattr(&terminal, OptionalActions::Now, &settings)?;
    Ok(terminal)
}
