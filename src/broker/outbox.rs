//! What waits to be written to one client: whole packets, bounded in bytes, written by a task of its own.
//!
//! A client's handler waits for the socket only for a moment, so nothing piles up where it cannot be counted. A client
//! that is slower loses messages of quality 0, which are counted. What has been promised is bounded elsewhere (so many
//! messages under way, so many retained) and is kept, until all clients together have too much to take. Whoever takes
//! nothing for [`STALLED`] is cut off.

use std::future::poll_fn;
use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use futures_util::task::AtomicWaker;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use super::limits::{ALL_TOGETHER, STALLED};
use super::packet::{self, Kind};
use super::tally::Tally;

/// How long the last words may take once the conversation is over.
const LAST_WORDS: Duration = Duration::from_secs(3);
/// Room that is kept for the next packets; what was larger goes back.
const KEPT_ROOM: usize = 16 * 1024;

/// The shared end of what waits for one client.
#[derive(Debug)]
pub struct Outbox {
    inner: Mutex<Inner>,
    limit: usize,
    tally: Arc<Tally>,
    writer: AtomicWaker,
    handler: AtomicWaker,
}

#[derive(Debug)]
struct Inner {
    waiting: BytesMut,
    /// What the writer has taken and not yet written.
    leaving: usize,
    /// What is to be said to `mqtt5` in the client's name.
    answers: BytesMut,
    version: u8,
    largest: usize,
    /// `mqtt5` has told why the conversation ends.
    has_said_farewell: bool,
    state: State,
    /// The client was given time and did not take it; it has to catch up with half of what waits.
    is_slow: bool,
    is_cut: bool,
    /// Messages lost since this was told.
    dropped: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    /// What waits is still written.
    Closing,
    /// Nothing is written any more.
    Broken,
}

/// What became of an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    /// It waits its turn, or was dropped and counted.
    Taken,
    /// Too much waits; the client may be given a moment.
    Full,
    /// The client takes no packet so large.
    TooLarge,
}

