//! An open serial port: ours alone, raw, and never moved in its DTR and RTS lines.
//!
//! Opened with rustix rather than through a serial library, because only so every refusal of the system keeps its own
//! reason, the lock comes before the first setting, and closing leaves DTR and RTS as they are (`HUPCL` off): both
//! lines reset the STM32 of a dongle when they fall. The kernel raises them when the port is opened. The lock is
//! `flock`, as bcg and bc-bridge take it, plus `TIOCEXCL` against everybody else.

use std::{
    io,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
};

use rustix::{
    fs::{FlockOperation, Mode, OFlags, flock},
    io::Errno,
    termios::{
        ControlModes, OptionalActions, QueueSelector, SpecialCodeIndex, ioctl_tiocexcl, ioctl_tiocnxcl,
        tcflush, tcgetattr, tcsetattr,
    },
};
use tokio::io::unix::AsyncFd;

use super::{port_name::PortName, trouble::Trouble};
use crate::link::ports::{self, Roots};

/// A port that is open.
#[derive(Debug)]
pub struct Port {
    line: AsyncFd<OwnedFd>,
    path: PathBuf,
    baud: u32,
}

impl Port {
    /// Opens a port at a speed in bits per second, 8N1 without flow control.
    pub async fn open(name: &PortName, baud: u32, roots: &Roots) -> Result<Self, Trouble> {
        let (name, roots) = (name.clone(), roots.clone());
        // Drivers may take their time to open a port; the scan for its holders reads a hundred small files.
        let opened = tokio::task::spawn_blocking(move || open(&name, baud, &roots)).await;
        let (path, line) = opened.map_err(|error| Trouble::Refused {
            path: PathBuf::from("the port"),
            reason: error.to_string(),
        })??;
        match registered(line) {
            Ok(line) => Ok(Self { line, path, baud }),
            Err(error) => Err(Trouble::Refused { path, reason: error.to_string() }),
        }
    }

    /// The device node.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its speed in bits per second.
    pub fn baud(&self) -> u32 {
        self.baud
    }

    /// Waits for bytes and takes all that are there; returns 0 when the device is gone.
    pub async fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let mut ready = self.line.readable().await?;
            let mut filled = 0;
            // A terminal gives at most 4 KiB at once; one pass takes what has gathered.
            while filled < buffer.len() {
                match rustix::io::read(self.line.get_ref(), &mut buffer[filled..]) {
                    Ok(0) => return Ok(filled),
                    Ok(count) => filled += count,
                    Err(Errno::INTR) => {}
                    Err(Errno::AGAIN) => {
                        ready.clear_ready();
                        break;
                    }
                    // What came before the loss is still true; the next read tells of the loss.
                    Err(_) if filled > 0 => return Ok(filled),
                    Err(errno) => return Err(errno.into()),
                }
            }
            if filled > 0 {
                return Ok(filled);
            }
        }
    }

    /// Writes what the line takes now; waits while it takes nothing.
    pub async fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            let mut ready = self.line.writable().await?;
            match rustix::io::write(self.line.get_ref(), bytes) {
                Ok(count) => return Ok(count),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => ready.clear_ready(),
                Err(errno) => return Err(errno.into()),
            }
        }
    }

    /// Drops what was written and not yet taken by the device, so that it is never taken later.
    pub fn forget_written(&self) {
        // A port that is gone has nothing left to forget.
        let _ = tcflush(self.line.get_ref(), QueueSelector::OFlush);
    }

    /// The trouble that a failed read or write means.
    pub fn lost(&self, error: &io::Error) -> Trouble {
        match error.raw_os_error().map(Errno::from_raw_os_error) {
            Some(Errno::IO | Errno::NODEV | Errno::NXIO | Errno::BADF) => self.unplugged(),
            _ => Trouble::Refused { path: self.path.clone(), reason: error.to_string() },
        }
    }

    /// The trouble that the end of the stream means.
    pub fn unplugged(&self) -> Trouble {
        Trouble::Unplugged { path: self.path.clone() }
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        // A pseudo-terminal outlives its last user and would stay exclusive.
        let _ = ioctl_tiocnxcl(self.line.get_ref());
    }
}

