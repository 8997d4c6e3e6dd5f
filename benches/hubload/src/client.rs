//! One client: TCP or TLS, and what is spoken on it, WebSocket or MQTT. Lean, because it is the measuring end.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use memchr::memmem;
use rustls::ClientConnection;

use crate::arguments::{Arguments, die};
use crate::tls;
use crate::{mqtt, websocket};

/// Most bytes taken in one read.
const CHUNK: usize = 128 * 1024;

/// Where clients connect, `ws://HOST:PORT/PATH`, `wss://…`, `mqtt://HOST:PORT` or `mqtts://…`.
#[derive(Clone, Debug)]
pub struct Url {
    /// Encrypted.
    pub tls: bool,
    /// MQTT, not WebSocket.
    pub mqtt: bool,
    /// Name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// With the slash.
    pub path: String,
}

impl Url {
    /// Takes it apart, or ends the program.
    pub fn parse(text: &str) -> Self {
        Self::try_parse(text).unwrap_or_else(|| {
            die(&format!("not ws://HOST:PORT/PATH, wss://…, mqtt://HOST:PORT or mqtts://…: {text}"))
        })
    }

    fn try_parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let (place, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (host, port) = place.rsplit_once(':')?;
        let (mqtt, tls) = match scheme {
            "ws" => (false, false),
            "wss" => (false, true),
            "mqtt" => (true, false),
            "mqtts" => (true, true),
            _ => return None,
        };
        Some(Self { tls, mqtt, host: host.to_owned(), port: port.parse().ok()?, path: format!("/{path}") })
    }
}

/// How clients introduce themselves.
#[derive(Clone)]
pub struct Introduction {
    headers: String,
    say: Vec<String>,
    await_text: Option<String>,
    mqtt: mqtt::Introduction,
    tls: Arc<rustls::ClientConfig>,
    timeout: Duration,
}

impl Introduction {
    /// `--basic USER:PASSWORD`, `--header 'Name: value'`, `--say MESSAGE`, `--await TEXT`; for MQTT see there.
    pub fn new(arguments: &Arguments) -> Self {
        let mut headers = String::new();
        if let Some(basic) = arguments.get("basic") {
            headers += &websocket::basic(basic);
        }
        for header in arguments.all("header") {
            headers += &format!("{header}\r\n");
        }
        Self {
            headers,
            say: arguments.all("say").to_vec(),
            await_text: arguments.get("await").map(str::to_owned),
            mqtt: mqtt::Introduction::of_client(arguments),
            tls: tls::client(),
            timeout: Duration::from_millis(arguments.number("handshake-ms", 20_000)),
        }
    }

    /// The one that speaks, with `--publish-…` instead of the clients' options.
    pub fn of_publisher(arguments: &Arguments) -> Self {
        let mqtt = mqtt::Introduction::of_publisher(arguments);
        Self { say: Vec::new(), await_text: None, mqtt, ..Self::new(arguments) }
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

/// What is spoken.
enum Speech {
    WebSocket(websocket::Speech),
    Mqtt(mqtt::Speech),
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
    speech: Speech,
    rest: Vec<u8>,
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
        let mut out = Vec::new();
        let speech = if url.mqtt {
            Speech::Mqtt(mqtt::Speech::begin(&introduction.mqtt, &mut out))
        } else {
            Speech::WebSocket(websocket::Speech::begin(url, &introduction.headers, &mut out))
        };
        let mut client = Self {
            socket,
            tls,
            speech,
            rest: Vec::new(),
            out,
            closed: false,
            reason: String::new(),
            last_stamp: 0,
        };
        client.greet(introduction)?;
        client.socket.set_read_timeout(None)?;
        client.socket.set_nonblocking(true)?;
        Ok(client)
    }

    fn greet(&mut self, introduction: &Introduction) -> io::Result<()> {
        self.flush()?;
        let mut scratch = Scratch::new();
        while !self.is_ready() {
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

    fn is_ready(&self) -> bool {
        match &self.speech {
            Speech::WebSocket(speech) => speech.upgraded,
            Speech::Mqtt(speech) => speech.ready,
        }
    }

    /// An error if the server has ended it.
    pub fn must_be_open(&self) -> io::Result<()> {
        if self.closed {
            Err(io::Error::other(format!("closed by the server: {}", self.reason)))
        } else {
            Ok(())
        }
    }

    /// Queues one message: a text frame, or a PUBLISH on the client's topic.
    pub fn say(&mut self, message: &[u8]) {
        match &mut self.speech {
            Speech::WebSocket(_) => websocket::text(&mut self.out, message),
            Speech::Mqtt(speech) => speech.publish(&mut self.out, message),
        }
    }

    /// Whether something is still to be written.
    pub fn pending(&self) -> bool {
        !self.out.is_empty() || self.tls.as_ref().is_some_and(|tls| tls.wants_write())
    }

    /// Writes what is queued; true when nothing is left.
    pub fn flush(&mut self) -> io::Result<bool> {
        match self.write() {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn write(&mut self) -> io::Result<()> {
        let Some(tls) = &mut self.tls else {
            while !self.out.is_empty() {
                let count = (&self.socket).write(&self.out)?;
                self.out.drain(..count);
            }
            return Ok(());
        };
        tls.writer().write_all(&self.out)?;
        self.out.clear();
        while tls.wants_write() {
            tls.write_tls(&mut &self.socket)?;
        }
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
        let bytes = &scratch.plain[..had + plain];
        let used = match &mut self.speech {
            Speech::WebSocket(speech) => speech.parse(bytes, &mut self.out, each),
            Speech::Mqtt(speech) => speech.parse(bytes, &mut self.out, each),
        };
        match used {
            Ok(used) => self.rest.extend_from_slice(&bytes[used..]),
            Err(reason) => (self.closed, self.reason) = (true, reason),
        }
        if !self.out.is_empty() {
            self.flush()?;
        }
        Ok(count)
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
