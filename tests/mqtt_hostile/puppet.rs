//! A broker that says exactly what the test wants, and remembers what it was told.

use std::sync::{Arc, Mutex, MutexGuard};

use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::common::until;

/// MQTT 3.1.1 and 5, as a CONNECT names them.
pub const V4: u8 = 4;
pub const V5: u8 = 5;

/// How the puppet behaves towards whoever connects.
#[derive(Clone)]
pub struct Manners {
    /// The answer to a CONNECT of version 5; version 3.1.1 is always welcome.
    pub welcome: Vec<u8>,
    /// The answer to each filter; 0x80 and above refuse it.
    pub grant: u8,
    /// Whether messages of QoS 1 and 2 are acknowledged.
    pub acknowledges: bool,
    /// Whether pings are answered.
    pub pongs: bool,
    /// Whether a will may be retained.
    pub retains: bool,
}

impl Default for Manners {
    fn default() -> Self {
        Self { welcome: welcome(&[]), grant: 0, acknowledges: true, pongs: true, retains: true }
    }
}

/// A CONNACK of version 5 with these properties.
pub fn welcome(properties: &[u8]) -> Vec<u8> {
    let length = u8::try_from(properties.len()).expect("few properties");
    [&[0x20, length + 3, 0, 0, length], properties].concat()
}

/// Any packet: its first byte and its body.
pub fn packet(first: u8, body: &[u8]) -> Vec<u8> {
    let (mut bytes, mut length) = (vec![first], body.len());
    loop {
        let low = u8::try_from(length % 128).expect("below 128");
        length /= 128;
        bytes.push(if length > 0 { low | 0x80 } else { low });
        if length == 0 {
            return [bytes, body.to_vec()].concat();
        }
    }
}

/// A text with its length in front.
pub fn text(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).expect("MQTT takes 65,535 bytes");
    [&length.to_be_bytes(), bytes].concat()
}

/// A PUBLISH of QoS 0.
pub fn publish(version: u8, topic: &[u8], payload: &[u8]) -> Vec<u8> {
    publish_with(version, 0, topic, &[], payload)
}

/// A PUBLISH with these flags (DUP 8, QoS 2 and 4, RETAIN 1), whose number is 7, and with these properties.
pub fn publish_with(version: u8, flags: u8, topic: &[u8], properties: &[u8], payload: &[u8]) -> Vec<u8> {
    let number: &[u8] = if flags & 6 == 0 { &[] } else { &[0, 7] };
    let properties = match version {
        V4 => Vec::new(),
        // Up to two bytes of length.
        _ => {
            let length = packet(0, &vec![0; properties.len()]);
            [&length[1..length.len() - properties.len()], properties].concat()
        }
    };
    packet(0x30 | flags, &[text(topic), number.to_vec(), properties, payload.to_vec()].concat())
}

struct Inside {
    manners: Manners,
    connections: usize,
    /// Packets of the connection that is there: first byte and body.
    heard: Vec<(u8, Vec<u8>)>,
    mouth: Option<mpsc::UnboundedSender<Vec<u8>>>,
    version: u8,
}

/// Listens until it is dropped.
pub struct Puppet {
    port: u16,
    inside: Arc<Mutex<Inside>>,
    task: JoinHandle<()>,
}

impl Puppet {
    /// One that is polite but for what the manners say.
    pub async fn new(manners: Manners) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let inside = Inside { manners, connections: 0, heard: Vec::new(), mouth: None, version: 0 };
        let inside = Arc::new(Mutex::new(inside));
        let shared = inside.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (ear, mouth) = stream.into_split();
                tokio::spawn(serve(BufReader::new(ear), mouth, shared.clone()));
            }
        });
        Self { port, inside, task }
    }

    /// The lines of a link to it.
    pub fn link(&self, name: &str, topics: &[&str], more: &str) -> String {
        let url = format!("mqtt://127.0.0.1:{}", self.port);
        format!(
            "[[link]]\nname = \"{name}\"\nkind = \"mqtt\"\nurl = \"{url}\"\ntopics = {topics:?}\n{more}\n"
        )
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().expect("never poisoned")
    }

    /// How many clients were welcomed, one after the other.
    pub fn connections(&self) -> usize {
        self.lock().connections
    }

    /// What the client that is there has said: first bytes and bodies.
    pub fn heard(&self) -> Vec<(u8, Vec<u8>)> {
        self.lock().heard.clone()
    }

    /// From now on it behaves so.
    pub fn behave(&self, manners: Manners) {
        self.lock().manners = manners;
    }

    /// Says bytes to the client that is there.
    pub fn say(&self, bytes: &[u8]) {
        let inside = self.lock();
        let mouth = inside.mouth.as_ref().expect("somebody is there");
        // Whoever has just left hears nothing.
        let _ = mouth.send(bytes.to_vec());
    }

    /// Closes the connection.
    pub fn hang_up(&self) {
        self.lock().mouth = None;
    }

    /// Waits until the client has said something so.
    pub async fn hears(&self, what: &str, wish: impl Fn(u8, &[u8]) -> bool) -> Vec<u8> {
        until(what, || async {
            self.heard().into_iter().find(|(first, body)| wish(*first, body)).map(|(_, body)| body)
        })
        .await
    }

    /// Waits until connection number `number` is there and has subscribed to everything it wants.
    pub async fn is_used(&self, number: usize) {
        until(&format!("connection {number}"), || async {
            // The last one is for other hubs.
            let subscribed = |(first, body): &(u8, Vec<u8>)| {
                first >> 4 == 8 && memchr::memmem::find(body, b"clown-hub/+/+").is_some()
            };
            (self.connections() >= number && self.heard().iter().any(subscribed)).then_some(())
        })
        .await;
    }
}