impl Outbox {
    /// Nothing waits; at most about `limit` bytes will.
    pub fn new(limit: usize, tally: Arc<Tally>) -> Arc<Self> {
        let inner = Inner {
            waiting: BytesMut::new(),
            leaving: 0,
            answers: BytesMut::new(),
            version: 5,
            largest: usize::MAX,
            has_said_farewell: false,
            state: State::Open,
            is_slow: false,
            is_cut: false,
            dropped: 0,
        };
        let (writer, handler) = (AtomicWaker::new(), AtomicWaker::new());
        Arc::new(Self { inner: Mutex::new(inner), limit, tally, writer, handler })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on the client is known to speak this version.
    pub fn speaks(&self, version: u8) {
        self.lock().version = version;
    }

    /// Whether that is version 5.
    pub fn is_v5(&self) -> bool {
        self.lock().version == 5
    }

    /// The largest packet the client takes.
    pub fn takes(&self, largest: usize) {
        self.lock().largest = largest;
    }

    /// How many messages the client has lost since this was asked last.
    pub fn take_dropped(&self) -> u64 {
        std::mem::take(&mut self.lock().dropped)
    }

    /// Whether the client was cut off, because it did not take what was for it.
    pub fn is_cut(&self) -> bool {
        self.lock().is_cut
    }

    /// Offers one whole packet; fails once the connection is over. The task is woken when there is room.
    pub fn offer(&self, cx: &Context<'_>, packet: &[u8]) -> io::Result<Offer> {
        self.handler.register(cx.waker());
        let mut inner = self.lock();
        if inner.state != State::Open {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let kind = packet::kind(packet);
        if inner.waits() >= self.limit {
            match kind {
                Kind::Live | Kind::Kept if !inner.is_slow => return Ok(Offer::Full),
                Kind::Live => {
                    inner.dropped += 1;
                    Tally::add(&self.tally.dropped);
                    return Ok(Offer::Taken);
                }
                _ if self.tally.waiting.load(Ordering::Relaxed) >= ALL_TOGETHER => {
                    drop(inner);
                    self.cut();
                    return Err(io::ErrorKind::BrokenPipe.into());
                }
                _ => {}
            }
        }
        inner.has_said_farewell |= kind == Kind::Farewell;
        let more = inner.put(packet);
        self.tally.waiting.fetch_add(more, Ordering::Relaxed);
        if more == 0
            && kind == Kind::Kept
            && let Some((number, is_quality_1)) = packet::number(packet)
        {
            inner.answers.extend_from_slice(&packet::taken(number, is_quality_1));
            self.handler.wake();
        }
        drop(inner);
        self.writer.wake();
        Ok(if more == 0 { Offer::TooLarge } else { Offer::Taken })
    }

    /// The client was given a moment and has not caught up.
    pub fn is_slow(&self) {
        self.lock().is_slow = true;
        self.handler.wake();
    }

    /// What has to be said to `mqtt5` in the client's name.
    pub fn take_answers(&self) -> Option<BytesMut> {
        let mut inner = self.lock();
        (!inner.answers.is_empty()).then(|| std::mem::take(&mut inner.answers))
    }

    /// Ends the conversation from the broker's side; a client of version 5 is told the reason.
    pub fn end(&self, reason: u8) {
        let mut inner = self.lock();
        if inner.state != State::Open {
            return;
        }
        let more = if inner.has_said_farewell { 0 } else { inner.put(&packet::farewell(reason)) };
        self.tally.waiting.fetch_add(more, Ordering::Relaxed);
        inner.state = State::Closing;
        drop(inner);
        self.writer.wake();
        self.handler.wake();
    }

    /// Ends the conversation before it has begun, with an answer in the words of whoever that is.
    pub fn answer(&self, answer: &[u8]) {
        let mut inner = self.lock();
        if inner.state == State::Open {
            inner.waiting.extend_from_slice(answer);
            self.tally.waiting.fetch_add(answer.len(), Ordering::Relaxed);
            inner.state = State::Closing;
        }
        drop(inner);
        self.writer.wake();
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
        self.handler.register(cx.waker());
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
        self.tally.waiting.fetch_sub(bytes, Ordering::Relaxed);
        let mut inner = self.lock();
        inner.leaving -= bytes;
        if inner.is_slow && inner.waits() < self.limit / 2 {
            inner.is_slow = false;
        }
        if inner.waits() < self.limit {
            drop(inner);
            self.handler.wake();
        }
    }

    /// The writer gives its room back, unless that was an exceptional amount.
    fn give_back(&self, mut room: BytesMut) {
        room.clear();
        let mut inner = self.lock();
        if inner.waiting.is_empty() && inner.waiting.capacity() == 0 && room.capacity() <= KEPT_ROOM {
            inner.waiting = room;
        }
    }

    fn cut(&self) {
        Tally::add(&self.tally.cut);
        self.lock().is_cut = true;
        self.break_off();
    }

    /// Ends the connection without a word.
    pub fn break_off(&self) {
        let mut inner = self.lock();
        self.tally.waiting.fetch_sub(inner.waits(), Ordering::Relaxed);
        inner.state = State::Broken;
        inner.waiting = BytesMut::new();
        inner.leaving = 0;
        drop(inner);
        self.handler.wake();
        self.writer.wake();
    }

    /// Writes what waits until the conversation is over, then closes the sending side.
    pub async fn write_to(self: Arc<Self>, mut socket: impl AsyncWrite + Unpin) {
        while let Some(mut chunk) = poll_fn(|cx| self.take(cx)).await {
            while !chunk.is_empty() {
                match timeout(self.patience(), socket.write(&chunk)).await {
                    Ok(Ok(0)) | Ok(Err(_)) => return self.break_off(),
                    Ok(Ok(bytes)) => {
                        chunk.advance(bytes);
                        if self.is_broken() {
                            return;
                        }
                        self.wrote(bytes);
                    }
                    Err(_) => return self.cut(),
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

    fn is_broken(&self) -> bool {
        self.lock().state == State::Broken
    }

    fn patience(&self) -> Duration {
        if self.lock().state == State::Open { STALLED } else { LAST_WORDS }
    }
}

impl Inner {
    fn waits(&self) -> usize {
        self.waiting.len() + self.leaving
    }

    /// Puts a packet behind the others in the client's version; gives how many bytes that made, none if the client
    /// takes no packet so large.
    fn put(&mut self, packet: &[u8]) -> usize {
        let before = self.waiting.len();
        match self.version {
            5 => packet::push_v5(&mut self.waiting, packet),
            _ => packet::push_v3(&mut self.waiting, packet),
        }
        if self.waiting.len() - before > self.largest {
            self.waiting.truncate(before);
        }
        self.waiting.len() - before
    }
}

#[cfg(test)]
mod tests;
