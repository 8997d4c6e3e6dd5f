//! A broker that answers exactly what the test wants, to clients of either version.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What the first packet is answered with.
pub type Answer = fn(version: u8) -> Option<Vec<u8>>;

/// Listens until it is dropped.
pub struct Fake {
    pub url: String,
    connections: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Fake {
    /// Answers every CONNECT; nothing as an answer leaves the client waiting.
    pub async fn new(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("mqtt://{}", listener.local_addr().expect("an address"));
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = connections.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream, answer));
            }
        });
        Self { url, connections, task }
    }

    /// How many connections came.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Reads one packet: its first byte and its body.
async fn packet(stream: &mut TcpStream) -> std::io::Result<(u8, Vec<u8>)> {
    let first = stream.read_u8().await?;
    let mut length = 0;
    for shift in [0, 7, 14, 21] {
        let byte = stream.read_u8().await?;
        length |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok((first, body))
}

async fn serve(mut stream: TcpStream, answer: Answer) {
    let Ok((_, connect)) = packet(&mut stream).await else { return };
    // "MQTT" with its length, then the version.
    // What is no CONNECT is the link's second look.
    let Some(version) = connect.get(6).copied() else { return };
    let Some(bytes) = answer(version) else { return std::future::pending().await };
    let is_welcome = bytes.starts_with(&[0x20]) && bytes.get(3) == Some(&0);
    if stream.write_all(&bytes).await.is_err() || !is_welcome {
        return;
    }
    while let Ok((first, body)) = packet(&mut stream).await {
        let answer = match first >> 4 {
            8 if version == 4 => vec![0x90, 3, body[0], body[1], 0],
            8 => vec![0x90, 4, body[0], body[1], 0, 0],
            12 => vec![0xd0, 0],
            _ => continue,
        };
        if stream.write_all(&answer).await.is_err() {
            return;
        }
    }
}
