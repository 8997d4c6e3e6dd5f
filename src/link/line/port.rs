//! An open serial port: ours alone, raw, and never moved in its DTR and RTS lines; or the way to one of another machine.
//!
//! tokio-serial opens it, locks it (`TIOCEXCL`, and `flock` as bcg and bc-bridge do) and carries the bytes. A second
//! descriptor goes before it: its errors name what is wrong, and it keeps `HUPCL` off, because DTR and RTS reset the
//! STM32 of a dongle when they fall. The kernel raises them when the port is opened.

use std::{
    fmt, io,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    pin::Pin,
    sync::{Mutex, MutexGuard, PoisonError},
    task::Poll,
};

use rustix::{
    fs::{FlockOperation, Mode, OFlags, flock},
    io::Errno,
    termios::{ControlModes, OptionalActions, QueueSelector, ioctl_tiocnxcl, tcflush, tcgetattr, tcsetattr},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_serial::{DataBits, SerialStream, StopBits};

use super::{far::Far, port_name::PortName, trouble::Trouble};
use crate::device::profile::serial::{Parity, Settings};
use crate::link::ports::{self, Roots};

/// A port that is open.
#[derive(Debug)]
pub struct Port {
    way: Way,
    path: PathBuf,
    speed: Speed,
}

/// The way to a port. It is read and written by two futures of one task, and locked for the length of one poll.
#[derive(Debug)]
enum Way {
    /// A device of this machine.
    Near {
        line: Mutex<SerialStream>,
        /// The same device, for what the library does not offer.
        device: OwnedFd,
    },
    /// A port of another machine.
    Far(Mutex<Far>),
}

/// How characters are sent on a port; there is no flow control.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Speed {
    /// Bits per second.
    pub baud: u32,
    /// What a character is made of.
    pub settings: Settings,
}

impl Speed {
    /// So many bits per second, 8N1.
    pub fn of(baud: u32) -> Self {
        Self { baud, settings: Settings::default() }
    }
}

impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.baud, self.settings)
    }
}

impl Port {
    /// Opens a port at this speed, without flow control.
    pub async fn open(name: &PortName, speed: Speed, roots: &Roots) -> Result<Self, Trouble> {
        if let PortName::Server(server) = name {
            let far = Far::open(server, speed).await?;
            return Ok(Self { way: Way::Far(Mutex::new(far)), path: server.to_string().into(), speed });
        }
        let (name, roots) = (name.clone(), roots.clone());
        // Drivers may take their time to open a port; the scan for its holders reads a hundred small files.
        let opened = tokio::task::spawn_blocking(move || open(&name, speed, &roots)).await;
        opened.map_err(|error| Trouble::Refused {
            path: PathBuf::from("the port"),
            reason: error.to_string(),
        })?
    }

    /// The device node.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its speed in bits per second.
    pub fn baud(&self) -> u32 {
        self.speed.baud
    }

