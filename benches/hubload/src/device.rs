//! The device's end of a serial line: a pseudo terminal whose other end the server opens.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use memchr::{memchr, memmem};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use rustix::time::Timespec;

use crate::arguments::{Arguments, die};
use crate::clock::now_ns;

/// A pseudo terminal under a symlink; the symlink goes with it.
pub struct Device {
    master: OwnedFd,
    // Held open, so that the line outlives a server that closes it.
    _slave: OwnedFd,
    link: PathBuf,
    out: Vec<u8>,
    sent: usize,
    half: Vec<u8>,
    replies: Vec<(String, String)>,
}

impl Device {
    /// `--device LINK`, `--reply 'MATCH=>LINE'` for what the server asks.
    pub fn open(arguments: &Arguments) -> io::Result<Self> {
        let replies = arguments.all("reply").iter().map(|reply| {
            let (wanted, line) = reply.split_once("=>").unwrap_or_else(|| die("--reply wants MATCH=>LINE"));
            (wanted.to_owned(), line.to_owned())
        });
        Self::create(Path::new(arguments.must("device")), replies.collect())
    }

    fn create(link: &Path, replies: Vec<(String, String)>) -> io::Result<Self> {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let name = ptsname(&master, Vec::new())?;
        let slave = open_line(Path::new(&*name.to_string_lossy()))?;
        let flags = rustix::fs::fcntl_getfl(&master)?;
        rustix::fs::fcntl_setfl(&master, flags | OFlags::NONBLOCK)?;
        let _ = std::fs::remove_file(link);
        std::os::unix::fs::symlink(&*name.to_string_lossy(), link)?;
        let (out, half) = (Vec::new(), Vec::new());
        Ok(Self { master, _slave: slave, link: link.to_owned(), out, sent: 0, half, replies })
    }

    /// Queues a line: `write` gets the buffer to append it to.
    pub fn say(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.out);
        self.out.push(b'\n');
    }

    /// Whether something is queued.
    pub fn pending(&self) -> bool {
        self.sent < self.out.len()
    }

    /// Writes what the line takes; true when nothing is left.
    pub fn flush(&mut self) -> io::Result<bool> {
        while self.pending() {
            let end = self.out.len().min(self.sent + 4096);
            match rustix::io::write(&self.master, &self.out[self.sent..end]) {
                Ok(0) | Err(Errno::AGAIN) => return Ok(false),
                Ok(count) => self.sent += count,
                Err(errno) => return Err(errno.into()),
            }
        }
        self.out.clear();
        self.sent = 0;
        Ok(true)
    }

    /// Waits until the line has something, or takes something, or the time is over.
    fn wait(&self, wanted: PollFlags, timeout_ms: i64) -> io::Result<()> {
        let timeout = Timespec { tv_sec: timeout_ms / 1_000, tv_nsec: timeout_ms % 1_000 * 1_000_000 };
        poll(&mut [PollFd::new(&self.master, wanted)], Some(&timeout))?;
        Ok(())
    }

    /// Takes what the server wrote: questions are answered, every line goes to `each`.
    pub fn hear(&mut self, mut each: impl FnMut(&[u8])) -> io::Result<()> {
        let mut buffer = [0; 8192];
        loop {
            match rustix::io::read(&self.master, &mut buffer) {
                Ok(count) => self.half.extend_from_slice(&buffer[..count]),
                Err(Errno::AGAIN) => break,
                Err(errno) => return Err(errno.into()),
            }
        }
        while let Some(end) = memchr(b'\n', &self.half) {
            let line: Vec<u8> = self.half.drain(..=end).collect();
            for (wanted, reply) in &self.replies {
                if memmem::find(&line, wanted.as_bytes()).is_some() {
                    self.out.extend_from_slice(reply.as_bytes());
                    self.out.push(b'\n');
                }
            }
            each(&line);
        }
        self.flush()?;
        Ok(())
    }

    /// Lets the server finish its opening dialogue: until `ms` after it last said something, at most 5 s.
    pub fn settle(&mut self, ms: u64) -> io::Result<()> {
        let end = now_ns() + 5_000_000_000;
        let mut quiet = now_ns();
        while now_ns() < end && now_ns() - quiet < ms * 1_000_000 {
            self.wait(PollFlags::IN, 10)?;
            self.hear(|_| quiet = now_ns())?;
        }
        Ok(())
    }
}

impl AsFd for Device {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.master.as_fd()
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.link);
    }
}

/// Opens a serial line for reading and writing, raw.
pub fn open_line(path: &Path) -> io::Result<OwnedFd> {
    let line = rustix::fs::open(path, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty())?;
    let mut settings = tcgetattr(&line)?;
    settings.make_raw();
    tcsetattr(&line, OptionalActions::Now, &settings)?;
    Ok(line)
}
