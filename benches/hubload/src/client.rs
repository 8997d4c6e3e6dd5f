//! One WebSocket client: TCP or TLS, the upgrade, text messages in and out. Lean, because it is the measuring end.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use memchr::memmem;
use rustls::ClientConnection;

use crate::arguments::{Arguments, die};
use crate::tls;

/// Most bytes taken in one read.
const CHUNK: usize = 128 * 1024;

/// Where clients connect, `ws://HOST:PORT/PATH` or `wss://…`.
#[derive(Clone, Debug)]
pub struct Url {
    tls: bool,
    /// Name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    path: String,
}

impl Url {
    /// Takes it apart, or ends the program.
    pub fn parse(text: &str) -> Self {
        Self::try_parse(text).unwrap_or_else(|| die(&format!("not ws://HOST:PORT/PATH or wss://…: {text}")))
    }

    fn try_parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let (place, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (host, port) = place.rsplit_once(':')?;
        let tls = match scheme {
            "ws" => false,
            "wss" => true,
            _ => return None,
        };
        Some(Self { tls, host: host.to_owned(), port: port.parse().ok()?, path: format!("/{path}") })
    }
}

/// How clients introduce themselves.
#[derive(Clone)]
pub struct Introduction {
    headers: String,
    say: Vec<String>,
    await_text: Option<String>,
    tls: Arc<rustls::ClientConfig>,
    timeout: Duration,
}

impl Introduction {
    /// `--basic USER:PASSWORD`, `--header 'Name: value'`, `--say MESSAGE`, `--await TEXT`.
    pub fn new(arguments: &Arguments) -> Self {
        let mut headers = String::new();
        if let Some(basic) = arguments.get("basic") {
            headers += &format!("Authorization: Basic {}\r\n", BASE64.encode(basic));
        }
        for header in arguments.all("header") {
            headers += &format!("{header}\r\n");
        }
        Self {
            headers,
            say: arguments.all("say").to_vec(),
            await_text: arguments.get("await").map(str::to_owned),
            tls: tls::client(),
            timeout: Duration::from_millis(arguments.number("handshake-ms", 20_000)),
        }
    }

    /// The same with one header instead of all others.
    pub fn with_headers(mut self, header: &str) -> Self {
        self.headers = format!("{header}\r\n");
        self
    }

    /// The same with another patience.
    pub fn within(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
}

/// Read buffers, shared by all clients of a thread.
pub struct Scratch {
    plain: Vec<u8>,
    raw: Vec<u8>,
}

impl Scratch {
    /// Empty; they grow once.
    pub fn new() -> Self {
        Self { plain: Vec::new(), raw: vec![0; CHUNK] }
    }
}

/// An open connection.
pub struct Client {
    /// The socket, for epoll.
    pub socket: TcpStream,
    tls: Option<Box<ClientConnection>>,
    upgraded: bool,
    rest: Vec<u8>,
    fragments: Vec<u8>,
    out: Vec<u8>,
    /// The server has ended it; `reason` says how.
    pub closed: bool,
    /// How it ended.
    pub reason: String,
    /// Stamp of the last message.
    pub last_stamp: u64,
}

impl Client {
    /// Opens a connection, through every handshake and until the awaited text has come.
    pub fn open(url: &Url, introduction: &Introduction) -> io::Result<Self> {
        let socket = TcpStream::connect((url.host.as_str(), url.port))?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(introduction.timeout))?;
        let tls = if url.tls { Some(handshake(&socket, url, introduction)?) } else { None };
        let mut client = Self {
            socket,
            tls,
            upgraded: false,
            rest: Vec::new(),
            fragments: Vec::new(),
            out: Vec::new(),
            closed: false,
            reason: String::new(),
            last_stamp: 0,
        };
        client.upgrade(url, introduction)?;
        client.socket.set_read_timeout(None)?;
        client.socket.set_nonblocking(true)?;
        Ok(client)
    }

