//! The receiving side: all clients in one epoll set on one thread.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::time::Timespec;

use crate::client::{Client, Introduction, Scratch, Url};
use crate::clock::{Histogram, now_ns, sleep_ms};
use crate::process::await_port;
use crate::source::Source;
use crate::stamp::{Stamps, Template};

/// The mark of the end that speaks in the epoll set.
const SOURCE: u64 = u64::MAX;

/// All clients and what they have received.
pub struct Receiver {
    epoll: OwnedFd,
    /// The clients.
    pub clients: Vec<Client>,
    scratch: Scratch,
    events: Vec<Event>,
    stamps: Stamps,
    /// Stamped messages received.
    pub delivered: u64,
    /// Messages without a stamp.
    pub other: u64,
    /// Messages older than the one before on the same connection.
    pub reordered: u64,
    /// Connections the server has ended.
    pub dead: u64,
    /// Reads that brought something.
    pub reads: u64,
    /// When the last stamped message came.
    pub last: u64,
    /// Publication to receipt, for messages stamped at or after `from`.
    pub latency: Histogram,
    /// Stamps before this are not in `latency`.
    pub from: u64,
}

impl Receiver {
    /// Watches these clients.
    pub fn new(clients: Vec<Client>) -> io::Result<Self> {
        let mut receiver = Self {
            epoll: epoll::create(CreateFlags::CLOEXEC)?,
            clients: Vec::new(),
            scratch: Scratch::new(),
            events: Vec::with_capacity(1024),
            stamps: Stamps::new(),
            delivered: 0,
            other: 0,
            reordered: 0,
            dead: 0,
            reads: 0,
            last: now_ns(),
            latency: Histogram::new(),
            from: u64::MAX,
        };
        receiver.add(clients)?;
        Ok(receiver)
    }

    /// Watches more clients.
    pub fn add(&mut self, clients: Vec<Client>) -> io::Result<()> {
        for client in clients {
            let data = EventData::new_u64(self.clients.len() as u64);
            epoll::add(&self.epoll, &client.socket, data, EventFlags::IN)?;
            self.clients.push(client);
        }
        Ok(())
    }

    /// Watches the end that speaks, for reading or for both.
    pub fn watch_source(&self, source: &impl AsFd, first: bool, writing: bool) -> io::Result<()> {
        let flags = if writing { EventFlags::IN | EventFlags::OUT } else { EventFlags::IN };
        let data = EventData::new_u64(SOURCE);
        if first {
            epoll::add(&self.epoll, source, data, flags)?;
        } else {
            epoll::modify(&self.epoll, source, data, flags)?;
        }
        Ok(())
    }

    /// Waits at most so long and reads once from every client that has something. `seen` gets the client's number,
    /// the stamp and the time. Returns whether the source was ready.
    pub fn pump(&mut self, timeout_ms: i64, mut seen: impl FnMut(usize, u64, u64)) -> io::Result<bool> {
        let timeout = Timespec { tv_sec: timeout_ms / 1_000, tv_nsec: timeout_ms % 1_000 * 1_000_000 };
        let mut events = std::mem::take(&mut self.events);
        events.clear();
        match epoll::wait(&self.epoll, spare_capacity(&mut events), Some(&timeout)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
        let mut source = false;
        for event in &events {
            match event.data.u64() {
                SOURCE => source = true,
                number => self.take(number as usize, &mut seen),
            }
        }
        self.events = events;
        Ok(source)
    }

    fn take(&mut self, number: usize, seen: &mut impl FnMut(usize, u64, u64)) {
        let client = &mut self.clients[number];
        let (stamps, latency, from) = (&self.stamps, &mut self.latency, self.from);
        let (mut delivered, mut other, mut reordered, mut last) = (0, 0, 0, client.last_stamp);
        let mut now = 0;
        let read = client.read(&mut self.scratch, &mut |message| {
            if now == 0 {
                now = now_ns();
            }
            let Some(stamp) = stamps.find(message) else {
                other += 1;
                return;
            };
            delivered += 1;
            reordered += u64::from(stamp < last);
            last = stamp;
            if stamp >= from {
                latency.add(now.saturating_sub(stamp));
            }
            seen(number, stamp, now);
        });
        client.last_stamp = last;
        self.delivered += delivered;
        self.other += other;
        self.reordered += reordered;
        self.reads += 1;
        if delivered > 0 {
            self.last = now;
        }
        if read.is_err_and(|error| error.kind() != io::ErrorKind::WouldBlock) {
            client.closed = true;
        }
        if client.closed {
            self.dead += 1;
            let _ = epoll::delete(&self.epoll, &client.socket);
        }
    }

    /// Receives for so long.
    pub fn settle(&mut self, ms: u64) -> io::Result<()> {
        let end = now_ns() + ms * 1_000_000;
        while now_ns() < end {
            self.pump(10, |_, _, _| {})?;
        }
        Ok(())
    }

    /// Receives until `expected` messages are there, for at most 10 s, or 0.7 s of silence.
    pub fn drain(&mut self, expected: u64) -> io::Result<()> {
        let end = now_ns() + 10_000_000_000;
        self.last = now_ns();
        while self.delivered < expected && now_ns() < end && now_ns() - self.last < 700_000_000 {
            self.pump(10, |_, _, _| {})?;
        }
        Ok(())
    }

    /// Waits until what the source says gets to every client: a link between servers needs a moment until it stands.
    /// Returns how many milliseconds that took; nothing of it is counted later.
    pub fn await_source(&mut self, source: &mut Source, message: &Template) -> io::Result<f64> {
        let start = now_ns();
        loop {
            source.say(|out| message.fill(out, now_ns(), false));
            source.flush_all()?;
            let taken = (now_ns() - start) as f64 / 1e6;
            self.settle(20)?;
            source.hear(|_| {})?;
            if self.delivered >= self.clients.len() as u64 {
                self.settle(200)?;
                self.delivered = 0;
                return Ok(taken);
            }
            if taken > 10_000.0 {
                self.report_dead();
                return Err(io::Error::other("nothing of what is said arrives within 10 s"));
            }
        }
    }

    /// Says on standard error if the server ended connections.
    pub fn report_dead(&self) {
        if let Some(client) = self.clients.iter().find(|client| client.closed) {
            eprintln!("hubload: {} connections were closed by the server: {}", self.dead, client.reason);
        }
    }
}

/// Opens `count` clients, `openers` at a time.
pub fn open_many(
    url: &Url,
    introduction: &Introduction,
    count: usize,
    openers: usize,
) -> io::Result<Vec<Client>> {
    let openers = openers.clamp(1, count.max(1));
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..openers)
            .map(|first| {
                let mine = (first..count).step_by(openers);
                scope.spawn(move || {
                    mine.map(|_| open_patiently(url, introduction)).collect::<io::Result<Vec<_>>>()
                })
            })
            .collect();
        let mut clients = Vec::with_capacity(count);
        for thread in threads {
            clients.extend(thread.join().map_err(|_| io::Error::other("an opener panicked"))??);
        }
        Ok(clients)
    })
}

/// A full accept queue on a busy server is a wait, not a failure.
fn open_patiently(url: &Url, introduction: &Introduction) -> io::Result<Client> {
    let mut tries = 0;
    loop {
        match Client::open(url, introduction) {
            Err(_) if tries < 20 => {
                tries += 1;
                sleep_ms(100);
            }
            opened => return opened,
        }
    }
}

/// Waits until the server takes connections, at most 30 s.
pub fn await_server(url: &Url) {
    await_port(&url.host, url.port);
}