impl Drop for Puppet {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn read(ear: &mut BufReader<OwnedReadHalf>) -> std::io::Result<(u8, Vec<u8>)> {
    let first = ear.read_u8().await?;
    let mut length = 0;
    for shift in [0, 7, 14, 21] {
        let byte = ear.read_u8().await?;
        length |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    let mut body = vec![0; length];
    ear.read_exact(&mut body).await?;
    Ok((first, body))
}

async fn serve(mut ear: BufReader<OwnedReadHalf>, mut mouth: OwnedWriteHalf, shared: Arc<Mutex<Inside>>) {
    // What is no CONNECT is the link's second look.
    let Ok((0x10, connect)) = read(&mut ear).await else { return };
    let version = connect.get(6).copied().unwrap_or_default();
    let (words, mut said) = mpsc::unbounded_channel::<Vec<u8>>();
    let number = {
        let mut inside = shared.lock().expect("never poisoned");
        let is_retained = connect.get(7).is_some_and(|flags| flags & 0x20 != 0);
        let welcome = match version {
            // Mosquitto just hangs up.
            V4 if is_retained && !inside.manners.retains => return,
            V4 => vec![0x20, 2, 0, 0],
            _ if is_retained && !inside.manners.retains => vec![0x20, 3, 0, 0x9a, 0],
            _ => inside.manners.welcome.clone(),
        };
        let _ = words.send(welcome);
        inside.connections += 1;
        (inside.version, inside.heard, inside.mouth) = (version, vec![(0x10, connect)], Some(words.clone()));
        inside.connections
    };
    tokio::spawn(async move {
        while let Some(bytes) = said.recv().await {
            if mouth.write_all(&bytes).await.is_err() {
                return;
            }
        }
    });
    // Whoever hangs up drops the last one.
    let mouthpiece = words.downgrade();
    drop(words);
    while let Ok((first, body)) = read(&mut ear).await {
        let Some(words) = mouthpiece.upgrade() else { return };
        let mut inside = shared.lock().expect("never poisoned");
        if inside.connections != number {
            return;
        }
        if let Some(answer) = answer(&inside.manners, version, first, &body) {
            let _ = words.send(answer);
        }
        inside.heard.push((first, body));
    }
    let mut inside = shared.lock().expect("never poisoned");
    if inside.connections == number {
        inside.mouth = None;
    }
}

fn answer(manners: &Manners, version: u8, first: u8, body: &[u8]) -> Option<Vec<u8>> {
    let number = |at: usize| body.get(at..at + 2).unwrap_or(&[0, 0]).to_vec();
    let after_topic = || 2 + usize::from(u16::from_be_bytes([body[0], body[1]]));
    match first >> 4 {
        8 if version == V4 => Some(packet(0x90, &[number(0), vec![manners.grant]].concat())),
        8 => Some(packet(0x90, &[number(0), vec![0, manners.grant]].concat())),
        3 if manners.acknowledges && first & 6 == 2 => Some(packet(0x40, &number(after_topic()))),
        3 if manners.acknowledges && first & 6 == 4 => Some(packet(0x50, &number(after_topic()))),
        6 if manners.acknowledges => Some(packet(0x70, &number(0))),
        12 if manners.pongs => Some(vec![0xd0, 0]),
        _ => None,
    }
}