    fn upgrade(&mut self, url: &Url, introduction: &Introduction) -> io::Result<()> {
        let scheme = if url.tls { "https" } else { "http" };
        let Url { host, port, path, .. } = url;
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: aHVibG9hZGh1YmxvYWQhIQ==\r\n\
             Origin: {scheme}://{host}:{port}\r\n{}\r\n",
            introduction.headers
        );
        self.out.extend_from_slice(request.as_bytes());
        self.flush()?;
        let mut scratch = Scratch::new();
        while !self.upgraded {
            self.read(&mut scratch, &mut |_| {})?;
            self.must_be_open()?;
        }
        for message in &introduction.say {
            self.say(message.as_bytes());
        }
        self.flush()?;
        if let Some(text) = &introduction.await_text {
            let mut seen = false;
            while !seen {
                self.read(&mut scratch, &mut |message| {
                    seen |= memmem::find(message, text.as_bytes()).is_some();
                })?;
                self.must_be_open()?;
            }
        }
        Ok(())
    }

    fn must_be_open(&self) -> io::Result<()> {
        if self.closed {
            Err(io::Error::other(format!("closed by the server: {}", self.reason)))
        } else {
            Ok(())
        }
    }

    /// Queues one text message.
    pub fn say(&mut self, message: &[u8]) {
        self.frame(1, message);
    }

    fn frame(&mut self, opcode: u8, payload: &[u8]) {
        const MASK: [u8; 4] = [0x5a, 0xc3, 0x17, 0x88];
        self.out.push(0x80 | opcode);
        match payload.len() {
            short @ 0..126 => self.out.push(0x80 | short as u8),
            length => {
                self.out.push(0x80 | 126);
                self.out.extend_from_slice(&(length as u16).to_be_bytes());
            }
        }
        self.out.extend_from_slice(&MASK);
        self.out.extend(payload.iter().enumerate().map(|(index, byte)| byte ^ MASK[index & 3]));
    }

    /// Writes what is queued; what a client says always fits the socket.
    pub fn flush(&mut self) -> io::Result<()> {
        match &mut self.tls {
            None => (&self.socket).write_all(&self.out)?,
            Some(tls) => {
                tls.writer().write_all(&self.out)?;
                while tls.wants_write() {
                    tls.write_tls(&mut &self.socket)?;
                }
            }
        }
        self.out.clear();
        Ok(())
    }

    /// One read; every whole message goes to `each`. Returns how many bytes came over the wire.
    pub fn read(&mut self, scratch: &mut Scratch, each: &mut impl FnMut(&[u8])) -> io::Result<usize> {
        let had = self.rest.len();
        if scratch.plain.len() < had + 2 * CHUNK {
            scratch.plain.resize(had + 4 * CHUNK, 0);
        }
        let (count, plain) = match &mut self.tls {
            None => {
                let count = (&self.socket).read(&mut scratch.plain[had..had + CHUNK])?;
                (count, count)
            }
            Some(tls) => {
                let count = (&self.socket).read(&mut scratch.raw)?;
                (count, decrypt(tls, &scratch.raw[..count], &mut scratch.plain, had)?)
            }
        };
        if count == 0 {
            self.closed = true;
            return Ok(0);
        }
        scratch.plain[..had].copy_from_slice(&self.rest);
        self.rest.clear();
        let used = self.parse(&scratch.plain[..had + plain], each);
        self.rest.extend_from_slice(&scratch.plain[used..had + plain]);
        if !self.out.is_empty() {
            self.flush()?;
        }
        Ok(count)
    }

    fn parse(&mut self, bytes: &[u8], each: &mut impl FnMut(&[u8])) -> usize {
        let mut used = 0;
        if !self.upgraded {
            let Some(end) = memmem::find(bytes, b"\r\n\r\n") else { return 0 };
            if !bytes.starts_with(b"HTTP/1.1 101") {
                self.closed = true;
                self.reason = String::from_utf8_lossy(&bytes[..end]).replace("\r\n", " | ");
                return bytes.len();
            }
            self.upgraded = true;
            used = end + 4;
        }
        while let Some((head, length)) = frame_head(&bytes[used..]) {
            let Some(payload) = bytes.get(used + head..used + head + length) else { break };
            let first = bytes[used];
            used += head + length;
            let last = first & 0x80 != 0;
            match first & 0x0f {
                1 | 2 if last => each(payload),
                0..=2 => {
                    self.fragments.extend_from_slice(payload);
                    if last {
                        each(&std::mem::take(&mut self.fragments));
                    }
                }
                8 => {
                    self.closed = true;
                    self.reason = format!("close frame {:?}", payload.get(..2));
                }
                9 => self.frame(10, payload),
                _ => {}
            }
        }
        used
    }
}

fn handshake(
    socket: &TcpStream,
    url: &Url,
    introduction: &Introduction,
) -> io::Result<Box<ClientConnection>> {
    let name = rustls::pki_types::ServerName::try_from(url.host.clone()).map_err(io::Error::other)?;
    let mut tls = ClientConnection::new(introduction.tls.clone(), name).map_err(io::Error::other)?;
    tls.set_buffer_limit(None);
    while tls.is_handshaking() {
        tls.complete_io(&mut &*socket)?;
    }
    Ok(Box::new(tls))
}

/// Appends to `plain` from `at` on what `raw` holds; returns how much.
fn decrypt(tls: &mut ClientConnection, mut raw: &[u8], plain: &mut Vec<u8>, at: usize) -> io::Result<usize> {
    let mut total = 0;
    while !raw.is_empty() {
        tls.read_tls(&mut raw)?;
        let state = tls.process_new_packets().map_err(io::Error::other)?;
        let ready = state.plaintext_bytes_to_read();
        if plain.len() < at + total + ready {
            plain.resize(at + total + ready + CHUNK, 0);
        }
        if ready > 0 {
            tls.reader().read_exact(&mut plain[at + total..at + total + ready])?;
            total += ready;
        }
    }
    Ok(total)
}

/// Length of a server frame's head and of its payload.
fn frame_head(bytes: &[u8]) -> Option<(usize, usize)> {
    match bytes.get(1)? & 0x7f {
        126 => Some((4, u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?) as usize)),
        127 => Some((10, u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?) as usize)),
        short => Some((2, short as usize)),
    }
}