#[expect(
    deprecated,
    reason = "the new constructor is unsafe; an OwnedFd keeps its descriptor, as that one asks"
)]
fn registered(line: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::new(line)
}

fn open(name: &PortName, baud: u32, roots: &Roots) -> Result<(PathBuf, OwnedFd), Trouble> {
    let path = name.resolve(roots)?;
    let node = std::fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
    // Asked before opening, because opening alone may reset the board under the other program's hands. Terminals
    // of programs are often held open by the program that made them.
    if !node.starts_with(roots.dev.join("pts")) {
        let holders = others(roots, &node);
        if !holders.is_empty() {
            return Err(Trouble::Busy { path, holders });
        }
    }
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let line =
        rustix::fs::open(&path, flags, Mode::empty()).map_err(|e| not_opened(e, name, &path, roots))?;
    match flock(&line, FlockOperation::NonBlockingLockExclusive) {
        Err(Errno::AGAIN) => return Err(Trouble::Busy { holders: others(roots, &node), path }),
        Err(errno) => return Err(refused(&path, errno)),
        Ok(()) => {}
    }
    set_up(&line, baud).map_err(|errno| refused(&path, errno))?;
    Ok((path, line))
}

/// What an error of `open` means.
fn not_opened(errno: Errno, name: &PortName, path: &Path, roots: &Roots) -> Trouble {
    let path = path.to_owned();
    match errno {
        Errno::NOENT | Errno::NODEV | Errno::NXIO | Errno::IO => name.missing(roots),
        Errno::BUSY => Trouble::Busy { holders: others(roots, &path), path },
        Errno::ACCESS | Errno::PERM => Trouble::Forbidden { hint: ports::way_in(roots, &path), path },
        errno => refused(&path, errno),
    }
}

fn refused(path: &Path, errno: Errno) -> Trouble {
    let reason = match errno {
        Errno::NOTTY => "it is not a serial port".to_owned(),
        Errno::INVAL => "it does not take this speed".to_owned(),
        errno => io::Error::from(errno).to_string(),
    };
    Trouble::Refused { path: path.to_owned(), reason }
}

fn others(roots: &Roots, node: &Path) -> Vec<ports::Holder> {
    let node = std::fs::canonicalize(node).unwrap_or_else(|_| node.to_owned());
    let mut holders = ports::holders(roots, &node);
    holders.retain(|holder| holder.pid != std::process::id());
    holders
}

fn set_up(line: &OwnedFd, baud: u32) -> Result<(), Errno> {
    let mut settings = tcgetattr(line)?;
    settings.make_raw();
    settings.control_modes.insert(ControlModes::CREAD | ControlModes::CLOCAL);
    settings.control_modes.remove(ControlModes::HUPCL | ControlModes::CSTOPB | ControlModes::CRTSCTS);
    settings.special_codes[SpecialCodeIndex::VMIN] = 1;
    settings.special_codes[SpecialCodeIndex::VTIME] = 0;
    settings.set_speed(baud)?;
    tcsetattr(line, OptionalActions::Now, &settings)?;
    ioctl_tiocexcl(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_of_the_system_has_its_own_code() {
        let name = PortName::Path("/dev/ttyUSB0".into());
        let roots = Roots::under(Path::new("/nowhere"));
        let check = |errno, code| {
            let trouble = not_opened(errno, &name, Path::new("/dev/ttyUSB0"), &roots);
            assert_eq!(trouble.code(), code, "{trouble}");
        };
        check(Errno::NOENT, "missing");
        check(Errno::NXIO, "missing");
        check(Errno::BUSY, "busy");
        check(Errno::ACCESS, "forbidden");
        check(Errno::PERM, "forbidden");
        check(Errno::NOTTY, "refused");
        check(Errno::INVAL, "refused");
    }

    #[test]
    fn a_missing_permission_comes_with_the_command_that_grants_it() {
        let name = PortName::Path("/dev/ttyUSB0".into());
        let roots = Roots::under(Path::new("/nowhere"));
        let hint = not_opened(Errno::ACCESS, &name, Path::new("/dev/ttyUSB0"), &roots).hint();
        assert!(hint.contains("sudo usermod -aG dialout"), "{hint}");
    }
}
