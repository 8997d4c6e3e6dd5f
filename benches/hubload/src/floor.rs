//! The least a hub can do, to be measured beside one: lines of a serial port are framed and written to every client,
//! what clients send goes to the port. No protocol, no state, no checks, no slow readers: one thread, blocking writes.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use memchr::{memchr, memmem, memrchr};
use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};

use crate::arguments::Arguments;
use crate::{device, tls};

const LISTENER: u64 = u64::MAX;
const LINE: u64 = u64::MAX - 1;

/// `floor-server --port P [--line PATH] [--tls] [--write batch|message]`: `batch` writes what arrived together at
/// once, `message` writes every message by itself.
pub fn serve(arguments: &Arguments) -> io::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", arguments.number("port", 19_390u16)))?;
    rustix::net::listen(&listener, 4096)?;
    let line = arguments.get("line").map(|path| device::open_line(Path::new(path))).transpose()?;
    let tls = arguments.has("tls").then(tls::server);
    let one_by_one = arguments.get("write") == Some("message");
    Floor { listener, line, tls, one_by_one, clients: Vec::new(), half: Vec::new() }.run()
}

struct Floor {
    listener: TcpListener,
    line: Option<OwnedFd>,
    tls: Option<Arc<rustls::ServerConfig>>,
    one_by_one: bool,
    clients: Vec<Option<Client>>,
    half: Vec<u8>,
}

impl Floor {
    fn run(mut self) -> io::Result<()> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        epoll::add(&epoll, &self.listener, EventData::new_u64(LISTENER), EventFlags::IN)?;
        if let Some(line) = &self.line {
            epoll::add(&epoll, line, EventData::new_u64(LINE), EventFlags::IN)?;
        }
        let mut events = Vec::with_capacity(256);
        let mut buffer = vec![0; 64 * 1024];
        loop {
            events.clear();
            epoll::wait(&epoll, spare_capacity(&mut events), None)?;
            for event in &events {
                match event.data.u64() {
                    // A client that fails its handshake is its own problem.
                    LISTENER => drop(self.accept(&epoll)),
                    LINE => self.spread(&mut buffer)?,
                    number => self.forward(number as usize, &mut buffer),
                }
            }
        }
    }

    fn accept(&mut self, epoll: &OwnedFd) -> io::Result<()> {
        let (socket, _) = self.listener.accept()?;
        let client = Client::greet(socket, self.tls.clone())?;
        let data = EventData::new_u64(self.clients.len() as u64);
        epoll::add(epoll, client.socket.as_fd(), data, EventFlags::IN)?;
        self.clients.push(Some(client));
        Ok(())
    }

    /// Line to clients.
    fn spread(&mut self, buffer: &mut [u8]) -> io::Result<()> {
        let Some(line) = &self.line else { return Ok(()) };
        let count = rustix::io::read(line, &mut *buffer)?;
        self.half.extend_from_slice(&buffer[..count]);
        let Some(end) = memrchr(b'\n', &self.half) else { return Ok(()) };
        let (mut frames, mut ends) = (Vec::with_capacity(end + 1024), Vec::new());
        let mut rest = &self.half[..=end];
        while let Some(length) = memchr(b'\n', rest) {
            frame(&mut frames, &rest[..length]);
            ends.push(frames.len());
            rest = &rest[length + 1..];
        }
        self.half.drain(..=end);
        if !self.one_by_one {
            ends = vec![frames.len()];
        }
        let mut start = 0;
        for end in ends {
            for client in self.clients.iter_mut().flatten() {
                client.send(&frames[start..end]);
            }
            start = end;
        }
        Ok(())
    }

    /// Client to line.
    fn forward(&mut self, number: usize, buffer: &mut [u8]) {
        let Some(client) = &mut self.clients[number] else { return };
        match client.receive(buffer) {
            Ok(count) if count > 0 => {
                let mut lines = Vec::new();
                unmask(&buffer[..count], &mut lines);
                if let Some(line) = &self.line {
                    let _ = rustix::io::write(line, &lines);
                }
            }
            _ => self.clients[number] = None,
        }
    }
}

struct Client {
    socket: TcpStream,
    tls: Option<Box<rustls::ServerConnection>>,
}

impl Client {
    /// Both handshakes, blocking.
    fn greet(socket: TcpStream, config: Option<Arc<rustls::ServerConfig>>) -> io::Result<Self> {
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(Duration::from_secs(5)))?;
        let tls = match config {
            None => None,
            Some(config) => {
                let mut tls = rustls::ServerConnection::new(config).map_err(io::Error::other)?;
                tls.set_buffer_limit(None);
                while tls.is_handshaking() {
                    tls.complete_io(&mut &socket)?;
                }
                Some(Box::new(tls))
            }
        };
        let mut client = Self { socket, tls };
        let mut head = Vec::new();
        let mut buffer = [0; 2048];
        while memmem::find(&head, b"\r\n\r\n").is_none() {
            match client.receive(&mut buffer)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => head.extend_from_slice(&buffer[..count]),
            }
        }
        let head = String::from_utf8_lossy(&head);
        let key = head.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).unwrap_or("");
        let digest = sha1_smol::Sha1::from(format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11")).digest();
        let accept = BASE64.encode(digest.bytes());
        client.send(
            format!(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                 Sec-WebSocket-Accept: {accept}\r\n\r\n"
            )
            .as_bytes(),
        );
        client.socket.set_read_timeout(None)?;
        Ok(client)
    }

    /// A client that has gone is noticed when it is read.
    fn send(&mut self, bytes: &[u8]) {
        let _ = match &mut self.tls {
            None => (&self.socket).write_all(bytes),
            Some(tls) => tls.writer().write_all(bytes).and_then(|()| {
                while tls.wants_write() {
                    tls.write_tls(&mut &self.socket)?;
                }
                Ok(())
            }),
        };
    }

    fn receive(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else { return (&self.socket).read(buffer) };
        loop {
            match tls.reader().read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => return read,
            }
            if tls.read_tls(&mut &self.socket)? == 0 {
                return Ok(0);
            }
            tls.process_new_packets().map_err(io::Error::other)?;
        }
    }
}

/// Appends a text frame.
fn frame(out: &mut Vec<u8>, payload: &[u8]) {
    out.push(0x81);
    match payload.len() {
        short @ 0..126 => out.push(short as u8),
        length => {
            out.push(126);
            out.extend_from_slice(&(length as u16).to_be_bytes());
        }
    }
    out.extend_from_slice(payload);
}

/// Appends a line for every short text frame; the tool sends no others, and never half of one.
fn unmask(mut bytes: &[u8], lines: &mut Vec<u8>) {
    while let [first, length, mask @ ..] = bytes {
        let length = (length & 0x7f) as usize;
        let (Some(mask), Some(payload)) = (mask.get(..4), mask.get(4..4 + length)) else { return };
        if first & 0x0f == 1 {
            lines.extend(payload.iter().enumerate().map(|(index, byte)| byte ^ mask[index & 3]));
            lines.push(b'\n');
        }
        bytes = &bytes[6 + length..];
    }
}