    /// Waits for bytes and takes all that are there; returns 0 when the device is gone.
    pub async fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        std::future::poll_fn(|cx| {
            let mut line = match &self.way {
                Way::Near { line, .. } => locked(line),
                Way::Far(far) => return locked(far).poll_read(cx, buffer),
            };
            let mut taken = ReadBuf::new(buffer);
            // A terminal gives at most 4 KiB at once; one pass takes what has gathered.
            while taken.remaining() > 0 {
                let before = taken.filled().len();
                match Pin::new(&mut *line).poll_read(cx, &mut taken) {
                    Poll::Ready(Ok(())) if taken.filled().len() > before => {}
                    Poll::Pending if before == 0 => return Poll::Pending,
                    // What came before the loss is still true; the next read tells of the loss.
                    Poll::Ready(Err(error)) if before == 0 => return Poll::Ready(Err(error)),
                    Poll::Ready(_) | Poll::Pending => break,
                }
            }
            Poll::Ready(Ok(taken.filled().len()))
        })
        .await
    }

    /// Writes what the line takes now; waits while it takes nothing.
    pub async fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        std::future::poll_fn(|cx| match &self.way {
            Way::Near { line, .. } => Pin::new(&mut *locked(line)).poll_write(cx, bytes),
            Way::Far(far) => locked(far).poll_write(cx, bytes),
        })
        .await
    }

    /// Drops what was written and not yet taken by the device, so that it is never taken later.
    pub fn forget_written(&self) {
        match &self.way {
            // A port that is gone has nothing left to forget.
            Way::Near { device, .. } => drop(tcflush(device, QueueSelector::OFlush)),
            Way::Far(far) => locked(far).forget_written(),
        }
    }

    /// The trouble that a failed read or write means.
    pub fn lost(&self, error: &io::Error) -> Trouble {
        if let Way::Far(_) = &self.way {
            let is_refusal = error.kind() == io::ErrorKind::Unsupported;
            return match is_refusal {
                true => Trouble::Refused { path: self.path.clone(), reason: error.to_string() },
                false => self.gone(&error.to_string()),
            };
        }
        match error.raw_os_error().map(Errno::from_raw_os_error) {
            Some(Errno::IO | Errno::NODEV | Errno::NXIO | Errno::BADF) => self.unplugged(),
            _ => Trouble::Refused { path: self.path.clone(), reason: error.to_string() },
        }
    }

    fn gone(&self, reason: &str) -> Trouble {
        let (server, reason) = (self.path.display().to_string(), reason.to_owned());
        Trouble::Server { server, code: "server-lost", reason }
    }

    /// The trouble that the end of the stream means.
    pub fn unplugged(&self) -> Trouble {
        if let Way::Far(_) = &self.way {
            return self.gone("it has ended the connection");
        }
        Trouble::Unplugged { path: self.path.clone() }
    }
}

fn locked<T>(way: &Mutex<T>) -> MutexGuard<'_, T> {
    way.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Port {
    fn drop(&mut self) {
        if let Way::Near { device, .. } = &self.way {
            // A pseudo-terminal outlives its last user and would stay exclusive.
            let _ = ioctl_tiocnxcl(device);
        }
    }
}

fn open(name: &PortName, speed: Speed, roots: &Roots) -> Result<Port, Trouble> {
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
    let device =
        rustix::fs::open(&path, flags, Mode::empty()).map_err(|e| not_opened(e, name, &path, roots))?;
    // The library takes this lock for good; asked here first, because only so its being taken has its own name.
    match flock(&device, FlockOperation::NonBlockingLockExclusive) {
        Err(Errno::AGAIN) => return Err(Trouble::Busy { holders: others(roots, &node), path }),
        Err(errno) => return Err(refused(&path, errno)),
        Ok(()) => flock(&device, FlockOperation::Unlock).map_err(|errno| refused(&path, errno))?,
    }
    keep_lines(&device).map_err(|errno| refused(&path, errno))?;
    let Speed { baud, settings } = speed;
    let builder = tokio_serial::new(path.to_string_lossy(), baud)
        .data_bits(match settings.data {
            5 => DataBits::Five,
            6 => DataBits::Six,
            7 => DataBits::Seven,
            _ => DataBits::Eight,
        })
        .parity(match settings.parity {
            Parity::None => tokio_serial::Parity::None,
            Parity::Even => tokio_serial::Parity::Even,
            Parity::Odd => tokio_serial::Parity::Odd,
        })
        .stop_bits(if settings.stop == 2 { StopBits::Two } else { StopBits::One });
    let line = SerialStream::open(&builder)
        .map_err(|error| Trouble::Refused { path: path.clone(), reason: error.to_string() })?;
    Ok(Port { way: Way::Near { line: Mutex::new(line), device }, path, speed })
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

/// Leaves DTR and RTS as they are when the last descriptor closes.
fn keep_lines(device: &OwnedFd) -> Result<(), Errno> {
    let mut settings = tcgetattr(device)?;
    settings.control_modes.remove(ControlModes::HUPCL);
    tcsetattr(device, OptionalActions::Now, &settings)
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
