//! What waits to be written to one client: whole packets, bounded in bytes, written by a task of its own.
//!
//! A client's handler never waits for the socket, so nothing piles up where it cannot be counted. When too much waits,
//! messages of quality 0 are dropped and counted; what has been promised is bounded elsewhere (so many messages under
//! way, so many retained) and is kept. Whoever takes nothing for [`STALLED`] is cut off.

use std::future::poll_fn;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use futures_util::task::AtomicWaker;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use super::limits::STALLED;
use super::packet::{self, Kind};

/// How long the last words may take once the conversation is over.
const LAST_WORDS: Duration = Duration::from_secs(3);
/// Room that is kept for the next packets; what was larger goes back.
const KEPT_ROOM: usize = 16 * 1024;

/// What happened to messages and clients, counted for all of them together.
#[derive(Debug, Default)]
pub struct Tally {
    /// Messages that were dropped.
    pub dropped: AtomicU64,
    /// Messages and subscriptions that were refused.
    pub refused: AtomicU64,
    /// Clients that were cut off.
    pub cut: AtomicU64,
}

impl Tally {
    /// Counts one up.
    pub fn add(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

/// The shared end of what waits for one client.
#[derive(Debug)]
pub struct Outbox {
    inner: Mutex<Inner>,
    limit: usize,
    tally: Arc<Tally>,
    writer: AtomicWaker,
    reader: AtomicWaker,
}

#[derive(Debug)]
struct Inner {
    waiting: BytesMut,
    /// What the writer has taken and not yet written.
    leaving: usize,
    version: u8,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    /// What waits is still written.
    Closing,
    /// Nothing is written any more.
    Broken,
}

impl Outbox {
    /// Nothing waits; at most about `limit` bytes will.
    pub fn new(limit: usize, tally: Arc<Tally>) -> Arc<Self> {
        let inner = Inner { waiting: BytesMut::new(), leaving: 0, version: 5, state: State::Open };
        let (writer, reader) = (AtomicWaker::new(), AtomicWaker::new());
        Arc::new(Self { inner: Mutex::new(inner), limit, tally, writer, reader })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on the client is known to speak this version.
    pub fn speaks(&self, version: u8) {
        self.lock().version = version;
    }

    /// Takes one whole packet; fails once the connection is over.
    pub fn push(&self, packet: &[u8]) -> io::Result<()> {
        let mut inner = self.lock();
        if inner.state != State::Open {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let waits = inner.waiting.len() + inner.leaving;
        if waits >= self.limit && packet::kind(packet) == Kind::Live {
            Tally::add(&self.tally.dropped);
            return Ok(());
        }
        match inner.version {
            5 => packet::push_v5(&mut inner.waiting, packet),
            _ => packet::push_v3(&mut inner.waiting, packet),
        }
        drop(inner);
        self.writer.wake();
        Ok(())
    }

    /// Ends the conversation from the broker's side; a client of version 5 is told the reason.
    pub fn end(&self, reason: u8) {
        let mut inner = self.lock();
        if inner.state != State::Open {
            return;
        }
        if inner.version == 5 {
            inner.waiting.extend_from_slice(&packet::farewell(reason));
        }
        inner.state = State::Closing;
        drop(inner);
        self.writer.wake();
        self.reader.wake();
    }

    /// The handler has said everything.
    pub fn close(&self) {
        let mut inner = self.lock();
        if inner.state == State::Open {
            inner.state = State::Closing;
        }
        drop(inner);
        self.writer.wake();
    }

    /// Whether nothing shall be read any more; otherwise the task is woken when that comes.
    pub fn poll_over(&self, cx: &Context<'_>) -> bool {
        self.reader.register(cx.waker());
        self.lock().state != State::Open
    }

    fn take(&self, cx: &Context<'_>) -> Poll<Option<BytesMut>> {
        self.writer.register(cx.waker());
        let mut inner = self.lock();
        match inner.state {
            State::Broken => Poll::Ready(None),
            _ if !inner.waiting.is_empty() => {
                let chunk = std::mem::take(&mut inner.waiting);
                inner.leaving = chunk.len();
                Poll::Ready(Some(chunk))
            }
            State::Closing => Poll::Ready(None),
            State::Open => Poll::Pending,
        }
    }

    fn wrote(&self, bytes: usize) {
        self.lock().leaving -= bytes;
    }

    /// The writer gives its room back, unless that was an exceptional amount.
    fn give_back(&self, mut room: BytesMut) {
        room.clear();
        let mut inner = self.lock();
        if inner.waiting.is_empty() && inner.waiting.capacity() == 0 && room.capacity() <= KEPT_ROOM {
            inner.waiting = room;
        }
    }

    fn break_off(&self) {
        let mut inner = self.lock();
        inner.state = State::Broken;
        inner.waiting = BytesMut::new();
        inner.leaving = 0;
        drop(inner);
        self.reader.wake();
    }

    /// Writes what waits until the conversation is over, then closes the sending side.
    pub async fn write_to(self: Arc<Self>, mut socket: impl AsyncWrite + Unpin) {
        while let Some(mut chunk) = poll_fn(|cx| self.take(cx)).await {
            while !chunk.is_empty() {
                match timeout(self.patience(), socket.write(&chunk)).await {
                    Ok(Ok(0)) | Ok(Err(_)) => return self.break_off(),
                    Ok(Ok(bytes)) => {
                        chunk.advance(bytes);
                        self.wrote(bytes);
                    }
                    Err(_) => {
                        Tally::add(&self.tally.cut);
                        return self.break_off();
                    }
                }
            }
            if !matches!(timeout(self.patience(), socket.flush()).await, Ok(Ok(()))) {
                return self.break_off();
            }
            self.give_back(chunk);
        }
        // The other end may be gone already, which is what was wanted.
        let _ = timeout(LAST_WORDS, socket.shutdown()).await;
        self.break_off();
    }

    fn patience(&self) -> Duration {
        if self.lock().state == State::Open { STALLED } else { LAST_WORDS }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, duplex};

    use super::*;

    fn live(len: usize) -> Vec<u8> {
        let mut packet = vec![0x30, (len & 0x7f) as u8 | 0x80, (len >> 7) as u8, 0, 1, b'a', 0];
        packet.resize(3 + len, b'x');
        packet
    }

    #[tokio::test]
    async fn a_slow_client_loses_live_messages_only_and_they_are_counted() {
        let tally = Arc::new(Tally::default());
        let outbox = Outbox::new(1_000, tally.clone());
        for _ in 0..20 {
            outbox.push(&live(200)).unwrap();
        }
        assert_eq!(tally.dropped.load(Ordering::Relaxed), 15);
        outbox.push(&[0x32, 5, 0, 1, b'a', 0, 1]).unwrap();
        outbox.push(&[0xd0, 0]).unwrap();
        let (near, mut far) = duplex(64);
        let writer = tokio::spawn(outbox.clone().write_to(near));
        outbox.close();
        let mut heard = Vec::new();
        far.read_to_end(&mut heard).await.unwrap();
        writer.await.unwrap();
        assert_eq!(heard.len(), 5 * 203 + 7 + 2);
        assert!(outbox.push(&[0xd0, 0]).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_takes_nothing_is_cut_off() {
        let tally = Arc::new(Tally::default());
        let outbox = Outbox::new(1_000, tally.clone());
        let (near, _far) = duplex(16);
        let writer = tokio::spawn(outbox.clone().write_to(near));
        outbox.push(&live(200)).unwrap();
        writer.await.unwrap();
        assert_eq!(tally.cut.load(Ordering::Relaxed), 1);
        assert!(outbox.push(&[0xd0, 0]).is_err());
    }
}
