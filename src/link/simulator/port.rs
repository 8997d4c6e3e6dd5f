//! A pseudo terminal that looks like the bridge's serial port: the hub opens the symlink, we hold the other end.
//!
//! Nobody but the hub opens the slave, so we see when it closes it: the kernel then answers reads with `EIO`
//! until it is opened again.

use std::fs;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use rustix::io::Errno;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, QueueSelector, tcflush, tcgetattr, tcsetattr};
use tokio::io::unix::AsyncFd;

/// What came from the other end.
#[derive(Debug, PartialEq, Eq)]
pub enum Arrived {
    /// So many bytes.
    Bytes(usize),
    /// The hub has closed the port, or has not opened it again yet.
    HungUp,
    /// The hub has opened the port again: [`Port::listen_again`] has to come first.
    Opened,
}

/// Why there is no port.
#[derive(Debug, thiserror::Error)]
pub enum PortError {
    /// The kernel gave no pseudo terminal.
    #[error("cannot make a pseudo terminal: {0}; is /dev/pts mounted?")]
    Pty(#[source] io::Error),
    /// Something that is not a symlink is in the way.
    #[error("{0} exists and is not a symlink; choose another path or remove it")]
    InTheWay(PathBuf),
    /// The symlink could not be made.
    #[error("cannot create the symlink {0}: {1}; choose a folder you may write to")]
    Symlink(PathBuf, #[source] io::Error),
}

/// The device's end of a serial line. The symlink is removed on drop.
#[derive(Debug)]
pub struct Port {
    master: AsyncFd<OwnedFd>,
    link: PathBuf,
    slave: PathBuf,
}

impl Port {
    /// A raw pseudo terminal under `link`; a dangling symlink of an earlier run is replaced. What is said before anybody
    /// opens it waits for the first hub.
    pub fn create(link: &Path) -> Result<Self, PortError> {
        let (master, slave) = open().map_err(|errno| PortError::Pty(errno.into()))?;
        Self::under(link, master, slave)
    }

    /// The same, as if a hub had just closed it: what is said meanwhile is gone.
    pub fn closed(link: &Path) -> Result<Self, PortError> {
        let (master, slave) = open().map_err(|errno| PortError::Pty(errno.into()))?;
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let once = rustix::fs::open(&slave, flags, rustix::fs::Mode::empty());
        drop(once.map_err(|errno| PortError::Pty(errno.into()))?);
        Self::under(link, master, slave)
    }

    fn under(link: &Path, master: OwnedFd, slave: PathBuf) -> Result<Self, PortError> {
        let master = registered(master).map_err(PortError::Pty)?;
        if let Ok(found) = link.symlink_metadata() {
            if !found.is_symlink() {
                return Err(PortError::InTheWay(link.to_owned()));
            }
            fs::remove_file(link).map_err(|error| PortError::Symlink(link.to_owned(), error))?;
        }
        symlink(&slave, link).map_err(|error| PortError::Symlink(link.to_owned(), error))?;
        Ok(Self { master, link: link.to_owned(), slave })
    }

    /// The terminal behind the symlink, such as `/dev/pts/7`.
    pub fn slave(&self) -> &Path {
        &self.slave
    }

    /// The symlink in front of it.
    pub fn link(&self) -> &Path {
        &self.link
    }

    /// Whether a hub has the port open; on one that [`create`](Self::create) made, until the first has closed it, too.
    pub fn is_open(&self) -> bool {
        let mut polled = [PollFd::new(self.master.get_ref(), PollFlags::OUT)];
        match poll(&mut polled, Some(&Timespec::default())) {
            Ok(_) => !polled[0].revents().contains(PollFlags::HUP),
            // What cannot be asked is seen by the next read.
            Err(_) => true,
        }
    }

    /// Waits for bytes, or for the hub to hang up.
    pub async fn read(&self, buffer: &mut [u8]) -> io::Result<Arrived> {
        loop {
            let mut ready = self.master.readable().await?;
            match rustix::io::read(self.master.get_ref(), &mut *buffer) {
                Ok(0) | Err(Errno::IO) => return Ok(Arrived::HungUp),
                Ok(count) => return Ok(Arrived::Bytes(count)),
                // A reactor believes that what was closed once stays closed, and would never let us wait again.
                Err(Errno::AGAIN) if ready.ready().is_read_closed() => return Ok(Arrived::Opened),
                Err(Errno::AGAIN) => ready.clear_ready(),
                Err(Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
    }

    /// Waits for the line anew after it was closed and opened.
    pub fn listen_again(&mut self) -> io::Result<()> {
        self.master = registered(self.master.get_ref().try_clone()?)?;
        Ok(())
    }

    /// Writes and removes what the line takes, waiting while it takes nothing; without a hub the bytes go nowhere.
    /// Safe to cancel.
    pub async fn write(&self, unsent: &mut Vec<u8>) -> io::Result<()> {
        while !unsent.is_empty() {
            let mut ready = self.master.writable().await?;
            match rustix::io::write(self.master.get_ref(), unsent) {
                Ok(count) => drop(unsent.drain(..count)),
                Err(Errno::AGAIN) => ready.clear_ready(),
                Err(Errno::IO) => unsent.clear(),
                Err(Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
        Ok(())
    }

    /// Throws away what the last hub did not read.
    pub fn discard(&self) {
        // Best effort: a line that cannot be flushed only shows the next hub some old messages.
        let _ = tcflush(self.master.get_ref(), QueueSelector::OFlush);
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        // Only our own: somebody may have put another one there since.
        if fs::read_link(&self.link).is_ok_and(|target| target == self.slave) {
            let _ = fs::remove_file(&self.link);
        }
    }
}

#[expect(
    deprecated,
    reason = "the new constructor is unsafe; an OwnedFd keeps its descriptor, as that one asks"
)]
fn registered(master: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::new(master)
}

fn open() -> Result<(OwnedFd, PathBuf), Errno> {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    grantpt(&master)?;
    unlockpt(&master)?;
    let name = ptsname(&master, Vec::new())?;
    // On Linux the master's terminal settings are the slave's: no echo, no translation of newlines.
    let mut settings = tcgetattr(master.as_fd())?;
    settings.make_raw();
    tcsetattr(master.as_fd(), OptionalActions::Now, &settings)?;
    let flags = rustix::fs::fcntl_getfl(&master)?;
    rustix::fs::fcntl_setfl(&master, flags | OFlags::NONBLOCK)?;
    Ok((master, PathBuf::from(name.to_string_lossy().into_owned())))
}
