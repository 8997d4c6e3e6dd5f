//! The end that speaks: the device on a serial line, or a client that publishes.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use memchr::memmem;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::time::Timespec;

use crate::arguments::Arguments;
use crate::client::{Client, Introduction, Scratch, Url};
use crate::device::Device;
use crate::receiver::await_server;

/// What the device says over and over: a line of the serial port.
const LINE: &str = "[\"thermometer/i2c0-48\", {\"temperature\": [23.5, \"\u{2103}\"], \"ts\": @TS@}]";
/// The same as a payload.
const PAYLOAD: &str = "{\"temperature\": [23.5, \"\u{2103}\"], \"ts\": @TS@}";
/// A relay's new state as a line.
const STATE_LINE: &str = "[\"relay/i2c0-3b\", {\"state\": @STATE@, \"ts\": @TS@}]";
/// The same as a payload.
const STATE_PAYLOAD: &str = "{\"state\": @STATE@, \"ts\": @TS@}";

/// The end that speaks.
pub enum Source {
    /// `--device LINK`.
    Line(Device),
    /// `--publish mqtt://HOST:PORT`.
    Publisher(Box<Publisher>),
}

/// A client that publishes, opened once its server is there.
pub struct Publisher {
    client: Option<Client>,
    url: Url,
    introduction: Introduction,
    scratch: Scratch,
    message: Vec<u8>,
}

impl Source {
    /// The publisher if there is one, else the device.
    pub fn open(arguments: &Arguments) -> io::Result<Self> {
        let Some(url) = arguments.get("publish") else { return Device::open(arguments).map(Self::Line) };
        Ok(Self::Publisher(Box::new(Publisher {
            client: None,
            url: Url::parse(url),
            introduction: Introduction::of_publisher(arguments),
            scratch: Scratch::new(),
            message: Vec::new(),
        })))
    }

    /// What it says unless told otherwise.
    pub fn message(&self) -> &'static str {
        match self {
            Self::Line(_) => LINE,
            Self::Publisher(_) => PAYLOAD,
        }
    }

    /// What it says of a relay.
    pub fn state(&self) -> &'static str {
        match self {
            Self::Line(_) => STATE_LINE,
            Self::Publisher(_) => STATE_PAYLOAD,
        }
    }

    /// Whether what it heard is a command for a relay: a line that says so; a publisher subscribes to nothing else.
    pub fn is_command(&self) -> fn(&[u8]) -> bool {
        match self {
            Self::Line(_) => {
                |line| memmem::find(line, b"/set\"").is_some() && memmem::find(line, b"state").is_some()
            }
            Self::Publisher(_) => |_| true,
        }
    }

    /// The server is there: the device finishes the opening dialogue, a publisher connects.
    pub fn settle(&mut self, ms: u64) -> io::Result<()> {
        match self {
            Self::Line(device) => device.settle(ms),
            Self::Publisher(publisher) => {
                await_server(&publisher.url);
                publisher.client = Some(Client::open(&publisher.url, &publisher.introduction)?);
                Ok(())
            }
        }
    }

    /// Queues a message: `write` gets the buffer to append it to.
    pub fn say(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        match self {
            Self::Line(device) => device.say(write),
            Self::Publisher(publisher) => {
                publisher.message.clear();
                write(&mut publisher.message);
                if let Some(client) = &mut publisher.client {
                    client.say(&publisher.message);
                }
            }
        }
    }

    /// Whether something is queued.
    pub fn pending(&self) -> bool {
        match self {
            Self::Line(device) => device.pending(),
            Self::Publisher(publisher) => publisher.client.as_ref().is_some_and(Client::pending),
        }
    }

    /// Writes what is taken; true when nothing is left.
    pub fn flush(&mut self) -> io::Result<bool> {
        match self {
            Self::Line(device) => device.flush(),
            Self::Publisher(publisher) => publisher.client.as_mut().map_or(Ok(true), Client::flush),
        }
    }

    /// Writes all of it.
    pub fn flush_all(&mut self) -> io::Result<()> {
        while !self.flush()? {
            self.wait(PollFlags::OUT, 10)?;
        }
        Ok(())
    }

    /// Waits until it has something, or takes something, or the time is over.
    pub fn wait(&self, wanted: PollFlags, timeout_ms: i64) -> io::Result<()> {
        let timeout = Timespec { tv_sec: timeout_ms / 1_000, tv_nsec: timeout_ms % 1_000 * 1_000_000 };
        poll(&mut [PollFd::new(self, wanted)], Some(&timeout))?;
        Ok(())
    }

    /// Takes what came: lines of the serial port, payloads of a publisher.
    pub fn hear(&mut self, mut each: impl FnMut(&[u8])) -> io::Result<()> {
        let publisher = match self {
            Self::Line(device) => return device.hear(each),
            Self::Publisher(publisher) => publisher,
        };
        let Some(client) = &mut publisher.client else { return Ok(()) };
        match client.read(&mut publisher.scratch, &mut each) {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
            _ => client.must_be_open(),
        }
    }
}

impl AsFd for Source {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Line(device) => device.as_fd(),
            Self::Publisher(publisher) => {
                publisher.client.as_ref().expect("a publisher is watched once it is open").socket.as_fd()
            }
        }
    }
}
