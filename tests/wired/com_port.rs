//! A server of one serial port by RFC 2217, made from that text, and the device on its port, which hears and is heard at
//! the speed that was set: what a pseudo-terminal, which has no speed, cannot show.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

const IAC: u8 = 255;
const DO: u8 = 253;
const WILL: u8 = 251;
const SB: u8 = 250;
const SE: u8 = 240;
const COM_PORT: u8 = 44;

/// How often the device may say something by itself.
const BREATH: Duration = Duration::from_millis(20);

/// How a port was set, in the numbers of RFC 2217.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Line {
    pub baud: u32,
    pub data: u8,
    /// 1 none, 2 odd, 3 even.
    pub parity: u8,
    pub stop: u8,
}

/// The server, until it is dropped.
pub struct ComPort {
    address: SocketAddr,
    lines: Arc<Mutex<Vec<Line>>>,
    hang_up: Arc<Notify>,
    task: JoinHandle<()>,
}

impl ComPort {
    /// With a device that is told how its line is set and what it hears, often, and says what it has to say.
    pub async fn serve(mut device: impl FnMut(Line, &[u8]) -> Vec<u8> + Send + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let (lines, hang_up) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Notify::new()));
        let (told, hung_up) = (lines.clone(), hang_up.clone());
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.expect("the hub connects");
                tokio::select! {
                    () = connection(stream, &told, &mut device) => {}
                    () = hung_up.notified() => {}
                }
            }
        });
        Self { address, lines, hang_up, task }
    }

    /// What the hub is told as `device`.
    pub fn url(&self) -> String {
        format!("rfc2217://{}", self.address)
    }

    /// How the port was set by each connection so far.
    pub fn lines(&self) -> Vec<Line> {
        self.lines.lock().expect("no test panics with it").clone()
    }

    /// Ends the connection that is there.
    pub fn hang_up(&self) {
        self.hang_up.notify_one();
    }
}

impl Drop for ComPort {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn connection(
    mut stream: TcpStream,
    lines: &Mutex<Vec<Line>>,
    device: &mut impl FnMut(Line, &[u8]) -> Vec<u8>,
) {
    let (mut line, mut heard, mut buffer) = (Line::default(), Vec::new(), [0; 512]);
    let mut is_noted = false;
    loop {
        let mut reply = Vec::new();
        if let Ok(read) = tokio::time::timeout(BREATH, stream.read(&mut buffer)).await {
            match read {
                Ok(count @ 1..) => heard.extend_from_slice(&buffer[..count]),
                Ok(0) | Err(_) => return,
            }
        }
        let mut data = Vec::new();
        while let Some(taken) = take(&heard, &mut line, &mut data, &mut reply) {
            heard.drain(..taken);
        }
        // A port is set when all of it was told; before that the device is not on it.
        if line.stop > 0 {
            if !std::mem::replace(&mut is_noted, true) {
                lines.lock().expect("no test panics with it").push(line);
            }
            for byte in device(line, &data) {
                reply.extend(std::iter::repeat_n(byte, if byte == IAC { 2 } else { 1 }));
            }
        }
        if stream.write_all(&reply).await.is_err() {
            return;
        }
    }
}

/// Takes what stands at the front: a byte of the port, or a whole word of Telnet.
fn take(heard: &[u8], line: &mut Line, data: &mut Vec<u8>, reply: &mut Vec<u8>) -> Option<usize> {
    match *heard {
        [IAC, IAC, ..] => {
            data.push(IAC);
            Some(2)
        }
        [IAC, SB, ref rest @ ..] => {
            let end = rest.windows(2).position(|pair| pair == [IAC, SE])?;
            set(&rest[..end], line, reply);
            Some(2 + end + 2)
        }
        [IAC, verb, option, ..] => {
            // Whatever the hub wishes or offers is agreed to.
            match verb {
                WILL => reply.extend([IAC, DO, option]),
                DO => reply.extend([IAC, WILL, option]),
                _ => {}
            }
            Some(3)
        }
        [IAC, ..] | [] => None,
        [byte, ..] => {
            data.push(byte);
            Some(1)
        }
    }
}

/// Sets the port, and says what it is set to; no value of these tests has a byte that Telnet doubles.
fn set(word: &[u8], line: &mut Line, reply: &mut Vec<u8>) {
    let [COM_PORT, what, value @ ..] = word else { panic!("no word about a port: {word:02X?}") };
    match (*what, value) {
        (1, &[a, b, c, d]) => line.baud = u32::from_be_bytes([a, b, c, d]),
        (2, &[data]) => line.data = data,
        (3, &[parity]) => line.parity = parity,
        (4, &[stop]) => line.stop = stop,
        (5, &[1]) => {}
        _ => panic!("no such wish: {word:02X?}"),
    }
    reply.extend([&[IAC, SB, COM_PORT, what + 100], value, &[IAC, SE]].concat());
}
